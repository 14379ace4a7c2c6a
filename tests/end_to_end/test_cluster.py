"""`autograder grade --scheduler` on a real Dask cluster of two local workers."""

from __future__ import annotations

from pathlib import Path

import pytest
from distributed import LocalCluster

from autograder import workers
from autograder.assignments import ASSIGNMENTS
from autograder.examiner import make_task, read_secret
from autograder.report import Report
from autograder.sandbox import walls
from autograder.sandbox.limits import Limits
from tests.end_to_end import mini_course as mini
from tests.end_to_end.mini_course import ASSIGNMENT

MISSING = [wall.name for wall in walls.missing()]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")


def test_a_cluster_gives_the_same_verdicts_as_this_machine(tmp_path: Path) -> None:
    folder = mini.make(tmp_path)
    students = {"ada": "", "bob": mini.ZERO_BACKWARD, "cyd": "Linear = None", "dan": "1 / 0"}
    secret = read_secret(folder / "gradebook" / "secret")
    tasks = []
    for student, more in students.items():
        handed_in = mini.hand_in(folder, student, more)
        release = folder / "notebooks" / ASSIGNMENT
        tasks.append(make_task(handed_in, student, ASSIGNMENTS[ASSIGNMENT], release, Limits(), secret))
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        there = list(workers.examine_on_cluster(tasks, cluster.scheduler_address))
    here = list(workers.examine_here(tasks, None, 1))
    assert verdicts(there) == verdicts(here)
    assert len(verdicts(there)) == len(students)


def verdicts(outcomes: list[workers.Outcome]) -> dict[str, list[tuple[str, float, str]]]:
    reports = [outcome for outcome in outcomes if isinstance(outcome, Report)]
    return {r.student: [(c.id, c.points, c.status.value) for c in r.checks.values()] for r in reports}
