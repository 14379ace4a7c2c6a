"""Which cells need not run while grading: those that only draw, where no other cell uses what they define.

Authors tag such cells ``figure``. The text alone is looked at, before any of it runs, and in the sandbox:
it is a student's.
"""

from __future__ import annotations

import ast
import functools
import warnings
from collections.abc import Iterable, Sequence

from IPython.core.inputtransformer2 import TransformerManager

DYNAMIC = frozenset(
    {
        "eval",
        "exec",
        "compile",
        "globals",
        "locals",
        "vars",
        "get_ipython",
        "sys",
        "importlib",
        "__import__",
        "inspect",
        "gc",
        "__main__",
    }
)
"""Whoever uses one of these may reach a name without writing it."""


def unneeded(sources: Sequence[str], figures: Sequence[int]) -> list[int]:
    """Choose the cells that can be left out.

    Parameters
    ----------
    sources : sequence of str
        All code cells of a notebook, in order.
    figures : sequence of int
        Indices of those that are tagged, and unchanged.

    Returns
    -------
    list of int
        Some of `figures`: no cell that runs mentions a name that one of these would define. Empty where
        a cell that runs cannot be read, or reaches names in a way that its text does not show.
    """
    tagged = set(figures)
    read = {index: _read(source) for index, source in enumerate(sources)}
    if any(names is None or names.free & DYNAMIC for i, names in read.items() if i not in tagged):
        return []
    known = {index: names for index, names in read.items() if names is not None}
    left_out = tagged & set(known)
    while True:
        used = set().union(*(names.free for index, names in known.items() if index not in left_out))
        needed = {index for index in left_out if known[index].bound & used}
        if not needed:
            return sorted(left_out)
        left_out -= needed


class Names(ast.NodeVisitor):
    """The names that a cell binds, and those that it takes from other cells (or from Python itself).

    What a loop or a branch binds may be missing after it; what a function reads is looked up when
    it is called: in doubt a name counts as taken from elsewhere.
    """

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.free: set[str] = set()
        self._here: set[str] = set()

    def _bind(self, name: str) -> None:
        self.bound.add(name)
        self._here.add(name)

    def _block(self, statements: Iterable[ast.AST]) -> set[str]:
        """Visit statements that may not run; give back what they would have bound."""
        before = set(self._here)
        for statement in statements:
            self.visit(statement)
        after, self._here = self._here, before
        return after

    def visit_Name(self, node: ast.Name) -> None:
        """Bind it, or take it."""
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id)
        elif node.id not in self._here:
            self.free.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Look at the value before the targets."""
        for part in (node.value, *node.targets):
            self.visit(part)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Look at the value before the target."""
        for part in (node.annotation, node.value, node.target):
            if part is not None:
                self.visit(part)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """``x += 1`` reads x too."""
        if isinstance(node.target, ast.Name) and node.target.id not in self._here:
            self.free.add(node.target.id)
        self.visit(node.value)
        self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """Look at the value before the target."""
        self.visit(node.value)
        self.visit(node.target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """The body may never run."""
        self.visit(node.iter)
        self._block([node.target, *node.body])
        self._block(node.orelse)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        """The body may never run."""
        self.visit(node.test)
        self._block(node.body)
        self._block(node.orelse)

    def visit_If(self, node: ast.If) -> None:
        """Only what both branches bind is sure to be there."""
        self.visit(node.test)
        in_both = self._block(node.body) & self._block(node.orelse)
        self._here |= in_both

    def visit_Try(self, node: ast.Try) -> None:
        """It may break off anywhere."""
        self._block(node.body)
        for handler in node.handlers:
            if handler.name:
                self.bound.add(handler.name)
            self._block(handler.body)
        self._block(node.orelse)
        for statement in node.finalbody:
            self.visit(statement)

    visit_TryStar = visit_Try  # type: ignore[assignment]

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import binds; ``*`` may bind anything, as may a module that reaches into this one."""
        for alias in node.names:
            self._bind(alias.asname or alias.name.split(".")[0])
            self.free |= {"__main__"} if alias.name == "*" else {alias.name} & DYNAMIC

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Decorators and defaults are evaluated now, the body later."""
        for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                self.visit(part)
        self._later(node.args, node.body)
        self._bind(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """As a function."""
        for part in (*node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                self.visit(part)
        self._later(node.args, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """What its body binds are attributes; what its methods read comes from the notebook."""
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        inner = Names()
        inner._here = set(self._here)
        for statement in node.body:
            inner.visit(statement)
        self.free |= inner.free
        self._bind(node.name)

    def _later(self, arguments: ast.arguments, body: Sequence[ast.AST]) -> None:
        inner = Names()
        for part in ast.walk(arguments):
            if isinstance(part, ast.arg):
                inner._here.add(part.arg)
        for statement in body:
            inner.visit(statement)
        declared = {n for s in body for d in ast.walk(s) if isinstance(d, ast.Global) for n in d.names}
        self.bound |= inner.bound & declared
        self.free |= inner.free | declared

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        """Its own variables do not leak."""
        bound = set(self.bound)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._block([*(part for g in node.generators for part in (g.iter, g.target, *g.ifs)), *parts])
        self.bound = bound

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension


@functools.cache
def parse(source: str) -> ast.Module:
    """The syntax tree of a cell, its magics turned into calls; not to be changed.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        It is no Python that can be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the student's text; a check cell shows its card alone
        return ast.parse(TransformerManager().transform_cell(source))


def _read(source: str) -> Names | None:
    """The names of a cell; None where it is no Python that can be read."""
    names = Names()
    try:
        names.visit(parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return names
