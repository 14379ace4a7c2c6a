"""The rule of this notebook: answers use numpy and the standard library only."""

from autograder.checks.answer import Wrong, wrong
from autograder.checks.check import Exam
from autograder.checks.numpy_only import FORBIDDEN, require_numpy_only

__all__ = ["require_numpy_only", "require_numpy_only_with_parts"]


def require_numpy_only_with_parts(exam: Exam, name: str) -> None:
    """As `require_numpy_only`, for a class that uses classes of other cells: say in which of them a library is."""
    try:
        require_numpy_only(exam, name)
    except Wrong as problem:
        answer = exam.ask("modules_of_parts")
        found = list(zip(answer["parts"].texts(), answer["modules"].texts(), strict=False))
        for part, library in found:
            if library in FORBIDDEN and library in problem.finding.got.split(", "):
                raise wrong(
                    problem.finding.tried,
                    problem.finding.got,
                    problem.finding.expected,
                    f"`{part}` uses `{library}`, in the cell of `{part}`: write there what `{library}` does for you, "
                    f"and wherever else `{library}` stands.",
                ) from problem
        raise
