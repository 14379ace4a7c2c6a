"""Judge of ``check_loss_and_gradient``: L = −1/n Σᵢ log p(yᵢ) + l2·‖W‖², with p = softmax(XW + b).

With P the probabilities and Y the one-hot labels: ∂L/∂W = Xᵀ(P − Y)/n + 2·l2·W, ∂L/∂b = Σᵢ(P − Y)ᵢ/n
(Bishop, "Pattern Recognition and Machine Learning", 2006, section 4.3.4).
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from autograder.checks.answer import Answer, Value, Wrong, malformed, type_name, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import SAME, Candidate, relative_error, require_close
from autograder.checks.gradients import KEY_LIMIT, STEP, directions, require_gradient
from autograder.checks.improbable import IMPROBABLE, added_inside
from autograder.checks.numpy_only import require_numpy_only
from autograder.checks.raised import Causes
from autograder.checks.result import Finding

CHECK = Check(
    id="check_loss_and_gradient",
    title="Loss and gradient",
    points=1.5,
    answer="loss_and_gradient",
    subjects=("loss_and_gradient",),
    module=__name__,
)
N, FEATURES, CLASSES = 11, 7, 5
SIZES = {"the number of samples": N, "the number of features": FEATURES, "the number of classes": CLASSES}
TRIED = f"`loss_and_gradient(W, b, X, y, l2)` with X of shape ({N}, {FEATURES}) and {CLASSES} classes"
WHERE = "`loss_and_gradient`"
SLOW = 12
STEPS = (0.1, 0.01, 1e-3, 1e-4, 1e-5)
QUOTIENT = (
    "This is a difference quotient of the loss, which is near the gradient and not equal to it, and costs one loss for "
    "each number: derive the gradient, as X.T @ (P − Y) / n is derived."
)
CLAMPED = 5.0
RENUMBERED = (
    "All classes count as the right one: the one-hot labels have a column for each label of this batch, here a single "
    "one, which is spread over all columns. The number of classes is `W.shape[1]`, whatever labels occur."
)
ONE_HOT_CAUSE = (
    "The one-hot labels are only as wide as the labels of this batch: the number of classes is `W.shape[1]`."
)
Given = dict[str, Any]


def _draw(exam: Exam, classes: int = CLASSES) -> Given:
    """Random parameters and samples; every one of the first `classes` classes occurs."""
    rng = exam.rng
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, N - classes)])
    return {
        "W": rng.normal(scale=0.5, size=(FEATURES, CLASSES)),
        "b": rng.normal(scale=0.5, size=CLASSES),
        "X": rng.normal(size=(N, FEATURES)),
        "y": rng.permutation(labels),
        "l2": float(rng.uniform(0.05, 0.2)),
    }


def _key(given: Given) -> tuple[float, np.ndarray, np.ndarray]:
    """Loss and gradients by PyTorch in float64."""
    W, b = (torch.tensor(given[name], requires_grad=True) for name in ("W", "b"))
    loss = cross_entropy(torch.tensor(given["X"]) @ W + b, torch.tensor(given["y"]))
    loss = loss + given["l2"] * (W**2).sum()
    loss.backward()
    assert W.grad is not None and b.grad is not None
    return float(loss.detach()), W.grad.numpy(), b.grad.numpy()


def _probabilities(given: Given) -> np.ndarray:
    return torch.softmax(torch.tensor(given["X"] @ given["W"] + given["b"]), dim=1).numpy()


def _residual(given: Given) -> np.ndarray:
    """P − Y, shape (n, classes)."""
    return _probabilities(given) - np.eye(CLASSES)[given["y"]]


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def _wrong_logs(given: Given) -> list[tuple[np.ndarray, str]]:
    """What likely mistakes put in place of log P."""
    W, b, X = given["W"], given["b"], given["X"]
    Z = X @ W + b
    return [
        (_log_softmax(X @ W), "The bias is missing from the logits: they are `X @ W + b`."),
        (_log_softmax(X @ W - b), "The bias is subtracted: the logits are `X @ W + b`."),
        (
            _log_softmax((X - X.mean(axis=0)) / X.std(axis=0) @ W + b),
            "X is standardised by itself: the features are used as they come.",
        ),
        (
            Z - np.logaddexp.reduce(Z, axis=0),
            "The softmax runs down the columns: probabilities sum to 1 over the classes of a sample, `axis=1`.",
        ),
        (
            Z - np.logaddexp.reduce(Z, axis=None),
            "The sum of the softmax goes over the whole batch: each row has its own, "
            "`sum(axis=1, keepdims=True)`.",
        ),
        (
            _log_softmax(Z - Z.max(axis=0)),
            "The maximum of each column is subtracted, which changes the rows: take each row's, "
            "`logits.max(axis=1, keepdims=True)`.",
        ),
    ]


def _errors() -> Causes:
    """What errors betray at these sizes."""
    too_short = "|".join(map(str, range(1, CLASSES)))
    return (
        (
            re.compile(r"^ValueError: matmul|^ValueError: shapes .* not aligned"),
            f"Here X is ({N}, {FEATURES}), W is ({FEATURES}, {CLASSES}) and P − Y is ({N}, {CLASSES}): so the logits "
            "are `X @ W + b`, and the cross-entropy's gradient by W is `X.T @ (P − Y)`.",
        ),
        (
            re.compile(rf"^IndexError: index \d+ is out of bounds for axis [01] with size ({too_short})$"),
            "The axis of the classes is too short, and a label has no place in it: the number of classes is "
            "`W.shape[1]`, whatever labels occur.",
        ),
    )


def _require_order(items: list[Value], tried: str) -> None:
    """Say so where the three things have the right shapes in another order."""
    shapes = [item.data.shape if isinstance(item.data, np.ndarray) else () for item in items]
    right = [(), (FEATURES, CLASSES), (CLASSES,)]
    if shapes != right and sorted(shapes) == sorted(right):
        raise wrong(
            tried,
            f"things of the shapes {shapes[0]}, {shapes[1]} and {shapes[2]}",
            f"the shapes {right[0]}, {right[1]} and {right[2]}",
            "The three come in another order: end with `return loss, dW, db`.",
            WHERE,
        )


def _three(answer: Answer) -> list[Value]:
    value = answer["answer"]
    if value.type not in ("tuple", "list"):
        raise wrong(
            TRIED, f"{type_name(value.type)}", "three things", "End with `return loss, dW, db`.", WHERE
        )
    items = value.items()
    if len(items) != 3:
        raise wrong(
            TRIED,
            f"{len(items)} things",
            "three things: `loss`, `dW`, `db`",
            "End with `return loss, dW, db`.",
            WHERE,
        )
    return items


def _number(items: list[Value], tried: str = TRIED) -> float:
    """The loss, which must be one number."""
    value = items[0]
    if isinstance(value.data, np.ndarray) and value.data.shape:
        _require_order(items, tried)
        if value.data.shape in ((N,), (N, 1)):
            raise wrong(
                tried,
                f"the loss is a numpy array of shape {value.data.shape}",
                "one number",
                "There is one loss for each sample: take the mean of them.",
                WHERE,
            )
    return value.number("the loss", tried=tried)


def _weights(value: Value, tried: str = TRIED) -> np.ndarray:
    return value.array(
        "`dW`",
        (FEATURES, CLASSES),
        tried=tried,
        shape_causes={
            (CLASSES, FEATURES): "`dW` is transposed: it has the shape of `W`, so it is X.T @ (P − Y).",
            (FEATURES, CLASSES - 1): ONE_HOT_CAUSE,
            (
                FEATURES + 1,
                CLASSES,
            ): "`dW` has a row too many, as a column of ones in X gives it: `b` has a gradient of "
            "its own, leave that row out.",
            (FEATURES,): "The classes are summed away: `dW` has the shape of `W`.",
        },
    )


def _bias(value: Value, tried: str = TRIED) -> np.ndarray:
    if value.type.startswith(("numpy.float", "float")):
        raise wrong(
            tried, "`db` is one number", f"a numpy array of shape ({CLASSES},), float64", SUMMED_CAUSE, WHERE
        )
    return value.array(
        "`db`",
        (CLASSES,),
        tried=tried,
        shape_causes={
            (N, CLASSES): "There is one row for each sample: sum them, `axis=0`.",
            (1, CLASSES): "`keepdims=True` leaves an axis too many: `db` has the shape of `b`.",
            (N,): "The classes are summed away: sum over the samples, `axis=0`.",
            (): SUMMED_CAUSE,
            (CLASSES - 1,): ONE_HOT_CAUSE,
        },
    )


SUMMED_CAUSE = "Everything is summed: sum over the samples only, `axis=0`."


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only(exam, "loss_and_gradient")


@CHECK.criterion("it answers three things: loss, dW, db", weight=0)
def three_answers(exam: Exam) -> None:
    _three(exam.ask("values", tried=TRIED, if_error=_errors(), **_draw(exam)))


@CHECK.criterion("the loss is the mean cross-entropy plus l2·‖W‖²", needs=["three_answers"], weight=2)
def loss(exam: Exam) -> Finding:
    given = _draw(exam)
    answer = exam.ask("values", tried=TRIED, if_error=_errors(), **given)
    items = _three(answer)
    _require_logs_of_probabilities(items, given)
    value = _number(items)
    key, *_ = _key(given)
    _require_nothing_added(exam, relative_error(value, key))
    squares, bias = float((given["W"] ** 2).sum()), float((given["b"] ** 2).sum())
    l2 = given["l2"]
    mean = key - l2 * squares
    P, rows, y = _probabilities(given), np.arange(N), given["y"]
    right = P[rows, y]
    return require_close(
        "the loss",
        value,
        key,
        KEY_LIMIT,
        tried=TRIED,
        where=WHERE,
        candidates=[
            (mean, "The l2 term is missing from the loss: add `l2 * (W**2).sum()`."),
            (mean + l2 / 2 * squares, "The l2 term is half of what is asked: it is l2·‖W‖², without ½."),
            (mean + 2 * l2 * squares, "The l2 term is double: it is l2·‖W‖²; the 2 belongs in its gradient."),
            (mean + l2 * (squares + bias), "The bias is regularised too: only `W` counts in ‖W‖²."),
            (mean + l2 * np.sqrt(squares), "The norm lacks its square: ‖W‖² is `(W**2).sum()`."),
            (mean + l2 * float(given["W"].sum()), "The squares are missing: ‖W‖² is `(W**2).sum()`."),
            (mean + l2**2 * squares, "l2 is squared: it is l2·‖W‖²."),
            (mean - l2 * squares, "The l2 term is subtracted: large weights have a price, add it."),
            (
                mean + N * l2 * squares,
                f"The l2 term counts {N} times, and {N} is the number of samples: add it once, after the mean.",
            ),
            (mean + l2 * squares / N, "The l2 term is divided by n as well: only the cross-entropy is."),
            (mean + l2 * squares / (2 * N), "The l2 term is divided by 2n: it is l2·‖W‖² as it stands."),
            (mean + l2 * float(np.abs(given["W"]).sum()), "Absolute values are summed: ‖W‖² sums squares."),
            (mean + l2 * squares / given["W"].size, "The squares are averaged: ‖W‖² is their sum."),
            (
                N * mean + l2 * squares,
                f"The cross-entropy is exactly {N} times too large, and {N} is the number of samples: take "
                "the mean, not the sum.",
            ),
            (
                N * mean + l2 * (squares + bias),
                "The cross-entropy is summed, not averaged, and the bias is regularised too: only `W` counts in ‖W‖².",
            ),
            (N * mean, "The cross-entropy is summed, not averaged, and the l2 term is missing."),
            (mean / N + l2 * squares, "The cross-entropy is divided by the number of samples twice."),
            (
                mean / CLASSES + l2 * squares,
                "The cross-entropy is averaged over the classes too: one number counts for each sample.",
            ),
            (-mean + l2 * squares, "The cross-entropy has the wrong sign: it is minus the mean of log p(y)."),
            (-float(np.mean(right)) + l2 * squares, "The logarithm is missing: average −log p(y)."),
            (float(-np.log(right.mean())) + l2 * squares, "The logarithm is taken after the mean: before."),
            *_other_choices(P, right, l2 * squares),
            *(
                (
                    -float(np.mean(np.log(right + small))) + l2 * squares,
                    f"A number near {small:g} is added inside the logarithm, which changes the loss: take log p from "
                    "the logits instead.",
                )
                for small in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
            ),
            (
                -float(np.log(_probabilities(given)[:, given["y"]]).mean()) + l2 * squares,
                "`p[:, y]` takes whole columns: `p[np.arange(n), y]` takes one number from each row.",
            ),
            *(
                (
                    float((1 - right).mean()) / n + l2 * squares,
                    "The loss is read off an array that is P − Y by then: compute it before, or subtract in a copy.",
                )
                for n in (1, N)
            ),
            *_other_bases(given, mean, l2 * squares),
            *(
                (-float(logs[rows, y].mean()) + l2 * squares, sentence)
                for logs, sentence in _wrong_logs(given)
            ),
            (-float(np.log(P[rows, y - 1]).mean()) + l2 * squares, FROM_ZERO),
            (
                lambda: -float(np.log(P[rows, y.argmax()]).mean()) + l2 * squares,
                ARGMAX,
            ),
            (
                mean + l2 * float((given["W"] @ given["W"].T).sum()),
                "`W @ W.T` is a matrix product: ‖W‖² squares number by number, `(W**2).sum()`.",
            ),
            (
                float(((P - np.eye(CLASSES)[y]) ** 2).mean()) + l2 * squares,
                "This is the mean squared error: average −log p(y).",
            ),
            (
                -float((np.eye(CLASSES)[y] * np.log(P) + (1 - np.eye(CLASSES)[y]) * np.log(1 - P)).sum() / N)
                + l2 * squares,
                "The other classes are in it too, with log(1 − p): only −log p(y) counts, of the class of the label.",
            ),
            *(
                (
                    round(key, digits),
                    f"The loss is rounded to {digits} decimals: leave all digits.",
                )
                for digits in range(1, 6)
            ),
            (
                _key(given | {"X": given["X"] - given["X"].mean(axis=0)})[0],
                "The mean is subtracted from X: the features are used as they come.",
            ),
        ],
        cause=_changed(answer, given),
        hint="Compute −mean(log p(y)) + l2·‖W‖².",
    )


def _changed(answer: Answer, given: Given) -> str:
    """Say which argument holds other numbers after the call; nothing if none does."""
    for name in ("W", "b", "X"):
        after = answer[name].data
        if (
            isinstance(after, np.ndarray)
            and after.shape == given[name].shape
            and np.any(after != given[name])
        ):
            return f"`{name}` itself is changed by the function: compute with a new array, `{name} = {name} - …`."
    return ""


def _other_choices(P: np.ndarray, right: np.ndarray, penalty: float) -> list[Candidate]:
    """Another number than −log p(y) of each sample, or not the mean of all of them."""
    logs = np.log(right)
    wrong_ones = [
        (np.log(P).mean(), "log p is averaged over all classes: only that of the label counts."),
        (np.log(P).sum(axis=1).mean(), "log p is summed over all classes: only that of the label counts."),
        (np.log(P.max(axis=1)).mean(), "log p of the largest probability is taken: take that of the label."),
        ((P * np.log(P)).sum(axis=1).mean(), "This is the entropy of the probabilities: average −log p(y)."),
        (np.median(logs), "The median is taken: take the mean."),
        (logs[0], "Only the first sample counts: take the mean over all of them."),
        (logs[0] / N, "Only the first sample counts: `return` stands inside the loop."),
        (logs[1:].sum() / N, "The first sample is left out: rows count from 0."),
        (logs[:-1].sum() / N, "The last sample is left out: the loop runs over all of them."),
    ]
    return [(penalty - float(number), sentence) for number, sentence in wrong_ones]


LAST_SAMPLE = "Only the last sample counts: sum over all of them."
ARGMAX = "`y.argmax()` is the place of the largest label: `y` holds the class numbers themselves, one a row."
FROM_ZERO = "The labels are shifted by one: classes count from 0, so `y` itself is the column."


def _other_bases(given: Given, mean: float, penalty: float) -> list[Candidate]:
    """Logarithms of another base: of the probabilities, or in log Σ exp alone, before or after a shift."""
    Z = given["X"] @ given["W"] + given["b"]
    found: list[Candidate] = []
    for base in (2, 10):
        sentence = f"The logarithm has base {base}: use `np.log`, whose base is e."
        found.append((mean / np.log(base) + penalty, sentence))
        for shifted in (Z, Z - Z.max(axis=1, keepdims=True)):
            normaliser = np.log(np.exp(shifted).sum(axis=1)) / np.log(base)
            found.append((float((normaliser - shifted[np.arange(N), given["y"]]).mean()) + penalty, sentence))
    return found


def _require_nothing_added(exam: Exam, error: float) -> None:
    """At a probability of 3e-6 a number added inside the logarithm shows, and one that keeps p from 0 does not."""
    if error > SAME:
        return  # there is more that is wrong
    rng = exam.generator("improbable labels")
    b, y = rng.normal(size=CLASSES), np.full(N, CLASSES - 1)
    others = np.exp(np.delete(b, CLASSES - 1)).sum()
    b[CLASSES - 1] = np.log(others * IMPROBABLE / (1 - IMPROBABLE))
    given: Given = {
        "W": np.zeros((FEATURES, CLASSES)),
        "b": b,
        "X": rng.normal(size=(N, FEATURES)),
        "y": y,
        "l2": 0.0,
    }
    tried = f"`loss_and_gradient` where every label has a probability of {IMPROBABLE:g}, and l2 = 0"
    value = _number(_three(exam.ask("values", tried=tried, if_error=_errors(), **given)), tried)
    require_close(
        "the loss",
        value,
        _key(given)[0],
        KEY_LIMIT,
        tried=tried,
        where=WHERE,
        candidates=[(-float(np.log(_probabilities(given)).sum(axis=1).mean()), RENUMBERED)],
        cause=added_inside(value),
    )


def _require_logs_of_probabilities(items: list[Value], given: Given) -> None:
    """Say so where the loss is nan beside a right gradient: it is read off what has become P − Y."""
    loss, dW = (item.data for item in items[:2])
    is_nan = isinstance(loss, float | np.ndarray) and np.size(loss) == 1 and bool(np.isnan(loss).all())
    if not is_nan or not isinstance(dW, np.ndarray) or dW.shape != given["W"].shape:
        return
    if relative_error(dW, _key(given)[1]) <= SAME:
        raise wrong(
            TRIED,
            "the loss is nan, and `dW` is right",
            "finite numbers",
            "The log is taken of P − Y, which is negative at the labels: `dZ = P` is no copy, and what changes `dZ` "
            "changes P. Compute the loss first, or write `dZ = P.copy()`.",
            WHERE,
        )


def _quotient(given: Given, step: float, back: float) -> np.ndarray:
    """Difference quotients of the loss by each number of `W`, from `back` below it to `step` above."""
    values = np.zeros_like(given["W"])
    for place in np.ndindex(values.shape):
        lower, upper = given["W"].copy(), given["W"].copy()
        lower[place] -= back
        upper[place] += step
        values[place] = (_key({**given, "W": upper})[0] - _key({**given, "W": lower})[0]) / (step + back)
    return values


def _differences(exam: Exam, given: Given, name: str, along: np.ndarray) -> np.ndarray:
    """Central differences by `name` of the student's own loss."""
    moved = np.concatenate([given[name] + STEP * along, given[name] - STEP * along])
    stacks: Given = {
        key: moved if key == name else np.broadcast_to(given[key], (len(moved), *given[key].shape)).copy()
        for key in ("W", "b")
    }
    rest = {key: given[key] for key in ("X", "y", "l2")}
    values = exam.ask("losses", tried=TRIED, **stacks, **rest)["losses"].items()
    numbers = np.array([value.number("the loss", tried=TRIED) for value in values])
    if len(numbers) != len(moved):
        raise malformed("it has another number of losses than was asked for")
    plus, minus = np.split(numbers, 2)
    return np.asarray((plus - minus) / (2 * STEP))


