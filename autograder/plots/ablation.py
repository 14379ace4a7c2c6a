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
from autograder.plots.style import BLUE, show

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
    """All rows as a numbered table, accuracies with three digits, with what they were measured on, if runs say so."""
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
    return shown.set_index(pd.RangeIndex(1, len(found) + 1, name="row"))


def measured_on(path: Path = RESULTS) -> str:
    """Say in a sentence what the accuracies were measured on."""
    content = _read(path)
    settings = content["settings"]
    seeds = max((len(row["runs"]) for row in content["rows"]), default=0)
    return (
        f"{settings['width']:g} of the channels, {settings['images']:,} training images, {settings['epochs']} epochs, "
        f"{seeds} seeds, {settings['valid_images']:,} validation images, {settings['device']}"
    )


def small_against_full(path: Path = RESULTS) -> None:
    """Draw what was reported for each row at full size over what it reached at our small budget."""
    found = rows(path)
    figure, axis = plt.subplots(figsize=(7, 4.2))
    for k, row in enumerate(found, start=1):
        axis.errorbar(row.mean, row.reported, xerr=row.deviation, fmt="o", color=BLUE, capsize=3)
        close = [r for r in found if abs(r.reported - row.reported) < 0.002 and abs(r.mean - row.mean) < 0.05]
        sign = -1 if row.mean < np.median([r.mean for r in close]) else 1
        end, side = (row.mean + sign * row.deviation, row.reported), "left" if sign > 0 else "right"
        axis.annotate(f"{k}", end, (6 * sign, -4), textcoords="offset points", ha=side)
    axis.set_xlabel("validation accuracy, small budget, mean ± standard deviation over seeds")
    axis.set_ylabel("reported accuracy, full size")
    axis.margins(y=0.12)
    axis.set_title("What wins small need not win large (numbers: rows of the table)")
    told = "; ".join(f"{k}: {row.mean:.3f} and {row.reported:.4f}" for k, row in enumerate(found, start=1))
    show(
        figure, f"Points, one for each row of the table: accuracy at the small budget, and reported. {told}."
    )


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise ExplainedError(
            f"There is no {path.name} in the package: run `python benchmarks/ablation.py`, which measures it."
        )
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
