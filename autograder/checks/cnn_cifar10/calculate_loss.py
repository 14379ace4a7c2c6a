"""Judge of ``check_calculate_loss``: mean cross-entropy, −(1/n) Σ log p(right class), in nats.

The loss is asked for with a small model of the judge's own, whose probabilities the judge knows in
float64. A loss that needs more of the model (its logits, say) is asked again with the student's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from autograder.checks.answer import NO_RETURN, Answer, Value, Wrong, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import relative_error, side_by_side
from autograder.checks.hidden import require_nothing_hidden
from autograder.checks.layers import CAUSES, CUT, listed
from autograder.checks.raised import Causes, on_lines
from autograder.checks.result import Finding, Status

CHECK = Check(
    id="check_calculate_loss",
    title="Mean cross-entropy",
    points=0.5,
    answer="calculate_loss",
    subjects=("calculate_loss", "Model"),
    module=__name__,
)
N, CLASSES, SEEN = 13, 10, 7
LIMIT = 1e-4
GRADIENT_LIMIT = 1e-3
LARGE = 5.0
SPREAD, LARGEST = 1.5, 1e4
CERTAIN_SPREAD, CERTAIN_LARGEST = 300.0, 1e9
FLOORS = (0.1, 0.05, 0.02, 0.01, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4)
SMOOTHINGS = (0.1, 0.05, 0.2, 0.01)
SIZES = (8, 10, 16, 20, 25, 32, 50, 64, 100, 128, 200, 250, 256, 500, 512, 1000, 1024, 10_000, 45_000, 50_000)
"""Batches and data sets whose size a student may have written into the loss."""
WHERE = "`calculate_loss`"
BATCH = f"a batch of {N} images"
ONE_HOT = (
    "`F.one_hot(y)` is only as wide as the largest label in the batch: write `F.one_hot(y, 10)`, or pick "
    "the probabilities of the right classes by index."
)
TWICE = (
    "Softmax is applied again: the model answers probabilities, and `F.cross_entropy` expects logits. "
    "Such a loss cannot go below 1.461, however good the model. Take −log of the probabilities."
)


class Case:
    """One batch, the model that it goes through, and what is right for it."""

    def __init__(self, X: np.ndarray, y: np.ndarray, W: np.ndarray, b: np.ndarray) -> None:
        self.X, self.y, self.W, self.b = X, y, W, b
        weights, bias = (torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (W, b))
        squares = torch.nn.functional.avg_pool2d(torch.tensor(X, dtype=torch.float64), 8).flatten(1)
        logits = squares @ weights + bias
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(y))
        loss.backward()
        self.p = torch.softmax(logits, dim=1).detach().numpy()
        self.loss = float(loss.detach())
        self.gradients = [g.numpy() for g in (weights.grad, bias.grad) if g is not None]


def _images(exam: Exam, n: int) -> np.ndarray:
    patches = exam.rng.uniform(size=(n, 3, 4, 4)).repeat(8, axis=2).repeat(8, axis=3)
    return patches.astype(np.float32)


def _case(exam: Exam, y: np.ndarray, scale: float = 1.0) -> Case:
    W = 0.35 * scale * exam.rng.normal(size=(48, CLASSES))
    b = 0.35 * scale * exam.rng.normal(size=CLASSES)
    return Case(_images(exam, len(y)), y, W.astype(np.float32), b.astype(np.float32))


def _labels(exam: Exam, n: int, classes: int) -> np.ndarray:
    """Labels in which each of the first classes occurs, as far as there are samples."""
    y = np.concatenate([np.arange(classes), exam.rng.integers(classes, size=max(0, n - classes))])
    return exam.rng.permutation(y[:n])


ERRORS: Causes = (
    (
        re.compile(r"^IndexError: Dimension out of range"),
        on_lines(
            re.compile(r"\by\.(argmax|max)\(|\bargmax\(y\b"),
            "`y` holds class numbers already, one for each image: leave out `argmax`.",
        ),
    ),
    *CAUSES,
    (
        re.compile(r"not implemented for '(Long|Int)'"),
        "The model's answer comes first and the labels second. And the model answers probabilities already: "
        "`F.cross_entropy` would take a softmax of them once more.",
    ),
    (
        re.compile(r"indexing tensors could not be broadcast|is out of bounds"),
        f"A batch holds any number of images, here {N}: take it from the batch, as `torch.arange(len(y))` does.",
    ),
    (
        re.compile(r"backward through the graph a second time"),
        "The loss went backward already: `calculate_loss` only computes and returns it, and `backward` belongs to the "
        "training.",
    ),
    (re.compile(r"must match the size of tensor|broadcast"), ONE_HOT),
    (
        re.compile(r"inplace operation"),
        "A method that ends in an underscore, or an operator such as `+=`, changes in place what the gradient still "
        "needs: make a new tensor.",
    ),
    (
        re.compile(r"forward\(\) takes 2 positional arguments but 3 were given"),
        "The model takes the images alone, `model(X)`: the labels belong to the loss.",
    ),
    (
        re.compile(r"one_hot"),
        "`F.one_hot` takes a tensor of int64 class numbers: give it `y` as it is, and 10.",
    ),
    (
        re.compile(r"softmax"),
        "The model answers probabilities already: no softmax is needed here.",
    ),
)


def _ask(exam: Exam, case: Case, tried: str) -> tuple[Answer, np.ndarray | None]:
    """Loss with the stand-in; with the student's own model, and what that answers, where it must be.

    Whether it must be is found out once, so that later questions go straight to the right model.
    """
    if not exam.memory.get("own"):
        try:
            return exam.ask("on_stand_in", tried=tried, if_error=ERRORS, **_stand_in(case)), None
        except Wrong as error:
            if error.status is not Status.ERROR:
                raise
            first = error
        try:
            answer = _ask_own(exam, case, tried)
        except Wrong as error:
            # An error that names the stand-in is the check's affair: the one with the student's model counts.
            raise (error if "StandIn" in first.finding.got else first) from error
        exam.memory["own"] = True
    else:
        answer = _ask_own(exam, case, tried)
    return answer, _probabilities(answer["probabilities"], len(case.y))


def _ask_own(exam: Exam, case: Case, tried: str) -> Answer:
    model = {"typical": _typical(exam), "spread": SPREAD, "largest": LARGEST}
    return exam.ask("on_own", tried=tried, if_error=ERRORS, X=case.X, y=case.y, **model)


def _stand_in(case: Case) -> dict[str, np.ndarray]:
    return {"X": case.X, "y": case.y, "W": case.W, "b": case.b}


def _typical(exam: Exam) -> np.ndarray:
    """Images by which the student's model is made sure of itself, the same in every question."""
    if "typical" not in exam.memory:
        exam.memory["typical"] = _images(exam, N)
    typical: np.ndarray = exam.memory["typical"]
    return typical


