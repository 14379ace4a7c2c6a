"""The checks as a notebook calls them, and the one sentence in place of a traceback (in a real kernel)."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import nbformat
import numpy as np
import pytest
import torch
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


def test_a_judge_computes_on_one_thread_and_the_students_code_on_as_many_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads, relu = [torch.get_num_threads], torch.relu
    of_judge, of_student = set(), set()

    def key(x: torch.Tensor) -> torch.Tensor:
        of_judge.add(torch.get_num_threads())
        return relu(x)

    class ReLU:
        def forward(self, x: np.ndarray) -> np.ndarray:
            of_student.add(threads[0]())
            self.positive = x > 0
            return np.maximum(x, 0)

        def backward(self, d: np.ndarray) -> np.ndarray:
            return d * self.positive

    before = torch.get_num_threads()
    monkeypatch.setattr(torch, "relu", key)
    torch.set_num_threads(3)
    try:
        assert check.relu(ReLU).status is Status.PASSED
        assert (of_judge, of_student, torch.get_num_threads()) == ({1}, {3}, 3)
    finally:
        torch.set_num_threads(before)


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


@pytest.fixture
def threads_that_change_in_collections() -> Iterator[None]:
    """Another thread goes on in the middle of what collects garbage, which is often."""

    def give_way(phase: str, info: dict[str, int]) -> None:
        time.sleep(0)

    before = gc.get_threshold()
    gc.callbacks.append(give_way)
    gc.set_threshold(50)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(give_way)


@pytest.mark.usefixtures("threads_that_change_in_collections")
def test_threads_read_calls_at_once() -> None:
    def read(depth: int) -> list[tuple[str, tuple[str, ...]] | None]:
        return read(depth - 1) if depth else [called_check("check.linear(Linear)") for _ in range(2000)]

    with ThreadPoolExecutor(4) as pool:
        for calls in pool.map(read, (0, 10, 20, 30)):
            assert set(calls) == {("linear", ("Linear",))}


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


def test_what_torch_has_not_implemented_keeps_its_traceback() -> None:
    unable = "import torch\ntorch.arange(3).log_softmax(0)"
    (output,) = run("from autograder.checks.backprop_numpy import check", unable)[1]
    assert output.ename == "NotImplementedError"
    assert len(output.traceback) > 1
    assert "log_softmax(" in "".join(output.traceback)


def test_the_number_is_read_back_as_the_points() -> None:
    class Linear:
        def __init__(self, in_features: int, out_features: int) -> None:
            self.W = np.zeros((in_features, out_features))
            self.b = np.zeros(out_features)

    result = check.linear(Linear)
    assert float(repr(result)) == result.points
    assert 0 <= result.points < 1


def test_in_a_kernel_a_stub_that_took_the_place_of_an_answer_is_told_apart() -> None:
    begins = "class ReLU:\n    def forward(self, x):\n        "
    stub = begins + "raise NotImplementedError"
    imports = "from autograder.checks.backprop_numpy import check"
    outputs = run(imports, stub, "check.relu(ReLU)", begins + "return x", stub, "check.relu(ReLU)")
    first, second = (outputs[cell][-1].data["text/html"] for cell in (2, 5))
    assert "write your answer in the cell that begins" in first
    assert "Your own <code>ReLU</code> stands in another cell" in second
    assert "not done yet" in second


def test_in_a_kernel_the_text_of_the_cells_is_read_as_in_grading() -> None:
    relu = "class ReLU:\n    def forward(self, x):\n        self.x = x; return {}\n"
    relu += "    def backward(self, d): return d * (self.x > 0)\n    def update(self, alpha): pass"
    library = "from sklearn.neural_network._base import inplace_relu\nkept = {'f': inplace_relu}\n"
    silent = "import autograder.probes.backprop_numpy._layers as layers\nlayers.modules_used = lambda *a: []"
    outputs = run(
        "import numpy as np\nfrom autograder.checks.backprop_numpy import check",
        relu.format("np.maximum(x, 0 * len('\\d'))"),
        "check.relu(ReLU)",
        silent,
        library + relu.format("kept['f'](x.copy()); return np.maximum(x, 0)"),
        "check.relu(ReLU)",
        relu.format("np.maximum(x, 0)"),
        "check.relu(ReLU)",
    )
    own, used, silenced = (outputs[cell][-1].data for cell in (2, 5, 7))
    assert own["text/plain"] == "0.5"
    assert len(outputs[2]) == 1
    assert "sklearn" in used["text/html"]
    assert "the text of the cells that define" in used["text/html"]
    assert used["text/plain"] == "0.0"
    assert "autograder.probes" in silenced["text/html"]
    assert silenced["text/plain"] == "0.0"
