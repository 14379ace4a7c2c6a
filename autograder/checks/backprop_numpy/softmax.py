"""Judge of ``check_softmax``: p_i = exp(x_i) / Σ_j exp(x_j) in each row.

With upstream gradient d: ∂L/∂x_i = p_i (d_i − Σ_j d_j p_j), the product of d with the Jacobian
diag(p) − p pᵀ (Goodfellow, Bengio, Courville, "Deep Learning", 2016, section 6.2.2.3).
"""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import torch

from autograder.checks.backprop_numpy._layers import (
    LIKE_A_BATCH,
    differences,
    input_gradient,
    outputs,
    require_axes_of_one,
    require_no_aliasing,
)
from autograder.checks.backprop_numpy._methods import require_methods
from autograder.checks.backprop_numpy._numpy_only import require_numpy_only
from autograder.checks.check import Check, Exam
from autograder.checks.compare import Candidate, require_close
from autograder.checks.gradients import KEY_LIMIT, directions, require_gradient
from autograder.checks.probabilities import added_to_sum, other_powers, rounded
from autograder.checks.result import Finding

CHECK = Check(
    id="check_softmax",
    title="Softmax layer",
    points=0.75,
    answer="softmax",
    subjects=("Softmax",),
    module=__name__,
    begins="class Softmax",
)
N, CLASSES = 7, 5
LARGE = 1e4
SIZES = {"the batch size": N, "the number of classes": CLASSES}
TRIED = f"`Softmax()` on a batch of {N} rows of {CLASSES} logits"
UPSTREAM = TRIED + " with a random upstream gradient d"
VECTOR = f"`Softmax()` on one vector of {CLASSES} logits"
FORWARD, BACKWARD = "`Softmax.forward`", "`Softmax.backward`"
LAST_AXIS = (
    (
        re.compile(r"^AxisError\b"),
        "A vector has no axis 1: take maximum and sum over the last axis, `axis=-1`, in both methods.",
    ),
)
"""What an error for a vector is likely due to."""
SUBTRACT = "exp overflows, or all of a row becomes 0: subtract each row's maximum before `np.exp`."


