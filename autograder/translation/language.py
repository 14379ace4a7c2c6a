"""Which language a reader wants."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a kernel shows its first card sooner without it
    from nbformat import NotebookNode

SOURCE = "en"
VARIABLE = "AUTOGRADER_LANGUAGE"
FILE = "language.txt"
"""Beside the notebooks of a translated edition; it holds the language's code."""
LOCALE = Path(__file__).parents[1] / "locale"


@functools.cache
def known() -> tuple[str, ...]:
    """Codes of all languages that cards are shown in, the source first."""
    return (SOURCE, *sorted(path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/messages.po")))


def current(folder: Path | None = None) -> str:
    """The language of this process: of the environment, else of the folder of the notebook, else English.

    A kernel cannot see the metadata of its notebook, but it runs in the notebook's folder.
    """
    wanted = os.environ.get(VARIABLE, "")
    if not wanted:
        try:
            with open((folder or Path()) / FILE, encoding="utf-8") as file:
                wanted = file.read(20)
        except (OSError, UnicodeDecodeError):
            return SOURCE
    return _known(wanted.strip())


def of_notebook(notebook: NotebookNode) -> str:
    """The language of the edition that a notebook belongs to, as its metadata say."""
    about = notebook.metadata.get("autograder")
    code = about.get("language") if isinstance(about, dict) else None
    return _known(code) if isinstance(code, str) else SOURCE


def mark_notebook(notebook: NotebookNode, language: str) -> None:
    """Write the language into a notebook's metadata; English needs no word."""
    if language != SOURCE:
        notebook.metadata["autograder"] = {"language": language}


def _known(code: str) -> str:
    return code if code in known() else SOURCE
