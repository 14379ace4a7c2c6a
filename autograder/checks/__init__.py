"""Checks: the judges, one module per task, and what a check is.

A judge draws the inputs, holds the answer key, decides, and words the message. It never touches an
object of the student's: it puts questions to the probe of the same name in `autograder.probes`.
"""
