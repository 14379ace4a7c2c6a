"""What is known about each student of an assignment: the stored report and the gradebook, read only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from nbgrader.api import Assignment as BookedAssignment
from nbgrader.api import (
    BaseCell,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy.engine import make_url

from autograder.grades import explained, opened
from autograder.report import Report


@dataclass
class Booked:
    """What nbgrader's gradebook holds of one submission.

    Attributes
    ----------
    points : dict of str to float
        As they count, by ``grade_id``; a grade given by hand goes before the check's.
    waiting : list of str
        Tasks that a person has not graded yet.
    by_hand : list of str
        Tasks and checks whose points a person has given.
    extra, penalty : float
        Extra credit, and what is taken off for being late.
    """

    points: dict[str, float] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    extra: float = 0.0
    penalty: float = 0.0

    @property
    def total(self) -> float:
        """Points of all checks and tasks, with extra credit, less the penalty."""
        return round(max(sum(self.points.values()) + self.extra - self.penalty, 0.0), 4)


@dataclass(frozen=True)
class Entry:
    """One student.

    Attributes
    ----------
    student, name : str
        The id, and the name in the gradebook or the empty string.
    handed_in : bool
        Whether there is a submission.
    report : Report or None
        Without the outputs of cells.
    booked : Booked or None
        None when nothing was recorded.
    changed : tuple of str
        Locked cells that were changed.
    kept_aside : tuple of str
        What `autograder collect` got from the student and could not use, and why.
    """

    student: str
    name: str = ""
    handed_in: bool = True
    report: Report | None = None
    booked: Booked | None = None
    changed: tuple[str, ...] = ()
    kept_aside: tuple[str, ...] = ()

    @property
    def points(self) -> dict[str, float]:
        """Points by check and task, from the gradebook where they are recorded."""
        if self.booked is not None:
            return self.booked.points
        return {name: check.points for name, check in self.report.checks.items()} if self.report else {}

    @property
    def total(self) -> float | None:
        """Points of the assignment; None while nothing is graded."""
        if self.booked is not None:
            return self.booked.total
        return self.report.score if self.report else None


@dataclass(frozen=True)
class GradebookPart:
    """The part of the gradebook that belongs to one assignment.

    Attributes
    ----------
    names : dict of str to str
        Names of all students of the course by id, those without a submission too.
    booked : dict of str to Booked
        By student.
    max_score : float or None
        Of the assignment, with its manual tasks.
    tasks : dict of str to str
        Manual tasks: the notebook of each ``grade_id``.
    """

    names: dict[str, str] = field(default_factory=dict)
    booked: dict[str, Booked] = field(default_factory=dict)
    max_score: float | None = None
    tasks: dict[str, str] = field(default_factory=dict)


def read_gradebook(db_url: str, assignment: str) -> GradebookPart:
    """Read what the gradebook holds of an assignment; nothing where there is no gradebook yet.

    Parameters
    ----------
    db_url : str
        nbgrader's ``CourseDirectory.db_url``.
    assignment : str
        Name of the assignment.

    Raises
    ------
    autograder.grades.GradebookError
        There is one, and it cannot be read.
    """
    with explained():
        url = make_url(db_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return GradebookPart()
    with opened(db_url) as book:
        names = {
            student: ", ".join(filter(None, (last, first)))
            for student, last, first in book.db.query(Student.id, Student.last_name, Student.first_name)
        }
        try:
            most = float(book.find_assignment(assignment).max_score)
        except MissingEntry:
            return GradebookPart(names)
        booked: dict[str, Booked] = {}
        tasks: dict[str, str] = {}
        for row in grades(book, assignment):
            mine = booked.setdefault(row.student, Booked())
            mine.points[row.name] = row.manual if row.manual is not None else row.auto or 0.0
            mine.extra += row.extra
            if row.waits:
                mine.waiting.append(row.name)
            elif row.manual is not None:
                mine.by_hand.append(row.name)
            if row.auto is None:
                tasks[row.name] = row.notebook
        for student, penalty in _penalties(book, assignment):
            booked.setdefault(student, Booked()).penalty += float(penalty or 0.0)
    return GradebookPart(names, booked, most, tasks)


class GradeRow(NamedTuple):
    """One grade: points of the check or None, points that a person gave or None, whether a person should look."""

    student: str
    notebook: str
    name: str
    auto: float | None
    manual: float | None
    extra: float
    waits: bool


def grades(book: Gradebook, assignment: str) -> Iterator[GradeRow]:
    """All grades of an assignment, in one query."""
    rows: Any = (
        book.db.query(
            SubmittedAssignment.student_id,
            Notebook.name,
            BaseCell.name,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            Grade.needs_manual_grade,
        )
        .select_from(Grade)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(BookedAssignment, SubmittedAssignment.assignment_id == BookedAssignment.id)
        .filter(BookedAssignment.name == assignment)
    )
    for student, notebook, name, auto, manual, extra, waits in rows:
        yield GradeRow(student, notebook, name, auto, manual, float(extra or 0.0), bool(waits))


def _penalties(book: Gradebook, assignment: str) -> Any:
    return (
        book.db.query(SubmittedAssignment.student_id, SubmittedNotebook.late_submission_penalty)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(BookedAssignment, SubmittedAssignment.assignment_id == BookedAssignment.id)
        .filter(BookedAssignment.name == assignment)
    )
