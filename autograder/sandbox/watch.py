"""Watching one child from outside for as long as it lives, where the kernel keeps no limit for its whole tree."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.sandbox.cgroups import Cgroup
from autograder.sandbox.limits import Limits

POLL_SECONDS = 0.05
CPU_POLL_SECONDS = 0.5
"""Where the kernel keeps the limits and only CPU time is read."""
SHARE = 10
"""A look at the tree takes at most one part in so many of a processor."""
SWITCH_SECONDS = 0.0005
"""How long the watching thread waits for a busy interpreter, each of some hundred times in one look."""
EXACT_SECONDS = 1.0
PIPE_BYTES = 64 * 1024
SOCKET_BYTES = 416 * 1024
"""What a pipe and a socket may hold of the kernel's memory, by its usual limits."""
_TICKS = os.sysconf("SC_CLK_TCK")
_SHARED = re.compile(
    rb"^([0-9a-f]+)-([0-9a-f]+) .{3}s ([0-9a-f]+) ([0-9a-f]+):([0-9a-f]+) ([0-9]+) +/(?:dev/zero|memfd:|SYSV)",
    re.MULTILINE,
)

LostStatus = Literal["timed_out", "out_of_memory", "malformed", "error"]
"""How a child is lost; there is no other way."""


@dataclass(frozen=True)
class Verdict:
    """Why the watch has ended a child.

    Attributes
    ----------
    status : str
        How it was lost.
    reason : str
        In words, for `ChildLost`.
    """

    status: LostStatus
    reason: str


_MEMORY = Verdict("out_of_memory", "it used more memory than it may")
_CPU = Verdict("timed_out", "its processes together used more CPU time than they may")


@dataclass(frozen=True)
class Usage:
    """What a process tree uses.

    Attributes
    ----------
    pages : int
        Bytes of memory of each process, swapped out or not; what several share is counted for each.
    rest : int
        Bytes of the tables for them, and of the files in the scratch folder.
    threads : int
        Processes and threads.
    cpu_seconds : float
        Of the processes that are there, and of those that they have waited for.
    each : dict
        CPU seconds of each process that is there, by its number and start time.
    """

    pages: int
    rest: int
    threads: int
    cpu_seconds: float
    each: dict[tuple[int, str], float]


def members(pid: int) -> list[int]:
    """All processes in the process namespace of a process, and in namespaces below it."""
    try:
        own, namespace = os.readlink("/proc/self/ns/pid"), os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return []
    found, others = [], {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, IndexError):
                seen = os.readlink(f"/proc/{entry}/ns/pid")
                if seen == namespace:
                    found.append(int(entry))
                elif seen != own:
                    others[int(entry)] = int(_stat(int(entry))[1])
    waiting = list(found)
    while waiting:
        parent = waiting.pop()
        below = [process for process, its in others.items() if its == parent]
        found += below
        waiting += below
        for process in below:
            del others[process]
    return found


def usage(pid: int, processes: list[int] | None = None) -> Usage:
    """Add up what all processes in the namespace of a process use."""
    memory = tables = threads = 0
    seconds, each = 0.0, {}
    for process in members(pid) if processes is None else processes:
        with contextlib.suppress(OSError, ValueError, IndexError, KeyError):
            stat = _stat(process)
            own, waited = sum(map(int, stat[11:13])) / _TICKS, sum(map(int, stat[13:15])) / _TICKS
            threads += int(stat[17])
            seconds += own + waited
            each[process, stat[19]] = own
            status = Path(f"/proc/{process}/status").read_text(encoding="utf-8", errors="replace")
            fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
            memory += _kibibytes(fields, "RssAnon") + _kibibytes(fields, "VmSwap")
            tables += _kibibytes(fields, "VmPTE")
    return Usage(memory, tables + _files(pid), threads, seconds, each)


def _kibibytes(fields: dict[str, str], name: str) -> int:
    return int(fields.get(name, "0 kB").split()[0]) * 1024


def _stat(process: int) -> list[str]:
    """The fields of a process from its state on; its name, before them, may hold anything."""
    content = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    return content.rsplit(")", 1)[1].split()


def _files(pid: int) -> int:
    """Bytes in the scratch folder, which is memory; `/dev/shm` is a part of it."""
    try:
        scratch = os.statvfs(f"/proc/{pid}/root/tmp")
    except OSError:
        return 0
    return (scratch.f_blocks - scratch.f_bfree) * scratch.f_frsize


def pages(processes: list[int], seconds: float = EXACT_SECONDS) -> int:
    """Memory of processes in bytes, in which a page that several share counts once.

    A tree whose memory cannot be told in time uses more than any limit.
    """
    total, deadline = 0, time.monotonic() + seconds
    for process in processes:
        with contextlib.suppress(OSError, ValueError):
            content = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8", errors="replace")
            fields = dict(line.split(":", 1) for line in content.splitlines()[1:] if ":" in line)
            total += _kibibytes(fields, "Pss_Anon") + _kibibytes(fields, "SwapPss")
        if time.monotonic() > deadline:
            return sys.maxsize
    return total


