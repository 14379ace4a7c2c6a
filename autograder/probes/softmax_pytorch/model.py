"""Probe of ``check_model``."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import torch
from torch import nn

from ..plain import Plain, plain


def describe(LogisticRegression: Any, count_parameters: Any, output_dim: int) -> dict[str, Plain]:
    """Make a model; list the shapes of its parameters, and describe what `count_parameters` answers."""
    model = LogisticRegression(output_dim)
    if not isinstance(model, nn.Module):
        return {"model": plain(model)}
    shapes = [list(p.shape) for p in model.parameters()]
    return {"model": {"type": "Module"}, "shapes": plain(shapes), "count": plain(count_parameters(model))}


def outputs(
    LogisticRegression: Any, count_parameters: Any, output_dim: int, x: np.ndarray | list[np.ndarray]
) -> dict[str, Plain]:
    """Run one new model on each batch of x, float32, each of shape (n, 3, 32, 32)."""
    model = LogisticRegression(output_dim)
    with torch.no_grad():
        return {"y": plain([model(torch.from_numpy(batch)) for batch in x])}


def count(
    LogisticRegression: Any, count_parameters: Any, widths: list[int], frozen: list[int]
) -> dict[str, Plain]:
    """Describe what `count_parameters` answers for linear layers in a row, some of which are frozen."""
    layers = [nn.Linear(*pair) for pair in itertools.pairwise(widths)]
    for index in frozen:
        layers[index].requires_grad_(False)
    return {"count": plain(count_parameters(nn.Sequential(*layers)))}
