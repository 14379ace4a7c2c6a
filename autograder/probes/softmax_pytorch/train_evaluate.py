"""Probe of ``check_train_evaluate``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from ..plain import Plain, plain
from ._generators import kept
from ._recorder import Recorder, Samples, loader

DEVICE = torch.device("cpu")


def accuracy(
    calculate_accuracy: Any, train: Any, evaluate: Any, logits: np.ndarray, y: np.ndarray
) -> dict[str, Plain]:
    """Describe what `calculate_accuracy` answers for logits (n, C) and labels (n,)."""
    return {"accuracy": plain(calculate_accuracy(torch.from_numpy(logits), torch.from_numpy(y)))}


def one_pass(
    calculate_accuracy: Any,
    train: Any,
    evaluate: Any,
    x: np.ndarray,
    y: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    batch_size: int,
    rate: float,
) -> dict[str, Plain]:
    """Train for one pass with plain SGD, from the given weights; the model comes in eval mode."""
    model = Recorder(W, b, norm=False).eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    with kept(), torch.enable_grad():
        answer = train(model, loader(Samples(x, y), batch_size), optimizer, nn.CrossEntropyLoss(), DEVICE)
        return {"answer": plain(answer), **model.described()}


def evaluated(
    calculate_accuracy: Any,
    train: Any,
    evaluate: Any,
    x: np.ndarray,
    y: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    batch_size: int,
    norm: bool,
) -> dict[str, Plain]:
    """Evaluate a model that comes in train mode; say also whether gradients are still on afterwards."""
    model = Recorder(W, b, norm).train()
    with kept(), torch.enable_grad():
        answer = evaluate(model, loader(Samples(x, y), batch_size), nn.CrossEntropyLoss(), DEVICE)
        still_on = torch.is_grad_enabled()
    return {"answer": plain(answer), "gradients_on": plain(still_on), **model.described()}
