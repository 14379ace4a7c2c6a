"""Wrong answers of 2_cnn_cifar10 lose points for the right reason, right ones of any style lose none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.mutants.cnn_cifar10 import CELLS, MUTANTS, RIGHTS
from tests.mutants.submission import Mutant, Right, run


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Batches of eleven images are not worth a second thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_wrong_answer_loses_points_and_is_told_why(mutant: Mutant) -> None:
    result = run(mutant, CELLS)
    failed = {criterion.id: criterion for criterion in result.failures}
    assert mutant.fails in failed, str(result)
    assert result.points < result.max_points
    finding = failed[mutant.fails].finding
    assert mutant.cause in f"{finding.cause} {finding.got} {finding.expected}", str(result)


@pytest.mark.parametrize("right", RIGHTS, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_right_answer_of_another_style_gets_full_marks(right: Right, seed: int) -> None:
    result = run(right, CELLS, seed)
    assert result.points == result.max_points, str(result)
