"""How long the page about a class takes to make, and how large it is: ``python -m benchmarks.overview``."""

from __future__ import annotations

import argparse
import random
import time

from autograder.assignments import ASSIGNMENTS
from autograder.overview.page import render
from autograder.overview.similar import find_similar
from autograder.overview.submitted import stubs
from tests.overview.synthetic import answers, overview, release


def main() -> None:
    """Make up a class, compare its answers, render its page, and print the seconds and the size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=500)
    parser.add_argument("--assignment", choices=list(ASSIGNMENTS), default="neural_networks")
    options = parser.parse_args()
    made = overview(options.assignment, options.students, similar=False)
    students = [entry.student for entry in made.entries if entry.handed_in]
    made.answers = answers(options.assignment, students, random.Random(1))
    given = stubs(ASSIGNMENTS[options.assignment], release(options.assignment))
    start, cpu = time.perf_counter(), time.process_time()
    made.similar = find_similar(made.answers, given)
    compared, compared_cpu = time.perf_counter() - start, time.process_time() - cpu
    start, cpu = time.perf_counter(), time.process_time()
    page = render(made)
    rendered, rendered_cpu = time.perf_counter() - start, time.process_time() - cpu
    count = sum(len(texts) for texts in made.answers.values())
    print(f"{options.students} students, {count} answers, {len(made.similar.pairs)} similar pairs")
    print(f"comparing: {compared:.1f} s ({compared_cpu:.1f} s of one core)")
    print(f"rendering: {rendered:.1f} s ({rendered_cpu:.1f} s of one core)")
    print(f"page: {len(page.encode()) / 2**20:.2f} MiB")


if __name__ == "__main__":
    main()
