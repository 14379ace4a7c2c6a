"""Ask and read what several judges of this notebook ask and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from autograder.checks.answer import Answer, Value, malformed, require_finite, wrong

INTEGERS = ("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8")


def finite_array(
    value: Value,
    what: str,
    shape: tuple[int, ...],
    *,
    tried: str,
    not_finite: str,
    shape_causes: Mapping[tuple[int, ...], str] | None = None,
) -> np.ndarray:
    """Read a float64 array; where it holds nan or inf, `not_finite` is the likely cause."""
    if isinstance(value.data, np.ndarray):
        require_finite(value.data, what, tried, not_finite)
    return value.array(what, shape, tried=tried, shape_causes=shape_causes)


def finite_number(value: Value, what: str, *, tried: str, not_finite: str) -> float:
    """Read a number; where it is nan or inf, `not_finite` is the likely cause."""
    data = value.data
    if isinstance(data, float | np.ndarray):
        require_finite(np.asarray(data), what, tried, not_finite)
    return value.number(what, tried=tried)


def values(value: Value, count: int) -> list[Value]:
    """Read a list of the probe's own making, of known length."""
    items = value.items()
    if len(items) != count:
        raise malformed(f"a list of {count} was expected")
    return items


def require_unchanged(answer: Answer, given: Mapping[str, np.ndarray], tried: str) -> None:
    """Raise `Wrong` when an argument came back changed; the probe answers it as ``NAME_after``."""
    for name, before in given.items():
        after = answer[f"{name}_after"].data
        if not isinstance(after, np.ndarray) or not np.array_equal(after, before):
            raise wrong(
                tried,
                f"`{name}` itself was changed",
                "arguments that stay as they are",
                f"An assignment such as `{name}[…] = …`, or an operator such as `+=`, works in place: copy `{name}` "
                "first.",
            )


def require_fresh_answers(answer: Answer, names: Sequence[str], tried: str) -> None:
    """Raise `Wrong` when a later call changed an earlier answer (``NAME_then`` against ``NAME_now``)."""
    for name, method in zip(names, ("forward", "backward"), strict=False):
        then, now = answer[f"{name}_then"].data, answer[f"{name}_now"].data
        if not (isinstance(then, np.ndarray) and isinstance(now, np.ndarray) and np.array_equal(then, now)):
            raise wrong(
                tried,
                f"the second `{method}` overwrote the answer of the first",
                "a new array from every call",
                "Do not answer an array that the layer keeps and writes into again.",
            )


def series(value: Value, kinds: str, columns: int | None = None) -> np.ndarray:
    """Read an array of the probe's own making whose length is not known beforehand.

    Parameters
    ----------
    value : Value
        What the probe answered.
    kinds : str
        The accepted ``dtype.kind``.
    columns : int, optional
        For a matrix with that many columns; a vector otherwise.

    Returns
    -------
    numpy.ndarray
        Finite.
    """
    data = value.data
    if not isinstance(data, np.ndarray) or data.dtype.kind not in kinds:
        raise malformed("an array was expected")
    if data.shape[1:] != (() if columns is None else (columns,)) or data.ndim == 0:
        raise malformed("an array has another shape than agreed")
    require_finite(data, "an array that reached a layer", "", "Print what each layer gets in `fit`.")
    return data
