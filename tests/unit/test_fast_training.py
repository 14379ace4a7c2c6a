"""The parts of `benchmarks/cifar_gpu.py`: augmentation, whitening, Muon, the schedule, whole runs on tens of images."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import ablation
import cifar_gpu
import curve
import numpy as np
import pytest
import torch
from fast import augment, whitening
from fast.network import Network
from fast.optimisers import EXACT, Muon, Nesterov, orthogonalise
from fast.record import COLUMNS, SCRIPT, Record, seconds_of
from fast.results import Results, metrics, spread
from fast.settings import RECIPES, Settings, schedule
from fast.trainer import Clock, Run, Trainer

from autograder.data import Images
from autograder.plots.ablation import table

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = torch.device("cpu")
SMALL = Settings(epochs=6, batch_size=16, widths=(8, 12, 12))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def coloured(n: int, seed: int) -> Images:
    """Images whose mean colour tells their class, in noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n, dtype=np.int64) % 3
    images = rng.integers(60, size=(n, 32, 32, 3))
    images[np.arange(n), :, :, labels] += 120
    return Images(images.astype(np.uint8), labels)


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    settings = {"dtype": torch.float32, "compiled": False, "captured": False}
    return Trainer(coloured(48, 0), coloured(20, 1), SMALL, CPU, **settings)


def test_every_image_is_mirrored_in_exactly_every_other_epoch() -> None:
    first = augment.first_flips(200, generator())
    seen = torch.stack([augment.flips(first, epoch) for epoch in range(6)])
    assert (seen[:-1] ^ seen[1:]).all()
    assert (seen.sum(dim=0) == 3).all()
    assert 60 < int(first.sum()) < 140


def test_shifts_stay_within_their_bounds_and_reach_them() -> None:
    drawn = augment.shifts(500, 2, generator())
    assert drawn.shape == (500, 2)
    assert set(drawn.flatten().tolist()) == {-2, -1, 0, 1, 2}


@pytest.mark.parametrize("most", [0, 1, 2])
def test_the_indexed_read_equals_a_slow_one(most: int) -> None:
    rng = np.random.default_rng(most)
    images = rng.normal(size=(7, 6, 8, 3))
    order = torch.tensor([3, 0, 6, 3, 1])
    mirrored = torch.tensor([True, False, True, False, True])
    shifted = augment.shifts(5, most, generator(most))
    batch = augment.read(augment.pad(torch.from_numpy(images), most), order, mirrored, shifted, most)
    assert batch.shape == (5, 3, 6, 8) and batch.is_contiguous(memory_format=torch.channels_last)
    for k in range(5):
        one = images[order[k]]
        one = one[:, ::-1] if mirrored[k] else one
        padded = np.pad(one, ((most, most), (most, most), (0, 0)), mode="reflect")
        down, right = shifted[k].tolist()
        expected = padded[most - down : most - down + 6, most - right : most - right + 8]
        np.testing.assert_array_equal(batch[k].permute(1, 2, 0).numpy(), expected)


def test_brightness_and_contrast_change_each_image_within_their_bounds() -> None:
    X = torch.randn(400, 3, 4, 4, generator=generator())
    changed = augment.jitter(X, 0.3, 0.2, generator(1))
    # Of a line through each image's pixels: its slope is the contrast, its height at 0 what was added, times that.
    slope = (changed[:, :, 0, 0] - changed[:, :, 1, 1]) / (X[:, :, 0, 0] - X[:, :, 1, 1])
    torch.testing.assert_close(slope, slope[:, :1].expand(-1, 3), atol=1e-2, rtol=1e-2)
    slope = slope.median(dim=1).values
    added = changed[:, 0, 2, 2] / slope - X[:, 0, 2, 2]
    assert 0.8 <= slope.min() < 0.82 and 1.18 < slope.max() <= 1.2001
    assert -0.3001 <= added.min() < -0.27 and 0.27 < added.max() <= 0.3001
    assert abs(torch.corrcoef(torch.stack([slope, added]))[0, 1]) < 0.15
    torch.testing.assert_close(augment.jitter(X, 0.0, 0.0, generator(1)), X)


