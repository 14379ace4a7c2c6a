"""Judge of ``check_numpy_quality``: macro F1 of the student's classifier on CIFAR-10.

Macro F1 is the mean over the classes of 2·TP / (2·TP + FP + FN)
(Opitz, Burst, "Macro F1 and Macro F1", 2019, the "averaged F1" of that note).
"""

from __future__ import annotations

import math

import numpy as np

from autograder import data
from autograder.checks.answer import Answer, Value, Wrong, type_name, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.memorised import NOISE, TITLE, noisy, require_kept, shifted
from autograder.checks.metrics import macro_f1
from autograder.checks.numpy_only import require_numpy_only
from autograder.checks.result import Finding, Status

CHECK = Check(
    id="check_numpy_quality",
    title="Quality of the numpy classifier",
    points=1.0,
    answer="numpy_run",
    subjects=("numpy_classifier", "standardize", "results"),
    module=__name__,
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
NAME = "numpy"
KEYS = ("algorithm", "seconds", "f1_train", "f1_valid", "f1_test")
INTEGERS = ("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8")
CELL = "cell `numpy_run`"


def _classes(value: Value, n: int, tried: str) -> np.ndarray:
    found = value.array(
        "`numpy_classifier.predict(X)`",
        (n,),
        INTEGERS,
        tried=tried,
        shape_causes={(n, CLASSES): "A row came for each image: `predict` answers class numbers, (n,)."},
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
    answer = exam.ask("predictions", tried=tried, train=parts.train.pixels, images=images)
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
    )


def _why_low(exam: Exam, found: float) -> str:
    _, predicted = exam.memory["test"]
    counts = np.bincount(predicted, minlength=CLASSES)
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
            "That is no better than guessing: are the images and labels of a batch taken with the same indices, "
            "and is the classifier fitted on `train`?"
        )
    if macro_f1(*exam.memory["train"]) > found + 0.15:
        return "It is much better on the training images: use all of them, fewer epochs, or more `l2`."
    return "Try learning rates from 0.0003 to 0.03, each three times the last, and at least 5 epochs."


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
    row = _row(exam.ask("rows", tried=tried, keys=list(KEYS)))
    numbers = {}
    for key in KEYS[1:]:
        if row[key].type == "NoneType":
            raise wrong(tried, f"no {key}", f"the keys {', '.join(KEYS)}", f"Add {key!r} to the row.", CELL)
        numbers[key] = row[key].number(f"`{key}`", tried=tried)
    seconds = numbers["seconds"]
    if not 0 < seconds < math.inf:
        raise wrong(
            tried,
            f"seconds = {seconds:g}",
            "a positive number",
            "Read `time.perf_counter()` just before and just after `fit`, and subtract.",
            CELL,
        )
    for part in ("train", "valid", "test"):
        labels, predicted = exam.memory[part]
        if part == "test" and exam.shown_test_labels is not None:
            labels = exam.shown_test_labels
        true, told = macro_f1(labels, predicted), numbers[f"f1_{part}"]
        if not abs(told - true) <= TOLERANCE:
            raise wrong(
                tried,
                f"f1_{part} = {told:.4g}",
                f"{true:.4f}, to within {TOLERANCE}",
                _why_untrue(exam, part, true, told),
                CELL,
            )


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
        listed = ", ".join(name for name, _ in named) or "none"
        raise wrong(
            "`results`",
            f"algorithms: {listed}",
            f'a row with "algorithm": "{NAME}"',
            f"Append one dictionary with the keys {', '.join(KEYS)}.",
            CELL,
        )
    return found[-1]


def _why_untrue(exam: Exam, part: str, true: float, told: float) -> str:
    labels, predicted = exam.memory[part]
    if part == "test" and exam.shown_test_labels is not None:
        labels = exam.shown_test_labels
    if told > 1 and abs(told / 100 - true) <= TOLERANCE:
        return "This is in percent: give a share between 0 and 1."
    for other in ("train", "valid", "test"):
        if other != part and abs(told - macro_f1(*exam.memory[other])) <= TOLERANCE / 6:
            return f"This is the F1 of the {other} images: predict the {part} ones for f1_{part}."
    if abs(told - float((labels == predicted).mean())) <= TOLERANCE / 6:
        return 'This is the accuracy, or the micro average: use `f1_score(y, predicted, average="macro")`.'
    return (
        "Take macro F1 over all images of that part, from `numpy_classifier` as it is now, on what "
        "`standardize(train, valid, test)` gives. Was the classifier fitted again after the row was made?"
    )