def _key(x: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Output and gradient by x, by PyTorch in float64."""
    xt = torch.tensor(x, requires_grad=True)
    p = torch.softmax(xt, dim=-1)
    p.backward(torch.tensor(d))
    assert xt.grad is not None
    return p.detach().numpy(), xt.grad.numpy()


def _value(x: np.ndarray) -> np.ndarray:
    return _key(x, np.zeros_like(x))[0]


def _clipped(x: np.ndarray, limit: float) -> np.ndarray:
    return _value(np.clip(x, -limit, limit))


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only(exam, "Softmax")


@CHECK.criterion("`forward` turns every row of logits into probabilities", weight=2)
def forward(exam: Exam) -> Finding:
    require_methods(exam, "Softmax", "forward", tried=TRIED)
    x = 2 * exam.rng.normal(size=(N, CLASSES))
    came = outputs(exam, x[None], TRIED, SUBTRACT)[0]
    return require_close(
        "`forward(x)`",
        came,
        _value(x),
        KEY_LIMIT,
        tried=TRIED,
        where=FORWARD,
        candidates=_forward_mistakes(x),
        sizes=SIZES,
        cause=added_to_sum(came, x),
        hint="Compute e = exp(x − row maximum) and divide by the row's sum; add nothing to that sum, it is at "
        "least 1.",
    )


@np.errstate(all="ignore")
def _forward_mistakes(x: np.ndarray) -> list[Candidate]:
    p, z = _value(x), x - x.max(axis=1, keepdims=True)
    e, shifted = np.exp(x), np.exp(z)
    return [
        (e / e.sum(axis=0), "Columns sum to 1, rows do not: sum over `axis=-1`, with `keepdims=True`."),
        (e / e.sum(), "The whole batch sums to 1: divide each row by its own sum, `axis=-1, keepdims=True`."),
        (shifted / shifted.sum(axis=0), "Columns sum to 1, rows do not: sum over `axis=-1`, with `keepdims=True`."),
        (shifted / shifted.sum(),
         "The whole batch sums to 1: divide each row by its own sum, `axis=-1, keepdims=True`."),
        (e, "The exponentials are not divided by their sum: each row must sum to 1."),
        (e / np.exp(x.max(axis=1, keepdims=True)),
         "The exponentials are not divided by their sum: each row must sum to 1."),
        (x / x.sum(axis=1, keepdims=True), "The logits are divided by their sum without `np.exp`."),
        (_value(x - x.max(axis=0)), "The maximum of each column is subtracted, which changes the answer: it is "
         "each row's, `x.max(axis=-1, keepdims=True)`."),
        (z / z.sum(axis=1, keepdims=True), "The logits are divided by their sum without `np.exp`."),
        (2**x / (2**x).sum(axis=1, keepdims=True), "The base is 2: take powers of e, `np.exp`."),
        (np.eye(CLASSES)[x.argmax(axis=1)],
         "One-hot rows came, 1 at the largest logit: answer the probabilities."),
        *rounded(p),
        (_value(x / x.max(axis=1, keepdims=True)), "The logits are divided by each row's maximum: subtract it."),
        *other_powers(x),
        (1 / (1 + np.exp(-x)), "This is the sigmoid: divide exp(x) by the sum of its row instead."),
        (np.log(p), "This is the logarithm of the softmax: answer the probabilities themselves."),
        (_value(-x), "The sign of the logits is turned: exp(x − max), not exp(max − x)."),
        (_value(p), "Softmax is applied twice."),
    ]  # fmt: skip


@CHECK.criterion("`forward` is exact for logits of ±10,000", needs=["forward"], weight=1)
def stable(exam: Exam) -> Finding:
    noise = exam.rng.normal(size=(N, CLASSES))
    levels = np.linspace(-LARGE, LARGE, N)[:, None]
    extremes = LARGE * np.sign(noise) + noise
    cases: list[tuple[np.ndarray, str, str]] = [
        (LARGE + noise, "all near +10,000", "nan at logit 10,000: exp overflows. Subtract each row's maximum."),
        (-LARGE + noise, "all near −10,000",
         "At logit −10,000 every exp is 0, and 0 / 0 is nan. Subtract each row's maximum."),
        (levels + noise, "from −10,000 in the first row to +10,000 in the last",
         "The maximum is taken over the whole batch, not each row: `x.max(axis=-1, keepdims=True)`."),
        (extremes, "of −10,000 and +10,000 mixed", SUBTRACT),
    ]  # fmt: skip
    finding = Finding()
    for x, words, cause in cases:
        tried = f"{TRIED}, {words}"
        clipped = [
            (
                partial(_clipped, x, k),
                "Clipped logits lose their differences: subtract the row's maximum instead.",
            )
            for k in (20, 30, 50, 100, 200, 300, 500, 600, 700, 709)
        ]
        came, key = outputs(exam, x[None], tried, cause)[0], _value(x)
        if (key == 0).any() and (came[key == 0] > 0).all():
            cause = (
                "Probabilities are kept away from 0, by `np.clip` or an added number: leave them as they are."
            )
        finding = require_close(
            "`forward(x)`",
            came,
            key,
            KEY_LIMIT,
            tried=tried,
            where=FORWARD,
            candidates=[*clipped, *_hidden(x)],
            cause=cause,
        )
    exam.memory["is_stable"] = True
    return finding


@np.errstate(all="ignore")
def _hidden(x: np.ndarray) -> list[Candidate]:
    """What is left of an overflow where nan is replaced by 0."""
    powers = [np.exp(x - shift) for shift in (0.0, x.max())]
    return [
        (
            np.nan_to_num(e / e.sum(axis=1, keepdims=True)),
            "nan is replaced by 0, so whole rows vanish: subtract each row's own maximum, and no nan arises.",
        )
        for e in powers
    ]


@CHECK.criterion("`backward(d)` is the Jacobian times d, for any d", weight=3)
def gradient(exam: Exam) -> Finding:
    require_methods(exam, "Softmax", "forward", "backward", tried=UPSTREAM)
    x, d = exam.rng.normal(size=(N, CLASSES)), exam.rng.normal(size=(N, CLASSES))
    along = directions(exam.rng, x.shape)
    require_gradient(
        "the gradient by the logits",
        input_gradient(exam, x, d, UPSTREAM, SUBTRACT),
        numeric=differences(exam, x, d, along, UPSTREAM),
        along=along,
        key=_key(x, d)[1],
        tried=UPSTREAM,
        where=BACKWARD,
        candidates=_backward_mistakes(x, d),
        sizes=SIZES,
        hint="In each row compute p · (d − Σ d·p), with the p of the last `forward`.",
    )
    x = x + LARGE
    return require_close(
        "the gradient by the logits",
        input_gradient(exam, x, d, UPSTREAM, SUBTRACT),
        _key(x, d)[1],
        KEY_LIMIT,
        tried=UPSTREAM + ", with logits near 10,000",
        where=BACKWARD,
        candidates=_backward_mistakes(x, d),
        sizes=SIZES,
        cause="It is right for logits near 0 and not for large ones, where differences lose digits: use the "
        "formula p · (d − Σ d·p).",
    )


def _backward_mistakes(x: np.ndarray, d: np.ndarray) -> list[tuple[np.ndarray, str]]:
    p = _value(x)
    inner = d * p
    right = p * (d - inner.sum(axis=1, keepdims=True))
    first = np.diag(p[0]) - np.outer(p[0], p[0])
    with np.errstate(over="ignore"):
        powers = [e for e in (np.exp(x), np.exp(x - x.max(axis=1, keepdims=True))) if np.isfinite(e).all()]
    return [
        (p * (1 - p) * d, "Only the diagonal of the Jacobian is used: every probability depends on every logit of "
            "its row. Subtract Σ d·p from d before you multiply by p."),
        (p * (1 - p), "Only the diagonal of the Jacobian is used, and d is ignored: p · (d − Σ d·p)."),
        (d, "d is passed on unchanged: that is right only when the loss has the softmax's derivative inside it. "
            "This layer multiplies d by its own Jacobian."),
        (inner, "The sum is missing: p · (d − Σ d·p), the sum over the row."),
        (p * (d - inner.sum()), "Σ d·p is taken over the whole batch: sum over each row, `axis=-1, keepdims=True`."),
        (p * (d - inner.sum(axis=0)), "Σ d·p is taken down the columns: sum over each row, `axis=-1, keepdims=True`."),
        (p * (d - inner.mean(axis=1, keepdims=True)), "The mean of d·p is subtracted: subtract the sum."),
        (p * (d - d.sum(axis=1, keepdims=True)), "The sum of d is subtracted: subtract the sum of d·p."),
        (p * (d - d.mean(axis=1, keepdims=True)), "The mean of d is subtracted: subtract the sum of d·p."),
        (d - inner.sum(axis=1, keepdims=True), "The factor p in front is missing: p · (d − Σ d·p)."),
        (p * (1 - inner.sum(axis=1, keepdims=True)), "The first d is missing: p · (d − Σ d·p)."),
        (p * (d + inner.sum(axis=1, keepdims=True)), "Σ d·p is added: subtract it, p · (d − Σ d·p)."),
        (inner - inner.sum(axis=1, keepdims=True), "The brackets are missing: p · (d − Σ d·p), not p · d − Σ d·p."),
        *((s * (d - (d * s).sum(axis=1, keepdims=True)), "What is stored are the logits: `backward` needs the "
            "probabilities that `forward` answered.") for s in (x, x - x.max(axis=1, keepdims=True))),
        (d @ first, "The Jacobian of the first row is used for all: every row has its own probabilities."),
        *((e * (d - (d * e).sum(axis=1, keepdims=True)), "What is stored is exp(x) before it is divided by its sum: "
            "`backward` needs the probabilities.") for e in powers),
        (inner - p, "p is subtracted without the factor Σ d·p: p · (d − Σ d·p)."),
        (-p * inner.sum(axis=1, keepdims=True), "The diagonal of the Jacobian is missing: it is diag(p) − p pᵀ."),
        (inner - (p * p).sum(axis=1, keepdims=True) * d.sum(axis=1, keepdims=True), "`np.dot` of two vectors is one "
            "number: the Jacobian is diag(p) − `np.outer(p, p)`."),
        (np.where(np.arange(len(p))[:, None] < len(p) - 1, right, 0), "The last row stays 0: the loop over the rows "
            "ends one too early."),
        (p - d, "p − y is the gradient of softmax and cross-entropy together: here d is any upstream gradient, "
            "and the answer is p · (d − Σ d·p)."),
    ]  # fmt: skip


@CHECK.criterion(
    "a batch of one row, and one of one column, keep their axes", needs=["forward", "gradient"], weight=0.5
)
def axes_of_one(exam: Exam) -> None:
    require_axes_of_one(exam, "Softmax", [(1, CLASSES), (N, 1)], _key)


@CHECK.criterion("a vector works in `forward` and `backward` too", needs=["forward"], weight=1)
def vector(exam: Exam) -> Finding:
    require_methods(exam, "Softmax", "forward", "backward", tried=VECTOR)
    x, d = exam.rng.normal(size=CLASSES), exam.rng.normal(size=CLASSES)
    shifts = [(0.0, VECTOR), (LARGE, f"{VECTOR}, all near +10,000")]
    for shift, tried in shifts if "is_stable" in exam.memory else shifts[:1]:
        require_close(
            "`forward(x)`",
            outputs(exam, x[None] + shift, tried, SUBTRACT, LAST_AXIS)[0],
            _value(x + shift),
            KEY_LIMIT,
            tried=tried,
            where=FORWARD,
            candidates=[(value[0], sentence) for value, sentence in _forward_mistakes(x[None] + shift)],
            hint=LIKE_A_BATCH,
        )
    return require_close(
        "`backward(d)`",
        input_gradient(exam, x, d, VECTOR, SUBTRACT, LAST_AXIS),
        _key(x, d)[1],
        KEY_LIMIT,
        tried=VECTOR,
        where=BACKWARD,
        candidates=[(value[0], sentence) for value, sentence in _backward_mistakes(x[None], d[None])],
        hint="Compute p · (d − Σ d·p), with the p of this vector: a vector is one row.",
    )


@CHECK.criterion(
    "nothing is overwritten, added up or shared by accident", needs=["forward", "gradient"], weight=1
)
def no_aliasing(exam: Exam) -> None:
    x, d = exam.rng.normal(size=(2, N, CLASSES)), exam.rng.normal(size=(2, N, CLASSES))
    require_no_aliasing(exam, x, d, lambda logits, upstream: _key(logits, upstream)[1], TRIED)