def test_whitened_patches_have_unit_covariance() -> None:
    mixing = torch.tensor([[1.0, 0.8, 0.0], [0.0, 0.5, 0.4], [0.0, 0.0, 2.0]])
    X = torch.nn.functional.avg_pool2d(torch.randn(40, 3, 18, 18, generator=generator()), 3, 1)
    X = torch.einsum("nchw,cd->ndhw", X, mixing)
    found = whitening.filters(X, epsilon=0.0)
    assert found.shape == (12, 3, 2, 2)
    answers = torch.nn.functional.conv2d(X, found).permute(1, 0, 2, 3).flatten(1)
    torch.testing.assert_close(torch.cov(answers), torch.eye(12), atol=2e-3, rtol=0)
    damped = torch.nn.functional.conv2d(X, whitening.filters(X, epsilon=0.1)).permute(1, 0, 2, 3).flatten(1)
    assert torch.cov(damped).diagonal().max() < 0.99
    assert torch.equal(whitening.both_signs(found), torch.cat([found, -found]))


def test_patches_are_all_squares_of_an_image() -> None:
    X = torch.arange(2 * 3 * 3.0).view(1, 2, 3, 3)
    rows = whitening.patches(X, 2)
    expected = [X[0, :, i : i + 2, j : j + 2].flatten() for i in range(2) for j in range(2)]
    assert torch.equal(rows, torch.stack(expected))


@pytest.mark.parametrize("shape", [(12, 30), (30, 12), (16, 16)])
def test_orthogonalising_until_it_converges_gives_the_definition_by_svd(shape: tuple[int, int]) -> None:
    matrices = torch.randn(3, *shape, generator=generator())
    u, _, vh = torch.linalg.svd(matrices, full_matrices=False)
    found = orthogonalise(matrices, steps=40, coefficients=EXACT)
    torch.testing.assert_close(found, u @ vh, atol=1e-3, rtol=0)


def test_few_steep_steps_keep_the_directions_and_bring_all_lengths_near_1() -> None:
    matrices = torch.randn(2, 24, 200, generator=generator())
    u, s, vh = torch.linalg.svd(matrices, full_matrices=False)
    assert s.max() / s.min() > 1.5
    found = u.mT @ orthogonalise(matrices, steps=5) @ vh.mT
    lengths = found.diagonal(dim1=-2, dim2=-1)
    assert lengths.min() > 0.6 and lengths.max() < 1.3
    assert (found - torch.diag_embed(lengths)).abs().max() < 1e-4


def test_a_step_of_muon_is_the_orthogonal_momentum_and_keeps_the_length() -> None:
    filters = [torch.randn(4, 3, 3, 3, generator=generator(k), requires_grad=True) for k in range(2)]
    filters.append(torch.randn(6, 4, 3, 3, generator=generator(2), requires_grad=True))
    muon = Muon(filters, 0.6, lambda m: orthogonalise(m, 40, EXACT))
    muon.reset()
    velocity = [torch.zeros_like(f) for f in filters]
    for k in range(3):
        before = [f.detach().clone() for f in filters]
        for f in filters:
            f.grad = torch.randn(f.shape, generator=generator(10 + k))
        muon.step(torch.tensor(0.1))
        for f, old, v in zip(filters, before, velocity, strict=True):
            v.mul_(0.6).add_(f.grad)
            u, _, vh = torch.linalg.svd((f.grad + 0.6 * v).flatten(1), full_matrices=False)
            new = old - 0.1 * (u @ vh).view_as(old)
            new *= len(new) ** 0.5 / new.norm()
            torch.testing.assert_close(f.detach(), new, atol=1e-3, rtol=0)


def test_nesterov_equals_torchs_sgd() -> None:
    ours = [torch.randn(5, generator=generator(), requires_grad=True)]
    theirs = [ours[0].detach().clone().requires_grad_()]
    optimiser = Nesterov(ours, 0.85, 0.01)
    reference = torch.optim.SGD(theirs, lr=0.1, momentum=0.85, weight_decay=0.01, nesterov=True)
    for k in range(4):
        for p in (*ours, *theirs):
            p.grad = torch.randn(5, generator=generator(k))
        optimiser.step(torch.tensor(0.1))
        reference.step()
    torch.testing.assert_close(ours[0], theirs[0])


def test_rates_fall_to_0_in_a_line_and_the_first_layers_earlier() -> None:
    settings = Settings(rate_filters=0.4, rate_biases=0.2, rate_head=1.0, whitening_share=0.5)
    expected = [[0.4, 0.2, 1.0, 0.2], [0.3, 0.15, 0.75, 0.1], [0.2, 0.1, 0.5, 0.0], [0.1, 0.05, 0.25, 0.0]]
    torch.testing.assert_close(schedule(4, settings), torch.tensor(expected))


@pytest.mark.parametrize(
    ("images", "epochs", "steps"), [(50_000, 8.0, 200), (50_000, 0.5, 12), (256, 0.1, 1), (4_500, 2.0, 4)]
)
def test_parts_of_an_epoch_count(images: int, epochs: float, steps: int) -> None:
    assert Settings(epochs=epochs).steps(images) == steps


