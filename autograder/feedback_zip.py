"""Feedback pages in a zip that an LMS gives to its students; the pages are only copied."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from autograder.collecting import identities
from autograder.errors import ExplainedError
from autograder.files import replacing

KINDS = ("moodle", "canvas")


@dataclass
class Packed:
    """What is in the archive.

    Attributes
    ----------
    path : pathlib.Path
        The archive.
    students : list of str
        Whose pages are in it.
    unknown : list of str
        Students with pages whom the LMS cannot be told: their submissions were not collected from it.
    without : list of str
        Students whose submissions came from the LMS and who have no pages.
    """

    path: Path
    students: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)


def pack(books: Path, assignment: str, kind: str, to: Path) -> Packed:
    """Write the archive.

    Parameters
    ----------
    books : pathlib.Path
        The folder ``gradebook``.
    assignment : str
        Its name.
    kind : str
        ``"moodle"`` or ``"canvas"``.
    to : pathlib.Path
        Where to write it.

    Raises
    ------
    ExplainedError
        There are no pages, or nobody who has one was collected from this LMS.
    """
    pages = {
        folder.parent.name: sorted(page for page in folder.glob("*.html") if page.is_file())
        for folder in sorted((books / "feedback").glob(f"*/{assignment}"))
    }
    if not pages:
        raise ExplainedError(
            f"There are no feedback pages: run `nbgrader generate_feedback {assignment}` first."
        )
    known = identities.read(books / "collected", assignment, kind)
    packed = Packed(to, unknown=sorted(set(pages) - set(known)), without=sorted(set(known) - set(pages)))
    packed.students = sorted(set(pages) & set(known))
    if not packed.students:
        raise ExplainedError(
            f"None of the {len(pages)} students with feedback was collected from {kind.capitalize()}, so that their "
            f"names there are not known: run `autograder collect {assignment} --from` its zip first."
        )
    to.parent.mkdir(parents=True, exist_ok=True)
    with replacing(to) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
        for student in packed.students:
            for page in pages[student]:
                archive.write(page, NAMES[kind](known[student], page.stem))
    return packed


def _for_moodle(about: dict[str, str], notebook: str) -> str:
    """Moodle reads name, number, ``assignsubmission`` and ``file`` off the folder."""
    return f"{about['folder']}/{notebook}.html"


def _for_canvas(about: dict[str, str], notebook: str) -> str:
    """Canvas reads its numbers of the user and of a file that this user handed in off the name."""
    files = {key.removeprefix("file:"): name for key, name in about.items() if key.startswith("file:")}
    own = [n for name, n in files.items() if re.fullmatch(rf"{re.escape(notebook)}(-\d+)?\.ipynb", name)]
    downloaded = (own or list(files.values()))[0]
    start = re.match(r".+?(?:_LATE)?_\d+_\d+_", downloaded)
    assert start is not None  # it was collected by this pattern
    return f"{start[0]}{notebook}.html"


NAMES = {"moodle": _for_moodle, "canvas": _for_canvas}
