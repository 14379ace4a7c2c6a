"""Every limit of the sandbox, named and with its default."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """What one submission may use, its whole process tree together.

    Attributes
    ----------
    cell_seconds : float
        Wall time of one cell; it is interrupted then, and the cells after it run.
    question_seconds : float
        Wall time of one question to a probe.
    grace_seconds : float
        How much later code that defies the interruption is killed.
    total_seconds : float
        Wall time of one notebook.
    memory_bytes : int
        Memory of all processes together.
    address_bytes : int
        Address space of one process (torch maps far more than it uses).
    processes : int
        Processes and threads.
    cores : float
        Processors that all processes together may keep busy, where a cgroup keeps it.
    cpu_seconds : int
        CPU time of all processes together.
    file_bytes : int
        Size of one file.
    writable_bytes : int
        All files together, in ``/tmp`` and ``/dev/shm``.
    files : int
        Number of files.
    open_files : int
        Open descriptors of one process.
    answer_bytes : int
        Arrays in one answer.
    """

    cell_seconds: float = 60.0
    question_seconds: float = 60.0
    grace_seconds: float = 5.0
    total_seconds: float = 600.0
    memory_bytes: int = 8_192 * MIB
    address_bytes: int = 65_536 * MIB
    processes: int = 128
    cores: float = 2.0
    cpu_seconds: int = 900
    file_bytes: int = 64 * MIB
    writable_bytes: int = 256 * MIB
    files: int = 4_096
    open_files: int = 512
    answer_bytes: int = 64 * MIB

    def to_dict(self) -> dict[str, Any]:
        """All limits by name."""
        return asdict(self)
