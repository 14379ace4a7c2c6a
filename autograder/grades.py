"""Grades as they stand in nbgrader's gradebook, student by student and check by check."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from nbgrader.api import Grade as BookedGrade
from nbgrader.api import Gradebook, InvalidEntry, MissingEntry, Student, SubmittedAssignment
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, SAWarning

from autograder import configuration
from autograder.errors import ExplainedError


@dataclass(frozen=True)
class Grade:
    """What one student has for one assignment.

    Attributes
    ----------
    student, last_name, first_name, email, lms_user_id : str
        From the gradebook; empty where it does not say.
    handed_in : bool
        Whether there is a submission.
    timestamp : datetime.datetime or None
        When it was handed in, in UTC without a time zone, as nbgrader keeps it.
    due : datetime.datetime or None
        When it was due, an extension included, in the same way.
    raw_score, penalty : float
        Points earned, and taken off for lateness.
    checks : dict of str to float or None
        Points by check or text answer, by notebook and name; None where a person still has to give them.
    waits_for : tuple of str
        Checks and text answers that a person still has to grade or look at.
    """

    student: str
    last_name: str
    first_name: str
    email: str
    lms_user_id: str
    handed_in: bool
    timestamp: datetime | None = None
    due: datetime | None = None
    raw_score: float = 0.0
    penalty: float = 0.0
    checks: dict[str, float | None] = field(default_factory=dict)
    waits_for: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Points after the penalty, never below 0."""
        return round(max(0.0, self.raw_score - self.penalty), 4)

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class Grades:
    """The grades of one assignment.

    Attributes
    ----------
    assignment : str
        Its name.
    due : datetime.datetime or None
        In UTC without a time zone.
    max_score : float
        Points that can be had.
    max_points : dict of str to float
        The same by check.
    students : list of Grade
        All students of the gradebook, by last name.
    """

    assignment: str
    due: datetime | None
    max_score: float
    max_points: dict[str, float]
    students: list[Grade]


NAMED = 10


class GradebookError(ExplainedError):
    """The gradebook cannot be opened, read or written."""


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Say in one sentence why a gradebook cannot be used: it is locked, damaged, its server is down."""
    try:
        yield
    except DatabaseError as error:
        raise GradebookError(
            f"The gradebook cannot be used ({_in_one_line(error.orig)}): see that no other program holds it and "
            "that its server runs, then run this again."
        ) from error
    except InvalidEntry as error:  # nbgrader's word for what its database refuses
        raise GradebookError(
            f"The gradebook cannot be written ({_in_one_line(error)}): see that this account may, then run this again."
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise GradebookError(
            f"The gradebook has no address that can be used ({_in_one_line(error)}): mend AUTOGRADER_DB_URL, or "
            "c.CourseDirectory.db_url in nbgrader_config.py."
        ) from error


def _in_one_line(error: BaseException | None) -> str:
    return " ".join(str(error).split())


@contextlib.contextmanager
def opened(db_url: str) -> Iterator[Gradebook]:
    """nbgrader's gradebook, without SQLAlchemy's remarks on nbgrader's own queries.

    Raises
    ------
    GradebookError
        It cannot be opened, or not be used any more while it is open.
    """
    with warnings.catch_warnings(), explained():
        warnings.simplefilter("ignore", SAWarning)
        with _driver():
            book = Gradebook(db_url)
        with book:
            yield book


@contextlib.contextmanager
def _driver() -> Iterator[None]:
    """Say in one sentence what SQLAlchemy lacks for an address."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise GradebookError(
            f"The gradebook's address needs {error.name}, which is not installed: "
            '`pip install -e ".[postgresql]"` installs what PostgreSQL needs.'
        ) from error


def require_writable(course: Path, db_url: str) -> None:
    """Try whether reports and the gradebook can be written, without making one.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    db_url : str
        nbgrader's ``CourseDirectory.db_url``.

    Raises
    ------
    ExplainedError
        A folder is not there or belongs to somebody else, the gradebook's address is none, or its server does not
        answer.
    """
    files = [course / "gradebook" / "secret"]
    with explained(), _driver():
        url = make_url(db_url)
        if url.get_backend_name() == "sqlite":
            files.append(Path(url.database or ""))
        else:
            create_engine(url).connect().close()
    for path in files:
        if not path.parent.is_dir():
            raise ExplainedError(
                f"There is no folder {path.parent}: make it, or name another one in c.CourseDirectory.db_url."
            )
        for place in (path.parent, path):
            if place.exists() and not os.access(place, os.R_OK | os.W_OK):
                raise ExplainedError(
                    f"{place} cannot be written by this account: change its owner or its rights."
                )


