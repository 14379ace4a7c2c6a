"""What accuracy, precision and recall have in common: the images, the predictions, the causes.

2,000 test images are drawn. 600 of them are asked for once more, mirrored or shifted, and 400 with a little noise,
which tells a model from a table that maps images to labels, and from a weak model that has such a table for some of
the images. All 10,000 are asked for where a metric is within four standard errors of its threshold, and for a
model on a GPU. While grading, the three checks share the predictions: no cell runs between them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autograder import data
from autograder.checks.answer import Value, Wrong, require_finite, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.memorised import NOISE
from autograder.checks.memorised import noisy as with_noise
from autograder.checks.raised import Causes
from autograder.checks.result import Finding, Status

CLASSES = len(data.CLASSES)
THRESHOLD = 0.5
IMAGES, MOVED, NOISY = 2_000, 600, 400
PART = 2_000
DOUBT = 4.0
# Twelve trained networks, ten of them without augmentation, kept 0.95 or more of their accuracy on 4,000 images that
# were mirrored or shifted, and 0.99 or more under this noise; on so few images that varies by about 0.03 and 0.01.
KEPT_MOVED, KEPT_NOISY, FLOOR = 0.82, 0.93, THRESHOLD - 0.08
SECONDS = 60.0
DIAGNOSED = 500
KEY = "cnn_cifar10.quality"
PLAIN = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
TABLE = (
    "Images are recognised one by one, all or some of them, as from a table of image and label, not by what they "
    "show. Train on the training set alone, with `flip_and_crop`."
)
DIVERGED = (
    "Weights that hold nan come from a training that has diverged: the learning rate was too large, or a log of 0 got "
    "into the loss. Watch the loss of the first steps, and train again with a smaller rate."
)
ERRORS: Causes = (
    (
        re.compile(r"has no attribute '(parameters|eval|training|train|modules)'|argument: 'self'"),
        "`model` is the trained network, the object that `Model()` made: neither its class, nor the history that "
        "`restore_or_train` answers, nor the weights alone.",
    ),
)
IF_ABSENT = (
    "Not done yet: train the model and run the cell that restores it. The checkpoint `cifar10_cnn.pt` must be "
    "handed in beside the notebook, and must fit the class `Model` as it is now."
)


@dataclass(frozen=True)
class Predictions:
    """Labels and predicted classes of the images that count, each of shape (n,)."""

    labels: np.ndarray
    predicted: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: slice) -> Predictions:
        return Predictions(self.labels[rows], self.predicted[rows])

    @property
    def confusion(self) -> np.ndarray:
        """Counts, shape (10, 10): rows are true classes, columns predicted ones."""
        cells = self.labels * CLASSES + self.predicted
        return np.bincount(cells, minlength=CLASSES**2).reshape(CLASSES, CLASSES)


@dataclass
class Sitting:
    """All that was asked of one model.

    Attributes
    ----------
    predictions : Predictions
        Of the images that count, at first the drawn ones.
    drawn : Predictions
        Of the drawn images.
    chosen : Images
        The drawn images.
    rest : numpy.ndarray
        Indices of the other test images.
    moved, noisy : Predictions
        Of the first of the drawn images, mirrored or shifted, and with noise.
    seconds : float
        What 2,000 images took.
    on_gpu : bool
        Whether the model is on a GPU, where all images take less than a second.
    other_inputs : str or None
        What `_other_inputs` found, once it was tried.
    """

    predictions: Predictions
    drawn: Predictions
    chosen: data.Images
    rest: np.ndarray
    moved: Predictions
    noisy: Predictions
    seconds: float
    on_gpu: bool
    other_inputs: str | None = None


Metric = Callable[[Predictions], tuple[float, float]]
"""Gives a metric and its standard error."""


def accuracy(predictions: Predictions) -> tuple[float, float]:
    """Share of right predictions."""
    right, n = float(np.trace(predictions.confusion)), len(predictions)
    return right / n, _standard_error(np.array([right]), np.array([n]))


def mean_precision(predictions: Predictions) -> tuple[float, float]:
    """Mean over the classes of TP / (TP + FP); a class that is never predicted counts 0."""
    counts = predictions.confusion
    return _mean_share(np.diag(counts), counts.sum(axis=0))


def mean_recall(predictions: Predictions) -> tuple[float, float]:
    """Mean over the classes of TP / (TP + FN)."""
    counts = predictions.confusion
    return _mean_share(np.diag(counts), counts.sum(axis=1))


def _mean_share(hits: np.ndarray, of: np.ndarray) -> tuple[float, float]:
    return float((hits / np.maximum(of, 1)).mean()), _standard_error(hits, of)


def _standard_error(hits: np.ndarray, of: np.ndarray) -> float:
    """Standard error of the mean of shares, with one more hit and miss each, so that it is never 0."""
    share = (hits + 1) / (of + 2)
    return float(np.sqrt((share * (1 - share) / (of + 2)).sum()) / len(of))


def add_criteria(check: Check, name: str, metric: Metric) -> None:
    """Give a check its three criteria.

    Parameters
    ----------
    check : Check
        One of accuracy, precision, recall.
    name : str
        Name of the metric in a sentence, as ``"mean recall"``.
    metric : callable
        Takes `Predictions`, gives the metric and its standard error.
    """

    @check.criterion("ten numbers for each test image, the largest for its class", weight=0, required=True)
    def answers(exam: Exam) -> None:
        if KEY not in exam.shared:
            exam.shared[KEY] = _sit(exam)

    @check.criterion(f"{name} above {THRESHOLD} on test images", weight=1)
    def above_threshold(exam: Exam) -> None:
        sitting: Sitting = exam.shared[KEY]
        found, error = metric(sitting.predictions)
        in_doubt = abs(found - THRESHOLD) < DOUBT * error
        if len(sitting.predictions) == IMAGES and (in_doubt or sitting.on_gpu):
            sitting.predictions = _all_images(exam, sitting)
            found, _ = metric(sitting.predictions)
        predictions = sitting.predictions
        exam.note = _note(name, found, len(predictions), sitting.seconds)
        exam.measured[name] = found
        if found > THRESHOLD:
            return
        raise wrong(
            f"{len(predictions):,} test images in eval mode",
            f"{name} {found:.4f}",
            f"more than {THRESHOLD}",
            _cause(exam, sitting),
            "the cells `model` and `train`",
        )

    @check.criterion(
        "mirrored, shifted and noisy images are recognised nearly as well",
        needs=["above_threshold"],
        weight=0,
        required=True,
    )
    def not_a_table(exam: Exam) -> None:
        sitting: Sitting = exam.shared[KEY]
        _require_kept(sitting, sitting.moved, "mirrored, or shifted by up to 2 pixels", KEPT_MOVED)
        _require_kept(sitting, sitting.noisy, f"with noise of {NOISE:g} of 255 grey levels", KEPT_NOISY)
        found, _ = metric(sitting.moved)
        if found < FLOOR:
            raise wrong(
                f"{MOVED} of the images, mirrored, or shifted by up to 2 pixels",
                f"{name} {found:.2f}",
                f"at least {FLOOR:.2f}",
                TABLE,
                "the cells `model` and `train`",
            )


def _require_kept(sitting: Sitting, changed: Predictions, how: str, kept: float) -> None:
    """Demand nearly the accuracy that the same images have unchanged."""
    unchanged = sitting.drawn[: len(changed)]
    before, after = (float((p.predicted == p.labels).mean()) for p in (unchanged, changed))
    if after < kept * before:
        raise wrong(
            f"{len(changed)} of the images, {how}",
            f"accuracy {after:.2f}, and {before:.2f} on the same images unchanged",
            f"at least {kept} of that: {kept * before:.2f}",
            TABLE,
            "the cells `model` and `train`",
        )


def _test_images() -> data.Images:
    try:
        return data.load(train=False)
    except data.DataUnavailableError as error:
        raise Wrong(
            Finding(got="The test images are not there.", cause=str(error), where="the data"), Status.ERROR
        ) from error


def _sit(exam: Exam) -> Sitting:
    """Ask for predictions of the drawn images and of the changed ones, all in one mixed order."""
    test = _test_images()
    rng = exam.generator(KEY)
    drawn = rng.permutation(len(test))
    chosen = test[drawn[:IMAGES]]
    groups = [chosen.images, _moved(rng, chosen.images[:MOVED]), with_noise(chosen.images[:NOISY], rng)]
    images = np.concatenate(groups)
    order = rng.permutation(len(images))
    predicted = np.empty(len(images), dtype=np.int64)
    predicted[order], seconds, on_gpu = _ask(exam, images[order])
    plain, moved, noisy = (
        Predictions(chosen.labels[: len(part)], part)
        for part in np.split(predicted, np.cumsum([len(group) for group in groups])[:-1])
    )
    return Sitting(
        predictions=plain,
        drawn=plain,
        moved=moved,
        noisy=noisy,
        chosen=chosen,
        rest=drawn[IMAGES:],
        seconds=seconds * IMAGES / len(images),
        on_gpu=on_gpu,
    )


def _moved(rng: np.random.Generator, images: np.ndarray) -> np.ndarray:
    """Mirror half of the images and shift the others by 1 or 2 pixels, the edge repeated."""
    changed = images[:, :, ::-1].copy()
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
    shifts = [(i, j) for i in range(5) for j in range(5) if (i, j) != (2, 2)]
    for k in range(1, len(images), 2):
        i, j = shifts[rng.integers(len(shifts))]
        changed[k] = padded[k, i : i + 32, j : j + 32]
    return changed


def _ask(exam: Exam, images: np.ndarray) -> tuple[np.ndarray, float, bool]:
    """Predicted classes, the seconds that it took, and whether it was on a GPU."""
    tried = f"your network, with the weights of your checkpoint, on {len(images)} test images"
    answer = exam.ask(
        "probabilities",
        tried=tried,
        if_error=ERRORS,
        images=images,
        mean=list(PLAIN[0]),
        std=list(PLAIN[1]),
    )
    predicted = _classes(answer["probabilities"], len(images))
    return predicted, answer["seconds"].number("the time"), answer["device"].text() == "cuda"


def _classes(value: Value, n: int) -> np.ndarray:
    tried = f"`model(X)` on {n:,} test images, 250 at a time"
    if isinstance(value.data, np.ndarray) and value.data.shape == (n, CLASSES):
        require_finite(value.data, "`model(X)`", tried, DIVERGED)
    causes: dict[tuple[int, ...], str] = {
        (n,): "That is one number for each image, as `argmax` gives: answer the ten probabilities."
    }
    if isinstance(value.data, np.ndarray) and value.data.ndim == 2 and len(value.data) == n:
        causes[value.data.shape] = "The last linear layer gives one number for each class, and there are ten."
    p = value.array("`model(X)`", (n, CLASSES), "float32", tried=tried, shape_causes=causes)
    return p.argmax(axis=1)


def _all_images(exam: Exam, sitting: Sitting) -> Predictions:
    """Ask for the other 8,000 images too."""
    test, rest, first = _test_images(), sitting.rest, sitting.predictions
    parts = [rest[k : k + PART] for k in range(0, len(rest), PART)]
    predicted = [_ask(exam, test.images[part])[0] for part in parts]
    return Predictions(
        np.concatenate([first.labels, test.labels[rest]]), np.concatenate([first.predicted, *predicted])
    )


def _note(name: str, found: float, n: int, seconds: float) -> str:
    note = f"{name[:1].upper()}{name[1:]} {found:.2f} on {n:,} test images."
    if data.is_synthetic():
        note = f"{name[:1].upper()}{name[1:]} {found:.2f} on {n:,} images of the SYNTHETIC stand-in, not CIFAR-10: "
        note += "this says nothing about the real data."
    if seconds > SECONDS:
        note += (
            f" {IMAGES:,} images took {seconds:.0f} seconds, more than {SECONDS:.0f}: a smaller model "
            "would be safer where time is limited."
        )
    return note


def _cause(exam: Exam, sitting: Sitting) -> str:
    """Say why a metric is low: the inputs, the mode, the numbering, or what is never predicted."""
    counts = sitting.predictions.confusion
    right = float(np.trace(counts)) / len(sitting.predictions)
    if sitting.other_inputs is None:
        sitting.other_inputs = _other_inputs(exam, sitting.chosen[:DIAGNOSED], right)
    return sitting.other_inputs or _from_counts(counts, right)


def _other_inputs(exam: Exam, chosen: data.Images, right: float) -> str:
    """Try the inputs and the mode for which the model may have been trained."""
    normalised = (
        "The model was trained on normalised images: it gets pixels in [0, 1] here, so normalise inside "
        "`Model.forward`, with buffers or constants."
    )
    trials = (
        (data.MEANS, data.DEVIATIONS, False, normalised),
        ((0.5,) * 3, (0.5,) * 3, False, normalised),
        ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), False, normalised),
        (
            (0.0,) * 3,
            (1 / 255,) * 3,
            False,
            "The model was trained on pixels from 0 to 255: here they are in [0, 1], so divide by 255 before "
            "training, not in `Model`.",
        ),
        (
            *PLAIN,
            True,
            "In train mode it is much better: the running mean and variance of batch norm do not belong to these "
            "weights. Save the whole `state_dict()`, and evaluate in eval mode before keeping weights.",
        ),
    )
    for mean, std, train_mode, sentence in trials:
        try:
            answer = exam.ask(
                "probabilities", images=chosen.images, mean=list(mean), std=list(std), train_mode=train_mode
            )
            predicted = _classes(answer["probabilities"], len(chosen))
        except Wrong:
            continue
        if float((predicted == chosen.labels).mean()) > right + 0.15:
            return sentence
    return ""


def _from_counts(counts: np.ndarray, right: float) -> str:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    never = [name for name, n in zip(data.CLASSES, counts.sum(axis=0), strict=True) if n == 0]
    if len(never) == CLASSES - 1:
        only = data.CLASSES[int(counts.sum(axis=0).argmax())]
        return (
            f"It answers {only} for every image: the training diverged or never began. Watch the loss of the first "
            "steps, and try a smaller learning rate."
        )
    if right < 0.3 and shares.max(axis=1).mean() > 0.5 and len(set(shares.argmax(axis=1))) > CLASSES // 2:
        return (
            "Images of one class get one answer, but the wrong one: the classes are numbered differently. "
            "The labels of CIFAR-10 go from 0, airplane, to 9, truck."
        )
    if right < 0.05:
        return (
            "It is right less often than chance, 0.1, as if it answered the least probable class: is there a wrong "
            "sign, before the softmax or in the loss?"
        )
    if right < 0.14:
        return (
            "It predicts like chance: hardly anything was learnt (has every batch its `zero_grad`, `backward` and "
            "`step`, in this order?), the weights are not the trained ones, or the labels were shuffled apart from the "
            "images."
        )
    if never:
        return (
            f"It never predicts {', '.join(never)}: were these classes in the batches that it was trained on?"
        )
    return (
        "It has learnt something, but too little: train for more epochs, with batch norm and a larger learning "
        "rate, and look at the loss curves."
    )