@CHECK.criterion("`dW` is the gradient of the loss by `W`", needs=["three_answers"], weight=3)
def weight_gradient(exam: Exam) -> Finding:
    given = _draw(exam)
    answer = exam.ask("values", tried=TRIED, **given)
    items = _three(answer)
    _require_order(items, TRIED)
    got = _weights(items[1])
    _, key, _ = _key(given)
    along = directions(exam.rng, got.shape)
    X, W, l2, residual = given["X"], given["W"], given["l2"], _residual(given)
    data = X.T @ residual / N
    return require_gradient(
        "the gradient by `W`",
        got,
        numeric=_differences(exam, given, "W", along),
        along=along,
        key=key,
        tried=TRIED,
        where=WHERE,
        candidates=[
            *((partial(_quotient, given, step, back), QUOTIENT) for step in STEPS for back in (0.0, step)),
            (data, "The l2 term is missing from the gradient: add `2 * l2 * W`."),
            (data + l2 * W, "The l2 gradient is half of the right one: l2·‖W‖² has the gradient 2·l2·W."),
            (data + 4 * l2 * W, "The l2 gradient is double: l2·‖W‖² has the gradient 2·l2·W."),
            (data - 2 * l2 * W, "The l2 gradient has the wrong sign: add it."),
            (data + 2 * l2 * W / N, "The l2 gradient is divided by n as well: only the cross-entropy is."),
            (data + l2 * W / N, "The l2 gradient came out as l2·W/n: for l2·‖W‖² it is 2·l2·W."),
            (data + 2 * l2 * W**2, "The l2 gradient has `W` squared: l2·‖W‖² has the gradient 2·l2·W."),
            (data + 2 * l2 * W.sum(), "The l2 gradient is summed: each number of `W` has its own, 2·l2·W."),
            (data + 2 * l2 * W / W.size, "The l2 gradient is averaged: it is 2·l2·W."),
            (
                data + 2 * N * l2 * W,
                f"The l2 gradient counts {N} times, and {N} is the number of samples: add it once, after the mean.",
            ),
            *(
                (X[sample : sample + 1].T @ residual[sample : sample + 1] / N + 2 * l2 * W, sentence)
                for sample, sentence in ((0, "Only the first sample counts."), (N - 1, LAST_SAMPLE))
            ),
            (data + 2 * l2, "The l2 gradient lacks its factor `W`: it is 2·l2·W."),
            (data + l2 * np.sign(W), "This is the gradient of |W|: l2·‖W‖² has the gradient 2·l2·W."),
            (N * data + 2 * l2 * W, NOT_MEAN),
            (N * data + l2 * W, NOT_MEAN + " The l2 gradient is half of the right one, too."),
            (N * data, NOT_MEAN + " The l2 term is missing, too."),
            (data / N + 2 * l2 * W, f"The mean is taken twice: divide by the number of samples, {N}, once."),
            (
                data / CLASSES + 2 * l2 * W,
                f"It is also divided by {CLASSES}, the number of classes: divide by the samples only.",
            ),
            (
                -data + 2 * l2 * W,
                "The cross-entropy part has the wrong sign: it is X.T @ (P − Y), not Y − P.",
            ),
            (
                X.T @ _probabilities(given) / N + 2 * l2 * W,
                "The labels are not subtracted: it is X.T @ (P − Y).",
            ),
            (
                -X.T @ np.eye(CLASSES)[given["y"]] / N + 2 * l2 * W,
                "The probabilities are missing: it is X.T @ (P − Y).",
            ),
            (
                X.T @ np.where(np.eye(CLASSES)[given["y"]] > 0, residual, 0) / N + 2 * l2 * W,
                "Only the column of each label has a gradient: raising another logit raises the loss too. It is "
                "X.T @ (P − Y).",
            ),
            (
                X.reshape(FEATURES, N) @ residual / N + 2 * l2 * W,
                "`X.reshape` is not the transpose: use X.T.",
            ),
            *(
                (X.T @ wrong_one / N + 2 * l2 * W, sentence)
                for wrong_one, sentence in _wrong_residuals(given)
            ),
            *_other_divisors(got - 2 * l2 * W, data, 2 * l2 * W),
        ],
        sizes=SIZES,
        cause=_changed(answer, given),
        hint="It is X.T @ (P − Y) / n + 2·l2·W, with the probabilities P and the one-hot labels Y.",
    )