def test_a_new_network_hands_its_input_on_and_starts_from_the_whitening() -> None:
    network = Network((26, 26, 30))
    first = torch.randn(24, 3, 2, 2, generator=generator())
    torch.manual_seed(0)
    network.reset(first)
    assert torch.equal(network.whiten.weight, first)
    x = torch.randn(2, 24, 5, 5, generator=generator())
    torch.testing.assert_close(torch.nn.functional.conv2d(x, network.filters[0], padding=1)[:, :24], x)
    assert not network.whiten.weight.requires_grad and len(network.filters) == 6 and len(network.biases) == 6
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_a_tiny_run_learns_and_repeats_with_its_seed(trainer: Trainer) -> None:
    first, other, again = trainer.run(0, phases=True), trainer.run(1), trainer.run(0)
    assert first.losses[-1] < 0.85 * first.losses[0]
    assert (first.predicted == np.arange(20) % 3).mean() > 0.6
    assert first.losses == again.losses and (first.predicted == again.predicted).all()
    assert first.losses != other.losses
    assert len(first.losses) == 6 and first.seconds > 0
    assert {"normalising", "whitening", "new weights", "augmentation", "steps", "evaluation"} == set(
        first.phases
    )
    assert sum(first.phases.values()) <= first.seconds and not again.phases


@pytest.mark.parametrize(
    ("share", "seen_again", "predicted_again"), [(0.0, 0, 0), (0.3, 6, 16), (1.0, 20, 32)]
)
def test_the_least_certain_test_images_are_seen_in_all_views(
    share: float, seen_again: int, predicted_again: int
) -> None:
    settings = replace(SMALL, second_looks=share, at_once=16)
    options = {"dtype": torch.float32, "compiled": False, "captured": False}
    trainer = Trainer(coloured(48, 0), coloured(20, 1), settings, CPU, **options)
    seen: list[torch.Tensor] = []

    def forward(X: torch.Tensor) -> torch.Tensor:
        """Class 0 or 1 by the left upper pixel's sign, the more certain the brighter it is."""
        seen.append(X)
        return torch.stack([X[:, 0, 0, 0], -X[:, 0, 0, 0], *[torch.full((len(X),), -9.0)] * 8], dim=1)

    trainer._forward = forward
    predicted = trainer._predict()
    first = torch.cat(seen[:2])[:20]
    # Whole batches of 16, whatever they are filled up with: nothing is compiled for another size.
    assert {len(X) for X in seen} == {16} and sum(map(len, seen[2:])) == 5 * predicted_again
    corner = first[:, 0, 0, 0]
    again = corner.abs().topk(seen_again, largest=False).indices
    views = {
        (flip, shift): torch.roll(
            torch.nn.functional.pad(first.flip(-1) if flip else first, (1,) * 4, "reflect"),
            (shift, shift),
            (2, 3),
        )[:, 0, 1, 1]
        for flip in (False, True)
        for shift in (-1, 0, 1)
    }
    mean = sum((0.5 if shift == 0 else 0.25) * view for (_, shift), view in views.items())
    expected = (corner < 0).long()
    expected[again] = (mean < 0).long()[again]
    assert torch.equal(predicted, expected)
    if seen_again:
        assert not torch.equal(predicted, (corner < 0).long())


def test_the_first_layers_bias_is_learnt_early_and_gets_no_gradient_later(trainer: Trainer) -> None:
    bias = trainer._network.whiten.bias
    assert bias is not None
    before = bias.detach().clone()
    trainer._rates.fill_(0.01)
    trainer._network.train()
    trainer._step(False)
    assert bias.grad is None and torch.equal(bias, before)
    head = trainer._network.head.weight.detach().clone()
    trainer._step(True)
    assert bias.grad is not None and not torch.equal(bias, before)
    assert not torch.equal(trainer._network.head.weight, head)
    assert (SMALL.early(200), replace(SMALL, whitening_share=0.025).early(190)) == (75, 5)


