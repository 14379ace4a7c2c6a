"""Figures of the notebooks: one idea each, a sentence for a title, a colour-blind palette.

`autograder.plots.style.show` shows each, with words for readers who do not see it. A figure of an answer
that is not there yet (None) raises `NotImplementedError`, which the notebook shows as "not done yet".
"""
