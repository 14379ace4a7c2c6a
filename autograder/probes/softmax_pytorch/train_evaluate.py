"""Probe of ``check_train_evaluate``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from ..plain import Plain, plain
from ._generators import kept
from ._recorder import Constructors, Recorder, Samples, Watched, instead_of_device, loader

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
    """Train for one pass with plain SGD, from the given weights; the model comes in eval mode.

    Say also in which order gradients came, were cleared, and were used for a step.
    """
    model = Recorder(W, b, norm=False).eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    model.follow(optimizer)
    with kept(), torch.enable_grad():
        answer = train(model, loader(Samples(x, y), batch_size), optimizer, nn.CrossEntropyLoss(), DEVICE)
        return {"answer": plain(answer), "events": plain(model.events), **model.described()}


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
    """Evaluate a model that comes in train mode; say also whether gradients are on and parameters frozen afterwards."""
    model = Recorder(W, b, norm).train()
    with kept(), torch.enable_grad():
        answer = evaluate(model, loader(Samples(x, y), batch_size), nn.CrossEntropyLoss(), DEVICE)
        still_on = torch.is_grad_enabled()
    frozen = any(not parameter.requires_grad for parameter in model.parameters())
    return {
        "answer": plain(answer),
        "gradients_on": plain(still_on),
        "frozen": plain(frozen),
        **model.described(),
    }


def with_momentum(
    calculate_accuracy: Any,
    train: Any,
    evaluate: Any,
    x: np.ndarray,
    y: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    batch_size: int,
    rates: list[float],
    momentum: float,
) -> dict[str, Plain]:
    """Train for one pass with momentum, and with a learning rate of its own for weights and bias each."""
    model = Recorder(W, b, norm=False)
    groups = [{"params": [p], "lr": r} for p, r in zip(model.linear.parameters(), rates, strict=True)]
    optimizer = torch.optim.SGD(groups, momentum=momentum)
    with kept(), torch.enable_grad():
        train(model, loader(Samples(x, y), batch_size), optimizer, nn.CrossEntropyLoss(), DEVICE)
    return {"W": plain(model.linear.weight), "b": plain(model.linear.bias)}


def moved(
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
    """Tell for each sample whether its image reached the model, and its label the criterion, without a move.

    Name the global that stands where `device` should, if there is one.
    """
    answer = {}
    for name in ("train", "evaluate"):
        model, criterion = Recorder(W, b, norm=False), Watched()
        batches = loader(Samples(x, y), batch_size, is_on_host=True)
        with kept(), torch.enable_grad(), Constructors():
            if name == "train":
                train(model, batches, torch.optim.SGD(model.parameters(), lr=rate), criterion, DEVICE)
            else:
                evaluate(model, batches, criterion, DEVICE)
        answer[f"{name}_images"] = plain(np.array(model.on_host, dtype=bool))
        answer[f"{name}_labels"] = plain(np.array(criterion.on_host, dtype=bool))
        answer[f"{name}_global"] = plain(instead_of_device(train if name == "train" else evaluate))
    return answer
