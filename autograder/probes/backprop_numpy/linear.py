"""Probe of ``check_linear``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain
from ._methods import describe_missing, describe_own


def modules(Linear: Any) -> dict[str, Plain]:
    """Name the modules that the layer's code uses."""
    return {"modules": plain(modules_used(Linear))}


def methods(Linear: Any) -> dict[str, Plain]:
    """Name the methods that the layer has not of its own."""
    return describe_missing(Linear(2, 3), ("forward", "backward", "update"))


def own_methods(Linear: Any) -> dict[str, Plain]:
    """Name all methods of the layer that do not come from `Module`."""
    return describe_own(Linear(2, 3))


def fresh(Linear: Any, in_features: int, out_features: int, count: int) -> dict[str, Plain]:
    """Make layers and describe their parameters."""
    layers = [Linear(in_features, out_features) for _ in range(count)]
    return {"W": plain([layer.W for layer in layers]), "b": plain([layer.b for layer in layers])}


def outputs(Linear: Any, W: np.ndarray, b: np.ndarray, x: np.ndarray) -> dict[str, Plain]:
    """Run `forward` for each triple of weights (k, in, out), biases (k, out) and inputs (k, …)."""
    layer = Linear(*W.shape[1:])
    answers = []
    for weights, bias, inputs in zip(W, b, x, strict=True):
        _set(layer, weights, bias)
        answers.append(plain(layer.forward(inputs)))
    return {"y": {"type": "list", "data": answers}}


def pair(Linear: Any, W: np.ndarray, b: np.ndarray, x: np.ndarray, d: np.ndarray) -> dict[str, Plain]:
    """Run forward and backward once, and no update; describe the gradient and what the weights are afterwards."""
    layer = Linear(*W.shape)
    _set(layer, W, b)
    layer.forward(x)
    return {"dx": plain(layer.backward(d)), "W": plain(layer.W)}


def step(
    Linear: Any, W: np.ndarray, b: np.ndarray, x: np.ndarray, d: np.ndarray, alpha: float
) -> dict[str, Plain]:
    """Run forward, backward and update once; describe all that came, and what became of the inputs."""
    layer = Linear(*W.shape)
    _set(layer, W, b)
    y = layer.forward(x)
    y_then = plain(y)
    dx = layer.backward(d)
    dx_then = plain(dx)
    between = {"W_before": plain(layer.W), "b_before": plain(layer.b)}
    layer.update(alpha)
    return {
        "y": y_then,
        "dx": dx_then,
        **between,
        "W": plain(layer.W),
        "b": plain(layer.b),
        "x_after": plain(x),
        "d_after": plain(d),
    }


def two_pairs(
    Linear: Any, W: np.ndarray, b: np.ndarray, x: np.ndarray, d: np.ndarray, alpha: float
) -> dict[str, Plain]:
    """Run two forward and backward pairs (x[0], d[0]), (x[1], d[1]), then one update."""
    layer = Linear(*W.shape)
    _set(layer, W, b)
    first = layer.forward(x[0])
    first_then = plain(first)
    layer.backward(d[0])
    layer.forward(x[1])
    layer.backward(d[1])
    layer.update(alpha)
    return {
        "W": plain(layer.W),
        "b": plain(layer.b),
        "first_then": first_then,
        "first_now": plain(first),
    }


def two_rounds(
    Linear: Any, W: np.ndarray, b: np.ndarray, x: np.ndarray, d: np.ndarray, alpha: list[float]
) -> dict[str, Plain]:
    """Run forward, backward and update twice; describe the parameters after each."""
    layer = Linear(*W.shape)
    _set(layer, W, b)
    after = []
    for inputs, upstream, rate in zip(x, d, alpha, strict=True):
        layer.forward(inputs)
        layer.backward(upstream)
        layer.update(rate)
        after.append((plain(layer.W), plain(layer.b)))
    return {
        "W": {"type": "list", "data": [W for W, _ in after]},
        "b": {"type": "list", "data": [b for _, b in after]},
    }


def two_layers(
    Linear: Any, W: np.ndarray, b: np.ndarray, x: np.ndarray, d: np.ndarray, alpha: float
) -> dict[str, Plain]:
    """Run forward on two layers, then backward and update on the first alone."""
    layers = [Linear(*W.shape[1:]) for _ in W]
    for layer, weights, bias, inputs in zip(layers, W, b, x, strict=True):
        _set(layer, weights, bias)
        layer.forward(inputs)
    layers[0].backward(d)
    layers[0].update(alpha)
    return {"W": plain([layer.W for layer in layers]), "b": plain([layer.b for layer in layers])}


def _set(layer: Any, W: np.ndarray, b: np.ndarray) -> None:
    """Write parameters in place, so that other names of the student's for them stay valid."""
    layer.W[...] = W
    layer.b[...] = b.reshape(layer.b.shape)
