"""A new model of the student's, made sure of itself, so that small mistakes show in its answers."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

CLASSES = 10


def to_device(array: Any) -> torch.Tensor:
    """Copy an array to the device on which the student's code expects its batches."""
    return torch.tensor(array, device="cuda" if torch.cuda.is_available() else "cpu")


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed Python's, numpy's and torch's generators, and leave them afterwards as they were."""
    python, of_numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(of_numpy)


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


def without_gradient(model: Any, X: torch.Tensor) -> list[str]:
    """Name the parameters that want a gradient and get none from the answer, in train mode or in eval mode."""
    missing: set[str] = set()
    for training in (True, False):
        model.train(training)
        model.zero_grad(set_to_none=True)
        answer = model(X)
        if isinstance(answer, torch.Tensor) and answer.requires_grad:
            upstream = torch.linspace(-1, 1, answer.numel(), device=answer.device)
            answer.backward(upstream.view_as(answer).to(answer.dtype))
        none = {name for name, p in model.named_parameters() if p.requires_grad and p.grad is None}
        missing = none if training else missing & none
        if not missing:
            break
    return [name for name, _ in model.named_parameters() if name in missing]


def matters(model: Any, tensor: torch.Tensor, X: torch.Tensor) -> bool:
    """Whether the answer in eval mode changes when a tensor of the model does."""
    model.eval()
    with torch.no_grad():
        before = model(X)
        kept = tensor.clone()
        tensor.add_(torch.linspace(-1, 1, tensor.numel(), device=tensor.device).view_as(tensor))
        after = model(X)
        tensor.copy_(kept)
    return not torch.equal(before, after)


def _last_layer(model: nn.Module) -> Any:
    weights = [(module, getattr(module, "weight", None)) for module in model.modules()]
    layers = [
        module
        for module, weight in weights
        if isinstance(weight, torch.Tensor) and weight.ndim > 1 and weight.shape[0] == CLASSES
    ]
    return layers[-1] if layers else None
