"""The checks as a notebook calls them, and the one sentence in place of a traceback (in a real kernel)."""

from __future__ import annotations

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from autograder.checks.backprop_numpy import check
from autograder.checks.notebook import called_check
from autograder.checks.result import Status


def test_checks_are_found_by_file_name() -> None:
    assert "linear" in dir(check)
    with pytest.raises(AttributeError, match="there are: "):
        _ = check.nonsense


def test_none_is_not_done_yet() -> None:
    result = check.linear(None)
    assert result.status is Status.NOT_DONE
    assert result.points == 0


def test_a_call_with_too_few_arguments_is_refused() -> None:
    assert check.linear().status is Status.REFUSED


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("check.linear(Linear)", ("linear", ("Linear",))),
        ("check.linear(Linear)  # mine", ("linear", ("Linear",))),
        ("check.both(A, b)", ("both", ("A", "b"))),
        ("check.linear(Linear())", None),
        ("check.linear(*Linear)", None),
        ("check.linear(Linear, seed=1)", None),
        ("x = check.linear(Linear)", None),
        ("other.linear(Linear)", None),
        ("check.linear(", None),
        ("", None),
    ],
)
def test_the_called_check_is_read_from_the_source(
    source: str, call: tuple[str, tuple[str, ...]] | None
) -> None:
    assert called_check(source) == call


def run(*sources: str) -> list[list[nbformat.NotebookNode]]:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=60, allow_errors=True).execute()
    return [cell.outputs for cell in notebook.cells]


def test_in_a_kernel_each_kind_of_failure_is_one_sentence() -> None:
    outputs = run(
        "from autograder.checks.backprop_numpy import check\nfrom autograder.errors import ExplainedError",
        "class Linear\n    pass",
        "check.linear(Linear)",
        "raise NotImplementedError",
        "raise ExplainedError('Do this.')",
        "undefined",
    )
    card = outputs[2][0]
    assert card.output_type == "execute_result", "nbgrader reads the first output that it understands"
    assert card.data["text/plain"] == "0.0"
    assert "`Linear` is not defined" in card.data["text/html"].replace("<code>", "`").replace("</code>", "`")
    assert outputs[3][0].traceback == [
        "Not done yet: this cell needs an answer that still raises NotImplementedError."
    ]
    assert outputs[4][0].traceback == ["Do this."]
    assert len(outputs[5][0].traceback) > 1, "other errors keep their traceback"


def test_the_number_is_read_back_as_the_points() -> None:
    class Linear:
        def __init__(self, in_features: int, out_features: int) -> None:
            self.W = np.zeros((in_features, out_features))
            self.b = np.zeros(out_features)

    result = check.linear(Linear)
    assert float(repr(result)) == result.points
    assert 0 <= result.points < 1