def _probabilities(value: Value, n: int) -> np.ndarray:
    """What the student's own model answered, as float64."""
    p = value.array(
        "`model(X)`", (n, CLASSES), ("float32", "float64"), kind="Tensor", tried="a new `Model()`"
    )
    if p.min() < 0 or float(np.abs(p.sum(axis=1) - 1).max()) > 1e-3:
        raise wrong(
            "a new `Model()` in eval mode",
            "rows that are not probabilities",
            "probabilities",
            "`calculate_loss` asks for more than `model(X)`, and with your own model the key needs its "
            "probabilities: pass `check_model` first.",
        )
    return p.astype(np.float64)


def _cross_entropy(p: np.ndarray, y: np.ndarray) -> float:
    right = p[np.arange(len(y)), y]
    return float(-np.log(np.maximum(right, np.finfo(np.float32).tiny)).mean())


def _mistakes(p: np.ndarray, y: np.ndarray) -> Iterable[tuple[float, str]]:
    """What mistakes would have given for the probabilities p, and their sentences."""
    n = len(y)
    right = p[np.arange(n), y]
    log_p = np.log(np.maximum(p, 1e-300))
    one_hot = np.eye(CLASSES)[y]
    loss = -log_p[np.arange(n), y].mean()
    again = p - np.log(np.exp(p).sum(axis=1, keepdims=True))
    yield loss * n, "The sum over the batch, not its mean: divide by the batch size."
    yield (
        loss / n,
        f"Divided by the batch size {n} twice: `mean()` and `F.cross_entropy` have divided by it already.",
    )
    yield (
        loss / CLASSES,
        "The mean runs over all classes as well, so it is 10 times too small: sum over the classes, then take the "
        "mean over the images.",
    )
    yield -loss * n, "The sign is wrong, and it is the sum over the batch: take the negative of the mean."
    yield -loss, "The sign is wrong: log p is negative, and the loss is its negative."
    yield -again[np.arange(n), y].mean(), TWICE
    yield -again[np.arange(n), y].sum(), TWICE + " It also is a sum, not a mean."
    yield (
        -right.mean(),
        "The log is missing: take −log p of each image, and where you use `F.nll_loss` give it `p.log()`.",
    )
    for value in (p.mean(), -p.mean()):
        yield (
            value,
            "That is the mean over all classes, 0.1 whatever the model answers: take one probability from each row, "
            "`p[torch.arange(len(y)), y]`, and −log of it.",
        )
    if y.max() < n:
        for value in (-log_p[y].mean(), -log_p[y].sum(axis=1).mean()):
            yield (
                value,
                "`p[y]` takes whole rows, those of the images number `y`: `p[torch.arange(len(y)), y]` takes one "
                "number from each row.",
            )
    yield (
        -log_p.max(axis=1).mean(),
        "That is −log of each image's largest probability, whatever its label: take the probability of class `y`.",
    )
    yield (
        -np.log(np.maximum(1 - right, 1e-300)).mean(),
        "That is −log(1 − p): cross-entropy is −log p of the right class.",
    )
    yield (
        (np.bincount(y)[y] / n * -log_p[np.arange(n), y]).mean(),
        "Images of frequent classes count for more: every image of the batch has the same weight.",
    )
    for share in SMOOTHINGS:
        yield (
            (1 - share) * loss - share * log_p.mean(),
            f"The labels are smoothed, by {share:g}: leave out `label_smoothing`, for only the right class counts.",
        )
        yield (
            -(1 - share) * again[np.arange(n), y].mean() - share * again.mean(),
            f"{TWICE} The labels are smoothed as well, by {share:g}: leave out `label_smoothing`.",
        )
    yield (
        right.mean(),
        "That is the mean probability of the right class: take −log of it for each image first.",
    )
    yield 1 - right.mean(), "That is 1 − p: cross-entropy is −log p of the right class."
    yield (
        -np.log(max(right.mean(), 1e-300)),
        "First the log of every image, then the mean: not the log of the mean.",
    )
    yield (p.argmax(axis=1) != y).mean(), "That is the share of errors, by `argmax`: it has no gradient."
    yield (p.argmax(axis=1) == y).mean(), "That is the accuracy, by `argmax`: it has no gradient."
    yield loss / np.log(2), "The logarithm has base 2: use the natural one, `torch.log`."
    yield loss / np.log(10), "The logarithm has base 10: use the natural one, `torch.log`."
    for base in (2, 10):
        yield (
            n * loss / np.log(base),
            f"The logarithm has base {base}: use the natural one, `torch.log`. It also is a sum, not a mean.",
        )
    both = -(one_hot * log_p + (1 - one_hot) * np.log(np.maximum(1 - p, 1e-300)))
    for value in (both.mean(), both.sum(axis=1).mean()):
        yield (
            value,
            "Binary cross-entropy counts the wrong classes as well: only −log p of the right class counts.",
        )
    for value in (((p - one_hot) ** 2).mean(), ((p - one_hot) ** 2).sum(axis=1).mean()):
        yield value, "That is a squared error: cross-entropy is −log p of the right class."
    yield (
        -log_p[:, y].mean(),
        "`p[:, y]` pairs every image with the labels of all: `p[torch.arange(len(y)), y]` takes one number from each "
        "row.",
    )
    by_class = [-log_p[y == c, c].mean() for c in np.unique(y)]
    yield (
        float(np.mean(by_class)),
        "The mean is taken class by class first, so images of rare classes count for more: take one mean over all "
        "images.",
    )
    for floor in FLOORS:
        yield -np.log(np.maximum(right, floor)).mean(), _capped(floor)
        yield (
            -np.log(right + floor).mean(),
            f"{floor:g} is added to every probability before the log, which caps the loss, and images with small "
            "probabilities teach little. Take a floor that is much smaller, as `clamp_min(1e-12)`.",
        )
    for size in SIZES:
        yield (
            loss * n / size,
            f"The sum is divided by {size}, whatever the batch holds: divide by `len(y)`, or take the mean.",
        )
        yield (
            -again[np.arange(n), y].sum() / size,
            f"{TWICE} The sum is divided by {size} as well, whatever the batch holds.",
        )
    yield -log_p.mean(), "All classes count alike: only the log-probability of the right class does."
    yield (
        -log_p.sum(axis=1).mean(),
        "All classes count alike: only the log-probability of the right class does.",
    )
    yield -(p * log_p).sum(axis=1).mean(), "That is the entropy of the predictions: the labels do not enter."
    yield from _mistakes_of_loops(-log_p[np.arange(n), y])
    yield (
        -log_p[np.arange(n), y - 1].mean(),
        "The class before the right one is taken: labels count from 0, so take `y` as it is, not `y - 1`.",
    )
    for value in (np.log1p(right).mean(), -np.log1p(right).mean()):
        yield value, "That is log(1 + p): take the log of p alone, and its negative."
    yield (
        -(right * log_p[np.arange(n), y]).mean(),
        "Every −log p is multiplied by p once more: the mean of −log p is all that is asked for.",
    )


