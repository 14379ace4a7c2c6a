"""``autograder bundle``: look at what a student is about to hand in, rehearse it, and pack it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum

from autograder import data, notebooks, rehearsal, release, training
from autograder.assignments import Assignment
from autograder.checks.card import MARKS, number
from autograder.checks.notebook import called_check, checks_of
from autograder.checks.result import Status
from autograder.errors import ExplainedError
from autograder.files import history_of, replacing, require_writable
from autograder.rehearsal import Rehearsal, Score
from autograder.sanitise import CHECKPOINT_BYTES, HISTORY_BYTES, NOTEBOOK_BYTES, Refused, parse_notebook

ERRORS_SHOWN = 3
STUB = "raise NotImplementedError"
CAME, CAUSE = ("Came:",), ("Likely cause:", "Hint:")
MIB = 2**20


@dataclass
class Bundle:
    """What was found, and what was packed.

    Attributes
    ----------
    archive : pathlib.Path
        The zip file.
    files : list of str
        Names in it.
    remarks : list of str
        What to mend before handing in, one sentence each.
    rehearsals : dict of str to Rehearsal
        By notebook.
    """

    archive: Path
    files: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    rehearsals: dict[str, Rehearsal] = field(default_factory=dict)

    @property
    def points(self) -> float:
        """Sum of what the visible checks gave."""
        return sum(score.points for r in self.rehearsals.values() for score in r.scores)


def make(
    assignment: Assignment,
    folder: Path,
    archive: Path,
    say: Callable[[str], object] = print,
) -> Bundle:
    """Check an assignment and pack it, whatever state it is in.

    Parameters
    ----------
    assignment : Assignment
        What is to be handed in.
    folder : pathlib.Path
        Where its notebooks and checkpoints lie; nothing in it is changed.
    archive : pathlib.Path
        The zip file to write: notebooks and checkpoints, as they are, at its top level.
    say : callable
        Takes each line of the account as soon as it is known.

    Returns
    -------
    Bundle
        Without remarks, it is ready to be handed in.

    Raises
    ------
    ExplainedError
        There is nothing to pack, no images to rehearse with, or the zip cannot be written.
    """
    if not data.is_available():
        raise ExplainedError(
            "CIFAR-10 is not on this machine, and the checks need it: `autograder data` first."
        )
    if not _has_notebooks(assignment, folder):
        raise ExplainedError(
            f"{folder} holds no notebook of {assignment.name}: name the folder of your notebooks with `--folder`."
        )
    require_writable(archive, "--output")
    data.pin()
    bundle = Bundle(archive)
    for name in assignment.checkpoints:
        bundle.remarks += _look_at_checkpoint(folder / name, say)
        bundle.remarks += _look_at_history(folder / history_of(name), folder / name, say)
    readable: dict[str, NotebookNode] = {}
    for name in assignment.notebooks:
        try:
            readable[name] = _read(folder / f"{name}.ipynb")
        except Refused as reason:
            bundle.remarks.append(f"{name}.ipynb: {reason}")
            say(f"✗ {name}.ipynb  {reason}")
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as place:
        for name in (*assignment.checkpoints, *assignment.histories):
            if (folder / name).is_file():
                shutil.copy(folder / name, place)
        for name, notebook in readable.items():
            say(f"… {name}.ipynb  running from top to bottom in a fresh kernel")
            result = rehearsal.rehearse(notebook, name, Path(place))
            bundle.rehearsals[name] = result
            bundle.remarks += [f"{name}.ipynb: {r}" for r in _remarks(notebook, name, result)]
            for line in _table(name, result):
                say(line)
    bundle.files = _pack(assignment, folder, archive)
    for line in _ending(assignment, bundle, readable):
        say(line)
    return bundle


def find_folder(assignment: Assignment, here: Path) -> Path:
    """The folder of an assignment, looked for from the course, from its notebooks, and from within it.

    Where the course has it in several languages, it is the one that was worked on.

    Raises
    ------
    ExplainedError
        None of its notebooks is there, or it cannot be told which of the editions is meant.
    """
    editions = [path / assignment.name for path in sorted(here.glob("notebooks*"))]
    there = [f for f in (*editions, here / assignment.name, here) if _has_notebooks(assignment, f)]
    begun = there if len(there) == 1 else [f for f in there if _is_begun(assignment, f)]
    if len(begun) == 1:
        return begun[0]
    if there:
        state = "more than one of them was worked on" if begun else "none of them was worked on yet"
        raise ExplainedError(
            f"{assignment.name} is in {' and in '.join(map(str, there))}, and {state}: say with `--folder` which "
            "one you hand in."
        )
    names = [f"{name}.ipynb" for name in assignment.notebooks]
    others = [path.name for path in sorted(here.glob("*.ipynb"))]
    hint = (
        f" {others[0]} is here: a notebook is found by its name, so rename it if it is yours."
        if others
        else ""
    )
    raise ExplainedError(
        f"Neither {' nor '.join(names)} is in {here}, nor in its folder {assignment.name}: go to the folder of "
        f"your notebooks, or name it with `--folder`.{hint}"
    )


def _has_notebooks(assignment: Assignment, folder: Path) -> bool:
    return any((folder / f"{name}.ipynb").is_file() for name in assignment.notebooks)


def _is_begun(assignment: Assignment, folder: Path) -> bool:
    """Whether something here is not as it was released: a checkpoint, an answer, a notebook beyond reading."""
    if any((folder / name).is_file() for name in assignment.checkpoints):
        return True
    for path in (folder / f"{name}.ipynb" for name in assignment.notebooks):
        if path.is_file():
            try:
                cells = _read(path).cells
            except Refused:
                return True
            if any(release.is_answered(cell) for cell in cells):
                return True
    return False


def _look_at_checkpoint(path: Path, say: Callable[[str], object]) -> Iterator[str]:
    """Whether trained weights are there, can be loaded safely, and are small enough."""
    try:
        state = training.read_checkpoint(path)
    except training.CheckpointError as error:
        say(f"✗ {path.name}  missing or unreadable")
        others = [] if path.exists() else sorted(other.name for other in path.parent.glob("*.pt"))
        if len(others) == 1:
            yield f"{error} {others[0]} is there: if it holds these weights, give it the name {path.name}."
        else:
            yield str(error)
        return
    size = path.stat().st_size
    if size > CHECKPOINT_BYTES:
        yield (
            f"{path.name} has {size / MIB:.0f} MiB, and at most {CHECKPOINT_BYTES / MIB:.0f} MiB are taken: "
            "save the `state_dict` of a smaller network, without the optimiser."
        )
    mark, _ = MARKS[Status.PASSED if size <= CHECKPOINT_BYTES else Status.FAILED]
    numbers = sum(tensor.numel() for tensor in state.values())
    say(f"{mark} {path.name}  {size / MIB:.1f} MiB, {numbers:,} numbers in {len(state)} tensors")


def _look_at_history(path: Path, checkpoint: Path, say: Callable[[str], object]) -> Iterator[str]:
    """Whether the losses and times of the training are there, and are taken."""
    if not path.is_file():
        if checkpoint.is_file():
            say(
                f"· {path.name}  not there: the lists of losses and times that `restore_or_train` answers are empty"
            )
    elif path.stat().st_size > HISTORY_BYTES:
        yield (
            f"{path.name} has {path.stat().st_size / MIB:.1f} MiB, and at most {HISTORY_BYTES / MIB:.0f} MiB are "
            "taken: keep one number an epoch."
        )


def _read(path: Path) -> NotebookNode:
    """Read a notebook as grading will, and give it back with all of its metadata."""
    if not path.is_file():
        raise Refused(f"it is not in {path.parent}.{_under_another_name(path)}")
    if path.stat().st_size > NOTEBOOK_BYTES:
        raise Refused(
            f"it has {path.stat().st_size / MIB:.0f} MiB, and at most {NOTEBOOK_BYTES / MIB:.0f} MiB are taken: "
            "clear its outputs."
        )
    content = path.read_bytes()
    parse_notebook(content)
    notebook: NotebookNode = nbformat.reads(content.decode("utf-8-sig"), as_version=4)
    if not notebooks.cells_by_grade_id(notebook):
        raise Refused(
            "Its cells have lost their names, which an editor or a copy may do, so that nothing of it may be graded: "
            "copy your answers into a fresh copy of the notebook."
        )
    return notebook


def _under_another_name(path: Path) -> str:
    """Name the file beside it that has its checks: a browser and a file manager number their copies."""
    checks = {f"check_{name}" for name in checks_of(path.stem).names()}
    for other in sorted(path.parent.glob("*.ipynb")):
        with contextlib.suppress(Refused, OSError):
            if other.stat().st_size > NOTEBOOK_BYTES:
                continue
            cells = parse_notebook(other.read_bytes()).cells
            there = {cell.metadata.get("grade_id") for cell in cells}
            called = [called_check(cell.source) for cell in cells if cell.cell_type == "code"]
            there |= {f"check_{call[0]}" for call in called if call}
            if checks & there:
                return f" {other.name} has its checks: if it is your work, give it the name {path.name}."
    return ""


def _remarks(notebook: NotebookNode, name: str, result: Rehearsal) -> Iterator[str]:
    """What grading will stumble over: cells that are gone, stubs, cells that fail."""
    cells = notebooks.cells_by_grade_id(notebook)
    yield from _lost_cells(notebook, name)
    stubs = []
    for gid, cell in cells.items():
        settings = cell.metadata.nbgrader
        unchanged = settings.get("checksum") == compute_checksum(cell)
        if notebooks.is_locked(cell):
            if "checksum" in settings and not unchanged:
                yield f"the locked cell `{gid}` was changed; grading puts the original in its place."
        elif notebooks.is_text_answer(cell):
            if unchanged:
                yield f"the text `{gid}` is not written yet."
        elif settings.get("solution") and (unchanged or STUB in cell.source):
            stubs.append(f"`{gid}`")
    if stubs:
        yield f"not written yet: {', '.join(stubs)}."
    # A checkpoint that is missing was named before the notebook was run.
    errors = [error for error in result.errors if "CheckpointError: There is no checkpoint" not in error]
    yield from errors[:ERRORS_SHOWN]
    if len(errors) > ERRORS_SHOWN:
        yield f"{len(errors) - ERRORS_SHOWN} more cells stop with errors; mend these first."


def _lost_cells(notebook: NotebookNode, name: str) -> Iterator[str]:
    counts = Counter(notebooks.grade_id(cell) for cell in notebook.cells)
    checks = checks_of(name)
    answers = {check.answer: None for check in (checks[c] for c in checks.names()) if check.answer}
    for gid in answers:
        if not counts[gid]:
            yield (
                f"the cell `{gid}`, which holds an answer, is gone: copy it from a fresh copy of the notebook, and "
                "write your answer there."
            )
    for check in checks.names():
        if not counts[f"check_{check}"]:
            yield f"the cell `check_{check}` is gone; grading puts it back, but here it gives no points."
    for gid, count in counts.items():
        if gid and count > 1:
            yield f"the cell `{gid}` is there {count} times: the last one counts."


def _table(name: str, result: Rehearsal) -> Iterator[str]:
    """The score of one notebook by check, and what is said where points are missing."""
    yield f"  {name}.ipynb  ran for {result.seconds:.0f} s"
    width = max((len(score.check.title) for score in result.scores), default=0)
    for score in result.scores:
        full = score.points >= score.check.points
        mark, _ = MARKS[Status.PASSED if full else Status.FAILED]
        waiting, not_done = MARKS[Status.NOT_DONE]
        points = f"{number(score.points):>6} of {number(score.check.points)}"
        if score.card.startswith(waiting):
            yield f"  {waiting} {score.check.title:<{width}} {points:<14} {not_done}"
            continue
        yield f"  {mark} {score.check.title:<{width}} {points}"
        if not full:
            yield from (f"      {line}" for line in _explanation(score))


def _explanation(score: Score) -> list[str]:
    """The first criterion that failed, and the likely cause, from the card."""
    if not score.card:
        return ["Its cell showed no result."]
    _, *lines = score.card.splitlines()
    errors = [text for text in _behind(CAME, lines) if text.partition(":")[0].endswith("Error")]
    return [lines[0].strip(), *errors[:1], *_behind(CAUSE, lines)[:1]] if lines else []


def _behind(labels: tuple[str, ...], lines: list[str]) -> list[str]:
    """What stands in a card's lines behind one of these labels."""
    return [line.split(":", 1)[1].strip() for line in lines if line.strip().startswith(labels)]


