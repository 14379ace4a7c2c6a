"""The cell that installs the pack in Colab, and the badges: both come from one setting, and nothing else needs them."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import nbformat
import pytest
from nbgrader.utils import is_locked

from autograder import colab, course, handout, notebooks
from autograder.assignments import ASSIGNMENTS
from autograder.errors import ExplainedError
from autograder.sandbox.inside.figures import unneeded
from tests.mutants.submission import ROOT

ADDRESS = "https://github.com/somebody/course"
RELEASED = [
    ROOT / "notebooks" / handout.START,
    *(ROOT / "notebooks" / a.name / f"{n}.ipynb" for a in ASSIGNMENTS.values() for n in a.notebooks),
]
IN_COLAB = (
    "cycler",
    "IPython",
    "PIL",
    "filelock",
    "matplotlib",
    "numpy",
    "pandas",
    "requests",
    "sklearn",
    "threadpoolctl",
)
IN_COLAB += ("torch", "torchvision", "tqdm", "urllib3")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the cell would have run."""
    commands: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: commands.append(command))
    return commands


def run(repository: str = ADDRESS) -> None:
    exec(colab.install_source(repository, "main"), {})


def test_in_colab_the_pack_is_installed_from_the_address_of_the_course(
    installed: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    monkeypatch.setitem(sys.modules, "autograder", None)
    run()
    assert installed == [["pip", "install", "--quiet", "--no-deps", f"git+{ADDRESS}@main"]]


def test_in_colab_a_pack_that_is_there_is_left_as_it_is(
    installed: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    run()
    assert installed == []


@pytest.mark.parametrize("repository", [ADDRESS, ""])
def test_elsewhere_the_cell_does_nothing_and_takes_no_time(
    installed: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    repository: str,
) -> None:
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    monkeypatch.setitem(sys.modules, "autograder", None)
    run(repository)
    best = min(_seconds(repository) for _ in range(5))
    assert installed == [] and capsys.readouterr() == ("", "")
    assert best < 0.01


def _seconds(repository: str) -> float:
    begin = time.perf_counter()
    run(repository)
    return time.perf_counter() - begin


def test_without_an_address_the_cell_says_so_in_colab(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    run("")
    assert "Ask your instructor" in capsys.readouterr().out


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_the_first_code_cell_of_every_released_notebook_is_that_of_the_setting(path: Any) -> None:
    first = next(cell for cell in notebooks.read(path).cells if cell.cell_type == "code")
    assert first.source == colab.install_source(course.REPOSITORY, course.BRANCH), "run `make release`"
    assert notebooks.grade_id(first) == colab.GRADE_ID
    assert is_locked(first) and not notebooks.is_check(first)


@pytest.mark.parametrize("repository", [ADDRESS, ""])
def test_the_cell_does_not_keep_figures_from_being_left_out(repository: str) -> None:
    cells = [colab.install_source(repository, "main"), "x = 1", "y = x", "x"]
    assert unneeded(cells, [2]) == [2]


IMPORTED = """
import importlib, sys, types
for package in ("softmax_numpy", "softmax_pytorch", "backprop_numpy", "cnn_cifar10", "start"):
    check = importlib.import_module(f"autograder.checks.{package}").check
    [check[name] for name in check.names()]
from autograder import data, download, training
from autograder.plots import ablation, boundaries, comparison, confusion, gradients, images, scores, style
ours = [module for name, module in sys.modules.items() if name.startswith("autograder")]
values = [value for module in ours for value in vars(module).values()]
used = [v.__name__ if isinstance(v, types.ModuleType) else str(getattr(v, "__module__", "")) for v in values]
print(*sorted({name.split(".")[0] for name in used} - set(sys.stdlib_module_names)))
"""


def test_what_notebooks_import_of_the_pack_needs_only_libraries_that_colab_has() -> None:
    """The cell installs none of them."""
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
    used = set(done.stdout.split())
    assert {"numpy", "torch", "matplotlib", "requests"} <= used, "it sees what is imported"
    assert used <= {"autograder", "None", *IN_COLAB}


def test_a_badge_opens_the_notebook_in_colab_under_the_title(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "REPOSITORY", ADDRESS)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title\n\ntext")])
    colab.prepare(notebook, "notebooks/start.ipynb")
    title, _, link, *text = notebook.cells[0].source.split("\n")
    assert (title, text) == ("# Title", ["", "text"])
    assert link.startswith("[![Open in Colab](")
    assert link.endswith(
        "(https://colab.research.google.com/github/somebody/course/blob/main/notebooks/start.ipynb)"
    )


@pytest.mark.parametrize("repository", ["", "https://gitlab.com/somebody/course"])
def test_where_colab_cannot_open_a_notebook_there_is_no_badge(repository: str) -> None:
    assert colab.badge(repository, "main", "notebooks/start.ipynb") == ""
    readme = f"a\n{handout.BEGIN}\nold\n{handout.END}\nb"
    assert handout.with_badges(readme, repository, "main") == f"a\n{handout.BEGIN}\n{handout.END}\nb"


def test_the_readme_has_the_badges_of_the_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert handout.with_badges(readme, course.REPOSITORY, course.BRANCH) == readme, "run `make release`"


def test_with_an_address_the_readme_has_a_badge_for_every_notebook() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    made = handout.with_badges(readme, ADDRESS, "main")
    for path in RELEASED:
        assert made.count(f"/blob/main/{path.relative_to(ROOT)})") == 1
    assert handout.with_badges(made, ADDRESS, "main") == made
    assert handout.with_badges(made, course.REPOSITORY, course.BRANCH) == readme


def test_a_readme_without_a_place_for_badges_is_named() -> None:
    with pytest.raises(ExplainedError, match="has lost the lines"):
        handout.with_badges("nothing", ADDRESS, "main")


def test_the_notebook_to_start_with_is_its_solution_without_outputs() -> None:
    solution = notebooks.read(ROOT / "solutions" / handout.START)
    released = ROOT / "notebooks" / handout.START
    made = nbformat.writes(handout.student_edition(solution)) + "\n"
    assert released.read_text(encoding="utf-8") == made, "run `make release`"
    assert not any(cell.get("outputs") for cell in notebooks.read(released).cells)
    assert any(cell.get("outputs") for cell in solution.cells)
