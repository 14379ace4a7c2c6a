"""What the solutions' cells define, for benchmarks that measure the students' own task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder import notebooks

SOLUTIONS = Path(__file__).parents[1] / "solutions"


def answers(notebook: str, *grade_ids: str) -> dict[str, Any]:
    """Run cells of a solution, and give back what they define.

    Parameters
    ----------
    notebook : str
        As ``neural_networks/2_cnn_cifar10``.
    *grade_ids : str
        The cells, in order.
    """
    cells = notebooks.cells_by_grade_id(notebooks.read(SOLUTIONS / f"{notebook}.ipynb"))
    defined: dict[str, Any] = {"__name__": "solution"}
    for name in grade_ids:
        exec(cells[name].source, defined)
    return defined
