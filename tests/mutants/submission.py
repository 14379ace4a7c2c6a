"""Submissions made from a solution notebook by changing one answer, checked in this process or in the sandbox."""

from __future__ import annotations

import ast
import contextlib
import functools
import linecache
import sys
import tempfile
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from autograder import notebooks
from autograder.assignments import Assignment
from autograder.checks.check import Check
from autograder.checks.notebook import not_there
from autograder.checks.result import CheckResult, CriterionResult, Finding, Status
from autograder.examiner import checks_of
from autograder.probes.respond import respond
from autograder.sandbox.inside.figures import Names
from autograder.sandbox.inside.hidden_names import Hidden, hidden_names
from autograder.sandbox.inside.libraries import libraries_of
from autograder.sandbox.launch import Child, ChildLost, Sandbox

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
    source : str
        The whole cell, in place of the solution's.
    if_hidden : str
        Why other criteria may fail where the labels of the test images are hidden, as in grading; the
        points are the same.
    """

    name: str
    notebook: str
    answer: str
    check: str
    replace: tuple[tuple[str, str], ...] = ()
    append: str = ""
    source: str = field(default="", kw_only=True)
    if_hidden: str = field(default="", kw_only=True)

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
    source = variant.source or str(cell.source)
    for old, new in variant.replace:
        if source.count(old) != 1:
            raise ValueError(f"{variant}: {old!r} occurs {source.count(old)} times in the answer cell")
        source = source.replace(old, new)
    return f"{source}\n{variant.append}"


def sources_of(notebook: str, cells: tuple[str, ...], changed: dict[str, str]) -> dict[str, str]:
    """Sources of cells of a solution notebook by ``grade_id``, some of them changed."""
    found = notebooks.cells_by_grade_id(_notebook(notebook))
    return {gid: changed.get(gid, str(found[gid].source)) for gid in cells}


def seeding(notebook: str, seed: int) -> str:
    """A cell that seeds the global generators, so that the answer's own draws are the same in both ways."""
    names = ["random.seed", "numpy.random.seed"]
    names += [] if Assignment.is_numpy_only(notebook) else ["torch.manual_seed"]
    calls = [name.split(".", 1) for name in names]
    return "; ".join(f"__import__({module!r}).{function}({seed})" for module, function in calls)


def check_of(variant: Variant) -> Check:
    """The check that sees the changed answer."""
    return checks_of(variant.notebook.split("/")[1])[variant.check]


class InNotebook:
    """An answer judged as in the notebook: probe and judge in one process.

    Parameters
    ----------
    variant : Variant
        What is changed.
    cells : tuple of str
        ``grade_id`` of the cells to run, in order: the given ones and the answers that the check needs.
    files : dict of str to bytes, optional
        What lies beside the notebook, by name.
    """

    def __init__(
        self, variant: Variant, cells: tuple[str, ...], files: dict[str, bytes] | None = None
    ) -> None:
        self._check = check_of(variant)
        self._notebook = variant.notebook
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            for name, content in (files or {}).items():
                Path(name).write_bytes(content)
            changed = {variant.answer: changed_source(variant)}
            self._namespace = namespace_of(variant.notebook, cells, changed)
        self._sources = list(sources_of(variant.notebook, cells, changed).values())

    def judge(self, seed: int, check: Check | None = None) -> CheckResult:
        """Run the check, or another one of the notebook, with the inputs of a seed, as `CheckCall` does."""
        check = check or self._check
        for name in check.subjects:
            is_there = name in self._namespace
            if self._namespace.get(name) is None and not (is_there and name in check.may_be_none):
                finding = not_there(name, check, is_none=is_there)
                return check.unanswered(Status.NOT_DONE, finding)
        subjects = [self._namespace[name] for name in check.subjects]
        exec(seeding(self._notebook, seed), {})

        def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
            return respond(probe, function, subjects, question)

        def libraries(name: str) -> list[str]:
            return libraries_of(self._sources, [(len(self._sources), name)])[0]

        hidden = functools.partial(hidden_names, self._sources)
        return check.judge(ask, seed, libraries=libraries, hidden=hidden)


