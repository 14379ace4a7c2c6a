"""Answers by somebody who had read the student edition alone, none of the checks."""
