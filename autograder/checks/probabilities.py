"""What wrong probabilities tell of themselves."""

from __future__ import annotations

import numpy as np

from autograder.checks.compare import Candidate

LEAST = 1e-12
"""An ε that is read off probabilities near 1 is rounded by some 1e-16."""


def rounded(p: np.ndarray) -> list[Candidate]:
    """What rounding makes of probabilities."""
    return [
        (
            p.round(digits),
            f"The probabilities are rounded to {digits} decimals: answer them with all their digits.",
        )
        for digits in range(1, 7)
    ]


def other_powers(logits: np.ndarray) -> list[Candidate]:
    """What comes of other powers, or of another divisor, than those of exp(x − max) over their sum.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (…, C), so small that `exp` is in range.
    """
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return [
        (
            shifted / np.exp(logits).sum(axis=-1, keepdims=True),
            "The maximum is subtracted above the line only: divide by the sum of the same powers, exp(x − max).",
        ),
        (
            shifted / np.linalg.norm(shifted, axis=-1, keepdims=True),
            "The rows are divided by their length, as `np.linalg.norm` gives it: divide by their sum.",
        ),
        (
            shifted**2 / (shifted**2).sum(axis=-1, keepdims=True),
            "The powers are squared: exp(x − max) as it is.",
        ),
    ]


def added_to_sum(came: np.ndarray, logits: np.ndarray) -> str:
    """Recognise exp(z) / (Σ exp(z) + ε), with or without the maximum subtracted, by an ε that is the same in all rows.

    Parameters
    ----------
    came : numpy.ndarray
        The student's probabilities, shape (n, C).
    logits : numpy.ndarray
        Shape (n, C), so small that `exp` is in range.

    Returns
    -------
    str
        The likely cause; empty where it is another.
    """
    with np.errstate(all="ignore"):
        lacking = 1 / came.sum(axis=1) - 1
    for shift in (logits.max(axis=1, keepdims=True), 0.0):
        powers = np.exp(logits - shift)
        sums = powers.sum(axis=1)
        added = float(np.median(lacking * sums))
        limit = 1e-9 * (1 + abs(added))
        if added > LEAST and np.allclose(
            came, powers / (sums + added)[:, None], rtol=0, atol=min(limit, added / 10)
        ):
            return (
                f"A number near {added:.1g} is added to the sum, so rows do not sum to 1: add nothing, the sum is at "
                "least 1 once each row's maximum is subtracted."
            )
    return ""
