"""Figures and tables of a classifier's mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from autograder.data import CLASSES, Images
from autograder.plots.style import BLUE, ORANGE, require, show


def count(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Count pairs of true and predicted class.

    Parameters
    ----------
    labels, predicted : numpy.ndarray
        Shape (n,), class numbers.

    Returns
    -------
    numpy.ndarray
        Shape (10, 10); rows are true classes, columns predicted ones.
    """
    cells = labels * len(CLASSES) + predicted
    return np.bincount(cells, minlength=len(CLASSES) ** 2).reshape(len(CLASSES), -1)


def precision(counts: np.ndarray) -> np.ndarray:
    """TP / (TP + FP) of each class, from `count`; 0 for a class that is never predicted."""
    return np.asarray(np.diag(counts) / np.maximum(counts.sum(axis=0), 1))


def recall(counts: np.ndarray) -> np.ndarray:
    """TP / (TP + FN) of each class, from `count`."""
    return np.asarray(np.diag(counts) / np.maximum(counts.sum(axis=1), 1))


def metrics(labels: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Accuracy, and precision and recall as means over the classes; parameters as of `count`."""
    counts = count(labels, predicted)
    return {
        "accuracy": float(np.trace(counts) / counts.sum()),
        "mean precision": float(precision(counts).mean()),
        "mean recall": float(recall(counts).mean()),
    }


def per_class(counts: np.ndarray | None) -> pd.DataFrame:
    """Precision and recall of each class, and the class that it is most often taken for."""
    require(counts, "counts")
    assert counts is not None
    others = counts - np.diag(np.diag(counts))
    shown = pd.DataFrame(
        {
            "class": CLASSES,
            "precision": precision(counts).round(3),
            "recall": recall(counts).round(3),
            "most often taken for": [
                f"{CLASSES[k]} ({row[k]})" for row in others for k in [int(row.argmax())]
            ],
        }
    )
    return shown.set_index("class")


def confusion_matrix(counts: np.ndarray | None) -> None:
    """Draw the counts as a picture, with numbers; the title names the pair that is confused most."""
    require(counts, "counts")
    assert counts is not None
    others = counts - np.diag(np.diag(counts))
    pairs = others + others.T
    a, b = np.unravel_index(int(pairs.argmax()), pairs.shape)
    figure, axis = plt.subplots(figsize=(7, 6))
    axis.imshow(np.sqrt(counts), cmap="Blues")
    axis.grid(False)
    middle = np.sqrt(counts.max()) / 2
    for (i, j), number in np.ndenumerate(counts):
        colour = "white" if np.sqrt(number) > middle else "black"
        axis.text(j, i, str(number), ha="center", va="center", fontsize=8, color=colour)
    axis.set_xticks(range(len(CLASSES)), CLASSES, rotation=45, ha="right")
    axis.set_yticks(range(len(CLASSES)), CLASSES)
    axis.set(xlabel="predicted class", ylabel="true class")
    axis.set_title(f"{CLASSES[a].capitalize()} and {CLASSES[b]} are confused most, {pairs[a, b]} times")
    right = ", ".join(f"{name} {number}" for name, number in zip(CLASSES, np.diag(counts), strict=True))
    show(figure, f"A table of counts, rows are true classes, columns predicted ones. Right answers: {right}.")


def worst_mistakes(images: Images | None, probabilities: np.ndarray | None, number: int = 10) -> None:
    """Draw the wrong answers that were given with the highest probability.

    Parameters
    ----------
    images : autograder.data.Images
        Images and their labels.
    probabilities : numpy.ndarray
        Shape (n, 10).
    number : int
        How many; rows of five.
    """
    require(images, "test")
    require(probabilities, "probabilities")
    assert images is not None and probabilities is not None
    predicted = probabilities.argmax(axis=1)
    certainty = np.where(predicted == images.labels, -1.0, probabilities.max(axis=1))
    worst = np.argsort(-certainty, kind="stable")[:number]
    rows = -(-number // 5)
    told = []
    figure, axes = plt.subplots(rows, 5, figsize=(10, 2.4 * rows), squeeze=False)
    for axis, k in zip(axes.flat, worst, strict=False):
        axis.imshow(images.images[k])
        axis.axis("off")
        axis.set_title(
            f"{CLASSES[predicted[k]]}, p = {certainty[k]:.4f}\nis: {CLASSES[images.labels[k]]}",
            fontsize=9,
            loc="center",
        )
        told.append(f"{CLASSES[images.labels[k]]} taken for {CLASSES[predicted[k]]}")
    figure.suptitle(f"Certain and wrong: the {len(worst)} most confident mistakes", x=0.01, ha="left")
    show(figure, f"Small photographs: {', '.join(told)}.")


def calibration(
    images: Images | None,
    probabilities: np.ndarray | None,
    edges: Sequence[float] = (0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 1),
) -> pd.DataFrame:
    """Compare how certain answers are with how often they are right.

    Parameters
    ----------
    images : autograder.data.Images
        Images and their labels.
    probabilities : numpy.ndarray
        Shape (n, 10); the largest of a row is the certainty of its answer.
    edges : sequence of float
        Between the rows of the table; an answer with the certainty of an edge belongs to the more certain row.

    Returns
    -------
    pandas.DataFrame
        For each range of certainties the number of images, the mean certainty and the share of right answers.
    """
    require(images, "test")
    require(probabilities, "probabilities")
    assert images is not None and probabilities is not None
    certainty = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == images.labels
    found = np.digitize(certainty, edges[1:-1])
    rows = []
    for k, (low, high) in enumerate(pairwise(edges)):
        here = found == k
        says, is_right = (
            f"{values[here].mean():.3f}" if here.any() else "–" for values in (certainty, right)
        )
        rows.append((f"{low:g} to {high:g}", int(here.sum()), says, is_right))
    return pd.DataFrame(rows, columns=["certainty", "images", "it says", "is right"]).set_index("certainty")


def precision_and_recall(counts: np.ndarray | None) -> None:
    """Draw precision and recall of each class as two dots on a line."""
    require(counts, "counts")
    assert counts is not None
    p, r = precision(counts), recall(counts)
    order = np.argsort(r)
    figure, axis = plt.subplots(figsize=(7, 3.6))
    axis.hlines(range(len(CLASSES)), np.minimum(p, r)[order], np.maximum(p, r)[order], color="0.7")
    axis.plot(p[order], range(len(CLASSES)), "s", color=BLUE, label="precision")
    axis.plot(r[order], range(len(CLASSES)), "o", color=ORANGE, label="recall")
    axis.axvline(0.5, color="0.4", linestyle=":", label="needed on average")
    axis.set_yticks(range(len(CLASSES)), [CLASSES[k] for k in order])
    axis.set(xlabel="share of images", xlim=(min(0.42, p.min(), r.min()) - 0.02, 1))
    axis.set_title(f"{CLASSES[order[0]].capitalize()} is the hardest class to find")
    axis.legend()
    told = "; ".join(f"{CLASSES[k]} {p[k]:.2f} and {r[k]:.2f}" for k in order)
    show(figure, f"Two dots on a line for each class, precision and recall: {told}.")
