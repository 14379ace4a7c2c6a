"""The judges of 2_softmax_pytorch: right answers pass, malformed ones never make a judge raise."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torchvision import transforms

from autograder import data
from autograder.checks.result import CheckResult, Status
from autograder.checks.softmax_pytorch import check
from autograder.checks.softmax_pytorch.torch_quality import macro_f1
from autograder.probes.respond import respond
from tests.mutants.softmax_pytorch import CELLS, NOTEBOOK
from tests.mutants.submission import namespace_of

NAMES = ("set_seed", "channel_statistics", "transforms", "split", "model", "train_evaluate", "predictions")
TEST_SIZE = 600


def _striped_images(n: int, seed: int) -> data.Images:
    """Images of ten brightnesses that a linear model tells apart, with noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, size=n)
    images = np.full((n, 32, 32, 3), 60, dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[3 * label : 3 * label + 4] = 200
    return data.Images(images + rng.integers(0, 40, size=images.shape, dtype=np.uint8), labels)


TRAIN = data.Images(
    np.broadcast_to(
        np.stack([255 * (np.array(data.MEANS) + k * np.array(data.DEVIATIONS)) for k in (-1, 1)])
        .round()
        .astype(np.uint8)[:, None, None, :],
        (2, 32, 32, 3),
    ).copy(),
    np.array([0, 1]),
)


@pytest.fixture(autouse=True)
def one_thread_and_images_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    test = _striped_images(TEST_SIZE, 1)
    monkeypatch.setattr(data, "load", lambda train: TRAIN if train else test)
    monkeypatch.delenv(data.ROOT_VARIABLE, raising=False)
    torch.set_num_threads(1)


class Stripes(nn.Module):
    """Says which stripe is brightest, `shift` classes further on; may remember images instead."""

    def __init__(self, shift: int = 0) -> None:
        super().__init__()
        self.shift = shift
        self.linear = nn.Linear(1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = x.mean((1, 3))
        scores = torch.stack([rows[:, 3 * k : 3 * k + 4].mean(1) for k in range(10)], dim=1)
        return scores.roll(self.shift, dims=1)


class Table(Stripes):
    """Knows the images of the test set and nothing else."""

    def __init__(self, to_tensor: Any) -> None:
        super().__init__()
        test = data.load(train=False)
        self.answers = {
            to_tensor(i).numpy().tobytes(): int(y) for i, y in zip(test.images, test.labels, strict=True)
        }

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        known = [self.answers.get(image.numpy().tobytes(), 0) for image in x]
        return torch.eye(10)[known]


class Counter(Stripes):
    """Answers the labels of the test set in the order in which they are asked for first."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        labels = np.resize(data.load(train=False).labels, self.asked + len(x))[self.asked :]
        self.asked += len(x)
        return torch.eye(10)[labels]


TO_TENSOR = transforms.ToTensor()


def _row(**changed: Any) -> dict[str, Any]:
    test = data.load(train=False)
    scores = Stripes()(torch.from_numpy(test.images).permute(0, 3, 1, 2).float()).argmax(1).numpy()
    true = macro_f1(test.labels, scores)
    right = {"algorithm": "pytorch", "seconds": 12.3, "f1_train": true, "f1_valid": true, "f1_test": true}
    return {**right, **changed}


def _quality(model: Any = None, row: Any = None, results: Any = None) -> CheckResult:
    rows = [{"algorithm": "numpy", "f1_test": 0.1}, _row() if row is None else row]
    with pytest.MonkeyPatch.context() as patch:
        striped_training_images(patch)
        return check.torch_quality(model or Stripes(), TO_TENSOR, rows if results is None else results)


def striped_training_images(patch: pytest.MonkeyPatch) -> None:
    """Let the training images be like the test images, not the two greys of the other checks."""
    test = data.load(train=False)
    patch.setattr(data, "load", lambda train: test)


@pytest.fixture(scope="module")
def solution() -> dict[str, Any]:
    before, data.load = data.load, lambda train: TRAIN
    try:
        return namespace_of(NOTEBOOK, CELLS, {})
    finally:
        data.load = before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_solution_gets_full_marks(solution: dict[str, Any], name: str, seed: int) -> None:
    call = getattr(check, name)
    result = call(*[solution[subject] for subject in call.check.subjects], seed=seed)
    assert result.status is Status.PASSED, str(result)
    assert result.points == call.check.points


def test_a_good_model_and_a_true_row_get_full_marks() -> None:
    result = _quality()
    assert result.points == 1.0, str(result)
    assert not result.note


def test_a_table_of_pandas_is_read_too() -> None:
    assert _quality(results=pd.DataFrame([{"algorithm": "numpy"}, _row()])).points == 1.0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"f1_test": 0.5}, "another figure"),
        ({"f1_test": 98.0}, "another figure"),
        ({"f1_test": None}, "one number"),
        ({"f1_test": float("nan")}, "nan"),
        ({"algorithm": "torch"}, "Add the row"),
        ({"f1_valid": 41.0}, "not percent"),
        ({"f1_train": 0.4}, "Measure all three"),
        ({"f1_valid": 0.5}, "Measure all three"),
    ],
)
def test_a_wrong_figure_loses_a_fifth(row: dict[str, Any], words: str) -> None:
    result = _quality(row=_row(**row))
    assert result.points == (0.6 if "algorithm" in row else 0.8)
    assert words in str(result)


def test_a_row_in_percent_is_recognised() -> None:
    assert "in percent" in str(_quality(row=_row(f1_test=100 * _row()["f1_test"])))


def test_a_row_without_a_time_says_which_file_is_missing() -> None:
    result = _quality(row=_row(seconds=0))
    assert result.points == 1.0
    assert "history.json" in result.note


def test_results_that_are_no_table_lose_two_fifths() -> None:
    assert _quality(results=3).points == 0.6


def test_shifted_classes_are_recognised() -> None:
    result = _quality(Stripes(shift=1))
    assert "shifted by a constant" in str(result)
    assert result.points == 0.0


def test_one_class_for_all_is_recognised() -> None:
    class Constant(Stripes):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.eye(10)[[3] * len(x)]

    assert "Every image is called cat" in str(_quality(Constant()))


def test_a_table_of_the_test_images_earns_nothing() -> None:
    result = _quality(Table(TO_TENSOR), _row(f1_test=1.0))
    assert result.points == 0.0
    assert "as in a table" in str(result)


class Hybrid(Stripes):
    """Right for a share `weak` of all images, and for a share of the very test images."""

    def __init__(self, weak: float, share: float) -> None:
        super().__init__()
        test, rng = data.load(train=False), np.random.default_rng(5)
        known = rng.random(len(test)) < share
        self.weak = weak
        self.images = torch.from_numpy(test.images[known]).permute(0, 3, 1, 2).float().div(255).flatten(1)
        self.labels = torch.from_numpy(test.labels[known]).long()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        honest = super().forward(x).argmax(1)
        hard = (x.mean((1, 2, 3)) * 1e4).round() % 10 >= 10 * self.weak
        guess = torch.where(hard, (honest + 1) % 10, honest)
        distances = torch.cdist(
            x.flatten(1), self.images, compute_mode="donot_use_mm_for_euclid_dist"
        )  # by products, what the difference of equal images is depends on the processor
        near, which = distances.min(1)
        return torch.eye(10)[torch.where(near < 1e-3, self.labels[which], guess)]


@pytest.mark.parametrize(("weak", "share"), [(0.1, 0.3), (0.2, 0.2), (0.2, 0.5), (0.25, 0.3)])
def test_a_weak_model_with_a_table_for_some_of_the_images_earns_nothing(weak: float, share: float) -> None:
    result = _quality(Hybrid(weak, share))
    assert result.points == 0.0
    assert "as in a table" in str(result)


def test_answers_in_the_order_of_the_test_set_earn_nothing() -> None:
    result = _quality(Counter(), _row(f1_test=1.0))
    assert result.points == 0.0
    assert "from the image alone" in str(result)


def test_without_the_data_the_card_says_so_and_nothing_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(train: bool) -> data.Images:
        raise data.DataUnavailableError("CIFAR-10 is not on this machine.")

    rows = [_row()]
    monkeypatch.setattr(data, "load", missing)
    result = check.torch_quality(Stripes(), TO_TENSOR, rows)
    assert result.status is Status.ERROR
    assert "not on this machine" in str(result)


def test_a_missing_classifier_asks_for_the_checkpoint() -> None:
    result = check.torch_quality(None, TO_TENSOR, [])
    assert result.status is Status.NOT_DONE
    assert "softmax_regression.pt" in str(result)


def test_the_checks_leave_the_global_generators_as_they_were(solution: dict[str, Any]) -> None:
    torch.manual_seed(7)
    np.random.seed(7)
    expected = torch.rand(3), np.random.random(3)
    torch.manual_seed(7)
    np.random.seed(7)
    deterministic = torch.backends.cudnn.deterministic
    check.set_seed(solution["set_seed"])
    check.transforms(solution["train_transforms"], solution["test_transforms"])
    check.split(solution["split"], solution["test_transforms"])
    assert torch.equal(torch.rand(3), expected[0])
    assert np.array_equal(np.random.random(3), expected[1])
    assert torch.backends.cudnn.deterministic == deterministic


@pytest.mark.parametrize("forged", ["random", "numpy", "torch"])
def test_draws_that_repeat_but_are_not_those_of_the_seeds_are_worth_nothing(
    solution: dict[str, Any], forged: str
) -> None:
    def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
        outcome = respond(probe, function, [solution["set_seed"]], question)
        first, again, other = outcome["answer"][forged]["data"]
        outcome["answer"][forged]["data"] = np.stack([first / 2, again / 2, other / 2])
        return outcome

    result = check.set_seed.check.judge(ask)
    failed = {criterion.id: criterion.finding for criterion in result.failures}
    name = {"random": "python_generator"}.get(forged, f"{forged}_generator")
    assert "not those" in failed[name].got
    assert set(failed) == {name}


@pytest.mark.parametrize("factor", [0.0, 2.0, -1.0, 0.5])
def test_a_scaled_gradient_fails(solution: dict[str, Any], factor: float) -> None:
    class Scaled(torch.optim.SGD):
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for parameter in group["params"]:
                    parameter.grad *= factor
            super().step(closure)

    def train(model: Any, iterator: Any, optimizer: Any, criterion: Any, device: Any) -> Any:
        return solution["train"](
            model, iterator, Scaled(model.parameters(), lr=optimizer.param_groups[0]["lr"]), criterion, device
        )

    result = check.train_evaluate(solution["calculate_accuracy"], train, solution["evaluate"])
    assert "train_steps" in {criterion.id for criterion in result.failures}


BAD: list[Any] = [
    None,
    {},
    7,
    {"type": "NoneType", "data": None},
    {"type": "str", "data": "x"},
    {"type": "float", "data": float("nan")},
    {"type": "float", "data": 1e300},
    {"type": "int", "data": 10**30},
    {"type": "bool", "data": True},
    {"type": "Tensor"},
    {"type": "tuple", "data": [], "length": 0},
    {"type": "list", "data": [{"type": "str", "data": "x"}], "length": 1},
    {"type": "list", "data": [None, {}], "length": 2},
    {"type": "ndarray", "data": np.array(np.nan)},
    {"type": "ndarray", "data": np.zeros((0, 3))},
    {"type": "ndarray", "data": np.full((3,), np.inf)},
    {"type": "ndarray", "data": np.full((120, 3, 32, 32), 1e300)},
    {"type": "Tensor", "dtype": "torch.int64", "data": np.array([-5, 99])},
    {"type": "ndarray", "dtype": "object", "shape": [3]},
]


def _spoilt(answer: Any, key: str, bad: Any) -> Any:
    changed = dict(answer)
    changed[key] = copy.deepcopy(bad)
    return changed


@pytest.mark.parametrize("name", [*NAMES, "torch_quality"])
def test_no_malformed_answer_makes_a_judge_raise(
    solution: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_check = getattr(check, name).check
    known = {**solution, "torch_classifier": Stripes(), "results": [_row()]}
    subjects = [known[subject] for subject in the_check.subjects]
    if name == "torch_quality":
        subjects[1] = TO_TENSOR
        striped_training_images(monkeypatch)
    answers: list[dict[str, Any]] = []

    def record(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
        answers.append(respond(probe, function, subjects, question))
        return answers[-1]

    right = the_check.judge(record)
    assert right.points == the_check.points, str(right)
    lost = 0
    for number, outcome in enumerate(list(answers)):
        for place, key in enumerate(outcome["answer"]):
            for bad in BAD[(number + place) % 2 :: 2]:
                result = _replayed(the_check, answers, number, _spoilt(outcome["answer"], key, bad))
                assert all(isinstance(c.status, Status) for c in result.criteria)
                assert 0 <= result.points <= the_check.points
                lost += result.points < the_check.points
    assert lost >= len(BAD) // 2


def _replayed(the_check: Any, answers: list[Any], number: int, spoilt: Any) -> CheckResult:
    """Judge the recorded answers once more, with one of them exchanged; where they end, the last is repeated."""
    calls = iter(range(10**6))

    def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
        call = min(next(calls), len(answers) - 1)
        return {"status": "answered", "answer": spoilt} if call == number else answers[call]

    return the_check.judge(ask)


@pytest.mark.parametrize("name", [*NAMES, "torch_quality"])
@pytest.mark.parametrize("answer", [None, 3, {}, [], {"answer": None}])
def test_an_answer_that_is_no_answer_earns_nothing(name: str, answer: Any) -> None:
    result = getattr(check, name).check.judge(lambda *question: {"status": "answered", "answer": answer})
    assert result.points == 0
    assert result.status in (Status.MALFORMED, Status.FAILED)
