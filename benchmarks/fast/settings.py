"""What a fast training depends on, its schedule, and the recipes that are compared."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Settings:
    """All numbers of a training.

    The defaults are published ones (`fast` names the sources). They were not tuned anew: `--validation` is there for
    that.

    Attributes
    ----------
    epochs : float
        Passes over the training images; parts of one count.
    batch_size : int
        Images in a step; where there are fewer, all of them.
    widths : tuple of int
        Channels of the three blocks.
    shift : int
        Most pixels by which an image is shifted.
    brightness, contrast : float
        Most by which an image is made brighter or darker, in standard deviations; most by which its contrast is made
        larger or smaller, as a share.
    smoothing : float
        Share of the label that is spread over all classes.
    rate_filters, rate_biases, rate_head : float
        Learning rates at the first step; they fall to 0 in a straight line.
    momentum_filters, momentum : float
        Of Muon, and of the others.
    decay : float
        Weight decay for one image: times batch size, over the rate.
    whitening_share : float
        Share of the training in which the first layer's bias is learnt; after it, no gradient is computed that far.
    whitening_images : int
        Images from which the first layer is computed.
    second_looks : float
        Share of the test images that are seen in all views: those about which the network is least certain after one.
    at_once : int
        Test images that are predicted together.
    activation : str
        Of the three blocks: ``"GELU"`` or ``"SiLU"``.
    """

    epochs: float = 8.0
    batch_size: int = 2_000
    widths: tuple[int, int, int] = (64, 256, 256)
    shift: int = 2
    brightness: float = 0.0
    contrast: float = 0.0
    smoothing: float = 0.2
    rate_filters: float = 0.24
    rate_biases: float = 0.053
    rate_head: float = 0.67
    momentum_filters: float = 0.6
    momentum: float = 0.85
    decay: float = 2e-6
    whitening_share: float = 3 / 8
    whitening_images: int = 5_000
    second_looks: float = 1.0
    at_once: int = 2_000
    activation: str = "GELU"

    def steps(self, images: int) -> int:
        """Number of steps for so many images, at least one; what is left over of an epoch's last batch is dropped."""
        return max(1, round(self.epochs * (images // min(self.batch_size, images))))

    def early(self, steps: int) -> int:
        """Number of the steps in which the first layer's bias is learnt."""
        return math.ceil(self.whitening_share * steps)


def schedule(steps: int, settings: Settings) -> Tensor:
    """Learning rates of all steps, shape (steps, 4), float32: filters, norms' biases, head, first layer's bias."""
    step = torch.arange(steps)
    fall = 1 - step / steps
    early = (1 - step / (settings.whitening_share * steps)).clamp_min(0)
    columns = (
        settings.rate_filters * fall,
        settings.rate_biases * fall,
        settings.rate_head * fall,
        settings.rate_biases * early,
    )
    return torch.stack(columns, dim=1)


_SELECTIVE = {"second_looks": 0.2}
_JITTER = {**_SELECTIVE, "brightness": 0.14, "contrast": 0.13}
RECIPES = {
    "published": Settings(),
    "selective": Settings(**_SELECTIVE),
    "early whitening": Settings(whitening_share=0.025, **_SELECTIVE),
    "jitter": Settings(**_JITTER),
    "jitter 7.5": Settings(epochs=7.5, **_JITTER),
    "jitter 7": Settings(epochs=7.0, **_JITTER),
    "newer": Settings(
        epochs=7.59,
        batch_size=1_536,
        smoothing=0.09,
        rate_filters=0.205,
        rate_biases=0.0573,
        rate_head=0.5415,
        momentum_filters=0.655,
        momentum=0.825,
        decay=1.0418e-6,
        whitening_share=0.025,
        activation="SiLU",
        **_JITTER,
    ),
}
"""Published settings, and changes to them: `fast` names the sources."""
