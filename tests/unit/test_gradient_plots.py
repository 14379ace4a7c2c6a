"""Figures of gradients: what the notebook says about depth, and titles that are found in the numbers."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("agg")

import matplotlib.pyplot as plt

from autograder.plots import gradients, scores, style
from tests.mutants import backprop_numpy
from tests.mutants.submission import namespace_of


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    style.use_style()
    yield
    plt.close("all")


def test_through_sigmoids_less_than_a_millionth_arrives_and_through_relus_all_of_one_order() -> None:
    answers = namespace_of(backprop_numpy.NOTEBOOK, ("setup", "module", "linear", "relu"), {})
    for seed in range(gradients.SEEDS):
        sigmoid = gradients.depth_gradients(answers["Linear"], gradients.Sigmoid, seed)
        assert len(sigmoid) == gradients.DEPTH and sigmoid[0] < 1e-6 * sigmoid[-1]
        relu = gradients.depth_gradients(answers["Linear"], answers["ReLU"], seed)
        assert max(relu) < 10 * min(relu)


def test_measuring_depth_leaves_the_students_random_numbers_alone() -> None:
    answers = namespace_of(backprop_numpy.NOTEBOOK, ("setup", "module", "linear", "relu"), {})
    np.random.seed(5)
    expected = np.random.uniform()
    np.random.seed(5)
    gradients.depth_gradients(answers["Linear"], answers["ReLU"], seed=0)
    assert np.random.uniform() == expected


def test_the_sigmoid_has_the_right_gradient() -> None:
    central, _ = gradients.step_errors(gradients.Sigmoid(), np.random.default_rng(0).normal(size=(7, 5)))
    assert central.min() < 1e-9


def test_a_sweep_names_the_best_line_and_where() -> None:
    figure = scores.sweep(
        [0.1, 1.0], {"a": [[0.1, 0.3], [0.2, 0.2]], "b": [[0.5], [0.4]]}, xlabel="learning rate"
    )
    assert figure.axes[0].get_title("left") == "Best is “b”: 0.50 at a learning rate of 0.1"


def test_with_several_classifiers_the_title_says_whose_classes_it_names() -> None:
    f1 = np.full(10, 0.4)
    f1[8], f1[2] = 0.6, 0.2
    figure = scores.f1_per_class({"numpy": f1, "other": f1[::-1]})
    assert figure.axes[0].get_title("left") == "For numpy, ship is easiest, bird hardest"
