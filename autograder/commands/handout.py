"""Write what students get beside the assignments: notebooks/start.ipynb, and badges in the README."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """There are none."""


def run(options: argparse.Namespace) -> None:
    """Write both in the folder of the course."""
    from autograder import handout

    handout.write(Path.cwd())
