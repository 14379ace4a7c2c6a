"""The trusted side's hold on the sandbox: start the warm process, fork children, ask, kill."""

from __future__ import annotations

import array
import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograder.errors import ExplainedError
from autograder.sandbox import devices as gpus
from autograder.sandbox import sight, walls
from autograder.sandbox.cgroups import Cgroup
from autograder.sandbox.inside.wire import Wire, WireClosed, WireError, WireTimeout
from autograder.sandbox.limits import Limits
from autograder.sandbox.replies import require_schema
from autograder.sandbox.sight import PACKAGE, VISIBLE
from autograder.sandbox.watch import LostStatus, Watch

STAND_INS = PACKAGE / "sandbox" / "inside" / "stand_ins"
COURSE = "/course"
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PYTHONSAFEPATH": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NBGRADER_EXECUTION": "autograde",
}
IMAGES = "/images"
START_SECONDS = 120.0
FORK_SECONDS = 20.0
POLL_SECONDS = 0.05


class SandboxBrokenError(ExplainedError):
    """The warm process did not start, or is gone."""


class ChildLost(Exception):
    """A child ended or was killed before it answered.

    Attributes
    ----------
    status : str
        ``timed_out``, ``out_of_memory``, ``malformed`` or ``error``.
    """

    def __init__(self, status: LostStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def command(
    program: str, images: Path | None, *, view: str, descriptor: int, devices: Sequence[str] = ()
) -> list[str]:
    """The bubblewrap command line of a warm process: everything that it can see, and nothing else.

    Raises
    ------
    autograder.sandbox.sight.VisibleCourseError
        The course cannot be kept out of sight.
    """
    driver = _driver(devices)
    environment = {
        **ENVIRONMENT,
        "HOME": "/tmp",  # noqa: S108
        # The user inside has no entry among the machine's, and some releases of torch ask for the name when imported.
        "LOGNAME": "student",
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": COURSE,
        "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108
        "IPYTHONDIR": "/tmp/ipython",  # noqa: S108
        "CIFAR10_ROOT": IMAGES,
        **driver,
    }
    line = [program, "--unshare-all", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
    line += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]
    for name, value in environment.items():
        line += ["--setenv", name, value]
    for source, target in sight.roots():
        line += ["--ro-bind-try", source, target]
    covered = sight.covers(images)
    for path in covered:
        line += ["--tmpfs", path]
    for path in sight.shown_again(covered):
        line += ["--ro-bind", path, path]
    if view == "numpy":
        bases = {"base": sys.base_prefix, "platbase": sys.base_prefix}
        paths = (
            *sys.path,
            sysconfig.get_path("purelib", vars=bases),
            sysconfig.get_path("platlib", vars=bases),
        )
        for name in ("torch", "torchvision"):
            for there in sorted({Path(p) / name for p in paths if (Path(p) / name).is_dir()}):
                line += ["--ro-bind", str(STAND_INS / "torch"), sight.inside(there)]
    for name in VISIBLE:
        if (PACKAGE / name).exists():
            line += ["--ro-bind", str(PACKAGE / name), f"{COURSE}/autograder/{name}"]
    line += ["--ro-bind", str(STAND_INS / "checks"), f"{COURSE}/autograder/checks"]
    if images is not None:
        line += ["--ro-bind", str(images), IMAGES]
    line += ["--proc", "/proc", "--dev", "/dev", "--size", str(64 * 2**20), "--tmpfs", "/tmp"]  # noqa: S108
    for folder in driver.values():
        if not any(Path(folder).is_relative_to(source) for source, _ in sight.roots()):
            line += ["--ro-bind", folder, folder]
    for path in gpus.system_paths() if devices else ():
        line += ["--ro-bind-try", path, path]
    for device in devices:
        line += ["--dev-bind", device, device]
    for path in covered:
        line += ["--remount-ro", path]
    line += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]  # noqa: S108
    python = sight.inside(Path(sys.prefix) / "bin" / Path(sys.executable).name)
    return [*line, "--", *warm_command(python, descriptor, view, "devices" if devices else "walled")]


