"""Probe of ``check_predictions``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..plain import Plain, plain
from ._generators import kept
from ._recorder import Constructors, Recorder, Samples, instead_of_device, loader

DEVICE = torch.device("cpu")


def predictions(
    get_predictions: Any,
    x: np.ndarray,
    y: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    batch_size: int,
    norm: bool,
    shuffle_seed: int | None,
) -> dict[str, Plain]:
    """Describe the answer for batches in order or shuffled; the model comes in train mode."""
    model = Recorder(W, b, norm).train()
    samples = Samples(x, y)
    with kept(), torch.enable_grad():
        answer = get_predictions(model, loader(samples, batch_size, shuffle_seed), DEVICE)
        still_on = torch.is_grad_enabled()
    order = np.array(samples.order, dtype=np.int64)
    return {
        "answer": plain(answer),
        "order": plain(order),
        "gradients_on": plain(still_on),
        **model.described(),
    }


def moved(
    get_predictions: Any, x: np.ndarray, y: np.ndarray, W: np.ndarray, b: np.ndarray, batch_size: int
) -> dict[str, Plain]:
    """Tell for each sample whether its image reached the model without being moved, and what stands for `device`."""
    model = Recorder(W, b, norm=False)
    with kept(), torch.enable_grad(), Constructors():
        get_predictions(model, loader(Samples(x, y), batch_size, is_on_host=True), DEVICE)
    return {
        "images": plain(np.array(model.on_host, dtype=bool)),
        "global": plain(instead_of_device(get_predictions)),
    }
