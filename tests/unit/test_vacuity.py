"""No check is vacuous: a spoilt gradient loses points, and so does every spoilt value that a judge reads.

First the gradients: the solution's own code runs, and one gradient at a time is changed on its way. Then the
wire: the solution's answers are recorded, and one value at a time is exchanged for junk.
"""

from __future__ import annotations

import pickle
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from autograder.checks.result import CheckResult, Status
from autograder.checks.softmax_pytorch import train_evaluate
from autograder.probes.plain import plain
from autograder.probes.respond import respond
from autograder.sandbox.inside.wire import Wire
from tests.mutants.answers import ANSWERS
from tests.unit.solved import (
    NAMES,
    Tiny,
    check_of,
    images_of,
    judge,
    loss_of_probabilities,
    loss_of_scores,
    names_of,
    subjects_of,
)


@pytest.fixture(autouse=True)
def _one_thread_and_few_images(request: pytest.FixtureRequest) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    name = request.node.callspec.params["name"] if hasattr(request.node, "callspec") else ""
    with images_of(str(name)):
        yield
    torch.set_num_threads(before)


def require_sentences(result: CheckResult) -> None:
    """Demand that every criterion that was tried and failed says what came, and why or what should have."""
    for criterion in result.failures:
        if criterion.status is not Status.NOT_TRIED:
            finding = criterion.finding
            assert finding.got and (finding.cause or finding.expected), str(result)


# Gradients.

Change = Callable[[Any], Any]


def _one_number(gradient: Any) -> Any:
    changed = gradient + 0
    changed[(0,) * changed.ndim] += abs(gradient).max()
    return changed


CHANGES: dict[str, Change] = {
    "zero": lambda g: 0 * g,
    "doubled": lambda g: 2 * g,
    "halved": lambda g: g / 2,
    "negated": lambda g: -g,
    "in another order": lambda g: g[[-1, *range(len(g) - 1)]],
    "changed in one number": _one_number,
    "transposed": lambda g: g.T,
    "a hundredth too large": lambda g: 1.01 * g,
    "ten times the tolerance too large": lambda g: (1 + 1e-8) * g,
}
ROUGH = ("a hundredth too large", "ten times the tolerance too large")


def _method(answer: str, part: str) -> Callable[..., list[Any]]:
    """The solution's layer, with what `backward` answers or stores changed."""

    def subjects(names: dict[str, Any], change: Change, patch: pytest.MonkeyPatch) -> list[Any]:
        class Spoilt(names[answer]):  # type: ignore[misc]
            def backward(self, *d: Any) -> Any:
                dx = super().backward(*d)
                if part == "dx":
                    return change(dx)
                setattr(self, part, change(getattr(self, part)))
                return dx

        return [Spoilt]

    return subjects


def _returned(place: int, names: dict[str, Any], change: Change) -> Callable[..., tuple]:
    """The solution's `loss_and_gradient`, with one of its three answers changed."""
    right = names["loss_and_gradient"]

    def spoilt(W: Any, b: Any, X: Any, y: Any, l2: Any) -> tuple:
        answer = list(right(W, b, X, y, l2))
        answer[place] = change(answer[place])
        return tuple(answer)

    return spoilt


def _function(place: int) -> Callable[..., list[Any]]:
    return lambda names, change, patch: [_returned(place, names, change)]


def _in_the_classifier(place: int) -> Callable[..., list[Any]]:
    def subjects(names: dict[str, Any], change: Change, patch: pytest.MonkeyPatch) -> list[Any]:
        classifier = names["SoftmaxClassifier"]
        patch.setitem(classifier.fit.__globals__, "loss_and_gradient", _returned(place, names, change))
        return [classifier]

    return subjects


def _of_the_loss(names: dict[str, Any], change: Change, patch: pytest.MonkeyPatch) -> list[Any]:
    (spoilt,) = _method("CrossEntropyLoss", "dx")(names, change, patch)
    patch.setitem(names["MLPClassifier"].fit.__globals__, "CrossEntropyLoss", spoilt)
    return [names["MLPClassifier"]]


def _between_layers(names: dict[str, Any], change: Change, patch: pytest.MonkeyPatch) -> list[Any]:
    class Spoilt(names["MLPClassifier"]):  # type: ignore[misc]
        def __init__(self, modules: list[Any], **settings: Any) -> None:
            super().__init__(modules, **settings)
            right = modules[-1].backward
            modules[-1].backward = lambda d: change(right(d))

    return [Spoilt]


