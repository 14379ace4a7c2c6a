"""Editions: the student notebooks and the documents in another language.

Only text cells are translated. Code cells, ids and nbgrader's metadata are those of the student edition but
for the checksum of a translated text, so a submission of either edition is graded against the same release.
"""

from __future__ import annotations

import functools
import sys
from collections import Counter
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.utils import compute_checksum

from autograder import colab, notebooks
from autograder.errors import ExplainedError
from autograder.files import replacing
from autograder.translation import catalogues, segments
from autograder.translation.language import FILE, SOURCE, known, mark_notebook


def require_language(language: str) -> None:
    """Raise an error for a language into which the course is not translated."""
    if language not in known():
        raise ExplainedError(f"There is no edition in {language!r}; there are: {', '.join(known())}.")


def write_notebooks(course: Path, language: str, assignment: str = "") -> list[Path]:
    """Write the translated student edition; texts without a translation stay in English, and it says how many.

    Parameters
    ----------
    course : pathlib.Path
        The course's folder, with an up-to-date student edition.
    language : str
        Another language than English.
    assignment : str
        Only the notebooks of this folder; those that belong to no assignment come with each.

    Returns
    -------
    list of pathlib.Path
        The notebooks, below the course's folder.

    Raises
    ------
    ExplainedError
        For an unknown language; no file was changed.
    """
    require_language(language)
    left: Counter[Path] = Counter()
    made: dict[Path, NotebookNode] = {}
    for source in catalogues.sources(course):
        for path in source.paths(course) if source.kind == "notebook" else ():
            if assignment and len(path.parts) > 2 and path.parts[1] != assignment:
                continue
            where = source.catalogue_of(path, language)
            notebook = notebooks.read(course / path)
            translated(notebook, functools.partial(catalogues.translate, course, where, language, left=left))
            mark_notebook(notebook, language)
            target = source.edition_of(path, language)
            colab.move_badge(notebook, path.as_posix(), target.as_posix())
            made[target] = notebook
    for target, notebook in made.items():
        folder = (course / target).parent
        folder.mkdir(parents=True, exist_ok=True)
        notebooks.write(notebook, course / target)
        (folder / FILE).write_text(f"{language}\n", encoding="utf-8")
    for where, count in left.items():
        print(
            f"{where} has no translation of {count} texts, which stay in English: `autograder translations "
            "--update`, then translate them.",
            file=sys.stderr,
        )
    return sorted(made)


def translated(notebook: NotebookNode, translate: segments.Translate) -> None:
    """Translate the text cells of a notebook in place.

    nbgrader's checksum of a cell tells whether somebody has written in it, so that a translated one gets its own.
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = segments.replaced(cell.source, translate)
            if "checksum" in cell.metadata.get("nbgrader", {}):
                cell.metadata.nbgrader["checksum"] = compute_checksum(cell)


def write_documents(course: Path, language: str) -> list[Path]:
    """Write the translated documents that are not up to date.

    Returns
    -------
    list of pathlib.Path
        What was written, below the course's folder.
    """
    written = []
    for target, text in documents(course, language).items():
        path = course / target
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as beside:
                beside.write_text(text, encoding="utf-8")
            written.append(target)
    return written


def documents(course: Path, language: str) -> dict[Path, str]:
    """The translated documents by path."""
    if language == SOURCE:
        return {}
    made = {}
    for source in catalogues.sources(course):
        for path in source.paths(course) if source.kind == "markdown" else ():
            translate = functools.partial(
                catalogues.translate, course, source.catalogue_of(path, language), language
            )
            text = (course / path).read_text(encoding="utf-8")
            made[source.edition_of(path, language)] = segments.replaced(text, translate)
    return made
