"""CIFAR-10: where it is, how it is loaded, and a synthetic stand-in where it cannot be had.

The images are searched in ``$CIFAR10_ROOT`` (a folder that holds ``cifar-10-batches-py``), then in a
``datasets`` folder beside the notebook or above it; where there is a network they are downloaded into
the latter, from ``$CIFAR10_MIRROR``, the mirrors of the course, or the official server.
``CIFAR10_ROOT=synthetic`` asks for the stand-in.

Source of the data: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009,
https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

import errno
import functools
import hashlib
import os
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.errors import ExplainedError

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10

    from autograder.download import Archive

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
FOLDER = "cifar-10-batches-py"
ARRAYS = ("train_images.npy", "train_labels.npy", "test_images.npy", "test_labels.npy")
NOTICE = "notice.txt"
ROOT_VARIABLE = "CIFAR10_ROOT"
MIRROR_VARIABLE = "CIFAR10_MIRROR"
OFFICIAL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
SYNTHETIC = "synthetic"
# The files of CIFAR-10 for Python and their MD5 sums, as torchvision lists them.
TRAIN_FILES = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
}
TEST_FILES = {"test_batch": "40351d587109b95175f43aff81a1287e"}
CLASS_NAMES_FILE = {"batches.meta": "5ff9c542aee3614f3951f8cda6e48888"}
MEANS, DEVIATIONS = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
"""Of the red, green and blue of all training images of CIFAR-10, in [0, 1]."""
SPLIT_SEED = 0
TRAIN_IMAGES, TEST_IMAGES = 50_000, 10_000


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


def kind() -> str:
    """Which images are in use: ``"synthetic"`` or ``"cifar10"``."""
    return SYNTHETIC if is_synthetic() else "cifar10"


def pin() -> None:
    """Let processes that start elsewhere find the same images: the folder in full, or else the stand-in."""
    root = None if is_synthetic() else find()
    os.environ[ROOT_VARIABLE] = SYNTHETIC if root is None else str(root)


def is_available() -> bool:
    """Whether images are at hand without a download: real ones, or the stand-in when asked for."""
    return is_synthetic() or find() is not None


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
    from autograder.in_memory import InMemoryCIFAR10

    if not is_synthetic():
        root = find()
        if root is None or not _holds_arrays(root):
            return _torchvision(root or download(), train, transform)
    part = load(train)
    return InMemoryCIFAR10(part.images, part.labels, CLASSES, train, transform)


@functools.cache
def load(train: bool) -> Images:
    """All 50,000 training images, or else the 10,000 test images, as read-only arrays."""
    root = None if is_synthetic() else find()
    if is_synthetic():
        images, labels = _synthetic_images(TRAIN_IMAGES if train else TEST_IMAGES, seed=int(train))
    elif root is not None and _holds_arrays(root):
        images, labels = _from_arrays(root, train)
    else:
        images, labels = _from_files(root or download(), train)
    images.flags.writeable = labels.flags.writeable = False
    return Images(images, labels)


def write_arrays(folder: Path, shown_test_labels: np.ndarray, notice: str) -> None:
    """Write the images as plain arrays, for a place where notebooks run and test labels are hidden.

    Parameters
    ----------
    folder : pathlib.Path
        Made if need be; `find` recognises it.
    shown_test_labels : numpy.ndarray
        Shape (10000,), integers: what notebooks there find in place of the test labels.
    notice : str
        A sentence that `load` prints there when the test images are read.

    Raises
    ------
    OSError
        With the file's name, and ``errno.ENOSPC`` where the disk has no room for them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    train, test = load(train=True), load(train=False)
    arrays = (train.images, train.labels, test.images, shown_test_labels.astype(np.int64))
    for name, array in zip(ARRAYS, arrays, strict=True):
        try:
            np.save(folder / name, array)
        except OSError as error:
            if error.errno is not None:
                raise
            # Numpy gives neither an error number nor the file's name where it could not write all of an array.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder / name)) from error
    (folder / NOTICE).write_text(notice, encoding="utf-8")


def _holds_arrays(root: Path) -> bool:
    return (root / ARRAYS[0]).exists()


