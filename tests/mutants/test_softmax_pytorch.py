"""Wrong answers of 2_softmax_pytorch lose points for the right reason, right ones of any style lose none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.mutants import few_images
from tests.mutants.softmax_pytorch import CELLS, MUTANTS, RIGHTS
from tests.mutants.submission import InNotebook, Mutant, Right, require_caught_and_named, require_full_marks


@pytest.fixture(autouse=True)
def _images_with_the_statistics_of_cifar10() -> Iterator[None]:
    """The notebook reads them in no time."""
    torch.set_num_threads(1)
    with few_images.in_use(*few_images.two_greys()):
        yield


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_wrong_answer_loses_points_and_is_told_why(mutant: Mutant) -> None:
    require_caught_and_named(mutant, InNotebook(mutant, CELLS).judge(seed=0))


@pytest.mark.parametrize("right", RIGHTS, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_right_answer_of_another_style_gets_full_marks(right: Right, seed: int) -> None:
    require_full_marks(InNotebook(right, CELLS).judge(seed))
