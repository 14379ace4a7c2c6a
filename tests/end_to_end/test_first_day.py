"""A student's first day, from the folder that is handed out to the points that come back.

JupyterLab is opened by the README's line in a real browser; the cells are edited, run and saved there, and the
command that packs the work is typed into its terminal.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import data, notebooks, student_pack
from autograder.sandbox import walls
from tests.browser import CARDS, faults, needs_browser
from tests.end_to_end import jupyter_server

MISSING = [wall.name for wall in walls.missing()]
pytestmark = [
    needs_browser,
    pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}"),
]

ROOT = Path(__file__).parents[2]
ASSIGNMENT, NAME = "neural_networks", "1_backprop_numpy.ipynb"
OPENS = re.compile(r"^\$ jupyter (lab .*)$", re.MULTILINE)
WEIGHT_GRADIENT = "self.dW = rows.T @ upstream"
WHOLE_NOTEBOOK = """async () => {
    const put = await fetch('lab/api/settings/@jupyterlab/notebook-extension:tracker', {
        method: 'PUT', body: JSON.stringify({raw: JSON.stringify({windowingMode: 'none'})})});
    return put.ok;
}"""
RUN_AFTER = r"""([cell, before]) => {
    const now = cell.querySelector('.jp-InputPrompt').innerText;
    return now !== before && /\d/.test(now);
}"""
RUN_ABOVE = r"""(cell) => [...document.querySelectorAll('.jp-CodeCell')]
    .filter(other => other.compareDocumentPosition(cell) & Node.DOCUMENT_POSITION_FOLLOWING)
    .every(other => /\d/.test(other.querySelector('.jp-InputPrompt').innerText))"""
SLOW = 120_000  # milliseconds
BUNDLED = 240  # seconds


@dataclass
class Day:
    """What a student did, and saw.

    Attributes
    ----------
    folder : pathlib.Path
        What was handed out.
    start : list of str
        The cards of ``start.ipynb``.
    linear : list of str
        The card of the first task: untouched, with a mistake, and right.
    accessible : list of str
        What axe finds wrong with the card of the mistake.
    """

    folder: Path
    start: list[str]
    linear: list[str]
    accessible: list[str]

    @property
    def zip(self) -> Path:
        """What is handed in."""
        return self.folder / f"{ASSIGNMENT}.zip"

    @property
    def said(self) -> str:
        """What the command that packs has printed so far."""
        path = self.folder / "said.txt"
        return path.read_text(encoding="utf-8") if path.exists() else ""


def answer(grade_id: str) -> str:
    """The solution's answer, as a student would have written it."""
    solution = notebooks.read(ROOT / "solutions" / ASSIGNMENT / NAME)
    lines = str(notebooks.cells_by_grade_id(solution)[grade_id].source).splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith("### "))


