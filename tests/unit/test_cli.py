"""The command line: what is refused before anything is begun, and errors as one sentence."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder import batch, cli, grades, workers
from autograder.collecting import remarks
from autograder.commands import doctor, grade
from autograder.errors import ExplainedError
from autograder.grades import Grade
from autograder.report import NotebookReport, Report, Store
from tests.end_to_end import inbox
from tests.end_to_end.inbox import ASSIGNMENT, BACKPROP, Inbox, notebook


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """A course with one submission in a folder."""
    monkeypatch.chdir(tmp_path)
    made = inbox.make(tmp_path)
    (tmp_path / "class" / "yakovlev").mkdir(parents=True)
    (tmp_path / "class" / "yakovlev" / BACKPROP).write_bytes(notebook())
    (made.books / "submitted" / "yakovlev" / ASSIGNMENT).mkdir(parents=True)
    return made


COLLECT = ("collect", ASSIGNMENT, "--from", "class")
EXPORT = ("export", ASSIGNMENT, "--for", "csv")
REPORT = ("report", ASSIGNMENT)


def said(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    """What a command says that fails as it should, with one sentence."""
    assert cli.main(command) == 1
    text = capsys.readouterr().err
    assert text.startswith("autograder: ")
    return text


def test_an_option_that_is_none_is_told_with_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["collect", ASSIGNMENT, "--from", "class", "--form", "class"])
    told = capsys.readouterr().err
    assert "unrecognized arguments: --form class" in told and "--combine" in told


@pytest.mark.parametrize("command", ["grade", "regrade"])
@pytest.mark.parametrize("number", ["0", "-2", "many"])
def test_without_a_worker_nothing_would_be_graded_so_it_is_refused(
    command: str, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main([command, ASSIGNMENT, "--workers", number])
    assert f"argument --workers: '{number}' is not a number from 1 on" in capsys.readouterr().err


@pytest.mark.usefixtures("course")
class TestGradebook:
    @pytest.fixture
    def locked(self, course: Inbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        url = f"sqlite:///{course.books / 'gradebook.db'}?timeout=0.1"
        monkeypatch.setenv("AUTOGRADER_DB_URL", url)
        holder = sqlite3.connect(course.books / "gradebook.db")
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.close()

    @pytest.mark.usefixtures("locked")
    @pytest.mark.parametrize("command", [COLLECT, EXPORT, REPORT])
    def test_one_that_another_program_holds_is_one_sentence(
        self, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert "The gradebook cannot be used (database is locked)" in said(capsys, *command)

    @pytest.mark.parametrize("command", [COLLECT, EXPORT, REPORT])
    def test_a_damaged_one_is_one_sentence(
        self, course: Inbox, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
    ) -> None:
        (course.books / "gradebook.db").write_bytes(b"no database " * 100)
        assert "The gradebook cannot be used (file is not a database)" in said(capsys, *command)

    @pytest.mark.parametrize("command", [COLLECT, EXPORT, REPORT])
    @pytest.mark.parametrize("url", ["nonsense", "oracle9://x/y"])
    def test_an_address_that_is_none_is_one_sentence(
        self,
        url: str,
        command: tuple[str, ...],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("AUTOGRADER_DB_URL", url)
        assert "mend AUTOGRADER_DB_URL" in said(capsys, *command)

    def test_a_server_that_is_down_and_a_library_that_is_missing_are_one_sentence_each(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("AUTOGRADER_DB_URL", "postgresql+psycopg://grader@127.0.0.1:1/course")
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "psycopg", None)
            assert 'needs psycopg, which is not installed: `pip install -e ".[postgresql]"`' in said(
                capsys, *EXPORT
            )
        pytest.importorskip("psycopg", reason='no psycopg: pip install -e ".[postgresql]"')
        assert "The gradebook cannot be used (connection failed" in said(capsys, *EXPORT)

    def test_what_goes_wrong_while_it_is_open_is_explained_too(self, course: Inbox) -> None:
        from sqlalchemy import text

        with (
            pytest.raises(grades.GradebookError, match="no such table"),
            grades.opened(f"sqlite:///{course.books / 'gradebook.db'}") as book,
        ):
            book.db.execute(text("SELECT * FROM absent"))

    def test_what_nbgraders_database_refuses_is_explained(self) -> None:
        from nbgrader.api import InvalidEntry

        with pytest.raises(grades.GradebookError, match=r"readonly database\): see that"), grades.explained():
            raise InvalidEntry("attempt to write a readonly database")


@pytest.mark.parametrize("file", [None, "images/train.npy"])
def test_a_full_disk_is_named_and_costs_no_grade(file: str | None, tmp_path: Path) -> None:
    store = Store(tmp_path)
    with (
        pytest.raises(ExplainedError, match=r"is full: make room .* no grade is lost") as told,
        batch.explained(store),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), file)
    assert f"The disk that holds {file or store} is full" in str(told.value)


class TestPlaces:
    """Where a result is to be written is tried before the work."""

    @pytest.mark.parametrize(
        "place", ["missing/x.json", "class", "class/yakovlev/1_backprop_numpy.ipynb/x.json"]
    )
    @pytest.mark.parametrize("command", [("grade", ASSIGNMENT), COLLECT])
    def test_json_that_cannot_be_written_is_said_before_the_work(
        self,
        course: Inbox,
        command: tuple[str, ...],
        place: str,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(grade, "prepare_workers", lambda: pytest.fail("the work was begun"))
        text = said(capsys, *command, "--json", place)
        assert f"{place} cannot be written" in text and "`--json`" in text
        assert not (course.books / "collected").exists()

    @pytest.mark.usefixtures("course")
    @pytest.mark.parametrize("command", [EXPORT, ("feedback", ASSIGNMENT, "--for", "moodle")])
    def test_a_table_or_an_archive_is_not_written_over_a_folder(
        self, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert "`--to`" in said(capsys, *command, "--to", "class")
        assert "`--to`" in said(capsys, *command, "--to", f"class/yakovlev/{BACKPROP}/x")
        assert "missing/x cannot be written (No such file" in said(capsys, *command, "--to", "missing/x")
        assert not Path("missing").exists()

    def test_the_trial_leaves_what_was_there(self, course: Inbox) -> None:
        before = course.snapshot()
        assert cli.main([*COLLECT[:2], "--from", "absent", "--json", "class/s.json"]) == 1
        assert course.snapshot() == before


@pytest.mark.usefixtures("course")
@pytest.mark.parametrize("command", ["export", "feedback"])
class TestWhatIsAskedFor:
    def test_a_mistyped_assignment_is_named_with_those_that_there_are(
        self, command: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert "There is no assignment 'neural_network'; there are:" in said(
            capsys, command, "neural_network", "--for", "moodle"
        )

    def test_outside_the_course_nothing_is_made(
        self, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, course: Inbox
    ) -> None:
        monkeypatch.chdir(course.folder / "class")
        assert "is not a course" in said(capsys, command, ASSIGNMENT, "--for", "moodle")
        assert [path.name for path in Path.cwd().iterdir()] == ["yakovlev"]


@pytest.mark.parametrize("command", [("regrade", ASSIGNMENT), ("release",), ("translations",), REPORT])
def test_what_is_no_course_is_said_and_left_as_it_is(
    command: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "is not a course: run this from the folder of nbgrader_config.py" in said(capsys, *command)
    assert not list(tmp_path.iterdir())


class TestSystem:
    """What the system refuses is one sentence; what only looks like it is not hidden."""

    def run(self, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
        def fail(options: object) -> None:
            raise error

        monkeypatch.setattr(doctor, "run", fail)
        return cli.main(["doctor"])

    @pytest.mark.parametrize(
        ("number", "words"), [(errno.EACCES, "Permission denied. See to it"), (errno.ENOSPC, "Make room")]
    )
    def test_a_place_that_is_closed_or_full_is_named(
        self, number: int, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.run(monkeypatch, OSError(number, os.strerror(number), "gradebook/secret")) == 1
        text = capsys.readouterr().err
        assert text.startswith("autograder: gradebook/secret: ") and words in text

    @pytest.mark.parametrize(
        "error", [OSError(errno.EIO, "Input/output error", "x"), BrokenPipeError(errno.EPIPE, "x")]
    )
    def test_any_other_error_is_raised(self, error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(OSError, match=str(error.strerror)):
            self.run(monkeypatch, error)

    @pytest.mark.parametrize(
        ("stop", "sentence"),
        [(KeyboardInterrupt(), "Stopped."), (KeyboardInterrupt("Stopped half way."), "Stopped half way.")],
    )
    def test_ctrl_c_is_one_sentence(
        self,
        stop: KeyboardInterrupt,
        sentence: str,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        assert self.run(monkeypatch, stop) == 130
        assert capsys.readouterr().err == f"autograder: {sentence}\n"

    def test_a_reader_who_has_enough_ends_the_command_quietly(self) -> None:
        code = "import sys; from autograder import cli; sys.exit(cli.main(['doctor']))"
        with subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as running:
            assert running.stdout is not None and running.stderr is not None
            running.stdout.close()
            assert "Traceback" not in running.stderr.read() and running.wait() == 1


class TestTable:
    """The rows of `autograder grade`."""

    def report(self, *notebooks: NotebookReport) -> Report:
        return Report("ada", ASSIGNMENT, "key", "1", "full", notebooks)

    def test_a_notebook_that_was_refused_says_why_in_place_of_its_checks(self) -> None:
        for reason, shown in (("It is no JSON.", "1_backprop_numpy: It is no JSON."), (MISSING, MISSING)):
            refused = NotebookReport("1_backprop_numpy", refused=reason)
            assert grade.line(self.report(refused), None).endswith(f"0 / 0  {shown}")

    def test_what_lateness_takes_off_is_in_the_row(self) -> None:
        booked = Grade("ada", "", "", "", "", handed_in=True, raw_score=9.5, penalty=1.5)
        assert grade.line(self.report(), booked).endswith("0 / 0  late: −1.5, 8 in the gradebook")
        booked = Grade("ada", "", "", "", "", handed_in=True, raw_score=0.5)
        assert grade.line(self.report(), booked).endswith(
            "0 / 0  0.5 in the gradebook, with points given by hand"
        )

    def test_who_waits_is_named_up_to_ten_of_them(self) -> None:
        def waits(student: str, *parts: str) -> Grade:
            return Grade(student, "", "", "", "", handed_in=True, waits_for=parts)

        two = [waits("ada", "conclusions"), waits("cyd"), waits("bob", "conclusions", "extra")]
        assert grades.people_wait(two).endswith(": ada (conclusions); bob (conclusions, extra)")
        assert grades.people_wait([waits("cyd")]) == ""
        many = grades.people_wait([waits(f"s{n}", "conclusions") for n in range(12)])
        assert many.startswith("12 of the class") and many.endswith("s9 (conclusions), …")

    def test_a_submission_of_nobody_in_the_roster_is_remarked_on(self, course: Inbox) -> None:
        (sentence,) = remarks.on_the_class(course.folder, ASSIGNMENT, ["yakovlev", "yakovlef"])
        assert sentence.startswith(f"yakovlef is not in {course.books / 'roster.csv'}: is the id right?")

    def test_what_will_not_be_graded_is_remarked_on(self, course: Inbox) -> None:
        assert not list(remarks.on_the_files(course.folder, ASSIGNMENT))
        student = course.books / "submitted" / "yakovlev"
        (student / "neural_network").mkdir()
        (student / ASSIGNMENT / "timestamp.txt").write_text("yesterday")
        other, time = remarks.on_the_files(course.folder, ASSIGNMENT)
        assert other.startswith(f"{student / 'neural_network'} is no assignment's folder, and is not graded")
        assert "holds no time" in time and time.endswith("nothing counts as late.")


MISSING = "1_backprop_numpy.ipynb was not handed in."


class TestCluster:
    def test_a_scheduler_that_does_not_answer_is_given_up_after_a_time(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("distributed")
        monkeypatch.setattr(workers, "CONNECT_SECONDS", 0.5)
        for address in ("tcp://127.0.0.1:1", "nonsense"):
            with pytest.raises(ExplainedError, match=f"No Dask scheduler answers at '{address}'"):
                list(workers.examine_on_cluster([], address))

    def test_without_dask_it_is_said_how_to_install_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "distributed", None)
        with pytest.raises(ExplainedError, match=r'needs distributed.*`pip install -e "\.\[cluster\]"`'):
            list(workers.examine_on_cluster([], "tcp://127.0.0.1:1"))


class TestExecute:
    def test_a_notebook_that_is_not_there_or_none_is_one_sentence(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "none.ipynb").write_text("{")
        for name in ("absent.ipynb", "none.ipynb"):
            assert "cannot be read as a notebook" in said(capsys, "execute", str(tmp_path / name))

    def test_a_cell_that_fails_is_shown_and_the_file_left_as_it_was(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "fails.ipynb"
        nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), path)
        before = path.read_bytes()
        text = said(capsys, "execute", str(path))
        assert "a cell of it failed" in text and "ZeroDivisionError: division by zero" in text
        assert "?[" not in text, "colours of a terminal are taken out"
        assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.mkdir(), "cannot be read"),
        (lambda path: path.write_text('id,first_name,last_name,"email\nx,a,b,c\n'), "quotation mark"),
    ],
)
def test_a_roster_that_cannot_be_read_is_one_sentence(
    make: Any, words: str, course: Inbox, capsys: pytest.CaptureFixture[str]
) -> None:
    make(course.folder / "odd.csv")
    text = said(capsys, *COLLECT, "--roster", "odd.csv")
    assert "odd.csv" in text and words in text
