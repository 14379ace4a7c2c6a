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
GIVEN = ("sklearn.datasets", "sklearn.metrics", "sklearn.model_selection")
"""Data sets and scores: notebooks hand them out, and what passes through them is data."""
ASKED = ("log_loss",)
"""A score that is an answer to one of the tasks."""


def is_given(name: str) -> bool:
    """Whether a dotted name may be used in any answer: a data set, a score, or what a probe has handed over."""
    if name.startswith(f"{__package__}."):
        return True  # a class may have kept a layer that records, from the last time that it was checked
    return name.rsplit(".", 1)[-1] not in ASKED and any(
        name == module or name.startswith(f"{module}.") for module in GIVEN
    )


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
        own built-in types are not named, nor are data sets and scores (`is_given`).
    """
    found: set[str] = set()
    seen: dict[int, Any] = {}
    waiting: list[Any] = list(subjects)
    while waiting and len(seen) < OBJECTS:
        item = waiting.pop()
        if id(item) not in seen:
            seen[id(item)] = item
            waiting += _reached(item, found)
    return sorted({name.split(".")[0] for name in found if not is_given(name)} - {"builtins"})


def _reached(item: Any, found: set[str]) -> Iterable[Any]:
    """The objects that one object leads to; the dotted names of what it uses are added to `found`."""
    if isinstance(item, types.ModuleType):
        found.add(item.__name__)
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
            found.add(f"{module}.{getattr(owner, '__name__', '')}")
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
    codes = [list(dis.get_instructions(code)) for code in _codes(function.__code__)]
    for place, code in enumerate(codes):
        found |= _imported(code, codes[place:])
        for name, *attributes in _chains(code, ("LOAD_GLOBAL", "LOAD_NAME")):
            reached.append(_followed(function.__globals__.get(name), attributes))
    return reached


def _followed(item: Any, attributes: list[str]) -> Any:
    """What ``a.b.c`` names, as long as modules are followed: ``sklearn.metrics`` is not all of ``sklearn``."""
    for name in attributes:
        if not isinstance(item, types.ModuleType) or name not in vars(item):
            break
        inner = vars(item)[name]
        home = inner.__name__ if isinstance(inner, types.ModuleType) else getattr(inner, "__module__", None)
        if str(home).split(".")[0] != item.__name__.split(".")[0]:
            break  # a number, or a function that does not say that it comes from here
        item = inner
    return item


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


def _imported(code: list[dis.Instruction], codes: list[list[dis.Instruction]]) -> set[str]:
    """Dotted names that one code imports; `codes` are those in which its own names are seen."""
    found: set[str] = set()
    for place, instruction in enumerate(code):
        if instruction.opname != "IMPORT_NAME" or not instruction.argval:
            continue
        module, parts = str(instruction.argval), code[place - 1].argval
        if parts:  # from module import parts
            found |= {f"{module}.{part}" for part in parts}
        elif code[place + 1].opname == "IMPORT_FROM":  # import module as name
            found |= {module, *(f"{module}.{name}" for name in ASKED if _mentions(codes, name))}
        else:  # binds the first part of the dotted name
            top = module.split(".")[0]
            used = {".".join(chain) for inner in codes for chain in _chains(inner) if chain[0] == top}
            found |= used or {module if code[place + 1].opname == "STORE_FAST" else top}
    return found


def _mentions(codes: list[list[dis.Instruction]], name: str) -> bool:
    return any(instruction.argval == name for code in codes for instruction in code)


def _chains(code: list[dis.Instruction], loads: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """Each name that is read, with the attributes that are read off it: ``a.b.c`` as three."""
    for place, instruction in enumerate(code):
        name = instruction.opname
        is_read = name in loads if loads else name.startswith("LOAD_") and name != "LOAD_CLOSURE"
        if is_read and isinstance(instruction.argval, str):
            chain = [instruction.argval]
            for following in code[place + 1 :]:
                if following.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
                    break
                chain.append(str(following.argval))
            yield chain
