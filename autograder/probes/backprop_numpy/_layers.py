"""Questions to a layer without weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain
from ._methods import describe_missing, describe_own


def modules(Layer: Any) -> dict[str, Plain]:
    """Name the modules that the layer's code uses."""
    return {"modules": plain(modules_used(Layer))}


def methods(Layer: Any) -> dict[str, Plain]:
    """Name the methods that a layer has not of its own."""
    return describe_missing(Layer(), ("forward", "backward"))


def own_methods(Layer: Any) -> dict[str, Plain]:
    """Name all methods of a layer that do not come from `Module`."""
    return describe_own(Layer())


def outputs(Layer: Any, x: np.ndarray) -> dict[str, Plain]:
    """Run `forward` of one layer on each of the stacked inputs (k, …)."""
    layer = Layer()
    return {"y": {"type": "list", "data": [plain(layer.forward(inputs)) for inputs in x]}}


def pair(Layer: Any, x: np.ndarray, d: np.ndarray) -> dict[str, Plain]:
    """Run forward and backward once; describe both, and what became of the inputs."""
    layer = Layer()
    y = plain(layer.forward(x))
    dx = plain(layer.backward(d))
    return {"y": y, "dx": dx, "x_after": plain(x), "d_after": plain(d)}


def two_pairs(Layer: Any, x: np.ndarray, d: np.ndarray) -> dict[str, Plain]:
    """Run two forward and backward pairs, then backward again; describe the first answers before and after."""
    layer = Layer()
    y = layer.forward(x[0])
    y_then = plain(y)
    dx = layer.backward(d[0])
    dx_then = plain(dx)
    layer.forward(x[1])
    second = plain(layer.backward(d[1]))
    now = {"y_now": plain(y), "dx_now": plain(dx)}
    again = plain(layer.backward(d[1]))
    return {"y_then": y_then, "dx_then": dx_then, **now, "dx_second": second, "dx_again": again}


def two_layers(Layer: Any, x: np.ndarray, d: np.ndarray) -> dict[str, Plain]:
    """Run forward on two layers, then backward on the first."""
    layers = [Layer() for _ in x]
    for layer, inputs in zip(layers, x, strict=True):
        layer.forward(inputs)
    return {"dx": plain(layers[0].backward(d))}
