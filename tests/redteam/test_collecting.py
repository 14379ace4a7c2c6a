"""What strangers send: archives, messages and names made to break the collector, or to get out of its folders."""

from __future__ import annotations

import io
import os
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.collecting import archives, mail
from autograder.collecting.archives import Limits, unpack
from autograder.collecting.delivery import safe_name
from autograder.sanitise import Refused
from tests.end_to_end import inbox
from tests.end_to_end.inbox import ASSIGNMENT, BACKPROP, Inbox, message, notebook

SMALL = Limits(entries=100, directory_bytes=20_000, file_bytes=10_000, total_bytes=25_000)
HONEST = message("[ML][HW05] Яковлев Алексей", "a.yakovlev@uni.example", {BACKPROP: notebook()})
SYMLINK = 0o120777 << 16


def entry(name: str, content: bytes = b"x", attributes: int = 0, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of one entry."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        info = zipfile.ZipInfo(name)
        info.external_attr, info.compress_type = attributes, method
        made.writestr(info, content)
    return file.getvalue()


def encrypted(name: str) -> bytes:
    """An archive that says that its entry is encrypted."""
    content = bytearray(entry(name))
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def crowd(entries: int) -> bytes:
    """An archive of many empty entries."""
    return inbox.archive({f"{number}.ipynb": b"" for number in range(entries)})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (entry("../../evil.ipynb"), "leads out"),
        (entry("/etc/evil.ipynb"), "leads out"),
        (entry("..\\evil.ipynb"), "leads out"),
        (entry("C:\\evil.ipynb"), "leads out"),
        (entry("link.ipynb", b"/etc/passwd", SYMLINK), "link"),
        (encrypted("a.ipynb"), "encrypted"),
        (entry("a.ipynb", method=zipfile.ZIP_LZMA), "compressed in a way"),
        (entry("a.zip", entry("b.ipynb")), "archive in an archive"),
        (entry("bomb.ipynb", bytes(10**6)), "larger than"),
    ],
)
def test_an_entry_that_is_no_ordinary_file_is_refused_with_a_sentence(content: bytes, reason: str) -> None:
    files, refused = unpack(content, SMALL)
    assert files == {}
    assert [reason in said for said in refused.values()] == [True]


def test_of_many_large_files_no_more_than_the_limit_is_read() -> None:
    files, refused = unpack(inbox.archive({f"{n}.pt": bytes(9_000) for n in range(5)}), SMALL)
    assert (len(files), len(refused)) == (2, 3)


def test_a_hundred_thousand_entries_are_refused_before_the_list_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    single = crowd(1)
    start, end = single.rindex(b"PK\x01\x02"), single.rindex(b"PK\x05\x06")
    entries = single[start:end] * 100_000
    content = single[:start] + entries + single[end : end + 12] + struct.pack("<IIH", len(entries), start, 0)

    def read(*args: Any) -> None:
        raise AssertionError("the list of entries was read")

    monkeypatch.setattr(zipfile, "ZipFile", read)
    with pytest.raises(Refused, match="more than 2,000 entries"):
        unpack(content)


def test_more_entries_than_the_limit_are_refused_in_a_small_list_too() -> None:
    with pytest.raises(Refused, match="more than 100 entries"):
        unpack(crowd(101), SMALL)


def test_a_list_whose_size_is_hidden_in_the_64_bit_record_is_refused() -> None:
    content = crowd(50)
    end = content.rindex(b"PK\x05\x06")
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 50, 50, 10**9, 0)
    locator = struct.pack("<IIQI", 0x07064B50, 0, end, 1)
    with pytest.raises(Refused, match="more than 100 entries"):
        unpack(content[:end] + record + locator + content[end:], SMALL)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x05\x06" + bytes(18), entry("a")[:-5], b"no archive" * 100]
)
def test_what_is_no_archive_is_refused_or_empty(content: bytes) -> None:
    try:
        assert unpack(content) == ({}, {})
    except Refused as reason:
        assert "damaged" in str(reason)  # noqa: PT017


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 10**6), value=st.integers(0, 255), cut=st.integers(0, 40))
@example(at=134, value=0, cut=0)  # the name of a file is empty
def test_a_changed_archive_gives_files_or_sentences(at: int, value: int, cut: int) -> None:
    content = bytearray(inbox.archive({"a/1.ipynb": b"one" * 50, "b.pt": bytes(300)}))
    content[at % len(content)] = value
    try:
        files, refused = unpack(bytes(content[: len(content) - cut]), SMALL)
    except Refused:
        return
    assert all(isinstance(data, bytes) for data in files.values())
    assert all(refused.values())


