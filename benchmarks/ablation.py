"""Measure which parts of a CIFAR-10 network matter: ten networks, equal budget, several seeds.

The rows are those of the table in the course that this pack is built on. There they were trained at full
size on a GPU, for 10 to 20 epochs, once each, and compared on the test set. Here every network gets the
same number of channels, images and epochs, and the *validation* images decide. By default that is small
enough for two cores; at full size on a GPU:

    python benchmarks/ablation.py --width 1 --images 45000 --epochs 6 --batch-size 1024 --device cuda --bfloat16 \
        --output benchmarks/results/ablation_full.json

A run that was finished is not repeated: the file is rewritten after each, and every run holds the machine that it was
measured on and its seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from fast.results import machine, write
from torch import nn

from autograder import accelerator, data
from autograder.errors import ExplainedError
from autograder.plots import ablation


@dataclass(frozen=True)
class Recipe:
    """A network of the table: its kind, its options, and the accuracy that was reported for it."""

    name: str
    l2: float
    reported: float
    kind: str = "vgg"
    batch_norm: bool = False
    dropout_in_conv: bool = False
    dropout_in_fc: bool = False


RECIPES = (
    Recipe("plain", 0.0, 0.7355, kind="plain"),
    Recipe("VGG", 0.0, 0.7607),
    Recipe("VGG", 1e-5, 0.7610),
    Recipe("VGG", 1e-4, 0.7673),
    Recipe("VGG", 1e-3, 0.7673),
    Recipe("VGG", 1e-2, 0.7673),
    Recipe(
        "VGG + batch norm, dropout before the last layer", 0.0, 0.7975, batch_norm=True, dropout_in_fc=True
    ),
    Recipe(
        "VGG + batch norm, dropout before the last layer", 1e-3, 0.8152, batch_norm=True, dropout_in_fc=True
    ),
    Recipe(
        "VGG + batch norm, dropout everywhere",
        1e-3,
        0.8228,
        dropout_in_conv=True,
        batch_norm=True,
        dropout_in_fc=True,
    ),
    Recipe("residual + batch norm", 1e-4, 0.8029, kind="residual", batch_norm=True),
)


class Network(nn.Module):
    """One of the three kinds, its channels multiplied by `width`; answers logits."""

    def __init__(self, recipe: Recipe, width: float) -> None:
        super().__init__()
        a, b, c, d = (max(1, round(width * channels)) for channels in (64, 128, 256, 512))
        hidden: tuple[int, ...] = (c,)
        if recipe.kind == "plain":
            self.features = nn.Sequential(
                *_convolution(3, a),
                *_convolution(a, b, pool=True),
                *_convolution(b, c, pool=True),
                *_convolution(c, d, pool=True),
            )
            flat, hidden = 4 * d, (2 * d, d)
        elif recipe.kind == "vgg":
            norm, drop = recipe.batch_norm, recipe.dropout_in_conv
            self.features = nn.Sequential(
                *_convolution(3, a, drop=drop),
                *_convolution(a, b, pool=True, drop=drop, norm=norm),
                *_convolution(b, c, norm=norm),
                *_convolution(c, c, pool=True, drop=drop, norm=norm),
                *_convolution(c, d, norm=norm),
                *_convolution(d, d, drop=drop, norm=norm),
            )
            flat = d
        else:
            self.features = nn.Sequential(
                *_normed(3, a),
                Residual(a),
                nn.MaxPool2d(2),
                Residual(a),
                nn.MaxPool2d(2),
                Residual(a),
                *_normed(a, b, padding=0),
                *_normed(b, b, padding=0),
                *_normed(b, d, padding=0),
                Residual(d),
                nn.AdaptiveAvgPool2d(1),
            )
            flat = d
        layers: list[nn.Module] = [nn.Flatten()]
        for size in hidden:
            layers += [nn.Linear(flat, size), nn.ReLU()]
            flat = size
        if recipe.dropout_in_fc:
            layers.append(nn.Dropout())
        self.classifier = nn.Sequential(*layers, nn.Linear(flat, 10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x))


def _convolution(
    inputs: int, outputs: int, *, pool: bool = False, drop: bool = False, norm: bool = False
) -> Iterator[nn.Module]:
    """3 × 3 without padding, ReLU; then pooling, dropout and batch norm in the order of the source."""
    yield nn.Conv2d(inputs, outputs, 3)
    yield nn.ReLU()
    if pool:
        yield nn.MaxPool2d(2)
    if drop:
        yield nn.Dropout()
    if norm:
        yield nn.BatchNorm2d(outputs)


def _normed(inputs: int, outputs: int, padding: int = 1) -> Iterator[nn.Module]:
    yield nn.Conv2d(inputs, outputs, 3, padding=padding, bias=False)
    yield nn.BatchNorm2d(outputs)
    yield nn.ReLU()


class Residual(nn.Module):
    """x + two convolutions of x."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(*_normed(channels, channels), *_normed(channels, channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inner(x)


