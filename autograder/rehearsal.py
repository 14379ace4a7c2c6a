"""A notebook run as it will be when it is graded: a fresh kernel, from top to bottom, nothing is trained.

It is the student's own machine and code: there is no sandbox, and the inputs of the checks are those that
the notebook shows.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from autograder import notebooks
from autograder.checks.check import Check
from autograder.checks.notebook import called_check, checks_of
from autograder.errors import in_short, was_stub
from autograder.sandbox.limits import Limits
from autograder.training import GRADING_VARIABLE

SHOW_CARD = "print(list(get_ipython().user_ns['_oh'].values())[-1])"
"""A notebook may have a `_` of its own, which then no longer is the last result."""
MESSAGE = 600
OUTPUT_SECONDS = 60  # between the end of a cell and its last output, on a machine that is busy


class _Client(NotebookClient):
    """Keeps the cells that show cards out of the history, where the checks read what the notebook ran."""

    async def async_execute_cell(
        self,
        cell: NotebookNode,
        cell_index: int,
        execution_count: int | None = None,
        store_history: bool = True,
    ) -> NotebookNode:
        return await super().async_execute_cell(
            cell, cell_index, execution_count, store_history and cell.source != SHOW_CARD
        )


@dataclass(frozen=True)
class Score:
    """What one check gave.

    Attributes
    ----------
    check : Check
        The check.
    points : float
        0 where its cell is missing or showed no result.
    card : str
        The card as plain text; empty where there was none.
    """

    check: Check
    points: float
    card: str = ""


@dataclass(frozen=True)
class Rehearsal:
    """What became of one notebook.

    Attributes
    ----------
    scores : tuple of Score
        One for each check of the notebook, in the notebook's order.
    errors : tuple of str
        One sentence for each cell, checks left out, that stopped with an error.
    seconds : float
        Wall time.
    """

    scores: tuple[Score, ...]
    errors: tuple[str, ...]
    seconds: float


def rehearse(notebook: NotebookNode, name: str, folder: Path, seconds: float | None = None) -> Rehearsal:
    """Run a copy of a notebook and read what its checks say.

    Parameters
    ----------
    notebook : NotebookNode
        As it will be handed in; it is left as it is.
    name : str
        Its name without ending.
    folder : pathlib.Path
        Where it runs; holds the checkpoints that are handed in with it.
    seconds : float, optional
        Wall time of one cell, that of grading where omitted.
    """
    limit = seconds or Limits().cell_seconds
    copy = _with_cards(notebook)
    begin = time.monotonic()
    errors: list[str] = []

    def take_down(cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
        errors.extend(_error(cell, execute_reply["content"], limit))

    client = _Client(
        copy,
        timeout=limit,
        iopub_timeout=OUTPUT_SECONDS,
        kernel_name="python3",
        allow_errors=True,
        interrupt_on_timeout=True,
        on_cell_error=take_down,
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        # What the kernel itself says on standard error is for whoever runs kernels.
        client.execute(env={**os.environ, GRADING_VARIABLE: "autograde"}, stderr=subprocess.DEVNULL)
    except DeadKernelError:
        errors.append(
            "The kernel died, and the cells after that were not run: the usual reason is too little memory."
        )
    return Rehearsal(_scores(copy, name), tuple(errors), time.monotonic() - begin)


def _with_cards(notebook: NotebookNode) -> NotebookNode:
    """A copy without outputs, in which a cell behind every check prints its card."""
    copy = nbformat.v4.new_notebook(metadata=notebook.metadata)
    for original in notebook.cells:
        cell = nbformat.from_dict(original)
        copy.cells.append(cell)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            if called_check(cell.source):
                copy.cells.append(nbformat.v4.new_code_cell(SHOW_CARD))
    return copy


def _scores(executed: NotebookNode, name: str) -> tuple[Score, ...]:
    """The last result of each check, in the notebook's order; checks without a cell come last."""
    checks = checks_of(name)
    scores: dict[str, Score] = {}
    for cell, after in zip(executed.cells, [*executed.cells[1:], None], strict=True):
        called = called_check(cell.source) if cell.cell_type == "code" else None
        if called is None or called[0] not in checks.names():
            continue
        shown = next((o for o in cell.outputs if o.output_type == "execute_result"), None)
        points, card = _number(shown), ""
        if shown is not None and after is not None:
            card = "".join(o.text for o in after.outputs if o.output_type == "stream")
        check = checks[called[0]]
        scores[check.id] = Score(check, min(max(points, 0.0), check.points), card)
    for check in (checks[c] for c in checks.names()):
        scores.setdefault(check.id, Score(check, 0.0))
    return tuple(scores.values())


def _number(output: NotebookNode | None) -> float:
    try:
        number = float(output.data["text/plain"]) if output is not None else 0.0
    except (KeyError, ValueError):
        return 0.0
    return number if number == number else 0.0


def _error(cell: NotebookNode, reply: dict[str, Any], limit: float) -> Iterator[str]:
    """What stopped a cell, in one sentence; none for a check, whose card says it, and for an unfinished stub."""
    error = reply.get("ename", "")
    said = str(reply.get("evalue", ""))
    if called_check(cell.source) or was_stub(error, said, reply.get("traceback", [])):
        return
    gid = notebooks.grade_id(cell)
    first = next((line.strip() for line in cell.source.splitlines() if line.strip()), "")
    where = f"the cell `{gid}`" if gid else f"the cell that begins with `{first[:60]}`"
    if error == "KeyboardInterrupt":
        yield f"{where} was still running after {limit:g} s and was stopped."
        return
    yield f"{where} stops with {in_short(error, said, MESSAGE)}"