def _at_the_optimizer(place: int) -> Callable[..., list[Any]]:
    def subjects(names: dict[str, Any], change: Change, patch: pytest.MonkeyPatch) -> list[Any]:
        def train(model: Any, iterator: Any, optimizer: Any, criterion: Any, device: Any) -> Any:
            right = optimizer.step

            def step(closure: Any = None) -> None:
                parameter = list(model.parameters())[place]
                parameter.grad = change(parameter.grad)
                right(closure)

            optimizer.step = step
            return names["train"](model, iterator, optimizer, criterion, device)

        return [names["calculate_accuracy"], train, names["evaluate"]]

    return subjects


def _of_a_parameter(right: Callable[..., torch.Tensor], place: int) -> Callable[..., list[Any]]:
    def subjects(names: dict[str, Any], change: Change, patch: pytest.MonkeyPatch) -> list[Any]:
        def loss(X: torch.Tensor, y: torch.Tensor, model: Any) -> torch.Tensor:
            list(model.parameters())[place].register_hook(change)
            return right(X, y, model)

        return [loss, Tiny]

    return subjects


def _by_the_probabilities(names: dict[str, Any], change: Change, patch: pytest.MonkeyPatch) -> list[Any]:
    def loss(X: torch.Tensor, y: torch.Tensor, model: Any) -> torch.Tensor:
        def hooked(x: torch.Tensor) -> torch.Tensor:
            p = model(x)
            p.register_hook(change)
            return p

        return loss_of_probabilities(X, y, hooked)

    return [loss, Tiny]


@dataclass(frozen=True)
class Gradient:
    """One gradient of a solution, and how to change it.

    Attributes
    ----------
    words : str
        Which one it is.
    fails, stays : str
        Criterion that a wrong one must fail, and one that it leaves alone.
    subjects : callable
        Gives the student's objects with the gradient changed.
    without : tuple of str
        Changes that are none here (a vector transposed), or that lie within the check's tolerance.
    """

    name: str
    words: str
    fails: str
    stays: str
    subjects: Callable[..., list[Any]]
    without: tuple[str, ...] = ()


VECTOR, SINGLE = ("transposed",), ("ten times the tolerance too large",)
GRADIENTS = [
    Gradient("backprop_numpy.linear", "dx", "input_gradient", "forward", _method("Linear", "dx")),
    Gradient("backprop_numpy.linear", "dW", "weight_step", "input_gradient", _method("Linear", "dW")),
    Gradient("backprop_numpy.linear", "db", "bias_step", "input_gradient", _method("Linear", "db"), VECTOR),
    Gradient("backprop_numpy.relu", "dx", "gradient", "forward", _method("ReLU", "dx")),
    Gradient("backprop_numpy.softmax", "dx", "gradient", "forward", _method("Softmax", "dx")),
    Gradient("backprop_numpy.cross_entropy", "dx", "gradient", "value", _method("CrossEntropyLoss", "dx")),
    Gradient("backprop_numpy.mlp_fit", "of the loss", "full_batch_step", "numpy_only", _of_the_loss),
    Gradient("backprop_numpy.mlp_fit", "between layers", "full_batch_step", "numpy_only", _between_layers),
    Gradient("softmax_numpy.loss_and_gradient", "dW", "weight_gradient", "loss", _function(1)),
    Gradient("softmax_numpy.loss_and_gradient", "db", "bias_gradient", "loss", _function(2), VECTOR),
    Gradient("softmax_numpy.classifier", "dW", "one_step", "numpy_only", _in_the_classifier(1)),
    Gradient("softmax_numpy.classifier", "db", "one_step", "numpy_only", _in_the_classifier(2), VECTOR),
    Gradient("softmax_pytorch.train_evaluate", "W", "train_steps", "accuracy", _at_the_optimizer(0), SINGLE),
    Gradient(
        "softmax_pytorch.train_evaluate",
        "b",
        "train_steps",
        "accuracy",
        _at_the_optimizer(1),
        VECTOR + SINGLE,
    ),
    Gradient(
        "cnn_cifar10.calculate_loss",
        "W",
        "gradient",
        "value",
        _of_a_parameter(loss_of_probabilities, 0),
        SINGLE,
    ),
    Gradient(
        "cnn_cifar10.calculate_loss",
        "b",
        "gradient",
        "value",
        _of_a_parameter(loss_of_probabilities, 1),
        VECTOR + SINGLE,
    ),
    Gradient("cnn_cifar10.calculate_loss", "by p", "gradient", "value", _by_the_probabilities, SINGLE),
    Gradient(
        "cnn_cifar10.calculate_loss",
        "W, by logits",
        "gradient",
        "value",
        _of_a_parameter(loss_of_scores, 0),
        ROUGH,
    ),
    Gradient(
        "cnn_cifar10.calculate_loss",
        "b, by logits",
        "gradient",
        "value",
        _of_a_parameter(loss_of_scores, 1),
        VECTOR + ROUGH,
    ),
]


