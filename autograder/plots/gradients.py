"""Figures of the layers' gradients: how exact they are, and what they look like."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from autograder.plots.style import BLUE, GREEN, GREY, ORANGE, VERMILION, show

STEPS = 10.0 ** np.arange(-13, 0)
ROWS, COLUMNS = 7, 5
DEPTH, WIDTH, SEEDS = 9, 64, 3
STRAIGHT = "A linear layer: the smaller the step, the worse the difference"
CURVED = "Where a function curves, too large a step is as bad as too small a one"


class Sigmoid:
    """y = 1 / (1 + exp(−x)), the bend that networks had before ReLU."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Answer numbers between 0 and 1, in the shape of x."""
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, d: np.ndarray) -> np.ndarray:
        """Answer the gradient by x, at most a quarter of d."""
        return d * self.y * (1 - self.y)


class WithLabels:
    """A loss as a layer of one output, with labels that are fixed.

    Parameters
    ----------
    loss : object
        With ``forward(logits, y)`` and ``backward(d)``.
    y : numpy.ndarray
        Labels, shape (n,).
    """

    def __init__(self, loss: Any, y: np.ndarray) -> None:
        self.loss, self.y = loss, y

    def forward(self, logits: np.ndarray) -> np.ndarray:
        """Answer the loss as an array without axes."""
        return np.asarray(self.loss.forward(logits, self.y))

    def backward(self, d: Any) -> np.ndarray:
        """Answer the gradient by the logits."""
        return np.asarray(self.loss.backward(float(d)))


