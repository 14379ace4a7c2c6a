"""Two optimisers whose steps hold nothing that a CUDA graph cannot hold: rates are tensors, nothing is read back.

Muon: K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024. The momentum of a matrix of
weights, M = U S Vᵀ, is replaced with U Vᵀ: all directions get a step of the same length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

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


class Muon:
    """Muon for the filters of convolutions, each of which is a matrix of outputs × (inputs · height · width).

    Batch norm follows every one of them, so their length means nothing: after each step it is set back to √outputs,
    which keeps the relative length of a step at its rate. Filters of the same shape are computed together.

    Parameters
    ----------
    filters : sequence of Tensor
        Parameters with four dimensions.
    momentum : float
        Of Nesterov's kind.
    orthogonal : callable
        `orthogonalise`, or what a compiler made of it.
    """

    def __init__(
        self,
        filters: Sequence[Tensor],
        momentum: float,
        orthogonal: Callable[[Tensor], Tensor] = orthogonalise,
    ) -> None:
        self._momentum, self._orthogonal = momentum, orthogonal
        self._velocity = {f: torch.zeros_like(f) for f in filters}
        self._groups: dict[torch.Size, list[Tensor]] = {}
        for f in filters:
            self._groups.setdefault(f.shape, []).append(f)

    def reset(self) -> None:
        """Forget all gradients, and set the filters to their length."""
        for f, velocity in self._velocity.items():
            velocity.zero_()
            _set_length(f)

    @torch.no_grad()
    def step(self, rate: Tensor) -> None:
        """Change the filters by their gradients; `rate` is a 0-d tensor."""
        for group in self._groups.values():
            updates = [_nesterov(f, self._velocity[f], self._momentum) for f in group]
            orthogonal = self._orthogonal(torch.stack(updates).flatten(2))
            for f, update in zip(group, orthogonal, strict=True):
                f.sub_(rate * update.view_as(f))
                _set_length(f)


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
    """

    def __init__(self, parameters: Sequence[Tensor], momentum: float, decay: float) -> None:
        self._momentum, self._decay = momentum, decay
        self._velocity = {p: torch.zeros_like(p) for p in parameters}

    def reset(self) -> None:
        """Forget all gradients."""
        for velocity in self._velocity.values():
            velocity.zero_()

    @torch.no_grad()
    def step(self, rate: Tensor) -> None:
        """Change the parameters by their gradients; `rate` is a 0-d tensor."""
        for p, velocity in self._velocity.items():
            assert p.grad is not None
            p.grad.add_(p, alpha=self._decay)
            p.sub_(rate * _nesterov(p, velocity, self._momentum))


def _nesterov(parameter: Tensor, velocity: Tensor, momentum: float) -> Tensor:
    """Add the gradient to the velocity; the step looks one more velocity ahead."""
    assert parameter.grad is not None
    velocity.mul_(momentum).add_(parameter.grad)
    return parameter.grad + momentum * velocity


@torch.no_grad()
def _set_length(f: Tensor) -> None:
    f.mul_((len(f) ** 0.5 / f.float().norm()).to(f.dtype))
