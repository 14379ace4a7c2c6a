"""Grade all submissions of an assignment in the sandbox."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from autograder import files
from autograder.cli import at_least_one, harmless, prepare_workers

if TYPE_CHECKING:
    from autograder.grades import Grade
    from autograder.report import Report

ROUNDED = 1e-3


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="name of the assignment")
    parser.add_argument("--students", nargs="*", default=[], metavar="ID", help="only these")
    parser.add_argument(
        "--workers", type=at_least_one, default=os.cpu_count(), help="processes (%(default)s)"
    )
    parser.add_argument("--scheduler", default="", help="address of a Dask cluster, as tcp://host:8786")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the verdicts as JSON too")
    parser.add_argument("--no-record", action="store_true", help="leave nbgrader's books alone")
    parser.add_argument(
        "--allow-unsandboxed", action="store_true", help="grade where a wall is missing, WITHOUT protection"
    )
    parser.add_argument(
        "--figures", action="store_true", help="run the cells that only draw too, for the feedback (slower)"
    )
    parser.add_argument(
        "--retrain",
        action="store_true",
        help="then train each student's network from scratch, here, one by one, and compare it with the checkpoint",
    )
    parser.add_argument(
        "--retrain-seconds", type=float, default=120.0, metavar="N", help="for each of them (%(default)g)"
    )
    parser.add_argument("--quiet", action="store_true", help="print no list of scores")


def run(options: argparse.Namespace) -> None:
    """Grade, write the JSON file where one is asked for, and print the scores."""
    if options.json:
        files.require_writable(options.json, "--json")
    if not options.scheduler:
        prepare_workers()
    from autograder import batch, grades
    from autograder.collecting import remarks

    asked = batch.Options(
        assignment=options.assignment,
        students=tuple(options.students),
        workers=options.workers,
        scheduler=options.scheduler,
        record=not options.no_record,
        allow_unsandboxed=options.allow_unsandboxed,
        figures=options.figures,
    )
    reports = batch.grade(Path.cwd(), asked)
    if options.json:
        batch.write_json(reports, options.json)
    again = {}
    if options.retrain:
        from autograder import retrain

        again = {r.student: r for r in retrain.retrain_all(Path.cwd(), asked, options.retrain_seconds)}
        if options.json:
            more = {student: {"retrained": retrain.to_dict(r)} for student, r in again.items()}
            batch.write_json(reports, options.json, more)
    for report in reports:
        if report.level == batch.NOT_GRADED:
            print(harmless(f"{report.student}: {next(iter(report.refused.values()))}"), file=sys.stderr)
    here = Path.cwd()
    for sentence in (
        *remarks.on_the_class(here, options.assignment, [report.student for report in reports]),
        *remarks.on_the_files(here, options.assignment),
    ):
        print(harmless(f"Note: {sentence}"), file=sys.stderr)
    booked = {} if options.no_record else grades.of_course(here, options.assignment)
    if waiting := grades.people_wait(booked.values()):
        print(harmless(f"Note: {waiting}"), file=sys.stderr)
    for report in () if options.quiet else reports:
        print(harmless(line(report, booked.get(report.student))))
        if report.student in again:
            print(harmless(f"{'':<24} {again[report.student]}"))


def line(report: Report, grade: Grade | None) -> str:
    """A row of the table: the points of all checks, what the gradebook makes of them, what was lost and why."""
    lost = []
    if grade is not None and grade.penalty:
        lost.append(f"late: −{grade.penalty:g}")
    if grade is not None and abs(grade.score - report.score) > ROUNDED:
        lost.append(
            f"{grade.score:g} in the gradebook" + ("" if grade.penalty else ", with points given by hand")
        )
    for notebook in report.notebooks:
        if notebook.refused:
            named = notebook.name in notebook.refused
            lost.append(notebook.refused if named else f"{notebook.name}: {notebook.refused}")
        else:
            lost += [check.title for check in notebook.checks if check.failures]
    return f"{report.student:<24} {report.score:>6.4g} / {report.max_score:g}  {', '.join(lost)}".rstrip()