def test_all_early_steps_come_before_all_others(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: list[bool] = []
    monkeypatch.setattr(trainer, "_one_step", kinds.append)
    trainer.run(0)
    # 6 epochs of 3 batches, three eighths of which are early.
    assert kinds == [True] * 7 + [False] * 11


def test_fewer_epochs_take_fewer_steps(trainer: Trainer) -> None:
    assert len(trainer.run(0, epochs=0.4).losses) == 1
    assert len(trainer.run(0, epochs=1.4).losses) == 2


def test_a_clock_counts_what_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(CPU)
    times = iter([10.0, 12.5])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    clock.start()
    assert clock.stop() == 2.5


def test_budgets_become_epochs_by_a_straight_line() -> None:
    nothing = np.zeros(0)
    assert cifar_gpu.calibrate([Run(1.5, nothing, []), Run(2.5, nothing, [])]) == pytest.approx((1.0, 0.5))


def test_metrics_and_spread_are_those_of_the_definitions() -> None:
    labels, predicted = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1])
    found = metrics(labels, predicted)
    assert found["accuracy"] == 0.5
    assert found["mean precision"] == pytest.approx((1 + 1 / 3) / 10, abs=1e-5)
    assert found["mean recall"] == pytest.approx((0.5 + 1) / 10, abs=1e-5)
    assert spread([1.0, 2.0, 3.0]) == "2.0000 ± 0.5774 (n = 3)"


def test_a_run_in_the_file_is_not_missing_and_other_settings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "new" / "runs.json"
    about = {"machine": "this", "settings": "these"}
    results = Results(path, about)
    assert list(results.missing([1.0, 2.0], 2)) == [(1.0, 0), (2.0, 0), (1.0, 1), (2.0, 1)]
    results.add({"budget": 2.0, "seed": 0, "seconds": 2.1, "accuracy": 0.9})
    again = Results(path, about)
    assert list(again.missing([1.0, 2.0], 2)) == [(1.0, 0), (1.0, 1), (2.0, 1)]
    assert json.loads(path.read_text(encoding="utf-8"))["machine"] == "this"
    with pytest.raises(SystemExit, match="another machine"):
        Results(path, {**about, "machine": "other"})


TABLE = """|     0  |      1  |     0.5000  |   0.6000  |               |        1.2500  |
|        |   eval  |     0.9400  |   0.9390  |       0.9412  |        2.5931  |
------------------------------------------------------------------------------
"""


def test_the_records_seconds_are_read_from_its_last_row() -> None:
    assert seconds_of(TABLE) == 2.5931


FAKE = """
import os, sys, torch
with open(sys.argv[0]) as f:
    code = f.read()
logging_columns_list = {columns!r}
class CifarNet(torch.nn.Module):
    def cuda(self): return self
    def compile(self, mode): self.mode = mode
def main(run, model):
    assert model.mode == "max-autotune" and os.path.isdir("cifar10/cifar-10-batches-py")
    print({table!r})
    return 0.9 if run == "warmup" else 0.94 + run / 100
if __name__ == "__main__":
    raise SystemExit("the 200 runs must not start")
"""


def test_the_records_script_is_run_when_asked(tmp_path: Path) -> None:
    (tmp_path / "images" / "cifar-10-batches-py").mkdir(parents=True)
    script = tmp_path / SCRIPT
    script.write_text(FAKE.format(columns=[f"{name} " for name in COLUMNS], table=TABLE), encoding="utf-8")
    with Record(tmp_path, tmp_path / "images") as record:
        assert record.run(0) == (2.5931, 0.94)
        assert record.run(1) == pytest.approx((2.5931, 0.95))
    assert sorted(path.name for path in tmp_path.iterdir()) == [SCRIPT, "images"]


def test_a_folder_without_the_records_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=SCRIPT):
        Record(tmp_path, tmp_path)


