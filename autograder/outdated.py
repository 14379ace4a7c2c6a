"""What lags behind: grades of an earlier submission, and feedback pages of earlier grades."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook

from autograder import batch, configuration, notebooks
from autograder.batch import Options, Submissions
from autograder.errors import ExplainedError

SCORE = re.compile(r"\(Score: (\d+(?:\.\d+)?) /")
"""The first one on nbgrader's page is the notebook's, in front of all that a student wrote."""
ROUNDED = 0.0051
"""nbgrader shows two digits behind the point."""


def autograded(books: Path, student: str, assignment: str) -> Path:
    """Where nbgrader keeps what it has graded of a student."""
    return books / "autograded" / student / assignment


def was_handed_in_again(submissions: Submissions, student: str) -> bool:
    """Whether a submission differs from the one that was graded; False where that cannot be said.

    Parameters
    ----------
    submissions : Submissions
        Of the assignment.
    student : str
        The student's id.
    """
    task = submissions.task(student)
    folder = autograded(submissions.books, student, submissions.assignment.name)
    try:
        for name in submissions.assignment.notebooks:
            graded = notebooks.read(folder / f"{name}.ipynb")
            now = task.submission.notebooks.get(name) or task.release[name]
            if [cell.source for cell in graded.cells] != [cell.source for cell in now.cells]:
                return True
        return any((folder / n).read_bytes() != content for n, content in task.submission.files.items())
    except (OSError, ValueError):
        return False


@dataclass(frozen=True)
class Outdated:
    """Students whose grades do not know what is there now.

    Attributes
    ----------
    not_graded : list of str
        Their submission was never graded.
    handed_in_again : list of str
        They have handed in something else since.
    other_lateness : list of str
        What their lateness costs has changed since: a date, an extension or the late policy is another one.
    """

    not_graded: list[str] = field(default_factory=list)
    handed_in_again: list[str] = field(default_factory=list)
    other_lateness: list[str] = field(default_factory=list)


def grades(course: Path, assignment: str) -> Outdated:
    """Compare the grades of an assignment with what lies in ``gradebook/submitted`` and in the configuration.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    assignment : str
        Its name.
    """
    try:
        submissions = Submissions(course, Options(assignment), secret=b"")  # nothing is drawn with it
    except ExplainedError:
        return Outdated()
    config = configuration.read(course)
    recorded = batch.recorded_lateness(submissions.books, assignment)
    found = Outdated()
    for student in submissions.students:
        if not autograded(submissions.books, student, assignment).is_dir():
            found.not_graded.append(student)
        elif was_handed_in_again(submissions, student):
            found.handed_in_again.append(student)
        elif student in recorded and recorded[student] != batch.lateness(submissions, config, student):
            found.other_lateness.append(student)
    return found


def pages(books: Path, assignment: str, book: Gradebook) -> list[str]:
    """Students whose feedback pages are older than their grades, or show another score.

    Parameters
    ----------
    books : pathlib.Path
        The folder ``gradebook``.
    assignment : str
        Its name.
    book : nbgrader.api.Gradebook
        Holds the points that a person gave too.
    """
    scores = {
        (submission.student.id, notebook.name): notebook.score - (notebook.late_submission_penalty or 0.0)
        for submission in book.assignment_submissions(assignment)
        for notebook in submission.notebooks
    }
    old = set()
    for page in (books / "feedback").glob(f"*/{assignment}/*.html"):
        student = page.parent.parent.name
        graded = autograded(books, student, assignment) / f"{page.stem}.ipynb"
        shown = SCORE.search(page.read_text(encoding="utf-8"))
        score = scores.get((student, page.stem))
        is_older = graded.exists() and page.stat().st_mtime_ns < graded.stat().st_mtime_ns
        if is_older or (shown is not None and score is not None and abs(float(shown[1]) - score) > ROUNDED):
            old.add(student)
    return sorted(old)
