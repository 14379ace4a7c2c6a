"""Training: batches, augmentation, evaluation, checkpoints, and no training while grading."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from autograder import training
from autograder.data import Images
from autograder.plots import ablation


class Linear(nn.Module):
    """Softmax regression with a dropout, so that its mode shows."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(3072, classes), nn.Softmax(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


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


def test_a_model_is_trained_once_and_then_restored(path: Path) -> None:
    trainer = Trainer()
    first = training.restore_or_train(Linear(), trainer, path)
    model = Linear()
    second = training.restore_or_train(model, trainer, path)
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


@pytest.mark.parametrize("text", ["", "[1, 2]", '{"a": 3}', '{"a": ["x"]}'])
def test_damaged_loss_curves_cost_the_plot_only(path: Path, text: str) -> None:
    training.save_checkpoint(Linear(), path)
    path.with_name("network.history.json").write_text(text, encoding="utf-8")
    assert training.restore_or_train(Linear(), Trainer(), path) == {}


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
    assert "5,000 training images, 8 epochs, 3 seeds" in ablation.measured_on(path)
