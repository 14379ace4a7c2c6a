"""What students are handed: everything that they need, and no answer."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder import cli, course, notebooks, student_pack
from autograder.errors import ExplainedError
from tests.docs.pages import ROOT, blocks
from tests.docs.test_commands import wrong_with

LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
BACKPROP = Path("neural_networks", "1_backprop_numpy.ipynb")


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("handout") / "pack"
    student_pack.write(ROOT, folder)
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A course of one's own, to be spoilt."""
    folder = tmp_path / "course"
    for name in ("autograder", "docs", "notebooks", "notebooks-ru", "solutions", "benchmarks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "_api"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    return folder


def test_what_students_need_is_there_and_nothing_of_the_instructors(handed_out: Path) -> None:
    assert {path.name for path in handed_out.iterdir()} == {
        student_pack.MARKER,
        ".gitignore",
        "CITATION.cff",
        "LICENSE",
        "Makefile",
        "README.md",
        "autograder",
        "benchmarks",
        "docs",
        "environment.yml",
        "notebooks",
        "notebooks-ru",
        "pyproject.toml",
    }
    for folder in ("notebooks", "notebooks-ru"):
        for path in (ROOT / folder).rglob("*.ipynb"):
            assert (handed_out / path.relative_to(ROOT)).read_bytes() == path.read_bytes()
    assert (handed_out / "notebooks-ru" / "neural_networks" / "language.txt").is_file()
    there = [path for path in handed_out.rglob("*") if path.is_file()]
    assert not [path for path in there if path.suffix in (".pt", ".pyc", ".db")]
    assert not [
        path for path in there if b"### BEGIN SOLUTION" in path.read_bytes() and path.suffix == ".ipynb"
    ]
    project = tomllib.loads((handed_out / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (handed_out / project["readme"]).is_file()


@pytest.mark.parametrize("page", ["README.md", "docs/students.md", "docs/ru/students.md"])
def test_the_links_of_its_pages_lead_somewhere_and_their_commands_run(handed_out: Path, page: str) -> None:
    path = handed_out / page
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link
    for block in blocks(path):
        for line in block.text.splitlines() if block.language == "console" else ():
            assert wrong_with(line.removeprefix("$ ")) == ""


def test_its_package_works_by_itself(handed_out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(handed_out))
    command = [sys.executable, "-m", "autograder.cli"]
    done = subprocess.run(
        [*command, "bundle", "neural_networks"], cwd=handed_out, capture_output=True, text=True, check=False
    )
    assert "say with `--folder` which one you hand in" in done.stderr
    listed = subprocess.run(
        [*command, "--help"], cwd=handed_out, capture_output=True, text=True, check=True
    ).stdout
    assert "bundle" in listed and "demo" not in listed
    every = "import pkgutil, importlib, autograder as a\n" + (
        "for m in pkgutil.walk_packages(a.__path__, 'autograder.'):\n"
        "    if 'inside' not in m.name: importlib.import_module(m.name)\n"
        "print(a.__file__)"
    )
    said = subprocess.run(
        [sys.executable, "-c", every], cwd=handed_out, capture_output=True, text=True, check=False
    )
    assert said.stdout.strip() == str(handed_out / "autograder" / "__init__.py"), said.stderr


def as_sample_class(folder: Path) -> None:
    shutil.copy(folder / "autograder" / "samples.py", folder / "autograder" / "examples.py")


def as_a_page(folder: Path) -> None:
    cells = notebooks.cells_by_grade_id(notebooks.read(folder / "solutions" / BACKPROP))
    with (folder / "docs" / "students.md").open("a", encoding="utf-8") as page:
        page.write("\n".join(f"  > {line}" for line in cells["linear"].source.splitlines()).replace("> ", ""))


def as_a_solved_notebook(folder: Path) -> None:
    shutil.copy(folder / "solutions" / BACKPROP, folder / "notebooks-ru" / BACKPROP)


def as_a_notebook_that_was_worked_in(folder: Path) -> None:
    path = folder / "notebooks" / BACKPROP
    notebook = notebooks.read(path)
    notebooks.cells_by_grade_id(notebook)["relu"].source = "class ReLU:\n    pass"
    notebooks.write(notebook, path)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (as_sample_class, "autograder/examples.py holds the answer `calculate_loss` of 2_cnn_cifar10"),
        (as_a_page, "docs/students.md holds the answer `linear` of 1_backprop_numpy"),
        (
            as_a_solved_notebook,
            "notebooks-ru/neural_networks/1_backprop_numpy.ipynb holds the answer `linear`",
        ),
        (as_a_notebook_that_was_worked_in, "1_backprop_numpy.ipynb is not as it was released (`relu`)"),
    ],
)
def test_an_answer_anywhere_is_found_and_nothing_is_written(
    spoil: Callable[[Path], None], said: str, copy: Path, tmp_path: Path
) -> None:
    spoil(copy)
    with pytest.raises(ExplainedError, match=re.escape(said)):
        student_pack.write(copy, tmp_path / "pack")
    assert not (tmp_path / "pack").exists()


def test_a_second_time_it_is_made_anew_and_its_history_stays(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(copy)
    (copy / "notebooks" / "neural_networks" / "cifar10_cnn.pt").write_bytes(b"weights")
    assert cli.main(["handout", "--to", "build/pack"]) == 0
    assert "with notebooks and notebooks-ru, without solutions" in capsys.readouterr().out
    pack = copy / "build" / "pack"
    assert not list(pack.rglob("*.pt"))
    (pack / ".git").mkdir()
    (pack / ".git" / "HEAD").touch()
    (pack / "old.txt").touch()
    assert cli.main(["handout", "--to", "build/pack"]) == 0
    assert (pack / ".git" / "HEAD").exists() and not (pack / "old.txt").exists()
    for place in ("solutions", ".", ".."):
        assert cli.main(["handout", "--to", place]) == 1
    assert (copy / "solutions" / BACKPROP).exists()


def test_with_an_address_its_readme_has_badges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "REPOSITORY", "https://github.com/uni/handout")
    student_pack.write(ROOT, tmp_path / "pack")
    readme = (tmp_path / "pack" / "README.md").read_text(encoding="utf-8")
    assert "/github/uni/handout/blob/main/notebooks/start.ipynb" in readme


@pytest.mark.parametrize("missing", ["LICENSE", "notebooks/neural_networks", "solutions"])
def test_what_is_missing_is_said(missing: str, copy: Path, tmp_path: Path) -> None:
    if (copy / missing).is_dir():
        shutil.rmtree(copy / missing)
    else:
        (copy / missing).unlink()
    with pytest.raises(ExplainedError, match=f"{missing.split('/')[-1]}"):
        student_pack.write(copy, tmp_path / "pack")
