"""Judge of ``check_numpy_quality``: macro F1 of the student's classifier on CIFAR-10.

Macro F1 is the mean over the classes of 2·TP / (2·TP + FP + FN)
(Opitz, Burst, "Macro F1 and Macro F1", 2019, the "averaged F1" of that note).
"""

from __future__ import annotations

import math
import re

import numpy as np

from autograder import data
from autograder.checks.answer import Answer, Value, Wrong, type_name, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.memorised import NOISE, TITLE, noisy, require_kept, shifted
from autograder.checks.metrics import macro_f1
from autograder.checks.numpy_only import require_numpy_only
from autograder.checks.raised import Causes
from autograder.checks.result import Finding, Status

CHECK = Check(
    id="check_numpy_quality",
    title="Quality of the numpy classifier",
    points=1.0,
    answer="numpy_run",
    subjects=("numpy_classifier", "standardize", "results"),
    module=__name__,
    begins="numpy_classifier",
)
CLASSES = len(data.CLASSES)
THRESHOLD = 0.30
SHIFTED, NOISY = 2_000, 1_000
# Seven linear classifiers, good and bad ones, kept 0.94 or more of their F1 on 10,000 images that were moved by one
# pixel, and 0.998 or more under this noise; on so few images that varies by about 0.02 and 0.01.
KEPT_SHIFTED, KEPT_NOISY, FLOOR = 0.85, 0.95, 0.9 * THRESHOLD
CHANCE = 0.03
TOLERANCE = 0.006
DIAGNOSED = 2_000
PARTS_OF_TRAINING = (20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100)
HOUR, DAYS = 3_600, 1e6
"""Above the one, `seconds` may be a reading of a clock; above the other, it must be."""
NAME = "numpy"
KEYS = ("algorithm", "seconds", "f1_train", "f1_valid", "f1_test")
INTEGERS = ("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8")
CELL = "the cell that sets `numpy_classifier` and `results`"


def _classes(value: Value, n: int, tried: str) -> np.ndarray:
    found = value.array(
        "`numpy_classifier.predict(X)`",
        (n,),
        INTEGERS,
        tried=tried,
        shape_causes={
            (n, CLASSES): "A row came for each image: `predict` answers class numbers, (n,).",
            (CLASSES,): "One image came for each class: `predict` takes `argmax(axis=1)`, over the classes.",
        },
    ).astype(np.int64)
    if found.size and not (found.min() >= 0 and found.max() < CLASSES):
        raise wrong(
            tried, f"class {found.max()}", f"classes from 0 to {CLASSES - 1}", "Classes count from 0."
        )
    return found


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only(exam, "numpy_classifier")


@CHECK.criterion("a class for every image, from raw pixels through `standardize`", weight=0, required=True)
def predictions(exam: Exam) -> None:
    """Ask once, for validation and test images, some of these shifted and some with noise, in one mixed order."""
    try:
        parts = data.parts()
    except data.DataUnavailableError as error:
        raise Wrong(Finding(got=str(error), cause="This check needs the images."), Status.ERROR) from error
    moves = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    chosen = exam.rng.choice(len(parts.test), min(SHIFTED, len(parts.test)), replace=False)
    some = chosen[:NOISY]
    changed = [
        images.reshape(len(images), -1)
        for images in (
            shifted(parts.test.images[chosen], *moves[exam.rng.integers(len(moves))]),
            noisy(parts.test.images[some], exam.rng),
        )
    ]
    groups = [parts.valid.pixels, parts.test.pixels, *changed]
    order = exam.rng.permutation(sum(map(len, groups)))
    images = np.concatenate(groups)[order]
    tried = f"`predict` on {len(images):,} images after `standardize(train, images)`"
    answer = exam.ask(
        "predictions", tried=tried, if_error=NOT_FITTED, train=parts.train.pixels, images=images
    )
    found = np.empty(len(images), dtype=np.int64)
    found[order] = _classes(answer["images"], len(images), tried)
    valid, test, *seen = np.split(found, np.cumsum([len(group) for group in groups])[:-1])
    exam.memory["train"] = parts.train.labels, _classes(answer["train"], len(parts.train), tried)
    exam.memory["valid"] = parts.valid.labels, valid
    exam.memory["test"] = parts.test.labels, test
    exam.memory["changed"] = [
        ("moved by one pixel", KEPT_SHIFTED, FLOOR, chosen, seen[0]),
        (f"with noise of {NOISE:g} of 255 grey levels", KEPT_NOISY, 0.0, some, seen[1]),
    ]
    if data.is_synthetic():
        exam.note = "Measured on the synthetic stand-in, not on CIFAR-10: it says nothing about real images."


