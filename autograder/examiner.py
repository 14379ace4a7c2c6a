"""The examiner: one submission, run in the sandbox, judged here.

The check cells of a notebook are never executed: the call is read from the release's text, and its probe
is asked in the sandbox at the place where the cell stands.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
import time
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from nbformat import NotebookNode

from autograder import __version__, data, notebooks
from autograder.assignments import Assignment
from autograder.checks.check import Check
from autograder.checks.notebook import Checks, called_check, checks_of, not_there
from autograder.checks.result import CheckResult, Finding, Status
from autograder.errors import ExplainedError, in_short, was_stub
from autograder.report import CellOutcome, CellStatus, NotebookReport, Report, TestOutcome
from autograder.sandbox import walls
from autograder.sandbox.inside.hidden_names import Hidden
from autograder.sandbox.inside.libraries import UNREADABLE
from autograder.sandbox.launch import Child, ChildLost, Sandbox, SandboxBrokenError
from autograder.sandbox.limits import Limits
from autograder.sanitise import Submission, read_submission
from autograder.translation.messages import message

RESTARTS = 3
SECRET_BYTES = 32
# Characters of outputs that are kept; the sandbox cuts them earlier, if nobody meddles with it there.
CELL_OUTPUT = 4 * 2**20
NOTEBOOK_OUTPUT = 32 * 2**20
ERROR_KEPT = 200
"""Characters of what an error says, on the card of the check below it."""
STOPPED = {
    "error": message("ended its process"),
    "timed_out": message("was stopped at the time limit"),
    "out_of_memory": message("was stopped at the memory limit"),
    "malformed": message("ended in a way that cannot be read"),
}
"""How a cell ended that was not stopped by an error of Python's."""
LEFT_OUT = (
    {
        "output_type": "stream",
        "name": "stdout",
        "text": message("Not run while grading: this cell only shows what others have computed.\n"),
    },
)
ASSERTS_LEFT_OUT = {
    "output_type": "stream",
    "name": "stdout",
    "text": message(
        "An `assert` stopped this cell while grading, where the labels of the test images are hidden: it was run "
        "again without its `assert` lines.\n"
    ),
}
HIDDEN_LABELS = (
    "While grading, the labels of the test images are hidden: what this notebook computes\n"
    "from them here means nothing. The check cards hold the true figures."
)


