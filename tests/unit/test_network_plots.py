"""Tables and figures of networks: work by layer, certainty, Muon's rounds, the ablation, losses with a reference."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest
import torch
from torch import nn

mpl.use("agg")

import matplotlib.pyplot as plt

from autograder.data import Images
from autograder.plots import ablation, comparison, confusion, style
from autograder.plots import training as curves


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    with mpl.rc_context(style.SETTINGS):
        yield
    plt.close("all")


class Twice(nn.Module):
    """A convolution that is used twice, a linear layer, and one that is not used."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 3, 3, padding=1)
        self.linear = nn.Linear(3, 10)
        self.idle = nn.Linear(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.convolution(self.convolution(x))
        return self.linear(x.mean(dim=(2, 3))).softmax(dim=1)


def test_work_is_counted_for_every_place_and_every_use() -> None:
    model = Twice().train()
    table = curves.work_by_layer(model)
    assert table["weights"].to_dict() == {"convolution": "81", "linear": "30", "idle": "4"}
    assert table["multiplications"].tolist() == [f"{2 * 81 * 1024:,}", "30", "0"]
    assert table["answer"].tolist() == ["3 × 32 × 32", "10", "not used"]
    assert model.training and not model.convolution._forward_hooks


def test_certain_answers_are_compared_with_how_often_they_are_right() -> None:
    certainty = np.array([0.95, 0.91, 0.6, 0.55])
    probabilities = np.repeat((1 - certainty[:, None]) / 9, 10, axis=1)
    probabilities[:, 2] = certainty
    images = Images(np.zeros((4, 32, 32, 3), dtype=np.uint8), np.array([2, 3, 2, 2]))
    table = confusion.calibration(images, probabilities, edges=(0, 0.6, 0.9, 1))
    assert table["images"].tolist() == [1, 1, 2]
    assert table["it says"].tolist() == ["0.550", "0.600", "0.930"]
    assert table["is right"].tolist() == ["1.000", "1.000", "0.500"]
    assert confusion.calibration(images, probabilities)["it says"].iloc[0] == "–"


def test_an_answer_that_is_not_there_is_not_done() -> None:
    with pytest.raises(NotImplementedError):
        confusion.calibration(None, None)
    with pytest.raises(NotImplementedError):
        curves.work_by_layer(None)


def test_the_rounds_that_are_drawn_are_those_that_train() -> None:
    from benchmarks.fast.optimisers import STEEP

    assert curves.MUON == STEEP
    curves.muon_rounds()
    (axis,) = plt.gcf().axes
    ends = {line.get_label(): line.get_xydata() for line in axis.lines}
    for name, start in (("3 rounds", 0.02), ("5 rounds", 0.002)):
        after = ends[name][ends[name][:, 0] >= start, 1]
        assert after.min() > 0.68 and after.max() < 1.21


def test_the_rows_of_the_ablation_are_numbered_beside_their_points() -> None:
    ablation.small_against_full()
    (axis,) = plt.gcf().axes
    assert [text.get_text() for text in axis.texts] == [f"{k}" for k in range(1, len(ablation.rows()) + 1)]


def test_losses_are_drawn_from_0_to_what_guessing_costs() -> None:
    history = {"train_loss": [2.0, 1.5], "valid_loss": [2.1, 1.75], "seconds": [1.0, 1.0]}
    (axis,) = comparison.learning_curves(history).axes
    assert axis.get_title("left") == "After 2 epochs the two losses are 0.25 nats apart"
    assert axis.get_ylim() == pytest.approx((0, 1.05 * np.log(10)))
    (axis,) = comparison.learning_curves({"train_loss": [3.0]}).axes
    assert axis.get_title("left") == "Mean loss by epoch" and axis.get_ylim()[1] > 3