def _wrong_residuals(given: Given) -> list[tuple[np.ndarray, str]]:
    """What likely mistakes put in place of P − Y."""
    P, y = _probabilities(given), given["y"]
    Y = np.eye(CLASSES)[y]
    columns = P.copy()
    columns[:, y] -= 1
    found = [
        (
            columns,
            "1 is subtracted from every column, as by `P[:, y] -= 1`, which takes whole columns: "
            "`P[np.arange(n), y] -= 1` takes one number of each row, that of its label.",
        ),
        (
            P - np.isin(np.arange(N), y)[:, None],
            "`P[y]` takes whole rows: `P[np.arange(n), y] -= 1` takes one number of each row, that of its label.",
        ),
        (np.where(Y > 0, 1 - P, P), "The sign is turned at the label: it is P − 1 there."),
        (np.where(Y > 0, -1, P), "−1 is assigned at the label: it is P − 1 there, `-= 1`."),
        (P - np.eye(CLASSES)[y - 1], FROM_ZERO),
        (P + Y, "The labels are added: it is P − Y, so subtract 1 in the place of the label."),
        (
            np.log(P) - Y,
            "The log-probabilities stand in place of the probabilities: take `np.exp` of them first.",
        ),
        (
            (P - Y) * P * (1 - P),
            "P − Y is multiplied by P(1 − P): the gradient by the logits is P − Y itself, as softmax and logarithm are "
            "in it.",
        ),
        *((np.exp(logs) - Y, sentence) for logs, sentence in _wrong_logs(given)),
    ]
    if y.argmax() < CLASSES:
        found.append((P - np.eye(CLASSES)[y.argmax()], ARGMAX))
    return found


