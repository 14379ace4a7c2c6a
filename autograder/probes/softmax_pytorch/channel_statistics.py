"""Probe of ``check_channel_statistics``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plain import Plain, plain


def statistics(channel_statistics: Any, images: np.ndarray) -> dict[str, Plain]:
    """Describe what the function answers for uint8 images (n, 32, 32, 3), and the images afterwards."""
    answer = channel_statistics(images)
    return {"answer": plain(answer), "images": plain(images)}


def of_many(channel_statistics: Any, colours: np.ndarray, count: int) -> dict[str, Plain]:
    """Describe what the function answers for `count` images of each colour (3,), uint8, one colour after the other."""
    images = np.repeat(colours, count, axis=0)[:, None, None, :]
    return {"answer": plain(channel_statistics(np.tile(images, (1, 32, 32, 1))))}
