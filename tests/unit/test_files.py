"""Files and folders that are written anew: nothing is deleted that somebody else has put there."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import cli
from autograder.errors import ExplainedError
from autograder.files import make_anew

MARK = ".made"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "parent" / "course"
    (folder / "solutions").mkdir(parents=True)
    (folder / "solutions" / "1.ipynb").write_text("mine")
    (folder / "nbgrader_config.py").write_text("c = get_config()")
    return folder


def test_a_folder_is_made_and_made_anew(tmp_path: Path, course: Path) -> None:
    folder = tmp_path / "a" / "b"
    make_anew(folder, MARK, course)
    (folder / "old").mkdir()
    (folder / "old" / "file").write_text("x")
    (folder / "link").symlink_to(course)
    (folder / ".git").mkdir()
    make_anew(folder, MARK, course, keep=(".git",))
    assert sorted(path.name for path in folder.iterdir()) == [".git", MARK]
    assert (course / "solutions" / "1.ipynb").read_text() == "mine"


def test_what_somebody_else_has_put_there_is_not_deleted(tmp_path: Path, course: Path) -> None:
    (tmp_path / "thesis").write_text("years of work")
    for folder in (tmp_path, course / "solutions"):
        with pytest.raises(ExplainedError, match=r"is not empty.*name a new folder|is the course itself"):
            make_anew(folder, MARK, course)
    with pytest.raises(ExplainedError, match="cannot be made anew"):
        make_anew(tmp_path / "thesis", MARK, course)
    assert (tmp_path / "thesis").read_text() == "years of work"
    assert not (course / "solutions" / MARK).exists()


@pytest.mark.parametrize("name", [".", "..", "link"])
def test_neither_the_course_nor_what_holds_it_is_emptied_even_with_the_mark(
    course: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course)
    for marked in (course, course.parent):
        (marked / MARK).touch()
    (course / "link").symlink_to(course)
    with pytest.raises(ExplainedError, match="is the course itself, or holds it"):
        make_anew(Path(name), MARK, course)
    assert (course / "solutions" / "1.ipynb").read_text() == "mine"


def test_the_demo_deletes_no_folder_but_its_own(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(course)
    for folder in ("solutions", ".", ".."):
        assert cli.main(["demo", "--folder", folder]) == 1
        assert "name a new folder" in capsys.readouterr().err
    assert (course / "solutions" / "1.ipynb").read_text() == "mine"
