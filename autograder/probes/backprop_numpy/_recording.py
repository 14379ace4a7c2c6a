"""Layers that record what a classifier does with them. They have the three methods and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plain import Plain, plain
from ._parts import names_around


class Record:
    """What reached the layers: one entry per backward of the last layer, one per update of a linear one.

    Also what `W` of each linear layer was when samples first went through it.
    """

    def __init__(self) -> None:
        self.ids: np.ndarray = np.zeros(0)
        self.logits: np.ndarray = np.zeros((0, 0))
        self.forwards = 0
        self.first: dict[int, np.ndarray] = {}
        self.steps: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.updates: list[tuple[int, int, float]] = []

    def describe(self, classes: int) -> dict[str, Plain]:
        """The record as arrays: steps one after the other, with the number of rows of each."""
        none = np.zeros((0, classes))
        return {
            "forwards": plain(self.forwards),
            "first_W": plain([self.first[place] for place in sorted(self.first)]),
            "rows_in": plain(np.array([len(step[0]) for step in self.steps], dtype=np.int64)),
            "rows_back": plain(np.array([len(step[2]) for step in self.steps], dtype=np.int64)),
            "ids": plain(np.concatenate([np.zeros(0), *(step[0] for step in self.steps)])),
            "logits": plain(np.concatenate([none, *(step[1] for step in self.steps)])),
            "upstream": plain(np.concatenate([none, *(step[2] for step in self.steps)])),
            "update_step": plain(np.array([u[0] for u in self.updates], dtype=np.int64)),
            "update_place": plain(np.array([u[1] for u in self.updates], dtype=np.int64)),
            "update_alpha": plain(np.array([u[2] for u in self.updates], dtype=np.float64)),
        }


class LayerOfTheCheck:
    """A linear layer (its name shows in errors) that writes down the samples, gradients and updates that reach it.

    Parameters
    ----------
    W, b : numpy.ndarray
        Shapes (in, out) and (out,); they become the layer's own.
    record : Record
        Shared by the layers of one network.
    place : int
        0 for the first linear layer; that one reads the samples' numbers from column 0.
    is_last : bool
        Whether this layer answers the logits.
    """

    def __init__(self, W: np.ndarray, b: np.ndarray, record: Record, place: int, is_last: bool) -> None:
        self.W, self.b = W.copy(), b.copy()
        self._record, self._place, self._is_last = record, place, is_last
        self._x = np.zeros((0, len(W)))
        self._is_new, record.first[place] = True, self.W.copy()
        self._dW, self._db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x: Any) -> np.ndarray:
        """Answer xW + b."""
        self._x = np.array(x, dtype=np.float64)
        if self._is_new:
            self._record.first[self._place], self._is_new = np.array(self.W), False
        y = self._x @ self.W + self.b
        if self._place == 0:
            self._record.ids = np.atleast_2d(self._x)[:, 0].copy()
            self._record.forwards += 1
        if self._is_last:
            self._record.logits = np.atleast_2d(y).copy()
        return np.asarray(y)

    def backward(self, d: Any) -> np.ndarray:
        """Answer the gradient by the input, and keep those by W and b."""
        d = np.array(d, dtype=np.float64)
        rows, upstream = np.atleast_2d(self._x), np.atleast_2d(d)
        dx = upstream @ self.W.T
        self._dW, self._db = rows.T @ upstream, upstream.sum(axis=0)
        if self._is_last:
            self._record.steps.append((self._record.ids, self._record.logits, upstream))
        return dx.reshape(self._x.shape) if dx.size == self._x.size else dx

    def update(self, alpha: Any) -> None:
        """Take one step downhill."""
        step = float(alpha)
        self._record.updates.append((len(self._record.steps), self._place, step))
        self.W = self.W - step * self._dW
        self.b = self.b - step * self._db


class Tanh:
    """A layer without weights."""

    def __init__(self) -> None:
        self._y = np.zeros(0)

    def forward(self, x: Any) -> np.ndarray:
        """Answer tanh(x)."""
        self._y = np.tanh(x)
        return self._y.copy()

    def backward(self, d: Any) -> np.ndarray:
        """Answer d times the derivative 1 − tanh²."""
        return np.asarray(d * (1 - self._y**2))

    def update(self, alpha: Any) -> None:
        """Nothing to change."""


def _as_linear(Linear: Any) -> type[LayerOfTheCheck]:
    """The recording layer, as a kind of the notebook's `Linear`, for code that asks which layers have weights.

    Nothing of `Linear` runs; where the two cannot be joined, it is the recording layer as it is.
    """

    def unknown(layer: Any, name: str) -> Any:
        raise AttributeError(f"'LayerOfTheCheck' object has no attribute {name!r}")

    plainly: dict[str, Any] = {
        "__new__": lambda kind, *_, **__: object.__new__(kind),
        "__getattr__": unknown,
        **{name: getattr(object, name) for name in ("__getattribute__", "__setattr__", "__delattr__")},
    }
    try:
        joined: type[LayerOfTheCheck] = type("LayerOfTheCheck", (LayerOfTheCheck, Linear), plainly)
        joined(np.zeros((2, 2)), np.zeros(2), Record(), 0, False).forward(np.zeros((1, 2)))
    except Exception:
        return LayerOfTheCheck
    return joined


def network(W: list[np.ndarray], b: list[np.ndarray], classifier: Any = None) -> tuple[list[Any], Record]:
    """Linear layers with the given weights, a tanh between each two, and their common record.

    To the code around the classifier they are layers of its own `Linear`.
    """
    record, kind = Record(), _as_linear(names_around(classifier).get("Linear"))
    layers: list[Any] = []
    for place, (weights, bias) in enumerate(zip(W, b, strict=True)):
        if layers:
            layers.append(Tanh())
        layers.append(kind(weights, bias, record, place, place == len(W) - 1))
    return layers, record


def linear_of(layers: list[Any]) -> list[LayerOfTheCheck]:
    """The linear layers, without what stands between them."""
    return [layer for layer in layers if isinstance(layer, LayerOfTheCheck)]


def weights(layers: list[Any]) -> dict[str, Plain]:
    """Weights and biases of the linear layers."""
    linear = linear_of(layers)
    return {
        "W": plain([layer.W for layer in linear]),
        "b": plain([layer.b for layer in linear]),
    }
