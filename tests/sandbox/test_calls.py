"""The filter of system calls refuses what no notebook needs, and leaves alone what notebooks do."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

import pytest

from autograder import doctor
from autograder.sandbox import walls
from autograder.sandbox.inside import calls
from autograder.sandbox.launch import Child, Sandbox
from tests.sandbox.test_sandbox import LIMITS, printed, pytestmark  # noqa: F401

AT = (
    list(calls.ARCHITECTURES).index(os.uname().machine) if os.uname().machine in calls.ARCHITECTURES else None
)
FILTERED = pytest.mark.skipif(not walls.refuses_calls(), reason="this machine has no filter of system calls")
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
CALL = (
    "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    "def call(*a):\n    r = libc.syscall(*[ctypes.c_long(x) for x in a])\n    return r if r >= 0 else -ctypes.get_errno()\n"
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(limits=LIMITS) as made:
        yield made


@pytest.fixture
def child(sandbox: Sandbox) -> Iterator[Child]:
    with sandbox.start() as made:
        yield made


@FILTERED
class TestRefused:
    def test_every_call_on_the_list(self, child: Child) -> None:
        numbers = {name: numbers[AT] for name, numbers in calls.CALLS.items() if numbers[AT] is not None}  # type: ignore[index]
        said = printed(
            child, f"{CALL}print([n for n, k in {numbers}.items() if call(k, 0, 0, 0, 0, 0, 0) != {-EPERM}])"
        )
        assert said == "[]\n"

    @pytest.mark.parametrize("flags", [0x10000000, 0x20000, 0x20000000, 0x40000000, 0x80, 0x12000000])
    def test_namespaces(self, child: Child, flags: int) -> None:
        code = f"{CALL}ctypes.set_errno(0)\nprint(libc.unshare({flags}), ctypes.get_errno())"
        assert printed(child, code) == f"-1 {EPERM}\n"

    @pytest.mark.parametrize("flags", [0x10000000, 0x20000, 0x12020000])
    def test_clones_into_new_namespaces_and_the_clone_whose_flags_cannot_be_read(
        self, child: Child, flags: int
    ) -> None:
        clone, clone3 = calls.CLONE[AT], calls.CLONE3[AT]  # type: ignore[index]
        code = f"{CALL}import os, signal\nprint(call({clone}, {flags} | signal.SIGCHLD, 0, 0, 0, 0), call({clone3}, 0, 0))"
        assert printed(child, code) == f"{-EPERM} {-ENOSYS}\n"

    def test_keyrings(self, child: Child) -> None:
        number = calls.CALLS["keyctl"][AT]  # type: ignore[index]
        assert printed(child, f"{CALL}print(call({number}, 0, -3, 0))") == f"{-EPERM}\n"

    @pytest.mark.parametrize("family", ["AF_VSOCK", "AF_ALG", "AF_PACKET", "AF_CAN"])
    def test_sockets_that_know_no_network_namespace(self, child: Child, family: str) -> None:
        code = f"import socket\ntry: socket.socket(socket.{family}, socket.SOCK_STREAM)\nexcept OSError as e: print(e.errno)"
        assert printed(child, code) == f"{EAFNOSUPPORT}\n"

    def test_it_holds_in_programs_that_are_started_and_cannot_be_taken_off(self, child: Child) -> None:
        number = calls.CALLS["unshare"][AT]  # type: ignore[index]
        inner = f"{CALL}print(libc.prctl(22, 0, 0, 0, 0), call({number}, 0x10000000))"
        code = f"import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', {inner!r}], capture_output=True, text=True).stdout)"
        assert printed(child, code).split() == ["-1", f"{-EPERM}"]


class TestNotebooksWork:
    def test_threads_of_python_and_torch(self, child: Child) -> None:
        code = (
            "import threading, torch\nfrom concurrent.futures import ThreadPoolExecutor\ntorch.set_num_threads(2)\n"
            "x = torch.randn(512, 512, requires_grad=True)\n(x @ x).sum().backward()\n"
            "print(sum(ThreadPoolExecutor(4).map(lambda n: n * n, range(10))), tuple(x.grad.shape))"
        )
        assert printed(child, code) == "285 (512, 512)\n"

    def test_processes(self, child: Child) -> None:
        code = (
            "import multiprocessing, os, subprocess, sys\n"
            "print(subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True).stdout)\n"
            "print(os.system('true'), os.waitstatus_to_exitcode(os.waitpid(os.fork() or os._exit(3), 0)[1]))\n"
            "with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1, -2]))"
        )
        assert printed(child, code).split() == ["42", "0", "3", "[1,", "2]"]

    def test_loading_data_in_other_processes(self, child: Child) -> None:
        code = (
            "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
            "data = TensorDataset(torch.arange(8.0))\nprint(sum(x.sum().item() for x, in DataLoader(data, 4, num_workers=2)))"
        )
        assert printed(child, code) == "28.0\n"

    def test_sockets_and_event_loops(self, child: Child) -> None:
        code = (
            "import asyncio, socket\na, b = socket.socketpair()\na.send(b'x')\n"
            "async def answer():\n    await asyncio.sleep(0)\n    return 42\n"
            "loop = asyncio.new_event_loop()\nprint(b.recv(1), loop.run_until_complete(answer()))"
        )
        assert printed(child, code) == "b'x' 42\n"


def test_where_it_cannot_be_had_children_start_without_it_and_the_level_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "PROGRAM", None)
    without = walls.survey.__wrapped__()
    monkeypatch.setattr(walls, "survey", lambda: without)
    assert walls.CALL_FILTER not in walls.level()
    assert walls.missing() == []
    with Sandbox(with_torch=False, limits=LIMITS) as sandbox, sandbox.start() as child:
        assert printed(child, "print(open('/proc/cpuinfo').read() != '')") == "True\n"


@FILTERED
def test_where_it_can_be_had_the_level_and_doctor_say_so(tmp_path: object) -> None:
    assert walls.CALL_FILTER in walls.level()
    assert (True, walls.CALL_FILTER) in [(there, what) for there, what, _ in doctor.findings(tmp_path)]  # type: ignore[arg-type]


@pytest.mark.parametrize("machine", calls.ARCHITECTURES)
def test_the_program_decides_as_the_list_says_on_every_architecture(machine: str) -> None:
    """Run by an interpreter of the four instructions that it is made of."""
    program = calls.program(machine)
    assert program is not None
    lines = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]

    def decided(number: int, argument: int = 0, architecture: int = calls.ARCHITECTURES[machine]) -> int:
        data = struct.pack("=IIQQ", number, architecture, 0, argument)
        word, at = 0, 0
        while True:
            code, yes, no, value = lines[at]
            at += 1
            if code == 0x06:
                return value & 0xFFFF if value >> 16 == 5 else 0
            if code == 0x20:
                (word,) = struct.unpack_from("=I", data, value)
            else:
                holds = {0x15: word == value, 0x35: word >= value, 0x45: bool(word & value)}[code]
                at += yes if holds else no

    at = list(calls.ARCHITECTURES).index(machine)
    refused = {numbers[at] for numbers in calls.CALLS.values()} - {None}
    special = {calls.CLONE[at], calls.CLONE3[at], calls.SOCKET[at], calls.SOCKETPAIR[at]}
    assert len(refused) == sum(numbers[at] is not None for numbers in calls.CALLS.values())
    assert not refused & special
    for number in set(range(600)) - special:
        assert decided(number) == (EPERM if number in refused else 0), number
    assert decided(calls.CLONE3[at]) == ENOSYS
    assert decided(calls.CLONE[at], 0x11) == decided(calls.CLONE[at], 0x3D0F00) == 0
    for flag in (0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert decided(calls.CLONE[at], flag | 0x11) == EPERM
    assert [decided(calls.SOCKET[at], family) for family in (1, 2, 10, 16)] == [0] * 4
    assert decided(calls.SOCKET[at], 40) == EAFNOSUPPORT
    assert decided(0, architecture=0x40000003) == EPERM
    assert machine != "x86_64" or decided(calls.X32 | 39) == ENOSYS


def test_other_machines_are_not_known() -> None:
    assert calls.program("riscv64") is None