def read_secret(path: Path) -> bytes:
    """The course's secret, from which the inputs of all checks are drawn; made at first use, mode 0600.

    Raises
    ------
    ExplainedError
        The file holds something else: with a secret that can be guessed, the inputs could be.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".saving-") as folder:
            beside = Path(folder) / path.name
            beside.touch(mode=0o600)
            beside.write_bytes(secrets.token_bytes(SECRET_BYTES))
            with contextlib.suppress(FileExistsError):  # another process was first: its secret counts
                os.link(beside, path)
    path.chmod(0o600)
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise ExplainedError(
            f"{path} holds {len(secret)} bytes and not the {SECRET_BYTES} of a course's secret: restore it from a "
            "copy, or delete it. With a new secret every check draws new inputs, and all submissions are graded anew."
        )
    return secret


def seed_of(secret: bytes, *names: str) -> int:
    """A seed that nobody without the secret can guess, the same on every regrade."""
    digest = hmac.new(secret, "\0".join(names).encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:7], "big")


@functools.cache
def shown_test_labels(secret: bytes) -> np.ndarray:
    """What notebooks find in the sandbox in place of the labels of the test images."""
    rng = np.random.default_rng(seed_of(secret, "shown test labels"))
    return rng.integers(0, len(data.CLASSES), size=data.TEST_IMAGES)


def images_folder(below: Path, secret: bytes) -> Path:
    """Where the images lie that the sandbox shows to the submissions of a course: the labels depend on its secret."""
    return below / f"{data.kind()}-{seed_of(secret, 'images'):014x}"


def prepare_images(below: Path, secret: bytes) -> Path:
    """Write the images that the sandbox shows, once for each secret and kind of images, and say where they lie."""
    folder = images_folder(below, secret)
    done = folder / "complete"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        data.write_arrays(folder, shown_test_labels(secret), HIDDEN_LABELS)
        done.touch()
    return folder


@dataclass(frozen=True)
class Task:
    """A submission together with all that grading it needs; can be sent to another machine.

    Attributes
    ----------
    submission : Submission
        What was handed in.
    assignment : Assignment
        What was asked for.
    release : dict of str to NotebookNode
        The released notebooks by name.
    limits : Limits
        For every notebook.
    secret : bytes
        See `read_secret`.
    figures : bool
        Run the cells that only draw too; see `autograder.sandbox.inside.figures`.
    """

    submission: Submission
    assignment: Assignment
    release: dict[str, NotebookNode]
    limits: Limits
    secret: bytes
    figures: bool = False

    def key(self, level: str) -> str:
        """Hash of all that the report depends on."""
        submission = self.submission
        about = [
            __version__,
            code_version(),
            data.kind(),
            repr(self.limits),
            str(self.figures),
            level,
            hashlib.sha256(self.secret).hexdigest(),
        ]
        about += [submission.student, submission.assignment, repr(sorted(submission.refused.items()))]
        about += [
            json.dumps(_settings(notebook), sort_keys=True) for _, notebook in sorted(self.release.items())
        ]
        return _digest(*about, *_parts(self.release), *_parts(submission.notebooks, submission.files))

    @property
    def seed(self) -> int:
        """Seed of the inputs of all checks.

        The same on every regrade, and another one for every change to the submission: what one
        attempt has found out about its inputs is worth nothing in the next.
        """
        submission = self.submission
        content = _digest(*_parts(submission.notebooks, submission.files))
        return seed_of(self.secret, submission.assignment, submission.student, content)


def _settings(notebook: NotebookNode) -> list[list[Any]]:
    """What the release says of its cells: points, which are graded or locked, tags."""
    return [[cell.metadata.get("nbgrader"), cell.metadata.get("tags")] for cell in notebook.cells]


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def _parts(named: dict[str, NotebookNode], files: dict[str, bytes] | None = None) -> Iterator[str | bytes]:
    for name, notebook in sorted(named.items()):
        yield from (name, str(len(notebook.cells)))
        for cell in notebook.cells:
            yield from (cell.cell_type, notebooks.grade_id(cell), cell.source)
    for name, content in sorted((files or {}).items()):
        yield from (name, content)


def read_release(folder: Path, assignment: Assignment) -> dict[str, NotebookNode]:
    """The released notebooks of an assignment by name."""
    return {name: notebooks.read(folder / f"{name}.ipynb") for name in assignment.notebooks}


def make_task(
    folder: Path,
    student: str,
    assignment: Assignment,
    release: Path | dict[str, NotebookNode],
    limits: Limits,
    secret: bytes,
    *,
    figures: bool = False,
) -> Task:
    """Read a submission and all that grading it needs.

    Parameters
    ----------
    folder : pathlib.Path
        The submission.
    student : str
        The student's id.
    assignment : Assignment
        What was asked for.
    release : pathlib.Path or dict of str to NotebookNode
        The folder of released notebooks of this assignment, or what `read_release` has read there.
    limits, secret, figures
        See `Task`.
    """
    released = read_release(release, assignment) if isinstance(release, Path) else release
    submission = read_submission(folder, student, assignment, released)
    return Task(submission, assignment, released, limits, secret, figures)


@functools.cache
def code_version() -> str:
    """Hash of the package's code, so that a changed check grades anew."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


View = tuple[bool, Limits]
"""Which sandbox: with torch in view or not, and with which limits."""


def views_of(assignment: Assignment, limits: Limits) -> list[View]:
    """The sandboxes that the notebooks of an assignment run in."""
    return [
        (with_torch, limits)
        for with_torch in sorted({not Assignment.is_numpy_only(name) for name in assignment.notebooks})
    ]


