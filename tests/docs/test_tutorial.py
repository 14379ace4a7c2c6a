"""docs/new-assignment.md does what it says: its commands and files, block by block, in a copy of the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder import notebooks
from autograder.new_check import NewCheckError, plan, write
from autograder.sandbox import walls
from tests.docs.pages import ROOT, Block, Command, blocks, commands

PAGE = ROOT / "docs" / "new-assignment.md"
MISSING = [wall.name for wall in walls.missing()]
COPIED = ("autograder", "solutions", "notebooks", "tests")


@dataclass
class Tutorial:
    """The page, followed in a folder."""

    folder: Path

    def follow(self, block: Block) -> None:
        """Do what one block says."""
        if block.language == "console":
            for command in commands(block):
                self._run(command)
            return
        file = re.search(r"`((?:autograder|tests)/\S+\.py)`", block.before)
        cell = re.search(r"cell `([\w-]+)`|cell of all, `([\w-]+)`", block.before)
        if file:
            assert (self.folder / file[1]).exists(), file[1]
            (self.folder / file[1]).write_text(block.text, encoding="utf-8")
        else:
            assert cell, f"line {block.line}: where does this block belong?"
            self._fill_in((cell[1] or cell[2]).replace("_", "-"), block.text.rstrip("\n"))

    def _run(self, command: Command) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(self.folder), "PYTEST_ADDOPTS": ""}
        done = subprocess.run(
            ["bash", "-c", command.text], cwd=self.folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command.text}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        printed = done.stdout.splitlines()
        for line in command.shown:
            assert any(found.startswith(line) for found in printed), f"{line!r} is not in\n{done.stdout}"

    def _fill_in(self, id_: str, source: str) -> None:
        path = self.folder / "solutions" / "activations" / "1_activations_numpy.ipynb"
        notebook = notebooks.read(path)
        (cell,) = [cell for cell in notebook.cells if cell.id == id_]
        cell.source = source
        notebooks.write(notebook, path)


def is_graded(block: Block) -> bool:
    return "autograder grade" in block.text


def copy_of_the_repository(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "results.csv", "*.pt")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Tutorial:
    """The page followed up to where a class hands in."""
    followed = Tutorial(copy_of_the_repository(tmp_path_factory.mktemp("clone")))
    for block in blocks(PAGE):
        if not is_graded(block):
            followed.follow(block)
    return followed


def test_the_page_can_be_followed_to_the_student_edition(tutorial: Tutorial) -> None:
    cells = notebooks.cells_by_grade_id(
        notebooks.read(tutorial.folder / "notebooks" / "activations" / "1_activations_numpy.ipynb")
    )
    assert "raise NotImplementedError" in cells["leaky_relu"].source
    assert "np.where" not in cells["leaky_relu"].source
    solved = notebooks.read(tutorial.folder / "solutions" / "activations" / "1_activations_numpy.ipynb")
    (result,) = notebooks.cells_by_grade_id(solved)["check_leaky_relu"].outputs
    assert result.data["text/plain"] == "10.0"


def test_nothing_of_what_it_wrote_is_left_to_fill_in(tutorial: Tutorial) -> None:
    assert to_fill_in(tutorial.folder) == []


def test_the_linters_accept_what_it_wrote(tutorial: Tutorial) -> None:
    for command in (["check", "."], ["format", "--check", "."]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command], cwd=tutorial.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")
def test_it_ends_in_a_graded_class_with_the_right_messages(tutorial: Tutorial) -> None:
    (block,) = filter(is_graded, blocks(PAGE))
    tutorial.follow(block)
    verdicts = json.loads((tutorial.folder / "gradebook" / "verdicts.json").read_text(encoding="utf-8"))
    said = {verdict["student"]: json.dumps(verdict, ensure_ascii=False) for verdict in verdicts}
    assert "The slope is lost: negative numbers become slope · x, not 0." in said["bob"]
    assert "Not done yet" in said["eve"]
    page = tutorial.folder / "gradebook" / "feedback" / "bob" / "activations" / "1_activations_numpy.html"
    assert "The slope is lost" in page.read_text(encoding="utf-8")


def to_fill_in(folder: Path) -> list[str]:
    """Files below a folder in which something is marked to be filled in."""
    judges, probes = folder / "autograder" / "checks", folder / "autograder" / "probes"
    files = [*judges.rglob("*.py"), *probes.rglob("*.py"), *(folder / "solutions").glob("*/*.ipynb")]
    files += (folder / "tests" / "mutants").glob("test_check_*.py")
    return [str(path) for path in files if "FILL IN" in path.read_text(encoding="utf-8")]


def test_no_check_of_the_pack_is_left_to_fill_in() -> None:
    assert to_fill_in(ROOT) == []


# `autograder new-check` itself.


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The folders that matter to it."""
    for name in ("checks", "probes"):
        ignored = shutil.ignore_patterns("*.py", "__pycache__")
        shutil.copytree(ROOT / "autograder" / name, tmp_path / "autograder" / name, ignore=ignored)
    ignored = shutil.ignore_patterns("*.pt", "*.json", "results.csv")
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions", ignore=ignored)
    return tmp_path


