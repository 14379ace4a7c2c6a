"""Judge of ``check_classifier``: softmax regression trained by mini-batch gradient descent.

One update is W ← W − learning_rate · ∂L/∂W, with the loss of one batch
(Goodfellow, Bengio, Courville, "Deep Learning", 2016, section 8.1.3).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from autograder.checks.answer import Answer, Value, Wrong, malformed, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import SAME, Candidate, relative_error, require_close
from autograder.checks.gradients import ASSIGNED, KEY_LIMIT
from autograder.checks.numpy_only import require_numpy_only
from autograder.checks.probabilities import rounded
from autograder.checks.raised import Causes
from autograder.checks.result import Finding
from autograder.checks.softmax_numpy._descent import (
    SMALL_BATCH,
    SMALL_N,
    WRONG_EPOCHS,
    Parameters,
    Settings,
    descend,
    distance,
    gradient,
    one_epoch,
    replays,
    singly,
)

CHECK = Check(
    id="check_classifier",
    title="Softmax classifier",
    points=1.5,
    answer="classifier",
    subjects=("SoftmaxClassifier",),
    module=__name__,
    begins="class SoftmaxClassifier",
)
N, FEATURES, CLASSES = 13, 7, 5
SIZES = {"the number of samples": N, "the number of features": FEATURES, "the number of classes": CLASSES}
FLOATS = ("float64", "float32")
SINGLE_LIMIT = 1e-4
INTEGERS = ("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8")
FIT = "`SoftmaxClassifier.fit`"
BATCH = 5
TINY_RATE = 1e-6
STANDSTILL_RATE = 1e-12
SMALL_EPOCHS = 2


def _settings(**changes: Any) -> Settings:
    return {"learning_rate": 0.3, "epochs": 1, "batch_size": N, "l2": 0.0, "seed": 1} | changes


def _draw(exam: Exam, n: int = N, classes: int = CLASSES) -> tuple[np.ndarray, np.ndarray]:
    """Random samples of every class from 0 to `classes` − 1."""
    labels = np.concatenate([np.arange(classes), exam.rng.integers(0, classes, max(0, n - classes))])
    return _samples(exam, n), exam.rng.permutation(labels)


def _samples(exam: Exam, n: int) -> np.ndarray:
    """Random samples that are float32 numbers: whoever trains on 32-bit images loses no digits of theirs."""
    return exam.rng.normal(size=(n, FEATURES)).astype(np.float32).astype(np.float64)


def _parameters(
    values: Any, shape: tuple[int, int] = (FEATURES, CLASSES), tried: str = ""
) -> tuple[np.ndarray, np.ndarray]:
    W = _weights(values["W"], shape, tried)
    bias: Value = values["b"]
    b = bias.array(
        "`b`",
        shape[1:],
        FLOATS,
        tried=tried,
        shape_causes={(1, shape[1]): "`b` has an axis too many: its shape is (classes,)."},
    )
    return W, b


def _weights(value: Value, shape: tuple[int, int], tried: str) -> np.ndarray:
    return value.array(
        "`W`",
        shape,
        FLOATS,
        tried=tried,
        shape_causes={
            shape[::-1]: "The shape is the other way round: rows of `W` are features, columns classes.",
            **{
                (
                    shape[0],
                    width,
                ): f"`W` has {width} columns, and the classes here are 0 to {shape[1] - 1}: their "
                "number is `y.max() + 1`."
                for width in (10, shape[1] + 1)
            },
            (
                shape[0],
                shape[1] - 1,
            ): "A class is missing: their number is `y.max() + 1`, even where a number "
            "between 0 and y.max() does not occur.",
        },
    )


def _limit(got: np.ndarray) -> float:
    """What rounding may do in the precision that the student chose."""
    return KEY_LIMIT if got.dtype == np.float64 else SINGLE_LIMIT


UNKNOWN = (
    "Is `loss_and_gradient` right already? If so, compare `fit` with `W = W - learning_rate * dW`, once for each "
    "batch."
)


APART = (
    "`b` has taken the right step, and `W` has not: X and y do not belong together, as when X alone is shuffled. Draw "
    "one permutation, and index both with it. Or `dW` of `loss_and_gradient` is wrong: see its check."
)


def _close(what: str, got: np.ndarray, key: np.ndarray, tried: str, candidates: list[Candidate]) -> Finding:
    return require_close(
        what,
        got,
        key,
        _limit(got),
        tried=tried,
        where=FIT,
        candidates=candidates,
        sizes=SIZES,
        hint=UNKNOWN,
    )


def _errors() -> Causes:
    """What errors betray at these sizes."""
    return (
        (
            re.compile(rf"^IndexError: index {CLASSES - 1} is out of bounds for axis [01] with size {CLASSES - 1}$"),
            "A class is missing: they count from 0, so their number is `y.max() + 1`.",
        ),
        (
            re.compile(
                rf"^ValueError: non-broadcastable output operand with shape \({CLASSES},\) .*\({FEATURES},{CLASSES}\)"
            ),
            "The step of `W` is subtracted from `b`: `loss_and_gradient` answers `loss, dW, db`, in this order.",
        ),
        (
            re.compile(r"^ValueError: matmul|^ValueError: shapes .* not aligned"),
            f"Here `X` is ({N}, {FEATURES}), so `self.W` must be ({FEATURES}, {CLASSES}) and `self.b` ({CLASSES},): "
            "rows of `W` are features, columns classes. If they are, compare your call with "
            "`loss_and_gradient(W, b, X, y, l2)`.",
        ),
        (
            re.compile(r"^ValueError: too many values to unpack \(expected 2"),
            "If the line calls `loss_and_gradient`: it answers three things, `loss, dW, db`.",
        ),
    )  # fmt: skip


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only(exam, "SoftmaxClassifier")


@CHECK.criterion("one epoch with one full batch is one step of gradient descent from zeros", weight=3)
def one_step(exam: Exam) -> Finding:
    X, y = _draw(exam)
    settings = _settings()
    tried = f"`fit` on {N} samples, epochs=1, batch_size={N}, learning_rate={settings['learning_rate']}"
    answer = exam.ask("fitted", tried=tried, if_error=_errors(), X=X, y=y, settings=settings)
    W, b = _parameters(answer, tried=tried)
    key, key_b = descend(X, y, settings)
    rate = settings["learning_rate"]
    mistakes: list[Candidate] = [
        (-key, "The step goes uphill: subtract `learning_rate * dW`, do not add it."),
        (key / rate, "The step does not depend on `learning_rate`: multiply the gradient by it."),
        (key * rate, "The gradient is multiplied by `learning_rate` twice."),
        (
            N * key,
            f"The step is {N} times too large, and {N} is the number of samples: the gradient of "
            "`loss_and_gradient` is a mean (see its check), and `fit` multiplies it by `learning_rate` alone.",
        ),
        (
            key / N,
            f"The step is {N} times too small, and {N} is the number of samples: it is divided by them twice. "
            "`loss_and_gradient` takes the mean (see its check), and `fit` multiplies that by `learning_rate` alone.",
        ),
        (
            np.tile(key_b, (FEATURES, 1)),
            "`W` takes the step of `b`: `loss_and_gradient` answers `loss, dW, db`.",
        ),
        (singly(X, y, rate, 1), SINGLY),
        *(
            (
                descend(changed, y, settings)[0],
                "X is centred or standardised inside `fit`: take the features as they come.",
            )
            for changed in (X - X.mean(axis=0), (X - X.mean(axis=0)) / X.std(axis=0))
        ),
    ]
    try:
        finding = _close("`W` after the step", W, key, tried, mistakes)
    except Wrong as error:
        if error.finding.cause in {sentence for _, sentence in mistakes}:
            raise
        if error.finding.cause == UNKNOWN:
            _require_zero_start(exam, X, y, tried)
        if cause := _why_another_step(exam, X, y, (W, b), (key, key_b)):
            raise Wrong(replace(error.finding, cause=cause, recognised=True)) from error
        if error.finding.cause == UNKNOWN and relative_error(b, key_b) <= _limit(b):
            # Of zeros the step of `b` is the same whichever label belongs to which sample.
            raise Wrong(replace(error.finding, cause=APART)) from error
        raise
    _close(
        "`b` after the step",
        b,
        key_b,
        tried,
        [
            (np.zeros(CLASSES), "`b` is never updated: subtract `learning_rate * db` from it."),
            (-key_b, "The step of `b` goes uphill: subtract `learning_rate * db`."),
            (key_b / rate, "The step of `b` does not depend on `learning_rate`."),
            (descend(X, y, settings | {"epochs": 2})[1], "`b` takes two steps in one epoch."),
            *(
                (mixed, "`b` takes the step of `W`, over all features: subtract `learning_rate * db`.")
                for mixed in (key.mean(axis=0), key.sum(axis=0))
            ),
        ],
    )
    return finding


SINGLY = (
    "The batch size is ignored: a step is taken after every sample. (`np.array_split` takes the number of parts, not "
    "their size.)"
)
MOST_STEPS = 12


def _steps(exam: Exam, X: np.ndarray, y: np.ndarray, epochs: int) -> int | None:
    """How many steps of full batches `fit` takes for a number of epochs; None where it takes others."""
    settings = _settings(epochs=epochs)
    tried = f"`fit` on {N} samples, epochs={epochs}, batch_size={N}"
    W, _ = _parameters(exam.ask("fitted", tried=tried, X=X, y=y, settings=settings), tried=tried)
    if not np.any(W):
        return 0
    for steps in range(1, MOST_STEPS + 1):
        if relative_error(W, descend(X, y, settings | {"epochs": steps})[0]) <= max(_limit(W), SAME):
            return steps
    return None


def _why_another_step(exam: Exam, X: np.ndarray, y: np.ndarray, came: Parameters, key: Parameters) -> str:
    """Fit with other settings, and say what the wrong step has in common with those; nothing if that is unknown."""
    W, b = came
    if not np.any(W) and relative_error(b, key[1]) <= _limit(b):
        return (
            "`W` stays zero while `b` takes its step: store the step in the object, "
            "`self.W = self.W - self.learning_rate * dW`."
        )
    once, thrice = _steps(exam, X, y, 1), _steps(exam, X, y, 3)
    if (once, thrice) == (0, 2):
        return "One epoch too few is run: `range(self.epochs)` counts from 0 and has `epochs` numbers."
    if (once, thrice) == (2, 4):
        return "One epoch too many is run: `range(self.epochs)` has that many already."
    if once is not None and once >= 2 and thrice == 3 * once:
        return f"{once} steps are taken in one epoch: with one full batch there is one."
    if once is not None and once >= 1 and once == thrice:
        return f"`epochs` has no effect: with epochs=1 and with epochs=3 the same {once} steps are taken."
    if once == 0 == thrice:
        small = _settings(batch_size=BATCH)
        answer = exam.ask("fitted", tried="`fit` in batches", X=X, y=y, settings=small)
        if np.any(_parameters(answer)[0]):
            return "No step is taken: a full batch must count as one batch."
        return (
            "No step is ever taken: `W` and `b` stay zero, whatever the batches. Does the loop run, and is the step "
            "stored in `self.W` and `self.b`?"
        )
    tried = "`fit` with learning_rate=0.6"
    answer = exam.ask("fitted", tried=tried, X=X, y=y, settings=_settings(learning_rate=0.6))
    other = _weights(answer["W"], (FEATURES, CLASSES), tried)
    if np.any(W) and relative_error(other, W) <= _limit(W):
        return "The step does not depend on `learning_rate`: take `self.learning_rate`, not a number of your own."
    return _why_other_shares(exam, y)


def _why_other_shares(exam: Exam, y: np.ndarray) -> str:
    """Look at how much each sample counts in an epoch that should have one batch."""
    left, W = _left_behind(exam, 1, y, N)
    shares = (W * left).sum(axis=1) / (left**2).sum(axis=1)
    if float(np.abs(W - shares[:, None] * left).max()) > 1e-3:
        of_others = np.eye(CLASSES) - 1 / CLASSES
        if all(np.abs(row * N - of_others).max(axis=1).min() < 1e-2 for row in W):
            return SEPARATELY
        return ""
    visits = N * shares
    if np.allclose(shares, 1, atol=1e-3):
        return SINGLY
    if (
        np.allclose(visits, np.round(visits), atol=1e-2)
        and abs(visits.sum() - N) < 1e-2
        and visits.max() > 1.5
    ):
        return (
            "Some samples are in the batch more than once and others not at all: draw a permutation, not random "
            "indices."
        )
    missing = int((np.abs(shares) < 1e-3).sum())
    if 0 < missing < N and np.allclose(shares[np.abs(shares) >= 1e-3], 1 / (N - missing), atol=1e-3):
        return (
            f"The full batch holds {N - missing} of the {N} samples only: `order[start : start + self.batch_size]` has "
            "`batch_size` of them."
        )
    return ""


SEPARATELY = "X and y are shuffled separately: draw one permutation, and index both with it."


def _require_zero_start(exam: Exam, X: np.ndarray, y: np.ndarray, tried: str) -> None:
    """With a learning rate of 0 the weights stay where they began."""
    answer = exam.ask("fitted", tried=tried, X=X, y=y, settings=_settings(learning_rate=0.0))
    W, b = _parameters(answer, tried=tried)
    if np.any(W) or np.any(b):
        name = "W" if np.any(W) else "b"
        raise wrong(
            "`fit` with learning_rate=0",
            f"`{name}` does not start from zeros",
            f"`{name}` at zeros",
            f"Start with `np.zeros`: this loss has a single valley, so `{name}` needs no random start.",
            FIT,
        )


@CHECK.criterion("several steps, with l2", needs=["one_step"], weight=2)
def several_steps(exam: Exam) -> Finding:
    X, y = _draw(exam)
    settings = _settings(epochs=4, l2=0.2)
    tried = f"`fit` on {N} samples, epochs=4, batch_size={N}, l2=0.2"
    W, b = _parameters(exam.ask("fitted", tried=tried, X=X, y=y, settings=settings), tried=tried)
    key, key_b = descend(X, y, settings)
    mistakes: list[Candidate] = [
        (descend(X, y, settings, l2_factor=0)[0], "`l2` has no effect: hand it to `loss_and_gradient`."),
        (descend(X, y, settings, l2_factor=0.5)[0], "The l2 gradient is half: it is 2·l2·W."),
        (descend(X, y, settings, l2_factor=2)[0], "The l2 gradient is double: it is 2·l2·W."),
        (descend(X, y, settings, bias_l2=True)[0], "The bias is regularised: `db` has no l2 term."),
        *((descend(X, y, settings, momentum=0.9, bias_momentum=of_b)[0], MOMENTUM) for of_b in (0.9, 0.0)),
        (
            descend(X, y, settings | {"epochs": 1})[0],
            "Only one epoch is run: repeat it `epochs` times, and let `return` stand after the loop.",
        ),
        (
            descend(X, y, settings | {"epochs": 3})[0],
            "One epoch too few is run: `range(self.epochs)` counts from 0.",
        ),
        (
            descend(X, y, settings | {"epochs": 5})[0],
            "One epoch too many is run: `range(self.epochs)` has that many already.",
        ),
    ]
    try:
        finding = _close("`W` after four steps", W, key, tried, mistakes)
    except Wrong as error:
        if error.finding.cause == UNKNOWN and (cause := _why_another_second_step(exam, X, y, settings)):
            raise Wrong(replace(error.finding, cause=cause, recognised=True)) from error
        raise
    _close(
        "`b` after four steps",
        b,
        key_b,
        tried,
        [(descend(X, y, settings, bias_l2=True)[1], "The bias is regularised: `db` has no l2 term.")],
    )
    _require_all_epochs(exam, X, y)
    _require_whole_gradient(exam)
    return finding


def _require_whole_gradient(exam: Exam) -> None:
    """A step is as large as its gradient, also where that is large."""
    rng, settings = exam.generator("steep"), _settings()
    X = 64 * rng.normal(size=(N, FEATURES)).astype(np.float32).astype(np.float64)
    y = rng.permutation(np.arange(N) % CLASSES)
    tried = f"`fit` on {N} samples of large numbers, epochs=1, batch_size={N}"
    W, _ = _parameters(exam.ask("fitted", tried=tried, X=X, y=y, settings=settings), tried=tried)
    key, rate = descend(X, y, settings)[0], settings["learning_rate"]
    cut = [np.clip(key, -rate * bound, rate * bound) for bound in (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)]
    _close(
        "`W` after the step",
        W,
        key,
        tried,
        [(step, "Large gradients are cut off: every batch takes one plain step.") for step in cut],
    )


MOMENTUM = "This is momentum: plain gradient descent is asked."


def _why_another_second_step(exam: Exam, X: np.ndarray, y: np.ndarray, settings: Settings) -> str:
    """Write the second step as a share of its own gradient and one of the first; nothing where it is neither."""
    own, earlier = _shares_of_second_step(exam, X, y, settings)
    if abs(earlier) < 1e-3 < abs(own - 1):
        return (
            f"The rate changes: the step of the second epoch is {own:.3g} times what `learning_rate` gives. It stays "
            "the same in all epochs."
        )
    if not (abs(earlier) > 1e-3 > abs(own - 1)):
        return ""
    if abs(earlier + 1) < 1e-3:
        return ASSIGNED
    _, without = _shares_of_second_step(exam, X, y, settings | {"l2": 0.0})
    if abs(without) > 1e-3:
        return MOMENTUM if without > 0 else ""
    share = 1 - earlier / (2 * settings["l2"] * settings["learning_rate"])
    return (
        f"The l2 gradient is {share:.3g} times the right one: `loss_and_gradient` has all of it, "
        "with `self.l2` as it is."
    )


def _shares_of_second_step(
    exam: Exam, X: np.ndarray, y: np.ndarray, settings: Settings
) -> tuple[float, float]:
    """How often its own gradient and that of the first step are in the second step; nan where it is no such sum."""
    tried = "`fit` with epochs=2"
    answer = exam.ask("fitted", tried=tried, X=X, y=y, settings=settings | {"epochs": 2})
    W = _weights(answer["W"], (FEATURES, CLASSES), tried)
    start: Parameters = np.zeros_like(W), np.zeros(CLASSES)
    first = one_epoch(start, [(X, y)], settings)
    gradients = [gradient(at, (X, y), settings["l2"])[0] for at in (first, start)]
    step = (first[0] - W).ravel() / settings["learning_rate"]
    (own, earlier), *_ = np.linalg.lstsq(np.stack([g.ravel() for g in gradients], axis=1), step, rcond=None)
    error = relative_error(own * gradients[0] + earlier * gradients[1], step.reshape(W.shape))
    return (float(own), float(earlier)) if error <= max(_limit(W), SAME) else (math.nan, math.nan)


def _require_all_epochs(exam: Exam, X: np.ndarray, y: np.ndarray) -> None:
    """All epochs are run, with a rate so small that the loss stands still, and where every sample is recognised."""
    settings = _settings(epochs=6, learning_rate=STANDSTILL_RATE)
    tried = f"`fit` with epochs=6, and a learning rate of {STANDSTILL_RATE:g}, at which the loss stands still"
    W, _ = _parameters(exam.ask("fitted", tried=tried, X=X, y=y, settings=settings), tried=tried)
    early = "The training stops early, where the loss hardly changes: it runs `epochs` epochs, whatever the loss does."
    _close(
        "`W` after six steps",
        W,
        descend(X, y, settings)[0],
        tried,
        [(descend(X, y, settings | {"epochs": epochs})[0], early) for epochs in range(1, 6)],
    )
    rng, y = exam.generator("clouds"), np.arange(N) % CLASSES
    noise = rng.normal(scale=0.1, size=(N, FEATURES))
    X = (3 * np.eye(CLASSES, FEATURES)[y] + noise).astype(np.float32).astype(np.float64)
    settings = _settings(epochs=6)
    tried = "`fit` with epochs=6 on samples that are all recognised after the first"
    W, _ = _parameters(exam.ask("fitted", tried=tried, X=X, y=y, settings=settings), tried=tried)
    early = "The training stops early, where the samples are recognised: it runs `epochs` epochs, however good it is."
    _close(
        "`W` after six steps",
        W,
        descend(X, y, settings)[0],
        tried,
        [(descend(X, y, settings | {"epochs": epochs})[0], early) for epochs in range(1, 6)],
    )


def _left_behind(
    exam: Exam, epochs: int, y: np.ndarray, size: int, seed: int = 5
) -> tuple[np.ndarray, np.ndarray]:
    """What one visit of each sample should leave in its row of `W`, and what all of them left, by the rate.

    Every sample has a feature of its own, and the rate is so small that all probabilities stay 1/C:
    row i of `W` is then what the visits of sample i have left behind.
    """
    settings = _settings(learning_rate=TINY_RATE, epochs=epochs, batch_size=size, seed=seed)
    tried = f"`fit` on {N} samples in batches of {size}, epochs={epochs}"
    answer = exam.ask("fitted", tried=tried, if_error=PART_OF_LABELS, X=np.eye(N), y=y, settings=settings)
    W, _ = _parameters(answer, (N, CLASSES), tried)
    return np.eye(CLASSES)[y] - 1 / CLASSES, W / TINY_RATE


PART_OF_LABELS: Causes = (
    (
        re.compile(rf"^IndexError: index \d+ is out of bounds for axis 1 with size [1-{CLASSES - 1}]$"),
        "The classes are counted in a part of the labels: their number is `y.max() + 1`, over all of `y`.",
    ),
)


def _shares(exam: Exam, epochs: int, y: np.ndarray, seed: int = 5) -> np.ndarray:
    """How much each sample counted: the sum over its visits of 1 / (size of the batch it was in)."""
    left, W = _left_behind(exam, epochs, y, BATCH, seed)
    shares = (W * left).sum(axis=1) / (left**2).sum(axis=1)
    if float(np.abs(W - shares[:, None] * left).max()) > 1e-3:
        raise wrong(
            f"`fit` on {N} samples in batches of {BATCH}, epochs={epochs}",
            "samples that learn the class of another sample",
            "each sample with its own label",
            SEPARATELY,
            FIT,
        )
    return np.asarray(shares)


@CHECK.criterion(
    "an epoch takes every sample once, in batches, the last smaller one too", needs=["one_step"], weight=2
)
def every_sample(exam: Exam) -> None:
    _, y = _draw(exam)
    # The last class comes last, so that the first samples of the data do not show every class.
    y = y[np.argsort(y == CLASSES - 1, kind="stable")]
    tried = f"`fit` on {N} samples, epochs=1, batch_size={BATCH}"
    shares = _shares(exam, 1, y)
    last, fewest = N % BATCH, -(-N // BATCH)
    # Batches of nearly equal sizes are fine too, as long as there are no more of them.
    if _is_partition(shares) and shares.min() > 1 / (BATCH + 0.5) and abs(shares.sum() - fewest) < 1e-2:
        return
    got = ", ".join(f"{share:.3g}" for share in np.sort(shares)[::-1])
    raise wrong(
        tried,
        f"shares of the samples in the gradients: {got}",
        f"{N - last} samples that count 1/{BATCH} and {last} that count 1/{last}, as in batches of {BATCH}, {BATCH} "
        f"and {last}, or {fewest} batches of nearly equal size",
        _why_other_batches(exam, y, shares),
        FIT,
        hint=f"Every sample belongs to one batch of an epoch, and no batch has more than {BATCH}: draw one "
        "permutation, and take slices of it that begin where the last one ended.",
    )


def _is_partition(shares: np.ndarray) -> bool:
    """Whether the samples can be parted into batches, so that each counts 1 / size in one of them."""
    sizes = 1 / np.where(np.abs(shares) > 1e-3, shares, np.inf)
    counts = {size: int((np.abs(sizes - size) < 1e-2).sum()) for size in range(1, N + 1)}
    return sum(counts.values()) == N and all(count % size == 0 for size, count in counts.items())


def _sliced(starts: Iterable[int], size: int) -> np.ndarray:
    """Sorted shares of the samples in slices of one permutation, cut with a mistake."""
    found = np.zeros(N)
    for start in starts:
        part = found[start : start + size]
        part += 1 / max(len(part), 1)
    return np.sort(found)


def _why_other_batches(exam: Exam, y: np.ndarray, shares: np.ndarray) -> str:
    """Say which batches leave such shares; nothing where it is unknown."""
    last, fewest, used = N % BATCH, -(-N // BATCH), np.abs(shares) > 1e-3

    def are(value: float, among: int = N) -> bool:
        """Whether so many samples count, and each the same."""
        return int(used.sum()) == among and np.allclose(shares[used], value, atol=1e-3)

    if are(1 / BATCH, N - last):
        return f"The last batch, of {last} samples, is left out: slice up to the end, X[start:start + size]."
    if are(1 / last, last):
        return (
            f"Only the last batch of an epoch, of {last} samples, takes a step: the update belongs into the loop over "
            "the batches, not after it."
        )
    if are(1 / BATCH, BATCH):
        return (
            "Only one batch is used in an epoch: go on until every sample was used, and let `return` stand after the "
            "loops."
        )
    if are(fewest / BATCH, BATCH):
        return f"Every step of an epoch uses the same {BATCH} samples: take the next slice of the order for each batch."
    if are(1 / BATCH):
        return f"The last batch is divided by {BATCH}, though it has {last} samples: take the mean of what it has."
    if are(1 / N):
        return "`batch_size` is ignored: all samples are used at once."
    if are(fewest / N):
        return "Every batch uses all samples: take its own from X and y, `X[batch]` and `y[batch]`."
    if are(1):
        return "`batch_size` is ignored: a step is taken after every sample."
    # A batch adds 1 to the sum, and one of n samples 1/n to the share of each.
    if abs(shares.sum() - round(float(shares.sum()))) > 1e-2 or shares[used].min(initial=1) < 1 / (N + 0.5):
        return (
            "Steps have another size than they should: every batch takes one of its own, the mean of its "
            "gradients times the same `learning_rate`, not divided by the number of batches."
        )
    if _is_partition(shares):
        sizes = np.round(1 / shares)
        if sizes.max() <= BATCH:
            return f"The epoch has {shares.sum():.0f} batches, {fewest} are enough: split by size, not by number."
        return (
            f"A batch has {sizes.max():.0f} samples, and {BATCH} are the most: `np.array_split` takes the number of "
            "parts, a slice of the order the number of samples."
        )
    return _why_overlapping(exam, y, np.sort(shares))


def _why_overlapping(exam: Exam, y: np.ndarray, shares: np.ndarray) -> str:
    """Tell slices that overlap or leave gaps, always the same ones, from samples that are drawn at random."""
    others = [np.sort(_shares(exam, 1, y, seed)) for seed in (6, 7, 8)]
    if not all(np.allclose(shares, other, atol=1e-3) for other in others):
        return "Some samples are left out and others come twice: draw a permutation, not random indices."
    if np.allclose(shares, _sliced(range(0, N, BATCH), BATCH + 1), atol=1e-3):
        return (
            "Every full batch has one sample too many, the first of the next one: the slice ends with "
            "`start + self.batch_size`."
        )
    if np.allclose(shares, _sliced(range(0, N, BATCH), BATCH - 1), atol=1e-3):
        return (
            "Every full batch lacks its last sample: the end of a slice does not belong to it, so it is "
            "`start + self.batch_size`."
        )
    if any(np.allclose(shares, _sliced(range(n), BATCH), atol=1e-3) for n in (N // BATCH, -(-N // BATCH), N)):
        return "The slices begin one sample apart and overlap: the starts are `range(0, n, self.batch_size)`."
    return ""


@CHECK.criterion("every epoch has an order of its own", needs=["every_sample"], weight=1)
def shuffled(exam: Exam) -> None:
    _, y = _draw(exam)
    epochs = 6
    shares = _shares(exam, epochs, y) / epochs
    # In one and the same order the small batch always has the same members.
    fixed = np.sort(_shares(exam, 1, y))
    if np.allclose(np.sort(shares), fixed, atol=1e-3):
        late = np.argsort(shares)[-(N % BATCH) :]
        ordered = set(late.tolist()) == set(range(N - N % BATCH, N))
        raise wrong(
            f"`fit` on {N} samples, batch_size={BATCH}, epochs={epochs}",
            "the same samples in the last, smaller batch of every epoch",
            "a new order in every epoch",
            "The samples are never shuffled: draw a permutation at the start of every epoch."
            if ordered
            else "The samples are shuffled once only: draw the permutation inside the loop over epochs, from a "
            "generator that is made before it.",
            FIT,
        )


@CHECK.criterion(
    "steps with small batches and l2 are exact", needs=["several_steps", "every_sample"], weight=2
)
def small_batches(exam: Exam) -> Finding:
    """The order is the student's: every one is replayed, and the nearest must agree."""
    X, y = _samples(exam, SMALL_N), exam.rng.permutation([0, 1, 2, 1])
    settings = _settings(epochs=SMALL_EPOCHS, batch_size=SMALL_BATCH, l2=0.2)
    tried = f"`fit` on {SMALL_N} samples in batches of {SMALL_BATCH}, epochs={SMALL_EPOCHS}, l2=0.2"
    came = _parameters(exam.ask("fitted", tried=tried, X=X, y=y, settings=settings), (FEATURES, 3), tried)
    limit = max(_limit(came[0]), _limit(came[1]))
    nearest = min(replays(X, y, settings), key=lambda replayed: distance(came, replayed))
    error = distance(came, nearest)
    if error <= limit:
        return Finding(relative_error=error, limit=limit)
    causes = (
        cause
        for epoch, cause in WRONG_EPOCHS
        if any(distance(came, replayed) <= max(limit, 1e-6) for replayed in replays(X, y, settings, epoch))
    )
    raise wrong(
        tried,
        f"`W` and `b` that no order of the samples gives; the nearest order differs by {error:.2g}",
        "after every batch W ← W − learning_rate · dW and b ← b − learning_rate · db, with the gradients of that "
        "batch at the weights of that moment",
        next(causes, ""),
        FIT,
        hint=UNKNOWN,
        relative_error=error,
        limit=limit,
    )


