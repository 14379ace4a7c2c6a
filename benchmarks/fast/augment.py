"""Augmentation where the images are: one indexed read shuffles, mirrors and shifts a whole batch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def pad(images: Tensor, most: int) -> Tensor:
    """Add a mirrored border of `most` pixels to images (n, height, width, channels)."""
    padded = F.pad(images.permute(0, 3, 1, 2), (most,) * 4, mode="reflect")
    return padded.permute(0, 2, 3, 1).contiguous()


def first_flips(n: int, generator: torch.Generator) -> Tensor:
    """Draw which images are mirrored in epoch 0, shape (n,), bool: about half of them."""
    return torch.rand(n, generator=generator, device=generator.device) < 0.5


def flips(first: Tensor, epoch: int) -> Tensor:
    """Alternate: every image is mirrored in every other epoch, so two epochs in a row show both sides of all."""
    return first ^ (epoch % 2 == 1)


def shifts(n: int, most: int, generator: torch.Generator) -> Tensor:
    """Draw a shift of each image down and to the right, shape (n, 2), int64, from −most to most pixels."""
    return torch.randint(-most, most + 1, (n, 2), generator=generator, device=generator.device)


def jitter(X: Tensor, brightness: float, contrast: float, generator: torch.Generator) -> Tensor:
    """Draw for each image by how much it is brighter, and by which factor its contrast is larger.

    Parameters
    ----------
    X : Tensor
        Normalised images, shape (n, channels, height, width).
    brightness, contrast : float
        Most that is added to every pixel, in standard deviations, and most by which the factor differs from 1; both
        are drawn evenly, to both sides.
    generator : torch.Generator
        On the device of the images.
    """
    drawn = torch.rand(2, len(X), 1, 1, 1, generator=generator, device=X.device).to(X.dtype) * 2 - 1
    return (X + brightness * drawn[0]) * (1 + contrast * drawn[1])


def read(padded: Tensor, order: Tensor, mirrored: Tensor, shifted: Tensor, most: int) -> Tensor:
    """Read images in an order, mirrored and shifted.

    Parameters
    ----------
    padded : Tensor
        All images as `pad` gives them, shape (n, height + 2 most, width + 2 most, channels).
    order : Tensor
        Which images, shape (b,), int64.
    mirrored, shifted : Tensor
        For each of these, shapes (b,) and (b, 2), as `flips` and `shifts` give them.
    most : int
        The border.

    Returns
    -------
    Tensor
        Shape (b, channels, height, width), the channels innermost in memory (channels-last).
    """
    height, width = padded.shape[1] - 2 * most, padded.shape[2] - 2 * most
    down, across = torch.arange(height, device=padded.device), torch.arange(width, device=padded.device)
    rows = down + most - shifted[:, :1]
    # The mirrored picture is shifted, not the shifted picture mirrored: both draws keep their meaning.
    columns = across - shifted[:, 1:]
    columns = torch.where(mirrored[:, None], width - 1 - columns, columns) + most
    return padded[order[:, None, None], rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
