"""Control groups: their limits, what killed parents leave of them, and a neighbour's share of the processors."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from autograder import doctor
from autograder.sandbox import cgroups, walls, watch
from autograder.sandbox.cgroups import Cgroup
from autograder.sandbox.launch import Sandbox
from autograder.sandbox.limits import Limits
from tests.sandbox.test_sandbox import LIMITS, MIB, pytestmark  # noqa: F401

CPU = cgroups.cgroup_parent("cpu")
FILES = {
    "v1": {
        "memory": ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"),
        "pids": ("pids.max",),
        "cpu": ("cpu.cfs_period_us", "cpu.cfs_quota_us"),
    },
    "v2": {"memory": ("memory.max", "memory.swap.max", "pids.max", "cpu.max", "cpu.stat")},
}


@pytest.mark.parametrize(
    ("version", "written"),
    [
        (
            "v1",
            {
                "memory.limit_in_bytes": f"{64 * MIB}",
                "memory.memsw.limit_in_bytes": f"{64 * MIB}",
                "pids.max": "7",
                "cpu.cfs_period_us": "100000",
                "cpu.cfs_quota_us": "150000",
            },
        ),
        (
            "v2",
            {
                "memory.max": f"{64 * MIB}",
                "memory.swap.max": "0",
                "pids.max": "7",
                "cpu.max": "150000 100000",
            },
        ),
    ],
)
def test_every_limit_is_written_in_both_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, written: dict[str, str]
) -> None:
    make = Path.mkdir

    def mkdir(folder: Path, *arguments: object, **options: object) -> None:
        make(folder, *arguments, **options)  # type: ignore[arg-type]
        for name in FILES[version].get(folder.parent.name, ()):
            (folder / name).write_text("usage_usec 2500000\n")

    for name in FILES[version]:
        (tmp_path / name).mkdir()
    monkeypatch.setattr(Path, "mkdir", mkdir)
    where = dict.fromkeys(cgroups.MARKS, "memory") if version == "v2" else {n: n for n in FILES["v1"]}
    monkeypatch.setattr(
        cgroups, "cgroup_parent", lambda name: tmp_path / where[name] if name in where else None
    )
    group = Cgroup(Limits(memory_bytes=64 * MIB, processes=7, cores=1.5))
    made = {f.name: f.read_text() for folder in tmp_path.glob("*/autograder-*") for f in folder.iterdir()}
    assert {name: made[name] for name in written} == written
    assert group.cpu_seconds == (2.5 if version == "v2" else None)


@pytest.mark.skipif(CPU is None, reason="no writable control group for the processors")
def test_a_child_is_in_a_group_of_its_own_with_a_quota() -> None:
    with Sandbox(with_torch=False, limits=LIMITS) as sandbox, sandbox.start() as child:
        (folder,) = (f for f in CPU.glob(f"autograder-{os.getpid()}-*") if str(child.pid) in procs(f))  # type: ignore[union-attr]
        said = [(folder / n).read_text() for n in ("cpu.max", "cpu.cfs_quota_us") if (folder / n).exists()]
        assert said[0].split()[0] == "200000"
        assert child._cgroup.cpu_seconds is not None
    assert not folder.exists()


def procs(folder: Path) -> list[str]:
    return (folder / "cgroup.procs").read_text().split()


@pytest.mark.skipif(CPU is None, reason="no writable control group for the processors")
def test_a_neighbour_keeps_its_share_beside_many_that_burn() -> None:
    burn = "import os, time\nfor _ in range(30):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(2)\n        while True: pass"
    work = "import time\nstart, end = time.process_time(), time.monotonic() + 3\nwhile time.monotonic() < end: pass\nprint(time.process_time() - start)"
    patient = replace(LIMITS, cell_seconds=20)
    with (
        Sandbox(with_torch=False, limits=patient) as sandbox,
        sandbox.start() as honest,
        sandbox.start() as attacker,
    ):
        assert attacker.run_cell(burn)["status"] == "ok"
        time.sleep(3)
        before = watch.usage(attacker.pid).cpu_seconds
        mine = float(honest.run_cell(work)["outputs"][0]["text"])
        taken = watch.usage(attacker.pid).cpu_seconds - before
    # One of two groups, whatever else the machine does; without groups it would be one of 31 processes.
    assert taken > 0
    assert mine > 0.3 * taken


def test_doctor_says_which_limits_the_kernel_keeps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    name = "CPU limit by cgroup"
    assert (CPU is not None) == {what: there for there, what, _ in doctor.findings(tmp_path)}[name]
    assert (name in walls.level()) == (CPU is not None)
    monkeypatch.setattr(cgroups, "cgroup_parent", lambda controller: None)
    without = walls.survey.__wrapped__()
    remedies = {wall.name: (wall.stands, wall.required, wall.remedy) for wall in without}
    assert remedies[name][:2] == (False, False)
    assert "added up from outside" in remedies[name][2]


@pytest.mark.skipif(CPU is None, reason="no writable control group for the processors")
def test_groups_of_killed_parents_are_removed_and_those_of_living_ones_stay() -> None:
    code = (
        "import os\nfrom autograder.sandbox.cgroups import Cgroup\nfrom autograder.sandbox.limits import Limits\n"
        "Cgroup(Limits())\nprint(os.getpid(), flush=True)\nos.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    left = list(CPU.glob(f"autograder-{done.stdout.strip()}-*"))  # type: ignore[union-attr]
    before = set(CPU.glob(f"autograder-{os.getpid()}-*"))  # type: ignore[union-attr]
    mine = Cgroup(Limits())
    (own,) = set(CPU.glob(f"autograder-{os.getpid()}-*")) - before  # type: ignore[union-attr]
    other = CPU / f"autograder-{done.stdout.strip()}-1-{'0' * 12}"  # type: ignore[operator]
    other.mkdir()
    assert len(left) == 1
    try:
        cgroups.sweep.__wrapped__()
        assert not left[0].exists()
        assert own.exists()
        assert other.exists(), "a process number of another machine or container says nothing here"
    finally:
        other.rmdir()
        mine.close()
    assert not own.exists()


def test_the_first_group_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[float] = []
    monkeypatch.setattr(cgroups, "sweep", lambda: swept.append(time.monotonic()))
    Cgroup(Limits()).close()
    assert swept
