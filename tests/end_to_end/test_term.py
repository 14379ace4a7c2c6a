"""A class of thirty from the mailbox to the LMS, by the commands that docs/instructors.md gives, in a new course."""

from __future__ import annotations

import csv
import json
import mailbox
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder import data, demo, sample_class
from autograder.assignments import ASSIGNMENTS
from autograder.checks.notebook import checks_of
from autograder.sample_class import Sample
from autograder.samples import SAMPLES
from tests.end_to_end.inbox import ASSIGNMENT, BACKPROP, CNN, WEIGHTS, archive, message
from tests.redteam.arena import MISSING
from tests.redteam.test_own_design import FAR

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
QUICK = """
c.Record.cell_seconds = 20
c.DueDates.due = {"neural_networks": "2026-03-01 18:00"}
c.LatePenalty.percent_per_day = 10
"""
Files = dict[str, bytes]
FIRST, SECOND = BACKPROP.removesuffix(".ipynb"), CNN.removesuffix(".ipynb")
POINTS = {
    f"check_{name}": (notebook, checks[name].points)
    for notebook in ASSIGNMENTS[ASSIGNMENT].notebooks
    for checks in [checks_of(notebook)]
    for name in checks.names()
}
METRICS = frozenset({"check_accuracy", "check_precision", "check_recall"})
OF_FIRST = frozenset(name for name, (notebook, _) in POINTS.items() if notebook == FIRST)
OF_SECOND = frozenset(POINTS) - OF_FIRST