def _mistakes_of_loops(losses: np.ndarray) -> Iterable[tuple[float, str]]:
    """What mistakes of a loop over the images, or of what is made of their losses, would have given."""
    n, total = len(losses), losses.sum()
    for value in (losses[0], losses[0] / n):
        yield value, "Only the first image counts: is `return` inside the loop?"
    for value in (losses[-1], losses[-1] / n):
        yield value, "Only the last image counts: `+=` adds, `=` forgets what was there."
    for left_out in (losses[0], losses[-1]):
        for size in (n, max(n - 1, 1)):
            yield (
                (total - left_out) / size,
                "One image is left out: `range(len(y))` goes over all of them.",
            )
    yield float(np.median(losses)), "That is the median of the images' losses: take their mean."
    yield losses.max(), "That is the largest of the images' losses: take their mean."


def _capped(floor: float) -> str:
    return (
        f"Probabilities below {floor:g} count as {floor:g}: the loss is capped, and such images teach nothing. "
        "Take a much smaller floor, as `clamp_min(1e-12)`."
    )


def _recognised(value: float, p: np.ndarray, y: np.ndarray) -> str:
    right = _cross_entropy(p, y)
    for mistaken, sentence in _mistakes(p, y):
        if relative_error(value, mistaken) <= LIMIT < relative_error(mistaken, right):
            return sentence
    return ""


