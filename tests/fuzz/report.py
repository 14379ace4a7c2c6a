"""Bytes in a stored report: a report of that key that can be shown and stored, or None."""

from __future__ import annotations

import functools
import json
import math
import tempfile
from dataclasses import asdict
from pathlib import Path

from autograder.checks.card import html, text
from autograder.checks.result import CheckResult, CriterionResult, Finding, Status
from autograder.report import CellOutcome, NotebookReport, Report, Store, TestOutcome

KEY = "key"
LARGEST = 16 * 1024
WORDS = (
    "student", "assignment", "key", "version", "level", "notebooks", "refused", "seconds", "checks", "criteria",
    "weight", "status", "finding", "required", "max_points", "points", "passed", "failed", "malformed", "NaN",
    "relative_error", "limit", "outputs", "restarts",
)  # fmt: skip


@functools.cache
def _folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="fuzz-")


def check(content: bytes) -> None:
    """Read a stored report, then show it and store it again."""
    folder = Path(_folder().name)
    store = Store(folder)
    (folder / f"{KEY}.json").write_bytes(content)
    report = store.read(KEY)
    if report is None:
        return
    assert report.key == KEY
    assert math.isfinite(report.score) and math.isfinite(report.max_score)
    assert report.status in Status
    json.dumps(report.to_dict())
    for result in report.checks.values():
        assert 0 <= result.points <= result.max_points
        assert result.points == 0 or any(criterion.passed for criterion in result.criteria)
        text(result).encode()
        html(result).encode()
    store.write(report)
    again = store.read(KEY)
    assert again is not None
    assert repr(again) == repr(report)  # nan differs from itself


def seeds() -> list[bytes]:
    """A report with all that one can hold, one without notebooks, and texts that are none."""
    failed = Finding("tried", "came", "expected", "cause", "where", math.inf, 1e-9)
    criteria = (
        CriterionResult("forward", "Forward", 2.0, Status.PASSED),
        CriterionResult("backward", "Backward", 1.0, Status.FAILED, failed),
    )
    result = CheckResult("check_linear", "Linear", 1.5, criteria, frozenset({"forward"}), "A note.")
    output = {"output_type": "stream", "name": "stdout", "text": "x"}
    notebook = NotebookReport(
        "1_backprop_numpy",
        (result,),
        (TestOutcome("test", 0.5, 1.0),),
        (CellOutcome("setup", "ok", 0.1, (output,)),),
        check_seconds={"check_linear": 0.1},
    )
    folder = Path(_folder().name)
    made = []
    for report in (
        Report("ada", "neural_networks", KEY, "0", "full", (notebook,), {"x.pt": "not handed in"}, 1.0),
        Report("ada", "neural_networks", KEY, "0", "full", ()),
    ):
        Store(folder).write(report)
        made.append((folder / f"{KEY}.json").read_bytes())
    return [*made, json.dumps(asdict(criteria[0])).encode(), b"null", b"[" * 300]