def add_students(db_url: str, columns: Mapping[str, Mapping[str, str | None]]) -> None:
    """Add students to a gradebook, or mend what it says of them.

    Parameters
    ----------
    db_url : str
        nbgrader's ``CourseDirectory.db_url``.
    columns : mapping
        By student: ``first_name`` and what else nbgrader keeps of a student.
    """
    with opened(db_url) as book:
        known = {student.id: student for student in book.students}
        for student, about in columns.items():
            there = known.get(student)
            if there is None or any(getattr(there, name) != value for name, value in about.items()):
                book.update_or_create_student(student, **about)


def read(book: Gradebook, assignment: str) -> Grades:
    """Read the grades of an assignment.

    Raises
    ------
    nbgrader.api.MissingEntry
        The gradebook does not know the assignment.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        known = book.find_assignment(assignment)
        parts = [
            (notebook.name, cell.name, cell.max_score)
            for notebook in sorted(known.notebooks, key=lambda notebook: notebook.name)
            for cell in sorted(notebook.grade_cells, key=lambda cell: cell.name)
        ]
        names = _unique(parts)
        students = sorted(book.students, key=lambda s: (s.last_name or "", s.first_name or "", s.id))
        return Grades(
            assignment,
            known.duedate,
            known.max_score,
            {names[notebook, cell]: points for notebook, cell, points in parts},
            [_of(book, assignment, student, names) for student in students],
        )


def _unique(parts: list[tuple[str, str, float]]) -> dict[tuple[str, str], str]:
    """A name for each graded cell: its ``grade_id``, with the notebook where two notebooks have it."""
    ids = [cell for _, cell, _ in parts]
    return {(n, c): c if ids.count(c) == 1 else f"{n}: {c}" for n, c, _ in parts}


def _of(book: Gradebook, assignment: str, student: Student, names: dict[tuple[str, str], str]) -> Grade:
    who = Grade(
        student.id,
        student.last_name or "",
        student.first_name or "",
        student.email or "",
        student.lms_user_id or "",
        handed_in=False,
    )
    try:
        submission: SubmittedAssignment = book.find_submission(assignment, student.id)
    except MissingEntry:
        return who
    points = {
        names[notebook.name, grade.name]: None if _waits(grade) else round(grade.score, 4)
        for notebook in submission.notebooks
        for grade in notebook.grades
        if (notebook.name, grade.name) in names
    }
    return replace(
        who,
        handed_in=True,
        timestamp=submission.timestamp,
        due=submission.assignment.duedate and submission.duedate,
        raw_score=round(submission.score, 4),
        penalty=round(submission.late_submission_penalty or 0.0, 4),
        checks={name: points[name] for name in names.values() if name in points},
        waits_for=tuple(
            g.name for notebook in submission.notebooks for g in notebook.grades if g.needs_manual_grade
        ),
    )


def of_course(course: Path, assignment: str) -> dict[str, Grade]:
    """The grades of an assignment by student, from the gradebook of a course.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    assignment : str
        Its name.
    """
    with opened(configuration.db_url(course, configuration.read(course))) as book:
        try:
            return {grade.student: grade for grade in read(book, assignment).students}
        except MissingEntry:  # nothing of it was recorded yet
            return {}


def people_wait(grades: Iterable[Grade]) -> str:
    """Say who waits for a person, and with which parts; nothing where nobody does.

    Parameters
    ----------
    grades : iterable of Grade
        Of the class.
    """
    waiting = [f"{grade.student} ({', '.join(grade.waits_for)})" for grade in grades if grade.waits_for]
    if not waiting:
        return ""
    who = "; ".join(waiting[:NAMED]) + (", …" if len(waiting) > NAMED else "")
    return f"{len(waiting)} of the class wait for a person to grade or look at a part (formgrader): {who}"


def _waits(grade: BookedGrade) -> bool:
    """Whether nobody and nothing has given points yet."""
    return bool(grade.needs_manual_grade) and grade.auto_score is None and grade.manual_score is None
