"""Judge of ``check_torch_quality``: macro F1 on the test images, and the row of the table of results."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from autograder import data
from autograder.checks.answer import Value, Wrong, malformed, type_name, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import relative_error
from autograder.checks.memorised import NOISE, TITLE, noisy, require_kept, shifted
from autograder.checks.metrics import f1_of_occurring, macro_f1
from autograder.checks.raised import Causes
from autograder.checks.result import Finding, Status
from autograder.checks.softmax_pytorch._statistics import channel_statistics, scaled

CHECK = Check(
    id="check_torch_quality",
    title="Quality of the trained model",
    points=1.0,
    answer="torch_run",
    subjects=("torch_classifier", "test_transforms", "results"),
    module=__name__,
    begins="torch_classifier",
    if_absent="Not done yet, or restored from nothing: train the model in the cell that begins `torch_classifier`, and "
    "hand in `softmax_regression.pt`, the checkpoint that it writes, together with the notebook.",
    may_be_none=("results",),
)
REQUIRED_F1 = 0.30
SAMPLE = 2_000
NOISY = 1_000
# Linear models keep 0.92 or more of their F1 on moved images, and 0.98 or more under this noise.
KEEPS, FLOOR, KEEPS_NOISY = 0.85, 0.9 * REQUIRED_F1, 0.93
# Five standard errors of macro F1 on so many images.
ABOUT = 0.05
ROW_TOLERANCE = 0.006
# A linear model is off by rounding alone, any bend by far more on images so far from 0.
SOME, BEND = 5, 0.01
SAME_FIGURE = 5e-4
BATCHES = (16, 32, 50, 64, 100, 128, 200, 250, 256, 500, 512, 1000, 1024)
OTHER_FIGURE = (
    "Measure the model that you hand in, on clean test images: augmented ones, or weights from another run, "
    "give another figure."
)
FLOATS = ("float32", "float64", "float16", "bfloat16")
CLASSES = len(data.CLASSES)
COLUMNS = ("seconds", "f1_train", "f1_valid", "f1_test")
TRIED = "predictions for the 10,000 test images, read through `test_transforms`"
ERRORS: Causes = (
    (
        re.compile(r"'(collections\.)?(dict|defaultdict|OrderedDict|_Curves)' object"),
        "`torch_classifier` is the trained network, the object that was made with `LogisticRegression(10)`: "
        "`restore_or_train` answers the history of its training, and `state_dict()` its weights alone.",
    ),
    (
        re.compile(r"has no attribute 'parameters'|missing 1 required positional argument: 'self'"),
        "`torch_classifier` is the trained network, the object that was made with `LogisticRegression(10)`, and "
        "not its class or something else.",
    ),
)
TRIED_ROW = "the row of `results` whose `algorithm` is `pytorch`"


def _test_images() -> data.Images:
    try:
        return data.load(train=False)
    except data.DataUnavailableError as error:
        raise Wrong(
            Finding(
                got=str(error), expected="CIFAR-10", cause="Without the test images nothing can be judged."
            ),
            Status.ERROR,
        ) from error


def _predicted(exam: Exam, images: np.ndarray, tried: str) -> np.ndarray:
    value = exam.ask("predictions", tried=tried, if_error=ERRORS, images=images)["predicted"]
    predicted = value.array("the predicted classes", (len(images),), "int64", tried=tried, kind="Tensor")
    if len(predicted) and not 0 <= int(predicted.min()) <= int(predicted.max()) < CLASSES:
        raise wrong(
            tried,
            f"classes up to {int(predicted.max())}",
            "0 to 9",
            "The model has more outputs than there are classes: `LogisticRegression(10)`.",
        )
    return predicted


def _on_test(exam: Exam) -> np.ndarray:
    if "predicted" not in exam.memory:
        exam.memory["predicted"] = _predicted(exam, _test_images().images, TRIED)
        if data.is_synthetic():
            exam.note = "Measured on the synthetic stand-in, which says nothing about CIFAR-10."
    return exam.memory["predicted"]


@CHECK.criterion(f"macro F1 on the test images is at least {REQUIRED_F1:.2f}", weight=2)
def quality(exam: Exam) -> None:
    predicted, labels = _on_test(exam), _test_images().labels
    exam.measured["macro F1"] = score = macro_f1(labels, predicted)
    if not score >= REQUIRED_F1:
        raise wrong(
            TRIED,
            f"macro F1 {score:.3f}, accuracy {np.mean(predicted == labels):.3f}",
            f"at least {REQUIRED_F1:.2f}",
            _low_cause(exam, score, labels, predicted),
            "the cell that begins `torch_classifier`",
        )


def _not_normalised(exam: Exam) -> str:
    """Say so where `test_transforms` is not, or no longer, what task 4 asks for."""
    greys = [np.full((32, 32, 3), value, dtype=np.uint8) for value in (50, 200)]
    right = np.stack([scaled(image, *channel_statistics()) for image in greys])
    try:
        value = exam.ask("seen_through", images=np.stack(greys))["y"]
        seen = value.array("`test_transforms(image)`", right.shape, FLOATS, kind="Tensor", tried=TRIED)
    except Wrong:
        return ""
    if np.abs(seen - right).max() <= 0.05:
        return ""
    return (
        "`test_transforms` does not give (pixel / 255 − mean) / std here: if `check.transforms` has passed, a later "
        "cell gives this name to something else. Images that are read otherwise than in training are hardly recognised."
    )


def _low_cause(exam: Exam, score: float, labels: np.ndarray, predicted: np.ndarray) -> str:
    if len(np.unique(predicted)) == 1:
        return (
            f"Every image is called {data.CLASSES[int(predicted[0])]}: the weights are not trained, or a learning "
            "rate far too high has blown them up."
        )
    shares = [float(np.mean((predicted + k) % CLASSES == labels)) for k in range(1, CLASSES)]
    if max(shares) > 0.3:
        return "The classes are shifted by a constant: are the labels counted from 0?"
    if cause := _not_normalised(exam):
        return cause
    if score < 0.15:
        return (
            "This is what guessing gives: train before you hand over the model, restore the checkpoint, and "
            "train on images that went through the same normalisation as `test_transforms`."
        )
    return (
        "It has learnt something. Look at the sweep: a smaller learning rate is the largest gain here, more epochs "
        "come second. The training images must be normalised as `test_transforms` does."
    )


@CHECK.criterion("each prediction depends on its image alone", weight=0, required=True)
def any_order(exam: Exam) -> None:
    expected = _on_test(exam)
    order = exam.rng.permutation(len(expected))[: SAMPLE // 2]
    tried = f"{len(order)} of the test images again, in another order"
    again = _predicted(exam, _test_images().images[order], tried)
    # A few near ties may fall the other way in batches of another size.
    if np.mean(again != expected[order]) > 0.005:
        raise wrong(
            tried,
            f"{int((again != expected[order]).sum())} other answers",
            "the same answer for the same image",
            "The answer depends on the order or on the rest of the batch: compute it from the image alone.",
        )


@CHECK.criterion(TITLE, weight=0, required=True)
def not_a_table(exam: Exam) -> None:
    test = _test_images()
    chosen = exam.rng.permutation(len(test))[:SAMPLE]
    down, right = (int(n) for n in exam.rng.choice([-1, 1], size=2))
    moved = shifted(test.images[chosen], -down, -right)
    _require_kept(exam, chosen, moved, "moved by one pixel", KEEPS, FLOOR)
    chosen = chosen[:NOISY]
    with_noise = noisy(test.images[chosen], exam.rng)
    _require_kept(exam, chosen, with_noise, f"with noise of {NOISE:g} of 255 grey levels", KEEPS_NOISY, 0.0)


def _require_kept(
    exam: Exam, chosen: np.ndarray, changed: np.ndarray, how: str, keeps: float, floor: float
) -> None:
    after = _predicted(exam, np.ascontiguousarray(changed), f"{len(chosen):,} test images, {how}")
    labels, before = _test_images().labels[chosen], _on_test(exam)[chosen]
    require_kept(labels, before, after, how=how, keeps=keeps, floor=floor)


@CHECK.criterion(
    "the scores are a linear function of the image, as those of `LogisticRegression` are", needs=["quality"]
)
def linear(exam: Exam) -> Finding:
    a, b = exam.rng.normal(0, 3, size=(2, SOME, 3, 32, 32)).astype(np.float32)
    tried = "`torch_classifier` on random images a, b, 0 and a + b"
    values = exam.ask("scores", tried=tried, if_error=ERRORS, x=[a, b, np.zeros_like(a), a + b])["y"].items()
    if len(values) != 4:
        raise malformed("there is not one answer for each batch")
    answers = np.stack(
        [
            v.array("`torch_classifier(x)`", (SOME, CLASSES), FLOATS, tried=tried, kind="Tensor").astype(
                np.float64
            )
            for v in values
        ]
    )
    of_a, of_b, of_zero, of_both = answers
    error = relative_error(of_a + of_b - of_zero, of_both)
    if error > BEND:
        raise wrong(
            tried,
            f"f(a) + f(b) − f(0) differs from f(a + b); the first row sums to {of_both[0].sum():.4g}",
            "the logits xW + b of a trained `LogisticRegression(10)`",
            _bend_cause(answers),
            "the cell that begins `torch_classifier`",
        )
    return Finding(relative_error=error, limit=BEND)


def _bend_cause(scores: np.ndarray) -> str:
    with np.errstate(all="ignore"):
        sums = [np.abs(s.sum(-1) - 1).max() for s in (scores, np.exp(scores))]
    if sums[0] < 1e-3 and (scores >= 0).all():
        return (
            "The rows sum to 1: these are probabilities. Hand in the trained `LogisticRegression(10)` itself, without "
            "a softmax behind it."
        )
    if sums[1] < 1e-3:
        return (
            "These are logarithms of probabilities: hand in the trained `LogisticRegression(10)` itself, without a "
            "`log_softmax` behind it."
        )
    return (
        "This model bends, as one with several layers and a ReLU between them does: the task asks for a trained "
        "`LogisticRegression(10)`, a single linear layer."
    )


@CHECK.criterion("`results` has a row `pytorch` with the true macro F1 on test", weight=1)
def row(exam: Exam) -> None:
    found = _row(exam)
    claimed, values = _figure(found, "f1_test"), {name: value.data for name, value in found.items()}
    predicted, labels = _on_test(exam), _test_images().labels
    if exam.shown_test_labels is not None:
        labels = exam.shown_test_labels
    score, share = macro_f1(labels, predicted), float(np.mean(predicted == labels))
    if abs(claimed - score) > ROW_TOLERANCE:
        raise wrong(
            TRIED_ROW,
            f"f1_test = {claimed:.4f}",
            f"{score:.4f}, what your model scores with the labels that the notebook sees, within {ROW_TOLERANCE}",
            _row_cause(claimed, score, share, values)
            or _of_batches(claimed, labels, predicted)
            or OTHER_FIGURE,
            "the cell that begins `torch_classifier`",
        )
    exam.note = exam.note or _about_seconds(found)


def _about_seconds(row: dict[str, Value]) -> str:
    """A remark on the time of the training, where it is not a positive number."""
    if "seconds" not in row:
        return "The row has no `seconds`: add the sum of the seconds of training in `history`. This costs no points."
    seconds = row["seconds"].data
    if isinstance(seconds, np.ndarray) and seconds.shape == ():
        seconds = seconds.item()
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return (
            f"`seconds` is {type_name(row['seconds'].type)}: the row wants one number, the sum of the seconds of "
            "training. This costs no points."
        )
    if seconds < 0:
        return (
            f"`seconds` is {seconds:.3g}, and a time is not negative: subtract the start from the end. This costs no "
            "points."
        )
    if not seconds > 0:
        return (
            "`seconds` is not the time of a training: it lies in `softmax_regression.history.json`, hand that file "
            "in too. This costs no points."
        )
    return ""


def _figure(row: dict[str, Value], name: str) -> float:
    return row[name].number(f"`{name}`", tried=TRIED_ROW)


@CHECK.criterion("the row's figures for train and valid are the true ones too", weight=1)
def other_figures(exam: Exam) -> None:
    """On a sample of all training images: which of them are valid ones is the student's draw."""
    row = _row(exam)
    claimed = {name: _figure(row, name) for name in ("f1_train", "f1_valid")}
    for name, value in claimed.items():
        if not 0 <= value <= 1:
            raise wrong(TRIED_ROW, f"{name} = {value:g}", "a number in [0, 1]", "F1 is a share, not percent.")
    try:
        train = data.load(train=True)
    except data.DataUnavailableError as error:
        raise Wrong(Finding(got=str(error), cause="This needs the training images."), Status.ERROR) from error
    sample = exam.rng.permutation(len(train))[:SAMPLE]
    tried = f"predictions for {len(sample):,} training images, read through `test_transforms`"
    found = macro_f1(train.labels[sample], _predicted(exam, train.images[sample], tried))
    on_test = macro_f1(_test_images().labels, _on_test(exam))
    if exam.shown_test_labels is not None:  # a figure of the test set stands for what it is outside
        shown = macro_f1(exam.shown_test_labels, _on_test(exam))
        claimed = {name: on_test if _is_number(value, shown) else value for name, value in claimed.items()}
    # Valid images are as new to the model as test images are; those few that it was trained on, it may know by heart.
    bounds = {
        "f1_train": (found - ABOUT, 1.0),
        "f1_valid": (min(found, on_test) - ABOUT, max(found, on_test) + ABOUT),
    }
    for name, (low, high) in bounds.items():
        if not low <= claimed[name] <= high:
            raise wrong(
                f"{TRIED_ROW}, beside {tried}",
                f"{name} = {claimed[name]:.4f}; macro F1 is {found:.4f} on the training images, {on_test:.4f} on test",
                f"{max(low, 0.0):.2f} to {min(high, 1.0):.2f}",
                "Measure all three with `get_predictions` on the model that you hand in, train and valid images "
                "read with `test_transforms`.",
                "the cell that begins `torch_classifier`",
            )

    if claimed["f1_train"] > found + max(found - on_test, 0.0) + ABOUT:
        exam.note = exam.note or (
            f"`f1_train` is {claimed['f1_train']:.2f}, and your model scores {found:.2f} on training images drawn from "
            "all of them: was it trained and measured on few of them? This costs no points."
        )


