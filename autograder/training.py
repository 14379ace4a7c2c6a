"""Training for the notebooks: batches, evaluation, checkpoints that survive a crash, no training in grading."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from tqdm import tqdm

from autograder.data import Images
from autograder.errors import ExplainedError

GRADING_VARIABLE = "NBGRADER_EXECUTION"
SMALLEST = float(np.finfo(np.float32).tiny)
History = dict[str, list[float]]


class CheckpointError(ExplainedError):
    """A checkpoint is missing, damaged, or belongs to another architecture."""


def device() -> torch.device:
    """CUDA where there is a GPU that works, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def is_grading() -> bool:
    """Whether this notebook is being graded, where nothing is trained (nbgrader sets the variable)."""
    return os.environ.get(GRADING_VARIABLE) == "autograde"


def to_tensor(images: np.ndarray) -> torch.Tensor:
    """Turn images into what a convolution takes.

    Parameters
    ----------
    images : numpy.ndarray
        Shape (n, 32, 32, 3), uint8.

    Returns
    -------
    torch.Tensor
        Shape (n, 3, 32, 32), float32 in [0, 1], on `device`. The channels stay innermost in memory
        (`torch.channels_last`), which convolutions on a CPU read faster.
    """
    pixels = torch.from_numpy(np.array(images)).to(device())
    return pixels.permute(0, 3, 1, 2).float().div(255)


def batches(
    part: Images, batch_size: int, *, shuffle: bool = False
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Go through a part of the data once.

    Parameters
    ----------
    part : autograder.data.Images
        Images and labels.
    batch_size : int
        The last batch is smaller where the number of images asks for it.
    shuffle : bool
        In a new order, drawn from torch's global generator, or else in the order of the data.

    Yields
    ------
    X : torch.Tensor
        Shape (batch, 3, 32, 32), float32 in [0, 1], as `to_tensor` gives it.
    y : torch.Tensor
        Shape (batch,), int64.
    """
    order = (torch.randperm(len(part)) if shuffle else torch.arange(len(part))).numpy()
    for start in range(0, len(part), batch_size):
        chosen = part[order[start : start + batch_size]]
        yield to_tensor(chosen.images), torch.from_numpy(chosen.labels).to(device())


def flip_and_crop(X: torch.Tensor, padding: int = 3) -> torch.Tensor:
    """Augment a batch: mirror half of the images, and shift each by up to `padding` pixels.

    Parameters
    ----------
    X : torch.Tensor
        Shape (n, channels, height, width).
    padding : int
        The border is filled with the mirrored edge of the image before it is cropped to its size again.

    Returns
    -------
    torch.Tensor
        A new batch of the same shape; every image has a draw of its own from torch's global generator.
    """
    n, _, height, width = X.shape
    mirrored = torch.where(torch.rand(n, 1, 1, 1, device=X.device) < 0.5, X.flip(3), X)
    padded = F.pad(mirrored, (padding,) * 4, mode="reflect").permute(0, 2, 3, 1)
    top, left = torch.randint(0, 2 * padding + 1, (2, n, 1), device=X.device)
    rows = top + torch.arange(height, device=X.device)
    columns = left + torch.arange(width, device=X.device)
    image = torch.arange(n, device=X.device)
    cropped = padded[image[:, None, None], rows[:, :, None], columns[:, None, :]]
    return cropped.permute(0, 3, 1, 2)


def predict(model: nn.Module, images: np.ndarray, batch_size: int = 500) -> np.ndarray:
    """Probabilities of all classes, in eval mode and without gradients.

    Parameters
    ----------
    model : torch.nn.Module
        Maps images as `to_tensor` gives them to probabilities (n, classes); it keeps its mode.
    images : numpy.ndarray
        Shape (n, 32, 32, 3), uint8.
    batch_size : int
        Images at a time; the answer does not depend on it.

    Returns
    -------
    numpy.ndarray
        Shape (n, classes), float32.
    """
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        answers = [
            model(to_tensor(images[start : start + batch_size])).float().cpu().numpy()
            for start in range(0, len(images), batch_size)
        ]
    model.train(was_training)
    return np.concatenate(answers)


def evaluate(model: nn.Module, part: Images) -> tuple[float, float]:
    """Mean cross-entropy (in nats) and accuracy over the images of a part, as `predict` sees them."""
    probabilities = predict(model, part.images)
    right = probabilities[np.arange(len(part)), part.labels].astype(np.float64)
    loss = -np.log(np.maximum(right, SMALLEST)).mean()
    return float(loss), float((probabilities.argmax(axis=1) == part.labels).mean())


def progress(total: int) -> tqdm:
    """Open a progress bar that counts batches; it writes to standard output, not to standard error."""
    return tqdm(total=total, unit="batch", file=sys.stdout, mininterval=1.0, ncols=100)


def save_checkpoint(model: nn.Module, path: str | Path) -> None:
    """Write the model's ``state_dict``, on the CPU, so that a crash leaves the old file or the new one."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
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
    model.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
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
