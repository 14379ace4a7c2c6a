"""Whether the text shows which names a ``getattr`` may be given: constants, loops over constants, and the like."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeGuard


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


DENIED = words("""
    ForkingPickler Formatter InteractiveShell Unpickler __base__ __bases__ __builtin__ __builtins__
    __cached__ __closure__ __code__ __defaults__ __func__ __get__ __getstate__ __globals__
    __kwdefaults__ __loader__ __module__ __mro__ __objclass__ __package__ __path__ __reduce__
    __reduce_ex__ __self__ __setstate__ __spec__ __subclasses__ __subclasshook__ __traceback__
    __wrapped__ _builtins _ctypes _gc _getframe _imp _importlib _inspect _ip _sys _types ag_code
    ag_frame ast_transformers builtins cell_contents cr_code cr_frame ctypes ctypeslib exec_module f2py
    f_back f_builtins f_code f_globals f_locals func_globals gc get_field get_type_hints gi_code
    gi_frame importlib input_transformers_cleanup input_transformers_post inspect interactiveshell
    load_module make_dataclass marshal meta_path module_from_spec mro path_hooks path_importer_cache
    pkgutil read_array read_pickle run_cell run_code rundocs runpy setprofile settrace shell sys
    tb_frame user_global_ns user_module user_ns
""")
"""Names that lead from an object to all modules, or to the inside of a function."""
SILENT = words("""
    abs dict enumerate float frozenset int isinstance iter len list max min range reversed round set
    sorted str sum tuple vars zip
""")
"""Calls that put no text together: they pass on what they are given, or answer numbers."""
SILENT_METHODS = words("""
    copy get items keys named_parameters pop tolist values
