"""A sitting, from the first cell to the last, with a child that answers in this process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.checks.result import Status
from autograder.examiner import RESTARTS, Examiner, Sitting
from autograder.probes.respond import respond
from autograder.report import NotebookReport
from autograder.sandbox.inside.figures import unneeded
from autograder.sandbox.inside.libraries import libraries_of
from autograder.sandbox.launch import ChildLost, SandboxBrokenError

MODEL = """
import torch

class Model(torch.nn.Module):
    def __init__(self, answer):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.eye(10)[answer])

    def forward(self, x):
        return self.weight.expand(len(x), 10)

model = Model(0)
"""


class Child:
    """Runs cells and answers questions here."""

    is_alive = True

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.asked: list[int] = []
        self.ran: list[str] = []

    def leave_out(self, sources: list[str], figures: list[int]) -> dict[str, Any]:
        return {"cells": unneeded(sources, figures)}

    def libraries(self, sources: list[str], asked: list[tuple[int, str]]) -> dict[str, Any]:
        return {"libraries": libraries_of(sources, asked), "hidden": []}

    def run_cell(self, source: str, *, asserts: bool = True) -> dict[str, Any]:
        self.ran.append(source)
        exec(source, self.names)
        return {"outputs": [], "status": "ok", "seconds": 0.0}

    def look(self, subjects: list[str], may_be_none: Sequence[str] = ()) -> dict[str, Any]:
        return {"status": "there"}

    def ask(self, probe: str, function: str, subjects: list[str], question: dict[str, Any]) -> dict[str, Any]:
        if "images" in question:
            self.asked.append(len(question["images"]))
        return respond(probe, function, [self.names[name] for name in subjects], question)

    def close(self) -> None:
        pass


def check(name: str) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(f"check.{name}(model)")
    cell.metadata["nbgrader"] = {"grade": True, "solution": False, "grade_id": f"check_{name}", "points": 1}
    return cell


def sit(
    child: Child, *cells: NotebookNode, figures: tuple[str, ...] = (), seconds: float = 60.0
) -> NotebookReport:
    return Sitting(
        name="2_cnn_cifar10",
        cells=list(cells),
        files={},
        start=lambda left: child,  # type: ignore[arg-type, return-value]
        seconds=seconds,
        seed=3,
        figures=figures,
        shown_test_labels=None,
    ).run()


def causes(report: NotebookReport) -> list[str]:
    return [next(c.finding.cause for c in check.criteria if not c.passed) for check in report.checks]


def test_three_checks_between_which_no_cell_runs_ask_for_predictions_once() -> None:
    child = Child()
    cells = (check("accuracy"), nbformat.v4.new_markdown_cell("…"), check("precision"), check("recall"))
    report = sit(child, nbformat.v4.new_code_cell(MODEL), *cells)
    assert child.asked.count(3_000) == 1
    assert all("airplane" in cause for cause in causes(report))


def test_a_model_that_changes_between_two_checks_is_asked_anew() -> None:
    child = Child()
    other = nbformat.v4.new_code_cell("model = Model(3)")
    report = sit(child, nbformat.v4.new_code_cell(MODEL), check("accuracy"), other, check("precision"))
    assert child.asked.count(3_000) == 2
    first, second = causes(report)
    assert "airplane" in first
    assert "cat" in second


def test_a_figure_on_which_nothing_depends_is_not_run_and_says_so() -> None:
    child = Child()
    figure = "drawn = model"
    report = sit(child, *map(nbformat.v4.new_code_cell, (MODEL, figure, "x = 1")), figures=(figure,))
    assert figure not in child.ran
    assert "Not run while grading" in report.cells[1].outputs[0]["text"]


def test_a_figure_that_a_student_uses_or_has_changed_is_run() -> None:
    child = Child()
    figure = "drawn = model"
    sit(child, *map(nbformat.v4.new_code_cell, (MODEL, figure, "x = drawn")), figures=(figure,))
    assert figure in child.ran
    changed = figure + "  # mine"
    sit(child, *map(nbformat.v4.new_code_cell, (MODEL, changed)), figures=(figure,))
    assert changed in child.ran


@pytest.mark.parametrize("breaks", [1, RESTARTS, RESTARTS + 1])
def test_a_sandbox_that_breaks_costs_a_new_start(breaks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [breaks]

    class Warm:
        is_alive = True

        def fork_ahead(self) -> None:
            pass

        def start(self, seconds: float) -> Child:
            if left[0]:
                left[0] -= 1
                raise SandboxBrokenError("gone")
            return Child()

    monkeypatch.setattr(Examiner, "_sandbox", lambda self, limits, with_torch: Warm())
    task = _task(nbformat.v4.new_code_cell("x = 1"))
    if breaks > RESTARTS:
        with pytest.raises(SandboxBrokenError):
            Examiner().examine(task)
    else:
        assert Examiner().examine(task).notebooks[0].cells[0].status == "ok"


class Slow(Child):
    """A cell takes so long that the time of the whole notebook ends in it."""

    def __init__(self) -> None:
        super().__init__()
        self.lives: list[float] = []

    def run_cell(self, source: str, *, asserts: bool = True) -> dict[str, Any]:
        if source == "slow":
            time.sleep(0.3)
            self.is_alive = False
            raise ChildLost("timed_out", "it did not stop")
        return super().run_cell(source, asserts=asserts)


def test_all_children_together_have_the_time_of_one_notebook() -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in (MODEL, "slow", "x = 1")]
    report = sit(Slow(), *cells, check("accuracy"), check("precision"), seconds=0.2)
    assert [cell.status for cell in report.cells] == ["ok", "timed_out", "timed_out"]
    assert {result.status for result in report.checks} == {Status.TIMED_OUT}
    assert all("0.2 s of the whole notebook" in cause for cause in causes(report))
    assert report.restarts == 0


def test_a_child_has_what_is_left_of_the_time() -> None:
    lives: list[float] = []

    def start(seconds: float) -> Child:
        lives.append(seconds)
        return Slow()

    cells = [nbformat.v4.new_code_cell(source) for source in (MODEL, "slow", "x = 1")]
    report = Sitting("2_cnn_cifar10", cells, {}, start, 60.0, 3, None).run()  # type: ignore[arg-type]
    assert [cell.status for cell in report.cells] == ["ok", "timed_out", "ok"]
    assert lives[0] == pytest.approx(60, abs=0.1) and lives[1] < 59.8


def _task(cell: NotebookNode) -> Any:
    from autograder.assignments import Assignment
    from autograder.examiner import Task
    from autograder.sandbox.limits import Limits
    from autograder.sanitise import Submission

    notebook = nbformat.v4.new_notebook(cells=[cell])
    assignment = Assignment("small", ("2_cnn_cifar10",), ())
    submission = Submission("ada", "small", {"2_cnn_cifar10": notebook}, {}, {}, ())
    return Task(submission, assignment, {"2_cnn_cifar10": notebook}, Limits(), b"secret")


def answer(name: str, source: str) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source)
    cell.metadata["nbgrader"] = {"grade": False, "solution": True, "grade_id": name}
    return cell


class Absent(Child):
    """A cell ends in a way, and what it should have defined is not there."""

    def __init__(
        self, status: str, *outputs: dict[str, Any], lost: str = "", defined: str = "absent"
    ) -> None:
        super().__init__()
        self.reply, self.lost, self.seen = (
            {"outputs": list(outputs), "status": status, "seconds": 1.0},
            lost,
            defined,
        )

    def run_cell(self, source: str, *, asserts: bool = True) -> dict[str, Any]:
        if self.lost:
            raise ChildLost(self.lost, "lost")
        return self.reply

    def look(self, subjects: list[str], may_be_none: Sequence[str] = ()) -> dict[str, Any]:
        return {"status": self.seen, "name": subjects[0]}


def an_error(name: str, said: str, *lines: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": name, "evalue": said, "traceback": list(lines)}


UNABLE = an_error("NotImplementedError", "not for 'Long'", "torch's", "traceback")
SYNTAX = an_error("SyntaxError", "invalid syntax (<ipython-input-3-0>, line 4)\nmore")


@pytest.mark.parametrize(
    ("child", "status", "cause"),
    [
        (Absent("error", SYNTAX), Status.ERROR, "stops with `SyntaxError: invalid syntax (line 4)`."),
        (Absent("error", an_error("Full", ""), defined="nothing"), Status.ERROR, "stops with `Full`."),
        (Absent("error", UNABLE), Status.ERROR, "stops with `NotImplementedError: not for 'Long'`."),
        (Absent("timed_out"), Status.TIMED_OUT, "was stopped at the time limit."),
        (Absent("error", lost="out_of_memory"), Status.OUT_OF_MEMORY, "was stopped at the memory limit."),
        (Absent("error", lost="error"), Status.ERROR, "ended its process."),
        (Absent("error", lost="malformed"), Status.MALFORMED, "ended in a way that cannot be read."),
    ],
)
def test_an_answer_whose_cell_was_stopped_is_no_answer_that_is_missing(
    child: Absent, status: Status, cause: str
) -> None:
    (result,) = sit(child, answer("model", "x"), check("model")).checks
    first = result.criteria[0]
    assert (first.status, first.finding.cause) == (
        status,
        f"Mend the cell that begins `class Model` first: it {cause}",
    )
    assert result.points == 0


@pytest.mark.parametrize("name", ["model", "another"])
def test_an_answer_that_is_not_done_and_one_beside_a_cell_that_fails_are_not_done(name: str) -> None:
    stub = an_error("NotImplementedError", "", "Not done yet: this cell.")
    error = stub if name == "model" else an_error("ValueError", "")
    (result,) = sit(Absent("error", error), answer(name, "x"), check("model")).checks
    assert result.status is Status.NOT_DONE
    assert "Run the cell that begins `class Model`" in result.criteria[0].finding.cause


class Asserting(Child):
    """A cell stops at its `assert`, and not where it is run without."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[bool] = []

    def run_cell(self, source: str, *, asserts: bool = True) -> dict[str, Any]:
        if "assert" not in source:
            return super().run_cell(source, asserts=asserts)
        self.kept.append(asserts)
        if not asserts:
            return super().run_cell(source.split("assert", maxsplit=1)[0])
        error = {"output_type": "error", "ename": "AssertionError", "evalue": "too low", "traceback": ["…"]}
        return {"outputs": [error], "status": "error", "seconds": 0.0}


