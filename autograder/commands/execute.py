"""Run solution notebooks in place, from a clean kernel."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("notebooks", nargs="*", type=Path, help="all solutions where omitted")


def run(options: argparse.Namespace) -> None:
    """Execute one notebook after the other."""
    from autograder import notebooks
    from autograder.handout import START

    solutions = Path("solutions")
    for path in options.notebooks or [solutions / START, *notebooks.find(solutions)]:
        print(f"executing {path}", flush=True)
        notebooks.execute(path)
