"""A probe's answer: what every reader gives is of the type, shape and dtype that was asked for, or it is `Wrong`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.checks.answer import Answer, Value, Wrong
from autograder.checks.card import html, text
from autograder.checks.result import CheckResult, CriterionResult, printable_finding
from tests.fuzz.drawing import Drawing, is_seen

HALF = ("float16", "bfloat16")
LARGEST = 2 * 1024
WORDS = (
    "type", "data", "dtype", "shape", "length", "requires_grad", "device", "ndarray", "Tensor", "float", "int",
    "bool", "str", "list", "tuple", "NoneType", "float64", "float32", "torch.float32", "int64", "numpy.float64",
    "float16", "torch.bfloat16", "x", "dx",
)  # fmt: skip
SHAPES = ((), (0,), (1,), (2, 3), (7,), (3, 1))
ACCEPTED = ("float64", ("float32", "float64"), ("int64", "int32"), "uint8", "float16", "bool")


def check(content: bytes) -> None:
    """Read an answer made from the bytes with every reader."""
    drawn = Drawing(content)
    shape, accepted = drawn.choose(SHAPES), drawn.choose(ACCEPTED)
    kind = drawn.choose(("ndarray", "Tensor"))
    made = {"x": _described(drawn)} if drawn.number(8) else drawn.plain(WORDS)
    try:
        value = Answer(made)["x"]
    except Wrong as wrong:
        _require_card(wrong)
        return
    _read(value, shape, accepted, kind)


def _described(drawn: Drawing) -> Any:
    if drawn.number(8) == 7:
        return drawn.plain(WORDS)
    kind = drawn.choose(("ndarray", "Tensor", "float", "int", "bool", "str", "list", drawn.text(WORDS)))
    made = {"type": kind, "data": drawn.array() if drawn.number(2) else drawn.plain(WORDS)}
    if kind == "list" and drawn.number(2):
        made["data"] = [_described(drawn) for _ in range(drawn.number(4))]
    if drawn.number(2):
        made["dtype"] = drawn.text(WORDS) if drawn.number(4) else drawn.plain(WORDS)
    return made


def _read(value: Value, shape: tuple[int, ...], accepted: Any, kind: str) -> None:
    dtypes = (accepted,) if isinstance(accepted, str) else accepted
    array = _tried(lambda: value.array("`f(x)`", shape, accepted, tried="f(x)", kind=kind))
    if array is not None:
        assert type(array) is np.ndarray
        assert value.type == kind and array.shape == shape
        carried = {"float32" if kind == "Tensor" and name in HALF else name for name in dtypes}
        assert array.dtype.name in carried, (array.dtype, dtypes)
        assert array.dtype.kind != "f" or np.isfinite(array).all()
    number = _tried(lambda: value.number("`f(x)`", tried="f(x)"))
    assert number is None or (type(number) is float and math.isfinite(number))
    words = _tried(value.text)
    assert words is None or (type(words) is str and value.type == "str")
    flag = _tried(value.flag)
    assert flag is None or type(flag) is bool
    items = _tried(value.items)
    assert items is None or all(type(item) is Value for item in items)
    texts = _tried(value.texts)
    assert texts is None or all(type(item) is str for item in texts)


def _tried(read: Any) -> Any:
    try:
        return read()
    except Wrong as wrong:
        _require_card(wrong)
        return None


def _require_card(wrong: Wrong) -> None:
    """What a reader says can be shown and stored, and holds no control characters."""
    finding = printable_finding(wrong.finding)
    result = CheckResult("c", "C", 1.0, (CriterionResult("a", "A", 1.0, wrong.status, finding),))
    assert result.points == 0
    shown = text(result)
    assert all(c == "\n" or is_seen(c) for c in shown), shown
    assert "<script" not in html(result)
    shown.encode()


def seeds() -> list[bytes]:
    """Choices that make an array, a tensor, a number, a list, and longer ones."""
    made = [bytes([shape, dtype, 0, 1, 0, 0, 1, *range(30)]) for shape in range(6) for dtype in range(6)]
    return [*made, bytes(range(256)), bytes(60)]
