"""Figures of classifiers in the plane: samples, decision boundaries, learning curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from autograder.plots.style import BLUE, GREEN, ORANGE, PALETTE, require, show

CLASS_COLOURS = (BLUE, ORANGE, GREEN)
MARKERS = ("o", "s", "^")
MESH = 160
MARGIN = 0.4
RATES = "Too small a rate crawls, too large a rate breaks the network"
Samples = tuple[np.ndarray, np.ndarray]


def samples_figure(data: Mapping[str, Samples]) -> None:
    """Draw labelled points, one panel for each data set.

    Parameters
    ----------
    data : mapping of str to (X, y)
        Points (n, 2) and labels (n,).
    """
    figure, grid = plt.subplots(1, len(data), figsize=(3.3 * len(data), 3.1), squeeze=False)
    for axes, (title, (X, y)) in zip(grid[0], data.items(), strict=True):
        _scatter(axes, X, y, size=9)
        axes.set(xlabel="feature 0", ylabel="feature 1", title=title)
    figure.suptitle("Two sets that a line nearly splits, one that it cannot", x=0.01, ha="left", fontsize=11)
    told = "; ".join(f"{name}: {len(y)} points, {_centres(X, y)}" for name, (X, y) in data.items())
    show(figure, f"Points in the plane, one panel for each data set. {told}.")


def boundary_figure(rows: Mapping[str, Mapping[str, Any]], data: Mapping[str, Samples], title: str) -> None:
    """Draw the regions that classifiers assign to each class, with validation points and accuracy.

    Parameters
    ----------
    rows : mapping of str to mapping of str to object
        For every kind of classifier one for each data set, fitted; None raises "not done yet".
    data : mapping of str to (X, y)
        Validation points and labels, by the name of the data set.
    title : str
        A sentence.
    """
    for kind, classifiers in rows.items():
        for name, classifier in classifiers.items():
            require(classifier, f"{kind} {name}")
    names = list(next(iter(rows.values())))
    figure, grid = plt.subplots(
        len(rows), len(names), figsize=(3.3 * len(names), 3.1 * len(rows)), squeeze=False
    )
    told = []
    for line, (kind, classifiers) in zip(grid, rows.items(), strict=True):
        for axes, name in zip(line, names, strict=True):
            X, y = data[name]
            _regions(axes, classifiers[name], X)
            _scatter(axes, X, y, size=9)
            accuracy = float((classifiers[name].predict(X) == y).mean())
            axes.set(title=f"{kind}, {name}: {accuracy:.2f}", xticks=[], yticks=[])
            axes.grid(False)
            told.append(f"{kind}, {name}: accuracy {accuracy:.2f}")
    for axes in grid[-1]:
        axes.set_xlabel("feature 0")
    for axes in grid[:, 0]:
        axes.set_ylabel("feature 1")
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    show(figure, f"Coloured regions of the predicted classes, with the points on them. {'; '.join(told)}.")


def curves_figure(curves: Mapping[str, np.ndarray], title: str = RATES) -> None:
    """Draw a loss over epochs: the mean of several seeds, and their spread as a band.

    Parameters
    ----------
    curves : mapping of str to numpy.ndarray
        Losses (seeds, epochs) by a label; what is not finite is left out.
    title : str
        A sentence.
    """
    told = []
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    for colour, (label, losses) in zip(PALETTE, curves.items(), strict=False):
        finite = np.where(np.isfinite(losses), losses, np.nan)
        epochs = np.arange(1, losses.shape[1] + 1)
        whole = np.isfinite(finite).any(axis=0)
        epochs, finite = epochs[whole], finite[:, whole]
        axes.fill_between(
            epochs, np.nanmin(finite, axis=0), np.nanmax(finite, axis=0), color=colour, alpha=0.2, lw=0
        )
        mean = np.nanmean(finite, axis=0)
        axes.plot(epochs, mean, color=colour, label=label)
        told.append(
            f"{label}: from {mean[0]:.2g} to {mean[-1]:.2g}" if len(mean) else f"{label}: never finite"
        )
    axes.set(xlabel="epoch", ylabel="validation loss (log scale)", yscale="log", title=title)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    show(figure, f"Lines of the mean validation loss over the epochs. {'; '.join(told)}.")


def _centres(X: np.ndarray, y: np.ndarray) -> str:
    """Tell in words around which points the classes lie."""
    middles = [X[y == label].mean(axis=0).round(1) + 0.0 for label in np.unique(y)]
    return "classes around " + ", ".join(f"({across:g}, {up:g})" for across, up in middles)


def _scatter(axes: Axes, X: np.ndarray, y: np.ndarray, size: float) -> None:
    for label, (colour, marker) in enumerate(zip(CLASS_COLOURS, MARKERS, strict=True)):
        chosen = y == label
        axes.scatter(
            X[chosen, 0], X[chosen, 1], s=size, color=colour, marker=marker, lw=0.2, edgecolor="white"
        )


def _regions(axes: Axes, classifier: Any, X: np.ndarray) -> None:
    low, high = X.min(axis=0) - MARGIN, X.max(axis=0) + MARGIN
    across, up = np.meshgrid(np.linspace(low[0], high[0], MESH), np.linspace(low[1], high[1], MESH))
    labels = classifier.predict(np.column_stack([across.ravel(), up.ravel()])).reshape(across.shape)
    colours = ListedColormap(CLASS_COLOURS)
    axes.pcolormesh(
        across, up, labels, cmap=colours, vmin=0, vmax=2, alpha=0.25, shading="nearest", rasterized=True
    )
