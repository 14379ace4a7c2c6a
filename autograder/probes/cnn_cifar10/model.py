"""Probe of ``check_model``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..plain import Plain, plain
from ._fresh import fresh, to_device

HALF = (torch.float16, torch.bfloat16)


def answers(
    Model: Any, images: np.ndarray, batches: list[np.ndarray], spread: float, largest: float
) -> dict[str, Plain]:
    """Answers of one new model in eval mode to batches of images, each an array of indices, in order."""
    X = to_device(images)
    model = fresh(Model, X, spread, largest)
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


def _half(model: Any) -> bool:
    return any(parameter.dtype in HALF for parameter in model.parameters())
