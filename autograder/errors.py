"""Errors whose message is the whole story, and the one sentence that a notebook shows of them."""

import re
from textwrap import fill

from autograder.probes.stubs import is_stub

WIDTH = 100
FILE_OF_CELL = re.compile(r"\((?:\d+\.py|<[^>]*>), (line \d+)\)")
"""How a syntax error names the cell that it is in."""


class ExplainedError(RuntimeError):
    """What, where, what to do: its one sentence is shown in place of a traceback."""


def one_line(error: BaseException) -> str | None:
    """The sentence that a notebook shows in place of a traceback, or None where a traceback is due.

    It is broken into lines that a feedback page does not cut. An unfinished stub says that it is not
    done yet; an `ExplainedError` says its sentence.
    """
    if isinstance(error, NotImplementedError) and is_stub(error):
        said = str(error).removesuffix(".")
        said = said or "this cell needs an answer that still raises NotImplementedError"
        return fill(f"Not done yet: {said}.", WIDTH)
    if isinstance(error, ExplainedError):
        return fill(str(error), WIDTH)
    return None


def was_stub(name: str, message: str, trace: list[str]) -> bool:
    """Whether an error that a kernel tells of was an open stub; what torch lacks keeps its traceback in `one_line`."""
    return name == NotImplementedError.__name__ and (not message or len(trace) == 1)


def in_short(name: str, message: str, limit: int) -> str:
    """An error of a cell by its name and its first line: ``"SyntaxError: invalid syntax (line 4)"``."""
    said = FILE_OF_CELL.sub(r"(\1)", next(iter(message.splitlines()), ""))
    return ": ".join(filter(None, (name, said[:limit])))
