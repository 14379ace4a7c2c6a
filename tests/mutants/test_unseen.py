"""Answers by somebody who had not seen the checks: wrong ones lose points, and are told why; right ones lose none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from tests.mutants import few_images
from tests.mutants.answers import ANSWERS, UNSEEN
from tests.mutants.submission import InNotebook, Mutant, Right, require_caught_and_named, require_full_marks

WRONG = [mutant for module in UNSEEN for mutant in module.MUTANTS]
RIGHT = [right for module in UNSEEN for right in module.RIGHTS]


@pytest.fixture(autouse=True)
def _as_the_others(request: pytest.FixtureRequest, one_thread: None) -> Iterator[None]:
    """On the images that the other answers of the notebook are judged on."""
    notebook = next(iter(request.node.callspec.params.values())).notebook
    images = next(of.images for of in ANSWERS if of.notebook == notebook)
    with few_images.in_use(*images()) if images else nullcontext():
        yield


def cells_of(variant: Mutant | Right) -> tuple[str, ...]:
    return next(of for of in ANSWERS if variant in of.all).cells(variant.check)


@pytest.mark.parametrize("mutant", WRONG, ids=str)
def test_a_wrong_answer_loses_points_and_is_told_why_where_it_is_known(mutant: Mutant) -> None:
    require_caught_and_named(mutant, InNotebook(mutant, cells_of(mutant)).judge(seed=0))


@pytest.mark.parametrize("right", RIGHT, ids=str)
def test_a_right_answer_gets_full_marks(right: Right) -> None:
    require_full_marks(InNotebook(right, cells_of(right)).judge(seed=0))
