"""Judge of ``check_transforms``: augmentation for training, none for testing, the same scale for both.

What an augmentation did is read off from pictures of two ramps: red grows to the right, green grows
downwards. A flip turns the sign of the red slope, a rotation tilts the green one, a crop moves both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from autograder.checks.answer import NO_RETURN, Wrong, type_name, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import explain
from autograder.checks.raised import Causes
from autograder.checks.result import Finding
from autograder.checks.softmax_pytorch._statistics import channel_statistics, scaled, statistics_of

CHECK = Check(
    id="check_transforms",
    title="Transforms",
    points=0.5,
    answer="transforms",
    subjects=("train_transforms", "test_transforms"),
    module=__name__,
    begins="train_transforms",
)
SHAPE = (3, 32, 32)
DRAWS, MORE_DRAWS = 120, 500
UNSURE, FAR = 0.1, 0.11
"""A share of flips this far from a half is drawn again, more often, and then it is wrong: one sample in a million."""
SLANT, SLANTED = 3.2, 6
"""Degrees between rows and columns that are not right, seen in so many draws: nearest neighbours alone give 2.1."""
# The statistics may be rounded to two digits.
TOLERANCE = 0.03
PRECISE = 1e-3
"""Below it the statistics are those of the training images to three digits."""
EXACT = 2e-4
"""Statistics with four digits are known by; those of training, test and all images differ by 5e-4 or more."""
IMAGENET = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
WITHIN_IMAGES = np.array([0.2023, 0.1994, 0.2010])
RAMP = np.arange(32) * 8
CENTRE = slice(8, 24)
GREYS = 20
LARGEST_ANGLE = 6.5
ENOUGH = 24
"""Of so many angles from −5° to 5°, fewer than one sample in 200,000 has none beyond 1° on one side."""
COLOURS = (
    "Something changes brightness or colour at random: only a rotation, a flip and a crop are asked for, and nothing "
    "else."
)
RANDOM_TEST = (
    "Something random is in `test_transforms`: augmentation belongs to training only, or the score depends on luck; "
    "see too that the two names are not swapped."
)
SHAPE_CAUSES: dict[tuple[int, ...], str] = {
    (32, 32, 3): "The colours are last: `ToTensor()` puts them first.",
    (1, 32, 32): "One channel is left: the transform is not meant to turn colour into grey.",
    (3, 28, 28): "The crop is smaller than the picture: `RandomCrop(32, padding=2)` keeps 32 × 32.",
    (3, 30, 30): "The crop is smaller than the picture: `RandomCrop(32, padding=2)` keeps 32 × 32.",
    (3, 36, 36): "The picture was padded and not cropped: `RandomCrop(32, padding=2)` does both.",
}

ERRORS: Causes = (
    (
        re.compile(r"'list' object is not callable"),
        "A list of transforms cannot be called: wrap it, `transforms.Compose([…])`.",
    ),
    (
        re.compile(r"Compose\.__init__\(\) takes 2"),
        "`Compose` takes one list: the brackets are missing in `transforms.Compose([…])`.",
    ),
    (
        re.compile(r"torchvision\.transforms|__init__\(\) takes 1 positional"),
        "A transform stands there as a class and was not made: write its parentheses, `RandomHorizontalFlip()`, "
        "`ToTensor()`.",
    ),
    (
        re.compile(r"should be Tensor Image"),
        "`Normalize` takes a tensor and got a PIL image: `ToTensor()` comes before it.",
    ),
    (
        re.compile(r"pic should be PIL Image.*Tensor"),
        "`ToTensor()` got a tensor: is it there twice?",
    ),
    (
        re.compile(r"Required crop size .* is larger than"),
        "The number in `RandomCrop` is the size that comes out, and the picture has 32 pixels: `RandomCrop(32, "
        "padding=2)` pads it by 2 on each side and cuts 32 × 32 out of that.",
    ),
    (
        re.compile(r"should be a float tensor"),
        "`Normalize` got integers: `PILToTensor` leaves the pixels at 0 … 255 as they are, `ToTensor()` makes floats "
        "from 0 to 1 of them.",
    ),
)


TORN = 2.5
"""Places of 32: rounding to nearest pixels moves less."""


def _tried(which: str) -> str:
    return f"`{which}_transforms(image)` of a PIL image, 32 × 32"


def _outputs(exam: Exam, which: str, images: np.ndarray) -> np.ndarray:
    answer = exam.ask(
        "draws",
        tried=_tried(which),
        if_error=ERRORS,
        which=which,
        images=images,
        seed=int(exam.rng.integers(2**31)),
    )
    return answer["answers"].array(
        f"`{which}_transforms(image)`",
        (len(images), *SHAPE),
        "float32",
        tried=_tried(which),
        kind="Tensor",
    )


def _noise(exam: Exam, count: int = 1) -> np.ndarray:
    return exam.rng.integers(0, 256, size=(count, 32, 32, 3), dtype=np.uint8)


@CHECK.criterion("both answer a float tensor (3, 32, 32)")
def form(exam: Exam) -> None:
    image = _noise(exam)[0]
    for which in ("test", "train"):
        tried = _tried(which)
        value = exam.ask("once", tried=tried, if_error=ERRORS, which=which, image=image)["answer"]
        if value.type != "Tensor":
            cause = {
                "NoneType": NO_RETURN,
                "ndarray": "A numpy array is answered: `ToTensor()` makes a tensor of the image, and "
                "`torch.from_numpy(…).float()` of an array whose colours come first.",
            }.get(
                value.type,
                "Put `ToTensor()` before `Normalize`, and all of them into `transforms.Compose([…])`.",
            )
            expected = "a float tensor of shape (3, 32, 32)"
            raise wrong(tried, type_name(value.type), expected, cause, f"`{which}_transforms`")
        value.array(
            f"`{which}_transforms(image)`",
            SHAPE,
            "float32",
            tried=tried,
            shape_causes=SHAPE_CAUSES,
            kind="Tensor",
        )


def _scale_cause(got: np.ndarray, image: np.ndarray) -> str:
    """Name the mistake that gives `got` for an image, or nothing."""
    means, stds = channel_statistics()
    right = scaled(image, means, stds)
    mistakes = (
        (
            image.transpose(2, 0, 1) / 255,
            "Nothing is normalised: add `Normalize(means, stds)` after `ToTensor()`.",
        ),
        (image.transpose(2, 0, 1), "The pixels are still 0 … 255 and not normalised."),
        (
            scaled(image * 255.0, means, stds),
            "The pixels are 0 … 255 when they are normalised: `ToTensor()` divides by 255.",
        ),
        (
            scaled(image / 255, means, stds),
            "The pixels are too small by 255: `ToTensor()` has divided by 255, so do not divide again, and take means "
            "and deviations of pixels from 0 to 1.",
        ),
        (
            (right - means[:, None, None]) / stds[:, None, None],
            "The pixels are normalised twice: one `Normalize(means, stds)` is enough.",
        ),
        (scaled(image, *IMAGENET), "These are the statistics of ImageNet: take those of the task before."),
        (
            scaled(image, np.full(3, 0.5), np.full(3, 0.5)),
            "0.5 and 0.5 are not the statistics of these images.",
        ),
        (
            scaled(image, means, WITHIN_IMAGES),
            "These deviations are means of each image's own deviation: take them over all pixels at once.",
        ),
        (scaled(image, means, stds**2), "Divided by the variance: `Normalize` takes standard deviations."),
        (scaled(image, stds, means), "Means and standard deviations are swapped in `Normalize`."),
        (
            scaled(image, means, np.ones(3)),
            "The mean is subtracted, but nothing is divided by the standard deviation.",
        ),
        (
            ((image / 255 - means) / stds).reshape(SHAPE),
            "`reshape` mixes rows and colours: the colour axis is moved to the front with `permute`.",
        ),
        (
            right.transpose(0, 2, 1),
            "Rows and columns are swapped: `permute(2, 0, 1)` brings the colours to the front and leaves the rows "
            "before the columns, and `.T` turns the order of all axes round.",
        ),
        (right[::-1], "The colours are in reverse order."),
        (right[:, :, ::-1], "The image is mirrored."),
        (right[:, ::-1], "The image is upside down."),
    )
    for mistaken, sentence in mistakes:
        if np.abs(got - mistaken).max() <= TOLERANCE * max(1.0, float(np.abs(mistaken).max()) / 2):
            return sentence
    return explain(got, right) or _other_statistics(got, image)


def _other_statistics(got: np.ndarray, image: np.ndarray) -> str:
    """Name the statistics that were used in place of the right ones, where the answer is linear in the pixels."""
    if (used := _used_statistics(got, image)) is None:
        return ""
    means, stds = map(_listed, used)
    if np.ptp(used[0]) < 1e-3:
        return (
            f"All three colours are normalised with one mean {means}: the statistics of task 2 differ by colour. A "
            "mean over all images in float32, whose sums stop growing at 2^24, gives one number for all."
        )
    return (
        f"The statistics in `Normalize` are {means} and {stds}: take those of the training images, of task 2."
    )


def _used_statistics(got: np.ndarray, image: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Means and deviations, shape (3,) each, by which an answer was normalised, where it is linear in the pixels."""
    pixels, answers = image.transpose(2, 0, 1).reshape(3, -1) / 255, got.reshape(3, -1)
    centred = pixels - pixels.mean(1, keepdims=True)
    slopes = (centred * answers).sum(1) / np.maximum((centred**2).sum(1), 1e-12)
    starts = answers.mean(1) - slopes * pixels.mean(1)
    fitted = slopes[:, None] * pixels + starts[:, None]
    if (slopes < 1e-3).any() or np.abs(fitted - answers).max() > 1e-3 * np.abs(answers).max():
        return None
    return -starts / slopes, 1 / slopes


