"""Probe of ``check_model``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from ..plain import Plain, plain
from ._fresh import fresh, to_device

HALF = (torch.float16, torch.bfloat16)


def answers(
    Model: Any, images: np.ndarray, batches: list[np.ndarray], spread: float, largest: float
) -> dict[str, Plain]:
    """Answers of one new model in eval mode to batches of images, each an array of indices, in order."""
    X = to_device(images)
    model = fresh(Model, X[to_device(batches[0])], spread, largest)
    found, changed = [], False
    with torch.no_grad():
        for batch in batches:
            given = X[to_device(batch)]
            before = given.clone()
            found.append(plain(model(given)))
            changed = changed or not torch.equal(given, before)
    return {
        "answers": {"type": "list", "data": found},
        "changed": plain(changed),
        "half": plain(_half(model)),
    }


def in_train_mode(
    Model: Any, images: np.ndarray, times: int, spread: float, largest: float
) -> dict[str, Plain]:
    """Answers of one new model in train mode to the same batch, several times."""
    X = to_device(images)
    model = fresh(Model, X, spread, largest)
    model.train()
    with torch.no_grad():
        found = [plain(model(X.clone())) for _ in range(times)]
    return {"answers": {"type": "list", "data": found}, "half": plain(_half(model))}


def parameters(Model: Any, images: np.ndarray) -> dict[str, Plain]:
    """Count the parameters of a new model, and name the attributes that hold layers which it does not know of."""
    model = Model().to(to_device(0).device).eval()
    with torch.no_grad():
        model(to_device(images))  # lazy layers have parameters from then on
    known = set(model.modules())
    hidden = [
        f"{type(owner).__name__}.{name}"
        for owner in known
        for name, held in vars(owner).items()
        if not name.startswith("_") and set(_layers(held)) - known
    ]
    return {
        "count": plain(sum(parameter.numel() for parameter in model.parameters())),
        "in_plain_lists": plain(sorted(hidden)),
    }


def _layers(held: Any) -> list[nn.Module]:
    items = held.values() if isinstance(held, dict) else held if isinstance(held, list | tuple) else ()
    return [item for item in items if isinstance(item, nn.Module) and any(True for _ in item.parameters())]


def _half(model: Any) -> bool:
    return any(parameter.dtype in HALF for parameter in model.parameters())
