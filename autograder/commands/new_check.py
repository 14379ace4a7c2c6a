"""Write a new check: its probe, judge, test and cells, which work at once; FILL IN marks what to replace."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("notebook", metavar="NOTEBOOK", help="a notebook, known or new, as 1_backprop_numpy")
    parser.add_argument("name", metavar="NAME", help="name of the check and of the answer, as sigmoid")
    parser.add_argument(
        "--assignment", default="", metavar="NAME", help="of a new notebook; it may be new too"
    )
    parser.add_argument("--points", type=float, default=1.0, help="what the check is worth (%(default)g)")


def run(options: argparse.Namespace) -> None:
    """Write the files and print their names, and what to do next."""
    from autograder import new_check

    new = new_check.plan(
        Path.cwd(), options.notebook, options.name, assignment=options.assignment, points=options.points
    )
    written = new_check.write(Path.cwd(), new)
    for path in written:
        print(path)
    print(
        "Replace what FILL IN marks, then: "
        f"pytest {next(p for p in written if p.parts[0] == 'tests')}; autograder execute {new.solution}"
    )
