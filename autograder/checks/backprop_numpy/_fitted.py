"""What the judges of fitted classifiers share: fresh samples, labels, accuracy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from autograder.checks.answer import Value, Wrong, wrong
from autograder.checks.backprop_numpy._reading import INTEGERS, require_unchanged
from autograder.checks.check import Exam

THRESHOLD = 0.85
CHAINS = 5
"""Attributes that may hold the layers; the longest are tried first."""
SAME_SHARE = 0.99
"""Rounding may turn a sample that lies on the boundary."""
SETS, N = 10, 400
"""Ten sets of 400 samples: the figure then varies by about 0.005, and a verdict is not luck."""


DEAD = 0.75
"""Of the neurons of one layer; in a new network at most a quarter answer 0 for every sample."""
NOT_A_CLASSIFIER = (
    (
        re.compile(r"'(numpy\.)?ndarray' object has no attribute 'predict'"),
        "These are predictions: leave the fitted classifier itself under this name, not what its `predict` answers.",
    ),
    (
        re.compile(r"'(list|tuple|dict)' object has no attribute 'predict'"),
        "Leave the fitted classifier itself under this name, and nothing around it: not its layers, no list or tuple.",
    ),
    (
        re.compile(r"predict\(\) missing 1 required positional argument"),
        "The class itself stands under this name: make a classifier, `MLPClassifier(network(…), …)`, and fit it.",
    ),
)
"""What an error of `predict` is likely due to."""


def moons(rng: np.random.Generator, n: int = N, noise: float = 0.075) -> tuple[np.ndarray, np.ndarray]:
    """Draw two interleaving half circles, labels 0 (upper) and 1 (lower), in random order.

    The recipe of scikit-learn's `make_moons`: https://scikit-learn.org/stable/datasets/sample_generators.html
    """
    upper, lower = n // 2, n - n // 2
    a, b = np.linspace(0, np.pi, upper), np.linspace(0, np.pi, lower)
    X = np.concatenate(
        [
            np.column_stack([np.cos(a), np.sin(a)]),
            np.column_stack([1 - np.cos(b), 0.5 - np.sin(b)]),
        ]
    )
    y = np.repeat([0, 1], [upper, lower])
    order = rng.permutation(n)
    return (X + noise * rng.normal(size=X.shape))[order], y[order]


def blobs(rng: np.random.Generator, n: int = N) -> tuple[np.ndarray, np.ndarray]:
    """Draw three round clouds with standard deviation 1, of equal size, in random order."""
    centres = np.array([[0.0, 0.0], [2.5, 2.5], [-2.5, 3.0]])
    y = rng.permutation(np.arange(n) % len(centres))
    return centres[y] + rng.normal(size=(n, 2)), y


def draw_sets(exam: Exam, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Draw ten fresh sets by the recipe of that name, one after the other."""
    recipe = {"moons": moons, "blobs": blobs}[name]
    sets = [recipe(exam.rng) for _ in range(SETS)]
    return np.concatenate([X for X, _ in sets]), np.concatenate([y for _, y in sets])


def read_labels(value: Value, n: int, classes: int, tried: str) -> np.ndarray:
    """Read integer labels in range."""
    labels = value.array(
        "`predict(X)`",
        (n,),
        INTEGERS,
        tried=tried,
        shape_causes={
            (n, classes): "Probabilities came: `predict` answers class numbers, `argmax(axis=1)`.",
            (n, 1): "A column came: class numbers have the shape (n,).",
            (classes,): "The argmax was taken down the columns: `argmax(axis=1)`.",
        },
    )
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        raise wrong(
            tried,
            f"labels from {labels.min()} to {labels.max()}",
            f"class numbers from 0 to {classes - 1}",
            f"The last layer has as many outputs as there are classes, {classes} here.",
        )
    return labels.astype(np.int64)


def ask_labels(exam: Exam, X: np.ndarray, classes: int, tried: str) -> np.ndarray:
    """Let the classifier predict; the samples must not change."""
    answer = exam.ask("predict", tried=tried, if_error=NOT_A_CLASSIFIER, X=X)
    labels = read_labels(answer["labels"], len(X), classes, tried)
    require_unchanged(answer, {"X": X}, tried)
    return labels


