"""Telling a model from a table of image and label: what it says of images that were changed a little."""

from __future__ import annotations

import numpy as np

from autograder.checks.answer import wrong
from autograder.checks.metrics import macro_f1

CHANCE = 0.03
"""A drop of the F1 by so much is no accident on 1,000 images or more, however low the F1 is."""
TITLE = "images moved by one pixel, or with a little noise, are recognised nearly as well"


def require_kept(
    labels: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    *,
    how: str,
    keeps: float,
    floor: float = 0.0,
    where: str = "",
) -> None:
    """Demand nearly the same macro F1 on changed images; a table for some of the images adds nothing there.

    Parameters
    ----------
    labels, before, after : numpy.ndarray
        True classes, and those predicted for the images and for the changed ones, each of shape (n,).
    how : str
        What was changed, as ``"moved by one pixel"``.
    keeps : float
        Share of the F1 that must be left.
    floor : float
        F1 that must be left in any case; where even the unchanged images have less, another criterion says so.
    where : str
        Where to look.

    Raises
    ------
    Wrong
        Less is left.
    """
    n, there, left = len(labels), macro_f1(labels, before), macro_f1(labels, after)
    needed = max(keeps * there, floor)
    if there >= floor and left < needed and there - left > CHANCE:
        raise wrong(
            f"{n:,} test images, {how}",
            f"macro F1 {left:.3f}, and {there:.3f} on the same images unchanged",
            f"at least {needed:.3f}",
            "The answers belong to these very images, all or some of them, as in a table: learn from the training "
            "images.",
            where,
        )
