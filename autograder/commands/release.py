"""Write the student edition of an assignment, in English and in another language where one is asked for."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", nargs="?", default="", help="name of the assignment; all where omitted")
    parser.add_argument(
        "--language", default="en", metavar="CODE", help="write notebooks-CODE/ too, as ru (%(default)s)"
    )


def run(options: argparse.Namespace) -> None:
    """Let nbgrader make the student edition, then translate it."""
    from autograder import release

    for path in release.release(Path.cwd(), options.assignment, options.language):
        print(f"wrote {path}")
