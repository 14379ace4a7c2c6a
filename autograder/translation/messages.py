"""Messages of the checks in the reader's language.

Judges word their messages in English, many as f-strings, and what they say is stored in English. A
message is translated when it is shown: the catalogue holds the f-strings as templates with named places,
and a text is translated by the templates that explain most of its characters. What stands in a place is
translated in the same way, for it may be a message too.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from string import Formatter
from textwrap import fill

from autograder.errors import WIDTH
from autograder.translation.language import LOCALE, SOURCE

DEPTH = 5
SENTENCES = 8
TRIES = 600
"""Pieces of one text that are looked at; a text that needs more stays as it is."""
JOINED = (("a",), ("b",))
"""The places of a template that stands for what is put between the items of a list."""
LETTERS = re.compile(r"[^\W\d_]")
WHOLE_WORD = re.compile(r"\w+")
WORD = re.compile(r"[A-Za-z]{2}")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
THOUSANDS = re.compile(r"(?<![\w,.])\d{1,3}(?:,\d{3})+(?![\w,])")
"""A number as English groups it, with commas, which elsewhere stand before decimals."""
WEAK = 3
"""A template with fewer letters than this translates a text only where it knows what stands in a place."""


@dataclass(frozen=True, slots=True)
class Found:
    """A translation of a piece of a text.

    Attributes
    ----------
    score : int
        Literal characters that were recognised.
    text : str
        The translation.
    is_whole : bool
        Whether no word is left that was not recognised.
    """

    score: int
    text: str
    is_whole: bool


Seen = dict[tuple[str, int], Found]
"""What became of a piece of a text, by the depth that was left."""


def message(text: str) -> str:
    """Mark a text as one that is translated where it is shown."""
    return text


@dataclass(frozen=True)
class Template:
    """A message with places.

    Attributes
    ----------
    pieces : tuple of str
        The literal text before, between and after the places.
    places : tuple of tuple of str
        Names of the places; several where they stand side by side, which no text can tell apart.
    translation : str
        With the same places: ``{name}``, ``{name!s}`` for what is never translated,
        ``{name:раз|раза|раз}`` for a word that agrees with the number in a place.
    """

    pieces: tuple[str, ...]
    places: tuple[tuple[str, ...], ...]
    translation: str

    @property
    def length(self) -> int:
        """Literal characters."""
        return sum(map(len, self.pieces))

    @functools.cached_property
    def is_weak(self) -> bool:
        """Whether its literal text is too short to be recognised by it alone."""
        joins = len(self.pieces) == 3 and not self.pieces[0] and not self.pieces[2]
        if joins and self.pieces[1].strip().isalpha() and self.places == JOINED:
            return False
        return sum(len(LETTERS.findall(piece)) for piece in self.pieces) < WEAK - bool(self.pieces[0])

    @functools.cached_property
    def quoted(self) -> tuple[bool, ...]:
        """Whether what stands in each place is never translated: it is code, or the translation says so."""
        before = itertools.accumulate(piece.count("`") for piece in self.pieces[:-1])
        kinds = {name: kind for _, name, forms, kind in _tokens(self.translation) if name and not forms}
        return tuple(
            count % 2 == 1 or kinds.get(names[0]) == "s"
            for count, names in zip(before, self.places, strict=True)
        )

    @functools.cached_property
    def inner(self) -> tuple[str, ...]:
        """The pieces between the places, longest first: a text without one of them does not match."""
        return tuple(sorted((p for p in self.pieces if p), key=len, reverse=True))

    @functools.cached_property
    def keyword(self) -> str:
        """The longest whole word of the literal text, by which it is found; empty where it has none."""
        words = []
        for number, piece in enumerate(self.pieces):
            for match in WHOLE_WORD.finditer(piece):
                at_start = match.start() == 0 and number > 0
                at_end = match.end() == len(piece) and number < len(self.pieces) - 1
                if not at_start and not at_end:
                    words.append(match.group())
        return max(words, key=len, default="")

    def split(self, text: str, *, from_right: bool = False) -> tuple[str, ...] | None:
        """What stands in the places of a text, found in one pass without going back, or None."""
        first, *middle, last = self.pieces
        if len(text) < self.length or not (text.startswith(first) and text.endswith(last)):
            return None
        start, end = len(first), len(text) - len(last)
        values: list[str] = []
        for piece in reversed(middle) if from_right else middle:
            at = text.rfind(piece, start, end) if from_right else text.find(piece, start, end)
            if at < 0:
                return None
            if from_right:
                values.append(text[at + len(piece) : end])
                end = at
            else:
                values.append(text[start:at])
                start = at + len(piece)
        values.append(text[start:end])
        return tuple(reversed(values) if from_right else values)


def parse(msgid: str, translation: str = "") -> Template | str:
    """Read a msgid: a template, or where it has no places the text that it stands for."""
    pieces = [""]
    places: list[tuple[str, ...]] = []
    for literal, name, _, _ in Formatter().parse(msgid):
        pieces[-1] += literal
        if name is None:
            continue
        if places and not pieces[-1]:
            places[-1] = (*places[-1], name)
        else:
            places.append((name,))
            pieces.append("")
    return Template(tuple(pieces), tuple(places), translation) if places else pieces[0]


class Reader:
    """Translates what cards say into one language.

    Parameters
    ----------
    language : str
        Code of the language.
    entries : iterable of (str, str)
        Messages and their translations.
    """

    def __init__(self, language: str, entries: Iterable[tuple[str, str]]) -> None:
        self.language = language
        self._marked: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._templates: dict[str, list[Template]] = {}
        shapes: set[tuple[str, ...]] = set()
        for msgid, translation in entries:
            self._marked[msgid] = translation
            parsed = parse(msgid.strip(), translation.strip())
            if msgid.strip() and msgid[0] == msgid[-1] == " ":
                parsed = parse("{a}" + msgid + "{b}", "{a}" + translation + "{b}")
            if not isinstance(parsed, Template):
                self._texts[parsed] = _unbraced(translation).strip()
            elif parsed.pieces not in shapes:
                shapes.add(parsed.pieces)
                self._templates.setdefault(parsed.keyword, []).append(parsed)
        self._read = functools.lru_cache(2_000)(self._translated)

    def __call__(self, marked: str, **values: str | int | float) -> str:
        """Translate a marked text and fill its places."""
        return self._fill(self._marked.get(marked, marked), {k: str(v) for k, v in values.items()}, {})

    def read(self, text: str, *, surely: int = 1) -> str:
        """Translate a text that may be put together from several messages.

        Parameters
        ----------
        text : str
            In English.
        surely : int
            Literal characters that must be recognised; else the text stays as it is.
        """
        found = self._read(text)
        return found.text if found.score >= surely else text

    def read_lines(self, text: str | None) -> str | None:
        """Translate a sentence that was broken into lines; what is not recognised keeps its own."""
        if text is None:
            return None
        joined = " ".join(text.split())
        translated = self.read(joined, surely=len(joined) // 3)
        return text if translated == joined else fill(translated, WIDTH)

    def _translated(self, text: str) -> Found:
        return self._best(text, {}, DEPTH)

    def _best(self, text: str, seen: Seen, depth: int) -> Found:
        """The translation by which most characters are recognised."""
        if (text, depth) in seen:
            return seen[text, depth]
        core = text.strip()
        known = self._known(core)
        if known is not None:
            found = Found(len(core) + 1, known, True)
        elif not WORD.search(core):
            found = Found(0, THOUSANDS.sub(_grouped, core) if self.language != SOURCE else core, True)
        elif not depth or len(seen) > TRIES:
            found = Found(0, core, False)
        else:
            found = self._by_templates(core, seen, depth - 1)
            if not found.is_whole:
                found = max([found, *self._by_sentences(core, seen, depth - 1)], key=lambda f: f.score)
        before = text[: len(text) - len(text.lstrip())]
        after = text[len(text.rstrip()) :] if core else ""
        seen[text, depth] = replace(found, text=before + found.text + after)
        return seen[text, depth]

    def _known(self, text: str) -> str | None:
        if text in self._texts:
            return self._texts[text]
        small = self._texts.get(text[:1].lower() + text[1:])
        return None if small is None else small[:1].upper() + small[1:]

    def _by_templates(self, text: str, seen: Seen, depth: int) -> Found:
        """The best translation by one template; the first that leaves nothing unknown, the longest before others."""
        best = Found(0, text, False)
        words = {"", *WHOLE_WORD.findall(text)}
        candidates = [t for word in words for t in self._templates.get(word, ())]
        for template in sorted(candidates, key=lambda t: (-t.length, t.pieces)):
            if not all(piece in text for piece in template.inner):
                continue
            if template.places == JOINED:
                found = [self._by_items(template, text.split(template.pieces[1]), seen, depth)]
            else:
                tried = dict.fromkeys((template.split(text), template.split(text, from_right=True)))
                found = [self._by_template(template, v, seen, depth) for v in tried if v is not None]
            best = max([best, *found], key=lambda f: f.score)
            if best.is_whole:
                break
        return best

    def _by_template(self, template: Template, values: tuple[str, ...], seen: Seen, depth: int) -> Found:
        places: dict[str, str] = {}
        translated: dict[str, str] = {}
        known, whole = 0, True
        for names, value, quoted in zip(template.places, values, template.quoted, strict=True):
            found = Found(0, value, True) if quoted else self._best(value, seen, depth)
            known += found.score
            whole = whole and found.is_whole
            places.update(dict.fromkeys(names, ""))
            translated.update(dict.fromkeys(names, ""))
            places[names[0]], translated[names[0]] = value, found.text
        if template.is_weak and not known:
            return Found(0, "", False)
        return Found(template.length + known, self._fill(template.translation, places, translated), whole)

    def _by_items(self, template: Template, items: list[str], seen: Seen, depth: int) -> Found:
        found = [self._best(item, seen, depth) for item in items]
        score = sum(item.score for item in found) + (len(items) - 1) * template.length
        joint = parse(template.translation)
        between = joint.pieces[1] if isinstance(joint, Template) else template.pieces[1]
        return Found(score, between.join(item.text for item in found), all(item.is_whole for item in found))

    def _by_sentences(self, text: str, seen: Seen, depth: int) -> list[Found]:
        ends = [match.span() for match in SENTENCE_END.finditer(text)]
        found = []
        for start, end in ends if len(ends) <= SENTENCES else ():
            first, rest = self._best(text[:start], seen, depth), self._best(text[end:], seen, depth)
            words = first.text + text[start:end] + rest.text
            found.append(Found(first.score + rest.score, words, first.is_whole and rest.is_whole))
        return found

    def _fill(self, translation: str, values: Mapping[str, str], translated: Mapping[str, str]) -> str:
        filled = []
        for literal, name, forms, kind in _tokens(translation):
            filled.append(literal)
            if name is None:
                continue
            if forms:
                filled.append(plural(self.language, values.get(name, ""), forms.split("|")))
            else:
                filled.append(values.get(name, "") if kind else translated.get(name, values.get(name, "")))
        return "".join(filled)


def plural(language: str, number: str, forms: list[str]) -> str:
    """The form of a word that agrees with a number: for one, few, many; a fraction takes a fourth, or the second."""
    from babel import Locale

    try:
        number = number.replace(",", "")
        category = Locale(language).plural_form(float(number) if "." in number else int(number))
    except ValueError:
        return forms[-1]
    fraction = 3 if len(forms) > 3 else 1
    return forms[{"one": 0, "few": 1, "many": 2}.get(category, fraction) % len(forms)]


@functools.lru_cache(2_000)
def _tokens(translation: str) -> tuple[tuple[str, str | None, str | None, str | None], ...]:
    return tuple(Formatter().parse(translation))


def _grouped(number: re.Match[str]) -> str:
    """A number with no-break spaces between its thousands."""
    return number.group().replace(",", "\u00a0")


def _unbraced(translation: str) -> str:
    return translation.replace("{{", "{").replace("}}", "}")


@functools.cache
def reader(language: str) -> Reader:
    """The reader of a language; for English one that leaves everything as it is."""
    if language == SOURCE:
        return Reader(SOURCE, ())
    from babel.messages.pofile import read_po

    with (LOCALE / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file)
    entries = [(str(m.id), str(m.string)) for m in catalogue if m.id and m.string and not m.fuzzy]
    return Reader(language, entries)
