"""Probe of ``check_loss_and_gradient``."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain

LONG = 0.05
REPEATS = 5


def modules(loss_and_gradient: Any) -> dict[str, Plain]:
    """Name the modules that the function's code uses."""
    return {"modules": plain(modules_used(loss_and_gradient))}


def values(
    loss_and_gradient: Any, W: np.ndarray, b: np.ndarray, X: np.ndarray, y: np.ndarray, l2: float
) -> dict[str, Plain]:
    """Call the function, and describe what came and what became of its arguments."""
    answer = plain(loss_and_gradient(W, b, X, y, l2))
    return {"answer": answer, "W": plain(W), "b": plain(b), "X": plain(X), "y": plain(y)}


def losses(
    loss_and_gradient: Any, W: np.ndarray, b: np.ndarray, X: np.ndarray, y: np.ndarray, l2: float
) -> dict[str, Plain]:
    """Describe the loss for each pair of weights (k, features, classes) and biases (k, classes)."""
    found = [plain(loss_and_gradient(*pair, X, y, l2)[0]) for pair in zip(W, b, strict=True)]
    return {"losses": {"type": "list", "data": found}}


def slowness(
    loss_and_gradient: Any, W: np.ndarray, b: np.ndarray, X: np.ndarray, y: np.ndarray, l2: float
) -> dict[str, Plain]:
    """Compare the function's time with that of the two matrix products that it cannot do without."""
    products = _seconds(lambda: X.T @ np.exp(X @ W + b))
    return {"ratio": plain(_seconds(lambda: loss_and_gradient(W, b, X, y, l2)) / products)}


def _seconds(work: Callable[[], object]) -> float:
    """The shortest of a few times; something slow is timed once."""
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
        if best > LONG:
            break
    return max(best, 1e-7)
