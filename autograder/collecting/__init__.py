"""What comes in: submissions from a folder, an LMS's zip or a mailbox, put where nbgrader expects them.

Nothing of a submission is executed, imported or unpickled here; files are read within limits and written
under names that were made harmless.
"""
