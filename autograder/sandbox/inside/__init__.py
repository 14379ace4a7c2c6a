"""What of the sandbox is visible inside it: the wire's far end, the warm process, the shell for cells.

Nothing here is secret, and nothing here decides anything.
"""