class Examiner:
    """Examines submissions, with one warm sandbox for each view.

    Parameters
    ----------
    images : pathlib.Path, optional
        As `prepare_images` wrote them.
    bare : bool
        Without a sandbox; see `autograder.sandbox.walls.require_walls`.
    """

    def __init__(self, images: Path | None = None, *, bare: bool = False) -> None:
        self.images = images
        self._bare = bare
        self._sandboxes: dict[View, Sandbox] = {}

    def __enter__(self) -> Examiner:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """End the sandboxes."""
        for sandbox in self._sandboxes.values():
            sandbox.close()
        self._sandboxes = {}

    def warm_up(self, views: Iterable[View]) -> None:
        """Start sandboxes; each is waited for when the first notebook comes to it."""
        for with_torch, limits in views:
            self._sandbox(limits, with_torch=with_torch)

    def examine(self, task: Task) -> Report:
        """Run and judge a submission.

        Returns
        -------
        Report
            Whatever the submission does, it has a verdict for every check of every notebook.
        """
        with warnings.catch_warnings():
            # An answer that overflows makes the judges' arithmetic overflow too: its card says what that means.
            warnings.simplefilter("ignore", RuntimeWarning)
            return self._examine(task)

    def _examine(self, task: Task) -> Report:
        start = time.monotonic()
        level = walls.level(bare=self._bare)
        self.warm_up(views_of(task.assignment, task.limits))
        for name in task.submission.notebooks:
            # The child of the second notebook is forked while the first one computes.
            self._sandbox(task.limits, with_torch=not Assignment.is_numpy_only(name)).fork_ahead()
        return Report(
            student=task.submission.student,
            assignment=task.assignment.name,
            key=task.key(level),
            version=__version__,
            level=level,
            notebooks=tuple(self._notebook(name, task) for name in task.assignment.notebooks),
            refused=task.submission.refused,
            seconds=round(time.monotonic() - start, 3),
        )

    def _sandbox(self, limits: Limits, *, with_torch: bool) -> Sandbox:
        """The warm sandbox of a view; a new one where the old one has died."""
        sandbox = self._sandboxes.get((with_torch, limits))
        if sandbox is None or not sandbox.is_alive:
            if sandbox is not None:
                sandbox.close()
            sandbox = Sandbox(self.images, with_torch=with_torch, limits=limits, bare=self._bare)
            self._sandboxes[with_torch, limits] = sandbox
        return sandbox

    def _notebook(self, name: str, task: Task) -> NotebookReport:
        submission = task.submission
        if name not in submission.notebooks:
            reason = submission.refused.get(name, f"{name}.ipynb was not handed in.")
            return refused_notebook(name, task.release[name], reason)
        with_torch = not Assignment.is_numpy_only(name)
        sitting = functools.partial(
            Sitting,
            name=name,
            cells=submission.notebooks[name].cells,
            files=submission.files,
            start=lambda seconds: self._sandbox(task.limits, with_torch=with_torch).start(seconds),
            seconds=task.limits.total_seconds,
            seed=task.seed,
            figures=() if task.figures else notebooks.figures(task.release[name]),
            shown_test_labels=shown_test_labels(task.secret) if self.images is not None else None,
        )
        for _ in range(RESTARTS):
            try:
                return sitting().run()
            except SandboxBrokenError:
                continue  # in a new sandbox, from the first cell
        return sitting().run()


def refused_notebook(name: str, release: NotebookNode, reason: str) -> NotebookReport:
    """The report on a notebook that is not taken: every check says why, and earns nothing."""
    finding = Finding(got=reason, cause=f"Nothing of {name} was graded: {reason}")
    checks = checks_of(name)
    found = (_check_in(cell, checks) for cell in release.cells)
    results = tuple(check.unanswered(Status.REFUSED, finding) for check in found if check is not None)
    return NotebookReport(name=name, checks=results, refused=reason)


def _check_in(cell: NotebookNode, checks: Checks) -> Check | None:
    """The check that a cell asks for; None for any other cell, and for an instructor's own test."""
    called = called_check(cell.source) if notebooks.is_check(cell) else None
    return checks[called[0]] if called is not None and called[0] in checks.names() else None


