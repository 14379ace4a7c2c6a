"""Which figure cells are left out while grading: never one on which something depends."""

from __future__ import annotations

import pytest

from autograder import notebooks
from autograder.sandbox.inside.figures import unneeded
from tests.mutants.submission import ROOT

FIGURE = "X = draw()\nplot(X)"


@pytest.mark.parametrize(
    "other",
    [
        "y = 1",
        "X = 2\nprint(X)",
        "def f(X):\n    return X",
        "def f():\n    X = 1\n    return X",
        "[X for X in range(3)]",
        "for i in range(3):\n    X = i\n    print(X)",
        "with open('f') as X:\n    print(X)",
        "class A:\n    def f(self):\n        self.X = 1",
        "thing.X",
        "if a:\n    X = 1\nelse:\n    X = 2\nprint(X)",
        "import numpy as X\nX.zeros(3)",
        "a = lambda X: X",
    ],
)
def test_a_figure_is_left_out_when_no_other_cell_needs_it(other: str) -> None:
    assert unneeded(["import numpy", FIGURE, other], [1]) == [1]


@pytest.mark.parametrize(
    "other",
    [
        "print(X)",
        "X += 1",
        "def f():\n    return X",
        "f = lambda: X",
        "class A:\n    size = X",
        "def f(a=X):\n    pass",
        "if a:\n    X = 1\nprint(X)",
        "for X in []:\n    pass\nprint(X)",
        "while a:\n    X = 1\nprint(X)",
        "try:\n    X = 1\nexcept ValueError:\n    pass\nprint(X)",
        "[a for a in X]",
        "X = X + 1",
        "def f():\n    global X\n    X = 1",
        "del X",
        "print(f'{X}')",
        "eval('X')",
        "globals()['X']",
        "from __main__ import *",
        "%timeit X",
        "!ls",
        "%%time\nprint(X)",
        "this is no python",
        "(" * 500,
    ],
)
def test_a_figure_runs_when_another_cell_needs_it_or_cannot_be_read(other: str) -> None:
    assert unneeded(["import numpy", FIGURE, other], [1]) == []


def test_a_figure_that_a_needed_figure_needs_runs_too() -> None:
    sources = ["a = 1", "b = a", "c = b", "print(c)", "d = 5"]
    assert unneeded(sources, [0, 1, 2, 4]) == [4]


@pytest.mark.parametrize("path", sorted(notebooks.find(ROOT / "solutions")), ids=lambda path: path.stem)
def test_in_the_solutions_a_good_part_is_left_out(path) -> None:
    notebook = notebooks.read(path)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    tagged = [i for i, cell in enumerate(cells) if cell.source in notebooks.figures(notebook)]
    left_out = unneeded([cell.source for cell in cells], tagged)
    assert len(left_out) >= 8
    assert not any(notebooks.is_check(cells[i]) or notebooks.grade_id(cells[i]) for i in left_out)