def files_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("1_backprop_numpy", "Sigmoid"), "cannot be the name of a check"),
        (("1_backprop_numpy", "../sigmoid"), "cannot be the name of a check"),
        (("1_backprop_numpy", "lambda"), "cannot be the name of a check"),
        (("1_backprop_numpy", "names"), "cannot be the name of a check"),
        (("1_backprop_numpy", "check"), "cannot be the name of a check"),
        (("backprop", "sigmoid", "networks"), "cannot be the name of a notebook"),
        (("1_backprop_numpy/x", "sigmoid", "networks"), "cannot be the name of a notebook"),
        (("1_new_numpy", "sigmoid"), "is not among 1_softmax_numpy, 2_softmax_pytorch, 1_backprop"),
        (("1_new_numpy", "sigmoid", "../elsewhere"), "is not among"),
        (("1_backprop_numpy", "sigmoid", "linear_classifiers"), "belongs to neural_networks"),
        (("3_backprop_numpy", "sigmoid", "neural_networks"), "are called backprop_numpy too"),
        (("1_backprop_numpy", "moons"), "is there already"),
        (("1_backprop_numpy", "module"), "has a cell 'module' already"),
        (("1_backprop_numpy", "sigmoid", "", 0), "cannot be worth 0 points"),
        (("1_backprop_numpy", "sigmoid", "", float("nan")), "cannot be worth nan points"),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_written_is_refused_with_a_reason(
    clone: Path, arguments: tuple[Any, ...], words: str
) -> None:
    (clone / "autograder" / "checks" / "backprop_numpy" / "moons.py").touch()
    before = files_of(clone)
    with pytest.raises(NewCheckError, match=re.escape(words)):
        plan(clone, *arguments)
    assert files_of(clone) == before


def test_a_folder_without_a_clone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NewCheckError, match="no clone of the course pack"):
        plan(tmp_path, "1_backprop_numpy", "sigmoid")


def test_a_check_of_a_known_notebook_adds_three_files_and_three_cells(clone: Path) -> None:
    path = clone / "solutions" / "neural_networks" / "2_cnn_cifar10.ipynb"
    before, cells = files_of(clone), notebooks.read(path).cells
    written = write(clone, plan(clone, "2_cnn_cifar10", "sigmoid", points=0.5))
    assert len(set(files_of(clone)) - set(before)) == 3
    assert {p for p, content in before.items() if p.read_bytes() != content} == {path}
    now = notebooks.read(path).cells
    assert now[: len(cells)] == cells
    assert [cell.id for cell in now[len(cells) :]] == ["sigmoid-text", "sigmoid", "check-sigmoid"]
    assert written[-1] == path.relative_to(clone)
    with pytest.raises(NewCheckError, match="is there already"):
        plan(clone, "2_cnn_cifar10", "sigmoid")


def test_the_skeleton_of_a_pytorch_check_passes_its_tests_and_the_linters(tmp_path: Path) -> None:
    folder = copy_of_the_repository(tmp_path)
    new = plan(folder, "1_vision_transformers_pytorch", "a_name_of_exactly_thirty_chars", "vision", 0.25)
    assert len(new.name) == 30
    written = [str(path) for path in write(folder, new) if path.suffix == ".py"]
    (test,) = [path for path in written if path.startswith("tests")]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    for command in (
        ["pytest", "-q", test],
        ["ruff", "check", *written],
        ["ruff", "format", "--check", *written],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
