"""Judge of ``check_mlp_fit``: training by mini-batch gradient descent.

The classifier is given layers that record what they see. Feature 0 of a sample is its number, so the
record tells order and batches; the gradient that reaches the last layer, (p − y) / n, tells the labels.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import numpy as np

from autograder.checks import raised
from autograder.checks.answer import Answer, Wrong, malformed, wrong
from autograder.checks.backprop_numpy._methods import require_methods
from autograder.checks.backprop_numpy._mlp import (
    CLASSES,
    FEATURES,
    HIDDEN,
    OF_LAYERS,
    WEIGHTS_ANEW,
    Network,
    Step,
    draw_network,
    draw_samples,
    laid_to_the_loss,
    loss_of_softmax_forward_only,
    loss_of_softmax_twice,
    read_network,
    read_steps,
    replay,
    squared_loss,
)
from autograder.checks.backprop_numpy._numpy_only import require_numpy_only_with_parts
from autograder.checks.backprop_numpy._reading import require_unchanged, series, values
from autograder.checks.check import Check, Exam
from autograder.checks.compare import Candidate, relative_error, require_close
from autograder.checks.gradients import KEY_LIMIT
from autograder.checks.raised import Causes
from autograder.checks.result import Finding

CHECK = Check(
    id="check_mlp_fit",
    title="Training the network",
    points=1.25,
    answer="mlp_classifier",
    subjects=("MLPClassifier",),
    module=__name__,
    begins="class MLPClassifier",
)
N, BATCH, EPOCHS = 53, 5, 3
FULL, FEW, DEFAULT_N, DEFAULT_BATCH, DEFAULT_EPOCHS = 11, 5, 67, 32, 40
LEAST = 0.9
"""A dropped last batch, which costs its points elsewhere, leaves more than this share of the samples."""
WHERE = "`MLPClassifier.fit`"
NETWORK = f"a network {FEATURES} → {HIDDEN} → {CLASSES}"
TRIED = f"{NETWORK} on {N} samples, {EPOCHS} epochs, `batch_size={BATCH}`"
TRIED_FULL = f"{NETWORK}, one epoch with all {FULL} samples in one batch"
SHAPES = (
    "Two arrays do not fit. Forward, each layer takes what the one before it gave, `x = layer.forward(x)`; back, "
    "through `reversed(self.modules)` and from `loss.backward()` on, `d = layer.backward(d)`. Where one array is as "
    "wide as the number of classes: one-hot rows have a column for every column of the logits, also when a batch "
    "lacks a class."
)

NO_UPDATE = (
    "Call `update(self.alpha)` of every layer after the gradients have gone back, once for each batch; before the "
    "first backward there is no gradient yet."
)

NO_BATCH = (
    f"{FEW} / 32 rounds down to 0 batches, and `range(0, {FEW} - 32, 32)` has none: there is always at least one. "
    "`range(0, n, batch_size)` begins it, and a slice may reach past the end."
)
OF_WIDTH = re.compile(r"^ValueError: .*(matmul|broadcast|aligned|shape)|^IndexError\b")
ERRORS = (
    (
        re.compile(r"^AttributeError: 'CrossEntropyLoss' object has no attribute"),
        "`backward` of the loss uses what its `forward` has stored: call `loss.forward(logits, y[batch])` first, in "
        "every batch.",
    ),
    (
        re.compile(r"^AxisError: axis 1 is out of bounds for array of dimension 1"),
        "A vector came where rows belong: the loss takes the logits (n, C) first and the labels (n,) second, and a "
        "batch `X[batch]` has rows, also when there is only one.",
    ),
    (
        re.compile(r"fit\(\) missing 1 required positional argument: 'batch_size'"),
        "`batch_size` needs its default in the signature, `def fit(self, X, y, batch_size=32)`.",
    ),
    *OF_LAYERS,
    (raised.SHAPES, SHAPES),
)
"""What an error in `fit` is likely due to."""


def _fit(
    exam: Exam,
    network: Network,
    X: np.ndarray,
    y: np.ndarray,
    made: dict[str, Any],
    fitted: dict[str, Any],
    if_error: str | Causes = "",
) -> Answer:
    question = {"W": list(network.W), "b": list(network.b), "X": X, "y": y, "made": made, "fitted": fitted}
    require_methods(exam, "MLPClassifier", "fit", tried=TRIED)
    return exam.ask("fit", tried=TRIED, if_error=if_error or ERRORS, **question)


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only_with_parts(exam, "MLPClassifier")


@CHECK.criterion("`fit` trains the layers that it was given", weight=0)
def trains(exam: Exam) -> None:
    network, (X, y) = draw_network(exam), draw_samples(exam, N)
    alpha = float(exam.rng.uniform(0.003, 0.008))
    answer = _fit(exam, network, X, y, {"epochs": EPOCHS, "alpha": alpha}, {"batch_size": BATCH})
    steps = read_steps(answer, N, TRIED)
    after = read_network(answer, network, TRIED)
    exam.memory["main"] = (answer, network, X, y, alpha, steps, after)
    if not answer["is_as_asked"].flag():
        exam.note = (
            "`fit` answers something else than nothing, or self, which the text asks for. It costs no points."
        )


@CHECK.criterion("one epoch of one full batch is one gradient step on every layer", weight=3)
def full_batch_step(exam: Exam) -> Finding:
    network, (X, y) = draw_network(exam), draw_samples(exam, FULL)
    alpha = float(exam.rng.uniform(0.2, 0.4))
    answer = _fit(exam, network, X, y, {"epochs": 1, "alpha": alpha}, {"batch_size": FULL})
    steps = read_steps(answer, FULL, TRIED_FULL, _no_step(exam))
    if len(steps) != 1:
        raise wrong(
            TRIED_FULL,
            f"{len(steps)} steps; the first on {len(steps[0].ids)} samples",
            f"1 step on {FULL} samples",
            _wrong_count(exam, steps),
            WHERE,
        )
    _require_whole_batch(exam, steps[0].ids)
    after = read_network(answer, network, TRIED_FULL)
    _require_first_weights(answer, network)
    try:
        finding = _require_step(answer, network, after, X, y, alpha, steps[0], TRIED_FULL)
    except Wrong as problem:
        raise laid_to_the_loss(exam, problem, steps, y) from problem
    exam.memory["a full batch"] = True
    return finding


def _no_step(exam: Exam) -> str:
    """Why one batch of all samples may be none, although several batches in several epochs are some."""
    if "main" not in exam.memory:
        return ""
    samples = sum(len(step.ids) for step in exam.memory["main"][5])
    if samples != (EPOCHS - 1) * N:
        return (
            "No batch is made of as many samples as `batch_size`: `range(0, n, batch_size)` begins one, and the slice "
            "`start : start + batch_size` may reach past the end."
        )
    return (
        f"One epoch too few is run: of {EPOCHS} there were {EPOCHS - 1}, of one none. `range(self.epochs)` counts from "
        "0 and runs `epochs` times."
    )


def _require_whole_batch(exam: Exam, ids: np.ndarray) -> None:
    """The one batch of all samples holds each of them once."""
    count, different = len(ids), len(np.unique(ids))
    if count == different == FULL:
        return
    cause = (
        "Take all indices of the permutation, from `start` to `start + batch_size`, and hold no samples back for "
        "validation."
    )
    if different < count == FULL:
        cause = "Samples are drawn with replacement: use a permutation, `np.random.permutation(n)`."
    elif (
        count == FULL - 1 and "main" in exam.memory and _is_too_short([s.ids for s in exam.memory["main"][5]])
    ):
        cause = (
            f"One sample is left out of {FULL}: a slice does not hold its end, so that `start : start + batch_size` "
            "has `batch_size` samples."
        )
    raise wrong(
        TRIED_FULL,
        f"a batch of {count} samples, {different} different ones",
        f"all {FULL}, each once",
        cause,
        WHERE,
    )


def _require_first_weights(answer: Answer, network: Network) -> None:
    """Training goes on from the weights that the layers have."""
    firsts = values(answer["first_W"], len(network.W))
    if not all(
        np.array_equal(value.array("`W`", W.shape, tried=TRIED_FULL), W)
        for value, W in zip(firsts, network.W, strict=True)
    ):
        raise wrong(
            TRIED_FULL,
            "when the first samples went forward, the layers had other weights than those that they were given with",
            "training that goes on from the weights that are there",
            WEIGHTS_ANEW,
            WHERE,
        )


def _wrong_count(exam: Exam, steps: list[Step]) -> str:
    """Why all samples in one batch are several steps."""
    sizes = [len(step.ids) for step in steps]
    others = {len(step.ids) for step in exam.memory["main"][5]} if "main" in exam.memory else set()
    if set(sizes) == {1} == others:
        return (
            "Every sample takes a step of its own: a batch holds `batch_size` samples, "
            "`X[order[start : start + batch_size]]`."
        )
    if len(steps) in (FULL, FULL + 1) and sizes[0] == 1:
        return (
            f"`np.array_split(indices, {FULL})` makes {FULL} parts of 1 sample: its second argument is the number of "
            f"parts, not their size. With `batch_size` = {FULL} there is one part."
        )
    if all(size == FULL for size in sizes):
        return "More than one epoch was run: `epochs` is the argument of the constructor."
    if sizes == [FULL, 0]:
        return (
            "The second batch is empty: `n // batch_size + 1` is one batch too many where nothing is left over. "
            "`range(0, n, batch_size)` has the right number."
        )
    if sizes == list(range(FULL, 0, -1)):
        return "`start` moves on by 1, so batches overlap: `range(0, n, batch_size)` moves it on by `batch_size`."
    return "Take `batch_size` samples for each step; with as many as there are, that is one step."


def _require_step(
    answer: Answer,
    network: Network,
    after: Network,
    X: np.ndarray,
    y: np.ndarray,
    alpha: float,
    step: Step,
    tried: str,
) -> Finding:
    """Demand that every layer took exactly one gradient step."""
    key = network.gradients(X, y)
    twice = network.gradients(X, y, loss_of_softmax_twice)
    passed_over = network.gradients(X, y, loss_of_softmax_forward_only)
    squared = network.gradients(X, y, squared_loss)
    seen = step.labels()
    shuffled = key
    if len(seen) == len(y) and (seen >= 0).all():
        shuffled = network.gradients(X[step.ids], seen)
    _require_movement(network, after, tried)
    finding, loss = Finding(), network.loss(X, y)
    alphas = {a for _, a in step.updates}
    used = alphas.pop() if len(alphas) == 1 else alpha
    networks = (network, after, key, twice, passed_over, squared, shuffled)
    for name, start, end, g, g2, gp, gs, gl in zip(_names(network), *map(_arrays, networks), strict=True):
        candidates: list[Candidate] = [
            (g2, "Softmax is applied twice: the last layer answers logits, and the cross-entropy has the softmax "
                "inside. Add no Softmax to the layers that are trained."),
            (gp, "A softmax stands before the loss, which has one inside: give `CrossEntropyLoss.forward` the logits."),
            (gs, "This is the gradient of the squared error: train with cross-entropy."),
            (gl, "Samples and labels do not belong together: take both with the same shuffled indices."),
            (len(y) * g, f"The gradient is {len(y)} times too large, and {len(y)} is the batch size: the loss is a "
                "mean, so `CrossEntropyLoss.backward` divides by it."),
            (g / len(y), f"The gradient is {len(y)} times too small, and {len(y)} is the batch size: it is divided "
                "by it twice, in the loss and in `fit`."),
            (loss * g, "The gradient is multiplied by the loss: `CrossEntropyLoss.backward()` gets no argument here."),
            (-g, "The step goes uphill: pass `alpha` to `update`, not `-alpha`."),
            (2 * g, "Every layer is updated twice for one batch: once is enough."),
            (g / alpha, "The step does not depend on `alpha`: call `module.update(self.alpha)`."),
            (0.01 * g / alpha, "The step uses alpha = 0.01 whatever was asked for: store `alpha` in the constructor."),
            (used / alpha * g, f"`update` was called with {used:.4g} where `alpha` is {alpha:.4g}: pass `self.alpha` "
                "as it is, and do not change it, the rate stays constant."),
        ]  # fmt: skip
        finding = require_close(
            name + ", divided by alpha",
            (start - end) / alpha,
            g,
            KEY_LIMIT,
            tried=tried,
            where=WHERE,
            candidates=candidates,
            hint="Forward through all layers, the loss's gradient back through all of them, then update each.",
        )
    return finding


def _names(network: Network) -> list[str]:
    return [f"the step of layer {place + 1} on `{kind}`" for place in range(len(network.W)) for kind in "Wb"]


def _arrays(network: Network) -> list[np.ndarray]:
    return [array for pair in zip(network.W, network.b, strict=True) for array in pair]


def _require_movement(network: Network, after: Network, tried: str) -> None:
    still = [place + 1 for place in range(len(network.W)) if np.array_equal(network.W[place], after.W[place])]
    if still == list(range(1, len(network.W) + 1)):
        raise wrong(
            tried,
            "no weight changed",
            "one step of gradient descent on every layer",
            NO_UPDATE,
            WHERE,
        )
    if still:
        raise wrong(
            tried,
            f"layer {still[0]} of {len(network.W)} did not change",
            "one step of gradient descent on every layer",
            "Only some layers are updated: loop over all of `self.modules` in backward and in update.",
            WHERE,
        )


@CHECK.criterion("every sample is used exactly once an epoch", needs=["trains"], weight=2)
def every_sample(exam: Exam) -> None:
    steps: list[Step] = exam.memory["main"][5]
    seen = np.concatenate([step.ids for step in steps])
    if len(seen) == (EPOCHS - 1) * N:
        raise wrong(
            TRIED,
            f"{EPOCHS - 1} times {N} samples",
            f"{EPOCHS} times",
            "One epoch too few is run, or training stops early: `range(self.epochs)` runs `epochs` times.",
            WHERE,
        )
    if len(seen) == N and EPOCHS > 1:
        raise wrong(
            TRIED,
            f"{N} samples in all",
            f"{EPOCHS * N}",
            "Only one epoch was run: loop `self.epochs` times over the data.",
            WHERE,
        )
    for number, epoch in enumerate(_epochs(steps)):
        counts = np.bincount(
            np.concatenate([np.zeros(0, dtype=np.int64), *(s.ids for s in epoch)]), minlength=N
        )
        missing, repeated = int((counts == 0).sum()), int((counts > 1).sum())
        if missing or repeated:
            raise wrong(
                TRIED,
                f"in epoch {number + 1} {missing} samples were never used, {repeated} more than once",
                "each exactly once",
                _wrong_samples(steps, missing, repeated),
                WHERE,
            )
    _require_all_epochs(exam)


def _require_all_epochs(exam: Exam) -> None:
    """With an alpha so small that the loss stands still, all epochs are run all the same."""
    network, (X, y) = draw_network(exam), draw_samples(exam, FEW)
    epochs, alpha = 6, 1e-12
    tried = f"{NETWORK} on {FEW} samples, {epochs} epochs, `alpha={alpha:g}`, at which the loss stands still"
    answer = _fit(exam, network, X, y, {"epochs": epochs, "alpha": alpha}, {"batch_size": FEW})
    ran = sum(len(step.ids) for step in read_steps(answer, FEW, tried)) / FEW
    if ran < epochs:
        raise wrong(
            tried,
            f"{ran:.3g} epochs",
            f"{epochs}",
            "The training stops early, where the loss hardly changes: it runs `epochs` epochs, whatever the loss does.",
            WHERE,
        )


def _epochs(steps: list[Step]) -> list[list[Step]]:
    """Steps by epoch, when each epoch has as many; else by the number of samples that went by."""
    if len(steps) % EPOCHS == 0:
        size = len(steps) // EPOCHS
        return [steps[i : i + size] for i in range(0, len(steps), size)]
    epochs: list[list[Step]] = [[]]
    for step in steps:
        if sum(len(s.ids) for s in epochs[-1]) >= N:
            epochs.append([])
        epochs[-1].append(step)
    return epochs


def _wrong_samples(steps: list[Step], missing: int, repeated: int) -> str:
    """Say from the recorded batches why samples are left out or come again."""
    batches = [step.ids for step in steps if len(step.ids)]
    total = sum(len(ids) for ids in batches)
    sets = {tuple(np.sort(ids)) for ids in batches}
    if len(batches) > EPOCHS and sets == {tuple(range(N))}:
        return "Every batch holds all samples: take `X[batch]` and `y[batch]` for the step, not X and y as a whole."
    again = [place for place, ids in enumerate(batches) if len(np.unique(ids)) < len(ids)]
    per_epoch = len(batches) // EPOCHS
    if len(batches) == EPOCHS and {len(ids) for ids in batches} == {BATCH}:
        return (
            "Only one batch is used in an epoch: go on through the whole order, with slices "
            "`start : start + batch_size`."
        )
    if again and all((place + 1) % per_epoch == 0 for place in again):
        return (
            "The last batch is filled up with samples that were used already: it is smaller than the others."
        )
    if again:
        return "Samples are drawn with replacement: use a permutation, `np.random.permutation(n)`."
    if len(batches) > EPOCHS and len(sets) <= EPOCHS:
        return (
            f"All batches of an epoch hold the same {len(batches[0])} samples: let the slice move, "
            "`order[start : start + batch_size]`."
        )
    if len(batches) % EPOCHS == 0 and all(
        np.array_equal(ids, batches[place - place % EPOCHS]) for place, ids in enumerate(batches)
    ):
        return (
            f"Every batch comes {EPOCHS} times in a row, and {EPOCHS} is the number of epochs: the loop over epochs is "
            "the outer one, the loop over batches stands inside it."
        )
    if shift := _shift(batches):
        return (
            f"Batches of {len(batches[0])} samples begin {shift} apart, so they overlap: the slice is "
            "`start : start + batch_size`, and `range(0, n, batch_size)` moves `start` on by as much."
        )
    if missing == N % BATCH and not repeated:
        return f"The last batch is dropped: the {N % BATCH} samples that are left over make a smaller batch."
    if missing and not repeated and _is_too_short(batches):
        return (
            f"Batches hold {BATCH - 1} samples where {BATCH} were asked for: a slice does not hold its end, so that "
            "`start : start + batch_size` has `batch_size` samples."
        )
    if missing and repeated and max(map(len, batches)) <= BATCH:
        return "Samples are drawn anew for each batch: permute all of them once an epoch, and cut that into batches."
    if total > EPOCHS * N:
        return "More samples go by than there are: does the last slice begin anew, or does one epoch too many run?"
    return "Go through a permutation of all indices from start to end, `batch_size` at a time."


def _is_too_short(batches: list[np.ndarray]) -> bool:
    """Whether batches lack one sample each."""
    return {len(ids) for ids in batches[:3]} == {BATCH - 1}


def _shift(batches: list[np.ndarray]) -> int:
    """How far apart overlapping slices of one order begin, by the first batches; 0 where they do not overlap."""
    first = batches[:4]
    for shift in range(1, len(first[0])):
        pairs = [(a[shift:], b[: len(a) - shift]) for a, b in pairwise(first)]
        if len(first) == 4 and all(len(end) and np.array_equal(end, start) for end, start in pairs):
            return shift
    return 0


@CHECK.criterion("no batch is larger than `batch_size`", needs=["trains"], weight=1)
def batch_sizes(exam: Exam) -> None:
    sizes = [len(step.ids) for step in exam.memory["main"][5]]
    if max(sizes) <= BATCH:
        return
    per_epoch = sizes[: len(sizes) // EPOCHS]
    cause = "Cut the shuffled indices into slices `start : start + batch_size`."
    if max(sizes) == DEFAULT_BATCH:
        cause = f"Batches hold {DEFAULT_BATCH} samples whatever is asked for: use the argument `batch_size`."
    elif max(sizes) == N:
        cause = "Every step uses all samples: `batch_size` is not used."
    elif per_epoch == [len(part) for part in np.array_split(np.arange(N), BATCH)]:
        cause = (
            f"`np.array_split(indices, {BATCH})` makes {BATCH} parts: its second argument is the number of parts, "
            "not their size. Slices `start : start + batch_size` do what is wanted."
        )
    elif per_epoch == [len(part) for part in np.array_split(np.arange(N), N // BATCH)]:
        cause = (
            f"The number of parts is rounded down to {N // BATCH}, which makes the parts too large: round up, "
            "or cut slices `start : start + batch_size`."
        )
    raise wrong(TRIED, f"a batch of {max(sizes)} samples", f"at most {BATCH}", cause, WHERE)


@CHECK.criterion("the order differs from epoch to epoch", needs=["trains"], weight=1)
def shuffled(exam: Exam) -> None:
    _require_another_order(exam)
    _require_no_seed(exam)


def _require_no_seed(exam: Exam) -> None:
    """After `fit`, numpy's random numbers still depend on the seed that was set before it."""
    network = draw_network(exam)
    X, y = draw_samples(exam, N)
    tried = (
        "`fit` after `np.random.seed(1)`, and after `np.random.seed(2)`: the random number that comes next"
    )
    answer = exam.ask(
        "next_numbers", tried=tried, W=list(network.W), b=list(network.b), X=X, y=y, seeds=[1, 2]
    )
    first, second = (value.number("a random number", tried=tried) for value in values(answer["drawn"], 2))
    if not (0 <= first < 1 and 0 <= second < 1):
        raise malformed("a random number is not in [0, 1)")
    if first == second:
        raise wrong(
            tried,
            "the same number after both",
            "another number after another seed",
            "`fit` sets the seed of numpy's generator itself, and whoever calls it no longer can: leave that out. A "
            "seed is set before `fit`, by `set_seed`.",
            WHERE,
        )
    _note_fixed_seed(exam, answer)


