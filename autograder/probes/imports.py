"""Which modules the student's code reaches for, read from its compiled functions without running them."""

from __future__ import annotations

import dis
import types
from collections.abc import Iterator
from typing import Any


def modules_used(*subjects: Any) -> list[str]:
    """Name the top-level modules that functions and classes of a notebook refer to.

    Parameters
    ----------
    *subjects : object
        Functions, classes or instances of classes. Functions and classes of the same notebook that
        they mention are followed.

    Returns
    -------
    list of str
        Sorted names such as ``["numpy", "torch"]``: modules mentioned by a global name, modules that
        a mentioned object or its class comes from, and modules imported inside a function.
    """
    found: set[str] = set()
    seen: set[int] = set()
    waiting: list[Any] = [s if isinstance(s, type | types.FunctionType) else type(s) for s in subjects]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        for function in _functions(item):
            for code in _codes(function.__code__):
                found |= _imported(code)
                for name in _global_names(code):
                    value = function.__globals__.get(name)
                    if isinstance(value, types.ModuleType):
                        found.add(value.__name__.split(".")[0])
                    elif _is_notebook(value):
                        waiting.append(value)
                    elif isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
                        found.add((value.__module__ or "builtins").split(".")[0])
                    elif _is_notebook(type(value)):
                        waiting.append(type(value))
                    else:
                        found.add(type(value).__module__.split(".")[0])
        if isinstance(item, type):
            for base in item.__mro__[1:]:
                if _is_notebook(base):
                    waiting.append(base)
                elif base is not object:
                    found.add(base.__module__.split(".")[0])
    return sorted(found)


def _is_notebook(value: Any) -> bool:
    """Whether a function or class was defined in the notebook rather than imported."""
    return isinstance(value, type | types.FunctionType) and value.__module__ == "__main__"


def _functions(item: Any) -> Iterator[types.FunctionType]:
    if isinstance(item, types.FunctionType):
        yield item
    elif isinstance(item, type):
        for member in vars(item).values():
            if isinstance(member, staticmethod | classmethod):
                member = member.__func__
            if isinstance(member, property):
                yield from (f for f in (member.fget, member.fset) if isinstance(f, types.FunctionType))
            elif isinstance(member, types.FunctionType):
                yield member


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