class Sitting:
    """One notebook, from its first cell to its last, in one child of the sandbox (or its successors).

    A cell or a question that has to be killed costs its own points: a new child runs the cells
    before it again, without that one. All children together have the time of one notebook.
    """

    def __init__(
        self,
        name: str,
        cells: list[NotebookNode],
        files: dict[str, bytes],
        start: Callable[[float], Child],
        seconds: float,
        seed: int,
        shown_test_labels: np.ndarray | None,
        figures: Collection[str] = (),
    ) -> None:
        self._name = name
        self._cells = [cell for cell in cells if cell.cell_type == "code"]
        self._files = files
        self._start = start
        self._seconds = seconds
        self._ends = 0.0
        self._seed = seed
        self._shown_test_labels = shown_test_labels
        self._checks = checks_of(name)
        self._figures = figures
        self._left_out: frozenset[str] = frozenset()
        self._libraries: dict[tuple[str, str], list[str]] = {}
        self._hidden: list[Hidden] = []
        self._shared: dict[str, Any] = {}
        self._ran: list[tuple[str, bool]] = []
        self._stopped: list[tuple[NotebookNode, CellOutcome]] = []
        self._room = NOTEBOOK_OUTPUT
        self._child: Child | None = None
        self.restarts = 0

    def run(self) -> NotebookReport:
        """Run all cells and judge all checks in their places."""
        begin = time.monotonic()
        self._ends = begin + self._seconds
        outcomes: list[CellOutcome] = []
        results: list[CheckResult] = []
        tests: list[TestOutcome] = []
        check_seconds: dict[str, float] = {}
        try:
            self._left_out = self._choose_figures()
            self._libraries, self._hidden = self._read_text()
            for number, cell in enumerate(self._cells):
                check = _check_in(cell, self._checks)
                if check is not None:
                    asked = time.monotonic()
                    results.append(self._judge(check, number))
                    check_seconds[check.id] = round(time.monotonic() - asked, 3)
                    continue
                left_out = cell.id in self._left_out
                outcome = (
                    CellOutcome(cell.id, "left_out", 0.0, LEFT_OUT) if left_out else self._run_cell(cell)
                )
                outcomes.append(outcome)
                if outcome.status not in ("ok", "left_out"):
                    self._stopped.append((cell, outcome))
                if notebooks.is_check(cell):
                    tests.append(_grade_test_cell(cell, outcome))
        finally:
            if self._child is not None:
                self._child.close()
        return NotebookReport(
            name=self._name,
            checks=tuple(results),
            tests=tuple(tests),
            cells=tuple(outcomes),
            seconds=round(time.monotonic() - begin, 3),
            check_seconds=check_seconds,
            restarts=self.restarts,
        )

    def _choose_figures(self) -> frozenset[str]:
        """Ids of the unchanged figure cells on which nothing depends.

        It is chosen by a fresh child, before any of the student's code runs.
        """
        tagged = [i for i, cell in enumerate(self._cells) if cell.source in self._figures]
        if not tagged:
            return frozenset()
        try:
            reply = self._living().leave_out([cell.source for cell in self._cells], tagged)
        except ChildLost:
            return frozenset()
        chosen = reply.get("cells")
        return frozenset(self._cells[i].id for i in tagged if isinstance(chosen, list) and i in chosen)

    def _read_text(self) -> tuple[dict[tuple[str, str], list[str]], list[Hidden]]:
        """What the text says about every subject of every check, by check and name, and what it hides.

        It is read by a fresh child, before any of the student's code runs.
        """
        found = [_check_in(cell, self._checks) for cell in self._cells]
        asked = [(c.id, index, name) for index, c in enumerate(found) if c is not None for name in c.subjects]
        if not asked:
            return {}, []
        try:
            sources = [cell.source for cell in self._cells]
            reply = self._living().libraries(sources, [(index, name) for _, index, name in asked])
            answers = reply["libraries"]
            libraries = {
                (check, name): list(map(_text, answers[n])) for n, (check, _, name) in enumerate(asked)
            }
            return libraries, [_hidden(place) for place in reply["hidden"]]
        except (ChildLost, LookupError, TypeError):
            unread = Hidden(-1, "", UNREADABLE, "Split long expressions into several lines.")
            return {(check, name): [UNREADABLE] for check, _, name in asked}, [unread]

    def _living(self) -> Child:
        """The child; after a loss a new one, in which the cells before have run again."""
        while self._child is None or not self._child.is_alive:
            left = self._ends - time.monotonic()
            if left <= 0:
                raise ChildLost("timed_out", f"the {self._seconds:g} s of the whole notebook were over")
            if self._child is not None:
                if self.restarts == RESTARTS:
                    raise ChildLost("error", "the notebook ended its process too often")
                self.restarts += 1
            self._child = self._start(left)
            try:
                for name, content in self._files.items():
                    self._child.put_file(name, content)
                for source, asserts in list(self._ran):
                    self._child.run_cell(source, asserts=asserts)
            except ChildLost:
                # Which cell it was is not known; those that ran once are not to be trusted again.
                self._ran = []
        return self._child

    def _run_cell(self, cell: NotebookNode) -> CellOutcome:
        self._shared = {}
        try:
            reply = self._living().run_cell(cell.source)
            outcome, used = _read_outcome(cell.id, reply, min(self._room, CELL_OUTPUT))
            asserts = notebooks.is_check(cell) or not _failed_an_assert(outcome)
            if not asserts:
                reply = self._living().run_cell(cell.source, asserts=False)
                outcome, used = _read_outcome(cell.id, reply, min(self._room, CELL_OUTPUT))
                outcome = replace(outcome, outputs=(ASSERTS_LEFT_OUT, *outcome.outputs))
            self._room -= used
        except ChildLost as lost:
            return CellOutcome(
                cell.id, lost.status, 0.0, (_said(message(f"This cell was stopped: {lost}.")),)
            )
        self._ran.append((cell.source, asserts))
        return outcome

    def _judge(self, check: Check, number: int) -> CheckResult:
        subjects = list(check.subjects)

        def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
            try:
                return self._living().ask(probe, function, subjects, question)
            except ChildLost as lost:
                return {"status": lost.status, "error": "The process ended", "message": str(lost)}

        try:
            seen = self._living().look(subjects, check.may_be_none)
        except ChildLost as lost:
            finding = Finding(got=f"The notebook could not be run to this check: {lost}.", cause=str(lost))
            return check.unanswered(Status(lost.status), finding)
        status, missing = _text(seen.get("status")), _text(seen.get("name"))
        if status in ("absent", "nothing"):
            name = missing if missing in subjects else subjects[0]
            ended, how = self._how_the_answer_ended(check)
            begins, how = ("", how) if how else self._how_its_cell_ended(name)
            finding = not_there(name, check, is_none=status == "nothing", stopped=how, begins=begins)
            return check.unanswered(ended, finding)
        return check.judge(
            ask,
            self._seed,
            shown_test_labels=self._shown_test_labels,
            shared=self._shared,
            libraries=lambda name: self._libraries.get((check.id, name), []),
            hidden=lambda: [h for h in self._hidden if h.cell < number],
            stopped=self._how_the_answer_ended(check)[1],
        )

    def _how_the_answer_ended(self, check: Check) -> tuple[Status, str]:
        """What stopped the cell of a check's answer; see `_how_it_ended`."""
        outcomes = {notebooks.grade_id(cell): outcome for cell, outcome in self._stopped}
        return _how_it_ended(outcomes.get(check.answer))

    def _how_its_cell_ended(self, name: str) -> tuple[str, str]:
        """How the last cell that gives a name its value begins and ended, where it was not its end."""
        for cell, outcome in reversed(self._stopped):
            if _gives_value(cell.source, name):
                _, how = _how_it_ended(outcome)
                return cell.source.strip().split("\n")[0][:ERROR_KEPT], how
        return "", ""


