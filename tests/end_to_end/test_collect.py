"""A class hands in by mail, by Moodle, by Canvas and in folders; everything ends up where nbgrader looks."""

from __future__ import annotations

import json
import mailbox
import os
import re
import subprocess
import sys
import zipfile
from email.header import Header
from pathlib import Path
from typing import ClassVar

import pytest
from nbgrader.api import Gradebook

from autograder.collecting import summary
from autograder.collecting.lms import CanvasCollector, MoodleCollector
from autograder.errors import ExplainedError
from autograder.overview import collect as overview
from tests.end_to_end import inbox
from tests.end_to_end.inbox import ASSIGNMENT, BACKPROP, CNN, SUNDAY, WEIGHTS, Inbox, line, message, notebook

OWN = "Алексей <a.yakovlev@uni.example>"
SUBJECT = "[ML][HW05] Яковлев Алексей"
BOTH = {BACKPROP: notebook(), CNN: notebook(CNN)}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    monkeypatch.chdir(tmp_path)
    return inbox.make(tmp_path)


class TestMail:
    def test_attachments_and_the_date_are_where_nbgrader_looks(self, course: Inbox) -> None:
        course.collect(course.mbox(message(SUBJECT, OWN, BOTH)))
        assert course.submitted("yakovlev") == {**BOTH, "timestamp.txt": b"2026-03-01 17:15:00 UTC"}

    @pytest.mark.parametrize(
        ("subject", "student"),
        [
            ("Re: [ml] [hw 5] яковлев  алексей", "yakovlev"),
            ("FW: Fwd: [ML][HW5]Alexey Yakovlev", "yakovlev"),
            ("Ответ: [ML][HW05] - Aleksei Iakovlev (исправлено)", "yakovlev"),
            ("[ML][HW05] Yulia Khabibullina Tsoi", "tsoy"),
            ("[ML][HW05] Julija Habibullina-Tsoj", "tsoy"),
            ("[ML][HW05] Щукин Федор Михайлович", "fedor"),
            ("[ML][HW05] Nunez Maria", "maria"),
        ],
    )
    def test_the_name_is_read_in_any_order_case_and_spelling(
        self, course: Inbox, subject: str, student: str
    ) -> None:
        course.collect(course.mbox(message(subject, files=BOTH)))
        assert BACKPROP in course.submitted(student)

    @pytest.mark.parametrize("charset", ["koi8-r", "cp1251", "utf-8"])
    def test_subjects_and_names_of_files_are_decoded(self, course: Inbox, charset: str) -> None:
        made = message("x", OWN)
        made.add_attachment(
            notebook(), maintype="application", subtype="x-ipynb+json", filename="Решение 1.ipynb"
        )
        raw = made.as_bytes().replace(
            b"Subject: x", b"Subject: " + Header(SUBJECT, charset).encode().encode()
        )
        done = course.collect(course.mbox(raw))
        assert course.submitted("yakovlev")[BACKPROP] == notebook()
        assert line(done, "yakovlev").notes == [f"Решение 1.ipynb was taken as {BACKPROP}"]

    def test_letters_that_no_standard_allows_in_a_header_are_read(self, course: Inbox) -> None:
        raw = (
            message("x", OWN, BOTH).as_bytes().replace(b"Subject: x", b"Subject: " + SUBJECT.encode("cp1251"))
        )
        course.collect(course.mbox(raw))
        assert BACKPROP in course.submitted("yakovlev")

    def test_an_archive_is_opened_wherever_the_files_lie_in_it(self, course: Inbox) -> None:
        files = {
            f"HW/{BACKPROP}": notebook(),
            f"HW/{WEIGHTS}": b"weights",
            f"__MACOSX/HW/._{BACKPROP}": b"junk",
        }
        course.collect(course.mbox(message(SUBJECT, OWN, {"hw.zip": inbox.archive(files)})))
        there = course.submitted("yakovlev")
        assert (there[BACKPROP], there[WEIGHTS]) == (notebook(), b"weights")

    @pytest.mark.parametrize("order", [1, -1])
    def test_the_last_by_date_counts_and_the_earlier_one_is_kept(self, course: Inbox, order: int) -> None:
        sent = [
            message(SUBJECT, OWN, {BACKPROP: notebook(mark=mark)}, date)
            for mark, date in (("first", "20:00:00"), ("second", "21:00:00"))
        ][::order]
        done = course.collect(course.mbox(*sent))
        assert course.submitted("yakovlev")[BACKPROP] == notebook(mark="second")
        assert line(done, "yakovlev").deliveries == 2
        kept = (course.books / "collected" / ASSIGNMENT / "received" / "yakovlev").glob(
            "2026-03-01T17-00-00Z-*/files/*"
        )
        assert [path.read_bytes() for path in kept] == [notebook(mark="first")]

    def test_what_the_last_one_lacks_is_said_and_combined_on_demand(self, course: Inbox) -> None:
        box = course.mbox(
            message(SUBJECT, OWN, BOTH, "20:00:00"), message(SUBJECT, OWN, {WEIGHTS: b"weights"}, "21:00:00")
        )
        done = course.collect(box)
        assert set(course.submitted("yakovlev")) == {WEIGHTS, "timestamp.txt"}
        assert "an earlier one has" in line(done, "yakovlev").notes[0]
        course.collect(box, combine=True)
        assert set(course.submitted("yakovlev")) == {BACKPROP, CNN, WEIGHTS, "timestamp.txt"}
        assert course.submitted("yakovlev")["timestamp.txt"] == b"2026-03-01 18:00:00 UTC"

    def test_a_later_message_from_elsewhere_does_not_replace_ones_own(self, course: Inbox) -> None:
        forged = message(SUBJECT, "Mallory <m@evil.example>", {BACKPROP: notebook(mark="forged")}, "23:00:00")
        done = course.collect(course.mbox(message(SUBJECT, OWN, BOTH), forged))
        assert course.submitted("yakovlev")[BACKPROP] == notebook()
        assert "from another address" in line(done, "yakovlev").notes[0]

    def test_a_date_of_yesterday_does_not_deceive_the_server_that_received_it(self, course: Inbox) -> None:
        sent = message(SUBJECT, OWN, BOTH, "10:00:00")
        sent["Received"] = "from a by b; Mon, 02 Mar 2026 12:00:00 +0000"
        done = course.collect(course.mbox(sent))
        assert course.submitted("yakovlev")["timestamp.txt"] == b"2026-03-02 12:00:00 UTC"
        assert "which counts" in line(done, "yakovlev").notes[0]

    @pytest.mark.parametrize(
        ("sent", "reason"),
        [
            (message("[ML][HW05] Иванов Иван", files=BOTH), "fits 2 students: ivanov1, ivanov2"),
            (message("[ML][HW05] Петров Пётр", files=BOTH), "Neither the name nor the address"),
            (message("[ML][HW05] Щукин Фёдор", OWN, BOTH), "that of fedor, the address that of yakovlev"),
            (message(SUBJECT, OWN), "No file is attached"),
            (message(SUBJECT, OWN, {"essay.docx": b"x"}), "None of its files belongs"),
            (message(SUBJECT, OWN, BOTH, None), "has no date"),
            (message("homework", OWN, BOTH), "does not say for which assignment"),
        ],
    )
    def test_what_cannot_be_matched_is_listed_and_kept(
        self, course: Inbox, sent: object, reason: str
    ) -> None:
        done = course.collect(course.mbox(sent))  # type: ignore[arg-type]
        assert reason in done.unmatched[0].reason
        kept = course.folder / done.unmatched[0].kept_in
        assert any((kept / "files").iterdir())
        assert reason in (kept / "reason.txt").read_text(encoding="utf-8")
        assert not (course.books / "submitted").exists()

    def test_of_two_of_one_name_the_address_decides(self, course: Inbox) -> None:
        course.collect(course.mbox(message("[ML][HW05] Иванов Иван", "i2@uni.example", BOTH)))
        assert course.submitted("ivanov2")
        assert not course.submitted("ivanov1")

    def test_other_mail_and_other_assignments_are_passed_over(self, course: Inbox) -> None:
        box = course.mbox(
            message("[ML][HW04] Яковлев Алексей", OWN, BOTH), message("Lunch?"), message(SUBJECT, OWN, BOTH)
        )
        done = course.collect(box)
        assert (done.read, done.passed_over, done.unmatched) == (1, 2, [])

    def test_a_mended_roster_matches_what_was_kept(self, course: Inbox) -> None:
        box = course.mbox(message("[ML][HW05] Петров Пётр", files=BOTH))
        course.collect(box)
        with (course.books / "roster.csv").open("a", encoding="utf-8") as file:
            file.write("petrov,Пётр,Петров,\n")
        assert course.collect(box).unmatched == []
        assert course.submitted("petrov")[BACKPROP] == notebook()
        assert not any((course.books / "collected" / ASSIGNMENT / "unmatched").iterdir())

    @pytest.mark.parametrize("kind", ["maildir", "eml"])
    def test_a_maildir_and_a_folder_of_messages_are_recognised(self, course: Inbox, kind: str) -> None:
        source = course.folder / "mail"
        if kind == "maildir":
            mailbox.Maildir(source).add(message(SUBJECT, OWN, BOTH))
        else:
            source.mkdir()
            (source / "1.eml").write_bytes(message(SUBJECT, OWN, BOTH).as_bytes())
        assert course.collect(source).kind == kind
        assert course.submitted("yakovlev")[CNN] == notebook(CNN)