class Lab:
    """JupyterLab's page, with what a student does there."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.address = address
        self.question = page.locator(".jp-Dialog")
        page.add_locator_handler(self.question, self.answer, no_wait_after=True)

    def answer(self, dialog: Any) -> None:
        """Answer a question of JupyterLab's, and pass it on to who reads the test's output.

        Where the server was slow to say which kernels there are, it asks for one; else what it proposes is taken.
        """
        asked = " ".join(str(dialog.inner_text()).split())
        warnings.warn(f"JupyterLab asked: {asked}", stacklevel=1)
        kernels = dialog.locator("select option").all_inner_texts()
        for python in [name for name in kernels if name.startswith("Python")][:1]:
            dialog.locator("select").select_option(label=python)
        dialog.locator(".jp-mod-accept").last.click()

    def open(self, path: str) -> None:
        """Open a notebook, and wait for its kernel; again, where JupyterLab has not heard of any kernel."""
        place = f"{self.address}lab/tree/{path}?reset"
        self.page.goto(place)
        deadline = time.monotonic() + SLOW / 1000
        while not self.has_kernel(path):
            assert time.monotonic() < deadline, f"{path} has no kernel"
            if self.question.is_visible():
                if "Python" in self.question.inner_text():
                    self.answer(self.question)
                else:
                    self.page.goto(place)
            self.page.wait_for_timeout(250)

    def has_kernel(self, path: str) -> bool:
        """Whether a kernel waits for cells of a notebook; the page alone says so a moment too early as well."""
        here = self.page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").count()
        sessions = self.page.request.get(f"{self.address}api/sessions").json()
        kernels = [session["kernel"] for session in sessions if session["path"] == path]
        return here > 0 and any(k["execution_state"] == "idle" and k["connections"] for k in kernels)

    def choose(self, menu: str, item: str) -> None:
        """Choose something from the bar of menus."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.get_by_role("menuitem", name=re.compile(f"^{re.escape(item)}")).click()

    def again_until(self, act: Callable[[], None], seen: Callable[[int], object]) -> None:
        """Do something once more where what it is for is not seen: a kernel that starts may lose what it was sent."""
        from playwright.sync_api import TimeoutError as TooLateError

        for _ in range(2):
            act()
            with contextlib.suppress(TooLateError):
                seen(SLOW // 2)
                return
        act()
        seen(SLOW)

    def run_all(self) -> None:
        """Run all cells, and wait for two cards."""
        second = self.page.locator(CARDS).nth(1)
        self.again_until(
            lambda: self.choose("Run", "Run All Cells"), lambda most: second.wait_for(timeout=most)
        )

    def cell(self, start: str) -> Any:
        """The first code cell with these words."""
        return self.page.locator(".jp-CodeCell").filter(has_text=start).first

    def write(self, start: str, source: str) -> None:
        """Write an answer over what stands in a cell, and run it."""
        cell = self.cell(start)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)
        self.run(cell)

    def run(self, cell: Any) -> None:
        """Run a cell, and wait until it has run."""
        cell.locator(".cm-content").click()
        before = cell.locator(".jp-InputPrompt").inner_text()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(RUN_AFTER, arg=[cell.element_handle(), before])

    def run_all_above(self, cell: Any) -> None:
        """Run what stands above a cell, and wait until it has run."""

        def act() -> None:
            cell.locator(".cm-content").click()
            self.choose("Run", "Run All Above Selected Cell")

        element = cell.element_handle()
        self.again_until(act, lambda most: self.page.wait_for_function(RUN_ABOVE, arg=element, timeout=most))

    def check(self, call: str) -> str:
        """Run a check, and read its card."""
        cell = self.cell(call)
        self.run(cell)
        card = cell.locator(CARDS)
        card.wait_for()
        return str(card.inner_text())

    def save(self) -> None:
        """Save the notebook, and wait until it is on the disk."""
        self.page.keyboard.press("Control+S")
        self.page.wait_for_function("!document.querySelector('.jp-mod-dirty')")

    def terminal(self, *lines: str) -> None:
        """Type lines into a new terminal."""
        self.page.goto(f"{self.address}lab?reset")
        self.page.locator(".jp-LauncherCard").filter(has_text="Terminal").click()
        self.page.locator(".jp-Terminal .xterm-helper-textarea").wait_for(state="attached")
        time.sleep(1)
        for line in lines:
            self.page.keyboard.type(f"{line}\n", delay=5)


