"""Take the messages out of Python code: every text that a person reads, f-strings as templates.

Nothing in the code has to be marked: ``f"{what} is {came}"`` becomes the msgid ``{what} is {came}``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

MESSAGE_ARGUMENTS = frozenset(
    {"title", "tried", "got", "expected", "cause", "hint", "where", "note", "if_absent"}
)
"""Keywords whose value is a message even when it is a single word."""
SAY = "say"
MARKS = frozenset({"message", SAY})
"""A constant that is given to these is a template already: its braces are places."""
CODE = re.compile(r"`[^`]*`")
SENTENCE = re.compile(r"[^\W\d_].*\s|\s.*[^\W\d_]", re.DOTALL)


def messages(source: str, calls: Collection[str] = ()) -> Iterator[tuple[int, str]]:
    """Every message in a module, with its line.

    Parameters
    ----------
    source : str
        Python code.
    calls : collection of str
        Names of functions and classes: only what is given to them counts. Empty: the whole module.
    """
    tree = ast.parse(source)
    no_messages = set(_no_messages(tree))
    if not calls:
        yield from _Collector(no_messages).collect(tree)
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _called(node.func) not in calls:
            continue
        match node.args:
            case [ast.Constant(value=str(text)), *_] if _called(node.func) in MARKS:
                yield node.lineno, text
                continue
        if _called(node.func) != SAY:
            for part in (*node.args, *(k.value for k in node.keywords)):
                yield from _Collector(no_messages, short=True).collect(part)


def _no_messages(tree: ast.AST) -> Iterator[ast.AST]:
    """Texts that nobody reads on a card: docstrings, indices, annotations, operands of comparisons."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.Subscript):
            yield node.slice
        elif isinstance(node, ast.Compare):
            yield from (node.left, *node.comparators)
        elif isinstance(node, ast.Call) and _called(node.func) == "compile":
            yield from node.args  # a pattern
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation
        elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            yield node.format_spec


class _Collector:
    def __init__(self, no_messages: set[ast.AST], *, short: bool = False) -> None:
        self._no_messages = no_messages
        self._short = short

    def collect(self, node: ast.AST, *, short: bool | None = None) -> Iterator[tuple[int, str]]:
        """Go down until a text is met; a text that is added to another belongs to it."""
        short = self._short if short is None else short
        if node in self._no_messages:
            return
        template = _template(node)
        if template is not None:
            text, expressions = template
            if _has_places(text, expressions) or _is_message(text, short):
                yield getattr(node, "lineno", 0), text
            for expression in expressions:
                yield from self.collect(expression, short=False)
            return
        for field, child in _children(node):
            given = field in MESSAGE_ARGUMENTS or (short and _passes_on(node))
            marked = isinstance(node, ast.Call) and _called(node.func) in MARKS
            yield from self.collect(child, short=given or marked)


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.keyword):
            yield child.arg or "", child.value
        else:
            yield "", child


def _passes_on(node: ast.AST) -> bool:
    return isinstance(node, ast.IfExp | ast.BoolOp)


def _is_message(text: str, short: bool) -> bool:
    words = CODE.sub("", text)
    return bool(SENTENCE.search(words)) or (short and words.strip().isalpha())


def _has_places(text: str, expressions: list[ast.expr]) -> bool:
    """Whether a template is more than code: it has words, or sets its places apart as a sentence does."""
    literal = re.sub(r"\{[^}]*\}", "", text)
    return bool(expressions) and (
        " " in literal or "[" in literal or any(c.isalpha() for c in CODE.sub("", literal))
    )


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _template(node: ast.AST) -> tuple[str, list[ast.expr]] | None:
    """A text as a template, with the expressions in its places; None for what is no text."""
    parts = _parts(node)
    if parts is None or not any(isinstance(part, str) and part.strip() for part in parts):
        return None
    names: dict[str, str] = {}
    expressions: list[ast.expr] = []
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part.replace("{", "{{").replace("}", "}}")
            continue
        source = ast.unparse(part)
        if source not in names:
            expressions.append(part)
            names[source] = _free(_name(part), names.values())
        text += f"{{{names[source]}}}"
    return text, expressions


def _parts(node: ast.AST) -> list[str | ast.expr] | None:
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            parts: list[str | ast.expr] = []
            for value in values:
                parts += [value.value] if isinstance(value, ast.FormattedValue) else _parts(value) or []
            return parts
        case (
            ast.BinOp(left=left, op=ast.Add(), right=right)
            | ast.AugAssign(target=left, op=ast.Add(), value=right)
        ):
            sides = [_parts(left), _parts(right)]
            if sides == [None, None]:
                return None
            return [*(sides[0] or [left]), *(sides[1] or [right])]
    return None


def _name(expression: ast.expr) -> str:
    """A name for a place that tells the translator what stands there."""
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower().lstrip("_")
        case ast.Subscript(value=value) | ast.Call(func=ast.Attribute(value=value), args=[]):
            return _name(value)
        case ast.Call(args=[first, *_]):
            return _name(first)
    names = [node.id for node in ast.walk(expression) if isinstance(node, ast.Name)]
    return names[0].lower().lstrip("_") if names else "value"


def _free(name: str, taken: Collection[str]) -> str:
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}{number}", number + 1
    return free
