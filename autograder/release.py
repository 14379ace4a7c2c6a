"""The student edition: nbgrader writes it, what must not be in it is removed, and it is translated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.preprocessors import SaveCells
from nbgrader.utils import compute_checksum

from autograder import assignments, configuration, notebooks
from autograder.assignments import ASSIGNMENTS, Assignment
from autograder.errors import ExplainedError
from autograder.grades import explained, opened
from autograder.translation.language import SOURCE

SAID_LINES = 15


def release(course: Path, assignment: str = "", language: str = SOURCE) -> list[Path]:
    """Write the student edition with nbgrader, and its translation from what nbgrader has written.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    assignment : str
        The assignment's name; all of them where it is empty.
    language : str
        Code of the language of the translated edition; English needs none.

    Returns
    -------
    list of pathlib.Path
        Folders and files that were written, below the course's folder.

    Raises
    ------
    ExplainedError
        The folder is no course, for an unknown assignment or language, or when nbgrader fails.
    """
    from autograder import handout
    from autograder.translation import edition

    configuration.read(course)
    chosen = [assignments.known(assignment).name] if assignment else list(ASSIGNMENTS)
    edition.require_language(language)
    for name in chosen:
        run_nbgrader(course, "generate_assignment", name, "--force")
    written = [Path("notebooks", name) for name in chosen]
    if (course / "solutions" / handout.START).is_file():
        handout.write(course)
        written.append(Path("notebooks", handout.START))
    if language != SOURCE:
        written += edition.write_notebooks(course, language, assignment)
    return written


def folder(course: Path, assignment: Assignment) -> Path:
    """Where the released notebooks of an assignment lie.

    Raises
    ------
    ExplainedError
        Not all of them are there.
    """
    released = course / "notebooks" / assignment.name
    if not all((released / f"{name}.ipynb").exists() for name in assignment.notebooks):
        raise ExplainedError(
            f"{assignment.name} has no release: run `nbgrader generate_assignment {assignment.name}` first."
        )
    return released


def read(course: Path, assignment: Assignment) -> dict[str, NotebookNode]:
    """The released notebooks of an assignment, by name; raises as `folder` does."""
    released = folder(course, assignment)
    return {name: notebooks.read(released / f"{name}.ipynb") for name in assignment.notebooks}


def is_answered(cell: NotebookNode) -> bool:
    """Whether a cell for an answer is not as nbgrader has released it."""
    settings = cell.metadata.get("nbgrader", {})
    return bool(settings.get("solution")) and settings.get("checksum") != compute_checksum(cell)


def enter(course: Path, assignment: Assignment, db_url: str) -> None:
    """Tell a gradebook that does not know it of an assignment, as nbgrader does when it makes a release.

    A clone holds the release already, and a new gradebook has not seen it made.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``notebooks``.
    assignment : Assignment
        What is entered; notebooks that the gradebook knows are left as they are.
    db_url : str
        nbgrader's ``CourseDirectory.db_url``.

    Raises
    ------
    ExplainedError
        There is no release.
    """
    with opened(db_url) as book:
        there = {notebook.name for notebook in book.update_or_create_assignment(assignment.name).notebooks}
    missing = [name for name in assignment.notebooks if name not in there]
    for name, notebook in read(course, assignment).items() if missing else ():
        if name in missing:
            about = {"notebook": name, "assignment": assignment.name, "db_url": db_url}
            with explained():
                SaveCells().preprocess(notebook, {"nbgrader": about})


def run_nbgrader(course: Path, *arguments: str) -> None:
    """Run one nbgrader command in a course; its log is shown only when it fails."""
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        log = "\n".join((done.stdout + done.stderr).splitlines()[-SAID_LINES:])
        raise ExplainedError(f"`nbgrader {' '.join(arguments)}` failed; the end of its log:\n{log}")


def remove_checkpoints(assignment: str, student: str, notebooks: list[str], *, release: Path) -> None:
    """Delete our trained weights and loss curves, which nbgrader copies along with the notebooks.

    A hook for ``GenerateAssignment.post_convert_hook``, so that formgrader's button does it too.

    Parameters
    ----------
    assignment, student, notebooks
        What nbgrader passes: names, and the paths of the source notebooks.
    release : pathlib.Path
        nbgrader's release directory.
    """
    known = ASSIGNMENTS.get(assignment)
    if known is not None:
        for name in (*known.checkpoints, *known.histories):
            (release / assignment / name).unlink(missing_ok=True)