@CHECK.criterion(
    "`test_transforms` gives (pixel / 255 − mean) / std, and nothing else", needs=["form"], weight=2
)
def test_values(exam: Exam) -> Finding:
    image = _noise(exam)
    got = _outputs(exam, "test", image)[0].astype(np.float64)
    right = scaled(image[0], *channel_statistics())
    error = float(np.abs(got - right).max())
    if error > TOLERANCE:
        again = _outputs(exam, "test", np.repeat(image, GREYS, axis=0))
        if np.ptp(again, axis=0).max() > 0:
            of_train = _outputs(exam, "train", np.repeat(image, GREYS, axis=0))
            is_swapped = (
                np.ptp(of_train, axis=0).max() == 0 and np.abs(of_train[0] - right).max() <= TOLERANCE
            )
            raise wrong(
                f"`test_transforms` {GREYS} times on one image",
                "different tensors",
                "(pixel / 255 − mean) / std, the same every time",
                "The two names are swapped: `train_transforms` is the one that changes the pictures."
                if is_swapped
                else RANDOM_TEST,
                "`test_transforms`",
            )
        off = np.abs(got - right).max(0)
        place = (0, 0) if off[0, 0] > TOLERANCE else divmod(int(off.argmax()), off.shape[1])
        raise wrong(
            _tried("test"),
            _seen_at(got, *place),
            f"{_pixel(right, *place)}, each pixel within {TOLERANCE}",
            _scale_cause(got, image[0]),
            "`test_transforms`",
            hint="`test_transforms` is to be `ToTensor()` and `Normalize(means, stds)` with the statistics of the "
            "training images, without any augmentation.",
        )
    _require_of_training_images(got, image[0], error)
    return Finding(relative_error=error, limit=TOLERANCE)


