"""Judge of ``check_train_evaluate``: one pass over the data, with and without learning.

The key trains the same small model in float64: softmax regression with plain gradient descent, gradients
by PyTorch. The last batch is smaller, so that a mean over batches is not the mean over samples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from autograder.checks.answer import Answer, Value, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import Candidate, relative_error, require_close
from autograder.checks.hidden import require_nothing_hidden
from autograder.checks.layers import CAUSES
from autograder.checks.raised import Causes
from autograder.checks.result import Finding
from autograder.checks.softmax_pytorch._device import require_moved, require_no_global

CHECK = Check(
    id="check_train_evaluate",
    title="Training and evaluation",
    points=1.0,
    answer="train_evaluate",
    subjects=("calculate_accuracy", "train", "evaluate"),
    module=__name__,
    begins="def calculate_accuracy(",
)
N, BATCH, CLASSES = 19, 7, 5
IMAGE = (3, 2, 2)
FEATURES = 12
SIZES = {"the number of samples": N, "the number of batches": 3, "the batch size": BATCH}
# The student's side computes in float32.
LIMIT = 1e-4
RATE = 0.5
DRAWS = 100
RATES, MOMENTUM = [0.3, 0.7], 0.9
TRAIN_TRIED = f"one `train` pass over {N} samples in batches of {BATCH}, the last one of {N % BATCH}"
EVALUATE_TRIED = f"`evaluate` on {N} samples in batches of {BATCH}, the last one of {N % BATCH}"


ERRORS: Causes = (
    (
        re.compile(r"must match the size of tensor"),
        "Predictions and labels are not equally many: `logits.argmax(1)` goes over the classes, and gives one number "
        "for each sample.",
    ),
    (
        re.compile(r"'float' object has no attribute 'backward'"),
        "`.item()` makes a float of the loss, which has no gradient: call `loss.backward()` on the tensor, and take "
        "`loss.item()` for the mean alone.",
    ),
    (
        re.compile(r"Expected floating point type for target with class probabilities"),
        "Class numbers were given where logits belong: the criterion takes what the model answers, without `argmax`, "
        "`criterion(logits, y)`.",
    ),
    (
        re.compile(r"'(SGD|Adam\w*|RMSprop)' object is not callable"),
        "An optimiser is called where the criterion belongs. The order is `train(model, iterator, optimizer, "
        "criterion, device)`, in `def` too.",
    ),
    (
        re.compile(r"'bool' object has no attribute '(float|sum|mean)'"),
        "The comparison gave one truth value, not one for each sample, for the two are of different kinds: "
        "`logits.max(1)` is a pair, of values and places. Compare `logits.argmax(1)` with `y`.",
    ),
    (
        re.compile(r"\(3x4 and 12x5\)"),
        "The model was given one image without its batch axis: go through `iterator`, which gives batches, and not "
        "through its `.dataset`.",
    ),
    (
        re.compile(r"'int' object has no attribute '(to|float|flatten)'"),
        "A number stands where a batch is meant: `for x, y in iterator` gives batches, and `enumerate` puts a number "
        "before each, `for i, (x, y) in enumerate(iterator)`.",
    ),
    (
        re.compile(r"^UnboundLocalError\b"),
        "A name is read before it has a value: set the sums to 0 before the loop.",
    ),
    (
        re.compile(r"Boolean value of Tensor with more than one value"),
        "Many numbers are used as one truth value. `nn.CrossEntropyLoss(logits, y)` does so: it makes a criterion, and "
        "takes its options. Call the criterion that is given, `criterion(logits, y)`.",
    ),
    *CAUSES,
)
FACTORS = (
    (-1.0, "The steps go uphill, the sign is wrong: call `backward` on the loss as the criterion gives it."),
    (2.0, "Each step is 2 times too large: is `step` called twice, or the loss multiplied?"),
    (0.5, "Each step is half as large as it should be: call `backward` on the loss as it is."),
)
ROUNDED = "The mean is rounded: answer it as it is, and round where it is printed."
ORDER = (
    "In each batch: `optimizer.zero_grad()`, forward, `loss.backward()`, `optimizer.step()`, in this order."
)


@dataclass(frozen=True)
class Pass:
    """What one pass over the batches gives, in float64.

    Attributes
    ----------
    losses, accuracies, counts : numpy.ndarray
        One number a batch.
    W, b : numpy.ndarray
        Parameters after the pass.
    late_losses, late_accuracies : numpy.ndarray
        One number a batch, after its step.
    """

    losses: np.ndarray
    accuracies: np.ndarray
    counts: np.ndarray
    W: np.ndarray
    b: np.ndarray
    late_losses: np.ndarray
    late_accuracies: np.ndarray

    @property
    def loss(self) -> float:
        """Mean loss over samples."""
        return float(np.average(self.losses, weights=self.counts))

    @property
    def accuracy(self) -> float:
        """Mean accuracy over samples."""
        return float(np.average(self.accuracies, weights=self.counts))


def _pass(given: dict[str, np.ndarray], rate: float, mistake: str = "") -> Pass:
    """Go through the batches with gradient descent; `mistake` names a variant to recognise."""
    W, b = (torch.tensor(given[k].astype(np.float64), requires_grad=True) for k in ("W", "b"))
    X, Y = torch.tensor(given["x"].astype(np.float64)).flatten(1), torch.tensor(given["y"])
    losses, accuracies, counts, late_losses, late_accuracies = [], [], [], [], []
    previous = [torch.zeros_like(W), torch.zeros_like(b)]
    added = [torch.zeros_like(W), torch.zeros_like(b)]
    for number, (x, y) in enumerate(zip(X.split(BATCH), Y.split(BATCH), strict=True)):
        logits = x @ W.T + b
        loss = cross_entropy(logits, y)
        gradients = torch.autograd.grad(loss, [W, b])
        losses.append(loss.item())
        accuracies.append((logits.argmax(1) == y).double().mean().item())
        counts.append(len(y))
        added = [a + g for a, g in zip(added, gradients, strict=True)]
        if mistake == "softmax":
            gradients = torch.autograd.grad(cross_entropy((x @ W.T + b).softmax(1), y), [W, b])
        if mistake in ("summed", "divided"):
            factor = len(y) if mistake == "summed" else 1 / len(y)
            gradients = tuple(factor * g for g in gradients)
        step = {"accumulated": added, "once": added, "late": previous}.get(mistake, list(gradients))
        previous = list(gradients)
        if mistake == "first" and number > 0:
            continue
        if mistake in ("last", "once") and number < (N - 1) // BATCH:
            continue
        with torch.no_grad():
            W -= rate * step[0]
            b -= rate * step[1]
            logits = x @ W.T + b
            late_losses.append(cross_entropy(logits, y).item())
            late_accuracies.append((logits.argmax(1) == y).double().mean().item())
    final = (W.detach().numpy(), b.detach().numpy())
    late = np.array(late_losses), np.array(late_accuracies)
    return Pass(np.array(losses), np.array(accuracies), np.array(counts), *final, *late)


def _given(exam: Exam) -> dict[str, Any]:
    """Draw samples and weights whose mean accuracy differs between samples and batches.

    As far as that can be had in a few draws, no batch has accuracy 0, and the accuracies after each step have
    another mean than those before it.
    """
    draws = 0
    while True:
        given: dict[str, Any] = {
            "x": exam.rng.normal(size=(N, *IMAGE)).astype(np.float32),
            "y": exam.rng.integers(0, CLASSES, size=N),
            "W": exam.rng.normal(0, 0.5, size=(CLASSES, FEATURES)).astype(np.float32),
            "b": exam.rng.normal(size=CLASSES).astype(np.float32),
        }
        draws += 1
        found = [_pass(given, rate) for rate in (0.0, RATE)]
        differ = all(abs(p.accuracies.mean() - p.accuracy) > 0.005 for p in found)
        none_is_0 = all(p.accuracies.min() > 0 for p in found)
        moved = (
            abs(float(np.average(found[1].late_accuracies - found[1].accuracies, weights=found[1].counts)))
            > 0.005
        )
        is_telling = (none_is_0 and moved) or draws > DRAWS
        if differ and is_telling and all(0.1 < p.accuracy < 0.9 for p in found):
            return given


CASES = ((11, 4), (97, 40), (11, 0), (11, 11))
"""Samples, and how many of them are right: what a mistake gives for all of these, no other gives."""


@CHECK.criterion("`calculate_accuracy` is the share of right answers, in [0, 1]", weight=1)
def accuracy(exam: Exam) -> Finding:
    cases = [_scores(exam, n, right) for n, right in CASES]
    answers = []
    for (logits, y), (n, _) in zip(cases, CASES, strict=True):
        tried = _of_samples(n)
        answer = exam.ask("accuracy", tried=tried, if_error=ERRORS, logits=logits, y=y)
        answers.append(answer["accuracy"].number("the accuracy", tried=tried))
    cause = _accuracy_cause(answers, cases)
    finding = Finding()
    for got, (n, right) in zip(answers, CASES, strict=True):
        finding = require_close(
            "the accuracy",
            got,
            right / n,
            1e-6,
            tried=_of_samples(n),
            where="`calculate_accuracy`",
            candidates=[(got, cause)] if cause else [],
            hint="Compare `logits.argmax(1)` with `y` and take the mean.",
        )
    return finding


def _of_samples(n: int) -> str:
    return f"`calculate_accuracy(logits, y)` of {n} samples and {CLASSES} classes"


def _accuracy_cause(answers: list[float], cases: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """Name the mistake that gives all of the answers; nothing where none does."""
    if not any(answers):
        return (
            "Nothing that is right is counted: `is` asks for one and the same object and `==` for equal numbers; or "
            "what is counted is never added up."
        )
    mistakes = zip(*(list(_accuracy_mistakes(*case)) for case in cases), strict=True)
    for found in mistakes:
        if np.allclose(answers, [value for value, _ in found], rtol=1e-5, atol=1e-7):
            return found[0][1]
    return ""


def _accuracy_mistakes(logits: np.ndarray, y: np.ndarray) -> Iterator[tuple[float, str]]:
    """What mistakes give for a batch, and their sentences."""
    n, right = len(y), logits.argmax(1) == y
    share = float(right.mean())
    odds = np.exp(logits.astype(np.float64))
    p = odds / odds.sum(1, keepdims=True)
    of_label = p[np.arange(n), y]
    yield 100 * share, "This is in percent: leave the factor 100 out."
    yield float(right.sum()), "This is the number of right answers: divide by the number of samples."
    yield 1 - share, "This is the share of wrong answers."
    yield (
        float((logits.argmax() == y).mean()),
        "`argmax` without an axis gives one place in the whole batch: `argmax(1)` gives one for each sample.",
    )
    yield (
        float((logits.argmax(1) == y.argmax()).mean()),
        "`argmax` is taken of the labels too, which are class numbers as they come: compare with `y`.",
    )
    for largest in (logits.max(1), np.round(logits.max(1))):
        yield (
            float((largest == y).mean()),
            "The largest logit is compared with the label: it is its place, `argmax(1)`, that counts.",
        )
    yield (
        float((logits.argmax(1)[None] == y[:, None]).mean()),
        "Each prediction is compared with each label: both are to have the shape (n,), without an axis of length 1.",
    )
    yield (
        right.sum() / 64,
        "Divided by 64, the size of a whole batch: divide by the number of samples, `len(y)`.",
    )
    yield (
        float(right.all()),
        "The share is 1 where all are right, and else 0: `//` and `int(…)` round it down so, `all` and `torch.equal` "
        "ask for all. Take the mean of the comparison.",
    )
    for size in (logits.shape[1], n * logits.shape[1]):
        yield (
            right.sum() / size,
            "Divided by the number of classes: divide by the number of samples."
            if size < n
            else "Divided by the number of all logits: divide by the number of samples.",
        )
    yield float((logits.argmin(1) == y).mean()), "The class with the smallest logit is taken: use `argmax`."
    yield (
        float(((odds / odds.sum(0)).argmax(1) == y).mean()),
        "A softmax over the samples, `dim=0`, comes first: leave it out, the largest logit counts.",
    )
    yield (
        float(of_label.mean()),
        "This is the mean probability of the right class: count how often it is the largest.",
    )
    yield (
        float((of_label > 0.5).mean()),
        "Only a probability above 0.5 counts: the class with the largest logit is the answer, however large it is.",
    )
    for first in (float(right[0]), right[0] / n):
        yield first, "Only the first sample counts: is `return` inside the loop, or `[0]` written?"
    for some in (right[1:], right[:-1]):
        for size in (n, n - 1):
            yield some.sum() / size, "One sample is left out: `range(len(y))` goes over all of them."
    for digits in (1, 2, 3):
        yield round(share, digits), ROUNDED


def _scores(exam: Exam, n: int, right: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw logits and labels of which so many agree, and in which common mistakes give numbers of their own."""
    while True:
        logits = exam.rng.uniform(-0.9, 0.9, size=(n, CLASSES)).astype(np.float32)
        shift = np.zeros(n, dtype=np.int64)
        shift[right:] = exam.rng.integers(1, CLASSES, size=n - right)
        predicted = logits.argmax(1)
        y = (predicted + exam.rng.permutation(shift)) % CLASSES
        logits[0, predicted[0]] = CLASSES + 0.25  # the largest of all stands in the first row
        for row in np.flatnonzero(y[1:] > 0)[:2] + 1:  # a largest logit that is the label, as a number
            logits[row, predicted[row]] = y[row]
        mistaken = [predicted[0] == y, predicted == y.argmax(), logits.max(1) == y, logits.argmin(1) == y]
        shares = [0.0, right / n, 1 - right / n, *(float(same.mean()) for same in mistaken)]
        # That the first is right tells a count that ends with it from one that is 0.
        if right in (0, n) or (len(set(shares)) == len(shares) and predicted[0] == y[0]):
            return logits, y