class TestNames:
    """Notebooks whose cells have lost their names."""

    @pytest.mark.parametrize("name", [BACKPROP, "copy.ipynb"])
    def test_it_is_said_of_one_that_is_graded_all_the_same(self, course: Inbox, name: str) -> None:
        done = course.collect(course.mbox(message(SUBJECT, OWN, {name: inbox.nameless()})))
        (note,) = [n for n in line(done, "yakovlev").notes if "lost their names" in n]
        assert note.startswith(f"{BACKPROP}: its cells have") and note.endswith("the notebook is graded")
        assert course.submitted("yakovlev")[BACKPROP] == inbox.nameless()

    @pytest.mark.parametrize("name", [BACKPROP, "copy.ipynb"])
    def test_it_is_said_of_one_that_cannot_be_graded(self, course: Inbox, name: str) -> None:
        short = inbox.nameless(without="class Linear(Module)")
        done = course.collect(course.mbox(message(SUBJECT, OWN, {name: short})))
        (note,) = [n for n in line(done, "yakovlev").notes if "lost their names" in n]
        assert note.startswith(BACKPROP) and "so nothing of it can be graded: copy your answers" in note


class TestLms:
    MOODLE: ClassVar = {
        f"Алексей Яковлев_101_assignsubmission_file_/{BACKPROP}": notebook(),
        f"Алексей Яковлев_101_assignsubmission_file_/hw/{CNN}": notebook(CNN),
        f"Yulia Khabibullina-Tsoi_102_assignsubmission_file/{BACKPROP}": notebook(),
        f"Фёдор Щукин_103_assignsubmission_file_{BACKPROP}": notebook(),
        "Participant_104_assignsubmission_file_/1_backprop_numpy.ipynb": notebook(),
        "Фёдор Щукин_103_assignsubmission_onlinetext_/onlinetext.html": b"<p>Hello</p>",
    }
    CANVAS: ClassVar = {
        f"яковлевалексей_201_9001_{BACKPROP.replace('.ipynb', '-2.ipynb')}": notebook(),
        f"яковлевалексей_201_9002_{CNN}": notebook(CNN),
        f"nunezmaria_LATE_202_9003_{BACKPROP}": notebook(),
        f"anon_ab12_9004_{BACKPROP}": notebook(),
    }

    def write(self, course: Inbox, entries: dict[str, bytes]) -> Path:
        path = course.folder / "download.zip"
        path.write_bytes(inbox.archive(entries))
        return path

    def test_moodles_folders_and_files_are_given_to_their_students(self, course: Inbox) -> None:
        done = course.collect(self.write(course, self.MOODLE))
        assert done.kind == "moodle"
        assert course.submitted("yakovlev") == BOTH
        assert course.submitted("tsoy") == course.submitted("fedor") == {BACKPROP: notebook()}
        assert [u.origin.split(", ")[1].split("_")[0] for u in done.unmatched] == ["Participant"]
        assert "no date" in done.remarks[0]

    def test_moodles_worksheet_gives_dates_and_addresses(self, course: Inbox) -> None:
        (course.folder / "worksheet.csv").write_text(
            "Identifier,Full name,Email address,Status,Grade,Last modified (submission)\n"
            'Participant 101,x,a.yakovlev@uni.example,,,"Sunday, 1 March 2026, 10:30 PM"\n'
            'Participant 104,x,maria@uni.example,,,"Sunday, 1 March 2026, 11:00 PM"\n'
            "Participant 103,x,,,,-\n",
            encoding="utf-8",
        )
        course.collect(self.write(course, self.MOODLE), dates=course.folder / "worksheet.csv")
        assert course.submitted("yakovlev")["timestamp.txt"] == b"2026-03-01 22:30:00 UTC"
        assert course.submitted("maria")["timestamp.txt"] == b"2026-03-01 23:00:00 UTC"
        assert "timestamp.txt" not in course.submitted("fedor")

    def test_moodles_worksheet_given_afterwards_dates_what_is_there(self, course: Inbox) -> None:
        (course.folder / "worksheet.csv").write_text(
            "Identifier,Full name,Email address,Last modified (submission)\n"
            'Participant 101,x,a.yakovlev@uni.example,"Sunday, 1 March 2026, 10:30 PM"\n',
            encoding="utf-8",
        )
        path = self.write(course, self.MOODLE)
        course.collect(path)
        done = course.collect(path, dates=course.folder / "worksheet.csv")
        assert course.submitted("yakovlev")["timestamp.txt"] == b"2026-03-01 22:30:00 UTC"
        assert line(done, "yakovlev").deliveries == 1

    def test_a_table_with_semicolons_is_read_and_a_day_without_a_time_refused(self, course: Inbox) -> None:
        table = course.folder / "dates.csv"
        table.write_text("id;date\nyakovlev;2026-03-01 20:00\n", encoding="utf-8")
        course.collect(self.write(course, self.MOODLE), dates=table)
        assert course.submitted("yakovlev")["timestamp.txt"] == b"2026-03-01 20:00:00 UTC"
        table.write_text("id,date\nyakovlev,2026-03-01\n", encoding="utf-8")
        with pytest.raises(ExplainedError, match="line 2: '2026-03-01' is no date"):
            course.collect(self.write(course, self.MOODLE), dates=table)

    def test_a_date_of_nobody_is_remarked_on(self, course: Inbox) -> None:
        (course.folder / "dates.csv").write_text(
            "id,date\nyakovlev,2026-03-01 20:00\nyakovlef,2026-03-01 20:00\ntsoy,2026-03-01 20:00\n",
            encoding="utf-8",
        )
        done = course.collect(self.write(course, self.MOODLE), dates=course.folder / "dates.csv")
        (remark,) = [remark for remark in done.remarks if "dates.csv" in remark]
        assert remark.endswith(
            "has dates of 1 who are neither in the roster nor handed anything in: yakovlef"
        )

    def test_where_one_of_two_has_no_date_it_is_said_that_their_order_is_a_guess(self, course: Inbox) -> None:
        course.collect(self.write(course, self.MOODLE))
        done = course.collect(course.mbox(message(SUBJECT, OWN, {BACKPROP: notebook(mark="mail")})))
        (note,) = [note for note in line(done, "yakovlev").notes if "--dates" in note]
        assert "no date says whether download.zip" in note

    @pytest.mark.parametrize(
        "column", ["id,yakovlev", "email,a.yakovlev@uni.example", "name,Алексей Яковлев"]
    )
    def test_a_table_of_ones_own_gives_dates_also_afterwards(self, course: Inbox, column: str) -> None:
        head, whose = column.split(",")
        (course.folder / "dates.csv").write_text(
            f"{head},date\n{whose},2026-03-01 20:00 +0300\n", encoding="utf-8"
        )
        path = self.write(course, self.MOODLE)
        course.collect(path)
        done = course.collect(path, dates=course.folder / "dates.csv")
        assert course.submitted("yakovlev")["timestamp.txt"] == b"2026-03-01 17:00:00 UTC"
        assert line(done, "yakovlev").deliveries == 1
        assert {found.state for found in course.collect(path).students} == {"unchanged"}

    def test_who_handed_in_the_wrong_files_is_named_and_extras_beside_a_notebook_are_ignored(
        self, course: Inbox
    ) -> None:
        start = "_assignsubmission_file_/"
        entries = {
            f"Алексей Яковлев_101{start}{BACKPROP}": notebook(),
            f"Алексей Яковлев_101{start}report.pdf": b"x",
            f"Фёдор Щукин_103{start}work.rar": b"x",
            f"Фёдор Щукин_103{start}utils.py": b"x",
            "María Núñez_106_assignsubmission_onlinetext_/onlinetext.html": b"<p>Hello</p>",
        }
        done = course.collect(self.write(course, entries))
        assert line(done, "yakovlev").files == [BACKPROP]
        assert {(u.student, u.sender, u.reason, u.is_unknown) for u in done.unmatched} == {
            (
                "fedor",
                "Фёдор Щукин",
                "None of its files belongs to the assignment: work.rar, utils.py.",
                False,
            ),
            ("maria", "María Núñez", "None of its files belongs to the assignment: onlinetext.html.", False),
        }
        shown = {entry.student: entry for entry in overview.collect(course.folder, ASSIGNMENT).entries}
        (told,) = shown["fedor"].kept_aside
        assert told.startswith("download.zip, Фёдор Щукин_103")
        assert told.endswith(": None of its files belongs to the assignment: work.rar, utils.py.")
        assert not shown["tsoy"].kept_aside
        canvas = course.collect(self.write(course, {**self.CANVAS, "щукинфедор_301_9009_work.rar": b"x"}))
        assert canvas.kind == "canvas"
        assert [u.student for u in canvas.unmatched if not u.is_unknown and u.student] == ["fedor"]

    def test_what_an_archive_may_not_hold_is_refused_with_its_student(self, course: Inbox) -> None:
        link = zipfile.ZipInfo(f"Фёдор Щукин_103_assignsubmission_file_/{BACKPROP}")
        link.external_attr = 0o120777 << 16
        path = self.write(course, {f"Алексей Яковлев_101_assignsubmission_file_/{BACKPROP}": notebook()})
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(link, "/etc/passwd")
        (found,) = course.collect(path).unmatched
        assert (found.student, found.sender) == ("fedor", "Фёдор Щукин")
        assert found.reason == f"{BACKPROP}: It is a link or a special file, not an ordinary file."

    def test_canvas_names_are_read_and_its_mark_of_lateness_said(self, course: Inbox) -> None:
        done = course.collect(self.write(course, self.CANVAS))
        assert done.kind == "canvas"
        assert course.submitted("yakovlev") == BOTH
        assert "Canvas marks it LATE" in line(done, "maria").notes
        assert len(done.unmatched) == 1

    def test_nbgraders_zip_collect_reads_the_same_names(self) -> None:
        moodle = MoodleCollector().collect(f"/downloaded/x/{next(iter(self.MOODLE))}")
        canvas = CanvasCollector().collect(f"/downloaded/x/nunezmaria_LATE_202_9003_{BACKPROP}")
        assert moodle is not None and (moodle["student_id"], moodle["file_id"]) == ("101", BACKPROP)
        assert canvas is not None and (canvas["student_id"], canvas["file_id"]) == ("202", BACKPROP)

    def test_a_second_download_of_the_same_work_is_nothing_new(self, course: Inbox) -> None:
        course.collect(self.write(course, self.MOODLE))
        done = course.collect(self.write(course, dict(reversed(self.MOODLE.items()))))
        assert {found.state for found in done.students} == {"unchanged"}

    def test_a_folder_of_folders_and_archives_is_collected(self, course: Inbox) -> None:
        source = course.folder / "from"
        (source / "yakovlev" / ASSIGNMENT).mkdir(parents=True)
        (source / "yakovlev" / ASSIGNMENT / BACKPROP).write_bytes(notebook())
        (source / "yakovlev" / ASSIGNMENT / "timestamp.txt").write_text("2026-03-01 10:00:00 UTC")
        (source / "yakovlev" / "linear_classifiers").mkdir()
        (source / "yakovlev" / "linear_classifiers" / CNN).write_bytes(b"other")
        (source / "Tsoy-Khabibullina Yulia.zip").write_bytes(inbox.archive({CNN: notebook(CNN)}))
        (source / "fedor").symlink_to(source / "yakovlev")
        done = course.collect(source)
        assert done.kind == "folder"
        assert course.submitted("yakovlev") == {
            BACKPROP: notebook(),
            "timestamp.txt": b"2026-03-01 10:00:00 UTC",
        }
        assert course.submitted("tsoy") == {CNN: notebook(CNN)}
        assert not course.submitted("fedor")

    def test_an_empty_folder_and_one_with_the_wrong_files_are_named(self, course: Inbox) -> None:
        source = course.folder / "from"
        for student, file in (
            ("Yakovlev", BACKPROP),
            ("fedor", "work.rar"),
            ("maria", "linear_classifiers/x.ipynb"),
        ):
            (source / student / file).parent.mkdir(parents=True)
            (source / student / file).write_bytes(notebook())
        for student in ("tsoy/neural_networks", ".git"):
            (source / student).mkdir(parents=True)
        (source / "tsoy" / ".DS_Store").write_bytes(b"x")
        done = course.collect(source)
        assert [found.student for found in done.students] == ["yakovlev"]
        assert {(u.student, u.reason.split(":")[0]) for u in done.unmatched} == {
            ("fedor", "None of its files belongs to the assignment"),
            ("tsoy", "The folder is empty"),
        }

    def test_a_folder_whose_time_cannot_be_read_is_collected_without_it(self, course: Inbox) -> None:
        for student, time in (
            ("yakovlev", "2026-03-01 10:00 Europe/Moscow"),
            ("tsoy", "2026-03-01 10:00:00 MSK"),
        ):
            (course.folder / "from" / student).mkdir(parents=True)
            (course.folder / "from" / student / BACKPROP).write_bytes(notebook())
            (course.folder / "from" / student / "timestamp.txt").write_text(time)
        done = course.collect(course.folder / "from")
        assert line(done, "yakovlev").date == "2026-03-01 07:00 UTC"
        assert (line(done, "tsoy").date, list(line(done, "tsoy").refused)) == ("", ["timestamp.txt"])