def step_errors(layer: Any, x: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Compare a layer's backward with central differences and with a complex step.

    Parameters
    ----------
    layer : object
        With ``forward(x)`` and ``backward(d)``.
    x : numpy.ndarray
        One batch, float64.
    seed : int
        For the direction and the upstream gradient.

    Returns
    -------
    central, complex_step : numpy.ndarray
        Relative errors for every step in `STEPS`; nan where forward takes no complex numbers.
        Source of the complex step: W. Squire, G. Trapp, SIAM Review 40 (1998), 110–112.
    """
    rng = np.random.default_rng(seed)
    d = rng.normal(size=np.shape(layer.forward(x)))
    along = rng.normal(size=x.shape)
    backward = float(np.vdot(np.asarray(layer.backward(d)), along))
    central, complex_step = [], []
    for h in STEPS:
        plus, minus = layer.forward(x + h * along), layer.forward(x - h * along)
        central.append(abs(float(np.vdot(d, plus - minus)) / (2 * h) - backward))
        complex_step.append(abs(_complex_step(layer, x, along, d, h) - backward))
    scale = abs(backward) or 1.0
    return np.array(central) / scale, np.array(complex_step) / scale


def _complex_step(layer: Any, x: np.ndarray, along: np.ndarray, d: np.ndarray, h: float) -> float:
    """Im⟨d, forward(x + ihv)⟩ / h, or nan for a forward that drops the imaginary part."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            y = np.asarray(layer.forward(x + 1j * h * along))
        except TypeError:
            return float("nan")
    return float(np.vdot(d, y.imag)) / h if np.iscomplexobj(y) else float("nan")


def check_figure(layers: Mapping[str, Any], title: str = "", seed: int = 0) -> None:
    """Draw the error of central differences and of a complex step over the step size, layer by layer.

    Parameters
    ----------
    layers : mapping of str to object
        Layers that take rows of five numbers.
    title : str
        A sentence; without one, `STRAIGHT` for a single layer and `CURVED` for several.
    seed : int
        For the inputs.
    """
    x = np.random.default_rng(seed).normal(size=(ROWS, COLUMNS))
    errors = {name: step_errors(layer, x, seed) for name, layer in layers.items()}
    figure, grid = plt.subplots(
        1,
        len(errors),
        figsize=(5.2 if len(errors) == 1 else 2.7 * len(errors), 3.2),
        sharey=True,
        squeeze=False,
    )
    for axes, (name, (central, complex_step)) in zip(grid[0], errors.items(), strict=True):
        axes.loglog(STEPS, np.maximum(central, 1e-17), "o-", color=BLUE, ms=4, label="central difference")
        axes.loglog(STEPS, np.maximum(complex_step, 1e-17), "s-", color=ORANGE, ms=4, label="complex step")
        axes.axhline(1e-6, color=GREY, ls=":", lw=1)
        axes.set(xlabel="step size h", title=name if len(errors) > 1 else "")
        axes.set_ylim(1e-17, 1e2)
    grid[0][0].set_ylabel("relative error against backward")
    grid[0][0].legend(loc="upper center", fontsize=8)
    grid[0][0].annotate("the check's limit 1e-6", (1e-13, 1.6e-6), fontsize=8, color=GREY)
    figure.suptitle(title or (STRAIGHT if len(errors) == 1 else CURVED), x=0.01, ha="left", fontsize=11)
    told = "; ".join(
        f"{name}: {_valley(central, complex_step)}" for name, (central, complex_step) in errors.items()
    )
    show(figure, f"Relative error against backward over the step size h, both axes logarithmic. {told}.")


def _valley(central: np.ndarray, complex_step: np.ndarray) -> str:
    """Tell in words how two errors depend on the step."""
    best = int(central.argmin())
    return (
        f"central difference {central[-1]:.0e} at h = {STEPS[-1]:g}, least {central[best]:.0e} at {STEPS[best]:.0e}, "
        f"{central[0]:.0e} at {STEPS[0]:.0e}; complex step {complex_step[-1]:.0e} at h = {STEPS[-1]:g}, "
        f"{complex_step[0]:.0e} at {STEPS[0]:.0e}"
    )


def relu_figure(relu: Any) -> None:
    """Draw output and gradient of a ReLU over its input, for an upstream gradient of 1."""
    x = np.linspace(-2, 2, 401)
    y = relu.forward(x)
    gradient = relu.backward(np.ones_like(x))
    figure, axes = plt.subplots(figsize=(5.2, 3))
    axes.plot(x, y, color=BLUE, label="forward(x)")
    axes.plot(x, gradient, color=VERMILION, ls="--", label="backward(1)")
    axes.axvspan(-2, 0, color=GREY, alpha=0.12, lw=0)
    axes.text(-1.9, 1.55, "gate shut:\nnothing is learnt\nfrom these inputs", fontsize=9, color=GREY)
    axes.set(
        xlabel="input x",
        ylabel="output, gradient",
        title="ReLU is a gate: the input decides, d passes or does not",
    )
    axes.legend(loc="center right", bbox_to_anchor=(1, 0.3))
    show(
        figure,
        f"Over inputs from −2 to 2, the output is {y[0]:g} at −2, {y[200]:g} at 0 and {y[-1]:g} at 2; the gradient is "
        f"{gradient[0]:g} left of 0, where the ground is shaded, and {gradient[-1]:g} right of it.",
    )


def difference_figure(
    steps: Any, errors: Any, title: str = "Differences approach your gradient, until rounding takes over"
) -> None:
    """Draw the error of central differences over their step size.

    Parameters
    ----------
    steps, errors : array_like
        Step sizes and relative errors, shape (k,).
    title : str
        A sentence.
    """
    figure, axes = plt.subplots(figsize=(7, 2.8))
    axes.loglog(steps, np.maximum(errors, 1e-17), "o-")
    axes.set(xlabel="step h of the central difference", ylabel="relative error", title=title)
    told = ", ".join(f"{error:.0e} at h = {h:.0e}" for h, error in zip(steps, errors, strict=True))
    show(figure, f"A line over the step size, both axes logarithmic: {told}.")


def depth_gradients(Linear: Any, activation: Any, seed: int) -> list[float]:
    """Measure how large the gradients by the weights of a deep network are, layer by layer.

    Parameters
    ----------
    Linear, activation : type
        Layers; ``Linear(in_features, out_features)`` draws its weights from numpy's global generator.
    seed : int
        For weights, inputs and the upstream gradient.

    Returns
    -------
    list of float
        Mean size of the numbers that ``update(1.0)`` takes from ``W``, from the first of `DEPTH` layers to the last.
    """
    state = np.random.get_state()
    np.random.seed(seed)
    layers = [(Linear(WIDTH, WIDTH), activation()) for _ in range(DEPTH)]
    np.random.set_state(state)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(32, WIDTH))
    for linear, bend in layers:
        x = bend.forward(linear.forward(x))
    d, sizes = rng.normal(size=x.shape), []
    for linear, bend in reversed(layers):
        d = linear.backward(bend.backward(d))
        before = linear.W.copy()
        linear.update(1.0)
        sizes.append(float(np.abs(before - linear.W).mean()))
    return sizes[::-1]


