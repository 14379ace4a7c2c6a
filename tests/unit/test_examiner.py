"""What a course's secret is, what a report depends on, and where the images of a course lie."""

from __future__ import annotations

import copy
import os
import stat
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest

from autograder import data, examiner
from autograder.assignments import Assignment
from autograder.errors import ExplainedError
from autograder.examiner import SECRET_BYTES, Task, read_secret
from autograder.files import sweep
from autograder.sandbox.limits import Limits
from autograder.sanitise import Submission
from tests.mutants import few_images

NAME = "1_backprop_numpy"


class TestSecret:
    def test_it_is_made_once_and_is_its_owners_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "gradebook" / "secret"
        secret = read_secret(path)
        assert len(secret) == SECRET_BYTES and read_secret(path) == secret
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [p.name for p in path.parent.iterdir()] == ["secret"]

    @pytest.mark.parametrize("content", [b"", b"short", b"x" * (SECRET_BYTES + 1)])
    def test_one_of_another_length_is_refused(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_bytes(content)
        with pytest.raises(ExplainedError, match=r"restore it from a copy, or delete it"):
            read_secret(path)
        assert path.read_bytes() == content

    def test_a_full_disk_leaves_no_secret_that_can_be_guessed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(path: Path, content: bytes) -> None:
            raise OSError(28, "No space left on device")

        path = tmp_path / "secret"
        with monkeypatch.context() as patched:
            patched.setattr(Path, "write_bytes", full)
            with pytest.raises(OSError, match="No space left"):
                read_secret(path)
        assert not path.exists()
        assert len(read_secret(path)) == SECRET_BYTES

    def test_of_two_that_make_it_at_once_the_first_counts(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, link, first = tmp_path / "secret", os.link, b"1" * SECRET_BYTES

        def later(source: Path, target: Path) -> None:
            target.write_bytes(first)
            link(source, target)

        monkeypatch.setattr(os, "link", later)
        assert read_secret(path) == first

    def test_others_cannot_read_one_that_was_copied_carelessly(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_bytes(b"2" * SECRET_BYTES)
        path.chmod(0o644)
        read_secret(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def task(points: float = 1.0, tags: tuple[str, ...] = ()) -> Task:
    cell = nbformat.v4.new_code_cell("assert True", id="test")
    settings = {"grade": True, "solution": False, "grade_id": "test_own", "points": points}
    cell.metadata.update(nbgrader=settings, tags=list(tags))
    release = nbformat.v4.new_notebook(cells=[cell])
    submission = Submission("ada", "small", {NAME: copy.deepcopy(release)}, {}, {}, ())
    return Task(submission, Assignment("small", (NAME,), ()), {NAME: release}, Limits(), b"secret")


def test_a_report_depends_on_what_the_release_says_of_its_cells() -> None:
    keys = {task().key("walls"), task(points=2.0).key("walls"), task(tags=("figure",)).key("walls")}
    assert len(keys) == 3
    assert task().key("walls") == task().key("walls") != task().key("other walls")
    other = replace(task(), submission=replace(task().submission, student="bob"))
    assert other.key("walls") not in keys


def test_each_secret_has_images_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with few_images.in_use(*few_images.patterns(30.0, 200)):
        monkeypatch.setattr(data, "TEST_IMAGES", 200)
        first = examiner.prepare_images(tmp_path, b"one")
        done = (first / "complete").stat().st_mtime_ns
        second = examiner.prepare_images(tmp_path, b"two")
        assert first != second and examiner.prepare_images(tmp_path, b"one") == first
        assert (first / "complete").stat().st_mtime_ns == done
        for folder, secret in ((first, b"one"), (second, b"two")):
            assert folder == examiner.images_folder(tmp_path, secret)
            shown = np.load(folder / data.ARRAYS[3])
            assert np.array_equal(shown, examiner.shown_test_labels(secret))


def test_what_a_killed_run_left_is_swept_and_what_is_in_use_stays(tmp_path: Path) -> None:
    for name in (".recording-old", ".recording-new"):
        (tmp_path / name / "ada").mkdir(parents=True)
    (tmp_path / ".recording-file").touch()
    (tmp_path / "books").mkdir()
    for name in (".recording-old", ".recording-file", "books"):
        os.utime(tmp_path / name, (0, 0))
    sweep(tmp_path, ".recording-")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".recording-new", "books"]
