"""Judge of ``check_standardize``: x → (x − mean) / std, pixel by pixel, with the training set's numbers.

Statistics of the training set alone, or the test set leaks into the model
(Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", 2nd ed., 2009, section 7.10.2).
"""

from __future__ import annotations

import re

import numpy as np

from autograder.checks.answer import Answer, Value, malformed, require_finite, type_name, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import Candidate, brief, relative_error, require_close
from autograder.checks.numpy_only import require_numpy_only
from autograder.checks.raised import Causes
from autograder.checks.result import Finding

CHECK = Check(
    id="check_standardize",
    title="Standardised pixels",
    points=0.5,
    answer="features",
    subjects=("standardize",),
    module=__name__,
    begins="def standardize(",
)
TRAIN, VALID, TEST, PIXELS = 23, 11, 5, 7
CONSTANT, NARROW = 3, 5
LIMIT = 1e-4
NARROW_LIMIT = 0.1
"""So wide that n − 1 in place of n, and a small number added to the standard deviation, do not matter."""
FLOATS = ("float32", "float64")
TRIED = f"`standardize(train, valid, test)` with {TRAIN}, {VALID} and {TEST} rows of {PIXELS} pixels"
WHERE = "`standardize`"


def _draw(exam: Exam) -> list[np.ndarray]:
    """Three parts whose pixels have means and spreads of their own, in whole numbers from 0 to 255."""
    rng = exam.rng
    centres, spreads = rng.uniform(90, 160, PIXELS), rng.uniform(20, 40, PIXELS)
    parts = []
    for rows, shift in ((TRAIN, 0), (VALID, 25), (TEST, -20)):
        drawn = centres + shift + spreads * rng.normal(size=(rows, PIXELS))
        parts.append(np.clip(np.round(drawn), 0, 255))
    return parts


def _apply(x: np.ndarray, source: np.ndarray, axis: int | None = 0, ddof: int = 0) -> np.ndarray:
    with np.errstate(all="ignore"):
        mean = source.mean(axis=axis, keepdims=True)
        return np.asarray((x - mean) / source.std(axis=axis, ddof=ddof, keepdims=True))


def _parts(answer: Answer, count: int, tried: str) -> list[Value]:
    """The parts of the answer; a bare array counts as one part."""
    value = answer["parts"]
    if value.type == "ndarray" and count == 1:
        return [value]
    if value.type not in ("tuple", "list"):
        raise wrong(
            tried,
            type_name(value.type),
            f"a tuple of {count} arrays",
            "Answer every argument, in the order in which they came: `return tuple(…)`.",
            WHERE,
        )
    items = value.items()
    if len(items) != count:
        raise wrong(
            tried,
            f"{len(items)} arrays",
            f"{count}, in the order of the arguments",
            "The training set comes first in the answer, then the others, however many there are.",
            WHERE,
        )
    return items


def _read(value: Value, rows: int, name: str, tried: str) -> np.ndarray:
    others: dict[tuple[int, ...], str] = {(n, PIXELS): OTHER_ORDER for n in (TRAIN, VALID, TEST)}
    others |= {(rows, width): LEFT_OUT for width in range(1, PIXELS)}
    return value.array(f"`{name}`, standardised,", (rows, PIXELS), FLOATS, tried=tried, shape_causes=others)


LEFT_OUT = "Pixels are left out: every pixel stays, and a standard deviation of 0 is replaced by 1."
OTHER_ORDER = "The parts come in another order: the training set first, then the others as they were given."


