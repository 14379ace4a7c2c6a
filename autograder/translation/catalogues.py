"""Catalogues of translations (gettext's .po files): kept up with their sources, and looked over.

``translations/sources.toml`` lists the sources. What a catalogue is held against is always the source as
it is now: nothing is stored between the two.
"""

from __future__ import annotations

import functools
import io
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from autograder import notebooks
from autograder.errors import ExplainedError
from autograder.files import replacing
from autograder.translation import agreement, segments, templates

LIST = Path("translations/sources.toml")
WIDTH = 110
HEADER = "# {sources} in {language}.\n# After a change of a source: `autograder translations --update`."

VOLATILE = tuple(
    f'"{name}'.encode()
    for name in (
        "Generated-By",
        "Language-Team",
        "Last-Translator",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Project-Id",
        "Report-Msgid",
    )
)
"""Lines of a header that differ from day to day and tell nothing."""


@dataclass(frozen=True)
class Source:
    """Files of one kind whose texts are translated.

    Attributes
    ----------
    kind : {"python", "notebook", "markdown"}
        How texts are found in them.
    files, excluded : tuple of str
        Patterns of paths below the course's folder.
    calls : tuple of str
        Of Python code: see `autograder.translation.templates.messages`.
    catalogue : str
        Path of the catalogue, with ``{language}`` and ``{path}``.
    edition : str
        Folder of the translated files, with ``{language}``; empty where there are none.
    """

    kind: str
    files: tuple[str, ...]
    catalogue: str
    excluded: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    edition: str = ""

    def paths(self, course: Path) -> list[Path]:
        """The files, below the course's folder."""
        found = {path.relative_to(course) for pattern in self.files for path in course.glob(pattern)}
        hidden = {path for path in found if any(part.startswith(".") for part in path.parts)}
        return sorted(path for path in found - hidden if path.as_posix() not in self.excluded)

    def catalogue_of(self, path: Path, language: str) -> Path:
        """Where the translations of a file lie."""
        return Path(self.catalogue.format(language=language, path=path.with_suffix("").as_posix()))

    def edition_of(self, path: Path, language: str) -> Path:
        """Where the translated file lies: the first folder of its path is another."""
        return Path(self.edition.format(language=language), *path.parts[1:])

    def texts(self, path: Path) -> Iterator[tuple[str, str]]:
        """All texts of a file, each with a word on where it stands."""
        if self.kind == "notebook":
            for cell in notebooks.read(path).cells:
                if cell.cell_type == "markdown":
                    yield from (
                        (segment.text, f"cell {cell.id}") for segment in segments.segments(cell.source)
                    )
            return
        content = path.read_text(encoding="utf-8")
        if self.kind == "markdown":
            yield from ((segment.text, "") for segment in segments.segments(content))
        else:
            yield from ((text, "") for _, text in templates.messages(content, self.calls))


def sources(course: Path) -> list[Source]:
    """Read the list of sources.

    Raises
    ------
    ExplainedError
        When there is none, or it holds an unknown key.
    """
    try:
        listed = tomllib.loads((course / LIST).read_text(encoding="utf-8"))["sources"]
        return [
            Source(
                kind=entry["kind"],
                files=tuple(entry["files"]),
                excluded=tuple(entry.get("except", ())),
                calls=tuple(entry.get("calls", ())),
                catalogue=entry["catalogue"],
                edition=entry.get("edition", ""),
            )
            for entry in listed
        ]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise ExplainedError(
            f"{LIST} cannot be read ({error}): run this from the folder of nbgrader_config.py."
        ) from None


def languages(course: Path) -> list[str]:
    """Codes of the languages that the course is translated into."""
    return sorted(path.name for path in (course / LIST.parent).iterdir() if path.is_dir())


def templates_of(course: Path, language: str) -> dict[Path, Catalog]:
    """What every catalogue of a language has to translate, by the catalogue's path."""
    found: dict[Path, Catalog] = {}
    for source in sources(course):
        for path in source.paths(course):
            where = source.catalogue_of(path, language)
            catalogue = found.setdefault(where, Catalog(locale=language, charset="utf-8", fuzzy=False))
            for text, place in source.texts(course / path):
                comments = [place] if place else []
                catalogue.add(text, locations=[(path.as_posix(), 0)], auto_comments=comments)
    return found


def read(path: Path, language: str) -> Catalog:
    """Read a catalogue; one that is not there is empty."""
    if not path.is_file():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(course: Path, language: str) -> list[Path]:
    """Bring all catalogues up to date: new texts are empty, changed ones fuzzy, and what is gone is dropped.

    Returns
    -------
    list of pathlib.Path
        The files that changed.
    """
    changed = []
    for where, template in templates_of(course, language).items():
        catalogue = read(course / where, language)
        catalogue.update(template, no_fuzzy_matching=len(catalogue) == 0, update_creation_date=False)
        catalogue.obsolete.clear()
        content = written(catalogue, where, language)
        path = course / where
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as beside:
                beside.write_bytes(content)
            changed.append(where)
    return changed


def written(catalogue: Catalog, where: Path, language: str) -> bytes:
    """A catalogue as it is kept: the same bytes whoever writes it, and whenever."""
    catalogue.fuzzy = False
    catalogue.header_comment = HEADER.format(language=language, sources=where.stem)
    file = io.BytesIO()
    write_po(file, catalogue, width=WIDTH, omit_header=False, include_lineno=False, ignore_obsolete=True)
    lines = file.getvalue().split(b"\n")
    return b"\n".join(line for line in lines if not line.startswith(VOLATILE))


def problems(course: Path, language: str) -> list[str]:
    """Everything that keeps a language from being complete, one sentence each, with file and msgid."""
    said = []
    expected = templates_of(course, language)
    for where, template in expected.items():
        catalogue = read(course / where, language)
        have = {str(m.id): m for m in catalogue if m.id}
        want = {str(m.id): m for m in template if m.id}
        said += [
            f"{where}: stale, its source does not say it any more: {i!r}." for i in have if i not in want
        ]
        said += [
            f"{where}: missing, run `autograder translations --update`: {i!r}." for i in want if i not in have
        ]
        is_code = where.name == "messages.po"
        for text, entry in have.items():
            if text not in want:
                continue
            if not entry.string:
                said.append(f"{where}: not translated: {text!r}.")
            elif entry.fuzzy:
                said.append(f"{where}: fuzzy, look at the translation and remove the mark: {text!r}.")
            else:
                said += [
                    f"{where}: {fault} in the translation of {text!r}."
                    for fault in agreement.faults(text, str(entry.string), is_template=is_code)
                ]
    folders = {(course / where).parent for where in expected}
    orphans = {path.relative_to(course) for folder in folders for path in folder.glob("*.po")} - set(expected)
    return said + [f"{where}: stale, its source is gone: delete it." for where in sorted(orphans)]


@functools.cache
def _entries(path: Path, language: str) -> dict[str, str]:
    return {str(m.id): str(m.string) for m in read(path, language) if m.id and m.string and not m.fuzzy}


def translate(course: Path, where: Path, language: str, text: str, left: Counter[Path] | None = None) -> str:
    """Translate one segment; one that the catalogue does not have stays as it is, and is counted in `left`."""
    translation = _entries(course / where, language).get(text)
    if translation is None:
        if left is not None:
            left[where] += 1
        return text
    return translation
