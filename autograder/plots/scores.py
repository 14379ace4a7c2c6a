"""Figures of quality: F1 by class, learning curves, sweeps of a setting, confusion matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from autograder.data import CLASSES
from autograder.plots.style import GREY, PALETTE, VERMILION, require, show


def f1_per_class(
    scores: Mapping[str, Any],
    *,
    title: str = "",
    names: Sequence[str] = CLASSES,
) -> Figure:
    """Show the F1 of each class as bars, one colour to a classifier.

    Parameters
    ----------
    scores : mapping of str to array_like
        F1 of each class, shape (classes,), by the name of the classifier; None stands for an answer
        that is not there yet.
    title : str
        A sentence; without one the easiest and the hardest class are named, of the first classifier if there are more.
    names : sequence of str
        Of the classes.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    for name, values in scores.items():
        require(values, name)
    figure, axes = plt.subplots(figsize=(9, 3.4))
    places, width = np.arange(len(names)), 0.8 / max(1, len(scores))
    for number, ((name, values), colour) in enumerate(zip(scores.items(), PALETTE, strict=False)):
        shift = (number - (len(scores) - 1) / 2) * width
        axes.bar(places + shift, values, 0.92 * width, color=colour, label=f"{name}")
        axes.axhline(float(np.mean(values)), color=colour, linewidth=1, linestyle="--")
    first = np.asarray(next(iter(scores.values())))
    found = f"{names[int(first.argmax())]} is easiest, {names[int(first.argmin())]} hardest"
    found = f"For {next(iter(scores))}, {found}" if len(scores) > 1 else found[0].upper() + found[1:]
    axes.set_title(title or found)
    axes.set_xticks(places, names)
    axes.set_ylabel("F1 (dashed: macro mean)")
    axes.legend(loc="upper center", ncols=max(1, len(scores)))
    axes.set_ylim(0, 1.2 * max(0.05, float(np.max([np.max(v) for v in scores.values()]))))
    told = (
        f"{name}: macro mean {np.mean(values):.2f}; "
        + ", ".join(f"{label} {value:.2f}" for label, value in zip(names, values, strict=True))
        for name, values in scores.items()
    )
    show(figure, f"Bars of the F1 of each class. {'. '.join(told)}.")
    return figure


def curves(
    lines: Mapping[str, Sequence[float]],
    *,
    title: str,
    ylabel: str,
    xlabel: str = "epoch",
    limits: tuple[float, float] | None = None,
    reference: tuple[float, str] | None = None,
) -> Figure:
    """Draw lines over epochs.

    Parameters
    ----------
    lines : mapping of str to sequence of float
        One number an epoch, by the line's name.
    title : str
        A sentence.
    ylabel, xlabel : str
        With units where there are any.
    limits : tuple of float, optional
        Lowest and highest value of the upright axis.
    reference : tuple of float and str, optional
        A height to compare with, drawn as a dashed line, and its name.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    figure, axes = plt.subplots(figsize=(7, 3.2))
    for (name, values), marker in zip(lines.items(), "os^Dv*", strict=False):
        axes.plot(np.arange(1, len(values) + 1), values, marker=marker, markersize=4, label=name)
    axes.set_title(title)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    told = "; ".join(f"{name}: from {v[0]:.3g} to {v[-1]:.3g}" for name, v in lines.items() if len(v))
    if limits is not None:
        axes.set_ylim(limits)
    if reference is not None:
        height, name = reference
        axes.axhline(height, color=GREY, linestyle="--", linewidth=1, label=name)
        told += f"; a dashed line at {height:.3g}: {name}"
    axes.legend()
    show(figure, f"Lines of {ylabel}, over {xlabel}. {told}.")
    return figure


def sweep(
    settings: Sequence[float],
    runs: Mapping[str, Any],
    *,
    title: str = "",
    xlabel: str,
    ylabel: str = "macro F1 on validation images",
    chosen: float | None = None,
) -> Figure:
    """Draw a score over the values of one setting, with the spread of several seeds as a band.

    Parameters
    ----------
    settings : sequence of float
        Positive values, drawn on a logarithmic axis.
    runs : mapping of str to array_like
        Scores of shape (settings, seeds), by the line's name.
    title : str
        A sentence; without one the line with the highest mean is named, and where.
    xlabel, ylabel : str
        With units where there are any.
    chosen : float, optional
        A value to mark.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    told, best = [], (-np.inf, "", 0.0)
    figure, axes = plt.subplots(figsize=(7, 3.2))
    for (name, scores), colour, marker in zip(runs.items(), PALETTE, "os^Dv*Px", strict=False):
        values = np.asarray(scores, dtype=np.float64).reshape(len(settings), -1)
        axes.plot(settings, values.mean(axis=1), color=colour, marker=marker, markersize=4, label=name)
        axes.fill_between(settings, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.2)
        means = [float(mean) for mean in values.mean(axis=1)]
        best = max(best, *((mean, name, x) for x, mean in zip(settings, means, strict=True)))
        told.append(
            f"{name}: " + ", ".join(f"{mean:.2f} at {x:g}" for x, mean in zip(settings, means, strict=True))
        )
    if chosen is not None:
        axes.axvline(chosen, color=GREY, linestyle="--", linewidth=1, label="chosen")
    axes.set_xscale("log")
    axes.set_title(title or f"Best is “{best[1]}”: {best[0]:.2f} at a {xlabel} of {best[2]:g}")
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.legend()
    show(figure, f"Lines of {ylabel}, means over the runs, over {xlabel} (logarithmic). {'; '.join(told)}.")
    return figure


