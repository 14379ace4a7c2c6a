"""Judge of ``check_relu``: y = max(0, x), so ∂L/∂x is d where x > 0 and 0 where x < 0.

At x = 0 every number in [0, d] is a subgradient (Goodfellow, Bengio, Courville, "Deep Learning", 2016,
section 6.3).
"""

from __future__ import annotations

import numpy as np
import torch

from autograder.checks.answer import wrong
from autograder.checks.backprop_numpy._layers import (
    LIKE_A_BATCH,
    differences,
    input_gradient,
    outputs,
    require_axes_of_one,
    require_no_aliasing,
)
from autograder.checks.backprop_numpy._methods import require_methods
from autograder.checks.backprop_numpy._numpy_only import require_numpy_only
from autograder.checks.check import Check, Exam
from autograder.checks.compare import require_close
from autograder.checks.gradients import KEY_LIMIT, directions, require_gradient
from autograder.checks.result import Finding

CHECK = Check(
    id="check_relu",
    title="ReLU layer",
    points=0.5,
    answer="relu",
    subjects=("ReLU",),
    module=__name__,
    begins="class ReLU",
)
N, WIDTH = 7, 5
SCALES = (1.0, 1e-3, 1e6)
TRIED = f"`ReLU()` on a batch of {N} rows of {WIDTH} numbers of both signs"
UPSTREAM = TRIED + " with a random upstream gradient d"
SIZES = {"the batch size": N, "the width": WIDTH}
VECTOR = f"`ReLU()` on one vector of {WIDTH} numbers"
FORWARD, BACKWARD = "`ReLU.forward`", "`ReLU.backward`"


def _draw(exam: Exam, *shape: int) -> np.ndarray:
    """Numbers of both signs, away from the kink at 0."""
    x = exam.rng.uniform(0.1, 2.0, size=shape) * exam.rng.choice([-1.0, 1.0], size=shape)
    x[..., 0] = np.abs(x[..., 0])
    x[..., 1] = -np.abs(x[..., 1])
    return x


