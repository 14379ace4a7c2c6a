"""The judges of 1_backprop_numpy: full marks for the solution, and nothing an answer can do makes them raise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_moons

from autograder.checks.backprop_numpy import check
from autograder.checks.backprop_numpy._fitted import blobs, moons
from autograder.checks.backprop_numpy._mlp import draw_network, draw_samples
from autograder.checks.check import Exam
from autograder.checks.result import Status
from autograder.probes.imports import modules_used
from autograder.probes.plain import plain
from autograder.probes.respond import respond
from tests.mutants.backprop_numpy import CELLS, NOTEBOOK
from tests.mutants.submission import namespace_of

NAMES = ("linear", "relu", "softmax", "cross_entropy", "mlp_fit", "mlp_predict", "moons", "blobs")


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    names = namespace_of(NOTEBOOK, (*CELLS, "data", "moons", "blobs"), {})
    assert "errors" not in names
    return names


def test_every_check_is_found() -> None:
    assert set(NAMES) <= set(check.names())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_solution_gets_full_marks(name: str, seed: int, answers: dict[str, Any]) -> None:
    subjects = [answers[subject] for subject in check[name].subjects]
    result = getattr(check, name)(*subjects, seed=seed)
    assert result.points == result.max_points, str(result)
    assert result.status is Status.PASSED


def spoil(value: Any, how: str) -> Any:
    """Change every array, number and list in an answer."""
    if isinstance(value, dict) and isinstance(value.get("data"), list) and how != "empty":
        return {**value, "data": [spoil(item, how) for item in value["data"]]}
    if isinstance(value, dict) and "type" not in value:
        return {key: spoil(item, how) for key, item in value.items()}
    return SPOILED[how](value)


def _array(change: Any) -> Any:
    def changed(value: dict[str, Any]) -> Any:
        data = value.get("data")
        return plain(change(data)) if isinstance(data, np.ndarray) and data.size else value

    return changed


SPOILED: dict[str, Any] = {
    "None": lambda value: plain(None),
    "no description": lambda value: None,
    "a string": lambda value: plain("x" * 1000),
    "an unknown object": lambda value: {"type": "Thing"},
    "no numbers": lambda value: {"type": "ndarray", "dtype": "object", "shape": [2]},
    "a huge integer": lambda value: plain(10**400),
    "negative": _array(lambda a: -np.abs(a) - 1),
    "empty": lambda value: plain([]) if value.get("type") == "list" else plain(np.zeros(0)),
    "wrong shape": _array(lambda a: a[..., None]),
    "shorter": _array(lambda a: a[1:] if a.ndim else a + 1),
    "one number": _array(lambda a: np.float64(3.0)),
    "nan": _array(lambda a: np.full(a.shape, np.nan)),
    "inf": _array(lambda a: np.full(a.shape, np.inf)),
    "huge": _array(lambda a: np.full(a.shape, 1e308)),
    "zeros": _array(lambda a: np.zeros(a.shape)),
    "float32": _array(lambda a: a.astype(np.float32)),
    "truth values": _array(lambda a: a > 0),
    "integers": _array(lambda a: np.full(a.shape, 3, dtype=np.int64)),
    "large integers": _array(lambda a: np.full(a.shape, 2**62, dtype=np.int64)),
}


@pytest.mark.parametrize("how", SPOILED)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_answer_makes_a_judge_raise(name: str, how: str, answers: dict[str, Any]) -> None:
    def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
        outcome = respond(probe, function, [answers[s] for s in check[name].subjects], question)
        return outcome if function == "modules" else {**outcome, "answer": spoil(outcome["answer"], how)}

    result = check[name].judge(ask)
    assert result.points < result.max_points, str(result)


@pytest.mark.parametrize(
    "outcome", [{}, {"status": "answered"}, {"status": "answered", "answer": []}, None, 3]
)
@pytest.mark.parametrize("name", NAMES)
def test_no_outcome_makes_a_judge_raise(name: str, outcome: Any) -> None:
    assert check[name].judge(lambda probe, function, question: outcome).points == 0


GRADIENTS = {"relu": "dx", "softmax": "dx", "cross_entropy": "gradient"}


@pytest.mark.parametrize("factor", [0.0, 2.0, -1.0, 0.5])
@pytest.mark.parametrize("name", GRADIENTS)
def test_a_wrong_multiple_of_the_gradient_fails(name: str, factor: float, answers: dict[str, Any]) -> None:
    def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
        outcome = respond(probe, function, [answers[s] for s in check[name].subjects], question)
        if function == "pair":
            value = outcome["answer"][GRADIENTS[name]]
            value["data"] = value["data"] * factor
        return outcome

    result = check[name].judge(ask)
    assert "gradient" in {c.id for c in result.failures}
    assert "forward" not in {c.id for c in result.failures}


@pytest.mark.parametrize("factor", [0.0, 2.0, -1.0, 0.5])
def test_a_wrong_multiple_of_each_gradient_of_the_linear_layer_fails(
    factor: float, answers: dict[str, Any]
) -> None:
    class Scaled(answers["Linear"]):  # type: ignore[misc]
        def backward(self, d: np.ndarray) -> Any:
            dx = super().backward(d)
            self.dW, self.db = factor * self.dW, factor * self.db
            return factor * dx

    failed = {c.id for c in check.linear(Scaled).failures}
    assert {"input_gradient", "weight_step", "bias_step"} <= failed


def exam(name: str = "mlp_fit") -> Exam:
    return Exam(check[name], lambda probe, function, question: {}, 0)


def test_the_fast_step_is_the_step_of_the_key() -> None:
    sitting = exam()
    network, (X, y) = draw_network(sitting, (3, 5, 7, 4)), draw_samples(sitting, 11)
    gradients, after = network.gradients(X, y), network.step(X, y, 0.3)
    for before, now, gradient in zip(
        (*network.W, *network.b), (*after.W, *after.b), (*gradients.W, *gradients.b), strict=True
    ):
        np.testing.assert_allclose(now, before - 0.3 * gradient, rtol=1e-12, atol=1e-14)


def test_moons_follow_the_recipe_of_scikit_learn() -> None:
    X, y = moons(np.random.default_rng(0), 400, noise=0.0)
    expected, labels = make_moons(400, noise=0.0, shuffle=False)
    for label in (0, 1):
        ours, theirs = X[y == label], expected[labels == label]
        np.testing.assert_allclose(ours[np.argsort(ours[:, 0])], theirs[np.argsort(theirs[:, 0])], atol=1e-12)
    noisy, labels = moons(np.random.default_rng(0), 4000)
    off_the_circle = np.hypot(*noisy[labels == 0].T) - 1
    assert off_the_circle.std() == pytest.approx(0.075, abs=0.005)


def test_blobs_are_round_clouds_around_the_centres() -> None:
    X, y = blobs(np.random.default_rng(0), 30_000)
    for label, centre in enumerate([(0, 0), (2.5, 2.5), (-2.5, 3)]):
        np.testing.assert_allclose(X[y == label].mean(axis=0), centre, atol=0.05)
        np.testing.assert_allclose(X[y == label].std(axis=0), 1, atol=0.05)


def test_a_straight_line_passes_moons_and_is_told_so(answers: dict[str, Any]) -> None:
    class Line:
        def forward(self, X: np.ndarray) -> np.ndarray:
            z = X @ np.array([0.27, -1.0]) + 0.12
            return np.stack([-z, z], axis=1)

        def predict(self, X: np.ndarray) -> np.ndarray:
            return self.forward(X).argmax(axis=1)

    result = check.moons(Line())
    assert result.points == 1
    assert "straight line" in result.note


def test_a_classifier_that_was_not_made_is_not_done_yet() -> None:
    result = check.moons(None)
    assert result.status is Status.NOT_DONE
    assert result.points == 0


def test_a_global_instance_of_another_library_is_found() -> None:
    source = "from sklearn.neighbors import KNeighborsClassifier\nknn = KNeighborsClassifier()\n"
    source += "class Net:\n    def predict(self, X):\n        return knn.predict(X)\n"
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(source, names)
    assert "sklearn" in modules_used(names["Net"])
