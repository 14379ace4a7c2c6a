"""Which modules the student's code reaches for, read from its objects without running them."""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

ELEMENTS = 1_000
OBJECTS = 20_000


def modules_used(*subjects: Any) -> list[str]:
    """Name the top-level modules that functions and classes of a notebook refer to.

    Parameters
    ----------
    *subjects : object
        Functions, classes or instances of classes. What they mention is followed: functions and
        classes of the same notebook; what these keep in closures, default arguments and attributes;
        what lists, dictionaries and partial functions hold.

    Returns
    -------
    list of str
        Sorted names such as ``["numpy", "torch"]``: modules mentioned by a global name, modules that
        a mentioned object or its class comes from, and modules imported inside a function. Python's
        own built-in types are not named.
    """
    found: set[str] = set()
    seen: dict[int, Any] = {}
    waiting: list[Any] = list(subjects)
    while waiting and len(seen) < OBJECTS:
        item = waiting.pop()
        if id(item) not in seen:
            seen[id(item)] = item
            waiting += _reached(item, found)
    return sorted(found - {"builtins"})


def _reached(item: Any, found: set[str]) -> Iterable[Any]:
    """The objects that one object leads to; the modules that it names itself are added to `found`."""
    if isinstance(item, types.ModuleType):
        found.add(item.__name__.split(".")[0])
        return ()
    if isinstance(item, types.MethodType):
        return item.__func__, item.__self__
    if isinstance(item, staticmethod | classmethod):
        return (item.__func__,)
    if isinstance(item, property):
        return item.fget, item.fset, item.fdel
    if isinstance(item, functools.partial):
        return item.func, *item.args, *item.keywords.values()
    if isinstance(item, dict):
        return list(islice(item.values(), ELEMENTS))
    if isinstance(item, list | tuple | set | frozenset):
        return list(islice(item, ELEMENTS))
    if _is_notebook(item):
        return _of_function(item, found) if isinstance(item, types.FunctionType) else _of_class(item)
    if _is_notebook(type(item)):
        return type(item), *_attributes(item)
    for owner in (item, type(item)):
        module = getattr(owner, "__module__", None)
        if isinstance(module, str):
            found.add(module.split(".")[0])
    if isinstance(item, type | types.FunctionType):
        return ()
    return [part for part in _attributes(item) if callable(part)]


def _is_notebook(value: Any) -> bool:
    """Whether a function or class was defined in the notebook rather than imported."""
    return isinstance(value, type | types.FunctionType) and value.__module__ == "__main__"


def _of_function(function: types.FunctionType, found: set[str]) -> list[Any]:
    reached: list[Any] = [*_attributes(function), *(function.__defaults__ or ())]
    reached += (function.__kwdefaults__ or {}).values()
    for cell in function.__closure__ or ():
        try:
            reached.append(cell.cell_contents)
        except ValueError:
            continue  # not bound yet
    for code in _codes(function.__code__):
        found |= _imported(code)
        reached += [function.__globals__.get(name) for name in _global_names(code)]
    return reached


def _of_class(kind: type) -> list[Any]:
    return [*kind.__mro__[1:], *vars(kind).values()]


def _attributes(item: Any) -> list[Any]:
    kept = getattr(item, "__dict__", None)
    return list(islice(kept.values(), ELEMENTS)) if isinstance(kept, dict) else []


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _imported(code: types.CodeType) -> set[str]:
    return {
        str(instruction.argval).split(".")[0]
        for instruction in dis.get_instructions(code)
        if instruction.opname == "IMPORT_NAME" and instruction.argval
    }


def _global_names(code: types.CodeType) -> set[str]:
    return {
        str(instruction.argval)
        for instruction in dis.get_instructions(code)
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
