"""Metrics of classifiers, from labels and predicted labels."""

from __future__ import annotations

import numpy as np

from autograder import data

CLASSES = len(data.CLASSES)


def macro_f1(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Mean over the classes of F1 = 2·TP / (2·TP + FP + FN).

    Parameters
    ----------
    labels, predicted : numpy.ndarray
        Shape (n,), integers from 0 to 9.

    Returns
    -------
    float
        In [0, 1]; a class that neither occurs nor is predicted counts 0.
    """
    return float(np.sum(f1_of_occurring(labels, predicted)) / CLASSES)


def f1_of_occurring(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """F1 of those classes that occur or are predicted, in their order.

    Parameters
    ----------
    labels, predicted : numpy.ndarray
        Shape (n,), integers from 0 to 9.

    Returns
    -------
    numpy.ndarray
        Shape (k,), with k from 0 to 10, each number in [0, 1].
    """
    hits = np.bincount(labels[labels == predicted], minlength=CLASSES)
    both = np.bincount(labels, minlength=CLASSES) + np.bincount(predicted, minlength=CLASSES)
    return np.asarray(2 * hits[both > 0] / both[both > 0])
