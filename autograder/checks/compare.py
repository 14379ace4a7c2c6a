"""Compare numbers with the answer key, and name the mistake that would have given what came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograder.checks.answer import wrong
from autograder.checks.result import Finding

SAME = 1e-6
SHOWN = 5
"""Numbers of a row that a card shows."""
Candidate = tuple[Any, str]
"""What a mistake would have given (an array, or a function that computes it), and its sentence."""


def relative_error(actual: np.ndarray | float, expected: np.ndarray | float) -> float:
    """Largest error relative to the largest expected number: max|a − e| / max|e|.

    Where everything expected is 0, the largest absolute error.
    """
    a, e = np.asarray(actual, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if e.size == 0:
        return 0.0
    scale = float(np.max(np.abs(e)))
    error = float(np.max(np.abs(a - e)))
    return error / scale if scale > 0 else error


def require_close(
    what: str,
    actual: np.ndarray | float,
    expected: np.ndarray | float,
    limit: float,
    *,
    tried: str = "",
    where: str = "",
    candidates: Iterable[Candidate] = (),
    sizes: Mapping[str, int] | None = None,
    cause: str = "",
    hint: str = "",
) -> Finding:
    """Demand that numbers agree with the key; otherwise say which mistake explains them.

    Parameters
    ----------
    what : str
        Name for the card, as ``"the gradient by `W`"``.
    actual, expected : numpy.ndarray or float
        Of equal shape; the caller has checked type, shape and finiteness.
    limit : float
        Largest `relative_error` that passes.
    tried, where : str
        For the card.
    candidates : iterable of (array or callable, str)
        Mistakes: what each would have given, and the sentence that names it. The first that agrees
        with `actual` is named.
    sizes : mapping of str to int, optional
        Named sizes, as ``{"the batch size": 7}``, by which a wrong constant factor is recognised.
    cause : str
        The mistake that is likely here when none of the candidates is recognised.
    hint : str
        How the line should go, for when no mistake is known at all.

    Returns
    -------
    Finding
        With the relative error, for the card of a passed criterion.

    Raises
    ------
    Wrong
        When the relative error is above `limit`, or is not a number.
    """
    error = relative_error(actual, expected)
    if error <= limit:
        return Finding(relative_error=error, limit=limit)
    a, e = np.asarray(actual, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    got, wanted = side_by_side(a, e)
    raise wrong(
        tried,
        f"{what} = {got}",
        wanted,
        explain(a, e, candidates, sizes or {}, what) or cause,
        where,
        hint=hint,
        relative_error=error,
        limit=limit,
    )


def explain(
    actual: np.ndarray,
    expected: np.ndarray,
    candidates: Iterable[Candidate] = (),
    sizes: Mapping[str, int] | None = None,
    what: str = "it",
) -> str:
    """Name the first mistake that gives `actual`: few digits, a candidate, a common factor, a permutation.

    Returns
    -------
    str
        One or two sentences, or the empty string when no mistake is recognised.
    """
    if _same(actual, expected):  # too near to tell one mistake from another
        return SINGLE if is_single(actual) and not is_single(expected) else ""
    for value, sentence in candidates:
        mistaken = _evaluate(value)
        if mistaken is not None and _same(actual, mistaken) and not _same(expected, mistaken):
            return sentence
    if not np.any(actual) and np.any(expected):
        if actual.size == 1:
            return f"{_capital(what)} is 0: nothing is counted or added up, or the number is overwritten."
        return f"{_capital(what)} is 0 everywhere: it is never computed, or is overwritten with zeros."
    return _factor(actual, expected, sizes or {}, what) or _rearranged(actual, expected, what)


SINGLE = "Somewhere the numbers are converted to float32, which keeps 7 digits: compute in float64."


def is_single(numbers: np.ndarray | float) -> bool:
    """Whether all numbers are float32 numbers, as of 2²⁹ float64 numbers one is by chance; zeros tell nothing."""
    array = np.asarray(numbers, dtype=np.float64)
    with np.errstate(over="ignore"):
        return bool(np.any(array) and np.array_equal(array.astype(np.float32), array))


def _evaluate(value: np.ndarray | Callable[[], np.ndarray] | float) -> np.ndarray | None:
    try:
        with np.errstate(all="ignore"):
            return np.asarray(value() if callable(value) else value, dtype=np.float64)
    except (ValueError, IndexError, TypeError):
        return None


def _same(actual: np.ndarray, mistaken: np.ndarray) -> bool:
    if actual.shape != mistaken.shape or not np.isfinite(mistaken).all():
        return False
    return relative_error(actual, mistaken) <= SAME


def _factor(actual: np.ndarray, expected: np.ndarray, sizes: Mapping[str, int], what: str) -> str:
    """Recognise `actual` = k · `expected` and name k."""
    square = float(np.vdot(expected, expected))
    if square == 0.0:
        return ""
    k = float(np.vdot(expected, actual)) / square
    nearly_right = abs(k - 1) < 1e-3
    if k == 0.0 or nearly_right or not _same(actual, k * expected):
        return ""
    if abs(k + 1) < SAME:
        return f"{_capital(what)} has the wrong sign everywhere, and is right otherwise."
    if k < 0:
        return _negative_factor(-k, sizes, what, is_single=expected.size == 1)
    for name, size in sizes.items():
        if abs(k / size - 1) < SAME:
            return f"{_capital(what)} is exactly {size} times too large, and {size} is {name}."
        if abs(k * size - 1) < SAME:
            return f"{_capital(what)} is exactly {size} times too small, and {size} is {name}."
        if abs(k * size * size - 1) < SAME:
            return f"{_capital(what)} is divided by {size} twice, and {size} is {name}: once is enough."
    if expected.size == 1:  # any two numbers differ by some factor
        return ""
    if k > 1:
        return f"{_capital(what)} is {k:.4g} times the right one everywhere: a factor is too much."
    return (
        f"{_capital(what)} is {k:.4g} times the right one everywhere: "
        "a factor is missing, or one below 1 is too much."
    )


def _negative_factor(k: float, sizes: Mapping[str, int], what: str, *, is_single: bool) -> str:
    """Name the factor −k, which is not −1."""
    capital = _capital(what)
    for name, size in sizes.items():
        if abs(k / size - 1) < SAME:
            return f"{capital} has the wrong sign everywhere, and is {size} times too large, and {size} is {name}."
        if abs(k * size - 1) < SAME:
            return f"{capital} has the wrong sign everywhere, and is {size} times too small, and {size} is {name}."
    if is_single:  # any two numbers differ by some factor
        return ""
    if k > 1:
        return f"{capital} has the wrong sign everywhere, and is {k:.4g} times too large."
    return f"{capital} has the wrong sign everywhere, and is {1 / k:.4g} times too small."


def _rearranged(actual: np.ndarray, expected: np.ndarray, what: str) -> str:
    """Recognise the right numbers in a wrong order."""
    if actual.ndim == 2 and actual.shape[0] == actual.shape[1] and _same(actual, expected.T):
        return f"{_capital(what)} is transposed: rows and columns are swapped."
    if actual.ndim == 2 and _same(_sorted_rows(actual), _sorted_rows(expected)):
        return (
            f"{_capital(what)} has the right rows in another order: "
            "row i of the answer belongs to row i of the input."
        )
    if actual.size > 1 and _same(np.sort(actual, axis=None), np.sort(expected, axis=None)):
        return (
            f"{_capital(what)} has the right numbers in the wrong places: "
            "`reshape` does not transpose; use `.T` to swap rows and columns."
        )
    return ""


def _sorted_rows(matrix: np.ndarray) -> np.ndarray:
    return matrix[np.lexsort(matrix.T[::-1])]


def _capital(what: str) -> str:
    return what[:1].upper() + what[1:]


def brief(values: np.ndarray | float, row: int = 0, start: int = 0, digits: int = 4) -> str:
    """Write an array in at most one line: five numbers of a row, counted from 0, with so many digits each."""
    array = np.asarray(values)
    if array.size == 1:
        return f"{array.reshape(-1)[0]:.{digits + 2}g}"
    shown = np.ravel(array[row] if array.ndim > 1 else array)
    numbers = ", ".join(f"{x + 0.0:.{digits}g}" for x in shown[start : start + SHOWN])  # −0 is 0
    before, after = "…, " if start else "", ", …" if shown.size > start + SHOWN else ""
    rows = f" (row {row + 1} of {array.shape[0]})" if array.ndim > 1 else ""
    return f"[{before}{numbers}{after}]{rows}"


def side_by_side(actual: np.ndarray | float, expected: np.ndarray | float) -> tuple[str, str]:
    """Write two arrays of one shape where they differ most, with as many digits as it takes to see it."""
    a, e = np.asarray(actual, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    row = start = 0
    if a.size > 1:
        off = np.nan_to_num(np.abs(a - e), nan=np.inf)
        off = off.reshape(len(off), -1) if off.ndim > 1 else off[None]
        row = int(off.max(axis=1).argmax())
        place = int(off[row].argmax())
        start = 0 if place < SHOWN else max(0, min(place - SHOWN // 2, off.shape[1] - SHOWN))
    for digits in (4, 7, 10, 13, 17):
        texts = brief(a, row, start, digits), brief(e, row, start, digits)
        if texts[0] != texts[1]:
            break
    return texts