def beside(processes: list[int]) -> int:
    """Memory that is in no process and in no folder: memory files, shared pages, what pipes and sockets hold.

    Pipes and sockets count with what they may hold, a shared mapping whose file is not open with its size.
    """
    buffers: dict[str, int] = {}
    shared: dict[tuple[int, int, int], int] = {}
    opened: dict[tuple[int, int, int], int] = {}
    for process in processes:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{process}/fd"):
                path = f"/proc/{process}/fd/{name}"
                with contextlib.suppress(OSError):
                    link = os.readlink(path)
                    if link.startswith("pipe:"):
                        buffers[link] = PIPE_BYTES
                    elif link.startswith("socket:"):
                        buffers[link] = SOCKET_BYTES
                    elif link.startswith("/memfd:"):
                        found = os.stat(path)
                        key = os.major(found.st_dev), os.minor(found.st_dev), found.st_ino
                        opened[key] = found.st_blocks * 512
        with contextlib.suppress(OSError):
            for match in _SHARED.finditer(Path(f"/proc/{process}/maps").read_bytes()):
                start, end, offset, major, minor = (int(text, 16) for text in match.groups()[:5])
                key = major, minor, int(match[6])
                shared[key] = max(shared.get(key, 0), offset + end - start)
    return sum(buffers.values()) + sum((shared | opened).values())


def at_most_beside(processes: list[int]) -> int:
    """What `beside` cannot exceed, found out in a fraction of its time: it need not look where this is little."""
    shared = re.search(
        r"^Shmem: +([0-9]+) kB", Path("/proc/meminfo").read_text(encoding="ascii"), re.MULTILINE
    )
    if shared is None:
        return sys.maxsize
    descriptors = 0
    for process in processes:
        with contextlib.suppress(OSError):
            descriptors += len(os.listdir(f"/proc/{process}/fd"))
    return int(shared[1]) * 1024 + descriptors * SOCKET_BYTES


class Watch:
    """A thread that kills a child with its tree once it uses more than it may.

    Parameters
    ----------
    pid, handle : int
        Process 1 of the child's namespace, and a descriptor of it.
    limits : Limits
        What the child may use.
    group : Cgroup
        What of it the kernel keeps already.
    bare : bool
        Without walls there is no namespace, and nothing tells the child's processes from others.
    """

    def __init__(self, pid: int, handle: int, limits: Limits, group: Cgroup, *, bare: bool = False) -> None:
        self._pid, self._handle, self._limits, self._group = pid, handle, limits, group
        self._memory = not bare and "memory" not in group.controllers
        self._processes = not bare and "pids" not in group.controllers
        self._cpu = not bare and group.cpu_seconds is None
        self._before: dict[tuple[int, str], float] = {}
        self._gone = 0.0
        self.verdict: Verdict | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch-{pid}", daemon=True)
        if self._looks:
            sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_SECONDS))
        self._thread.start()

    @property
    def _looks(self) -> bool:
        return self._memory or self._processes or self._cpu

    def stop(self) -> None:
        """End the watching; from then on the descriptor is not used."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        shortest = pause = POLL_SECONDS if self._looks else CPU_POLL_SECONDS
        while not self._stopped.wait(pause):
            start = time.thread_time()  # on a busy machine more time passes than is used
            self.verdict = Verdict("error", "it could not be watched")  # if looking fails
            try:
                self.verdict = self._excess()
            finally:
                if self.verdict is not None:
                    with contextlib.suppress(ProcessLookupError):
                        signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            if self.verdict is not None:
                return
            pause = max(shortest, SHARE * (time.thread_time() - start))

    def _excess(self) -> Verdict | None:
        """The status and the reason to kill it, or None."""
        limits = self._limits
        if not self._looks:
            used = self._group.cpu_seconds or 0.0
            return _CPU if used > limits.cpu_seconds else None
        processes = members(self._pid)
        found = usage(self._pid, processes)
        if self._processes and found.threads > limits.processes:
            return Verdict("error", "it started more processes than it may")
        if self._cpu_seconds(found) > limits.cpu_seconds:
            return _CPU
        if self._memory:
            room = limits.memory_bytes - found.rest
            if found.pages + at_most_beside(processes) > room and pages(processes) + beside(processes) > room:
                return _MEMORY
        return None

    def _cpu_seconds(self, found: Usage) -> float:
        """CPU time of the tree: what the kernel has added up, or what was seen of processes that are gone."""
        told = self._group.cpu_seconds
        if told is not None:
            return told
        self._gone += sum(seconds for key, seconds in self._before.items() if key not in found.each)
        self._before = found.each
        return max(found.cpu_seconds, self._gone + sum(found.each.values()))