def _pair(value: Value, name: str, tried: str) -> tuple[Value, Value]:
    items = value.items() if value.type in ("tuple", "list") else []
    if len(items) != 2:
        came = "None" if value.type == "NoneType" else f"an answer of type {value.type}"
        raise wrong(
            tried,
            came if not items else f"{len(items)} values",
            "two numbers: mean loss, mean accuracy",
            f"End `{name}` with `return mean_loss, mean_accuracy`.",
            f"`{name}`",
        )
    return items[0], items[1]


def _require_means(value: Value, name: str, key: Pass, tried: str, also: list) -> Finding:
    """Demand the means over samples of loss and accuracy."""
    loss, share = (v.number(w, tried=tried) for v, w in zip(_pair(value, name, tried), NAMES, strict=True))
    over_batches = (
        "This is the mean of the batch means: the last batch is smaller and must count less. Add up "
        "`loss.item() * len(y)` and divide by the number of samples."
    )
    if abs(loss - key.accuracy) < 1e-6 and relative_error(share, key.loss) < LIMIT:
        raise wrong(
            tried,
            f"({loss:.4g}, {share:.4g})",
            f"({key.loss:.4g}, {key.accuracy:.4g})",
            "Loss and accuracy are swapped: the loss comes first.",
            f"`{name}`",
        )
    finding = require_close(
        "the mean loss",
        loss,
        key.loss,
        LIMIT,
        tried=tried,
        where=f"`{name}`",
        sizes=SIZES,
        candidates=_near(
            loss,
            [
                (key.losses.mean(), over_batches),
                (key.losses.sum(), "The batch means are added up and not divided: divide by the samples."),
                (key.loss * N, "The sum over samples is not divided by the number of samples."),
                (
                    key.losses.sum() / N,
                    "Each batch mean must count once for each of its samples: multiply by `len(y)`.",
                ),
                (key.losses[-1], "This is the loss of the last batch alone: add up all batches."),
                (key.losses[0], "This is the loss of the first batch alone: is `return` inside the loop?"),
                (float(np.floor(key.loss)), "`//` rounds down to a whole number: divide with `/`."),
                *_sums(key.losses, key.counts),
                *((round(key.loss, digits), ROUNDED) for digits in (1, 2, 3)),
                *also,
            ],
        ),
        hint="Add up the loss of each batch times its number of samples, and divide by all samples.",
    )
    require_close(
        "the mean accuracy",
        share,
        key.accuracy,
        LIMIT,
        tried=tried,
        where=f"`{name}`",
        sizes=SIZES,
        candidates=_near(
            share,
            [
                (key.accuracy * 100, "This is in percent: leave the factor 100 out."),
                (key.accuracies.mean(), over_batches.replace("loss.item()", "accuracy")),
                (
                    key.accuracies.sum(),
                    "The batch means are added up and not divided: divide by the samples.",
                ),
                (key.accuracy * N, "This is the number of right answers: divide by the number of samples."),
                (key.accuracies.sum() / N, "Each batch mean must count once for each of its samples."),
                *_sums(key.accuracies, key.counts),
                (key.accuracies[-1], "This is the accuracy of the last batch alone: add up all batches."),
                (key.accuracies[0], "This is the accuracy of the first batch alone."),
                (
                    float(np.average(key.late_accuracies, weights=key.counts)),
                    "This is the accuracy of each batch after its step: take it from the logits that the loss is "
                    "computed with, and not from a second forward pass.",
                ),
                (
                    0.0,
                    "A share below 1 comes out as 0: `//` and `int(…)` round it down. Or nothing is counted here at "
                    "all.",
                ),
                *((round(key.accuracy, digits), ROUNDED) for digits in (1, 2, 3)),
            ],
        ),
        hint="Add up the accuracy of each batch times its number of samples, and divide by all samples.",
    )
    return finding