def _penalty(answer: Answer, case: Case) -> str:
    """Say so where the gradient by the check's own model holds a multiple of its weights or of their signs as well."""
    found = [g.data for g in (answer["gradients"].items() if "gradients" in answer else [])]
    if len(found) != 2 or not isinstance(found[0], np.ndarray) or found[0].shape != case.W.shape:
        return ""
    if relative_error(found[0], case.gradients[0]) <= LIMIT:
        return ""
    rest = found[0].astype(np.float64) - case.gradients[0]
    for direction, norm in ((case.W, "L2"), (np.sign(case.W), "L1")):
        times = float((rest * direction).sum() / (direction**2).sum())
        if relative_error(times * direction, rest) < 0.01:
            return (
                f"A price for large weights ({norm}) is added: the loss is the cross-entropy alone, and `weight_decay` "
                "of the optimiser is the place for such a price."
            )
    return ""


def _by_the_way_it_is_asked(answer: Answer, *, is_own: bool) -> str:
    """Say so where the model was turned to train mode, or the check's own was not given the images."""
    if is_own:
        return TO_TRAIN if answer["mode_changed"].flag() else ""
    given = answer["given"].data if "given" in answer else "X"
    if given == "nothing":
        return (
            "The model that comes as an argument was never asked: write `model(X)`, with no network from outside and "
            "no new one."
        )
    if given == "something else":
        return (
            "The model was not given `X` as it comes: pixels are in [0, 1] already, and normalising is the model's own "
            "business. Write `model(X)`."
        )
    return ""