class TestBooks:
    def test_a_second_run_writes_nothing(self, course: Inbox) -> None:
        box = course.mbox(message(SUBJECT, OWN, BOTH), message("[ML][HW05] Никто", files=BOTH))
        first = course.collect(box)
        before = course.snapshot()
        second = course.collect(box)
        assert course.snapshot() == before
        assert (first.students[0].state, second.students[0].state) == ("new", "unchanged")

    def test_a_submission_that_came_another_way_is_kept_and_counts_if_it_is_the_last(
        self, course: Inbox
    ) -> None:
        place = course.books / "submitted" / "yakovlev" / ASSIGNMENT
        place.mkdir(parents=True)
        (place / BACKPROP).write_bytes(notebook(mark="by hand"))
        (place / "submission_secret.txt").write_text("secret")
        (place / "timestamp.txt").write_text("2026-03-01 17:30:00.123456 UTC")
        course.collect(course.mbox(message(SUBJECT, OWN, BOTH, "20:15:00")))
        assert course.submitted("yakovlev")[BACKPROP] == notebook(mark="by hand")
        assert course.submitted("yakovlev")["submission_secret.txt"] == b"secret"
        course.collect(course.mbox(message(SUBJECT, OWN, BOTH, "20:45:00")))
        assert course.submitted("yakovlev")[BACKPROP] == notebook()
        kept = (course.books / "collected" / ASSIGNMENT / "received" / "yakovlev").rglob(BACKPROP)
        assert notebook(mark="by hand") in [path.read_bytes() for path in kept]

    def test_the_students_of_the_roster_are_in_the_gradebook(self, course: Inbox) -> None:
        with Gradebook(f"sqlite:///{course.books / 'gradebook.db'}") as book:
            book.update_or_create_student("yakovlev", first_name="A", last_name="B", lms_user_id="7")
        course.collect(course.mbox(message(SUBJECT, OWN, BOTH)))
        with Gradebook(f"sqlite:///{course.books / 'gradebook.db'}") as book:
            found = {s.id: (s.first_name, s.last_name, s.email, s.lms_user_id) for s in book.students}
        assert len(found) == 6
        assert found["yakovlev"] == ("Алексей", "Яковлев", "a.yakovlev@uni.example", "7")
        assert found["fedor"] == ("Фёдор", "Щукин", None, None)

    def test_each_group_that_was_not_collected_says_what_to_do(self, course: Inbox) -> None:
        box = course.mbox(
            message("[ML][HW05] Никто Иван", files=BOTH),
            message(SUBJECT, OWN, {"essay.docx": b"x"}),
        )
        said = list(summary.lines(course.collect(box)))
        by_hand = "into a folder named by the student's id, and collect the folder above it with `--from`."
        (unknown,) = [text for text in said if text.startswith("Not matched: 1. ")]
        (amiss,) = [text for text in said if text.startswith("Not taken: 1. ")]
        assert "mend the roster" in unknown and unknown.endswith(by_hand)
        assert "roster" not in amiss and amiss.endswith(by_hand)
        (missing,) = [text for text in said if text.startswith("Not handed in: 6: ")]
        assert "yakovlev (what came was not taken, see above), tsoy, fedor" in missing

    def test_late_is_said_with_the_due_date_of_the_configuration(self, course: Inbox) -> None:
        with (course.folder / "nbgrader_config.py").open("a", encoding="utf-8") as file:
            file.write('c.DueDates.due = {"neural_networks": "2026-03-01 19:00"}\n')
            file.write('c.Collecting.timezone = c.DueDates.timezone = "Europe/Moscow"\n')
        done = course.collect(course.mbox(message(SUBJECT, OWN, BOTH)))
        assert line(done, "yakovlev").late == "1 h 15 min"
        assert line(done, "yakovlev").date == "2026-03-01 20:15 MSK"

    def test_an_extension_for_nobody_of_the_class_is_said_with_who_may_be_meant(self, course: Inbox) -> None:
        with (course.folder / "nbgrader_config.py").open("a", encoding="utf-8") as file:
            file.write('c.DueDates.extensions = {"neural_networks": {"yakovlef": 1, "tsoy": 2}}\n')
        done = course.collect(course.mbox(message(SUBJECT, OWN, BOTH)))
        assert done.remarks == [
            "c.DueDates.extensions['neural_networks'] gives days to 'yakovlef', who is not in the class; "
            "yakovlev is meant?"
        ]

    def test_the_command_prints_a_summary_and_writes_it(self, course: Inbox) -> None:
        box = course.mbox(
            message(SUBJECT + "\x1b[2J", OWN, BOTH), message("[ML][HW05] \x1b]0;x\x07 Ян", files=BOTH)
        )
        command = [
            sys.executable,
            "-m",
            "autograder.cli",
            "collect",
            ASSIGNMENT,
            "--from",
            str(box),
            "--json",
            "s.json",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
        assert done.returncode == 0, done.stderr
        assert "1 new" in done.stdout
        assert "Not matched: 1" in done.stdout
        assert "Not handed in: 5" in done.stdout
        assert all(c.isprintable() or c == "\n" for c in done.stdout)
        written = json.loads((course.folder / "s.json").read_text(encoding="utf-8"))
        assert [found["student"] for found in written["students"]] == ["yakovlev"]


@pytest.mark.parametrize(
    ("roster", "said"),
    [
        (
            "id;first_name;group\na;b;c\n",
            "has no column last_name, email: its heading names id, first_name, group; the first line has to name id",
        ),
        ("id,first_name,last_name,email\n../x,a,b,c\n", "cannot be an id"),
        ("id,first_name,last_name,email\nx,a,b,c\nx,a,b,c\n", "line 3: the id x is there twice: delete one"),
        ('id,first_name,last_name,email\nx,"a,b,c\n', "line"),
        ("id,first_name,last_name,email\n", "holds no student, only a heading"),
        (
            "id,first_name,last_name,email\nx,Ann, Jr.,b,c\n",
            "line 2: there are more fields than in the heading",
        ),
    ],
)
def test_a_roster_that_cannot_be_used_is_explained(course: Inbox, roster: str, said: str) -> None:
    (course.books / "roster.csv").write_text(roster, encoding="utf-8")
    with pytest.raises(ExplainedError, match=said):
        course.collect(course.mbox(message(SUBJECT, OWN, BOTH)))


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("folder", "class.zip", "is a file, and --kind folder wants a folder: unpack it and give the folder"),
        ("eml", "one.eml", "wants a folder: put what was handed in into a folder"),
        ("eml", "box", "holds no .eml file"),
        ("maildir", "box", "is no Maildir, which holds the folders cur and new"),
        ("mbox", "one.eml", "is no mbox file"),
        ("mbox", "box", "is no mbox file"),
        ("moodle", "box", "is a folder, and Moodle's zip is wanted"),
        ("canvas", "one.eml", "no zip file"),
    ],
)
def test_a_source_of_another_kind_than_was_said_is_an_error_and_not_an_empty_class(
    course: Inbox, kind: str, name: str, said: str
) -> None:
    (course.folder / "class.zip").write_bytes(inbox.archive({f"yakovlev/{BACKPROP}": notebook()}))
    (course.folder / "one.eml").write_bytes(message(SUBJECT, OWN, BOTH).as_bytes())
    (course.folder / "box" / "yakovlev").mkdir(parents=True)
    with pytest.raises(ExplainedError, match=re.escape(said)):
        course.collect(course.folder / name, kind=kind)