def probability_bars(
    probabilities: Mapping[str, Any],
    *,
    title: str = "Adding changes nothing, multiplying makes the winner surer",
) -> Figure:
    """Draw probabilities of the same classes as bars side by side.

    Parameters
    ----------
    probabilities : mapping of str to array_like
        Shape (classes,), by what they are the probabilities of.
    title : str
        A sentence.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    figure, axes = plt.subplots(figsize=(7, 2.6))
    width = 0.78 / len(probabilities)
    for place, (name, p) in enumerate(probabilities.items()):
        shift = (place - (len(probabilities) - 1) / 2) * width
        axes.bar(np.arange(len(p)) + shift, p, 0.92 * width, label=name)
    count = len(next(iter(probabilities.values())))
    axes.set_xticks(range(count), [f"class {k}" for k in range(count)])
    axes.set_ylabel("probability")
    axes.set_title(title)
    axes.legend()
    told = "; ".join(f"{name}: " + ", ".join(f"{x:.3f}" for x in p) for name, p in probabilities.items())
    show(figure, f"Bars of the probabilities of {count} classes. {told}.")
    return figure


def confusion(
    counts: Any,
    *,
    title: str = "",
    names: Sequence[str] = CLASSES,
) -> Figure:
    """Draw a confusion matrix, in percent of each true class, the commonest mistake framed.

    Parameters
    ----------
    counts : array_like
        Shape (classes, classes): rows are true classes, columns predicted ones.
    title : str
        A sentence; without one the commonest mistake is named.
    names : sequence of str
        Of the classes.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    require(counts, "counts")
    table = np.asarray(counts, dtype=np.float64)
    share = 100 * table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    mistakes = share - np.diag(np.diag(share))
    true, predicted = map(int, np.unravel_index(mistakes.argmax(), mistakes.shape))
    figure, axes = plt.subplots(figsize=(6.4, 5.2))
    axes.imshow(share, cmap="Blues", vmin=0, vmax=float(share.max()))
    for row in range(len(share)):
        for column in range(len(share)):
            dark = share[row, column] > share.max() / 2
            axes.text(
                column,
                row,
                f"{share[row, column]:.0f}",
                ha="center",
                va="center",
                fontsize=8,
                color="white" if dark else "black",
            )
    axes.add_patch(
        Rectangle((predicted - 0.5, true - 0.5), 1, 1, fill=False, edgecolor=VERMILION, linewidth=2)
    )
    axes.set_title(title or f"The commonest mistake: {names[true]} taken for {names[predicted]}")
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class, each row 100 %")
    axes.grid(False)
    right = ", ".join(f"{name} {value:.0f}" for name, value in zip(names, np.diag(share), strict=True))
    show(
        figure,
        f"A table of shares, rows are true classes. Right, in percent: {right}. The commonest mistake, framed: "
        f"{share[true, predicted]:.0f} % of {names[true]} taken for {names[predicted]}.",
    )
    return figure
