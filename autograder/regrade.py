"""Regrading after a check was changed: whose score changes, by which check and why; written only when asked.

What is examined for it is stored apart, so that applying it examines nothing twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder import batch, configuration, outdated
from autograder.batch import Options, Submissions
from autograder.checks.card import MARKS
from autograder.checks.result import CheckResult, CriterionResult
from autograder.examiner import read_secret
from autograder.grades import opened
from autograder.overview.books import grades, read_gradebook
from autograder.report import Report, Store

NOT_THERE = "not graded"


@dataclass(frozen=True)
class Change:
    """What became of one check of one student.

    Attributes
    ----------
    title : str
        Of the check.
    before, after : float or None
        Points; None where one of the two has no such check.
    reasons : tuple of str
        One sentence for each criterion that ends otherwise.
    """

    title: str
    before: float | None
    after: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Regraded:
    """One submission, as the books have it and as it is judged now.

    Attributes
    ----------
    student : str
        Whose.
    before, after : float or None
        Points of all checks; None where nothing was recorded, or where it could not be graded now.
    changes : tuple of Change
        Checks whose points differ.
    reworded : int
        Checks with the same points and another explanation.
    handed_in_again : bool
        The submission is not the one that was recorded: not only the checks have changed.
    """

    student: str
    before: float | None
    after: float | None
    changes: tuple[Change, ...] = ()
    reworded: int = 0
    handed_in_again: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether its points, or those of one of its checks, differ."""
        return self.before != self.after or bool(self.changes)


class PreviewStore(Store):
    """Reports that are not in force: written to a folder of their own, read from there or from the store.

    Parameters
    ----------
    folder : pathlib.Path
        Where they lie.
    store : Store
        The reports in force; nothing is written there.
    """

    def __init__(self, folder: Path, store: Store) -> None:
        super().__init__(folder)
        self._in_force = store

    def read(self, key: str) -> Report | None:
        """The report of that key, from either."""
        return super().read(key) or self._in_force.read(key)

    def keep_only(self, keys: Sequence[str]) -> None:
        """Delete what earlier previews have left."""
        for path in self._folder.glob("*.json"):
            if path.stem not in keys:
                path.unlink()

    def move_into(self, folder: Path) -> None:
        """Put its reports in force."""
        for path in sorted(self._folder.glob("*.json")):
            os.replace(path, folder / path.name)


def preview(course: Path, options: Options) -> list[Regraded]:
    """Judge an assignment anew and compare with what is recorded; neither reports nor books are written.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    options : Options
        As for `autograder.batch.grade`.

    Returns
    -------
    list of Regraded
        One for each submission, in the order of the students' names.
    """
    configuration.read(course)  # before anything is written: this is a course
    books = course / "gradebook"
    submissions = Submissions(course, options, read_secret(books / "secret"))
    in_force = Store(books / "reports")
    store = PreviewStore(_folder(books, options), in_force)
    recorded = batch.recorded_keys(books, submissions.assignment.name)
    reports = batch.grade(course, replace(options, record=False), store)
    if not options.students:
        store.keep_only([report.key for report in reports])
    regraded = []
    for report in reports:
        key = recorded.get(report.student)
        old = in_force.read(key) if key else None
        again = key is not None and outdated.was_handed_in_again(submissions, report.student)
        regraded.append(compare(old, report, handed_in_again=again))
    return regraded


def apply(course: Path, options: Options, regraded: Sequence[Regraded]) -> int:
    """Put the previewed reports in force and write them into nbgrader's books.

    What people have graded stays. nbgrader asks for a second look at every such grade; that is taken back where
    neither the answer nor the check's points have changed.

    Returns
    -------
    int
        Grades given by hand at which a person should look again.
    """
    books = course / "gradebook"
    folder = books / "reports"
    db_url = configuration.db_url(course, configuration.read(course))
    same = {row.student for row in regraded if not row.handed_in_again}
    store = Store(folder)
    with batch.explained(store):
        before = _given_by_hand(db_url, options.assignment)
        PreviewStore(_folder(books, options), store).move_into(folder)
        batch.grade(course, replace(options, record=True), store)
        return _restore_reviews(db_url, options.assignment, before, same)


def _folder(books: Path, options: Options) -> Path:
    return books / "regrade" / options.assignment


def compare(old: Report | None, new: Report, *, handed_in_again: bool = False) -> Regraded:
    """Compare two reports on a student, check by check."""
    after = new.score if new.level != batch.NOT_GRADED else None
    if old is None or after is None:
        before = old.score if old is not None else None
        return Regraded(new.student, before, after, handed_in_again=handed_in_again)
    changes = []
    reworded = 0
    for name in [*old.checks, *(name for name in new.checks if name not in old.checks)]:
        was, now = old.checks.get(name), new.checks.get(name)
        if was is None or now is None or was.points != now.points:
            title = (now or was or next(iter(new.checks.values()))).title
            points = [check.points if check is not None else None for check in (was, now)]
            changes.append(Change(title, points[0], points[1], tuple(_reasons(was, now))))
        else:
            reworded += _told(was) != _told(now)
    return Regraded(new.student, old.score, after, tuple(changes), reworded, handed_in_again)


def _told(check: CheckResult) -> list[tuple[str, str, str]]:
    """What a card says of each criterion; numbers of what a student's code draws for itself differ every time."""
    return [(c.id, c.status, "" if c.passed else c.finding.cause) for c in check.criteria]


def _reasons(was: CheckResult | None, now: CheckResult | None) -> Iterator[str]:
    if was is None or now is None:
        yield "the check is new" if was is None else "the check is gone"
        return
    old = {criterion.id: criterion for criterion in was.criteria}
    told = False
    for criterion in now.criteria:
        before = old.pop(criterion.id, None)
        if before is None or before.status is not criterion.status:
            told = True
            yield _reason(before, criterion)
    for criterion in old.values():
        told = True
        yield f"gone: {criterion.title} ({MARKS[criterion.status][1]})"
    if was.max_points != now.max_points:
        yield f"the check is worth {now.max_points:g} points, not {was.max_points:g}"
    elif not told:
        yield "its criteria have other weights"


def _reason(before: CriterionResult | None, now: CriterionResult) -> str:
    word = f"{MARKS[now.status][1]}, was " + ("not there" if before is None else MARKS[before.status][1])
    finding = now.finding
    said = "" if now.passed else finding.cause or finding.got
    return f"{word}: {now.title}" + (f". {said}" if said else "")


Hand = tuple[float | None, float | None, bool]
"""Points of the check, points that a person gave, and whether a person should look."""


def _given_by_hand(db_url: str, assignment: str) -> dict[tuple[str, str, str], Hand]:
    if not read_gradebook(db_url, assignment).booked:
        return {}
    with opened(db_url) as book:
        return {
            (grade.student, grade.notebook, grade.name): (grade.auto, grade.manual, grade.waits)
            for grade in grades(book, assignment)
            if grade.manual is not None
        }


def _restore_reviews(
    db_url: str, assignment: str, before: dict[tuple[str, str, str], Hand], same: set[str]
) -> int:
    """Take back nbgrader's request for a second look where nothing has changed; count what is left of them."""
    left = 0
    with opened(db_url) as book:
        for grade in list(grades(book, assignment)):
            was = before.get((grade.student, grade.notebook, grade.name))
            if was is None or was[2] or not grade.waits:
                continue
            if grade.student in same and was[:2] == (grade.auto, grade.manual):
                row: Any = book.find_grade(grade.name, grade.notebook, assignment, grade.student)
                row.needs_manual_grade = False
            else:
                left += 1
        book.db.commit()
    return left
