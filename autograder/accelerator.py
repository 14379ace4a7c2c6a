"""The GPU, and what to do where there is none that works: one sentence for each of torch's many errors."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

import torch

from autograder.errors import ExplainedError

CAUSES = (
    (
        ("out of memory", "cublas_status_alloc_failed", "cudnn_status_alloc_failed"),
        "The GPU's memory is full: use a smaller batch or a smaller network, or close the other notebooks that use "
        "this GPU (`nvidia-smi` lists them), restart the kernel, and run this again.",
    ),
    (
        ("no kernel image is available", "ptx was compiled with", "unsupported toolchain", "too old for"),
        "This GPU is too old, or too new, for the installed torch: install a torch built for it, or use the CPU.",
    ),
    (
        ("busy or unavailable", "device is in use", "exclusive"),
        "The GPU is busy: another program has it for itself. Wait for that program, or end it (`nvidia-smi` lists "
        "it), then run this again.",
    ),
    (
        (
            "driver version is insufficient",
            "driver on your system is too old",
            "driver/library version mismatch",
        ),
        "The GPU's driver is too old for the installed torch, or was changed without a restart: update the driver and "
        "restart the machine, or install a torch for an older CUDA.",
    ),
    (
        (
            "no cuda gpus are available",
            "found no nvidia driver",
            "no cuda-capable device",
            "not compiled with cuda",
            "invalid device ordinal",
        ),
        "There is no such GPU on this machine, or torch cannot see it: `nvidia-smi` shows what there is, and a torch "
        "built for the CPU alone sees none. Use the CPU.",
    ),
    (
        ("device-side assert",),
        "An index was out of bounds on the GPU, often a class number outside of 0 to 9: run the same on the CPU, which "
        "names the line, then restart the kernel.",
    ),
    (
        ("cuda error", "cublas_status", "cudnn_status"),
        "The GPU reported an error and cannot go on: restart the kernel and run this again; if it fails again, use "
        "the CPU.",
    ),
)
"""Parts of torch's messages, in small letters, and what they mean; the first that fits counts."""


class DeviceError(ExplainedError):
    """The GPU is missing, busy, full, or does not fit the installed torch."""


def sentence(error: BaseException) -> str | None:
    """Say what an error of the GPU's means and what to do; None for any other error.

    Parameters
    ----------
    error : BaseException
        As torch raised it: ``OutOfMemoryError``, ``AcceleratorError``, or a ``RuntimeError`` or ``AssertionError``
        whose text speaks of CUDA.
    """
    if not isinstance(error, RuntimeError | AssertionError) or isinstance(error, ExplainedError):
        return None
    said = " ".join(str(error).split())
    small = said.lower()
    if not any(name in small for name in ("cuda", "nvidia", "cublas", "cudnn")):
        return None
    for parts, meaning in CAUSES:
        if any(part in small for part in parts):
            return f"{meaning} (torch: {said[:160]})"
    return None


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turn the errors of a GPU into one sentence each; all others pass.

    Raises
    ------
    DeviceError
        In place of torch's error.
    """
    try:
        yield
    except (RuntimeError, AssertionError) as error:
        found = sentence(error)
        if found is None:
            raise
        raise DeviceError(found) from error


def usable(name: str) -> torch.device:
    """The device of a name, after one addition there: a GPU may be listed and still not work.

    Parameters
    ----------
    name : str
        As ``"cuda"``, ``"cuda:1"`` or ``"cpu"``.

    Raises
    ------
    DeviceError
        It cannot be used.
    """
    with explained():
        (torch.ones(2, device=name) + 1).sum().item()
    return torch.device(name)


@functools.cache
def best() -> torch.device:
    """CUDA where there is a GPU that works, else the CPU; a GPU that is there and fails is named once."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    try:
        return usable("cuda")
    except DeviceError as error:
        print(f"The CPU is used: {error}")
        return torch.device("cpu")