def tensors(part: data.Images, count: int, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The first `count` images of a random order, normalised, and their labels."""
    chosen = part[np.random.default_rng(0).permutation(len(part))[:count]]
    X = torch.from_numpy(chosen.images).to(device).permute(0, 3, 1, 2).float().div(255)
    shape = (1, 3, 1, 1)
    return (
        (X - X.new_tensor(data.MEANS).view(shape)) / X.new_tensor(data.DEVIATIONS).view(shape),
        torch.from_numpy(chosen.labels).to(device),
    )


def run(
    recipe: Recipe,
    seed: int,
    train: tuple[torch.Tensor, torch.Tensor],
    valid: tuple[torch.Tensor, torch.Tensor],
    options: argparse.Namespace,
) -> dict[str, float | int | str]:
    """Train one network; its accuracy on the validation images after the last epoch."""
    torch.manual_seed(seed)
    start = time.perf_counter()
    model = Network(recipe, options.width).to(memory_format=torch.channels_last).to(options.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=recipe.l2)
    X, y = train
    loss_sum = 0.0
    for _ in range(options.epochs):
        model.train()
        loss_sum = 0.0
        for batch in torch.randperm(len(y)).to(X.device).split(options.batch_size):
            with torch.autocast(X.device.type, torch.bfloat16, enabled=options.bfloat16):
                loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(batch)
    model.eval()
    with torch.no_grad(), torch.autocast(X.device.type, torch.bfloat16, enabled=options.bfloat16):
        predicted = torch.cat([model(part).argmax(1) for part in valid[0].split(500)])
    return {
        "seed": seed,
        "valid_accuracy": round(float((predicted == valid[1]).float().mean()), 4),
        "train_loss": round(loss_sum / len(y), 4),
        "seconds": round(time.perf_counter() - start, 2),
        "machine": machine(torch.device(options.device)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Ten networks on CIFAR-10 at equal budget.")
    parser.add_argument("--width", type=float, default=0.25, help="share of the channels (1: full size)")
    parser.add_argument("--images", type=int, default=5_000, help="training images, at most 45,000")
    parser.add_argument("--valid-images", type=int, default=5_000, help="validation images, at most 5,000")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=3, help="how many runs of each network")
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--bfloat16", action="store_true", help="compute in bfloat16, where the device has units for it"
    )
    parser.add_argument("--output", type=Path, default=ablation.RESULTS)
    options = parser.parse_args()
    kept = {k: v for k, v in vars(options).items() if k not in ("seeds", "output")}
    settings = {k: v for k, v in kept.items() if v is not False}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    content = _content(options.output, settings)
    accelerator.usable(options.device)
    parts = data.parts()
    train = tensors(parts.train, options.images, options.device)
    valid = tensors(parts.valid, options.valid_images, options.device)
    for seed in range(options.seeds):
        for recipe, row in zip(RECIPES, content["rows"], strict=True):
            if any(done["seed"] == seed for done in row["runs"]):
                continue
            with accelerator.explained():
                row["runs"].append(run(recipe, seed, train, valid, options))
            write(options.output, content)
            print(f"{recipe.name}, L2 {recipe.l2:g}: {row['runs'][-1]}", flush=True)
    print(ablation.table(options.output).to_string(index=False))
    print(f"Measured on: {ablation.measured_on(options.output)}")


def _content(path: Path, settings: dict) -> dict:
    """Results so far, or none."""
    if not path.exists():
        rows = [{"name": r.name, "l2": r.l2, "reported": r.reported, "runs": []} for r in RECIPES]
        return {"settings": settings, "rows": rows}
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["settings"] != settings:
        sys.exit(f"{path} holds results of other settings, {content['settings']}: name another --output.")
    return content


if __name__ == "__main__":
    try:
        main()
    except ExplainedError as error:
        sys.exit(str(error))
