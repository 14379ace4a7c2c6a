"""A small class from the mailbox to the LMS: collected, graded, late, exported, packed; in two databases."""

from __future__ import annotations

import contextlib
import csv
import importlib.util
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import chdir
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jupyter_core.application import NoStart
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderApp

from autograder import cli, grades
from autograder.exporters import CanvasExporter, CsvExporter, MoodleExporter
from tests.end_to_end import cluster, inbox
from tests.end_to_end import mini_course as mini
from tests.end_to_end.inbox import ASSIGNMENT, BACKPROP, CNN, message
from tests.redteam.arena import MISSING

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")

LATE = {
    "ontime": ("01 Mar 2026 20:59:00 +0000", 0),
    "grace": ("01 Mar 2026 21:29:00 +0000", 0),
    "second": ("01 Mar 2026 21:29:01 +0000", 10),
    "twoday": ("02 Mar 2026 21:29:01 +0000", 20),
    "capped": ("30 Jun 2026 12:00:00 +0000", 35),
    "extended": ("04 Mar 2026 21:29:00 +0000", 0),
}
FROM_LMS = ("moodler", "canvaser")
FORMULA = "=HYPERLINK(1)"
SETTINGS = """
c.Collecting.timezone = c.DueDates.timezone = "Europe/Moscow"
c.DueDates.due = {"neural_networks": "2026-03-01 23:59"}
c.DueDates.extensions = {"neural_networks": {"extended": 3}}
c.LatePenalty.percent_per_day = 10
c.LatePenalty.grace_minutes = 30
c.LatePenalty.most_percent = 35
c.CanvasExporter.columns = {"neural_networks": "Homework 5 (1234)"}
"""


def nbgrader(*arguments: str) -> None:
    """Run a command of nbgrader's in this process: a new one takes seconds to start."""
    app = NbGraderApp.instance()
    code: str | int | None = 0
    try:
        app.initialize(list(arguments))
        with contextlib.suppress(NoStart):  # it says that a subcommand has run
            app.start()
    except SystemExit as end:
        code = end.code
    each = app
    while each is not None:
        type(each).clear_instance()
        each = each.subapp
    assert not code, f"nbgrader {' '.join(arguments)} failed; its log is above"


