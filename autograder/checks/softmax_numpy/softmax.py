"""Judge of ``check_softmax``: p_k = exp(z_k) / Σ_j exp(z_j), row by row.

Subtracting a row's maximum changes nothing and keeps exp in range
(Goodfellow, Bengio, Courville, "Deep Learning", 2016, section 4.1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from autograder.checks.answer import require_finite, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import Candidate, require_close
from autograder.checks.gradients import KEY_LIMIT
from autograder.checks.numpy_only import require_numpy_only
from autograder.checks.probabilities import added_to_sum, other_powers, rounded
from autograder.checks.result import Finding

CHECK = Check(
    id="check_softmax",
    title="Softmax",
    points=0.5,
    answer="softmax",
    subjects=("softmax",),
    module=__name__,
)
N, CLASSES = 7, 5
SIZES = {"the batch size": N, "the number of classes": CLASSES}
TRIED = f"`softmax(logits)` on a batch of shape ({N}, {CLASSES})"
HUGE = 1e4


def _key(logits: np.ndarray) -> np.ndarray:
    return torch.softmax(torch.tensor(logits), dim=-1).numpy()


def _exp(logits: np.ndarray, shift: np.ndarray | float, axis: int | None) -> np.ndarray:
    """exp(logits − shift), divided by its sum along an axis."""
    powers = np.exp(logits - shift)
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


COLUMNS = "Columns sum to 1, rows do not: sum along the last axis, `axis=-1`."
EVERYTHING = "Everything together sums to 1: sum each row by itself, `axis=-1`."
COLUMN_MAXIMUM = (
    "The maximum of each column is subtracted, which changes the rows: take it along the last axis, "
    "`logits.max(axis=-1, keepdims=True)`."
)


def _mistakes(logits: np.ndarray, key: np.ndarray) -> list[Candidate]:
    """What likely mistakes make of a batch."""
    top = logits.max(axis=-1, keepdims=True)
    return [
        *(
            (_exp(logits, shift, axis), sentence)
            for shift in (0, top)
            for axis, sentence in ((0, COLUMNS), (None, EVERYTHING))
        ),
        (_exp(logits, logits.max(axis=0), -1), COLUMN_MAXIMUM),
        (np.exp(logits), "`exp` is there, the division by each row's sum is missing."),
        (np.exp(logits - top), "`exp` is there, the division by each row's sum is missing."),
        (np.log(key), "These are log-probabilities: leave the logarithm out."),
        (1 / (1 + np.exp(-logits)), "This is the sigmoid of each number: the classes do not compete."),
        *(
            (z / z.sum(-1, keepdims=True), "The logits are divided by their sum without `exp`.")
            for z in (logits, logits - top)
        ),
        (_key(-logits), "The sign of the logits is flipped before `exp`."),
        (_key(logits * np.log(2)), "These are powers of 2: the softmax takes powers of e, `np.exp`."),
        (_key(logits / top), "The logits are divided by each row's maximum: subtract it."),
        *other_powers(logits),
        (
            np.eye(logits.shape[-1])[logits.argmax(axis=-1)],
            "The largest logit gets 1 and the others 0: every class gets its share, exp(z) over the row's sum.",
        ),
        *(
            (
                _key(whole(logits)),
                "The logits are turned into whole numbers before `exp`: leave them as they come.",
            )
            for whole in (np.trunc, np.round, np.floor)
        ),
        *rounded(key),
    ]


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only(exam, "softmax")


@CHECK.criterion("a batch: every row becomes probabilities", weight=2)
def batch(exam: Exam) -> Finding:
    logits = exam.rng.normal(scale=2, size=(N, CLASSES))
    value = exam.ask("values", tried=TRIED, logits=logits)["probabilities"]
    got = value.array(
        "`softmax(logits)`",
        (N, CLASSES),
        tried=TRIED,
        shape_causes={
            (N,): "One number came for each row: the answer keeps the shape of `logits`.",
            (CLASSES,): "Rows were summed away: the answer keeps the shape of `logits`.",
            (CLASSES, N): "Rows and columns are swapped: the answer keeps the shape of `logits`.",
        },
    )
    key = _key(logits)
    return require_close(
        "`softmax(logits)`",
        got,
        key,
        KEY_LIMIT,
        tried=TRIED,
        where="`softmax`",
        candidates=_mistakes(logits, key),
        sizes=SIZES,
        cause=added_to_sum(got, logits),
        hint="Take `exp`, and divide each row by its own sum.",
    )


@CHECK.criterion("a vector (C,) stays a vector, one row (1, C) stays one row", needs=["batch"], weight=1)
def vector(exam: Exam) -> Finding:
    logits = exam.rng.normal(size=CLASSES)
    tried = f"`softmax(logits)` on a vector of {CLASSES} numbers"
    got = (exam.ask("values", tried=tried, logits=logits)["probabilities"]).array(
        "`softmax(logits)`",
        (CLASSES,),
        tried=tried,
        shape_causes={
            (1, CLASSES): "A vector came out as a batch of one row: answer the shape that came in."
        },
    )
    finding = require_close(
        "`softmax(logits)`",
        got,
        _key(logits),
        KEY_LIMIT,
        tried=tried,
        where="`softmax`",
        candidates=[(np.ones(CLASSES), "Each number is divided by itself: for a vector, sum all of it.")],
        cause="Use `axis=-1` with `keepdims=True`: that serves a vector and a batch alike.",
    )
    row = exam.ask("values", tried=tried, logits=logits[None])["probabilities"].array(
        "`softmax(logits)`",
        (1, CLASSES),
        tried=f"`softmax(logits)` on one row, shape (1, {CLASSES})",
        shape_causes={(CLASSES,): "One row came out as a vector: a `squeeze` drops the first axis."},
    )
    require_close("`softmax(logits)`", row[0], got, KEY_LIMIT, tried=tried, where="`softmax`")
    exam.memory["vector"] = logits
    return finding


def _require_stable_vector(exam: Exam, logits: np.ndarray) -> None:
    tried = f"`softmax(logits)` on a vector of {CLASSES} numbers near +{HUGE:.0f}"
    value = exam.ask("values", tried=tried, logits=logits)["probabilities"]
    cause = "A vector is a row too: subtract its maximum before `exp`."
    if isinstance(value.data, np.ndarray):
        require_finite(value.data, "`softmax(logits)`", tried, cause)
    got = value.array("`softmax(logits)`", (CLASSES,), tried=tried)
    require_close(
        "`softmax(logits)`", got, _key(logits), KEY_LIMIT, tried=tried, where="`softmax`", cause=cause
    )


@CHECK.criterion("logits of ±10,000 give the right probabilities", needs=["batch"], weight=2)
def stable(exam: Exam) -> Finding:
    logits = exam.rng.normal(size=(N, CLASSES))
    logits[0, 1] += HUGE
    logits[1] -= HUGE
    logits[2] += HUGE
    logits[3, 0], logits[3, 2] = HUGE, -HUGE
    tried = f"`softmax(logits)` with rows near 0, near +{HUGE:.0f} and near −{HUGE:.0f}"
    value = exam.ask("values", tried=tried, logits=logits)["probabilities"]
    if isinstance(value.data, np.ndarray) and value.data.shape == logits.shape:
        broken = ~np.isfinite(value.data)
        if broken.any():
            raise wrong(
                tried,
                f"nan or inf in rows {', '.join(str(row + 1) for row in np.flatnonzero(broken.any(axis=1)))}",
                "finite numbers in every row",
                _overflow(logits, broken),
                "`softmax`",
            )
    got = value.array("`softmax(logits)`", (N, CLASSES), tried=tried)
    finding = require_close(
        "`softmax(logits)`",
        got,
        _key(logits),
        KEY_LIMIT,
        tried=tried,
        where="`softmax`",
        candidates=[
            *(
                (_key(np.clip(logits, -bound, bound)), CLIPPED)
                for bound in (10.0, 20.0, 30.0, 50.0, 88.0, 100.0, 500.0, 600.0, 700.0, 709.0)
            ),
            (np.nan_to_num(_unstable(logits, lambda z: 0.0)), HIDDEN),
            (np.nan_to_num(_unstable(logits, lambda z: z.max())), HIDDEN),
        ],
        cause="Subtract each row's own maximum before `exp`: nothing overflows, and nothing else changes.",
    )
    if "vector" in exam.memory:  # else its points are lost there
        _require_stable_vector(exam, exam.memory["vector"] + HUGE)
    return finding


CLIPPED = (
    "The logits are clipped before `exp`, which makes large ones equal: subtract each row's maximum instead."
)
HIDDEN = "nan is replaced by 0, so whole rows vanish: subtract each row's own maximum, and no nan arises."


def _unstable(logits: np.ndarray, shift: Callable[[np.ndarray], np.ndarray | float]) -> np.ndarray:
    """What softmax gives after a shift that leaves some rows out of range, nan included."""
    with np.errstate(all="ignore"):
        return _exp(logits, shift(logits), -1)


def _overflow(logits: np.ndarray, broken: np.ndarray) -> str:
    """Name the shift that makes exactly these numbers nan or inf."""
    if np.array_equal(broken, ~np.isfinite(_unstable(logits, lambda z: z.max()))):
        return (
            "The maximum of the whole batch is subtracted, so rows far below it vanish and 0/0 is nan: "
            "subtract each row's own maximum, `logits.max(axis=-1, keepdims=True)`."
        )
    if logits[broken.any(axis=1)].max() < 0:
        return (
            "`exp(-10000)` is 0 in the whole row, and 0/0 is nan: subtract each row's maximum before `exp`."
        )
    return "`exp(10000)` is inf, and inf/inf is nan: subtract each row's maximum from the row before `exp`."


@CHECK.criterion("the argument stays as it is", needs=["batch"], weight=1)
def unchanged(exam: Exam) -> None:
    logits = exam.rng.normal(size=(N, CLASSES))
    after = exam.ask("values", tried=TRIED, logits=logits)["logits"].array(
        "`logits`", (N, CLASSES), tried=TRIED
    )
    if not np.array_equal(after, logits):
        raise wrong(
            TRIED,
            "`logits` itself was changed",
            "an argument that stays as it is",
            "An operator such as `-=` works in place: write `logits = logits - …`, which makes a new array.",
            "`softmax`",
        )
