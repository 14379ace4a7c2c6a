"""What gradient descent gives for ``check_classifier``: the right one, and those that take one step wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, product
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from autograder.checks.compare import relative_error

SMALL_N, SMALL_BATCH = 4, 2
Settings = dict[str, Any]
Parameters = tuple[np.ndarray, np.ndarray]
Epoch = Callable[[Parameters, list[Parameters], Settings], Parameters]


def descend(
    X: np.ndarray,
    y: np.ndarray,
    settings: Settings,
    *,
    l2_factor: float = 1.0,
    bias_l2: bool = False,
    momentum: float = 0.0,
    bias_momentum: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Full-batch gradient descent from zeros, by PyTorch in float64; keywords make it go wrong."""
    W = torch.zeros((X.shape[1], int(y.max()) + 1), dtype=torch.float64, requires_grad=True)
    b = torch.zeros(W.shape[1], dtype=torch.float64, requires_grad=True)
    rate, l2 = settings["learning_rate"], settings["l2"] * l2_factor
    of_bias: Settings = {"params": [b], "momentum": momentum if bias_momentum is None else bias_momentum}
    optimizer = torch.optim.SGD([{"params": [W]}, of_bias], lr=rate, momentum=momentum)
    for _ in range(settings["epochs"]):
        optimizer.zero_grad()
        loss = cross_entropy(torch.tensor(X) @ W + b, torch.tensor(y))
        loss = loss + l2 * ((W**2).sum() + ((b**2).sum() if bias_l2 else 0.0))
        loss.backward()
        optimizer.step()
    return W.detach().numpy(), b.detach().numpy()


def singly(X: np.ndarray, y: np.ndarray, rate: float, size: int) -> np.ndarray:
    """Weights after one epoch of batches of `size` in the given order."""
    classes = int(y.max()) + 1
    W, b = np.zeros((X.shape[1], classes)), np.zeros(classes)
    for start in range(0, len(X), size):
        part = slice(start, start + size)
        P = torch.softmax(torch.tensor(X[part] @ W + b), dim=1).numpy() - np.eye(classes)[y[part]]
        W, b = W - rate * X[part].T @ P / len(P), b - rate * P.mean(axis=0)
    return W


def gradient(at: Parameters, batch: Parameters, l2: float) -> Parameters:
    """Gradients by W and b of one batch's loss."""
    (W, b), (X, y) = at, batch
    P = torch.softmax(torch.tensor(X @ W + b), dim=1).numpy() - np.eye(len(b))[y]
    return X.T @ P / len(y) + 2 * l2 * W, P.mean(axis=0)


def one_epoch(now: Parameters, batches: list[Parameters], settings: Settings) -> Parameters:
    """The right one: each batch goes through the weights that the one before has left."""
    rate = settings["learning_rate"]
    for batch in batches:
        dW, db = gradient(now, batch, settings["l2"])
        now = now[0] - rate * dW, now[1] - rate * db
    return now


def _epoch_of_first_weights(share: float) -> Epoch:
    """All batches through the first weights of the epoch: one step with the sum of their gradients, or a share."""

    def epoch(now: Parameters, batches: list[Parameters], settings: Settings) -> Parameters:
        gradients = [gradient(now, batch, settings["l2"]) for batch in batches]
        rate = settings["learning_rate"] * share
        return now[0] - rate * sum(g[0] for g in gradients), now[1] - rate * sum(g[1] for g in gradients)

    return epoch


def _epoch_of_one_bias_step(all_batches: bool) -> Epoch:
    """`b` takes its step after the loop over the batches, with the last gradient or with the sum of all."""

    def epoch(now: Parameters, batches: list[Parameters], settings: Settings) -> Parameters:
        (W, b), rate = now, settings["learning_rate"]
        steps: list[np.ndarray] = []
        for batch in batches:
            dW, db = gradient((W, b), batch, settings["l2"])
            W, steps = W - rate * dW, [*steps, db]
        return W, b - rate * (sum(steps) if all_batches else steps[-1])

    return epoch


def _epoch_of_l2(shares: tuple[float, ...]) -> Epoch:
    """The penalty counts with another share in each batch."""

    def epoch(now: Parameters, batches: list[Parameters], settings: Settings) -> Parameters:
        for batch, share in zip(batches, shares, strict=True):
            now = one_epoch(now, [batch], settings | {"l2": share * settings["l2"]})
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


def replays(
    X: np.ndarray, y: np.ndarray, settings: Settings, epoch: Epoch = one_epoch
) -> Iterator[Parameters]:
    """Weights after every order that the samples may have had, in batches of half of them."""
    everything = set(range(SMALL_N))
    halves = [[list(h), sorted(everything - set(h))] for h in combinations(range(SMALL_N), SMALL_BATCH)]
    for orders in product(halves, repeat=settings["epochs"]):
        now: Parameters = np.zeros((X.shape[1], int(y.max()) + 1)), np.zeros(int(y.max()) + 1)
        for order in orders:
            now = epoch(now, [(X[half], y[half]) for half in order], settings)
        yield now


def distance(came: Parameters, expected: Parameters) -> float:
    return max(relative_error(a, e) for a, e in zip(came, expected, strict=True))
