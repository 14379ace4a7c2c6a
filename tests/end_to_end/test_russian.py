"""The Russian edition from nbgrader's release to the feedback page: the same points, cards in Russian."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder import notebooks
from autograder.sandbox import walls
from autograder.translation import language
from tests.end_to_end import mini_course as mini
from tests.end_to_end.mini_course import ASSIGNMENT

MISSING = [wall.name for wall in walls.missing()]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")

BACKPROP, CNN = "1_backprop_numpy", "2_cnn_cifar10"
TEXTS = {BACKPROP: ("linear-text", "relu-text"), CNN: ("model-text",)}


def add_texts(course: Path) -> None:
    """Put some text cells, with formulas, tables and hints, before the cells of the cut-down notebooks."""
    for name, ids in TEXTS.items():
        path = course / "solutions" / ASSIGNMENT / f"{name}.ipynb"
        notebook = notebooks.read(path)
        whole = notebooks.read(mini.ROOT / "solutions" / ASSIGNMENT / f"{name}.ipynb")
        notebook.cells = [cell for cell in whole.cells if cell.id in ids] + notebook.cells
        assert len(notebook.cells) == len(ids) + len(mini.KEPT[name])
        notebooks.write(notebook, path)


def hand_in_russian(course: Path, student: str, more: str = "", *, without: str = "") -> None:
    """Fill the solution's answers into the Russian edition."""
    target = course / "gradebook" / "submitted" / student / ASSIGNMENT
    target.mkdir(parents=True)
    for name in mini.KEPT:
        if name == without:
            continue
        notebook = notebooks.read(course / "notebooks-ru" / ASSIGNMENT / f"{name}.ipynb")
        solution = notebooks.read(course / "solutions" / ASSIGNMENT / f"{name}.ipynb")
        answers = notebooks.cells_by_grade_id(solution)
        for cell in notebook.cells:
            gid = notebooks.grade_id(cell)
            if gid in answers and not notebooks.is_locked(cell):
                cell.source = answers[gid].source + (more if gid == "linear" else "")
        notebooks.write(notebook, target / f"{name}.ipynb")
    shutil.copy(course / "notebooks-ru" / ASSIGNMENT / language.FILE, target)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = mini.make(tmp_path_factory.mktemp("russian"))
    add_texts(folder)
    shutil.copytree(mini.ROOT / "translations", folder / "translations")
    mini.run(folder, "autograder.cli", "release", ASSIGNMENT, "--language", "ru")
    hand_in_russian(folder, "anna")
    hand_in_russian(folder, "boris", mini.ZERO_BACKWARD, without=CNN)
    mini.hand_in(folder, "carol", mini.ZERO_BACKWARD)
    mini.run(folder, "autograder.cli", "grade", ASSIGNMENT)
    mini.run(folder, "nbgrader", "generate_feedback", ASSIGNMENT)
    return folder


def page(course: Path, student: str, notebook: str = BACKPROP) -> str:
    path = course / "gradebook" / "feedback" / student / ASSIGNMENT / f"{notebook}.html"
    return " ".join(path.read_text(encoding="utf-8").split())


def test_nbgraders_release_is_translated_and_its_code_is_not(course: Path) -> None:
    for name, ids in TEXTS.items():
        english, russian = (
            notebooks.read(course / folder / ASSIGNMENT / f"{name}.ipynb")
            for folder in ("notebooks", "notebooks-ru")
        )
        assert [c for c in english.cells if c.cell_type == "code"] == [
            c for c in russian.cells if c.cell_type == "code"
        ]
        assert [c.id for c in russian.cells if "**Условия.**" in c.source] == list(ids)
        assert "NotImplementedError" in "".join(c.source for c in russian.cells)


def test_a_russian_solution_earns_full_marks(course: Path) -> None:
    assert mini.scores(course)["anna"] == mini.FULL
    assert "пройдено" in page(course, "anna") and "criteria passed" not in page(course, "anna")


def test_a_wrong_answer_loses_the_same_points_in_both_editions_and_has_a_card_in_its_language(
    course: Path,
) -> None:
    points = mini.points(course)
    assert points["boris"]["check_linear"] == points["carol"]["check_linear"] < 1
    russian, english = page(course, "boris"), page(course, "carol")
    assert "Градиент по входу: везде 0. Значение не вычисляется или затирается нулями." in russian
    assert "Вероятная причина" in russian and "критериев пройдено" in russian
    assert "The gradient by the input is 0 everywhere" in english and "Likely cause" in english


def test_text_cells_come_back_as_they_were_handed_in(course: Path) -> None:
    assert "Всё, чему учится сеть, лежит в её линейных слоях" in page(course, "boris")
    assert "All that a network learns" in page(course, "carol")


def test_a_missing_notebook_is_explained_in_the_language_of_the_other(course: Path) -> None:
    assert "Файл 2_cnn_cifar10.ipynb не сдан." in page(course, "boris", CNN)
    assert "не принято" in page(course, "boris", CNN)
