"""What kills, fills or cuts off a running `autograder grade` costs no grade and forges none."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from autograder.sandbox import walls
from tests.end_to_end import mini_course as mini
from tests.end_to_end.mini_course import ASSIGNMENT

MISSING = [wall.name for wall in walls.missing()]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")

STUDENTS, FEW = 8, 3
FULL, LESS = mini.FULL, mini.ZERO_GRADIENT
EXPECTED = {f"student{n}": LESS if n % 2 else FULL for n in range(STUDENTS)}
GRADE = [sys.executable, "-m", "autograder.cli", "grade", ASSIGNMENT]
DISK = 400 * 2**20


def make(folder: Path, students: int = STUDENTS) -> Path:
    course = mini.make(folder)
    for number in range(students):
        mini.hand_in(course, f"student{number}", mini.ZERO_BACKWARD if number % 2 else "")
    return course


def is_worker(process: psutil.Process) -> bool:
    """A worker is forked by the fork server, which has no bubblewrap of its own."""
    return "forkserver" in " ".join(process.cmdline()) and any(
        child.name() == "bwrap" for child in process.children()
    )


def is_warm(process: psutil.Process) -> bool:
    """What it forks has the same command line, but another parent."""
    parent = process.parent()
    is_ours = "autograder.sandbox.inside.warm_process" in process.cmdline() and process.name() != "bwrap"
    return is_ours and parent is not None and parent.name() == "bwrap"


def victims(parent: psutil.Process, kind: str) -> list[psutil.Process]:
    found = []
    for process in parent.children(recursive=True):
        try:
            if (is_worker if kind == "worker" else is_warm)(process):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("kind", ["worker", "warm process"])
def test_killing_it_at_random_moments_costs_nothing(kind: str, tmp_path: Path) -> None:
    course = make(tmp_path)
    chance = random.Random(7)
    process = subprocess.Popen(GRADE, cwd=course, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    parent = psutil.Process(process.pid)
    killed: list[int] = []
    while process.poll() is None and len(killed) < 3:
        time.sleep(chance.uniform(0.2, 1.5))
        if not psutil.pid_exists(process.pid):
            break
        there = victims(parent, kind)
        if there:
            victim = chance.choice(there)
            victim.kill()
            killed.append(victim.pid)
            time.sleep(6)  # a submission whose worker dies twice is given up, and that is not asked for here
    said = process.communicate()
    assert killed, "nothing was killed, so nothing was shown"
    assert process.returncode == 0, said
    assert set(mini.scores(course).items()) <= set(EXPECTED.items()), "a grade was forged"
    mini.run(course, "autograder.cli", "grade", ASSIGNMENT)
    assert mini.scores(course) == EXPECTED


def test_killing_the_parent_ends_all_that_it_started_and_the_next_run_resumes(tmp_path: Path) -> None:
    course = make(tmp_path)
    chance = random.Random(8)
    for _ in range(3):
        process = subprocess.Popen(GRADE, cwd=course, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(4, 12))
        below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.kill()
        process.wait()
        _, alive = psutil.wait_procs(below, timeout=20)
        assert not alive, alive
    mini.run(course, "autograder.cli", "grade", ASSIGNMENT)
    assert mini.scores(course) == EXPECTED


def interrupt(course: Path, when: Callable[[psutil.Process], bool]) -> str:
    """Press Ctrl + C at a moment: the last line that is said then, where nothing else is wrong."""
    # Of what runs in the background it would be ignored, and that is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        GRADE, cwd=course, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    watched = psutil.Process(process.pid)
    while process.poll() is None and not when(watched):
        time.sleep(0.02)
    below = watched.children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all that runs in it
    _, said = process.communicate(timeout=60)
    # Where it came within an `exec`, as of `dataclass`, Python ends by the signal after `sys.exit`; a shell says 130.
    assert process.returncode in (128 + signal.SIGINT, -signal.SIGINT), said
    assert "Traceback" not in said
    _, alive = psutil.wait_procs(below, timeout=20)
    assert not alive, alive
    return said.splitlines()[-1]


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.0, 2.0])
def test_ctrl_c_while_the_workers_start_is_one_sentence(seconds: float, tmp_path: Path) -> None:
    course = make(tmp_path, FEW)

    def starting(process: psutil.Process) -> bool:
        there = bool(process.children())
        time.sleep(seconds if there else 0)
        return there

    assert interrupt(course, starting).startswith("autograder: Stopped.")


def test_ctrl_c_keeps_what_was_examined(tmp_path: Path) -> None:
    course = make(tmp_path)
    reports = course / "gradebook" / "reports"
    assert interrupt(course, lambda process: bool(list(reports.glob("*.json")))) == (
        "autograder: Stopped. What was examined is stored: run this again, and it goes on from there."
    )
    kept = {path: path.stat().st_mtime_ns for path in reports.glob("*.json")}
    mini.run(course, "autograder.cli", "grade", ASSIGNMENT)
    assert mini.scores(course) == EXPECTED
    assert kept and {path: path.stat().st_mtime_ns for path in kept} == kept, (
        "what was stored was examined again"
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, which can be filled without harm."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no file system can be mounted for the test: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, leave: int) -> Path:
    filler = folder / "filler"
    space = os.statvfs(folder)
    with filler.open("wb") as file:
        for _ in range((space.f_bavail * space.f_frsize - leave) // 2**16):
            file.write(bytes(2**16))
    return filler


@pytest.mark.parametrize("leave", [0, 2**17, 2**20])
def test_a_full_disk_is_one_sentence_and_loses_nothing(leave: int, small_disk: Path) -> None:
    course = make(small_disk, FEW)
    expected = {student: EXPECTED[student] for student in list(EXPECTED)[:FEW]}
    mini.run(course, "autograder.cli", "grade", ASSIGNMENT)
    assert mini.scores(course) == expected
    for number in range(FEW):
        more = "" if number % 2 else mini.ZERO_BACKWARD
        mini.hand_in(course, f"student{number}", more + "\n# changed")
    filler = fill(small_disk, leave)
    done = subprocess.run(GRADE, cwd=course, capture_output=True, text=True, check=False)
    filler.unlink()
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    if done.returncode:
        assert "autograder: " in done.stderr
    changed = {student: LESS if score == FULL else FULL for student, score in expected.items()}
    assert set(mini.scores(course).items()) <= set(expected.items()) | set(changed.items()), (
        "a grade was forged"
    )
    mini.run(course, "autograder.cli", "grade", ASSIGNMENT)
    assert mini.scores(course) == changed
