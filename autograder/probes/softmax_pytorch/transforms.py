"""Probe of ``check_transforms``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image
from torchvision import tv_tensors

from ..plain import Plain, plain
from ._generators import kept, seed_all


def once(train_transforms: Any, test_transforms: Any, which: str, image: np.ndarray) -> dict[str, Plain]:
    """Describe what a transform answers for one image (32, 32, 3), uint8."""
    transform = train_transforms if which == "train" else test_transforms
    with kept():
        return {"answer": plain(_unwrapped(transform(Image.fromarray(image))))}


def _unwrapped(answer: Any) -> Any:
    """An image of ``torchvision.transforms.v2`` as the tensor that it is."""
    return answer.as_subclass(torch.Tensor) if type(answer) is tv_tensors.Image else answer


def draws(
    train_transforms: Any, test_transforms: Any, which: str, images: np.ndarray, seed: int
) -> dict[str, Plain]:
    """Transform images (n, 32, 32, 3) one after the other, from generators seeded once.

    Returns
    -------
    dict
        ``answers``, the stack of the results, or the description of the first that is no tensor or of
        another shape than the others.
    """
    transform = train_transforms if which == "train" else test_transforms
    with kept():
        seed_all(seed)
        answers = [_unwrapped(transform(Image.fromarray(image))) for image in images]
    for answer in answers:
        if not isinstance(answer, torch.Tensor) or answer.shape != answers[0].shape:
            return {"answers": plain(answer)}
    return {"answers": plain(torch.stack([answer.detach().cpu() for answer in answers]))}
