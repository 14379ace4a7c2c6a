"""Training: batches, augmentation, evaluation, checkpoints, stops and resumption, no training while grading."""

from __future__ import annotations

import io
import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from autograder import training
from autograder.data import Images
from autograder.errors import ExplainedError
from autograder.plots import ablation

pytestmark = pytest.mark.usefixtures("one_thread")

ROOT = Path(__file__).parents[2]


class Linear(nn.Module):
    """Softmax regression with a dropout, so that its mode shows."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(3072, classes), nn.Softmax(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def cross_entropy(X: torch.Tensor, y: torch.Tensor, model: nn.Module) -> torch.Tensor:
    return nn.functional.nll_loss(model(X).clamp_min(1e-30).log(), y)


def softmax_again(X: torch.Tensor, y: torch.Tensor, model: nn.Module) -> torch.Tensor:
    return nn.functional.cross_entropy(model(X), y)


@pytest.fixture(scope="module")
def part() -> Images:
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(23, 32, 32, 3), dtype=np.uint8)
    images[:, 0, 0, 0] = np.arange(23)
    return Images(images, np.arange(23, dtype=np.int64) % 10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "network.pt"


def test_images_become_batches_of_channels_in_0_to_1(part: Images) -> None:
    X = training.to_tensor(part.images)
    assert X.shape == (23, 3, 32, 32) and X.dtype == torch.float32
    assert torch.equal((X * 255).round().permute(0, 2, 3, 1).byte().cpu(), torch.tensor(part.images))
    assert X.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_hold_every_image_once_with_its_label(part: Images, shuffle: bool) -> None:
    found = list(training.batches(part, 5, shuffle=shuffle))
    assert [len(y) for _, y in found] == [5, 5, 5, 5, 3]
    marks = torch.cat([(X[:, 0, 0, 0] * 255).round() for X, _ in found]).int().tolist()
    labels = torch.cat([y for _, y in found]).tolist()
    assert sorted(marks) == list(range(23))
    assert labels == [part.labels[mark] for mark in marks]
    assert (marks == list(range(23))) is not shuffle


def test_batches_are_shuffled_anew_and_repeat_with_the_seed(part: Images) -> None:
    def order() -> list[int]:
        return [
            int((x[0, 0, 0] * 255).round()) for X, _ in training.batches(part, 5, shuffle=True) for x in X
        ]

    torch.manual_seed(1)
    first, second = order(), order()
    torch.manual_seed(1)
    assert first != second and first == order()


def test_augmentation_without_padding_mirrors_about_half_of_the_images() -> None:
    X = torch.rand(64, 3, 32, 32)
    before = X.clone()
    changed = training.flip_and_crop(X, padding=0)
    same = (changed == X).flatten(1).all(1)
    mirrored = (changed == X.flip(3)).flatten(1).all(1)
    assert (same ^ mirrored).all()
    assert 16 < int(mirrored.sum()) < 48
    assert torch.equal(X, before)


def test_augmentation_shifts_every_image_by_a_draw_of_its_own() -> None:
    ramp = torch.arange(32.0).expand(64, 1, 32, 32) + 100 * torch.arange(32.0).view(1, 1, 32, 1)
    changed = training.flip_and_crop(ramp, padding=3)
    assert changed.shape == ramp.shape
    centre = changed[:, 0, 16, 16]
    rows, columns = (centre // 100) - 16, centre % 100
    assert set(rows.int().tolist()) == set(range(-3, 4))
    assert set(columns.int().tolist()) <= set(range(12, 20)) and len(set(columns.tolist())) > 5


def test_predictions_do_not_depend_on_the_batch_size_and_leave_the_mode(part: Images) -> None:
    model = Linear().to(training.device()).train()
    few, many = training.predict(model, part.images, 4), training.predict(model, part.images)
    assert few.shape == (23, 10) and few.dtype == np.float32
    np.testing.assert_allclose(few, many, atol=1e-6)
    assert model.training
    training.predict(model.eval(), part.images)
    assert not model.training


def test_evaluation_averages_over_samples_in_eval_mode(part: Images) -> None:
    model = Linear().to(training.device()).train()
    loss, accuracy = training.evaluate(model, part)
    model.eval()
    p, y = model(training.to_tensor(part.images)).detach().double().cpu(), torch.tensor(part.labels)
    assert loss == pytest.approx(float(nn.functional.nll_loss(p.log(), y)), rel=1e-5)
    assert accuracy == pytest.approx(float((p.argmax(1) == y).double().mean()))


def test_evaluation_is_finite_where_a_probability_is_0(part: Images) -> None:
    class Certain(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.eye(10)[torch.zeros(len(x), dtype=torch.int64)].to(x.device)

    loss, accuracy = training.evaluate(Certain(), part)
    assert loss == pytest.approx(-np.log(training.SMALLEST) * 20 / 23) and accuracy == pytest.approx(3 / 23)


@pytest.mark.parametrize(("calculate_loss", "floor"), [(cross_entropy, 0.0), (softmax_again, 1.461)])
def test_a_batch_is_learnt_by_heart_and_a_second_softmax_keeps_the_loss_up(
    part: Images, calculate_loss: Callable[..., torch.Tensor], floor: float
) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10), nn.Softmax(1))
    loss, accuracy = training.learn_by_heart(model, calculate_loss, part[:8], steps=200)
    assert accuracy == 1 and floor < loss < floor + 0.05


def test_the_progress_bar_writes_nothing_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with training.progress(3) as bar:
        bar.set_postfix(loss="0.5")
        bar.update(3)
    out, err = capfd.readouterr()
    assert "3/3" in out and "loss=0.5" in out and err == ""


def test_a_checkpoint_brings_the_weights_back(path: Path) -> None:
    one, other = Linear(), Linear()
    training.save_checkpoint(one, path)
    training.load_checkpoint(other, path)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_no_checkpoint_is_one_sentence(path: Path) -> None:
    with pytest.raises(training.CheckpointError, match=r"no checkpoint network\.pt"):
        training.load_checkpoint(Linear(), path)


@pytest.mark.parametrize("content", [Linear(), [1, 2], {"a": 1}, b"not a checkpoint"], ids=str)
def test_what_is_no_state_dict_is_refused_and_not_run(path: Path, content: object) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(training.CheckpointError, match="state_dict"):
        training.load_checkpoint(Linear(), path)


def test_a_checkpoint_of_another_architecture_is_refused(path: Path) -> None:
    training.save_checkpoint(Linear(7), path)
    with pytest.raises(training.CheckpointError, match="another architecture"):
        training.load_checkpoint(Linear(), path)


@pytest.mark.parametrize(
    ("wrap", "words"),
    [
        (nn.DataParallel, r"begin with `module\.`.*`torch\.save\(model\.module\.state_dict"),
        (torch.compile, r"begin with `_orig_mod\.`"),
    ],
)
def test_weights_of_a_network_around_the_network_say_what_to_save(
    path: Path, wrap: Callable[[nn.Module], nn.Module], words: str
) -> None:
    torch.save(wrap(Linear()).state_dict(), path)
    with pytest.raises(training.CheckpointError, match=words):
        training.load_checkpoint(Linear(), path)


def test_a_file_with_more_than_weights_says_where_they_are(path: Path) -> None:
    torch.save({"epoch": 3, "model_state": Linear().state_dict()}, path)
    with pytest.raises(training.CheckpointError, match="under 'model_state' in it"):
        training.load_checkpoint(Linear(), path)


def test_a_file_that_was_cut_off_says_so(path: Path) -> None:
    training.save_checkpoint(Linear(), path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(training.CheckpointError, match="damaged or cut off, at 500 bytes"):
        training.load_checkpoint(Linear(), path)


class Trainer:
    """Counts how often it trains."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, model: nn.Module) -> training.History:
        self.calls += 1
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.fill_(self.calls)
        model.train()
        return {"train_loss": [2.0, 1.123456]}