def _row_cause(claimed: float, score: float, share: float, values: dict[str, Any]) -> str:
    if claimed > 1 and abs(claimed - 100 * score) < 0.6:
        return "This is in percent: F1 lies between 0 and 1."
    if abs(claimed - share) < 1e-3:
        return 'This is the accuracy: use `f1_score(…, average="macro")`.'
    if claimed == values["f1_valid"]:
        return "This is the figure of the valid set: measure on the test set."
    if claimed == values["f1_train"]:
        return "This is the figure of the train set: measure on the test set."
    same = [name for name in ("f1_valid", "f1_train") if _is_number(values[name], score)]
    if len(same) == 1:
        return f"What the model scores on test stands there as `{same[0]}`: are the two swapped?"
    return ""


def _of_batches(claimed: float, labels: np.ndarray, predicted: np.ndarray) -> str:
    """Say so where the figure is the mean of the F1s of batches, over the classes that occur in each."""
    for size in BATCHES:
        parts = [slice(start, start + size) for start in range(0, len(labels), size)]
        f1s = [float(np.mean(f1_of_occurring(labels[part], predicted[part]))) for part in parts]
        weights = [len(labels[part]) for part in parts]
        if any(_is_number(claimed, float(np.average(f1s, weights=w))) for w in (None, weights)):
            return (
                f"This is the mean of the F1s of batches of {size} images. F1 is no mean over images: collect all "
                "labels and predictions first, then call `f1_score` once."
            )
    return ""


