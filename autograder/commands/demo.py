"""Make a sample class, grade it with nbgrader, show a table."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where to make it (%(default)s)")
    parser.add_argument("--students", nargs="*", metavar="NAME", help="only these of the sample class")


def run(options: argparse.Namespace) -> None:
    """Make the class in its folder and grade it."""
    from autograder import demo

    demo.run(Path.cwd(), options.folder, options.students)
