"""`autograder report` on a graded class: what it shows, and that it changes nothing."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from autograder.sandbox import walls
from tests.end_to_end import mini_course as mini
from tests.end_to_end.test_regrade import books_and_reports
from tests.end_to_end.written_course import ASSIGNMENT

MISSING = [wall.name for wall in walls.missing()]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")


@pytest.fixture(scope="module")
def page(written_class: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page, made without a change to what is stored."""
    out = tmp_path_factory.mktemp("report") / "class.html"
    before = books_and_reports(written_class)
    said = mini.run(written_class, "autograder.cli", "report", ASSIGNMENT, "--out", str(out))
    assert books_and_reports(written_class) == before
    assert "6 students" in said
    return out.read_text(encoding="utf-8")


def section(page: str, name: str) -> str:
    """The words of one section, without tags."""
    html = page.split(f'<section id="{name}"')[1].split("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_it_counts_who_handed_in_and_what_waits_for_a_person(page: str) -> None:
    tiles = " ".join(re.sub(r"<[^>]+>", " ", page.split('<dl class="tiles">')[1].split("</dl>")[0]).split())
    assert "Handed in 5 of 6" in tiles
    assert "conclusions of 2_softmax_pytorch waits in" in section(page, "attention")


def test_it_names_whoever_needs_attention_and_why(page: str) -> None:
    words = section(page, "attention")
    assert "Absent, <b>Zoe</b> (zoe) nothing handed in" in words
    assert "<b>Zoe</b>" not in page
    assert re.search(r"eli refused 2_softmax_pytorch: The notebook is not complete JSON", words)
    assert "locked cells changed Graded with the release's text: 1_softmax_numpy: check_softmax" in words
    assert words.count("locked cells changed") == 1
    assert words.count("softmax_regression.pt was not handed in") == 5
    assert "ZeroDivisionError" in section(page, "causes")
    assert "error The code raises an error in: Softmax" in words


def test_an_answer_that_waits_is_exported_as_not_graded_and_not_as_nothing(
    written_class: Path, tmp_path: Path
) -> None:
    def exported(kind: str) -> list[dict[str, str]]:
        to = tmp_path / f"{kind}.csv"
        mini.run(written_class, "autograder.cli", "export", ASSIGNMENT, "--for", kind, "--to", str(to))
        with to.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    rows = {row["student_id"]: row for row in exported("csv")}
    assert (rows["ada"]["conclusions"], rows["ada"]["check_softmax"]) == ("", "0.5")
    comments = [row["Feedback comments"] for row in exported("moodle") if row["Grade"]]
    assert sum("conclusions: not graded yet" in comment for comment in comments) == 4
    assert (
        sum("conclusions: 0 of 0.5" in comment for comment in comments) == 1
    )  # eli, whose notebook is damaged


def test_points_of_checks_and_students_are_those_of_the_books(page: str, written_class: Path) -> None:
    row = re.search(r'<tr><th scope="row">ada\s*</th>(.*?)</tr>', page.split('id="all-students"')[1], re.S)
    assert row is not None
    cells = [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", row[1], re.S)]
    assert cells[:3] == ["0.75", "0.5", "0.25"]
    assert "Softmax" in section(page, "checks")


def test_a_copy_under_other_names_is_listed_and_shown_side_by_side(page: str) -> None:
    words = section(page, "similar")
    assert "cyd dot" in words
    assert "cyd and dot:" in words
    assert "largest = np.max" in words and "m = np.max" in words
    assert "ada bob" not in words


def test_an_assignment_without_submissions_is_one_sentence(written_class: Path) -> None:
    for name in ("neural_networks", "nothing"):
        done = subprocess.run(
            [sys.executable, "-m", "autograder.cli", "report", name],
            cwd=written_class,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1