def _other_divisors(got: np.ndarray, data: np.ndarray, rest: np.ndarray) -> list[Candidate]:
    """The right gradient of the cross-entropy, divided by another number than n."""
    share = float(np.vdot(data, got) / np.vdot(data, data))
    if share <= 0:
        return []
    divisor, value = N / share, share * data + rest
    names = {FEATURES: "the number of features", CLASSES: "the number of classes"}
    for size, name in names.items():
        if abs(divisor / size - 1) < SAME:
            return [
                (
                    value,
                    f"It is divided by {size}, {name}: divide by the number of samples, `len(X)`.",
                )
            ]
    return [
        (
            value,
            f"The cross-entropy part is divided by {divisor:.4g}: here are {N} samples, so divide by `len(X)`.",
        )
    ]


NOT_MEAN = (
    f"The cross-entropy part is exactly {N} times too large, and {N} is the number of samples: the loss is a "
    "mean, so divide its gradient by n."
)


@CHECK.criterion("`db` is the gradient of the loss by `b`", needs=["three_answers"], weight=2)
def bias_gradient(exam: Exam) -> Finding:
    given = _draw(exam)
    items = _three(exam.ask("values", tried=TRIED, **given))
    _require_order(items, TRIED)
    got = _bias(items[2])
    *_, key = _key(given)
    along = directions(exam.rng, got.shape)
    residual = _residual(given)
    return require_gradient(
        "the gradient by `b`",
        got,
        numeric=_differences(exam, given, "b", along),
        along=along,
        key=key,
        tried=TRIED,
        where=WHERE,
        candidates=[
            (key + 2 * given["l2"] * given["b"], "The bias is regularised: `db` has no l2 term."),
            (key + given["l2"] * given["b"], "The bias is regularised: `db` has no l2 term."),
            (N * key, f"It is {N} times too large, and {N} is the number of samples: divide by n."),
            (key / N, f"The mean is taken twice: divide by the number of samples, {N}, once."),
            (key / CLASSES, f"It is divided by {CLASSES}, the number of classes, as well: only by n."),
            (-key, "The sign is wrong: it is P − Y, not Y − P."),
            (_probabilities(given).mean(axis=0), "The labels are not subtracted: it is the mean of P − Y."),
            (np.full(CLASSES, residual.sum()), "Everything is summed: sum over the samples only, `axis=0`."),
            (residual[0], "Only the first sample counts."),
            (residual[-1], LAST_SAMPLE),
            (residual[-1] / N, LAST_SAMPLE),
            (
                key + 2 * given["l2"] * given["W"].sum(axis=0),
                "The l2 gradient of `W` is in it: `db` has no l2 term.",
            ),
            *((wrong_one.mean(axis=0), sentence) for wrong_one, sentence in _wrong_residuals(given)),
            *_other_divisors(got, key, np.zeros(CLASSES)),
        ],
        sizes=SIZES,
        hint="It is the mean of P − Y over the samples.",
    )