""")
TEXTS = ("__str__", "__repr__", "__format__")
CALLED_BY_PYTHON = frozenset({"__getattr__", "__setattr__", "__delattr__", "__init__"})

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Scopes = Sequence[ast.AST | None]


class Bindings:
    """What the names of all cells may be bound to, whatever the order.

    Parameters
    ----------
    trees : iterable of ast.Module
        All texts.

    Attributes
    ----------
    modules : dict of str to str
        Names that an import binds to a module, and other names for these.
    extends_path : bool
        Somewhere the list of folders is changed that modules come from.
    shells : set of str
        Names for what ``get_ipython()`` answers.
    """

    def __init__(self, trees: Iterable[ast.Module]) -> None:
        self.modules: dict[str, str] = {}
        self.extends_path = False
        self._values: defaultdict[tuple[ast.AST | None, str], list[ast.expr | None]] = defaultdict(list)
        self._kept: defaultdict[str, list[ast.expr]] = defaultdict(list)
        self._functions: defaultdict[str, list[tuple[Function, bool]]] = defaultdict(list)
        self._calls: defaultdict[str, list[ast.Call]] = defaultdict(list)
        self._handed_on: set[str] = set()
        self._below: defaultdict[str, set[str]] = defaultdict(set)
        self._methods: dict[int, str] = {}
        self.shells: set[str] = set()
        self._classes: set[str] = set()
        self._unknown_classes: set[str] = set()
        self._parents: dict[int, ast.AST] = {}
        read = list(trees)
        for tree in read:
            self._tree = tree
            try:
                self._read(tree, None, None)
            except RecursionError:
                continue
        for tree in read:
            self._alias(tree)

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node around a node."""
        return self._parents.get(id(node))

    def is_own(self, name: str, scopes: Scopes) -> bool:
        """Whether the notebook binds the name itself."""
        return any((scope, name) in self._values for scope in scopes) or name in self._functions

    def values(self, name: str, scopes: Scopes) -> list[ast.expr | None] | None:
        """What a name may stand for, from the innermost scope that binds it; None among them: not known."""
        for scope in reversed(scopes):
            if (scope, name) in self._values:
                return self._values[scope, name]
        return None

    def is_method(self, name: str) -> bool:
        """Whether a class of the notebook has a method of this name."""
        return any(is_method for _, is_method in self._functions[name])

    def is_self(self, function: ast.AST | None, name: str) -> bool:
        """Whether a name is the first parameter of this function, a method."""
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or function.decorator_list:
            return False
        return id(function) in self._methods and [a.arg for a in function.args.args][:1] == [name]

    def is_class(self, name: str) -> bool:
        """Whether a class of the notebook has this name, and its instances are no texts."""
        texts = self._family("str") | {n for kind in self._unknown_classes for n in self._family(kind)}
        return name in self._classes and name not in texts

    def defines(self, *names: str) -> bool:
        """Whether the notebook defines a function of one of these names."""
        return any(self._functions[name] for name in names)

    def kept(self, attribute: str) -> list[ast.expr]:
        """What is assigned to an attribute of this name, of any object."""
        return self._kept[attribute]

    def answers(self, name: str) -> list[tuple[ast.expr, Function]]:
        """What functions of this name return, each with its function."""
        return [
            (part.value, function)
            for function, _ in self._functions[name]
            for part in ast.walk(function)
            if isinstance(part, ast.Return | ast.Yield) and part.value is not None
        ]

    def given(self, function: Function, name: str) -> list[ast.expr] | None:
        """What calls give to a parameter; None where calls may be out of sight."""
        if isinstance(function, ast.Lambda) or function.decorator_list:
            return None
        called = function.name
        methods = [is_method for known, is_method in self._functions[called] if known is function]
        arguments = function.args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        if methods and methods[0] and names and names[0] == name:
            return []  # `self` is no text
        calls: list[ast.Call] = self._calls[called]
        inner: list[ast.expr] = []
        if called == "__init__":
            made = self._family(self._methods.get(id(function), ""))
            if made & self._handed_on:
                return None
            calls = [call for kind in made for call in self._calls[kind]]
            for call in self._calls[called]:  # by `super().__init__(…)`, of whichever class
                inner += [*call.args, *(k.value for k in call.keywords)]
                if any(isinstance(a, ast.Starred) for a in call.args) or not all(
                    k.arg for k in call.keywords
                ):
                    return None
        elif called.startswith("__"):
            return [] if called in CALLED_BY_PYTHON else None
        if called in self._handed_on or name not in (*names, *(a.arg for a in arguments.kwonlyargs)):
            return None
        found = [d for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None]
        place = names.index(name) - (1 if methods and methods[0] else 0) if name in names else len(names) + 1
        found += inner
        for call in calls:
            if any(isinstance(a, ast.Starred) for a in call.args) or any(
                k.arg is None for k in call.keywords
            ):
                return None
            found += call.args[place : place + 1]
            found += [k.value for k in call.keywords if k.arg == name]
        return found

    def _family(self, name: str) -> set[str]:
        """A class and those that inherit from it."""
        found, waiting = set(), [name]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self._below[name]
        return found

    def _alias(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=other)) if (
                    other in self.modules
                ):
                    self.modules.setdefault(name, self.modules[other])

    def _read(self, node: ast.AST, scope: ast.AST | None, owner: ast.AST | None) -> None:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    self.modules[alias.asname or alias.name.split(".")[0]] = (
                        alias.name if alias.asname else alias.name.split(".")[0]
                    )
            case ast.ImportFrom(module="matplotlib" | "autograder" | "importlib" as module, names=names):
                self.modules |= {a.asname or a.name: f"{module}.{a.name}" for a in names}
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                if not isinstance(node, ast.Lambda):
                    self._functions[node.name].append((node, isinstance(owner, ast.ClassDef)))
                    if isinstance(owner, ast.ClassDef):
                        self._methods[id(node)] = owner.name
                for part in ast.walk(node.args):
                    if isinstance(part, ast.arg):
                        self._values[node, part.arg].append(None)
                scope = node
            case ast.ClassDef(name=name):
                self._classes.add(name)
                for base in node.bases:
                    if isinstance(base, ast.Name):
                        self._below[base.id].add(name)
                    elif not isinstance(base, ast.Attribute):
                        self._unknown_classes.add(name)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._bind(target, value, scope)
                    match target, value:
                        case ast.Name(id=name), ast.Call(func=ast.Name(id="get_ipython")):
                            self.shells.add(name)
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.NamedExpr(target=target, value=value)
            ):
                self._bind(target, value, scope)
            case ast.AugAssign(target=target, value=value):
                self._bind(target, ast.BinOp(target, node.op, value), scope)
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                self._bind(target, value, scope)
            case ast.comprehension(target=target, iter=value):
                self._bind(target, value, scope)
            case ast.withitem(optional_vars=ast.expr() as target, context_expr=value):
                self._bind(target, value, scope)
            case ast.Call(func=function, args=arguments):
                name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
                self._calls[name].append(node)
                if name in ("append", "add", "extend", "insert", "update") and isinstance(
                    function, ast.Attribute
                ):
                    for argument in arguments:
                        self._bind(function.value, argument, scope)
                match function:
                    case ast.Attribute(value=ast.Attribute(attr="path"), attr="append" | "insert" | "extend"):
                        self.extends_path = True
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
                around = self._parents.get(id(node))
                if not (isinstance(around, ast.Call) and around.func is node) and not self._is_seen(around):
                    self._handed_on.add(name)
        for part in ast.iter_child_nodes(node):
            if not isinstance(part, ast.expr_context | ast.operator):
                self._parents[id(part)] = node
            self._read(part, scope, node)

    def _is_seen(self, around: ast.AST | None) -> bool:
        """Whether what is handed on there is looked at, inherited from, or checked, and not called with names."""
        match around:
            case ast.ClassDef():
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id="check"))):
                return True
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass" | "print" | "super")):
                return True
        return False

    def _bind(self, target: ast.expr, value: ast.expr, scope: ast.AST | None) -> None:
        match target:
            case ast.Name(id=name):
                self._values[scope, name].append(value)
                if scope is None:  # a cell that binds a name looks there first
                    self._values[self._tree, name].append(value)
            case ast.Attribute(attr=name):
                self._kept[name].append(value)
                self.extends_path = self.extends_path or (
                    name == "path" and isinstance(target.value, ast.Name)
                )
            case ast.Subscript(value=owner, slice=key):
                self._bind(owner, key, scope)
                self._bind(owner, value, scope)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part, given in zip(parts, _apart(value, len(parts)), strict=True):
                    self._bind(part, given, scope)
            case ast.Starred(value=owner):
                self._bind(owner, value, scope)