@settings(max_examples=300)
@given(
    name=st.text(max_size=300) | st.sampled_from(["..", ".", "/", "\0", "a/../b", ".bashrc", "~", "x" * 5000])
)
def test_a_name_of_a_file_stays_in_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert safe not in (".", "..")
    assert not safe.startswith(".")
    assert not set(safe) & set("/\\\0\n\r\x1b")
    assert len(os.fsencode(safe)) < 250


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    monkeypatch.chdir(tmp_path)
    return inbox.make(tmp_path)


def nested(depth: int) -> bytes:
    """A message in a message in a message."""
    content = b"Content-Type: text/plain\n\nhello"
    for number in range(depth):
        mark = f"b{number}".encode()
        head = b"Content-Type: multipart/mixed; boundary=" + mark
        content = head + b"\n\n--" + mark + b"\n" + content + b"\n--" + mark + b"--\n"
    return b"From: x@y.example\nSubject: [ML][HW05] X\nDate: Sun, 01 Mar 2026 20:15:00 +0300\n" + content


BROKEN = {
    "headers without end": b"Subject: " + b"x" * 400_000,
    "a thousand parts in each other": nested(1000),
    "an unknown encoding": b"Subject: =?nonsense?B?////?= =?utf-8?Q?=ZZ?=\nFrom: =?x?=\n\nbody",
    "a year that is none": b"Subject: [ML][HW05] X Y\nDate: Sun, 01 Mar 99999999999 20:15:00 +9999\n\nbody",
    "a base64 text that is none": HONEST.as_bytes()
    .replace(b"base64", b"uuencode")
    .replace(b"20:15", b"19:15"),
    "bytes": bytes(range(256)) * 20,
    "nothing": b"",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_message_costs_nobody_else_anything(course: Inbox, broken: str) -> None:
    source = course.folder / "mail"
    source.mkdir()
    (source / "1.eml").write_bytes(BROKEN[broken])
    (source / "2.eml").write_bytes(HONEST.as_bytes())
    (source / "3.eml").symlink_to("/etc/passwd")
    os.mkfifo(source / "4.eml")
    done = course.collect(source)
    assert course.submitted("yakovlev")[BACKPROP] == notebook()
    assert {"3.eml", "4.eml"} <= {u.origin.split("/")[-1] for u in done.unmatched}
    assert all(u.reason.endswith(".") for u in done.unmatched)


@settings(max_examples=200, deadline=None)
@given(
    content=st.binary(max_size=200),
    start=st.sampled_from([b"", b"Subject: [ML][HW05] ", b"Date: ", b"From: "]),
)
def test_any_bytes_are_a_message_or_a_sentence(content: bytes, start: bytes) -> None:
    delivery = mail.read("x", start + content, re.compile(r"\[ML\]\[HW05\]"))
    assert delivery is None or delivery.problem or delivery.files


def test_names_that_lead_out_of_their_folder_lead_nowhere(course: Inbox) -> None:
    files = {"../../../evil.ipynb": b"x", BACKPROP: notebook(), "hw.zip": entry("../../../evil.pt")}
    hostile = message("[ML][HW05] ../../Яковлев Алексей", "a.yakovlev@uni.example", files)
    course.collect(course.mbox(hostile))
    assert course.submitted("yakovlev")[BACKPROP] == notebook()
    assert not list(course.folder.parent.glob("evil*"))
    assert {p.parent.name for p in course.folder.rglob("evil*")} == {"files"}


def test_a_hostile_archive_in_an_archive_of_the_class_costs_nobody_else_anything(course: Inbox) -> None:
    start = "_assignsubmission_file_/"
    path = course.folder / "moodle.zip"
    path.write_bytes(
        inbox.archive(
            {
                f"Алексей Яковлев_101{start}{BACKPROP}": notebook(),
                f"Фёдор Щукин_102{start}hw.zip": crowd(3_000),
                f"María Núñez_103{start}hw.zip": entry("../x.ipynb"),
                f"../../Юлия Цой_104{start}{BACKPROP}": notebook(),
                f"=cmd|'/C calc'!A0_105{start}{BACKPROP}": notebook(),
            }
        )
    )
    done = course.collect(path)
    assert course.submitted("yakovlev") == {BACKPROP: notebook()}
    reasons = " ".join(u.reason for u in done.unmatched)
    assert "more than 2,000 entries" in reasons
    assert "leads out" in reasons
    assert {p.name for p in (course.books / "submitted").iterdir()} == {"yakovlev"}
    kept = course.books / "collected" / ASSIGNMENT / "unmatched"
    assert any(p.name == "hw.zip" for p in kept.rglob("*"))


def test_the_limits_of_a_class_hold_a_large_one() -> None:
    names = {f"Student {n}_{n}_assignsubmission_file_/{BACKPROP}": b"" for n in range(3_000)}
    with archives.opened(inbox.archive(names), archives.OF_A_CLASS) as archive:
        assert len(archive.entries) == 3_000
