"""Training for the notebooks: batches, evaluation, checkpoints that survive a crash, no training in grading."""

from __future__ import annotations

import collections
import contextlib
import inspect
import json
import os
import random
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from tqdm import tqdm

from autograder import accelerator
from autograder.data import Images
from autograder.errors import ExplainedError
from autograder.files import history_of, replacing

GRADING_VARIABLE = "NBGRADER_EXECUTION"
ZIP = b"PK\x03\x04"
WRAPPERS = (
    ("module.", "`nn.DataParallel`", "model.module"),
    ("_orig_mod.", "`torch.compile`", "model._orig_mod"),
)
"""How names of weights begin that a network around the network has saved, and where the network is in it."""
SMALLEST = float(np.finfo(np.float32).tiny)
History = dict[str, list[float]]
STATE = (
    "settings",
    "epochs_done",
    "model",
    "optimizer",
    "schedule",
    "history",
    "generators",
    "lowest",
    "best",
)


class _Curves(dict[str, list[float]]):
    """A training history that says what it holds where a list is asked for that it lacks."""

    def __missing__(self, name: str) -> list[float]:
        there = ", ".join(f"`{known}`" for known in self) or "no list at all"
        raise ExplainedError(
            f"The training history has no list {name!r}, only {there}: let `train` answer one, with one number an "
            "epoch, and train again."
        )


class CheckpointError(ExplainedError):
    """A checkpoint is missing, damaged, or belongs to another architecture."""


def device() -> torch.device:
    """CUDA where there is a GPU that works, else the CPU; one that is there and fails is named once."""
    return accelerator.best()


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
    with accelerator.explained(), torch.inference_mode():
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


def learn_by_heart(
    model: nn.Module,
    calculate_loss: Callable[[torch.Tensor, torch.Tensor, nn.Module], torch.Tensor],
    part: Images,
    *,
    steps: int,
    rate: float = 1e-3,
) -> tuple[float, float]:
    """Train on one batch alone, by Adam: a right model and loss soon know it by heart.

    Parameters
    ----------
    model : torch.nn.Module
        Trained in place.
    calculate_loss : callable
        Takes X, y and the model, answers a scalar.
    part : autograder.data.Images
        The batch.
    steps : int
        How many, all on the same batch.
    rate : float
        Learning rate.

    Returns
    -------
    loss, accuracy : float
        The loss before the last step, and the accuracy on the batch, in eval mode, after it.
    """
    model.to(device())
    ((X, y),) = batches(part, len(part))
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    loss = torch.full((), float("nan"))
    with accelerator.explained():
        for _ in range(steps):
            loss = calculate_loss(X, y, model.train())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return loss.item(), evaluate(model, part)[1]


def progress(total: int) -> tqdm:
    """Open a progress bar that counts batches; it writes to standard output, not to standard error."""
    return tqdm(total=total, unit="batch", file=sys.stdout, mininterval=1.0, ncols=100)


