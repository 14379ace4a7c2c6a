"""The course stays out of sight, wherever it lies: below folders that are shown, and with Python inside it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder import data, doctor
from autograder.sandbox import launch, sight, walls
from autograder.sandbox.launch import Sandbox
from tests.sandbox.test_sandbox import LIMITS, pytestmark  # noqa: F401

PARTS = ("solutions/answer.ipynb", "autograder/checks/key.py", "gradebook/secret", "gradebook/gradebook.db")
FIND = (
    "import os\nfound = [os.path.join(f, n) for top in {tops} for f, _, names in os.walk(top) for n in names]\n"
    "print(sorted(found))"
)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is shown as a whole, as /usr is, and that no tmpfs of the sandbox covers."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp")).resolve()
    (folder / "program").write_text("a program")
    monkeypatch.setattr(sight, "SYSTEM", (*sight.SYSTEM, str(folder)))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def course(shown: Path) -> Path:
    for part in PARTS:
        (shown / "course" / part).parent.mkdir(parents=True, exist_ok=True)
        (shown / "course" / part).write_text("hidden")
    images = shown / "course" / "gradebook" / "images"
    images.mkdir()
    (images / "picture").write_text("seen")
    return shown / "course"


def seen(sandbox: Sandbox, *tops: Path | str) -> str:
    with sandbox.start() as child:
        return str(child.run_cell(FIND.format(tops=[str(top) for top in tops]))["outputs"][0]["text"]).strip()


def can_be_written(sandbox: Sandbox, folder: Path) -> bool:
    with sandbox.start() as child:
        return child.run_cell(f"open('{folder}/planted', 'w')")["status"] == "ok"


class TestACourseBelowAFolderThatIsShown:
    def test_the_working_directory_is_covered(
        self, course: Path, shown: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(course)
        with Sandbox(with_torch=False, limits=LIMITS) as sandbox:
            assert seen(sandbox, shown) == f"['{shown}/program']"
            assert not can_be_written(sandbox, course)

    def test_the_books_are_covered_and_the_images_among_them_are_seen(
        self, course: Path, shown: Path
    ) -> None:
        with Sandbox(course / "gradebook" / "images", with_torch=False, limits=LIMITS) as sandbox:
            found = seen(sandbox, shown / "course" / "gradebook", "/images")
        assert found == "['/images/picture']"

    def test_the_repository_is_covered(
        self, course: Path, shown: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sight, "PACKAGE", course / "autograder")
        with Sandbox(with_torch=False, limits=LIMITS) as sandbox:
            assert seen(sandbox, shown) == f"['{shown}/program']"

    def test_an_installed_package_is_covered_and_its_neighbours_are_seen(
        self, shown: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("autograder/checks.py", "other/module.py"):
            (shown / "site-packages" / name).parent.mkdir(parents=True)
            (shown / "site-packages" / name).write_text("")
        monkeypatch.setattr(sight, "PACKAGE", shown / "site-packages" / "autograder")
        with Sandbox(with_torch=False, limits=LIMITS) as sandbox:
            assert seen(sandbox, shown / "site-packages") == f"['{shown}/site-packages/other/module.py']"

    def test_the_data_with_all_labels_are_covered(self, shown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (shown / "data" / data.FOLDER).mkdir(parents=True)
        (shown / "data" / data.FOLDER / "test_batch").write_text("labels")
        monkeypatch.setenv(data.ROOT_VARIABLE, str(shown / "data"))
        with Sandbox(with_torch=False, limits=LIMITS) as sandbox:
            assert seen(sandbox, shown) == f"['{shown}/program']"

    def test_on_the_command_line_the_cover_comes_before_what_is_ours_and_cannot_be_written(
        self, course: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(course)
        line = launch.command("bwrap", None, view="torch", descriptor=3)
        covered = [line[at + 1] for at, option in enumerate(line) if option == "--tmpfs"]
        assert str(course) in covered
        ours = line.index(f"{launch.COURSE}/autograder/probes")
        assert line.index(str(course.parent)) < line.index(str(course)) < ours
        assert line[len(line) - 1 - line[::-1].index(str(course)) - 1] == "--remount-ro"


class TestPythonInsideTheCourse:
    @pytest.mark.skipif(Path(sys.prefix).is_relative_to("/usr"), reason="the environment is the system's")
    def test_only_the_environment_shows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        environment = Path(sys.prefix).resolve()
        course = environment.parent
        monkeypatch.setattr(sight, "SYSTEM", (*sight.SYSTEM, str(course.parent)))
        monkeypatch.chdir(course)
        with Sandbox(with_torch=False, limits=LIMITS) as sandbox, sandbox.start() as child:
            code = f"import os, sys\nprint(sys.prefix, os.path.isdir({str(course)!r}) and {str(course)!r} != sys.base_prefix and os.listdir({str(course)!r}) or [])"
            assert child.run_cell(code)["outputs"][0]["text"] == f"{sight.RUNTIME} []\n"

    def test_a_python_that_the_environment_was_made_from_is_shown_again(
        self, course: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(course)
        monkeypatch.setattr(sys, "base_prefix", str(course / "python"))
        monkeypatch.setattr(sys, "prefix", str(course / ".venv"))
        line = launch.command("bwrap", None, view="torch", descriptor=3)
        assert f"--tmpfs {course} --ro-bind {course}/python {course}/python" in " ".join(line)

    def test_an_environment_that_is_the_course_is_refused_with_one_sentence(
        self, course: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(course)
        monkeypatch.setattr(sys, "prefix", str(course))
        with pytest.raises(
            walls.NoSandboxError, match=rf"no view without the course.*{course}.*folder of its own"
        ):
            Sandbox()
        assert [there for there, what, _ in doctor.findings(course) if what == "view without the course"] == [
            False
        ]

    def test_a_course_around_what_python_needs_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(Path(os.__file__).parent)
        with pytest.raises(walls.NoSandboxError, match="which Python needs"):
            Sandbox()


def test_a_course_elsewhere_needs_no_cover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sight, "PACKAGE", tmp_path / "autograder")
    monkeypatch.setenv(data.ROOT_VARIABLE, data.SYNTHETIC)
    assert sight.covers(tmp_path / "gradebook" / "images") == []
    assert walls.out_of_sight().stands


def test_a_torch_beside_the_python_that_the_environment_was_made_from_is_covered_for_numpy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    there = tmp_path / "lib" / version / "site-packages" / "torch"
    there.mkdir(parents=True)
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    line = launch.command("bwrap", None, view="numpy", descriptor=3)
    assert line[line.index(str(there)) - 1] == str(launch.STAND_INS / "torch")
    assert str(there) not in launch.command("bwrap", None, view="torch", descriptor=3)