def depth_figure(
    Linear: Any,
    ReLU: Any,
    title: str = "Through nine sigmoids the gradient vanishes; through nine ReLUs it arrives",
) -> None:
    """Draw the gradients by the weights of a deep network over its layers: with sigmoids, and with ReLUs.

    Parameters
    ----------
    Linear, ReLU : type
        The layers, as in `depth_gradients`.
    title : str
        A sentence.
    """
    kinds = {"ReLU": ReLU, "sigmoid": Sigmoid}
    found = [[depth_gradients(Linear, bend, seed) for seed in range(SEEDS)] for bend in kinds.values()]
    told, places = [], np.arange(1, DEPTH + 1)
    figure, axes = plt.subplots(figsize=(6.4, 3.2))
    for name, sizes, colour, marker in zip(kinds, np.array(found), (BLUE, ORANGE), "os", strict=True):
        axes.fill_between(places, sizes.min(axis=0), sizes.max(axis=0), color=colour, alpha=0.2, lw=0)
        axes.plot(places, sizes.mean(axis=0), color=colour, marker=marker, ms=4, label=name)
        first, last = sizes.mean(axis=0)[[0, -1]]
        told.append(f"{name}: {first:.0e} in layer 1, {last:.0e} in layer {DEPTH}")
    axes.set(
        xlabel="layer, from the input to the output",
        ylabel="mean size of ∂L/∂W",
        yscale="log",
        xticks=places,
        title=title,
    )
    axes.legend(loc="lower right")
    show(figure, f"Lines over the {DEPTH} linear layers, {SEEDS} seeds, logarithmic. {'; '.join(told)}.")


def softmax_figure(softmax: Any, logits: np.ndarray) -> None:
    """Draw the probabilities of one vector of logits beside the Jacobian, row by row from backward.

    Parameters
    ----------
    softmax : object
        A layer that takes vectors.
    logits : numpy.ndarray
        Shape (C,).
    """
    p = softmax.forward(logits)
    jacobian = np.array([softmax.backward(row) for row in np.eye(len(logits))])
    figure, (bars, heat) = plt.subplots(1, 2, figsize=(8, 3), width_ratios=(1, 1.1))
    names = [f"{i}" for i in range(len(logits))]
    bars.bar(names, p, color=BLUE)
    for place, (height, logit) in enumerate(zip(p, logits, strict=True)):
        bars.text(place, height + 0.02, f"logit {logit:g}", ha="center", fontsize=8)
    bars.set(xlabel="class", ylabel="probability", ylim=(0, 1), title="Four logits share one whole")
    limit = float(np.abs(jacobian).max())
    image = heat.imshow(jacobian, cmap="PuOr", vmin=-limit, vmax=limit)
    for i, j in np.ndindex(jacobian.shape):
        colour = "white" if abs(jacobian[i, j]) > 0.6 * limit else "black"
        heat.text(j, i, f"{jacobian[i, j]:+.3f}", ha="center", va="center", fontsize=9, color=colour)
    heat.grid(False)
    heat.set(
        xlabel="logit that is raised",
        ylabel="probability that answers",
        title="Raising one logit lowers all others",
        xticks=range(len(p)),
        yticks=range(len(p)),
    )
    plt.colorbar(image, ax=heat, label="∂p / ∂logit")
    show(
        figure,
        f"Left, bars: the logits {_listed(logits)} have the probabilities {_listed(p)}. Right, a table of colours: the "
        "derivatives of each probability by the logits are "
        + "; ".join(f"{_listed(row)} for class {i}" for i, row in enumerate(jacobian))
        + ".",
    )


def _listed(numbers: np.ndarray) -> str:
    return ", ".join(f"{number:.3g}" for number in numbers)


def cross_entropy_figure(loss: Any, logits: np.ndarray, y: np.ndarray, titles: list[str]) -> None:
    """Draw the gradient of single samples by their logits as bars: which are pushed up, which down.

    Parameters
    ----------
    loss : object
        With ``forward(logits, y)`` and ``backward()``.
    logits : numpy.ndarray
        Shape (k, C), one sample for each panel.
    y : numpy.ndarray
        Labels, shape (k,).
    titles : list of str
        One for each panel.
    """
    told = []
    figure, grid = plt.subplots(1, len(y), figsize=(9, 2.9), sharey=True)
    for axes, row, label, title in zip(grid, logits, y, titles, strict=True):
        value = float(loss.forward(row[None], np.array([label])))
        gradient = np.asarray(loss.backward())[0]
        colours = [GREEN if i == label else VERMILION for i in range(len(row))]
        axes.bar([f"{i}" for i in range(len(row))], gradient, color=colours)
        axes.axhline(0, color="black", lw=0.8)
        axes.set(xlabel=f"class (label: {label})", title=f"{title}: loss {value:.2f}", ylim=(-1.1, 1.1))
        told.append(f"{title}: loss {value:.2f}, gradient by the logits {_listed(gradient)}")
    grid[0].set_ylabel("gradient by the logit")
    figure.suptitle(
        "A step downhill raises the label's logit by as much as it lowers the others",
        x=0.01,
        ha="left",
        fontsize=11,
    )
    show(figure, f"Bars, one panel for each sample, all with label {y[0]}. {'; '.join(told)}.")
