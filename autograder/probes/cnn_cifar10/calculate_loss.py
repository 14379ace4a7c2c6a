"""Probe of ``check_calculate_loss``."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from torch import nn

from ..plain import Plain, plain
from ._fresh import fresh, matters, seeded, to_device

SEED = 0


class StandIn(nn.Module):
    """A small model of the judge's: means over squares of 8 × 8 pixels, one linear layer, softmax.

    Parameters
    ----------
    W, b : numpy.ndarray
        Shapes (48, 10) and (10,).
    """

    def __init__(self, W: np.ndarray, b: np.ndarray) -> None:
        super().__init__()
        self.W = nn.Parameter(to_device(W))
        self.b = nn.Parameter(to_device(b))
        self.seen: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Probabilities (n, 10) of images (n, 3, 32, 32)."""
        self.seen.append(x.detach().clone())
        squares = nn.functional.avg_pool2d(x, 8).flatten(1)
        return (squares @ self.W + self.b).softmax(dim=1)


def on_stand_in(
    calculate_loss: Any, Model: Any, X: np.ndarray, y: np.ndarray, W: np.ndarray, b: np.ndarray
) -> dict[str, Plain]:
    """Loss and gradients with the judge's model, and what that model was given: nothing, X, or something else."""
    model = StandIn(W, b)
    answer = _loss(calculate_loss, model, X, y)
    gradients = [parameter.grad for parameter in (model.W, model.b)]
    return {**answer, "gradients": plain(gradients), "given": plain(_given(model.seen, to_device(X)))}


def _given(seen: list[torch.Tensor], X: torch.Tensor) -> str:
    if not seen:
        return "nothing"
    if any(torch.equal(x, X) for x in seen):
        return "X"
    if {x.shape[1:] for x in seen} == {X.shape[1:]} and torch.equal(torch.cat(seen), X):
        return "X"
    return "something else"


def keeps_mode(
    calculate_loss: Any,
    Model: Any,
    X: np.ndarray,
    y: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    own: bool,
    training: bool,
) -> dict[str, Plain]:
    """Whether a model, the judge's or a new one of the student's, is left in the mode that it came in."""
    with seeded(SEED):
        model = Model().to(to_device(0).device) if own else StandIn(W, b)
        if own:
            with torch.no_grad():
                model.eval()(to_device(X))
        answer = _loss(calculate_loss, model.train(training), X, y)
    return {"mode_changed": answer["mode_changed"]}


def on_own(
    calculate_loss: Any,
    Model: Any,
    X: np.ndarray,
    y: np.ndarray,
    typical: np.ndarray,
    spread: float,
    largest: float,
) -> dict[str, Plain]:
    """Loss with a new model of the student's in eval mode, what that model answers, finite gradients or not."""
    model = _own(Model, typical, spread, largest)
    answer = _loss(calculate_loss, model, X, y)
    with torch.no_grad():
        probabilities = plain(model(to_device(X)))
    finite = all(bool(p.grad.isfinite().all()) for p in model.parameters() if p.grad is not None)
    return {**answer, "probabilities": probabilities, "finite": plain(finite)}


def own_probabilities(
    calculate_loss: Any, Model: Any, X: np.ndarray, typical: np.ndarray, spread: float, largest: float
) -> dict[str, Plain]:
    """What a new model of the student's answers in eval mode."""
    with torch.no_grad():
        return {"probabilities": plain(_own(Model, typical, spread, largest)(to_device(X)))}


def own_gradients(
    calculate_loss: Any,
    Model: Any,
    X: np.ndarray,
    y: np.ndarray,
    upstream: np.ndarray,
    typical: np.ndarray,
    spread: float,
    largest: float,
) -> dict[str, Plain]:
    """Compare the gradients of the loss with those that the judge's `upstream` (n, 10) gives.

    Networks are large, so two numbers over all parameters are answered: the norm of the latter, and
    the norm of the difference.
    """
    model = _own(Model, typical, spread, largest)
    twin = copy.deepcopy(model)
    _loss(calculate_loss, model, X, y)
    twin(to_device(X)).backward(to_device(upstream))
    norm = difference = 0.0
    for mine, other in zip(model.parameters(), twin.parameters(), strict=True):
        expected = torch.zeros_like(other) if other.grad is None else other.grad
        found = torch.zeros_like(expected) if mine.grad is None else mine.grad
        norm += float((expected.double() ** 2).sum())
        difference += float(((found.double() - expected.double()) ** 2).sum())
    return {"norm": plain(norm**0.5), "difference": plain(difference**0.5)}


def reached(calculate_loss: Any, Model: Any, X: np.ndarray, y: np.ndarray) -> dict[str, Plain]:
    """Name parameters of a new model that got no gradient: those that matter, idle and frozen ones."""
    with seeded(SEED):
        model = Model().to(to_device(0).device)
        with torch.no_grad():
            model(to_device(X))
        _loss(calculate_loss, model, X, y)
        missing = _missing(model)
        if missing:  # in train mode a network may leave out some of its layers at random
            _loss(calculate_loss, model.eval(), X, y)
            missing &= _missing(model)
        cut: list[str] = []
        idle: list[str] = []
        frozen: list[str] = []
        for name, parameter in model.named_parameters():
            if not parameter.requires_grad:
                frozen.append(name)
            elif name in missing:
                (cut if matters(model, parameter, to_device(X)) else idle).append(name)
    return {"cut": plain(cut), "idle": plain(idle), "frozen": plain(frozen)}


def _missing(model: Any) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.grad is None}


def _own(Model: Any, typical: np.ndarray, spread: float, largest: float) -> Any:
    """Make the same new model every time, scaled by what it answers to typical images."""
    with seeded(SEED):
        return fresh(Model, to_device(typical), spread, largest)


def _loss(calculate_loss: Any, model: Any, X: np.ndarray, y: np.ndarray) -> dict[str, Plain]:
    """Call the student's function, go backward where that is possible, and describe the outcome."""
    X_given, y_given = to_device(X), to_device(y)
    mode = model.training
    with seeded(SEED):
        loss = calculate_loss(X_given, y_given, model)
    mode_changed = model.training != mode
    if isinstance(loss, torch.Tensor) and loss.requires_grad and loss.numel() == 1:
        loss.backward()
    return {
        "loss": plain(loss),
        "X_after": plain(X_given.detach().cpu().numpy()),
        "y_after": plain(y_given.cpu().numpy()),
        "mode_changed": plain(mode_changed),
    }