def test_a_model_is_trained_once_and_then_restored(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trainer = Trainer()
    first = training.restore_or_train(Linear(), trainer, path)
    model = Linear()
    assert capsys.readouterr().out == f"trained, and saved as {path.name}\n"
    second = training.restore_or_train(model, trainer, path)
    assert capsys.readouterr().out == f"restored from {path.name}\n"
    assert trainer.calls == 1
    assert first["train_loss"] == [2.0, 1.123456] and second == {"train_loss": [2.0, 1.12346]}
    assert all(bool((p == 1).all()) for p in model.parameters())
    assert not model.training
    training.restore_or_train(model, trainer, path, retrain=True)
    assert trainer.calls == 2 and all(bool((p == 2).all()) for p in model.parameters())


@pytest.mark.parametrize("there", [False, True])
def test_nothing_is_trained_while_grading(path: Path, there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer()
    if there:
        training.save_checkpoint(Linear(), path)
    monkeypatch.setenv(training.GRADING_VARIABLE, "autograde")
    if there:
        assert training.restore_or_train(Linear(), trainer, path, retrain=True) == {}
    else:
        with pytest.raises(training.CheckpointError):
            training.restore_or_train(Linear(), trainer, path)
    assert trainer.calls == 0


@pytest.mark.parametrize("text", [None, "", "[1, 2]", '{"a": 3}', '{"a": ["x"]}'])
def test_loss_curves_that_are_damaged_or_missing_cost_the_plot_only(
    path: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    training.save_checkpoint(Linear(), path)
    if text is not None:
        path.with_name("network.history.json").write_text(text, encoding="utf-8")
    history = training.restore_or_train(Linear(), Trainer(), path)
    assert history == {} and sum(history["seconds"]) == 0
    state = "is not beside it" if text is None else "cannot be read"
    assert f"network.history.json {state}: no losses and no times are known" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "kept", "words"),
    [
        (None, {}, "answered no history"),
        ([1.0], {}, "an object of type list"),
        (
            {"valid_loss": [1, 2.5], "best": 0.5},
            {"valid_loss": [1.0, 2.5]},
            "'best', an object of type float",
        ),
        ({"valid_loss": torch.tensor([1.0, 2.5])}, {"valid_loss": [1.0, 2.5]}, ""),
    ],
)
def test_a_training_whose_history_is_odd_is_saved_all_the_same(
    path: Path, answer: Any, kept: training.History, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert training.restore_or_train(Linear(), lambda model: answer, path) == kept
    assert words in capsys.readouterr().out
    again = training.restore_or_train(Linear(), Trainer(), path)
    assert again == kept
    with pytest.raises(ExplainedError, match="has no list 'valid_accuracy'"):
        again["valid_accuracy"]


@pytest.mark.parametrize(
    ("train", "words"),
    [
        ({"train_loss": [1.0]}, "of type dict. Write its name without parentheses"),
        (lambda model, iterator: {}, "cannot be called so"),
        (lambda: {}, "cannot be called so"),
    ],
)
def test_what_cannot_train_a_model_has_a_sentence(path: Path, train: Any, words: str) -> None:
    with pytest.raises(ExplainedError, match=words):
        training.restore_or_train(Linear(), train, path)
    assert not path.exists()


@pytest.mark.parametrize(("model", "words"), [(Linear, "got a class"), ({}, "an object of type dict")])
def test_what_is_no_network_has_a_sentence(path: Path, model: Any, words: str) -> None:
    with pytest.raises(ExplainedError, match=words):
        training.restore_or_train(model, Trainer(), path)


class Convolutional(nn.Module):
    """Small, and with all that a training changes: weights, running statistics, the generator of its dropout."""

    def __init__(self, channels: int = 4) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, channels, 5, stride=3),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Dropout(),
            nn.Flatten(),
            nn.Linear(channels * 100, 10),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


class Stopped(Exception):
    """The training is stopped, as by an interrupted kernel."""


@dataclass
class Ended:
    """What a training leaves behind, and what each generator draws next."""

    weights: dict[str, torch.Tensor]
    optimizer: list[torch.Tensor]
    history: training.History
    drawn: list[float]


@pytest.fixture(scope="module")
def some_images() -> Images:
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(500, 32, 32, 3), dtype=np.uint8)
    return Images(images, rng.integers(10, size=500))