def _sums(means: np.ndarray, counts: np.ndarray) -> Iterator[Candidate]:
    """What mistakes make of the batch means, each weighed by the size of its batch, and their sentences."""
    weighed = means * counts
    yield (
        weighed.sum() / len(counts),
        "The sum over samples is divided by the number of batches: divide by the number of samples.",
    )
    yield (
        weighed.sum() / (len(counts) * counts[-1]),
        "Divided by the number of batches times the size of the last one, which is smaller: add up `len(y)`.",
    )
    yield (
        weighed[-1] / counts.sum(),
        "Only the last batch is in the sum: `+=` adds, `=` forgets what was there.",
    )


NAMES = ("the mean loss", "the mean accuracy")


def _near(got: float, candidates: list) -> list:
    """Candidates that agree to float32 rounding, in the form that `require_close` compares exactly."""
    return [(got, words) for value, words in candidates if abs(got - value) <= LIMIT * max(abs(value), 1e-9)]


def _train(exam: Exam) -> tuple[Answer, dict[str, np.ndarray]]:
    if "train" not in exam.memory:
        given = _given(exam)
        tried = f"`train` on {N} samples in batches of {BATCH}"
        answer = exam.ask("one_pass", tried=tried, if_error=ERRORS, **given, batch_size=BATCH, rate=RATE)
        exam.memory["train"] = answer, given
    return exam.memory["train"]


