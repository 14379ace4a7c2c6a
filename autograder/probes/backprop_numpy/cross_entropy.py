"""Probe of ``check_cross_entropy``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain
from ._methods import describe_missing, describe_own


def modules(CrossEntropyLoss: Any) -> dict[str, Plain]:
    """Name the modules that the loss's code uses."""
    return {"modules": plain(modules_used(CrossEntropyLoss))}


def methods(CrossEntropyLoss: Any) -> dict[str, Plain]:
    """Name the methods that the loss has not of its own."""
    return describe_missing(CrossEntropyLoss(), ("forward", "backward"))


def own_methods(CrossEntropyLoss: Any) -> dict[str, Plain]:
    """Name all methods of the loss that do not come from `Module`."""
    return describe_own(CrossEntropyLoss())


def losses(CrossEntropyLoss: Any, logits: np.ndarray, y: np.ndarray) -> dict[str, Plain]:
    """Run `forward` for each of the stacked logits (k, n, C) with the same labels (n,)."""
    loss = CrossEntropyLoss()
    return {"loss": {"type": "list", "data": [plain(loss.forward(rows, y)) for rows in logits]}}


def pair(CrossEntropyLoss: Any, logits: np.ndarray, y: np.ndarray, d: float | None) -> dict[str, Plain]:
    """Run forward and backward once, without an upstream gradient where `d` is None."""
    loss = CrossEntropyLoss()
    value = plain(loss.forward(logits, y))
    gradient = loss.backward() if d is None else loss.backward(d)
    return {
        "loss": value,
        "gradient": plain(gradient),
        "logits_after": plain(logits),
        "y_after": plain(y),
    }


def two_pairs(CrossEntropyLoss: Any, logits: np.ndarray, y: np.ndarray) -> dict[str, Plain]:
    """Run two pairs on one loss, then backward again; another loss gets a third batch within the second pair."""
    loss, other = CrossEntropyLoss(), CrossEntropyLoss()
    loss.forward(logits[0], y[0])
    gradient = loss.backward()
    then = plain(gradient)
    loss.forward(logits[1], y[1])
    other.forward(logits[2], y[2])
    second = plain(loss.backward())
    now = plain(gradient)
    return {"dx_then": then, "dx_now": now, "second": second, "again": plain(loss.backward())}
