"""Things that are written in two places say the same."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from autograder import notebooks
from autograder.assignments import ASSIGNMENTS
from autograder.checks.notebook import Checks

ROOT = Path(__file__).parents[2]
CONDA_NAMES = {"torch": "pytorch"}
FILES = [(a.name, n) for a in ASSIGNMENTS.values() for n in a.notebooks]


def test_environment_and_pyproject_ask_for_the_same_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["test"]
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda = [r for r in environment["dependencies"] if isinstance(r, str)]
    conda += [r for r in environment["dependencies"][-1]["pip"] if not r.startswith("--")]
    expected = {re.sub(r"^[\w-]+", lambda m: CONDA_NAMES.get(m[0], m[0]), r) for r in asked}
    assert set(conda) == expected | {f"python{project['requires-python']}", "pip"}


def checks_of(notebook: str) -> Checks:
    return Checks(f"autograder.checks.{notebook.split('_', 1)[1]}")


@pytest.mark.parametrize(("assignment", "name"), FILES)
def test_every_check_cell_calls_its_check_with_its_points(assignment: str, name: str) -> None:
    cells = notebooks.cells_by_grade_id(notebooks.read(ROOT / "solutions" / assignment / f"{name}.ipynb"))
    checks = checks_of(name)
    graded = {gid: cell for gid, cell in cells.items() if notebooks.is_check(cell)}
    assert set(graded) == {f"check_{check}" for check in checks.names()}
    for gid, cell in graded.items():
        check = checks[gid.removeprefix("check_")]
        assert cell.metadata.nbgrader.points == check.points
        assert not check.answer or check.answer in cells
        if check.begins:
            released = notebooks.read(ROOT / "notebooks" / assignment / f"{name}.ipynb")
            lines = notebooks.cells_by_grade_id(released)[check.answer].source.splitlines()
            assert next(line for line in lines if not line.startswith("#")).startswith(check.begins)
        call = ast.parse(cell.source).body[0]
        assert ast.unparse(call) == f"check.{gid.removeprefix('check_')}({', '.join(check.subjects)})"


@pytest.mark.parametrize("assignment", list(ASSIGNMENTS))
def test_an_assignment_is_worth_ten_points(assignment: str) -> None:
    total = 0.0
    for name in ASSIGNMENTS[assignment].notebooks:
        notebook = notebooks.read(ROOT / "solutions" / assignment / f"{name}.ipynb")
        total += sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells)
    assert total == 10


@pytest.mark.parametrize(("assignment", "name"), FILES)
def test_a_probe_stands_beside_every_judge(assignment: str, name: str) -> None:
    package = ROOT / "autograder" / "probes" / name.split("_", 1)[1]
    for check in checks_of(name).names():
        assert (package / f"{check}.py").exists()


@pytest.mark.parametrize(("assignment", "name"), FILES)
def test_every_cell_of_a_solution_has_its_fixed_id_and_clean_metadata(assignment: str, name: str) -> None:
    notebook = notebooks.read(ROOT / "solutions" / assignment / f"{name}.ipynb")
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        assert re.fullmatch(r"[a-z0-9-]{3,64}", cell.id), cell.id
        assert set(cell.metadata) <= {"nbgrader", "tags"}
        lines = [line for line in cell.source.splitlines() if not line.strip().startswith("### ")]
        assert len(lines) <= 40 or cell.cell_type != "code", cell.id
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
