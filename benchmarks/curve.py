"""Draw accuracy against seconds of training, on CPU and GPU: `docs/figures/cifar_cost.png` and `.svg`.

It draws the files that are there, `benchmarks/results/cifar_cpu.json` and `cifar_gpu.json`, which `cifar_cpu.py` and
`cifar_gpu.py --budgets` have measured. The CPU's seconds are those of training alone, the GPU's hold the prediction of
the test images too.

    {"machine": str, "runs": [{"budget": s, "seed": n, "seconds": s, "accuracy": …, …}, …]}

    python benchmarks/curve.py
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from autograder.plots import style

ROOT = Path(__file__).parents[1]
RESULTS = tuple(ROOT / "benchmarks" / "results" / f"cifar_{name}.json" for name in ("cpu", "gpu"))
FIGURE = ROOT / "docs" / "figures" / "cifar_cost"


@dataclass(frozen=True)
class Point:
    """One budget: mean seconds, mean and sample standard deviation of the accuracy, and every run's two numbers."""

    seconds: float
    accuracy: float
    deviation: float
    runs: tuple[tuple[float, float], ...]


def points(content: dict) -> list[Point]:
    """Summarise the runs of a file, budget by budget, from the smallest."""
    found = []
    for budget in sorted({run["budget"] for run in content["runs"]}):
        runs = [(run["seconds"], run["accuracy"]) for run in content["runs"] if run["budget"] == budget]
        seconds, accuracies = np.array(runs).T
        deviation = float(accuracies.std(ddof=1)) if len(runs) > 1 else 0.0
        found.append(Point(float(seconds.mean()), float(accuracies.mean()), deviation, tuple(runs)))
    return found


def draw(contents: list[dict], target: Path) -> None:
    """Draw one line for each file, and write the figure as PNG and SVG.

    Parameters
    ----------
    contents : list of dict
        As the benchmarks wrote them.
    target : pathlib.Path
        Without its ending.
    """
    style.use_style()
    figure, axis = plt.subplots(figsize=(8, 4.4))
    for content, colour in zip(contents, style.PALETTE, strict=False):
        found = points(content)
        seconds, accuracies = [p.seconds for p in found], np.array([p.accuracy for p in found])
        spread = np.array([p.deviation for p in found])
        axis.fill_between(seconds, accuracies - spread, accuracies + spread, color=colour, alpha=0.15, lw=0)
        axis.plot(seconds, accuracies, "o-", color=colour, markersize=5, label=_label(content))
        axis.plot(
            *np.array([run for p in found for run in p.runs]).T, ".", color=colour, markersize=3, alpha=0.5
        )
    axis.set_xscale("log")
    budgets = sorted({run["budget"] for content in contents for run in content["runs"]})
    axis.set_xticks(budgets, [f"{budget:g}" for budget in budgets])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlabel("seconds of a run (logarithmic)")
    axis.set_ylabel("accuracy on test images")
    axis.set_title("What accuracy on CIFAR-10 costs in seconds")
    _limit(axis)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target.with_suffix(".png"), dpi=150)
    figure.savefig(target.with_suffix(".svg"), metadata={"Date": None})
    plt.close(figure)


def _limit(axis: Axes) -> None:
    low, high = axis.get_ylim()
    axis.set_ylim(max(low, 0.0), min(high, 1.0))


def _label(content: dict) -> str:
    seeds = len({run["seed"] for run in content["runs"]})
    return f"{content['machine']}\n{f'mean and standard deviation of {seeds} seeds' if seeds > 1 else 'one seed'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--results", type=Path, nargs="+", default=RESULTS)
    parser.add_argument("--output", type=Path, default=FIGURE, help="without its ending")
    options = parser.parse_args()
    there = [path for path in options.results if path.exists()]
    if not there:
        sys.exit(
            f"Nothing was measured yet: there is no {' and no '.join(str(path) for path in options.results)}."
        )
    draw([json.loads(path.read_text(encoding="utf-8")) for path in there], options.output)
    print(f"{options.output}.png and .svg, from {', '.join(path.name for path in there)}")


if __name__ == "__main__":
    main()
