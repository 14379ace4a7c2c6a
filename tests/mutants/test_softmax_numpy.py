"""Wrong answers of 1_softmax_numpy lose points for the right reason, right ones of any style lose none."""

from __future__ import annotations

import numpy as np
import pytest

from autograder import data
from tests.mutants.softmax_numpy import CELLS, MUTANTS, QUALITY_CELLS, RIGHTS
from tests.mutants.submission import Mutant, Right, Variant, run


def _images(n: int, seed: int) -> data.Images:
    """Ten blurred patterns with noise: easy images, in a few milliseconds."""
    patterns = 2.5 * np.random.default_rng(0).normal(size=(10, 4, 4, 3)).repeat(8, axis=1).repeat(8, axis=2)
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 10)
    images = np.clip(128 + patterns[labels] + 60 * rng.normal(size=(n, 32, 32, 3)), 0, 255)
    return data.Images(images.astype(np.uint8), labels)


PARTS = data.Parts(_images(1200, 1), _images(400, 2), _images(600, 3))


@pytest.fixture(autouse=True)
def _few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "parts", lambda: PARTS)


def _cells(variant: Variant) -> tuple[str, ...]:
    return QUALITY_CELLS if variant.check == "numpy_quality" else CELLS


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_wrong_answer_loses_points_and_is_told_why(mutant: Mutant) -> None:
    result = run(mutant, _cells(mutant))
    failed = {criterion.id: criterion for criterion in result.failures}
    assert mutant.fails in failed, str(result)
    assert result.points < result.max_points
    finding = failed[mutant.fails].finding
    assert mutant.cause in f"{finding.cause} {finding.got} {finding.expected}", str(result)


@pytest.mark.parametrize("right", RIGHTS, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_right_answer_of_another_style_gets_full_marks(right: Right, seed: int) -> None:
    result = run(right, _cells(right), seed)
    assert result.points == result.max_points, str(result)


def test_every_check_has_at_least_five_wrong_answers() -> None:
    counts = {name: sum(m.check == name for m in MUTANTS) for name in {m.check for m in MUTANTS}}
    assert len(counts) == 5
    assert min(counts.values()) >= 5