@pytest.fixture(scope="module")
def day(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    folder, home = tmp_path_factory.mktemp("day") / "course", tmp_path_factory.mktemp("home")
    student_pack.write(ROOT, folder)
    # Installing takes minutes and the network: this environment stands in for the student's own, with its code.
    (folder / ".venv").symlink_to(sys.prefix)
    (opens,) = OPENS.findall((folder / "README.md").read_text(encoding="utf-8"))
    own = {"PYTHONPATH": str(folder), "SHELL": "/bin/sh"}
    if root := data.find():
        own["CIFAR10_ROOT"] = str(root)
    options = ["--LabApp.news_url=None", "--LabApp.extension_manager=readonly"]
    with jupyter_server.running(home, *opens.split(), *options, folder=folder, environment=own) as address:
        page = browser.new_page(viewport={"width": 1300, "height": 1600})
        page.set_default_timeout(SLOW)
        lab = Lab(page, address)
        page.goto(f"{address}lab")
        assert page.evaluate(WHOLE_NOTEBOOK)
        lab.open("start.ipynb")
        lab.run_all()
        start = page.locator(CARDS).all_inner_texts()
        lab.save()

        lab.open(f"{ASSIGNMENT}/{NAME}")
        lab.run_all_above(lab.cell("check.linear(Linear)"))
        linear = [lab.check("check.linear(Linear)")]
        right = answer("linear")
        assert WEIGHT_GRADIENT in right
        lab.write("class Linear(Module):", right.replace(WEIGHT_GRADIENT, f"{WEIGHT_GRADIENT} / len(rows)"))
        linear.append(lab.check("check.linear(Linear)"))
        accessible = faults(page)
        if shots := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{shots}/first-day.png")
        lab.write("class Linear(Module):", right)
        linear.append(lab.check("check.linear(Linear)"))
        lab.save()

        made = Day(folder, start, linear, accessible)
        lab.terminal(f"cd {folder}", ". .venv/bin/activate", f"autograder bundle {ASSIGNMENT} | tee said.txt")
        deadline = time.monotonic() + BUNDLED
        while f"{made.zip.name} holds" not in made.said and time.monotonic() < deadline:
            time.sleep(0.5)
        if shots:
            page.screenshot(path=f"{shots}/first-day-terminal.png")
        page.close()
        yield made


def test_the_notebook_to_start_with_shows_one_check_that_fails_and_one_that_passes(day: Day) -> None:
    failed, passed = day.start
    assert "✗ failed" in failed and "exactly 7 times too large, and 7 is the number of values" in failed
    assert "✓ passed" in passed and "1 of 1 points" in passed


def test_a_task_goes_from_not_done_to_its_mistake_to_passed(day: Day) -> None:
    untouched, wrong, right = day.linear
    assert "not done yet" in untouched and "0 of 1 points" in untouched
    assert "✗ failed" in wrong and "times too small" in wrong and "rows" in wrong
    assert "✓ passed" in right and "1 of 1 points" in right


def test_axe_finds_nothing_wrong_with_the_card_of_the_mistake(day: Day) -> None:
    assert day.accessible == []


def test_what_was_written_in_the_browser_is_what_is_handed_in(day: Day) -> None:
    with zipfile.ZipFile(day.zip) as archive:
        assert NAME in {Path(name).name for name in archive.namelist()}
        (inside,) = [name for name in archive.namelist() if Path(name).name == NAME]
        handed_in = nbformat.reads(archive.read(inside).decode(), as_version=4)
    saved = notebooks.cells_by_grade_id(handed_in)["linear"].source
    assert saved.split() == answer("linear").split()
    assert "The visible checks give 1 of 10 points." in day.said


def test_the_instructor_collects_it_and_gives_the_points_that_the_card_showed(
    day: Day, tmp_path: Path
) -> None:
    course = tmp_path / "course"
    course.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", course)
    for name in ("solutions", "notebooks"):
        shutil.copytree(ROOT / name, course / name, ignore=shutil.ignore_patterns("results.csv", ".ipynb*"))
    (course / "gradebook").mkdir()
    roster = "id,first_name,last_name,email\nada,Ada,Lovelace,ada@uni.example\n"
    (course / "gradebook" / "roster.csv").write_text(roster, encoding="utf-8")
    (tmp_path / "class").mkdir()
    shutil.copy(day.zip, tmp_path / "class" / "Lovelace Ada.zip")
    for command in (["collect", ASSIGNMENT, "--from", str(tmp_path / "class")], ["grade", ASSIGNMENT]):
        done = subprocess.run(
            [sys.executable, "-m", "autograder.cli", *command],
            cwd=course,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    with Gradebook(f"sqlite:///{course / 'gradebook' / 'gradebook.db'}") as book:
        submission = book.find_submission(ASSIGNMENT, "ada")
        earned = {grade.name: grade.score for n in submission.notebooks for grade in n.grades if grade.score}
    assert earned == {"check_linear": 1.0}
