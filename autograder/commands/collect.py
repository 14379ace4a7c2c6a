"""Put submissions from a folder, an LMS's zip or a mailbox where nbgrader expects them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autograder import files
from autograder.cli import harmless

KINDS = ("folder", "moodle", "canvas", "mbox", "maildir", "eml")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="name of the assignment")
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        required=True,
        metavar="PATH",
        help="a folder, Moodle's or Canvas's zip, an mbox file, a Maildir or a folder of .eml files",
    )
    parser.add_argument("--kind", choices=KINDS, default="", help="what PATH is; recognised where omitted")
    parser.add_argument("--roster", type=Path, metavar="CSV", help="in place of gradebook/roster.csv")
    parser.add_argument(
        "--dates", type=Path, metavar="CSV", help="when each student handed in; Moodle's grading worksheet"
    )
    parser.add_argument(
        "--combine", action="store_true", help="take each file from the last submission that has it"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the summary as JSON too")


def run(options: argparse.Namespace) -> None:
    """Collect, and print what came of it."""
    from autograder.collecting import collect, store, summary

    if options.json:
        files.require_writable(options.json, "--json")
    done = collect.collect(
        Path.cwd(),
        collect.Options(
            options.assignment, options.source, options.kind, options.roster, options.dates, options.combine
        ),
    )
    if options.json:
        store.write_json(options.json, done.to_dict())
    for line in summary.lines(done):
        print(harmless(line), file=sys.stdout)
