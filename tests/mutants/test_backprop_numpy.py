"""Wrong answers of 1_backprop_numpy lose points for the right reason, right ones of any style lose none."""

from __future__ import annotations

import pytest

from tests.mutants.backprop_numpy import MUTANTS, RIGHTS, cells_of
from tests.mutants.submission import InNotebook, Mutant, Right, require_caught_and_named, require_full_marks


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_wrong_answer_loses_points_and_is_told_why(mutant: Mutant) -> None:
    require_caught_and_named(mutant, InNotebook(mutant, cells_of(mutant.check)).judge(seed=0))


@pytest.mark.parametrize("right", RIGHTS, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_right_answer_of_another_style_gets_full_marks(right: Right, seed: int) -> None:
    require_full_marks(InNotebook(right, cells_of(right.check)).judge(seed))
