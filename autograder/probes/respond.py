"""Answer one question: call a probe with the student's objects, and say how it ended."""

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import linecache
import traceback
import types
import warnings
from collections.abc import Sequence
from typing import Any

ANSWERED, NOT_DONE, ERROR, INTERRUPTED = "answered", "not_done", "error", "interrupted"
MESSAGE_LIMIT = 300
FIRST_LINE = 80


class _Nowhere(io.TextIOBase):
    """Swallows what an answer prints while it is asked: nbgrader gives 0 to a check cell with stderr."""

    def write(self, text: str) -> int:
        return len(text)


def respond(probe: str, function: str, subjects: Sequence[Any], question: dict[str, Any]) -> dict[str, Any]:
    """Call `function` of the probe module `probe` and describe the outcome.

    Parameters
    ----------
    probe : str
        Module below this package, as ``"backprop_numpy.linear"``.
    function : str
        A public function of that module.
    subjects : sequence
        The student's objects, in the order in which the check names them.
    question : dict
        Inputs of the judge. They are copied, so that nothing the student's code does to them is seen
        by the judge.

    Returns
    -------
    dict
        ``status`` is one of ``answered`` (with ``answer``), ``not_done`` (with the first line of the ``cell``),
        ``error`` (with ``error``, ``message``, ``of_library``: whether an attribute is missing of what numpy or
        torch made, and the student's ``line``, its ``number`` and the first line of its ``cell``, where known)
        and ``interrupted``.
    """
    module = importlib.import_module(f"{__package__}.{probe}")
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(_Nowhere()),
            contextlib.redirect_stderr(_Nowhere()),
        ):
            warnings.simplefilter("ignore")
            answer = getattr(module, function)(*subjects, **copy.deepcopy(question))
    except NotImplementedError as error:
        if _is_of_a_library(error):
            return {"status": ERROR, **_describe(error)}
        return {"status": NOT_DONE, "cell": _place(error).get("cell", "")}
    except KeyboardInterrupt:
        return {"status": INTERRUPTED}
    except (Exception, SystemExit, RecursionError) as error:
        return {"status": ERROR, **_describe(error)}
    return {"status": ANSWERED, "answer": answer}


def _is_of_a_library(error: NotImplementedError) -> bool:
    """Whether this is no stub: torch says so too of what it cannot do, in Python or in C++."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return "site-packages" in last.filename or (bool(str(error)) and "raise" not in (last.line or "raise"))


def _describe(error: BaseException) -> dict[str, Any]:
    """Type and message of an error, and where in the student's code it was raised."""
    try:
        message = " ".join(str(error).split())[:MESSAGE_LIMIT]
    except Exception:
        message = ""
    return {
        "error": type(error).__name__,
        "message": message,
        "of_library": isinstance(error, AttributeError) and _is_in_library(getattr(error, "obj", None)),
        **_place(error),
    }


def _is_in_library(thing: Any) -> bool:
    """Whether a module, or the class of anything else, is torch's or numpy's."""
    home = thing.__name__ if type(thing) is types.ModuleType else type(thing).__module__
    return isinstance(home, str) and home.split(".")[0] in ("numpy", "torch")


def _place(error: BaseException) -> dict[str, Any]:
    """The line of the student's code that an error was raised from, its number, and the first line of the cell."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if _is_cell(frame.filename):
            line = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
            cell = next(filter(_says_something, linecache.getlines(frame.filename)), "").strip()
            return {"line": line[:MESSAGE_LIMIT], "number": frame.lineno, "cell": cell[:FIRST_LINE]}
    return {}


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(("#", "%"))


def _is_cell(filename: str) -> bool:
    """Whether a file name is that of a notebook cell (ipykernel's, IPython's, or the examiner's)."""
    return "ipykernel_" in filename or filename.startswith("<")