@CHECK.criterion("the same seed gives the same weights, another seed others", needs=["one_step"], weight=2)
def seed(exam: Exam) -> None:
    X, y = _draw(exam)
    settings = _settings(batch_size=BATCH, epochs=3)
    del settings["seed"]
    tried = "three classifiers with seed=3, seed=3 and seed=4, fitted one after the other"
    answers = exam.ask("seeds", tried=tried, X=X, y=y, settings=settings, seeds=[3, 3, 4])["W"].items()
    if len(answers) != 3:
        raise malformed("three arrays of weights were expected")
    first, again, other = (_weights(value, (FEATURES, CLASSES), tried) for value in answers)
    if not np.array_equal(first, again):
        raise wrong(
            tried,
            "two fits with one seed differ",
            "the same weights",
            "The order comes from a generator that goes on from fit to fit: make one at the start of `fit`, "
            "`rng = np.random.default_rng(self.seed)`, and draw from that. If that is so already, X and y are "
            "shuffled in place, and the second fit begins where the first ended: index with a permutation, `X[order]`.",
            FIT,
        )
    if np.array_equal(first, other):
        raise wrong(
            tried,
            "seeds 3 and 4 give the same weights",
            "another order of the samples, so slightly other weights",
            "`seed` has no effect: is it a constant in `fit`, or are the samples not shuffled?",
            FIT,
        )


