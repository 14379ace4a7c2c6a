"""Notebooks whose cells have lost their names: graded by text and place, or refused with that reason everywhere."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from autograder import notebooks
from tests.end_to_end import mini_course as mini
from tests.end_to_end.mini_course import ASSIGNMENT
from tests.redteam.arena import MISSING

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")

BACKPROP = "1_backprop_numpy.ipynb"
SENTENCE = "Its cells have lost their names, which an editor or a copy may do, so nothing of it can be graded"


def lose_names(path: Path, *, without: str = "") -> None:
    """Save a notebook as a tool does that drops the metadata of cells."""
    notebook = notebooks.read(path)
    notebook.cells = [cell for cell in notebook.cells if notebooks.grade_id(cell) != without]
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
    nbformat.write(notebook, path)


def test_what_can_be_told_is_graded_and_the_rest_says_why_it_is_not(tmp_path: Path) -> None:
    course = mini.make(tmp_path / "course")
    lose_names(mini.hand_in(course, "ada") / BACKPROP)
    for student in ("bob", "eve"):
        lose_names(mini.hand_in(course, student) / BACKPROP, without="linear")
    said = mini.run(
        course, "autograder.cli", "grade", ASSIGNMENT, "--workers", "1", "--students", "ada", "bob"
    )
    assert f"ada/{ASSIGNMENT}/{BACKPROP}: its cells have lost their names" in said
    assert f"1_backprop_numpy: {SENTENCE}" in said
    mini.run(course, "nbgrader", "autograde", ASSIGNMENT, "--student", "eve")
    points = mini.points(course)
    assert mini.scores(course)["ada"] == pytest.approx(mini.FULL)
    assert points["bob"]["check_linear"] == points["eve"]["check_relu"] == 0
    assert points["bob"]["check_model"] == points["eve"]["check_model"] > 0
    mini.run(course, "nbgrader", "generate_feedback", ASSIGNMENT)
    for student in ("bob", "eve"):
        page = course / "gradebook" / "feedback" / student / ASSIGNMENT / BACKPROP.replace("ipynb", "html")
        card = page.read_text(encoding="utf-8")
        assert SENTENCE in card
        assert "still raises" not in card