def _require_of_training_images(got: np.ndarray, image: np.ndarray, error: float) -> None:
    """Statistics that test images have entered differ by less than rounding may, but they are known to four digits."""
    if error < PRECISE or (used := _used_statistics(got, image)) is None:
        return
    for parts, whose in ((("test",), "the test images"), (("train", "test"), "all 60,000 images")):
        if _are(used, statistics_of(*parts)) and not _are(used, statistics_of("train")):
            right = channel_statistics()
            raise wrong(
                _tried("test"),
                f"means of {_listed(used[0])} and deviations of {_listed(used[1])}: those of {whose}",
                f"{_listed(right[0])} and {_listed(right[1])}, those of the training images",
                "The test images are to be new to the model, and nothing that it gets may come from them: take `means` "
                "and `stds` of task 2 in both transforms.",
                "`test_transforms`",
            )


def _are(used: tuple[np.ndarray, np.ndarray], known: tuple[np.ndarray, np.ndarray] | None) -> bool:
    return known is not None and max(np.abs(u - k).max() for u, k in zip(used, known, strict=True)) < EXACT


def _listed(numbers: np.ndarray) -> str:
    return "(" + ", ".join(f"{number:.4f}" for number in numbers) + ")"


def _seen_at(image: np.ndarray, row: int, column: int) -> str:
    pixel = _pixel(image, row, column)
    if row or column:
        return f"the pixel in row {row + 1} and column {column + 1} is {pixel}"
    return f"the first pixel is {pixel}"


