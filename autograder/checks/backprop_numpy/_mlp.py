"""What the judges of `MLPClassifier` share: the network of the probe, its key, and what it recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch

from autograder.checks.answer import Answer, Wrong, malformed, wrong
from autograder.checks.backprop_numpy._reading import series, values
from autograder.checks.check import Exam
from autograder.checks.compare import SAME, relative_error
from autograder.checks.result import Status

FEATURES, HIDDEN, CLASSES = 3, 5, 4
WEIGHTS_ANEW = (
    "`fit` sets the weights anew: leave that out. Weights are drawn where a layer is made, in its `__init__`."
)
OF_LAYERS = (
    (
        re.compile(r"'(LayerOfTheCheck|Tanh)' object has no attribute"),
        "The layers are the check's own here: of a layer use `forward`, `backward` and `update`, and nothing else.",
    ),
    (
        re.compile(r"LayerOfTheCheck\.__init__\(\)"),
        WEIGHTS_ANEW,
    ),
    (
        re.compile(r"'(LayerOfTheCheck|Tanh)' object is not callable"),
        "A layer is no function: call its method, `x = module.forward(x)`.",
    ),
)
"""What an error at one of the probe's layers is likely due to."""
A_FACTOR = re.compile(r"^The gradient is \d+ times")
"""A cause that says what to mend in the loss already."""
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def mean_loss(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The right one: the mean cross-entropy of softmax(logits)."""
    return torch.nn.functional.cross_entropy(logits, y)


def loss_of_softmax_twice(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """What a softmax layer before the cross-entropy gives."""
    return torch.nn.functional.cross_entropy(torch.softmax(logits, dim=1), y)


def loss_of_softmax_forward_only(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """A number with the gradient (softmax(softmax(logits)) − one-hot) / n, which passes over the first softmax."""
    one_hot = torch.nn.functional.one_hot(y, logits.shape[1]).to(logits)
    d = (torch.softmax(torch.softmax(logits, dim=1), dim=1) - one_hot) / len(y)
    return (logits * d.detach()).sum()


def squared_loss(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The mean squared error of the probabilities."""
    one_hot = torch.nn.functional.one_hot(y, logits.shape[1]).to(logits)
    return ((torch.softmax(logits, dim=1) - one_hot) ** 2).mean()


def gradient_by_logits(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The gradient of the mean cross-entropy, (p − one-hot) / n, of the shape of the logits, (n, C)."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray((e / e.sum(axis=1, keepdims=True) - np.eye(logits.shape[1])[y]) / len(y))


@dataclass(frozen=True)
class Network:
    """Weights and biases of linear layers with a tanh between each two."""

    W: tuple[np.ndarray, ...]
    b: tuple[np.ndarray, ...]

    def gradients(self, X: np.ndarray, y: np.ndarray, loss: Loss = mean_loss) -> Network:
        """Gradients of the loss by every weight and bias, by PyTorch in float64."""
        W = [torch.tensor(w, requires_grad=True) for w in self.W]
        b = [torch.tensor(v, requires_grad=True) for v in self.b]
        loss(_logits(W, b, torch.tensor(X)), torch.tensor(y)).backward()
        return Network(tuple(_grad(w) for w in W), tuple(_grad(v) for v in b))

    def step(self, X: np.ndarray, y: np.ndarray, alpha: float) -> Network:
        """The network after one step of gradient descent, in numpy: many small steps are slow in PyTorch."""
        inputs = [X]
        for weights, bias in zip(self.W[:-1], self.b[:-1], strict=True):
            inputs.append(np.tanh(inputs[-1] @ weights + bias))
        logits = inputs[-1] @ self.W[-1] + self.b[-1]
        d = gradient_by_logits(logits, y)
        W, b = list(self.W), list(self.b)
        for place in reversed(range(len(W))):
            W[place] = self.W[place] - alpha * inputs[place].T @ d
            b[place] = self.b[place] - alpha * d.sum(axis=0)
            d = d @ self.W[place].T * (1 - inputs[place] ** 2)
        return Network(tuple(W), tuple(b))

    def logits(self, X: np.ndarray) -> np.ndarray:
        """Logits of samples, shape (n, CLASSES)."""
        W, b = [torch.tensor(w) for w in self.W], [torch.tensor(v) for v in self.b]
        return _logits(W, b, torch.tensor(X)).numpy()

    def loss(self, X: np.ndarray, y: np.ndarray) -> float:
        """Mean cross-entropy."""
        return float(mean_loss(torch.tensor(self.logits(X)), torch.tensor(y)))


def _logits(W: Sequence[torch.Tensor], b: Sequence[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    for place, (weights, bias) in enumerate(zip(W, b, strict=True)):
        x = (torch.tanh(x) if place else x) @ weights + bias
    return x


def _grad(parameter: torch.Tensor) -> np.ndarray:
    assert parameter.grad is not None
    return parameter.grad.numpy()


def draw_network(exam: Exam, widths: Sequence[int] = (FEATURES, HIDDEN, CLASSES)) -> Network:
    """Random weights; those of feature 0, which is the sample's number, are small."""
    pairs = list(pairwise(widths))
    W = [exam.rng.normal(size=pair) / np.sqrt(pair[0]) for pair in pairs]
    W[0][0] *= 0.01
    return Network(tuple(W), tuple(0.1 * exam.rng.normal(size=out) for _, out in pairs))


def draw_samples(exam: Exam, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples whose feature 0 is their number, and labels of every class where n allows."""
    X = exam.rng.normal(size=(n, FEATURES))
    X[:, 0] = np.arange(n)
    y = exam.rng.permutation(np.arange(n) % CLASSES)
    return X, y.astype(np.int64)


@dataclass(frozen=True)
class Step:
    """One batch: the samples' numbers, their logits, the gradient that reached the last layer, the updates after it."""

    ids: np.ndarray
    logits: np.ndarray
    upstream: np.ndarray
    updates: list[tuple[int, float]]

    def labels(self) -> np.ndarray:
        """Labels by the gradient p − y: the column whose sign differs from all others, −1 if none does."""
        negative, positive = self.upstream < 0, self.upstream > 0
        return np.where(
            negative.sum(axis=1) == 1,
            negative.argmax(axis=1),
            np.where(positive.sum(axis=1) == 1, positive.argmax(axis=1), -1),
        )


def read_network(answer: Answer, like: Network, tried: str) -> Network:
    """Read the weights that the layers have in the end."""
    W = values(answer["W"], len(like.W))
    b = values(answer["b"], len(like.b))
    return Network(
        tuple(v.array("`W`", w.shape, tried=tried) for v, w in zip(W, like.W, strict=True)),
        tuple(v.array("`b`", w.shape, tried=tried) for v, w in zip(b, like.b, strict=True)),
    )


def read_steps(answer: Answer, n: int, tried: str, no_step: str = "") -> list[Step]:
    """Read what the layers recorded; `no_step` is the likely cause where that is nothing, if it is known.

    Raises
    ------
    Wrong
        When no gradient ever reached the layers, or what did are not whole samples of the data.
    """
    rows, rows_back = series(answer["rows_in"], "i"), series(answer["rows_back"], "i")
    ids, upstream = series(answer["ids"], "f"), series(answer["upstream"], "f", CLASSES)
    places, when = series(answer["update_place"], "i"), series(answer["update_step"], "i")
    alphas = series(answer["update_alpha"], "f")
    if rows.shape != rows_back.shape or not len(places) == len(when) == len(alphas):
        raise malformed("the parts of the record do not fit together")
    if min([0, *rows, *rows_back]) < 0 or rows.sum() != len(ids) or rows_back.sum() != len(upstream):
        raise malformed("the parts of the record do not fit together")
    logits = _logits_of(answer, len(ids))
    if not len(rows):
        if answer["forwards"].number("a count") > 0:
            no_step = (
                "Samples go forward, and no gradient comes back: call `backward` of every layer, through "
                "`reversed(self.modules)`, from `loss.backward()` on."
            )
        raise wrong(
            tried,
            "no gradient ever reached the layers that were given",
            "forward, backward and update of every layer in `modules`",
            no_step
            or "`fit` must train the layers that it was given: no copies of them, no layers of its own. Fewer samples "
            "than `batch_size` are one batch: `range(0, n, batch_size)` begins it.",
            "`MLPClassifier.fit`",
        )
    if not np.array_equal(rows, rows_back):
        raise wrong(
            tried,
            f"{rows[rows != rows_back][0]} samples went forward and {rows_back[rows != rows_back][0]} gradients back",
            "as many rows back as went forward",
            "Every batch goes forward through all layers, and then its own gradient goes back.",
            "`MLPClassifier.fit`",
        )
    if not np.isin(ids, np.arange(n)).all():
        raise wrong(
            tried,
            "the first layer saw numbers that are not in X",
            "rows of X as they are",
            "Pass rows of X to the first layer as they are, without scaling: the same X must work in `predict`.",
            "`MLPClassifier.fit`",
        )
    updates: list[list[tuple[int, float]]] = [[] for _ in rows]
    for place, alpha, step in zip(places, alphas, when, strict=True):
        if 1 <= step <= len(rows):
            updates[step - 1].append((int(place), float(alpha)))
    ends = np.cumsum(rows)
    return [
        Step(
            ids[end - size : end].astype(np.int64),
            logits[end - size : end],
            upstream[end - size : end],
            after,
        )
        for size, end, after in zip(rows, ends, updates, strict=True)
    ]


def _logits_of(answer: Answer, n: int) -> np.ndarray:
    """The logits of n samples, which tell causes and nothing else: nan where they are not those of all samples."""
    try:
        logits = series(answer["logits"], "f", CLASSES)
    except Wrong:
        logits = np.zeros((0, CLASSES))
    return logits if len(logits) == n else np.full((n, CLASSES), np.nan)


def laid_to_the_loss(exam: Exam, problem: Wrong, steps: Sequence[Step], y: np.ndarray) -> Wrong:
    """The same problem, laid to `CrossEntropyLoss` where that by itself gives the wrong gradient that came.

    Parameters
    ----------
    exam : Exam
        Of a check whose probe knows `loss_alone`.
    problem : Wrong
        What a criterion about the training has found.
    steps : sequence of Step
        The record; its first step is looked at.
    y : numpy.ndarray
        The labels of all samples, shape (n,).
    """
    step = steps[0]
    if problem.status is not Status.FAILED or not len(step.ids):
        return problem
    labels = y[step.ids]
    try:
        answer = exam.ask("loss_alone", logits=step.logits, y=labels)
        alone = answer["gradient"].array("`backward()`", step.upstream.shape)
    except Wrong:
        return problem
    if (
        relative_error(alone, gradient_by_logits(step.logits, labels)) <= SAME
        or relative_error(step.upstream, alone) > SAME
    ):
        return problem
    cause = problem.finding.cause
    if not A_FACTOR.search(cause):
        cause = (
            "`CrossEntropyLoss` gives a wrong gradient, and `fit` hands it on as it should: mend `CrossEntropyLoss`, "
            "whose own card says more, and then check again."
        )
    return Wrong(replace(problem.finding, cause=cause, where="`CrossEntropyLoss`", recognised=True))


def replay(start: Network, steps: Iterable[Step], X: np.ndarray, y: np.ndarray, alpha: float) -> Network:
    """The network after the recorded batches, with the right labels."""
    network = start
    for step in steps:
        if not len(step.ids):
            continue
        network = network.step(X[step.ids], y[step.ids], alpha)
    return network
