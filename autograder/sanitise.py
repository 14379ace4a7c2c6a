"""Read a submission as data: nothing of it is run, imported or unpickled here.

What can be repaired is repaired from the release, by ``grade_id``; the rest is refused with a reason.
"""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder import nameless, notebooks
from autograder.assignments import Assignment
from autograder.translation import language

NOTEBOOK_BYTES = 20 * 2**20
CHECKPOINT_BYTES = 64 * 2**20
HISTORY_BYTES = 2**20
CELLS = 2_000
SOURCE_CHARACTERS = 1_000_000
NESTING = 40
PARTS = 500_000
PREPROCESSORS = (
    "autograder.record.Sanitise",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
)
"""With these nbgrader cleans a submission before it grades it."""
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


class Refused(Exception):
    """A file is not taken; the message is one sentence for the student."""


@dataclass(frozen=True)
class Submission:
    """One submission as clean data.

    Attributes
    ----------
    student, assignment : str
        Names.
    notebooks : dict of str to NotebookNode
        By name without ending: repaired, without outputs.
    refused : dict of str to str
        Names of notebooks, checkpoints and loss curves that are not taken, with the reason.
    files : dict of str to bytes
        Declared checkpoints, and the loss curves beside them.
    ignored : tuple of str
        Names of other files, which are not looked at.
    """

    student: str
    assignment: str
    notebooks: dict[str, NotebookNode] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def read_submission(
    folder: Path, student: str, assignment: Assignment, release: dict[str, NotebookNode]
) -> Submission:
    """Read what a student handed in.

    Parameters
    ----------
    folder : pathlib.Path
        The submission, as in ``submitted/<student>/<assignment>``.
    student : str
        The student's id.
    assignment : Assignment
        What was asked for.
    release : dict of str to NotebookNode
        The released notebooks by name.

    Returns
    -------
    Submission
        Complete for every declared name: what is missing is refused with that reason, but for loss curves, which
        need not be there.
    """
    submission = Submission(student, assignment.name)
    for name in assignment.notebooks:
        try:
            submitted = parse_notebook(read_file(folder / f"{name}.ipynb", NOTEBOOK_BYTES))
            name_cells(submitted, release[name])
            submission.notebooks[name] = repair(submitted, release[name])
        except Refused as reason:
            submission.refused[name] = str(reason)
    for name in assignment.checkpoints:
        try:
            submission.files[name] = read_file(folder / name, CHECKPOINT_BYTES)
        except Refused as reason:
            submission.refused[name] = str(reason)
    there = sorted(os.listdir(folder)) if folder.is_dir() and not folder.is_symlink() else []
    for name in set(assignment.histories).intersection(there):
        try:
            submission.files[name] = read_file(folder / name, HISTORY_BYTES)
        except Refused as reason:
            submission.refused[name] = str(reason)
    expected = {f"{name}.ipynb" for name in assignment.notebooks}
    expected |= {*assignment.checkpoints, *assignment.histories}
    others = tuple(ascii(name)[1:-1][:80] for name in there if name not in expected)[:50]
    return Submission(
        student, assignment.name, submission.notebooks, submission.refused, submission.files, others
    )


def read_file(path: Path, limit: int) -> bytes:
    """Read a regular file that is no link, at most `limit` bytes of it.

    Raises
    ------
    Refused
        For anything else.
    """
    if path.parent.is_symlink():
        raise Refused(f"The folder of {path.name} is a link, and links are not followed.")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Refused(f"{path.name} was not handed in.") from None
    except OSError as error:
        raise Refused(f"{path.name} cannot be read ({error.strerror}): hand in an ordinary file.") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise Refused(f"{path.name} is not an ordinary file: hand in the file itself.")
    with os.fdopen(descriptor, "rb") as file:
        if status.st_nlink > 1:
            raise Refused(f"{path.name} is a hard link to another file: hand in a copy.")
        if status.st_size > limit:
            raise Refused(
                f"{path.name} has {status.st_size / 2**20:.0f} MiB, and at most {limit / 2**20:.0f} MiB are taken: "
                "clear the outputs, or save the weights alone."
            )
        return file.read(limit)


def parse_notebook(content: bytes) -> NotebookNode:
    """Parse a notebook of format 4 within limits.

    Raises
    ------
    Refused
        When it is no notebook, or larger or deeper than one can be.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("The notebook is not UTF-8 text: save it from JupyterLab again.") from None
    _require_bounds(text)
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("The notebook is not complete JSON: save it from JupyterLab again.") from None
    if not isinstance(loaded, dict) or not isinstance(loaded.get("cells"), list):
        raise Refused("The file is not a notebook of format 4: open it in JupyterLab and save it.")
    if len(loaded["cells"]) > CELLS:
        raise Refused(f"The notebook has {len(loaded['cells'])} cells, and at most {CELLS} are taken.")
    cells = [_cell(cell, number) for number, cell in enumerate(loaded["cells"])]
    if sum(len(cell.source) for cell in cells) > SOURCE_CHARACTERS:
        raise Refused(f"The notebook has more than {SOURCE_CHARACTERS:,} characters in its cells.")
    notebook: NotebookNode = nbformat.v4.new_notebook()
    notebook.cells = cells
    _keep_language(loaded.get("metadata"), notebook)
    return notebook


def _keep_language(metadata: Any, notebook: NotebookNode) -> None:
    """Keep of a notebook's metadata one word: in which language its student reads."""
    if isinstance(metadata, dict):
        said = language.of_notebook(NotebookNode(metadata=metadata))
        language.mark_notebook(notebook, said)


