"""``autograder grade``: all submissions of an assignment, side by side, then one writer for the books."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import json
import os
import queue
import shutil
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import nbformat
from filelock import FileLock, Timeout
from nbgrader.api import MissingEntry
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from tqdm.auto import tqdm
from traitlets.config.loader import Config

from autograder import __version__, assignments, configuration, grades, release
from autograder.checks.result import Status
from autograder.collecting import dates
from autograder.collecting.collect import Collecting
from autograder.collecting.roster import Roster
from autograder.errors import ExplainedError
from autograder.examiner import (
    Task,
    images_folder,
    make_task,
    read_release,
    read_secret,
    refused_notebook,
    views_of,
)
from autograder.files import replacing, sweep
from autograder.grades import GradebookError, opened
from autograder.late import DueDates, LatePenalty
from autograder.record import Record
from autograder.report import Report, Store
from autograder.sandbox import walls
from autograder.sandbox.limits import Limits
from autograder.sanitise import PREPROCESSORS, Refused
from autograder.timestamps import SECRET, TIMESTAMP, read_submission_secret, read_timestamp
from autograder.translation import language
from autograder.workers import (
    GivenUp,
    Outcome,
    examine_here,
    examine_on_cluster,
    levels_on_cluster,
    prepare_in_child,
)

NOT_GRADED = "not graded"
RECORDING = ".recording-"
NOT_TAKEN_IN_A_ROW = 3
LOOK_SECONDS = 0.5
"""Between two looks whether another run has ended."""


@dataclass(frozen=True)
class Options:
    """What ``autograder grade`` was asked to do.

    Attributes
    ----------
    assignment : str
        Name of the assignment.
    students : tuple of str
        Only these; all who handed in where empty.
    workers : int
        Processes on this machine.
    scheduler : str
        Address of a Dask cluster to use in their place.
    limits : Limits
        For every notebook.
    record : bool
        Whether to write into nbgrader's books.
    allow_unsandboxed : bool
        Grade without a sandbox where a wall is missing, and say so in every report.
    figures : bool
        Run the cells that only draw too, so that their pictures are in the feedback.
    """

    assignment: str
    students: tuple[str, ...] = ()
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    scheduler: str = ""
    limits: Limits = field(default_factory=Limits)
    record: bool = True
    allow_unsandboxed: bool = False
    figures: bool = False


def grade(course: Path, options: Options, store: Store | None = None) -> list[Report]:
    """Grade an assignment.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    options : Options
        What to do.
    store : Store, optional
        Where reports are kept; ``gradebook/reports`` where omitted.

    Returns
    -------
    list of Report
        One for each submission, in the order of the students' names.

    Raises
    ------
    ExplainedError
        A wall is missing, or there is nothing to grade.
    """
    bare = not walls.require_walls(allow_unsandboxed=options.allow_unsandboxed)
    config = configuration.read(course)
    assignments.known(options.assignment)
    if options.record:
        grades.require_writable(course, configuration.db_url(course, config))
    books = course / "gradebook"
    submissions = Submissions(course, options, read_secret(books / "secret"))
    store = store or Store(books / "reports")
    levels = levels_on_cluster(options.scheduler) if options.scheduler else [walls.level(bare=bare)]
    reports: dict[str, Report] = {}
    recorder = _Recorder(course, config, submissions, store) if options.record else None
    below_full: set[str] = set()
    total = len(submissions.students)

    def keep(report: Report) -> None:
        brief = reports[report.student] = report.brief()
        if brief.status is not Status.PASSED:
            below_full.add(report.student)
        if recorder is not None and report.level != NOT_GRADED:
            recorder.add(report)
        running = min(options.workers, total - len(reports))
        bar.set_postfix_str(f"{running} running, {len(below_full)} below full points", refresh=False)
        bar.update()

    def missing() -> Iterator[Task]:
        for student in submissions.students:
            task = submissions.task(student)
            stored = next(filter(None, (store.read(task.key(level)) for level in levels)), None)
            if stored is None:
                yield task
            else:
                keep(stored)

    try:
        with explained(store):
            with tqdm(total=total, desc="examining", unit="submission") as bar:
                tasks = missing()
                first = next(tasks, None)
                for outcome in _examine(submissions, itertools.chain([first], tasks), bare) if first else ():
                    if isinstance(outcome, Report):
                        store.write(outcome)
                        keep(outcome)
                    else:
                        keep(_given_up(submissions.task(outcome.student), outcome))
            if recorder is not None:
                recorder.finish()
    finally:
        if recorder is not None:
            recorder.close()
    return [reports[student] for student in sorted(reports)]


@contextlib.contextmanager
def explained(store: Store) -> Iterator[None]:
    """Say in one sentence what Ctrl + C, a full disk or a gradebook that cannot be written means for the grades."""
    try:
        with grades.explained():
            yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "Stopped. What was examined is stored: run this again, and it goes on from there."
        ) from None
    except GradebookError as error:
        raise ExplainedError(f"{error} All reports are stored, and are then recorded.") from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise ExplainedError(
            f"The disk that holds {error.filename or store} is full: make room and run this again. What was examined "
            "before is stored, and no grade is lost."
        ) from error


class Submissions:
    """The submissions of an assignment, read one at a time: a class may be larger than the memory.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    options : Options
        Which assignment, which students.
    secret : bytes
        See `autograder.examiner.read_secret`.

    Raises
    ------
    ExplainedError
        There is no such assignment, release or submission.
    """

    def __init__(self, course: Path, options: Options, secret: bytes) -> None:
        self.assignment = assignments.known(options.assignment)
        self.options = options
        self.books = course / "gradebook"
        self.secret = secret
        self._release = read_release(release.folder(course, self.assignment), self.assignment)
        submitted = self.books / "submitted"
        there = sorted(
            p.name for p in submitted.glob("*") if self.folder(p.name).exists() and not p.is_symlink()
        )
        unknown = sorted(set(options.students) - set(there))
        if unknown:
            raise ExplainedError(f"No submission of {self.assignment.name} by: {', '.join(unknown)}.")
        if not there:
            raise ExplainedError(
                f"There are no submissions of {self.assignment.name} in {submitted}: put them there, with "
                f"`autograder collect {self.assignment.name} --from PATH`."
            )
        self.students = sorted(set(options.students)) or there

    def folder(self, student: str) -> Path:
        """Where a student's submission lies."""
        return self.books / "submitted" / student / self.assignment.name

    def task(self, student: str) -> Task:
        """Read one submission."""
        return make_task(
            self.folder(student),
            student,
            self.assignment,
            self._release,
            self.options.limits,
            self.secret,
            figures=self.options.figures,
        )