@CHECK.criterion(
    "it works when no sample belongs to the last class", needs=["weight_gradient", "bias_gradient"], weight=1
)
def missing_class(exam: Exam) -> Finding:
    given = _draw(exam, CLASSES - 1)
    tried = f"labels without class {CLASSES - 1}, the last of {CLASSES}"
    value, dW, db = _three(exam.ask("values", tried=tried, if_error=ONE_HOT_CAUSE, **given))
    key, key_W, key_b = _key(given)
    number = value.number("the loss", tried=tried)
    require_close("the loss", number, key, SAME, tried=tried, where=WHERE)  # `loss` looks at the last digits
    require_close("`db`", _bias(db, tried), key_b, KEY_LIMIT, tried=tried, where=WHERE, cause=ONE_HOT_CAUSE)
    return require_close(
        "`dW`", _weights(dW, tried), key_W, KEY_LIMIT, tried=tried, where=WHERE, cause=ONE_HOT_CAUSE
    )


@CHECK.criterion("finite at logits of ±10,000", needs=["loss", "weight_gradient", "bias_gradient"], weight=1)
def stable(exam: Exam) -> Finding:
    given = _draw(exam)
    given["W"] = given["W"] * 1e4
    given["l2"] = 0.0
    tried = "weights so large that logits reach ±10,000 and more, and l2 = 0"
    key, key_W, key_b = _key(given)
    value, dW, db = _three(exam.ask("values", tried=tried, **given))
    if any(
        isinstance(part.data, float | np.ndarray) and not np.all(np.isfinite(part.data))
        for part in (value, dW)
    ):
        raise wrong(
            tried,
            f"the loss is {_shown(value)}",
            "a finite loss and a finite gradient",
            _overflow(exam, given, value),
            WHERE,
        )
    number = value.number("the loss", tried=tried)
    if number < CLAMPED:
        raise wrong(
            tried,
            f"the loss = {number:.4g}",
            f"{key:.6g}, or at least {CLAMPED:g} where probabilities are clamped",
            "Samples on which the model is wrong and sure of it cost nothing: a nan or an inf is replaced, or the "
            "logits are clipped. Take log p = z − log Σ exp(z), after subtracting each row's maximum.",
            WHERE,
        )
    require_close("`db`", _bias(db, tried), key_b, KEY_LIMIT, tried=tried, where=WHERE, cause=CLIPPED)
    return require_close(
        "`dW`", _weights(dW, tried), key_W, KEY_LIMIT, tried=tried, where=WHERE, cause=CLIPPED
    )


