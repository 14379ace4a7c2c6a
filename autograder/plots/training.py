"""Figures of training a convolutional network: the data, the loss, its curves, the first layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from torch import nn

from autograder import data, training
from autograder.plots.style import BLUE, GREEN, GREY, ORANGE, VERMILION, require, show

MUON = (3.4445, -4.7750, 2.0315)
"""a, b, c of Muon's rounds: K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024."""
LEARNT, UNTRAINED = "The first layer has learnt edges and colours", "Untrained filters are noise"


def augmentation(images: data.Images, seed: int = 0) -> None:
    """Draw one image of each class, and below it three augmented versions of it.

    Parameters
    ----------
    images : autograder.data.Images
        At least one image of each class.
    seed : int
        For torch, in a generator state of its own.
    """
    first = [int(np.flatnonzero(images.labels == label)[0]) for label in range(len(data.CLASSES))]
    X = training.to_tensor(images.images[first])
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        rows = [X, *(training.flip_and_crop(X) for _ in range(3))]
    figure, axes = plt.subplots(len(rows), len(first), figsize=(10, 4.2), squeeze=False)
    for k, row in enumerate(rows):
        for axis, image in zip(axes[k], row, strict=True):
            _picture(axis, image.permute(1, 2, 0).cpu().numpy())
    for axis, name in zip(axes[0], data.CLASSES, strict=True):
        axis.set_title(name, fontsize=9, loc="center")
    for axis, name in zip(axes[:, 0], ("as it is", "augmented", "augmented", "augmented"), strict=True):
        axis.set_ylabel(name, fontsize=9)
    figure.suptitle("Mirrored and shifted, an image keeps its class", x=0.01, ha="left")
    told = ", ".join(data.CLASSES)
    show(
        figure,
        f"Four rows of photographs: one of each class ({told}), and three versions, mirrored or shifted a little.",
    )


def loss_by_probability(calculate_loss: Callable[..., Any]) -> None:
    """Draw the loss of one image over the probability that its class was given.

    Parameters
    ----------
    calculate_loss : callable
        Takes X, y and a model. It is drawn as points where it asks the model for nothing but its answer.
    """
    p = np.linspace(0.005, 1, 100)
    shared = np.repeat(((1 - p) / 9)[:, None], 9, axis=1)
    rows = np.concatenate([p[:, None], shared], axis=1)
    again = np.log(np.exp(rows).sum(axis=1)) - p
    some = np.linspace(0, len(p) - 1, 12).astype(int)
    losses = _losses(calculate_loss, rows[some])
    figure, axis = plt.subplots(figsize=(7, 3.6))
    axis.plot(p, -np.log(p), color=BLUE, label="−log p")
    axis.plot(p, again, color=VERMILION, linestyle="--", label="softmax applied once more")
    axis.plot(p[some], losses, "o", color=ORANGE, label="your `calculate_loss`")
    axis.annotate(
        f"never below {again.min():.3f}", (1, again[-1]), (0.72, 2.4), arrowprops={"arrowstyle": "->"}
    )
    axis.set(xlabel="probability of the right class, p", ylabel="loss of one image (nats)", ylim=(0, 5.5))
    axis.set_title("Being certain and wrong costs most; a second softmax hides that")
    axis.legend()
    show(
        figure,
        f"Lines over the probability of the right class. −log p falls from {-np.log(p[0]):.1f} at p = {p[0]:g} to 0 at "
        f"p = 1; with softmax applied once more the loss stays between {again.max():.2f} and {again.min():.3f}. "
        f"Points show your loss, {losses[0]:.2f} at the left end and {abs(losses[-1]):.2f} at the right.",
    )


