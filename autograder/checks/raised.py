"""What an error that a student's code raises is likely due to, by its type and its message."""

from __future__ import annotations

import re
from collections.abc import Sequence

Causes = Sequence[tuple[re.Pattern[str], str]]
"""Patterns that are searched for in an error, as ``"ValueError: not enough values to unpack"``, each with the cause."""

KEEPDIMS = re.compile(
    r"^ValueError: .*broadcast together with shapes \((\d+),(?:\d+\) \(\1,\)|\) \(\1,\d+\))"
)
COLUMNS = re.compile(r"^ValueError: .*broadcast together with shapes \((\d+),\d+\) \(\1,\d+\)")
SHAPES = re.compile(r"^ValueError: .*(matmul|broadcast|aligned)")
OF_THEIR_CLASS = re.compile(r"^AttributeError: '(?!NoneType|Tensor)[A-Z]\w*' object has no attribute")
"""Classes of Python and numpy begin with a small letter."""

COMMON: Causes = (
    (
        re.compile(r"^AxisError\b"),
        "A vector has axis 0 alone: `axis=-1` is the last axis, of a vector and of a batch.",
    ),
    (
        KEEPDIMS,
        "One number a row does not meet a matrix: with `keepdims=True` sums and maxima have the shape (n, 1).",
    ),
    (
        COLUMNS,
        "Two arrays have the same rows and not the same columns: print their `.shape` just before this line. "
        "One-hot rows have a column for every class, also where a batch lacks one.",
    ),
    (
        SHAPES,
        "Two arrays have shapes that do not fit: print their `.shape` just before this line.",
    ),
    (
        re.compile(r"stack expects each tensor to be equal size"),
        "`torch.stack` needs tensors of one shape, and the last batch is smaller: join with `torch.cat`.",
    ),
    (
        re.compile(r"^ValueError: .*values to unpack"),
        "The line expects another number of axes or values: a vector's shape holds one number, a batch's two. "
        "Print what is unpacked.",
    ),
    (
        re.compile(r"^IndexError\b"),
        "An index is larger than the array: compare it with the array's `.shape`.",
    ),
    (
        re.compile(r"^ValueError: .*truth value of an array"),
        "`max`, `min`, `if`, `and` and `or` take one truth value, not an array of them: `np.maximum`, `np.minimum` "
        "and `np.where` go number by number.",
    ),
    (
        OF_THEIR_CLASS,
        "Nothing of this name was stored before it was read: store it in `self`, in `__init__` or in `forward`, "
        "under the name that the text asks for.",
    ),
    (
        re.compile(r"^AttributeError: .*NoneType"),
        "Something that should have been stored is still None: is `forward` run, and does it store it?",
    ),
    (re.compile(r"^RecursionError\b"), "A function calls itself without end."),
    (re.compile(r"^SystemExit\b"), "The code calls `exit` or `sys.exit`: remove that call."),
)
HINT = "Your code raises this error itself: read its message and run the line on a small input."


def likely_cause(error: str, causes: Causes = ()) -> str:
    """Say what an error is likely due to.

    Parameters
    ----------
    error : str
        Its type and its message, as the card quotes it.
    causes : sequence of (pattern, str)
        What is known about errors at one question; it goes before what is common.

    Returns
    -------
    str
        Of the first pattern that is found; empty where none is.
    """
    return next((cause for pattern, cause in (*causes, *COMMON) if pattern.search(error)), "")