CLIPPED = "Clipped logits or probabilities change the gradient: it is P − Y with the softmax as it is."


def _shown(value: Value) -> str:
    data = value.data
    if isinstance(data, np.ndarray) and data.size == 1:
        data = data.item()
    return f"{data:.4g}" if isinstance(data, float) else "not a number"


def _overflow(exam: Exam, given: Given, value: Value) -> str:
    """Tell log of 0 from exp that overflows, and a maximum of the batch from one of each row."""
    if _shown(value) == "inf":
        return (
            "exp overflows, or a probability is rounded to 0, and −log 0 is inf: take log p = z − log Σ exp(z) from "
            "the logits, after subtracting each row's maximum."
        )
    if _is_nan_of_log(exam):
        return (
            "0 is multiplied by log 0, and that is nan: take log p of the label alone, by its index, or log p = z − "
            "log Σ exp(z) from the logits, after subtracting each row's maximum."
        )
    wrong_rows = [i for i in range(N) if _probabilities(given)[i, given["y"][i]] > 0.5] or [0]
    alone = {**given, "X": given["X"][wrong_rows[:1]], "y": given["y"][wrong_rows[:1]]}
    try:
        loss_alone = _shown(_three(exam.ask("values", tried=TRIED, **alone))[0])
    except Wrong:
        loss_alone = "nan"
    if loss_alone not in ("nan", "inf", "not a number"):
        return (
            "One sample alone is fine, in a batch it is not: the maximum of the whole batch is subtracted "
            "(subtract each row's own), or 0 is multiplied by log 0 in the sum over the classes."
        )
    return "`exp` of a large logit is inf, and inf/inf is nan: subtract each row's maximum first."