def test_a_source_that_is_not_recognised_is_explained(course: Inbox) -> None:
    (course.folder / "odd.zip").write_bytes(inbox.archive({"a/b.ipynb": b"x"}))
    (course.folder / "cut.zip").write_bytes(inbox.archive({"a/b.ipynb": b"x"})[:30])
    (course.folder / "odd.txt").write_text(SUNDAY)
    for name, said in (
        ("odd.zip", "neither Moodle's nor Canvas's: unpack it, and give the folder"),
        ("cut.zip", "is damaged, or no zip at all"),
        ("odd.txt", "is not recognised"),
        ("absent", "There is no"),
    ):
        with pytest.raises(ExplainedError, match=said):
            course.collect(course.folder / name)


class TestNothingFound:
    """An empty summary says why it may be empty."""

    def test_the_folder_of_one_student_is_not_that_of_the_class(self, course: Inbox) -> None:
        (course.folder / "yakovlev").mkdir()
        (course.folder / "yakovlev" / BACKPROP).write_bytes(notebook())
        with pytest.raises(ExplainedError, match=f"holds {BACKPROP} itself: give the folder above it"):
            course.collect(course.folder / "yakovlev")

    def test_a_folder_without_submissions_says_what_is_wanted(self, course: Inbox) -> None:
        (course.folder / "empty").mkdir()
        assert (
            "a folder, or a zip, for each student is wanted"
            in course.collect(course.folder / "empty").remarks[0]
        )

    def test_a_mailbox_without_the_subject_names_the_pattern(self, course: Inbox) -> None:
        done = course.collect(course.mbox(message("Lunch?", OWN)))
        assert (done.read, done.passed_over) == (0, 1)
        assert "c.Collecting.subjects" in done.remarks[0]
