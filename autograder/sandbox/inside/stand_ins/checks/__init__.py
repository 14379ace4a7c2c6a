"""What a notebook finds as ``autograder.checks`` inside the sandbox: its checks are asked for elsewhere."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from typing import Any


class _Later:
    """Takes the place of a check's result."""

    def __repr__(self) -> str:
        return "This check is judged outside the sandbox."


class _Checks:
    """Answers every check with `_Later`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *subjects, **options: _Later()


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a module with `check` in it for every notebook's package of checks."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name.startswith(__name__ + "."):
            return importlib.machinery.ModuleSpec(name, self)
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        module.check = _Checks()  # type: ignore[attr-defined]


sys.meta_path.append(_Finder())
