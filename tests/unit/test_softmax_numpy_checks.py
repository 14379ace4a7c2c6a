"""Judges of 1_softmax_numpy: fair to right answers, unmoved by nonsense, strict about gradients."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from autograder import data
from autograder.checks.check import Ask, Check
from autograder.checks.notebook import Checks
from autograder.checks.result import CheckResult, Status
from autograder.checks.softmax_numpy.numpy_quality import THRESHOLD, macro_f1
from autograder.probes.respond import respond
from tests.mutants.few_images import patterns
from tests.mutants.softmax_numpy import NOTEBOOK, QUALITY_CELLS
from tests.mutants.submission import namespace_of

CHECKS = Checks("autograder.checks.softmax_numpy")
TRAINING, TEST = patterns(contrast=3.5)
PARTS = data.Parts(TRAINING[:1200], TRAINING[1200:], TEST)
POINTS = {
    "softmax": 0.5,
    "loss_and_gradient": 1.5,
    "classifier": 1.5,
    "standardize": 0.5,
    "numpy_quality": 1.0,
}
Change = Callable[[str, dict[str, Any]], Any]


@pytest.fixture(autouse=True)
def _few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "parts", lambda: PARTS)


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "parts", lambda: PARTS)
        return namespace_of(NOTEBOOK, QUALITY_CELLS, {})


def _judge(check: Check, answers: dict[str, Any], change: Change | None = None, seed: int = 0) -> CheckResult:
    subjects = [answers[name] for name in check.subjects]

    def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
        outcome = respond(probe, function, subjects, question)
        if change is not None and outcome["status"] == "answered":
            outcome["answer"] = change(function, outcome["answer"])
        return outcome

    return check.judge(ask, seed)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", POINTS)
def test_the_solution_gets_full_marks(name: str, seed: int, answers: dict[str, Any]) -> None:
    result = _judge(CHECKS[name], answers, seed=seed)
    assert result.points == POINTS[name], str(result)
    assert result.status is Status.PASSED


NONSENSE: list[Any] = [
    {"type": "NoneType", "data": None},
    {"type": "str", "data": "seven"},
    {"type": "float", "data": float("nan")},
    {"type": "int", "data": 10**400},
    {"type": "bool", "data": True},
    {"type": "list", "data": []},
    {"type": "tuple", "data": [{"type": "int", "data": 1}]},
    {"type": "Model"},
    {"type": "ndarray", "dtype": "object", "shape": [2]},
    {"type": "ndarray", "data": np.array([])},
    {"type": "ndarray", "data": np.full((3, 4), np.inf)},
    {"type": "ndarray", "data": np.zeros((2, 2), dtype=np.float16)},
    {"type": 3},
    None,
    [],
]


def _places(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Paths to all described values of an answer."""
    for key, value in answer.items():
        yield (key,)
        if isinstance(value, dict) and isinstance(value.get("data"), list):
            for number, item in enumerate(value["data"][:3]):
                yield (key, "data", number)
                if isinstance(item.get("data"), list):
                    yield from ((key, "data", number, "data", deeper) for deeper in range(len(item["data"])))


@pytest.mark.parametrize("name", POINTS)
def test_nonsense_in_any_place_never_makes_a_judge_raise(name: str, answers: dict[str, Any]) -> None:
    seen: dict[str, set[tuple[Any, ...]]] = {}

    def look(function: str, answer: dict[str, Any]) -> Any:
        seen.setdefault(function, set()).update(_places(answer))
        return answer

    _judge(CHECKS[name], answers, look)
    assert seen
    subjects = [answers[subject] for subject in CHECKS[name].subjects]
    replies: dict[Any, dict[str, Any]] = {}
    lost = 0
    for function, paths in seen.items():
        for path in sorted(paths, key=str):
            for nonsense in NONSENSE[:: 1 if len(path) == 1 else 4]:
                ask = _spoilt(subjects, replies, function, path, nonsense)
                result = CHECKS[name].judge(ask)
                assert 0 <= result.points <= result.max_points
                lost += result.points < result.max_points
    assert lost > 0


def _spoilt(
    subjects: list[Any],
    replies: dict[Any, dict[str, Any]],
    spoilt: str,
    path: tuple[Any, ...],
    nonsense: Any,
) -> Ask:
    """Answer truly but for one place; the same questions come in the same order and are answered once."""
    asked: list[str] = []

    def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
        asked.append(function)
        key = tuple(asked)
        if key not in replies:
            replies[key] = respond(probe, function, subjects, question)
        outcome = copy.copy(replies[key])
        if function == spoilt and "answer" in outcome:
            outcome["answer"] = _replaced(outcome["answer"], path, nonsense)
        return outcome

    return ask


def _replaced(answer: dict[str, Any], path: tuple[Any, ...], nonsense: Any) -> dict[str, Any]:
    changed = copy.deepcopy(answer)
    inner: Any = changed
    for step in path[:-1]:
        if not _has(inner, step):
            return changed
        inner = inner[step]
    if _has(inner, path[-1]):
        inner[path[-1]] = nonsense
    return changed


def _has(place: Any, step: Any) -> bool:
    return step in place if isinstance(place, dict) else isinstance(place, list) and step < len(place)


