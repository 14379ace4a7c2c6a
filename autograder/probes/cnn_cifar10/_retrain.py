"""Train the student's network from scratch; the network outlives a question that was interrupted."""

from __future__ import annotations

import contextlib
import random
import tempfile
import time
from typing import Any

import numpy as np
import torch

from ..plain import Plain, plain
from ._quality import probabilities as probabilities_of

_KEPT: list[Any] = []


def train(model_class: Any, train_function: Any, epochs: int, seed: int, share: float) -> dict[str, Plain]:
    """Make a network and let the student's `train` train it.

    Parameters
    ----------
    model_class, train_function : object
        The student's `Model` and `train`.
    epochs : int
        What `train` is asked for.
    seed : int
        For Python's, numpy's and torch's generators.
    share : float
        Of the GPU's memory, at most.

    Returns
    -------
    dict
        ``seconds``.
    """
    _KEPT.clear()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cuda":
        torch.cuda.set_per_process_memory_fraction(share)
    model = model_class().to(device, memory_format=torch.channels_last)
    _KEPT.append(model)
    start = time.perf_counter()
    # A folder of its own: what an earlier training has left must not be gone on with.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        train_function(model, epochs)
    return {"seconds": plain(time.perf_counter() - start)}


def probabilities(
    model_class: Any, train_function: Any, images: np.ndarray, mean: list[float], std: list[float]
) -> dict[str, Plain]:
    """What the network answers as it stands, as in the checks of quality."""
    return probabilities_of(_KEPT[0], images, mean, std)
