"""Frames on the wire: a message, or one of three errors; arrays that are plain numbers and nothing else."""

from __future__ import annotations

import io
import socket
import struct
from typing import Any

import numpy as np

from autograder.sandbox.inside.wire import (
    DIMENSIONS_LIMIT,
    DTYPES,
    Wire,
    WireClosed,
    WireError,
    decode_array,
    encode,
)
from tests.fuzz.drawing import Drawing

LARGEST = 32 * 1024
ARRAYS = 2**20
SECONDS = 2.0
WORDS = ("__array__", "status", "answer", "type", "data", "outputs")


def check(content: bytes) -> None:
    """Take the rest of the bytes as a frame, as an array, or as choices for a message to send."""
    kind, rest = (content[0] % 4 if content else 0), content[1 : 1 + LARGEST]
    if kind < 2:
        _receive(rest)
    elif kind == 2:
        _decode(rest)
    else:
        _round_trip(rest)


def received(frame: bytes) -> dict[str, Any]:
    """What `Wire.receive` makes of these bytes, after which the other side hangs up."""
    ours, theirs = socket.socketpair()
    try:
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * LARGEST)
        theirs.sendall(frame)
        theirs.shutdown(socket.SHUT_WR)
        return Wire(ours, ARRAYS).receive(SECONDS)
    finally:
        ours.close()
        theirs.close()


def _receive(frame: bytes) -> None:
    try:
        message = received(frame)
    except (WireError, WireClosed):
        return
    assert type(message) is dict
    require_plain(message)
    try:
        sent = encode(message)
    except WireError as error:
        assert "recursion" in str(error), error  # noqa: PT017
        return
    assert same(received(sent), message)


def _decode(content: bytes) -> None:
    try:
        array = decode_array(bytearray(content))
    except WireError:
        return
    require_plain(array)
    assert array.nbytes < len(content)


def _round_trip(choices: bytes) -> None:
    message = {"message": Drawing(choices).plain(WORDS)}
    try:
        frame = encode(message)
    except WireError as error:
        assert "recursion" in str(error), error  # noqa: PT017
        return
    try:
        came = received(frame)
    except WireError as error:
        # A forged mark, or a number that JSON cannot hold.
        assert "__array__" in repr(message) or "JSON" in str(error), error  # noqa: PT017
        return
    assert "__array__" in repr(message) or same(came, message), (came, message)


def require_plain(value: Any) -> None:
    """Fail unless a value is JSON's data and arrays that hold what their dtype says."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            assert all(type(key) is str for key in item)
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, np.ndarray):
            assert type(item) is np.ndarray
            assert item.dtype.str in DTYPES
            assert item.ndim <= DIMENSIONS_LIMIT
            assert item.flags.c_contiguous and item.flags.aligned
            assert item.dtype.kind != "b" or not item.size or item.view("u1").max() <= 1
            item.copy().sum()
        else:
            assert item is None or type(item) in (bool, int, float, str)


def same(one: Any, other: Any) -> bool:
    """Whether two messages are equal, `nan` to itself, tuples to lists."""
    waiting = [(one, other)]
    while waiting:
        a, b = waiting.pop()
        if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
            if (
                type(a) is not type(b)
                or a.dtype != b.dtype
                or a.shape != b.shape
                or a.tobytes() != b.tobytes()
            ):
                return False
        elif isinstance(a, dict):
            if not isinstance(b, dict) or list(a) != list(b):
                return False
            waiting += [(a[key], b[key]) for key in a]
        elif isinstance(a, list):
            if not isinstance(b, list) or len(a) != len(b):
                return False
            waiting += zip(a, b, strict=True)
        elif type(a) is not type(b) or (a != b and a == a):
            return False
    return True


def seeds() -> list[bytes]:
    """Real frames, whole and forged, and files of arrays."""
    arrays = [
        np.arange(6.0).reshape(2, 3),
        np.zeros((0, 3), dtype="f4"),
        np.array(3, dtype="i8"),
        np.array([True, False]),
        np.zeros((1,) * 8, dtype="u1"),
    ]
    messages = [
        {"status": "ok"},
        {"status": "answered", "answer": {"x": {"type": "ndarray", "data": arrays[0]}}},
        {"many": arrays, "again": arrays[:2]},
        {"outputs": [{"output_type": "stream", "name": "stdout", "text": "a"}], "seconds": 0.1},
    ]
    frames = [encode(message) for message in messages]
    frames += [frame(b'{"a": {"__array__": 0}}', npy((0, 10**11, 10**11))), frame(b"[" * 2000)]
    made = [bytes([kind]) + content for kind in (0, 1) for content in frames]
    made += [b"\x02" + npy(array.shape, array.dtype.str, array.tobytes()) for array in arrays]
    return [*made, b"\x03" + bytes(range(200))]


def npy(shape: tuple[int, ...], dtype: str = "<f8", numbers: bytes = b"") -> bytes:
    """The bytes of a ``.npy`` file that claims this shape."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": dtype, "fortran_order": False, "shape": shape})
    return header.getvalue() + numbers


def frame(text: bytes, *arrays: bytes) -> bytes:
    """A frame of a JSON text and files of arrays, right or wrong."""
    sizes = (struct.pack("!Q", len(array)) + array for array in arrays)
    return struct.pack("!II", len(text), len(arrays)) + text + b"".join(sizes)
