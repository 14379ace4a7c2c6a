"""Figures and tables of the PyTorch notebook on softmax regression."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch.nn.functional import cross_entropy

from autograder.plots.images import gallery
from autograder.plots.style import BLUE, GREEN, VERMILION, require, show

COLUMNS = ("algorithm", "seconds", "f1_train", "f1_valid", "f1_test")


def pictures(tensors: torch.Tensor) -> np.ndarray:
    """Turn normalised image tensors into pictures, stretched together to [0, 1].

    Parameters
    ----------
    tensors : torch.Tensor
        Shape (n, 3, height, width).

    Returns
    -------
    numpy.ndarray
        Shape (n, height, width, 3), floats in [0, 1].
    """
    values = tensors.detach().cpu().permute(0, 2, 3, 1).double().numpy()
    low, high = values.min(), values.max()
    return np.asarray((values - low) / (high - low if high > low else 1.0))


def channel_histograms(
    images: np.ndarray,
    means: Any,
    stds: Any,
    *,
    title: str = "After normalisation the three channels share one scale",
) -> Figure:
    """Show the pixels of each channel before and after normalisation.

    Parameters
    ----------
    images : numpy.ndarray
        Shape (n, height, width, 3), uint8.
    means, stds : array_like
        Shape (3,), for pixels in [0, 1].
    title : str
        A sentence.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    told = []
    figure, (before, after) = plt.subplots(1, 2, figsize=(9, 2.8))
    for channel, (name, colour) in enumerate((("red", VERMILION), ("green", GREEN), ("blue", BLUE))):
        values = images[..., channel].ravel() / 255
        scaled = (values - float(means[channel])) / float(stds[channel])
        told.append(
            f"{name}: {values.mean():.2f} ± {values.std():.2f} before, {scaled.mean():.2f} ± {scaled.std():.2f} after"
        )
        for axes, numbers in ((before, values), (after, scaled)):
            counts, edges = np.histogram(numbers, bins=40, density=True)
            axes.stairs(counts, edges, color=colour, linewidth=1.6, label=name)
    before.set_xlabel("pixel / 255")
    after.set_xlabel("(pixel / 255 − mean) / std")
    before.set_ylabel("density")
    before.legend()
    figure.suptitle(title, x=0.02, ha="left", fontsize=11)
    show(figure, f"Histograms of pixels, left before and right after. Mean and spread, {'; '.join(told)}.")
    return figure


def augmented(
    train_transforms: Callable[[Any], torch.Tensor] | None,
    test_transforms: Callable[[Any], torch.Tensor] | None,
    image: np.ndarray,
    *,
    count: int = 9,
    title: str = "One photograph as the model sees it: once for testing, anew in every training pass",
) -> Figure:
    """Show what the transforms make of one image.

    Parameters
    ----------
    train_transforms, test_transforms : callable or None
        Take a PIL image, answer a tensor (3, height, width); None stands for an answer that is not
        there yet.
    image : numpy.ndarray
        Shape (height, width, 3), uint8.
    count : int
        Number of augmented versions.
    title : str
        A sentence.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    require(train_transforms, "train_transforms")
    require(test_transforms, "test_transforms")
    assert train_transforms is not None and test_transforms is not None
    original = Image.fromarray(image)
    versions = [test_transforms(original), *(train_transforms(original) for _ in range(count))]
    captions = ["test", *(f"train, pass {number + 1}" for number in range(count))]
    return gallery(pictures(torch.stack(versions)), captions, title=title)


def readings(
    train_set: Any,
    valid_set: Any,
    *,
    count: int = 5,
    title: str = "Read again, a train image differs and a valid image does not",
) -> Figure:
    """Show the first image of each set as it comes when it is read several times.

    Parameters
    ----------
    train_set, valid_set : torch.utils.data.Dataset
        Items are pairs of a tensor (3, height, width) and a label.
    count : int
        How often each is read.
    title : str
        A sentence.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    parts = (("train", train_set), ("valid", valid_set))
    items = [(f"{name}, reading {k + 1}", part[0][0]) for name, part in parts for k in range(count)]
    tensors = torch.stack([tensor for _, tensor in items])
    return gallery(pictures(tensors), [caption for caption, _ in items], title=title, columns=count)


