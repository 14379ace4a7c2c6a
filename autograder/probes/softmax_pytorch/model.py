"""Probe of ``check_model``."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import torch
from torch import nn

from ..plain import Plain, plain

BOUND = (3 * 32 * 32) ** -0.5


def describe(LogisticRegression: Any, count_parameters: Any, output_dim: int) -> dict[str, Plain]:
    """Make a model; list the shapes of its parameters, and describe what `count_parameters` answers."""
    model = LogisticRegression(output_dim)
    if not isinstance(model, nn.Module):
        return {"model": plain(model)}
    shapes = [list(p.shape) for p in model.parameters()]
    return {"model": {"type": "Module"}, "shapes": plain(shapes), "count": plain(count_parameters(model))}


def outputs(
    LogisticRegression: Any, count_parameters: Any, output_dim: int, x: list[np.ndarray], seed: int
) -> dict[str, Plain]:
    """Run one new model on each batch of x, float32, each of shape (n, 3, 32, 32).

    Its parameters are random numbers, of the size that `torch.nn.Linear` begins with: a model may begin with zeros.
    Say also whether a batch was changed.
    """
    model, generator = LogisticRegression(output_dim), torch.Generator().manual_seed(seed)
    batches = [torch.tensor(batch) for batch in x]
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.uniform_(-BOUND, BOUND, generator=generator)
        y = plain([model(batch) for batch in batches])
    changed = not all(np.array_equal(after.numpy(), before) for after, before in zip(batches, x, strict=True))
    return {"y": y, "changed": plain(changed)}


def reached(
    LogisticRegression: Any, count_parameters: Any, output_dim: int, x: np.ndarray
) -> dict[str, Plain]:
    """Tell whether a loss gives every parameter a gradient."""
    model = LogisticRegression(output_dim)
    loss = (model(torch.from_numpy(x)) ** 2).sum()
    if not loss.requires_grad:
        return {"reached": plain(False)}
    loss.backward()
    return {"reached": plain(all(p.grad is not None for p in model.parameters() if p.requires_grad))}


def count(
    LogisticRegression: Any, count_parameters: Any, widths: list[int], frozen: list[int]
) -> dict[str, Plain]:
    """Describe what `count_parameters` answers for linear layers in a row, some of which are frozen."""
    layers = [nn.Linear(*pair) for pair in itertools.pairwise(widths)]
    for index in frozen:
        layers[index].requires_grad_(False)
    return {"count": plain(count_parameters(nn.Sequential(*layers)))}
