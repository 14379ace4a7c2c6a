"""What an error that a student's code raises is likely due to, by its type and its message."""

from __future__ import annotations

import difflib
import importlib
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
MISSING = re.compile(
    r"^AttributeError: (?:module '(?P<module>[\w.]+)'|'(?P<kind>[\w.]+)' object) has no attribute '(?P<name>\w+)'"
)
MODULES = ("torch", "torch.nn", "torch.nn.functional", "torch.optim", "numpy")
CLASSES_IN = ("torch", "torch.nn", "torch.optim", "torch.utils.data", "numpy")


def misspelt(error: str) -> str:
    """Say what is meant by a name that numpy or torch does not have; nothing where that is not known."""
    found = MISSING.search(error)
    if found is None:
        return ""
    kind, module, name = found["kind"], found["module"], found["name"]
    if module:
        owner = importlib.import_module(module) if module in MODULES else None
    else:
        kind = kind.removeprefix("numpy.")
        homes = map(importlib.import_module, CLASSES_IN)
        owner = next((vars(home)[kind] for home in homes if kind in vars(home)), None)
    if owner is None:
        return ""
    kind = module or kind
    near = difflib.get_close_matches(
        name, [known for known in dir(owner) if not known.startswith("_")], 1, 0.7
    )
    if near:
        return f"`{kind}` has no `{name}`: is `{near[0]}` meant?"
    return f"`{kind}` belongs to a library and has no `{name}`: look for the name in its documentation."


COMMON: Causes = (
    (
        re.compile(r'is missing the required "forward" function'),
        "The class has no method `forward`: see how its name is spelt, and that it is indented below `class`.",
    ),
    (
        re.compile(r"before Module\.__init__\(\) call"),
        "`__init__` of the class begins with `super().__init__()`: without it, torch has no place for layers.",
    ),
    (
        re.compile(r"\b[A-Z]\w*\.__init__\(\) takes 1 positional argument but"),
        "The class was given an argument that its `__init__` does not take: see that the name has two underscores on "
        "either side, and that the arguments are listed after `self`.",
    ),
    (
        re.compile(r"'type' object does not support the context manager protocol"),
        "The parentheses are missing: `with torch.no_grad():`.",
    ),
    (
        re.compile(r"mean\(\): could not infer output dtype.*Bool"),
        "Truth values have no mean in torch: turn them into numbers first, `(…).float().mean()`.",
    ),
    (
        re.compile(r"_(softmax|loss)\w*\" not implemented for '(Long|Int)'"),
        "Class numbers were given where logits belong: the model's output comes first, the labels second, as in "
        "`F.cross_entropy(logits, y)`.",
    ),
    (
        re.compile(r"expected target dtype to be Long"),
        "The labels are floats: class numbers are int64, as they come.",
    ),
    (
        re.compile(r"Can't call numpy\(\) on Tensor that requires grad"),
        "What is computed from the parameters stays in torch as long as a gradient is wanted: use torch's functions, "
        "not numpy's.",
    ),
    (
        re.compile(r"IndexError: shape mismatch: indexing tensors"),
        "Rows and labels that are paired must be equally many: `torch.arange(len(y))` has a row for each label, "
        "whatever the batch holds.",
    ),
    (
        re.compile(r"IndexError: Dimension out of range"),
        "The tensor has fewer axes than the line expects: `squeeze()` drops every axis of length 1, the batch's too, "
        "and an index takes one away. Print its `.shape` just before this line.",
    ),
    (
        re.compile(
            r"only one element tensors can be converted|zero-dimensional tensor .*cannot be concatenated"
        ),
        "A list of tensors becomes one tensor by `torch.cat`, where each is a batch, or by `torch.stack`, where each "
        "is one item.",
    ),
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
HINT_OUTSIDE = (
    "The error comes up outside your lines, where the check uses what your code gave: compare its type and its shape "
    "with what the task asks for."
)


def likely_cause(error: str, causes: Causes = COMMON) -> str:
    """Say what an error is likely due to.

    Parameters
    ----------
    error : str
        Its type and its message, as the card quotes it.
    causes : sequence of (pattern, str)
        What is known about errors; what is common everywhere where omitted.

    Returns
    -------
    str
        Of the first pattern that is found; empty where none is.
    """
    return next((cause for pattern, cause in causes if pattern.search(error)), "")