def save_checkpoint(model: nn.Module, path: str | Path) -> None:
    """Write the model's ``state_dict``, on the CPU, so that a crash leaves the old file or the new one."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with replacing(Path(path)) as beside:
        torch.save(state, beside)


def load_checkpoint(model: nn.Module, path: str | Path) -> None:
    """Load a ``state_dict`` into a model, strictly and without running code from the file.

    Raises
    ------
    CheckpointError
        The file is missing, is no ``state_dict``, or does not fit the model.
    """
    path = Path(path)
    state = read_checkpoint(path)
    for prefix, made_by, there in WRAPPERS:
        if state and all(name.startswith(prefix) for name in state):
            raise CheckpointError(
                f"The names in {path.name} begin with `{prefix}`, as {made_by} makes them: save the weights of the "
                f"network inside it, `torch.save({there}.state_dict(), …)`."
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


def is_cut_off(path: Path) -> bool:
    """Whether a file begins as `torch.save` writes it, and does not end so."""
    with path.open("rb") as file:
        return file.read(4) == ZIP and not zipfile.is_zipfile(path)


def read_checkpoint(path: Path) -> dict[str, torch.Tensor]:
    """Read a ``state_dict``, on the CPU and without running code from the file.

    Raises
    ------
    CheckpointError
        The file is missing, or is no ``state_dict``.
    """
    if not path.exists():
        raise CheckpointError(
            f"There is no checkpoint {path.name} beside the notebook: train the model, and hand the file in "
            "with the notebook."
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        if is_cut_off(path):
            raise CheckpointError(
                f"{path.name} is damaged or cut off, at {path.stat().st_size:,} bytes: copy or save it again."
            ) from error
        raise CheckpointError(
            f"{path.name} is not a state_dict that can be loaded safely ({type(error).__name__}): save it with "
            "`torch.save(model.state_dict(), …)`, not the whole model."
        ) from error
    if isinstance(state, dict):
        for name, value in state.items():
            if isinstance(value, dict) and value and all(isinstance(t, torch.Tensor) for t in value.values()):
                raise CheckpointError(
                    f"{path.name} holds more than a state_dict, which lies under {str(name)[:40]!r} in it: save the "
                    "state_dict alone, `torch.save(model.state_dict(), …)`."
                )
    if not isinstance(state, dict) or not all(isinstance(t, torch.Tensor) for t in state.values()):
        raise CheckpointError(
            f"{path.name} holds {type(state).__name__} data, not a state_dict: save it with "
            "`torch.save(model.state_dict(), …)`."
        )
    return state


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
        The training history. Where none was kept, a sentence says so, and every name has an empty list.

    Raises
    ------
    CheckpointError
        While grading, when the checkpoint is missing; and whenever it cannot be loaded.
    ExplainedError
        What is to be trained is no network, or what is to train it no function of one.
    DeviceError
        The GPU is full, busy, or failed; see `autograder.accelerator`.
    """
    if not isinstance(model, nn.Module):
        raise ExplainedError(
            "`restore_or_train(model, learn, …)` takes a network first, such as `Model()` makes, and got "
            f"{'a class' if isinstance(model, type) else f'an object of type {type(model).__name__}'}."
        )
    path = Path(checkpoint)
    curves = path.with_name(history_of(path.name))
    with accelerator.explained():
        model.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    if is_grading() or (path.exists() and not retrain):
        load_checkpoint(model, path)
        history = _read_history(curves)
        print(f"restored from {path.name}")
    else:
        _require_function_of_model(train, model)
        with accelerator.explained():
            answer: object = train(model)
        save_checkpoint(model, path)
        history = _as_history(answer)
        text = json.dumps({k: [round(x, 5) for x in v] for k, v in history.items()})
        with replacing(curves) as beside:
            beside.write_text(text + "\n", encoding="utf-8")
        print(f"trained, and saved as {path.name}")
    model.eval()
    return history


def _as_history(answer: object) -> History:
    """What a training answered, as far as it is lists of numbers by name; the weights are worth more than that."""
    history: History = _Curves()
    if answer is not None and not isinstance(answer, Mapping):
        print(
            f"The training answered an object of type {type(answer).__name__}, where a dictionary of lists was "
            'expected, as {"valid_loss": […]}, with one number an epoch: it is left out.'
        )
    odd = ""
    for name, values in answer.items() if isinstance(answer, Mapping) else ():
        try:
            history[str(name)] = [float(x) for x in values]
        except (TypeError, ValueError):
            odd = f"{str(name)!r}, an object of type {type(values).__name__}"
    if odd:
        print(
            f"The training answered {odd}, where a list with one number an epoch was expected: it is left out."
        )
    if not history:
        print("The training answered no history: without one there are no loss curves. Train again with one.")
    return history


def _require_function_of_model(train: object, model: nn.Module) -> None:
    wanted = "`restore_or_train(model, learn, …)` takes a function of one argument, the model, and calls it"
    if not callable(train):
        raise ExplainedError(
            f"{wanted}: what it got is an object of type {type(train).__name__}. Write its name without parentheses."
        )
    with contextlib.suppress(ValueError):  # of what is written in C the arguments are not known
        try:
            inspect.signature(train).bind(model)
        except TypeError as error:
            raise ExplainedError(
                f"{wanted}: `{getattr(train, '__name__', 'this one')}` cannot be called so ({error}). Write one that "
                "goes through the epochs and answers the history."
            ) from error


