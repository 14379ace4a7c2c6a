"""Grading a class: stock nbgrader, with the checks in the kernel, against `autograder grade`.

Both grade the same submissions in turn, in this run, from a cold cache; what counts is the ratio.

    python benchmarks/grading.py --submissions 40
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder import data, sample_class
from autograder.sample_class import Sample

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--assignment", default="neural_networks")
    parser.add_argument("--submissions", type=int, default=40)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args()
    data.pin()
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        shutil.copy(ROOT / "nbgrader_config.py", course)
        shutil.copytree(ROOT / "solutions", course / "solutions")
        run(course, "nbgrader", "generate_assignment", options.assignment, "--force")
        for number in range(options.submissions):
            sample = Sample(f"student{number:04d}", options.assignment)
            sample_class.write(sample, course, course / "gradebook" / "submitted")
        ours = run(course, "autograder.cli", "grade", options.assignment, "--json", "grades.json")
        again = run(course, "autograder.cli", "grade", options.assignment)
        rows = json.loads((course / "grades.json").read_text())
        assert all(row["score"] == row["max_score"] for row in rows), "a solution lost points"
        where = breakdown(course)
        stock = run(course, "nbgrader", "autograde", options.assignment, "--force", AUTOGRADER_STOCK="1")
    n = options.submissions
    print(f"{n} submissions of {options.assignment}, {options.workers} workers, {os.cpu_count()} cores")
    print(f"stock nbgrader autograde  {stock:8.1f} s  {stock / n:6.2f} s each")
    print(
        f"autograder grade          {ours:8.1f} s  {ours / n:6.2f} s each   {stock / ours:.1f} times faster"
    )
    print(f"autograder grade, again   {again:8.1f} s  {again / ours:6.1%} of the first")
    print("seconds of the workers:  ", ", ".join(f"{name} {seconds:.1f}" for name, seconds in where.items()))


def breakdown(course: Path) -> dict[str, float]:
    """Where the workers' seconds went, summed over all submissions."""
    totals = {"cells": 0.0, "checks": 0.0, "starting and ending notebooks": 0.0, "between notebooks": 0.0}
    for path in (course / "gradebook" / "reports").glob("*.json"):
        report = json.loads(path.read_text())
        for notebook in report["notebooks"]:
            cells = sum(cell["seconds"] for cell in notebook["cells"])
            checks = sum(notebook["check_seconds"].values())
            totals["cells"] += cells
            totals["checks"] += checks
            totals["starting and ending notebooks"] += notebook["seconds"] - cells - checks
        totals["between notebooks"] += report["seconds"] - sum(n["seconds"] for n in report["notebooks"])
    return totals


def run(course: Path, *command: str, **environment: str) -> float:
    """Run a command in the course; give back its seconds."""
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=course,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit((done.stdout + done.stderr)[-3000:])
    return time.monotonic() - start


if __name__ == "__main__":
    main()
