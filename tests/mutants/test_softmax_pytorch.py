"""Wrong answers of 2_softmax_pytorch lose points for the right reason, right ones of any style lose none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from autograder import data
from autograder.checks.softmax_pytorch._statistics import CIFAR10_MEANS, CIFAR10_STDS
from tests.mutants.softmax_pytorch import CELLS, MUTANTS, RIGHTS
from tests.mutants.submission import Mutant, Right, run


@pytest.fixture(autouse=True)
def images_with_the_statistics_of_cifar10(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the pixels one deviation below the mean, half above: the notebook reads them in no time."""
    means, stds = 255 * np.array(CIFAR10_MEANS), 255 * np.array(CIFAR10_STDS)
    pixels = np.stack([means - stds, means + stds]).round().astype(np.uint8)
    images = np.broadcast_to(pixels[:, None, None, :], (2, 32, 32, 3)).copy()
    monkeypatch.setattr(data, "load", lambda train: data.Images(images, np.array([0, 1])))
    monkeypatch.delenv(data.ROOT_VARIABLE, raising=False)
    torch.set_num_threads(1)


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
