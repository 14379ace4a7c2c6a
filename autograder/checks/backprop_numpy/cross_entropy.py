"""Judge of ``check_cross_entropy``: L = −(1/n) Σ log softmax(logits)[y].

Its gradient by the logits is (p − one-hot(y)) / n (Goodfellow, Bengio, Courville, "Deep Learning", 2016,
section 6.2.2.3; log Σ exp without overflow: P. Blanchard, D. Higham, N. Higham, IMA J. Numer. Anal., 2021).
"""

from __future__ import annotations

import re

import numpy as np
import torch

from autograder.checks.answer import malformed, wrong
from autograder.checks.backprop_numpy._methods import require_methods
from autograder.checks.backprop_numpy._numpy_only import require_numpy_only
from autograder.checks.backprop_numpy._reading import (
    finite_array,
    finite_number,
    require_unchanged,
    values,
)
from autograder.checks.check import Check, Exam
from autograder.checks.compare import SAME, Candidate, relative_error, require_close
from autograder.checks.gradients import KEY_LIMIT, STEP, directions, require_gradient
from autograder.checks.improbable import IMPROBABLE, ROUNDED, added_inside
from autograder.checks.raised import Causes
from autograder.checks.result import Finding

CHECK = Check(
    id="check_cross_entropy",
    title="Cross-entropy loss",
    points=0.75,
    answer="cross_entropy",
    subjects=("CrossEntropyLoss",),
    module=__name__,
    begins="class CrossEntropyLoss",
)
N, CLASSES = 7, 5
LARGE = 1e4
NEARLY = 1e-5
SIZES = {"the batch size": N, "the number of classes": CLASSES}
TRIED = f"`CrossEntropyLoss()` on {N} rows of {CLASSES} logits, with labels of every class"
FORWARD, BACKWARD = "`CrossEntropyLoss.forward`", "`CrossEntropyLoss.backward`"
NOT_FINITE = (
    "The log of a probability that has become 0, or an exp that overflows: work with the logits. "
    "log p is x − m − log Σ exp(x − m), with m the row's maximum."
)
WIDTH = (
    "The one-hot rows are as wide as the labels of this batch reach: give them one column for every "
    "column of the logits, `logits.shape[1]`."
)
MOVED = "The labels are moved by one, `y - 1`: classes are numbered from 0, as columns are."
MAXIMUM_OF_COLUMNS = (
    "The maximum of each column is subtracted, which changes the softmax: it is each row's, "
    "`logits.max(axis=1, keepdims=True)`."
)
NOT_EACH_ROW = (
    "The maximum is not that of each row: `logits.max(axis=1, keepdims=True)`, not one for the whole batch."
)
RENUMBERED = (
    "The labels are numbered anew by those that occur, as `np.unique(…, return_inverse=True)` does: they are the "
    "numbers of columns already."
)


ERRORS = (
    (
        re.compile(r"^TypeError: CrossEntropyLoss\.backward\(\) missing 1 required positional argument: 'd'"),
        "`backward()` is called without an upstream gradient too: keep the default of the stub, `d=1.0`.",
    ),
)
"""What an error in `backward` is likely due to."""


def _labels(exam: Exam) -> np.ndarray:
    """Labels in which every class occurs."""
    rest = exam.rng.integers(0, CLASSES, size=N - CLASSES)
    return exam.rng.permutation(np.concatenate([np.arange(CLASSES), rest])).astype(np.int64)