@pytest.fixture
def few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coloured ones in place of CIFAR-10."""
    monkeypatch.setattr("autograder.data.load", lambda train: coloured(64, int(train)))
    monkeypatch.setattr(
        "autograder.data.parts", lambda: cifar_gpu.data.Parts(*(coloured(64, k) for k in range(3)))
    )


@pytest.mark.usefixtures("few_images")
def test_the_command_prints_runs_and_their_spread(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "cifar_gpu.py --device cpu --images 32 --test-images 10 --width 0.05 --epochs 0.1 --batch-size 16 --runs 2"
    monkeypatch.setattr(sys, "argv", line.split())
    cifar_gpu.main()
    said = capsys.readouterr().out
    assert "(n = 2) s, accuracy" in said and "run   1" in said and "torch" in said


@pytest.mark.usefixtures("few_images")
def test_recipes_run_in_turn_each_with_its_own_settings_and_share_what_is_compiled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[Trainer] = []
    seen: list[Settings] = []

    class Watched(Trainer):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            made.append(self)

        def run(self, seed: int, epochs: float | None = None, *, phases: bool = False) -> Run:
            seen.append(self.settings)
            return super().run(seed, epochs, phases=phases)

    monkeypatch.setattr(cifar_gpu, "Trainer", Watched)
    names = ["published", "jitter 7", "newer", "selective"]
    line = "cifar_gpu.py --device cpu --images 32 --test-images 10 --width 0.05 --batch-size 16 --runs 2 --compare"
    output = tmp_path / "runs.json"
    monkeypatch.setattr(sys, "argv", [*line.split(), *names, "--json", str(output)])
    cifar_gpu.main()
    assert len(made) == 2  # the newer one has another activation
    each = [(s.epochs, s.second_looks, s.brightness, s.activation, s.smoothing) for s in seen]
    recipes = [RECIPES[name] for name in names]
    assert each == [(r.epochs, r.second_looks, r.brightness, r.activation, r.smoothing) for r in recipes] * 2
    written = json.loads(output.read_text(encoding="utf-8"))["recipes"]
    assert list(written) == names and all(
        [run["seed"] for run in w["runs"]] == [0, 1] for w in written.values()
    )


@pytest.mark.parametrize(
    ("option", "said"),
    [(["--compare", "jiter"], "invalid choice"), (["--runs", "0"], "'0' is not a number from 1 on")],
)
def test_a_recipe_that_there_is_not_and_no_runs_are_refused(
    option: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["cifar_gpu.py", *option])
    with pytest.raises(SystemExit):
        cifar_gpu.main()
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("few_images")
def test_the_budgets_are_measured_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    output = tmp_path / "runs.json"
    line = "cifar_gpu.py --device cpu --images 32 --test-images 10 --width 0.05 --batch-size 16 --seeds 2"
    monkeypatch.setattr(sys, "argv", [*line.split(), "--budgets", "0.01", "--output", str(output)])
    cifar_gpu.main()
    runs = json.loads(output.read_text(encoding="utf-8"))["runs"]
    assert [(run["budget"], run["seed"]) for run in runs] == [(0.01, 0), (0.01, 1)]
    assert set(runs[0]) >= {"seconds", "accuracy", "mean precision", "mean recall"}
    monkeypatch.setattr(cifar_gpu, "make", None)
    cifar_gpu.main()
    assert "accuracy" in capsys.readouterr().out


@pytest.mark.usefixtures("few_images")
def test_the_profile_names_the_phases(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "cifar_gpu.py --device cpu --images 32 --test-images 10 --width 0.05 --epochs 1 --batch-size 16 --profile"
    monkeypatch.setattr(sys, "argv", line.split())
    cifar_gpu.main()
    said = capsys.readouterr().out
    assert "augmentation" in said and "step: backward" in said and "Self CPU" in said


def test_the_curve_summarises_each_budget_and_is_drawn(tmp_path: Path) -> None:
    runs = [(2.0, 2.2, 0.9), (1.0, 1.1, 0.8), (1.0, 0.9, 0.6)]
    content = {
        "machine": "a machine",
        "runs": [{"budget": b, "seed": k, "seconds": s, "accuracy": a} for k, (b, s, a) in enumerate(runs)],
    }
    first, second = curve.points(content)
    assert (first.seconds, first.accuracy, first.deviation) == pytest.approx((1.0, 0.7, 0.2 / 2**0.5))
    assert (second.seconds, second.deviation, len(second.runs)) == (2.2, 0.0, 1)
    curve.draw([content], tmp_path / "figures" / "cost")
    assert (tmp_path / "figures" / "cost.png").stat().st_size > 5_000
    assert "</svg>" in (tmp_path / "figures" / "cost.svg").read_text(encoding="utf-8")


def test_no_curve_is_drawn_where_nothing_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["curve.py", "--results", str(tmp_path / "none.json")])
    with pytest.raises(SystemExit, match="Nothing was measured"):
        curve.main()


def test_a_run_of_the_ablation_names_its_machine_and_the_table_shows_it(tmp_path: Path) -> None:
    options = argparse.Namespace(width=0.05, device="cpu", epochs=1, batch_size=8, bfloat16=False)
    parts = ablation.tensors(coloured(16, 0), 16, "cpu"), ablation.tensors(coloured(8, 1), 8, "cpu")
    run = ablation.run(ablation.RECIPES[0], 0, *parts, options)
    assert run["machine"].startswith("CPU") and run["seconds"] >= 0
    rows = [
        {"name": "plain", "l2": 0.0, "reported": 0.7, "runs": [run, {**run, "machine": "a GPU"}]},
        {"name": "VGG", "l2": 0.0, "reported": 0.7, "runs": [{"seed": 0, "valid_accuracy": 0.5}]},
    ]
    path = tmp_path / "ablation.json"
    path.write_text(json.dumps({"settings": {}, "rows": rows}), encoding="utf-8")
    shown = table(path)["measured on"].tolist()
    assert shown[0].startswith("CPU") and shown[0].endswith("; a GPU") and shown[1] == ""