def train(
    part: Images,
    path: Path,
    seed: int,
    *,
    stop: Callable[[int, int], object] = lambda epoch, step: None,
    kind: str = "SGD",
    epochs: int = 3,
    rate: float = 0.1,
    channels: int = 4,
    batch_size: int = 64,
    losses: tuple[float, ...] = (),
    keep_lowest: str = "",
) -> Ended:
    """Train a network on batches that all three generators have a hand in.

    `stop` is called before every step and after the last one, with the epoch and the number of the step;
    `losses` take the place of the measured ones in the history.
    """
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    model = Convolutional(channels).to(memory_format=torch.channels_last)
    schedule = None
    if kind == "SGD":
        optimizer: torch.optim.Optimizer = torch.optim.SGD(
            model.parameters(), lr=rate, momentum=0.9, nesterov=True, weight_decay=5e-4
        )
        steps = epochs * -(-len(part) // batch_size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1)
    else:
        optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    history: training.History = {"loss": []}
    for epoch in training.resumable_epochs(
        epochs,
        path,
        model,
        optimizer,
        schedule,
        history=history,
        keep_lowest=keep_lowest,
        settings={"batch size": batch_size},
    ):
        model.train()
        total, step = 0.0, 0
        for step, (X, y) in enumerate(training.batches(part, batch_size, shuffle=True)):
            stop(epoch, step)
            X = training.flip_and_crop(X.cpu()) * random.uniform(0.8, 1.2) + 0.1 * np.random.normal()
            loss = nn.functional.cross_entropy(model(X), y.cpu())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if schedule is not None:
                schedule.step()
            total += loss.item()
        history["loss"].append(losses[epoch] if losses else total)
        stop(epoch, step + 1)
    moments = [
        value
        for state in optimizer.state.values()
        for value in state.values()
        if isinstance(value, torch.Tensor)
    ]
    drawn = [random.random(), np.random.random(), torch.rand(()).item()]
    return Ended(dict(model.state_dict()), moments, history, drawn)


def require_equal(one: Ended, other: Ended) -> None:
    """Demand that two trainings agree bit for bit."""
    assert one.weights.keys() == other.weights.keys()
    assert [name for name in one.weights if not torch.equal(one.weights[name], other.weights[name])] == []
    assert len(one.optimizer) == len(other.optimizer) > 0
    assert all(torch.equal(a, b) for a, b in zip(one.optimizer, other.optimizer, strict=True))
    assert one.history == other.history and one.drawn == other.drawn


def stop_at(epoch: int, step: int) -> Callable[[int, int], None]:
    def stop(*now: int) -> None:
        if now == (epoch, step):
            raise Stopped

    return stop


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("epoch", [0, 1, 2])
@pytest.mark.parametrize("step", [0, 5, 8], ids=["at its start", "in its middle", "at its end"])
def test_a_training_stopped_in_any_epoch_and_resumed_gives_the_same_weights(
    some_images: Images, tmp_path: Path, kind: str, epoch: int, step: int
) -> None:
    whole = train(some_images, tmp_path / "whole.pt", seed=0, kind=kind)
    with pytest.raises(Stopped):
        train(some_images, tmp_path / "parts.pt", seed=0, kind=kind, stop=stop_at(epoch, step))
    # Only the file can bring the first run's generators back; without one the second run has to begin alike.
    resumed = train(some_images, tmp_path / "parts.pt", seed=7 if epoch else 0, kind=kind)
    require_equal(whole, resumed)
    assert list(tmp_path.iterdir()) == [], (
        "a finished training leaves nothing that the next one would go on with"
    )


def test_two_trainings_with_one_seed_agree_and_with_two_seeds_do_not(
    some_images: Images, tmp_path: Path
) -> None:
    one, same, other = (
        train(some_images, tmp_path / f"{number}.pt", seed) for number, seed in enumerate((0, 0, 1))
    )
    require_equal(one, same)
    assert one.drawn != other.drawn and one.history != other.history
    assert not any(
        torch.equal(one.weights[name], other.weights[name]) for name in one.weights if "weight" in name
    )


def test_a_killed_process_leaves_what_another_process_goes_on_with(
    some_images: Images, tmp_path: Path
) -> None:
    def run(path: Path, seed: int, stop: str) -> int:
        code = (
            "import os, signal, sys, torch, numpy as np\n"
            "from pathlib import Path\n"
            "from autograder.data import Images\n"
            "from tests.unit.test_training import train\n"
            "torch.set_num_threads(1)\n"
            f"stop = lambda epoch, step: {stop} and os.kill(os.getpid(), signal.SIGKILL)\n"
            "images, labels, path, end = sys.argv[1:]\n"
            f"ended = train(Images(np.load(images), np.load(labels)), Path(path), {seed}, stop=stop)\n"
            "torch.save(ended.weights, end)\n"
        )
        arguments = [images, labels, path, tmp_path / "end.pt"]
        return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT).returncode

    images, labels = tmp_path / "images.npy", tmp_path / "labels.npy"
    np.save(images, some_images.images)
    np.save(labels, some_images.labels)
    whole = train(some_images, tmp_path / "whole.pt", seed=0)
    assert run(tmp_path / "parts.pt", 0, "(epoch, step) == (1, 5)") == -signal.SIGKILL
    assert not (tmp_path / "end.pt").exists()
    assert run(tmp_path / "parts.pt", 7, "False") == 0
    end = torch.load(tmp_path / "end.pt", weights_only=True)
    assert all(torch.equal(whole.weights[name], end[name]) for name in whole.weights)


