"""Judge of ``check_split``: train and validation sets that share pictures and not the transform."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from autograder.checks.answer import Answer, Wrong, type_name, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.raised import Causes

CHECK = Check(
    id="check_split",
    title="Train and validation sets",
    points=0.5,
    answer="split",
    subjects=("split", "test_transforms"),
    module=__name__,
)
# Twelve pictures a class, so that a split by class has one of each for the valid set.
N, RATIO = 120, 0.75
FINGERPRINT = 50
PICTURE = (3, 32, 32)
# The probe's data set adds a random number of 10 to 11 when it reads a picture.
OFFSET = 10.0
TRIED = f"`split(train_data)` of {N} pictures that are read with a random transform"
TRIED_RATIO = f"`split(train_data, ratio={RATIO})` of {N} pictures"
ERRORS: Causes = (
    (
        re.compile(r"'(list|tuple|range)' object has no attribute '(transform|dataset)'"),
        "A list holds pictures that were read once, and reads none anew: take `Subset(train_data, indices)`, for the "
        "valid part of a shallow copy of the data set, `copy.copy(train_data)`, which gets a transform of its own.",
    ),
    (
        re.compile(r"Sum of input lengths"),
        "The lengths do not add up to `len(train_data)`: compute them from it and from `ratio`, for the data set may "
        "have any size.",
    ),
    (
        re.compile(r"'DataLoader' object"),
        "Return the two data sets, not a `DataLoader` of each: batches are made of them later.",
    ),
    (
        re.compile(r"randperm\(\).*got \(float"),
        "A length is a float, for `ratio` is one: write `int(len(train_data) * ratio)`.",
    ),
    (
        re.compile(r"slice indices must be integers|'float' object cannot be interpreted as an integer"),
        "A number of pictures is a float, for `ratio` is one: write `int(len(train_data) * ratio)`.",
    ),
    (
        re.compile(r"'range' object does not support item assignment"),
        "`shuffle` works in place, and a `range` cannot be changed: shuffle a list, `list(range(len(train_data)))`.",
    ),
    (
        re.compile(r"'NoneType' object is not (subscriptable|iterable)"),
        "Something that is None is used as a list. `random.shuffle` answers None, for it works in place: write "
        "`order = list(range(n))`, then `random.shuffle(order)`.",
    ),
    (
        re.compile(r"Compose\.__call__\(\) missing"),
        "`test_transforms()` calls the transform, without an image: hand over the transform itself, without "
        "parentheses.",
    ),
    (
        re.compile(r"has no len\(\)"),
        "Both parts have a length: a data set of your own has the method `__len__` beside `__getitem__`.",
    ),
    (
        re.compile(r"pic should be PIL Image.*Tensor"),
        "`test_transforms` is given what the transform for training has made: read these images with "
        "`test_transforms` alone, from a shallow copy of the data set, `copy.copy(train_data)`.",
    ),
)
REPLACED = "Pictures are drawn with replacement: draw a random order, `torch.randperm(n)`, and cut it in two."
UNREAD = ("valid_set.transform", "valid_set.transforms", "valid_set.dataset.transforms")
SHARED = (
    "The two parts share one data set, and so its transform. Give the valid part a shallow copy of it, "
    "`copy.copy(train_data)`, and set the transform of the copy."
)


@dataclass(frozen=True)
class Part:
    """One part as it was read: which picture each item is, and how it was transformed.

    Attributes
    ----------
    pictures : numpy.ndarray
        Number of the picture, or −1 for none of those given.
    tested, shifted : numpy.ndarray
        Whether the item is what `test_transforms` makes of it, or what the data set's own transform does.
    readings : numpy.ndarray
        Shape (2, n, 3, 32, 32).
    labels : numpy.ndarray
        Shape (n,).
    """

    pictures: np.ndarray
    tested: np.ndarray
    shifted: np.ndarray
    readings: np.ndarray
    labels: np.ndarray


def _draw(exam: Exam) -> tuple[np.ndarray, np.ndarray]:
    images = exam.rng.integers(0, 256, size=(N, 32, 32, 3), dtype=np.uint8)
    return images, exam.rng.permutation(np.arange(N) % 10)


def _ask(exam: Exam, ratio: float | None = None, again: bool = False) -> Answer:
    """Ask for a split; `again` repeats the question before with the same seed."""
    if not again:
        exam.memory["images"], exam.memory["labels"] = _draw(exam)
        exam.memory["seed"] = int(exam.rng.integers(2**31))
    m = exam.memory
    tried = TRIED if ratio is None else TRIED_RATIO
    answer = exam.ask(
        "parts",
        tried=tried,
        if_error=ERRORS,
        images=m["images"],
        labels=m["labels"],
        ratio=ratio,
        seed=m["seed"],
    )
    pair = answer["answer"]
    if pair.type not in ("tuple", "list") or len(pair.items()) != 2:
        raise wrong(
            tried,
            "None" if pair.type == "NoneType" else "something else than a pair",
            "a train and a valid set",
            "Return both: `return train_set, valid_set`.",
            "`split`",
        )
    return answer


def _length(answer: Answer, name: str, tried: str) -> int:
    return int(answer[f"{name}_length"].number(f"`len({name})`", tried=tried))


def _require_sizes(exam: Exam, answer: Answer, ratio: float, tried: str) -> None:
    train, valid = (_length(answer, name, tried) for name in ("train", "valid"))
    wanted = ratio * N
    if abs(train - wanted) <= 1 and abs(valid - (N - wanted)) <= 1:
        return
    if abs(valid - wanted) <= 1 and abs(train - (N - wanted)) <= 1:
        cause = "The parts are swapped: the train set comes first and is the larger one."
    elif train + valid != N:
        cause = _sum_cause(exam, answer)
    elif ratio != 0.9 and abs(train - 0.9 * N) <= 1:
        cause = "The argument `ratio` is not used: 0.9 is only its default."
    else:
        cause = "The train set gets the share `ratio`, the valid set the rest."
    raise wrong(
        tried, f"{train} and {valid} pictures", f"{round(wanted)} and {N - round(wanted)}", cause, "`split`"
    )


def _sum_cause(exam: Exam, answer: Answer) -> str:
    """Say why the sizes do not add up, by the pictures of the question that was asked last."""
    try:
        train, valid = (_part(exam, name, answer).pictures.tolist() for name in ("train", "valid"))
    except Wrong:
        train, valid = [], []
    if -1 not in train and len(set(train)) < len(train):
        return REPLACED
    if valid and -1 not in valid and set(valid) <= set(train):
        return "The valid part holds pictures of the train part alone: put the indices of the other part on the copy."
    return "Together the parts must hold every picture once: the sizes have to add up."


def _require_exact(answer: Answer, ratio: float, tried: str) -> None:
    """Demand the very number of pictures where the share is a whole one, but for rounding."""
    train, valid = (_length(answer, name, tried) for name in ("train", "valid"))
    wanted = ratio * N
    is_whole = abs(wanted - round(wanted)) < 1e-6
    if is_whole and train != round(wanted) and train + valid == N:
        raise wrong(
            tried,
            f"{train} and {valid} pictures",
            f"{round(wanted)} and {N - round(wanted)}",
            "A share was rounded the wrong way: 1 − 0.9 is 0.09999999999999998 in floating point, so that `int`, "
            "and `random_split` with shares, cut off one picture. Compute `n_train = int(len(train_data) * ratio)`, "
            "and give the rest to the valid set.",
            "`split`",
        )


@CHECK.criterion("two parts, `ratio` and the rest")
def sizes(exam: Exam) -> None:
    exam.memory["other"] = _ask(exam, RATIO)
    _require_sizes(exam, exam.memory["other"], RATIO, TRIED_RATIO)
    exam.memory["answer"] = _ask(exam)
    _require_sizes(exam, exam.memory["answer"], 0.9, TRIED)


def _part(exam: Exam, name: str, answer: Answer) -> Part:
    count = _length(answer, name, TRIED)
    _require_pictures(answer, name)
    shape = (count, *PICTURE)
    readings = np.stack(
        [
            answer[f"{name}_{k}"].array(
                f"the pictures of the {name} set",
                shape,
                ("float32", "float64"),
                tried=TRIED,
                kind="ndarray" if count == 0 else "Tensor",
            )
            for k in (0, 1)
        ]
    ).astype(np.float64)
    labels = answer[f"{name}_labels"].array("the labels", (count,), "int64", tried=TRIED)
    tested = answer["tested"].array(
        "`test_transforms(image)`", (N, *PICTURE), ("float32", "float64"), tried=TRIED, kind="Tensor"
    )
    first = readings[0].reshape(count, int(np.prod(PICTURE)))
    plain = exam.memory["images"].transpose(0, 3, 1, 2).reshape(N, -1) / 255
    near_tested, is_tested = _nearest(first, tested.reshape(N, -1).astype(np.float64))
    centred = first - first.mean(1, keepdims=True)
    near_plain, same_shape = _nearest(centred, plain - plain.mean(1, keepdims=True))
    offset = first.mean(1) - plain.mean(1)[near_plain]
    is_shifted = same_shape & (offset > OFFSET - 0.01) & (offset < OFFSET + 1.01)
    pictures = np.where(is_tested, near_tested, np.where(same_shape, near_plain, -1))
    return Part(pictures, is_tested, is_shifted, readings, labels)


def _require_pictures(answer: Answer, name: str) -> None:
    """Demand pairs whose first half is a tensor."""
    if f"{name}_item" in answer:
        raise wrong(
            TRIED,
            f"an item of the {name} set is {type_name(answer[f'{name}_item'].type)}",
            "a pair: a picture and its label",
            "Return data sets, not indices: `Subset(train_data, indices)` is the data set of the pictures that they "
            "stand for.",
            "`split`",
        )
    if answer[f"{name}_0"].type == "Image":
        raise wrong(
            TRIED,
            f"a picture of the {name} set is a PIL image",
            "a tensor, as a transform makes it",
            "The data set has no transform, so the picture comes as it is stored: set the `transform` of the valid "
            "part's copy to `test_transforms`, and leave that of `train_data` alone.",
            "`split`",
        )


def _nearest(items: np.ndarray, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number of the picture nearest to each item, and whether it is the same to rounding."""
    # A few pixels find the picture; all of them confirm it.
    some = slice(None, None, pictures.shape[1] // FINGERPRINT)
    nearest = np.abs(items[:, None, some] - pictures[None, :, some]).sum(2).argmin(1)
    return nearest, np.abs(items - pictures[nearest]).max(1, initial=0.0) < 1e-4


def _read(exam: Exam, name: str) -> Part:
    if name not in exam.memory:
        exam.memory[name] = _part(exam, name, exam.memory["answer"])
    part: Part = exam.memory[name]
    return part


def _parts(exam: Exam) -> tuple[Part, Part]:
    return _read(exam, "train"), _read(exam, "valid")


def _overlap_cause(train: np.ndarray, valid: np.ndarray) -> str:
    if np.array_equal(valid, np.arange(len(valid))):
        return "The second half of `random_split` was not used: its indices are `valid_set.indices`."
    both = np.concatenate([train, valid])
    if len(set(both.tolist())) == N < len(both):
        return (
            "The parts overlap, and together they hold everything: the order is cut at two places. Cut it at one, "
            "`order[:n]` and `order[n:]`."
        )
    if len(set(train.tolist())) < len(train):
        return REPLACED
    return "Draw one random order and cut it in two: two independent draws overlap."


@CHECK.criterion("every picture is in one part, once, with its own label", needs=["sizes"], weight=2)
def complete(exam: Exam) -> None:
    train, valid = _parts(exam)
    both = np.concatenate([train.pictures, valid.pictures])
    if (both < 0).any():
        raise wrong(
            TRIED,
            f"{int((both < 0).sum())} pictures that are not what either transform makes of those given",
            "the pictures of the data set that was given, read with its transform or with `test_transforms`",
            "Set one transform only, that of the valid part, to `test_transforms`: the train part keeps the one that "
            "`train_data` came with, which need not be `train_transforms`."
            if not (valid.pictures < 0).any()
            else "The valid part gives other pictures: it is read with `test_transforms`, not with `train_transforms`, "
            "from the pictures of the data set that comes as the argument."
            if not (train.pictures < 0).any()
            else "Split the data set that comes as the argument: do not open another one, and do not change its "
            "pictures.",
            "`split`",
        )
    common = len(set(train.pictures.tolist()) & set(valid.pictures.tolist()))
    if common or len(set(both.tolist())) < len(both):
        raise wrong(
            TRIED,
            f"{common} pictures in both parts" if common else "pictures that occur twice",
            "every picture once",
            _overlap_cause(train.pictures, valid.pictures),
            "`split`",
        )
    if len(both) != N:
        raise wrong(
            TRIED,
            f"pictures in neither part: {N - len(both)}",
            f"all {N}",
            "The valid set gets everything that the train set did not.",
            "`split`",
        )
    labels = np.concatenate([train.labels, valid.labels])
    if not np.array_equal(labels, exam.memory["labels"][both]):
        raise wrong(
            TRIED,
            "pictures with the label of another picture",
            "each picture with its own label",
            "Pictures and labels must be picked with the same indices.",
            "`split`",
        )
    if np.array_equal(train.pictures, np.arange(len(train.pictures))):
        exam.note = (
            "Your train set is the first part of the data as it lies, and the text asks for a random draw. That costs "
            "no points here, for CIFAR-10 lies in random order; in a file that is sorted by class, whole classes "
            "would be missing from it."
        )


@CHECK.criterion("the valid set is read with `test_transforms`", needs=["sizes"], weight=2)
def valid_clean(exam: Exam) -> None:
    valid = _read(exam, "valid")
    if valid.shifted.any():
        names = [name for name in exam.memory["answer"]["holds"].texts() if name in UNREAD]
        raise wrong(
            TRIED,
            "valid pictures that went through the transform for training",
            "what `test_transforms` makes of them",
            f"`test_transforms` was stored as `{names[0]}`, which nobody reads: a `Subset` reads the `transform` of "
            "its `.dataset`. Give the valid part a shallow copy of the data set, `copy.copy(train_data)`, and set the "
            "`transform` of the copy."
            if names
            else f"Validation on augmented pictures measures luck. {SHARED}",
            "`split`",
        )
    if not valid.tested.all():
        raise wrong(
            TRIED,
            "valid pictures that are not what `test_transforms` makes of them",
            "`test_transforms(image)`, the same in every reading",
            "Set the valid set's transform to `test_transforms`; if that one is random, mend it first.",
            "`split`",
        )
    if not np.array_equal(valid.readings[0], valid.readings[1]):
        raise wrong(
            TRIED,
            "other valid pictures when they are read again",
            "the same ones",
            "Something random is left in the transform of the valid set.",
            "`split`",
        )
    if exam.memory["answer"]["copied"].flag() and not exam.note:
        exam.note = (
            "Your split copies all pictures, 150 MB for CIFAR-10: `copy.copy` copies the data set's attributes and "
            "shares the pictures. This costs no points."
        )


@CHECK.criterion("the train set is still augmented, anew in every reading", needs=["sizes"], weight=2)
def train_augmented(exam: Exam) -> None:
    train = _read(exam, "train")
    if train.tested.any():
        raise wrong(
            TRIED,
            "train pictures that went through `test_transforms`",
            "the transform that the data set came with",
            "The train part is read from a copy with `test_transforms`: take the train part from `train_data` itself, "
            "and only the valid part from the copy."
            if exam.memory["answer"]["same_transform"].flag()
            else f"Setting the transform of the valid part changed it for the train part too. {SHARED}",
            "`split`",
        )
    if not train.shifted.all():
        raise wrong(
            TRIED,
            "train pictures without the transform of the data set",
            "pictures read with the data set's own `transform`",
            "The train set keeps the transform that `train_data` has: do not replace or skip it.",
            "`split`",
        )
    if np.array_equal(train.readings[0], train.readings[1]):
        raise wrong(
            TRIED,
            "the same train pictures when they are read again",
            "other random changes in every reading",
            "The pictures were read once and stored: hand out a data set that reads when it is asked, such as "
            "`Subset`.",
            "`split`",
        )


@CHECK.criterion("the data set that was given stays as it is", needs=["sizes"])
def untouched(exam: Exam) -> None:
    answer = exam.memory["answer"]
    if not answer["same_transform"].flag():
        raise wrong(
            TRIED,
            "`train_data.transform` was replaced",
            "the transform that it had",
            SHARED,
            "`split`",
        )
    pixels = answer["data"].array("`train_data.data`", (N, 32, 32, 3), "uint8", tried=TRIED)
    labels = answer["targets"].array("`train_data.targets`", (N,), "int64", tried=TRIED)
    if not (np.array_equal(pixels, exam.memory["images"]) and np.array_equal(labels, exam.memory["labels"])):
        raise wrong(
            TRIED,
            "the pictures or labels of `train_data` were changed",
            "an argument that stays as it is",
            "Shuffle indices, not the data set itself.",
            "`split`",
        )


@CHECK.criterion("the same seed gives the same split", needs=["complete"])
def repeatable(exam: Exam) -> None:
    train, valid = _parts(exam)
    again = _ask(exam, again=True)
    for name, part in (("train", train), ("valid", valid)):
        if not np.array_equal(np.sort(part.pictures), np.sort(_part(exam, name, again).pictures)):
            raise wrong(
                f"{TRIED}, twice, after seeding `random`, numpy and torch with the same number",
                "two different splits",
                "the same split",
                "Use torch's or numpy's global generator, or one with a fixed seed: a generator that seeds itself "
                "from the clock cannot be repeated.",
                "`split`",
            )


@CHECK.criterion("no picture is misplaced by rounding", needs=["sizes"])
def exact_sizes(exam: Exam) -> None:
    _require_exact(exam.memory["other"], RATIO, TRIED_RATIO)
    _require_exact(exam.memory["answer"], 0.9, TRIED)
