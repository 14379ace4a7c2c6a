"""The cards of wrong answers hold no word of English in the Russian edition."""

from __future__ import annotations

import re

import pytest

from autograder.checks.result import CheckResult, Status
from autograder.translation.messages import reader
from tests.mutants import backprop_numpy, few_images, softmax_pytorch
from tests.mutants.submission import InNotebook, Mutant

EVERY = 12
CODE = re.compile(r"`[^`]*`|\[[^\]]*\]|\([^)]*\)")
ENGLISH = re.compile(
    r"(?<![\w-])(?:the|of|is|are|an|to|at|and|or|not|no|has|with|from|every|each|all|same|other|number|layer|class|"
    r"label|sample|loss|gradient|weights|row|cell|line|mean|accuracy)(?![\w-])"
)


def texts(result: CheckResult) -> set[str]:
    """Everything that a card says, but for what Python says of an error."""
    said = {result.title, result.note}
    for criterion in result.criteria:
        finding = criterion.finding
        said |= {criterion.title, finding.tried, finding.expected, finding.cause, finding.where}
        said |= {finding.got} if criterion.status is not Status.ERROR else set()
    return said - {""}


def require_russian(result: CheckResult) -> None:
    for text in texts(result):
        said = CODE.sub(" ", reader("ru").read(text))
        assert not ENGLISH.search(said), (text, said)


@pytest.mark.parametrize("mutant", backprop_numpy.MUTANTS[::EVERY], ids=str)
def test_a_wrong_numpy_answer_is_explained_in_russian(mutant: Mutant) -> None:
    require_russian(InNotebook(mutant, backprop_numpy.cells_of(mutant.check)).judge(seed=0))


@pytest.mark.parametrize("mutant", softmax_pytorch.MUTANTS[::EVERY], ids=str)
def test_a_wrong_pytorch_answer_is_explained_in_russian(mutant: Mutant) -> None:
    with few_images.in_use(*few_images.two_greys()):
        require_russian(InNotebook(mutant, softmax_pytorch.CELLS).judge(seed=0))


def test_an_english_card_would_be_noticed() -> None:
    with pytest.raises(AssertionError):
        require_russian(CheckResult("check_x", "The loss of each layer", 1.0, ()))
