"""Check an assignment before it is handed in, and pack it into one zip file."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="name of the assignment, as neural_networks")
    parser.add_argument("--folder", type=Path, help="where its notebooks are, if they are not found")
    parser.add_argument("--output", type=Path, metavar="ZIP", help="the file to write (ASSIGNMENT.zip here)")


def run(options: argparse.Namespace) -> None:
    """Rehearse and pack; what is to be mended makes the exit status 1, and the zip file is made all the same."""
    from autograder import assignments, bundle
    from autograder.cli import harmless
    from autograder.errors import ExplainedError

    assignment = assignments.known(options.assignment)
    here = Path.cwd()
    folder = options.folder or bundle.find_folder(assignment, here)
    archive = options.output or here / f"{assignment.name}.zip"

    def say(text: str) -> None:
        for line in text.split("\n"):
            print(harmless(line), flush=True)

    made = bundle.make(assignment, folder, archive, say)
    if made.remarks:
        raise ExplainedError(
            f"{archive.name} is made, but see what is to be mended above, then run this again."
        )
