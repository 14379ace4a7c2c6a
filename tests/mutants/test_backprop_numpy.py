"""Every wrong answer loses points for the right reason; every right one gets them all."""

import pytest

from tests.mutants.backprop_numpy import MUTANTS, RIGHTS, cells_of
from tests.mutants.submission import Mutant, Right, run


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_wrong_answer_is_named(mutant: Mutant) -> None:
    result = run(mutant, cells_of(mutant.check))
    failed = {c.id: c.finding for c in result.failures}
    assert mutant.fails in failed, str(result)
    finding = failed[mutant.fails]
    words = " | ".join((finding.cause, finding.got, finding.expected))
    assert any(part in words for part in mutant.cause.split("|")), str(result)
    assert 0 <= result.points < result.max_points


@pytest.mark.parametrize("right", RIGHTS, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_right_answer_of_another_style_gets_full_marks(right: Right, seed: int) -> None:
    result = run(right, cells_of(right.check), seed)
    assert result.points == result.max_points, str(result)