def _pixel(image: np.ndarray, row: int = 0, column: int = 0) -> str:
    return "(" + ", ".join(f"{x:.2f}" for x in image[:, row, column]) + ")"


@CHECK.criterion("`test_transforms` answers the same for the same image", needs=["form"])
def test_deterministic(exam: Exam) -> None:
    images = np.repeat(_noise(exam), 25, axis=0)
    answers = _outputs(exam, "test", images)
    if any(not np.array_equal(answers[0], answer) for answer in answers[1:]):
        raise wrong(
            "`test_transforms` 25 times on one image",
            "different tensors",
            "the same tensor every time",
            RANDOM_TEST,
            "`test_transforms`",
        )


def _flat(value: int) -> np.ndarray:
    return np.full((1, 32, 32, 3), value, dtype=np.uint8)


@CHECK.criterion("`train_transforms` normalises in the same way", needs=["form"])
def train_normalises(exam: Exam) -> None:
    value = int(exam.rng.integers(40, 216))
    drawn = _outputs(exam, "train", np.repeat(_flat(value), GREYS, axis=0))[:, :, CENTRE, CENTRE]
    got = drawn[0].astype(np.float64)
    is_damaged = _is_damaged(exam)
    exam.memory["colours"] = not is_damaged and bool(np.ptp(drawn[:, :, 8, 8], axis=0).max() > TOLERANCE)
    if exam.memory["colours"]:
        raise wrong(
            f"`train_transforms` {GREYS} times of a picture of one grey, {value}, seen at its centre",
            "other colours in every draw",
            "the same colour",
            COLOURS,
            "`train_transforms`",
        )
    if is_damaged:
        seen = _seen(exam)
        torn = int((seen.torn & ~seen.grey).sum())
        raise wrong(
            RAMPS_TRIED,
            f"of {len(seen.grey)} pictures {int(seen.grey.sum())} turned grey, and {torn} of which a part is lost",
            "pictures that are whole, in the colours that came in",
            "Something takes the colours from some pictures, or erases or covers a part of them: only a rotation, a "
            "flip and a crop are asked for.",
            "`train_transforms`",
        )
    right = scaled(_flat(value)[0], *channel_statistics())[:, CENTRE, CENTRE]
    if np.abs(got - right).max() > TOLERANCE:
        cause = _scale_cause_of_greys(exam, value, got) if np.ptp(got, axis=(1, 2)).max() < 1e-3 else ""
        raise wrong(
            f"`train_transforms` of a picture of one grey, {value}, seen at its centre",
            f"{_pixel(got)}",
            f"{_pixel(right)}, within {TOLERANCE}",
            cause,
            "`train_transforms`",
            hint="End with `ToTensor()` and `Normalize(means, stds)`, as in `test_transforms`.",
        )


def _scale_cause_of_greys(exam: Exam, value: int, got: np.ndarray) -> str:
    """Name the mistake by two greys, of which one alone does not tell a mean from a standard deviation."""
    other = value - 30
    also = _outputs(exam, "train", _flat(other))[0][:, CENTRE, CENTRE].astype(np.float64)
    image = np.concatenate([_flat(value)[0, :16], _flat(other)[0, 16:]])
    halves = [np.broadcast_to(seen.mean((1, 2), keepdims=True), (3, 16, 32)) for seen in (got, also)]
    return _scale_cause(np.concatenate(halves, axis=1), image)