def _key(x: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Output and gradient by x, by PyTorch in float64."""
    xt = torch.tensor(x, requires_grad=True)
    y = torch.relu(xt)
    y.backward(torch.tensor(d))
    assert xt.grad is not None
    return y.detach().numpy(), xt.grad.numpy()


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only(exam, "ReLU")


@CHECK.criterion("`forward` is max(0, x), element by element", weight=1)
def forward(exam: Exam) -> Finding:
    require_methods(exam, "ReLU", "forward", tried=TRIED)
    x = _draw(exam, N, WIDTH)
    finding = Finding()
    for scale in SCALES:
        y = outputs(exam, scale * x[None], TRIED)[0]
        finding = require_close(
            "`forward(x)`",
            y,
            _key(scale * x, x)[0],
            KEY_LIMIT,
            tried=TRIED,
            where=FORWARD,
            candidates=_forward_mistakes(scale * x),
            sizes=SIZES,
            hint="Compute `np.maximum(x, 0)`.",
        )
    return finding


def _forward_mistakes(x: np.ndarray) -> list[tuple[np.ndarray, str]]:
    return [
        (x, "x comes out as it went in: set the negative numbers to 0."),
        (np.abs(x), "This is the absolute value: negative numbers become 0, they do not change sign."),
        (np.minimum(x, 0), "This keeps the negative numbers: ReLU keeps the positive ones, max(0, x)."),
        (x > 0, "This is the mask (1 where x > 0): `forward` answers x itself there. `backward` needs the mask."),
        (np.full_like(x, x.max()), "`np.max` gives one number for all: `np.maximum(x, 0)` goes element by element."),
        (np.where(x > 0, x, 0.01 * x), "This is a leaky ReLU: negative numbers become exactly 0."),
        (1 / (1 + np.exp(-np.clip(x, -500, 500))), "This is the sigmoid: ReLU is max(0, x)."),
        (np.logaddexp(0, x), "This is softplus, log(1 + exp(x)): ReLU is max(0, x)."),
        (np.clip(x, 0, 1), "Numbers above 1 are cut off: ReLU leaves all positive numbers as they are."),
    ]  # fmt: skip


@CHECK.criterion("`backward(d)` lets d through where x > 0", weight=2)
def gradient(exam: Exam) -> Finding:
    require_methods(exam, "ReLU", "forward", "backward", tried=UPSTREAM)
    x, d = _draw(exam, N, WIDTH), exam.rng.normal(size=(N, WIDTH))
    along = directions(exam.rng, x.shape)
    numeric = differences(exam, x, d, along, UPSTREAM)
    require_gradient(
        "the gradient by the input",
        input_gradient(exam, x, d, UPSTREAM),
        numeric=numeric,
        along=along,
        key=_key(x, d)[1],
        tried=UPSTREAM,
        where=BACKWARD,
        candidates=_backward_mistakes(x, d),
        sizes=SIZES,
        hint="Compute `d * (x > 0)`, with the x of the last `forward`.",
    )
    x = SCALES[-1] * x
    return require_close(
        "the gradient by the input",
        input_gradient(exam, x, d, UPSTREAM),
        _key(x, d)[1],
        KEY_LIMIT,
        tried=UPSTREAM + f", with inputs of size {SCALES[-1]:g}",
        where=BACKWARD,
        candidates=_backward_mistakes(x, d),
        cause="It is right for inputs near 1 and not for large ones: differences lose digits there. The "
        "derivative is `x > 0` itself.",
    )


def _backward_mistakes(x: np.ndarray, d: np.ndarray) -> list[tuple[np.ndarray, str]]:
    positive = x > 0
    return [
        (d, "ReLU passes d unchanged: where the input was negative, the gradient is 0. If `forward` sets "
            "numbers to 0 in place, the stored x has lost its negative ones."),
        (np.maximum(d, 0), "The mask is taken from d, not from the input: store x in `forward`, use `x > 0`."),
        (np.where(positive, np.maximum(d, 0), 0), "Negative upstream gradients are cut off: only the input decides."),
        (positive, "The upstream gradient is ignored: multiply the mask by d."),
        (d * np.maximum(x, 0), "d is multiplied by the output: multiply it by the mask `x > 0`, which is 0 or 1."),
        (np.maximum(x, 0), "The output of `forward` came, x where x > 0: the gradient there is d."),
        (d * x, "d is multiplied by the input: multiply it by the mask `x > 0`, which is 0 or 1."),
        (d * ~positive, "The mask is the wrong way round: d passes where x > 0."),
        (np.where(positive, d, 0.01 * d), "This is the gradient of a leaky ReLU: it is exactly 0 where x < 0."),
        (d * np.sign(x), "Where x < 0 the gradient is 0, not −d: use `x > 0`, not the sign."),
    ]  # fmt: skip


@CHECK.criterion(
    "a batch of one row, and one of one column, keep their axes", needs=["forward", "gradient"], weight=0.5
)
def axes_of_one(exam: Exam) -> None:
    require_axes_of_one(exam, "ReLU", [(1, WIDTH), (N, 1)], _key)


@CHECK.criterion("a vector works in `forward` and `backward` too", needs=["forward", "gradient"], weight=0.5)
def vector(exam: Exam) -> Finding:
    x, d = _draw(exam, WIDTH), exam.rng.normal(size=WIDTH)
    y, dx = _key(x, d)
    require_close(
        "`forward(x)`",
        outputs(exam, x[None], VECTOR)[0],
        y,
        KEY_LIMIT,
        tried=VECTOR,
        where=FORWARD,
        candidates=_forward_mistakes(x),
        hint=LIKE_A_BATCH,
    )
    answer = input_gradient(exam, x, d, VECTOR)
    return require_close(
        "`backward(d)`",
        answer,
        dx,
        KEY_LIMIT,
        tried=VECTOR,
        where=BACKWARD,
        candidates=_backward_mistakes(x, d),
        hint=LIKE_A_BATCH,
    )


@CHECK.criterion("at exactly 0 the gradient is between 0 and d", needs=["gradient"], weight=0.5)
def at_zero(exam: Exam) -> None:
    x, d = _draw(exam, N, WIDTH), exam.rng.normal(size=(N, WIDTH))
    x[:, 2] = 0.0
    tried = TRIED + ", one column of them exactly 0"
    not_finite = "0 / 0 gives nan: use the mask `x > 0` rather than a quotient."
    dx = input_gradient(exam, x, d, tried, not_finite)
    share = dx[:, 2] / d[:, 2]
    if share.min() < 0 or share.max() > 1:
        raise wrong(
            tried,
            f"{share[np.argmax(np.abs(share))]:.4g} times d where x is 0",
            "between 0 and 1 times d",
            "At the kink any slope between those of the two sides will do: 0 or 1 times d.",
            BACKWARD,
        )
    elsewhere = x != 0
    require_close(
        "`backward(d)`", dx[elsewhere], _key(x, d)[1][elsewhere], KEY_LIMIT, tried=tried, where=BACKWARD
    )


@CHECK.criterion(
    "nothing is overwritten, added up or shared by accident", needs=["forward", "gradient"], weight=1
)
def no_aliasing(exam: Exam) -> None:
    x, d = _draw(exam, 2, N, WIDTH), exam.rng.normal(size=(2, N, WIDTH))
    require_no_aliasing(exam, x, d, lambda inputs, upstream: _key(inputs, upstream)[1], TRIED)
