"""The ablation of the CIFAR-10 network: what ``benchmarks/ablation.py`` measured, as a table and a figure.

The measurements lie in the package, so that a notebook shows them wherever it is opened.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from autograder.errors import ExplainedError
from autograder.plots.style import GREEN, GREY, show

RESULTS = Path(__file__).parents[1] / "results" / "ablation.json"


@dataclass(frozen=True)
class Row:
    """One network of the ablation.

    Attributes
    ----------
    name : str
        What it is, as ``"VGG"``.
    l2 : float
        Weight decay.
    reported : float
        Accuracy in the course that this one is built on: on its test set, at full size, one run each.
    accuracies : tuple of float
        Validation accuracy of each run of ours, one a seed.
    machines : tuple of str
        What the runs were measured on, each once; empty for runs that do not say.
    """

    name: str
    l2: float
    reported: float
    accuracies: tuple[float, ...]
    machines: tuple[str, ...] = ()

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return float(np.mean(self.accuracies))

    @property
    def deviation(self) -> float:
        """Sample standard deviation over the seeds, 0 for a single one."""
        return float(np.std(self.accuracies, ddof=1)) if len(self.accuracies) > 1 else 0.0


def rows(path: Path = RESULTS) -> list[Row]:
    """Read the rows that have been measured, in the order of the table."""
    content = _read(path)
    return [
        Row(
            row["name"],
            row["l2"],
            row["reported"],
            tuple(run["valid_accuracy"] for run in row["runs"]),
            tuple(dict.fromkeys(run["machine"] for run in row["runs"] if "machine" in run)),
        )
        for row in content["rows"]
        if row["runs"]
    ]


def table(path: Path = RESULTS) -> pd.DataFrame:
    """All rows as a table, accuracies rounded to three digits; with what they were measured on, where runs say so."""
    found = rows(path)
    shown = pd.DataFrame(
        {
            "network": [row.name for row in found],
            "L2": [f"{row.l2:g}" for row in found],
            "validation accuracy": [f"{row.mean:.3f} ± {row.deviation:.3f}" for row in found],
            "reported, full size": [f"{row.reported:.4f}" for row in found],
        }
    )
    if any(row.machines for row in found):
        shown["measured on"] = ["; ".join(row.machines) for row in found]
    return shown


def measured_on(path: Path = RESULTS) -> str:
    """Say in a sentence what the accuracies were measured on."""
    content = _read(path)
    settings = content["settings"]
    seeds = max((len(row["runs"]) for row in content["rows"]), default=0)
    return (
        f"{settings['width']:g} of the channels, {settings['images']:,} training images, {settings['epochs']} epochs, "
        f"{seeds} seeds, {settings['valid_images']:,} validation images, {settings['device']}"
    )


def means(path: Path = RESULTS) -> None:
    """Draw mean and standard deviation of the ablation's rows, in the order of the table."""
    found = rows(path)
    names = [f"{row.name}, L2 {row.l2:g}" for row in found]
    best = max(found, key=lambda row: row.mean)
    figure, axis = plt.subplots(figsize=(9, 3.8))
    for k, row in enumerate(found):
        colour = GREEN if row is best else GREY
        axis.errorbar(row.mean, k, xerr=row.deviation, fmt="o", color=colour, capsize=3)
        axis.plot(row.accuracies, [k] * len(row.accuracies), "|", color=colour, markersize=9, alpha=0.5)
    axis.set_yticks(range(len(found)), names)
    axis.invert_yaxis()
    axis.set_xlabel("validation accuracy, mean ± standard deviation over seeds")
    axis.set_title(f"At this small budget “{best.name}”, L2 {best.l2:g}, does best")
    told = "; ".join(
        f"{name}: {row.mean:.3f} ± {row.deviation:.3f}" for name, row in zip(names, found, strict=True)
    )
    show(figure, f"Points with error bars, one line for each network. {told}.")


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise ExplainedError(
            f"There is no {path.name} in the package: run `python benchmarks/ablation.py`, which measures it."
        )
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
