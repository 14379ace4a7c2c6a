"""Questions to a classifier that the student has fitted."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain

DEPTH = 4


def modules(classifier: Any) -> dict[str, Plain]:
    """Name the modules that the code of the classifier and of everything it holds uses."""
    return {"modules": plain(modules_used(*_held(classifier, DEPTH)))}


def _held(item: Any, depth: int) -> list[Any]:
    """The classes and functions of an object, its attributes, and what their lists hold."""
    if isinstance(item, types.MethodType):
        return [item.__func__, *_held(item.__self__, depth - 1)]
    if isinstance(item, type | types.FunctionType):
        return [item]
    found: list[Any] = [type(item)]
    if depth > 0:
        parts = item.values() if isinstance(item, dict) else getattr(item, "__dict__", {}).values()
        if isinstance(item, list | tuple | set):
            parts = item
        for part in list(parts)[:100]:
            if not isinstance(part, np.ndarray | np.generic | str | int | float | None):
                found += _held(part, depth - 1)
    return found


def chained(classifier: Any, X: np.ndarray, chain: int) -> dict[str, Plain]:
    """Send samples through one chain of layers that the classifier keeps; describe the column of each row's maximum."""
    for layer in _chains(classifier)[chain]:
        X = layer.forward(X)
    return {"labels": plain(np.asarray(X).argmax(axis=1))}


def _chains(classifier: Any) -> list[list[Any]]:
    """Lists of layers among the attributes, and single attributes that have a `forward`; the longest first."""
    kept = [vars(kind) for kind in type(classifier).__mro__[:-1]] + [getattr(classifier, "__dict__", {})]
    found = [[classifier]] if _is_layer(classifier) else []
    for value in (value for attributes in kept for value in list(attributes.values())):
        parts = list(value.values()) if isinstance(value, dict) else value
        if isinstance(parts, list | tuple) and parts and all(_is_layer(part) for part in parts):
            found.append(list(parts))
        elif _is_layer(value):
            found.append([value])
    return sorted(found, key=len, reverse=True)


def _is_layer(value: Any) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "forward", None))


def predict(classifier: Any, X: np.ndarray) -> dict[str, Plain]:
    """Predict the labels of samples (n, 2); describe them, and what became of the samples."""
    labels = plain(classifier.predict(X))
    return {"labels": labels, "X_after": plain(X)}
