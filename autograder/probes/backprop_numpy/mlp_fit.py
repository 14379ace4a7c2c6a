"""Probe of ``check_mlp_fit``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plain import Plain, plain
from ._classifier import methods, modules, modules_of_parts, own_methods
from ._parts import loss_alone
from ._recording import network, weights

__all__ = ["fit", "loss_alone", "methods", "modules", "modules_of_parts", "own_methods"]


def fit(
    MLPClassifier: Any,
    W: list[np.ndarray],
    b: list[np.ndarray],
    X: np.ndarray,
    y: np.ndarray,
    made: dict[str, Any],
    fitted: dict[str, Any],
) -> dict[str, Plain]:
    """Fit a classifier on recording layers; describe the record, the weights and the inputs afterwards.

    Parameters
    ----------
    MLPClassifier : type
        The student's class.
    W, b : list of numpy.ndarray
        Initial weights of the linear layers.
    X, y : numpy.ndarray
        Samples, whose column 0 is their number, and labels.
    made, fitted : dict
        Keyword arguments of the constructor and of `fit`.
    """
    layers, record = network(W, b, MLPClassifier)
    classifier = MLPClassifier(list(layers), **made)
    answer = classifier.fit(X, y, **fitted)
    return {
        "is_as_asked": plain(answer is None or answer is classifier),
        **record.describe(b[-1].size),
        **weights(layers),
        "X_after": plain(X),
        "y_after": plain(y),
    }


def next_numbers(
    MLPClassifier: Any,
    W: list[np.ndarray],
    b: list[np.ndarray],
    X: np.ndarray,
    y: np.ndarray,
    seeds: list[int],
) -> dict[str, Plain]:
    """For each seed of numpy's generator, fit for one epoch of one batch; its order, and the number that comes next."""
    before, drawn, orders = np.random.get_state(), [], []
    for seed in seeds:
        np.random.seed(seed)
        layers, record = network(W, b, MLPClassifier)
        MLPClassifier(list(layers), epochs=1, alpha=0.01).fit(X, y, batch_size=len(X))
        drawn.append(float(np.random.random()))
        orders.append(np.concatenate([np.zeros(0), *(step[0] for step in record.steps)]))
    np.random.set_state(before)
    return {"drawn": plain(drawn), "orders": plain(orders)}


def side_by_side(
    MLPClassifier: Any,
    W: list[list[np.ndarray]],
    b: list[list[np.ndarray]],
    X: np.ndarray,
    y: np.ndarray,
    made: list[dict[str, Any]],
    fitted: dict[str, Any],
) -> dict[str, Plain]:
    """Make two classifiers and fit the first; describe the weights of both, and the lists that they were given."""
    networks = [network(*pair, MLPClassifier)[0] for pair in zip(W, b, strict=True)]
    given = [list(layers) for layers in networks]
    classifiers = [MLPClassifier(layers, **settings) for layers, settings in zip(given, made, strict=True)]
    classifiers[0].fit(X, y, **fitted)
    answer: dict[str, Plain] = {"lengths": plain([len(layers) for layers in given])}
    answer["is_same"] = plain(
        all(
            a is b
            for ours, theirs in zip(networks, given, strict=True)
            for a, b in zip(ours, theirs, strict=False)
        )
    )
    for number, layers in enumerate(networks):
        answer |= {f"{name}_{number}": value for name, value in weights(layers).items()}
    return answer
