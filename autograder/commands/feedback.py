"""Pack the feedback pages of an assignment as Moodle or Canvas takes them back."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autograder.cli import harmless


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="name of the assignment")
    parser.add_argument(
        "--for", dest="kind", choices=("moodle", "canvas"), required=True, help="who takes it"
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FILE",
        help="where to write it (gradebook/export/ASSIGNMENT-feedback-KIND.zip)",
    )


def run(options: argparse.Namespace) -> None:
    """Write the archive, and say whose pages are in it."""
    from autograder import assignments, configuration, feedback_zip, files, grades, outdated

    assignments.known(options.assignment)
    course = Path.cwd()
    config = configuration.read(course)
    usual = Path("gradebook") / "export" / f"{options.assignment}-feedback-{options.kind}.zip"
    to = files.writable(options.to, usual, "--to")
    packed = feedback_zip.pack(Path("gradebook"), options.assignment, options.kind, to)
    print(
        f"{packed.path}: feedback for {len(packed.students)} students, {to.stat().st_size / 2**20:.1f} MiB."
    )
    with grades.opened(configuration.db_url(course, config)) as book:
        old = outdated.pages(Path("gradebook"), options.assignment, book)
    if old:
        again = f"write them anew with `nbgrader generate_feedback {options.assignment} --force`, and run this again"
        print(harmless(f"Pages older than the grades, {again}: {', '.join(old)}"), file=sys.stderr)
    if packed.unknown:
        left = f"Not in it, for they were not collected from {options.kind.capitalize()}: {', '.join(packed.unknown)}"
        print(harmless(left), file=sys.stderr)
    if packed.without:
        print(harmless(f"Without feedback pages: {', '.join(packed.without)}"), file=sys.stderr)