def softmax_applied_twice(
    *, title: str = "With a second softmax the loss never falls below 1.461", classes: int = 10
) -> Figure:
    """Show the loss of an ever more certain, right answer: from logits, and from probabilities.

    Parameters
    ----------
    title : str
        A sentence.
    classes : int
        Number of classes.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    margins = torch.linspace(0, 12, 121, dtype=torch.float64)
    logits = torch.zeros(len(margins), classes, dtype=torch.float64)
    logits[:, 0] = margins
    labels = torch.zeros(len(margins), dtype=torch.int64)
    figure, axes = plt.subplots(figsize=(7, 3))
    for name, scores in (("logits", logits), ("probabilities (softmax again)", logits.softmax(1))):
        axes.plot(margins, cross_entropy(scores, labels, reduction="none"), label=name)
    floor = float(cross_entropy(torch.eye(classes, dtype=torch.float64)[:1], labels[:1]))
    axes.axhline(floor, color=VERMILION, linestyle="--", linewidth=1)
    axes.text(12, floor + 0.04, f"{floor:.3f}", color=VERMILION, ha="right")
    axes.set_title(title)
    axes.set_xlabel("lead of the right class's logit")
    axes.set_ylabel("cross-entropy")
    axes.set_ylim(bottom=0)
    axes.legend(title="given to CrossEntropyLoss:")
    show(
        figure,
        "Lines of the cross-entropy over the lead of the right class's logit, 0 to 12. Given logits it falls from "
        f"{np.log(classes):.2f} towards 0, given probabilities it stays above a dashed line at {floor:.3f}.",
    )
    return figure


def table(results: Any, earlier: str | Path = "results.csv") -> pd.DataFrame:
    """Join the rows of the first notebook and of this one.

    Parameters
    ----------
    results : sequence of dict, pandas.DataFrame or None
        Rows with `COLUMNS`; None stands for an answer that is not there yet.
    earlier : str or pathlib.Path
        The first notebook's table; where it is missing, one line says so.

    Returns
    -------
    pandas.DataFrame
        One row an algorithm, seconds as text such as ``"12.3 s"``, F1 with three digits.
    """
    require(results, "results")
    rows = pd.DataFrame(results)
    try:
        first = pd.read_csv(earlier)
        rows = pd.concat([first[~first["algorithm"].isin(rows["algorithm"])], rows], ignore_index=True)
    except (OSError, ValueError, KeyError):
        print("The rows of numpy and scikit-learn come from the first notebook: run 1_softmax_numpy first.")
    shown = rows.reindex(columns=list(COLUMNS))
    return _formatted(shown).set_index("algorithm")


def _formatted(rows: pd.DataFrame) -> pd.DataFrame:
    texts = {name: rows[name].map("{:.3f}".format) for name in COLUMNS[2:]}
    return rows.assign(seconds=rows["seconds"].map("{:.1f} s".format), **texts)


def learning_curves(
    history: dict[str, Sequence[float]] | None,
    *,
    title: str = "",
    classes: int = 10,
) -> Figure:
    """Draw the losses that training kept, from 0 to what guessing costs; see `autograder.plots.scores.curves`.

    Parameters
    ----------
    history : dict of str to sequence of float or None
        One number an epoch by name; those whose name ends in ``loss`` are drawn. None stands for an answer
        that is not there yet.
    title : str
        A sentence; without one it says how far apart the last two losses are.
    classes : int
        Number of classes.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, drawn and shown.
    """
    from autograder.plots.scores import curves

    require(history, "history")
    assert history is not None
    lines = {name.removesuffix("_loss"): v for name, v in history.items() if name.endswith("loss")}
    if not title:
        last = [values[-1] for values in lines.values() if len(values)]
        epochs = max((len(values) for values in lines.values()), default=0)
        apart = f"After {epochs} epochs the two losses are {np.ptp(last or [0]):.2f} nats apart"
        title = apart if len(last) == 2 else "Mean loss by epoch"
    guessing = float(np.log(classes))
    highest = max([guessing, *(max(values) for values in lines.values() if len(values))])
    return curves(
        lines,
        title=title,
        ylabel="mean cross-entropy (nats)",
        limits=(0, 1.05 * highest),
        reference=(guessing, f"guessing, {guessing:.3f}"),
    )