@pytest.mark.parametrize("stop", [None, 0, 1, 2])
def test_the_weights_of_the_best_epoch_are_kept_over_a_stop(
    some_images: Images, tmp_path: Path, stop: int | None
) -> None:
    losses, wanted = (0.7, 0.5, 0.6), []

    def remember(epoch: int, step: int) -> None:
        if (epoch, step) == (2, 0):
            raise Stopped

    with pytest.raises(Stopped):
        train(some_images, tmp_path / "two.pt", 0, stop=remember, losses=losses, keep_lowest="loss")
    wanted = torch.load(tmp_path / "two.pt", weights_only=True)["model"]
    if stop is not None:
        with pytest.raises(Stopped):
            train(some_images, tmp_path / "x.pt", 0, stop=stop_at(stop, 8), losses=losses, keep_lowest="loss")
    ended = train(some_images, tmp_path / "x.pt", 0, losses=losses, keep_lowest="loss")
    last = train(some_images, tmp_path / "last.pt", 0, losses=losses)
    assert all(torch.equal(ended.weights[name], wanted[name]) for name in wanted)
    assert not torch.equal(ended.weights["layers.0.weight"], last.weights["layers.0.weight"])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"channels": 5}, "another network, where layers.0.weight is (4, 3, 5, 5) and not (5, 3, 5, 5)"),
        ({"epochs": 4}, "another training, where epochs is 3 and not 4"),
        ({"rate": 0.2}, "another training, where lr is 0.1 and not 0.2"),
        ({"kind": "Adam"}, "another training, where the optimiser is 'SGD' and not 'Adam'"),
        ({"batch_size": 50}, "another training, where batch size is 64 and not 50"),
        ({"keep_lowest": "loss"}, "another training, where keep_lowest is '' and not 'loss'"),
    ],
    ids=str,
)
def test_a_foreign_checkpoint_is_refused_in_one_sentence(
    some_images: Images, path: Path, changed: dict, sentence: str
) -> None:
    with pytest.raises(Stopped):
        train(some_images, path, 0, stop=stop_at(1, 0))
    before = path.read_bytes()
    with pytest.raises(training.CheckpointError) as refused:
        train(some_images, path, 0, **changed)
    message = str(refused.value)
    assert message.startswith("network.pt belongs to") and sentence in message
    assert message.count(". ") == 0 and "\n" not in message and "delete the file" in message
    assert path.read_bytes() == before


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _flip(content: bytes) -> bytes:
    """Turn one bit of the weights of the last layer."""
    weights = torch.load(io.BytesIO(content), weights_only=True)["model"]["layers.5.weight"]
    place = content.index(weights.numpy().tobytes()) + 100
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize("damage", [_cut, lambda content: b"", lambda content: b"no archive", _flip])
def test_a_damaged_checkpoint_is_refused_in_one_sentence(
    some_images: Images, path: Path, damage: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(Stopped):
        train(some_images, path, 0, stop=stop_at(1, 0))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(
        training.CheckpointError, match=r"^network\.pt is damaged .* delete the file [^.]*\.$"
    ):
        train(some_images, path, 0)


@pytest.mark.parametrize(
    "content", [Convolutional().state_dict(), Convolutional(), [1]], ids=["weights", "model", "list"]
)
def test_a_file_of_something_else_is_refused_in_one_sentence(
    some_images: Images, path: Path, content: object
) -> None:
    torch.save(content, path)
    with pytest.raises(training.CheckpointError, match=r"^network\.pt is damaged or was not written by"):
        train(some_images, path, 0)


def test_a_crash_while_the_state_is_written_leaves_the_epoch_before(
    some_images: Images, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(some_images, path.with_name("whole.pt"), 0)
    save, files = torch.save, []

    def crash(state: dict, file: Path) -> None:
        save(state, file)
        files.append(file)
        if state["epochs_done"] == 2:
            file.write_bytes(_cut(file.read_bytes()))
            raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(torch, "save", crash)
        with pytest.raises(OSError, match="No space"):
            train(some_images, path, 0)
    assert len(files) == 2 and not any(file.exists() for file in files)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    require_equal(whole, train(some_images, path, 7))


def test_the_ablation_is_shown_with_what_it_was_measured_on(tmp_path: Path) -> None:
    runs = [{"seed": k, "valid_accuracy": a} for k, a in enumerate((0.5, 0.6, 0.7))]
    rows = [
        {"name": "plain", "l2": 0.0, "reported": 0.7355, "runs": runs},
        {"name": "VGG", "l2": 1e-4, "reported": 0.7673, "runs": runs[:1]},
        {"name": "residual", "l2": 0.0, "reported": 0.8029, "runs": []},
    ]
    settings = {"width": 0.25, "images": 5000, "epochs": 8, "valid_images": 2000, "device": "cpu"}
    path = tmp_path / "ablation.json"
    path.write_text(json.dumps({"settings": settings, "rows": rows}), encoding="utf-8")
    table = ablation.table(path)
    assert table["network"].tolist() == ["plain", "VGG"]
    assert table["validation accuracy"].tolist() == ["0.600 ± 0.100", "0.500 ± 0.000"]
    assert table["L2"].tolist() == ["0", "0.0001"]
    assert table.index.tolist() == [1, 2] and table.index.name == "row"
    assert "5,000 training images, 8 epochs, 3 seeds" in ablation.measured_on(path)
