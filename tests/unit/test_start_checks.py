"""The check on which the start notebook shows what a check is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder import notebooks
from autograder.checks.result import Status
from autograder.checks.start import check
from tests.mutants.submission import ROOT


def in_place(p: np.ndarray, t: np.ndarray) -> float:
    p -= t
    return float(np.mean(p**2))


def test_right_answers_pass_with_any_seed() -> None:
    for seed in range(20):
        assert check.mean_squared_error(lambda p, t: np.mean((p - t) ** 2), seed=seed).points == 1.0
    assert check.mean_squared_error(lambda p, t: float((p - t) @ (p - t) / len(p))).points == 1.0


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (lambda p, t: np.sum((p - t) ** 2), "exactly 7 times too large, and 7 is the number of values"),
        (lambda p, t: np.mean(np.abs(p - t)), "absolute differences"),
        (lambda p, t: np.sqrt(np.mean((p - t) ** 2)), "leave the root out"),
        (lambda p, t: np.mean(p - t) ** 2, "square each difference first"),
        (lambda p, t: (p - t) ** 2, "be one number"),
        (lambda p, t: None, "a function without `return` answers None"),
        (in_place, "works in place"),
    ],
)
def test_wrong_answers_fail_with_their_cause(answer: Callable[..., Any], cause: str) -> None:
    for seed in range(20):
        result = check.mean_squared_error(answer, seed=seed)
        assert result.points < 1.0
        assert cause in result.failures[0].finding.cause


def test_the_notebook_shows_one_check_that_fails_and_one_that_passes() -> None:
    cells = {cell.id: cell for cell in notebooks.read(ROOT / "solutions" / "start.ipynb").cells}
    wrong, right = (cells[name].outputs[0].data for name in ("check-wrong", "check-right"))
    assert (wrong["text/plain"], right["text/plain"]) == ("0.0", "1.0")
    assert "7 is the number of values" in wrong["text/html"]


def test_an_unfinished_answer_is_not_done_yet() -> None:
    def stub(predicted: np.ndarray, target: np.ndarray) -> float:
        raise NotImplementedError

    assert check.mean_squared_error(stub).status is Status.NOT_DONE
