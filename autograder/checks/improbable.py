"""Numbers that are added inside a logarithm: too small to be seen at ordinary probabilities, and still wrong.

With every label's probability at p the loss −log(p + ε) is off by ε/p, and ε is read off it. At 3e-6 an ε of 1e-13
is above the limit of the keys, one of 1e-14 below, and there is none between them that is in use.
"""

from __future__ import annotations

import math

from autograder.checks.compare import SINGLE, is_single

IMPROBABLE = 3e-6
ROUNDED = "The loss is rounded: answer it with all its digits."


def added_inside(loss: float) -> str:
    """The likely cause of a wrong loss where all labels have the probability `IMPROBABLE`.

    Parameters
    ----------
    loss : float
        The student's, the mean of −log p without any penalty.

    Returns
    -------
    str
        It names the number, where there is one.
    """
    there = math.exp(-loss) if abs(loss) < 700 else 0.0
    added = there - IMPROBABLE
    if is_single(loss):
        return SINGLE
    if loss == round(loss, 8):
        return ROUNDED
    if _is_round(there) and not _is_round(added):
        return (
            f"Probabilities below {there:.0e} are raised to it, which changes the loss: take log p from the logits, or "
            "keep p away from 0 by `np.clip(p, 1e-12, 1)`."
        )
    if added <= 0:
        return "Work with the logits: log softmax is x − m − log Σ exp(x − m), with m the row's maximum."
    return (
        f"A number near {added:.0e} is added inside the logarithm, which changes the loss: take log p from the logits, "
        "or keep p away from 0 by `np.clip(p, 1e-12, 1)`, which leaves all others as they are."
    )


def _is_round(number: float) -> bool:
    """Whether it has one digit that is not 0, as a limit or an ε that somebody has written down."""
    return number > 0 and math.isclose(number, float(f"{number:.0e}"), rel_tol=1e-9)