@CHECK.criterion("`train` takes one optimiser step for each batch", weight=3)
def train_steps(exam: Exam) -> Finding:
    answer, given = _train(exam)
    W = _parameter(answer, "W", (CLASSES, FEATURES), TRAIN_TRIED)
    b = _parameter(answer, "b", (CLASSES,), TRAIN_TRIED)
    if np.array_equal(W, given["W"].astype(np.float64)):
        raise wrong(
            TRAIN_TRIED,
            "the weights are the same as before",
            "one step for each batch",
            _unmoved_cause(answer),
            "`train`",
        )
    key = _pass(given, RATE)
    moved, right = (given["W"] - W) / RATE, (given["W"] - key.W) / RATE
    mistakes = {
        "accumulated": "Gradients of earlier batches are added to later ones: call `optimizer.zero_grad()` in every "
        "batch, before `backward`.",
        "late": "`step` comes before `backward`, so each step uses the gradient of the batch before.",
        "softmax": "A softmax stands before the criterion, which does it itself: give it the logits that the model "
        "answers.",
        "first": "Only the first batch takes a step: is `return` or `step` indented wrongly?",
        "last": "Only the last batch takes a step: `backward` and `step` belong inside the loop.",
        "once": "There is one step for the whole pass, with the gradients of all batches: clear them, go backward and "
        "step inside the loop, for each batch.",
        "summed": "Each step is as if the loss were summed: the criterion takes the mean over the batch already.",
        "divided": "The loss is divided by the batch size once more: the criterion has done so already.",
    }
    found = [(_pass(given, RATE, name).W, words) for name, words in mistakes.items()]
    found += [(_pass(given, factor * RATE).W, words) for factor, words in FACTORS]
    near = [(moved, words) for mistaken, words in found if relative_error(W, mistaken) < 1e-5]
    finding = require_close(
        "the change of the weights",
        moved,
        right,
        LIMIT,
        tried=TRAIN_TRIED,
        where="`train`",
        candidates=near,
        sizes=SIZES,
        cause=""
        if relative_error(moved, right) <= LIMIT or "step" in answer["events"].texts()
        else "The weights change, and the optimiser that is given never steps: call `optimizer.step()`, and make no "
        "other optimiser inside `train`.",
        hint="One step for each batch in the iterator's order, with the gradient of the criterion on this batch, and "
        "by the optimiser and the criterion that are given, not by others.",
    )
    require_close(
        "the change of the bias",
        (given["b"] - b) / RATE,
        (given["b"] - key.b) / RATE,
        LIMIT,
        tried=TRAIN_TRIED,
    )
    return finding


