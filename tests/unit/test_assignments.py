"""Assignments are found by the files beside their judges."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.assignments import ASSIGNMENTS, Assignment, NotebookFileError, find_assignments


def describe(checks: Path, package: str, text: str) -> None:
    (checks / package).mkdir()
    (checks / package / "notebook.toml").write_text(text, encoding="utf-8")


def test_the_assignments_of_the_pack_are_found_with_their_checkpoints() -> None:
    assert ASSIGNMENTS["neural_networks"] == Assignment(
        "neural_networks", ("1_backprop_numpy", "2_cnn_cifar10"), ("cifar10_cnn.pt",)
    )
    assert ASSIGNMENTS["linear_classifiers"].text_answers == ("conclusions",)


def test_notebooks_of_an_assignment_come_in_their_order(tmp_path: Path) -> None:
    describe(tmp_path, "a", 'assignment = "x"\nnotebook = "2_a"\ncheckpoints = ["a.pt"]\n')
    describe(tmp_path, "b", 'assignment = "x"\nnotebook = "1_b"\ncheckpoints = ["b.pt"]\n')
    assert find_assignments(tmp_path) == {"x": Assignment("x", ("1_b", "2_a"), ("b.pt", "a.pt"))}


@pytest.mark.parametrize("text", ["assignment =", 'assignment = "x"\nnotebook = "1_a"\n'])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    describe(tmp_path, "a", text)
    with pytest.raises(NotebookFileError, match=r"notebook\.toml cannot be read"):
        find_assignments(tmp_path)


def test_nothing_is_found_where_judges_are_out_of_sight(tmp_path: Path) -> None:
    assert find_assignments(tmp_path / "checks") == {}