def _is_nan_of_log(exam: Exam) -> bool:
    """Whether the loss is nan at logits whose `exp` is finite, and at labels whose probability is 1."""
    given = _draw(exam)
    given["W"], given["l2"] = np.zeros_like(given["W"]), 0.0
    given["b"], given["y"] = np.linspace(-380.0, 380.0, CLASSES), np.full(N, CLASSES - 1)
    try:
        return _shown(_three(exam.ask("values", tried=TRIED, **given))[0]) == "nan"
    except Wrong:
        return False


@CHECK.criterion("the arguments stay as they are", needs=["loss", "weight_gradient"], weight=1)
def unchanged(exam: Exam) -> None:
    given = _draw(exam)
    answer = exam.ask("values", tried=TRIED, **given)
    for name in ("W", "b", "X"):
        after = answer[name].array(f"`{name}`", given[name].shape, tried=TRIED)
        if not np.array_equal(after, given[name]):
            raise wrong(
                TRIED,
                f"`{name}` itself was changed",
                "arguments that stay as they are",
                f"An operator such as `-=` works in place: write `{name} = {name} - …` or copy first.",
                WHERE,
            )
    after = answer["y"].array("`y`", (N,), "int64", tried=TRIED)
    if relative_error(after, given["y"]):
        raise wrong(TRIED, "`y` itself was changed", "arguments that stay as they are", "Copy `y` first.")
    _note_slowness(exam)


def _note_slowness(exam: Exam) -> None:
    """Say on the card how much a loop over samples costs; it takes no points."""
    rng, n, features, classes = exam.rng, 256, 307, 10
    question: Given = {
        "W": rng.normal(size=(features, classes)) / 50,
        "b": np.zeros(classes),
        "X": rng.normal(size=(n, features)),
        "y": rng.integers(0, classes, n),
        "l2": 0.1,
    }
    try:
        ratio = exam.ask("slowness", tried=TRIED, **question)["ratio"].number("the ratio of times")
    except Wrong:
        return
    if ratio > SLOW:
        exam.note = (
            f"It costs no points, but on {n} samples your function took about {ratio:.0f} times as long as its "
            "two matrix products take: without a Python loop over samples (`X @ W + b` for all rows at once, "
            "then `X.T @ (P - Y)`) it would take 1 to 5 times as long."
        )