def _pack(assignment: Assignment, folder: Path, archive: Path) -> list[str]:
    """Write the zip so that a crash leaves the old one or the new one."""
    wanted = [f"{name}.ipynb" for name in assignment.notebooks]
    wanted += [*assignment.checkpoints, *assignment.histories]
    there = [name for name in wanted if (folder / name).is_file()]
    try:
        with replacing(archive) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as file:
            for name in there:
                file.write(folder / name, name)
    except OSError as error:
        raise ExplainedError(
            f"{archive} cannot be written ({error.strerror or error}): name another place with `--output`."
        ) from error
    return there


def _ending(assignment: Assignment, bundle: Bundle, readable: dict[str, NotebookNode]) -> Iterator[str]:
    checks = [score.check for r in bundle.rehearsals.values() for score in r.scores]
    checks += [
        checks_of(name)[c]
        for name in assignment.notebooks
        if name not in readable
        for c in checks_of(name).names()
    ]
    most = sum(check.points for check in checks)
    yield ""
    yield f"The visible checks give {number(bundle.points)} of {number(most)} points."
    read = sum(
        cell.metadata.nbgrader.get("points", 0)
        for notebook in readable.values()
        for cell in notebooks.cells_by_grade_id(notebook).values()
        if notebooks.is_text_answer(cell)
    )
    if read:
        yield f"{number(read)} more are for a text that a person reads."
    yield "Grading draws other random inputs; its criteria are the same."
    if bundle.remarks:
        yield "\nTo mend, if you can:"
        yield from (f"  - {remark}" for remark in bundle.remarks)
    yield f"\n{bundle.archive} holds {', '.join(bundle.files)}."
    if not bundle.remarks:
        yield "Hand in this one file."
