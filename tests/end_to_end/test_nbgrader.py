"""nbgrader grades a class for real: its command line, its database, its feedback pages."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.checks.notebook import Checks
from autograder.sample_class import Sample
from tests.end_to_end.conftest import Course

NETWORKS, LINEAR = "neural_networks", "linear_classifiers"
BACKPROP, CNN = "1_backprop_numpy", "2_cnn_cifar10"
NUMPY, PYTORCH = "1_softmax_numpy", "2_softmax_pytorch"
QUALITY = {"check_accuracy", "check_precision", "check_recall"}
ENDLESS = "while True:\n    pass\n"
CELL_SECONDS = 45


def full_marks(*packages: str) -> dict[str, float]:
    checks = [Checks(f"autograder.checks.{package}") for package in packages]
    return {f"check_{name}": c[name].points for c in checks for name in c.names()}


ALL_NETWORKS = full_marks("backprop_numpy", "cnn_cifar10")
ALL_LINEAR = full_marks("softmax_numpy", "softmax_pytorch")


@pytest.fixture(scope="session")
def graded(course: Course) -> None:
    """Hand in, autograde and write feedback."""
    samples = [
        Sample("solution", NETWORKS),
        Sample("solution", LINEAR),
        Sample("blank", NETWORKS, blank=(BACKPROP, CNN), missing=("cifar10_cnn.pt",)),
        Sample("blank", LINEAR, blank=(NUMPY, PYTORCH), missing=("softmax_regression.pt",)),
        Sample("half", NETWORKS, missing=(f"{CNN}.ipynb",)),
        Sample("unsaved", NETWORKS, blank=(BACKPROP,), missing=("cifar10_cnn.pt",)),
        Sample("foreign", NETWORKS, blank=(BACKPROP,), foreign_checkpoint=True),
        Sample("untrained", LINEAR, blank=(NUMPY,), missing=("softmax_regression.pt",)),
    ]
    course.hand_in(*samples)
    broken = Sample("broken", NETWORKS, missing=(f"{CNN}.ipynb", "cifar10_cnn.pt"))
    course.hand_in(broken)
    course.hand_in(
        Sample("damaged", NETWORKS, missing=("cifar10_cnn.pt",)), Sample("piped", NETWORKS, blank=(CNN,))
    )
    (course.submitted / "damaged" / NETWORKS / f"{BACKPROP}.ipynb").write_text('{"cells": [')
    pipe = course.submitted / "piped" / NETWORKS / f"{BACKPROP}.ipynb"
    pipe.unlink()
    os.mkfifo(pipe)
    spoil(course, "broken", "relu", "class ReLU(Module)\n    pass\n")
    spoil(course, "broken", "moons", "moons_classifier = None\n" + ENDLESS)
    for assignment in (NETWORKS, LINEAR):
        course.nbgrader("autograde", assignment, f"--Record.cell_seconds={CELL_SECONDS}")
        course.nbgrader("generate_feedback", assignment)


def spoil(course: Course, student: str, gid: str, source: str) -> None:
    """Replace one answer in a submitted backpropagation notebook."""
    from autograder import notebooks

    path = course.submitted / student / NETWORKS / f"{BACKPROP}.ipynb"
    notebook = notebooks.read(path)
    notebooks.cells_by_grade_id(notebook)[gid].source = source
    notebooks.write(notebook, path)


def feedback(course: Course, student: str, assignment: str, notebook: str) -> str:
    page: Path = course.folder / "gradebook" / "feedback" / student / assignment / f"{notebook}.html"
    return " ".join(page.read_text(encoding="utf-8").split())


@pytest.mark.usefixtures("graded")
class TestClass:
    def test_the_solutions_get_full_marks(self, course: Course) -> None:
        assert course.points("solution", NETWORKS) == ALL_NETWORKS
        assert course.points("solution", LINEAR) == {**ALL_LINEAR, "conclusions": 0}

    def test_with_the_text_graded_by_a_person_the_solutions_have_ten_points(self, course: Course) -> None:
        with Gradebook(f"sqlite:///{course.folder / 'gradebook' / 'gradebook.db'}") as book:
            grade = book.find_grade("conclusions", PYTORCH, LINEAR, "solution")
            assert grade.needs_manual_grade
            grade.manual_score = grade.max_score
            book.db.commit()
            assert book.find_submission(LINEAR, "solution").score == 10
            assert book.find_submission(NETWORKS, "solution").score == 10

    def test_grading_the_solutions_again_gives_the_same(self, course: Course) -> None:
        before = course.points("solution", NETWORKS)
        course.nbgrader("autograde", NETWORKS, "--student", "solution", "--force")
        assert course.points("solution", NETWORKS) == before

    @pytest.mark.parametrize("assignment", [NETWORKS, LINEAR])
    def test_blank_notebooks_get_nothing(self, course: Course, assignment: str) -> None:
        assert set(course.points("blank", assignment).values()) == {0}

    def test_a_missing_notebook_costs_its_own_points_and_says_so(self, course: Course) -> None:
        points = course.points("half", NETWORKS)
        assert {n: p for n, p in points.items() if p} == full_marks("backprop_numpy")
        assert "was not handed in" in feedback(course, "half", NETWORKS, CNN)

    @pytest.mark.parametrize(
        ("student", "said"), [("damaged", "is not complete JSON"), ("piped", "is not an ordinary file")]
    )
    def test_a_notebook_that_is_none_costs_its_own_points_and_says_so(
        self, course: Course, student: str, said: str
    ) -> None:
        points = course.points(student, NETWORKS)
        assert {points[name] for name in full_marks("backprop_numpy")} == {0}
        assert said in feedback(course, student, NETWORKS, BACKPROP)
        assert (
            course.points("damaged", NETWORKS)["check_calculate_loss"] == ALL_NETWORKS["check_calculate_loss"]
        )

    def test_a_missing_checkpoint_costs_the_three_metrics_and_says_so(self, course: Course) -> None:
        points = course.points("unsaved", NETWORKS)
        expected = {n: p for n, p in full_marks("cnn_cifar10").items() if n not in QUALITY}
        assert {n: p for n, p in points.items() if p} == expected
        assert "There is no checkpoint cifar10_cnn.pt" in feedback(course, "unsaved", NETWORKS, CNN)

    def test_a_foreign_checkpoint_costs_the_three_metrics_and_says_so(self, course: Course) -> None:
        points = course.points("foreign", NETWORKS)
        assert all(points[name] == 0 for name in QUALITY)
        assert points["check_calculate_loss"] == ALL_NETWORKS["check_calculate_loss"]
        assert "trained with another architecture" in feedback(course, "foreign", NETWORKS, CNN)

    def test_an_untrained_linear_classifier_costs_its_own_points(self, course: Course) -> None:
        points = course.points("untrained", LINEAR)
        expected = {n: p for n, p in full_marks("softmax_pytorch").items() if n != "check_torch_quality"}
        assert {n: p for n, p in points.items() if p} == expected
        assert "softmax_regression.pt" in feedback(course, "untrained", LINEAR, PYTORCH)

    def test_a_syntax_error_and_an_endless_loop_cost_their_own_points_and_say_so(
        self, course: Course
    ) -> None:
        points = course.points("broken", NETWORKS)
        earned = {
            "check_linear",
            "check_softmax",
            "check_cross_entropy",
            "check_mlp_fit",
            "check_mlp_predict",
        }
        assert {name for name in earned if points[name] == ALL_NETWORKS[name]} == earned
        assert points["check_relu"] == points["check_moons"] == 0
        page = feedback(course, "broken", NETWORKS, BACKPROP)
        assert "is not defined" in page
        assert "was stopped" in page

    def test_the_grades_are_exported(self, course: Course) -> None:
        course.nbgrader("export")
        with (course.folder / "gradebook" / "grades.csv").open(encoding="utf-8") as file:
            rows = {(row["student_id"], row["assignment"]): row for row in csv.DictReader(file)}
        assert float(rows["solution", NETWORKS]["score"]) == 10
        assert float(rows["blank", NETWORKS]["score"]) == 0