def _apart(value: ast.expr, count: int) -> Sequence[ast.expr]:
    """What each of several targets is given."""
    match value:
        case ast.Call(func=ast.Name(id="enumerate"), args=[counted, *_]) if count == 2:
            return ast.Constant(0), counted
        case ast.Call(func=ast.Name(id="zip"), args=parts) if len(parts) == count:
            return parts
    return (value,) * count


def is_constant(name: ast.expr, scopes: Scopes, bindings: Bindings) -> bool:
    """Whether an expression gives no name but whole ones that the text shows, none of them private.

    ``getattr(np, name)`` is as good as ``np.tanh`` then; of a module all others lead somewhere.
    """
    return _Plain(bindings, is_whole=True).holds(name, tuple(scopes))


def is_numbered(text: ast.expr, scopes: Scopes, bindings: Bindings) -> bool:
    """Whether a text is put together from constants and numbers alone, and mentions no variable by ``@``."""
    constants = [part.value for part in ast.walk(text) if isinstance(part, ast.Constant)]
    if isinstance(text, ast.Constant) or any("@" in c or "__" in c for c in constants if isinstance(c, str)):
        return False
    return _Plain(bindings)._counts(text, tuple(scopes))


def is_plain(name: ast.expr, scopes: Scopes, bindings: Bindings) -> bool:
    """Whether an expression gives no name but such as the text shows, or such as lead nowhere.

    ``f"W{i}"`` leads nowhere: no name in `DENIED` begins so.
    """
    return _Plain(bindings).holds(name, tuple(scopes))


def is_of_attributes(name: ast.expr, scopes: Scopes, bindings: Bindings) -> bool:
    """Whether an expression may give the names that an object's attributes have, as ``vars(x)`` does."""
    plain = _Plain(bindings)
    plain.holds(name, tuple(scopes))
    return plain.of_attributes


