"""The first layer, computed instead of learnt: filters whose answers to the training images are uncorrelated."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def patches(X: Tensor, size: int) -> Tensor:
    """All square patches of images (n, channels, height, width) as rows, shape (patches, channels · size²)."""
    return F.unfold(X, size).transpose(1, 2).flatten(0, 1)


def filters(X: Tensor, size: int = 2, epsilon: float = 5e-4) -> Tensor:
    """Compute whitening filters: the eigenvectors of the patches' covariance, each over its standard deviation.

    Parameters
    ----------
    X : Tensor
        Normalised images, shape (n, channels, height, width).
    size : int
        Height and width of a filter.
    epsilon : float
        Added to every variance, so that directions in which images hardly vary are not blown up.

    Returns
    -------
    Tensor
        Shape (channels · size², channels, size, size), float32, on the CPU: with ``epsilon=0`` the answers to the
        patches of `X` have the identity as their covariance.
    """
    rows = patches(X.float(), size)
    rows = rows - rows.mean(dim=0)
    # 12 × 12 numbers: too few to be worth a GPU, whose eigenvalue routine takes longer to start than this.
    covariance = (rows.T @ rows / (len(rows) - 1)).cpu().double()
    variances, vectors = torch.linalg.eigh(covariance)
    return (vectors / (variances + epsilon).sqrt()).T.reshape(-1, X.shape[1], size, size).float()


def both_signs(whitening: Tensor) -> Tensor:
    """Each filter and its negative: the activation that follows would drop half of what one of them says."""
    return torch.cat([whitening, -whitening])
