"""Wrong answers of 1_softmax_numpy lose points for the right reason, right ones of any style lose none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mutants import few_images
from tests.mutants.softmax_numpy import MUTANTS, RIGHTS, cells_of
from tests.mutants.submission import InNotebook, Mutant, Right, require_caught_and_named, require_full_marks


@pytest.fixture(autouse=True, scope="module")
def _few_images() -> Iterator[None]:
    with few_images.in_use(*few_images.patterns()):
        yield


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_wrong_answer_loses_points_and_is_told_why(mutant: Mutant) -> None:
    require_caught_and_named(mutant, InNotebook(mutant, cells_of(mutant.check)).judge(seed=0))


@pytest.mark.parametrize("right", RIGHTS, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_right_answer_of_another_style_gets_full_marks(right: Right, seed: int) -> None:
    require_full_marks(InNotebook(right, cells_of(right.check)).judge(seed))


def test_every_check_has_at_least_five_wrong_answers() -> None:
    counts = {name: sum(m.check == name for m in MUTANTS) for name in {m.check for m in MUTANTS}}
    assert len(counts) == 5
    assert min(counts.values()) >= 5