def _key(logits: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Loss and gradient by the logits, by PyTorch in float64."""
    x = torch.tensor(logits, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(x, torch.tensor(y))
    loss.backward()
    assert x.grad is not None
    return float(loss.detach()), x.grad.numpy()


def _softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def _losses(
    exam: Exam, logits: np.ndarray, y: np.ndarray, tried: str, not_finite: str = NOT_FINITE
) -> list[float]:
    """The student's losses for stacked logits."""
    answers = values(exam.ask("losses", tried=tried, logits=logits, y=y)["loss"], len(logits))
    return [finite_number(v, "`forward(logits, y)`", tried=tried, not_finite=not_finite) for v in answers]


def _gradient(
    exam: Exam,
    logits: np.ndarray,
    y: np.ndarray,
    tried: str,
    d: float | None = None,
    if_error: Causes | str = "",
    not_finite: str = NOT_FINITE,
) -> np.ndarray:
    """The student's gradient by the logits."""
    require_methods(exam, "CrossEntropyLoss", "forward", "backward", tried=tried)
    answer = exam.ask("pair", tried=tried, if_error=if_error or ERRORS, logits=logits, y=y, d=d)
    shape = logits.shape
    return finite_array(
        answer["gradient"],
        "`backward()`" if d is None else "`backward(d)`",
        shape,
        tried=tried,
        not_finite=not_finite,
        shape_causes={
            **{(shape[0], width): WIDTH for width in range(2, shape[1])},
            (shape[0],): "One number for each sample came: the gradient has one for each logit.",
            (shape[1],): "The samples were summed: each row of the logits has a gradient of its own.",
        },
    )


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only(exam, "CrossEntropyLoss")


@CHECK.criterion("`forward` is the mean cross-entropy of softmax(logits), one number", weight=2)
def value(exam: Exam) -> Finding:
    require_methods(exam, "CrossEntropyLoss", "forward", tried=TRIED)
    logits, y = exam.rng.normal(size=(N, CLASSES)), _labels(exam)
    expected, _ = _key(logits, y)
    loss = _losses(exam, logits[None], y, TRIED)[0]
    if KEY_LIMIT < relative_error(loss, expected) < NEARLY:
        _require_nothing_added(exam)  # it says how much
    return require_close(
        "the loss",
        loss,
        expected,
        KEY_LIMIT,
        tried=TRIED,
        where=FORWARD,
        candidates=_value_mistakes(logits, y),
        sizes={"the batch size (the loss is a mean over the samples)": N, "the number of classes": CLASSES},
        hint="Take −log of the softmax at each row's label, and the mean of that over the samples.",
    )


def _value_mistakes(logits: np.ndarray, y: np.ndarray) -> list[Candidate]:
    p = _softmax(logits)
    rows = np.arange(len(y))
    one_hot = np.eye(CLASSES)[y]
    columns = np.exp(logits) / np.exp(logits).sum(axis=0)
    return [
        (_key(p, y)[0], "Softmax is applied twice: cross-entropy takes the logits themselves."),
        (-logits[rows, y].mean(), "The mean of −logit at the label came: take log softmax of the row first."),
        (1 - p[rows, y].mean(), "The logarithm is missing: the loss is −log p at the label."),
        (-p[rows, y].mean(), "The logarithm is missing: the loss is −log p at the label."),
        (((p - one_hot) ** 2).mean(), "This is the mean squared error: cross-entropy is −log p at the label."),
        (((p - one_hot) ** 2).sum(axis=1).mean(), "This is the squared error: cross-entropy is −log p at the label."),
        (-np.log(p).mean(), "log p is averaged over all classes: only the label's own counts."),
        (-np.log(p).sum(axis=1).mean(), "log p is summed over all classes: only the label's own counts."),
        (-(one_hot * np.log(p) + (1 - one_hot) * np.log(1 - p)).sum(axis=1).mean(),
         "This is the binary cross-entropy of every class: only −log p at the label counts."),
        (-np.log(p[:, y]).mean(),
         "`p[:, y]` takes whole columns: `p[np.arange(n), y]` takes one number from each row."),
        (-np.log2(p[rows, y]).mean(), "The logarithm has base 2: use the natural one, `np.log`."),
        (-np.log10(p[rows, y]).mean(), "The logarithm has base 10: use the natural one, `np.log`."),
        (-np.log(columns[rows, y]).mean(), "The softmax runs down the columns: normalise each row, `axis=1`."),
        (-np.log(p[rows, y - 1]).mean(), MOVED),
        (-np.log(_softmax(logits - logits.max(axis=0))[rows, y]).mean(), MAXIMUM_OF_COLUMNS),
        (-np.log(p[0, y[0]]), "Only the first sample counts: take the mean over all of them."),
        (-np.log(p[0, y[0]]) / len(y), "Only the first sample counts: `return` stands inside the loop."),
        (-np.log(p[rows, y])[:-1].sum() / len(y), "The last sample is left out: the loop runs over all of them."),
        (-np.log(p[rows, y])[1:].sum() / len(y), "The first sample is left out: rows count from 0."),
        (-np.log(p[rows, y])[:CLASSES].sum() / len(y), "The sum runs over as many samples as there are classes: it "
            "runs over all samples, `range(len(y))`."),
        (-np.log(p[rows, y].mean()), "The mean is taken inside the logarithm: it is the mean of −log p."),
        (-np.take(np.log(p), y).mean(), "`np.take` counts through all numbers of the array: "
            "`p[np.arange(n), y]` takes one number from each row."),
        (lambda: -np.log(p[y]).mean(), "`p[y]` takes whole rows: `p[np.arange(n), y]` takes one number from each row."),
        (-np.log(p[rows, y]).sum() / CLASSES, "It is divided by the number of classes: divide by that of samples."),
        (-np.log(p[rows, y]).mean() - logits.max(axis=1).mean(), "The maximum is subtracted in one place only: "
            "log p = (x − m) − log Σ exp(x − m)."),
        *((round(_key(logits, y)[0], digits), ROUNDED) for digits in (1, 2, 3, 4, 5)),
    ]  # fmt: skip


@CHECK.criterion("`backward()` is the gradient by the logits", weight=3)
def gradient(exam: Exam) -> Finding:
    require_methods(exam, "CrossEntropyLoss", "forward", "backward", tried=TRIED)
    logits, y = exam.rng.normal(size=(N, CLASSES)), _labels(exam)
    along = directions(exam.rng, logits.shape)
    _require_no_memory(exam, logits, y)
    totals = np.array(_losses(exam, np.concatenate([logits + STEP * along, logits - STEP * along]), y, TRIED))
    plus, minus = np.split(totals, 2)
    require_gradient(
        "the gradient by the logits",
        _gradient(exam, logits, y, TRIED),
        numeric=np.asarray((plus - minus) / (2 * STEP)),
        along=along,
        key=_key(logits, y)[1],
        tried=TRIED,
        where=BACKWARD,
        candidates=_gradient_mistakes(logits, y),
        sizes=SIZES,
        hint="It is (p − one-hot of y) / n, with p = softmax(logits) of the last `forward`.",
    )
    logits = logits + LARGE
    return require_close(
        "the gradient by the logits",
        _gradient(exam, logits, y, TRIED),
        _key(logits, y)[1],
        KEY_LIMIT,
        tried=TRIED + ", all near 10,000",
        where=BACKWARD,
        candidates=[
            (
                -np.eye(CLASSES)[y] / N,
                "All probabilities are 0: exp overflows at 10,000. Subtract each row's maximum before `np.exp`, "
                "where p is computed.",
            ),
            *_gradient_mistakes(logits, y),
        ],
        sizes=SIZES,
        cause="It is right for logits near 0 and not for large ones, where differences lose digits: use the "
        "formula (p − one-hot of y) / n.",
    )


def _require_no_memory(exam: Exam, logits: np.ndarray, y: np.ndarray) -> None:
    """The loss of one batch is the same in every call; differences of it tell nothing else."""
    first, second = _losses(exam, np.stack([logits, logits]), y, TRIED)
    if relative_error(second, first) > KEY_LIMIT:
        raise wrong(
            "`forward` twice on the same rows",
            f"a loss of {second:.6g} the second time",
            f"{first:.6g}, as the first time",
            "`forward` remembers an earlier call: what it adds up begins anew in every call.",
            FORWARD,
        )


def _gradient_mistakes(logits: np.ndarray, y: np.ndarray) -> list[Candidate]:
    p, one_hot = _softmax(logits), np.eye(CLASSES)[y]
    twice = _softmax(p) - one_hot
    inner = p * (twice - (twice * p).sum(axis=1, keepdims=True))
    at_label = -one_hot / p
    return [
        (p - one_hot, f"The gradient is exactly {N} times too large, and {N} is the batch size: the loss is a mean, "
            "so its gradient is divided by n too."),
        (one_hot - p, "The sign is turned and the division by n is missing: (p − one-hot of y) / n."),
        ((p - one_hot) / N / N, f"The gradient is divided by {N} twice, and {N} is the batch size: once is enough."),
        (p / N, "The 1 at each row's label is not subtracted: (p − one-hot of y) / n."),
        (p, "The 1 at each row's label is not subtracted, and nothing is divided by n: (p − one-hot of y) / n."),
        (-one_hot / N, "The softmax is missing: (p − one-hot of y) / n."),
        ((p + one_hot) / N, "The 1 at each row's label is added: subtract it, (p − one-hot of y) / n."),
        ((p - np.eye(CLASSES)[y - 1]) / N, MOVED),
        ((_softmax(logits - logits.max(axis=0)) - one_hot) / N, MAXIMUM_OF_COLUMNS),
        (at_label / N, "This is the gradient by the probabilities, −1 / p: go on through the softmax to the logits, "
            "which gives (p − one-hot of y) / n."),
        (at_label, "This is the gradient by the probabilities, −1 / p: go on through the softmax to the logits, "
            "which gives (p − one-hot of y) / n."),
        (twice / N, "Softmax is applied twice: p is the softmax of the logits, once."),
        (inner / N, "Softmax is applied twice: cross-entropy takes the logits themselves."),
        (np.where(one_hot > 0, p - 1, 0) / N, "Only the label's column has a gradient: raising another logit "
            "raises the loss too. It is (p − one-hot of y) / n."),
        (p - one_hot / N, "Only the one-hot rows are divided by n: the difference needs brackets, "
            "(p − one-hot of y) / n."),
        ((p - 1) / N, "1 is subtracted in every column, as by `p[:, y] -= 1`, which takes the columns of all labels in "
            "every row: `p[np.arange(n), y] -= 1` takes one number from each row."),
        (lambda: (p - np.isin(np.arange(len(y)), y)[:, None]) / N, "`p[y]` takes whole rows: `p[np.arange(n), y] -= 1` "
            "takes one number from each row."),
        ((p - y[:, None]) / N, "The labels themselves are subtracted: subtract one-hot rows, 1 in the label's column."),
        (np.where(one_hot > 0, 1 - p, p) / N, "The sign is turned at the label: it is p − 1 there."),
        (np.where(one_hot > 0, -1, p) / N, "−1 is assigned at the label: it is p − 1 there, `-= 1`."),
        (1 + (p - one_hot) / N, "d is added: multiply the gradient by it."),
        ((p - one_hot) / CLASSES, f"The gradient is divided by {CLASSES}, the number of classes: divide by that of "
            f"the samples, {N}."),
        ((logits - one_hot) / N, "The softmax is missing: p − one-hot of y, not logits − one-hot of y."),
    ]  # fmt: skip


@CHECK.criterion("`backward(d)` is d times that gradient", needs=["gradient"], weight=1)
def upstream(exam: Exam) -> Finding:
    logits, y = exam.rng.normal(size=(N, CLASSES)), _labels(exam)
    key = _key(logits, y)[1]
    finding = Finding()
    for d in (float(exam.rng.uniform(2, 3)), -float(exam.rng.uniform(0.1, 0.9))):
        tried = f"{TRIED}, and the upstream gradient d = {d:.3f}"
        finding = require_close(
            "`backward(d)`",
            _gradient(exam, logits, y, tried, d),
            d * key,
            KEY_LIMIT,
            tried=tried,
            where=BACKWARD,
            candidates=[
                (key, "The upstream gradient d is ignored: multiply the gradient by it."),
                (key / d, "The gradient is divided by d: multiply it by d."),
                (key + d, "d is added: multiply the gradient by it."),
            ],
            hint="Multiply the gradient by d.",
        )
    return finding


@CHECK.criterion("loss and gradient are finite for logits of ±10,000", needs=["value"], weight=1)
def finite(exam: Exam) -> None:
    for level, words in ((LARGE, "+10,000"), (-LARGE, "−10,000"), (0.0, "±10,000")):
        logits, y = _large_logits(exam, level), _labels(exam)
        if not level:
            # A probability of 0 at every label: what a number that keeps p from 0 gives is the same then.
            logits[np.arange(N), y], logits[np.arange(N), (y + 1) % CLASSES] = -LARGE, LARGE
        tried = f"`CrossEntropyLoss()` on {N} rows of logits near {words}"
        loss = _losses(exam, logits[None], y, tried)[0]
        expected = _key(logits, y)[0]
        if loss < 0 or (expected > 20 and loss < 5):
            raise wrong(
                tried,
                f"a loss of {loss:.4g}",
                f"{expected:.6g}",
                "The model is certain and wrong here, and the loss does not say so: log softmax is "
                "x − m − log Σ exp(x − m), with m the row's maximum.",
                FORWARD,
            )
        cause = "Compute p with each row's maximum subtracted before `np.exp`."
        _require_gradient_up_to_n(_gradient(exam, logits, y, tried), _key(logits, y)[1], tried, cause)
    _require_own_maximum(exam)


def _require_own_maximum(exam: Exam) -> None:
    """Rows that lie far apart: what is subtracted must be the maximum of each, not of the batch."""
    rng = exam.generator("rows far apart")
    logits, y = np.linspace(-LARGE, LARGE, N)[:, None] + rng.normal(size=(N, CLASSES)), _labels(exam)
    tried = f"`CrossEntropyLoss()` on {N} rows, logits near −10,000 in the first to +10,000 in the last"
    loss = _losses(exam, logits[None], y, tried, NOT_EACH_ROW)[0]
    expected = _key(logits, y)[0]
    require_close("the loss", loss, expected, SAME, tried=tried, where=FORWARD, cause=NOT_EACH_ROW)
    came = _gradient(exam, logits, y, tried, not_finite=NOT_EACH_ROW)
    _require_gradient_up_to_n(came, _key(logits, y)[1], tried, NOT_EACH_ROW)


def _large_logits(exam: Exam, level: float) -> np.ndarray:
    noise = exam.rng.normal(size=(N, CLASSES))
    return np.asarray(level + noise if level else LARGE * np.sign(noise) + noise)


@CHECK.criterion("the loss is exact where the label is improbable", needs=["finite"], weight=0.5)
def certain(exam: Exam) -> Finding:
    return _require_nothing_added(exam)


def _require_nothing_added(exam: Exam) -> Finding:
    """At a probability of 3e-6 a number added inside the logarithm shows, and one that keeps p from 0 does not."""
    rng = exam.generator("improbable labels")
    # Every class occurs: what goes wrong without one of them is another mistake.
    logits, y = rng.normal(size=(N, CLASSES)), rng.permutation(np.arange(N) % CLASSES)
    rows = np.arange(N)
    logits[rows, y] = -np.inf
    logits[rows, y] = np.log(np.exp(logits).sum(axis=1) * IMPROBABLE / (1 - IMPROBABLE))
    tried = f"{N} rows in which the label has a probability of {IMPROBABLE:g}"
    loss = _losses(exam, logits[None], y, tried)[0]
    return require_close(
        "the loss",
        loss,
        _key(logits, y)[0],
        KEY_LIMIT,
        tried=tried,
        where=FORWARD,
        cause=added_inside(loss),
    )


@CHECK.criterion("labels that miss a class, the last one too, and a single sample", needs=["value"], weight=1)
def missing_class(exam: Exam) -> None:
    cases = [
        (exam.rng.integers(0, CLASSES - 1, size=N), f"{N} labels without the last class"),
        (np.full(N, 1), f"{N} labels of one class"),
        (np.zeros(1), "a single sample"),
    ]
    for labels, words in cases:
        y = labels.astype(np.int64)
        logits = exam.rng.normal(size=(len(y), CLASSES))
        tried = f"`CrossEntropyLoss()` with {CLASSES} columns of logits and {words}"
        answer = exam.ask("pair", tried=tried, if_error=WIDTH, logits=logits, y=y, d=None)
        loss = finite_number(answer["loss"], "`forward(logits, y)`", tried=tried, not_finite=NOT_FINITE)
        expected, key = _key(logits, y)
        numbered = np.unique(y, return_inverse=True)[1]
        require_close(
            "the loss",
            loss,
            expected,
            KEY_LIMIT,
            tried=tried,
            where=FORWARD,
            candidates=[(_key(logits, numbered)[0], RENUMBERED)],
            cause=WIDTH,
        )
        _require_gradient_up_to_n(_gradient(exam, logits, y, tried, if_error=WIDTH), key, tried, WIDTH)


def _require_gradient_up_to_n(came: np.ndarray, key: np.ndarray, tried: str, cause: str) -> None:
    """Let a missing division by n pass: it costs its points once, in `gradient`."""
    if relative_error(came / len(key), key) > KEY_LIMIT:
        name = "the gradient by the logits"
        require_close(name, came, key, KEY_LIMIT, tried=tried, where=BACKWARD, sizes=SIZES, cause=cause)


@CHECK.criterion(
    "nothing is overwritten, added up or shared by accident", needs=["value", "gradient"], weight=0.5
)
def no_aliasing(exam: Exam) -> None:
    logits = exam.rng.normal(size=(3, N, CLASSES))
    y = np.stack([_labels(exam) for _ in logits])
    answer = exam.ask("pair", tried=TRIED, logits=logits[0], y=y[0], d=None)
    require_unchanged(answer, {"logits": logits[0], "y": y[0]}, TRIED)
    answer = exam.ask("two_pairs", tried=TRIED, logits=logits, y=y)
    then, now = answer["dx_then"].data, answer["dx_now"].data
    tried = "two pairs of forward and backward"
    if not (isinstance(then, np.ndarray) and isinstance(now, np.ndarray)):
        raise malformed("a gradient was expected")
    if not np.array_equal(then, now):
        raise wrong(
            tried,
            "the second pair overwrote the gradient of the first",
            "a new array from every call",
            "Do not answer an array that the loss keeps and writes into again, such as its own p.",
            BACKWARD,
        )
    second = answer["second"].array("`backward()`", (N, CLASSES), tried=tried)
    again = answer["again"].array("`backward()`", (N, CLASSES), tried=tried)
    keys = [_key(rows, labels)[1] for rows, labels in zip(logits, y, strict=True)]
    require_close(
        "the gradient by the logits",
        second,
        keys[1],
        KEY_LIMIT,
        tried=f"{tried}, with another `CrossEntropyLoss` used between",
        where=BACKWARD,
        candidates=[
            (keys[2], "The losses share what they store: keep it in `self`, not in the class or a global variable."),
            (keys[0], "What the first `forward` stored is used again: every `forward` stores its p and y anew."),
            (keys[0] + keys[1], "The gradient of the previous call is added: assign with `=`, not `+=`."),
        ],
        hint="Keep p and y in `self`, and store them anew in every `forward`.",
    )  # fmt: skip
    if relative_error(again, second) > KEY_LIMIT:
        raise wrong(
            "`forward`, then `backward()` twice",
            "another gradient the second time",
            "the same one",
            "`backward` changes what `forward` has stored, as `g = self.p; g[…] -= 1` does: `g` is another name for "
            "the same array. Copy it first, `self.p.copy()`.",
            BACKWARD,
        )
