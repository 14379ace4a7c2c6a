"""Control groups, v1 or v2: limits that the kernel keeps for the whole process tree of one child."""

from __future__ import annotations

import contextlib
import functools
import os
import uuid
from pathlib import Path

from autograder.sandbox.limits import Limits

CGROUP = Path("/sys/fs/cgroup")
PERIOD = 100_000
"""Microseconds in which a group may use its share of the processors."""
MARKS = {
    "memory": ("memory.max", "memory.limit_in_bytes"),
    "pids": ("pids.max",),
    "cpu": ("cpu.max", "cpu.cfs_quota_us"),
    "cpuacct": ("cpuacct.usage",),
}
"""A controller is there where a group has one of these files."""


@functools.cache
def cgroup_parent(controller: str) -> Path | None:
    """Folder in which a cgroup of a controller can be made, for cgroup v1 or v2, or None."""
    candidates = []
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, names, path = line.split(":", 2)
        if controller in names.split(","):
            candidates += [CGROUP / controller / path.lstrip("/"), CGROUP / controller]
        elif not names and controller in _controllers(CGROUP / path.lstrip("/")):
            candidates.append(CGROUP / path.lstrip("/"))
    for parent in candidates:
        trial = parent / _name()
        try:
            trial.mkdir()
        except OSError:
            continue
        works = any((trial / name).exists() for name in MARKS[controller])
        trial.rmdir()
        if works:
            return parent.resolve()  # v1 may show two controllers as one folder under two names
    return None


def _controllers(folder: Path) -> list[str]:
    try:
        return (folder / "cgroup.subtree_control").read_text(encoding="utf-8").split()
    except OSError:
        return []


def _name() -> str:
    """A name that tells who made the group, and where that process number means something."""
    return f"autograder-{os.getpid()}-{_process_namespace()}-{uuid.uuid4().hex[:12]}"


def _process_namespace() -> int:
    return os.stat("/proc/self/ns/pid").st_ino


@functools.cache
def sweep() -> None:
    """Remove the groups that processes left which were killed; those of living ones, and of other machines, stay."""
    for parent in {cgroup_parent(controller) for controller in MARKS} - {None}:
        for folder in parent.glob(f"autograder-*-{_process_namespace()}-*"):  # type: ignore[union-attr]
            number = folder.name.split("-")[1]
            if number.isdigit() and not Path(f"/proc/{number}").exists():
                with contextlib.suppress(OSError):  # its processes may be about to die
                    folder.rmdir()


class Cgroup:
    """Limits on memory, processes and processors of one child, where cgroups are writable.

    Parameters
    ----------
    limits : Limits
        Of the child.
    """

    def __init__(self, limits: Limits) -> None:
        sweep()
        self._folders: list[Path] = []
        self.controllers: set[str] = set()
        name = _name()
        for controller in MARKS:
            parent = cgroup_parent(controller)
            if parent is None:
                continue
            self.controllers.add(controller)
            if parent / name not in self._folders:
                (parent / name).mkdir()
                self._folders.append(parent / name)
        for folder in self._folders:
            _limit(folder, limits)

    def add(self, pid: int) -> None:
        """Put a process, and all that it starts from now on, under the limits."""
        for folder in self._folders:
            (folder / "cgroup.procs").write_text(str(pid))

    @property
    def cpu_seconds(self) -> float | None:
        """CPU time of all processes that the group ever had, or None where the kernel does not tell."""
        for folder in self._folders:
            with contextlib.suppress(OSError, StopIteration):
                return int((folder / "cpuacct.usage").read_text(encoding="ascii")) / 1e9
            with contextlib.suppress(OSError, StopIteration):
                lines = (folder / "cpu.stat").read_text(encoding="ascii").splitlines()
                return next(int(n) for name, n in map(str.split, lines) if name == "usage_usec") / 1e6
        return None

    @property
    def ran_out_of_memory(self) -> bool:
        """Whether the kernel has killed a process of the group for its memory."""
        for folder in self._folders:
            for name in ("memory.events", "memory.oom_control"):
                try:
                    lines = (folder / name).read_text(encoding="utf-8").splitlines()
                except OSError:
                    continue
                if any(line.split()[0] == "oom_kill" and int(line.split()[1]) > 0 for line in lines):
                    return True
        return False

    def close(self) -> None:
        """Remove the groups; their processes are gone by now."""
        for folder in self._folders:
            try:
                folder.rmdir()
            except OSError:
                continue
        self._folders = []


def _limit(folder: Path, limits: Limits) -> None:
    """Write every limit that has a file here; what may be swapped out counts as memory."""
    quota = max(round(limits.cores * PERIOD), 1_000)
    for name, value in (
        ("memory.max", limits.memory_bytes),
        ("memory.swap.max", 0),
        ("memory.limit_in_bytes", limits.memory_bytes),
        ("memory.memsw.limit_in_bytes", limits.memory_bytes),
        ("pids.max", limits.processes),
        ("cpu.max", f"{quota} {PERIOD}"),
    ):
        if (folder / name).exists():
            (folder / name).write_text(str(value))
    if (folder / "cpu.cfs_quota_us").exists():
        (folder / "cpu.cfs_period_us").write_text(str(PERIOD))
        with contextlib.suppress(
            OSError
        ):  # refused where the group around it may use fewer, and then that holds
            (folder / "cpu.cfs_quota_us").write_text(str(quota))
