"""What a report says of a submission as a whole."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from pydantic import ValidationError

from autograder.checks.result import Status
from autograder.examiner import _grade_test_cell
from autograder.report import CellOutcome, NotebookReport, Report, TestOutcome


def report(*tests: TestOutcome) -> Report:
    return Report("ada", "small", "key", "0", "walls", (NotebookReport("1_backprop_numpy", tests=tests),))


def test_a_failed_test_cell_fails_the_submission_and_is_listed_as_untrusted() -> None:
    found = report(TestOutcome("first", 1.0, 1.0), TestOutcome("second", 0.5, 2.0))
    assert found.status is Status.FAILED and found.score == 1.5 and found.max_score == 3
    told = found.to_dict()
    assert told["status"] == "failed"
    assert told["tests"]["second"] == {"points": 0.5, "max_points": 2.0, "trusted": False}
    assert report(TestOutcome("first", 1.0, 1.0)).status is Status.PASSED


def test_two_notebooks_may_use_one_id_for_their_tests() -> None:
    notebooks = tuple(NotebookReport(name, tests=(TestOutcome("test", 1.0, 2.0),)) for name in ("one", "two"))
    found = Report("ada", "small", "key", "0", "walls", notebooks)
    assert found.score == 2.0 and found.max_score == 4.0


def test_a_cell_ends_in_one_of_few_ways() -> None:
    with pytest.raises(ValidationError, match="should be 'ok', 'error'"):
        CellOutcome("cell", "excellent", 0.0)  # type: ignore[arg-type]


SHOWN = {"output_type": "execute_result", "metadata": {}, "execution_count": None}


@pytest.mark.parametrize(
    ("status", "outputs", "points"),
    [
        ("ok", [], 2.0),
        ("error", [], 0.0),
        ("timed_out", [], 0.0),
        ("ok", [{"output_type": "stream", "name": "stdout", "text": "fine"}], 2.0),
        ("ok", [{"output_type": "stream", "name": "stderr", "text": "a warning"}], 0.0),
        ("ok", [{**SHOWN, "data": {"text/plain": "0.5"}}], 0.5),
        ("ok", [{**SHOWN, "data": {"text/plain": "7"}}], 2.0),
        ("ok", [{**SHOWN, "data": {"text/plain": "-1"}}], 0.0),
        ("ok", [{**SHOWN, "data": {"text/plain": "nan"}}], 0.0),
        ("ok", [{**SHOWN, "data": {"text/plain": "'all is well'"}}], 0.0),
    ],
)
def test_points_of_a_test_cell_of_the_ordinary_kind(
    status: Any, outputs: list[dict[str, Any]], points: float
) -> None:
    cell = nbformat.v4.new_code_cell("assert answer == 42")
    cell.metadata.nbgrader = {"grade": True, "solution": False, "grade_id": "test_own", "points": 2}
    graded = _grade_test_cell(cell, CellOutcome("cell", status, 0.0, tuple(outputs)))
    assert (graded.points, graded.max_points, graded.trusted) == (points, 2.0, False)
