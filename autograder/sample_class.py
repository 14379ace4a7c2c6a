"""A sample class: submissions made out of the solutions, with the mistakes that students make.

The demo grades it, and the end-to-end tests know what each student should get.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from nbformat import NotebookNode

from autograder import notebooks
from autograder.assignments import ASSIGNMENTS
from autograder.files import history_of

Edits = Mapping[str, tuple[tuple[str, str], ...]]
"""For each ``grade_id``: texts of the solution's cell and what the student wrote instead."""


@dataclass(frozen=True)
class Sample:
    """One submission of the sample class.

    Attributes
    ----------
    student : str
        Name, which is also the nbgrader student id.
    assignment : str
        What is handed in.
    mistake : str
        What is wrong with it, in a few words; empty for a right one.
    edits : mapping
        Changes of answer cells, for each notebook.
    blank : tuple of str
        Notebooks handed in as they were released.
    missing : tuple of str
        Files that are not handed in.
    foreign_checkpoint : bool
        The weights are those of another network.
    """

    student: str
    assignment: str
    mistake: str = ""
    edits: Mapping[str, Edits] = field(default_factory=dict)
    blank: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    foreign_checkpoint: bool = False


def write(sample: Sample, course: Path, submitted: Path, checkpoints: Path | None = None) -> Path:
    """Write one submission where nbgrader expects it.

    Parameters
    ----------
    sample : Sample
        What to write.
    course : pathlib.Path
        The course, with ``solutions`` and a release in ``notebooks``.
    submitted : pathlib.Path
        nbgrader's submitted directory.
    checkpoints : pathlib.Path, optional
        A folder with one folder of trained weights for each assignment, used in place of those
        beside the solutions.

    Returns
    -------
    pathlib.Path
        The folder of the submission.

    Raises
    ------
    ValueError
        An edit's text does not occur exactly once in the cell that it changes.
    """
    assignment = ASSIGNMENTS[sample.assignment]
    folder = submitted / sample.student / sample.assignment
    folder.mkdir(parents=True, exist_ok=True)
    for name in assignment.notebooks:
        file = f"{name}.ipynb"
        if file in sample.missing:
            continue
        released = course / "notebooks" / sample.assignment / file
        if name in sample.blank:
            shutil.copy(released, folder / file)
            continue
        notebook = notebooks.read(released)
        solution = notebooks.read(course / "solutions" / sample.assignment / file)
        answers = _answers(notebooks.cells_by_grade_id(solution), sample.edits.get(name, {}))
        for cell in notebook.cells:
            if notebooks.grade_id(cell) in answers:
                cell.source = answers[notebooks.grade_id(cell)]
        notebooks.write(notebook, folder / file)
    source = (checkpoints or course / "solutions") / sample.assignment
    for file in assignment.checkpoints:
        if file not in sample.missing and (source / file).exists():
            if sample.foreign_checkpoint:
                torch.save(torch.nn.Linear(3, 3).state_dict(), folder / file)
            else:
                shutil.copy(source / file, folder / file)
                history = history_of(file)
                if (source / history).exists():
                    shutil.copy(source / history, folder / history)
    return folder


def _answers(cells: Mapping[str, NotebookNode], edits: Edits) -> dict[str, str]:
    answers = {
        gid: "\n".join(
            line for line in cell.source.splitlines() if "### BEGIN" not in line and "### END" not in line
        )
        for gid, cell in cells.items()
        if cell.metadata.nbgrader.solution
    }
    for gid, replacements in edits.items():
        for old, new in replacements:
            if answers[gid].count(old) != 1:
                raise ValueError(f"{old!r} occurs {answers[gid].count(old)} times in the answer {gid!r}")
            answers[gid] = answers[gid].replace(old, new)
    return answers


def of_assignment(samples: tuple[Sample, ...], assignment: str) -> Iterator[Sample]:
    """The submissions of one assignment."""
    return (sample for sample in samples if sample.assignment == assignment)
