"""Probe of ``check_mean_squared_error``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plain import Plain, plain


def value(mean_squared_error: Any, predicted: np.ndarray, target: np.ndarray) -> dict[str, Plain]:
    """Call the function once, and describe what came and what became of its arguments."""
    error = mean_squared_error(predicted, target)
    return {"error": plain(error), "predicted": plain(predicted), "target": plain(target)}
