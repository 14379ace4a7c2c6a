"""The rubric of a task that a person grades: formgrader shows it below the answer, students never see it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution, is_task
from traitlets import Unicode

from autograder import notebooks

REGION = re.compile(r"^\s*### (?:BEGIN|END) SOLUTION.*$\n?|^\s*=== (?:BEGIN|END) MARK SCHEME ===.*$\n?", re.M)
HEADING = "**For the person who grades** (model answer and rubric; students do not see this)"


class ShowRubric(Preprocessor):
    """Put the solution's text below each answer that a person grades, on formgrader's page and nowhere else.

    A preprocessor for ``HTMLExporter.preprocessors``. The exporter writes feedback too; formgrader alone names
    the submission that it shows.
    """

    source_directory = Unicode("solutions", help="nbgrader's source directory").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Add the text cells; a solution that cannot be read adds none."""
        if "submission_id" not in resources:
            return nb, resources
        file = f"{resources['notebook_id']}.ipynb"
        try:
            solution = notebooks.read(Path(self.source_directory) / resources["assignment_id"] / file)
        except (OSError, ValueError):
            return nb, resources
        texts = {
            name: REGION.sub("", cell.source).strip()
            for name, cell in notebooks.cells_by_grade_id(solution).items()
            if _is_graded_by_hand(cell)
        }
        shown = []
        for cell in nb.cells:
            shown.append(cell)
            text = texts.get(notebooks.grade_id(cell))
            if text and _is_graded_by_hand(cell):
                quoted = "\n".join(f"> {line}".rstrip() for line in [HEADING, "", *text.splitlines()])
                shown.append(nbformat.v4.new_markdown_cell(quoted))
        nb.cells = shown
        return nb, resources


def _is_graded_by_hand(cell: NotebookNode) -> bool:
    return bool(is_task(cell) or (is_grade(cell) and is_solution(cell)))
