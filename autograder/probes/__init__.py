"""Probes: what runs next to the student's code.

A probe is a module of functions. Each takes the student's objects as positional arguments and the
judge's inputs as keywords, and answers a dictionary of `plain` values. It holds no answer key, no
tolerance and no label, and it imports numpy, torch and its siblings in this package, nothing else.
"""