NOT_FITTED: Causes = (
    (
        re.compile(r"^AttributeError: '\w+' object has no attribute '(W|b)'"),
        "`numpy_classifier` has no weights: call `numpy_classifier.fit(X_train, y_train)`, which stores `W` and `b`.",
    ),
    (
        re.compile(r"^TypeError: .*\bpredict\(\) missing 1 required positional argument"),
        "`numpy_classifier` is the class itself: make a classifier, `SoftmaxClassifier(…)`, and fit it.",
    ),
    (
        re.compile(r"^AttributeError: '\w+(\.\w+)?' object has no attribute 'predict'"),
        "`numpy_classifier` has no method `predict`: leave the fitted classifier itself there, not what it gives.",
    ),
)


@CHECK.criterion(f"macro F1 of at least {THRESHOLD:.2f} on the test images", weight=3, needs=["predictions"])
def quality(exam: Exam) -> None:
    labels, predicted = exam.memory["test"]
    exam.measured["macro F1"] = found = macro_f1(labels, predicted)
    if found >= THRESHOLD:
        return
    raise wrong(
        f"`predict` on {len(labels):,} test images",
        f"macro F1 {found:.3f}",
        f"at least {THRESHOLD:.2f}",
        _why_low(exam, found),
        CELL,
        hint="Was it fitted on all of `X_train`, as `standardize` gives it? If so, try learning rates from 0.0003 to "
        "0.03, each three times the last, and at least 5 epochs.",
    )


def _why_low(exam: Exam, found: float) -> str:
    _, predicted = exam.memory["test"]
    counts = np.bincount(predicted, minlength=CLASSES)
    if part := _part_of_training(exam):
        return (
            f"The first {part:,} training images are recognised far better than the others: the classifier was fitted "
            "on a part of them. Fit it on all, `fit(X_train, y_train)`."
        )
    test = data.parts().test[:DIAGNOSED]
    raw = test.pixels.astype(np.float32)
    for images, words in ((raw, "raw pixels"), (raw / 255, "pixels divided by 255")):
        try:
            answer = exam.ask("unprepared", images=images)
            there = macro_f1(test.labels, _classes(answer["images"], len(images), words))
        except Wrong:
            continue
        if there > found + 0.05:
            return (
                f"The classifier does better on {words} (macro F1 {there:.2f}): it was fitted on them. Fit it on "
                "what `standardize` gives, as it is used here."
            )
    if counts.max() == len(predicted):
        return (
            f"All images are called {data.CLASSES[int(counts.argmax())]}: the weights have become nan, or are "
            "still zero. Try a smaller learning rate, and look at `numpy_classifier.W`."
        )
    if found < 0.13:
        return (
            "That is no better than guessing: is the learning rate so large that the weights jump about? Are the "
            "images and labels of a batch taken with the same indices, and is the classifier fitted on `train`?"
        )
    if macro_f1(*exam.memory["train"]) > found + 0.15:
        return "It is much better on the training images: use all of them, fewer epochs, or more `l2`."
    return ""


def _part_of_training(exam: Exam) -> int:
    """How many of the first training images are known better than those that follow; 0 where none are."""
    labels, predicted = exam.memory["train"]
    hits = labels == predicted
    gaps = {
        part: (hits[:part].mean() - hits[part:].mean()) * part**0.5
        for part in PARTS_OF_TRAINING
        if 2 * part < len(hits)
    }
    part = max(gaps, key=lambda part: gaps[part], default=0)
    # By chance the gap of so many is near 0.5 / √part at most.
    return part if part and gaps[part] > 2.0 + 0.1 * part**0.5 else 0


@CHECK.criterion(TITLE, weight=0, required=True, needs=["predictions"])
def not_a_table(exam: Exam) -> None:
    labels, predicted = exam.memory["test"]
    for how, keeps, floor, chosen, found in exam.memory["changed"]:
        before = predicted[chosen]
        require_kept(
            labels[chosen], before, found, how=how, keeps=keeps, floor=floor, chance=CHANCE, where=CELL
        )


