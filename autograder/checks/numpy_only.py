"""The rule of the numpy notebooks: answers use numpy and the standard library only.

It is asked twice: of the objects, by a probe beside them, which code there can silence; and of the text of
the cells, which shows less but cannot be changed by what runs.
"""

from __future__ import annotations

from autograder.checks.answer import Wrong, wrong
from autograder.checks.check import Exam
from autograder.checks.hidden import require_nothing_hidden
from autograder.sandbox.inside.libraries import UNREADABLE

OURS = "autograder"
FORBIDDEN = (
    "torch",
    "jax",
    "autograd",
    "tensorflow",
    "scipy",
    "sklearn",
    "keras",
    "cupy",
    "numba",
    OURS,
)


def require_numpy_only(exam: Exam, name: str) -> None:
    """Raise `Wrong` when the student's objects, or the text that defines `name`, use another library."""
    used = [m for m in exam.ask("modules")["modules"].texts() if m in FORBIDDEN]
    if used:
        raise _found(f"the modules that `{name}` uses", used)
    # Data and figures come from modules of ours: in a text they cannot be told from functions.
    read = exam.libraries(name)
    used = [library for library in read if library in FORBIDDEN and library != OURS]
    if used:
        raise _found(f"the text of the cells that define `{name}`, and what they mention", used)
    if UNREADABLE in read:
        raise wrong(
            tried=f"the text of the cells, to see what `{name}` is made with",
            got="a text that cannot be read",
            expected="cells whose text can be read",
            cause="An expression in one of the cells is nested too deeply: split it into several lines.",
        )
    require_nothing_hidden(exam)


def _found(tried: str, used: list[str]) -> Wrong:
    return wrong(
        tried=tried,
        got=", ".join(used),
        expected="numpy and the standard library",
        cause=f"This task is to be done in numpy: write what `{used[0]}` does for you yourself.",
    )