def _examine(submissions: Submissions, tasks: Iterable[Task], bare: bool) -> Iterator[Outcome]:
    options = submissions.options
    if options.scheduler:
        return examine_on_cluster(tasks, options.scheduler)
    below = submissions.books / "images"
    images = images_folder(below, submissions.secret)
    images.mkdir(parents=True, exist_ok=True)

    def with_images() -> Iterator[Task]:
        # While the workers start.
        prepare_in_child(below, submissions.secret)
        yield from tasks

    workers = min(options.workers, len(submissions.students))
    views = views_of(submissions.assignment, options.limits)
    return examine_here(with_images(), images, workers, bare=bare, views=views)


def _given_up(task: Task, outcome: GivenUp) -> Report:
    """The report on a submission that could not be graded.

    It is neither stored nor recorded: an earlier grade stays, and the next run tries again.
    """
    reason = f"This submission could not be graded: {outcome.reason}. A person has to look at it."
    return Report(
        student=outcome.student,
        assignment=task.assignment.name,
        key=task.key(NOT_GRADED),
        version=__version__,
        level=NOT_GRADED,
        notebooks=tuple(
            refused_notebook(name, task.release[name], reason) for name in task.assignment.notebooks
        ),
        refused=dict.fromkeys(task.assignment.notebooks, reason),
    )


class _NotTakenError(ExplainedError):
    """nbgrader did not take a submission."""


