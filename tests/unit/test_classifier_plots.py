"""Figures of classifiers: pictures from weights, and answers that are not there yet."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("agg")

import matplotlib.pyplot as plt

from autograder.plots import images, scores, style


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    style.use_style()
    yield
    plt.close("all")


def test_templates_do_not_depend_on_the_layout_of_the_weights() -> None:
    weights = np.random.default_rng(0).normal(size=(32, 32, 3, 10))
    expected = images.templates(weights.reshape(3072, 10))
    assert expected.shape == (10, 32, 32, 3)
    assert np.array_equal(images.templates(weights.reshape(3072, 10).T), expected)
    channels_first = weights.transpose(3, 2, 0, 1).reshape(10, 3072)
    assert np.array_equal(images.templates(channels_first, channels_first=True), expected)


def test_a_weight_of_zero_is_mid_grey_and_the_largest_is_at_the_edge_of_the_scale() -> None:
    weights = np.zeros((3072, 2))
    weights[5, 0], weights[7, 0] = -4.0, 2.0
    pictures = images.templates(weights).reshape(2, -1)
    assert (pictures[0, 5], pictures[0, 7], pictures[0, 0]) == (0.0, 0.75, 0.5)
    assert (pictures[1] == 0.5).all()


def test_weights_without_pixels_are_refused() -> None:
    with pytest.raises(ValueError, match="no axis of 3072"):
        images.templates(np.zeros((20, 10)))


def test_an_answer_that_is_not_there_is_not_done() -> None:
    with pytest.raises(NotImplementedError):
        images.weight_templates(None)
    with pytest.raises(NotImplementedError):
        scores.f1_per_class({"numpy": None})
    with pytest.raises(NotImplementedError):
        scores.confusion(None)


def test_the_most_confident_mistakes_come_first_and_right_answers_never() -> None:
    labels = np.array([0, 1, 2, 3])
    probabilities = np.full((4, 10), 0.01)
    probabilities[[0, 1, 2, 3], [0, 5, 6, 7]] = [0.9, 0.5, 0.8, 0.6]
    figure = images.confident_mistakes(np.zeros((4, 32, 32, 3)), labels, probabilities)
    captions = [axes.get_title() for axes in figure.axes]
    assert captions == [
        "frog, 80%\nin truth bird",
        "horse, 60%\nin truth cat",
        "dog, 50%\nin truth automobile",
    ]


def test_titles_name_the_easiest_class_and_the_commonest_mistake() -> None:
    f1 = np.full(10, 0.4)
    f1[8], f1[2] = 0.6, 0.2
    assert scores.f1_per_class({"numpy": f1}).axes[0].get_title(loc="left") == "Ship is easiest, bird hardest"
    counts = 50 * np.eye(10)
    counts[3, 5] = 20
    figure = scores.confusion(counts)
    assert figure.axes[0].get_title(loc="left") == "The commonest mistake: cat taken for dog"