def _gives_value(source: str, name: str) -> bool:
    """Whether a cell's text has a line that gives a name its value."""
    return bool(
        re.search(
            rf"^(?:{re.escape(name)}\s*=[^=]|(?:class|def)\s+{re.escape(name)}\b)", source, re.MULTILINE
        )
    )


def _failed_an_assert(outcome: CellOutcome) -> bool:
    """Whether an `assert` stopped a cell; the one that runs out of time or memory has another status."""
    errors = [output for output in outcome.outputs if output["output_type"] == "error"]
    return outcome.status == "error" and bool(errors) and errors[-1]["ename"] == AssertionError.__name__


def _how_it_ended(outcome: CellOutcome | None) -> tuple[Status, str]:
    """What stopped the cell of an answer, as a status and in words; no words where nothing did, or it is not done."""
    if outcome is None:
        return Status.NOT_DONE, ""
    if outcome.status != "error":
        return Status(outcome.status), STOPPED[outcome.status]
    errors = [output for output in outcome.outputs if output["output_type"] == "error"]
    if not errors or errors[-1]["ename"] == "Stopped":
        return Status.ERROR, STOPPED["error"]
    if was_stub(errors[-1]["ename"], errors[-1]["evalue"], errors[-1]["traceback"]):
        return Status.NOT_DONE, ""
    error = in_short(errors[-1]["ename"], errors[-1]["evalue"], ERROR_KEPT)
    return Status.ERROR, message(f"stops with `{error}`")


