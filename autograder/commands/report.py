"""Write one HTML page about a class: scores, checks, causes, who needs attention, similar answers."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="name of the assignment")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the page (gradebook/report-ASSIGNMENT.html)"
    )
    parser.add_argument("--no-similar", action="store_true", help="do not compare answers with each other")


def run(options: argparse.Namespace) -> None:
    """Write the page and say where it lies."""
    from autograder.overview.collect import collect
    from autograder.overview.page import render, write

    course = Path.cwd()
    overview = collect(course, options.assignment, similar=not options.no_similar)
    path = options.out or course / "gradebook" / f"report-{overview.assignment}.html"
    write(render(overview), path)
    print(f"{path} ({path.stat().st_size / 1024:.0f} KiB, {len(overview.entries)} students)")