def require_same_labels(exam: Exam, X: np.ndarray, labels: np.ndarray, classes: int, tried: str) -> None:
    """Ask again in another order, and for a few samples alone: every sample keeps its label."""
    order = exam.rng.permutation(len(X))
    again = ask_labels(exam, X[order], classes, tried)
    few = ask_labels(exam, X[order[:3]], classes, tried)
    other, other_alone = int((again != labels[order]).sum()), int((few != labels[order[:3]]).sum())
    if other or other_alone:
        raise wrong(
            f"{tried}, the same ones in another order, and three of them alone",
            f"{other} samples have another label in another order"
            if other
            else f"{other_alone} of the three have another label alone",
            "the same label for the same sample",
            "A prediction may depend on nothing but its sample: not on the batch, not on chance, not on earlier calls.",
        )


def require_own_layers(exam: Exam, X: np.ndarray, labels: np.ndarray, classes: int, tried: str) -> None:
    """Demand that the labels are those of a chain of layers: a network decides, not a table of the samples."""
    shares = [0.0]
    for chain in range(CHAINS):
        try:
            answer = exam.ask("chained", tried=tried, X=X, chain=chain)
            given = read_labels(answer["labels"], len(X), classes, tried)
        except Wrong:
            continue  # there is none, or it is a loss, say, which takes labels too
        shares.append(float((given == labels).mean()))
    if max(shares) < SAME_SHARE:
        got = (
            f"labels of which the layers give {max(shares):.0%}"
            if len(shares) > 1
            else "labels, and no layers"
        )
        raise wrong(
            tried,
            got,
            "the column of the largest number that the layers answer, for every sample",
            "A fitted `MLPClassifier` is asked: its layers, one after the other, decide. A `predict` of another "
            "kind, or a scaling that is no layer, does not count.",
        )


def renamed(labels: np.ndarray, y: np.ndarray, classes: int) -> bool:
    """Whether the labels are right but for the names of the classes."""
    names = (np.array(names) for names in permutations(range(classes)))
    return any(bool((name[labels] == y).mean() > THRESHOLD) for name in names)


@dataclass(frozen=True)
class Layers:
    """What the layers of a classifier look like: weights, the largest share of dead neurons, the number of outputs."""

    is_finite: bool = True
    dead: float = 0.0
    width: int = 0


def look(exam: Exam, X: np.ndarray) -> Layers:
    """Look at the layers of the classifier; what cannot be seen is taken for healthy."""
    try:
        answer = exam.ask("state", X=X)
        idle = [share.number("a share") for share in answer["idle"].items()]
        return Layers(
            answer["is_finite"].flag(), max([0.0, *idle]), int(answer["width"].number("a number of outputs"))
        )
    except Wrong:
        return Layers()


def low_accuracy_cause(exam: Exam, X: np.ndarray, labels: np.ndarray, y: np.ndarray, classes: int) -> str:
    """Why a fitted classifier may be that bad."""
    if exam.stopped:
        return (
            f"The network is not trained to its end, for its cell {exam.stopped}: mend that first, and what is wrong "
            "further up."
        )
    if renamed(labels, y, classes):
        return (
            "The classes are told apart, but under other numbers: train with the labels y as they were drawn."
        )
    layers = look(exam, X)
    if not layers.is_finite:
        return (
            "Weights of the network have become nan or inf. Where a check further up is not passed, mend that first: a "
            "wrong gradient does this too. If all are, alpha is too large: print the training loss, and take a smaller "
            "one."
        )
    if layers.dead >= DEAD:
        return (
            f"Of one hidden layer {layers.dead:.0%} of the neurons are dead, they answer 0 for every sample. Where a "
            "check further up is not passed, mend that first; if all are, start anew, with a smaller alpha."
        )
    if len(np.unique(labels)) == 1:
        if 0 < layers.width < classes:
            return (
                f"Every sample is put into class {labels[0]}: the last layer has {layers.width} outputs, and needs "
                f"{classes}, one for each class."
            )
        return (
            f"Every sample is put into class {labels[0]}. Where a check further up is not passed, mend that first; if "
            "all are: was the network fitted? Print the training loss."
        )
    return ""
