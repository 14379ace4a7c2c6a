"""Judge of ``check_mean_squared_error``, on which the start notebook shows what a check is; it is not graded."""

from __future__ import annotations

import numpy as np

from autograder.checks.answer import wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import require_close
from autograder.checks.result import Finding

CHECK = Check(
    id="check_mean_squared_error",
    title="Mean squared error",
    points=1.0,
    answer="mean_squared_error",
    subjects=("mean_squared_error",),
    module=__name__,
)
N = 7
LIMIT = 1e-9
TRIED = f"`mean_squared_error(predicted, target)` on {N} numbers each"


@CHECK.criterion("the value is the mean of the squared differences", weight=2)
def value(exam: Exam) -> Finding:
    predicted, target = exam.rng.normal(size=(2, N))
    difference = predicted - target
    got = exam.ask("value", tried=TRIED, predicted=predicted, target=target)["error"].number(
        "the error", tried=TRIED
    )
    return require_close(
        "the error",
        got,
        np.mean(difference**2),
        LIMIT,
        tried=TRIED,
        where="`mean_squared_error`",
        candidates=[
            (np.mean(np.abs(difference)), "These are absolute differences: square them before the mean."),
            (np.sqrt(np.mean(difference**2)), "This is the root of the mean: leave the root out."),
            (np.mean(difference) ** 2, "The mean is squared: square each difference first."),
        ],
        sizes={"the number of values": N},
        hint="Subtract, square, and take the mean.",
    )


@CHECK.criterion("the arguments stay as they are", needs=["value"])
def unchanged(exam: Exam) -> None:
    predicted, target = exam.rng.normal(size=(2, N))
    after = exam.ask("value", tried=TRIED, predicted=predicted, target=target)
    for name, before in (("predicted", predicted), ("target", target)):
        if not np.array_equal(after[name].array(f"`{name}`", (N,), tried=TRIED), before):
            raise wrong(
                TRIED,
                f"`{name}` itself was changed",
                "arguments that stay as they are",
                "An operator such as `-=` works in place: write `a = a - b`, which makes a new array.",
                "`mean_squared_error`",
            )
