"""Judge of ``check_classifier``: softmax regression trained by mini-batch gradient descent.

One update is W ← W − learning_rate · ∂L/∂W, with the loss of one batch
(Goodfellow, Bengio, Courville, "Deep Learning", 2016, section 8.1.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, product
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from autograder.checks.answer import Value, Wrong, malformed, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import Candidate, relative_error, require_close
from autograder.checks.gradients import KEY_LIMIT
from autograder.checks.numpy_only import require_numpy_only
from autograder.checks.result import Finding

CHECK = Check(
    id="check_classifier",
    title="Softmax classifier",
    points=1.5,
    answer="classifier",
    subjects=("SoftmaxClassifier",),
    module=__name__,
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
SMALL_N, SMALL_BATCH, SMALL_EPOCHS = 4, 2, 2
Settings = dict[str, Any]
Parameters = tuple[np.ndarray, np.ndarray]
Epoch = Callable[[Parameters, list[Parameters], Settings], Parameters]


def _settings(**changes: Any) -> Settings:
    return {"learning_rate": 0.3, "epochs": 1, "batch_size": N, "l2": 0.0, "seed": 1} | changes


def _draw(exam: Exam, n: int = N, classes: int = CLASSES) -> tuple[np.ndarray, np.ndarray]:
    """Random samples of every class from 0 to `classes` − 1."""
    labels = np.concatenate([np.arange(classes), exam.rng.integers(0, classes, max(0, n - classes))])
    return _samples(exam, n), exam.rng.permutation(labels)


def _samples(exam: Exam, n: int) -> np.ndarray:
    """Random samples that are float32 numbers: whoever trains on 32-bit images loses no digits of theirs."""
    return exam.rng.normal(size=(n, FEATURES)).astype(np.float32).astype(np.float64)


def _descend(
    X: np.ndarray,
    y: np.ndarray,
    settings: Settings,
    *,
    l2_factor: float = 1.0,
    bias_l2: bool = False,
    momentum: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Full-batch gradient descent from zeros, by PyTorch in float64; keywords make it go wrong."""
    W = torch.zeros((X.shape[1], int(y.max()) + 1), dtype=torch.float64, requires_grad=True)
    b = torch.zeros(W.shape[1], dtype=torch.float64, requires_grad=True)
    rate, l2 = settings["learning_rate"], settings["l2"] * l2_factor
    optimizer = torch.optim.SGD([W, b], lr=rate, momentum=momentum)
    for _ in range(settings["epochs"]):
        optimizer.zero_grad()
        loss = cross_entropy(torch.tensor(X) @ W + b, torch.tensor(y))
        loss = loss + l2 * ((W**2).sum() + ((b**2).sum() if bias_l2 else 0.0))
        loss.backward()
        optimizer.step()
    return W.detach().numpy(), b.detach().numpy()


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


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only(exam, "SoftmaxClassifier")


@CHECK.criterion("one epoch with one full batch is one step of gradient descent from zeros", weight=3)
def one_step(exam: Exam) -> Finding:
    X, y = _draw(exam)
    settings = _settings()
    tried = f"`fit` on {N} samples, epochs=1, batch_size={N}, learning_rate={settings['learning_rate']}"
    W, b = _parameters(exam.ask("fitted", tried=tried, X=X, y=y, settings=settings), tried=tried)
    key, key_b = _descend(X, y, settings)
    rate = settings["learning_rate"]
    two, two_b = _descend(X, y, settings | {"epochs": 2})
    mistakes: list[Candidate] = [
        (-key, "The step goes uphill: subtract `learning_rate * dW`, do not add it."),
        (key / rate, "The step does not depend on `learning_rate`: multiply the gradient by it."),
        (key * rate, "The gradient is multiplied by `learning_rate` twice."),
        (two, "Two steps are taken in one epoch: with one full batch there is one."),
        (_singly(X, y, rate, 1), "The batch size is ignored: a step is taken after every sample."),
        (np.zeros_like(key), "No step is taken: a full batch must count as one batch."),
    ]
    try:
        finding = _close("`W` after the step", W, key, tried, mistakes)
    except Wrong as error:
        if error.finding.cause == UNKNOWN:
            _require_zero_start(exam, X, y, tried)
            if relative_error(b, key_b) <= _limit(b):
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
            (two_b, "`b` takes two steps in one epoch."),
        ],
    )
    return finding