def _require_value(
    answer: Answer, own: np.ndarray | None, case: Case, tried: str
) -> tuple[Finding, np.ndarray]:
    """The loss equals the key; gives back the probabilities that it was computed from as well."""
    p = case.p if own is None else own
    expected = case.loss if own is None else _cross_entropy(own, case.y)
    data = answer["loss"].data
    if isinstance(data, np.ndarray) and data.shape == (len(case.y),):
        raise wrong(
            tried,
            f"one loss for each of the {len(case.y)} images",
            "their mean, a 0-d tensor",
            "`reduction='none'` or a missing `.mean()`: average over the batch.",
            WHERE,
        )
    if isinstance(data, np.ndarray) and data.size == 1 and data.ndim:
        raise wrong(
            tried, f"a tensor of shape {data.shape}", "a 0-d tensor, shape ()", AN_AXIS_TOO_MANY, WHERE
        )
    value = answer["loss"].number("`calculate_loss(X, y, model)`", tried=tried)
    error = relative_error(value, expected)
    if error > LIMIT:
        raise _off(
            "`calculate_loss(X, y, model)`",
            value,
            expected,
            error,
            LIMIT,
            tried,
            _by_the_way_it_is_asked(answer, is_own=own is not None)
            or _penalty(answer, case)
            or _recognised(value, p, case.y),
            "Pick the probability of each image's right class, take −log, and average over the batch.",
        )
    finding = Finding(relative_error=error, limit=LIMIT)
    return finding, p


def _main(exam: Exam) -> tuple[Case, Answer, np.ndarray | None]:
    """The main batch, asked for once: it holds every class."""
    if "main" not in exam.memory:
        case = _case(exam, _labels(exam, N, CLASSES))
        answer, own = _ask(exam, case, _tried(exam, BATCH))
        exam.memory["main"] = (case, answer, own)
    found: tuple[Case, Answer, np.ndarray | None] = exam.memory["main"]
    return found


def _tried(exam: Exam, batch: str) -> str:
    model = "a new `Model()`" if exam.memory.get("own") else "a small model of the check's own"
    return f"{batch} through {model} that answers probabilities"


@CHECK.criterion("the value is the mean cross-entropy", weight=3)
def value(exam: Exam) -> Finding:
    case, answer, own = _main(exam)
    try:
        finding, _ = _require_value(answer, own, case, _tried(exam, BATCH))
    except Wrong as problem:
        exam.memory["value"] = problem.finding
        raise
    return finding


@CHECK.criterion("it is a 0-d tensor that can be differentiated", weight=1)
def scalar(exam: Exam) -> None:
    _, answer, _ = _main(exam)
    loss = answer["loss"]
    expected = "a 0-d tensor with a gradient"
    tried = _tried(exam, BATCH)
    if loss.type == "NoneType":
        raise wrong(tried, "`calculate_loss` answers None", expected, NO_RETURN, WHERE)
    if loss.type != "Tensor":
        came = {"float": "a Python float", "ndarray": "a numpy array"}.get(loss.type, f"a {loss.type}")
        raise wrong(
            tried,
            f"`calculate_loss` answers {came}",
            expected,
            "`.item()`, `float(…)` and `.numpy()` cut the loss off from the model: return the tensor.",
            WHERE,
        )
    data = loss.data
    if not isinstance(data, np.ndarray) or data.shape != () or data.dtype.kind != "f":
        if isinstance(data, np.ndarray) and data.size == 1 and data.ndim:
            raise wrong(tried, f"a tensor of shape {data.shape}", expected, AN_AXIS_TOO_MANY, WHERE)
        shape = data.shape if isinstance(data, np.ndarray) else "unknown"
        raise wrong(
            tried,
            f"a tensor of shape {shape}",
            expected,
            "Average over the batch: one number is left.",
            WHERE,
        )
    if loss.description.get("requires_grad") is not True:
        raise wrong(
            tried,
            "a tensor without a gradient",
            expected,
            "The loss is cut off from the model: no `detach()`, `.data`, `torch.no_grad()`, `torch.tensor(…)` or "
            "`argmax` on the way from `model(X)` to the loss.",
            WHERE,
        )