def _said(sentence: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": "Stopped", "evalue": "", "traceback": [sentence]}


def _hidden(place: dict[str, Any]) -> Hidden:
    cell = place["cell"]
    line, reason, instead = (_text(place[name]) for name in ("line", "reason", "instead"))
    return Hidden(cell if type(cell) is int else -1, line, reason, instead)


def _text(value: Any) -> str:
    """A text out of a reply, fit to be written as UTF-8; the empty string for anything else."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


_CELL_STATUSES: dict[str, CellStatus] = {"ok": "ok", "error": "error", "timed_out": "timed_out"}


def _read_outcome(cell_id: str, reply: dict[str, Any], room: int) -> tuple[CellOutcome, int]:
    """Read the reply about a cell strictly, nbformat's outputs and nothing else, and say how many characters."""
    outputs, status, seconds = reply.get("outputs"), reply.get("status"), reply.get("seconds")
    taken = float(seconds) if isinstance(seconds, int | float) and 0 <= seconds < 1e6 else 0.0
    ended = _CELL_STATUSES.get(_text(status))
    if not isinstance(outputs, list) or ended is None:
        raise ChildLost("malformed", "its outputs cannot be read")
    kept, used = [], 0
    for output in outputs[:OUTPUTS_KEPT]:
        clean = _clean_output(output)
        size = len(json.dumps(clean))
        if clean is not None and used + size <= room:
            kept.append(clean)
            used += size
    return CellOutcome(cell_id, ended, taken, tuple(kept)), used


def _clean_output(output: Any) -> dict[str, Any] | None:
    """Copy an output field by field; anything that does not fit is dropped."""
    if not isinstance(output, dict):
        return None
    kind, data = _text(output.get("output_type")), output.get("data")
    if kind == "stream" and _text(output.get("name")) in ("stdout", "stderr"):
        return {"output_type": kind, "name": _text(output["name"]), "text": _text(output.get("text"))}
    if kind in ("display_data", "execute_result") and isinstance(data, dict):
        shown = {k: _text(data[k]) for k, form in SHOWN.items() if form.fullmatch(_text(data.get(k)))}
        clean: dict[str, Any] = {"output_type": kind, "data": shown, "metadata": {}}
        return clean | ({"execution_count": None} if kind == "execute_result" else {})
    if kind == "error" and isinstance(output.get("traceback"), list):
        trace = [_text(line) for line in output["traceback"][:OUTPUTS_KEPT]]
        name, message = (_text(output.get(field))[:1000] for field in ("ename", "evalue"))
        return {"output_type": kind, "ename": name, "evalue": message, "traceback": trace}
    return None


# Text and pictures. HTML of a student's reaches nobody's browser.
SHOWN = {
    "text/plain": re.compile(r"(?s).+"),
    "image/png": re.compile(r"iVBORw0KGgo[A-Za-z0-9+/=\n]*"),
    "image/jpeg": re.compile(r"/9j/[A-Za-z0-9+/=\n]*"),
}
OUTPUTS_KEPT = 100


def _grade_test_cell(cell: NotebookNode, outcome: CellOutcome) -> TestOutcome:
    """Points of an ordinary nbgrader test cell, as nbgrader gives them.

    Full without an error or a word on stderr, or the number that it shows. What is no number, nor between 0 and
    the points, is 0: nbgrader itself would give full marks, or stop.
    """
    most = float(cell.metadata.nbgrader.points)
    points = most if outcome.status == "ok" else 0.0
    for output in outcome.outputs:
        if output.get("name") == "stderr":
            points = 0.0
        if output["output_type"] == "execute_result" and points:
            try:
                shown = float(output["data"].get("text/plain", ""))
            except ValueError:
                shown = 0.0
            points = min(max(shown, 0.0), most) if np.isfinite(shown) else 0.0
            break
    return TestOutcome(notebooks.grade_id(cell), points, most)
