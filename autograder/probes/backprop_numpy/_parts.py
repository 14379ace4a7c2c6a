"""Classes of other cells that a network is made with."""

from __future__ import annotations

import types
from typing import Any

from ..imports import modules_used
from ..plain import Plain, plain

PARTS = ("Softmax", "CrossEntropyLoss")


def parts_and_modules(kind: Any) -> dict[str, Plain]:
    """Name the modules that each part uses, as two lists of equal length."""
    functions = [
        value for value in getattr(kind, "__dict__", {}).values() if isinstance(value, types.FunctionType)
    ]
    names = functions[0].__globals__ if functions else {}
    pairs = [(part, module) for part in PARTS if part in names for module in modules_used(names[part])]
    return {"parts": plain([part for part, _ in pairs]), "modules": plain([module for _, module in pairs])}
