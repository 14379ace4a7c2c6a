"""What both probes of the classifier answer about its code."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain
from ._methods import describe_missing, describe_own
from ._parts import parts_and_modules
from ._recording import network


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
    layers, _ = network([np.zeros((2, 2))], [np.zeros(2)], MLPClassifier)
    return MLPClassifier(layers, epochs=1, alpha=0.01)
