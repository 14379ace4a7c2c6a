"""The report on one submission: verdicts, statuses, timings, and the sandbox level that was in force."""

from __future__ import annotations

import os
import tempfile
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as typed

from autograder.checks.result import CheckResult, Status
from autograder.files import sweep

STRICT = ConfigDict(extra="forbid", ser_json_inf_nan="constants")
WRITING = ".writing-"
CellStatus = Literal["ok", "error", "timed_out", "left_out", "out_of_memory", "malformed"]
"""How a cell ended; there is no other way."""


@typed(config=STRICT, frozen=True)
class CellOutcome:
    """What became of one cell: its outputs in nbformat's terms, as the feedback shows them."""

    id: str
    status: CellStatus
    seconds: float
    outputs: tuple[dict[str, Any], ...] = ()


@typed(config=STRICT, frozen=True)
class TestOutcome:
    """Points of a test cell that an instructor wrote the ordinary nbgrader way.

    It ran next to the student's code, so its verdict can be forged.
    """

    __test__ = False  # not a test of pytest's

    id: str
    points: float
    max_points: float
    trusted: bool = False


@typed(config=STRICT, frozen=True)
class NotebookReport:
    """Verdicts on one notebook, or why it was refused."""

    name: str
    checks: tuple[CheckResult, ...] = ()
    tests: tuple[TestOutcome, ...] = ()
    cells: tuple[CellOutcome, ...] = ()
    refused: str = ""
    seconds: float = 0.0
    check_seconds: dict[str, float] = field(default_factory=dict)
    restarts: int = 0


@typed(config=STRICT, frozen=True)
class Report:
    """Verdicts on one submission.

    Attributes
    ----------
    student, assignment : str
        Names.
    key : str
        Hash of all that the report depends on.
    version : str
        Of the autograder.
    level : str
        The sandbox level that was in force; ``"none (--allow-unsandboxed)"`` without.
    notebooks : tuple of NotebookReport
        In the assignment's order.
    refused : dict
        Files that were not taken, with the reason.
    seconds : float
        Wall time.
    """

    student: str
    assignment: str
    key: str
    version: str
    level: str
    notebooks: tuple[NotebookReport, ...]
    refused: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def checks(self) -> dict[str, CheckResult]:
        """All checks by id."""
        return {check.id: check for notebook in self.notebooks for check in notebook.checks}

    @property
    def tests(self) -> tuple[TestOutcome, ...]:
        """All test cells of the ordinary nbgrader kind; two notebooks may use one id."""
        return tuple(test for notebook in self.notebooks for test in notebook.tests)

    @property
    def score(self) -> float:
        """Points of all checks and test cells."""
        points = [check.points for check in self.checks.values()]
        points += [test.points for test in self.tests]
        return round(sum(points), 4)

    @property
    def max_score(self) -> float:
        """Points that checks and test cells can earn."""
        points = [check.max_points for check in self.checks.values()]
        points += [test.max_points for test in self.tests]
        return round(sum(points), 4)

    @property
    def status(self) -> Status:
        """Passed when every check and test cell is; else what became of the first that is not."""
        if any(notebook.refused for notebook in self.notebooks):
            return Status.REFUSED
        statuses = [check.status for check in self.checks.values()]
        statuses += [Status.FAILED for test in self.tests if test.points < test.max_points]
        return next((status for status in statuses if status is not Status.PASSED), Status.PASSED)

    def brief(self) -> Report:
        """The report without the outputs of the cells, which may be large."""
        return replace(self, notebooks=tuple(replace(n, cells=()) for n in self.notebooks))

    def to_dict(self) -> dict[str, Any]:
        """The report for ``--json``: no outputs of the student's."""
        return {
            "student": self.student,
            "assignment": self.assignment,
            "status": self.status.value,
            "score": self.score,
            "max_score": self.max_score,
            "sandbox": self.level,
            "refused": self.refused,
            "checks": {name: check.to_dict() for name, check in self.checks.items()},
            "tests": {
                test.id: {"points": test.points, "max_points": test.max_points, "trusted": test.trusted}
                for test in self.tests
            },
        }


_ADAPTER = TypeAdapter(Report)
MOST_POINTS = 1e6


def _has_sound_points(report: Report) -> bool:
    """Whether points and weights are such as checks and tests have: a damaged file may hold any number."""
    for notebook in report.notebooks:
        for check in notebook.checks:
            numbers = [check.max_points, *(criterion.weight for criterion in check.criteria)]
            if not all(0 <= number <= MOST_POINTS for number in numbers) or not any(numbers[1:]):
                return False
        if not all(0 <= test.points <= test.max_points <= MOST_POINTS for test in notebook.tests):
            return False
    return True


class Store:
    """Reports on disk, one file each, named by the hash of all that they depend on.

    Parameters
    ----------
    folder : pathlib.Path
        Made if need be, readable by its owner alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        sweep(folder, WRITING)

    def __str__(self) -> str:
        return str(self._folder)

    def read(self, key: str) -> Report | None:
        """The stored report, or None where there is none, or one that is damaged or of another key."""
        try:
            report = _ADAPTER.validate_json((self._folder / f"{key}.json").read_bytes())
        except (OSError, ValidationError):
            return None
        return report if report.key == key and _has_sound_points(report) else None

    def write(self, report: Report) -> None:
        """Store a report; a crash leaves the old one or the new one."""
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=WRITING, delete=False) as file:
            try:
                file.write(_ADAPTER.dump_json(report))
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, self._folder / f"{report.key}.json")
            except BaseException:
                os.unlink(file.name)
                raise
