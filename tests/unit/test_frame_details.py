"""Small things of the frame that no judge shows: limits, defaults, wording of errors, unchangeable results."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import numpy as np
import pytest

from autograder.checks.answer import Value, Wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import brief, explain, relative_error
from autograder.checks.gradients import require_gradient
from autograder.checks.result import CheckResult, CriterionResult, Finding, Status, printable_finding


def asked(outcome: dict[str, Any], **more: Any) -> Finding:
    """What the card says of an outcome, where the judge says more about its question."""
    check = Check("check_toy", "Toy", 1.0, "toy", ("toy",), "autograder.checks.toys.toy")

    @check.criterion("one")
    def one(exam: Exam) -> None:
        exam.ask("anything", **more)

    return check.judge(lambda probe, function, question: outcome).criteria[0].finding


ERROR = {"status": "error", "error": "ValueError", "message": "shapes (3,2) and (3,) not aligned"}


def test_a_judge_names_the_cause_of_any_error_at_its_question() -> None:
    finding = asked(ERROR, if_error="A vector is a batch of one row.", tried="`f` on a vector")
    assert (finding.tried, finding.cause) == ("`f` on a vector", "A vector is a batch of one row.")
    assert finding.recognised


def test_a_judge_names_the_cause_of_some_errors_and_the_common_ones_stand_behind() -> None:
    table = ((re.compile("aligned"), "W is the wrong way round."),)
    assert asked(ERROR, if_error=table).cause == "W is the wrong way round."
    other = {**ERROR, "error": "RecursionError", "message": "maximum recursion depth exceeded"}
    assert asked(other, if_error=table).cause == "A function calls itself without end."


def test_of_an_error_that_nobody_knows_the_card_gives_a_hint() -> None:
    assert not asked({**ERROR, "error": "KeyError", "message": "3"}).recognised


@pytest.mark.parametrize("status", ["timed_out", "out_of_memory"])
def test_what_was_stopped_says_what_was_tried(status: str) -> None:
    assert asked({"status": status}, tried="`f` on a vector").tried == "`f` on a vector"


def judged(outcome: dict[str, Any]) -> CriterionResult:
    """What becomes of a criterion that asks once and gets this outcome, as it is read from JSON."""
    check = Check("check_toy", "Toy", 2.0, "toy", ("toy",), "autograder.checks.toys.toy")

    @check.criterion("asks")
    def asks(exam: Exam) -> None:
        exam.ask("anything")

    read = json.loads(json.dumps(outcome))
    return check.judge(lambda probe, function, question: read).criteria[0]


@pytest.mark.parametrize(
    ("error", "message", "words"),
    [
        ("ValueError", "matmul: mismatch in its core dimension", "shapes that do not fit"),
        ("ValueError", "operands could not be broadcast together", "shapes that do not fit"),
        ("ValueError", "shapes (3,2) and (3,) not aligned", "shapes that do not fit"),
        ("ValueError", "too many values to unpack", "another number of things"),
        ("TypeError", "matmul: a string", "The error comes from this line"),
        ("IndexError", "index 7 is out of bounds", "An index is larger than the array"),
        ("AttributeError", "'NoneType' object has no attribute 'T'", "is still None"),
        ("AttributeError", "'Linear' object has no attribute 'W'", "`self.W` is stored before"),
        (
            "AttributeError",
            "'numpy.ndarray' object has no attribute 'numpy'",
            "The error comes from this line",
        ),
        ("AttributeError", "'Tensor' object has no attribute 'foo'", "The error comes from this line"),
        ("ValueError", "The truth value of an array with more than one element is ambiguous", "`np.maximum`"),
        ("RuntimeError", "stack expects each tensor to be equal size, but got [5]", "join with `torch.cat`"),
        ("KeyError", "NoneType", "The error comes from this line"),
        ("RecursionError", "maximum recursion depth exceeded", "calls itself without end"),
        ("SystemExit", "0", "calls `exit`"),
        ("AssertionError", "", "The error comes from this line"),
        ("ZeroDivisionError", "division by zero", "The error comes from this line"),
        (
            "NotImplementedError",
            'Module [M] is missing the required "forward" function',
            "how its name is spelt",
        ),
        (
            "NotImplementedError",
            "\"log_softmax_lastdim_kernel_impl\" not implemented for 'Long'",
            "comes first",
        ),
        ("AttributeError", "cannot assign module before Module.__init__() call", "`super().__init__()`"),
        ("TypeError", "M.__init__() takes 1 positional argument but 2 were given", "two underscores"),
        ("TypeError", "Module.__init__() takes 1 positional argument but 2 were given", "empty parentheses"),
        ("TypeError", "Linear() takes no arguments", "two underscores"),
        ("TypeError", "ReLU.forward() takes 1 positional argument but 2 were given", "`self` comes first"),
        ("TypeError", "softmax() takes 2 positional arguments but 3 were given", "those of the stub"),
        ("TypeError", "fit() takes from 1 to 2 positional arguments but 3 were given", "those of the stub"),
        ("TypeError", "amax() got an unexpected keyword argument 'keepdim'", "`axis` and `keepdims`"),
        ("TypeError", "C.__init__() got an unexpected keyword argument 'learning_rate'", "names of the stub"),
        ("TypeError", "ReLU.forward() missing 1 required positional argument: 'x'", "`ReLU().forward(x)`"),
        ("TypeError", "standardize() missing 1 required positional argument: 'valid'", "of its stub"),
        ("TypeError", "'Linear' object is not callable", "`module.forward(x)`"),
        (
            "TypeError",
            "only integer scalar arrays can be converted to a scalar index",
            "`np.maximum(0, x)`",
        ),
        ("TypeError", "only length-1 arrays can be converted to Python scalars", "`np.exp`"),
        ("TypeError", "'NoneType' object is not subscriptable", "`rng.shuffle(x)`"),
        ("TypeError", "ufunc 'bitwise_xor' not supported for the input types", "`**`"),
        ("TypeError", "Cannot interpret '3' as a data type", "`np.zeros((n, m))`"),
        ("RuntimeError", "element 0 of tensors does not require grad", "cut off"),
        ("UnboundLocalError", "cannot access local variable 'x'", "no value yet"),
        ("AttributeError", "type object 'Linear' has no attribute 'W'", "A class stands where"),
        ("IndexError", "arrays used as indices must be of integer (or boolean) type", "whole numbers"),
        (
            "TypeError",
            "'type' object does not support the context manager protocol",
            "parentheses are missing",
        ),
        ("RuntimeError", "mean(): could not infer output dtype. Got: Bool", "`(…).float().mean()`"),
        ("RuntimeError", "expected target dtype to be Long or Byte, but got Float", "int64"),
        ("RuntimeError", "Can't call numpy() on Tensor that requires grad. Use …", "stays in torch"),
        ("IndexError", "shape mismatch: indexing tensors could not be broadcast", "torch.arange(len(y))"),
        ("IndexError", "Dimension out of range (expected to be in range of [-1, 0], but got 1)", "squeeze()"),
        ("ValueError", "only one element tensors can be converted to Python scalars", "`torch.stack`"),
    ],
)
def test_an_error_is_explained_by_its_type_and_message(error: str, message: str, words: str) -> None:
    criterion = judged({"status": "error", "error": error, "message": message, "line": "x", "number": 3})
    assert criterion.status is Status.ERROR
    assert words in criterion.finding.cause
    assert criterion.finding.got == (f"{error}: {message}" if message else error)
    assert criterion.finding.where == "line 3 of cell `toy`: `x`"


@pytest.mark.parametrize(
    ("error", "meant", "of_library", "words"),
    [
        (
            "AttributeError: 'SGD' object has no attribute 'zero_grads'",
            "zero_grad",
            True,
            "is `zero_grad` meant?",
        ),
        (
            "AttributeError: module 'torch' has no attribute 'sofmax'",
            "softmax",
            True,
            "`torch` has no `sofmax`",
        ),
        ("AttributeError: 'Sequential' object has no attribute 'linear'", "", True, "belongs to a library"),
        ("AttributeError: module 'numpy' has no attribute 'softmax'", "", True, "write it with `np.exp`"),
        ("AttributeError: 'MLP' object has no attribute 'module'", "modules", False, "is `modules` meant?"),
        ("AttributeError: 'MLP' object has no attribute 'y'", "", False, "stored before it is read"),
        ("AttributeError: module 'os.path' has no attribute 'joined'", "join", False, "is `join` meant?"),
        ("NameError: name 'fc' is not defined", "self.fc", False, "write `self.fc`"),
        ("NameError: name 'epoch' is not defined", "epochs", False, "is `epochs` meant?"),
        ("NameError: name 'q' is not defined", "", False, "see how it is spelt"),
        ("NameError: name 'q' is not defined", "no name", False, "see how it is spelt"),
        ("NameError: name 'q' is not defined", 3, False, "see how it is spelt"),
    ],
)
def test_a_name_that_is_not_there_is_corrected(error: str, meant: Any, of_library: bool, words: str) -> None:
    kind, message = error.split(": ", 1)
    outcome = {"status": "error", "error": kind, "message": message, "line": "x", "number": 3}
    finding = judged({**outcome, "meant": meant, "of_library": of_library}).finding
    assert words in finding.cause
    assert finding.recognised


def test_what_the_check_itself_asks_for_in_vain_is_missing_in_the_class_or_the_wrong_object() -> None:
    outcome = {"status": "error", "error": "AttributeError", "message": "'MLP' object has no attribute 'fit'"}
    cause = judged(outcome).finding.cause
    assert "The check asks for `fit`, which `MLP` does not have" in cause
    assert "is `fitt` meant?" in judged({**outcome, "meant": "fitt"}).finding.cause


def test_of_an_error_outside_the_students_lines_the_hint_does_not_blame_them() -> None:
    finding = judged({"status": "error", "error": "TypeError", "message": "odd"}).finding
    assert "outside your lines" in finding.cause and not finding.recognised


@pytest.mark.parametrize(
    "more", [{"line": "x", "number": "3"}, {"line": "", "number": 3}, {"number": 3}, {"line": 3, "number": 3}]
)
def test_an_error_without_its_line_names_the_cell(more: dict[str, Any]) -> None:
    finding = judged({"status": "error", **more}).finding
    assert finding.where == "cell `toy`"
    assert finding.got == "An error"


def test_an_error_and_an_open_stub_name_the_cell_that_they_come_from() -> None:
    begins = {"cell": "class Softmax(Module):"}
    finding = judged({"status": "error", "error": "E", "line": "x", "number": 3, **begins}).finding
    assert finding.where == "line 3 of the cell that begins `class Softmax(Module):`: `x`"
    finding = judged({"status": "not_done", **begins}).finding
    assert "write your answer in the cell that begins `class Softmax(Module):`, run it" in finding.cause


@pytest.mark.parametrize(
    ("status", "expected", "words", "where"),
    [
        ("not_done", Status.NOT_DONE, "Not done yet: write your answer in cell `toy`", ""),
        ("timed_out", Status.TIMED_OUT, "A loop may never end", "cell `toy`"),
        ("interrupted", Status.TIMED_OUT, "A loop may never end", "cell `toy`"),
        ("out_of_memory", Status.OUT_OF_MEMORY, "far larger than its inputs", "cell `toy`"),
        ("finished", Status.MALFORMED, "could not be turned into numbers", ""),
    ],
)
def test_every_status_has_its_words(status: str, expected: Status, words: str, where: str) -> None:
    criterion = judged({"status": status})
    assert criterion.status is expected
    assert words in criterion.finding.cause
    assert criterion.finding.where == where


def test_what_is_quoted_of_an_error_is_cut() -> None:
    finding = judged(
        {"status": "error", "error": "E", "message": "m" * 1000, "line": "l" * 1000, "number": 1}
    ).finding
    assert finding.got == "E: " + 300 * "m"
    assert finding.where == f"line 1 of cell `toy`: `{300 * 'l'}`"


def test_a_finding_is_cut_at_2000_characters() -> None:
    assert printable_finding(Finding(got="x" * 3000, limit=0.5)) == Finding(got="x" * 2000, limit=0.5)


@pytest.mark.parametrize(
    "thing",
    [
        Finding(),
        CriterionResult("a", "A", 1.0, Status.FAILED),
        CheckResult("check_toy", "Toy", 1.0, ()),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_a_verdict_cannot_be_changed_afterwards(thing: Any) -> None:
    for field in dataclasses.fields(thing):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, field.name, None)


def test_points_are_rounded_to_four_digits() -> None:
    criteria = [CriterionResult(str(n), "", 1.0, Status.PASSED if n else Status.FAILED) for n in range(7)]
    assert CheckResult("check_toy", "Toy", 1.0, tuple(criteria)).points == 0.8571


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array([[1 / 3]]), "0.333333"),
        (np.arange(1.0, 6), "[1, 2, 3, 4, 5]"),
        (np.arange(1.0, 7), "[1, 2, 3, 4, 5, …]"),
        (np.arange(12.0).reshape(2, 6) / 3, "[0, 0.3333, 0.6667, 1, 1.333, …] (row 1 of 2)"),
        (np.arange(8).reshape(2, 2, 2), "[0, 1, 2, 3] (row 1 of 2)"),
        (np.array([-0.0, -1.0]), "[0, -1]"),
        (7, "7"),
    ],
)
def test_an_array_is_written_by_its_first_five_numbers(array: Any, words: str) -> None:
    assert brief(array) == words


def test_where_nothing_is_expected_nothing_is_wrong() -> None:
    assert relative_error(np.zeros((0, 3)), np.zeros((0, 3))) == 0.0


def test_a_factor_near_1_is_not_called_a_factor() -> None:
    key = np.random.default_rng(0).normal(size=(3, 2))
    assert explain(1.0005 * key, key) == ""
    assert "1.002 times" in explain(1.002 * key, key)
    assert "0.998 times" in explain(0.998 * key, key)


def test_a_gradient_card_quotes_the_first_direction() -> None:
    gradient, along = np.array([3.0, 4.0]), np.eye(2)
    with pytest.raises(Wrong) as raised:
        require_gradient("dx", gradient, numeric=np.array([5.0, 6.0]), along=along, key=gradient)
    assert raised.value.finding.got == "dx along a random direction: 3"
    assert raised.value.finding.expected.startswith("5, by central differences")


@pytest.mark.parametrize(
    ("described", "dtype", "kind"),
    [
        ({"type": "ndarray", "data": np.zeros(2, np.float16)}, "float16", "ndarray"),
        ({"type": "Tensor", "dtype": "torch.float16", "data": np.zeros(2, np.float32)}, "float16", "Tensor"),
        (
            {"type": "Tensor", "dtype": "torch.bfloat16", "data": np.zeros(2, np.float32)},
            "bfloat16",
            "Tensor",
        ),
    ],
)
def test_half_precision_is_read_as_it_is_carried(described: dict[str, Any], dtype: str, kind: str) -> None:
    assert Value(described).array("`y`", (2,), dtype, kind=kind) is described["data"]
    with pytest.raises(Wrong):
        Value(described).array("`y`", (2,), "float32", kind=kind)
