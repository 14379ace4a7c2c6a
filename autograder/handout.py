"""What the student edition holds beside the assignments: the notebook to start with, and badges for Colab."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import colab, course, notebooks
from autograder.assignments import ASSIGNMENTS
from autograder.errors import ExplainedError

START = "start.ipynb"
BEGIN, END = "<!-- badges: made by `make release` from autograder/course.py -->", "<!-- end of badges -->"


def write(root: Path) -> None:
    """Write ``notebooks/start.ipynb`` from its solution, and the badges into the README.

    Parameters
    ----------
    root : pathlib.Path
        The folder of the course.

    Raises
    ------
    ExplainedError
        This is not the course, or its README has no place for badges.
    """
    source, readme = root / "solutions" / START, root / "README.md"
    if not source.is_file():
        raise ExplainedError(f"{source} is not there: run this in the folder of the course.")
    edition = student_edition(notebooks.read(source))
    (root / "notebooks").mkdir(exist_ok=True)
    notebooks.write(edition, root / "notebooks" / START)
    text = readme.read_text(encoding="utf-8")
    readme.write_text(with_badges(text, course.REPOSITORY, course.BRANCH), encoding="utf-8")


def student_edition(solution: NotebookNode) -> NotebookNode:
    """The notebook to start with, as students get it: ready for Colab, and without outputs."""
    edition = nbformat.from_dict(solution)
    for cell in edition.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    colab.prepare(edition, f"notebooks/{START}")
    return edition


def with_badges(readme: str, repository: str, branch: str) -> str:
    """The README with one badge for each notebook, or none where Colab cannot open them."""
    paths = [START, *(f"{a.name}/{name}.ipynb" for a in ASSIGNMENTS.values() for name in a.notebooks)]
    rows = [
        f"| `{path}` | {badge} |"
        for path in paths
        if (badge := colab.badge(repository, branch, f"notebooks/{path}"))
    ]
    table = ["", "| notebook | in Colab |", "|---|---|", *rows, ""] if rows else []
    before, found, rest = readme.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ExplainedError(
            f"The README has lost the lines `{BEGIN}` and `{END}`, between which badges stand."
        )
    return before + "\n".join([BEGIN, *table, END]) + after
