"""The student edition is what nbgrader makes of the solutions, byte for byte."""

from __future__ import annotations

import filecmp
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder import notebooks
from autograder.assignments import ASSIGNMENTS
from tests.end_to_end.conftest import ROOT, Course

FILES = [(a.name, f"{n}.ipynb") for a in ASSIGNMENTS.values() for n in a.notebooks]


def files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_regenerating_the_release_changes_no_byte(course: Course) -> None:
    committed, made = ROOT / "notebooks", course.folder / "notebooks"
    assert files(made) == {Path(a) / f for a, f in FILES}, "nothing but the notebooks is released"
    for path in files(made):
        assert filecmp.cmp(committed / path, made / path, shallow=False), (
            f"run `make release`: {path} is stale"
        )


@pytest.mark.parametrize(("assignment", "file"), FILES)
def test_the_release_holds_stubs_and_no_solution(assignment: str, file: str) -> None:
    notebook = notebooks.read(ROOT / "notebooks" / assignment / file)
    for cell in notebook.cells:
        assert "BEGIN SOLUTION" not in cell.source
        assert not cell.get("outputs")
        settings = cell.metadata.get("nbgrader", {})
        if settings.get("solution") and not settings.get("grade"):
            assert "raise NotImplementedError" in cell.source


@pytest.mark.parametrize(("assignment", "file"), FILES)
def test_the_blank_notebook_earns_nothing_and_shows_one_line_for_each_unfinished_task(
    course: Course, assignment: str, file: str
) -> None:
    path = course.folder / "notebooks" / assignment / file
    notebook = notebooks.read(path)
    NotebookClient(
        notebook, timeout=300, allow_errors=True, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                assert len(output.traceback) == 1, f"a traceback chain in cell {cell.id}: {output.ename}"
                assert output.traceback[0].startswith("Not done yet"), cell.id
        if notebooks.is_check(cell):
            result: nbformat.NotebookNode = cell.outputs[0]
            assert result.data["text/plain"] == "0.0", cell.id
            assert "not done yet" in result.data["text/html"], cell.id
