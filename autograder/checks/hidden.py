"""What the student's process alone can tell is believed as long as the text of the cells hides nothing."""

from __future__ import annotations

from autograder.checks.answer import wrong
from autograder.checks.check import Exam


def require_nothing_hidden(exam: Exam) -> None:
    """Raise `Wrong` when a cell reaches what its text does not name."""
    hidden = exam.hidden()
    if not hidden:
        return
    first = hidden[0]
    more = f" There are {len(hidden)} such places." if len(hidden) > 1 else ""
    raise wrong(
        tried="the text of all cells up to here, for what it reaches without naming it",
        got=f"the line `{first.line}`: {first.reason}",
        expected="code that names what it uses",
        cause=f"{first.instead} What a cell hides can change what is checked here, so nothing is given for it.{more} "
        "In the notebook, restart the kernel after the change: cells that were run before it are read too.",
    )
