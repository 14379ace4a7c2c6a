"""Into nbgrader's books: preprocessors that turn a report into the outputs that stock nbgrader reads.

`SubmissionExporter` reads what was handed in, whatever it is. `Sanitise` comes first among nbgrader's sanitising
preprocessors, `Record` stands where ``Execute`` stood.
"""

from __future__ import annotations

import atexit
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Unicode

from autograder import notebooks, sanitise
from autograder.assignments import ASSIGNMENTS
from autograder.checks.card import html
from autograder.examiner import (
    ASSERTS_LEFT_OUT,
    LEFT_OUT,
    Examiner,
    Task,
    make_task,
    prepare_images,
    read_secret,
)
from autograder.report import CellOutcome, NotebookReport, Report, Store
from autograder.sandbox import walls
from autograder.sandbox.limits import Limits
from autograder.translation import language
from autograder.translation.messages import Reader, message, reader

OURS = frozenset(output["text"] for output in (*LEFT_OUT, ASSERTS_LEFT_OUT))
NOT_TRUSTED = message("This test ran next to the student's code: its verdict is not trusted.")
NO_VERDICT = message("This check has no verdict.")


class SubmissionExporter(NotebookExporter):
    """Reads notebooks for nbgrader; for one that is refused it reads the release's.

    nbgrader would stop at it, with half of a grade in its gradebook. Its report says why nothing of it counts.
    """

    release_directory = Unicode("notebooks", help="nbgrader's release directory").tag(config=True)
    submitted_directory = Unicode("gradebook/submitted", help="nbgrader's submitted directory").tag(
        config=True
    )

    def from_filename(self, filename: str, resources: Any = None, **options: Any) -> tuple[Any, Any]:
        """Convert a notebook; what lies elsewhere than among the submissions is ours, and is read as it is."""
        path, about = Path(filename).absolute(), (resources or {}).get("nbgrader", {})
        if about.get("assignment") in ASSIGNMENTS and path.is_relative_to(
            Path(self.submitted_directory).absolute()
        ):
            released = Path(self.release_directory) / about["assignment"] / path.name
            try:
                submitted = sanitise.parse_notebook(sanitise.read_file(path, sanitise.NOTEBOOK_BYTES))
                sanitise.name_cells(submitted, notebooks.read(released))
            except sanitise.Refused:
                path = released
        return super().from_filename(str(path), resources, **options)


class Sanitise(NbGraderPreprocessor):
    """Put a submitted notebook back on the release's frame before nbgrader looks at it."""

    release_directory = Unicode("notebooks", help="nbgrader's release directory").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Repair the notebook; see `autograder.sanitise.repair`. One that is refused does not come here."""
        assignment, name = resources["nbgrader"]["assignment"], resources["nbgrader"]["notebook"]
        if assignment not in ASSIGNMENTS:
            return nb, resources
        release = notebooks.read(Path(self.release_directory) / assignment / f"{name}.ipynb")
        submitted = sanitise.parse_notebook(nbformat.writes(nb).encode("utf-8", "replace"))
        sanitise.name_cells(submitted, release)
        return sanitise.repair(submitted, release), resources


class Record(NbGraderPreprocessor):
    """Fill in the outputs of a notebook from the report on its submission, made on the spot if need be."""

    release_directory = Unicode("notebooks", help="nbgrader's release directory").tag(config=True)
    submitted_directory = Unicode("gradebook/submitted", help="nbgrader's submitted directory").tag(
        config=True
    )
    books = Unicode("gradebook", help="folder of reports, images and the secret").tag(config=True)
    cell_seconds = Float(60.0, min=1, help="wall time of one cell, in seconds").tag(config=True)
    allow_unsandboxed = Bool(False, help="grade where a wall is missing").tag(config=True)
    figures = Bool(False, help="run the cells that only draw too").tag(config=True)

    given: ClassVar[dict[tuple[str, str], Report]] = {}
    """Reports that the batch has ready, by student and assignment; whoever puts one in takes it out again."""
    _latest: ClassVar[Report | None] = None
    _examiner: ClassVar[Examiner | None] = None

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Write the outputs of every code cell; nothing is executed here."""
        about = resources["nbgrader"]
        report = self._report(about["student"], about["assignment"])
        write_outputs(nb, next(n for n in report.notebooks if n.name == about["notebook"]))
        return nb, resources

    def _report(self, student: str, assignment: str) -> Report:
        ready = self.given.get((student, assignment))
        if ready is not None:
            return ready
        books = Path(self.books)
        secret = read_secret(books / "secret")
        folder = Path(self.submitted_directory) / student / assignment
        limits = Limits(cell_seconds=self.cell_seconds)
        task = make_task(
            folder,
            student,
            ASSIGNMENTS[assignment],
            Path(self.release_directory) / assignment,
            limits,
            secret,
            figures=self.figures,
        )
        bare = not walls.require_walls(allow_unsandboxed=self.allow_unsandboxed)
        return self._examine(task, books, bare)

    @classmethod
    def _examine(cls, task: Task, books: Path, bare: bool) -> Report:
        """The report on a submission as it is now: formgrader asks again and again in one process."""
        key = task.key(walls.level(bare=bare))
        if cls._latest is not None and cls._latest.key == key:
            return cls._latest
        store = Store(books / "reports")
        cls._latest = store.read(key)
        if cls._latest is not None:
            return cls._latest
        if cls._examiner is None:
            cls._examiner = Examiner(prepare_images(books / "images", task.secret), bare=bare)
            atexit.register(cls._examiner.close)
        cls._latest = cls._examiner.examine(task)
        store.write(cls._latest)
        return cls._latest


def write_outputs(nb: NotebookNode, report: NotebookReport) -> None:
    """Put verdicts and outputs into the cells of a repaired notebook.

    A check cell always gets a number, because nbgrader gives full marks to a cell that shows none.
    Cards are in the language of the edition that was handed in.
    """
    say = reader(language.of_notebook(nb))
    checks = {check.id: check for check in report.checks}
    tests = {test.id: test for test in report.tests}
    outcomes = {outcome.id: outcome for outcome in report.cells}
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        name = notebooks.grade_id(cell)
        cell.execution_count = None
        if name in checks:
            cell.outputs = [_result(checks[name].points, html(checks[name], say.language))]
        elif name in tests:
            test = tests[name]
            said = f"<p>{escape(say(NOT_TRUSTED))}</p>"
            cell.outputs = [_result(test.points, said), *_outputs(outcomes.get(cell.id), say)]
        elif notebooks.is_check(cell):
            cell.outputs = [_result(0.0, f"<p>{escape(say(NO_VERDICT))}</p>")]
        else:
            cell.outputs = _outputs(outcomes.get(cell.id), say)


def _result(points: float, card: str) -> NotebookNode:
    data = {"text/plain": repr(float(points)), "text/html": card}
    return nbformat.v4.new_output("execute_result", data=data, execution_count=None)


def _outputs(outcome: CellOutcome | None, say: Reader) -> list[NotebookNode]:
    outputs = [nbformat.from_dict(output) for output in outcome.outputs] if outcome else []
    for output in outputs:
        if output.output_type == "error" and len(output.traceback) == 1:
            output.traceback = [say.read_lines(output.traceback[0])]
        elif output.output_type == "stream" and output.text in OURS:
            output.text = say(output.text)
    return outputs
