"""Mistakes that a judge of 1_backprop_numpy names by what they give, made here by code of their own."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from autograder.checks.result import Status
from tests.unit.solved import judge, names_of


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


@functools.cache
def wrong_answers() -> dict[str, Any]:
    """The solution's classes, each with one mistake."""
    names = names_of("backprop_numpy")

    class Sigmoid(names["Softmax"]):  # type: ignore[misc]
        def forward(self, x: np.ndarray) -> Any:
            super().forward(x)
            return 1 / (1 + np.exp(-x))

    class MeanSubtracted(names["Softmax"]):  # type: ignore[misc]
        def forward(self, x: np.ndarray) -> Any:
            e = np.exp(x - x.mean(axis=-1, keepdims=True))
            self.p = e / e.sum(axis=-1, keepdims=True)
            return self.p.copy()

    class TwiceInBackward(names["CrossEntropyLoss"]):  # type: ignore[misc]
        def backward(self, d: float = 1.0) -> Any:
            return d * (softmax(self.p) - np.eye(self.p.shape[1])[self.y]) / len(self.y)

    class CountsFromOne(names["MLPClassifier"]):  # type: ignore[misc]
        def predict(self, X: np.ndarray) -> Any:
            return super().predict(X) + 1

    class LeastProbable(names["MLPClassifier"]):  # type: ignore[misc]
        def predict(self, X: np.ndarray) -> Any:
            return self.predict_proba(X).argmin(axis=1)

    class WholeBatches(names["MLPClassifier"]):  # type: ignore[misc]
        def fit(self, X: np.ndarray, y: np.ndarray, batch_size: int = 32) -> Any:
            epochs, self.epochs = self.epochs, 1
            for _ in range(epochs):
                kept = np.random.permutation(len(X))[
                    : len(X) - len(X) % batch_size if len(X) > batch_size else None
                ]
                super().fit(X[kept], y[kept], batch_size)
            self.epochs = epochs

    return {name: item for name, item in locals().items() if isinstance(item, type)}


MISTAKES: list[tuple[str, str, str, str]] = [
    ("softmax", "Sigmoid", "forward", "This is the sigmoid"),
    ("softmax", "MeanSubtracted", "stable", "exp overflows"),
    ("cross_entropy", "TwiceInBackward", "gradient", "p is the softmax of the logits, once"),
    ("mlp_predict", "CountsFromOne", "labels", "Classes are numbered from 0"),
    ("mlp_predict", "LeastProbable", "labels", "`argmax`, not `argmin`"),
    (
        "mlp_fit",
        "WholeBatches",
        "every_sample",
        "The last batch is dropped: the 3 samples that are left over",
    ),
]


@pytest.mark.parametrize(("name", "answer", "criterion", "words"), MISTAKES)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_mistake_is_named(name: str, answer: str, criterion: str, words: str, seed: int) -> None:
    result = judge(f"backprop_numpy.{name}", [wrong_answers()[answer]], seed)
    failed = [c for c in result.failures if c.status is not Status.NOT_TRIED]
    assert failed[0].id == criterion, str(result)
    assert words in failed[0].finding.cause