def _unmoved_cause(answer: Answer) -> str:
    """Say why the weights are where they were, by what was called."""
    events = answer["events"].texts()
    if "step" in events and not any(_length(answer["seen"])):
        return (
            "The model that is given is never called, so a copy or another one learns: train the one that comes as "
            "the argument."
        )
    if "backward" not in events and "step" not in events:
        return (
            "Neither is a gradient computed nor a step taken: `loss.backward()` and `optimizer.step()` are missing, or "
            f"their parentheses are. {ORDER}"
        )
    if "step" not in events:
        return (
            "The gradients are there, and the optimiser that is given never steps: `optimizer.step()` is missing, or "
            f"its parentheses are. {ORDER}"
        )
    if "backward" not in events:
        return f"The optimiser steps without gradients: `loss.backward()` is missing, or its parentheses are. {ORDER}"
    if "zero_grad" in events and events[-1] == "backward":
        return f"`step` comes before `backward`, and `zero_grad` clears the gradients before the next step. {ORDER}"
    return f"A `zero_grad` between `backward` and `step` leaves nothing to step with. {ORDER}"


@CHECK.criterion("`train` leaves the step to the optimiser that it is given", needs=["train_steps"], weight=1)
def any_optimizer(exam: Exam) -> Finding:
    given = _given(exam)
    tried = f"{TRAIN_TRIED}, by SGD with momentum and two learning rates"
    answer = exam.ask(
        "with_momentum",
        tried=tried,
        if_error=ERRORS,
        **given,
        batch_size=BATCH,
        rates=RATES,
        momentum=MOMENTUM,
    )
    shapes = {"W": (CLASSES, FEATURES), "b": (CLASSES,)}
    moved = [given[name] - _parameter(answer, name, shape, tried) for name, shape in shapes.items()]
    right = _by_momentum(given)
    return require_close(
        "the change of weights and bias",
        np.concatenate([m.ravel() for m in moved]),
        np.concatenate([given[name].ravel() - right[name].ravel() for name in shapes]),
        LIMIT,
        tried=tried,
        where="`train`",
        cause="The step is computed by hand, as plain gradient descent: call `optimizer.step()`, which knows the "
        "learning rates, the momentum, and whatever else the optimiser was made with.",
    )


