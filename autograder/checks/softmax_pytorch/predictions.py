"""Judge of ``check_predictions``: labels and predicted labels, in the iterator's order."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from autograder.checks.answer import GENERATOR, Answer, Value, malformed, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.hidden import require_nothing_hidden
from autograder.checks.layers import CAUSES
from autograder.checks.raised import Causes, on_lines
from autograder.checks.softmax_pytorch._device import require_moved, require_no_global

CHECK = Check(
    id="check_predictions",
    title="Predictions",
    points=0.5,
    answer="get_predictions",
    subjects=("get_predictions",),
    module=__name__,
)
N, BATCH, CLASSES = 23, 5, 7
IMAGE, FEATURES = (3, 2, 2), 12
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")
TRIED = f"`get_predictions(model, iterator, device)` on {N} samples in batches of {BATCH}"
TRIED_SHUFFLED = TRIED + ", shuffled anew in every pass"
WHERE = "`get_predictions`"
WHAT = ("the vector of labels", "the vector of predicted labels")


ERRORS: Causes = (
    (
        re.compile(r"but got (torch\.return_types\.)?max\b"),
        "`max(1)` answers a pair, of values and places: `argmax(1)` gives the places alone.",
    ),
    (
        re.compile(
            r"cannot be converted to Scalar|only one element tensors can be converted to Python scalars"
        ),
        "`.item()` and `int()` take the number out of a tensor that holds one, and a batch has several predictions: "
        "collect the vector, and join all at the end.",
    ),
    (
        re.compile(r"'Samples' object has no attribute"),
        "A data set need not have this name: take the labels from the batches, `for x, y in iterator`.",
    ),
    (
        re.compile(r"zero-dimensional tensor .*cannot be concatenated"),
        "One number was collected where a vector for each batch belongs: `argmax()` without an axis gives one for the "
        "whole batch, `argmax(1)` one for each image.",
    ),
    (
        re.compile(
            r"only integer tensors of a single element|inhomogeneous|expected sequence of length"
            r"|Sizes of tensors must match except in dimension 0"
        ),
        "Vectors of different lengths, the batches, become one vector by `torch.cat(list_of_batches)`, and by nothing "
        "that makes rows of them.",
    ),
    (
        re.compile(r"must match the size of tensor"),
        on_lines(
            re.compile(r"\+="),
            "`+=` adds the numbers of two batches: append each batch to a list, and join the list at the end.",
        ),
    ),
    (
        re.compile(r"expand\(torch\.\w*Tensor\{\[\d+\]\}, size=\[\]\)"),
        "A whole batch is written into one place: append each batch to a list, and join the list at the end.",
    ),
    (
        re.compile(rf"\(3x4 and {FEATURES}x{CLASSES}\)"),
        "The model was given one image without its batch axis: go through `iterator`, which gives batches, and not "
        "through its `.dataset`.",
    ),
    *CAUSES,
)


def _given(exam: Exam) -> dict[str, Any]:
    return {
        "x": exam.rng.normal(size=(N, *IMAGE)).astype(np.float32),
        "y": exam.rng.integers(0, CLASSES, size=N),
        "W": exam.rng.normal(size=(CLASSES, FEATURES)).astype(np.float32),
        "b": exam.rng.normal(size=CLASSES).astype(np.float32),
    }


def _key(given: dict[str, np.ndarray]) -> np.ndarray:
    logits = given["x"].reshape(N, -1).astype(np.float64) @ given["W"].astype(np.float64).T + given["b"]
    return np.asarray(logits.argmax(1))


def _two(answer: Answer, tried: str) -> list[Value]:
    pair = answer["answer"]
    items = pair.items() if pair.type in ("tuple", "list") else []
    if isinstance(pair.data, np.ndarray) and pair.data.ndim == 2 and len(pair.data) == 2:
        items = [Value({**pair.description, "data": row}) for row in pair.data]
    if len(items) != 2:
        raise wrong(
            tried,
            "None" if pair.type == "NoneType" else "something else than a pair",
            "two vectors: labels, predicted labels",
            GENERATOR if pair.type == "generator" else "End with `return labels, predicted`.",
            WHERE,
        )
    return items


def _vectors(answer: Answer, tried: str) -> tuple[np.ndarray, np.ndarray]:
    """Read both, where lists of numbers will do: that they are lists is said of the labels already."""
    first, second = (
        _vector(value, what, tried, is_list_fine=True)
        for value, what in zip(_two(answer, tried), WHAT, strict=True)
    )
    return first, second


def _is_list_of_numbers(value: Value) -> bool:
    return value.type in ("list", "tuple") and all(item.type == "int" for item in value.items())


def _vector(value: Value, what: str, tried: str, is_list_fine: bool) -> np.ndarray:
    """Read a vector of class numbers: a tensor or an array, or a list of numbers where that is fine."""
    if is_list_fine and _is_list_of_numbers(value) and len(value.items()) == N:
        return np.array([int(item.number(what, tried=tried)) for item in value.items()])
    if value.type in ("list", "tuple"):
        raise wrong(
            tried,
            f"{what} is a {value.type}",
            f"a tensor or an array of {N} integers",
            "A list of numbers becomes a vector at the end: `torch.tensor(numbers)`."
            if _is_list_of_numbers(value)
            else "Join the batches at the end: `torch.cat(list_of_batches)`.",
            WHERE,
        )
    last = N % BATCH
    return value.array(
        what,
        (N,),
        INTEGERS,
        tried=tried,
        kind="Tensor" if value.type == "Tensor" else "ndarray",
        shape_causes={
            (N, 1): "`keepdim=True` keeps an axis of length 1: leave it out, the shape is (n,).",
            (1, N): "The vector lies in an axis too much: the shape is (n,).",
            (N, 10): "These are one-hot rows: return the class numbers, `argmax(1)`.",
            (
                N - BATCH,
            ): "A whole batch is missing: is one taken from the iterator before the loop, or left out?",
            (N, CLASSES): "These are scores or probabilities for each class: take `argmax(1)` of them.",
            (last,): "Only the last batch is left: collect every batch in a list and join them at the end.",
            (
                last,
                CLASSES,
            ): "Only the last batch is left, and as scores: collect every batch, take `argmax(1)`.",
            (BATCH,): "Only one batch is left: collect every batch in a list and join them at the end.",
            (N - last,): "The last, smaller batch is missing.",
            (
                2 * N,
            ): "Labels and predictions came into one list: `labels = predicted = []` makes one, with two names. "
            "Write `labels, predicted = [], []`.",
            (CLASSES,): "The largest is taken over the samples: take it over the classes, `argmax(1)`.",
            (
                CLASSES * -(-N // BATCH),
            ): "The largest is taken over the samples of each batch: take it over the classes, `argmax(1)`.",
        },
    )


def _answer(exam: Exam) -> tuple[dict[str, np.ndarray], list[Value]]:
    """What was given, and the two vectors that came, not read yet."""
    if "answer" not in exam.memory:
        given = _given(exam)
        answer = exam.ask(
            "predictions",
            tried=TRIED,
            if_error=ERRORS,
            **given,
            batch_size=BATCH,
            norm=False,
            shuffle_seed=None,
        )
        exam.memory["answer"] = given, _two(answer, TRIED)
    return exam.memory["answer"]


def _is(value: Value, right: np.ndarray) -> bool:
    """Whether a vector that may be of any form holds these numbers."""
    return isinstance(value.data, np.ndarray) and np.array_equal(value.data, right)


def _require(what: str, got: np.ndarray, right: np.ndarray, other: np.ndarray, cause: str) -> None:
    if np.array_equal(got, right):
        return
    if np.array_equal(got, other):
        cause = "The two are swapped: labels come first, predicted labels second."
    elif np.array_equal(np.sort(got), np.sort(right)):
        cause = "The right numbers in another order: keep the order of the iterator, do not shuffle or sort."
    raise wrong(
        TRIED,
        f"{what}: {got[:5].tolist()} …",
        f"{right[:5].tolist()} …",
        cause,
        WHERE,
    )


@CHECK.criterion("the first vector holds the labels, in the iterator's order")
def labels(exam: Exam) -> None:
    given, (first, second) = _answer(exam)
    got = _vector(first, WHAT[0], TRIED, is_list_fine=False)
    other, cause = _key(given), "Collect `y` of every batch as it comes."
    if np.array_equal(got, other) and not _is(second, given["y"]):
        cause = "The first vector holds the predictions, where the labels belong: collect `y` of every batch."
        if _is(second, other):
            cause = "Both vectors hold the predictions: the first one is of the labels, `y`."
        other = given["y"]
    _require("the labels", got, given["y"], other, cause)


@CHECK.criterion("the second vector holds the class with the largest logit", weight=2)
def predicted(exam: Exam) -> None:
    given, (first, second) = _answer(exam)
    # One mistake, one price: two lists are a matter of the first.
    got = _vector(second, WHAT[1], TRIED, is_list_fine=_is_list_of_numbers(first))
    scores = given["x"].reshape(N, -1) @ given["W"].T + given["b"]
    cause = "Take `model(x).argmax(1)` of every batch."
    if np.array_equal(got, scores.argmin(1)):
        cause = "This is the class with the smallest logit: take `argmax(1)`."
    elif np.array_equal(got, scores.max(1).astype(got.dtype)):
        cause = (
            "These are the largest logits themselves: it is their place, `argmax(1)`, that names the class."
        )
    elif np.array_equal(got, _key(given) + 1):
        cause = "The classes are numbered from 0, as `argmax(1)` gives them: add nothing."
    elif not got.any():
        cause = "Every prediction is 0: probabilities were turned into integers before `argmax(1)`."
    other = given["y"]
    if np.array_equal(got, other) and not _is(first, _key(given)):
        cause = "The second vector holds the labels: it is to be of `model(x).argmax(1)`."
        if _is(first, other):
            cause = "Both vectors hold the labels: the second one is of `model(x).argmax(1)`."
        other = _key(given)
    _require("the predicted labels", got, _key(given), other, cause)


@CHECK.criterion("each prediction stays beside its label when the iterator shuffles", needs=["predicted"])
def together(exam: Exam) -> None:
    given = _given(exam)
    answer = exam.ask(
        "predictions",
        tried=TRIED,
        if_error=ERRORS,
        **given,
        batch_size=BATCH,
        norm=False,
        shuffle_seed=int(exam.rng.integers(2**31)),
    )
    got = _vectors(answer, TRIED_SHUFFLED)
    order = answer["order"].data
    if not isinstance(order, np.ndarray) or order.dtype.kind not in "iu" or order.ndim != 1:
        raise malformed("the order is no vector of integers")
    key = given["y"], _key(given)
    if len(order) == N and np.array_equal(np.sort(order), np.arange(N)):
        same = all(np.array_equal(g, k[order]) for g, k in zip(got, key, strict=True))
    else:
        same = sorted(zip(*(g.tolist() for g in got), strict=True)) == sorted(
            zip(*(k.tolist() for k in key), strict=True)
        )
    if not same:
        raise wrong(
            TRIED_SHUFFLED,
            "labels that belong to other samples than the predictions",
            "labels and predictions of the same sample, side by side",
            "Go through the iterator once and collect both in the same loop: a second pass has another order.",
            WHERE,
        )


@CHECK.criterion("it predicts in eval mode, without gradients")
def eval_mode(exam: Exam) -> None:
    tried = TRIED + ", of a model with a batch norm that came in train mode"
    answer = exam.ask(
        "predictions",
        tried=tried,
        if_error=ERRORS,
        **_given(exam),
        batch_size=BATCH,
        norm=True,
        shuffle_seed=None,
    )
    seen = answer["seen"].array("the record", _length(answer["seen"]), "int64", tried=tried)
    if seen.sum() < N:  # what does nothing changes nothing
        raise wrong(
            tried,
            f"a model that was called on {seen.sum()} samples",
            f"all {N}",
            "Go through the whole `iterator`, and call `model(x)` on each batch.",
            WHERE,
        )
    modes, kept = (_record(answer[name], tried) for name in ("trained", "kept_gradients"))
    if modes.any():
        raise wrong(
            tried,
            "a forward pass in train mode",
            "eval mode",
            "Call `model.eval()` first: in train mode a prediction depends on the rest of its batch.",
            WHERE,
        )
    if kept.any():
        raise wrong(
            tried,
            "logits that keep a graph for gradients",
            "logits without one",
            "Put the loop under `with torch.no_grad():`, it saves memory and time.",
            WHERE,
        )
    if not answer["gradients_on"].flag():
        raise wrong(
            tried,
            "gradients are switched off everywhere afterwards",
            "switched off inside `get_predictions` only",
            "`torch.set_grad_enabled(False)` stays in force: use `with torch.no_grad():`.",
            WHERE,
        )


@CHECK.criterion("it moves the images to `device`")
def to_device(exam: Exam) -> None:
    tried = TRIED + " that lie in the computer's memory"
    answer = exam.ask("moved", tried=tried, if_error=ERRORS, **_given(exam), batch_size=BATCH)
    left = _record(answer["images"], tried)
    if len(left) < N and not left.any():
        raise wrong(
            tried,
            f"a model that was called on {len(left)} images",
            f"all {N}, on the device of the model",
            "Go through the whole `iterator`, and call `model(x.to(device))` on each batch. Does a `return` inside the "
            "loop end it?",
            WHERE,
        )
    require_moved(
        left,
        "images that reach the model",
        "images on the device of the model",
        "model(x.to(device))",
        tried=tried,
        where=WHERE,
    )
    require_no_global(answer["global"], "get_predictions", tried=tried)
    require_nothing_hidden(exam)


def _record(value: Value, tried: str) -> np.ndarray:
    return value.array("the record", _length(value), "bool", tried=tried)


def _length(value: Value) -> tuple[int, ...]:
    return value.data.shape if isinstance(value.data, np.ndarray) else (0,)