def _mistakes(parts: list[np.ndarray], index: int) -> list[Candidate]:
    """What likely mistakes make of one part."""
    train, valid = parts[:2]
    x, mean, std = parts[index], train.mean(axis=0), train.std(axis=0)
    everything = np.concatenate(parts)
    found: list[Candidate] = []
    for ddof in (0, 1):
        if index:
            found.append(
                (
                    _apply(x, x, ddof=ddof),
                    "Each part is standardised with its own statistics: use those of `train` for all parts.",
                )
            )
        found += [
            (
                _apply(x, np.concatenate([train, valid]), ddof=ddof),
                "The statistics come from train + valid: those of `train` alone count, or the validation "
                "images leak into the features.",
            ),
            (
                _apply(x, everything, ddof=ddof),
                "The statistics come from all parts together: those of `train` alone count, or the test "
                "images leak into the features.",
            ),
            (
                _apply(x, train, axis=None, ddof=ddof),
                "One mean and one spread serve all pixels: each pixel (column) has its own, `axis=0`.",
            ),
            (
                _apply(x, x, axis=1, ddof=ddof),
                "Each image is standardised by itself: take the statistics over the images, `axis=0`.",
            ),
        ]
    return [
        *found,
        (
            x - mean,
            "The division by the standard deviation is missing, or that came out as 0 or nan and was replaced: squares "
            "of bytes wrap around at 256, so convert to float first.",
        ),
        (x / std, "The mean is not subtracted."),
        ((x - mean) / std**2, "It is divided by the variance: take its square root, the standard deviation."),
        ((x - mean) / 255, "It is divided by 255: divide by each pixel's standard deviation."),
        (x / 255, "The pixels are only scaled to [0, 1]: subtract each one's mean, divide by its spread."),
        (
            (x - train.min(axis=0)) / np.ptp(train, axis=0),
            "This scales to [0, 1] by minimum and maximum: use mean and standard deviation.",
        ),
        ((x - np.median(train, axis=0)) / std, "The median is subtracted: subtract the mean."),
        (
            x / std - mean,
            "x alone is divided by the standard deviation: the brackets go around the difference, `(x - mean) / std`.",
        ),
        (((x - mean) / std - mean) / std, "The part is standardised twice: once is enough."),
        (
            (x - mean / 255) / (std / 255),
            "The statistics come from pixels divided by 255, and these pixels are not: treat both alike.",
        ),
        (_apply(x, valid), "The statistics come from another part: those of `train` count."),
        ((x - mean) / std.mean(), "One spread serves all pixels: each pixel has its own, `axis=0`."),
        ((x - train.mean()) / std, "One mean serves all pixels: each pixel has its own, `axis=0`."),
        (x, "The numbers come out as they went in."),
        (
            x - mean / std,
            "The mean alone is divided by the standard deviation: the brackets go around the difference, "
            "`(x - mean) / std`.",
        ),
        *(
            (
                (x - mean) / (std + small),
                f"{small:g} is added to the standard deviation, which changes every pixel: replace those that are 0, "
                "and leave the others as they are.",
            )
            for small in (1.0, 0.1, 0.01)
        ),
        *(
            ((x - whole(mean)) / std, "The mean is turned into whole numbers: leave its decimals.")
            for whole in (np.floor, np.round)
        ),
        *(
            [
                ((x - parts[index].mean(axis=0)) / std, "The mean of each part itself is subtracted."),
                *(
                    (
                        (x - mean) / x.std(axis=0, ddof=ddof),
                        "Each part is divided by its own standard deviation: use that of `train` for all parts.",
                    )
                    for ddof in (0, 1)
                ),
            ]
            if index
            else []
        ),
    ]


def _require(
    parts: list[np.ndarray], index: int, value: Value, name: str, tried: str = TRIED, cause: str = ""
) -> Finding:
    """Demand one part standardised by `train`, with ddof 0 or 1."""
    got = _read(value, len(parts[index]), name, tried)
    keys = [_apply(parts[index], parts[0], ddof=ddof) for ddof in (0, 1)]
    key = min(keys, key=lambda k: relative_error(got, k))
    return require_close(
        f"`{name}`, standardised,",
        got,
        key,
        LIMIT,
        tried=tried,
        where=WHERE,
        candidates=_mistakes(parts, index),
        cause=cause,
        hint="Compute `(x - train.mean(axis=0)) / train.std(axis=0)` for every part x.",
    )


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only(exam, "standardize")


@CHECK.criterion("every pixel of `train` has mean 0 and standard deviation 1", weight=2)
def train_part(exam: Exam) -> Finding:
    parts = _draw(exam)
    answer = exam.ask("values", tried=TRIED, if_error=_errors(), train=parts[0], others=parts[1:])
    value = _parts(answer, 3, TRIED)[0]
    finding = _require(parts, 0, value, "train")
    if relative_error(value.data, _apply(parts[0], parts[0], ddof=1)) <= LIMIT:
        exam.note = (
            "Your standard deviation divides by n − 1, that of the worked pixel by n: both are right here."
        )
    return finding


def _errors() -> Causes:
    """What errors betray; the sizes differ, so a shape says which axis was summed."""
    return (
        (
            re.compile(rf"broadcast together with shapes \(\d+,{PIXELS}\) \({TRAIN},1?\)"),
            "There is one number for each image (row): take mean and standard deviation over the images, `axis=0`, "
            "which gives one for each pixel, (D,).",
        ),
        (
            re.compile(r"^TypeError: standardize\(\) (takes|missing)"),
            "The parts come one by one, however many there are: keep `def standardize(train, *others)`.",
        ),
        (
            re.compile(r"^TypeError: standardize\(\) got an unexpected keyword"),
            "The parts come without names, in order: keep `def standardize(train, *others)`.",
        ),
    )


@CHECK.criterion("the other parts use the statistics of `train`", weight=3, needs=["train_part"])
def other_parts(exam: Exam) -> Finding:
    parts = _draw(exam)
    answer = exam.ask("values", tried=TRIED, train=parts[0], others=parts[1:])
    values = _parts(answer, 3, TRIED)
    _require(parts, 1, values[1], "valid")
    return _require(parts, 2, values[2], "test")


