"""Probe of ``check_mlp_predict``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain
from ._methods import describe_missing, describe_own
from ._parts import parts_and_modules
from ._recording import LayerOfTheCheck, network


def modules(MLPClassifier: Any) -> dict[str, Plain]:
    """Name the modules that the classifier's code uses."""
    return {"modules": plain(modules_used(MLPClassifier))}


def modules_of_parts(MLPClassifier: Any) -> dict[str, Plain]:
    """Name the modules that the loss and the softmax of the same notebook use: two lists, part and module."""
    return parts_and_modules(MLPClassifier)


def methods(MLPClassifier: Any) -> dict[str, Plain]:
    """Name the methods that the classifier lacks."""
    return describe_missing(_new(MLPClassifier), ("fit", "predict_proba", "predict"))


def own_methods(MLPClassifier: Any) -> dict[str, Plain]:
    """Name all methods of the classifier."""
    return describe_own(_new(MLPClassifier))


def _new(MLPClassifier: Any) -> Any:
    layers, _ = network([np.zeros((2, 2))], [np.zeros(2)])
    return MLPClassifier(layers, epochs=1, alpha=0.01)


def predict(
    MLPClassifier: Any,
    W: list[np.ndarray],
    b: list[np.ndarray],
    X_train: np.ndarray,
    y_train: np.ndarray,
    X: list[np.ndarray],
    method: str,
    is_fitted: bool,
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
    """
    layers, _ = network(W, b)
    classifier = MLPClassifier(list(layers), epochs=1, alpha=0.01)
    if is_fitted:
        classifier.fit(X_train, y_train, batch_size=len(X_train))
    linear = [layer for layer in layers if isinstance(layer, LayerOfTheCheck)]
    for layer, start, bias in zip(linear, W, b, strict=True):
        layer.W, layer.b = start.copy(), bias.copy()
    answers = [plain(getattr(classifier, method)(samples)) for samples in X]
    return {
        "answers": {"type": "list", "data": answers},
        "X_after": {"type": "list", "data": [plain(samples) for samples in X]},
        "W_after": plain([layer.W for layer in linear]),
    }


def fit(
    MLPClassifier: Any, W: list[np.ndarray], b: list[np.ndarray], X_train: np.ndarray, y_train: np.ndarray
) -> dict[str, Plain]:
    """Fit a classifier for one epoch, to see whether it can."""
    layers, _ = network(W, b)
    MLPClassifier(list(layers), epochs=1, alpha=0.01).fit(X_train, y_train, batch_size=len(X_train))
    return {"fitted": plain(True)}
