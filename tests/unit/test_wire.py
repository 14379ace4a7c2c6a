"""The wire takes frames of JSON and plain arrays, and turns everything else away."""

from __future__ import annotations

import io
import json
import socket
import struct
import threading
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from autograder.sandbox.inside import wire as wire_module
from autograder.sandbox.inside.wire import (
    DTYPES,
    Wire,
    WireClosed,
    WireError,
    WireTimeout,
    decode_array,
    encode,
)

HEADER = struct.Struct("!II")
LENGTH = struct.Struct("!Q")


@pytest.fixture
def pair() -> Any:
    left, right = socket.socketpair()
    yield Wire(left, array_limit=2**20), right
    left.close()
    right.close()


def send(right: socket.socket, content: bytes) -> None:
    threading.Thread(target=lambda: _send(right, content), daemon=True).start()


def _send(right: socket.socket, content: bytes) -> None:
    try:
        right.sendall(content)
        right.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def frame(text: bytes, *arrays: bytes) -> bytes:
    return HEADER.pack(len(text), len(arrays)) + text + b"".join(LENGTH.pack(len(a)) + a for a in arrays)


def npy(array: np.ndarray, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
ARRAYS = nps.arrays(
    st.sampled_from(sorted(DTYPES)), nps.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
)


@settings(max_examples=60, deadline=None)
@given(plain=PLAIN, array=ARRAYS)
def test_what_is_sent_is_received(plain: Any, array: np.ndarray) -> None:
    left, right = socket.socketpair()
    try:
        Wire(left).send({"plain": plain, "array": [array, {"x": array}]})
        message = Wire(right).receive(5)
    finally:
        left.close()
        right.close()
    assert message["plain"] == plain
    for received in (message["array"][0], message["array"][1]["x"]):
        assert received.dtype == array.dtype
        assert np.array_equal(received, array, equal_nan=array.dtype.kind == "f")


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=300))
def test_noise_is_no_array(content: bytes) -> None:
    try:
        decode_array(content)
    except WireError:
        return
    raise AssertionError("noise was taken for an array")


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, 200), value=st.integers(0, 255))
def test_a_changed_byte_raises_only_a_wire_error(position: int, value: int) -> None:
    content = bytearray(npy(np.arange(6.0).reshape(2, 3)))
    content[position % len(content)] = value
    try:
        array = decode_array(bytes(content))
    except WireError:
        return
    assert array.dtype.kind in "biuf"


@pytest.mark.parametrize(
    "array",
    [
        np.array([{"a": 1}], dtype=object),
        np.array(["text"]),
        np.array([1 + 2j]),
        np.zeros(2, dtype=[("a", "f8")]),
        np.array(["2026-01-01"], dtype="M8[D]"),
        np.zeros(2, dtype=">f8"),
        np.zeros((2, 3), order="F"),
        np.zeros((1,) * 9),
    ],
    ids=lambda a: f"{a.dtype} {a.ndim}-d",
)
def test_only_plain_numbers_in_c_order_are_arrays(array: np.ndarray) -> None:
    with pytest.raises(WireError):
        decode_array(npy(array, allow_pickle=True))


def test_a_shape_that_promises_more_than_is_there_is_turned_away() -> None:
    content = npy(np.zeros(8)).replace(b"(8,)", b"(9,)")
    with pytest.raises(WireError):
        decode_array(content)
    huge = npy(np.zeros(8)).replace(b"'shape': (8,), }          ", b"'shape': (8000000000,), } ")
    with pytest.raises(WireError):
        decode_array(huge)


@pytest.mark.parametrize(
    "content",
    [
        frame(b"[1]"),
        frame(b"nonsense"),
        frame(b"\xff\xfe"),
        frame(b"[" * 100_000),
        frame(b'{"a": ' * 5_000 + b"1" + b"}" * 5_000),
        frame(b'{"a": {"__array__": 0}}'),
        frame(b'{"a": {"__array__": -1}}', npy(np.zeros(1))),
        frame(b'{"a": {"__array__": true}}', npy(np.zeros(1))),
        frame(b'{"a": {"__array__": "0"}}', npy(np.zeros(1))),
        frame(b'{"a": 1' + b"0" * 5_000 + b"}"),
        frame(b"{}", b"PK\x03\x04"),
        HEADER.pack(2**31, 0),
        HEADER.pack(2, 2**31) + b"{}",
        HEADER.pack(2, 1) + b"{}" + LENGTH.pack(2**62),
    ],
    ids=range(14),
)
def test_a_forged_frame_is_an_error_at_once(pair: Any, content: bytes) -> None:
    wire, right = pair
    send(right, content)
    with pytest.raises(WireError):
        wire.receive(5)


def test_many_arrays_share_one_limit(pair: Any) -> None:
    wire, right = pair
    send(right, frame(b"{}", *[npy(np.zeros(20_000))] * 10))
    with pytest.raises(WireError, match="too large"):
        wire.receive(5)


def test_a_sender_that_trickles_gains_no_time(pair: Any) -> None:
    wire, right = pair
    stop = threading.Event()

    def trickle() -> None:
        for byte in frame(b'{"a": 1}' + b" " * 10_000):
            if stop.wait(0.05):
                return
            right.send(bytes([byte]))

    thread = threading.Thread(target=trickle)
    thread.start()
    start = time.monotonic()
    with pytest.raises(WireTimeout):
        wire.receive(0.4)
    assert time.monotonic() - start < 5
    stop.set()
    thread.join()


def test_a_closed_wire_says_so(pair: Any) -> None:
    wire, right = pair
    send(right, frame(b'{"a": 1}')[:-3])
    with pytest.raises(WireClosed):
        wire.receive(5)


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, np.array([object()]), np.array(["x"]), b"bytes"],
    ids=["object", "set", "objects", "text", "bytes"],
)
def test_nothing_but_plain_data_is_sent(value: Any) -> None:
    with pytest.raises(WireError):
        encode({"value": value})


def test_no_pickle_is_ever_read() -> None:
    source = wire_module.__file__
    with open(source, encoding="utf-8") as file:
        text = file.read()
    assert "allow_pickle=True" not in text
    assert "import pickle" not in text
    assert json.__name__ in text