class _Constant(nn.Module):
    """A model that answers the same probabilities whatever the image."""

    def __init__(self, row: np.ndarray) -> None:
        super().__init__()
        self.row = nn.Parameter(torch.tensor(row, dtype=torch.float32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.row.expand(len(x), -1)


def _losses(calculate_loss: Callable[..., Any], rows: np.ndarray) -> list[float]:
    X, y = torch.zeros(1, 3, 32, 32), torch.zeros(1, dtype=torch.int64)
    place = training.device()
    try:
        found = [calculate_loss(X.to(place), y.to(place), _Constant(row).to(place)) for row in rows]
        return [float(loss.detach() if isinstance(loss, torch.Tensor) else loss) for loss in found]
    except (AttributeError, TypeError):
        # A right loss may ask for methods of the student's own model, which this one has not.
        return [float("nan")] * len(rows)


def loss_curves(history: training.History | None) -> None:
    """Draw training and validation loss by epoch, and mark the epoch whose weights are kept.

    Parameters
    ----------
    history : dict of str to list of float
        ``train_loss`` and ``valid_loss``, and ``valid_accuracy`` where it was kept.
    """
    history = history or {}
    if not history.get("valid_loss"):
        raise NotImplementedError(
            "there are no loss curves to draw: nothing was trained, or the training answered no list `valid_loss`"
        )
    valid = history["valid_loss"]
    epochs = np.arange(1, len(valid) + 1)
    best = int(np.argmin(valid))
    figure, axis = plt.subplots(figsize=(7, 3.6))
    if len(history.get("train_loss", ())) == len(valid):
        axis.plot(epochs, history["train_loss"], color=BLUE, marker="o", label="training, augmented images")
    axis.plot(epochs, valid, color=ORANGE, marker="s", label="validation")
    axis.plot(epochs[best], valid[best], "o", color=GREEN, markersize=13, fillstyle="none", label="kept")
    axis.set(xlabel="epoch", ylabel="mean cross-entropy (nats)", xticks=epochs, ylim=(0, None))
    axis.set_title(f"The weights of epoch {epochs[best]} have the lowest validation loss")
    axis.legend()
    told = f"Validation loss by epoch: from {valid[0]:.2f} to {valid[-1]:.2f}, least {valid[best]:.2f}"
    if len(history.get("train_loss", ())) == len(valid):
        told += f"; training loss from {history['train_loss'][0]:.2f} to {history['train_loss'][-1]:.2f}"
    show(figure, f"{told}.")


def work_by_layer(model: nn.Module | None) -> pd.DataFrame:
    """List the weights of each convolution and linear layer, and its multiplications for one image.

    Parameters
    ----------
    model : torch.nn.Module
        Takes images (n, 3, 32, 32); it keeps its mode.

    Returns
    -------
    pandas.DataFrame
        One row a layer, in the order of the model's modules, numbers as text with commas; a layer that is used
        twice multiplies twice.
    """
    require(model, "model")
    assert model is not None
    layers = [(name, m) for name, m in model.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    weights: dict[nn.Module, int] = {layer: layer.weight.numel() for _, layer in layers}
    work, answers = dict.fromkeys(weights, 0), dict.fromkeys(weights, "not used")

    def note(layer: nn.Module, _: Any, answer: torch.Tensor) -> None:
        places = answer[0].numel() // answer.shape[1 if isinstance(layer, nn.Conv2d) else -1]
        work[layer] += weights[layer] * places
        answers[layer] = " × ".join(str(length) for length in answer.shape[1:])

    hooks = [layer.register_forward_hook(note) for layer in weights]
    was_training = model.training
    device = next((p.device for p in model.parameters()), None)
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, 3, 32, 32, device=device))
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    shown = [
        (name, type(layer).__name__, answers[layer], f"{weights[layer]:,}", f"{work[layer]:,}")
        for name, layer in layers
    ]
    columns = ["layer", "kind", "answer", "weights", "multiplications"]
    return pd.DataFrame(shown, columns=columns).set_index("layer")


def muon_rounds(rounds: tuple[int, ...] = (1, 3, 5)) -> None:
    """Draw where Muon's rounds, s → a s + b s³ + c s⁵, bring a singular value.

    Parameters
    ----------
    rounds : tuple of int
        How many, for each of the lines.
    """
    a, b, c = MUON
    starts = np.geomspace(0.001, 1, 400)
    ends = [starts]
    for _ in range(max(rounds)):
        s = ends[-1]
        ends.append(a * s + b * s**3 + c * s**5)
    figure, axis = plt.subplots(figsize=(7, 3.6))
    axis.plot(starts, starts, color=GREY, linestyle="--", linewidth=1, label="as it was")
    for number in rounds:
        axis.plot(starts, ends[number], label=f"{number} round{'s' if number > 1 else ''}")
    axis.axhline(1, color=GREY, linewidth=1)
    axis.set(xscale="log", xlabel="singular value at the start", ylabel="after the rounds", ylim=(0, 1.3))
    axis.set_title("More rounds lift small singular values towards 1")
    axis.legend()
    middle = int(np.searchsorted(starts, 0.01))
    told = ", ".join(f"{ends[number][middle]:.2f} after {number}" for number in rounds)
    show(
        figure,
        f"Lines over the singular value at the start, 0.001 to 1 (logarithmic). One of 0.01 is {told}.",
    )


def filters(model: nn.Module | None, title: str = LEARNT) -> None:
    """Draw the filters of the first convolution as pictures, each stretched to the full range of colours.

    Parameters
    ----------
    model : torch.nn.Module
        Its first convolution takes three channels.
    title : str
        A sentence.
    """
    require(model, "model")
    found = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.in_channels == 3] if model else []
    require(found or None, "a convolution with three input channels")
    weights = found[0].weight.detach().float().cpu().permute(0, 2, 3, 1).numpy()[:64]
    low, high = weights.min(axis=(1, 2, 3), keepdims=True), weights.max(axis=(1, 2, 3), keepdims=True)
    pictures = (weights - low) / np.maximum(high - low, 1e-12)
    rows = -(-len(pictures) // 16)
    figure, axes = plt.subplots(rows, 16, figsize=(10, 0.75 * rows + 0.4), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture in zip(axes.flat, pictures, strict=False):
        axis.imshow(picture)
    figure.suptitle(title, x=0.01, ha="left")
    height, width = pictures.shape[1:3]
    show(figure, f"{len(pictures)} filters of {height} × {width} pixels as small coloured pictures.")


def _picture(axis: Any, image: np.ndarray) -> None:
    axis.imshow(image)
    axis.set(xticks=[], yticks=[])
    axis.grid(False)
    for spine in axis.spines.values():
        spine.set_visible(False)
