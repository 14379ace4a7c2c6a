from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator

import pytest

from autograder.assignments import Assignment
from tests.redteam.arena import MISSING, SOLUTIONS, TORCH_LIMITS, ZERO, ZERO_TORCH, Arena

KEYCTL = {"x86_64": 250, "aarch64": 219}


def _join_a_new_session_keyring() -> None:
    """As a login does: what runs below inherits it, unless it takes care not to."""
    number = KEYCTL.get(os.uname().machine)
    if number:
        ctypes.CDLL(None).syscall(number, 1, None)


@pytest.fixture(scope="session")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """Two layers, with numpy only in view."""
    if MISSING:
        pytest.skip(f"this machine has no {', '.join(MISSING)}")
    _join_a_new_session_keyring()
    made = Arena(
        tmp_path_factory.mktemp("numpy"),
        Assignment("neural_networks", ("1_backprop_numpy",), ("cifar10_cnn.pt",)),
        SOLUTIONS / "neural_networks" / "1_backprop_numpy.ipynb",
        ("setup", "module", "linear", "check_linear", "relu", "check_relu"),
        ZERO,
    )
    yield made
    made.close()


@pytest.fixture(scope="session")
def torch_arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """Two functions of the notebook in PyTorch, with torch in view."""
    if MISSING:
        pytest.skip(f"this machine has no {', '.join(MISSING)}")
    made = Arena(
        tmp_path_factory.mktemp("torch"),
        Assignment("linear_classifiers", ("2_softmax_pytorch",), ("softmax_regression.pt",)),
        SOLUTIONS / "linear_classifiers" / "2_softmax_pytorch.ipynb",
        ("setup", "set_seed", "check_set_seed", "channel_statistics", "check_channel_statistics"),
        ZERO_TORCH,
        TORCH_LIMITS,
    )
    yield made
    made.close()