@CHECK.criterion("its gradient is that of the cross-entropy", needs=["scalar"], weight=2)
def gradient(exam: Exam) -> Finding:
    case, answer, own = _main(exam)
    tried = _tried(exam, BATCH)
    if own is not None:
        return _own_gradient(exam, case, own, tried)
    found = answer["gradients"].items()
    if len(found) == 2 and all(g.type == "NoneType" for g in found):
        raise wrong(
            tried,
            "no parameter of the model with a gradient",
            "a gradient for every parameter",
            "The loss has a gradient, but not by the model: `.item()`, `float(…)`, `.detach()` and `torch.tensor(…)` "
            "make plain numbers of what the model answers. Stay with its tensors.",
            WHERE,
        )
    if len(found) != 2 or any(g.type == "NoneType" for g in found):
        raise wrong(
            tried,
            "a parameter of the model without a gradient",
            "a gradient for every parameter",
            "The loss goes through only a part of the model: start from `model(X)`.",
            WHERE,
        )
    shapes = (case.W.shape, case.b.shape)
    arrays = [
        g.array("the gradient", s, "float32", kind="Tensor", tried=tried)
        for g, s in zip(found, shapes, strict=True)
    ]
    found_all = np.concatenate([a.ravel() for a in arrays]).astype(np.float64)
    expected = np.concatenate([g.ravel() for g in case.gradients])
    error = relative_error(found_all, expected)
    if error > GRADIENT_LIMIT:
        cause, hint = _gradient_cause(arrays[1].astype(np.float64), case), AUTOGRAD
        if off := exam.memory.get("value"):
            hint = (
                "The value is not that of the cross-entropy either: mend it, and autograd finds the gradient."
            )
            cause = cause or (off.cause if off.recognised else "")
        raise _off("the gradient", found_all, expected, error, GRADIENT_LIMIT, tried, cause, hint)
    return Finding(relative_error=error, limit=GRADIENT_LIMIT)


def _off(
    what: str,
    found: np.ndarray | float,
    expected: np.ndarray | float,
    error: float,
    limit: float,
    tried: str,
    cause: str,
    hint: str,
) -> Wrong:
    got, wanted = side_by_side(found, expected)
    return wrong(tried, f"{what} = {got}", wanted, cause, WHERE, hint=hint, relative_error=error, limit=limit)


AN_AXIS_TOO_MANY = (
    "One number is there, with an axis too many: leave out `reshape(1)` or `keepdim=True`; `mean()` alone gives a 0-d "
    "tensor."
)
TO_EVAL = (
    "Leave `model.train()` and `model.eval()` to whoever calls: in eval mode dropout is off and batch norm "
    "learns no statistics, so a training through this loss would go wrong."
)
TO_TRAIN = (
    "Leave `model.train()` and `model.eval()` to whoever calls: in train mode dropout is on and batch norm "
    "learns statistics, so a validation through this loss would go wrong."
)
AUTOGRAD = (
    "Compute the loss with torch alone, as the mean of −log p of the right class: autograd then finds the "
    "gradient."
)


def _gradient_cause(by_bias: np.ndarray, case: Case) -> str:
    """Name the mistake by the gradient of the bias, which is the mean of p − one-hot."""
    key = case.gradients[1]
    for factor, sentence in (
        (len(case.y), "The gradient is that of a sum over the batch: take the mean."),
        (1 / len(case.y), f"The gradient is divided by the batch size {len(case.y)} twice."),
        (
            2.0,
            "The gradient is twice the right one: is `backward()` called in here as well? Only return the loss.",
        ),
        (-1.0, "The gradient points uphill: the loss is −log p."),
    ):
        if relative_error(by_bias, factor * key) <= GRADIENT_LIMIT:
            return sentence
    if not by_bias.any():
        return (
            "The gradient is 0: something on the way from `model(X)` to the loss cuts it off or is constant."
        )
    return ""


