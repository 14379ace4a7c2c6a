"""Figures of the notebooks: one idea each, a sentence for a title, a colour-blind palette.

A figure of an answer that is not there yet (None) raises `NotImplementedError`, which the notebook
shows as "not done yet".
"""
