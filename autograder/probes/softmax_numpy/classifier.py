"""Probe of ``check_classifier``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain

Settings = dict[str, Any]


def modules(SoftmaxClassifier: Any) -> dict[str, Plain]:
    """Name the modules that the class's code uses."""
    return {"modules": plain(modules_used(SoftmaxClassifier))}


def fitted(SoftmaxClassifier: Any, X: np.ndarray, y: np.ndarray, settings: Settings) -> dict[str, Plain]:
    """Fit one classifier; describe its parameters, and what became of the data."""
    classifier = _fit(SoftmaxClassifier, X, y, settings)
    return {**_parameters(classifier), "X": plain(X), "y": plain(y)}


def seeds(
    SoftmaxClassifier: Any, X: np.ndarray, y: np.ndarray, settings: Settings, seeds: list[int]
) -> dict[str, Plain]:
    """Fit one classifier for each seed; numpy's global generator moves on in between."""
    weights = []
    for seed in seeds:
        classifier = SoftmaxClassifier(**settings, seed=seed)
        classifier.fit(X, y)
        weights.append(plain(classifier.W))
        np.random.random(7)
    return {"W": {"type": "list", "data": weights}}


def twice(SoftmaxClassifier: Any, X: np.ndarray, y: np.ndarray, settings: Settings) -> dict[str, Plain]:
    """Fit two classifiers on two data sets (k, n, features), then the first one on its own again."""
    first, second = SoftmaxClassifier(**settings), SoftmaxClassifier(**settings)
    first.fit(X[0], y[0])
    then = plain(first.W)
    second.fit(X[1], y[1])
    now = plain(first.W)
    first.fit(X[0], y[0])
    return {"then": then, "now": now, "again": plain(first.W)}


def predicted(
    SoftmaxClassifier: Any, X: np.ndarray, y: np.ndarray, new: np.ndarray, settings: Settings
) -> dict[str, Plain]:
    """Fit one classifier; describe its parameters and the probabilities of new samples, and of the first alone."""
    classifier = _fit(SoftmaxClassifier, X, y, settings)
    return {
        **_parameters(classifier),
        "probabilities": plain(classifier.predict_proba(new)),
        "single": plain(classifier.predict_proba(new[:1])),
        "new": plain(new),
    }


def classes(
    SoftmaxClassifier: Any, X: np.ndarray, y: np.ndarray, new: np.ndarray, settings: Settings
) -> dict[str, Plain]:
    """Fit one classifier; describe its parameters and the classes of new samples."""
    classifier = _fit(SoftmaxClassifier, X, y, settings)
    return {**_parameters(classifier), "classes": plain(classifier.predict(new))}


def _fit(SoftmaxClassifier: Any, X: np.ndarray, y: np.ndarray, settings: Settings) -> Any:
    classifier = SoftmaxClassifier(**settings)
    classifier.fit(X, y)
    return classifier


def _parameters(classifier: Any) -> dict[str, Plain]:
    return {"W": plain(classifier.W), "b": plain(classifier.b)}
