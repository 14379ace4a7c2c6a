"""The segments of a Markdown text that a translator sees, and a text with them replaced.

A segment is a paragraph, a heading, an item of a list, a cell of a table, or the text between two tags of a
block of HTML. Whatever is not in a segment (code, displayed formulas, tags, rules, indentation) is copied
byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from autograder.errors import ExplainedError

PARSER = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, double_inline=True)
BLOCK_TAG = re.compile(
    r"</?(?:details|summary|div|p|br|hr|img|table|tr|td|th|ul|ol|li)\b[^>]*>|<!--.*?-->", re.DOTALL
)
CELL_END = re.compile(r"(?<!\\)\|")
BADGE = r"\[!\[[^\]]*\]\([^)]*\)\]\([^)]*\)"
"""A link that holds an image and nothing else: there is nothing in it to translate."""
NOT_WORDS = re.compile(
    BADGE + r"|`+[^`]*`+|\$[^$]+\$|<code>.*?</code>|<[^>]+>|\]\([^)]*\)|https?://\S+", re.DOTALL
)
WORD = re.compile(r"[^\W\d_]{2}")
HARD_BREAK = re.compile(r"(?: {2,}|\\)\n")

Translate = Callable[[str], str]


class SegmentError(ExplainedError):
    """A text cannot be cut into segments."""


@dataclass(frozen=True)
class Segment:
    """A piece of a text, from `start` to `end`, and its words on one line."""

    start: int
    end: int
    text: str


def segments(source: str) -> list[Segment]:
    """Cut a Markdown text into what is to be translated, in order.

    Raises
    ------
    SegmentError
        For a line break that is forced: a translation has other lines.
    """
    found = [_segment(source, start, end) for start, end in _spans(source)]
    for segment in found:
        if HARD_BREAK.search(source[segment.start : segment.end]):
            raise SegmentError(
                f"A forced line break cannot be translated, write two paragraphs: {segment.text!r}."
            )
    return [segment for segment in found if WORD.search(NOT_WORDS.sub(" ", segment.text))]


def replaced(source: str, translate: Translate) -> str:
    """The text with every segment translated; a segment that stays the same keeps its lines."""
    parts, position = [], 0
    for segment in segments(source):
        translation = translate(segment.text)
        same = translation == segment.text
        parts += [
            source[position : segment.start],
            source[segment.start : segment.end] if same else translation,
        ]
        position = segment.end
    return "".join([*parts, source[position:]])


def _spans(source: str) -> Iterator[tuple[int, int]]:
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    inside_table = False
    for token in PARSER.parse(source):
        if token.map is None:
            continue
        first, after = token.map
        block = slice(starts[first], min(starts[after], len(source)))
        if token.type in ("table_open", "html_block"):
            inside_table = token.type == "table_open"
            spans = _cells(source[block]) if inside_table else _between_tags(source[block])
            yield from ((block.start + start, block.start + end) for start, end in spans)
        elif token.type in ("heading_open", "paragraph_open"):
            inside_table = False
        elif token.type == "inline" and not inside_table:
            yield _inline(source, starts, token)


def _inline(source: str, starts: list[int], token: Token) -> tuple[int, int]:
    """Where the text of a paragraph lies, without the marks of lists, quotations and headings before it."""
    first, after = token.map or (0, 0)
    lines = token.content.split("\n")
    ends = []
    for number, content in ((first, lines[0]), (after - 1, lines[-1])):
        line = source[starts[number] : starts[number + 1] - 1]
        at = line.rfind(content.strip())
        if at < 0:
            raise SegmentError(f"This text cannot be found in its own line: {content!r}.")
        ends.append((starts[number] + at, starts[number] + at + len(content.strip())))
    return ends[0][0], ends[1][1]


def _cells(table: str) -> Iterator[tuple[int, int]]:
    start = 0
    for number, line in enumerate(table.split("\n")):
        at = start
        for cell in CELL_END.split(line) if number != 1 else ():
            yield at, at + len(cell)
            at += len(cell) + 1
        start += len(line) + 1


def _between_tags(html: str) -> Iterator[tuple[int, int]]:
    position = 0
    for tag in BLOCK_TAG.finditer(html):
        yield position, tag.start()
        position = tag.end()
    yield position, len(html)


def _segment(source: str, start: int, end: int) -> Segment:
    text = source[start:end]
    start += len(text) - len(text.lstrip())
    end -= len(text) - len(text.rstrip())
    return Segment(start, max(start, end), re.sub(r"\s*\n\s*", " ", text.strip()))
