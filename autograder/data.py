"""CIFAR-10: where it is, how it is loaded, and a synthetic stand-in where it cannot be had.

The images are searched in ``$CIFAR10_ROOT`` (a folder that holds ``cifar-10-batches-py``), then in a
``datasets`` folder beside the notebook or above it; where there is a network they are downloaded into
the latter. ``CIFAR10_ROOT=synthetic`` asks for the stand-in.

Source of the data: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009,
https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torchvision.datasets import CIFAR10

from autograder.errors import ExplainedError

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
FOLDER = CIFAR10.base_folder
ROOT_VARIABLE = "CIFAR10_ROOT"
SYNTHETIC = "synthetic"
SPLIT_SEED = 0


class DataUnavailableError(ExplainedError):
    """CIFAR-10 is neither on this machine nor to be downloaded; the message says what to do."""


@dataclass(frozen=True)
class Images:
    """Labelled images of one part of the data.

    Attributes
    ----------
    images : numpy.ndarray
        Shape (n, 32, 32, 3), uint8, red, green, blue.
    labels : numpy.ndarray
        Shape (n,), int64, an index into `CLASSES`.
    """

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def pixels(self) -> np.ndarray:
        """The images as rows of 3,072 numbers, shape (n, 3072), uint8."""
        return self.images.reshape(len(self.images), -1)

    def __getitem__(self, index: Any) -> Images:
        return Images(self.images[index], self.labels[index])


@dataclass(frozen=True)
class Parts:
    """Train (45,000), validation (5,000) and test (10,000) images."""

    train: Images
    valid: Images
    test: Images


def is_synthetic() -> bool:
    """Whether the synthetic stand-in was asked for with ``CIFAR10_ROOT=synthetic``."""
    return os.environ.get(ROOT_VARIABLE) == SYNTHETIC


def is_available() -> bool:
    """Whether images are at hand without a download: real ones, or the stand-in when asked for."""
    return is_synthetic() or _find() is not None


def cifar10(train: bool, transform: Callable[..., Any] | None = None) -> CIFAR10:
    """Open CIFAR-10 as a torchvision data set, downloading it if need be.

    Parameters
    ----------
    train : bool
        The 50,000 training images, or else the 10,000 test images.
    transform : callable, optional
        Applied to each PIL image when it is read.

    Returns
    -------
    torchvision.datasets.CIFAR10
        Its files have passed torchvision's integrity check (MD5).

    Raises
    ------
    DataUnavailableError
        No data, and no network to download it.
    """
    if is_synthetic():
        return SyntheticCIFAR10(train, transform)
    root = _find()
    if root is None:
        root = _download()
    try:
        return CIFAR10(root, train=train, transform=transform)
    except RuntimeError as error:
        raise DataUnavailableError(
            f"The files in {root / FOLDER} are incomplete or damaged (their MD5 sums are not those of "
            "CIFAR-10): delete that folder and run this again, or copy it from a machine that has it."
        ) from error


@functools.cache
def load(train: bool) -> Images:
    """All 50,000 training images, or else the 10,000 test images, as read-only arrays."""
    data = cifar10(train)
    images, labels = data.data, np.asarray(data.targets, dtype=np.int64)
    images.flags.writeable = labels.flags.writeable = False
    return Images(images, labels)


@functools.cache
def parts(seed: int = SPLIT_SEED) -> Parts:
    """Split the training images 45,000 : 5,000 at random; the test images stay as they are."""
    order = np.random.default_rng(seed).permutation(len(load(train=True)))
    cut = len(order) * 9 // 10
    return Parts(load(True)[np.sort(order[:cut])], load(True)[np.sort(order[cut:])], load(False))


def _candidates() -> Iterator[Path]:
    """Folders that may hold the data, the likeliest first.

    A relative ``CIFAR10_ROOT`` is tried from the working directory and from every folder above it:
    a notebook runs deeper in the tree than the shell that set the variable.
    """
    here = Path.cwd()
    folders = [here, *here.parents]
    asked = os.environ.get(ROOT_VARIABLE)
    if asked:
        yield from (folder / Path(asked).expanduser() for folder in folders)
    yield from (folder / "datasets" for folder in folders)


def _find() -> Path | None:
    for root in _candidates():
        if (root / FOLDER).is_dir():
            return root.resolve()
    return None


def _download() -> Path:
    """Download into ``datasets`` at the top of the course, with torchvision's progress bar."""
    here = Path.cwd()
    top = next((f for f in [here, *here.parents] if (f / "nbgrader_config.py").exists()), here)
    root = top / "datasets"
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            CIFAR10(root, download=True)
    except (OSError, RuntimeError) as error:
        raise DataUnavailableError(
            f"CIFAR-10 is not on this machine and cannot be downloaded ({_reason(error)}): copy the "
            f"folder {FOLDER} into {root}, or set {ROOT_VARIABLE} to the folder that holds it."
        ) from error
    return root


def _reason(error: BaseException) -> str:
    text = str(getattr(error, "reason", None) or error)
    return text.splitlines()[0] if text else type(error).__name__


class SyntheticCIFAR10(CIFAR10):
    """A stand-in with CIFAR-10's shapes: ten classes of blurred colour patterns, shifted and noisy.

    It exists so that everything can be tried where the real images cannot be had. It is easier than
    CIFAR-10: figures measured on it say nothing about the real data.
    """

    def __init__(self, train: bool, transform: Callable[..., Any] | None = None) -> None:
        self.root, self.train, self.transform, self.target_transform = "", train, transform, None
        self.transforms = None
        self.classes = list(CLASSES)
        self.class_to_idx = {name: index for index, name in enumerate(CLASSES)}
        self.data, self.targets = _synthetic_images(50_000 if train else 10_000, seed=int(train))


def _synthetic_images(n: int, seed: int) -> tuple[np.ndarray, list[int]]:
    """Draw `n` images: a class pattern, shifted by up to 3 pixels, dimmed, with noise added."""
    coarse = np.random.default_rng(2009).normal(size=(10, 8, 8, 3))
    patterns = 128 + 30 * coarse.repeat(4, axis=1).repeat(4, axis=2)
    patterns = (patterns + np.roll(patterns, 2, axis=1) + np.roll(patterns, 2, axis=2)) / 3
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 10)
    shifts = rng.integers(-3, 4, size=(n, 2))
    shifted = np.stack(
        [np.roll(patterns, (i, j), axis=(1, 2)) for i in range(-3, 4) for j in range(-3, 4)], axis=1
    ).astype(np.float32)
    images = np.empty((n, 32, 32, 3), dtype=np.uint8)
    for start in range(0, n, 5_000):
        part = slice(start, start + 5_000)
        place = (shifts[part, 0] + 3) * 7 + shifts[part, 1] + 3
        chosen = shifted[labels[part], place]
        light = rng.uniform(0.6, 1.2, size=(len(chosen), 1, 1, 1)).astype(np.float32)
        noise = rng.standard_normal(chosen.shape, dtype=np.float32)
        images[part] = np.clip(128 + light * (chosen - 128) + 40 * noise, 0, 255)
    return images, labels.tolist()
