"""Text that reaches what it does not name: modules of the grading, and names that are put together.

Two answers of a probe can be had from the student's process alone: which libraries the objects use, and that an
argument was left as it was. Code that replaces the probe there lies about both. To reach the probe it has to
name it, or to hide the name from whoever reads the text. Both are looked for here, in the text alone, before
any of it runs. The list of ways is one of known ways: `docs/security.md` says what it cannot see.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import PathFinder

from autograder.sandbox.inside.figures import parse
from autograder.sandbox.inside.listed_names import (
    CLOSED,
    CODE_CALLS,
    EXTENSIONS,
    IMPORT_CALLS,
    KNOWN,
    MAGICS,
    NAMED_ACCESS,
    PARTLY,
    RENAMED,
    SHELL_CALLS,
    SHELL_SHOWN,
    SHOWING,
    TIMED,
)
from autograder.sandbox.inside.readable_names import (
    DENIED,
    Bindings,
    is_constant,
    is_numbered,
    is_of_attributes,
    is_plain,
)

OURS = re.compile(
    r"\bautograder\.(?:probes|sandbox|examiner|record|in_memory)\b|/proc/|autograder/(?:probes|sandbox)"
)
OPEN = re.compile(r"autograder(?:\.(?:data|training|plots|checks)(?:\..*)?)?")
"""Modules of ours that notebooks import."""

LINE_KEPT = 120
PLACES_KEPT = 100

PLAINLY = "Write the import plainly, as `import numpy as np`."
NAME_IT = (
    "Write the name out, as `layer.W`, or take it from a list of constants, as `for name in ('W', 'b')`."
)
NOT_YOURS = (
    "What is behind this name belongs to Python or to the grading, and no answer needs it: leave it out."
)
CALL_IT = "Write the code itself into the cell in place of a text that holds code."
ARRAYS = "Keep arrays of numbers, which `np.savez` and `np.load` take: a pickle can hold code."
MASK = "Write the condition itself, as `results[results.alpha == alpha]`, or a text that is a constant."
SHELL_CLASS = "InteractiveShell"


@dataclass(frozen=True)
class Hidden:
    """One place in a cell.

    Attributes
    ----------
    cell : int
        Number of the cell, from 0.
    line : str
        Its text, cut.
    reason, instead : str
        What is hidden there, and what to write.
    """

    cell: int
    line: str
    reason: str
    instead: str


def hidden_names(sources: Sequence[str]) -> list[Hidden]:
    """Find the places in the text of code cells that reach what the text does not name.

    Parameters
    ----------
    sources : sequence of str
        All code cells of a notebook, in order.

    Returns
    -------
    list of Hidden
        In the order of the text. A cell with a syntax error, which does not run either, has none.
    """
    trees: list[tuple[int, str, ast.Module]] = []
    for number, source in enumerate(sources):
        try:
            trees += [(number, text, tree) for text, tree in _texts(source)]
        except (RecursionError, MemoryError):
            continue  # `libraries_of` says that it cannot be read
    bindings = Bindings(tree for _, _, tree in trees)
    found: list[Hidden] = []
    handed_on: list[Hidden] = []
    written: list[Hidden] = []
    is_dynamic = reads_attributes = False
    for number, text, tree in trees:
        reader = _Reader(bindings, tree)
        try:
            reader.visit(tree)
        except (RecursionError, MemoryError):
            continue
        is_dynamic = is_dynamic or reader.is_dynamic
        found += _located(number, text, reader.found)
        handed_on += _located(number, text, reader.handed_on)
        reads_attributes = reads_attributes or reader.reads_attributes
        written += _located(number, text, reader.written)
    places = {*found, *(handed_on if is_dynamic else ()), *(written if reads_attributes else ())}
    return sorted(places, key=lambda hidden: (hidden.cell, hidden.line))[:PLACES_KEPT]


Place = tuple[ast.AST, str, str]


def _located(cell: int, source: str, places: Iterable[Place]) -> Iterator[Hidden]:
    lines = source.splitlines()
    for node, reason, instead in places:
        number = getattr(node, "lineno", 1) - 1
        line = lines[number].strip()[:LINE_KEPT] if number < len(lines) else ""
        yield Hidden(cell, line, reason, instead)


def _texts(source: str) -> Iterator[tuple[str, ast.Module]]:
    """A text and the texts that it runs: constants in ``exec``, ``eval`` and cell magics."""
    try:
        tree = parse(source)
    except (SyntaxError, ValueError):
        return
    inner: list[str] = []
    quoted = ast.unparse(tree) if source.lstrip().startswith(("%", "!")) else source
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="exec" | "eval" | "compile" | "timeit" | "repeat" | "Timer")
                | ast.Attribute(attr="timeit" | "repeat" | "Timer" | "eval" | "query"),
                args=[ast.Constant(value=str(text)), *_],
            ):
                inner.append(text.replace("@", ""))
            case ast.Call(
                func=ast.Attribute(attr="run_cell_magic"),
                args=[ast.Constant(value=str(magic)), _, ast.Constant(value=str(text))],
            ) if f"%%{magic}" in ("%%time", "%%timeit", "%%capture", "%%prun", "%%writefile"):
                inner.append(text)
            case ast.Call(func=ast.Attribute(attr="run_line_magic" | "magic")):
                name, text = _magic(node)
                if name in TIMED:
                    inner.append(_behind_options(text))
    yield quoted, tree
    for text in inner:
        if text != source:
            yield from _texts(text)


def _magic(node: ast.Call) -> tuple[str, str]:
    """Name and text of a magic that is called by name; empty where they are not constants."""
    match node.func, node.args:
        case ast.Attribute(attr="magic"), [ast.Constant(value=str(line)), *_]:
            name, _, text = line.strip().lstrip("%").partition(" ")
            return name, text
        case _, [ast.Constant(value=str(name)), ast.Constant(value=str(text)), *_]:
            return name, text
        case _, [ast.Constant(value=str(name))]:
            return name, ""
    return "", ""


def _behind_options(text: str) -> str:
    """What a magic times: ``-n 3 f(x)`` and ``-f f f(x)`` time ``f(x)``."""
    return re.sub(r"^(?:-[a-zA-Z]\s*[\w.]*\s+)+", "", text)


class _Reader(ast.NodeVisitor):
    """Collects the places of one text."""

    def __init__(self, bindings: Bindings, tree: ast.Module) -> None:
        self.found: list[Place] = []
        self.handed_on: list[Place] = []
        self.written: list[Place] = []
        self.is_dynamic = False
        self.reads_attributes = False
        self._bindings = bindings
        self._scopes: list[ast.AST | None] = [None, tree]
        self._plain: set[int] = set()
        """Nodes in a position where they cannot be handed on."""

    def _add(self, node: ast.AST, reason: str, instead: str) -> None:
        self.found.append((node, reason, instead))

    def visit_Import(self, node: ast.Import) -> None:
        """Look at whole modules."""
        for alias in node.names:
            self._module(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Look at modules and at what is taken out of them."""
        module = node.module or ""
        match module, [alias.name for alias in node.names if alias.asname in (None, alias.name)]:
            case "IPython.core.interactiveshell", ["InteractiveShell"] if len(node.names) == 1:
                return  # `visit_Name` looks at what becomes of it
            case "IPython.core.display", _:
                module = "IPython.display"
        self._module(node, module)
        for alias in node.names:
            if alias.asname not in (None, alias.name) and alias.name in RENAMED:
                self._add(node, f"`{alias.name}` under another name", NOT_YOURS)
            if alias.name != "*":
                self._taken(node, module, alias.name)
            elif module.split(".")[0] in PARTLY:
                self._add(node, f"all of `{module}`", NOT_YOURS)

    def _taken(self, node: ast.AST, module: str, name: str) -> None:
        top = module.split(".")[0]
        if top == "autograder":
            self._module(node, f"{module}.{name}" if module == "autograder" else module)
        elif (module in PARTLY and name not in PARTLY[module]) or _is_denied(module, name) or name in CLOSED:
            self._add(node, f"`{name}` of `{module}`", _instead(module))
        elif name in PARTLY and module not in PARTLY:  # `from os import sys`
            self._add(node, f"`{name}` by way of `{module}`", PLAINLY)

    def _module(self, node: ast.AST, module: str) -> None:
        top, *below = module.split(".")
        if top == "autograder":
            if not OPEN.fullmatch(module):
                self._add(node, f"`{module}`, a part of the grading", NOT_YOURS)
        elif (
            top in CLOSED
            or module == "unittest.mock"
            or (top.startswith("_") and top != "__future__")
            or (top in PARTLY and below and below[0] not in PARTLY[top])
        ):
            self._add(node, f"`{module}`", _instead(top))
        elif self._bindings.extends_path and top not in KNOWN and not is_installed(top):
            self._add(
                node,
                f"`{module}`, a file beside the notebook",
                "Put its code into a cell: files are not handed in.",
            )

    def visit_Name(self, node: ast.Name) -> None:
        """Look at names that are built in, and at modules that are handed on."""
        name = node.id
        if isinstance(node.ctx, ast.Store):
            if name.startswith("__") and name in DENIED:  # `__module__ = …` in the body of a class
                self._add(node, f"`{name}` of its own", NOT_YOURS)
            return
        around = self._bindings.parent(node)
        if name == SHELL_CLASS and not (
            isinstance(around, ast.Attribute)
            and around.attr == "ast_node_interactivity"
            and isinstance(around.ctx, ast.Store)
        ):
            self._add(node, f"`{name}`", NOT_YOURS)
        if name in self._bindings.shells and not isinstance(around, ast.Attribute) and not self._looks(node):
            self._add(node, "IPython's shell, handed on", NOT_YOURS)
        if name.startswith("__") and name in DENIED:
            self._add(node, f"`{name}`", NOT_YOURS)
        if id(node) in self._plain:
            return
        module = self._bindings.modules.get(name)
        if module in PARTLY:
            self._add(node, f"`{name}`, handed on as a whole", NOT_YOURS)
        elif module is not None and not isinstance(around, ast.Assign):
            self.handed_on.append((node, f"`{name}`, a module that is handed on", NAME_IT))
        elif self._bindings.is_own(name, self._scopes):
            return
        elif name in CODE_CALLS or name in IMPORT_CALLS:
            self._add(node, f"`{name}` under another name", CALL_IT if name in CODE_CALLS else PLAINLY)
        elif (
            name in NAMED_ACCESS
            or name in RENAMED - {"repeat", "timeit", "Timer"}
            or name in ("vars", "globals", "locals")
        ):
            self._add(node, f"`{name}` under another name", NAME_IT)
        elif name == "get_ipython":
            self._add(node, "`get_ipython`, handed on", NOT_YOURS)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Look at attributes of closed modules, and at those that lead to all modules."""
        self._attribute(node, node.value, node.attr)
        is_of_shell = isinstance(node.value, ast.Name) and node.value.id in self._bindings.shells
        if is_of_shell and node.attr not in SHELL_CALLS | SHELL_SHOWN:
            self._add(node, f"`{node.attr}` of IPython's shell", NOT_YOURS)
        if node.attr in ("__getattribute__", "__getattr__", "__setattr__", "__delattr__"):
            around = self._bindings.parent(node)
            if not (isinstance(around, ast.Call) and around.func is node):
                self._add(node, f"`{node.attr}` under another name", NAME_IT)
        self._plain.add(id(node.value))
        self.visit(node.value)

    def _attribute(self, node: ast.AST, owner: ast.expr, name: str) -> None:
        module = self._bindings.modules.get(owner.id) if isinstance(owner, ast.Name) else None
        if module in PARTLY:
            if name not in PARTLY[module] and not self._only_asks(node, module, name):
                self._add(node, f"`{name}` of `{module}`", _instead(module))
        elif module is not None and module.split(".")[0] == "autograder":
            if name in ("probes", "sandbox", "examiner", "record", "in_memory"):
                self._add(node, f"`{module}.{name}`, a part of the grading", NOT_YOURS)
            elif name in DENIED:
                self._add(node, f"`{name}`", NOT_YOURS)
        elif name == "__module__" and isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            return  # a text
        elif _is_denied(module or "", name) or (
            module is not None and name.startswith("_") and not name.endswith("__")
        ):
            self._add(node, f"`{name}`", NOT_YOURS)
        elif name == "__dict__" and module is not None:
            self._add(node, f"`__dict__` of `{module}`", NAME_IT)

    def _only_asks(self, node: ast.AST, module: str, name: str) -> bool:
        """``'google.colab' in sys.modules`` tells whether something is there, and gives nothing."""
        match self._bindings.parent(node):
            case ast.Compare(left=ast.Constant(), ops=[ast.In() | ast.NotIn()], comparators=[asked]):
                return module == "sys" and name == "modules" and asked is node
        return False

    def _looks(self, node: ast.AST) -> bool:
        """Whether an object is only compared by identity, tested, or turned into a text there."""
        around = self._bindings.parent(node)
        while isinstance(around, ast.BoolOp):
            node, around = around, self._bindings.parent(around)
        match around:
            case ast.Compare(ops=operations):
                return all(isinstance(o, ast.Is | ast.IsNot) for o in operations)
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Assert(test=test):
                return test is node
            case ast.UnaryOp():
                return True
            case ast.Call(func=ast.Name(id="str" | "type" | "repr" | "print" | "hasattr" as name)):
                return not self._bindings.is_own(name, self._scopes)
        return False

    def visit_MatchClass(self, node: ast.MatchClass) -> None:
        """``case object(sys=found)`` asks for an attribute."""
        for name in node.kwd_attrs:
            self._attribute(node, ast.Constant(None), name)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Look for our modules and for the kernel's files in texts."""
        if isinstance(node.value, str) and OURS.search(node.value):
            self._add(node, "a text that names a part of the grading or `/proc`", NOT_YOURS)

    def visit_keyword(self, node: ast.keyword) -> None:
        """``allow_pickle`` runs what a file says."""
        if node.arg == "allow_pickle" and not (isinstance(node.value, ast.Constant) and not node.value.value):
            self._add(
                node.value,
                "`allow_pickle`",
                ARRAYS,
            )
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """``globals()[…]``, ``vars(x)[…]``, ``x.__dict__[…]``: the key is a name."""
        match node.value:
            case ast.Call(func=ast.Name(id="globals" | "vars" | "locals")) | ast.Attribute(attr="__dict__"):
                self._named(node, node.slice)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Look at calls that take names, code, or a shell's commands."""
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        if isinstance(function, ast.Name):
            self._plain.add(id(function))
            if not self._bindings.is_own(name, self._scopes):
                self._call(node, name)
        elif name in ("attrgetter", "methodcaller"):
            self._call(node, name)
        elif name == "import_module":
            self._text(node, PLAINLY)
        elif name in ("eval", "query") and node.args and not self._bindings.is_method(name):
            if not is_numbered(node.args[0], self._scopes, self._bindings):
                self._text(node, MASK if name == "query" else CALL_IT)
        elif name in ("__getattribute__", "__setattr__", "__delattr__", "__getattr__"):
            self._named(
                node,
                node.args[-2 if name == "__setattr__" and len(node.args) > 1 else -1] if node.args else node,
            )
        elif name in ("get", "pop", "setdefault", "update") and node.args:
            match function:
                case ast.Attribute(
                    value=ast.Call(func=ast.Name(id="globals" | "vars" | "locals"))
                    | ast.Attribute(attr="__dict__")
                ):
                    if name == "update":
                        self._write(node, node.args[0])
                    else:
                        self._named(node, node.args[0])
        match function:
            case ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython"))):
                self._shell(node, name)
            case ast.Attribute(value=ast.Name(id=shell)) if shell in self._bindings.shells:
                self._shell(node, name)
            case (
                ast.Attribute(attr="timeit" | "repeat" | "Timer") | ast.Name(id="timeit" | "repeat" | "Timer")
            ):
                for text in (*node.args[:2], *(k.value for k in node.keywords if k.arg in ("stmt", "setup"))):
                    if not isinstance(text, ast.Constant | ast.Lambda | ast.Name | ast.Attribute):
                        self._add(node, "code in a text that is put together", CALL_IT)
        if name == "load" and len(node.args) > 2 and isinstance(function, ast.Attribute):
            self._add(node, "`allow_pickle`", ARRAYS)
        if name in SHOWING or name in ("getattr", "setattr"):
            self._plain |= {id(argument) for argument in node.args}
        self.generic_visit(node)

    def _call(self, node: ast.Call, name: str) -> None:
        if name in CODE_CALLS:
            self._text(node, CALL_IT)
        elif name in IMPORT_CALLS:
            self._text(node, PLAINLY)
        elif name in ("attrgetter", "methodcaller"):
            for part in node.args[: 1 if name == "methodcaller" else None]:
                if isinstance(part, ast.Constant):
                    self._named(node, part)
                else:
                    self._add(node, f"`{name}` of a name that is not written out", NAME_IT)
        elif name == "get_ipython":
            around = self._bindings.parent(node)
            if not isinstance(around, ast.Attribute) and not self._looks(node) and not _names(around):
                self._add(node, "IPython's shell, handed on", NOT_YOURS)
        elif name == "hasattr" and self._bindings.defines("__getattr__", "__getattribute__"):
            self._named(node, node.args[-1] if node.args else node)
        elif name == "breakpoint":
            self._add(node, "`breakpoint`, which reads commands", "Leave it out before you hand in.")
        elif name in NAMED_ACCESS:
            place = NAMED_ACCESS[name]
            if len(node.args) <= place or any(isinstance(a, ast.Starred) for a in node.args):
                self._add(node, f"`{name}` of arguments that are not written out", NAME_IT)
                return
            if name == "setattr" and self._is_self(node.args[0]):
                self.is_dynamic = True  # writes to the object itself; reading it needs a name again
                self._write(node, node.args[place])
            else:
                self._named(node, node.args[place], node.args[0])
        elif name in ("vars", "dir"):
            for owner in node.args:
                if isinstance(owner, ast.Name) and owner.id in self._bindings.modules and name == "vars":
                    self._add(node, f"all names of `{owner.id}`", NAME_IT)
                self._plain.add(id(owner))
        if name in ("globals", "locals") or (name == "vars" and not node.args):
            self._scope_dictionary(node)

    def _write(self, node: ast.AST, name: ast.expr) -> None:
        """Attributes are given names: what reads all names of an object would find them."""
        if not is_plain(name, self._scopes, self._bindings):
            self.written.append((node, "a name that is put together while it runs", NAME_IT))

    def _is_self(self, owner: ast.expr) -> bool:
        """Whether it is the first parameter of a method around it."""
        return isinstance(owner, ast.Name) and self._bindings.is_self(self._scopes[-1], owner.id)

    def _scope_dictionary(self, node: ast.Call) -> None:
        parent = self._bindings.parent(node)
        match parent:
            case ast.Subscript(value=value) if value is node:
                return
            case ast.Compare(comparators=[value]) if value is node:
                return
            case ast.Attribute(attr="get" | "pop" | "setdefault" | "keys"):
                return
            case ast.Call(func=ast.Name(id="exec" | "eval"), args=[ast.Constant(), *_]):
                return
            case ast.keyword(arg="globals") if self._is_timed(self._bindings.parent(parent)):
                return
        self._add(node, "the dictionary of all names, handed on", NAME_IT)

    @staticmethod
    def _is_timed(call: ast.AST | None) -> bool:
        """Whether names are handed to ``timeit`` for a text that is a constant, and read."""
        match call:
            case ast.Call(
                func=ast.Name(id="timeit" | "repeat" | "Timer")
                | ast.Attribute(attr="timeit" | "repeat" | "Timer"),
                args=[ast.Constant(), *_],
            ):
                return True
        return False

    def _text(self, node: ast.Call, instead: str) -> None:
        """The first argument is a constant, or the place is reported."""
        match node.args:
            case [ast.Constant(value=str(text)), *_]:
                if instead is PLAINLY:
                    self._module(node, text)
            case _:
                self._add(node, "a text that is put together while it runs", instead)

    def _named(self, node: ast.AST, name: ast.expr | ast.AST, owner: ast.expr | None = None) -> None:
        """An attribute by its name: a constant, or a name of which the text shows the values."""
        match name:
            case ast.Constant(value=str(text)):
                self._attribute(node, owner or ast.Constant(None), text.split(".")[-1])
                for part in text.split(".")[:-1]:
                    self._attribute(node, ast.Constant(None), part)
            case ast.expr():
                self.is_dynamic = True
                self.reads_attributes |= is_of_attributes(name, self._scopes, self._bindings)
                if isinstance(owner, ast.Name) and owner.id in self._bindings.modules:
                    if is_constant(name, self._scopes, self._bindings):
                        return
                    self._add(node, f"a name of the module `{owner.id}` that is not written out", NAME_IT)
                elif not is_plain(name, self._scopes, self._bindings):
                    self._add(node, "a name that is put together while it runs", NAME_IT)

    def _shell(self, node: ast.Call, name: str) -> None:
        self._plain.add(id(node.func))
        if name not in SHELL_CALLS:
            self._add(node, f"`{name}` of IPython's shell", NOT_YOURS)
        elif name.endswith("magic"):
            self._run_magic(node, "%%" if name == "run_cell_magic" else "%")

    def _run_magic(self, node: ast.Call, sign: str) -> None:
        instead = "Write the code itself into the cell."
        name, text = _magic(node)
        if sign == "%%" and node.args and isinstance(node.args[0], ast.Constant):
            name = str(node.args[0].value)
        if not name:
            self._add(node, "a magic that is put together", instead)
        elif name in ("load_ext", "reload_ext"):
            if text.strip() not in EXTENSIONS:
                self._add(node, f"the extension `{text.strip()}`", NOT_YOURS)
        elif f"{sign}{name}" not in MAGICS or (name in ("lprun", "memit", "mprun") and not _is_code(text)):
            self._add(node, f"the magic `{sign}{name}`", instead)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """Names inside are looked up there first."""
        before = self._scopes
        self._scopes = [*(scope for scope in before if not isinstance(scope, ast.Module)), node]
        self.generic_visit(node)
        self._scopes = before

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  (ast's own names)
    visit_Lambda = visit_FunctionDef  # noqa: N815


def _names(around: ast.AST | None) -> bool:
    """Whether a shell gets a plain name there, which is looked at wherever it is used."""
    return isinstance(around, ast.Assign) and all(isinstance(target, ast.Name) for target in around.targets)


def _is_code(text: str) -> bool:
    try:
        parse(_behind_options(text))
    except (SyntaxError, ValueError):
        return False
    return True


def _is_denied(module: str, name: str) -> bool:
    return name in DENIED and (module, name) != ("logging", "Formatter")


def _instead(module: str) -> str:
    """What to write in place of what a module gives."""
    return ARRAYS if module in ("pickle", "joblib", "dill", "cloudpickle", "shelve") else NOT_YOURS


def is_installed(module: str) -> bool:
    """Whether a module comes with Python or lies in a folder of installed packages."""
    folders = [folder for folder in sys.path if "site-packages" in folder or "dist-packages" in folder]
    return module in sys.stdlib_module_names or PathFinder.find_spec(module, folders) is not None
