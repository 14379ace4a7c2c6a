"""Probe of ``check_standardize``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..imports import modules_used
from ..plain import Plain, plain


def modules(standardize: Any) -> dict[str, Plain]:
    """Name the modules that the function's code uses."""
    return {"modules": plain(modules_used(standardize))}


def values(standardize: Any, train: np.ndarray, others: list[np.ndarray]) -> dict[str, Plain]:
    """Call the function, and describe what came and what became of its arguments."""
    answer = plain(standardize(train, *others))
    return {"parts": answer, "train": plain(train), "others": plain(others)}