def _singly(X: np.ndarray, y: np.ndarray, rate: float, size: int) -> np.ndarray:
    """Weights after one epoch of batches of `size` in the given order."""
    W, b = np.zeros((FEATURES, CLASSES)), np.zeros(CLASSES)
    for start in range(0, len(X), size):
        part = slice(start, start + size)
        P = torch.softmax(torch.tensor(X[part] @ W + b), dim=1).numpy() - np.eye(CLASSES)[y[part]]
        W, b = W - rate * X[part].T @ P / len(P), b - rate * P.mean(axis=0)
    return W


def _require_zero_start(exam: Exam, X: np.ndarray, y: np.ndarray, tried: str) -> None:
    """With a learning rate of 0 the weights stay where they began."""
    answer = exam.ask("fitted", tried=tried, X=X, y=y, settings=_settings(learning_rate=0.0))
    W, b = _parameters(answer, tried=tried)
    if np.any(W) or np.any(b):
        name = "W" if np.any(W) else "b"
        raise wrong(
            "`fit` with learning_rate=0",
            f"`{name}` does not start from zeros",
            "zeros",
            f"Start with `np.zeros`: this loss has a single valley, so `{name}` needs no random start.",
            FIT,
        )


@CHECK.criterion("several steps, with l2", needs=["one_step"], weight=2)
def several_steps(exam: Exam) -> Finding:
    X, y = _draw(exam)
    settings = _settings(epochs=4, l2=0.2)
    tried = f"`fit` on {N} samples, epochs=4, batch_size={N}, l2=0.2"
    W, b = _parameters(exam.ask("fitted", tried=tried, X=X, y=y, settings=settings), tried=tried)
    key, key_b = _descend(X, y, settings)
    finding = _close(
        "`W` after four steps",
        W,
        key,
        tried,
        [
            (_descend(X, y, settings, l2_factor=0)[0], "`l2` has no effect: hand it to `loss_and_gradient`."),
            (_descend(X, y, settings, l2_factor=0.5)[0], "The l2 gradient is half: it is 2·l2·W."),
            (_descend(X, y, settings, l2_factor=2)[0], "The l2 gradient is double: it is 2·l2·W."),
            (_descend(X, y, settings, bias_l2=True)[0], "The bias is regularised: `db` has no l2 term."),
            (_descend(X, y, settings, momentum=0.9)[0], "This is momentum: plain gradient descent is asked."),
            (_descend(X, y, settings | {"epochs": 1})[0], "Only one epoch is run: repeat it `epochs` times."),
            (
                _descend(X, y, settings | {"epochs": 3})[0],
                "One epoch too few is run: `range(self.epochs)` counts from 0.",
            ),
            (
                _descend(X, y, settings | {"epochs": 5})[0],
                "One epoch too many is run: `range(self.epochs)` has that many already.",
            ),
        ],
    )
    _close(
        "`b` after four steps",
        b,
        key_b,
        tried,
        [(_descend(X, y, settings, bias_l2=True)[1], "The bias is regularised: `db` has no l2 term.")],
    )
    _require_all_epochs(exam, X, y)
    return finding


def _require_all_epochs(exam: Exam, X: np.ndarray, y: np.ndarray) -> None:
    """With a rate so small that the loss stands still, all epochs are run all the same."""
    settings = _settings(epochs=6, learning_rate=STANDSTILL_RATE)
    tried = f"`fit` with epochs=6, and a learning rate of {STANDSTILL_RATE:g}, at which the loss stands still"
    W, _ = _parameters(exam.ask("fitted", tried=tried, X=X, y=y, settings=settings), tried=tried)
    early = "The training stops early, where the loss hardly changes: it runs `epochs` epochs, whatever the loss does."
    _close(
        "`W` after six steps",
        W,
        _descend(X, y, settings)[0],
        tried,
        [(_descend(X, y, settings | {"epochs": epochs})[0], early) for epochs in range(1, 6)],
    )


def _shares(exam: Exam, epochs: int, y: np.ndarray) -> np.ndarray:
    """How much each sample counted: the sum over its visits of 1 / (size of the batch it was in).

    Every sample has a feature of its own, and the rate is so small that all probabilities stay 1/C:
    row i of `W` is then what the visits of sample i have left behind.
    """
    settings = _settings(learning_rate=TINY_RATE, epochs=epochs, batch_size=BATCH, seed=5)
    tried = f"`fit` on {N} samples in batches of {BATCH}, epochs={epochs}"
    W, _ = _parameters(
        exam.ask("fitted", tried=tried, X=np.eye(N), y=y, settings=settings), (N, CLASSES), tried
    )
    left = np.eye(CLASSES)[y] - 1 / CLASSES
    shares = (W * left).sum(axis=1) / (left**2).sum(axis=1) / TINY_RATE
    if float(np.abs(W / TINY_RATE - shares[:, None] * left).max()) > 1e-3:
        raise wrong(
            tried,
            "samples that learn the class of another sample",
            "each sample with its own label",
            "X and y are shuffled separately: draw one permutation, and index both with it.",
            FIT,
        )
    return shares