def _note_fixed_seed(exam: Exam, answer: Answer) -> None:
    """Say on the card that the order is the same after both seeds; it takes no points."""
    try:
        first, second = (series(value, "f") for value in values(answer["orders"], 2))
    except Wrong:
        return
    is_shuffled = not np.array_equal(first, np.sort(first))
    if is_shuffled and np.array_equal(first, second) and not exam.note:
        exam.note = (
            "`fit` draws from a generator with a fixed seed, and `set_seed` has no effect on it: "
            "`np.random.permutation(n)` follows that. It costs no points."
        )


def _require_another_order(exam: Exam) -> None:
    orders = [np.concatenate([np.zeros(0), *(s.ids for s in e)]) for e in _epochs(exam.memory["main"][5])]
    same = [i for i in range(1, len(orders)) if np.array_equal(orders[i - 1], orders[i])]
    if not same and len(orders) > 1:
        return
    if np.array_equal(orders[0], np.sort(orders[0])):
        cause = "The samples are never shuffled: draw a new `np.random.permutation(n)` in every epoch."
    else:
        cause = (
            "The order is shuffled once and used again, or a seed is set in every epoch: draw a new permutation "
            "inside the loop over epochs."
        )
    got = "the same order in every epoch" if len(orders) > 1 else "one epoch"
    raise wrong(TRIED, got, "another order in every epoch", cause, WHERE)


