"""The warm process: imports the libraries once, then forks one child for each submission.

It runs inside the sandbox's outer wall, holds no secret, and never sees what a submission holds: the wire
of each child is handed to it as a file descriptor.
"""

from __future__ import annotations

import array
import contextlib
import functools
import gc
import importlib
import io
import json
import os
import select
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

NUMPY_MODULES = ("numpy", "pandas", "sklearn.datasets", "sklearn.linear_model", "sklearn.metrics")
TORCH_MODULES = (
    "torch",
    "torchvision",
    "torchvision.transforms",
    "torchvision.datasets",
    "torch.utils.data",
    "autograder.training",
)
COMMON_MODULES = (
    "IPython",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "tqdm.auto",
    "autograder.sandbox.inside.calls",
    "autograder.sandbox.inside.far_end",
    "autograder.sandbox.inside.namespaces",
    "autograder.plots.style",
    "autograder.data",
)


def main() -> None:
    """Import, say so, and serve the control socket whose descriptor is the first argument."""
    control = socket.socket(fileno=int(sys.argv[1]))
    with_torch = sys.argv[2] == "torch"
    become_child = CHILDREN[sys.argv[3]]
    os.environ.setdefault("MPLBACKEND", "agg")
    for name in (*COMMON_MODULES, *NUMPY_MODULES, *(TORCH_MODULES if with_torch else ())):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if with_torch:
        import torch

        torch.set_num_threads(1)
    from autograder.sandbox.inside.shell import make_shell

    _draw_once()
    make_shell()
    gc.collect()
    gc.freeze()
    control.sendall(json.dumps({"ready": True}).encode() + b"\n")
    Warm(control, become_child).run()


def _draw_once() -> None:
    """Draw a figure with a formula: matplotlib finds its fonts now, and not in every child."""
    import matplotlib.pyplot as plt

    with plt.rc_context():
        figure, axes = plt.subplots()
        axes.plot([0, 1], label="$x$")
        axes.legend()
        figure.savefig(io.BytesIO(), bbox_inches="tight")
        plt.close(figure)


class Warm:
    """Forks children and kills them when told to, or when they end."""

    def __init__(self, control: socket.socket, become_child: Callable[[int, dict[str, Any]], None]) -> None:
        self._control = control
        self._become_child = become_child
        self._children: dict[int, int] = {}

    def run(self) -> None:
        """Serve until the control socket closes."""
        while True:
            select.select([self._control], [], [], 0.5)
            self._reap()
            try:
                data, ancillary, _, _ = self._control.recvmsg(
                    65_536, socket.CMSG_SPACE(4), socket.MSG_DONTWAIT
                )
            except BlockingIOError:
                continue
            if not data:
                break
            self._obey(json.loads(data), ancillary)
        for pid in list(self._children.values()):
            self._kill(pid)

    def _obey(self, command: dict[str, Any], ancillary: list[Any]) -> None:
        number = int(command["number"])
        if command["do"] == "fork":
            descriptors = array.array("i")
            descriptors.frombytes(ancillary[0][2][:4])
            self._children[number] = self._fork(descriptors[0], command)
            os.close(descriptors[0])
        elif command["do"] == "kill" and number in self._children:
            self._kill(self._children.pop(number))
            self._control.sendall(json.dumps({"killed": number}).encode() + b"\n")
        elif command["do"] == "kill":
            self._control.sendall(json.dumps({"killed": number}).encode() + b"\n")

    def _fork(self, wire: int, order: dict[str, Any]) -> int:
        pid = os.fork()
        if pid:
            return pid
        try:
            self._control.close()
            self._become_child(wire, order)
        finally:
            os._exit(1)

    def _reap(self) -> None:
        for number, pid in list(self._children.items()):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0]:
                    del self._children[number]

    def _kill(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _become_child(wire: int, order: dict[str, Any], *, driver: bool = False) -> None:
    """Move into namespaces of its own, and serve the wire as process 1 there; with `driver`, a GPU's works in it.

    The process between waits for process 1: when it is killed, process 1 dies with it, and the kernel
    then kills all that is left in the namespace.
    """
    from autograder.sandbox.inside import calls, far_end, namespaces
    from autograder.sandbox.inside.wire import Wire

    limits = order["limits"]
    namespaces.die_with_parent()
    os.setsid()
    namespaces.unshare_all()
    inner = os.fork()
    if inner:
        os.closerange(3, 4096)
        os.waitpid(inner, 0)
        os._exit(0)
    namespaces.die_with_parent()
    os.dup2(wire, 3)
    os.closerange(4, 4096)
    namespaces.detach_from_terminal()
    namespaces.mount_own_files(int(limits["writable_bytes"]), int(limits["files"]), driver=driver)
    far_end.set_limits(limits)
    namespaces.drop_privileges()
    if order["refuse_calls"]:
        calls.refuse_calls()
    connection = Wire(socket.socket(fileno=3))
    connection.send({"status": "ready"})
    far_end.serve(connection, Path("/tmp/work"))  # noqa: S108  (the child's own)
    os._exit(0)


def _become_bare_child(wire: int, order: dict[str, Any]) -> None:
    """Serve the wire without any wall, in a process group and a scratch folder of its own."""
    from autograder.sandbox.inside import far_end
    from autograder.sandbox.inside.wire import Wire

    os.setsid()
    os.dup2(wire, 3)
    os.closerange(4, 4096)
    connection = Wire(socket.socket(fileno=3))
    connection.send({"status": "ready"})
    far_end.serve(connection, Path(tempfile.mkdtemp()))
    os._exit(0)


CHILDREN: dict[str, Callable[[int, dict[str, Any]], None]] = {
    "walled": _become_child,
    "devices": functools.partial(_become_child, driver=True),
    "bare": _become_bare_child,
}
"""By the third argument."""

if __name__ == "__main__":
    main()
