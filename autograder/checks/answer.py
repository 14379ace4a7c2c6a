"""Read a probe's answer strictly: exact type, shape, dtype and finiteness come before any tolerance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.checks.result import Finding, Status

TYPE_NAMES = {
    "ndarray": "a numpy array",
    "Tensor": "a tensor",
    "float": "a float",
    "int": "an int",
    "bool": "a bool",
    "str": "a string",
    "list": "a list",
    "tuple": "a tuple",
    "NoneType": "None",
}

NUMBERS = ("int", "float", "numpy.int", "numpy.float")
HALF = ("float16", "bfloat16")  # numpy has no bfloat16: such tensors come as float32


class Wrong(Exception):
    """A criterion is not met; carries what the card says about it."""

    def __init__(self, finding: Finding, status: Status = Status.FAILED) -> None:
        super().__init__(finding.cause or finding.got)
        self.finding = finding
        self.status = status


def type_name(kind: str) -> str:
    """Name an exact type in a sentence: ``"ndarray"`` becomes ``"a numpy array"``."""
    return TYPE_NAMES.get(kind, f"an object of type {kind}")


class Answer(Mapping[str, "Value"]):
    """What a probe answered: named values, each read through a `Value`.

    A key that is missing, or an answer that is no dictionary, is malformed.
    """

    def __init__(self, content: Any) -> None:
        if type(content) is not dict:
            raise malformed("the answer is not a dictionary")
        self._content = content

    def __getitem__(self, name: str) -> Value:
        if name not in self._content:
            raise malformed(f"the answer has no {name!r}")
        return Value(self._content[name])

    def __contains__(self, name: object) -> bool:
        return name in self._content

    def __iter__(self) -> Any:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)


class Value:
    """One described object of the student's; see `autograder.probes.plain`."""

    def __init__(self, description: Any) -> None:
        if type(description) is not dict or type(description.get("type")) is not str:
            raise malformed("a value is not described as plain data")
        self.type: str = description["type"]
        self.description = description

    @property
    def data(self) -> Any:
        """The plain data, or None where the object has none."""
        return self.description.get("data")

    def array(
        self,
        what: str,
        shape: tuple[int, ...],
        dtype: str | Sequence[str] = "float64",
        *,
        tried: str = "",
        shape_causes: Mapping[tuple[int, ...], str] | None = None,
        kind: str = "ndarray",
    ) -> np.ndarray:
        """Read a numpy array, or a tensor with ``kind="Tensor"``.

        Parameters
        ----------
        what : str
            Name for the card, as ``"`forward(x)`"``.
        shape : tuple of int
            The exact shape.
        dtype : str or sequence of str
            The accepted dtypes by name.
        tried : str
            What was asked, for the card.
        shape_causes : mapping, optional
            A likely cause for each wrong shape that betrays one.
        kind : {"ndarray", "Tensor"}
            The exact type.

        Returns
        -------
        numpy.ndarray
            Finite numbers of that shape and dtype.

        Raises
        ------
        Wrong
            With the difference named.
        """
        dtypes = (dtype,) if isinstance(dtype, str) else tuple(dtype)
        wanted = f"{type_name(kind)} of shape {shape}, {_named(dtypes)}"
        data = self.data
        if self.type != kind or not isinstance(data, np.ndarray):
            came = type_name(self.type)
            if self.type == "ndarray" and kind == "ndarray":
                came = f"a numpy array of dtype {self.description.get('dtype', 'unknown')}"
            cause = f"Let {what} be {type_name(kind)}."
            if self.type == "NoneType":
                cause = NO_RETURN
            elif self.type == "generator":
                cause = GENERATOR
            elif self.type == "list" and kind == "ndarray":
                cause = f"Let {what} be {type_name(kind)}: `np.array(…)` makes one of a list."
            elif self.type.startswith(NUMBERS):
                cause = (shape_causes or {}).get((), cause)
            elif self.type == "tuple":
                cause = f"Several things are answered: let {what} be {type_name(kind)} alone."
            elif self.type == kind:
                cause = f"Let {what} hold numbers."
            raise wrong(tried, f"{what} is {came}", wanted, cause)
        if data.shape != shape:
            raise wrong(
                tried,
                f"{what} has shape {data.shape}",
                f"shape {shape}",
                (shape_causes or {}).get(data.shape, ""),
                hint="Print the `.shape` after each of your lines: in which one does it become another one?",
            )
        came_dtype = str(self.description.get("dtype", data.dtype)).removeprefix("torch.")
        if came_dtype not in dtypes:
            raise wrong(
                tried,
                f"{what} has dtype {came_dtype}",
                f"dtype {_named(dtypes)}",
                _dtype_cause(came_dtype, dtypes),
            )
        carried = "float32" if kind == "Tensor" and came_dtype in HALF else came_dtype
        if data.dtype.name != carried:
            raise malformed("an array has another dtype than is said of it")
        require_finite(data, what, tried)
        return data

    def number(self, what: str, *, tried: str = "") -> float:
        """Read a finite real number: a Python float or int, a numpy scalar, or a 0-d array or tensor."""
        data = self.data
        if isinstance(data, np.ndarray) and data.shape == () and data.dtype.kind in "iuf":
            data = data.item()
        if type(data) not in (int, float):
            came = type_name(self.type)
            if isinstance(data, np.ndarray):
                came += f" of shape {data.shape}"
            cause = f"Let {what} be one number."
            if self.type == "NoneType":
                cause = NO_RETURN
            elif self.type == "generator":
                cause = GENERATOR
            elif self.type in ("tuple", "list"):
                cause = "Several things stand where one number is meant: take it out of them, or add them up."
            raise wrong(tried, f"{what} is {came}", "one number", cause)
        try:
            number = float(data)
        except OverflowError:
            number = math.inf
        require_finite(np.asarray(number), what, tried)
        return number

    def text(self) -> str:
        """Read a string of the probe's own making."""
        if self.type != "str" or type(self.data) is not str:
            raise malformed("a text was expected")
        return self.data

    def flag(self) -> bool:
        """Read a truth value of the probe's own making."""
        if self.type != "bool" or type(self.data) is not bool:
            raise malformed("a truth value was expected")
        return self.data

    def items(self) -> list[Value]:
        """Read a list or a tuple as values."""
        if not isinstance(self.data, list):
            raise malformed("a list was expected")
        return [Value(item) for item in self.data]

    def texts(self) -> list[str]:
        """Read a list of strings of the probe's own making."""
        return [item.text() for item in self.items()]


