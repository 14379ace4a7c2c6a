"""Using up the machine while others are graded: three honest submissions beside the attacker, at the same time."""

# ruff: noqa: E501  (a payload is one cell)

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autograder import batch
from autograder.examiner import Examiner
from autograder.report import Report, Store
from autograder.sandbox import cgroups
from autograder.sandbox.limits import Limits
from tests.end_to_end import mini_course as mini
from tests.end_to_end.mini_course import ASSIGNMENT
from tests.redteam.arena import MIB, MISSING, Arena, Attack

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")

HONEST = ("bob", "cyd", "dan")
LIMITS = Limits(
    cell_seconds=12,
    question_seconds=12,
    grace_seconds=2,
    total_seconds=90,
    memory_bytes=1_500 * MIB,
    processes=64,
    writable_bytes=32 * MIB,
)
ON = "import os, time\nuntil = time.monotonic() + 10\n"
BOMBS = {
    "a fork bomb": ON + "while time.monotonic() < until:\n    try:\n        if os.fork() == 0:\n            os.setsid(); until += 60\n    except OSError: time.sleep(0.01)",
    "many that burn": ON + "for _ in range(60):\n    try:\n        if os.fork() == 0:\n            os.setsid()\n            while True: pass\n    except OSError: break\nwhile time.monotonic() < until: pass",
    "a memory bomb": ON + "import threading\nkept = []\ndef eat():\n    while time.monotonic() < until: kept.append(bytearray(20_000_000))\nos.write(3, b'\\0')\nfor _ in range(3):\n    if os.fork() == 0: eat()\neat()",
    "a full disk": ON + "n = 0\nwhile time.monotonic() < until:\n    n += 1\n    for folder in ('/tmp', '/dev/shm', '.'):\n        try: open(f'{folder}/{n}', 'wb').write(bytes(4_000_000))\n        except OSError: time.sleep(0.01)",
}  # fmt: skip


class Timed(Store):
    """A store that remembers when each report came."""

    ended: dict[str, float]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.ended = {}

    def write(self, report: Report) -> None:
        super().write(report)
        self.ended[report.student] = time.monotonic()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = mini.make(tmp_path_factory.mktemp("beside"))
    for student in HONEST:
        mini.hand_in(folder, student)
    return folder


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_three_beside_it_keep_full_marks_and_the_batch_completes(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bomb: str
) -> None:
    monkeypatch.chdir(course)
    mini.hand_in(course, "attacker", mini.ZERO_BACKWARD + bomb)
    store = Timed(tmp_path / "reports")
    options = batch.Options(ASSIGNMENT, workers=2, limits=LIMITS)
    reports = {report.student: report for report in batch.grade(course, options, store)}
    assert sorted(reports) == ["attacker", *HONEST]
    for student in HONEST:
        assert reports[student].score == reports[student].max_score, reports[student]
    assert reports["attacker"].score < reports["bob"].score
    assert any(overlap(reports, store, student) > 0.5 for student in HONEST)
    assert {s: mini.scores(course)[s] for s in HONEST} == dict.fromkeys(HONEST, reports["bob"].score)


def overlap(reports: dict[str, Report], store: Timed, student: str) -> float:
    """Seconds in which a submission was examined while the attacker's was."""
    starts, ends = zip(*((store.ended[s] - reports[s].seconds, store.ended[s]) for s in ("attacker", student)), strict=True)  # fmt: skip
    return float(min(ends) - max(starts))


# Not the fork bomb: where nobody limits the processors it takes time from its neighbours, as the security page says.
@pytest.mark.parametrize("kind", ["a memory bomb", "a full disk"])
def test_three_beside_it_keep_full_marks_where_no_control_group_helps(
    arena: Arena, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(cgroups, "cgroup_parent", lambda controller: None)
    attack = Attack("54", kind, "", cell=BOMBS[kind])
    tasks: list[Any] = [arena.task("attacker", arena.hand_in("attacker", attack))]
    for student in HONEST:
        tasks.append(arena.task(student, arena.hand_in(student, Attack("", "", "", answers=arena.right))))
    with Examiner() as one, Examiner() as other, ThreadPoolExecutor(2) as pool:
        for examiner in (one, other):
            examiner.examine(
                arena.task("warm", arena.hand_in("warm", Attack("", "", "", answers=arena.right)))
            )
        examine: Callable[..., list[Report]] = lambda by, them: [by.examine(task) for task in them]  # noqa: E731
        attacked, honest = pool.submit(examine, one, tasks[:1]), pool.submit(examine, other, tasks[1:])
        reports = honest.result()
        arena.require_no_gain(attacked.result()[0], arena.twin(attack))
    assert [report.score for report in reports] == [arena.honest.max_score] * 3
