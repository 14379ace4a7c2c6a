"""Grades for Canvas, for Moodle, and check by check: exporters of nbgrader's.

``nbgrader export --exporter=autograder.exporters.CanvasExporter --assignment '["neural_networks"]'``; or
``autograder export neural_networks --for canvas``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin
from traitlets import Dict, Enum, Unicode

from autograder import assignments, grades
from autograder.collecting import identities
from autograder.errors import ExplainedError
from autograder.grades import Grade, Grades
from autograder.spreadsheet import Cell, write_csv

TO = "file to write"


class _Exporter(ExportPlugin):
    """Read the grades that were asked for and write rows."""

    collected = Unicode("gradebook/collected", help="where `autograder collect` keeps what came in").tag(
        config=True
    )

    def export(self, gradebook: Gradebook) -> None:
        """What ``nbgrader export`` calls: as `write`, and an error is one line and ends the program."""
        try:
            self.write(gradebook)
        except ExplainedError as error:
            self.log.error("%s", error)
            sys.exit(1)
        self.log.info("The grades are in %s", self.to)

    def write(self, gradebook: Gradebook) -> None:
        """Write the file that ``to`` names.

        Raises
        ------
        ExplainedError
            There is no such assignment in the gradebook, or none.
        """
        known = [assignment.name for assignment in gradebook.assignments]
        wanted = [str(name) for name in self.assignment] or known
        unknown = sorted(set(wanted) - set(known))
        if unknown or not wanted:
            raise ExplainedError(
                f"The gradebook holds no grades of {', '.join(unknown) or 'any assignment'}: grade first, with "
                f"`autograder grade {unknown[0] if unknown else 'ASSIGNMENT'}`."
            )
        found = [self._chosen(grades.read(gradebook, name)) for name in wanted]
        write_csv(Path(self.to), self.rows(found))

    def _chosen(self, all_of: Grades) -> Grades:
        chosen = {str(student) for student in self.student}
        students = [grade for grade in all_of.students if not chosen or grade.student in chosen]
        return Grades(all_of.assignment, all_of.due, all_of.max_score, all_of.max_points, students)

    def rows(self, found: list[Grades]) -> list[list[Cell]]:
        """The lines of the file, the headings first."""
        raise NotImplementedError

    def identities(self, assignment: str, kind: str) -> dict[str, dict[str, str]]:
        """What the LMS calls the students; see `autograder.collecting.identities`."""
        return identities.read(Path(self.collected), assignment, kind)


class CsvExporter(_Exporter):
    """The columns of nbgrader's own export, and the points of every check; a row for student and assignment."""

    to = Unicode("gradebook/grades.csv", help=TO).tag(config=True)

    def rows(self, found: list[Grades]) -> list[list[Cell]]:
        """The lines of the file, the headings first."""
        checks = list(dict.fromkeys(name for each in found for name in each.max_points))
        head: list[Cell] = [
            "assignment",
            "duedate",
            "timestamp",
            "student_id",
            "last_name",
            "first_name",
            "email",
        ]
        head += ["raw_score", "late_submission_penalty", "score", "max_score", *checks]
        lines: list[list[Cell]] = [head]
        for each in found:
            for grade in each.students:
                line: list[Cell] = [
                    each.assignment,
                    str(grade.due or each.due or ""),
                    str(grade.timestamp or ""),
                ]
                line += [grade.student, grade.last_name, grade.first_name, grade.email]
                score = [grade.raw_score, grade.penalty, grade.score] if grade.handed_in else [None] * 3
                line += [*score, each.max_score]
                lines.append([*line, *(grade.checks.get(name) for name in checks)])
        return lines


class CanvasExporter(_Exporter):
    """What Canvas's gradebook imports: its identifying columns, a column for each assignment, the points possible.

    Canvas finds a student by ``ID``, which is its own number and known where the submissions were collected
    from Canvas or the gradebook has it as ``lms_user_id``; else by the two SIS columns, else by the name.
    """

    to = Unicode("gradebook/grades-canvas.csv", help=TO).tag(config=True)
    columns = Dict(
        Unicode(), help="for each assignment the heading that Canvas gives it, as 'Homework 5 (1234)'"
    ).tag(config=True)
    sis_user_id = Enum(("", "id", "email"), "id", help="what stands in “SIS User ID”").tag(config=True)
    sis_login_id = Enum(("", "id", "email"), "email", help="what stands in “SIS Login ID”").tag(config=True)

    def mistakes(self) -> Iterator[str]:
        """Say which heading would never be written, a sentence each."""
        yield from assignments.mistyped("c.CanvasExporter.columns", self.columns)

    def rows(self, found: list[Grades]) -> list[list[Cell]]:
        """The lines of the file, the headings first."""
        headings: list[Cell] = [self.columns.get(each.assignment, each.assignment) for each in found]
        lines: list[list[Cell]] = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *headings]]
        lines.append(["    Points Possible", "", "", "", "", *(each.max_score for each in found)])
        numbers = {
            s: about["number"] for e in found for s, about in self.identities(e.assignment, "canvas").items()
        }
        scores = {(e.assignment, g.student): g.score for e in found for g in e.students if g.handed_in}
        for grade in found[0].students:
            number = numbers.get(grade.student) or grade.lms_user_id
            name = ", ".join(filter(None, (grade.last_name, grade.first_name))) or grade.student
            sis = [_sis(grade, self.sis_user_id), _sis(grade, self.sis_login_id)]
            points = [scores.get((each.assignment, grade.student)) for each in found]
            lines.append([name, int(number) if number.isdecimal() else number, *sis, "", *points])
        return lines


def _sis(grade: Grade, what: str) -> str:
    return {"": "", "id": grade.student, "email": grade.email}[what]


class MoodleExporter(_Exporter):
    """Moodle's grading worksheet, for one assignment; its gradebook imports the same file by address.

    ``Identifier`` is known where the submissions were collected from Moodle. The feedback says the points of
    every check.
    """

    to = Unicode("gradebook/grades-moodle.csv", help=TO).tag(config=True)

    def rows(self, found: list[Grades]) -> list[list[Cell]]:
        """The lines of the file, the headings first."""
        if len(found) != 1:
            raise ExplainedError(
                "Moodle takes one assignment at a time: say which with --assignment '[\"NAME\"]'."
            )
        numbers = self.identities(found[0].assignment, "moodle")
        head: list[Cell] = ["Identifier", "Full name", "Email address", "Grade", "Maximum Grade"]
        lines: list[list[Cell]] = [[*head, "Last modified (grade)", "Feedback comments"]]
        for grade in found[0].students:
            about = numbers.get(grade.student)
            lines.append(
                [
                    f"Participant {about['number']}" if about else "",
                    about["name"] if about else grade.name,
                    grade.email,
                    grade.score if grade.handed_in else None,
                    found[0].max_score,
                    "",
                    _feedback(grade, found[0].max_points) if grade.handed_in else "",
                ]
            )
        return lines


def _feedback(grade: Grade, max_points: dict[str, float]) -> str:
    parts = [
        f"{name}: not graded yet" if points is None else f"{name}: {points:g} of {max_points[name]:g}"
        for name, points in grade.checks.items()
    ]
    if grade.penalty:
        parts.append(f"late: {-grade.penalty:g}")
    return "; ".join(parts)


EXPORTERS: dict[str, type[_Exporter]] = {
    "canvas": CanvasExporter,
    "moodle": MoodleExporter,
    "csv": CsvExporter,
}