class _Plain:
    """Follows an expression to the constants that it may come from."""

    def __init__(self, bindings: Bindings, is_whole: bool = False) -> None:
        self._bindings = bindings
        self._is_whole = is_whole
        self._seen: set[tuple[int, str]] = set()
        self.of_attributes = False
        """Some names may be those of an object's attributes."""

    def holds(self, value: ast.expr | None, scopes: tuple[ast.AST | None, ...]) -> bool:
        """Whether all texts that an expression may give are harmless."""
        match value:
            case None | ast.Constant():
                if value is None or not isinstance(value.value, str | bytes):
                    return True
                return _is_harmless(value.value) and not (self._is_whole and value.value.startswith("_"))
            case ast.JoinedStr() | ast.BinOp() if _is_text(value):
                return not self._is_whole and (_leads_nowhere(*_ends(value)) or self._counts(value, scopes))
            case ast.BinOp():
                return self._is_no_text(value) or self._counts(value, scopes)
            case ast.Name(id=name):
                return self._name(name, scopes)
            case ast.Attribute(attr=name):
                self.of_attributes |= name == "__dict__"
                return name not in ("__name__", "__qualname__", "__doc__", "__module__") and self._all(
                    name, self._bindings.kept(name), scopes
                )
            case ast.Subscript(value=owner, slice=key):
                return (
                    not isinstance(key, ast.Slice)
                    and not isinstance(owner, ast.Constant)
                    and self.holds(owner, scopes)
                )
            case (
                ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts) | ast.BoolOp(values=parts)
            ):
                return all(self.holds(part, scopes) for part in parts)
            case ast.Dict(keys=keys, values=values):
                return all(self.holds(part, scopes) for part in (*keys, *values))
            case ast.IfExp(body=body, orelse=other):
                return self.holds(body, scopes) and self.holds(other, scopes)
            case ast.ListComp(elt=part) | ast.SetComp(elt=part) | ast.GeneratorExp(elt=part):
                return self.holds(part, scopes)
            case ast.DictComp(key=key, value=part):
                return self.holds(key, scopes) and self.holds(part, scopes)
            case ast.NamedExpr(value=part) | ast.Starred(value=part):
                return self.holds(part, scopes)
            case ast.Compare() | ast.UnaryOp():
                return True
            case ast.Call():
                return self._call(value, scopes)
        return False

    def _call(self, call: ast.Call, scopes: tuple[ast.AST | None, ...]) -> bool:
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="split")):
                return all(_is_harmless(part) for part in text.replace(",", " ").split()) and not call.args
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
                return not self._is_whole and _leads_nowhere(text.split("{")[0], text.rsplit("}", 1)[-1])
            case ast.Call(func=ast.Name(id="vars")):
                self.of_attributes = True
                return True  # what a module has is looked at where it is asked for
            case ast.Call(func=ast.Name(id="str"), args=[value]) if self._bindings.defines(*TEXTS):
                return self._is_number(value, scopes)
            case ast.Call(func=ast.Name(id=name)) if self._bindings.is_class(name):
                return True
            case ast.Call() if self._is_no_text(call):
                return True
            case ast.Call(func=ast.Name(id=name)) if name in SILENT and not self._bindings.is_own(
                name, scopes
            ):
                return all(self.holds(argument, scopes) for argument in call.args)
            case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in SILENT_METHODS:
                return self.holds(owner, scopes)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                answers = self._bindings.answers(name)
                return bool(answers) and all(
                    self.holds(part, (*scopes[:1], function)) for part, function in answers
                )
        return False

    def _name(self, name: str, scopes: tuple[ast.AST | None, ...]) -> bool:
        values = self._bindings.values(name, scopes)
        if values is None:
            return True  # an import, a class, a built-in: no text
        scope = next(
            s for s in reversed(scopes) if s is None or self._bindings.values(name, (s,)) is not None
        )
        if None in values and isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            given = self._bindings.given(scope, name)
            if given is None or not self._all(f"{id(scope)} {name}", given, None):
                return False
        return self._all(f"{id(scope)} {name} values", [v for v in values if v is not None], scopes)

    def _all(self, key: str, values: Sequence[ast.expr], scopes: tuple[ast.AST | None, ...] | None) -> bool:
        """All values hold; one that is being looked at already does. Without scopes, each in its own."""
        found = True
        for value in values:
            if (id(value), key) not in self._seen:
                self._seen.add((id(value), key))
                found = found and self.holds(value, self._scopes_of(value) if scopes is None else scopes)
        return found

    def _scopes_of(self, node: ast.AST) -> tuple[ast.AST | None, ...]:
        around: list[ast.AST | None] = []
        parent = self._bindings.parent(node)
        while parent is not None:
            if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                around.append(parent)
            parent = self._bindings.parent(parent)
        return (None, *reversed(around))

    def _is_no_text(self, value: ast.expr) -> bool:
        """Whether an expression can only be a number or an array: no text can be subtracted."""
        match value:
            case ast.Constant(value=constant):
                return not isinstance(constant, str | bytes)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._is_no_text(left) or self._is_no_text(right)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return self._is_no_text(left) and self._is_no_text(right)
            case ast.BinOp(op=op):
                return not isinstance(op, ast.Mod)
            case ast.Call(func=ast.Attribute() as function):
                owner: ast.expr = function
                while isinstance(owner, ast.Attribute):
                    owner = owner.value
                is_numpy = isinstance(owner, ast.Name) and self._bindings.modules.get(owner.id) == "numpy"
                return is_numpy and not _holds_text(value)
        return isinstance(value, ast.UnaryOp | ast.Compare)

    def _counts(self, value: ast.expr, scopes: tuple[ast.AST | None, ...]) -> bool:
        """Whether nothing but numbers is joined with a constant, as in ``f"b{i}"``."""
        match value:
            case ast.JoinedStr(values=parts):
                return all(isinstance(part, ast.Constant) or self._counts(part, scopes) for part in parts)
            case ast.FormattedValue(value=part):
                return self._is_number(part, scopes)
            case ast.BinOp(left=ast.Constant(value=str()), op=ast.Add() | ast.Mod(), right=part):
                return self._is_number(part, scopes)
            case ast.BinOp(left=part, op=ast.Add(), right=ast.Constant(value=str())):
                return self._counts(part, scopes)
        return self._is_number(value, scopes)

    def _is_number(self, value: ast.expr, scopes: tuple[ast.AST | None, ...]) -> bool:
        match value:
            case ast.Constant(value=number):
                return isinstance(number, int | float)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return all(self._is_number(part, scopes) for part in parts)
            case ast.BinOp(left=left, right=right):
                return self._is_number(left, scopes) and self._is_number(right, scopes)
            case ast.Call(func=ast.Name(id="str"), args=[part]):
                return self._is_number(part, scopes)
            case ast.Call(func=ast.Name(id="len" | "int" | "range" | "sum" | "abs")) | ast.UnaryOp():
                return True
            case ast.Name(id=name):
                values = self._bindings.values(name, scopes)
                if values is None or (id(value), "number") in self._seen:
                    return values is not None
                self._seen.add((id(value), "number"))
                scope = next(s for s in reversed(scopes) if self._bindings.values(name, (s,)) is not None)
                known = [v for v in values if v is not None]
                if None in values and isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                    given = self._bindings.given(scope, name)
                    if given is None or not all(self._is_number(v, self._scopes_of(v)) for v in given):
                        return False
                return all(self._is_number(v, scopes) for v in known)
        return False


