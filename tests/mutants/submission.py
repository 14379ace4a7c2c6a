"""Submissions made from a solution notebook by changing one answer, checked in this process."""

from __future__ import annotations

import linecache
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import notebooks
from autograder.checks.notebook import Checks
from autograder.checks.result import CheckResult

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Variant:
    """An answer that differs from the solution, and the check that sees it.

    Attributes
    ----------
    name : str
        What is different, as a student would say it.
    notebook : str
        Below ``solutions``, without its ending: ``"neural_networks/1_backprop_numpy"``.
    answer : str
        The ``grade_id`` of the changed cell.
    check : str
        The check to run, without ``check_``.
    replace : tuple of (str, str)
        Replacements in the solution's cell; each old text occurs there exactly once.
    append : str
        Code that runs after the solution's cell, as a class that overrides one method.
    """

    name: str
    notebook: str
    answer: str
    check: str
    replace: tuple[tuple[str, str], ...] = ()
    append: str = ""

    def __str__(self) -> str:
        return f"{self.check}: {self.name}"


@dataclass(frozen=True)
class Mutant(Variant):
    """A wrong answer: loses points on `fails`, and the card's cause contains `cause`.

    Attributes
    ----------
    fails : str
        Id of the criterion that must fail (others may too).
    cause : str
        Words that the cause, what came, or what was expected must contain.
    """

    fails: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Right(Variant):
    """A right answer that differs from the solution: full marks."""


def changed_source(variant: Variant) -> str:
    """Source of the changed answer cell."""
    cell = notebooks.cells_by_grade_id(_notebook(variant.notebook))[variant.answer]
    source = str(cell.source)
    for old, new in variant.replace:
        if source.count(old) != 1:
            raise ValueError(f"{variant}: {old!r} occurs {source.count(old)} times in the answer cell")
        source = source.replace(old, new)
    return f"{source}\n{variant.append}"


def run(variant: Variant, cells: tuple[str, ...], seed: int = 0) -> CheckResult:
    """Run cells of the solution in order, with the changed answer in its place, then the check.

    Parameters
    ----------
    variant : Variant
        What is changed.
    cells : tuple of str
        ``grade_id`` of the cells to run: the given ones and the answers that the check needs.
    seed : int
        For the judge's inputs.
    """
    namespace = namespace_of(variant.notebook, cells, {variant.answer: changed_source(variant)})
    package = variant.notebook.split("/")[1].split("_", 1)[1]
    call = Checks(f"autograder.checks.{package}")
    check = call[variant.check]
    subjects = [namespace.get(name) for name in check.subjects]
    return getattr(call, variant.check)(*subjects, seed=seed)


def namespace_of(notebook: str, cells: tuple[str, ...], changed: dict[str, str]) -> dict[str, Any]:
    """Run cells of a solution notebook as ``__main__`` would, and give back their names.

    A cell that fails keeps what it defined before, as in a notebook.
    """
    sources = {gid: str(c.source) for gid, c in notebooks.cells_by_grade_id(_notebook(notebook)).items()}
    module = types.ModuleType("__main__")
    before = sys.modules["__main__"]
    sys.modules["__main__"] = module
    try:
        for gid in cells:
            source = changed.get(gid, sources[gid])
            filename = f"<cell {gid}>"
            linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
            try:
                exec(compile(source, filename, "exec"), module.__dict__)
            except Exception as error:
                module.__dict__.setdefault("errors", {})[gid] = error
    finally:
        sys.modules["__main__"] = before
    return dict(module.__dict__)


_READ: dict[str, Any] = {}


def _notebook(name: str) -> Any:
    if name not in _READ:
        _READ[name] = notebooks.read(ROOT / "solutions" / f"{name}.ipynb")
    return _READ[name]
