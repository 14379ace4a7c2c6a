"""Using up what others need: processes, memory, disk, time, and the patience of whatever reads the replies."""

# ruff: noqa: E501  (a payload is one cell)

from __future__ import annotations

import base64
import json
import os
import time
import zlib

import nbformat
import pytest

from autograder import sanitise
from tests.redteam.arena import MIB, Arena, Attack, own_cell

LOST = ("ok", "error", "timed_out", "out_of_memory", "malformed")
DEFY = "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\nfor s in (2, 14, 15): signal.signal(s, signal.SIG_IGN)\n"
ATTACKS = [
    Attack("53", "fork bomb", "the machine stalls", cell="import os, time\nn = 0\ntry:\n    while n < 300:\n        if os.fork() == 0: time.sleep(60); os._exit(0)\n        n += 1\nexcept OSError: pass", ends=LOST),
    Attack("53b", "thread bomb", "the machine stalls", cell="import threading, time\ntry:\n    for _ in range(300): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nexcept RuntimeError: pass", ends=LOST),
    Attack("54", "memory bomb", "the neighbours are killed for memory", cell="x = []\nwhile len(x) < 60: x.append(bytearray(50_000_000))", ends=LOST),
    Attack("54b", "memory bomb by mmap in children", "each process alone stays below its limit", cell="import mmap, os, time\nfor _ in range(20):\n    if os.fork() == 0:\n        m = mmap.mmap(-1, 100_000_000)\n        m.write(b'x' * 100_000_000)\n        time.sleep(30)\n        os._exit(0)\ntime.sleep(2)", ends=LOST),
    Attack("54c", "memory bomb in memory files", "memory that belongs to no process", cell="import os\nkept = []\nfor _ in range(40):\n    fd = os.memfd_create('x')\n    try:\n        for _ in range(4): os.write(fd, b'x' * 8_000_000)\n    except OSError: pass\n    kept.append(fd)", ends=LOST),
    Attack("54d", "memory bomb while a question is answered", "the grader's call fails", answers={"linear": "class Linear(Module):\n    def __init__(self, *a): self.x = []\n    @property\n    def W(self):\n        while len(self.x) < 60: self.x.append(bytearray(50_000_000))\n    b = W"}),
    Attack("55", "endless output", "the grader's own memory", cell="import sys\nwhile True: sys.stdout.write('x' * 100_000)", ends=("timed_out",)),
    Attack("55b", "a frame without end", "the grader's own memory", cell="import os\nos.write(3, b'\\x00\\xff\\xff\\xff\\x00\\x00\\x00\\x00')\nwhile True: os.write(3, b'x' * 65536)", ends=LOST),
    Attack("55c", "an enormous display", "notebooks and pages swell", cell="from IPython.display import display\nfor _ in range(300): display({'text/plain': 'x' * 1_000_000, 'image/png': 'iVBORw0KGgo' + 'A' * 1_000_000}, raw=True)", ends=LOST),
    Attack("56", "a full disk", "later submissions fail", cell="import os\nfor i in range(100):\n    try: open(f'/tmp/{i}', 'wb').write(bytes(4_000_000))\n    except OSError as error: said = error.strerror; break\nprint(said)", shows="No space left"),
    Attack("56b", "all inodes", "later submissions fail", cell="for i in range(5000):\n    try: open(f'/tmp/f{i}', 'w').close()\n    except OSError as error: said = error.strerror; break\nprint(said)", shows="No space left"),
    Attack("56c", "sparse files", "quotas by apparent size", cell="import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\ntry: open('/tmp/x', 'wb').truncate(10 ** 12)\nexcept OSError as error: print(error.strerror)", shows="File too large"),
    Attack("56d", "shared memory", "a tmpfs of the machine fills up", cell="said = ''\nfor i in range(100):\n    try: open(f'/dev/shm/{i}', 'wb').write(bytes(4_000_000))\n    except OSError as error: said = error.strerror; break\nprint(said)", shows="No space left"),
    Attack("58", "a loop that ignores the interruption", "the time limit never returns", cell=DEFY + "while True:\n    try:\n        while True: pass\n    except BaseException: pass", ends=("timed_out",)),
    Attack("58b", "a loop in C", "the interruption waits for the interpreter", cell="import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')", ends=("timed_out",)),
    Attack("58c", "a process that stops itself", "neither running nor done", cell="import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nimport threading\nl = threading.Lock(); l.acquire()\n" + DEFY + "l.acquire()", ends=LOST),
    Attack("59", "sleep", "a limit on CPU time is dodged", cell="import time\ntime.sleep(600)", ends=("timed_out",)),
    Attack("59b", "work in children", "a limit on the parent's time is dodged", cell="import os\nfor _ in range(4):\n    if os.fork() == 0:\n        while True: pass"),
    Attack("59c", "an endless answer", "one question blocks the grader", answers={"relu": "class ReLU(Module):\n    def forward(self, x):\n        while True:\n            try:\n                while True: pass\n            except KeyboardInterrupt: pass"}),
    Attack("60", "threads of the numerical libraries", "the neighbours time out", cell="import os\nos.environ['OMP_NUM_THREADS'] = os.environ['OPENBLAS_NUM_THREADS'] = '64'\nimport threading\nfor _ in range(8): (np.random.rand(300, 300) @ np.random.rand(300, 300)).sum()\nprint('threads', threading.active_count() < 40)", shows="threads True"),
    Attack("60b", "descriptors", "the table of open files of the machine", cell="import os\nkept = []\ntry:\n    while True: kept.append(os.dup(0))\nexcept OSError as error: print('open', len(kept) < 520)\nfor fd in kept: os.close(fd)", shows="open True"),
    Attack("60c", "an open lock on the pack's files", "whoever waits for it waits for ever", cell="import fcntl, numpy, autograder\nkept = []\nfor module in (numpy, autograder):\n    kept.append(open(module.__file__))\n    fcntl.flock(kept[-1], fcntl.LOCK_EX)"),
    Attack("60d", "a priority of its own", "the neighbours wait", cell="import os\ntry: os.nice(-10); print('raised')\nexcept OSError: print('refused')\ntry: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)); print('raised')\nexcept OSError: pass", shows="refused", hides=("raised",)),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_the_next_student_has_all_that_is_needed(arena: Arena, attack: Attack) -> None:
    before = len(os.listdir("/dev/shm")), len(os.listdir("/tmp"))
    start = time.monotonic()
    arena.withstand(attack)
    assert time.monotonic() - start < 60
    assert (len(os.listdir("/dev/shm")), len(os.listdir("/tmp"))) <= (before[0] + 50, before[1] + 50)


def _many_cells() -> bytes:
    return (
        b'{"cells": ['
        + b'{"cell_type": "raw", "source": ""},' * 200_000
        + b'{"cell_type": "raw", "source": ""}]}'
    )


def _deep() -> bytes:
    return b'{"cells": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"


def _bomb() -> bytes:
    """What a decompressor would make of it is a thousand times larger; nobody decompresses it."""
    return zlib.compress(b"[" * 50_000_000)


def _large() -> bytes:
    return b" " * (sanitise.NOTEBOOK_BYTES + 1)


def _digits() -> bytes:
    return b'{"cells": [], "nbformat": ' + b"9" * 5_000_000 + b"}"


def _little_objects() -> bytes:
    return b'{"cells": [' + b"{}," * 3_000_000 + b"{}]}"


def _images() -> bytes:
    cell = own_cell("1")
    picture = base64.b64encode(b"\x89PNG" + b"x" * MIB).decode()
    cell["outputs"] = [{"output_type": "display_data", "data": {"image/png": picture, "image/svg+xml": "<svg>" * 50_000}, "metadata": {}}]  # fmt: skip
    return json.dumps({"cells": [cell] * 12, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


def _nothing() -> bytes:
    return b""


@pytest.mark.parametrize(
    "make", [_many_cells, _deep, _bomb, _large, _digits, _little_objects, _images, _nothing]
)
def test_57_a_file_that_is_a_bomb_earns_nothing_and_costs_little(arena: Arena, make: object) -> None:
    raw = make()  # type: ignore[operator]
    start = time.monotonic()
    report = arena.withstand(Attack("57", "", ""), raw=raw)
    assert report.score == 0
    assert time.monotonic() - start < 40


def test_57_a_notebook_with_thousands_of_small_cells_is_graded(arena: Arena) -> None:
    many = lambda cells: [*cells, *[own_cell("", "markdown") for _ in range(1_900)]]  # noqa: E731
    arena.withstand(Attack("57", "", "", edit=many))
    nbformat.validate(arena.require_recorded(arena.honest))


def test_58_no_number_of_killed_cells_is_endless(arena: Arena) -> None:
    kill = lambda cells: [own_cell("import os\nos._exit(0)") for _ in range(30)] + cells  # noqa: E731
    report = arena.withstand(Attack("58", "", "", edit=kill, ends=LOST))
    assert report.notebooks[0].restarts <= 4
