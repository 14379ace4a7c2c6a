"""Probe of ``check_mlp_predict``."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from ..plain import Plain, plain
from ._classifier import methods, modules, modules_of_parts, own_methods
from ._parts import softmax_alone
from ._recording import linear_of, network

__all__ = ["fit", "methods", "modules", "modules_of_parts", "own_methods", "predict", "softmax_alone"]


def predict(
    MLPClassifier: Any,
    W: list[np.ndarray],
    b: list[np.ndarray],
    X_train: np.ndarray,
    y_train: np.ndarray,
    X: list[np.ndarray],
    method: str,
    is_fitted: bool,
    other_W: list[np.ndarray],
) -> dict[str, Plain]:
    """Make a classifier of layers with the given weights, and let it predict.

    Parameters
    ----------
    MLPClassifier : type
        The student's class.
    W, b : list of numpy.ndarray
        Weights of the linear layers at the time of the prediction.
    X_train, y_train : numpy.ndarray
        A few samples to fit first, since before `fit` a classifier may refuse to predict.
    X : list of numpy.ndarray
        Samples to predict, in this order.
    method : str
        ``"predict_proba"`` or ``"predict"``.
    is_fitted : bool
        Whether to fit first; the layers get their weights again afterwards.
    other_W : list of numpy.ndarray
        Where not empty: weights with which the same samples are predicted before the `fit`, where it can be.
    """
    layers, _ = network(W, b, MLPClassifier)
    classifier = MLPClassifier(list(layers), epochs=1, alpha=0.01)
    if is_fitted:
        if other_W:
            _predict_before(classifier, layers, other_W, X, method)
        classifier.fit(X_train, y_train, batch_size=len(X_train))
    linear = linear_of(layers)
    for layer, start, bias in zip(linear, W, b, strict=True):
        layer.W, layer.b = start.copy(), bias.copy()
    answers = [plain(getattr(classifier, method)(samples)) for samples in X]
    return {
        "answers": {"type": "list", "data": answers},
        "X_after": {"type": "list", "data": [plain(samples) for samples in X]},
        "W_after": plain([layer.W for layer in linear]),
    }


def _predict_before(
    classifier: Any, layers: Any, W: list[np.ndarray], X: list[np.ndarray], method: str
) -> None:
    """Predict with other weights: what is remembered of it shows afterwards. A refusal before `fit` is no matter."""
    for layer, start in zip(linear_of(layers), W, strict=True):
        layer.W = start.copy()
    with contextlib.suppress(Exception):
        for samples in X:
            getattr(classifier, method)(samples)


def fit(
    MLPClassifier: Any, W: list[np.ndarray], b: list[np.ndarray], X_train: np.ndarray, y_train: np.ndarray
) -> dict[str, Plain]:
    """Fit a classifier for one epoch, to see whether it can."""
    layers, _ = network(W, b, MLPClassifier)
    MLPClassifier(list(layers), epochs=1, alpha=0.01).fit(X_train, y_train, batch_size=len(X_train))
    return {"fitted": plain(True)}