@CHECK.criterion("`results` tells the true figures of the numpy row", weight=2, needs=["predictions"])
def figures(exam: Exam) -> None:
    tried = "the row of `results` whose algorithm is numpy"
    answer = exam.ask("rows", tried=tried, keys=list(KEYS))
    row, exam.memory["kind"] = _row(answer), answer["kind"].text()
    numbers = {}
    for key in KEYS[1:]:
        if row[key].type == "NoneType":
            raise wrong(tried, f"no {key}", f"the keys {', '.join(KEYS)}", f"Add {key!r} to the row.", CELL)
        if row[key].type in ("str", "list", "tuple", "dict"):
            raise wrong(
                tried,
                f"`{key}` is {type_name(row[key].type)}",
                "one number",
                f"Store the number alone under {key!r}, not {type_name(row[key].type)}.",
                CELL,
            )
        numbers[key] = row[key].number(f"`{key}`", tried=tried)
    seconds = numbers["seconds"]
    if seconds > DAYS:
        raise wrong(
            tried,
            f"seconds = {seconds:g}",
            "the time that `fit` took",
            "This is a reading of the clock: take one just before `fit` and one just after it, and subtract.",
            CELL,
        )
    if not 0 < seconds < math.inf:
        raise wrong(
            tried,
            f"seconds = {seconds:g}",
            "a positive number",
            "Read `time.perf_counter()` just before and just after `fit`, and subtract.",
            CELL,
        )
    for part in ("train", "valid", "test"):
        true, told = macro_f1(*_seen(exam, part)), numbers[f"f1_{part}"]
        if not abs(told - true) <= TOLERANCE:
            raise wrong(
                tried,
                f"f1_{part} = {told:.4g}",
                f"{true:.4f}, to within {TOLERANCE}",
                _why_untrue(exam, part, true, told),
                CELL,
            )
    _require_macro(exam, tried, numbers)
    if exam.note:
        return
    if seconds > HOUR:
        exam.note = (
            f"It costs no points, but `seconds` is {seconds:.0f}: is that a reading of the clock? Subtract the one "
            "taken before `fit`."
        )
    elif exam.memory["kind"] == "dict":
        exam.note = (
            "It costs no points, but `results` is one dictionary, and the cells below take a list of them: write "
            "`results = []`, then `results.append({…})`."
        )


def _require_macro(exam: Exam, tried: str, numbers: dict[str, float]) -> None:
    """Figures that are the accuracies to the last digit are no macro F1, near as they may be."""
    pairs = [(part, *_seen(exam, part)) for part in ("train", "valid", "test")]
    accuracies = [float((labels == predicted).mean()) for _, labels, predicted in pairs]
    told = [numbers[f"f1_{part}"] for part, *_ in pairs]
    true = [macro_f1(labels, predicted) for _, labels, predicted in pairs]
    if np.abs(np.subtract(told, accuracies)).max() > 1e-9 or np.abs(np.subtract(told, true)).max() < 1e-4:
        return
    raise wrong(
        tried,
        f"f1_train = {told[0]:.4f}, f1_valid = {told[1]:.4f}, f1_test = {told[2]:.4f}",
        f"{true[0]:.4f}, {true[1]:.4f}, {true[2]:.4f}",
        ACCURACY,
        CELL,
    )


def _seen(exam: Exam, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Labels of a part as the notebook found them, and the predictions."""
    labels, predicted = exam.memory[part]
    if part == "test" and exam.shown_test_labels is not None:
        labels = exam.shown_test_labels
    return labels, predicted


ACCURACY = 'This is the accuracy, or the micro average: use `f1_score(y, predicted, average="macro")`.'


def _row(answer: Answer) -> dict[str, Value]:
    """The last row of the numpy classifier."""
    kind = answer["kind"].text()
    if kind not in ("list", "tuple", "dict", "DataFrame"):
        raise wrong(
            "`results`",
            type_name(kind),
            "a list of dictionaries, or a DataFrame",
            f"Append one dictionary with the keys {', '.join(KEYS)}.",
            CELL,
        )
    rows = [value.items() for value in answer["rows"].items()]
    named = [
        (row[0].text(), dict(zip(KEYS, row, strict=True)))
        for row in rows
        if len(row) == len(KEYS) and row[0].type == "str"
    ]
    found = [row for name, row in named if name.strip().casefold() == NAME]
    if not found:
        listed = ", ".join(name for name, _ in named)
        raise wrong(
            "`results`",
            f"algorithms: {listed}" if listed else "no algorithm",
            f'a row with "algorithm": "{NAME}"',
            f"Append one dictionary with the keys {', '.join(KEYS)}.",
            CELL,
        )
    return found[-1]


def _why_untrue(exam: Exam, part: str, true: float, told: float) -> str:
    labels, predicted = _seen(exam, part)
    if told > 1 and abs(told / 100 - true) <= TOLERANCE:
        return "This is in percent: give a share between 0 and 1."
    for other in ("train", "valid", "test"):
        if other == part:
            continue
        figures = macro_f1(*exam.memory[other]), macro_f1(*_seen(exam, other))
        if min(abs(told - figure) for figure in figures) <= TOLERANCE / 6:
            return f"This is the F1 of the {other} images: predict the {part} ones for f1_{part}."
    if abs(told - float((labels == predicted).mean())) <= TOLERANCE / 6:
        return ACCURACY
    return (
        "Take macro F1 over all images of that part, from `numpy_classifier` as it is now, on what "
        "`standardize(train, valid, test)` gives. Was the classifier fitted again after the row was made?"
    )
