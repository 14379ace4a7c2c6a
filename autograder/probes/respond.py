"""Answer one question: call a probe with the student's objects, and say how it ended."""

from __future__ import annotations

import ast
import builtins
import contextlib
import copy
import difflib
import importlib
import io
import linecache
import traceback
import types
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

from .stubs import is_stub

ANSWERED, NOT_DONE, ERROR, INTERRUPTED = "answered", "not_done", "error", "interrupted"
MESSAGE_LIMIT = 300
FIRST_LINE = 80
LIKE = 0.65


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
        ``status`` is one of ``answered`` (with ``answer``), ``not_done`` (with the first line of the ``cell``
        and the name of the finished class or function of another cell that this one ``replaces``),
        ``error`` (with ``error``, ``message``, ``of_library``: whether an attribute is missing of what numpy or
        torch made, ``meant``: a name that is there, nearest to one that is not, or that name itself where `__init__`
        gave it a value and not to `self`, and the student's ``line``, its
        ``number`` and the first line of its ``cell``, where known)
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
        if not is_stub(error):
            return {"status": ERROR, **_describe(error)}
        return {"status": NOT_DONE, "cell": _place(error).get("cell", ""), "replaces": _replaced(error)}
    except KeyboardInterrupt:
        return {"status": INTERRUPTED}
    except (Exception, SystemExit, RecursionError) as error:
        return {"status": ERROR, **_describe(error)}
    return {"status": ANSWERED, "answer": answer}


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
        "meant": _meant(error),
        **_place(error),
    }


def _is_in_library(thing: Any) -> bool:
    """Whether a module, or the class of anything else, is torch's or numpy's."""
    home = thing.__name__ if type(thing) is types.ModuleType else type(thing).__module__
    return isinstance(home, str) and home.split(".")[0] in ("numpy", "torch")


def _meant(error: BaseException) -> str:
    """The name that is likely meant by one that is not there; empty where nothing comes near, or for other errors."""
    name = getattr(error, "name", None)
    if type(name) is not str:
        return ""
    if isinstance(error, AttributeError):
        thing = getattr(error, "obj", None)
        return name if _is_local_in_init(name, thing) else _nearest(name, _names_in(thing))
    if isinstance(error, UnboundLocalError) or not isinstance(error, NameError):
        return ""
    frame = _innermost(error)
    if frame is None:
        return ""
    if name in _names_in(frame.f_locals.get("self")):
        return f"self.{name}"
    for other, thing in frame.f_globals.items():
        own = vars(thing).get("__name__") if type(thing) is types.ModuleType else None
        if type(own) is str and own == name:
            return other
    return _nearest(name, [*frame.f_locals, *frame.f_globals, *dir(builtins)])


def _is_local_in_init(name: str, thing: Any) -> bool:
    """Whether a cell's `__init__` of the object's class gives a value to this name, which `self` then lacks."""
    made = vars(type(thing)).get("__init__")
    return (
        isinstance(made, types.FunctionType)
        and _is_cell(made.__code__.co_filename)
        and name in made.__code__.co_varnames
    )


def _names_in(thing: Any) -> list[str]:
    """The names of an object's attributes; none where the student's class tells them wrongly."""
    try:
        return dir(thing)
    except Exception:
        return []


def _nearest(name: str, known: Sequence[str]) -> str:
    """The known name that differs in capitals alone, or else by a slip of the keys behind the first letter."""
    public = [other for other in known if not other.startswith("_") and other != name]
    for other in public:
        if other.lower() == name.lower():
            return other
    like = [other for other in public if other[0].lower() == name[0].lower()]
    return next(iter(difflib.get_close_matches(name, like, 1, LIKE)), "")


def _innermost(error: BaseException) -> types.FrameType | None:
    """The last frame that runs a cell."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return next((frame for frame in reversed(frames) if _is_cell(frame.f_code.co_filename)), None)


def _place(error: BaseException) -> dict[str, Any]:
    """The line of the student's code that an error was raised from, its number, and the first line of the cell."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_cell(frame.filename)]
    if not frames:
        return {}
    frame = frames[-1]
    if isinstance(error, RecursionError):
        # The call that comes again and again, not the line where the stack happened to end.
        (place, _), *_ = Counter((frame.filename, frame.lineno) for frame in frames).most_common(1)
        frame = next(frame for frame in frames if (frame.filename, frame.lineno) == place)
    line = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
    cell = next(filter(_says_something, linecache.getlines(frame.filename)), "").strip()
    return {"line": line[:MESSAGE_LIMIT], "number": frame.lineno, "cell": cell[:FIRST_LINE]}


def _replaced(error: NotImplementedError) -> str:
    """The name of a stub that another cell which was run defines too, and not as a stub; empty where none does."""
    stub = _innermost(error)
    if stub is None:
        return ""
    name = stub.f_code.co_qualname.split(".")[0]
    cells = [f for f in list(linecache.cache) if _is_cell(f) and f != stub.f_code.co_filename]
    return name if any(_finishes("".join(linecache.getlines(cell)), name) for cell in cells) else ""


def _finishes(source: str, name: str) -> bool:
    """Whether a cell defines a class or a function in which nothing is left to be done."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            names = (part.id for part in ast.walk(node) if isinstance(part, ast.Name))
            return NotImplementedError.__name__ not in names
    return False


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(("#", "%"))


def _is_cell(filename: str) -> bool:
    """Whether a file name is that of a notebook cell (ipykernel's, IPython's, or the examiner's)."""
    return "ipykernel_" in filename or filename.startswith("<")
