"""What a translation must share with its source: places, code, formulas, tags, links and numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from string import Formatter

from autograder.translation.messages import Template, parse

PARTS: dict[str, re.Pattern[str]] = {
    "code": re.compile(r"`+[^`]+`+|<code>.*?</code>", re.DOTALL),
    "formulas": re.compile(r"\$[^$]+\$"),
    "tags": re.compile(r"</?[a-z][a-z0-9]*[^>]*>"),
    "links": re.compile(r"\]\([^)]*\)|https?://[^\s)]+"),
}
NUMBER = re.compile(r"(?<![\w.,])[±−-]?\d{1,3}(?:[,\u00a0]\d{3})+(?!\d)|(?<!\w)\d+(?:\.\d+)?")
CODE = PARTS["code"]
EDITION = re.compile(r"(?<=\bnotebooks)-[a-z]{2,3}(?=[/`])|(?<=`make lab) EDITION=[a-z]{2,3}(?=`)")
"""A link to a notebook, and the command that opens one, lead to the translation's own edition."""


def faults(text: str, translation: str, *, is_template: bool) -> Iterator[str]:
    """Name what differs between a text and its translation, in a few words each."""
    if is_template:
        yield from _places(text, translation)
        translation = translation.replace("!s}", "}")
    translation = EDITION.sub("", translation)
    for name, pattern in PARTS.items():
        yield from _difference(name, pattern.findall(text), pattern.findall(translation))
    yield from _difference("numbers", _numbers(text), _numbers(translation))
    if text != text.strip() and _edges(text) != _edges(translation):
        yield "other spaces at the ends"
    for forbidden, wanted in FORBIDDEN.items():
        if re.search(forbidden, CODE.sub("", translation), re.IGNORECASE):
            yield f"a word that the glossary replaces by «{wanted}»"


def _difference(name: str, before: list[str], after: list[str]) -> Iterator[str]:
    lost, added = Counter(before) - Counter(after), Counter(after) - Counter(before)
    if lost:
        yield f"{name} missing ({', '.join(lost)})"
    if added:
        yield f"{name} too many ({', '.join(added)})"


def _numbers(text: str) -> list[str]:
    plain = CODE.sub(" ", PARTS["formulas"].sub(" ", re.sub(r"\{[^}]*\}", " ", text)))
    return [re.sub(r"[,\u00a0±−-]", "", number) for number in NUMBER.findall(plain)]


def _edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _places(text: str, translation: str) -> Iterator[str]:
    try:
        parsed = parse(text)
        mentioned = [
            (name, forms) for _, name, forms, _ in Formatter().parse(translation) if name is not None
        ]
    except ValueError as error:
        yield f"braces that cannot be read ({error})"
        return
    groups = parsed.places if isinstance(parsed, Template) else ()
    names = {name for group in groups for name in group}
    yield from _difference("places", sorted(names), sorted({n for n, forms in mentioned if not forms}))
    yield from (f"an unknown place ({n})" for n, forms in mentioned if forms and n not in names)
    for group in groups:
        run = "".join(f"{{{name}}}" for name in group)
        if len(group) > 1 and run not in translation:
            yield f"places that must stay side by side ({run})"


FORBIDDEN = {
    r"\bминибатч": "батч",
    r"\bмини-батч": "батч",
    r"\bлейбл": "метка",
    r"\bлосс": "функция потерь",
    r"\bаккураси": "доля верных ответов",
    r"\bоверфит": "переобучение",
    r"\bдатасет": "набор данных",
    r"\bимедж": "изображение",
    r"\bконволюц": "свёртка",
    r"\bсверт": "свёртка",
    r"\bслоев\b": "слоёв",
    r"\bлернинг": "скорость обучения",
    r"\bтемп обучения": "скорость обучения",
    r"\bшаг обучения": "скорость обучения",
    r"\bобратное распространение градиента": "обратное распространение ошибки",
    r"\bкросс-энтропи|\bкроссэнтропи": "перекрёстная энтропия",
    r"\bперекрестн": "перекрёстная энтропия",
    r"\bякобиан": "матрица Якоби",
}
"""Variants that the glossary (docs/glossary.md) decides against, and what it has instead."""
