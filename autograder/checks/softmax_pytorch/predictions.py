"""Judge of ``check_predictions``: labels and predicted labels, in the iterator's order."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks.answer import Answer, Value, malformed, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.hidden import require_nothing_hidden

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


def _vectors(answer: Answer, tried: str) -> tuple[np.ndarray, np.ndarray]:
    pair = answer["answer"]
    items = pair.items() if pair.type in ("tuple", "list") else []
    if len(items) != 2:
        raise wrong(
            tried,
            "None" if pair.type == "NoneType" else "something else than a pair",
            "two vectors: labels, predicted labels",
            "End with `return labels, predicted`.",
            WHERE,
        )
    return _vector(items[0], "the vector of labels", tried), _vector(
        items[1], "the vector of predicted labels", tried
    )


def _vector(value: Value, what: str, tried: str) -> np.ndarray:
    """Read a vector of class numbers, a tensor or an array."""
    if value.type in ("list", "tuple"):
        are_numbers = all(item.type == "int" for item in value.items())
        raise wrong(
            tried,
            f"{what} is a {value.type}",
            f"a tensor or an array of {N} integers",
            "A list of numbers becomes a vector at the end: `torch.tensor(numbers)`."
            if are_numbers
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
            (N, CLASSES): "These are scores or probabilities for each class: take `argmax(1)` of them.",
            (last,): "Only the last batch is left: collect every batch in a list and join them at the end.",
            (
                last,
                CLASSES,
            ): "Only the last batch is left, and as scores: collect every batch, take `argmax(1)`.",
            (BATCH,): "Only one batch is left: collect every batch in a list and join them at the end.",
            (N - last,): "The last, smaller batch is missing.",
            (CLASSES,): "The largest is taken over the samples: take it over the classes, `argmax(1)`.",
            (
                CLASSES * -(-N // BATCH),
            ): "The largest is taken over the samples of each batch: take it over the classes, `argmax(1)`.",
        },
    )


def _answer(exam: Exam) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, Answer]:
    if "answer" not in exam.memory:
        given = _given(exam)
        answer = exam.ask(
            "predictions", tried=TRIED, **given, batch_size=BATCH, norm=False, shuffle_seed=None
        )
        labels, predicted = _vectors(answer, TRIED)
        exam.memory["answer"] = given, labels, predicted, answer
    return exam.memory["answer"]


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
    given, got, _, _ = _answer(exam)
    _require("the labels", got, given["y"], _key(given), "Collect `y` of every batch as it comes.")


@CHECK.criterion("the second vector holds the class with the largest logit", weight=2)
def predicted(exam: Exam) -> None:
    given, first, got, _ = _answer(exam)
    scores = given["x"].reshape(N, -1) @ given["W"].T + given["b"]
    cause = "Take `model(x).argmax(1)` of every batch."
    if np.array_equal(got, scores.argmin(1)):
        cause = "This is the class with the smallest logit: take `argmax(1)`."
    elif np.array_equal(got, scores.max(1).astype(got.dtype)):
        cause = (
            "These are the largest logits themselves: it is their place, `argmax(1)`, that names the class."
        )
    elif not got.any():
        cause = "Every prediction is 0: probabilities were turned into integers before `argmax(1)`."
    other = given["y"]
    if np.array_equal(got, other) and np.array_equal(first, other):
        other, cause = _key(given), "Both vectors hold the labels: the second one is of `model(x).argmax(1)`."
    _require("the predicted labels", got, _key(given), other, cause)


@CHECK.criterion(
    "each prediction stays beside its label when the iterator shuffles", needs=["labels", "predicted"]
)
def together(exam: Exam) -> None:
    given = _given(exam)
    answer = exam.ask(
        "predictions",
        tried=TRIED,
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


@CHECK.criterion("it predicts in eval mode, without gradients", needs=["predicted"])
def eval_mode(exam: Exam) -> None:
    tried = TRIED + ", of a model with a batch norm that came in train mode"
    answer = exam.ask(
        "predictions", tried=tried, **_given(exam), batch_size=BATCH, norm=True, shuffle_seed=None
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
            "none",
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


@CHECK.criterion("it moves the images to `device`", needs=["predicted"])
def to_device(exam: Exam) -> None:
    tried = TRIED + " that lie in the computer's memory"
    answer = exam.ask("moved", tried=tried, **_given(exam), batch_size=BATCH)
    left = _record(answer["images"], tried)
    if len(left) < N or left.any():
        raise wrong(
            tried,
            "images that reach the model without `.to(device)`",
            "images on the device of the model",
            "Write `model(x.to(device))`. On a CPU nothing shows that it is missing; on a GPU the first batch ends "
            "in an error.",
            WHERE,
        )
    require_nothing_hidden(exam)


def _record(value: Value, tried: str) -> np.ndarray:
    data = value.data
    shape = data.shape if isinstance(data, np.ndarray) else (0,)
    return value.array("the record", shape, "bool", tried=tried)
