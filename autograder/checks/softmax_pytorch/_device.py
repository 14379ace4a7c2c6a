"""What two checks ask of the argument `device`: that batches go there."""

from __future__ import annotations

import numpy as np

from autograder.checks.answer import Value, wrong

ON_CPU = "On a CPU nothing shows that it is missing; on a GPU the first batch ends in an error."


def require_moved(left: np.ndarray, came: str, expected: str, line: str, *, tried: str, where: str) -> None:
    """Raise `Wrong` where batches reached what computes without a move.

    Parameters
    ----------
    left : numpy.ndarray
        Shape (n,), bool: for each sample whether it was left where it lay.
    came, expected, line : str
        For the card: what reached what, what should have, and the line that does it.
    tried, where : str
        For the card.
    """
    if left.any():
        cause = f"Write `{line}`. {ON_CPU}"
        raise wrong(tried, f"{came} without `.to(device)`", expected, cause, where)


def require_no_global(name: Value, function: str, *, tried: str) -> None:
    """Raise `Wrong` where a global stands for the argument `device`; its name is empty where none does."""
    if stands_there := name.text():
        raise wrong(
            tried,
            f"`{function}` never reads its argument `device`, and reads `{stands_there}` from outside",
            "batches on the device that is given",
            f"Write `device` in place of `{stands_there}`. Here both are the same place; where they are not, the batch "
            "and the model lie on two devices, and the first batch ends in an error.",
            f"`{function}`",
        )
