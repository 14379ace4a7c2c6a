"""Where no control group keeps a limit, a thread keeps it for as long as a child lives, whatever it waits for."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.sandbox import cgroups, watch
from autograder.sandbox.launch import Child, ChildLost, Sandbox
from tests.sandbox.test_sandbox import LIMITS, MIB, _has_ended, printed, pytestmark  # noqa: F401

TIGHT = replace(LIMITS, cell_seconds=20, memory_bytes=400 * MIB, processes=30, cpu_seconds=2)
# Children that burn pile up on a busy machine: no other limit may be met first.
ONLY_CPU = replace(TIGHT, memory_bytes=20_000 * MIB, processes=400)
FOUND = cgroups.cgroup_parent
STALL = "import os\nos.write(3, b'\\0')\n"
"""One byte of a reply: whoever waits for the rest looks at nothing else."""
MEMORY = {
    "in threads behind one byte of a reply": STALL + "x = []\nimport threading, time\ndef eat():\n    while True: x.append(bytearray(10_000_000))\nthreading.Thread(target=eat).start()\ntime.sleep(30)",
    "in memory files": "import os\nkept = [os.memfd_create('x') for _ in range(100)]\nfor fd in kept: os.write(fd, b'x' * 8_000_000)\nimport time\ntime.sleep(30)",
    "in a memory file that is mapped and closed": "import os, mmap, time\nkept = []\nfor _ in range(100):\n    fd = os.memfd_create('x')\n    os.write(fd, b'x' * 8_000_000)\n    kept.append(mmap.mmap(fd, 8_000_000))\n    os.close(fd)\ntime.sleep(30)",
    "in shared pages that are let go": "import mmap, time\nkept = []\nfor _ in range(100):\n    kept.append(mmap.mmap(-1, 8_388_608))\n    kept[-1].write(b'x' * 8_388_608)\n    kept[-1].madvise(mmap.MADV_DONTNEED)\ntime.sleep(30)",
    "in sockets": "import os, socket, time\nkept = []\nfor _ in range(6):\n    if os.fork() == 0:\n        for _ in range(240): kept.append(socket.socketpair())\n        break\ntime.sleep(30)",
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cgroups, "cgroup_parent", lambda controller: None)
        with Sandbox(with_torch=False, limits=TIGHT) as made:
            yield made


@pytest.fixture
def child(sandbox: Sandbox) -> Iterator[Child]:
    with sandbox.start() as made:
        yield made


def lost_within(child: Child, source: str, seconds: float) -> ChildLost:
    start = time.monotonic()
    with pytest.raises(ChildLost) as lost:
        child.run_cell(source)
    assert time.monotonic() - start < seconds
    assert _has_ended(child.pid)
    return lost.value


def ends_within(child: Child, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not _has_ended(child.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return _has_ended(child.pid)


@pytest.mark.parametrize("source", MEMORY.values(), ids=MEMORY.keys())
def test_memory_is_seen_wherever_it_is(child: Child, source: str) -> None:
    assert lost_within(child, source, 15).status == "out_of_memory"


def test_what_children_share_counts_once(child: Child) -> None:
    code = "import os, time\nkept = bytearray(100_000_000)\nfor _ in range(6):\n    if os.fork() == 0: time.sleep(60)\ntime.sleep(1)\nprint('there')"
    assert printed(child, code) == "there\n"


def test_files_count_as_memory(sandbox: Sandbox) -> None:
    few = replace(TIGHT, writable_bytes=600 * MIB, memory_bytes=400 * MIB)
    with Sandbox(with_torch=False, limits=few) as roomy, roomy.start() as child:
        code = (
            "import time\nfor i in range(60): open(f'/tmp/{i}', 'wb').write(bytes(8_000_000))\ntime.sleep(30)"
        )
        assert lost_within(child, code, 15).status == "out_of_memory"


def test_processes_are_counted_while_half_a_reply_is_awaited(child: Child) -> None:
    code = STALL + "import time\nfor _ in range(200):\n    if os.fork() == 0: time.sleep(60)\ntime.sleep(30)"
    assert str(lost_within(child, code, 15)) == "it started more processes than it may"


def test_a_child_is_watched_between_the_questions_too(child: Child) -> None:
    code = (
        "import threading, time\nx = []\ndef eat():\n    time.sleep(1)\n    while True: x.append(bytearray(10_000_000))\n"
        "threading.Thread(target=eat, daemon=True).start()"
    )
    assert child.run_cell(code)["status"] == "ok"
    assert ends_within(child, 15)
    with pytest.raises(ChildLost) as lost:
        child.run_cell("1")
    assert lost.value.status == "out_of_memory"


def test_a_look_that_waits_for_its_turn_is_followed_by_the_next_one(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, members = [], watch.members

    def late(pid: int) -> list[int]:
        time.sleep(1)
        looks.append(pid)
        return members(pid)

    monkeypatch.setattr(watch, "members", late)
    with sandbox.start():
        deadline = time.monotonic() + 20
        while len(looks) < 4 and time.monotonic() < deadline:
            time.sleep(0.05)
    assert len(looks) >= 4


@pytest.mark.parametrize("grouped", [False, True], ids=["watched", "in a control group"])
@pytest.mark.parametrize("how", ["in children", "in children that nobody waits for"])
def test_cpu_time_is_that_of_all_processes(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, grouped: bool, how: str
) -> None:
    if grouped:
        monkeypatch.setattr(cgroups, "cgroup_parent", FOUND)
        if cgroups.Cgroup(ONLY_CPU).cpu_seconds is None:
            pytest.skip("no control group tells CPU time here")
    ignored = "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    burn = "import os, time\ndef burn():\n    end = time.process_time() + 0.3\n    while time.process_time() < end: pass\n"
    rounds = "while True:\n    for _ in range(8):\n        if os.fork() == 0: burn(); os._exit(0)\n    time.sleep(0.1)"
    with Sandbox(with_torch=False, limits=ONLY_CPU) as roomy, roomy.start() as child:
        lost = lost_within(child, (ignored if "nobody" in how else "") + burn + rounds, 18)
    assert str(lost) == "its processes together used more CPU time than they may"
    assert lost.status == "timed_out"


def test_the_watching_ends_with_the_child_and_leaves_an_honest_one_alone(sandbox: Sandbox) -> None:
    with sandbox.start() as child:
        assert printed(child, "import time\ntime.sleep(1)\nprint(sum(range(10)))") == "45\n"
        assert any(thread.name == f"watch-{child.pid}" for thread in threading.enumerate())
    assert not any(thread.name == f"watch-{child.pid}" for thread in threading.enumerate())


def test_scratch_and_shared_memory_are_one_budget(child: Child) -> None:
    code = (
        "said = []\nfor folder in ('/tmp', '/dev/shm'):\n    try:\n        for i in range(3): open(f'{folder}/{i}', 'wb').write(bytes(4_000_000))\n"
        "        said.append('written')\n    except OSError as error: said.append(error.strerror)\nprint(said)"
    )
    assert printed(child, code) == "['written', 'No space left on device']\n"


def test_a_process_that_is_not_there_uses_nothing() -> None:
    from autograder.sandbox import watch

    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    assert not Path(f"/proc/{gone}").exists()
    assert watch.usage(gone) == watch.Usage(0, 0, 0, 0.0, {})