@dataclass(frozen=True)
class Seen:
    """What was seen in the pictures of the ramps, one number a draw.

    Attributes
    ----------
    flipped : numpy.ndarray
        Whether left and right are exchanged.
    upside_down : numpy.ndarray
        Whether top and bottom are.
    angle : numpy.ndarray
        Degrees.
    shift : numpy.ndarray
        Shape (n, 2): pixels to the right and downwards.
    scale : numpy.ndarray
        Enlargement.
    slant : numpy.ndarray
        Degrees by which the angle between rows and columns differs from a right one.
    grey : numpy.ndarray
        Whether all colours show the same picture, which they do not in the ramps.
    torn : numpy.ndarray
        Whether a part of the picture shows something else than the ramps.
    """

    flipped: np.ndarray
    upside_down: np.ndarray
    angle: np.ndarray
    shift: np.ndarray
    scale: np.ndarray
    slant: np.ndarray
    grey: np.ndarray
    torn: np.ndarray

    def of(self, draws: np.ndarray) -> Seen:
        """What was seen in some of the draws; how many were grey or torn is told of all."""
        kept = {
            name: getattr(self, name)[draws]
            for name in ("flipped", "upside_down", "angle", "shift", "scale", "slant")
        }
        return replace(self, **kept)

    @property
    def is_as_asked(self) -> bool:
        """Whether there are enough pictures, and all are in their size, and turned and moved no further than asked."""
        return bool(
            len(self.angle) >= DRAWS // 3
            and not self.is_stretched
            and np.abs(self.angle).max() <= LARGEST_ANGLE
            and np.abs(self.shift).max() < 3
        )

    @property
    def is_damaged(self) -> bool:
        """Whether some pictures are grey or torn, and the others as they should be."""
        return self.is_as_asked and len(self.angle) < len(self.grey)

    @property
    def is_stretched(self) -> bool:
        """Whether a picture has another size than it came with."""
        return bool(self.scale.max() > 1.05 or self.scale.min() < 0.88)

    @property
    def is_slanted(self) -> bool:
        """Whether some pictures are not only turned."""
        return bool(np.sort(np.abs(self.slant))[-SLANTED] > SLANT)

    @property
    def is_all_or_nothing(self) -> bool:
        """Whether many pictures are not changed at all, and most of those that are turned are moved as well."""
        changes = self.changes
        turned = changes[changes[:, 1]]
        return bool((~changes.any(axis=1)).mean() > 0.35 and len(turned) and turned[:, 2].mean() > 0.7)

    @property
    def is_one_sided(self) -> bool:
        """Whether all that are turned are turned to one side, among those mirrored or among the others.

        A flip after the rotation turns the sign, so that only the pictures of one kind tell.
        """
        alike = [self.angle[self.flipped == flipped] for flipped in (False, True)]
        return any(len(a) >= ENOUGH and (a.max() < 1 or a.min() > -1) for a in alike)

    @property
    def changes(self) -> np.ndarray:
        """Shape (n, 3): whether a draw was mirrored, turned and moved."""
        return np.stack([self.flipped, np.abs(self.angle) > 1, np.abs(self.shift).max(axis=1) > 0.6], axis=1)


def _seen(exam: Exam) -> Seen:
    if "seen" not in exam.memory:
        exam.memory["seen"] = _look(exam)
    return exam.memory["seen"]


def _look(exam: Exam, draws: int = DRAWS) -> Seen:
    ramps = np.zeros((32, 32, 3), dtype=np.uint8)
    ramps[..., 0], ramps[..., 1] = RAMP[None, :], RAMP[:, None]
    dark, bright = (
        np.median(
            _outputs(exam, "train", np.repeat(_flat(v), GREYS, axis=0))[:, :, 16, 16].astype(np.float64),
            axis=0,
        )[:, None, None]
        for v in (50, 200)
    )
    drawn = _outputs(exam, "train", np.repeat(ramps[None], draws, axis=0)).astype(np.float64)
    if np.abs(bright - dark).min() < 1e-3:
        raise wrong(
            "`train_transforms` of a dark and of a bright picture",
            "the same tensor",
            "a darker and a brighter one",
            "The pixels are lost on the way: look at what each step makes of the picture.",
            "`train_transforms`",
        )
    # Back to the units of the ramps: places, 0 to 31.
    places = ((drawn - dark) / (bright - dark) * 150 + 50)[:, :2, CENTRE, CENTRE] / 8
    offsets = np.arange(8, 24) - 15.5
    down = (places * offsets[:, None]).sum((2, 3)) / (16 * (offsets**2).sum())
    right = (places * offsets[None, :]).sum((2, 3)) / (16 * (offsets**2).sum())
    middle = places.mean((2, 3)) - 15.5
    flipped, upside_down = right[:, 0] < 0, down[:, 1] < 0
    upright = np.where(upside_down, -1, 1)
    angle = np.degrees(np.arctan2(right[:, 1] * upright, down[:, 1] * upright))
    scale = 1 / np.maximum(np.hypot(right[:, 1], down[:, 1]), 1e-6)
    lengths = np.sqrt((right**2).sum(1) * (down**2).sum(1))
    slant = np.degrees(np.arcsin(np.clip((right * down).sum(1) / np.maximum(lengths, 1e-6), -1, 1)))
    grey = np.abs(places[:, 0] - places[:, 1]).max(axis=(1, 2)) < 0.5
    plane = (
        places.mean((2, 3), keepdims=True)
        + down[..., None, None] * offsets[:, None]
        + right[..., None, None] * offsets[None, :]
    )
    torn = np.abs(places - plane).max(axis=(1, 2, 3)) > TORN
    seen = Seen(flipped, upside_down, angle, -middle, scale, slant, grey, torn)
    whole = seen.of(~(grey | torn))
    return whole if whole.is_as_asked else seen


