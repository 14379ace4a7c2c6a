"""What the judges of layers without weights, ReLU and Softmax, have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from autograder.checks.answer import Wrong, wrong
from autograder.checks.backprop_numpy._reading import (
    finite_array,
    require_fresh_answers,
    require_unchanged,
    values,
)
from autograder.checks.check import Exam
from autograder.checks.compare import brief, relative_error
from autograder.checks.gradients import KEY_LIMIT, STEP
from autograder.checks.raised import Causes

LIKE_A_BATCH = "A batch comes out right: let a vector take the same way."
Gradient = Callable[[np.ndarray, np.ndarray], np.ndarray]
Key = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def outputs(
    exam: Exam, x: np.ndarray, tried: str, not_finite: str = "", if_error: Causes | str = ""
) -> list[np.ndarray]:
    """Outputs of the student's forward for stacked inputs."""
    answers = values(exam.ask("outputs", tried=tried, if_error=if_error, x=x)["y"], len(x))
    return [
        finite_array(
            v, "`forward(x)`", rows.shape, tried=tried, not_finite=not_finite, shape_causes=_causes(rows)
        )
        for v, rows in zip(answers, x, strict=True)
    ]


def input_gradient(
    exam: Exam, x: np.ndarray, d: np.ndarray, tried: str, not_finite: str = "", if_error: Causes | str = ""
) -> np.ndarray:
    """The student's gradient by the input, for one forward and one backward."""
    answer = exam.ask("pair", tried=tried, if_error=if_error, x=x, d=d)
    return finite_array(
        answer["dx"],
        "`backward(d)`",
        x.shape,
        tried=tried,
        not_finite=not_finite,
        shape_causes=_causes(x),
    )


def _causes(x: np.ndarray) -> dict[tuple[int, ...], str]:
    shape = x.shape
    causes = {
        (
            int((x > 0).sum()),
        ): "A mask in brackets, as in `x[x > 0]`, picks numbers out, and their places are lost: "
        "multiply by the mask, or use `np.where`.",
        (1, *shape): "An axis of length 1 was added in front: answer the shape that came in.",
        (
            *shape,
            shape[-1],
        ): "This is the whole Jacobian: multiply it by d, so that the shape of x comes back.",
        (): "Everything was summed to one number: the answer has the shape of x.",
    }
    if len(shape) == 2:
        causes[shape[1:]] = (
            "The samples were summed, or `np.max` took the largest of them: each row of x has a row of its own."
        )
        causes[(shape[0], 1)] = "The columns were summed: the answer has the shape of x."
    return causes


def require_axes_of_one(exam: Exam, layer: str, shapes: Sequence[tuple[int, ...]], key: Key) -> None:
    """Demand that a batch of one row, or of one column, keeps both axes, in `forward` and `backward`.

    Parameters
    ----------
    exam : Exam
        To ask.
    layer : str
        Its name, for the card.
    shapes : sequence of tuple of int
        Batches with an axis of length 1.
    key : callable
        The answer key: takes x and d, gives the output and the gradient by x.
    """
    lost = "An axis of length 1 got lost, as `squeeze` takes it away: a batch of one row is a batch too."
    for shape in shapes:
        x, d = exam.rng.normal(size=shape), exam.rng.normal(size=shape)
        tried = f"`{layer}()` on an array of shape {shape}"
        answer = exam.ask("pair", tried=tried, if_error=lost, x=x, d=d)
        causes = {tuple(size for size in shape if size != 1): lost, shape[1:]: lost, shape[:-1]: lost}
        for name, method, expected in zip(("y", "dx"), ("forward(x)", "backward(d)"), key(x, d), strict=True):
            came = answer[name].array(f"`{method}`", shape, tried=tried, shape_causes=causes)
            if float(np.abs(came - expected).max()) > KEY_LIMIT:
                raise wrong(
                    tried,
                    f"`{method}` = {brief(came)}",
                    brief(expected),
                    "It is right for larger batches only: take sums and maxima along the last axis, `axis=-1`.",
                )


def differences(exam: Exam, x: np.ndarray, d: np.ndarray, along: np.ndarray, tried: str) -> np.ndarray:
    """Central differences of ⟨d, forward(x)⟩ along directions, from the student's own forward."""
    moved = np.concatenate([x + STEP * along, x - STEP * along])
    totals = np.array([float(np.vdot(d, y)) for y in outputs(exam, moved, tried)])
    plus, minus = np.split(totals, 2)
    return np.asarray((plus - minus) / (2 * STEP))


def require_no_aliasing(exam: Exam, x: np.ndarray, d: np.ndarray, gradient: Gradient, tried: str) -> None:
    """Demand unchanged inputs, no memory of the call before, and state of each layer's own.

    Parameters
    ----------
    exam : Exam
        To ask.
    x, d : numpy.ndarray
        Two inputs and two upstream gradients, stacked.
    gradient : callable
        The answer key: takes x and d.
    tried : str
        For the card.
    """
    require_unchanged(exam.ask("pair", tried=tried, x=x[0], d=d[0]), {"x": x[0], "d": d[0]}, tried)
    answer = exam.ask("two_pairs", tried=tried, x=x, d=d)
    require_fresh_answers(answer, ("y", "dx"), "two pairs of forward and backward")
    second = answer["dx_second"].array("`backward(d)`", x.shape[1:], tried=tried)
    keys = [gradient(x[i], d[i]) for i in (0, 1)]
    if relative_error(second, keys[0] + keys[1]) < KEY_LIMIT:
        raise wrong(
            "two pairs of forward and backward",
            "the second answer of `backward` adds the first",
            "the gradient of the last pair",
            "The gradient of the previous call is added: assign with `=`, not `+=`.",
        )
    _require_key(second, keys[1], "two pairs of forward and backward", "what `forward` stored last")
    again = answer["dx_again"].array("`backward(d)`", x.shape[1:], tried=tried)
    if relative_error(again, keys[1]) > KEY_LIMIT:
        raise wrong(
            "`forward`, then `backward(d)` twice",
            "another gradient the second time",
            "the same one",
            "`backward` changes what `forward` has stored, as `g = self.p; g *= …` does: `g` is another name for the "
            "same array. Make a new one, or copy it first.",
        )
    answer = exam.ask("two_layers", tried=tried, x=x, d=d[0])
    first = answer["dx"].array("`backward(d)`", x.shape[1:], tried=tried)
    if relative_error(first, keys[0]) > KEY_LIMIT:
        raise wrong(
            "two layers: forward on both, then backward on the first",
            "the layers disturb each other",
            "each layer with state of its own",
            "Keep what a layer stores in `self`, not in the class or in a global variable.",
        )


def _require_key(actual: np.ndarray, expected: np.ndarray, tried: str, use: str) -> None:
    if relative_error(actual, expected) > KEY_LIMIT:
        problem: Wrong = wrong(
            tried,
            "the second answer of `backward` is not the gradient of the second pair",
            "the gradient of the last pair",
            f"Use {use}: every `forward` stores its input or output anew.",
        )
        raise problem
