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


def state(classifier: Any, X: np.ndarray) -> dict[str, Plain]:
    """Send samples through the longest chain of layers; say whether all weights are finite, and what comes out.

    ``idle`` is, for each layer but the last, the share of its outputs that are 0 for every sample.
    """
    chain = next(iter(_chains(classifier)), [])
    is_finite, idle = True, []
    for layer in chain:
        kept = [value for value in getattr(layer, "__dict__", {}).values() if isinstance(value, np.ndarray)]
        is_finite &= all(value.dtype.kind != "f" or bool(np.isfinite(value).all()) for value in kept)
        X = np.asarray(layer.forward(X))
        idle.append(float((X == 0).all(axis=0).mean()))
    return {
        "is_finite": plain(is_finite),
        "idle": plain(idle[:-1]),
        "width": plain(X.shape[1] if chain else 0),
    }


def predict(classifier: Any, X: np.ndarray) -> dict[str, Plain]:
    """Predict the labels of samples (n, 2); describe them, and what became of the samples."""
    labels = plain(classifier.predict(X))
    return {"labels": labels, "X_after": plain(X)}
