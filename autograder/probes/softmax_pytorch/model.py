"""Probe of ``check_model``."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy

from ..plain import Plain, plain

BOUND = (3 * 32 * 32) ** -0.5


def describe(LogisticRegression: Any, count_parameters: Any, output_dim: int) -> dict[str, Plain]:
    """Make a model; list the shapes of its parameters, and describe what `count_parameters` answers.

    Say also which of its attributes torch does not look into: lists of layers, and tensors that are no parameters.
    """
    model = _made(LogisticRegression, output_dim)
    if not isinstance(model, nn.Module):
        return {"model": plain(model)}
    return {
        "model": {"type": "Module"},
        "shapes": plain([list(p.shape) for p in model.parameters()]),
        "lists": plain([name for name, thing in vars(model).items() if _is_list_of_layers(thing)]),
        "tensors": plain([name for name, thing in vars(model).items() if isinstance(thing, torch.Tensor)]),
        "count": plain(count_parameters(model)),
    }


def _made(LogisticRegression: Any, output_dim: int) -> Any:
    """A new model; a lazy layer learns its size from one image."""
    model = LogisticRegression(output_dim)
    if isinstance(model, nn.Module) and any(is_lazy(p) for p in model.parameters()):
        with torch.no_grad():
            model(torch.zeros(1, 3, 32, 32))
    return model


def _is_list_of_layers(thing: Any) -> bool:
    things = list(thing.values()) if isinstance(thing, dict) else thing
    return isinstance(things, list | tuple) and any(isinstance(layer, nn.Module) for layer in things)


def init(LogisticRegression: Any, count_parameters: Any) -> dict[str, Plain]:
    """Tell how many arguments the class's own `__init__` takes besides `self`; -1 where it has none of its own."""
    code = getattr(getattr(LogisticRegression, "__dict__", {}).get("__init__"), "__code__", None)
    return {"arguments": plain(-1 if code is None else code.co_argcount - 1)}


def outputs(
    LogisticRegression: Any, count_parameters: Any, output_dim: int, x: list[np.ndarray], seed: int
) -> dict[str, Plain]:
    """Run one new model on each batch of x, float32, each of shape (n, 3, 32, 32).

    Its parameters are random numbers, of the size that `torch.nn.Linear` begins with: a model may begin with zeros.
    Say also whether a batch was changed.
    """
    model, generator = _made(LogisticRegression, output_dim), torch.Generator().manual_seed(seed)
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
    """Tell whether a loss gives every parameter a gradient, and whether one is frozen."""
    model = _made(LogisticRegression, output_dim)
    loss = (model(torch.from_numpy(x)) ** 2).sum()
    frozen = plain(any(not p.requires_grad for p in model.parameters()))
    if not loss.requires_grad:
        return {"reached": plain(False), "frozen": frozen}
    loss.backward()
    reached = all(p.grad is not None for p in model.parameters() if p.requires_grad)
    return {"reached": plain(reached), "frozen": frozen}


def count(
    LogisticRegression: Any, count_parameters: Any, widths: list[int], frozen: list[int]
) -> dict[str, Plain]:
    """Describe what `count_parameters` answers for linear layers in a row, some of which are frozen."""
    layers = [nn.Linear(*pair) for pair in itertools.pairwise(widths)]
    for index in frozen:
        layers[index].requires_grad_(False)
    return {"count": plain(count_parameters(nn.Sequential(*layers)))}