GAP = (
    "Class 2 is missing among these labels: the number of classes is `y.max() + 1`, and `len(np.unique(y))` is too "
    "small. Or is it the batch, which has fewer samples than `batch_size`?"
)


@CHECK.criterion(
    "fewer samples than `batch_size`, and class numbers with a gap", needs=["one_step"], weight=1
)
def small(exam: Exam) -> Finding:
    X, _ = _draw(exam, 3)
    X, y = X[:3], np.array([3, 0, 1])
    settings = _settings(batch_size=64)
    tried = "`fit` on 3 samples of classes 3, 0 and 1, batch_size=64"
    fitted = exam.ask("fitted", tried=tried, if_error=GAP, X=X, y=y, settings=settings)
    W, _ = _parameters(fitted, (FEATURES, 4), tried)
    key, _ = descend(X, y, settings)
    return _close(
        "`W` after the step",
        W,
        key,
        tried,
        [
            (np.zeros_like(key), "No step is taken: fewer samples than `batch_size` make one small batch."),
            (key * 3 / 64, "The batch is divided by `batch_size`: take the mean over the samples it has."),
        ],
    )


def _scores() -> Causes:
    """What an error of a prediction betrays: `fit` has gone through by then."""
    return (
        (
            re.compile(r"^ValueError: matmul|^ValueError: shapes .* not aligned"),
            f"Here `X` is (11, {FEATURES}) and `self.W` ({FEATURES}, {CLASSES}): the scores are `X @ self.W + self.b`.",
        ),
    )


