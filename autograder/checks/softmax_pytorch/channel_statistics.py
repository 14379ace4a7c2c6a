"""Judge of ``check_channel_statistics``: mean and standard deviation of the three colour channels."""

from __future__ import annotations

import numpy as np

from autograder.checks.answer import Value, require_finite, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import Candidate, require_close
from autograder.checks.hidden import require_nothing_hidden
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
    (1, 1, 1, 3): "`keepdims` keeps axes of length 1: leave it out, the shape is (3,).",
}
NOT_FINITE = (
    "A square root of a negative number gives nan. `images` is uint8, whose squares wrap around at 256, so that their "
    "mean is too small: convert to float before you square."
)


def _images(exam: Exam) -> np.ndarray:
    """Images whose brightness differs by picture, place and colour, so that every mistake shows."""
    rng = exam.rng
    light = rng.uniform(20, 160, size=(N, 1, 1, 3)) + rng.uniform(0, 40, size=(1, 32, 32, 3))
    return np.clip(light + rng.normal(0, 1, size=SHAPE) * rng.uniform(5, 25, size=3), 0, 255).astype(np.uint8)


def _three(value: Value, what: str) -> np.ndarray:
    """Read three numbers: an array or tensor of shape (3,), or a list or tuple."""
    if value.type in ("list", "tuple"):
        items = value.items()
        if len(items) != 3:
            raise wrong(TRIED, f"{len(items)} numbers as {what}", "3 numbers, one a channel")
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
        answer = exam.memory["answer"] = exam.ask("statistics", tried=TRIED, images=images)
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
            "something else than a pair",
            "`means, stds`",
            "Return both, separated by a comma: `return means, stds`.",
            "`channel_statistics`",
        )
    return items[0], items[1]


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
                (key * 255, "The pixels are still 0 … 255: divide by 255."),
                (key / 255, "The means are divided by 255 twice."),
                (
                    (exam.memory["images"] // 255).mean((0, 1, 2)),
                    "`//` divides integers, and leaves 0 of every pixel below 255: write `images / 255`. Or nothing is "
                    "computed here at all.",
                ),
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
                (key**2, "This is the variance: its square root is the standard deviation."),
                (key**2 * 255, "This is the variance, divided by 255: take the square root first."),
                (
                    pixels.std((1, 2)).mean(0) / 255,
                    "This is the mean of each image's own standard deviation: how the images differ from each "
                    "other is lost. Take it over all pixels of all images at once, `axis=(0, 1, 2)`.",
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
            "An operator such as `/=` or `-=` works in place: write `images = images / 255`.",
        )
    require_nothing_hidden(exam)
