"""Right answers to every check of the pack, on few and easy images."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import nn
from torchvision import transforms

from autograder import data
from autograder.checks.check import Check
from autograder.checks.notebook import Checks
from autograder.checks.result import CheckResult
from autograder.probes.respond import respond
from tests.mutants import backprop_numpy, cnn_cifar10, few_images, softmax_numpy, softmax_pytorch
from tests.mutants.submission import namespace_of

PACKAGES = ("softmax_numpy", "softmax_pytorch", "backprop_numpy", "cnn_cifar10")
CHECKS = {package: Checks(f"autograder.checks.{package}") for package in PACKAGES}
NAMES = [f"{package}.{name}" for package in PACKAGES for name in CHECKS[package].names()]
"""All checks, as ``"backprop_numpy.linear"``."""
QUALITY = ("numpy_quality", "torch_quality", "accuracy", "precision", "recall")
QUICK = [name for name in NAMES if name.split(".")[1] not in QUALITY]
RED = 25
CELLS = {
    "softmax_numpy": (softmax_numpy.NOTEBOOK, softmax_numpy.QUALITY_CELLS),
    "softmax_pytorch": (softmax_pytorch.NOTEBOOK, softmax_pytorch.CELLS),
    "backprop_numpy": (backprop_numpy.NOTEBOOK, (*backprop_numpy.CELLS, "data", *backprop_numpy.FITTED)),
    "cnn_cifar10": (cnn_cifar10.NOTEBOOK, ("setup",)),
}
ROW = {"algorithm": "pytorch", "seconds": 12.3, "f1_train": 1.0, "f1_valid": 1.0, "f1_test": 1.0}


def check_of(name: str) -> Check:
    """The check of that name."""
    package, check = name.split(".")
    return CHECKS[package][check]


class Colour(nn.Module):
    """Tells the class of images of one colour by their red; needs no training."""

    def __init__(self) -> None:
        super().__init__()
        self.reds = nn.Parameter(torch.arange(10) * RED / 255)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (-1e3 * (x[:, 0].mean((1, 2))[:, None] - self.reds).abs()).softmax(1)


class LinearColour(Colour):
    """Tells the same classes by scores that are linear in the image."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 1e3 * (2 * x[:, 0].mean((1, 2))[:, None] * self.reds - self.reds**2)


class Tiny(nn.Module):
    """A small answer to the task `model` of 2_cnn_cifar10."""

    def __init__(self) -> None:
        super().__init__()
        self.scores = nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(48, 10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scores(x).softmax(1)


def loss_of_probabilities(X: torch.Tensor, y: torch.Tensor, model: Callable) -> torch.Tensor:
    """An answer to the task `calculate_loss` that asks the model for nothing but probabilities."""
    return -model(X)[torch.arange(len(y)), y].clamp_min(1e-30).log().mean()


def loss_of_scores(X: torch.Tensor, y: torch.Tensor, model: Any) -> torch.Tensor:
    """Another one, which asks `Tiny` for its scores."""
    return nn.functional.cross_entropy(model.scores(X), y)


@functools.cache
def _coloured(n: int) -> data.Images:
    labels = np.random.default_rng(0).permutation(np.arange(n) % 10)
    images = np.zeros((n, 32, 32, 3), dtype=np.uint8)
    images[..., 0] = (RED * labels)[:, None, None]
    return data.Images(images, labels)


@functools.cache
def _patterns() -> tuple[data.Images, data.Images]:
    return few_images.patterns()


def images_of(name: str) -> AbstractContextManager[None]:
    """Let a check, or all of a package, find few and easy images in place of CIFAR-10."""
    if name.split(".")[0] == "softmax_numpy":
        return few_images.in_use(*_patterns())
    if name == "softmax_pytorch.torch_quality":
        return few_images.in_use(_coloured(2_100), _coloured(2_100))
    return few_images.in_use(few_images.two_greys()[0], _coloured(2_100))


@functools.cache
def names_of(package: str) -> dict[str, Any]:
    """What the solution notebook of a package defines; small models stand in for those that need training."""
    notebook, cells = CELLS[package]
    answers = (check_of(name).answer for name in QUICK if name.startswith(f"{package}."))
    needed = tuple(dict.fromkeys((*cells, *answers)))
    stand_ins: dict[str, Any] = {}
    if package == "cnn_cifar10":
        needed = tuple(cell for cell in needed if cell not in ("model", "calculate_loss"))
        stand_ins = {"calculate_loss": loss_of_probabilities, "Model": Tiny, "model": Colour()}
    with images_of(package):
        found = namespace_of(notebook, needed, {})
    assert "errors" not in found
    return found | stand_ins


def subjects_of(name: str) -> list[Any]:
    """What the check is called with."""
    names = names_of(name.split(".")[0])
    if name == "softmax_pytorch.torch_quality":
        names = {
            "torch_classifier": LinearColour(),
            "test_transforms": transforms.ToTensor(),
            "results": [ROW],
        }
    return [names[subject] for subject in check_of(name).subjects]


def judge(name: str, subjects: list[Any], seed: int = 0) -> CheckResult:
    """Judge answers in this process."""
    return check_of(name).judge(
        lambda probe, function, question: respond(probe, function, subjects, question), seed
    )