def _from_arrays(root: Path, train: bool) -> tuple[np.ndarray, np.ndarray]:
    if not train and (root / NOTICE).exists():
        print((root / NOTICE).read_text(encoding="utf-8"))
    first = 0 if train else 2
    return np.load(root / ARRAYS[first], mmap_mode="r"), np.load(root / ARRAYS[first + 1])


def _from_files(root: Path, train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Read the official files, which takes no torchvision and so no second to import it."""
    images, labels = [], []
    for name, md5 in (TRAIN_FILES if train else TEST_FILES).items():
        try:
            content = (root / FOLDER / name).read_bytes()
        except OSError as error:
            raise _damaged(root) from error
        # A pickle may hold code; one with the right sum is the official file.
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
            raise _damaged(root)
        batch = pickle.loads(content, encoding="latin1")
        images.append(batch["data"].reshape(-1, 3, 32, 32))
        labels += batch["labels"]
    rows = np.concatenate(images).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(rows), np.array(labels, dtype=np.int64)


def _torchvision(root: Path, train: bool, transform: Callable[..., Any] | None) -> CIFAR10:
    """Open torchvision's files, whose MD5 sums it checks."""
    from torchvision.datasets import CIFAR10

    try:
        return CIFAR10(root, train=train, transform=transform)
    except RuntimeError as error:
        raise _damaged(root) from error


def _damaged(root: Path) -> DataUnavailableError:
    return DataUnavailableError(
        f"The files in {root / FOLDER} are incomplete or damaged (their MD5 sums are not those of "
        "CIFAR-10): delete that folder and run this again, or copy it from a machine that has it."
    )


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


def find() -> Path | None:
    """Find the folder that holds ``cifar-10-batches-py``, or None where there is none."""
    for root in _candidates():
        if (root / FOLDER).is_dir() or _holds_arrays(root):
            return root.resolve()
    return None


def download(mirror: str = "") -> Path:
    """Download CIFAR-10 into ``datasets`` at the top of the course, with a progress bar.

    Parameters
    ----------
    mirror : str, optional
        An address to try before all others; see `autograder.course.MIRRORS`.

    Returns
    -------
    pathlib.Path
        The folder that holds ``cifar-10-batches-py``, with the right checksums.

    Raises
    ------
    DataUnavailableError
        It cannot be had; what has come is kept for the next call.
    """
    from autograder.download import DownloadError, fetch

    here = Path.cwd()
    top = next((f for f in [here, *here.parents] if (f / "nbgrader_config.py").exists()), here)
    root = top / "datasets"
    try:
        fetch(archive(), addresses(mirror), root)
    except DownloadError as error:
        raise DataUnavailableError(
            f"CIFAR-10 is not on this machine. {error} Or copy the folder {FOLDER} into {root} from somebody "
            f"who has it, or set {ROOT_VARIABLE} to the folder that holds it."
        ) from error
    return root


def archive() -> Archive:
    """CIFAR-10 as its author publishes it."""
    from autograder.download import Archive

    return Archive(
        name="cifar-10-python.tar.gz",
        md5="c58f30108f718f92721af3b95e74349a",
        size=170_498_071,
        folder=FOLDER,
        files=TRAIN_FILES | TEST_FILES | CLASS_NAMES_FILE,
        unpacked=186_212_000,
    )


def addresses(mirror: str = "") -> tuple[str, ...]:
    """Where CIFAR-10 is looked for, in order: an argument, the environment, the course, its author."""
    from autograder import course  # out of sight where notebooks are graded

    asked = (mirror, *os.environ.get(MIRROR_VARIABLE, "").split(), *course.MIRRORS, OFFICIAL)
    return tuple(filter(None, asked))


def statistics() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Means and standard deviations of red, green and blue of all training images, in [0, 1]."""
    images = load(train=True).images
    counts = np.stack([np.bincount(images[..., channel].ravel(), minlength=256) for channel in range(3)])
    levels, shares = np.arange(256) / 255, counts / counts.sum(axis=1, keepdims=True)
    means = shares @ levels
    deviations = np.sqrt(shares @ levels**2 - means**2)
    return tuple(means.tolist()), tuple(deviations.tolist())


def _synthetic_images(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the stand-in: ten blurred colour patterns, shifted by up to 3 pixels, dimmed, with noise added.

    It exists so that everything can be tried where the real images cannot be had. It is easier than
    CIFAR-10: figures measured on it say nothing about the real data.
    """
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
    return images, labels
