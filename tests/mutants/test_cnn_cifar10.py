"""Wrong answers of 2_cnn_cifar10 lose points for the right reason, right ones of any style lose none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.mutants.cnn_cifar10 import CELLS, MUTANTS, RIGHTS
from tests.mutants.submission import InNotebook, Mutant, Right, require_caught_and_named, require_full_marks


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Batches of eleven images are not worth a second thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_wrong_answer_loses_points_and_is_told_why(mutant: Mutant) -> None:
    require_caught_and_named(mutant, InNotebook(mutant, CELLS).judge(seed=0))


@pytest.mark.parametrize("right", RIGHTS, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_right_answer_of_another_style_gets_full_marks(right: Right, seed: int) -> None:
    require_full_marks(InNotebook(right, CELLS).judge(seed))
