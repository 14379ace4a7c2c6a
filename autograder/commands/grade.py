"""Grade all submissions of an assignment in the sandbox."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from autograder import files
from autograder.cli import at_least_one, harmless, prepare_workers


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
    from autograder import batch

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
    for report in () if options.quiet else reports:
        lost = [c.title for c in report.checks.values() if c.failures]
        line = f"{report.student:<24} {report.score:>6.4g} / {report.max_score:g}  {', '.join(lost)}"
        print(harmless(line.rstrip()))
        if report.student in again:
            print(harmless(f"{'':<24} {again[report.student]}"))
