"""A Dask cluster of two local workers against one of one worker, on the same submissions, in turn.

Every worker has examined one submission before the clock starts, so that all sandboxes are warm.

    python benchmarks/cluster.py --submissions 16
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from distributed import LocalCluster

from autograder import data, examiner, sample_class
from autograder.assignments import ASSIGNMENTS
from autograder.examiner import Task, make_task
from autograder.report import Report
from autograder.sample_class import Sample
from autograder.sandbox.limits import Limits
from autograder.workers import examine_on_cluster

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--assignment", default="neural_networks")
    parser.add_argument("--submissions", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=2, help="each cluster in turn, so often")
    options = parser.parse_args()
    data.pin()
    with tempfile.TemporaryDirectory() as folder:
        task = make(Path(folder), options.assignment)
        for turn in range(options.rounds):
            one, two = (measure(task, workers, options.submissions) for workers in (1, 2))
            print(
                f"turn {turn + 1}: {options.submissions} submissions of {options.assignment}: one worker "
                f"{one:.1f} s, two workers {two:.1f} s, {one / two:.2f} times faster",
                flush=True,
            )


def make(folder: Path, assignment: str) -> Task:
    secret = examiner.read_secret(folder / "secret")
    handed_in = sample_class.write(Sample("student", assignment), ROOT, folder)
    release = ROOT / "notebooks" / assignment
    return make_task(handed_in, "student", ASSIGNMENTS[assignment], release, Limits(), secret)


def measure(task: Task, workers: int, submissions: int) -> float:
    """Seconds for all submissions, without the start of the cluster and its sandboxes."""
    students = [replace(task.submission, student=f"student{n:03d}") for n in range(submissions)]
    tasks = [replace(task, submission=submission) for submission in students]
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        warm = list(examine_on_cluster(tasks[:workers] * 2, cluster.scheduler_address))
        start = time.monotonic()
        outcomes = list(examine_on_cluster(tasks, cluster.scheduler_address))
        seconds = time.monotonic() - start
    assert all(isinstance(o, Report) and o.score == o.max_score for o in [*warm, *outcomes])
    return seconds


if __name__ == "__main__":
    main()