def _named(dtypes: Sequence[str]) -> str:
    """Several dtypes by what they have in common: a list of eight says less than "an integer type"."""
    if len(dtypes) > 2:
        for kind, words in (("int", "an integer type"), ("float", "a float type")):
            if all(kind in dtype for dtype in dtypes):
                return words
    return " or ".join(dtypes)


def _dtype_cause(came: str, wanted: Sequence[str]) -> str:
    if came == "bool":
        return "These are truth values, as a comparison gives: a mask says where, and not what."
    if came.startswith(("float", "bfloat")) and all("int" in dtype for dtype in wanted):
        return (
            "Class numbers and counts are integers: `max` gives the largest value, `argmax` its place; and an array "
            f"that was made as {came}, as by `np.zeros(n)`, keeps that dtype whatever is written into it."
        )
    return f"Somewhere the numbers are converted to {came}, which changes or loses digits."


def require_finite(values: np.ndarray, what: str, tried: str = "", cause: str = "") -> None:
    """Raise `Wrong` when an array holds nan or inf."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        name = "nan" if np.isnan(values).any() else "inf"
        raise wrong(tried, f"{what} contains {name}", "finite numbers", cause or NOT_FINITE_CAUSE)


GENERATOR = (
    "A function with `yield` in it answers a generator, and none of its lines has run yet: collect in a list what it "
    "yields, and `return` once, at the end. Round brackets around a comprehension make one too: write `[…]` or "
    "`tuple(…)`."
)
NO_RETURN = "Nothing is returned: a function without `return` answers None."
NOT_FINITE_CAUSE = "A division by zero, a log of 0 or an exp that overflows gives nan or inf."


def wrong(
    tried: str,
    got: str,
    expected: str,
    cause: str = "",
    where: str = "",
    *,
    hint: str = "",
    relative_error: float | None = None,
    limit: float | None = None,
) -> Wrong:
    """Make a `Wrong` from the parts of a card; a hint says how the line should go where no cause is known."""
    said, recognised = cause or hint, bool(cause) or not hint
    return Wrong(Finding(tried, got, expected, said, where, relative_error, limit, recognised))


def malformed(reason: str) -> Wrong:
    """Make a `Wrong` for an answer that is not of the agreed form."""
    return Wrong(
        Finding(
            got=f"An answer that cannot be read: {reason}.",
            cause="The answer of your code could not be turned into numbers.",
        ),
        Status.MALFORMED,
    )
