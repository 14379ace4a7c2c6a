"""Runs in a file, rewritten after each: what was measured is never measured again, and never lost.

{"machine": …, "runs": [{"budget": seconds, "seed": n, "seconds": …, "accuracy": …, "mean precision": …, …}, …]}
"""

from __future__ import annotations

import contextlib
import json
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import torch

from autograder.files import replacing
from autograder.plots import confusion


def machine(device: torch.device) -> str:
    """Name what a figure was measured on: device, torch, CUDA, Python."""
    if device.type == "cuda":
        name = f"{torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}"
    else:
        name = f"CPU {_processor()}, {torch.get_num_threads()} threads"
    return f"{name}, torch {torch.__version__}, Python {platform.python_version()}"


def _processor() -> str:
    """The processor's name where Linux tells it, else its architecture."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def metrics(labels: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Accuracy, and precision and recall as means over the classes."""
    return {name: round(value, 5) for name, value in confusion.metrics(labels, predicted).items()}


def spread(numbers: Sequence[float]) -> str:
    """Mean, standard error of the mean, and n."""
    if len(numbers) < 2:
        return f"{numbers[0]:.4f} (n = 1)"
    return f"{mean(numbers):.4f} ± {stdev(numbers) / len(numbers) ** 0.5:.4f} (n = {len(numbers)})"


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a file of results so that a crash leaves the old one or the new one; its folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside:
        beside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


class Results:
    """A file of runs that were measured on one machine with the same settings.

    Parameters
    ----------
    path : pathlib.Path
        Made at the first run.
    about : dict
        What all runs have in common; a file of other runs is refused.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        self._path = path
        self._content: dict[str, Any] = {**about, "runs": []}
        if path.exists():
            self._content = json.loads(path.read_text(encoding="utf-8"))
            there = {k: v for k, v in self._content.items() if k != "runs"}
            if there != json.loads(json.dumps(about)):
                sys.exit(
                    f"{path} holds runs of other settings or another machine, {there}: name another --output."
                )

    @property
    def runs(self) -> list[dict[str, Any]]:
        """All runs so far."""
        return self._content["runs"]

    def missing(self, budgets: Sequence[float], seeds: int) -> Iterator[tuple[float, int]]:
        """Budgets and seeds that have no run yet; all budgets of a seed come before the next seed."""
        done = {(run["budget"], run["seed"]) for run in self.runs}
        for seed in range(seeds):
            yield from ((budget, seed) for budget in budgets if (budget, seed) not in done)

    def add(self, run: dict[str, Any]) -> None:
        """Keep a run; a crash leaves the old file or the new one."""
        self.runs.append(run)
        write(self._path, self._content)