def test_a_cell_that_an_assert_stops_is_run_without_its_asserts_and_says_so() -> None:
    child = Asserting()
    cell = nbformat.v4.new_code_cell("done = 1\nassert False, 'too low'")
    report = sit(child, nbformat.v4.new_code_cell(MODEL), cell)
    assert child.kept == [True, False]
    assert report.cells[1].status == "ok"
    assert "without its `assert` lines" in report.cells[1].outputs[0]["text"]


def test_an_assert_of_an_instructors_own_test_counts() -> None:
    child = Asserting()
    cell = nbformat.v4.new_code_cell("assert False")
    cell.metadata["nbgrader"] = {"grade": True, "solution": False, "grade_id": "own", "points": 2}
    report = sit(child, cell)
    assert child.kept == [True]
    assert report.tests[0].points == 0


def test_a_name_whose_cell_was_stopped_is_not_done_and_says_what_stopped_the_cell() -> None:
    child = Absent("error", an_error("CheckpointError", "cut off"), defined="nothing")
    (result,) = sit(child, answer("trained", "model = None\nrestore()"), check("accuracy")).checks
    assert result.status is Status.NOT_DONE
    assert result.criteria[0].finding.cause == (
        "`model` gets its value in the cell that begins `model = None`, which stops with `CheckpointError: cut off`."
    )
