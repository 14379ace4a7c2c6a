"""A small model that writes down how it was used, batches for it, and tensors that know where they lie."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator
from types import CodeType
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils.data import DataLoader, Dataset, default_collate

from ..plain import Plain, plain

IMAGE = (3, 2, 2)


class Recorder(nn.Module):
    """Softmax regression on small images, optionally after a batch norm.

    Attributes
    ----------
    uses : list of (bool, bool, int)
        For every forward: train mode, whether gradients were kept, samples.
    on_host : list of bool
        For every sample of every forward: whether the images had not been moved to the device.
    events : list of str
        After `follow`: "backward", "step" and "zero_grad", as they came.
    """

    def __init__(self, weights: np.ndarray, bias: np.ndarray, norm: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(weights.shape[1]) if norm else nn.Identity()
        self.linear = nn.Linear(weights.shape[1], weights.shape[0])
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(weights))
            self.linear.bias.copy_(torch.from_numpy(bias))
        self.uses: list[tuple[bool, bool, int]] = []
        self.on_host: list[bool] = []
        self.events: list[str] = []

    def follow(self, optimizer: torch.optim.Optimizer) -> None:
        """Write down from now on when gradients come, and when the optimiser steps or clears them."""
        self.linear.weight.register_hook(lambda _: self.events.append("backward"))
        optimizer.register_step_pre_hook(lambda *_: self.events.append("step"))
        clear = optimizer.zero_grad

        def zero_grad(*given: Any, **named: Any) -> None:
            self.events.append("zero_grad")
            clear(*given, **named)

        optimizer.zero_grad = zero_grad  # type: ignore[method-assign]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients, as an optimiser does."""
        self.events.append("zero_grad")
        super().zero_grad(set_to_none)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (n, C) of images (n, 3, 2, 2)."""
        self.on_host += [isinstance(x, OnHost)] * len(x)
        logits: torch.Tensor = self.linear(self.norm(x.as_subclass(torch.Tensor).flatten(1)))
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


class OnHost(torch.Tensor):
    """A tensor that counts as lying in the computer's memory until it is moved to a device.

    Here the device is that memory, and `to` would give the same tensor: only the type tells that it was called.
    """

    def to(self, *where: Any, **named: Any) -> torch.Tensor:
        """Move; a plain tensor where a device is named."""
        moved = super().to(*where, **named)
        kinds = str, int, torch.device, torch.Tensor
        named_one = "device" in named or "other" in named or any(isinstance(w, kinds) for w in where)
        return moved.as_subclass(torch.Tensor) if named_one else moved


class Constructors(TorchFunctionMode):
    """``torch.as_tensor(x, device=…)`` moves a tensor too, and does not ask its type."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        answer = function(*args, **(kwargs or {}))
        if function in (torch.as_tensor, torch.asarray) and "device" in (kwargs or {}):
            return answer.as_subclass(torch.Tensor)
        return answer


class Watched(nn.CrossEntropyLoss):
    """The criterion; writes down for every label whether it had not been moved to the device."""

    def __init__(self) -> None:
        super().__init__()
        self.on_host: list[bool] = []

    def forward(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Mean cross-entropy."""
        self.on_host += [isinstance(y, OnHost)] * len(y)
        return super().forward(logits, y.as_subclass(torch.Tensor))


def instead_of_device(function: Any) -> str:
    """Name the global device that a function reads while its argument `device` is never used; else empty.

    On one device both are the same place, and only the function's code tells them apart.
    """
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType) or "device" not in inspect.getargs(code).args:
        return ""
    if any(_reads_local(part, "device") for part in _codes(code)):
        return ""
    for name in [name for part in _codes(code) for name in part.co_names]:
        value = function.__globals__.get(name)
        if isinstance(value, torch.device) or (isinstance(value, str) and value.startswith(("cpu", "cuda"))):
            return name
    return ""


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _reads_local(code: CodeType, name: str) -> bool:
    """Whether a local variable, or one of the function around, is read or handed on; two can be in one instruction."""
    return any(
        ("FAST" in step.opname or "DEREF" in step.opname)
        and name in (step.argval if isinstance(step.argval, tuple) else (step.argval,))
        for step in dis.get_instructions(code)
    )


def on_host(batch: list[Any]) -> list[Any]:
    """Collect items into a batch that counts as not moved."""
    return [part.as_subclass(OnHost) for part in default_collate(batch)]


def loader(
    samples: Samples, batch_size: int, shuffle_seed: int | None = None, *, is_on_host: bool = False
) -> DataLoader:
    """Batches in the order of the data, or shuffled anew in every pass."""
    generator = None if shuffle_seed is None else torch.Generator().manual_seed(shuffle_seed)
    collate = on_host if is_on_host else None
    return DataLoader(
        samples, batch_size, shuffle=generator is not None, generator=generator, collate_fn=collate
    )