def answer(name: str, gid: str, source: str) -> Callable[[Files], Files]:
    """Another answer in one cell."""

    def change(files: Files) -> Files:
        content = json.loads(files[name])
        for cell in content["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == gid:
                cell["source"] = source
        return {**files, name: json.dumps(content).encode()}

    return change


def own_cell(source: str, kind: str = "code") -> Callable[[Files], Files]:
    """A cell of the student's own after the first one of the first notebook."""

    def change(files: Files) -> Files:
        content = json.loads(files[BACKPROP])
        cell = {"id": "own", "cell_type": kind, "metadata": {}, "source": source}
        content["cells"].insert(
            1, cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        )
        return {**files, BACKPROP: json.dumps(content).encode()}

    return change


def instead(name: str, content: bytes) -> Callable[[Files], Files]:
    """Another file of this name."""
    return lambda files: {**files, name: content}


SOLVED = Sample("", ASSIGNMENT)


@dataclass(frozen=True)
class Student:
    """One of the class: who hands in what, and the checks that do not earn full points.

    Attributes
    ----------
    id, first, last : str
        As in the roster.
    sample : Sample, optional
        What is handed in; the solution where nothing else is said.
    change : callable, optional
        What is done to the files after that.
    loses : frozenset of str
        The checks below full points.
    when : str
        Of the message.
    """

    id: str
    first: str
    last: str
    loses: frozenset[str] = frozenset()
    sample: Sample = SOLVED
    change: Callable[[Files], Files] = lambda files: files
    when: str = "20:15:00"

    @property
    def address(self) -> str:
        """In the roster."""
        return f"{self.id}@uni.example"


def known(name: str) -> Sample:
    """One of the demo's class."""
    return next(sample for sample in SAMPLES if sample.student == name)


def only(*names: str) -> frozenset[str]:
    return frozenset(f"check_{name}" for name in names)


BLANK = Sample("", ASSIGNMENT, blank=(FIRST, SECOND), missing=(WEIGHTS,))
BY_MAIL = (
    Student("ada", "Ада", "Лавлейс"),
    Student("boris", "Борис", "Щукин", only("cross_entropy", "mlp_fit"), known("boris")),
    Student("chen", "Chen", "Li", only("linear"), known("chen")),
    Student("dmitri", "Дмитрий", "Яковлев", only("softmax", "mlp_predict"), known("dmitri")),
    Student("elif", "Elif", "Çelik", only("relu", "moons"), known("elif")),
    Student(
        "grace",
        "Grace",
        "O'Hara",
        only("relu", "moons", "blobs"),
        known("grace"),
    ),
    Student("hugo", "Hugo", "Núñez", METRICS, known("hugo")),
    Student("ines", "Inês", "Araújo", only("calculate_loss"), known("ines")),
    Student("blank", "Юлия", "Хабибуллина-Цой", frozenset(POINTS), BLANK),
    Student("half", "Пётр", "Алексеев", OF_SECOND, Sample("", ASSIGNMENT, missing=(CNN, WEIGHTS))),
    Student("other", "Анна", "Соловьёва", OF_FIRST, Sample("", ASSIGNMENT, missing=(BACKPROP,))),
    Student("foreign", "Олег", "Жуков", METRICS, Sample("", ASSIGNMENT, foreign_checkpoint=True)),
    Student("broken", "Вера", "Шмидт", OF_FIRST, change=instead(BACKPROP, b"{")),
    Student("pickled", "Лев", "Гуров", METRICS, change=instead(WEIGHTS, b"\x80\x04cposix\nsystem\n.")),
    Student(
        "endless",
        "Мария",
        "Рябова",
        only("moons"),
        change=answer(BACKPROP, "moons", "moons_classifier = None\nwhile True:\n    pass"),
    ),
    Student(
        "aborts",
        "Илья",
        "Фомин",
        only("relu", "moons", "blobs"),
        change=answer(BACKPROP, "relu", "import os\nos.abort()"),
    ),
    Student("talks", "Зоя", "Белых", change=own_cell("print('x' * 50_000_000)")),
    Student("script", "Рита", "<b>Ким</b>", change=own_cell("<script>alert(1)</script>", "markdown")),
    Student(
        "forger",
        "Марк",
        "Лисин",
        OF_FIRST,
        change=own_cell(
            FAR
            + "far_end.ask = far_end.answer = lambda *a, **k: {'status': 'answered', 'answer': 1e9}\n"
            + "os.write(3, b'{\"points\": 10}' * 99)"
        ),
    ),
    Student("late", "Нина", "Попова", when="Tue, 03 Mar 2026 12:00:00 +0000"),
    Student("twice", "Егор", "Панов"),
    Student("zipped", "Яна", "Сёмина"),
    Student("renamed", "Alexey", "Yatsenko"),
    Student("koi", "Фёдор", "Ёлкин"),
)
BY_MOODLE = (
    Student("moodle1", "Moodler", "Иванова"),
    Student("moodle2", "Тимур", "Ахметов", frozenset(POINTS), BLANK),
    Student("moodle3", "Ольга", "Ершова", only("relu", "moons"), known("elif")),
)
BY_CANVAS = (
    Student("canvas1", "Canvas", "Reader"),
    Student("canvas2", "Jo", "March", METRICS, known("hugo")),
    Student("canvas3", "Kim", "Lee", only("softmax", "mlp_predict"), known("dmitri")),
)
CLASS = (*BY_MAIL, *BY_MOODLE, *BY_CANVAS)
ABSENT = Student("absent", "Семён", "Прогулов")


class Term:
    """A new course, and what its commands have said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.books = folder / "gradebook"
        self.said: dict[str, str] = {}

    def step(self, command: str, *, lms: str = "moodle", path: Path | None = None) -> str:
        """Run a command as the guide writes it."""
        assert f"`{command}`" in GUIDE
        command = command.replace("ASSIGNMENT", ASSIGNMENT).replace("PATH", str(path)).replace("moodle", lms)
        program, *arguments = shlex.split(command)
        module = {"autograder": "autograder.cli", "nbgrader": "nbgrader"}[program]
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout + done.stderr

    def table(self, kind: str) -> list[dict[str, str]]:
        """What was exported for an LMS."""
        path = self.books / "export" / f"{ASSIGNMENT}-{kind}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def files_of(student: Student, course: Path, scratch: Path, checkpoints: Path | None) -> Files:
    """What a student hands in."""
    sample = replace(student.sample, student=student.id)
    folder = sample_class.write(sample, course, scratch, checkpoints)
    return student.change({path.name: path.read_bytes() for path in sorted(folder.iterdir())})


def messages(student: Student, files: Files) -> Iterator[EmailMessage | bytes]:
    """A student's message or messages, each in another way that students send them."""
    sender = f"{student.first} <{student.address}>"
    subject = f"[ML][HW05] {student.last}, {student.first}"
    match student.id:
        case "twice":
            yield message(subject, sender, {BACKPROP: b"{}"}, "20:00:00")
            yield message(f"Re: {subject}", sender, files, "20:59:00")
        case "zipped":
            inner = {f"hw5/{name}": content for name, content in files.items()}
            yield message(subject, sender, {"hw5.zip": archive({**inner, "__MACOSX/hw5/._x.ipynb": b"junk"})})
        case "renamed":
            yield message(
                f"[ml] [hw 5] {student.last} {student.first}",
                sender,
                {
                    "Решение (1).ipynb": files[BACKPROP],
                    "untitled.ipynb": files[CNN],
                    WEIGHTS: files[WEIGHTS],
                },
            )
        case "koi":
            raw = message("x", sender, files).as_bytes()
            yield raw.replace(b"Subject: x", b"Subject: " + subject.encode("koi8-r"))
        case _:
            yield message(subject, sender, files, student.when)


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> Term:
    """The class has handed in, and every step of the guide has been taken."""
    folder = tmp_path_factory.mktemp("term") / "course"
    folder.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    with (folder / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(QUICK)
    for name in ("solutions", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("results.csv", ".ipynb*"))
    checkpoints = demo.train_on_stand_in(folder) if data.is_synthetic() else None
    made = Term(folder)
    scratch = tmp_path_factory.mktemp("students")
    handed_in = {student.id: files_of(student, folder, scratch, checkpoints) for student in CLASS}
    for path in write_sources(folder, handed_in):
        made.said[path.name] = made.step("autograder collect ASSIGNMENT --from PATH", path=path)
    made.step("autograder grade ASSIGNMENT")
    made.step("nbgrader generate_feedback ASSIGNMENT")
    for lms in ("moodle", "canvas"):
        made.said[lms] = made.step("autograder feedback ASSIGNMENT --for moodle", lms=lms)
        made.step("autograder export ASSIGNMENT --for moodle", lms=lms)
    made.step("autograder report ASSIGNMENT")
    return made


def write_sources(folder: Path, handed_in: dict[str, Files]) -> list[Path]:
    """The roster, the mailbox, and the archives of both LMSs."""
    rows = [("id", "first_name", "last_name", "email")]
    rows += [(s.id, s.first, s.last, s.address) for s in (*CLASS, ABSENT)]
    (folder / "gradebook").mkdir()
    with (folder / "gradebook" / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    box = mailbox.mbox(folder / "class.mbox")
    for student in BY_MAIL:
        for each in messages(student, handed_in[student.id]):
            box.add(each)
    ada = handed_in["ada"]
    box.add(message("[ML][HW05] Незнакомцев Некто", "stranger@mail.example", ada))
    box.add(message("[ML][HW05] Попова Нина", "Mallory <m@evil.example>", ada, "23:00:00"))
    box.add(message("Lunch?", "friend@mail.example"))
    box.close()
    entries: dict[str, Files] = {"moodle.zip": {}, "canvas.zip": {}}
    for number, student in enumerate(BY_MOODLE):
        start = f"{student.first} {student.last}_47{number}_assignsubmission_file_/"
        entries["moodle.zip"] |= {start + name: text for name, text in handed_in[student.id].items()}
    for number, student in enumerate(BY_CANVAS):
        start = f"{student.last}{student.first}_3{number}_9".lower()
        for file, (name, content) in enumerate(handed_in[student.id].items()):
            entries["canvas.zip"][f"{start}{number}{file}_{name}"] = content
    for name, files in entries.items():
        (folder / name).write_bytes(archive(files))
    return [folder / name for name in ("class.mbox", *entries)]


def earned(term: Term) -> dict[str, dict[str, float]]:
    """Points by student and check, from the gradebook."""
    with Gradebook(f"sqlite:///{term.books / 'gradebook.db'}") as book:
        return {
            submission.student.id: {g.name: g.score for n in submission.notebooks for g in n.grades}
            for submission in book.assignment_submissions(ASSIGNMENT)
        }


def test_the_class_has_thirty_submissions(term: Term) -> None:
    assert len(CLASS) == 30
    assert set(earned(term)) == {student.id for student in CLASS}


@pytest.mark.parametrize("student", CLASS, ids=[student.id for student in CLASS])
def test_every_student_loses_what_is_wrong_and_nothing_else(term: Term, student: Student) -> None:
    points = earned(term)[student.id]
    assert {name for name, got in points.items() if got < POINTS[name][1]} == student.loses
    assert all(points[name] == POINTS[name][1] for name in POINTS if name not in student.loses)


def test_the_late_one_alone_loses_a_share(term: Term) -> None:
    with Gradebook(f"sqlite:///{term.books / 'gradebook.db'}") as book:
        found = {
            s.student.id: (s.late_submission_penalty or 0.0, s.score)
            for s in book.assignment_submissions(ASSIGNMENT)
        }
    assert found["late"] == (pytest.approx(2.0), pytest.approx(10.0))
    assert {student for student, (penalty, _) in found.items() if penalty} == {"late"}


def test_what_came_from_nobody_is_listed_and_kept(term: Term) -> None:
    said = term.said["class.mbox"]
    assert "Neither the name nor the address" in said and "another address" in said
    assert len(list((term.books / "collected" / ASSIGNMENT / "unmatched").iterdir())) == 1


def test_everybody_gets_pages_that_name_what_is_wrong(term: Term) -> None:
    for student in CLASS:
        folder = term.books / "feedback" / student.id / ASSIGNMENT
        assert {page.stem for page in folder.glob("*.html")} == {FIRST, SECOND}, student.id
        assert not [page for page in folder.glob("*.html") if "<script>alert" in page.read_text("utf-8")]
    for student, said in (
        ("boris", "too large"),
        ("half", "was not handed in"),
        ("hugo", "There is no checkpoint"),
        ("endless", "was stopped"),
        ("blank", "Not done yet"),
    ):
        pages = (term.books / "feedback" / student / ASSIGNMENT).glob("*.html")
        assert any(said in " ".join(page.read_text(encoding="utf-8").split()) for page in pages), student


@pytest.mark.parametrize(("lms", "students"), [("moodle", BY_MOODLE), ("canvas", BY_CANVAS)])
def test_each_lms_gets_its_own_feedback_back(term: Term, lms: str, students: tuple[Student, ...]) -> None:
    with zipfile.ZipFile(term.books / "export" / f"{ASSIGNMENT}-feedback-{lms}.zip") as packed:
        names = packed.namelist()
    assert len(names) == 2 * len(students)
    assert "ada" in term.said[lms]


def test_the_grades_of_all_reach_the_lms(term: Term) -> None:
    scores = {student: sum(points.values()) for student, points in earned(term).items()}
    scores["late"] *= 0.8
    moodle = {row["Email address"].partition("@")[0]: row["Grade"] for row in term.table("moodle")}
    canvas = {row["SIS User ID"]: row[list(row)[-1]] for row in term.table("canvas")}
    for found in (moodle, canvas):
        assert {student: float(found[student]) for student in scores} == pytest.approx(scores)
        assert found[ABSENT.id] == ""


def test_the_report_shows_the_class_and_who_needs_a_person(term: Term) -> None:
    page = (term.books / f"report-{ASSIGNMENT}.html").read_text(encoding="utf-8")
    assert all(student.id in page for student in (*CLASS, ABSENT))
    assert "<b>Ким</b>" not in page


def test_a_second_run_and_a_regrade_change_nothing(term: Term) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in (term.books / "reports").glob("*.json")}
    points = earned(term)
    term.step("autograder grade ASSIGNMENT")
    assert "30 submissions: 0 scores rise, 0 fall, 30 stay" in term.step("autograder regrade ASSIGNMENT")
    assert {p.name: p.stat().st_mtime_ns for p in (term.books / "reports").glob("*.json")} == before
    assert earned(term) == points
