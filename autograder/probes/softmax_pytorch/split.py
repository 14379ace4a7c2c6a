"""Probe of ``check_split``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Subset
from torchvision.datasets import VisionDataset

from ..plain import Plain, plain
from ._generators import kept, seed_all

OFFSET = 10.0


class Pictures(VisionDataset):
    """A data set like torchvision's CIFAR10: `data`, `targets`, `transform`.

    Attributes
    ----------
    data : numpy.ndarray
        Shape (n, 32, 32, 3), uint8.
    targets : list of int
        One a picture.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        super().__init__(root=".", transform=shifted)
        self.train = True
        self.classes = [str(number) for number in range(10)]
        self.class_to_idx = {name: index for index, name in enumerate(self.classes)}
        self.data = images
        self.targets = [int(label) for label in labels]

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, target = Image.fromarray(self.data[index]), self.targets[index]
        return (image if self.transform is None else self.transform(image)), target


def shifted(image: Image.Image) -> torch.Tensor:
    """The stand-in of an augmentation: pixels in [0, 1] plus one random number between 10 and 11."""
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255
    return pixels + OFFSET + torch.rand(())


def parts(
    split: Any, test_transforms: Any, images: np.ndarray, labels: np.ndarray, ratio: float | None, seed: int
) -> dict[str, Plain]:
    """Split a data set with random reading and read both parts twice.

    Parameters
    ----------
    split, test_transforms : callable
        The student's.
    images, labels : numpy.ndarray
        Shapes (n, 32, 32, 3), uint8, and (n,).
    ratio : float or None
        Passed on where it is given.
    seed : int
        The generators are seeded with it before the split.

    Returns
    -------
    dict
        What `split` answered, the items of both parts, what `test_transforms` makes of the images, what
        became of the data set, and under which names the valid part holds `test_transforms`.
    """
    pictures = Pictures(images, labels)
    with kept():
        seed_all(seed)
        answer = split(pictures) if ratio is None else split(pictures, ratio=ratio)
        described: dict[str, Plain] = {"answer": plain(answer)}
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            return described
        for name, part in zip(("train", "valid"), answer, strict=True):
            described |= _read(name, part)
        described["tested"] = plain(torch.stack([test_transforms(Image.fromarray(i)) for i in images]))
    described["same_transform"] = plain(pictures.transform is shifted)
    described["data"] = plain(pictures.data)
    described["targets"] = plain(np.array(pictures.targets))
    described["copied"] = plain(any(_copies(part, images) for part in answer))
    described["holds"] = plain(_names_of(answer[1], test_transforms))
    return described


def _names_of(part: Any, wanted: Any) -> list[str]:
    """Attributes of a `Subset`, and of the data set below it, that are `wanted`, as ``"valid_set.transform"``."""
    if not isinstance(part, Subset):
        return []
    places = {"valid_set": part, "valid_set.dataset": part.dataset}
    named = [(f"{place}.{name}", thing) for place, owner in places.items() for name, thing in _stored(owner)]
    return [name for name, thing in named if thing is wanted]


def _stored(owner: Any) -> list[tuple[str, Any]]:
    return list(getattr(owner, "__dict__", {}).items())


def _read(name: str, part: Any) -> dict[str, Plain]:
    first = part[0] if len(part) else None
    if first is not None and not isinstance(first, tuple | list):
        return {f"{name}_length": plain(len(part)), f"{name}_item": plain(first)}
    items = [[part[index] for index in range(len(part))] for _ in range(2)]
    inputs = [[item[0] for item in reading] for reading in items]
    described = {
        f"{name}_length": plain(len(part)),
    }
    for k, reading in enumerate(inputs):
        odd = next((x for x in reading if not isinstance(x, torch.Tensor)), None)
        if not reading:
            described[f"{name}_{k}"] = plain(np.zeros((0, 3, 32, 32), dtype=np.float32))
        else:
            described[f"{name}_{k}"] = plain(torch.stack(reading) if odd is None else odd)
    described[f"{name}_labels"] = plain(np.array([int(item[1]) for item in items[0]], dtype=np.int64))
    return described


def _copies(part: Any, images: np.ndarray) -> bool:
    """Whether a part holds a second copy of the images."""
    for _ in range(5):
        held = getattr(part, "data", None)
        if isinstance(held, np.ndarray):
            return not np.shares_memory(held, images)
        part = getattr(part, "dataset", None)
    return False