def _predicted(exam: Exam, function: str, tried: str) -> tuple[Answer, np.ndarray, np.ndarray]:
    """Ask for one kind of prediction on new samples; the answer, and the logits without and with `b` of its weights.

    Some of the samples are close to zero, where `b` alone decides.
    """
    X, y = _draw(exam)
    new = _samples(exam, 11) * np.geomspace(0.02, 1.0, 11)[:, None]
    settings = _settings(epochs=20, learning_rate=1.0)
    answer = exam.ask(function, tried=tried, if_error=_scores(), X=X, y=y, new=new, settings=settings)
    W, b = _parameters(answer)
    products = new @ W.astype(np.float64)
    return answer, products, products + b.astype(np.float64)


@CHECK.criterion("`predict_proba` is softmax(XW + b)", needs=["one_step"], weight=1)
def predict_proba(exam: Exam) -> Finding:
    tried = "`predict_proba` of 11 new samples"
    answer, products, logits = _predicted(exam, "predicted", tried)
    key = torch.softmax(torch.tensor(logits), dim=1).numpy()
    got = answer["probabilities"].array(
        "`predict_proba(X)`",
        key.shape,
        FLOATS,
        tried=tried,
        shape_causes={(11,): "One number came for each sample: answer all the classes, (n, classes)."},
    )
    finding = require_close(
        "`predict_proba(X)`",
        got,
        key,
        max(_limit(got), _limit(answer["W"].data)),
        tried=tried,
        where="`SoftmaxClassifier.predict_proba`",
        candidates=[
            (logits, "These are the logits: put them through `softmax`."),
            (torch.softmax(torch.tensor(logits), dim=0).numpy(), "Columns sum to 1, rows do not: sum rows."),
            (torch.softmax(torch.tensor(key), dim=1).numpy(), "Softmax is applied twice: once is enough."),
            (np.log(key), "These are log-probabilities: leave the logarithm out."),
            *rounded(key),
            (
                torch.softmax(torch.tensor(products), dim=1).numpy(),
                "The bias is missing: compute `softmax(X @ self.W + self.b)`.",
            ),
            (
                np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum(),
                "All samples together sum to 1: each row sums to 1 by itself.",
            ),
            (
                np.eye(CLASSES)[key.argmax(1)],
                "These are zeros and ones: answer the probabilities themselves.",
            ),
        ],
        sizes=SIZES,
        hint="Compute `softmax(X @ self.W + self.b)`. Is `softmax` right already?",
    )
    single = answer["single"].array(
        "`predict_proba` of one sample", (1, CLASSES), FLOATS, tried="one row, (1, features)"
    )
    require_close(
        "`predict_proba` of one sample",
        single,
        key[:1],
        max(_limit(single), _limit(answer["W"].data)),
        tried="one row, (1, features)",
        where="`SoftmaxClassifier.predict_proba`",
        cause="The same sample had other probabilities in a batch: sum each row by itself, `axis=-1`.",
    )
    return finding


