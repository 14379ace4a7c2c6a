"""The largest inputs that are read at all cost little memory and time, and promises that are not kept cost none."""

from __future__ import annotations

import ctypes
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from autograder import sanitise
from autograder.sandbox.inside import wire
from autograder.sandbox.inside.wire import JSON_LIMIT, Wire, WireError, WireTimeout, encode
from autograder.sanitise import NOTEBOOK_BYTES, Refused, parse_notebook

SECONDS = 30.0


def filled(start: str, part: str, end: str, size: int) -> bytes:
    """As many equal parts as fit between a beginning and an end."""
    count = (size - len(start) - len(end)) // len(part)
    return (start + part * count + end).encode()


def receive(content: bytes, limit: int = 2**20, seconds: float = SECONDS) -> str:
    """What the wire says to some bytes; the other side stays silent afterwards."""
    ours, theirs = socket.socketpair()
    threading.Thread(target=lambda: theirs.sendall(content), daemon=True).start()
    try:
        Wire(ours, limit).receive(seconds)
    except (WireError, WireTimeout) as error:
        return type(error).__name__
    return "taken"


def parse(content: bytes) -> str:
    """What becomes of a notebook."""
    try:
        parse_notebook(content)
    except Refused:
        return "Refused"
    return "taken"


def frame(text: bytes) -> bytes:
    return struct.pack("!II", len(text), 0) + text


def measured(content: bytes, read: Callable[[bytes], str]) -> tuple[str, float, float]:
    """What became of an input in a fresh process, with the memory in MiB and the CPU seconds it took.

    A fork of this process would not do: memory that earlier tests have freed stays in its heap, already counted, and
    what is read goes there.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measure, content, read).result()


def _measure(content: bytes, read: Callable[[bytes], str]) -> tuple[str, float, float]:
    ctypes.CDLL(None).malloc_trim(0)  # what is free in the heap goes back to the system
    Path("/proc/self/clear_refs").write_text("5")  # the highest use so far is forgotten
    before, begin = _peak(), time.process_time()
    said = read(content)
    took = time.process_time() - begin
    return said, _peak() - before, took


def _peak() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def waste(content: bytes) -> str:
    """Take a hundred times the memory of the input and 0.2 s."""
    begin = time.process_time()
    while time.process_time() < begin + 0.2:
        pass
    return str(len(content * 100))


@pytest.fixture
def a_heap_with_free_memory() -> Iterator[None]:
    """256 MiB that were used and freed in this process and that its heap keeps, as after many other tests."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    for _ in range(2):
        libc.free(libc.malloc(31 * 2**20))  # from now on blocks of this size come from the heap
    blocks = [libc.malloc(2**24) for _ in range(16)]
    above = libc.malloc(2**24)
    for block in blocks:
        ctypes.memset(block, 1, 2**24)
        libc.free(block)
    yield
    libc.free(above)


@pytest.mark.usefixtures("a_heap_with_free_memory")
def test_the_measurement_sees_memory_and_time() -> None:
    said, memory, seconds = measured(b"x" * 2**20, waste)
    assert said == str(100 * 2**20)
    assert 90 < memory < 200
    assert seconds >= 0.2


def test_a_size_that_is_declared_and_never_comes_takes_no_memory() -> None:
    content = struct.pack("!II", 2, 1) + b"{}" + struct.pack("!Q", 2**28)
    said, memory, seconds = measured(content, partial(receive, limit=2**28, seconds=0.3))
    assert said == "WireTimeout"
    assert memory < 16
    assert seconds < 5


@pytest.mark.parametrize("part", ["{},", "[],", "[{}],", '{"a":0},', '"[[[{{{",{},', '"\\"[",[],'])
def test_a_frame_full_of_brackets_is_an_error_before_it_is_parsed(part: str) -> None:
    content = frame(filled('{"a":[', part, "0]}", JSON_LIMIT))
    said, memory, seconds = measured(content, receive)
    assert said == "WireError"
    assert memory < 64
    assert seconds < SECONDS


@pytest.mark.parametrize(
    ("unit", "expected"), [("[", "taken"), ('\\"[', "taken"), ("\\\\[", "taken"), ('"[', "WireError")]
)
def test_brackets_in_a_text_are_text(unit: str, expected: str) -> None:
    """However they are escaped, and also where the text never ends."""
    said, memory, seconds = measured(frame(filled('{"a":"', unit, '"}', JSON_LIMIT)), receive)
    assert said == expected
    assert memory < 200
    assert seconds < SECONDS


def test_a_frame_takes_as_many_parts_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PARTS_LIMIT", 100)
    assert receive(encode({"a": [[]] * 98})) == "taken"
    assert receive(encode({"a": [[]] * 99})) == "WireError"
    assert receive(encode({"a": ["[{"] * 99})) == "taken"


@pytest.mark.parametrize("part", ["{},", '{"cell_type":"code"},', "1e5,", '"\\"",'])
def test_the_largest_notebook_takes_little_memory_and_seconds(part: str) -> None:
    content = filled('{"cells":[],"a":[', part, "0]}", NOTEBOOK_BYTES)
    said, memory, seconds = measured(content, parse)
    assert said == ("Refused" if part[0] in "{[" else "taken")
    assert memory < 400
    assert seconds < SECONDS


def test_a_notebook_takes_as_many_parts_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanitise, "PARTS", 100)
    assert parse(('{"cells":[],"a":[' + "[]," * 96 + "[]]}").encode()) == "taken"
    assert parse(('{"cells":[],"a":[' + "[]," * 97 + "[]]}").encode()) == "Refused"
    assert parse(('{"cells":[],"a":[' + '"[{",' * 97 + "0]}").encode()) == "taken"
