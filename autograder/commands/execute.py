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

    for path in options.notebooks or list(notebooks.find(Path("solutions"))):
        print(f"executing {path}", flush=True)
        notebooks.execute(path)
