"""The network: a whitened first layer, three blocks of two convolutions, a linear layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CLASSES = 10


class Network(nn.Module):
    """Maps normalised images (n, 3, 32, 32) to logits (n, 10).

    Parameters
    ----------
    widths : tuple of int
        Channels of the three blocks.
    activation : str
        Of the blocks: a class of `torch.nn`.
    """

    def __init__(self, widths: tuple[int, int, int], activation: str = "GELU") -> None:
        super().__init__()
        self.whiten = nn.Conv2d(3, 24, 2)
        self.whiten.weight.requires_grad_(False)
        inputs = 24
        blocks = []
        for width in widths:
            blocks.append(_block(inputs, width, getattr(nn, activation)))
            inputs = width
        self.blocks = nn.Sequential(nn.GELU(), *blocks, nn.MaxPool2d(3), nn.Flatten())
        self.head = nn.Linear(inputs, CLASSES, bias=False)

    def forward(self, x: Tensor, learns_bias: bool = True) -> Tensor:
        """Logits; without `learns_bias` no gradient goes back to the first layer, nor to the activation after it."""
        bias = self.whiten.bias
        assert bias is not None
        first = F.conv2d(x, self.whiten.weight, bias if learns_bias else bias.detach())
        features = self.blocks(first)
        # The head's weights start with length 1: without this, the first steps would be far too long for them.
        return self.head(features) / features.shape[1]

    @property
    def filters(self) -> list[Tensor]:
        """What Muon trains."""
        return [p for p in self.parameters() if p.dim() == 4 and p.requires_grad]

    @property
    def biases(self) -> list[Tensor]:
        """Of the batch norms."""
        return [m.bias for m in self.modules() if isinstance(m, nn.BatchNorm2d)]

    @torch.no_grad()
    def reset(self, whitening: Tensor) -> None:
        """Draw all weights anew from torch's global generator, in place, and set the first layer's.

        The first filters of a convolution hand their input on unchanged (partial identity), so that the gradient
        reaches all layers from the first step.
        """
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.BatchNorm2d):
                module.reset_parameters()
        for f in self.filters:
            hands_on = torch.arange(min(f.shape[:2]), device=f.device)
            f[: len(hands_on)] = 0
            f[hands_on, hands_on, f.shape[2] // 2, f.shape[3] // 2] = 1
        self.whiten.weight.copy_(whitening)
        assert self.whiten.bias is not None
        self.whiten.bias.zero_()
        self.head.weight.normal_()


def _block(inputs: int, outputs: int, activation: type[nn.Module]) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.MaxPool2d(2),
        _norm(outputs),
        activation(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        _norm(outputs),
        activation(),
    )


def _norm(channels: int) -> nn.BatchNorm2d:
    """Batch norm that only shifts; its averages follow quickly, for the training is short."""
    norm = nn.BatchNorm2d(channels, eps=1e-12, momentum=0.4)
    norm.weight.requires_grad_(False)
    return norm


def place(network: Network, device: torch.device, dtype: torch.dtype) -> Network:
    """Put a network on a device, channels-last, in a precision; batch norm stays in float32."""
    network.to(device=device, dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.float()
    return network
