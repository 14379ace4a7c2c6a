"""What grading one submission costs beside the student's own computing, once the sandbox is warm.

Two submissions of each assignment are examined in turn: the release as it is, in which nothing computes,
and the solution, of which the time in its cells and in the answers to questions is taken off. That time is
measured inside the sandbox.

    python benchmarks/overhead.py --repeats 5
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from autograder import examiner, notebooks, sample_class
from autograder.assignments import ASSIGNMENTS, Assignment
from autograder.examiner import Examiner, make_task
from autograder.sample_class import Sample
from autograder.sandbox.launch import Child
from autograder.sandbox.limits import Limits

ROOT = Path(__file__).parents[1]


class Inside:
    """Adds up the seconds that cells and answers take inside the sandbox."""

    seconds = 0.0

    def __init__(self) -> None:
        exchange = Child._exchange

        def measured(child: Child, message: dict[str, Any], seconds: float) -> dict[str, Any]:
            reply = exchange(child, message, seconds)
            if message["kind"] in ("cell", "ask"):
                self.seconds += float(reply.get("seconds", 0.0))
            return reply

        Child._exchange = measured  # type: ignore[method-assign]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    inside = Inside()
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        secret = examiner.read_secret(course / "secret")
        images = examiner.prepare_images(course / "images", secret)
        with Examiner(images) as made:
            for assignment in ASSIGNMENTS.values():
                for what, write in (("release", write_release), ("solution", write_solution)):
                    where = course / what / assignment.name
                    write(assignment, course / what)
                    task = make_task(
                        where, "student", assignment, ROOT / "notebooks" / assignment.name, Limits(), secret
                    )
                    made.examine(task)
                    measure(made, task, inside, f"{assignment.name}, {what}", options.repeats)


def measure(made: Examiner, task: examiner.Task, inside: Inside, name: str, repeats: int) -> None:
    totals, rest = [], []
    for _ in range(repeats):
        inside.seconds, start = 0.0, time.perf_counter()
        report = made.examine(task)
        totals.append(time.perf_counter() - start)
        rest.append(totals[-1] - inside.seconds)
    print(
        f"{name:32} {report.score:4g} points  {statistics.median(totals):6.2f} s in all, of which overhead "
        f"{statistics.median(rest):.2f} s (from {min(rest):.2f} to {max(rest):.2f}, n = {repeats})"
    )


def write_release(assignment: Assignment, folder: Path) -> None:
    (folder / assignment.name).mkdir(parents=True)
    for name in assignment.notebooks:
        notebook = notebooks.read(ROOT / "notebooks" / assignment.name / f"{name}.ipynb")
        notebooks.write(notebook, folder / assignment.name / f"{name}.ipynb")


def write_solution(assignment: Assignment, folder: Path) -> None:
    made = folder / "made"
    sample_class.write(Sample("student", assignment.name), ROOT, made)
    (made / "student" / assignment.name).rename(folder / assignment.name)


if __name__ == "__main__":
    main()