def _own_gradient(exam: Exam, case: Case, p: np.ndarray, tried: str) -> Finding:
    """Compare with what the derivative by the probabilities, −1 / (n p), gives further back."""
    upstream = np.zeros_like(p)
    rows = np.arange(len(case.y))
    upstream[rows, case.y] = -1 / (len(case.y) * np.maximum(p[rows, case.y], np.finfo(np.float32).tiny))
    answer = exam.ask(
        "own_gradients",
        tried=tried,
        X=case.X,
        y=case.y,
        upstream=upstream.astype(np.float32),
        typical=_typical(exam),
        spread=SPREAD,
        largest=LARGEST,
    )
    norm = answer["norm"].number("the gradient", tried=tried)
    difference = answer["difference"].number("the gradient", tried=tried)
    error = difference / norm if norm > 0 else difference
    if error > GRADIENT_LIMIT * 10:
        raise wrong(
            tried,
            f"gradients with an error of {100 * error:.2g}% of their length",
            "the gradients of −log p of the right classes, averaged",
            where=WHERE,
            hint="Leave gradients to autograd, and cut nothing off on the way.",
            relative_error=error,
            limit=GRADIENT_LIMIT * 10,
        )
    return Finding(relative_error=error, limit=GRADIENT_LIMIT * 10)


@CHECK.criterion(
    "gradients reach every parameter of your `Model` that its answer depends on",
    needs=["scalar"],
    weight=1,
)
def every_parameter(exam: Exam) -> None:
    tried = "a new `Model()` in train mode and one backward pass"
    answer = exam.ask("reached", tried=tried, X=_images(exam, N), y=_labels(exam, N, CLASSES))
    cut = answer["cut"].texts()
    if cut:
        raise wrong(
            tried,
            f"no gradient for {listed(cut)}",
            "a gradient for every parameter that the answer depends on",
            CUT,
            "`Model.forward`",
        )
    idle = answer["idle"].texts()
    if idle:
        exam.note = f"These parameters of `Model` are never used: {listed(idle)}. That costs no points."


@CHECK.criterion("a batch that misses classes, and one of a single image, work", needs=["value"], weight=1)
def missing_classes(exam: Exam) -> None:
    for n, classes in ((N - 2, SEEN), (1, 1)):
        batch = f"a batch of {n} images without the classes {SEEN} to 9" if n > 1 else "a batch of one image"
        case = _case(exam, _labels(exam, n, classes))
        tried = _tried(exam, batch)
        answer, own = _ask(exam, case, tried)
        _require_value(answer, own, case, tried)


@CHECK.criterion("certain and wrong: the loss is finite and large, its gradient finite", weight=2)
def certain_and_wrong(exam: Exam) -> None:
    _main(exam)
    tried = _tried(exam, "images whose right class gets a probability that rounds to 0")
    if exam.memory.get("own"):
        settings: dict[str, Any] = {
            "typical": _typical(exam),
            "spread": CERTAIN_SPREAD,
            "largest": CERTAIN_LARGEST,
        }
        X = _images(exam, N)
        p = _probabilities(exam.ask("own_probabilities", tried=tried, X=X, **settings)["probabilities"], N)
        answer = exam.ask("on_own", tried=tried, X=X, y=p.argmin(axis=1), **settings)
        finite = answer["finite"].flag()
    else:
        case = _case(exam, np.zeros(N, dtype=np.int64), scale=300.0)
        answer, _ = _ask(exam, Case(case.X, case.p.argmin(axis=1), case.W, case.b), tried)
        found = answer["gradients"].items() if "gradients" in answer else []
        finite = all(
            isinstance(g.data, np.ndarray) and np.isfinite(g.data).all()
            for g in found
            if g.type != "NoneType"
        )
    _require_large(exam, answer["loss"], tried)
    if not finite:
        raise wrong(
            tried,
            "a finite loss, but a gradient with nan or inf",
            "finite gradients",
            "Mending nan after the log is too late, for the gradient goes through the log: clamp the "
            "probabilities before it, or work with log-probabilities.",
            WHERE,
        )


