"""The cells that only draw decide nothing: with and without them the solutions get the same verdicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import data, examiner, sample_class
from autograder.assignments import ASSIGNMENTS
from autograder.examiner import Examiner, make_task
from autograder.report import Report
from autograder.sample_class import Sample
from autograder.sandbox import walls
from autograder.sandbox.limits import Limits
from tests.mutants.submission import ROOT

MISSING = [wall.name for wall in walls.missing()]
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}"),
    pytest.mark.skipif(
        data.is_synthetic() or not data.is_available(),
        reason="the solutions were trained on the real CIFAR-10, which is not on this machine (set CIFAR10_ROOT)",
    ),
]


def verdicts(report: Report) -> list[tuple[str, str, str, float]]:
    return [
        (check.id, criterion.id, criterion.status.value, check.points)
        for check in report.checks.values()
        for criterion in check.criteria
    ]


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_with_and_without_figures_the_verdicts_are_the_same(name: str, tmp_path: Path) -> None:
    secret = examiner.read_secret(tmp_path / "secret")
    folder = sample_class.write(Sample("ada", name), ROOT, tmp_path)
    reports = []
    with Examiner(examiner.prepare_images(tmp_path / "images", secret)) as made:
        for figures in (False, True):
            release = ROOT / "notebooks" / name
            task = make_task(folder, "ada", ASSIGNMENTS[name], release, Limits(), secret, figures=figures)
            reports.append(made.examine(task))
    without, with_them = reports
    assert verdicts(without) == verdicts(with_them)
    assert not any(check.failures for check in without.checks.values())
    status, status_with = ({(n.name, c.id): c.status for n in r.notebooks for c in n.cells} for r in reports)
    assert set(status.values()) == {"ok", "left_out"}
    # The loss curves are not handed in, so that the cell that draws them finds none.
    assert all(status[cell] == "left_out" for cell, found in status_with.items() if found != "ok")
