"""Classes of other cells that a network is made with."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain

PARTS = ("Softmax", "CrossEntropyLoss")


def names_around(kind: Any) -> dict[str, Any]:
    """What the names outside of a class mean to its methods."""
    functions = [
        value for value in getattr(kind, "__dict__", {}).values() if isinstance(value, types.FunctionType)
    ]
    return functions[0].__globals__ if functions else {}


def loss_alone(MLPClassifier: Any, logits: np.ndarray, y: np.ndarray) -> dict[str, Plain]:
    """Answer the gradient that the notebook's `CrossEntropyLoss` gives by itself."""
    loss = names_around(MLPClassifier)["CrossEntropyLoss"]()
    loss.forward(logits.copy(), y.copy())
    return {"gradient": plain(loss.backward())}


def softmax_alone(MLPClassifier: Any, logits: np.ndarray) -> dict[str, Plain]:
    """Answer what the notebook's `Softmax` gives by itself."""
    return {"probabilities": plain(names_around(MLPClassifier)["Softmax"]().forward(logits.copy()))}


def parts_and_modules(kind: Any) -> dict[str, Plain]:
    """Name the modules that each part uses, as two lists of equal length."""
    names = names_around(kind)
    pairs = [(part, module) for part in PARTS if part in names for module in modules_used(names[part])]
    return {"parts": plain([part for part, _ in pairs]), "modules": plain([module for _, module in pairs])}
