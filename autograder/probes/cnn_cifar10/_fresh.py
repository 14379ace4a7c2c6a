"""A new model of the student's, made sure of itself, so that small mistakes show in its answers."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

CLASSES = 10


def to_device(array: Any) -> torch.Tensor:
    """Copy an array to the device on which the student's code expects its batches."""
    return torch.tensor(array, device="cuda" if torch.cuda.is_available() else "cpu")


def fresh(Model: Any, X: Any, spread: float, largest: float) -> Any:
    """Make a model, in eval mode, whose log-probabilities on X differ by about `spread`.

    A new network answers nearly 1/10 everywhere. The weights of its last layer of ten outputs are
    multiplied by up to `largest` to change that.
    """
    model = Model().to(to_device(0).device)
    model.eval()
    with torch.no_grad():
        first = model(X)
        layer = _last_layer(model)
        if layer is not None and isinstance(first, torch.Tensor) and first.ndim == 2:
            scores = first.float().clamp_min(1e-12).log()
            now = float((scores - scores.mean(0)).std())
            layer.weight.mul_(min(largest, max(1.0, spread / max(now, 1e-12))))
    return model


def _last_layer(model: nn.Module) -> Any:
    weights = [(module, getattr(module, "weight", None)) for module in model.modules()]
    layers = [
        module
        for module, weight in weights
        if isinstance(weight, torch.Tensor) and weight.ndim > 1 and weight.shape[0] == CLASSES
    ]
    return layers[-1] if layers else None