def _by_momentum(given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Weights and bias after one pass of the other optimiser."""
    W, b = (torch.tensor(given[k].astype(np.float64), requires_grad=True) for k in ("W", "b"))
    X, Y = torch.tensor(given["x"].astype(np.float64)).flatten(1), torch.tensor(given["y"])
    groups = [{"params": [p], "lr": rate} for p, rate in zip((W, b), RATES, strict=True)]
    optimizer = torch.optim.SGD(groups, momentum=MOMENTUM)
    for x, y in zip(X.split(BATCH), Y.split(BATCH), strict=True):
        optimizer.zero_grad()
        cross_entropy(x @ W.T + b, y).backward()
        optimizer.step()
    return {"W": W.detach().numpy(), "b": b.detach().numpy()}


def _parameter(answer: Answer, name: str, shape: tuple[int, ...], tried: str) -> np.ndarray:
    data = answer[name].array("the weights", shape, "float32", tried=tried, kind=_kind(answer[name]))
    return data.astype(np.float64)


def _kind(value: Value) -> str:
    return value.type if value.type in ("Tensor", "Parameter") else "Tensor"


@CHECK.criterion("`train` answers mean loss and mean accuracy over samples", weight=2)
def train_means(exam: Exam) -> Finding:
    answer, given = _train(exam)
    key = _pass(given, RATE)
    after = _pass({**given, "W": key.W, "b": key.b}, 0.0)
    still = _pass(given, 0.0)
    also = [
        (after.loss, "This is the loss after the pass: take it from each batch while training."),
        (
            float(np.average(key.late_losses, weights=key.counts)),
            "This is the loss of each batch after its step: take it from the forward pass that the step is computed "
            "from.",
        ),
        (still.loss, "This is the loss of the weights before any step: do the steps happen?"),
    ]
    return _require_means(answer["answer"], "train", key, TRAIN_TRIED, also)


@CHECK.criterion("`train` trains in train mode", needs=["train_steps"], weight=1)
def train_mode(exam: Exam) -> None:
    answer, _ = _train(exam)
    modes = answer["trained"].array("the modes", _length(answer["trained"]), "bool", tried=TRAIN_TRIED)
    learning = answer["kept_gradients"].array("the gradients", modes.shape, "bool", tried=TRAIN_TRIED)
    if not modes[learning].all():
        cause = (
            "Call `model.train()` at the start: dropout and batch norm behave differently while training, and "
            "`evaluate` has switched the mode before."
        )
        if modes[learning][0]:
            cause = (
                "The mode changes on the way: leave `model.eval()`, and whatever calls it, out of the loop."
            )
        raise wrong(
            TRAIN_TRIED + "; the model came in eval mode",
            "a forward pass in eval mode",
            "train mode in every step",
            cause,
            "`train`",
        )


def _length(value: Value) -> tuple[int, ...]:
    """The length of a record of the probe's: one entry for each forward pass."""
    return (len(value.data),) if isinstance(value.data, np.ndarray) and value.data.ndim == 1 else (0,)


def _evaluate(exam: Exam) -> tuple[Answer, dict[str, np.ndarray]]:
    if "evaluate" not in exam.memory:
        given = _given(exam)
        tried = f"`evaluate` on {N} samples in batches of {BATCH}"
        answer = exam.ask("evaluated", tried=tried, if_error=ERRORS, **given, batch_size=BATCH, norm=False)
        exam.memory["evaluate"] = answer, given
    return exam.memory["evaluate"]


@CHECK.criterion("`evaluate` answers mean loss and mean accuracy over samples", weight=3)
def evaluate_means(exam: Exam) -> Finding:
    answer, given = _evaluate(exam)
    return _require_means(answer["answer"], "evaluate", _pass(given, 0.0), EVALUATE_TRIED, [])


@CHECK.criterion(
    "`evaluate` runs in eval mode and changes neither weights nor statistics",
    weight=2,
)
def evaluate_untouched(exam: Exam) -> None:
    given = _given(exam)
    tried = EVALUATE_TRIED + ", of a model with a batch norm that came in train mode"
    answer = exam.ask("evaluated", tried=tried, if_error=ERRORS, **given, batch_size=BATCH, norm=True)
    _require_seen(answer, "evaluate", tried)
    buffers = answer["buffers"].array("the statistics", (2, FEATURES), "float32", tried=tried, kind="Tensor")
    modes = answer["trained"].array("the modes", _length(answer["trained"]), "bool", tried=tried)
    if modes.any() or not np.array_equal(buffers, np.stack([np.zeros(FEATURES), np.ones(FEATURES)])):
        raise wrong(
            tried,
            "a forward pass in train mode: the running statistics of the batch norm changed",
            "eval mode and the same statistics as before",
            "Call `model.eval()` before the loop: in train mode evaluation teaches the model about the test images.",
            "`evaluate`",
        )
    W = _parameter(answer, "W", (CLASSES, FEATURES), tried)
    b = _parameter(answer, "b", (CLASSES,), tried)
    if not (
        np.array_equal(W, given["W"].astype(np.float64)) and np.array_equal(b, given["b"].astype(np.float64))
    ):
        raise wrong(
            tried,
            "other weights than before",
            "the same weights",
            "`evaluate` only looks: no `backward` and no `step` in it.",
            "`evaluate`",
        )


def _require_seen(answer: Answer, name: str, tried: str) -> None:
    """Demand that the model saw every sample: what does nothing changes nothing."""
    seen = answer["seen"].array("the record", _length(answer["seen"]), "int64", tried=tried)
    if seen.sum() < N:
        raise wrong(
            tried,
            f"a model that was called on {seen.sum()} samples",
            f"all {N}",
            "Go through the whole `iterator`, and call `model(x)` on each batch.",
            f"`{name}`",
        )


@CHECK.criterion("`evaluate` keeps no gradients, and leaves them on for others", weight=1)
def evaluate_gradients(exam: Exam) -> None:
    answer, _ = _evaluate(exam)
    _require_seen(answer, "evaluate", EVALUATE_TRIED)
    kept = answer["kept_gradients"].array(
        "the gradients", _length(answer["kept_gradients"]), "bool", tried=EVALUATE_TRIED
    )
    if kept.any():
        raise wrong(
            EVALUATE_TRIED,
            "logits that keep a graph for gradients",
            "logits without one",
            "Put the loop under `with torch.no_grad():`, it saves memory and time; `backward` belongs to `train`.",
            "`evaluate`",
        )
    if not answer["gradients_on"].flag():
        raise wrong(
            EVALUATE_TRIED,
            "gradients are switched off everywhere afterwards",
            "switched off inside `evaluate` only",
            "`torch.set_grad_enabled(False)` stays in force: use `with torch.no_grad():`.",
            "`evaluate`",
        )
    if answer["frozen"].flag():
        raise wrong(
            EVALUATE_TRIED,
            "parameters whose `requires_grad` is False afterwards",
            "parameters as they came",
            "The model is frozen, and the next `train` could change nothing: leave `requires_grad` alone, "
            "`with torch.no_grad():` is enough.",
            "`evaluate`",
        )


@CHECK.criterion("both move images and labels to `device`", needs=["train_steps"], weight=1)
def to_device(exam: Exam) -> None:
    tried = "`train`, then `evaluate`"
    answer = exam.ask("moved", tried=tried, if_error=ERRORS, **_given(exam), batch_size=BATCH, rate=RATE)
    for name in ("train", "evaluate"):
        tried = f"`{name}` with batches that lie in the computer's memory, as every `DataLoader` gives them"
        for what, record in (("x", "images"), ("y", "labels")):
            value = answer[f"{name}_{record}"]
            left = value.array("the record", _length(value), "bool", tried=tried)
            if not len(left):
                raise wrong(
                    tried,
                    "`model` is never called" if what == "x" else "`criterion` is never called",
                    "the arguments themselves are used",
                    "Call what is given as the argument, `criterion(logits, y)` and `model(x)`, not a function or an "
                    "object of your own: whoever calls chooses them.",
                    f"`{name}`",
                )
            if len(left) < N and not left.any():
                raise wrong(
                    tried,
                    f"`{what}` of {len(left)} samples that reaches the model or the criterion",
                    f"of all {N}, on the device of the model",
                    "Go through the whole `iterator`, and call the model and the criterion on each batch. Does a "
                    "`return` inside the loop end it?",
                    f"`{name}`",
                )
            require_moved(
                left,
                f"`{what}` that reaches the model or the criterion",
                "images and labels on the device of the model",
                "x, y = x.to(device), y.to(device)",
                tried=tried,
                where=f"`{name}`",
            )
        require_no_global(answer[f"{name}_global"], name, tried=tried)
    require_nothing_hidden(exam)


@CHECK.criterion("both answer Python floats", needs=["train_steps"], weight=1)
def floats(exam: Exam) -> None:
    for name, (answer, _) in (("train", _train(exam)), ("evaluate", _evaluate(exam))):
        tried = TRAIN_TRIED if name == "train" else EVALUATE_TRIED
        _require_seen(answer, name, tried)
        for value, what in zip(_pair(answer["answer"], name, tried), NAMES, strict=True):
            if value.type not in ("float", "numpy.float64"):
                came = "a tensor" if value.type == "Tensor" else f"an object of type {value.type}"
                cause = "Take the number out of a tensor with `.item()`."
                if what == NAMES[0]:
                    cause = (
                        "Take the number out of a tensor with `.item()`: a loss that is kept as a tensor keeps its "
                        "whole graph in memory."
                    )
                raise wrong(tried, f"{what} is {came}", "a float", cause, f"`{name}`")
