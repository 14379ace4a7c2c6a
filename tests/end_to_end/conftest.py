"""A course of its own for each test session, driven by nbgrader's command line and database."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder import data, demo, sample_class
from autograder.assignments import ASSIGNMENTS
from autograder.sample_class import Sample
from tests.end_to_end import mini_course, written_course

ROOT = Path(__file__).parents[2]


@dataclass
class Course:
    """A copy of this course, and nbgrader in it."""

    folder: Path
    checkpoints: Path | None = None

    @property
    def submitted(self) -> Path:
        return self.folder / "gradebook" / "submitted"

    def nbgrader(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        log = done.stdout + done.stderr
        assert done.returncode == 0, log[-4000:]
        return log

    def hand_in(self, *samples: Sample) -> None:
        for sample in samples:
            sample_class.write(sample, self.folder, self.submitted, self.checkpoints)

    def points(self, student: str, assignment: str) -> dict[str, float]:
        """Points by check, from the database."""
        with Gradebook(f"sqlite:///{self.folder / 'gradebook' / 'gradebook.db'}") as book:
            submission = book.find_submission(assignment, student)
            return {grade.name: grade.score for n in submission.notebooks for grade in n.grades}


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course with its release made; grading on the data at hand."""
    data.pin()
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    ignored = shutil.ignore_patterns("results.csv", ".ipynb_checkpoints")
    shutil.copytree(ROOT / "solutions", folder / "solutions", ignore=ignored)
    made = Course(folder)
    for assignment in ASSIGNMENTS:
        made.nbgrader("generate_assignment", assignment, "--force")
    if data.is_synthetic():
        made.checkpoints = demo.train_on_stand_in(folder)
    return made


@pytest.fixture(scope="session")
def written_class(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small class with a text answer, graded; tests that write work on a copy."""
    folder = written_course.make(tmp_path_factory.mktemp("written") / "course")
    mini_course.run(folder, "autograder.cli", "grade", written_course.ASSIGNMENT, "--workers", "1")
    return folder
