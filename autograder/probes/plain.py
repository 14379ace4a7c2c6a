"""Describe any object as plain data: what it is, and its numbers where it has some.

The judge never touches an object of the student's, so what it needs to know about one (its exact type,
shape, dtype) is written down here, beside the numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TEXT_LIMIT = 200
Plain = dict[str, Any]


def plain(value: Any) -> Plain:
    """Describe `value` as plain data.

    Parameters
    ----------
    value : object
        Whatever the student's code answered.

    Returns
    -------
    dict
        ``type`` : name of the exact type; ``data`` : a bool, int, float, str or None, a
        `numpy.ndarray`, or a list of descriptions (for a list or tuple, a named one too); absent for any other object.
        For a tensor also ``dtype``, ``requires_grad`` and ``device``.
    """
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return {"type": kind.__name__, "data": value[:TEXT_LIMIT] if kind is str else value}
    if kind is np.ndarray:
        return _array(value)
    if isinstance(value, np.generic):
        return {"type": f"numpy.{value.dtype.name}", "data": value.item() if _is_number(value) else None}
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        kind, value = tuple, tuple(value)
    if kind in (list, tuple):
        return {"type": kind.__name__, "data": [plain(item) for item in value[:100]], "length": len(value)}
    if hasattr(value, "detach") and hasattr(value, "requires_grad"):
        return _tensor(value)
    return {"type": kind.__qualname__[:TEXT_LIMIT]}


def _is_number(value: Any) -> bool:
    return value.dtype.kind in "biuf"


def _array(value: np.ndarray) -> Plain:
    if not _is_number(value):
        return {"type": "ndarray", "dtype": str(value.dtype), "shape": list(value.shape)}
    return {"type": "ndarray", "data": np.array(value, order="C", subok=False)}


def _tensor(value: Any) -> Plain:
    import torch

    data = value.detach().cpu()
    if data.dtype in (torch.bfloat16, torch.float16):
        data = data.float()
    return {
        "type": "Tensor" if type(value) is torch.Tensor else type(value).__name__,
        "dtype": str(value.dtype),
        "requires_grad": bool(value.requires_grad),
        "device": value.device.type,
        "data": np.array(data.numpy(), order="C", subok=False),
    }