@CHECK.criterion("every sample keeps its label", needs=["trains"], weight=2)
def pairs(exam: Exam) -> None:
    *_, y, _, steps, _ = exam.memory["main"]
    try:
        _require_pairs(steps, y)
    except Wrong as problem:
        raise laid_to_the_loss(exam, problem, steps, y) from problem
    exam.memory["keeps labels"] = True


def _require_pairs(steps: list[Step], y: np.ndarray) -> None:
    """Every gradient belongs to the sample's own label."""
    seen = np.concatenate([step.labels() for step in steps])
    ids = np.concatenate([step.ids for step in steps])
    if np.array_equal(seen, y[ids]):
        return
    unknown = float((seen < 0).mean())
    share = float((seen == y[ids]).mean())
    if unknown > 0.5:
        raise wrong(
            TRIED,
            "a gradient at the last layer that is not p − one-hot",
            "one negative number in each row, at the label",
            "Start the way back with the gradient that `CrossEntropyLoss.backward()` answers.",
            WHERE,
        )
    cause = "Samples and labels are shuffled separately: shuffle indices once, and take X[indices] and y[indices]."
    if len(ids) % N == 0 and np.array_equal(seen, np.tile(y, len(ids) // N)):
        cause = "X is shuffled and y is not: take both with the same indices, `X[indices]` and `y[indices]`."
    raise wrong(TRIED, f"{share:.0%} of the samples met their own label", "all of them", cause, WHERE)


@CHECK.criterion("every batch updates every layer once, with a constant `alpha`", needs=["trains"], weight=1)
def updates(exam: Exam) -> None:
    *_, alpha, steps, _ = exam.memory["main"]
    layers = list(range(2))
    for number, step in enumerate(steps):
        places = sorted(place for place, _ in step.updates)
        if places == layers:
            continue
        counts = [places.count(layer) for layer in layers]
        if not places and len({tuple(sorted(p for p, _ in s.updates)) for s in steps}) > 1:
            cause = "`update` belongs inside the loop over batches, after the gradients have gone back."
        elif min(counts) == 0:
            cause = "Call `update` of every layer after each batch: loop over all of `self.modules`."
        else:
            cause = "Each layer takes one step for a batch: call its `update` once."
        raise wrong(
            TRIED,
            f"after batch {number + 1}: {counts[0]} updates of the first layer, {counts[1]} of the last",
            "1 and 1",
            cause,
            WHERE,
        )
    used = {a for step in steps for _, a in step.updates}
    if any(abs(a - alpha) > 1e-12 for a in used):
        other = next(a for a in used if abs(a - alpha) > 1e-12)
        cause = "Pass `self.alpha` to every `update`, the same in all epochs."
        if abs(other + alpha) < 1e-12:
            cause = "`update` already subtracts: pass `self.alpha`, not its negative."
        elif other == 0.01:
            cause = "The default is used whatever was asked for: store the constructor's `alpha` in `self`."
        raise wrong(TRIED, f"`update({other:.4g})`", f"`update({alpha:.4g})`", cause, WHERE)


@CHECK.criterion("all steps of several epochs are exact", needs=["trains", "every_sample", "pairs"], weight=1)
def exact_training(exam: Exam) -> Finding:
    try:
        return _require_exact(exam)
    except Wrong as problem:
        raise _as_in_main(exam, problem) from problem


def _require_exact(exam: Exam) -> Finding:
    _, network, X, y, alpha, steps, after = exam.memory["main"]
    expected = replay(network, steps, X, y, alpha)
    finding = Finding()
    for place in range(len(network.W)):
        for name, came, right in (("W", after.W, expected.W), ("b", after.b, expected.b)):
            finding = require_close(
                f"`{name}` of layer {place + 1} in the end",
                came[place],
                right[place],
                KEY_LIMIT,
                tried=TRIED,
                where=WHERE,
                hint="Every batch goes forward through the weights that the batch before has left: forward, loss, "
                "backward, update, then the next batch. The gradient is divided by the size of this batch.",
            )
    return finding


def _as_in_main(exam: Exam, problem: Wrong) -> Wrong:
    """The same problem, laid to the loss where that gave what came in the first training."""
    if "main" not in exam.memory:
        return problem
    *_, y, _, steps, _ = exam.memory["main"]
    return laid_to_the_loss(exam, problem, steps, y)


@CHECK.criterion("fewer samples than `batch_size` make one batch", weight=1)
def few_samples(exam: Exam) -> None:
    network, (X, y) = draw_network(exam), draw_samples(exam, FEW)
    tried = f"{NETWORK}, one epoch on {FEW} samples with `batch_size=32`"
    # Where "main" is not there, no samples are trained on at all, however many there are.
    cause = NO_BATCH if "main" in exam.memory else ""
    answer = _fit(exam, network, X, y, {"epochs": 1, "alpha": 0.1}, {"batch_size": 32}, cause)
    steps = read_steps(answer, FEW, tried, cause)
    ids = np.concatenate([step.ids for step in steps])
    if len(ids) > FEW:
        cause = f"There are {FEW} samples, and each is used once: a batch is not filled up to `batch_size`."
    if len(steps) != 1 or len(ids) != FEW:
        raise wrong(
            tried,
            f"{len(steps)} steps on {len(ids)} samples in all",
            f"1 step on {FEW} samples",
            cause,
            WHERE,
        )


@CHECK.criterion("batches and data that lack a class, the last one too", weight=1)
def missing_class(exam: Exam) -> None:
    n, cause = 13, "The number of classes is the width of the logits, not what the labels of a batch reach."
    for labels, batch, words in (
        (CLASSES - 1, 2, "labels 0 … 3 in batches of 2"),
        (CLASSES - 2, n, "labels that never reach the last class"),
    ):
        network = draw_network(exam)
        X, _ = draw_samples(exam, n)
        y = exam.rng.permutation(np.arange(n) % (labels + 1)).astype(np.int64)
        tried = f"{NETWORK}, {n} samples, {words}"
        causes: Causes = ((OF_WIDTH, cause),) if "a full batch" in exam.memory else ERRORS
        answer = _fit(exam, network, X, y, {"epochs": 1, "alpha": 0.2}, {"batch_size": batch}, causes)
        steps = read_steps(answer, n, tried)
        for step in steps:
            came = step.labels()
            if (came[came >= 0] > labels).any():
                known = "" if "main" in exam.memory and "keeps labels" not in exam.memory else cause
                problem = wrong(tried, "a label that no sample has", f"labels up to {labels}", known, WHERE)
                raise laid_to_the_loss(exam, problem, [step], y)
        _require_movement(network, read_network(answer, network, tried), tried)


@CHECK.criterion("the loss falls on classes that can be told apart", weight=1)
def loss_falls(exam: Exam) -> None:
    n = 59
    network, (X, y) = draw_network(exam), draw_samples(exam, n)
    X[:, 0] = 0.0
    corners = np.array([[2.0, 2.0], [2.0, -2.0], [-2.0, 2.0], [-2.0, -2.0]])
    X[:, 1:] = corners[y] + 0.3 * exam.rng.normal(size=(n, 2))
    tried = f"{NETWORK} on {n} samples of {CLASSES} well separated classes, 30 epochs, `alpha=0.2`"
    epochs = 30
    answer = _fit(exam, network, X, y, {"epochs": epochs, "alpha": 0.2}, {"batch_size": 7})
    ran = float(series(answer["rows_in"], "i").sum()) / n
    if 0 < ran < LEAST * epochs:
        raise wrong(
            tried,
            f"{ran:.3g} epochs",
            f"{epochs}",
            "The training stops early, or some samples are left out: it runs `epochs` epochs over all of them, "
            "whatever loss and accuracy are by then.",
            WHERE,
        )
    after = read_network(answer, network, tried)
    before, now = network.loss(X, y), after.loss(X, y)
    if not now < 0.25 * before:
        problem = wrong(
            tried,
            f"the loss went from {before:.4g} to {now:.4g}",
            f"below {0.25 * before:.4g}",
            "The loss hardly falls, or rises: does every batch take one step downhill on its own samples and labels?",
            WHERE,
        )
        raise _as_in_main(exam, problem)


@CHECK.criterion("defaults: 40 epochs, `alpha=0.01`, batches of at most 32", weight=0.5)
def defaults(exam: Exam) -> None:
    network, (X, y) = draw_network(exam), draw_samples(exam, DEFAULT_N)
    tried = f"`MLPClassifier(modules).fit(X, y)` on {DEFAULT_N} samples"
    steps = read_steps(_fit(exam, network, X, y, {}, {}), DEFAULT_N, tried)
    total = sum(len(step.ids) for step in steps)
    largest = max(len(step.ids) for step in steps)
    alphas = sorted({a for step in steps for _, a in step.updates})
    if largest > DEFAULT_BATCH:
        raise wrong(
            tried, f"a batch of {largest}", "at most 32", "The signature is `fit(X, y, batch_size=32)`."
        )
    others = [a for a in alphas if abs(abs(a) - 0.01) > 1e-12]
    if not alphas:
        raise wrong(
            tried, "no layer was updated", "`update(0.01)` of every layer after every batch", NO_UPDATE, WHERE
        )
    if others:
        cause = "The default of `alpha` is 0.01."
        if len(others) < len(alphas):
            cause = "The rate changes while training: it stays at `alpha`, from the first batch to the last."
        raise wrong(tried, f"alpha = {others[0]:.4g}", "0.01", cause)
    epochs = total / DEFAULT_N
    if round(epochs) not in (DEFAULT_EPOCHS - 1, DEFAULT_EPOCHS) and not 0.85 <= epochs / DEFAULT_EPOCHS <= 1:
        asked = read_steps(_fit(exam, network, X, y, {"epochs": DEFAULT_EPOCHS}, {}), DEFAULT_N, tried)
        cause = "The default of `epochs` is 40."
        if sum(len(step.ids) for step in asked) < 0.85 * DEFAULT_EPOCHS * DEFAULT_N:
            cause = (
                "The training stops early: it runs `epochs` epochs, whatever loss and accuracy are by then."
            )
        raise wrong(tried, f"{epochs:.3g} epochs", f"{DEFAULT_EPOCHS}", cause)


@CHECK.criterion("`X` and `y` are left as they were", needs=["trains", "every_sample"], weight=0.5)
def inputs_unchanged(exam: Exam) -> None:
    answer, _, X, y, *_ = exam.memory["main"]
    require_unchanged(answer, {"X": X, "y": y}, TRIED)


@CHECK.criterion("a classifier of its own, and `modules` as it was", needs=["full_batch_step"], weight=1)
def own_state(exam: Exam) -> None:
    networks, (X, y) = [draw_network(exam), draw_network(exam)], draw_samples(exam, FULL)
    made = [{"epochs": 1, "alpha": 0.3}, {"epochs": 2, "alpha": 0.1}]
    tried = "two classifiers, each made of three layers; the first is fitted for one epoch of one batch"
    answer = exam.ask(
        "side_by_side",
        tried=tried,
        W=[list(network.W) for network in networks],
        b=[list(network.b) for network in networks],
        X=X,
        y=y,
        made=made,
        fitted={"batch_size": FULL},
    )
    lengths = [value.number("a length", tried=tried) for value in answer["lengths"].items()]
    if lengths != [3, 3] or not answer["is_same"].flag():
        raise wrong(
            tried,
            "the list of layers itself was changed" + (f": it has {lengths[0]:.0f} now" if lengths else ""),
            "arguments that stay as they are",
            "`modules.append(…)` changes the list of the caller: keep a list of your own, `[*modules, Softmax()]`.",
            "`MLPClassifier.__init__`",
        )
    after = [read_network(_numbered(answer, number), networks[number], tried) for number in (0, 1)]
    expected = networks[0].step(X, y, 0.3)
    error = max(relative_error(a, e) for a, e in zip(_arrays(after[0]), _arrays(expected), strict=True))
    still = all(np.array_equal(a, e) for a, e in zip(_arrays(after[1]), _arrays(networks[1]), strict=True))
    if error > KEY_LIMIT or not still:
        raise wrong(
            tried,
            "not exactly one step on the layers of the first"
            if still
            else "the layers of the second were trained",
            "one step, with the settings of the first, on its own layers",
            "The classifiers share what they keep: write it to `self`, not to the class or a global variable.",
            "`MLPClassifier.__init__`",
        )


def _numbered(answer: Answer, number: int) -> Answer:
    return Answer({name: answer[f"{name}_{number}"].description for name in "Wb"})
