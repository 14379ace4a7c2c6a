"""A release of two small checks made in memory, submissions that attack it, and what must hold afterwards."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from autograder import notebooks, record
from autograder.assignments import Assignment
from autograder.examiner import Examiner, Task
from autograder.report import Report, Store
from autograder.sandbox import walls
from autograder.sandbox.limits import Limits
from autograder.sanitise import read_submission

MIB = 2**20
SOLUTIONS = Path(__file__).parents[2] / "solutions"
LIMITS = Limits(
    cell_seconds=3,
    question_seconds=3,
    grace_seconds=2,
    total_seconds=60,
    memory_bytes=700 * MIB,
    processes=40,
    file_bytes=8 * MIB,
    writable_bytes=16 * MIB,
    files=200,
    answer_bytes=4 * MIB,
)
TORCH_LIMITS = Limits(cell_seconds=3, question_seconds=3, grace_seconds=2, total_seconds=60)
MISSING = [wall.name for wall in walls.missing()]
GONE_SECONDS = 10.0
BESIDE = ("bob", "cyd", "dan")

ZERO_LINEAR = """
class Linear(Module):
    def __init__(self, in_features, out_features):
        self.W, self.b = np.zeros((in_features, out_features)), np.zeros(out_features)

    def forward(self, x):
        return np.zeros((*x.shape[:-1], self.W.shape[1]))

    def backward(self, d):
        return np.zeros((*d.shape[:-1], self.W.shape[0]))
"""
ZERO_RELU = """
class ReLU(Module):
    def forward(self, x):
        return np.zeros(x.shape)

    def backward(self, d):
        return np.zeros(d.shape)
