"""Write the grades of an assignment as CSV for Canvas, for Moodle, or check by check."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autograder.cli import harmless


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
    from autograder import assignments, configuration, files, grades, outdated
    from autograder.collecting import remarks
    from autograder.exporters import EXPORTERS

    assignments.known(options.assignment)
    course = Path.cwd()
    config = configuration.read(course)
    usual = Path("gradebook") / "export" / f"{options.assignment}-{options.format}.csv"
    to = files.writable(options.to, usual, "--to")
    exporter = EXPORTERS[options.format](config=config)
    exporter.to, exporter.assignment = str(to), [options.assignment]
    with grades.opened(configuration.db_url(course, config)) as book:
        exporter.write(book)
        found = grades.read(book, options.assignment).students
    old = outdated.grades(course, options.assignment)
    not_graded = set(old.not_graded)
    graded = {grade.student for grade in found if grade.handed_in} - not_graded
    everybody = {grade.student for grade in found} | not_graded
    print(
        f"{to}: {len(graded) + len(not_graded)} of {len(everybody)} students have handed in, {len(graded)} are graded."
    )
    for students, what in (
        (old.not_graded, "Not graded yet"),
        (old.handed_in_again, "Handed in again since they were graded"),
        (old.other_lateness, "Graded with other dates, or another late policy"),
    ):
        if students:
            said = f"{what}, run `autograder grade {options.assignment}`: {', '.join(students)}"
            print(harmless(said), file=sys.stderr)
    if waiting := grades.people_wait(found):
        print(harmless(waiting), file=sys.stderr)
    for sentence in (
        *remarks.on_the_class(course, options.assignment, everybody),
        *remarks.on_the_files(course, options.assignment),
    ):
        print(harmless(f"Note: {sentence}"), file=sys.stderr)
    if options.format != "csv":
        unknown = {g.student for g in found} - set(exporter.identities(options.assignment, options.format))
        if unknown:
            print(
                f"{len(unknown)} have no number of {options.format.capitalize()}'s, for their submissions were not "
                "collected from there; docs/instructors.md says how they are found all the same.",
                file=sys.stderr,
            )
