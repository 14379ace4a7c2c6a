"""Write the grades of an assignment as CSV for Canvas, for Moodle, or check by check."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="name of the assignment")
    parser.add_argument(
        "--for", dest="format", choices=("canvas", "moodle", "csv"), required=True, help="who reads it"
    )
    parser.add_argument(
        "--to", type=Path, metavar="FILE", help="where to write it (gradebook/export/ASSIGNMENT-FORMAT.csv)"
    )


def run(options: argparse.Namespace) -> None:
    """Write the file, and say what is not in it."""
    from nbgrader.coursedir import CourseDirectory

    from autograder import assignments, configuration, files, grades
    from autograder.exporters import EXPORTERS

    assignments.known(options.assignment)
    config = configuration.read(Path.cwd())
    to = options.to or Path("gradebook") / "export" / f"{options.assignment}-{options.format}.csv"
    files.make_room(to, "--to")
    exporter = EXPORTERS[options.format](config=config)
    exporter.to, exporter.assignment = str(to), [options.assignment]
    with grades.opened(CourseDirectory(config=config, root=str(Path.cwd())).db_url) as book:
        exporter.export(book)
        found = grades.read(book, options.assignment).students
    print(f"{to}: {sum(g.handed_in for g in found)} of {len(found)} students have handed in.")
    waiting = [grade.student for grade in found if grade.needs_manual]
    if waiting:
        print(f"{len(waiting)} still wait for a person to grade a part (formgrader).", file=sys.stderr)
    if options.format != "csv":
        unknown = {g.student for g in found} - set(exporter.identities(options.assignment, options.format))
        if unknown:
            print(
                f"{len(unknown)} have no number of {options.format.capitalize()}'s, for their submissions were not "
                "collected from there; docs/instructors.md says how they are found all the same.",
                file=sys.stderr,
            )
