"""What `autograder grade` prints holds nothing that a terminal obeys, whoever chose the words."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from autograder import batch, cli
from autograder.errors import ExplainedError
from autograder.report import Report

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\r\b\u202e\u2028\ud800"


def require_harmless(text: str) -> None:
    assert not [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


def report(student: str, level: str, reason: str) -> Report:
    return Report(student, "neural_networks", "key", "0", level, (), {"1_backprop_numpy": reason})


def test_names_and_reasons_are_printed_without_control_characters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [
        report(f"ada{ESCAPES}", "full", ""),
        report(f"bob{ESCAPES}", batch.NOT_GRADED, f"it raised{ESCAPES} an error\nada 10 / 10"),
    ]
    monkeypatch.setattr(batch, "grade", lambda *given: made)
    assert cli.main(["grade", "neural_networks", "--no-record"]) == 0
    printed = capsys.readouterr()
    require_harmless(printed.out + printed.err)
    assert "ada" in printed.out
    assert "bob" in printed.err
    assert len(printed.out.splitlines()) == 2
    assert len(printed.err.splitlines()) == 1


def test_an_explained_error_is_printed_without_control_characters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*given: object) -> None:
        raise ExplainedError(f"nbgrader could not record bob{ESCAPES}.\nA second line.")

    monkeypatch.setattr(batch, "grade", fail)
    assert cli.main(["grade", "neural_networks"]) == 1
    printed = capsys.readouterr().err
    require_harmless(printed)
    assert "A second line." in printed


def test_the_name_of_a_folder_is_printed_without_control_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("")
    assert cli.main(["grade", f"no{ESCAPES}", "--allow-unsandboxed"]) == 1
    printed = capsys.readouterr().err
    require_harmless(printed)
    assert "There is no assignment" in printed
