"""Turn bytes into structured values, and change values a little: what a fuzzer of bytes needs to go deep."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

ODD_TEXTS = (
    "",
    "x",
    "nan",
    "-inf",
    "1e400",
    "\ud800",
    "\x00\x1b[2J\x07",
    "\u202egnp",
    "</script><script>alert(1)</script>",
    "=HYPERLINK(1)",
    "`" * 3,
    "{}%s{0}",
    "\U0001f600" * 40,
    "a\r\nb\x85c\u2028d",
    "9" * 400,
)
ODD_NUMBERS = (
    0, 1, -1, 2, 255, 10**6, 2**31, -(2**63), 2**64, 10**400, 0.0, -0.0, 0.5, 1.0, 1e-320, 1e308,
    float("inf"), float("-inf"), float("nan"), True, False, None,
)  # fmt: skip
DTYPES = ("?", "i1", "i8", "u1", "u8", "f2", "f4", "f8")
SIDES = (0, 1, 2, 3, 7)
DEEPEST = 300


class Drawing:
    """Choices made by bytes, one after another; when they are used up each is the first."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    def number(self, below: int) -> int:
        """A number from 0 to `below` - 1, at most 65,535."""
        size = 1 if below <= 256 else 2
        taken = self._content[self._position : self._position + size]
        self._position += size
        return int.from_bytes(taken, "little") % below

    def choose(self, options: Sequence[Any]) -> Any:
        """One of some options."""
        return options[self.number(len(options))]

    def text(self, words: Sequence[str] = ()) -> str:
        """A word, an odd text, or text of the bytes' own."""
        kind = self.number(4)
        if kind < 2 and words:
            return str(self.choose(words))
        if kind == 2:
            return str(self.choose(ODD_TEXTS))
        size = self.number(24)
        taken = self._content[self._position : self._position + size]
        self._position += size
        return taken.decode("latin-1")

    def array(self) -> np.ndarray:
        """A small array of any dtype that the wire carries, often with values that are not finite."""
        shape = tuple(self.choose(SIDES) for _ in range(self.number(4)))
        dtype = np.dtype(self.choose(DTYPES))
        values = np.arange(int(np.prod(shape, dtype=int)), dtype="f8").reshape(shape)
        if dtype.kind == "f" and values.size:
            values.flat[0] = self.choose((0.0, 1.0, np.nan, np.inf, -np.inf, 1e300))
        with np.errstate(all="ignore"):
            return values.astype(dtype)

    def plain(self, words: Sequence[str] = (), depth: int = 0) -> Any:
        """Plain data with arrays, as a reply may hold it."""
        kind = self.number(10)
        if kind < 2 or depth > 5:
            return self.text(words)
        if kind < 4:
            return self.choose(ODD_NUMBERS)
        if kind < 6:
            return self.array()
        if kind == 6:
            return [self.plain(words, depth + 1) for _ in range(self.number(5))]
        if kind == 7 and self.number(16) == 0:
            return nested(self.number(DEEPEST), self.choose(("list", "dict")))
        return {self.text(words): self.plain(words, depth + 1) for _ in range(self.number(6))}


def nested(depth: int, kind: str) -> Any:
    """A list in a list in a list, or a dictionary."""
    value: Any = 0
    for _ in range(depth):
        value = [value] if kind == "list" else {"a": value}
    return value


def is_seen(character: str) -> bool:
    """Whether a character is printed, or is a space: no control character, line separator or surrogate."""
    return character.isprintable() or unicodedata.category(character) == "Zs"


def mutate_json(content: bytes, seed: int, words: Sequence[str] = ()) -> bytes | None:
    """Change one place in a JSON text, or None where it is none."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return None
    rng = random.Random(seed)
    drawn = Drawing(rng.randbytes(64))
    try:
        return json.dumps(_changed(tree, rng, drawn, words), default=lambda array: array.tolist()).encode()
    except (ValueError, RecursionError):
        return None


def _changed(value: Any, rng: random.Random, drawn: Drawing, words: Sequence[str]) -> Any:
    """Walk down at random, and there replace, delete, repeat or move a part."""
    inner = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    if not inner or rng.random() < 0.1:
        return drawn.plain(words)
    at = rng.choice(list(inner))
    act = rng.random()
    if act < 0.7:
        value[at] = _changed(value[at], rng, drawn, words)
    elif act < 0.8:
        del value[at]
    elif isinstance(value, list) and act < 0.9:
        value.insert(rng.randrange(len(value) + 1), json.loads(json.dumps(value[at])))
    elif isinstance(value, list):
        rng.shuffle(value)
    else:
        value[drawn.text(words)] = value[at]
    return value


def mutate_bytes(content: bytes, seed: int, most: int) -> bytes:
    """Flip, drop, repeat or insert a few bytes."""
    rng = random.Random(seed)
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at, size = rng.randrange(len(changed) + 1), rng.choice((1, 1, 2, 8, 64))
        act = rng.randrange(4)
        if act == 0 and at < len(changed):
            changed[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, changed[at] ^ (1 << rng.randrange(8))))
        elif act == 1:
            del changed[at : at + size]
        elif act == 2:
            changed[at:at] = changed[at : at + size]
        else:
            changed[at:at] = rng.randbytes(size)
    return bytes(changed[:most])
