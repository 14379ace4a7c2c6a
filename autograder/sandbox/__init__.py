"""The sandbox: where the student's code runs, the warm process it is forked from, and the wire to it."""
