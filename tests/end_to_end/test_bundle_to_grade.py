"""The zip that a student's `autograder bundle` makes is collected as it is, and graded with the points it promised."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

import pytest
import torch

from autograder import bundle, cli, notebooks
from autograder.assignments import ASSIGNMENTS
from tests.end_to_end import mini_course as mini
from tests.end_to_end.mini_course import ASSIGNMENT
from tests.redteam.arena import MISSING

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")

ROSTER = "id,first_name,last_name,email\nada,Ada,Lovelace,ada@uni.example\n"
WEIGHTS = "cifar10_cnn.pt"


def work(course: Path, folder: Path) -> dict[str, bytes]:
    """The release, with the solution's answers but for one mistake, and weights beside it."""
    folder.mkdir()
    for name in mini.KEPT:
        notebook = notebooks.read(course / "notebooks" / ASSIGNMENT / f"{name}.ipynb")
        solution = notebooks.cells_by_grade_id(
            notebooks.read(course / "solutions" / ASSIGNMENT / f"{name}.ipynb")
        )
        for gid, cell in notebooks.cells_by_grade_id(notebook).items():
            if cell.metadata.nbgrader.solution:
                cell.source = solution[gid].source + (mini.ZERO_BACKWARD if gid == "linear" else "")
        notebooks.write(notebook, folder / f"{name}.ipynb")
    torch.save({"w": torch.ones(3)}, folder / WEIGHTS)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_zip_of_a_bundle_is_collected_and_graded_with_the_points_that_it_showed(tmp_path: Path) -> None:
    course = mini.make(tmp_path / "course")
    mine = work(course, tmp_path / "mine")
    (tmp_path / "class").mkdir()
    made = bundle.make(ASSIGNMENTS[ASSIGNMENT], tmp_path / "mine", tmp_path / "class" / "Lovelace Ada.zip")
    assert set(made.files) == set(mine)
    (course / "gradebook").mkdir(exist_ok=True)
    (course / "gradebook" / "roster.csv").write_text(ROSTER, encoding="utf-8")
    with chdir(course):
        assert cli.main(["collect", ASSIGNMENT, "--from", str(tmp_path / "class")]) == 0
        handed_in = course / "gradebook" / "submitted" / "ada" / ASSIGNMENT
        assert {path.name: path.read_bytes() for path in handed_in.iterdir()} == mine
        assert cli.main(["grade", ASSIGNMENT, "--workers", "1"]) == 0
    graded = mini.points(course)["ada"]
    shown = {score.check.id: score.points for r in made.rehearsals.values() for score in r.scores}
    assert {name: shown[name] for name in graded} == pytest.approx(graded, abs=1e-4)
    assert 0 < graded["check_linear"] < 1
    assert sum(graded.values()) == pytest.approx(made.points, abs=1e-4)
