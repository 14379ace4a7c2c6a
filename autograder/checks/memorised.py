"""Telling a model from a table of image and label: what it says of images that were changed a little."""

from __future__ import annotations

import numpy as np

from autograder.checks.answer import wrong
from autograder.checks.metrics import macro_f1

NOISE = 2.0
"""Standard deviation of the noise, in grey levels of 255."""
TITLE = "images moved by one pixel, or with a little noise, are recognised nearly as well"


def shifted(images: np.ndarray, down: int, right: int) -> np.ndarray:
    """Move images of shape (n, 32, 32, 3) by one pixel at most, the edge repeated."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    return padded[:, 1 - down : 33 - down, 1 - right : 33 - right]


def noisy(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add whole grey levels of noise to images, which stay uint8."""
    noise = np.rint(rng.normal(0, NOISE, size=images.shape))
    return np.clip(images + noise, 0, 255).astype(np.uint8)


def require_kept(
    labels: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    *,
    how: str,
    keeps: float,
    floor: float = 0.0,
    chance: float = 0.0,
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
    chance : float
        A drop of the F1 by no more than this is taken for an accident, however low the F1 is.
    where : str
        Where to look.

    Raises
    ------
    Wrong
        Less is left.
    """
    n, there, left = len(labels), macro_f1(labels, before), macro_f1(labels, after)
    needed = max(keeps * there, floor)
    if there >= floor and left < needed and there - left > chance:
        raise wrong(
            f"{n:,} test images, {how}",
            f"macro F1 {left:.3f}, and {there:.3f} on the same images unchanged",
            f"at least {needed:.3f}",
            "The answers belong to these very images, all or some of them, as in a table: learn from the training "
            "images.",
            where,
        )
