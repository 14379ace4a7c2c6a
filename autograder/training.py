"""Training for the notebooks: devices, checkpoints that survive a crash, and no training in grading."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from autograder.errors import ExplainedError

GRADING_VARIABLE = "NBGRADER_EXECUTION"
History = dict[str, list[float]]


class CheckpointError(ExplainedError):
    """A checkpoint is missing, damaged, or belongs to another architecture."""


def device() -> torch.device:
    """CUDA where there is a GPU that works, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def is_grading() -> bool:
    """Whether this notebook is being graded, where nothing is trained (nbgrader sets the variable)."""
    return os.environ.get(GRADING_VARIABLE) == "autograde"


def save_checkpoint(model: nn.Module, path: str | Path) -> None:
    """Write the model's ``state_dict``, on the CPU, so that a crash leaves the old file or the new one."""
    state = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
    _replace(Path(path), lambda beside: torch.save(state, beside))


def load_checkpoint(model: nn.Module, path: str | Path) -> None:
    """Load a ``state_dict`` into a model, strictly and without running code from the file.

    Raises
    ------
    CheckpointError
        The file is missing, is no ``state_dict``, or does not fit the model.
    """
    path = Path(path)
    if not path.exists():
        raise CheckpointError(
            f"There is no checkpoint {path.name} beside the notebook: train the model, and hand the file in "
            "with the notebook."
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise CheckpointError(
            f"{path.name} is not a state_dict that can be loaded safely ({type(error).__name__}): save it with "
            "`torch.save(model.state_dict(), …)`, not the whole model."
        ) from error
    if not isinstance(state, dict) or not all(isinstance(t, torch.Tensor) for t in state.values()):
        raise CheckpointError(
            f"{path.name} holds {type(state).__name__} data, not a state_dict: save it with "
            "`torch.save(model.state_dict(), …)`."
        )
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        details = str(error).splitlines()
        reason = details[1].strip() if len(details) > 1 else details[0]
        raise CheckpointError(
            f"{path.name} was trained with another architecture than {type(model).__name__} has now "
            f"({reason[:160]}): train again, or restore the class that it was trained with."
        ) from error


def restore_or_train(
    model: nn.Module,
    train: Callable[[nn.Module], History | None],
    checkpoint: str | Path,
    *,
    retrain: bool = False,
) -> History:
    """Restore the weights from a checkpoint where there is one, else train and save them.

    Parameters
    ----------
    model : torch.nn.Module
        Untrained; holds the weights afterwards, in eval mode, on `device`.
    train : callable
        Trains the model in place; may answer lists of numbers by name, one number an epoch.
    checkpoint : str or pathlib.Path
        The file beside the notebook; its loss curves lie beside it as ``NAME.history.json``.
    retrain : bool
        Train although there is a checkpoint.

    Returns
    -------
    dict of str to list of float
        The training history, empty where none was kept.

    Raises
    ------
    CheckpointError
        While grading, when the checkpoint is missing; and whenever it cannot be loaded.
    """
    path = Path(checkpoint)
    curves = path.with_name(path.name.removesuffix(".pt") + ".history.json")
    model.to(device())
    if is_grading() or (path.exists() and not retrain):
        load_checkpoint(model, path)
        history = _read_history(curves)
    else:
        history = train(model) or {}
        save_checkpoint(model, path)
        text = json.dumps({k: [round(float(x), 5) for x in v] for k, v in history.items()})
        _replace(curves, lambda beside: beside.write_text(text + "\n", encoding="utf-8"))
    model.eval()
    return history


def _read_history(path: Path) -> History:
    """Read loss curves; a file that is missing or damaged costs the plot and nothing else."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        return {str(k): [float(x) for x in v] for k, v in content.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent or ".", prefix=".saving-") as folder:
        beside = Path(folder) / path.name
        write(beside)
        os.replace(beside, path)