def _is_damaged(exam: Exam) -> bool:
    """Whether some pictures are grey or torn; where that cannot be told, other criteria say why."""
    try:
        return _seen(exam).is_damaged
    except Wrong:
        return False


RAMPS_TRIED = f"`train_transforms` {DRAWS} times on one picture"


def _require_random(exam: Exam) -> Seen:
    seen = _seen(exam)
    if seen.grey.all():
        raise wrong(
            RAMPS_TRIED,
            "the same picture in all three colours",
            "the colours that came in",
            "The picture is turned grey: leave out `Grayscale`, and whatever else changes colours.",
            "`train_transforms`",
        )
    if np.ptp(seen.angle) < 1e-6 and np.ptp(seen.shift) < 1e-6 and len(set(seen.flipped.tolist())) == 1:
        raise wrong(
            RAMPS_TRIED,
            "the same picture every time",
            "rotations, flips and crops at random",
            "Nothing random is left in it: add `RandomRotation(5)`, `RandomHorizontalFlip(0.5)` and "
            "`RandomCrop(32, padding=2)` before `ToTensor()`.",
            "`train_transforms`",
        )
    return seen


def _require_each_by_itself(seen: Seen) -> None:
    if seen.changes.any(axis=0).all() and seen.changes.sum(axis=1).max() == 1:
        raise wrong(
            RAMPS_TRIED,
            "pictures that are mirrored, turned or moved, and none with two of these",
            "each change drawn by itself, for every picture",
            "One of the changes is chosen for a picture, as `RandomChoice` does: put all three into `Compose`, one "
            "after the other.",
            "`train_transforms`",
        )


@CHECK.criterion("`train_transforms` mirrors about half of the pictures, left to right", needs=["form"])
def flips(exam: Exam) -> None:
    seen = _require_random(exam)
    _require_each_by_itself(seen)
    share = float(seen.flipped.mean())
    if seen.upside_down.any():
        raise wrong(
            RAMPS_TRIED,
            f"{int(seen.upside_down.sum())} of {DRAWS} are upside down",
            "top stays top",
            "A vertical flip turns ships and horses over, which never happens in the test images: use "
            "`RandomHorizontalFlip`."
            if np.abs(seen.angle).max() <= LARGEST_ANGLE
            else "The picture is turned much too far: `RandomRotation(5)` draws from −5° to 5°.",
            "`train_transforms`",
        )
    if abs(share - 0.5) > UNSURE:
        seen = _look(exam, MORE_DRAWS)
        share = float(seen.flipped.mean())
    if abs(share - 0.5) > FAR:
        cause = {
            0.0: "Nothing is mirrored: add `RandomHorizontalFlip(0.5)`, or let the next step take what it gives.",
            1.0: "Every picture is mirrored: the probability is 0.5, not 1, and it is drawn anew for every picture.",
        }.get(share, "The probability of a flip is far from 0.5.")
        if seen.is_all_or_nothing:
            cause = (
                "Many pictures stay as they are, and the others have all changes, as with `RandomApply`: put the "
                "changes into `Compose` without it."
            )
        raise wrong(RAMPS_TRIED, f"{share:.0%} are mirrored", "about 50%", cause, "`train_transforms`")


