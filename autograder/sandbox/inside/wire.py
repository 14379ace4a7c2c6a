"""The wire: length-capped frames of JSON and plain ``.npy``, nothing else.

A frame is an 8-byte header (length of the JSON, number of arrays), the JSON, and for each array an 8-byte
length and the bytes of a ``.npy`` file (format 1.0, C order, numbers only, no pickle). In the JSON an array
stands as ``{"__array__": index}``.
"""

from __future__ import annotations

import io
import itertools
import json
import math
import re
import socket
import struct
import time
from typing import Any

import numpy as np

JSON_LIMIT = 16 * 2**20
PARTS_LIMIT = 2**19
ARRAY_LIMIT = 512 * 2**20
ARRAYS_LIMIT = 4_096
DIMENSIONS_LIMIT = 8
NPY_HEADER_LIMIT = 1_024
DTYPES = frozenset(
    np.dtype(name).str for name in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
)
_HEADER = struct.Struct("!II")
_LENGTH = struct.Struct("!Q")
_MARK = "__array__"
_MAGIC = b"\x93NUMPY\x01\x00"
_ALIGNMENT = 64  # of the numbers in a .npy file, as numpy writes it
_QUOTE = ord('"')
_STRING_OR_OPENED = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[{]', re.DOTALL)
_NPY_HEADER = re.compile(
    rb"\{'descr': '([<|][biuf][0-9]{1,2})', 'fortran_order': False, "
    rb"'shape': \(((?:[0-9]{1,12}(?:, ?|(?=\))))*)\), \} *\n"
)


class WireError(Exception):
    """What came is not a frame, or is larger than a frame may be."""


class WireClosed(Exception):
    """The other side is gone."""


class WireTimeout(Exception):
    """The other side did not answer in time."""


def encode(message: dict[str, Any]) -> bytes:
    """Turn a message into the bytes of a frame; see `pieces`."""
    return b"".join(pieces(message))


def pieces(message: dict[str, Any]) -> list[bytes | memoryview]:
    """Turn a message into a frame, in pieces that copy no array.

    Parameters
    ----------
    message : dict
        JSON-ready data in which arrays of numbers may stand anywhere.

    Returns
    -------
    list of bytes-like
        The frame.

    Raises
    ------
    WireError
        Something in the message is neither plain data nor an array of numbers.
    """
    arrays: list[np.ndarray] = []
    try:
        text = json.dumps(_replace_arrays(message, arrays)).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise WireError(f"not plain data: {error}") from None
    parts: list[bytes | memoryview] = [_HEADER.pack(len(text), len(arrays)) + text]
    for array in arrays:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
        parts.append(_LENGTH.pack(header.tell() + array.nbytes) + header.getvalue())
        if array.nbytes:
            parts.append(array.reshape(-1).view(np.uint8).data)
    return parts


def _replace_arrays(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype.str not in DTYPES:
            raise TypeError(f"an array of dtype {value.dtype}")
        arrays.append(np.ascontiguousarray(value).reshape(value.shape))  # of a 0-d array it makes a vector
        return {_MARK: len(arrays) - 1}
    if isinstance(value, dict):
        return {str(key): _replace_arrays(item, arrays) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replace_arrays(item, arrays) for item in value]
    return value


def decode_array(content: bytes | bytearray | memoryview) -> np.ndarray:
    """Read the bytes of a ``.npy`` file strictly; the array lies in them.

    The header must be written as numpy writes it; it is matched, never evaluated.

    Raises
    ------
    WireError
        Anything but a C-ordered array of numbers whose size fits its bytes exactly.
    """
    if content[:8] != _MAGIC or len(content) < 10:
        raise WireError("not a .npy of version 1.0")
    start = 10 + int.from_bytes(content[8:10], "little")
    match = _NPY_HEADER.fullmatch(content[10:start])
    if match is None or start > NPY_HEADER_LIMIT or start % _ALIGNMENT:
        raise WireError("an array that is not plain numbers in C order")
    shape = tuple(int(n) for n in match[2].split(b",") if n.strip())
    if match[1].decode() not in DTYPES or len(shape) > DIMENSIONS_LIMIT:
        raise WireError("an array that is not plain numbers of at most 8 dimensions")
    dtype = np.dtype(match[1].decode())
    if math.prod(shape) * dtype.itemsize != len(content) - start:
        raise WireError("an array whose size does not fit its shape")
    try:
        array = np.frombuffer(content, dtype=dtype, offset=start).reshape(shape)
    except ValueError as error:
        raise WireError(f"an array without numbers whose shape is too large: {error}") from None
    if dtype.kind == "b" and array.size and array.view(np.uint8).max() > 1:
        raise WireError("truth values that are neither true nor false")
    return array


def _has_too_many_parts(text: bytes) -> bool:
    """Whether a JSON text holds more lists and objects than are taken: each costs far more than its two bytes."""
    if text.count(b"[") + text.count(b"{") <= PARTS_LIMIT:
        return False
    opened = (match for match in _STRING_OR_OPENED.finditer(text) if text[match.start()] != _QUOTE)
    return next(itertools.islice(opened, PARTS_LIMIT, None), None) is not None


def _restore_arrays(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, dict):
        if set(value) == {_MARK}:
            index = value[_MARK]
            if type(index) is not int or not 0 <= index < len(arrays):
                raise WireError("an array that was not sent")
            return arrays[index]
        return {key: _restore_arrays(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_restore_arrays(item, arrays) for item in value]
    return value


class Wire:
    """One end of the wire.

    Parameters
    ----------
    connection : socket.socket
        A connected stream socket, owned by the wire from now on.
    array_limit : int
        Bytes of arrays that one received frame may hold.
    """

    def __init__(self, connection: socket.socket, array_limit: int = ARRAY_LIMIT) -> None:
        self._socket = connection
        self._array_limit = array_limit
        self._deadline: float | None = None

    def send(self, message: dict[str, Any], timeout: float | None = None) -> None:
        """Send one message; see `encode`."""
        self._begin(timeout)
        try:
            for piece in pieces(message):
                left = memoryview(piece)
                while left:
                    self._wait()
                    left = left[self._socket.send(left) :]
        except TimeoutError:
            raise WireTimeout from None
        except OSError as error:
            raise WireClosed(str(error)) from None

    def receive(self, timeout: float | None = None) -> dict[str, Any]:
        """Receive one message.

        Parameters
        ----------
        timeout : float, optional
            Seconds for the whole frame; a sender that trickles gains nothing.

        Returns
        -------
        dict
            With the arrays in their places.

        Raises
        ------
        WireError, WireClosed, WireTimeout
            After any of them the wire is of no more use.
        """
        self._begin(timeout)
        length, count = _HEADER.unpack(self._read(_HEADER.size))
        if length > JSON_LIMIT or count > ARRAYS_LIMIT:
            raise WireError("a frame that is too large")
        text = bytes(self._read(length))
        if _has_too_many_parts(text):
            raise WireError("a message of too many parts")
        arrays, left = [], self._array_limit
        for _ in range(count):
            (size,) = _LENGTH.unpack(self._read(_LENGTH.size))
            left -= size
            if left < 0:
                raise WireError("arrays that are too large")
            arrays.append(decode_array(self._read(size)))
        try:
            message = json.loads(text.decode("utf-8"))
            if type(message) is not dict:
                raise WireError("a message that is no object")
            restored: dict[str, Any] = _restore_arrays(message, arrays)
        except (ValueError, RecursionError):
            raise WireError("not JSON") from None
        return restored

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def fileno(self) -> int:
        """File descriptor of the socket."""
        return self._socket.fileno()

    def _begin(self, timeout: float | None) -> None:
        self._deadline = None if timeout is None else time.monotonic() + timeout

    def _wait(self) -> None:
        if self._deadline is None:
            self._socket.settimeout(None)
            return
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise WireTimeout
        self._socket.settimeout(left)

    def _read(self, size: int) -> memoryview:
        content = left = np.empty(size, dtype=np.uint8).data  # its pages are taken when they are written to
        try:
            while left:
                self._wait()
                got = self._socket.recv_into(left)
                if not got:
                    raise WireClosed("the other side is gone")
                left = left[got:]
        except TimeoutError:
            raise WireTimeout from None
        except OSError as error:
            raise WireClosed(str(error)) from None
        return content
