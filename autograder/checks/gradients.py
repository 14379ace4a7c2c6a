"""The numerical half of a gradient check: central differences along random directions.

Source of the method: W. H. Press et al., "Numerical Recipes", 3rd ed., 2007, section 5.7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from autograder.checks.answer import require_finite, wrong
from autograder.checks.compare import Candidate, relative_error, require_close
from autograder.checks.result import Finding

STEP = 1e-5
NUMERIC_LIMIT = 1e-6
KEY_LIMIT = 1e-9
DIRECTIONS = 5


def directions(rng: np.random.Generator, shape: tuple[int, ...], count: int = DIRECTIONS) -> np.ndarray:
    """Draw random unit directions, shape ``(count, *shape)``."""
    drawn = rng.normal(size=(count, *shape))
    norms = np.sqrt((drawn**2).sum(axis=tuple(range(1, drawn.ndim)), keepdims=True))
    return np.asarray(drawn / norms)


ASSIGNED = "The step stands in place of what was there: subtract it by `-=`, for `=-` assigns."
"""Of a step W ← −α·∂L/∂W."""


def central_differences(
    function: Callable[[np.ndarray], float], point: np.ndarray, along: np.ndarray, step: float = STEP
) -> np.ndarray:
    """Differentiate a scalar function along directions: (f(x + hv) − f(x − hv)) / 2h.

    Parameters
    ----------
    function : callable
        Takes an array like `point` and gives a float.
    point : numpy.ndarray
        float64.
    along : numpy.ndarray
        Shape ``(count, *point.shape)``.
    step : float
        h; with float64 and values near 1 the error is near h².

    Returns
    -------
    numpy.ndarray
        Shape (count,), float64.
    """
    return np.array([(function(point + step * v) - function(point - step * v)) / (2 * step) for v in along])


def require_gradient(
    what: str,
    gradient: np.ndarray,
    *,
    numeric: np.ndarray,
    along: np.ndarray,
    key: np.ndarray,
    tried: str = "",
    where: str = "",
    candidates: Iterable[Candidate] = (),
    sizes: Mapping[str, int] | None = None,
    cause: str = "",
    hint: str = "It differs from the derivative of the right forward: derive it anew on paper.",
) -> Finding:
    """Demand both halves of a gradient check.

    Parameters
    ----------
    what : str
        Name for the card.
    gradient : numpy.ndarray
        The student's, float64; type and shape are checked already.
    numeric : numpy.ndarray
        Shape (count,): `central_differences` of the student's own forward along `along`.
    along : numpy.ndarray
        Shape ``(count, *gradient.shape)``.
    key : numpy.ndarray
        The gradient by the answer key.
    tried, where, candidates, sizes, cause, hint
        As in `autograder.checks.compare.require_close`.

    Returns
    -------
    Finding
        With the error against the key.

    Raises
    ------
    Wrong
        When the gradient differs from the key by more than 1e-9, or from the differences by more
        than 1e-6, relative to the largest number.
    """
    require_finite(gradient, what, tried)
    finding = require_close(
        what,
        gradient,
        key,
        KEY_LIMIT,
        tried=tried,
        where=where,
        candidates=candidates,
        sizes=sizes,
        cause=cause,
        hint=hint,
    )
    own = np.array([float(np.vdot(gradient, v)) for v in along])
    error = relative_error(own, numeric)
    if not error <= NUMERIC_LIMIT:
        raise wrong(
            tried,
            f"{what} along a random direction: {own[0]:.6g}",
            f"{numeric[0]:.6g}, by central differences of your own `forward`",
            "`backward` is not the derivative of this `forward`: `forward` itself is wrong, or the two use different "
            "stored values.",
            where,
            relative_error=error,
            limit=NUMERIC_LIMIT,
        )
    return finding