@CHECK.criterion(
    "an epoch takes every sample once, in batches, the last smaller one too", needs=["one_step"], weight=2
)
def every_sample(exam: Exam) -> None:
    _, y = _draw(exam)
    tried = f"`fit` on {N} samples, epochs=1, batch_size={BATCH}"
    shares = _shares(exam, 1, y)
    sizes = 1 / np.where(np.abs(shares) > 1e-3, shares, np.inf)
    left_out, last = int((np.abs(shares) < 1e-3).sum()), N % BATCH
    got = ", ".join(f"{share:.3g}" for share in np.sort(shares)[::-1])
    expected = f"{N - last} samples that count 1/{BATCH} and {last} that count 1/{last}"
    if left_out == last:
        cause = f"The last batch, of {last} samples, is left out: slice up to the end, X[start:start + size]."
    elif left_out == N - BATCH:
        cause = "Only one batch is used in an epoch: go on until every sample was used."
    elif left_out:
        cause = "Some samples are left out and others come twice: draw a permutation, not random indices."
    elif np.allclose(shares, 1 / BATCH, atol=1e-3):
        cause = f"The last batch is divided by {BATCH}, though it has {last} samples: take the mean of what it has."
    elif np.allclose(shares, 1 / N, atol=1e-3):
        cause = "`batch_size` is ignored: all samples are used at once."
    elif np.allclose(shares, 1, atol=1e-3):
        cause = "`batch_size` is ignored: a step is taken after every sample."
    else:
        counts = {size: int((np.abs(sizes - size) < 1e-2).sum()) for size in range(1, N + 1)}
        batches = sum(count / size for size, count in counts.items())
        if sum(counts.values()) == N and max(size for size in counts if counts[size]) <= BATCH:
            if abs(batches - -(-N // BATCH)) < 1e-6:
                return
            cause = f"The epoch has {batches:.0f} batches, {-(-N // BATCH)} are enough: split by size, not by number."
        elif sum(counts.values()) != N:
            cause = (
                "Steps have another size than they should: every batch takes one of its own, the mean of its "
                "gradients times the same `learning_rate`, not divided by the number of batches."
            )
        else:
            cause = "`np.array_split` takes a number of parts: batches have at most `batch_size` samples."
    raise wrong(tried, f"shares of the samples in the gradients: {got}", expected, cause, FIT)


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


def _gradient(at: Parameters, batch: Parameters, l2: float) -> Parameters:
    """Gradients by W and b of one batch's loss."""
    (W, b), (X, y) = at, batch
    P = torch.softmax(torch.tensor(X @ W + b), dim=1).numpy() - np.eye(len(b))[y]
    return X.T @ P / len(y) + 2 * l2 * W, P.mean(axis=0)


def _epoch(now: Parameters, batches: list[Parameters], settings: Settings) -> Parameters:
    """The right one: each batch goes through the weights that the one before has left."""
    rate = settings["learning_rate"]
    for batch in batches:
        dW, db = _gradient(now, batch, settings["l2"])
        now = now[0] - rate * dW, now[1] - rate * db
    return now


def _epoch_of_first_weights(share: float) -> Epoch:
    """All batches through the first weights of the epoch: one step with the sum of their gradients, or a share."""

    def epoch(now: Parameters, batches: list[Parameters], settings: Settings) -> Parameters:
        gradients = [_gradient(now, batch, settings["l2"]) for batch in batches]
        rate = settings["learning_rate"] * share
        return now[0] - rate * sum(g[0] for g in gradients), now[1] - rate * sum(g[1] for g in gradients)

    return epoch


def _epoch_of_one_bias_step(all_batches: bool) -> Epoch:
    """`b` takes its step after the loop over the batches, with the last gradient or with the sum of all."""

    def epoch(now: Parameters, batches: list[Parameters], settings: Settings) -> Parameters:
        (W, b), rate = now, settings["learning_rate"]
        steps: list[np.ndarray] = []
        for batch in batches:
            dW, db = _gradient((W, b), batch, settings["l2"])
            W, steps = W - rate * dW, [*steps, db]
        return W, b - rate * (sum(steps) if all_batches else steps[-1])

    return epoch


def _epoch_of_l2(shares: tuple[float, ...]) -> Epoch:
    """The penalty counts with another share in each batch."""

    def epoch(now: Parameters, batches: list[Parameters], settings: Settings) -> Parameters:
        for batch, share in zip(batches, shares, strict=True):
            now = _epoch(now, [batch], settings | {"l2": share * settings["l2"]})
        return now

    return epoch


FIRST_WEIGHTS = (
    "All batches of an epoch go through the weights that it began with: take a step after every batch, and compute "
    "the next gradient with the new `W` and `b`."
)
ONE_BIAS_STEP = "`b` takes one step an epoch: update it together with `W`, inside the loop over the batches."
WRONG_EPOCHS: list[tuple[Epoch, str]] = [
    (_epoch_of_first_weights(1.0), FIRST_WEIGHTS),
    (_epoch_of_first_weights(SMALL_BATCH / SMALL_N), FIRST_WEIGHTS),
    (_epoch_of_one_bias_step(False), ONE_BIAS_STEP),
    (_epoch_of_one_bias_step(True), ONE_BIAS_STEP),
    (_epoch_of_l2((1.0, 0.0)), "`l2` counts in the first batch of an epoch only: every batch has it in its loss."),
    (_epoch_of_l2((0.0, 1.0)), "`l2` counts in the last batch of an epoch only: every batch has it in its loss."),
    (
        _epoch_of_l2((0.5, 0.5)),
        "`l2` is divided by the number of batches: every batch has the whole penalty in its loss.",
    ),
    (_epoch_of_l2((0.0, 0.0)), "`l2` has no effect where there are several batches: hand it to every step."),
]  # fmt: skip


def _replays(X: np.ndarray, y: np.ndarray, settings: Settings, epoch: Epoch = _epoch) -> Iterator[Parameters]:
    """Weights after every order that the samples may have had, in batches of half of them."""
    everything = set(range(SMALL_N))
    halves = [[list(h), sorted(everything - set(h))] for h in combinations(range(SMALL_N), SMALL_BATCH)]
    for orders in product(halves, repeat=settings["epochs"]):
        now: Parameters = np.zeros((FEATURES, int(y.max()) + 1)), np.zeros(int(y.max()) + 1)
        for order in orders:
            now = epoch(now, [(X[half], y[half]) for half in order], settings)
        yield now


def _error(came: Parameters, expected: Parameters) -> float:
    return max(relative_error(a, e) for a, e in zip(came, expected, strict=True))


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
    nearest = min(_replays(X, y, settings), key=lambda replayed: _error(came, replayed))
    error = _error(came, nearest)
    if error <= limit:
        return Finding(relative_error=error, limit=limit)
    causes = (
        cause
        for epoch, cause in WRONG_EPOCHS
        if any(_error(came, replayed) <= max(limit, 1e-6) for replayed in _replays(X, y, settings, epoch))
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
    key, _ = _descend(X, y, settings)
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


def _predicted(exam: Exam) -> tuple[Any, np.ndarray]:
    """Ask once for predictions on new samples; the answer and the key from the student's own weights."""
    if "predicted" not in exam.memory:
        X, y = _draw(exam)
        new = _samples(exam, 11)
        settings = _settings(epochs=20, learning_rate=1.0)
        tried = f"`fit` on {N} samples, then the two kinds of prediction for 11 new ones"
        answer = exam.ask("predicted", tried=tried, X=X, y=y, new=new, settings=settings)
        W, b = _parameters(answer)
        logits = torch.tensor(new @ W.astype(np.float64) + b.astype(np.float64))
        exam.memory["predicted"] = answer, torch.softmax(logits, dim=1).numpy(), logits.numpy()
    answer, key, logits = exam.memory["predicted"]
    exam.memory["logits"] = logits
    return answer, key


@CHECK.criterion("`predict_proba` is softmax(XW + b)", needs=["one_step"], weight=1)
def predict_proba(exam: Exam) -> Finding:
    answer, key = _predicted(exam)
    logits = exam.memory["logits"]
    tried = "`predict_proba` of 11 new samples"
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
    answer, key = _predicted(exam)
    tried = "`predict` of 11 new samples"
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
    answer = exam.ask("predicted", tried=tried, X=X, y=y, new=new, settings=settings)
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
