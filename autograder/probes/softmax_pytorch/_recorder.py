"""A small model that writes down how it was used, and batches for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from ..plain import Plain, plain

IMAGE = (3, 2, 2)


class Recorder(nn.Module):
    """Softmax regression on small images, optionally after a batch norm.

    Attributes
    ----------
    uses : list of (bool, bool, int)
        For every forward: train mode, whether gradients were kept, samples.
    """

    def __init__(self, weights: np.ndarray, bias: np.ndarray, norm: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(weights.shape[1]) if norm else nn.Identity()
        self.linear = nn.Linear(weights.shape[1], weights.shape[0])
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(weights))
            self.linear.bias.copy_(torch.from_numpy(bias))
        self.uses: list[tuple[bool, bool, int]] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (n, C) of images (n, 3, 2, 2)."""
        logits: torch.Tensor = self.linear(self.norm(x.flatten(1)))
        self.uses.append((self.training, logits.requires_grad, len(x)))
        return logits

    def described(self) -> dict[str, Plain]:
        """Describe the weights, the statistics of the batch norm, and the uses so far."""
        answer = {"W": plain(self.linear.weight), "b": plain(self.linear.bias)}
        if isinstance(self.norm, nn.BatchNorm1d):
            statistics = dict(self.norm.named_buffers())
            answer["buffers"] = plain(torch.stack([statistics["running_mean"], statistics["running_var"]]))
        answer["trained"] = plain(np.array([use[0] for use in self.uses], dtype=bool))
        answer["kept_gradients"] = plain(np.array([use[1] for use in self.uses], dtype=bool))
        answer["seen"] = plain(np.array([use[2] for use in self.uses], dtype=np.int64))
        return answer


class Samples(Dataset):
    """Images and labels that remember in which order they were read."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        self.order: list[int] = []

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        self.order.append(int(index))
        return self.x[index], self.y[index]


def loader(samples: Samples, batch_size: int, shuffle_seed: int | None = None) -> DataLoader:
    """Batches in the order of the data, or shuffled anew in every pass."""
    generator = None if shuffle_seed is None else torch.Generator().manual_seed(shuffle_seed)
    return DataLoader(samples, batch_size, shuffle=generator is not None, generator=generator)
