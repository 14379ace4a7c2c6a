"""Gather what the page shows: stored reports, gradebook, and the texts that were handed in; nothing is graded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from autograder import configuration, release
from autograder.batch import Options, Submissions, recorded_keys
from autograder.collecting.store import Store as Deliveries
from autograder.overview.books import Entry, read_gradebook
from autograder.overview.figures import limit_events
from autograder.overview.page import Overview
from autograder.overview.similar import find_similar
from autograder.overview.submitted import read_texts, stubs
from autograder.report import Report, Store
from autograder.sandbox import walls


def collect(course: Path, assignment: str, *, similar: bool = True) -> Overview:
    """Gather the figures of an assignment.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    assignment : str
        Name of the assignment.
    similar : bool
        Whether to compare the answers with each other.

    Raises
    ------
    ExplainedError
        There is no such assignment, release or submission.
    """
    config = configuration.read(course)
    secret = course / "gradebook" / "secret"
    submissions = Submissions(course, Options(assignment), secret.read_bytes() if secret.exists() else b"")
    about = submissions.assignment
    released = release.read(course, about)
    gradebook = read_gradebook(configuration.db_url(course, config), about.name)
    reports = StoredReports(submissions)
    kept_aside = _kept_aside(submissions.books / "collected" / about.name)
    entries: list[Entry] = []
    events: dict[str, list[str]] = {}
    answers: dict[str, dict[str, str]] = {}
    for student in sorted({*submissions.students, *gradebook.names}):
        name, booked = gradebook.names.get(student, ""), gradebook.booked.get(student)
        if student not in submissions.students:
            aside = tuple(kept_aside.get(student, ()))
            entries.append(Entry(student, name, handed_in=False, booked=booked, kept_aside=aside))
            continue
        texts = read_texts(submissions.folder(student), about, released)
        answers[student] = texts.answers
        report = reports.of(student)
        if report is not None and (stopped := limit_events(report)):
            events[student] = stopped
        brief = report.brief() if report is not None else None
        entries.append(Entry(student, name, True, brief, booked, texts.changed))
    return Overview(
        assignment=about.name,
        made=datetime.now().astimezone(),
        entries=entries,
        max_score=gradebook.max_score or _max_score(entries),
        events=events,
        tasks=gradebook.tasks,
        similar=find_similar(answers, stubs(about, released)) if similar else None,
        answers=answers,
    )


def _kept_aside(folder: Path) -> dict[str, list[str]]:
    """By student what came in and was not taken, with the reason."""
    found: dict[str, list[str]] = {}
    for kept in Deliveries(folder).unmatched():
        if kept.student:
            found.setdefault(kept.student, []).append(f"{kept.origin}: {kept.problem}")
    return found


def _max_score(entries: list[Entry]) -> float:
    return max((entry.report.max_score for entry in entries if entry.report is not None), default=0.0)


class StoredReports:
    """The stored report of each student: the recorded one, else the one that grading would find now."""

    def __init__(self, submissions: Submissions) -> None:
        self._submissions = submissions
        folder = submissions.books / "reports"
        self._store = Store(folder) if folder.is_dir() else None
        self._recorded = recorded_keys(submissions.books, submissions.assignment.name)

    def of(self, student: str) -> Report | None:
        """A student's report with the outputs of all cells; None where nothing is stored."""
        if self._store is None:
            return None
        key = self._recorded.get(student)
        report = self._store.read(key) if key else None
        if report is None:
            key = self._submissions.task(student).key(walls.level(bare=False))
            report = self._store.read(key)
        return report if report is not None and report.student == student else None
