"""Which methods an object has of its own, and not from the given `Module`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..plain import Plain, plain

GIVEN = "Module"
SHOWN = 100


def describe_missing(thing: Any, wanted: Sequence[str]) -> dict[str, Plain]:
    """Name those of the wanted methods that an object lacks, or has from `Module` alone."""
    return {"missing": plain([name for name in wanted if not _has(thing, name)])}


def describe_own(thing: Any) -> dict[str, Plain]:
    """Name the methods that the classes of an object define, `Module` aside."""
    kinds = [kind for kind in type(thing).__mro__ if kind is not object and not _is_given(kind)]
    own = {name for kind in kinds for name, value in vars(kind).items() if callable(value)}
    return {"own": plain(sorted(name for name in own if not name.startswith("__"))[:SHOWN])}


def _has(thing: Any, name: str) -> bool:
    """Whether a method is there, and is no stub of the given class."""
    method = getattr(thing, name, None)
    return method is not None and not getattr(method, "__qualname__", "").startswith(f"{GIVEN}.")


def _is_given(kind: type) -> bool:
    return kind.__name__ == GIVEN