def _words(value: Any) -> str:
    return str(getattr(value, "words", value))


SPOILT = [(g.name, g, how) for g in GRADIENTS for how in CHANGES if how not in g.without]


@pytest.mark.parametrize(("name", "gradient"), [(g.name, g) for g in GRADIENTS], ids=_words)
def test_a_gradient_that_goes_through_unchanged_keeps_all_points(
    name: str, gradient: Gradient, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = names_of(name.split(".")[0])
    result = judge(name, gradient.subjects(names, lambda g: g, monkeypatch))
    assert result.points == result.max_points, str(result)


@pytest.mark.parametrize(("name", "gradient", "how"), SPOILT, ids=_words)
def test_a_spoilt_gradient_loses_points(
    name: str, gradient: Gradient, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = names_of(name.split(".")[0])
    result = judge(name, gradient.subjects(names, CHANGES[how], monkeypatch))
    failed = {criterion.id: criterion for criterion in result.failures}
    assert gradient.fails in failed, str(result)
    require_sentences(result)
    assert result.points < result.max_points
    if how != "transposed":  # whose shape may end in an error before that criterion
        assert failed[gradient.fails].status is Status.FAILED, str(result)
        assert gradient.stays not in failed, str(result)


# The wire.

Path = tuple[str | int, ...]
DEEP: Any = {"type": "list", "data": []}
for _ in range(60):
    DEEP = {"type": "list", "data": [DEEP]}


def over_the_wire(value: Any) -> Any:
    """What the judge's side receives when the other side sends this."""
    left, right = socket.socketpair()
    sender, receiver = Wire(left), Wire(right)
    thread = threading.Thread(target=sender.send, args=({"value": value},), daemon=True)
    thread.start()
    try:
        return receiver.receive(10)["value"]
    finally:
        sender.close()
        receiver.close()


JUNK: dict[str, Any] = {
    kind: over_the_wire(value)
    for kind, value in {
        "nothing": None,
        "a bare number": 7,
        "an empty description": {},
        "a type that is no text": {"type": ["ndarray"], "data": np.zeros(3)},
        "None": {"type": "NoneType", "data": None},
        "a text": {"type": "str", "data": "x" * 200},
        "a truth value that is none": {"type": "bool", "data": 2},
        "nan": {"type": "float", "data": float("nan")},
        "-inf": {"type": "float", "data": float("-inf")},
        "1e300": {"type": "float", "data": 1e300},
        "a huge integer": {"type": "int", "data": 10**400},
        "an empty list": {"type": "list", "data": []},
        "an empty array": {"type": "ndarray", "data": np.zeros(0)},
        "an empty matrix": {"type": "Tensor", "dtype": "torch.float32", "data": np.zeros((0, 3), np.float32)},
        "a million numbers": {"type": "ndarray", "data": np.full(10**6, 1e300)},
        "a million integers": {"type": "ndarray", "data": np.zeros(10**6, dtype=np.int64)},
        "an object": {"type": "Thing"},
        "an array of objects": {"type": "ndarray", "dtype": "object", "shape": [3]},
        "data that are no array": {"type": "ndarray", "dtype": {"a": [None]}, "data": {"a": [None]}},
        "nested junk": {"type": "tuple", "data": [{"type": "list", "data": [[], {"a": {}}, 7]}, None]},
        "lists in lists": DEEP,
    }.items()
}
OTHER = {"f": np.int8, "i": np.float16, "u": np.float16, "b": np.int8}


def spoilt(honest: Any) -> Iterator[tuple[str, Any]]:
    """What is exchanged for an honest value: junk, and the same value but for one thing."""
    for kind, value in JUNK.items():
        if not (isinstance(value, dict) and isinstance(honest, dict) and same(value, honest)):
            yield kind, value
    array = honest.get("data") if isinstance(honest, dict) else None
    if not isinstance(array, np.ndarray) or not array.size:
        return
    other = np.zeros(array.shape, OTHER[array.dtype.kind])
    yield "an axis too many", {**honest, "data": array[None]}
    yield "an axis too few", {**honest, "data": array.reshape(-1)[0] if array.ndim < 2 else array[0]}
    yield (
        "another dtype",
        {**honest, "data": other} | ({"dtype": other.dtype.name} if "dtype" in honest else {}),
    )
    yield "a dtype that is not that of its numbers", {**honest, "dtype": array.dtype.name, "data": other}
    yield "the largest numbers", {**honest, "data": np.full_like(array, _largest(array.dtype))}
    if array.ndim:
        yield "a row less", {**honest, "data": array[1:]}
    if array.dtype.kind == "f":
        for number in (np.nan, np.inf):
            changed = array.copy()
            changed[(-1,) * array.ndim] = number
            yield f"{number} in one place", {**honest, "data": changed}


def _largest(dtype: np.dtype) -> Any:
    return True if dtype.kind == "b" else (np.finfo if dtype.kind == "f" else np.iinfo)(dtype).max


def same(value: Any, honest: Any) -> bool:
    if isinstance(value, np.ndarray) or isinstance(honest, np.ndarray):
        return False
    if isinstance(value, dict) and isinstance(honest, dict):
        return value.get("type") == honest.get("type") and same(value.get("data"), honest.get("data"))
    return bool(value == honest)


def places(answer: dict[str, Any]) -> Iterator[Path]:
    """Ways to the values of an answer: its own, and the first and last of every list."""
    for key, value in answer.items():
        yield from _below((key,), value)


def _below(path: Path, value: Any) -> Iterator[Path]:
    yield path
    items = value.get("data")
    if isinstance(items, list) and items:
        for number in sorted({0, len(items) - 1}):
            yield from _below((*path, "data", number), items[number])


def at(place: Any, path: Path) -> Any:
    for step in path:
        place = place[step]
    return place


def replaced(place: Any, path: Path, value: Any) -> Any:
    """A copy of `place` with another value at the end of the path, where the path exists."""
    if not path:
        return value
    if not (
        path[0] in place if isinstance(place, dict) else isinstance(place, list) and path[0] < len(place)
    ):
        return place
    changed = place.copy()
    changed[path[0]] = replaced(place[path[0]], path[1:], value)
    return changed


class Sitting:
    """One check and the solution's answers to its questions, each asked for once."""

    def __init__(self, name: str) -> None:
        self.check = check_of(name)
        self._subjects = subjects_of(name)
        self._answers: dict[bytes, dict[str, Any]] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def judge(self, spoil: Spoil) -> CheckResult:
        """Judge answers that `spoil` may change; it gets the question's number and function and the answer."""
        self.asked = []

        def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
            key = pickle.dumps((function, question))
            if key not in self._answers:
                self._answers[key] = respond(probe, function, self._subjects, question)
            outcome = self._answers[key]
            if "answer" in outcome:
                self.asked.append((function, outcome["answer"]))
                outcome = {**outcome, "answer": spoil(len(self.asked) - 1, function, outcome["answer"])}
            return outcome

        return self.check.judge(ask)


Spoil = Callable[[int, str, dict[str, Any]], dict[str, Any]]


def honest(number: int, function: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Leave an answer as it is."""
    return answer


def everywhere(function: str, path: Path, value: Any) -> Spoil:
    """Exchange one value in every answer to a question."""
    return lambda _, asked, answer: replaced(answer, path, value) if asked == function else answer


# What a probe answers beyond what the points depend on, by check and question.
UNREAD = {
    ("backprop_numpy.linear", "step"): {"y"},
    ("backprop_numpy.mlp_fit", "fit"): {"forwards", "logits"},
    ("backprop_numpy.mlp_fit", "next_numbers"): {"orders"},
    ("softmax_numpy.loss_and_gradient", "slowness"): {"ratio"},
    ("softmax_numpy.classifier", "predicted"): {"new"},
    ("softmax_pytorch.split", "parts"): {"holds"},
    ("softmax_pytorch.model", "init"): {"arguments"},
    ("softmax_pytorch.model", "describe"): {"count", "lists", "tensors"},
    ("softmax_pytorch.train_evaluate", "one_pass"): {"events"},
    ("softmax_pytorch.predictions", "predictions"): {"W", "b", "buffers"},
    ("softmax_pytorch.torch_quality", "rows"): {"results"},
    ("cnn_cifar10.model", "in_train_mode"): {"half", "training"},
    ("cnn_cifar10.model", "parameters"): {"frozen", "constants"},
    ("cnn_cifar10.calculate_loss", "on_stand_in"): {"given"},
    ("cnn_cifar10.calculate_loss", "reached"): {"frozen"},
}
# What is no mistake, by check and place.
TOLERATED: dict[tuple[str, str], set[str]] = {
    ("linear", "b"): {"an axis too many"},  # b may have the shape (1, out)
    ("classifier", "W"): {"the largest numbers"},  # after another seed: other numbers
    ("transforms", "answer"): {"the largest numbers"},  # the form, whose numbers are read elsewhere
    ("split", "train_1"): {"the largest numbers"},  # read again: only that it is not the same
    ("train_evaluate", "trained"): {"the largest numbers", "a row less"},  # one entry for each forward pass
    ("train_evaluate", "kept_gradients"): {"the largest numbers", "a row less"},
    ("train_evaluate", "seen"): {"the largest numbers"},
    ("predictions", "seen"): {"an axis too many", "the largest numbers"},
    ("predictions", "trained"): {"an axis too many", "a row less"},
    ("predictions", "kept_gradients"): {"an axis too many", "a row less"},
    # Where the order cannot be read, pairs are compared.
    ("predictions", "order"): {"a million integers", "the largest numbers", "a row less"},
    **{(name, "device"): {"a text"} for name in ("accuracy", "precision", "recall")},
    # Any number of seconds: it is only told.
    **{
        (name, "seconds"): {"1e300", "a truth value that is none"}
        for name in ("accuracy", "precision", "recall")
    },
}


def is_tolerated(name: str, path: Path, kind: str) -> bool:
    if path[0] == "modules":  # an empty list: the code uses none; a text: the name of one that is allowed
        return kind == ("an empty list" if len(path) == 1 else "a text")
    if (
        path[0] == "answer" and name == "softmax_pytorch.split"
    ):  # what the two data sets hold is read beside them
        return len(path) > 1
    return kind in TOLERATED.get((name.split(".")[1], str(path[0])), ())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_value_on_the_wire_can_be_junk(name: str) -> None:
    sitting = Sitting(name)
    assert sitting.judge(honest).points == sitting.check.points
    found = {
        (function, path): at(answer, path) for function, answer in sitting.asked for path in places(answer)
    }
    kept = []
    for (function, path), value in found.items():
        if path[0] in UNREAD.get((name, function), ()):
            continue
        for kind, junk in spoilt(value):
            result = sitting.judge(everywhere(function, path, junk))
            require_sentences(result)
            if not result.points < result.max_points:
                kept.append((function, path, kind))
    assert [spared for spared in kept if not is_tolerated(name, *spared[1:])] == []


@pytest.mark.parametrize("name", sorted({name for name, _ in UNREAD}))
def test_what_is_not_read_costs_nothing(name: str) -> None:
    def spoil(_: int, function: str, answer: dict[str, Any]) -> dict[str, Any]:
        return answer | dict.fromkeys(UNREAD.get((name, function), ()), JUNK["an object"])

    result = Sitting(name).judge(spoil)
    assert result.points == result.max_points, str(result)


# Criteria.


def _uphill_when(condition: Callable[[Any, Any], bool], names: dict[str, Any], answer: str) -> list[Any]:
    """The solution's classifier, which goes uphill when the condition holds."""

    class Uphill(names[answer]):  # type: ignore[misc]
        def fit(self, X: Any, y: Any, *more: Any, **named: Any) -> Any:
            rate = "alpha" if hasattr(self, "alpha") else "learning_rate"
            if condition(self, X):
                setattr(self, rate, -getattr(self, rate))
            return super().fit(X, y, *more, **named)

    return [Uphill]


def _no_vectors(names: dict[str, Any]) -> list[Any]:
    class Batches(names["ReLU"]):  # type: ignore[misc]
        def forward(self, x: np.ndarray) -> Any:
            return super().forward(x)[:, :]

    return [Batches]


def _moody(names: dict[str, Any]) -> list[Any]:
    class Moody:
        calls = 0

        def predict(self, X: np.ndarray) -> Any:
            self.calls += 1
            return (names["blobs_classifier"].predict(X) + self.calls // 2) % 3

    return [Moody()]


def _empty_at_last(names: dict[str, Any]) -> list[Any]:
    calls = []

    def split(train_data: Any, ratio: float = 0.9) -> Any:
        calls.append(ratio)
        train, valid = names["split"](train_data, ratio)
        return (torch.utils.data.Subset(train, []) if len(calls) == 3 else train), valid

    return [split, names["test_transforms"]]


def _alone_otherwise(names: dict[str, Any]) -> list[Any]:
    class Alone(names["SoftmaxClassifier"]):  # type: ignore[misc]
        def predict_proba(self, X: np.ndarray) -> Any:
            p = super().predict_proba(X)
            return p if len(X) > 1 else p[:, ::-1].copy()

    return [Alone]


def _common_bias(names: dict[str, Any]) -> list[Any]:
    class Common(names["Linear"]):  # type: ignore[misc]
        made: ClassVar[dict[int, np.ndarray]] = {}

        def __init__(self, inputs: int, outputs: int) -> None:
            super().__init__(inputs, outputs)
            self.b = self.made.setdefault(outputs, self.b)

    return [Common]


RARE: dict[tuple[str, str], Callable[[dict[str, Any]], list[Any]]] = {
    ("softmax_numpy.classifier", "separable"): lambda names: _uphill_when(
        lambda classifier, X: len(X) == 101, names, "SoftmaxClassifier"
    ),
    ("backprop_numpy.mlp_fit", "loss_falls"): lambda names: _uphill_when(
        lambda classifier, X: classifier.epochs == 30, names, "MLPClassifier"
    ),
    ("softmax_numpy.classifier", "predict_proba"): _alone_otherwise,
    ("backprop_numpy.linear", "no_aliasing"): _common_bias,
    ("backprop_numpy.relu", "vector"): _no_vectors,
    ("backprop_numpy.blobs", "same_labels"): _moody,
    ("softmax_pytorch.split", "repeatable"): _empty_at_last,
}
"""Wrong answers that fail one criterion and pass those before it."""


@pytest.mark.parametrize(("name", "criterion"), RARE)
def test_a_mistake_that_shows_in_one_place_only_fails_there(name: str, criterion: str) -> None:
    result = judge(name, RARE[name, criterion](names_of(name.split(".")[0])))
    failed = [c.id for c in result.failures if c.status is not Status.NOT_TRIED]
    assert failed == [criterion], str(result)
    require_sentences(result)
    assert result.points < result.max_points


@pytest.mark.parametrize("name", ["train_evaluate"])
def test_a_square_gradient_that_is_transposed_fails(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Judges draw matrices that are not square, where a transposed one fails by its shape; here by its numbers."""
    monkeypatch.setattr(train_evaluate, "CLASSES", train_evaluate.FEATURES)
    names = names_of("softmax_pytorch")
    subjects = _at_the_optimizer(0)(names, CHANGES["transposed"], monkeypatch)
    result = judge(f"softmax_pytorch.{name}", subjects)
    assert "train_steps" in {c.id for c in result.failures if c.status is Status.FAILED}
    honest = judge(f"softmax_pytorch.{name}", [names[s] for s in ("calculate_accuracy", "train", "evaluate")])
    assert honest.points == honest.max_points, str(honest)


def test_every_criterion_has_a_wrong_answer_that_fails_it() -> None:
    """Of a table of images, which `not_a_table` finds, the checks of quality have tests of their own."""
    failed = {
        (f"{mutant.notebook.split('/')[1].split('_', 1)[1]}.{mutant.check}", mutant.fails)
        for answers in ANSWERS
        for mutant in answers.mutants
    }
    criteria = {(name, criterion.id) for name in NAMES for criterion in check_of(name).criteria}
    assert {c for c in criteria - failed - set(RARE) if c[1] not in ("numpy_only", "not_a_table")} == set()


@pytest.mark.parametrize("name", [n for n in NAMES if check_of(n).criteria[0].id == "numpy_only"])
def test_another_library_costs_all_points(name: str) -> None:
    def spoil(_: int, function: str, answer: dict[str, Any]) -> dict[str, Any]:
        return {"modules": plain(["numpy", "torch"])} if function == "modules" else answer

    result = Sitting(name).judge(spoil)
    assert result.points == 0
    assert [c.id for c in result.failures if c.status is not Status.NOT_TRIED] == ["numpy_only"]
    assert "torch" in result.failures[0].finding.got


@pytest.mark.parametrize("name", NAMES)
def test_every_check_has_points_to_earn(name: str) -> None:
    assert check_of(name).points > 0
    assert sum(criterion.weight for criterion in check_of(name).criteria) > 0
