"""The pages of the documentation, read as Markdown: their blocks of code, and the commands in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PROMPT = "$ "


@dataclass(frozen=True)
class Block:
    """A fenced block of code.

    Attributes
    ----------
    language : str
        As ``console``.
    text : str
        What stands in it.
    before : str
        The paragraph before it, as Markdown.
    line : int
        Where it begins in its page.
    """

    language: str
    text: str
    before: str
    line: int


@dataclass(frozen=True)
class Command:
    """A command of a ``console`` block.

    Attributes
    ----------
    text : str
        Without its prompt; a comment after it belongs to it.
    shown : list of str
        What the page shows of its output, without empty lines.
    """

    text: str
    shown: list[str]


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    found, before = [], ""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "inline":
            before = token.content
        elif token.type == "fence":
            words = token.info.split() or [""]
            found.append(Block(words[0], token.content, before, (token.map or [0])[0] + 1))
    return found


def commands(block: Block) -> list[Command]:
    """The commands of a block, each with the output that is shown below it."""
    found: list[Command] = []
    for line in block.text.replace("\\\n", " ").splitlines():
        if line.startswith(PROMPT):
            found.append(Command(line.removeprefix(PROMPT), []))
        elif line.strip():
            found[-1].shown.append(line)
    return found
