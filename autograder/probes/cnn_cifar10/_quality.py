"""Answers of the trained model to images; shared by the probes of accuracy, precision and recall."""

from __future__ import annotations

import copy
import time
from typing import Any

import numpy as np
import torch

from ..plain import Plain, plain

BATCH_SIZE = 250


def probabilities(
    model: Any, images: np.ndarray, mean: list[float], std: list[float], train_mode: bool = False
) -> dict[str, Plain]:
    """What the model answers to uint8 images (n, 32, 32, 3), scaled to (pixel / 255 − mean) / std.

    Returns
    -------
    dict
        ``probabilities`` (n, 10), float32, or the first answer that is no tensor; ``seconds``; ``device``.
    """
    first = next(model.parameters(), torch.zeros(()))
    device = plain(first.device.type)
    if train_mode:
        model = copy.deepcopy(model)
    was_training = model.training
    model.train(train_mode)
    offset, factor = (torch.tensor(v, dtype=torch.float32).view(1, 3, 1, 1) for v in (mean, std))
    answers = []
    start = time.perf_counter()
    try:
        with torch.no_grad():
            for k in range(0, len(images), BATCH_SIZE):
                pixels = torch.from_numpy(images[k : k + BATCH_SIZE]).permute(0, 3, 1, 2).float().div(255)
                answer = _answered(model, ((pixels - offset) / factor).to(first.device))
                if not isinstance(answer, torch.Tensor):
                    return {"probabilities": plain(answer), "seconds": plain(0.0), "device": device}
                answers.append(answer.float().cpu().numpy())
    finally:
        model.train(was_training)
    seconds = time.perf_counter() - start
    return {"probabilities": plain(np.concatenate(answers)), "seconds": plain(seconds), "device": device}


def _answered(model: Any, inputs: torch.Tensor) -> Any:
    """Ask with the channels innermost in memory, which takes half the time; ``view`` may need them outermost."""
    try:
        return model(inputs)
    except RuntimeError:
        return model(inputs.contiguous())