@CHECK.criterion("`predict` is the most probable class, an integer", needs=["one_step"], weight=1)
def predict(exam: Exam) -> None:
    tried = "`predict` of 11 new samples"
    answer, products, logits = _predicted(exam, "classes", tried)
    key = logits
    got = answer["classes"].array(
        "`predict(X)`",
        (11,),
        INTEGERS,
        tried=tried,
        shape_causes={
            (11, CLASSES): "A row came for each sample: take the `argmax` along the last axis.",
            (CLASSES,): "One number came for each class: take the `argmax` along the last axis, `axis=1`.",
            (11, 1): "There is an axis too many: `argmax(axis=1)` gives (n,).",
            (): "One number came for all samples: give `argmax` an `axis`.",
        },
    )
    if not np.array_equal(got, key.argmax(axis=1)):
        cause = "Take `argmax` of the probabilities along axis 1."
        if np.array_equal(got, key.argmin(axis=1)):
            cause = "This is the least probable class: `argmax`, not `argmin`."
        elif np.array_equal(got, key.argmax(axis=1) + 1):
            cause = "Class numbers start from 0: do not add 1."
        elif np.array_equal(got, products.argmax(axis=1)):
            cause = "The bias is missing: it belongs to the scores, `X @ self.W + self.b`."
        raise wrong(
            tried,
            f"classes {got[:6].tolist()} …",
            f"{key.argmax(axis=1)[:6].tolist()} …",
            cause,
            "`SoftmaxClassifier.predict`",
        )