def _is_text(value: ast.expr) -> bool:
    """Whether the expression joins texts, one of which is a constant at its beginning or end."""
    return isinstance(value, ast.JoinedStr) or bool(_ends(value)[0] or _ends(value)[1])


def _holds_text(value: ast.expr) -> bool:
    """Whether a text is given to a call, or may be made of what it gives."""
    return any(
        isinstance(part, ast.JoinedStr)
        or (isinstance(part, ast.Constant) and isinstance(part.value, str | bytes))
        or (isinstance(part, ast.Attribute) and part.attr in ("char", "strings", "tobytes", "item", "tolist"))
        for part in ast.walk(value)
    )


def _ends(value: ast.expr) -> tuple[str, str]:
    """The constant texts that an expression begins and ends with."""
    match value:
        case ast.Constant(value=str(text)):
            return text, text
        case ast.JoinedStr(values=[first, *_, last]):
            return _ends(first)[0], _ends(last)[1]
        case ast.JoinedStr(values=[only]):
            return _ends(only)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _ends(left)[0], _ends(right)[1]
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
            return text.split("%")[0], ""
    return "", ""


def _leads_nowhere(head: str, tail: str) -> bool:
    """Whether no denied name begins or ends like this."""
    begins = bool(head) and not any(name.startswith(head) or head.startswith(name) for name in DENIED)
    ends = bool(tail) and not any(name.endswith(tail) or tail.endswith(name) for name in DENIED)
    return begins or ends


def _is_harmless(text: str | bytes) -> TypeGuard[str]:
    """Whether a constant is no denied name, nor a path to one."""
    return isinstance(text, str) and not DENIED.intersection(text.split("."))
