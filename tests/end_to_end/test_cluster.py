"""`autograder grade --scheduler` on a real Dask cluster of two local workers."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import LocalCluster

from autograder import workers
from autograder.assignments import ASSIGNMENTS
from autograder.examiner import Task, make_task, read_secret
from autograder.report import Report
from autograder.sandbox import walls
from autograder.sandbox.limits import Limits
from tests.end_to_end import mini_course as mini
from tests.end_to_end.mini_course import ASSIGNMENT

MISSING = [wall.name for wall in walls.missing()]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")


def make_tasks(folder: Path, students: dict[str, str]) -> list[Task]:
    secret = read_secret(folder / "gradebook" / "secret")
    release = folder / "notebooks" / ASSIGNMENT
    return [
        make_task(
            mini.hand_in(folder, student, more), student, ASSIGNMENTS[ASSIGNMENT], release, Limits(), secret
        )
        for student, more in students.items()
    ]


def test_a_cluster_gives_the_same_verdicts_as_this_machine(tmp_path: Path) -> None:
    folder = mini.make(tmp_path)
    students = {"ada": "", "bob": mini.ZERO_BACKWARD, "cyd": "Linear = None", "dan": "1 / 0"}
    tasks = make_tasks(folder, students)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        assert workers.levels_on_cluster(cluster.scheduler_address) == [walls.level()]
        there = list(workers.examine_on_cluster(tasks, cluster.scheduler_address))
    here = list(workers.examine_here(tasks, None, 1))
    assert verdicts(there) == verdicts(here)
    assert len(verdicts(there)) == len(students)


def test_a_worker_of_a_cluster_that_is_killed_costs_no_grade(tmp_path: Path) -> None:
    folder = mini.make(tmp_path)
    tasks = make_tasks(folder, {f"student{n}": mini.ZERO_BACKWARD if n % 2 else "" for n in range(6)})
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        found = []
        for number, outcome in enumerate(workers.examine_on_cluster(tasks, cluster.scheduler_address)):
            if number == 0:
                nanny = cluster.workers[0]
                os.kill(nanny.pid, signal.SIGKILL)
            found.append(outcome)
    scores = {outcome.student: outcome.score for outcome in found if isinstance(outcome, Report)}
    assert scores == {f"student{n}": mini.ZERO_GRADIENT if n % 2 else mini.FULL for n in range(6)}


def test_the_report_of_another_version_is_not_taken(tmp_path: Path) -> None:
    (task,) = make_tasks(mini.make(tmp_path), {"ada": ""})
    level = walls.level()
    mine = Report("ada", ASSIGNMENT, task.key(level), "0", level, ())
    assert workers._checked(task, mine) is mine
    for report in (replace(mine, key="other"), replace(mine, level="none")):
        refused = workers._checked(task, report)
        assert isinstance(refused, workers.GivenUp) and "another version" in refused.reason


def verdicts(outcomes: list[workers.Outcome]) -> dict[str, list[tuple[str, float, str]]]:
    reports = [outcome for outcome in outcomes if isinstance(outcome, Report)]
    return {r.student: [(c.id, c.points, c.status.value) for c in r.checks.values()] for r in reports}
