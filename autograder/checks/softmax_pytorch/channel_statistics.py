"""Judge of ``check_channel_statistics``: mean and standard deviation of the three colour channels."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from autograder import data
from autograder.checks.answer import Value, require_finite, type_name, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import Candidate, relative_error, require_close
from autograder.checks.hidden import require_nothing_hidden
from autograder.checks.raised import Causes
from autograder.checks.result import Finding

CHECK = Check(
    id="check_channel_statistics",
    title="Channel statistics",
    points=0.25,
    answer="channel_statistics",
    subjects=("channel_statistics",),
    module=__name__,
)
N = 13
SHAPE = (N, 32, 32, 3)
TRIED = f"`channel_statistics(images)` of {N} random images, uint8"
# n or n − 1 in the variance, and sums in float32, differ by less.
LIMIT = 1e-4
COUNT = 1_000
"""Images of one colour, of which there are two: enough for a float32 sum of all pixels to go astray."""
MANY_TRIED = f"`channel_statistics(images)` of {2 * COUNT:,} images, each of one colour, uint8"
MANY_LIMIT = 1e-3
DARKEST, BRIGHTEST, APART = 100, 250, 40
"""Of the two colours. Closer ones have a deviation so small that right sums in float32 lose it too."""
NARROW_SUMS = (
    "Few images come out right and thousands do not: they are added up in float32, where a long sum loses digits, and "
    "stops growing at 2^24. Use float64, as in `images.mean(axis=(0, 1, 2), dtype=np.float64)`, and divide by 255 "
    "afterwards."
)
OF_BATCHES = (
    "The means are right, and the deviations are too small by one factor: those of batches, or of single images, are "
    "averaged, and how the batches differ from each other is lost. Add up the pixels and their squares over all "
    "batches, and take the root of mean(x²) − mean(x)² at the end, in float64."
)
ONLY_FIRST = "These are the figures of the first images alone: use all that are given."
KNOWN = "These are the figures of CIFAR-10: compute them from the images that are given."
OTHER_AXES = (
    "These are the figures of the first three images: the colours are the last axis, `images[..., channel]`.",
    "These are the figures of the first three rows: the colours are the last axis, `images[..., channel]`.",
    "These are the figures of the first three columns: the colours are the last axis, `images[..., channel]`.",
)
OVERWRITTEN = (
    "`images` itself is overwritten, and uint8 keeps whole numbers alone: write `images = images / 255`, which makes a "
    "new array."
)
IN_PLACE = "An operator such as `/=` or `-=` works in place: write `images = images / 255`."
ERRORS: Causes = (
    (
        re.compile(r"UFuncTypeError|Cannot cast ufunc"),
        "The images are uint8 and cannot hold fractions, so that an operator such as `/=` has no place for its result: "
        "write `images = images / 255`, which makes a new array.",
    ),
)
FLOATS = ("float64", "float32")
SHAPE_CAUSES = {
    (): "One number for all colours: average over images, rows and columns and keep the last axis, "
    "`axis=(0, 1, 2)`.",
    (32, 32, 3): "Only the images were averaged (axis 0): average over rows and columns too, "
    "`axis=(0, 1, 2)`.",
    (N, 3): "One row for each image: average over the images too, `axis=(0, 1, 2)`.",
    (32, 3): "One axis is left: average over images, rows and columns, `axis=(0, 1, 2)`.",
    (32,): "32 numbers are left, so the colours were averaged away: keep the last axis, `axis=(0, 1, 2)`.",
    (N, 32, 32): "The colours were averaged and the rest kept: it is the other way round, `axis=(0, 1, 2)`.",
    (
        N,
    ): "One number for each image is left: average over images, rows and columns, `axis=(0, 1, 2)`, and keep the "
    "colours.",
    (
        1,
    ): "One number alone: all colours are averaged together, or `return` stands inside the loop over them.",
    (1, 1, 1, 3): "`keepdims` keeps axes of length 1: leave it out, the shape is (3,).",
}
NOT_FINITE = (
    "A square root of a negative number gives nan. `images` is uint8, whose squares wrap around at 256, so that their "
    "mean is too small: convert to float before you square."
)


def _images(exam: Exam) -> np.ndarray:
    """Images whose brightness differs by picture, place and colour, none at 255, so that every mistake shows."""
    rng = exam.rng
    light = rng.uniform(20, 160, size=(N, 1, 1, 3)) + rng.uniform(0, 40, size=(1, 32, 32, 3))
    return np.clip(light + rng.normal(0, 1, size=SHAPE) * rng.uniform(5, 25, size=3), 0, 250).astype(np.uint8)


def _three(value: Value, what: str) -> np.ndarray:
    """Read three numbers: an array or tensor of shape (3,), or a list or tuple."""
    if value.type in ("list", "tuple"):
        items = value.items()
        if len(items) != 3:
            cause = SHAPE_CAUSES[(1,)] if len(items) == 1 else ""
            raise wrong(TRIED, f"{len(items)} numbers as {what}", "3 numbers, one a channel", cause)
        return np.array([item.number(what, tried=TRIED) for item in items])
    if value.type == "float" or value.type.startswith("numpy."):
        raise wrong(TRIED, f"{what} is one number", "3 numbers, one a channel", SHAPE_CAUSES[()])
    kind = "Tensor" if value.type == "Tensor" else "ndarray"
    if isinstance(value.data, np.ndarray) and value.data.shape == (3,):
        require_finite(value.data, what, TRIED, NOT_FINITE)
    data = value.array(what, (3,), FLOATS, tried=TRIED, shape_causes=SHAPE_CAUSES, kind=kind)
    return data.astype(np.float64)


def _pair(exam: Exam) -> tuple[Value, Value]:
    if "pair" not in exam.memory:
        images = exam.memory["images"] = _images(exam)
        answer = exam.memory["answer"] = exam.ask("statistics", tried=TRIED, if_error=ERRORS, images=images)
        exam.memory["pair"] = _two(answer["answer"])
    return exam.memory["pair"]


def _two(value: Value) -> tuple[Value, Value]:
    data = value.data
    if isinstance(data, np.ndarray) and data.shape == (2, 3):
        rows = [Value({**value.description, "data": row}) for row in data]
        return rows[0], rows[1]
    items = value.items() if value.type in ("list", "tuple") else []
    if len(items) != 2:
        raise wrong(
            TRIED,
            _came(value),
            "`means, stds`",
            "Nothing is returned: end with `return means, stds`."
            if value.type == "NoneType"
            else "Return both, separated by a comma: `return means, stds`.",
            "`channel_statistics`",
        )
    return items[0], items[1]


def _came(value: Value) -> str:
    if isinstance(value.data, np.ndarray):
        return f"{type_name(value.type)} of shape {value.data.shape}"
    if value.type in ("list", "tuple"):
        return f"{type_name(value.type)} of length {len(value.items())}"
    return type_name(value.type)


@CHECK.criterion("means of the three channels, in [0, 1]")
def means(exam: Exam) -> Finding:
    got = _three(_pair(exam)[0], "`means`")
    pixels = exam.memory["images"].astype(np.float64)
    key, spread = pixels.mean((0, 1, 2)) / 255, pixels.std((0, 1, 2)) / 255
    return require_close(
        "`means`",
        got,
        key,
        LIMIT,
        tried=TRIED,
        where="`channel_statistics`",
        candidates=_near(
            got,
            [
                *([(got, OVERWRITTEN)] if _is_overwritten(exam) else []),
                (key * 255, "The pixels are still 0 … 255: divide by 255."),
                (key / 255, "The means are divided by 255 twice."),
                _divided_by_largest(key, pixels),
                *((part.mean((0, 1)) / 255, words) for part, words in _other_axes(pixels)),
                (
                    (exam.memory["images"] // 255).mean((0, 1, 2)),
                    "`//` divides integers, and leaves 0 of every pixel below 255: write `images / 255`. Or the mean "
                    "is told to be an integer (`dtype`), or nothing is computed here at all.",
                ),
                (key * 255 / 256, "Divided by 256: the largest pixel is 255, so divide by 255."),
                (
                    pixels[0].mean((0, 1)) / 255,
                    "Only the first image is used: average over all images, `axis=(0, 1, 2)`.",
                ),
                (np.array(data.MEANS), KNOWN),
                (spread, "Means and standard deviations are swapped: `return means, stds`."),
                (key[::-1], "The channels are in reverse order: the images are red, green, blue."),
                (
                    pixels.reshape(3, -1).mean(1) / 255,
                    "`reshape(3, -1)` cuts the images into three heaps, it does not separate the colours: "
                    "the colour is the last axis.",
                ),
                (np.full(3, pixels.mean() / 255), "All channels are averaged together: keep the last axis."),
            ],
        ),
        hint="Average over images, rows and columns, then divide by 255.",
    )


@CHECK.criterion("standard deviations of the three channels, over all pixels of all images")
def deviations(exam: Exam) -> Finding:
    got = _three(_pair(exam)[1], "`stds`")
    pixels = exam.memory["images"].astype(np.float64)
    key = pixels.std((0, 1, 2)) / 255
    wrapped = (exam.memory["images"] ** 2).mean((0, 1, 2))
    return require_close(
        "`stds`",
        got,
        key,
        LIMIT,
        tried=TRIED,
        where="`channel_statistics`",
        candidates=_near(
            got,
            [
                (key * 255, "The pixels are still 0 … 255: divide by 255."),
                (key / 255, "The standard deviations are divided by 255 twice."),
                _divided_by_largest(key, pixels),
                *((part.std((0, 1)) / 255, words) for part, words in _other_axes(pixels)),
                *_other_spreads(pixels),
                (key * 255 / 256, "Divided by 256: the largest pixel is 255, so divide by 255."),
                (np.array(data.DEVIATIONS), KNOWN),
                (key**2, "This is the variance: its square root is the standard deviation."),
                (key**2 * 255, "This is the variance, divided by 255: take the square root first."),
                (
                    pixels.std((1, 2)).mean(0) / 255,
                    "This is the mean of each image's own standard deviation: how the images differ from each "
                    "other is lost. Take it over all pixels of all images at once, `axis=(0, 1, 2)`.",
                ),
                (
                    pixels.mean((1, 2)).std(0) / 255,
                    "This is the deviation of the images' means: how the pixels of an image differ from each other is "
                    "lost. Take it over all pixels of all images at once, `axis=(0, 1, 2)`.",
                ),
                (
                    pixels[0].std((0, 1)) / 255,
                    "Only the first image is used: take the deviation over all images, `axis=(0, 1, 2)`.",
                ),
                (
                    pixels.std(0).mean((0, 1)) / 255,
                    "This is the mean over places of the deviation at each place: take it over all pixels at "
                    "once, `axis=(0, 1, 2)`.",
                ),
                (pixels.mean((0, 1, 2)) / 255, "These are the means: `return means, stds`."),
                (key[::-1], "The channels are in reverse order: the images are red, green, blue."),
                (
                    pixels.reshape(3, -1).std(1) / 255,
                    "`reshape(3, -1)` cuts the images into three heaps, it does not separate the colours.",
                ),
                (np.full(3, pixels.std() / 255), "All channels are taken together: keep the last axis."),
                (
                    np.sqrt(np.abs(wrapped - pixels.mean((0, 1, 2)) ** 2)) / 255,
                    "Squares of uint8 wrap around at 256: convert to float before you square.",
                ),
            ],
        ),
        hint="Take the standard deviation over images, rows and columns, then divide by 255. If you square "
        "pixels yourself, convert to float first: uint8 wraps around at 256.",
    )


def _is_overwritten(exam: Exam) -> bool:
    after = exam.memory["answer"]["images"].data
    return isinstance(after, np.ndarray) and not np.array_equal(after, exam.memory["images"])


def _divided_by_largest(key: np.ndarray, pixels: np.ndarray) -> Candidate:
    """What comes of the largest pixel in place of 255."""
    largest = pixels.max()
    return (
        key * 255 / largest,
        f"Divided by the largest pixel of these images, {largest:.0f}: divide by 255, whatever they hold.",
    )


def _other_axes(pixels: np.ndarray) -> Iterator[tuple[np.ndarray, str]]:
    """Pixels of what is taken for the three colours, shape (a, b, 3), and what to say of it."""
    for axis, words in enumerate(OTHER_AXES):
        taken = np.moveaxis(pixels, axis, -1)[..., :3]
        yield taken.reshape(-1, 1, 3), words


def _other_spreads(pixels: np.ndarray) -> Iterator[Candidate]:
    """What is no standard deviation over all pixels, and what to say of it."""
    yield (
        np.sqrt(pixels.var((1, 2)).mean(0)) / 255,
        "This is the root of the mean of each image's own variance: how the images differ from each other is lost. "
        "Take the deviation over all pixels of all images at once, `axis=(0, 1, 2)`.",
    )
    for first, second in ((0, 0), (2, 1), (1, 1)):
        yield (
            pixels.std(first).std(second).std(0) / 255,
            "These are deviations of deviations: take one over all three axes at once, `axis=(0, 1, 2)`.",
        )
    centred = pixels - pixels.mean((0, 1, 2))
    yield (
        np.abs(centred).mean((0, 1, 2)) / 255,
        "This is the mean absolute deviation: square the differences, take their mean, then the root.",
    )
    yield (
        np.sqrt((centred**2).sum((0, 1, 2))) / 255,
        "The squared differences are added up: take their mean, then the root.",
    )


def _near(got: np.ndarray, candidates: list[Candidate]) -> list[Candidate]:
    """Candidates that agree up to the tolerance, in the form that `require_close` compares exactly."""
    chosen = []
    for value, sentence in candidates:
        array = np.asarray(value)
        if np.isfinite(array).all() and np.abs(got - array).max() <= LIMIT * np.abs(array).max():
            chosen.append((got, sentence))
    return chosen


@CHECK.criterion("the images stay as they are", needs=["means"], weight=0.5)
def images_unchanged(exam: Exam) -> None:
    after = exam.memory["answer"]["images"].array("`images`", SHAPE, "uint8", tried=TRIED)
    require_finite(after, "`images`")
    if not np.array_equal(after, exam.memory["images"]):
        raise wrong(
            TRIED,
            "`images` itself was changed",
            "an argument that stays as it is",
            IN_PLACE,
        )
    require_nothing_hidden(exam)


@CHECK.criterion("thousands of images keep their digits", needs=["means", "deviations"])
def many_images(exam: Exam) -> Finding:
    """All pixels of a half are alike, so that the rounding errors of a long sum do not cancel."""
    colours = _two_colours(exam.rng)
    answer = exam.ask("of_many", tried=MANY_TRIED, if_error=ERRORS, colours=colours, count=COUNT)
    values = _two(answer["answer"])
    means, stds = (_three(value, what) for value, what in zip(values, ("`means`", "`stds`"), strict=True))
    got = np.concatenate([means, stds])
    halves = colours / 255
    right = np.concatenate([halves.mean(0), np.abs(halves[0] - halves[1]) / 2])
    first = np.concatenate([halves[0], np.zeros(3)])
    return require_close(
        "`means` and `stds`",
        got,
        right,
        MANY_LIMIT,
        tried=MANY_TRIED,
        where="`channel_statistics`",
        candidates=[
            *([(got, ONLY_FIRST)] if np.abs(got - first).max() < MANY_LIMIT else []),
            *([(got, OF_BATCHES)] if _is_of_batches(got, right) else []),
        ],
        cause=NARROW_SUMS if any(map(_is_float32, values)) else "",
        hint="Few images come out right and thousands do not: use all that are given, and add up in float64, for a "
        "long sum in float32 loses digits: `images.mean(axis=(0, 1, 2), dtype=np.float64)`.",
    )


def _is_of_batches(got: np.ndarray, right: np.ndarray) -> bool:
    """Whether the means are right, and all deviations too small by the same factor: batches of one colour have none."""
    if relative_error(got[:3], right[:3]) > MANY_LIMIT:
        return False
    shares = got[3:] / right[3:]
    return bool(shares.min() >= 0 and shares.max() < 0.9 and np.ptp(shares) < MANY_LIMIT)


def _two_colours(rng: np.random.Generator) -> np.ndarray:
    """Shape (2, 3), uint8: in each channel a darker and a brighter value, in either order."""
    middle = (DARKEST + BRIGHTEST) // 2
    darker = rng.integers(DARKEST, middle, 3)
    pair = np.stack([darker, darker + rng.integers(APART, BRIGHTEST - middle + 1, 3)])
    return rng.permuted(pair, axis=0).astype(np.uint8)


def _is_float32(value: Value) -> bool:
    if value.type in ("list", "tuple"):
        return any(item.type == "numpy.float32" for item in value.items())
    return isinstance(value.data, np.ndarray) and value.data.dtype == np.float32