"""
ZERO = {"linear": ZERO_LINEAR, "relu": ZERO_RELU}
ZERO_TORCH = {
    "set_seed": "def set_seed(seed):\n    pass",
    "channel_statistics": "def channel_statistics(images):\n    return np.zeros(3), np.zeros(3)",
}

Cells = list[dict[str, Any]]


@dataclass(frozen=True)
class Attack:
    """One attack: a submission with wrong answers and a trick.

    Attributes
    ----------
    number : str
        In the list of threats; ``own`` for those that only this grader's design invites.
    title : str
        The mechanism.
    wins : str
        What it wins against a grader that is open to it.
    cell : str
        Source of a cell of the student's own, ahead of the first answer.
    last : str
        Source of a cell of the student's own at the end.
    answers : dict
        Answers that replace those of the honest twin.
    twin : dict or None
        Answers of the honest twin; zeros where omitted.
    files : dict
        More files in the submitted folder.
    edit : callable or None
        Changes the submitted cells, as JSON.
    ends : tuple of str
        How the own cell may end; a payload that fails before it attacks proves nothing.
    shows : str
        What the outputs must hold: the proof that the trick took effect where the student's code runs.
    hides : tuple of str
        What the outputs must not hold.
    """

    number: str
    title: str
    wins: str
    cell: str = ""
    last: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    twin: dict[str, str] | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    edit: Callable[[Cells], Cells | None] | None = None
    ends: tuple[str, ...] = ("ok",)
    shows: str = ""
    hides: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


def released(name: str, path: Path, kept: tuple[str, ...]) -> nbformat.NotebookNode:
    """The release of a solution notebook, cut down to a few cells."""
    solution = notebooks.read(path)
    cells = notebooks.cells_by_grade_id(solution)
    solution.cells = [cells[gid] for gid in kept]
    for cell in solution.cells:
        cell.outputs, cell.execution_count = [], None
        cell.source = re.sub(
            r"( *)### BEGIN SOLUTION.*?### END SOLUTION",
            r"\1raise NotImplementedError",
            cell.source,
            flags=re.S,
        )
    return solution


class Arena:
    """A course in a temporary folder, an examiner, honest students who are graded beside each attack, and canaries.

    Parameters
    ----------
    folder : pathlib.Path
        Temporary.
    assignment : Assignment
        With one notebook.
    path : pathlib.Path
        Its solution.
    kept : tuple of str
        The cells that the small release has.
    wrong : dict
        Answers that are worth nothing.
    limits : Limits
        For every submission.
    """

    def __init__(
        self,
        folder: Path,
        assignment: Assignment,
        path: Path,
        kept: tuple[str, ...],
        wrong: dict[str, str],
        limits: Limits = LIMITS,
    ) -> None:
        self.assignment, self.limits, self.wrong = assignment, limits, wrong
        (self.name,) = assignment.notebooks
        self.release = {self.name: released(self.name, path, kept)}
        solution = notebooks.cells_by_grade_id(notebooks.read(path))
        self.right = {gid: solution[gid].source for gid in wrong}
        self.submitted = folder / "gradebook" / "submitted"
        self.secret = os.urandom(32)
        self.examiner, self.neighbour = Examiner(), Examiner()
        self._twins: dict[str, Report] = {}
        self._plant(folder)
        self.store = Store(folder / "gradebook" / "reports")
        self.honest = self.examiner.examine(self.honest_task("honest"))
        self.store.write(self.honest)
        self.canaries[next((folder / "gradebook" / "reports").iterdir())] = b""
        self._beside = [self.honest_task(student) for student in BESIDE]
        self.require_full_marks([self.neighbour.examine(self._beside[0])])
        self._processes = len(self.processes())

    def _plant(self, folder: Path) -> None:
        outside = folder / "outside"
        sibling = self.submitted / "sibling" / self.assignment.name
        for made in (outside, sibling, folder / "gradebook", folder / ".git"):
            made.mkdir(parents=True, exist_ok=True)
        self.places = {
            "@OUTSIDE@": outside / "canary",
            "@SECRET@": folder / "gradebook" / "secret",
            "@DATABASE@": folder / "gradebook" / "gradebook.db",
            "@GIT@": folder / ".git" / "config",
            "@SIBLING@": sibling / f"{self.name}.ipynb",
            "@REPORTS@": folder / "gradebook" / "reports",
            "@SUBMITTED@": self.submitted,
            "@SOLUTIONS@": SOLUTIONS,
        }
        self.canaries = {
            p: b"" for p in self.places.values() if p.suffix or p.name in ("canary", "secret", "config")
        }
        for path in self.canaries:
            path.write_bytes(b"canary of " + path.name.encode())
        self.places["@SECRET@"].write_bytes(self.secret)

    def close(self) -> None:
        """End the sandboxes."""
        self.examiner.close()
        self.neighbour.close()

    def notebook(self, attack: Attack) -> bytes:
        """The submitted notebook."""
        copy = json.loads(nbformat.writes(self.release[self.name]))
        cells: Cells = copy["cells"]
        answers = {**self.wrong, **(attack.twin or {}), **attack.answers}
        for cell in cells:
            gid = cell["metadata"]["nbgrader"]["grade_id"]
            cell["source"] = self._placed(answers.get(gid, cell["source"]))
        first = next(i for i, c in enumerate(cells) if c["metadata"]["nbgrader"]["solution"])
        if attack.cell:
            cells.insert(first, own_cell(self._placed(attack.cell)))
        if attack.last:
            cells.append(own_cell(self._placed(attack.last)))
        if attack.edit is not None:
            changed = attack.edit(cells)
            copy["cells"] = cells if changed is None else changed
        return json.dumps(copy).encode()

    def _placed(self, source: str | list[str]) -> str:
        source = source if isinstance(source, str) else "".join(source)
        for mark, place in self.places.items():
            source = source.replace(mark, str(place))
        return source

    def hand_in(self, student: str, attack: Attack, raw: bytes | None = None) -> Path:
        """Write a submission into the submitted folder."""
        folder = self.submitted / student / self.assignment.name
        if folder.is_symlink():
            folder.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        target = folder / f"{self.name}.ipynb"
        target.write_bytes(self.notebook(attack) if raw is None else raw)
        for name, content in attack.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(self._placed(content.decode("latin-1")).encode("latin-1"))
        return folder

    def task(self, student: str, folder: Path) -> Task:
        """Read a submission."""
        submission = read_submission(folder, student, self.assignment, self.release)
        return Task(submission, self.assignment, self.release, self.limits, self.secret)

    def honest_task(self, student: str) -> Task:
        """Hand in and read an honest submission."""
        return self.task(student, self.hand_in(student, Attack("", "", "", answers=self.right)))

    def examine(self, student: str, attack: Attack, raw: bytes | None = None) -> Report:
        """Hand in a submission and examine it."""
        return self.examiner.examine(self.task(student, self.hand_in(student, attack, raw)))

    def twin(self, attack: Attack) -> Report:
        """The report on the same answers without the trick."""
        answers = {**self.wrong, **(attack.twin or {})}
        key = json.dumps(answers, sort_keys=True)
        if key not in self._twins:
            self._twins[key] = self.examine("twin", Attack("", "", "", answers=answers))
        return self._twins[key]

    def withstand(self, attack: Attack, raw: bytes | None = None) -> Report:
        """Examine an attack, three honest submissions beside it and one after it; fail if it wins or hurts anything."""
        twin, before = self.twin(attack), self.snapshot()
        report = self.examine_among_honest(self.task("attacker", self.hand_in("attacker", attack, raw)))
        self.require_no_gain(report, twin)
        self.require_recorded(report)
        seen = printed(report)
        own = {
            cell.id: cell.status for n in report.notebooks for cell in n.cells if cell.id.startswith("extra")
        }
        assert set(own.values()) <= set(attack.ends), (own, seen[-2000:])
        assert attack.shows in seen, seen[-2000:]
        for hidden in attack.hides:
            assert hidden not in seen, seen[-2000:]
        self.require_no_harm(before)
        return report

    def examine_among_honest(self, task: Task) -> Report:
        """Examine an attack while three honest submissions are examined, as a batch does it; these earn all points."""
        with ThreadPoolExecutor(1) as pool:
            honest = pool.submit(lambda: [self.neighbour.examine(task) for task in self._beside])
            report = self.examiner.examine(task)
            self.require_full_marks(honest.result())
        return report

    def require_no_gain(self, report: Report, twin: Report) -> None:
        """No check and no criterion is worth more than the honest twin's."""
        assert list(report.checks) == list(self.honest.checks)
        for name, check in report.checks.items():
            won = {c.id for c in check.criteria if c.passed} - {
                c.id for c in twin.checks[name].criteria if c.passed
            }
            assert not won, f"{name}: the attack won {won}"
            assert 0 <= check.points <= twin.checks[name].points
            assert check.max_points == self.honest.checks[name].max_points

    def require_recorded(self, report: Report) -> nbformat.NotebookNode:
        """The report can be stored, and what nbgrader reads in each check cell is its number."""
        self.store.write(report)
        assert self.store.read(report.key) is not None
        filled = nbformat.from_dict(self.release[self.name])
        record.write_outputs(filled, report.notebooks[0])
        cells = notebooks.cells_by_grade_id(filled)
        for name, check in report.checks.items():
            (output,) = cells[name].outputs
            assert output.data["text/plain"] == repr(float(check.points))
        nbformat.validate(filled)
        nbformat.writes(filled).encode()
        return filled

    def require_no_harm(self, before: dict[Path, tuple[Any, ...]]) -> None:
        """Nothing outside has changed, nothing is left running, and the next student gets full marks."""
        assert self.snapshot() == before
        deadline = time.monotonic() + GONE_SECONDS
        while len(self.processes()) > self._processes and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(self.processes()) <= self._processes
        self.require_honest_marks()

    def require_honest_marks(self) -> None:
        """An honest submission, examined in the sandbox in which the attack was, earns all points."""
        self.require_full_marks([self.examiner.examine(self.honest_task("honest"))])

    @staticmethod
    def require_full_marks(reports: list[Report]) -> None:
        """Each of these reports has all points."""
        for report in reports:
            lost = {n: str(c) for n, c in report.checks.items() if c.points < c.max_points}
            assert report.score == report.max_score, (report.student, lost)

    def snapshot(self) -> dict[Path, tuple[Any, ...]]:
        """What the canaries look like now."""
        return {
            path: (path.read_bytes(), status.st_mode, status.st_mtime_ns, status.st_ino)
            for path in self.canaries
            for status in [path.lstat()]
        }

    def processes(self) -> list[int]:
        """Processes below this arena's sandboxes."""
        sandboxes = [*self.examiner._sandboxes.values(), *self.neighbour._sandboxes.values()]
        return [pid for sandbox in sandboxes for pid in below(sandbox.pid)]


def own_cell(source: str, kind: str = "code") -> dict[str, Any]:
    """A cell of the student's own, as JSON."""
    made: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def printed(report: Report) -> str:
    """All text in the outputs of a report."""
    texts = []
    for notebook in report.notebooks:
        for cell in notebook.cells:
            for output in cell.outputs:
                texts += [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
                texts += [output.get("evalue", ""), *output.get("traceback", [])]
    return "\n".join(texts)


def below(pid: int) -> list[int]:
    """Living processes below a process."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] != "Z":
                children.setdefault(int(fields[1]), []).append(int(entry))
    found, waiting = [], [pid]
    while waiting:
        here = children.get(waiting.pop(), [])
        found += here
        waiting += here
    return found