def _require_bounds(text: str) -> None:
    """Refuse a JSON text of too many or too deep lists and objects before it is parsed, without recursion."""
    depth = parts = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        character = text[match.start()]
        if character in "[{":
            depth += 1
            parts += 1
            if depth > NESTING:
                raise Refused("The notebook is nested deeper than a notebook can be.")
            if parts > PARTS:
                raise Refused(f"The notebook has more than {PARTS:,} lists and objects.")
        elif character != '"':
            depth -= 1


def _cell(content: Any, number: int) -> NotebookNode:
    """Keep of a cell its type, its source and its ``grade_id``; drop the rest."""
    if not isinstance(content, dict) or content.get("cell_type") not in ("code", "markdown", "raw"):
        raise Refused("The notebook holds a cell of no known type.")
    source = content.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Refused("The notebook holds a cell whose source is not text.")
    # Lone surrogates cannot be written again.
    source = source.encode("utf-8", "replace").decode("utf-8")
    settings = content.get("metadata")
    settings = settings.get("nbgrader") if isinstance(settings, dict) else None
    name = settings.get("grade_id") if isinstance(settings, dict) else None
    kept: dict[str, Any] = {"cell_type": content["cell_type"], "id": f"submitted-{number}"}
    kept |= {"metadata": {}, "source": source}
    if isinstance(name, str):
        kept["metadata"]["grade_id"] = name
    if kept["cell_type"] == "code":
        kept |= {"execution_count": None, "outputs": []}
    # nbformat's own makers of cells validate each against the schema, which takes most of the time of reading.
    cell: NotebookNode = nbformat.from_dict(kept)
    return cell


def name_cells(submitted: NotebookNode, release: NotebookNode) -> bool:
    """Give the cells of a notebook their names again where all have lost them; see `autograder.nameless`.

    Parameters
    ----------
    submitted : NotebookNode
        As `parse_notebook` gives it; the names are written into it.
    release : NotebookNode
        The released notebook.

    Returns
    -------
    bool
        Whether the names were lost.

    Raises
    ------
    Refused
        It cannot be told for certain which cells are the answers.
    """
    if not nameless.is_nameless(submitted, release):
        return False
    names = nameless.find_names(submitted, release)
    if not nameless.are_all_answers(names, release):
        if not names and (not submitted.cells or any(cell.metadata for cell in submitted.cells)):
            raise Refused(
                "None of its cells belongs to this notebook, so nothing of it can be graded: hand in the notebook "
                "that was given out under this name, with your answers in it."
            )
        raise Refused(
            "Its cells have lost their names, which an editor or a copy may do, so nothing of it can be graded: "
            "copy your answers into a fresh copy of the notebook."
        )
    for place, name in names.items():
        submitted.cells[place].metadata["grade_id"] = name
    return True


def repair(submitted: NotebookNode, release: NotebookNode) -> NotebookNode:
    """Put a submitted notebook back on the release's frame.

    Every cell that the release names by ``grade_id`` is there exactly once, in the release's order,
    with its type, points and settings; locked cells have the release's text; of a duplicated
    answer the last counts, as in nbgrader. A student's other cells stay behind the named cell that
    they followed.

    Parameters
    ----------
    submitted : NotebookNode
        As `parse_notebook` gives it.
    release : NotebookNode
        The released notebook.

    Returns
    -------
    NotebookNode
        Without outputs; cell ids are those of the release, or numbered.
    """
    frame = notebooks.cells_by_grade_id(release)
    last = {c.metadata.get("grade_id"): i for i, c in enumerate(submitted.cells)}
    answers: dict[str, str] = {}
    following: dict[str, list[NotebookNode]] = {"": []}
    position = ""
    for index, cell in enumerate(submitted.cells):
        name = cell.metadata.get("grade_id")
        if name in frame and last[name] == index:
            position = name
            answers[name] = cell.source
            following.setdefault(name, [])
        elif name in frame and notebooks.is_locked(frame[name]):
            continue
        else:
            following[position].append(cell)
    repaired = nbformat.v4.new_notebook(metadata=nbformat.from_dict(release.metadata))
    language.mark_notebook(repaired, language.of_notebook(submitted))
    repaired.cells += following[""]
    for name, original in frame.items():
        cell = nbformat.from_dict(original)
        if not notebooks.is_locked(original) and name in answers:
            cell.source = answers[name]
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        repaired.cells += [cell, *following.get(name, [])]
    for number, cell in enumerate(repaired.cells):
        if notebooks.grade_id(cell) not in frame:
            cell.metadata = nbformat.from_dict({})
            cell.id = f"extra-{number}"
    return repaired