@CHECK.criterion("bytes (uint8) come to the same, and so does `train` alone", needs=["train_part"], weight=1)
def whole_numbers(exam: Exam) -> Finding:
    parts = _draw(exam)
    bytes_ = [part.astype(np.uint8) for part in parts]
    tried = f"{TRIED}, all uint8"
    answer = exam.ask("values", tried=tried, if_error=BYTES_CAUSE, train=bytes_[0], others=bytes_[1:])
    values = _parts(answer, 3, tried)
    for index, name in enumerate(("train", "valid", "test")):
        value = values[index]
        if isinstance(value.data, np.ndarray) and value.data.dtype.kind in "iu":
            cause = IN_PLACE_CAUSE if _is_changed(answer["train"], bytes_[0]) else BYTES_CAUSE
            raise wrong(tried, f"`{name}` has dtype {value.data.dtype}", "float32 or float64", cause, WHERE)
        if index == 0 and isinstance(value.data, np.ndarray) and value.data.dtype.name in FLOATS:
            require_finite(value.data, f"`{name}`, standardised,", tried, AS_BYTES_CAUSE)
        # As floats these numbers have come out right in `train`: there it is the bytes.
        _require(parts, index, value, name, tried, "" if index else AS_BYTES_CAUSE)
    alone = "`standardize(train)` alone"
    answer = exam.ask("values", tried=alone, if_error=_errors(), train=parts[0], others=[])
    return _require(parts, 0, _parts(answer, 1, alone)[0], "train", alone)


def _is_changed(after: Value, before: np.ndarray) -> bool:
    """Whether an argument holds other numbers now."""
    data = after.data
    return isinstance(data, np.ndarray) and data.shape == before.shape and not np.array_equal(data, before)


IN_PLACE_CAUSE = (
    "The results are written into the array that came in, which holds bytes, and changes it: make a new one, "
    "`x = (x - mean) / std`."
)
AS_BYTES_CAUSE = (
    "The same numbers as floats come out right: bytes wrap around at 256, in sums, differences and squares, so "
    "convert first, `train.astype(np.float32)`."
)
BYTES_CAUSE = "Bytes hold whole numbers from 0 to 255 only: convert first, `train.astype(np.float32)`."


@CHECK.criterion("a pixel that never changes gives finite numbers", needs=["train_part"], weight=1)
def constant_pixel(exam: Exam) -> None:
    parts = _draw(exam)
    parts[0][:, CONSTANT] = 77.0
    for part in parts:
        part[:, NARROW] /= 255
    tried = f"{TRIED}, pixel {CONSTANT} the same in all of `train`"
    values = _parts(exam.ask("values", tried=tried, train=parts[0], others=parts[1:]), 3, tried)
    for value, name, part in zip(values, ("train", "valid", "test"), parts, strict=True):
        if isinstance(value.data, np.ndarray) and not np.isfinite(value.data).all():
            raise wrong(
                tried,
                f"`{name}` contains nan or inf",
                "finite numbers",
                "The standard deviation of that pixel is 0: replace zeros by 1 before dividing.",
                WHERE,
            )
        got = _read(value, len(part), name, tried)
        _require_narrow(got, part, parts[0], name, tried)
        kept = ~np.isin(np.arange(PIXELS), (CONSTANT, NARROW))
        keys = [_apply(part[:, kept], parts[0][:, kept], ddof=ddof) for ddof in (0, 1)]
        key = min(keys, key=lambda k: relative_error(got[:, kept], k))
        require_close(f"the other pixels of `{name}`", got[:, kept], key, LIMIT, tried=tried, where=WHERE)


def _require_narrow(got: np.ndarray, part: np.ndarray, train: np.ndarray, name: str, tried: str) -> None:
    """A pixel with a spread below 1 keeps it: only 0 is replaced."""
    (key,) = _apply(part, train).T[[NARROW]]
    if not relative_error(got[:, NARROW], key) <= NARROW_LIMIT:
        raise wrong(
            f"{tried}, and pixel {NARROW} with a standard deviation of {train[:, NARROW].std():.2f}",
            f"pixel {NARROW} of `{name}` = {brief(got[:, NARROW])}",
            brief(key),
            "A small standard deviation is replaced too: only one that is 0 is, `np.where(std > 0, std, 1)`.",
            WHERE,
        )


@CHECK.criterion("the arguments stay as they are", needs=["train_part"], weight=1)
def unchanged(exam: Exam) -> None:
    parts = _draw(exam)
    answer = exam.ask("values", tried=TRIED, train=parts[0], others=parts[1:])
    after = [answer["train"], *answer["others"].items()]
    if len(after) != len(parts):
        raise malformed("an argument is not described")
    for value, part, name in zip(after, parts, ("train", "valid", "test"), strict=True):
        if not np.array_equal(value.array(f"`{name}`", part.shape, tried=TRIED), part):
            raise wrong(
                TRIED,
                f"`{name}` itself was changed",
                "arguments that stay as they are",
                "Operators such as `-=` and `/=` work in place, and so does `x[:] = …`: write `x = (x - mean) / std`.",
                WHERE,
            )