LEFT_OUT = (
    "Images whose probability rounds to 0 are left out, and these cost the most: keep every image, and clamp p before "
    "the log, as `p.clamp_min(1e-12)` does."
)


def _leaves_out(exam: Exam, tried: str) -> bool:
    """Whether a batch costs nothing of which some images are certain and wrong, the others certain and right."""
    if exam.memory.get("own"):
        return False
    case = _case(exam, np.zeros(N, dtype=np.int64), scale=300.0)
    y = np.where(np.arange(N) % 2, case.p.argmin(axis=1), case.p.argmax(axis=1))
    try:
        loss = _ask(exam, Case(case.X, y, case.W, case.b), tried)[0]["loss"].number("the loss", tried=tried)
    except Wrong:
        return False
    return abs(loss) < 1


def _require_large(exam: Exam, loss: Value, tried: str) -> None:
    data = loss.data
    number = data
    if isinstance(data, np.ndarray) and data.size == 1 and data.dtype.kind == "f":
        number = float(data.reshape(-1)[0])
    if type(number) is not float:
        raise wrong(tried, f"`calculate_loss` answers {loss.type}", "a number", "Return one number.", WHERE)
    if np.isnan(number):
        raise wrong(
            tried,
            "a loss of nan",
            f"a finite loss above {LARGE:g}",
            LEFT_OUT
            if _leaves_out(exam, tried)
            else "0 × log 0 is nan: pick the probability of the right class by index, and clamp it before the log.",
            WHERE,
        )
    if np.isinf(number):
        raise wrong(
            tried,
            "a loss of inf",
            f"a finite loss above {LARGE:g}",
            "The log of a softmax that has rounded to 0 is −inf: clamp the probabilities before the log, "
            "`p.clamp_min(1e-12)`, by a number that is not 0 itself in float32, as 1e-50 is.",
            WHERE,
        )
    if number <= LARGE:
        floor = next((f for f in FLOORS if abs(np.exp(-number) - f) < 1e-3 * f), 0.0)
        cause = "A certain, wrong answer must cost much: −log p grows without end."
        if floor:
            cause = _capped(floor)
        elif 1.4 < number < 2.5:
            cause = TWICE
        elif number == 0 and _leaves_out(exam, tried):
            cause = LEFT_OUT
        raise wrong(tried, f"a loss of {number:.4g}", f"a finite loss above {LARGE:g}", cause, WHERE)


@CHECK.criterion(
    "`X` and `y` stay as they are, and the model in the mode that it came in", needs=["value"], weight=1
)
def inputs_unchanged(exam: Exam) -> None:
    case, answer, own = _main(exam)
    for name, before in (("X", case.X), ("y", case.y)):
        after = answer[f"{name}_after"].data
        if not isinstance(after, np.ndarray) or not np.array_equal(after, before):
            raise wrong(
                _tried(exam, BATCH),
                f"`{name}` itself was changed",
                "arguments that stay as they are",
                "A method that ends in an underscore, or an operator such as `/=`, works in place.",
                WHERE,
            )
    # The stand-in came in train mode, the student's own model in eval mode: here it is the other way about.
    other = {**_stand_in(case), "own": own is not None, "training": own is not None}
    turned = exam.ask("keeps_mode", tried=_tried(exam, BATCH), if_error=ERRORS, **other)[
        "mode_changed"
    ].flag()
    first = answer["mode_changed"].flag()
    if first or turned:
        to_train = turned if own is None else first
        raise wrong(
            _tried(exam, BATCH),
            "the model is in another mode than before: train or eval",
            "the mode that it came in",
            TO_TRAIN if to_train else TO_EVAL,
            WHERE,
        )
    require_nothing_hidden(exam)