class _Recorder:
    """The one writer into nbgrader's books: a thread that records reports while others are still being made.

    It goes through nbgrader's own converter. A submission that nbgrader does not take is passed over; after
    three in a row, or any other error, nothing more is recorded. `finish` raises what happened.
    """

    def __init__(self, course: Path, config: Config, submissions: Submissions, store: Store) -> None:
        self._course = course
        self._submissions = submissions
        self._store = store
        sweep(course / "gradebook", RECORDING)
        self._clean = Path(tempfile.mkdtemp(prefix=RECORDING, dir=course / "gradebook"))
        config = Config(config)
        config.CourseDirectory.submitted_directory = str(self._clean.relative_to(course))
        # The notebooks are clean by now: what only cleans them need not be done once more.
        config.Autograde.sanitize_preprocessors = [
            name for name in config.Autograde.sanitize_preprocessors if name not in PREPROCESSORS
        ]
        self._config = config
        self._coursedir = CourseDirectory(config=config, root=str(course))
        self._api = NbGraderAPI(coursedir=self._coursedir, config=config)
        self._waiting: queue.SimpleQueue[tuple[str, str] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._given = 0
        self._stopped = False
        self._lock = FileLock(course / "gradebook" / ".recording.lock")
        self._thread = threading.Thread(target=self._work, name="recording", daemon=True)
        self._thread.start()

    def add(self, report: Report) -> None:
        """Record a report, unless this very one is in the books."""
        self._given += 1
        self._waiting.put((report.student, report.key))

    def finish(self) -> None:
        """Wait until all is recorded.

        Raises
        ------
        ExplainedError
            Which submissions nbgrader did not take.
        Exception
            The error that stopped the recording.
        """
        passed_over: list[str] = []
        left = self._given - self._done.qsize()
        with tqdm(total=left, desc="recording", unit="submission", disable=not left) as bar:
            for number in range(self._given):
                error = self._done.get()
                if isinstance(error, _NotTakenError):
                    passed_over.append(str(error))
                elif error is not None:
                    raise error
                if number >= self._given - left:
                    bar.update()
        if passed_over:
            raise ExplainedError(" ".join(passed_over))

    def close(self) -> None:
        """Finish the report at hand, drop the others, remember what was recorded."""
        self._stopped = True
        self._waiting.put(None)
        self._thread.join()
        shutil.rmtree(self._clean)

    def _work(self) -> None:
        try:
            if self._wait_until_alone():
                self._record_all()
        except BaseException as error:
            self._done.put(error)
        finally:
            self._lock.release()

    def _wait_until_alone(self) -> bool:
        """Take the lock of this gradebook, and say whether it was had before the end: another run may record."""
        told = False
        while not self._stopped:
            with contextlib.suppress(Timeout):
                self._lock.acquire(timeout=LOOK_SECONDS)
                return True
            if not told:
                tqdm.write("Another run records into this gradebook: its end is waited for.", file=sys.stderr)
            told = True
        return False

    def _record_all(self) -> None:
        release.enter(self._course, self._submissions.assignment, self._coursedir.db_url)
        self._name_students()
        with opened(self._coursedir.db_url) as book:
            DueDates(config=self._config).settle(book, self._submissions.assignment.name)
        recorded = _Recorded(self._submissions, self._coursedir.db_url)
        try:
            in_a_row = 0
            while (given := self._waiting.get()) is not None and not self._stopped:
                error: _NotTakenError | None = None
                student, key = given
                mark = f"{key}-{lateness(self._submissions, self._config, student)}"
                if not recorded.holds(student, mark):
                    try:
                        self._record(student, key)
                        recorded.add(student, mark)
                    except _NotTakenError as reason:
                        error = reason
                        in_a_row += 1
                        if in_a_row == NOT_TAKEN_IN_A_ROW:
                            raise ExplainedError(str(reason)) from reason
                    else:
                        in_a_row = 0
                self._done.put(error)
        finally:
            recorded.save()

    def _name_students(self) -> None:
        """Tell a new gradebook who the students are; a roster that cannot be read is named elsewhere."""
        path = self._course / Collecting(config=self._config).roster
        if path.exists():
            with contextlib.suppress(ExplainedError):
                grades.add_students(self._coursedir.db_url, Roster.read(path).columns)

    def _record(self, student: str, key: str) -> None:
        assignment, submissions = self._submissions.assignment.name, self._submissions
        report = self._store.read(key)
        if report is None:
            raise ExplainedError(f"The report on {student} is gone from {self._store}: run this again.")
        task = submissions.task(student)
        if task.key(report.level) != key:
            raise _NotTakenError(
                f"{student} has handed in again since this was examined, and is not recorded: run this again."
            )
        folder = self._clean / student / assignment
        _write_clean(folder, task, submissions.folder(student))
        Record.given[student, assignment] = report
        try:
            _autograde(self._api, assignment, student)
        finally:
            del Record.given[student, assignment]
            shutil.rmtree(self._clean / student)


def lateness(submissions: Submissions, config: Config, student: str) -> str:
    """A hash of when a submission was handed in and of the share of its points that this costs.

    Where the configuration has no due date, the gradebook may have one: there the policy stands for the share.
    """
    due = DueDates(config=config).due_date(submissions.assignment.name, student)
    try:
        handed_in = read_timestamp(submissions.folder(student) / TIMESTAMP)
    except Refused:
        handed_in = ""
    if due is None:
        cost = json.dumps(config.LatePenalty, sort_keys=True, default=str)
    else:
        late = dates.parse(handed_in, "UTC") - due if handed_in else timedelta(0)
        cost = f"{LatePenalty(config=config).percent(late.total_seconds()):g}"
    return hashlib.sha256(f"{handed_in}\n{cost}".encode()).hexdigest()[:12]


def _autograde(api: NbGraderAPI, assignment: str, student: str) -> None:
    """Let nbgrader convert one submission, whose report is at hand."""
    with warnings.catch_warnings():
        # nbgrader's own queries; SQLAlchemy 2 remarks on them at every submission.
        warnings.simplefilter("ignore", SAWarning)
        done: dict[str, Any] = api.autograde(assignment, student, force=True)
    if not done["success"]:
        last = (done.get("error") or done.get("log") or "").strip().splitlines()
        raise _NotTakenError(
            f"nbgrader could not record {student} ({last[-1] if last else 'no message'}); the report is "
            "stored, and running this again records it."
        )


def _record_of(books: Path, assignment: str) -> Path:
    return books / "reports" / f"recorded-{assignment}.txt"


def recorded_keys(books: Path, assignment: str) -> dict[str, str]:
    """Key of the report of each student that was last written into nbgrader's books."""
    return {student: mark.partition("-")[0] for student, mark in _marks(books, assignment).items()}


def recorded_lateness(books: Path, assignment: str) -> dict[str, str]:
    """For each student the `lateness` that was last written into nbgrader's books."""
    return {student: mark.partition("-")[2] for student, mark in _marks(books, assignment).items()}


def _marks(books: Path, assignment: str) -> dict[str, str]:
    """For each student what was last written into nbgrader's books: a report's key, and what its dates give."""
    try:
        lines = _record_of(books, assignment).read_text(encoding="utf-8").splitlines()
        return {student: mark for mark, student in (line.split(" ", 1) for line in lines)}
    except (OSError, ValueError):
        return {}


class _Recorded:
    """Which report of each student stands in nbgrader's books, and with what dates.

    What this file says counts only where the gradebook and the autograded folder agree.
    """

    def __init__(self, submissions: Submissions, db_url: str) -> None:
        assignment = submissions.assignment.name
        self._path = _record_of(submissions.books, assignment)
        self._autograded = submissions.books / "autograded"
        self._assignment = assignment
        self._marks = _marks(submissions.books, assignment)
        if not self._marks:
            return
        with opened(db_url) as book:
            try:
                there = {row["student"] for row in book.submission_dicts(assignment)}
            except MissingEntry:
                there = set()
        self._marks = {student: mark for student, mark in self._marks.items() if student in there}

    def holds(self, student: str, mark: str) -> bool:
        """Whether this very report is in the books, with these dates."""
        folder = self._autograded / student / self._assignment
        return self._marks.get(student) == mark and folder.is_dir()

    def add(self, student: str, mark: str) -> None:
        """Remember that a report has been recorded."""
        self._marks[student] = mark

    def save(self) -> None:
        """Write the file; should it get lost, everything is recorded once more."""
        with replacing(self._path) as beside:
            beside.write_text("".join(f"{mark} {student}\n" for student, mark in sorted(self._marks.items())))


def _write_clean(folder: Path, task: Task, submitted: Path) -> None:
    """Write a submission as nbgrader may see it: repaired notebooks, declared files, what the exchange wrote."""
    folder.mkdir(parents=True)
    there = task.submission.notebooks
    code = next(map(language.of_notebook, there.values()), language.SOURCE)
    for name in task.assignment.notebooks:
        notebook = there.get(name)
        if notebook is None:
            notebook = nbformat.from_dict(task.release[name])
            language.mark_notebook(notebook, code)
        nbformat.write(notebook, folder / f"{name}.ipynb")
    for name, content in task.submission.files.items():
        (folder / name).write_bytes(content)
    with contextlib.suppress(Refused):
        (folder / TIMESTAMP).write_text(read_timestamp(submitted / TIMESTAMP), encoding="ascii")
    with contextlib.suppress(Refused):
        (folder / SECRET).write_text(read_submission_secret(submitted / SECRET), encoding="ascii")


def write_json(
    reports: Sequence[Report], path: Path, more: Mapping[str, dict[str, Any]] | None = None
) -> None:
    """Write the reports as a list of objects: student, assignment, status, score, checks by id; `more` by student.

    A crash leaves the old file or the new one.
    """
    rows = [report.to_dict() | (more or {}).get(report.student, {}) for report in reports]
    text = json.dumps(rows, indent=1, ensure_ascii=False)
    with replacing(path) as beside:
        beside.write_text(text + "\n", encoding="utf-8")
