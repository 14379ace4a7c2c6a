"""`autograder grade` on a small class: three ways to the same grades, and failures that lose nothing."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock
from nbgrader.api import Gradebook

from autograder import batch, workers
from autograder.assignments import ASSIGNMENTS
from autograder.errors import ExplainedError
from autograder.examiner import Task, make_task, read_secret
from autograder.report import Report, Store
from autograder.sandbox import walls
from autograder.sandbox.limits import Limits
from tests.end_to_end import mini_course as mini
from tests.end_to_end.mini_course import ASSIGNMENT

MISSING = [wall.name for wall in walls.missing()]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")

CLASS = {
    "ada": "",
    "bob": mini.ZERO_BACKWARD,
    "cyd": "1 / 0",
    "dan": "del Linear",
    "eve": "Linear = None",
    "fay": "class Linear(Linear):\n    def forward(self, x):\n        raise NotImplementedError",
}
EXPECTED = {"ada": mini.FULL, "bob": mini.ZERO_GRADIENT, "cyd": mini.FULL, "dan": 0.75, "eve": 0.75}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = mini.make(tmp_path_factory.mktemp("mini"))
    for student, more in CLASS.items():
        mini.hand_in(folder, student, more)
    return folder


def test_the_three_ways_give_the_same_points_check_by_check(course: Path) -> None:
    mini.run(course, "nbgrader", "autograde", ASSIGNMENT, "--force", AUTOGRADER_STOCK="1")
    stock = mini.points(course)
    mini.run(course, "nbgrader", "autograde", ASSIGNMENT, "--force")
    ours = mini.points(course)
    mini.run(course, "autograder.cli", "grade", ASSIGNMENT, "--json", "grades.json")
    batched = mini.points(course)
    assert stock == ours == batched
    assert {s: p for s, p in mini.scores(course).items() if s in EXPECTED} == EXPECTED


@pytest.fixture(scope="module")
def graded(course: Path) -> Path:
    mini.run(course, "autograder.cli", "grade", ASSIGNMENT, "--json", "grades.json")
    return course


def test_the_json_tells_every_verdict(graded: Path) -> None:
    rows = json.loads((graded / "grades.json").read_text(encoding="utf-8"))
    assert [row["student"] for row in rows] == sorted(CLASS)
    for row in rows:
        assert set(row) >= {"student", "assignment", "status", "score", "max_score", "checks", "sandbox"}
        assert row["score"] == pytest.approx(sum(check["points"] for check in row["checks"].values()))
        assert "network namespace" in row["sandbox"]
    causes = [c["cause"] for c in rows[1]["checks"]["check_linear"]["criteria"] if c["status"] == "failed"]
    assert any("0 everywhere" in cause for cause in causes)


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "gradebook" / "reports").glob("*.json")}


def test_a_second_run_examines_nothing(graded: Path) -> None:
    before = stamps(graded)
    mini.run(graded, "autograder.cli", "grade", ASSIGNMENT)
    assert stamps(graded) == before


def test_a_changed_submission_alone_is_examined_again(graded: Path) -> None:
    before = stamps(graded)
    mini.hand_in(graded, "ada", "# a comment")
    mini.run(graded, "autograder.cli", "grade", ASSIGNMENT)
    after = stamps(graded)
    assert len(after) == len(before) + 1
    assert {name: after[name] for name in before} == before


def test_feedback_shows_the_card_and_export_the_score(graded: Path) -> None:
    mini.run(graded, "nbgrader", "generate_feedback", ASSIGNMENT, "--force")
    page = graded / "gradebook" / "feedback" / "bob" / ASSIGNMENT / "1_backprop_numpy.html"
    assert "0 everywhere" in page.read_text(encoding="utf-8")
    mini.run(graded, "nbgrader", "export")
    with (graded / "gradebook" / "grades.csv").open(encoding="utf-8") as file:
        rows = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert rows["bob"] == EXPECTED["bob"]


def test_an_unknown_student_or_assignment_is_one_sentence(graded: Path) -> None:
    for arguments, said in (
        (["nobody"], "There is no assignment"),
        ([ASSIGNMENT, "--students", "zoe"], "zoe"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "autograder.cli", "grade", *arguments],
            cwd=graded,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_two_runs_at_once_record_one_after_the_other_into_a_new_gradebook_that_knows_the_roster(
    tmp_path: Path,
) -> None:
    folder = mini.make(tmp_path)
    (folder / "gradebook" / "gradebook.db").unlink(missing_ok=True)
    for student in ("ada", "bob", "cyd"):
        mini.hand_in(folder, student)
    (folder / "gradebook" / "roster.csv").write_text(
        "id,first_name,last_name,email\nada,Ada,Lovelace,ada@uni.example\nzoe,Zoë,Absent,\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "autograder.cli", "grade", ASSIGNMENT, "--workers", "1"]
    with FileLock(folder / "gradebook" / ".recording.lock"):  # both wait for it, and begin together
        runs = [
            subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        for run in runs:
            assert run.stderr is not None
            assert any("Another run records" in line for line in run.stderr)
    for run in runs:
        said = "".join(run.communicate())
        assert run.returncode == 0, said
        assert "Traceback" not in said
    assert mini.scores(folder) == dict.fromkeys(("ada", "bob", "cyd"), mini.FULL)
    with Gradebook(f"sqlite:///{folder / 'gradebook' / 'gradebook.db'}") as book:
        assert {student.id: student.last_name for student in book.students} == {
            "ada": "Lovelace",
            "bob": None,
            "cyd": None,
            "zoe": "Absent",
        }
    shutil.rmtree(folder / "gradebook" / "submitted" / "bob")
    said = mini.run(folder, "autograder.cli", "grade", ASSIGNMENT)
    assert "bob has grades, and nothing in" in said
    assert "bob has grades" in mini.run(folder, "autograder.cli", "export", ASSIGNMENT, "--for", "csv")


def test_a_run_that_waits_for_another_one_can_be_stopped(tmp_path: Path) -> None:
    folder = mini.make(tmp_path)
    mini.hand_in(folder, "ada")
    with FileLock(folder / "gradebook" / ".recording.lock"):
        run = subprocess.Popen(
            [sys.executable, "-m", "autograder.cli", "grade", ASSIGNMENT],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert run.stderr is not None
        assert any("Another run records" in line for line in run.stderr)
        while not list((folder / "gradebook" / "reports").glob("*.json")):
            time.sleep(0.1)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=60)
    assert "run this again, and it goes on from there" in said
    assert "Traceback" not in said


def test_a_killed_run_loses_nothing(tmp_path: Path) -> None:
    folder = mini.make(tmp_path)
    for number in range(6):
        mini.hand_in(folder, f"student{number}", mini.ZERO_BACKWARD if number % 2 else "")
    for pause in (6.0, 9.0):
        process = subprocess.Popen(
            [sys.executable, "-m", "autograder.cli", "grade", ASSIGNMENT],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
    mini.run(folder, "autograder.cli", "grade", ASSIGNMENT)
    expected = {f"student{n}": EXPECTED["bob"] if n % 2 else EXPECTED["ada"] for n in range(6)}
    assert mini.scores(folder) == expected


def test_a_submission_that_nbgrader_does_not_take_is_named_and_the_others_are_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mini.make(tmp_path)
    for student in ("ada", "bob", "cyd"):
        mini.hand_in(folder, student)
    autograde = batch._autograde

    def stumble(api: object, assignment: str, student: str) -> None:
        if student == "bob":
            raise batch._NotTakenError("nbgrader could not record bob.")
        autograde(api, assignment, student)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "_autograde", stumble)
    monkeypatch.chdir(folder)
    with pytest.raises(ExplainedError, match="could not record bob"):
        batch.grade(Path.cwd(), batch.Options(ASSIGNMENT))
    assert mini.scores(folder) == {"ada": EXPECTED["ada"], "cyd": EXPECTED["ada"]}
    monkeypatch.setattr(batch, "_autograde", autograde)
    batch.grade(Path.cwd(), batch.Options(ASSIGNMENT))
    assert mini.scores(folder) == dict.fromkeys(("ada", "bob", "cyd"), EXPECTED["ada"])


def test_what_is_handed_in_while_others_are_examined_is_not_recorded_with_the_old_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mini.make(tmp_path)
    for student in ("ada", "bob"):
        mini.hand_in(folder, student)
    add = batch._Recorder.add

    def hand_in_again(recorder: batch._Recorder, report: Report) -> None:
        if report.student == "ada":
            mini.hand_in(folder, "ada", mini.ZERO_BACKWARD)
        add(recorder, report)

    monkeypatch.setattr(batch._Recorder, "add", hand_in_again)
    monkeypatch.chdir(folder)
    with pytest.raises(ExplainedError, match="ada has handed in again since this was examined"):
        batch.grade(Path.cwd(), batch.Options(ASSIGNMENT))
    assert mini.scores(folder) == {"bob": EXPECTED["ada"]}
    monkeypatch.setattr(batch._Recorder, "add", add)
    batch.grade(Path.cwd(), batch.Options(ASSIGNMENT))
    assert mini.scores(folder) == {"ada": EXPECTED["bob"], "bob": EXPECTED["ada"]}


def test_formgraders_button_grades_what_is_there_now(tmp_path: Path) -> None:
    """Formgrader calls nbgrader in its own process, again and again."""
    folder = mini.make(tmp_path)
    mini.hand_in(folder, "ada")
    again = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from nbgrader.apps.api import NbGraderAPI\n"
        "from nbgrader.coursedir import CourseDirectory\n"
        "from autograder import configuration\n"
        "from tests.end_to_end import mini_course as mini\n"
        "course = Path.cwd()\n"
        "config = configuration.read(course)\n"
        "api = NbGraderAPI(coursedir=CourseDirectory(config=config, root=str(course)), config=config)\n"
        "for more in ('', mini.ZERO_BACKWARD, ''):\n"
        "    mini.hand_in(course, 'ada', more)\n"
        "    assert api.autograde(mini.ASSIGNMENT, 'ada', force=True)['success']\n"
        "    print('points', mini.scores(course)['ada'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", again, str(mini.ROOT)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    points = [float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("points")]
    assert points == [EXPECTED["ada"], EXPECTED["bob"], EXPECTED["ada"]]


def test_a_locked_database_is_one_sentence_and_loses_nothing(graded: Path) -> None:
    before = mini.scores(graded)
    lock = sqlite3.connect(graded / "gradebook" / "gradebook.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "grade", ASSIGNMENT, "--students", "ada"],
        cwd=graded,
        capture_output=True,
        text=True,
        check=False,
    )
    lock.execute("ROLLBACK")
    lock.close()
    assert done.returncode == 1
    assert "run this again. All reports are stored" in done.stderr
    assert "Traceback" not in done.stderr
    mini.run(graded, "autograder.cli", "grade", ASSIGNMENT)
    assert mini.scores(graded) == before


def tasks_of(folder: Path) -> list[Task]:
    secret = read_secret(folder / "gradebook" / "secret")
    return [
        make_task(
            folder / "gradebook" / "submitted" / student / ASSIGNMENT,
            student,
            ASSIGNMENTS[ASSIGNMENT],
            folder / "notebooks" / ASSIGNMENT,
            Limits(),
            secret,
        )
        for student in ("ada", "bob")
    ]


def test_a_worker_that_dies_once_costs_a_second_try(graded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    give = workers._Worker.give

    def give_and_kill(self: workers._Worker, task: Task) -> bool:
        given = give(self, task)
        if not killed:
            killed.append(self.process.pid or 0)
            os.kill(killed[0], signal.SIGKILL)
        return given

    monkeypatch.setattr(workers._Worker, "give", give_and_kill)
    outcomes = list(workers.examine_here(tasks_of(graded), None, 1))
    assert sorted(o.score for o in outcomes if isinstance(o, Report)) == [EXPECTED["bob"], EXPECTED["ada"]]


def test_a_submission_whose_worker_always_dies_is_marked_and_the_rest_is_graded(
    graded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give = workers._Worker.give

    def give_and_kill(self: workers._Worker, task: Task) -> bool:
        given = give(self, task)
        if task.submission.student == "ada" and self.process.pid:
            os.kill(self.process.pid, signal.SIGKILL)
        return given

    monkeypatch.setattr(workers._Worker, "give", give_and_kill)
    tasks = tasks_of(graded)
    outcomes = list(workers.examine_here(tasks, None, 1))
    given_up = [o for o in outcomes if isinstance(o, workers.GivenUp)]
    assert [o.student for o in given_up] == ["ada"]
    assert [o.score for o in outcomes if isinstance(o, Report)] == [EXPECTED["bob"]]
    report = batch._given_up(tasks[0], given_up[0])
    assert report.score == 0
    assert "A person has to look at it" in report.refused["1_backprop_numpy"]


class TestStore:
    def report(self, key: str) -> Report:
        return Report("ada", ASSIGNMENT, key, "0", "none", ())

    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        store.write(self.report("k1"))
        assert store.read("k1") == self.report("k1")
        assert store.read("k2") is None

    @pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"student": "ada"}', b"\xff"])
    def test_a_damaged_report_is_no_report(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "k1.json").write_bytes(content)
        assert Store(tmp_path).read("k1") is None

    def test_a_report_under_another_name_is_no_report(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        store.write(self.report("k1"))
        (tmp_path / "k1.json").rename(tmp_path / "k2.json")
        assert store.read("k2") is None

    def test_a_full_disk_leaves_the_old_report(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        store = Store(tmp_path)
        store.write(self.report("k1"))

        def full(*args: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            store.write(self.report("k1"))
        assert store.read("k1") == self.report("k1")
        assert [p.name for p in tmp_path.iterdir()] == ["k1.json"]
