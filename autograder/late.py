"""Late submissions: due dates from the configuration, and points off by the day.

Two parts that nbgrader calls: a preprocessor that writes the due date into the gradebook, and a plugin of its
``AssignLatePenalties``.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict, Float, Unicode

from autograder import assignments
from autograder.collecting import dates
from autograder.errors import ExplainedError

DAY = 24 * 3600


class DueDates(NbGraderPreprocessor):
    """Write due dates and extensions into the gradebook before nbgrader asks how late a submission is."""

    due = Dict(Unicode(), help="for each assignment when it is due, as '2026-03-01 23:59'").tag(config=True)
    extensions = Dict(
        Dict(), help="for each assignment the days that a student has more, as {'ivanov': 3}"
    ).tag(config=True)
    timezone = Unicode("UTC", help="of due dates that name none").tag(config=True)

    def due_date(self, assignment: str, student: str = "") -> datetime | None:
        """When an assignment is due for a student, in UTC; None where the configuration does not say.

        Raises
        ------
        ExplainedError
            What the configuration says is no date.
        """
        try:
            due = self._parsed(assignment)
        except (ValueError, KeyError):
            raise ExplainedError(f"nbgrader_config.py: {self._no_date(assignment)}") from None
        return due and due + self._extension(assignment, student)

    def mistakes(self) -> Iterator[str]:
        """Say what would make nobody late, or the wrong ones, a sentence each."""
        for setting in ("due", "extensions"):
            yield from assignments.mistyped(f"c.DueDates.{setting}", getattr(self, setting))
        for assignment in self.due:
            try:
                self._parsed(assignment)
            except (ValueError, KeyError):
                yield self._no_date(assignment)
        for assignment, students in self.extensions.items():
            for student, days in students.items():
                if isinstance(days, bool) or not isinstance(days, int | float) or not days >= 0:
                    yield (
                        f"c.DueDates.extensions[{assignment!r}][{student!r}] is {days!r}: write the number of days "
                        "as 3."
                    )

    def strangers(self, assignment: str, students: Collection[str]) -> Iterator[str]:
        """Say of whom the class does not know an extension is written, a sentence each.

        Parameters
        ----------
        assignment : str
            Its name.
        students : collection of str
            The ids of the class.
        """
        for stranger in sorted(set(map(str, self.extensions.get(assignment, {}))) - set(students)):
            meant = difflib.get_close_matches(stranger, students, 1)
            hint = f"{meant[0]} is meant?" if meant else "nobody has that id."
            yield f"c.DueDates.extensions[{assignment!r}] gives days to {stranger!r}, who is not in the class; {hint}"

    def _parsed(self, assignment: str) -> datetime | None:
        text = self.due.get(assignment)
        if not text:
            return None
        if ":" not in text:
            raise ValueError("midnight would be meant, with which the day begins")
        return dates.parse(text, self.timezone)

    def _no_date(self, assignment: str) -> str:
        return (
            f"c.DueDates.due[{assignment!r}] is {self.due[assignment]!r} in {self.timezone!r}, which is no date or no "
            "time zone; write '2026-03-01 23:59', the year first and with the time, and a zone as 'Europe/Moscow'."
        )

    def _extension(self, assignment: str, student: str) -> timedelta:
        return timedelta(days=float(self.extensions.get(assignment, {}).get(student, 0)))

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Set the date of the assignment and the extension of the submission."""
        about = resources["nbgrader"]
        for sentence in self.mistakes():
            raise ExplainedError(f"nbgrader_config.py: {sentence}")
        with Gradebook(about["db_url"]) as book:
            self.settle(book, about["assignment"], about["student"])
        return nb, resources

    def settle(self, book: Gradebook, assignment: str, student: str = "") -> None:
        """Let the gradebook say what the configuration does, if that says anything of the assignment.

        What is no longer in the configuration is taken back: an extension without a due date stops nbgrader.

        Parameters
        ----------
        book : nbgrader.api.Gradebook
            It knows the assignment.
        assignment : str
            Its name.
        student : str
            Only the extension of this one, where the assignment is due at all.
        """
        if assignment not in self.due:
            return
        due = self.due_date(assignment)
        if due and student:
            submissions = [book.find_submission(assignment, student)]
        else:
            submissions = book.assignment_submissions(assignment)
        for submission in submissions:
            days = self._extension(assignment, submission.student_id) if due else timedelta(0)
            submission.extension = days or None
        book.find_assignment(assignment).duedate = due and due.replace(tzinfo=None)
        book.db.commit()


class LatePenalty(LateSubmissionPlugin):
    """Take a percentage of a notebook's points for every day that was begun after the due date and the grace.

    A submission that is late by the grace exactly loses nothing, one second later it loses one day.
    """

    percent_per_day = Float(0.0, min=0, max=100, help="of the points that were earned").tag(config=True)
    grace_minutes = Float(0.0, min=0, help="after the due date, in which nothing is lost").tag(config=True)
    most_percent = Float(100.0, min=0, max=100, help="lost at most").tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Points to take off one notebook; None where nothing is lost.

        Parameters
        ----------
        student_id : str
            Not used: extensions are part of how late nbgrader finds a submission.
        score : float
            Points that the notebook earned.
        total_seconds_late : float
            Seconds after the due date.
        """
        percent = self.percent(total_seconds_late)
        return round(score * percent / 100, 6) if percent > 0 else None

    def percent(self, seconds_late: float) -> float:
        """Percent of the points that a submission loses that came so many seconds after the due date."""
        days = math.ceil((seconds_late - 60 * self.grace_minutes) / DAY)
        return min(days * self.percent_per_day, self.most_percent) if days > 0 else 0.0