def _is_number(value: Any, number: float) -> bool:
    return isinstance(value, float) and abs(value - number) <= SAME_FIGURE


def _row(exam: Exam) -> dict[str, Value]:
    answer = exam.ask("rows", tried=TRIED)
    if "rows" not in answer:
        raise wrong(
            TRIED_ROW,
            f"`results` is {type_name(answer['results'].type)}",
            "a list of dictionaries, or a DataFrame",
            "Write `results = [{…}]` with one dictionary for each algorithm."
            if answer["results"].type != "dict"
            else "A dictionary is one row: write brackets around it, `results = [{…}]`.",
            "the cell that begins `torch_classifier`",
        )
    rows = []
    for described in answer["rows"].items():
        pairs = [pair.items() for pair in described.items()]
        rows.append({pair[0].text(): pair[1] for pair in pairs if len(pair) == 2})
    for found in reversed(rows):
        name = found.get("algorithm")
        if name is not None and name.type == "str" and name.text().strip().lower() == "pytorch":
            _require_columns(found)
            return found
    raise wrong(
        TRIED_ROW,
        f"no row is `pytorch`, of {len(rows)} in all",
        'a row with `"algorithm": "pytorch"`',
        "Add the row of this notebook's model.",
        "the cell that begins `torch_classifier`",
    )


def _require_columns(row: dict[str, Value]) -> None:
    missing = [name for name in COLUMNS if name not in row and name != "seconds"]
    if missing:
        raise wrong(
            TRIED_ROW,
            f"no `{missing[0]}`",
            "algorithm, seconds, f1_train, f1_valid, f1_test",
            "The names of the columns are those of the first notebook: the tables are joined.",
            "the cell that begins `torch_classifier`",
        )