@CHECK.criterion("it learns classes that a line can separate", needs=["several_steps", "predict"], weight=1)
def separable(exam: Exam) -> None:
    n, classes = 101, 3
    y = np.arange(n) % classes
    centres = 3 * np.eye(classes, FEATURES)
    X = centres[y] + exam.rng.normal(scale=0.3, size=(n, FEATURES))
    new = centres[np.arange(classes).repeat(10)] + exam.rng.normal(scale=0.3, size=(30, FEATURES))
    settings = _settings(epochs=30, batch_size=8, l2=1e-4)
    tried = f"three well separated clouds of {n} samples, 30 epochs in batches of 8"
    answer = exam.ask("classes", tried=tried, X=X, y=y, new=new, settings=settings)
    got = answer["classes"].array("`predict(X)`", (30,), INTEGERS, tried=tried)
    accuracy = float((got == np.arange(classes).repeat(10)).mean())
    if accuracy < 0.95:
        raise wrong(
            tried,
            f"an accuracy of {accuracy:.2f} on new samples",
            "at least 0.95",
            "The steps with small batches do not lead downhill: are X and y of a batch taken with the same "
            "indices, and is every batch's own gradient used?",
            FIT,
        )


@CHECK.criterion("the data stay as they are, and every `fit` starts anew", needs=["one_step"], weight=1)
def no_aliasing(exam: Exam) -> None:
    X, y = _draw(exam)
    tried = "`fit` in batches"
    answer = exam.ask("fitted", tried=tried, X=X, y=y, settings=_settings(batch_size=BATCH, epochs=2))
    after, labels = answer["X"].array("`X`", X.shape, tried=tried), answer["y"].array("`y`", y.shape, "int64")
    if not (np.array_equal(after, X) and np.array_equal(labels, y)):
        name = "y" if np.array_equal(after, X) else "X"
        raise wrong(
            tried,
            f"`{name}` itself was changed",
            "arguments that stay as they are",
            "`rng.shuffle` works in place: draw `order = rng.permutation(n)` and index with it.",
            FIT,
        )
    second = _draw(exam)
    tried = "two classifiers: fit the first, fit the second, fit the first again"
    both = exam.ask(
        "twice",
        tried=tried,
        X=np.stack([X, second[0]]),
        y=np.stack([y, second[1]]),
        settings=_settings(epochs=2),
    )
    then, now, again = (_weights(both[name], (FEATURES, CLASSES), tried) for name in ("then", "now", "again"))
    if not np.array_equal(then, now):
        raise wrong(
            tried,
            "fitting the second classifier changed the first",
            "classifiers with weights of their own",
            "Keep the weights in `self`, not in the class or in a global variable.",
            FIT,
        )
    if relative_error(again, then) > _limit(again):
        raise wrong(
            tried,
            "the second `fit` goes on from the weights of the first",
            "every `fit` starts from zeros",
            "Set `self.W` and `self.b` to zeros in `fit`, not in `__init__`.",
            FIT,
        )
    settings = _settings(epochs=3, batch_size=BATCH)
    both = exam.ask(
        "twice", tried=tried, X=np.stack([X, second[0]]), y=np.stack([y, second[1]]), settings=settings
    )
    then, again = (_weights(both[name], (FEATURES, CLASSES), tried) for name in ("then", "again"))
    if relative_error(again, then) > _limit(again):
        raise wrong(
            f"{tried}, in batches of {BATCH}",
            "the second `fit` of one classifier differs from its first",
            "the same weights, for the seed is the same",
            "The generator goes on from fit to fit: make it at the start of `fit`, not in `__init__`.",
            FIT,
        )