def hand_in(folder: Path) -> None:
    """Everybody hands in the same: by mail, by Moodle, by Canvas."""
    source = folder / "solutions" / ASSIGNMENT
    files = {name: (source / name).read_bytes() for name in (BACKPROP, CNN)}
    (folder / "gradebook").mkdir(exist_ok=True)
    roster = [("id", "first_name", "last_name", "email")]
    for name in (*LATE, *FROM_LMS):
        roster.append((name, name.title(), FORMULA if name == "grace" else "Иванова", f"{name}@uni.example"))
    (folder / "gradebook" / "roster.csv").write_text("\n".join(map(",".join, roster)), encoding="utf-8")
    box = inbox.Inbox(folder)
    box.collect(
        box.mbox(
            *(message("[ML][HW05]", f"{name}@uni.example", files, date) for name, (date, _) in LATE.items())
        )
    )
    for kind, name, start in (
        ("moodle", "moodler", "Moodler Иванова_4711_assignsubmission_file_/"),
        ("canvas", "canvaser", "ивановаcanvaser_LATE_31_90{}_"),
    ):
        content = inbox.archive(
            {start.format(n) + file: data for n, (file, data) in enumerate(files.items())}
        )
        (folder / f"{kind}.zip").write_bytes(content)
        assert [
            line.student for line in box.collect(folder / f"{kind}.zip").students if line.state == "new"
        ] == [name]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The class, graded, with its feedback; tests run in its folder."""
    folder = mini.make(tmp_path_factory.mktemp("books"))
    with (folder / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    with chdir(folder):
        hand_in(folder)
        assert cli.main(["grade", ASSIGNMENT, "--workers", "1", "--quiet"]) == 0
        nbgrader("generate_feedback", ASSIGNMENT)
        yield folder


def read(url: str = "") -> grades.Grades:
    with Gradebook(url or "sqlite:///gradebook/gradebook.db") as book:
        return grades.read(book, ASSIGNMENT)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def export(kind: str) -> list[dict[str, str]]:
    assert cli.main(["export", ASSIGNMENT, "--for", kind]) == 0
    return table(Path("gradebook") / "export" / f"{ASSIGNMENT}-{kind}.csv")


@pytest.mark.usefixtures("course")
class TestLate:
    def test_penalties_are_exact_at_the_boundaries(self) -> None:
        found = {grade.student: grade for grade in read().students}
        earned = found["ontime"].raw_score
        assert earned > 0
        for student, (_, percent) in LATE.items():
            assert found[student].raw_score == earned
            assert found[student].penalty == pytest.approx(earned * percent / 100, abs=1e-4), student
            assert found[student].score == pytest.approx(earned * (100 - percent) / 100, abs=2e-4)

    def test_without_a_date_nothing_is_late(self) -> None:
        found = {grade.student: grade for grade in read().students}
        assert [(found[name].timestamp, found[name].penalty) for name in FROM_LMS] == [(None, 0), (None, 0)]

    def test_nbgrader_grades_the_same_by_itself(self) -> None:
        before = read()
        nbgrader("autograde", ASSIGNMENT, "--student", "second", "--force")
        assert read() == before

    def test_another_policy_is_recorded_without_grading_again(
        self, course: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        config = course / "nbgrader_config.py"
        stood = config.read_text(encoding="utf-8")
        written = {path: path.stat().st_mtime_ns for path in Path("gradebook/autograded").glob("*/*/*.ipynb")}
        try:
            config.write_text(stood + "\nc.LatePenalty.percent_per_day = 0\n", encoding="utf-8")
            cli.main(["grade", ASSIGNMENT, "--workers", "1", "--quiet"])
            assert {grade.penalty for grade in read().students} == {0}
            again = {path.parts[2] for path, when in written.items() if path.stat().st_mtime_ns != when}
            assert again == {"second", "twoday", "capped"}, (
                "those who lose nothing either way stay as they were"
            )
        finally:
            config.write_text(stood, encoding="utf-8")
            cli.main(["grade", ASSIGNMENT, "--workers", "1", "--quiet"])
        assert {g.student for g in read().students if g.penalty} == {"second", "twoday", "capped"}

    def test_an_extension_that_is_no_longer_written_is_taken_back(
        self, course: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        config = course / "nbgrader_config.py"
        stood = config.read_text(encoding="utf-8")
        try:
            config.write_text(stood.replace('{"extended": 3}', "{}"), encoding="utf-8")
            cli.main(["grade", ASSIGNMENT, "--workers", "1"])
            assert {g.student for g in read().students if g.penalty} == {
                "second",
                "twoday",
                "capped",
                "extended",
            }
            table = capsys.readouterr().out
            (row,) = [line for line in table.splitlines() if line.startswith("extended ")]
            assert re.search(r"1\.75 / 1\.75  late: −0\.\d+, 1\.\d+ in the gradebook$", row)
        finally:
            config.write_text(stood, encoding="utf-8")
            cli.main(["grade", ASSIGNMENT, "--workers", "1", "--quiet"])
        assert {g.student for g in read().students if g.penalty} == {"second", "twoday", "capped"}

    def test_a_due_date_that_is_taken_back_leaves_nobody_late_and_no_extension(self, course: Path) -> None:
        config = course / "nbgrader_config.py"
        stood = config.read_text(encoding="utf-8")
        try:
            config.write_text(f'{stood}\nc.DueDates.due = {{"neural_networks": ""}}\n', encoding="utf-8")
            assert cli.main(["grade", ASSIGNMENT, "--workers", "1", "--quiet"]) == 0
            assert {grade.penalty for grade in read().students} == {0}
        finally:
            config.write_text(stood, encoding="utf-8")
            cli.main(["grade", ASSIGNMENT, "--workers", "1", "--quiet"])
        assert {g.student for g in read().students if g.penalty} == {"second", "twoday", "capped"}


@pytest.mark.usefixtures("course")
class TestExport:
    def test_canvas_has_its_columns_its_numbers_and_the_points_possible(self) -> None:
        rows = export("canvas")
        assert list(rows[0]) == [
            "Student",
            "ID",
            "SIS User ID",
            "SIS Login ID",
            "Section",
            "Homework 5 (1234)",
        ]
        found = read()
        assert (rows[0]["Student"], float(rows[0]["Homework 5 (1234)"])) == (
            "    Points Possible",
            found.max_score,
        )
        by_id = {row["SIS User ID"]: row for row in rows[1:]}
        assert by_id["canvaser"]["ID"] == "31"
        assert by_id["ontime"]["Student"] == "Иванова, Ontime"
        scores = {grade.student: grade.score for grade in found.students}
        assert {name: float(row["Homework 5 (1234)"]) for name, row in by_id.items()} == scores

    def test_moodle_has_its_identifiers_and_the_points_of_every_check(self) -> None:
        rows = {row["Email address"]: row for row in export("moodle")}
        moodler = rows["moodler@uni.example"]
        assert (moodler["Identifier"], moodler["Full name"]) == ("Participant 4711", "Moodler Иванова")
        assert rows["ontime@uni.example"]["Identifier"] == ""
        assert "check_relu: 0.5 of 0.5" in moodler["Feedback comments"]
        assert "late: -" in rows["second@uni.example"]["Feedback comments"]
        assert {"Grade", "Maximum Grade", "Last modified (grade)"} <= set(moodler)

    def test_the_table_has_nbgraders_columns_and_the_checks(self) -> None:
        rows = {row["student_id"]: row for row in export("csv")}
        assert float(rows["second"]["late_submission_penalty"]) == pytest.approx(
            float(rows["second"]["raw_score"]) / 10
        )
        checks = ("check_linear", "check_relu", "check_model")
        assert sum(float(rows["second"][name]) for name in checks) == pytest.approx(
            float(rows["second"]["raw_score"])
        )

    def test_the_due_date_is_the_students_own(self) -> None:
        due = {row["student_id"]: datetime.fromisoformat(row["duedate"]) for row in export("csv")}
        assert due.pop("extended") - timedelta(days=3) == due["second"]
        assert len(set(due.values())) == 1

    def test_no_exported_cell_is_a_formula(self) -> None:
        cells = [
            cell for kind in ("csv", "canvas", "moodle") for row in export(kind) for cell in row.values()
        ]
        assert any(FORMULA in cell for cell in cells)
        assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]

    def test_nbgraders_command_without_options_writes_no_formula_either(self) -> None:
        rows = export("csv")
        nbgrader("export")
        assert table(Path("gradebook") / "grades.csv") == rows

    @pytest.mark.parametrize("exporter", [CsvExporter, CanvasExporter, MoodleExporter])
    def test_nbgrader_exports_the_same(self, exporter: type[Any]) -> None:
        kind = exporter.__name__.removesuffix("Exporter").lower()
        rows = export(kind)
        nbgrader("export", f"--exporter={exporter.__module__}.{exporter.__name__}", "--to", "by_nbgrader.csv")
        assert table(Path("by_nbgrader.csv")) == rows

    def test_an_error_is_one_line_of_nbgraders_too(self, capfd: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(AssertionError, match="nbgrader export --assignment"):
            nbgrader("export", "--assignment", '["linear_classifiers"]')
        said = capfd.readouterr().err
        assert "The gradebook holds no grades of linear_classifiers: grade first" in said
        assert "Traceback" not in said

    def test_who_did_not_hand_in_has_empty_cells(self, enrolled: str) -> None:
        (row,) = [row for row in export("csv") if row["student_id"] == enrolled]
        filled = {name for name, cell in row.items() if cell}
        assert filled == {"assignment", "duedate", "student_id", "max_score"}

    @pytest.fixture
    def enrolled(self) -> Iterator[str]:
        """A student who hands in nothing."""
        with Gradebook("sqlite:///gradebook/gradebook.db") as book:
            book.add_student("absent")
        yield "absent"
        with Gradebook("sqlite:///gradebook/gradebook.db") as book:
            book.remove_student("absent")

    def test_who_is_not_graded_or_handed_in_again_is_named(
        self, enrolled: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        submitted = Path("gradebook", "submitted")
        new, again = submitted / enrolled / ASSIGNMENT, submitted / "ontime" / ASSIGNMENT / CNN
        stood = again.read_bytes()
        shutil.copytree(again.parent, new)
        try:
            again.write_bytes(stood.replace(b"class Model", b"class Model_"))
            export("csv")
        finally:
            again.write_bytes(stood)
            shutil.rmtree(new.parent)
        said = capsys.readouterr()
        assert "9 of 9 students have handed in, 8 are graded" in said.out
        assert f"Not graded yet, run `autograder grade {ASSIGNMENT}`: absent" in said.err
        assert (
            f"Handed in again since they were graded, run `autograder grade {ASSIGNMENT}`: ontime" in said.err
        )

    def test_another_policy_that_is_not_recorded_yet_is_named(
        self, course: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        export("csv")
        assert "another late policy" not in capsys.readouterr().err
        config = course / "nbgrader_config.py"
        stood = config.read_text(encoding="utf-8")
        try:
            config.write_text(stood + "\nc.LatePenalty.percent_per_day = 5\n", encoding="utf-8")
            export("csv")
        finally:
            config.write_text(stood, encoding="utf-8")
        lines = capsys.readouterr().err.splitlines()
        said = f"Graded with other dates, or another late policy, run `autograder grade {ASSIGNMENT}`"
        assert f"{said}: second, twoday" in lines, "who is on time or at the cap loses as much as before"

    def test_what_is_not_graded_is_explained(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["export", "linear_classifiers", "--for", "csv"]) == 1
        assert "grade first" in capsys.readouterr().err


@pytest.mark.usefixtures("course")
class TestFeedback:
    def pack(self, kind: str) -> dict[str, bytes]:
        assert cli.main(["feedback", ASSIGNMENT, "--for", kind]) == 0
        with zipfile.ZipFile(Path("gradebook") / "export" / f"{ASSIGNMENT}-feedback-{kind}.zip") as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def test_moodle_gets_its_folders_back(self, capsys: pytest.CaptureFixture[str]) -> None:
        packed = self.pack("moodle")
        folder = "Moodler Иванова_4711_assignsubmission_file_"
        assert set(packed) == {f"{folder}/1_backprop_numpy.html", f"{folder}/2_cnn_cifar10.html"}
        page = Path("gradebook", "feedback", "moodler", ASSIGNMENT, "1_backprop_numpy.html").read_bytes()
        assert packed[f"{folder}/1_backprop_numpy.html"] == page
        assert "ontime" in capsys.readouterr().err

    def test_canvas_gets_names_with_the_numbers_of_the_files_that_were_handed_in(self) -> None:
        start = "ивановаcanvaser_LATE_31_90"
        assert set(self.pack("canvas")) == {f"{start}0_1_backprop_numpy.html", f"{start}1_2_cnn_cifar10.html"}

    def test_pages_older_than_the_grades_are_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        nbgrader("generate_feedback", ASSIGNMENT, "--force")
        capsys.readouterr()
        self.pack("moodle")
        assert "older than the grades" not in capsys.readouterr().err
        with Gradebook("sqlite:///gradebook/gradebook.db") as book:
            points = book.find_grade("check_relu", "1_backprop_numpy", ASSIGNMENT, "moodler")
            points.manual_score = 0.25
            book.db.commit()
            graded = Path("gradebook", "autograded", "canvaser", ASSIGNMENT, CNN)
            stood = graded.stat().st_mtime_ns
            try:
                os.utime(graded)
                self.pack("moodle")
            finally:
                os.utime(graded, ns=(stood, stood))
                points.manual_score = None
                book.db.commit()
        said = capsys.readouterr().err
        assert (
            f"`nbgrader generate_feedback {ASSIGNMENT} --force`, and run this again: canvaser, moodler"
            in said
        )

    def test_without_pages_the_way_to_them_is_said(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["feedback", "linear_classifiers", "--for", "moodle"]) == 1
        assert "nbgrader generate_feedback" in capsys.readouterr().err


@pytest.mark.skipif(
    not (cluster.INITDB and cluster.PG_CTL), reason="no PostgreSQL: apt-get install postgresql"
)
@pytest.mark.skipif(
    not importlib.util.find_spec("psycopg"), reason='no psycopg: pip install -e ".[postgresql]"'
)
def test_the_books_on_postgresql_are_those_on_sqlite(course: Path, tmp_path: Path) -> None:
    shutil.copytree(
        course, tmp_path / "course", ignore=shutil.ignore_patterns("gradebook.db", "autograded", "recorded-*")
    )
    with cluster.server() as url, chdir(tmp_path / "course"), pytest.MonkeyPatch.context() as environment:
        environment.setenv("AUTOGRADER_DB_URL", url)
        environment.setenv("PGPASSWORD", cluster.PASSWORD)
        nbgrader("generate_assignment", ASSIGNMENT, "--force")
        assert cli.main(["collect", ASSIGNMENT, "--from", "class.mbox"]) == 0
        assert cli.main(["grade", ASSIGNMENT, "--workers", "1", "--quiet"]) == 0
        assert not Path("gradebook", "gradebook.db").exists()
        assert read(url) == read(f"sqlite:///{course}/gradebook/gradebook.db")
        with Gradebook(url) as there, Gradebook(f"sqlite:///{course}/gradebook/gradebook.db") as here:
            assert sorted_rows(there) == sorted_rows(here)
        # alembic, by its name, as nbgrader calls it
        nbgrader("db", "upgrade")
        nbgrader("export", "--to", "grades.csv")
        nbgrader("generate_feedback", ASSIGNMENT, "--student", "ontime", "--force")
        assert len(table(Path("grades.csv"))) == len(LATE) + len(FROM_LMS)


def sorted_rows(book: Gradebook) -> list[dict[str, Any]]:
    """What formgrader shows of all submissions; the ids of rows are random."""
    rows = [{k: v for k, v in row.items() if k != "id"} for row in book.submission_dicts(ASSIGNMENT)]
    return sorted(rows, key=lambda row: row["student"])


def test_the_exchange_brings_a_submission_to_the_sandbox(course: Path, tmp_path: Path) -> None:
    teacher, student, exchange = tmp_path / "teacher", tmp_path / "student", tmp_path / "exchange"
    shutil.copytree(course, teacher, ignore=shutil.ignore_patterns("gradebook"))
    (teacher / "gradebook").mkdir()
    shutil.copy(course / "gradebook" / "secret", teacher / "gradebook")
    shutil.copytree(course / "gradebook" / "images", teacher / "gradebook" / "images")
    student.mkdir()
    exchange.mkdir(mode=0o777)
    shared = f'\nc.Exchange.root = "{exchange}"\nc.Exchange.cache = "{tmp_path}/cache"\n'
    (student / "nbgrader_config.py").write_text(
        f'c = get_config()\nc.CourseDirectory.course_id = "deep_learning"{shared}'
    )
    with (teacher / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(shared + 'c.DueDates.due = {"neural_networks": "2126-01-01 00:00"}\n')
    with chdir(teacher):
        nbgrader("generate_assignment", ASSIGNMENT, "--force")
        nbgrader("release_assignment", ASSIGNMENT)
    with chdir(student):
        nbgrader("fetch_assignment", ASSIGNMENT)
        assert (student / ASSIGNMENT / BACKPROP).read_bytes() == (
            teacher / "notebooks" / ASSIGNMENT / BACKPROP
        ).read_bytes()
        for name in (BACKPROP, CNN):
            shutil.copy(course / "solutions" / ASSIGNMENT / name, student / ASSIGNMENT)
        nbgrader("submit", ASSIGNMENT)
    with chdir(teacher):
        nbgrader("collect", ASSIGNMENT)
        (who,) = (teacher / "gradebook" / "submitted").iterdir()
        assert (who / ASSIGNMENT / "timestamp.txt").exists()
        assert cli.main(["grade", ASSIGNMENT, "--workers", "1", "--quiet"]) == 0
        (grade,) = (g for g in read().students if g.handed_in)
        assert grade.student == who.name
        assert grade.score == read().max_score == read(f"sqlite:///{course}/gradebook/gradebook.db").max_score
        nbgrader("generate_feedback", ASSIGNMENT)
        nbgrader("release_feedback", ASSIGNMENT)
    with chdir(student):
        nbgrader("fetch_feedback", ASSIGNMENT)
        assert list((student / ASSIGNMENT / "feedback").rglob("*.html"))
