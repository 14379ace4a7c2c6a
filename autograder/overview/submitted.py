"""What a class handed in, read as text: the answers by ``grade_id``, and which locked cells were changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from autograder import colab, notebooks
from autograder.assignments import Assignment
from autograder.sanitise import NOTEBOOK_BYTES, Refused, name_cells, parse_notebook, read_file


@dataclass(frozen=True)
class Texts:
    """The texts of one submission.

    Attributes
    ----------
    answers : dict of str to str
        Code of the answer cells, by ``notebook: grade_id``; stubs are left out.
    changed : tuple of str
        Locked cells whose text is not the release's, or that are missing.
    """

    answers: dict[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()


def read_texts(folder: Path, assignment: Assignment, release: dict[str, NotebookNode]) -> Texts:
    """Read one submission; a notebook that cannot be read has no texts."""
    answers: dict[str, str] = {}
    changed: list[str] = []
    for name in assignment.notebooks:
        try:
            submitted = parse_notebook(read_file(folder / f"{name}.ipynb", NOTEBOOK_BYTES))
            name_cells(submitted, release[name])
        except Refused:
            continue
        # Of a cell that is there twice the last counts, as in grading.
        texts = {cell.metadata.get("grade_id"): cell.source for cell in submitted.cells}
        for grade_id, cell in notebooks.cells_by_grade_id(release[name]).items():
            text = texts.get(grade_id)
            if grade_id == colab.GRADE_ID:
                continue  # it is for Colab alone, and whoever has deleted it has changed nothing
            if notebooks.is_locked(cell):
                if text is None or text.split() != cell.source.split():
                    changed.append(f"{name}: {grade_id}" + (" (deleted)" if text is None else ""))
            elif cell.cell_type == "code" and text is not None and text.split() != cell.source.split():
                answers[f"{name}: {grade_id}"] = text
    return Texts(answers, tuple(changed))


def stubs(assignment: Assignment, release: dict[str, NotebookNode]) -> dict[str, str]:
    """What every student was given: for each answer its stub, and below it all code of the release."""
    given = "\n".join(
        cell.source for notebook in release.values() for cell in notebook.cells if cell.cell_type == "code"
    )
    return {
        f"{name}: {grade_id}": f"{cell.source}\n{given}"
        for name in assignment.notebooks
        for grade_id, cell in notebooks.cells_by_grade_id(release[name]).items()
        if cell.cell_type == "code" and not notebooks.is_locked(cell)
    }
