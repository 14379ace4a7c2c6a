"""Every figure of the notebooks comes with words for readers who do not see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("agg")

import matplotlib.pyplot as plt
import nbformat

from autograder import notebooks
from autograder.plots import scores, style
from tests.mutants.submission import ROOT

PLOTS = ROOT / "autograder" / "plots"
DESCRIBED = (
    "start.ipynb",
    "linear_classifiers/1_softmax_numpy.ipynb",
    "linear_classifiers/2_softmax_pytorch.ipynb",
    "neural_networks/1_backprop_numpy.ipynb",
    "neural_networks/2_cnn_cifar10.ipynb",
)


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What an inline kernel would get as alternative texts."""
    texts: list[str] = []

    def display(figure: Any, metadata: dict[str, Any]) -> None:
        texts.append(metadata["image/png"]["alt"])

    monkeypatch.setattr(mpl, "get_backend", lambda: "inline")
    monkeypatch.setattr(style, "display", display)
    return texts


def test_the_title_and_the_numbers_of_a_figure_are_told(shown: list[str]) -> None:
    scores.curves({"train": [0.25, 0.5], "valid": [0.125]}, title="A gap opens", ylabel="macro F1")
    assert shown == [
        "A gap opens. Lines of macro F1, over epoch. train: from 0.25 to 0.5; valid: from 0.125 to 0.125."
    ]
    assert not plt.get_fignums()


def test_a_title_above_several_panels_goes_before_those_of_the_panels() -> None:
    figure, (left, right) = plt.subplots(1, 2)
    left.set_title("one", loc="left")
    right.set_title("two", loc="left")
    assert style.alt_text(figure, "Two panels.") == "Two panels."
    figure.suptitle("Both")
    assert style.alt_text(figure, "Two panels.") == "Both. Two panels."


@pytest.mark.parametrize("path", sorted(PLOTS.glob("*.py")), ids=lambda path: path.stem)
def test_no_figure_is_shown_without_words(path: Any) -> None:
    source = path.read_text(encoding="utf-8")
    made, given = source.count("plt.subplots("), len(re.findall(r"\bshow\(\s*figure,", source))
    assert made == given and (path.name == "style.py" or "plt.show" not in source)


def test_of_an_outputs_metadata_the_words_alone_are_kept() -> None:
    cell = nbformat.v4.new_code_cell("plot()")
    metadata = {"image/png": {"alt": "A line rises.", "width": 3}, "needs_background": "light"}
    cell.outputs = [
        nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo="}, metadata=metadata),
        nbformat.v4.new_output("display_data", {"text/plain": "1"}, metadata={"tags": []}),
    ]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebooks.tidy(notebook)
    assert [output.metadata for output in cell.outputs] == [{"image/png": {"alt": "A line rises."}}, {}]


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_picture_of_a_solution_has_words(name: str) -> None:
    outputs = [o for cell in notebooks.read(ROOT / "solutions" / name).cells for o in cell.get("outputs", ())]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert pictures and np.all([len(output.metadata["image/png"]["alt"]) > 40 for output in pictures])
