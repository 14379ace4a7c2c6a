"""The commands of ``autograder``, one module each, named as the command is.

A module has a docstring whose first line is the help, ``add_options(parser)``, and ``run(options)``. What
takes long to import is imported by ``run``.
"""