def _driver(devices: Sequence[str]) -> dict[str, str]:
    """The variable that tells where the GPU's driver lies, where there are devices to drive and it is needed."""
    folder = gpus.driver_folder() if devices else None
    return {} if folder is None else {"LD_LIBRARY_PATH": folder}


def warm_command(python: str, descriptor: int, view: str, walling: str) -> list[str]:
    """The command line of the warm process itself."""
    return [python, "-m", "autograder.sandbox.inside.warm_process", str(descriptor), view, walling]


def bare_environment(images: Path | None, scratch: Path, devices: Sequence[str] = ()) -> dict[str, str]:
    """The environment of a warm process without walls: nothing of the caller's but the way to Python."""
    found = {"CIFAR10_ROOT": str(images)} if images is not None else {}
    folders = {name: str(scratch) for name in ("HOME", "TMPDIR", "MPLCONFIGDIR", "IPYTHONDIR")}
    return {
        **ENVIRONMENT,
        **found,
        **folders,
        **_driver(devices),
        "PATH": os.defpath,
        "PYTHONPATH": str(PACKAGE.parent),
    }


class Sandbox:
    """A warm process behind the outer wall; forks one child for each notebook.

    Parameters
    ----------
    images : pathlib.Path, optional
        Folder with the images that notebooks may see, as `autograder.data` writes it.
    with_torch : bool
        Whether torch is in view.
    limits : Limits, optional
        For every child.
    bare : bool
        Without any wall: student code can do all that the caller can. Only where
        ``--allow-unsandboxed`` was asked for.
    devices : sequence of str
        Device nodes in view beside the harmless ones, as `autograder.sandbox.devices.gpus` lists them.
    """

    def __init__(
        self,
        images: Path | None = None,
        *,
        with_torch: bool = True,
        limits: Limits | None = None,
        bare: bool = False,
        devices: Sequence[str] = (),
    ) -> None:
        if not bare:
            walls.require_walls()
        self.is_bare = bare
        self._scratch = tempfile.TemporaryDirectory(prefix="autograder-") if bare else None
        self.limits = limits or Limits()
        self._numbers = 0
        self._ahead: Child | None = None
        self._control, theirs = socket.socketpair()
        view, descriptor = "torch" if with_torch else "numpy", theirs.fileno()
        if self._scratch is not None:
            line = warm_command(sys.executable, descriptor, view, "bare")
            environment = bare_environment(images, Path(self._scratch.name), devices)
        else:
            program = walls.bubblewrap()
            assert program is not None
            try:
                line = command(program, images, view=view, descriptor=descriptor, devices=devices)
            except sight.VisibleCourseError as error:
                raise walls.NoSandboxError(
                    f"Nothing was graded: student code could see the course. {error}"
                ) from None
            environment = {}
        self._process = subprocess.Popen(
            line,
            env=environment,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            process_group=0,
        )
        # What bubblewrap has started may outlive it and hold this pipe: reading never waits.
        os.set_blocking(self._process.stderr.fileno(), False)  # type: ignore[union-attr]
        theirs.close()
        self._is_ready = False

    def _wait_until_ready(self) -> None:
        if self._is_ready:
            return
        deadline = time.monotonic() + START_SECONDS
        while self.is_alive and time.monotonic() < deadline:
            if select.select([self._control], [], [], POLL_SECONDS)[0]:
                break
        # What bubblewrap had begun may answer although bubblewrap itself was killed, and would outlive us.
        if not self.is_alive or "ready" not in self._reply(POLL_SECONDS):
            assert self._process.stderr is not None
            said = (self._process.stderr.read() or b"").decode(errors="replace").strip().splitlines()
            self.close()
            raise SandboxBrokenError(
                f"The sandbox did not start ({said[-1] if said else 'no message'}): `autograder doctor` says what "
                "this machine offers."
            )
        self._is_ready = True

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    @property
    def is_alive(self) -> bool:
        """Whether the warm process still runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of bubblewrap."""
        return self._process.pid

    def start(self, seconds: float | None = None) -> Child:
        """Fork a child, or take the one that was forked ahead, and wait until it is ready.

        Parameters
        ----------
        seconds : float, optional
            After which it is killed; by default the limit of one notebook.

        Raises
        ------
        SandboxBrokenError
            The warm process did not start, or is gone.
        """
        self._wait_until_ready()
        child, self._ahead = self._ahead or self._fork(), None
        child.wait_until_ready(self.limits.total_seconds if seconds is None else seconds)
        return child

    def fork_ahead(self) -> None:
        """Begin to fork the child that `start` gives next, where the warm process is ready; wait for nothing."""
        if self._is_ready and self._ahead is None:
            with contextlib.suppress(SandboxBrokenError):  # `start` will meet it too
                self._ahead = self._fork()

    def _fork(self) -> Child:
        self._numbers += 1
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        order = {
            "do": "fork",
            "number": self._numbers,
            "limits": self.limits.to_dict(),
            "refuse_calls": walls.refuses_calls(),
        }
        handed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()]))]
        try:
            self._control.sendmsg([json.dumps(order).encode()], handed)
        except OSError as error:
            ours.close()
            raise SandboxBrokenError(f"The sandbox's warm process is gone ({error}).") from None
        finally:
            theirs.close()
        return Child(self, self._numbers, ours)

    def kill(self, number: int) -> None:
        """Kill a child with its whole process tree, and wait until it is gone."""
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps({"do": "kill", "number": number}).encode())
            if self._reply(FORK_SECONDS).get("killed") == number:
                return
        self.close()

    def close(self) -> None:
        """End the warm process and all children.

        They die with bubblewrap once it has set them up; if it was killed before, they are still in its
        process group.
        """
        self._control.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()
        if self._scratch is not None:
            self._scratch.cleanup()
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.close()

    def _reply(self, seconds: float) -> dict[str, Any]:
        self._control.settimeout(seconds)
        try:
            return dict(json.loads(self._control.recv(65_536) or b"{}"))
        except (OSError, ValueError):
            return {}


