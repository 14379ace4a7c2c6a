"""Say what this machine offers, and what to do about the rest."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """There are none."""


def run(options: argparse.Namespace) -> None:
    """Print one line for each wall, limit, tool and data set."""
    from autograder import doctor

    doctor.run(Path.cwd())
