"""Probe of ``check_mlp_predict``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain
from ._recording import RecordingLinear, network


def modules(MLPClassifier: Any) -> dict[str, Plain]:
    """Name the modules that the classifier's code uses."""
    return {"modules": plain(modules_used(MLPClassifier))}


def predict(
    MLPClassifier: Any,
    W: list[np.ndarray],
    b: list[np.ndarray],
    X_train: np.ndarray,
    y_train: np.ndarray,
    X: list[np.ndarray],
    method: str,
) -> dict[str, Plain]:
    """Fit a classifier for one epoch, write the given weights into its layers, and let it predict.

    Parameters
    ----------
    MLPClassifier : type
        The student's class.
    W, b : list of numpy.ndarray
        Weights of the linear layers at the time of the prediction.
    X_train, y_train : numpy.ndarray
        A few samples, since before `fit` a classifier may refuse to predict.
    X : list of numpy.ndarray
        Samples to predict, in this order.
    method : str
        ``"predict_proba"`` or ``"predict"``.
    """
    layers, _ = network(W, b)
    classifier = MLPClassifier(list(layers), epochs=1, alpha=0.01)
    classifier.fit(X_train, y_train, batch_size=len(X_train))
    linear = [layer for layer in layers if isinstance(layer, RecordingLinear)]
    for layer, weights, bias in zip(linear, W, b, strict=True):
        layer.W, layer.b = weights.copy(), bias.copy()
    answers = [plain(getattr(classifier, method)(samples)) for samples in X]
    return {
        "answers": {"type": "list", "data": answers},
        "X_after": {"type": "list", "data": [plain(samples) for samples in X]},
    }
