"""Probe of ``check_softmax``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain


def modules(softmax: Any) -> dict[str, Plain]:
    """Name the modules that the function's code uses."""
    return {"modules": plain(modules_used(softmax))}


def values(softmax: Any, logits: np.ndarray) -> dict[str, Plain]:
    """Call the function, and describe what came and what became of its argument."""
    answer = softmax(logits)
    return {"probabilities": plain(answer), "logits": plain(logits)}
