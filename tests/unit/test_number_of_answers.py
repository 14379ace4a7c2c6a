"""There are as many wrong and right answers as the accuracy of the grading is claimed for."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.mutants.answers import ANSWERS, UNSEEN
from tests.unit.solved import CHECKS, NAMES, PACKAGES

THRESHOLDS = {
    "backprop_numpy.moons",
    "backprop_numpy.blobs",
    "softmax_numpy.numpy_quality",
    "softmax_pytorch.torch_quality",
    *(f"cnn_cifar10.{name}" for name in ("accuracy", "precision", "recall")),
}


def _package(notebook: str) -> str:
    return notebook.split("/")[1].split("_", 1)[1]


WRONG = Counter(f"{_package(m.notebook)}.{m.check}" for of in ANSWERS for m in of.mutants)
RIGHT = Counter(f"{_package(r.notebook)}.{r.check}" for of in ANSWERS for r in of.rights)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in THRESHOLDS])
def test_every_check_that_is_not_a_mere_threshold_has_eight_wrong_answers(name: str) -> None:
    assert WRONG[name] >= 8


@pytest.mark.parametrize("name", NAMES)
def test_every_check_has_a_right_answer_of_another_style(name: str) -> None:
    assert RIGHT[name] >= 1


def test_there_are_150_wrong_and_40_right_answers() -> None:
    own = {f"{package}.{name}" for package in PACKAGES for name in CHECKS[package].names()}
    assert sum(WRONG[name] for name in own) >= 150
    assert sum(RIGHT[name] for name in own) >= 40


def test_only_answers_of_people_who_had_not_seen_the_checks_may_stay_without_a_cause() -> None:
    unseen = {id(mutant) for module in UNSEEN for mutant in module.MUTANTS}
    assert [str(m) for of in ANSWERS for m in of.mutants if not m.cause and id(m) not in unseen] == []
    assert sum(not mutant.cause for module in UNSEEN for mutant in module.MUTANTS) <= 0.05 * len(unseen)


def test_no_answer_is_listed_twice() -> None:
    listed = Counter(
        (a.notebook, a.answer, a.check, a.replace, a.append, a.source, getattr(a, "fails", ""))
        for of in ANSWERS
        for a in of.all
    )
    assert [names for names, count in listed.items() if count > 1] == []
