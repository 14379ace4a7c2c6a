"""Probe of ``check_mlp_fit``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain
from ._recording import network, weights


def modules(MLPClassifier: Any) -> dict[str, Plain]:
    """Name the modules that the classifier's code uses."""
    return {"modules": plain(modules_used(MLPClassifier))}


def fit(
    MLPClassifier: Any,
    W: list[np.ndarray],
    b: list[np.ndarray],
    X: np.ndarray,
    y: np.ndarray,
    made: dict[str, Any],
    fitted: dict[str, Any],
) -> dict[str, Plain]:
    """Fit a classifier on recording layers; describe the record, the weights and the inputs afterwards.

    Parameters
    ----------
    MLPClassifier : type
        The student's class.
    W, b : list of numpy.ndarray
        Initial weights of the linear layers.
    X, y : numpy.ndarray
        Samples, whose column 0 is their number, and labels.
    made, fitted : dict
        Keyword arguments of the constructor and of `fit`.
    """
    layers, record = network(W, b)
    MLPClassifier(list(layers), **made).fit(X, y, **fitted)
    return {
        **record.describe(b[-1].size),
        **weights(layers),
        "X_after": plain(X),
        "y_after": plain(y),
    }