class InSandbox:
    """An answer judged as in grading: the cells and the probe in a child of the sandbox, the judge here.

    Parameters
    ----------
    variant, cells, files
        As for `InNotebook`.
    sandbox : Sandbox
        With the view of the notebook.
    shown_test_labels : numpy.ndarray, optional
        What the notebook finds there in place of the test labels.
    """

    def __init__(
        self,
        variant: Variant,
        cells: tuple[str, ...],
        sandbox: Sandbox,
        shown_test_labels: np.ndarray | None = None,
        files: dict[str, bytes] | None = None,
    ) -> None:
        self._check = check_of(variant)
        self._notebook = variant.notebook
        self._files = files or {}
        changed = {variant.answer: changed_source(variant)}
        self._sources = list(sources_of(variant.notebook, cells, changed).values())
        self._sandbox = sandbox
        self._shown_test_labels = shown_test_labels
        self._child: Child | None = None

    def __enter__(self) -> InSandbox:
        return self

    def __exit__(self, *details: object) -> None:
        if self._child is not None:
            self._child.close()

    def judge(self, seed: int) -> CheckResult:
        """Put the judge's questions to the child, with the inputs of a seed."""
        subjects = list(self._check.subjects)
        try:
            seen = self._living().look(subjects, self._check.may_be_none)
            self._living().run_cell(seeding(self._notebook, seed))
        except ChildLost as lost:
            return self._check.unanswered(Status.ERROR, Finding(cause=str(lost)))
        if seen["status"] != "there":
            return self._check.unanswered(
                Status.NOT_DONE, not_there(seen["name"], self._check, is_none=seen["status"] == "nothing")
            )

        def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
            try:
                return self._living().ask(probe, function, subjects, question)
            except ChildLost as lost:
                return {"status": lost.status, "error": "The process ended", "message": str(lost)}

        def libraries(name: str) -> list[str]:
            asked = [(len(self._sources), name)]
            return list(self._living().libraries(self._sources, asked)["libraries"][0])

        def hidden() -> list[Hidden]:
            return [Hidden(**place) for place in self._living().libraries(self._sources, [])["hidden"]]

        return self._check.judge(
            ask, seed, shown_test_labels=self._shown_test_labels, libraries=libraries, hidden=hidden
        )

    def _living(self) -> Child:
        if self._child is None or not self._child.is_alive:
            self._child = self._sandbox.start()
            for name, content in self._files.items():
                self._child.put_file(name, content)
            for source in self._sources:
                self._child.run_cell(source)
        return self._child


def independent(variant: Variant, checks: Iterable[Check], cells: Iterable[str]) -> list[Check]:
    """Choose the checks whose objects use nothing, directly or through other cells, that the answer's cell binds.

    What it binds is read in the solution and in the answer, which may overwrite what another cell defines.

    Parameters
    ----------
    variant : Variant
        Names the changed cell.
    checks : iterable of Check
        Of the same notebook.
    cells : iterable of str
        ``grade_id`` of the cells that define what the checks are called with.
    """
    names = {}
    for gid, source in sources_of(variant.notebook, in_order(variant.notebook, cells), {}).items():
        names[gid] = Names()
        names[gid].visit(ast.parse(source))
    with contextlib.suppress(SyntaxError):
        names[variant.answer].visit(ast.parse(changed_source(variant)))
    found = []
    for check in checks:
        wanted, reached = set(check.subjects), set()
        for gid in reversed(names):
            if names[gid].bound & wanted:
                reached.add(gid)
                wanted |= names[gid].free
        if variant.answer not in reached:
            found.append(check)
    return found


def in_order(notebook: str, cells: Iterable[str]) -> tuple[str, ...]:
    """Sort ``grade_id`` as the cells stand in the notebook, each once."""
    chosen = set(cells)
    return tuple(gid for gid in notebooks.cells_by_grade_id(_notebook(notebook)) if gid in chosen)


def failure(mutant: Mutant, result: CheckResult) -> CriterionResult | None:
    """The failed criterion that the mutant names, if it was tried and cost points."""
    if not result.points < result.max_points:
        return None
    failed = {c.id: c for c in result.failures if c.status is not Status.NOT_TRIED}
    return failed.get(mutant.fails)


def first_failure(result: CheckResult) -> CriterionResult | None:
    """The failed criterion that the card explains."""
    return next((c for c in result.failures if c.status is not Status.NOT_TRIED), None)


def is_named(mutant: Mutant, finding: Finding) -> bool:
    """Whether a finding holds the mutant's words; alternatives are set apart by ``|``."""
    words = f"{finding.cause} {finding.got} {finding.expected}"
    return bool(mutant.cause) and any(part in words for part in mutant.cause.split("|"))


def require_caught_and_named(mutant: Mutant, result: CheckResult) -> None:
    """Fail unless the result takes points for the mutant's criterion and says why, where that is known."""
    found = failure(mutant, result)
    assert found is not None, str(result)
    assert is_named(mutant, found.finding) or not mutant.cause, str(result)
    assert 0 <= result.points < result.max_points


def require_full_marks(result: CheckResult) -> None:
    """Fail unless the result has all points."""
    assert result.points == result.max_points, str(result)


def namespace_of(notebook: str, cells: tuple[str, ...], changed: dict[str, str]) -> dict[str, Any]:
    """Run cells of a solution notebook as ``__main__`` would, and give back their names.

    A cell that fails keeps what it defined before, as in a notebook.
    """
    module = types.ModuleType("__main__")
    before = sys.modules["__main__"]
    sys.modules["__main__"] = module
    try:
        for gid, source in sources_of(notebook, cells, changed).items():
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
