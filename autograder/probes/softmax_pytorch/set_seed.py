"""Probe of ``check_set_seed``."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch

from ..plain import Plain, plain
from ._generators import kept, seed_all

DRAWS = 3


def draws(set_seed: Any, seeds: list[int], before: list[int]) -> dict[str, Plain]:
    """Call `set_seed` with each seed, every time from generators in another state, and draw.

    Parameters
    ----------
    set_seed : callable
        The student's.
    seeds : list of int
        What it is called with.
    before : list of int
        Seeds of the states that the generators are in before each call.

    Returns
    -------
    dict
        For each generator its draws, shape (len(seeds), 3), and whether cuDNN is deterministic; or
        ``replaced``, the seeding functions that are none any more.
    """
    drawn: dict[str, list[np.ndarray]] = {"random": [], "numpy": [], "torch": [], "cuda": []}
    flags = _flags()
    with kept():
        try:
            torch.backends.cudnn.deterministic = False
            torch.use_deterministic_algorithms(False)
            for seed, state in zip(seeds, before, strict=True):
                if replaced := _replaced():
                    return {"replaced": plain(replaced)}
                seed_all(state)
                set_seed(seed)
                drawn["random"].append(np.array([random.random() for _ in range(DRAWS)]))
                drawn["numpy"].append(np.random.random(DRAWS))
                drawn["torch"].append(torch.rand(DRAWS, dtype=torch.float64).numpy())
                if torch.cuda.is_available():
                    drawn["cuda"].append(torch.rand(DRAWS, device="cuda").double().cpu().numpy())
            after = torch.backends.cudnn.deterministic or torch.are_deterministic_algorithms_enabled()
        finally:
            _restore(flags)
    answer = {name: plain(np.stack(rows)) for name, rows in drawn.items() if rows}
    return {**answer, "has_cuda": plain(torch.cuda.is_available()), "deterministic": plain(bool(after))}


def _replaced() -> list[str]:
    """Names of the libraries' seeding functions that something else was stored under."""
    functions = {
        "random.seed": random.seed,
        "np.random.seed": np.random.seed,
        "torch.manual_seed": torch.manual_seed,
    }
    return [name for name, function in functions.items() if not callable(function)]


def _flags() -> tuple[bool, bool, bool, bool]:
    cudnn = torch.backends.cudnn
    return (
        bool(cudnn.deterministic),
        bool(cudnn.benchmark),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )


def _restore(flags: tuple[bool, bool, bool, bool]) -> None:
    cudnn = torch.backends.cudnn
    cudnn.deterministic, cudnn.benchmark = flags[:2]
    torch.use_deterministic_algorithms(flags[2], warn_only=flags[3])
