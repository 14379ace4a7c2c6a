"""Figures that are made of images: examples of each class, weight templates, chosen mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from autograder.data import CLASSES
from autograder.plots.style import require, show

SIDE = 32
PIXELS = SIDE * SIDE * 3


def _show(axes: Axes, image: np.ndarray, title: str = "") -> None:
    axes.imshow(image, interpolation="nearest")
    axes.set_title(title, fontsize=9, loc="center")
    axes.set_axis_off()


def class_gallery(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    per_class: int = 8,
    seed: int = 0,
    title: str = "Ten classes, and no two images of one class alike",
    names: Sequence[str] = CLASSES,
) -> Figure:
    """Show a few images of every class, a row to a class.

    Parameters
    ----------
    images : numpy.ndarray
        Shape (n, 32, 32, 3), uint8, or floats in [0, 1].
    labels : numpy.ndarray
        Shape (n,), indices into `names`.
    per_class : int
        Images to a row.
    seed : int
        Which images are drawn.
    title : str
        A sentence.
    names : sequence of str
        Of the classes.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    rng = np.random.default_rng(seed)
    columns = -(-len(names) // 2)
    figure, grid = plt.subplots(columns, 2, figsize=(min(9, 1 + per_class), 0.62 * columns + 0.4))
    for number, (axes, name) in enumerate(zip(grid.T.ravel(), names, strict=False)):
        found = np.flatnonzero(np.asarray(labels) == number)
        chosen = rng.choice(found, size=min(per_class, len(found)), replace=False)
        if len(chosen):
            axes.imshow(np.concatenate(list(images[chosen]), axis=1), interpolation="nearest")
        axes.set_ylabel(name, rotation=0, ha="right", va="center")
        _bare(axes)
    for axes in grid.T.ravel()[len(names) :]:
        axes.set_axis_off()
    figure.suptitle(title, x=0.02, ha="left", fontsize=11)
    show(figure, f"Rows of up to {per_class} small photographs, one row for each of {', '.join(names)}.")
    return figure


def _bare(axes: Axes) -> None:
    """Leave the image and its name, nothing else."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def gallery(
    images: np.ndarray,
    captions: Sequence[str],
    *,
    title: str,
    columns: int = 5,
    size: float = 1.6,
    alt: str = "",
) -> Figure:
    """Show images in a grid, each below its caption.

    Parameters
    ----------
    images : numpy.ndarray
        Shape (n, height, width, 3), uint8, or floats in [0, 1].
    captions : sequence of str
        One for each image; a line break makes two lines.
    title : str
        A sentence.
    columns : int
        Images to a row.
    size : float
        Width of one image in inches.
    alt : str
        What is seen in the pictures, in words; their captions follow.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    columns = max(1, min(columns, len(images)))
    rows = max(1, -(-len(images) // columns))
    lines = 1 + max((caption.count("\n") for caption in captions), default=0)
    figure, grid = plt.subplots(
        rows, columns, figsize=(columns * size, rows * (size + 0.14 * lines) + 0.4), squeeze=False
    )
    for axes in grid.ravel():
        axes.set_axis_off()
    for axes, image, caption in zip(grid.ravel(), images, captions, strict=False):
        _show(axes, image, caption)
    figure.suptitle(title, x=0.02, ha="left", fontsize=11)
    told = "; ".join(caption.replace("\n", ", ") for caption in captions)
    show(figure, f"{alt or 'Small pictures in a grid.'} Their captions: {told}.")
    return figure


def templates(weights: Any, *, channels_first: bool = False) -> np.ndarray:
    """Turn the weights of a linear classifier into pictures.

    Every picture is stretched by its own largest weight: mid-grey is 0, brighter means that this
    colour at this place speaks for the class, darker that it speaks against it.

    Parameters
    ----------
    weights : array_like
        Shape (3072, classes) or (classes, 3072); numpy, or a tensor that has left the graph.
    channels_first : bool
        Whether a column runs through channel, row, column (PyTorch's order) rather than row,
        column, channel.

    Returns
    -------
    numpy.ndarray
        Shape (classes, 32, 32, 3), floats in [0, 1].

    Raises
    ------
    ValueError
        When no axis of `weights` has 3,072 numbers.
    """
    rows = np.asarray(weights, dtype=np.float64)
    if rows.ndim != 2 or PIXELS not in rows.shape:
        raise ValueError(f"weights of shape {rows.shape} have no axis of {PIXELS} pixels")
    if rows.shape[1] != PIXELS:
        rows = rows.T
    if channels_first:
        pictures = rows.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    else:
        pictures = rows.reshape(-1, SIDE, SIDE, 3)
    largest = np.abs(pictures).max(axis=(1, 2, 3), keepdims=True)
    return np.asarray(0.5 + 0.5 * pictures / np.where(largest > 0, largest, 1))


def weight_templates(
    weights: Any,
    *,
    channels_first: bool = False,
    title: str = "What each class looks for: its column of W as a picture",
    names: Sequence[str] = CLASSES,
    alt: str = "Blurred pictures without edges.",
) -> Figure:
    """Show the weights of a linear classifier as one picture for each class; see `templates`.

    Parameters
    ----------
    weights : array_like or None
        Shape (3072, classes) or (classes, 3072); None stands for an answer that is not there yet.
    channels_first : bool
        As in `templates`.
    title : str
        A sentence.
    names : sequence of str
        Of the classes.
    alt : str
        What is seen in the pictures, in words; their tints follow.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    require(weights, "weights")
    found = templates(weights, channels_first=channels_first)
    strongest = found.mean(axis=(1, 2)).argmax(axis=1)
    tints = [
        f"{colour} for {', '.join(name for name, k in zip(names, strongest, strict=False) if k == channel)}"
        for channel, colour in enumerate(("red", "green", "blue"))
        if channel in strongest
    ]
    alt = f"{alt} The colour with the largest mean weight is {'; '.join(tints)}."
    return gallery(found, list(names), title=title, alt=alt)


def confident_mistakes(
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    *,
    count: int = 10,
    title: str = "Wrong, and most certain of it",
    names: Sequence[str] = CLASSES,
) -> Figure:
    """Show the wrongly classified images with the largest probability of the wrong class.

    Parameters
    ----------
    images : numpy.ndarray
        Shape (n, 32, 32, 3), uint8, or floats in [0, 1].
    labels : numpy.ndarray
        Shape (n,), the true classes.
    probabilities : numpy.ndarray
        Shape (n, classes).
    count : int
        How many images.
    title : str
        A sentence.
    names : sequence of str
        Of the classes.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    predicted = probabilities.argmax(axis=1)
    certainty = np.where(predicted != labels, probabilities.max(axis=1), -1.0)
    wrong = int((predicted != labels).sum())
    chosen = np.argsort(-certainty, kind="stable")[: min(count, wrong)]
    captions = [f"{names[predicted[i]]}, {certainty[i]:.0%}\nin truth {names[labels[i]]}" for i in chosen]
    return gallery(images[chosen], captions, title=title, alt="Small photographs, each with a wrong answer.")
