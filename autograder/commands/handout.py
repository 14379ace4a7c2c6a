"""Write a folder to publish for students: notebooks, package and their pages, without solutions and tests."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="DIR",
        help="a new folder, or one that this wrote before, which is made anew (its .git stays)",
    )


def run(options: argparse.Namespace) -> None:
    """Write the folder and say how much is in it."""
    from autograder import course, student_pack

    written = student_pack.write(Path.cwd(), options.to)
    editions = sorted({path.parts[0] for path in written if path.suffix == ".ipynb"})
    print(
        f"{options.to}: {len(written)} files, with {' and '.join(editions)}, without solutions; no answer is in them."
    )
    if not course.REPOSITORY:
        print(
            "Once it has an address, write that into REPOSITORY in autograder/course.py; then `make release`, and "
            "this again."
        )
