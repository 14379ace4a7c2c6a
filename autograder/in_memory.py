"""torchvision's CIFAR-10 over arrays that are in memory already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from torchvision.datasets import CIFAR10


class InMemoryCIFAR10(CIFAR10):
    """Behaves as `torchvision.datasets.CIFAR10` does, without files.

    Parameters
    ----------
    images : numpy.ndarray
        Shape (n, 32, 32, 3), uint8.
    labels : numpy.ndarray
        Shape (n,), integers.
    classes : tuple of str
        Names by label.
    train : bool
        Whether these are the training images.
    transform : callable, optional
        Applied to each PIL image when it is read.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        classes: tuple[str, ...],
        train: bool,
        transform: Callable[..., Any] | None = None,
    ) -> None:
        self.root, self.train, self.transform, self.target_transform = "", train, transform, None
        self.transforms = None
        self.classes = list(classes)
        self.class_to_idx = {name: index for index, name in enumerate(classes)}
        self.data, self.targets = images, labels.tolist()
