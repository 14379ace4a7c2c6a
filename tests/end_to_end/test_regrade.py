"""`autograder regrade` after a changed check: shown first, written on request, and people's grades stay."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.overview.books import GradeRow, grades
from autograder.sandbox import walls
from tests.end_to_end import mini_course as mini
from tests.end_to_end import written_course as written
from tests.end_to_end.written_course import ASSIGNMENT, PYTORCH

MISSING = [wall.name for wall in walls.missing()]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")

NEW_CRITERION = '''

@CHECK.criterion("`softmax` of float32 answers float64", weight=2)
def float64(exam: Exam) -> None:
    """Ask with single precision."""
    answer = exam.ask("values", logits=np.ones((N, CLASSES), dtype=np.float32))
    answer["probabilities"].array("`softmax(logits)`", (N, CLASSES), "float64")
'''


def books_and_reports(folder: Path) -> dict[str, str]:
    """A digest of every stored report, and the contents of the gradebook."""
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "gradebook" / "reports").iterdir())
    }
    with sqlite3.connect(folder / "gradebook" / "gradebook.db") as connection:
        found["gradebook"] = "\n".join(connection.iterdump())
    return found


def graded(folder: Path) -> dict[tuple[str, str], GradeRow]:
    with Gradebook(written.db_url(folder)) as book:
        return {(row.student, row.name): row for row in grades(book, ASSIGNMENT)}


@pytest.fixture(scope="module")
def course(written_class: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graded class, in which a person has graded two texts, one check, and written a comment."""
    folder = tmp_path_factory.mktemp("regrade") / "course"
    shutil.copytree(written_class, folder)
    with Gradebook(written.db_url(folder)) as book:
        for student, name, notebook, points in (
            ("ada", "conclusions", PYTORCH, 0.4),
            ("cyd", "conclusions", PYTORCH, 0.1),
            ("bob", "check_softmax", "1_softmax_numpy", 0.45),
        ):
            grade = book.find_grade(name, notebook, ASSIGNMENT, student)
            grade.manual_score, grade.needs_manual_grade = points, False
        book.find_comment("conclusions", PYTORCH, ASSIGNMENT, "ada").manual_comment = "Well seen."
        book.db.commit()
    return folder


@pytest.fixture(scope="module")
def changed_pack(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of the pack in which the check of softmax asks for more."""
    folder = tmp_path_factory.mktemp("pack")
    shutil.copytree(
        mini.ROOT / "autograder", folder / "autograder", ignore=shutil.ignore_patterns("__pycache__")
    )
    check = folder / "autograder" / "checks" / "softmax_numpy" / "softmax.py"
    check.write_text(check.read_text(encoding="utf-8") + NEW_CRITERION, encoding="utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def preview(course: Path, changed_pack: str) -> tuple[str, dict[str, str], dict[str, str]]:
    before = books_and_reports(course)
    shown = mini.run(course, "autograder.cli", "regrade", ASSIGNMENT, PYTHONPATH=changed_pack)
    return shown, before, books_and_reports(course)


def test_without_a_change_nothing_changes(course: Path) -> None:
    before = books_and_reports(course)
    shown = mini.run(course, "autograder.cli", "regrade", ASSIGNMENT, PYTHONPATH=str(mini.ROOT))
    assert "5 submissions: 0 scores rise, 0 fall, 5 stay" in shown
    assert books_and_reports(course) == before


def test_the_table_says_whose_score_changes_by_which_check_and_why(
    preview: tuple[str, dict[str, str], dict[str, str]],
) -> None:
    shown, _, _ = preview
    line = next(line for line in shown.splitlines() if line.startswith("ada"))
    assert "0.75 -> " in line and "Softmax" in line and "0.5 -> " in line
    assert "failed, was not there: `softmax` of float32 answers float64" in line
    assert "float32" in line
    assert "One seed" not in shown  # the other check is as it was
    assert "Nothing was written" in shown


def test_a_preview_writes_neither_reports_nor_books(
    preview: tuple[str, dict[str, str], dict[str, str]],
) -> None:
    _, before, after = preview
    assert after == before


@pytest.fixture(scope="module")
def applied(
    course: Path, changed_pack: str, preview: object
) -> tuple[dict[tuple[str, str], GradeRow], dict[tuple[str, str], GradeRow], dict[str, int]]:
    before = graded(course)
    stamps = {p.name: p.stat().st_mtime_ns for p in (course / "gradebook" / "regrade").glob("*/*.json")}
    assert len(stamps) == 5
    mini.run(course, "autograder.cli", "regrade", ASSIGNMENT, "--apply", PYTHONPATH=changed_pack)
    return before, graded(course), stamps


def test_apply_writes_books_that_agree_with_the_preview(
    applied: tuple[dict[tuple[str, str], GradeRow], ...],
    preview: tuple[str, dict[str, str], dict[str, str]],
) -> None:
    before, after, _ = applied
    old, new = (rows["ada", "check_softmax"].auto for rows in (before, after))
    assert old == 0.5 and new is not None and new < old
    assert f"{old:g} -> {new:.4g}" in preview[0]
    assert {key: row.auto for key, row in after.items() if key[1] == "check_set_seed"} == {
        key: row.auto for key, row in before.items() if key[1] == "check_set_seed"
    }


def test_apply_uses_the_reports_of_the_preview(
    course: Path, applied: tuple[object, object, dict[str, int]]
) -> None:
    reports = course / "gradebook" / "reports"
    assert {name: (reports / name).stat().st_mtime_ns for name in applied[2]} == applied[2]
    assert not list((course / "gradebook" / "regrade").glob("*/*.json"))


def test_grades_and_comments_given_by_hand_stay(
    course: Path, applied: tuple[dict[tuple[str, str], GradeRow], ...]
) -> None:
    _, after, _ = applied
    assert after["ada", "conclusions"].manual == 0.4
    assert after["cyd", "conclusions"].manual == 0.1
    assert after["bob", "check_softmax"].manual == 0.45
    with Gradebook(written.db_url(course)) as book:
        comment = book.find_comment("conclusions", PYTORCH, ASSIGNMENT, "ada")
        assert comment.manual_comment == "Well seen."


def test_a_second_look_is_asked_for_only_where_the_points_of_the_check_have_changed(
    applied: tuple[dict[tuple[str, str], GradeRow], ...],
) -> None:
    _, after, _ = applied
    assert not after["ada", "conclusions"].waits
    assert not after["cyd", "conclusions"].waits
    assert after["bob", "check_softmax"].waits


def test_a_regrade_after_that_finds_nothing_to_change(
    course: Path, changed_pack: str, applied: object
) -> None:
    shown = mini.run(course, "autograder.cli", "regrade", ASSIGNMENT, PYTHONPATH=changed_pack)
    assert "0 scores rise, 0 fall, 5 stay" in shown


def test_what_was_handed_in_again_is_told_from_a_changed_check(
    course: Path, changed_pack: str, applied: object
) -> None:
    written.hand_in(course, "ada", softmax="def softmax(logits):" + written.ALONE)
    shown = mini.run(
        course, "autograder.cli", "regrade", ASSIGNMENT, "--students", "ada", PYTHONPATH=changed_pack
    )
    assert "handed in again since it was graded" in shown


def test_an_unknown_assignment_is_one_sentence(course: Path) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "regrade", "nothing"],
        cwd=course,
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == 1
    assert "There is no assignment 'nothing'" in done.stderr and "Traceback" not in done.stderr