class Child:
    """One forked child: runs the cells of one notebook and answers questions about it."""

    def __init__(self, sandbox: Sandbox, number: int, connection: socket.socket) -> None:
        self._sandbox = sandbox
        self._number = number
        self._limits = sandbox.limits
        self._connection = connection
        self._wire = Wire(connection, self._limits.answer_bytes)
        self._cgroup = Cgroup(self._limits)
        self._watch: Watch | None = None
        self.is_alive = True
        self.pid = 0
        self._handle: int | None = None
        self._ends = 0.0

    def wait_until_ready(self, seconds: float) -> None:
        """Wait until the warm process has forked it; from then on its time runs."""
        self._ends = time.monotonic() + seconds
        try:
            self.pid = _sender(self._connection, FORK_SECONDS)
            self._handle = os.pidfd_open(self.pid)
            if self._wire.receive(FORK_SECONDS).get("status") != "ready":
                raise WireError("not ready")
            self._cgroup.add(self.pid)
            bare = self._sandbox.is_bare
            self._watch = Watch(self.pid, self._handle, self._limits, self._cgroup, bare=bare)
        except (WireError, WireClosed, WireTimeout, OSError) as error:
            self.close()
            raise SandboxBrokenError(f"A child of the sandbox did not start ({error}).") from None

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def put_file(self, name: str, content: bytes) -> None:
        """Write one file of the submission into the child's working folder."""
        blob = np.frombuffer(content, dtype=np.uint8)
        self._exchange({"kind": "file", "name": name, "content": blob}, 60.0)

    def leave_out(self, sources: list[str], figures: list[int]) -> dict[str, Any]:
        """Ask which figures need not run; see `autograder.sandbox.inside.figures`."""
        return self._exchange({"kind": "leave_out", "sources": sources, "figures": figures}, 10.0)

    def libraries(self, sources: list[str], asked: list[tuple[int, str]]) -> dict[str, Any]:
        """Ask what the text says; see `autograder.sandbox.inside.libraries` and `….hidden_names`."""
        return self._exchange({"kind": "libraries", "sources": sources, "asked": asked}, 10.0)

    def run_cell(self, source: str, *, asserts: bool = True) -> dict[str, Any]:
        """Run a cell, with its `assert` statements or without; see `autograder.sandbox.inside.shell.run_cell`.

        Raises
        ------
        ChildLost
            The child ended, or defied its limits and was killed.
        SandboxBrokenError
            The warm process ended, which is no fault of the child's.
        """
        seconds = self._limits.cell_seconds
        return self._exchange(
            {"kind": "cell", "source": source, "seconds": seconds, "asserts": asserts}, seconds
        )

    def look(self, subjects: list[str], may_be_none: Sequence[str] = ()) -> dict[str, Any]:
        """Ask whether names are defined, and none but these is None."""
        return self._exchange({"kind": "look", "subjects": subjects, "may_be_none": list(may_be_none)}, 10.0)

    def ask(
        self,
        probe: str,
        function: str,
        subjects: list[str],
        question: dict[str, Any],
        seconds: float | None = None,
    ) -> dict[str, Any]:
        """Put a question to a probe about the student's objects of these names.

        It is interrupted after `seconds`, by default the limit of a question.

        Raises
        ------
        ChildLost
            As in `run_cell`.
        """
        seconds = self._limits.question_seconds if seconds is None else seconds
        message = {
            "kind": "ask",
            "probe": probe,
            "function": function,
            "subjects": subjects,
            "question": question,
            "seconds": seconds,
        }
        return self._exchange(message, seconds)

    def close(self) -> None:
        """Kill the child with its whole tree, if it still runs, and wait until it is gone.

        Process 1 of the child's namespace is killed from here: the kernel then kills all others in
        it, whatever they have done to outlive it.
        """
        if not self.is_alive:
            return
        self.is_alive = False
        self._wire.close()
        if self._watch is not None:
            self._watch.stop()
        if self._sandbox.is_bare and self._handle is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        self._sandbox.kill(self._number)
        if self._handle is not None:
            select.select([self._handle], [], [], FORK_SECONDS)
            os.close(self._handle)
            self._handle = None
        self._cgroup.close()

    def _exchange(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send a message and wait for the reply; whatever goes wrong ends the child."""
        if not self.is_alive:
            raise ChildLost("error", "the process had ended before")
        deadline = min(time.monotonic() + seconds + self._limits.grace_seconds, self._ends)
        ended = False
        try:
            self._wire.send(message, deadline - time.monotonic())
            reply = self._wire.receive(deadline - time.monotonic())
            return require_schema(message["kind"], reply)
        except WireTimeout:
            lost = ChildLost("timed_out", "it did not stop when its time was up, and was killed")
        except WireClosed:
            ended = True
            status: LostStatus = "out_of_memory" if self._cgroup.ran_out_of_memory else "error"
            lost = ChildLost(status, "its process ended by itself")
        except WireError as error:
            lost = ChildLost("malformed", str(error))
        self.close()
        if self._watch is not None and self._watch.verdict is not None:
            lost = ChildLost(self._watch.verdict.status, self._watch.verdict.reason)
        elif ended and not self._sandbox.is_alive:
            raise SandboxBrokenError("The sandbox's warm process ended, and its children with it.")
        raise lost


def _sender(connection: socket.socket, seconds: float) -> int:
    """Process id, as seen from here, of whoever wrote what lies in the socket."""
    connection.settimeout(seconds)
    size = struct.calcsize("3i")
    _, ancillary, _, _ = connection.recvmsg(1, socket.CMSG_SPACE(size), socket.MSG_PEEK)
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            return int(struct.unpack("3i", content[:size])[0])
    raise OSError("the kernel does not say who is at the other end")
