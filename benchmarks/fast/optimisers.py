"""Two optimisers whose steps hold nothing that a CUDA graph cannot hold: rates are tensors, nothing is read back.

Muon: K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024. The momentum of a matrix of
weights, M = U S Vᵀ, is replaced with U Vᵀ: all directions get a step of the same length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

STEEP = (3.4445, -4.7750, 2.0315)
"""The published coefficients: few steps suffice, and singular values end near 1 but not at 1."""
EXACT = (15 / 8, -10 / 8, 3 / 8)
"""Those of the Newton-Schulz iteration of order 5, which tends to 1: slower, and exact in the end."""


def orthogonalise(
    matrices: Tensor,
    steps: int = 3,
    coefficients: tuple[float, float, float] = STEEP,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Replace the singular values of matrices with numbers near 1, by matrix products alone.

    Every step maps each singular value s, at most 1 at first, to a s + b s³ + c s⁵.

    Parameters
    ----------
    matrices : Tensor
        Shape (…, rows, columns); one product serves all of them.
    steps : int
        How often.
    coefficients : tuple of float
        a, b, c.
    dtype : torch.dtype
        In which the products are computed.

    Returns
    -------
    Tensor
        The same shape and dtype as `matrices`.
    """
    a, b, c = coefficients
    is_tall = matrices.shape[-2] > matrices.shape[-1]
    X = matrices.float()
    X = (X / X.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-12)).to(dtype)
    X = X.mT if is_tall else X
    for _ in range(steps):
        square = X @ X.mT
        X = a * X + (b * square + c * square @ square) @ X
    return (X.mT if is_tall else X).to(matrices.dtype)


def as_it_is(function: Any, **_: object) -> Any:
    """In place of `torch.compile`: the function that it was given."""
    return function


class Muon:
    """Muon for the filters of convolutions, each of which is a matrix of outputs × (inputs · height · width).

    Batch norm follows every one of them, so their length means nothing: after each step it is set back to √outputs,
    which keeps the relative length of a step at its rate. All matrices go through the same few products: smaller ones
    are filled up with zeros, which stay zeros and change no singular value.

    Parameters
    ----------
    filters : sequence of Tensor
        Parameters with four dimensions.
    momentum : float
        Of Nesterov's kind.
    orthogonal : callable
        From matrices (n, rows, columns) to such; `orthogonalise` where omitted.
    compiler : callable, optional
        Makes a faster function of one: `torch.compile`.
    """

    def __init__(
        self,
        filters: Sequence[Tensor],
        momentum: float,
        orthogonal: Callable[[Tensor], Tensor] = orthogonalise,
        compiler: Callable[[Any], Any] = as_it_is,
    ) -> None:
        self._parameters = list(filters)
        # Without their gradients' history, they are plain numbers to a compiler.
        self._filters = [f.detach() for f in filters]
        self._velocities = [torch.zeros_like(f) for f in self._filters]
        rows = max(len(f) for f in filters)
        columns = max(f[0].numel() for f in filters)

        def change(gradients: list[Tensor], rate: Tensor) -> None:
            updates = [
                _nesterov(gradient, velocity, momentum).flatten(1)
                for gradient, velocity in zip(gradients, self._velocities, strict=True)
            ]
            filled = [F.pad(u, (0, columns - u.shape[1], 0, rows - u.shape[0])) for u in updates]
            for f, update in zip(self._filters, orthogonal(torch.stack(filled)), strict=True):
                f.sub_(rate * update[: len(f), : f[0].numel()].view_as(f))
                _set_length(f)

        self._change = compiler(change)

    @torch.no_grad()
    def reset(self) -> None:
        """Forget all gradients, and set the filters to their length."""
        for f, velocity in zip(self._filters, self._velocities, strict=True):
            velocity.zero_()
            _set_length(f)

    @torch.no_grad()
    def step(self, rate: Tensor) -> None:
        """Change the filters by their gradients; `rate` is a 0-d tensor."""
        self._change([_gradient(p) for p in self._parameters], rate)


class Nesterov:
    """Gradient descent with Nesterov's momentum and weight decay, for what is no filter.

    Parameters
    ----------
    parameters : sequence of Tensor
        Of one kind.
    momentum : float
        Share of the last step that is kept.
    decay : float
        Added to the gradient, times the parameter.
    compiler : callable, optional
        As for `Muon`.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        momentum: float,
        decay: float,
        compiler: Callable[[Any], Any] = as_it_is,
    ) -> None:
        self._parameters = list(parameters)
        self._values = [p.detach() for p in parameters]
        self._velocities = [torch.zeros_like(p) for p in self._values]

        def change(gradients: list[Tensor], rate: Tensor) -> None:
            for p, gradient, velocity in zip(self._values, gradients, self._velocities, strict=True):
                p.sub_(rate * _nesterov(gradient + decay * p, velocity, momentum))

        self._change = compiler(change)

    @torch.no_grad()
    def reset(self) -> None:
        """Forget all gradients."""
        for velocity in self._velocities:
            velocity.zero_()

    @torch.no_grad()
    def step(self, rate: Tensor) -> None:
        """Change the parameters by their gradients; `rate` is a 0-d tensor."""
        self._change([_gradient(p) for p in self._parameters], rate)


def _gradient(parameter: Tensor) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad


def _nesterov(gradient: Tensor, velocity: Tensor, momentum: float) -> Tensor:
    """Add the gradient to the velocity; the step looks one more velocity ahead."""
    velocity.mul_(momentum).add_(gradient)
    return gradient + momentum * velocity


def _set_length(f: Tensor) -> None:
    f.mul_((len(f) ** 0.5 / f.float().norm()).to(f.dtype))