@pytest.mark.parametrize("answer", [None, {}, [], "yes", 1.0, {"modules": None}], ids=repr)
@pytest.mark.parametrize("name", POINTS)
def test_an_answer_of_another_form_earns_nothing(name: str, answer: Any) -> None:
    result = CHECKS[name].judge(lambda *_: {"status": "answered", "answer": answer})
    assert result.points == 0
    assert result.status is not Status.PASSED


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ({"status": "not_done"}, Status.NOT_DONE),
        ({"status": "timed_out"}, Status.TIMED_OUT),
        ({"status": "out_of_memory"}, Status.OUT_OF_MEMORY),
        ({"status": "error", "error": "ValueError", "message": "no"}, Status.ERROR),
        ({"status": "well"}, Status.MALFORMED),
    ],
    ids=lambda value: value["status"] if isinstance(value, dict) else "",
)
def test_what_is_not_answered_is_named(name: str, outcome: dict[str, Any], status: Status) -> None:
    result = CHECKS[name].judge(lambda *_: outcome)
    assert result.status is status
    assert result.points == 0


@pytest.mark.parametrize("factor", [0.0, 2.0, -1.0, 0.5, 1 + 1e-6])
@pytest.mark.parametrize(("place", "criterion"), [(1, "weight_gradient"), (2, "bias_gradient")])
def test_a_scaled_gradient_fails(place: int, criterion: str, factor: float, answers: dict[str, Any]) -> None:
    def scale(function: str, answer: dict[str, Any]) -> dict[str, Any]:
        if function == "values":
            part = answer["answer"]["data"][place]
            part["data"] = factor * part["data"]
        return answer

    result = _judge(CHECKS["loss_and_gradient"], answers, scale)
    assert criterion in {c.id for c in result.failures}


def test_a_gradient_that_fits_the_key_but_not_the_own_loss_fails(answers: dict[str, Any]) -> None:
    def flatten(function: str, answer: dict[str, Any]) -> dict[str, Any]:
        if function == "losses":
            answer["losses"]["data"] = [{"type": "float", "data": 1.0} for _ in answer["losses"]["data"]]
        return answer

    failed = {c.id for c in _judge(CHECKS["loss_and_gradient"], answers, flatten).failures}
    assert {"weight_gradient", "bias_gradient"} <= failed


@pytest.mark.parametrize(("ratio", "noted"), [(2.0, False), (60.0, True)])
def test_a_slow_loop_is_mentioned_and_costs_nothing(
    ratio: float, noted: bool, answers: dict[str, Any]
) -> None:
    def slow(function: str, answer: dict[str, Any]) -> dict[str, Any]:
        return {"ratio": {"type": "float", "data": ratio}} if function == "slowness" else answer

    result = _judge(CHECKS["loss_and_gradient"], answers, slow)
    assert result.points == result.max_points
    assert ("60 times" in result.note) is noted


def test_missing_images_are_an_error_with_the_sentence_that_helps(
    answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable() -> data.Parts:
        raise data.DataUnavailableError("copy the folder")

    monkeypatch.setattr(data, "parts", unavailable)
    result = _judge(CHECKS["numpy_quality"], answers)
    assert result.status is Status.ERROR
    assert result.points == 0
    assert "copy the folder" in str(result)


def test_the_stand_in_is_named_on_the_card(answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "is_synthetic", lambda: False)
    assert _judge(CHECKS["numpy_quality"], answers).note == ""
    monkeypatch.setattr(data, "is_synthetic", lambda: True)
    assert "stand-in" in _judge(CHECKS["numpy_quality"], answers).note


@pytest.mark.parametrize(("spoilt", "passes"), [(0.0, True), (0.95, False)])
def test_quality_is_measured_on_predictions(spoilt: float, passes: bool, answers: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)

    def spoil(function: str, answer: dict[str, Any]) -> dict[str, Any]:
        if function == "predictions":
            found = answer["images"]["data"]
            answer["images"]["data"] = np.where(
                rng.random(len(found)) < spoilt, rng.integers(0, 10, len(found)), found
            )
        return answer

    failed = {c.id for c in _judge(CHECKS["numpy_quality"], answers, spoil).failures}
    assert ("quality" not in failed) is passes


class Beside:
    """Knows some rows by heart, and asks a classifier about all others."""

    def __init__(self, classifier: Any, rows: np.ndarray, labels: np.ndarray) -> None:
        self.classifier = classifier
        self.known = {row.tobytes(): label for row, label in zip(rows, labels, strict=True)}

    def predict(self, rows: np.ndarray) -> np.ndarray:
        guesses = self.classifier.predict(rows)
        return np.array(
            [self.known.get(row.tobytes(), guess) for row, guess in zip(rows, guesses, strict=True)]
        )


@pytest.mark.parametrize(("share", "found_out"), [(0.0, False), (0.25, True), (1.0, True)])
@pytest.mark.parametrize("seed", range(3))
def test_a_classifier_that_knows_some_test_images_by_heart_is_found_out(
    share: float, found_out: bool, seed: int, answers: dict[str, Any]
) -> None:
    rows = answers["standardize"](PARTS.train.pixels, PARTS.test.pixels)[1]
    n = round(share * len(rows))
    cheat = Beside(answers["numpy_classifier"], rows[:n], PARTS.test.labels[:n])
    failed = {
        c.id
        for c in _judge(CHECKS["numpy_quality"], {**answers, "numpy_classifier": cheat}, seed=seed).failures
    }
    assert ("not_a_table" in failed) is found_out
    assert "quality" not in failed


def test_macro_f1_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 500)
    for predicted in (
        rng.integers(0, 10, 500),
        np.where(rng.random(500) < 0.6, labels, 3),
        np.zeros(500, int),
    ):
        expected = f1_score(labels, predicted, average="macro", labels=range(10), zero_division=0)
        assert macro_f1(labels, predicted) == pytest.approx(expected, abs=1e-12)
    assert pytest.approx(0.30) == THRESHOLD
