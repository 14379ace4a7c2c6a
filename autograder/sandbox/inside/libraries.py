"""Which libraries a name is made with, as the text of a notebook's cells says it.

The text alone is looked at, before any of it runs, and in the sandbox: it is a student's. What runs later
can lie to a probe; it cannot change what was read here.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from autograder.probes.imports import is_given
from autograder.sandbox.inside.figures import Names, parse

UNREADABLE = "text that cannot be read"
"""Stands for a library where a cell is nested too deeply for its text to be read."""


def libraries_of(sources: Sequence[str], asked: Iterable[tuple[int, str]]) -> list[list[str]]:
    """Name the libraries that definitions use, by their own text and by that of what they mention.

    Parameters
    ----------
    sources : sequence of str
        All code cells of a notebook, in order.
    asked : iterable of (int, str)
        A number of cells, and a name as it is defined after these; in ascending order of the numbers.

    Returns
    -------
    list of list of str
        For each question the sorted top-level modules that are imported under a name that the
        definition mentions, or inside it. Python's own modules are among them.
    """
    text = _Text()
    done, answers = 0, []
    for count, name in asked:
        for source in sources[done:count]:
            text.add(source)
        done = max(done, count)
        answers.append(text.libraries(name))
    return answers


@dataclass
class _Made:
    """What a name is made with: libraries, and names that a function will look up when it is called."""

    libraries: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)

    def __ior__(self, other: _Made) -> _Made:
        self.libraries |= other.libraries
        self.later |= other.later
        return self


class _Text:
    """Reads cells in order and keeps what each name is made with.

    A later cell that binds a name anew replaces it; within a cell everything counts, because of branches.
    """

    def __init__(self) -> None:
        self._made: dict[str, _Made] = {}
        self._bound_here: set[str] = set()
        self._starred: set[str] = set()
        self._unreadable = False

    def add(self, source: str) -> None:
        """Read one more cell."""
        self._bound_here = set()
        try:
            self._read_all(source)
        except (RecursionError, MemoryError):
            self._unreadable = True

    def libraries(self, name: str) -> list[str]:
        """The libraries of a name as it is defined by now."""
        found, seen, waiting = {UNREADABLE} if self._unreadable else set(), set(), [name]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                made = self._look(name)
                found |= made.libraries
                waiting += made.later
        return sorted(found)

    def _look(self, name: str) -> _Made:
        """What a name is made with; one that is bound nowhere may come from an import of ``*``."""
        if name in self._made:
            return self._made[name]
        return _Made() if hasattr(builtins, name) else _Made(set(self._starred))

    def _read_all(self, source: str) -> None:
        """Read a text; one with a syntax error does not run either."""
        try:
            body = parse(source).body
        except (SyntaxError, ValueError):
            return
        for statement in _statements(body):
            self._read(statement)

    def _read(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Import() | ast.ImportFrom():
                for name, library in _imports(statement):
                    if name == "*":
                        self._starred.add(library)
                    else:
                        self._bind(name, _Made({library}))
            case ast.Expr(
                value=ast.Call(
                    func=ast.Name(id="exec") | ast.Attribute(attr="run_cell_magic" | "run_cell"),
                    args=[*_, ast.Constant(value=str(text))],
                )
            ):
                self._read_all(text)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._bind(statement.name, self._definition(statement))
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, self._value(value))
            case ast.AnnAssign(target=target, value=value) | ast.AugAssign(target=target, value=value):
                self._assign(target, self._value(value), more=isinstance(statement, ast.AugAssign))
            case ast.For(target=target, iter=value):
                self._assign(target, self._value(value))
            case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[target, *values])):
                self._assign(target, self._value(*values), more=True)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=target), args=values, keywords=named)):
                self._assign(target, self._value(*values, *(k.value for k in named)), more=True)

    def _bind(self, name: str, made: _Made, *, more: bool = False) -> None:
        if not more and name not in self._bound_here:
            self._made[name] = _Made()
            self._bound_here.add(name)
        kept = self._made.setdefault(name, _Made())
        kept |= made

    def _assign(self, target: ast.expr, made: _Made, *, more: bool = False) -> None:
        """Bind the names of a target; an attribute or an item is added to what its owner is made with."""
        match target:
            case ast.Name(id=name):
                self._bind(name, made, more=more)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self._assign(part, made, more=more)
            case ast.Starred(value=owner):
                self._assign(owner, made, more=more)
            case ast.Attribute(value=owner) | ast.Subscript(value=owner):
                self._assign(owner, made, more=True)

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> _Made:
        """A function or class: what its body mentions is looked up later."""
        names = Names()
        names.visit(node)
        made = _Made(later=names.free)
        for part in ast.walk(node):
            made.libraries |= {library for _, library in _imports(part)}
        return made

    def _value(self, *values: ast.expr | None) -> _Made:
        """An expression: its names are looked up now."""
        made = _Made()
        for name in (n for value in values for n in _carried(value)):
            made |= self._look(name)
        for part in (part for value in values if value is not None for part in ast.walk(value)):
            made.libraries |= {library for _, library in _imports(part)}
        return made


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements that run with the cell: those in branches and loops, not those in functions."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for inner in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(statement, inner, ()))
            for branch in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                yield from _statements(branch.body)


def _imports(node: ast.AST) -> list[tuple[str, str]]:
    """Names that a node imports, with the library of each; data sets and scores are not counted."""
    found: list[tuple[str, str]] = []
    match node:
        case ast.Import(names=names):
            found = [(a.asname or a.name.split(".")[0], a.name) for a in names]
        case ast.ImportFrom(module=str(module), names=names):
            found = [(a.asname or a.name, f"{module}.{a.name}") for a in names]
        case (
            ast.Call(
                func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            )
            | ast.Subscript(value=ast.Attribute(attr="modules"), slice=ast.Constant(value=str(module)))
        ):
            found = [("", module)]
    return [(name, module.split(".")[0]) for name, module in found if not is_given(module)]


def _carried(value: ast.AST | None) -> Iterator[str]:
    """The names whose objects may be what an expression gives, or be held by it.

    What a plain function or a method answers is data: ``make_moons(400)`` holds nothing of scikit-learn.
    What a class answers is an instance of it, what ``fit`` answers is by custom what was fitted, and an
    argument may be kept, as in a partial function.
    """
    match value:
        case None:
            return
        case ast.Name(id=name):
            yield name
        case ast.Call(func=function, args=arguments, keywords=named):
            yield from _carried(_answered_by(function))
            for argument in (*arguments, *(k.value for k in named)):
                yield from _carried(argument)
        case ast.Lambda():
            names = Names()
            names.visit(value)
            yield from names.free
        case _:
            for part in ast.iter_child_nodes(value):
                yield from _carried(part)


def _answered_by(function: ast.expr) -> ast.expr | None:
    """What a call may answer a part of; None where it is data, as far as capitals tell functions from classes."""
    match function:
        case ast.Attribute(attr="fit", value=fitted):
            return fitted
        case ast.Name(id=name) | ast.Attribute(attr=name) if not name[:1].isupper():
            return None
    return function
