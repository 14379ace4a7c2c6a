"""Probe of ``check_numpy_quality``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain

ROWS = 20


def modules(numpy_classifier: Any, standardize: Any, results: Any) -> dict[str, Plain]:
    """Name the modules that the classifier's and the function's code use."""
    return {"modules": plain(modules_used(numpy_classifier, standardize))}


def predictions(
    numpy_classifier: Any, standardize: Any, results: Any, train: np.ndarray, images: np.ndarray
) -> dict[str, Plain]:
    """Standardise raw pixels by those of the training images, and predict the classes of both."""
    train_features, features = standardize(train, images)
    return {
        "train": plain(numpy_classifier.predict(train_features)),
        "images": plain(numpy_classifier.predict(features)),
    }


def unprepared(numpy_classifier: Any, standardize: Any, results: Any, images: np.ndarray) -> dict[str, Plain]:
    """Predict the classes of numbers as they are, without `standardize`."""
    return {"images": plain(numpy_classifier.predict(images))}


def rows(numpy_classifier: Any, standardize: Any, results: Any, keys: list[str]) -> dict[str, Plain]:
    """Describe the rows of a list of dictionaries or a DataFrame: each as the values of `keys`."""
    kind = type(results).__name__
    if kind == "DataFrame" and results.index.name in keys:
        results = results.reset_index()
    listed = results.to_dict("records") if kind == "DataFrame" else results
    if type(listed) is dict:
        listed = [listed]
    if type(listed) not in (list, tuple):
        return {"kind": plain(kind), "rows": plain([])}
    described = [
        plain([row.get(key) for key in keys]) if isinstance(row, dict) else plain([None] * len(keys))
        for row in listed[-ROWS:]
    ]
    return {"kind": plain(kind), "rows": {"type": "list", "data": described}}
