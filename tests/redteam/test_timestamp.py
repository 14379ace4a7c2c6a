"""A submission's `timestamp.txt` is hostile too: nbgrader stops at one that it cannot read."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.coursedir import CourseDirectory

from autograder.sanitise import Refused
from autograder.timestamps import TIMESTAMP, read_timestamp

HOSTILE = (
    b"", b"garbage", b"\xff\xfe", b"9" * 20, b"9" * 100, b"9" * 101, b"0001-01-01 00:00:00 +2400", b"\x1b[2J",
    b"9999-12-31 23:59:59 -2359", b"2026-01-01 10:00:00 " + b"9" * 50, b"2026-01-01 10:00:00\x00", b"1e400",
)  # fmt: skip


def require_readable(folder: Path) -> bool:
    """Whether a time is taken; if so, nbgrader reads it."""
    try:
        text = read_timestamp(folder / TIMESTAMP)
    except Refused:
        return False
    (folder / TIMESTAMP).write_text(text, encoding="ascii")
    assert CourseDirectory().get_existing_timestamp(str(folder)) is not None
    return True


@pytest.mark.parametrize("content", HOSTILE)
def test_what_is_no_time_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / TIMESTAMP).write_bytes(content)
    assert not require_readable(tmp_path)


@pytest.mark.parametrize(
    "text", ["2026-01-01 10:00:00.123456 UTC", "2026-01-01 10:00:00 CET", "2026-01-01 10:00"]
)
def test_times_that_nbgrader_writes_are_taken(tmp_path: Path, text: str) -> None:
    (tmp_path / TIMESTAMP).write_text(text + "\n", encoding="ascii")
    assert require_readable(tmp_path)


def test_an_offset_is_written_as_nbgrader_reads_it(tmp_path: Path) -> None:
    (tmp_path / TIMESTAMP).write_text("2026-01-01 10:00:00 +0300", encoding="ascii")
    assert read_timestamp(tmp_path / TIMESTAMP) == "2026-01-01 07:00:00.000000 UTC"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stamps")


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=40) | st.from_regex(r"\A[0-9:. TZUC+\-e]{1,40}\Z").map(str.encode))
def test_whatever_is_taken_is_read_by_nbgrader(folder: Path, content: bytes) -> None:
    (folder / TIMESTAMP).write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        require_readable(folder)