def resumable_epochs(
    epochs: int,
    path: str | Path,
    model: nn.Module,
    optimizer: Optimizer,
    schedule: LRScheduler | None = None,
    *,
    history: History,
    keep_lowest: str = "",
    settings: Mapping[str, object] | None = None,
) -> Iterator[int]:
    """Count the epochs of a training that may be stopped at any moment and gone on with later.

    After every epoch all that the next one depends on is written to `path`: weights, optimiser, schedule,
    history, and the states of the generators of Python, numpy and torch. Where the file is there already,
    all of it is restored and the count goes on behind the last epoch that was finished. On a CPU, with the
    same versions and number of threads, the weights at the end are bit for bit those of a training that
    was never stopped. The file goes when the last epoch is over, so that the next training starts anew.

    Parameters
    ----------
    epochs : int
        How many in all, those of earlier runs included.
    path : str or pathlib.Path
        The file; a crash while it is written leaves the one of the epoch before.
    model, optimizer, schedule
        Made anew, and in the same way, for every run.
    history : dict of str to list of float
        The loop appends to it; it is filled with what earlier runs appended.
    keep_lowest : str
        Name in `history`: the weights of the epoch with the lowest last number there are kept, and are
        those of the model in the end. Without it, the last epoch's are.
    settings : mapping of str to object, optional
        What else the training depends on, as batch size and seed; compared by `repr`.

    Yields
    ------
    int
        The epoch to run, counted from 0.

    Raises
    ------
    CheckpointError
        The file is damaged, or was written by a training of another network or with other settings.
    """
    path = Path(path)
    fixed = _settings(epochs, optimizer, schedule, {**(settings or {}), "keep_lowest": keep_lowest})
    first, lowest, best = 0, float("inf"), None
    if path.exists():
        state = _read_state(path, model, fixed)
        first, lowest, best = state["epochs_done"], state["lowest"], state["best"]
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        if schedule is not None:
            schedule.load_state_dict(state["schedule"])
        history.update(state["history"])
        _set_generators(state["generators"])
    for epoch in range(first, epochs):
        yield epoch
        if keep_lowest and history[keep_lowest][-1] < lowest:
            lowest = float(history[keep_lowest][-1])
            best = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        state = {
            "settings": fixed,
            "epochs_done": epoch + 1,
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict() if schedule is not None else None,
            "history": {name: [float(number) for number in numbers] for name, numbers in history.items()},
            "generators": _generators(),
            "lowest": lowest,
            "best": best,
        }
        with replacing(path) as beside:
            torch.save(state, beside)
    if best is not None:
        model.load_state_dict(best)
    path.unlink(missing_ok=True)


def _settings(
    epochs: int, optimizer: Optimizer, schedule: LRScheduler | None, others: Mapping[str, object]
) -> dict[str, str]:
    """What two runs of one training must have in common, by name; taken before the first step."""
    named: dict[str, object] = {**others, "epochs": epochs, "the optimiser": type(optimizer).__name__}
    named |= optimizer.defaults
    for number, group in enumerate(optimizer.state_dict()["param_groups"]):
        named |= {f"{name} of group {number}": value for name, value in group.items()}
    named["the schedule"] = type(schedule).__name__
    if schedule is not None:
        named |= {f"{name} of the schedule": value for name, value in schedule.state_dict().items()}
    return {name: repr(value) for name, value in named.items()}


def _read_state(path: Path, model: nn.Module, fixed: dict[str, str]) -> dict[str, Any]:
    """Read what `resumable_epochs` wrote, for the same network and settings."""
    advice = "delete the file to train from the start"
    try:
        with zipfile.ZipFile(path) as archive:  # torch.load does not look at the checksums
            if archive.testzip() is not None:
                raise zipfile.BadZipFile
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        there = {name: tuple(tensor.shape) for name, tensor in state["model"].items()}
        before = dict(state["settings"])
        if tuple(state) != STATE:
            raise KeyError
    except Exception as error:
        raise CheckpointError(
            f"{path.name} is damaged or was not written by `resumable_epochs` ({type(error).__name__}): {advice}."
        ) from error
    here = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    for what, old, new in (("network", there, here), ("training", before, fixed)):
        for name in [*old, *new]:
            if old.get(name) != new.get(name):
                raise CheckpointError(
                    f"{path.name} belongs to another {what}, where {name} is {old.get(name, 'not there')} and not "
                    f"{new.get(name, 'missing')}: set it up as it was, or {advice}."
                )
    return state


def _generators() -> dict[str, Any]:
    """States of the global generators, as numbers and tensors alone."""
    state = np.random.get_state(legacy=False)
    assert isinstance(state, dict)
    inner = state["state"] | {"key": state["state"]["key"].tolist()}
    return {
        "python": random.getstate(),
        "numpy": state | {"state": inner},
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all(),
    }


def _set_generators(state: dict[str, Any]) -> None:
    inner = state["numpy"]["state"]
    random.setstate(state["python"])
    np.random.set_state(state["numpy"] | {"state": inner | {"key": np.array(inner["key"], dtype=np.uint32)}})
    torch.set_rng_state(state["torch"])
    if len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])


def _read_history(path: Path) -> History:
    """Read loss curves; a file that is missing or damaged costs the plot and nothing else."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        return _Curves({str(k): [float(x) for x in v] for k, v in content.items()})
    except (OSError, ValueError, AttributeError, TypeError):
        state = "cannot be read" if path.exists() else "is not beside it"
        print(f"{path.name} {state}: no losses and no times are known, and each list of them is empty.")
        return collections.defaultdict(list)