@CHECK.criterion("`train_transforms` rotates by up to 5 degrees", needs=["form"])
def rotates(exam: Exam) -> None:
    seen = _require_random(exam)
    _require_each_by_itself(seen)
    largest = float(np.abs(seen.angle).max())
    if largest > LARGEST_ANGLE and seen.is_stretched and largest < 45:
        raise wrong(
            RAMPS_TRIED,
            f"stretched pictures, in which a rotation by {largest:.0f}° is seen",
            "at most 5°, in the size that came in",
            "Something stretches the picture, so that its rotation cannot be told: make room for movement with "
            "`RandomCrop(32, padding=2)`, which keeps the size.",
            "`train_transforms`",
        )
    if seen.is_slanted and not seen.is_stretched:
        raise wrong(
            RAMPS_TRIED,
            "slanted pictures: rows and columns are turned by different angles",
            "pictures that are turned as a whole",
            "Something slants the picture, as `shear` does: leave it out.",
            "`train_transforms`",
        )
    if largest > LARGEST_ANGLE:
        raise wrong(
            RAMPS_TRIED,
            f"a rotation by {largest:.0f}°",
            "at most 5°",
            "The angle is too large: `RandomRotation(5)` draws from −5° to 5°.",
            "`train_transforms`",
        )
    if largest < 2.5:
        raise wrong(
            RAMPS_TRIED,
            f"no rotation seen beyond {largest:.1f}°",
            "angles from −5° to 5°",
            "No picture is turned far enough: `RandomRotation(5)` draws an angle for each, and its number is in "
            "degrees. Where it stands there, let the next step take what it gives.",
            "`train_transforms`",
        )
    smallest = float(np.abs(seen.angle).min())
    # To nearest pixels, small angles are not seen, so that the few larger ones may lie on one side by chance.
    one_sided = seen.is_one_sided and _look(exam, MORE_DRAWS).is_one_sided
    if smallest > 1 or seen.angle.max() < 1 or seen.angle.min() > -1 or one_sided:
        raise wrong(
            RAMPS_TRIED,
            f"rotations from {seen.angle.min():.1f}° to {seen.angle.max():.1f}°, none smaller than {smallest:.1f}°"
            if smallest > 1 or not one_sided
            else "rotations to one side only, before the flip",
            "any angle from −5° to 5°",
            "The angles are not drawn from both sides of 0°: `RandomRotation(5)` draws from −5° to 5°.",
            "`train_transforms`",
        )


@CHECK.criterion("`train_transforms` moves the picture by up to 2 pixels", needs=["form"])
def crops(exam: Exam) -> None:
    seen = _require_random(exam)
    shift = seen.shift[~seen.upside_down]
    largest = float(np.abs(shift).max(initial=0.0))
    if exam.memory.get("colours"):
        raise wrong(
            RAMPS_TRIED,
            "colours that change, so that no movement can be seen",
            "the colours that came in",
            COLOURS,
            "`train_transforms`",
        )
    if seen.is_stretched:
        raise wrong(
            RAMPS_TRIED,
            f"a picture enlarged {seen.scale.max():.2f} times",
            "the size that came in",
            "A crop with padding moves the picture and does not stretch it: use `RandomCrop(32, padding=2)`.",
            "`train_transforms`",
        )
    if largest > 2.8:
        raise wrong(
            RAMPS_TRIED,
            f"a picture moved by {largest:.1f} pixels",
            "at most 2 pixels",
            "It is moved too far: at most 2 of 32 pixels, by `RandomCrop(32, padding=2)` or "
            "`translate=(2 / 32, 2 / 32)`, and by one of them alone. `expand=True` moves it too.",
            "`train_transforms`",
        )
    if largest < 1.2:
        moved = largest > 0.6
        raise wrong(
            RAMPS_TRIED,
            "the picture moves by 1 pixel at most" if moved else "the picture stays in its place",
            "moved by −2 to 2 pixels",
            "The padding is too small: `RandomCrop(32, padding=2)`."
            if moved
            else "Add `RandomCrop(32, padding=2)`: without padding, a crop of 32 from 32 has only one place, and "
            "`CenterCrop` always takes the middle.",
            "`train_transforms`",
        )
    for axis, ways in enumerate(("to the right and to the left", "down and up")):
        if shift[:, axis].max() < 1.2 or shift[:, axis].min() > -1.2:
            raise wrong(
                RAMPS_TRIED,
                f"the picture does not move by 2 pixels both {ways}",
                "moved by −2 to 2 pixels, in every direction",
                "It does not move alike to all sides. The padding is not the same on all sides, or only one direction "
                "is drawn: `RandomCrop(32, padding=2)`.",
                "`train_transforms`",
            )
