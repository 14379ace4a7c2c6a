"""The rule of the numpy notebooks: answers use numpy and the standard library only."""

from __future__ import annotations

from autograder.checks.answer import wrong
from autograder.checks.check import Exam

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
    "autograder",
)


def require_numpy_only(exam: Exam, names: str) -> None:
    """Raise `Wrong` when the probe finds another library in the student's code."""
    used = [m for m in exam.ask("modules")["modules"].texts() if m in FORBIDDEN]
    if used:
        raise wrong(
            tried=f"the modules that `{names}` uses",
            got=", ".join(used),
            expected="numpy and the standard library",
            cause=f"This task is to be done in numpy: write what `{used[0]}` does for you yourself.",
        )
