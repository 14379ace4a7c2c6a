"""Judge of ``check_model``: images in, probabilities out, each image for itself."""

from __future__ import annotations

import re

import numpy as np

from autograder.checks.answer import Answer, Value, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.hidden import require_nothing_hidden
from autograder.checks.raised import Causes

CHECK = Check(
    id="check_model",
    title="Network: probabilities for images",
    points=0.25,
    answer="model",
    subjects=("Model",),
    module=__name__,
)
N, CLASSES, PART = 11, 10, 5
FLOATS = ("float32", "float64", "float16", "bfloat16")
SUM_LIMIT, HALF_SUM_LIMIT = 1e-3, 1e-2
SAME_LIMIT, HALF_LIMIT = 1e-4, 2e-2
SPREAD, LARGEST = 1.5, 30.0
TIMES = 4
DARK = np.float32(0.25)
TRIED = f"a new `Model()` in eval mode on {N} random images, shape ({N}, 3, 32, 32)"
UNREACHED = (
    "Something random or remembered is at work that `model.eval()` does not switch off: write "
    "`F.dropout(x, training=self.training)` or use `nn.Dropout`, and keep layers in `nn.Sequential` or "
    "`nn.ModuleList`, for `eval()` does not look into plain lists."
)
ERRORS: Causes = (
    (
        re.compile(r"multiplied"),
        "A linear layer expects another number of inputs than it gets: is `flatten(start_dim=1)` before it? Print the "
        "shape just before it.",
    ),
    (
        re.compile(r"channels"),
        "A convolution expects another number of channels: images come as (n, 3, 32, 32), and each layer takes as many "
        "channels as the one before it gives.",
    ),
    (
        re.compile(r"Output size is too small"),
        "Too many poolings or unpadded convolutions: nothing is left of 32 × 32. Give the convolutions padding=1 or "
        "pool less often.",
    ),
    (
        re.compile(r"is invalid for input of size"),
        "The number of images, or of features, in `view` or `reshape` is another one than there are: a batch may have "
        "any size, so write `x.flatten(start_dim=1)`.",
    ),
    (
        re.compile(r"running_mean"),
        "A batch norm has another number of channels than the layer before it.",
    ),
    (
        re.compile(r"missing \d+ required positional argument"),
        "The check makes a network with `Model()`, without arguments: give what `__init__` takes its default.",
    ),
    (
        re.compile(r"must match the size of tensor .* dimension [23]"),
        "Three numbers for the channels meet the columns of the image: give them the shape (1, 3, 1, 1), as "
        "`means.view(1, 3, 1, 1)` does.",
    ),
)
SINGLE: Causes = (
    (
        re.compile(r"IndexError: Dimension out of range"),
        "`squeeze()` drops the batch axis as well when it holds one image: name the axes to drop, or use "
        "`flatten(start_dim=1)`.",
    ),
    *ERRORS,
)


def _ask(
    exam: Exam, function: str, *, tried: str = TRIED, if_error: Causes = ERRORS, **question: object
) -> Answer:
    """Ask with the settings that both questions share."""
    return exam.ask(
        function, tried=tried, if_error=if_error, **{"spread": SPREAD, "largest": LARGEST, **question}
    )


def _images(exam: Exam, n: int) -> np.ndarray:
    """Draw images of patches in random colours, with noise; float32 in [0, 1]."""
    patches = exam.rng.uniform(size=(n, 3, 4, 4)).repeat(8, axis=2).repeat(8, axis=3)
    noise = exam.rng.uniform(size=(n, 3, 32, 32))
    return np.asarray(0.7 * patches + 0.3 * noise, dtype=np.float32)


def _sitting(exam: Exam) -> dict[str, Value]:
    """Answers to all batches, asked for once; the first is the plain batch."""
    if "sitting" not in exam.memory:
        images = _images(exam, 2 * N)
        images[N:] *= DARK  # among these, what is computed from the whole batch is another
        order = exam.rng.permutation(N)
        other = np.concatenate([np.arange(PART), N + np.arange(N)])
        plan = {
            "all": np.arange(N),
            "again": np.arange(N),
            "order": order,
            "part": np.arange(PART),
            "others": other,
            "late": np.arange(N),
        }
        answer = _ask(exam, "answers", images=images, batches=list(plan.values()))
        values = answer["answers"].items()
        if len(values) != len(plan):
            raise wrong(TRIED, f"{len(values)} answers", f"{len(plan)} answers")
        exam.memory["sitting"] = dict(zip(plan, values, strict=True))
        exam.memory["sizes"] = {name: len(batch) for name, batch in plan.items()}
        exam.memory["order"] = order
        exam.memory["changed"] = answer["changed"].flag()
        exam.memory["half"] = answer["half"].flag()
    sitting: dict[str, Value] = exam.memory["sitting"]
    return sitting


def _read(exam: Exam, name: str) -> np.ndarray:
    """One answer of the sitting as float64."""
    value = _sitting(exam)[name]
    shape = (exam.memory["sizes"][name], CLASSES)
    p = value.array("`model(X)`", shape, FLOATS, kind="Tensor", tried=TRIED)
    return p.astype(np.float64)


def _is_half(exam: Exam) -> bool:
    """Whether the model computes in half precision, whose rounding is no mistake."""
    dtype = str(_sitting(exam)["all"].description.get("dtype"))
    return bool(exam.memory["half"]) or dtype.endswith("float16")


def _limit(exam: Exam) -> float:
    return HALF_LIMIT if _is_half(exam) else SAME_LIMIT


def _sum_limit(exam: Exam) -> float:
    return HALF_SUM_LIMIT if _is_half(exam) else SUM_LIMIT


@CHECK.criterion("a batch of n images gives a tensor (n, 10)", weight=1)
def shape(exam: Exam) -> None:
    value = _sitting(exam)["all"]
    causes: dict[tuple[int, ...], str] = {
        (N,): "That is one number for each image, as `argmax` gives: answer the ten probabilities.",
        (CLASSES, N): "Rows are images and columns classes: the answer is transposed.",
        (N, CLASSES, 1, 1): "Flatten the feature map: `x.flatten(start_dim=1)`.",
    }
    if isinstance(value.data, np.ndarray) and value.data.ndim == 2:
        causes.setdefault(
            value.data.shape,
            "The last linear layer gives one number for each class, and there are ten."
            if len(value.data) == N
            else "The batch has another length after `view` or `reshape` than before: write "
            "`x.flatten(start_dim=1)`, which keeps the images apart.",
        )
    value.array("`model(X)`", (N, CLASSES), FLOATS, kind="Tensor", tried=TRIED, shape_causes=causes)


@CHECK.criterion("every row holds probabilities: none negative, their sum 1", needs=["shape"], weight=2)
def probabilities(exam: Exam) -> None:
    p = _read(exam, "all")
    sums = p.sum(axis=1)
    if p.min() >= 0 and np.abs(sums - 1).max() <= _sum_limit(exam):
        _note_softmax_twice(exam, p)
        return
    worst = int(np.abs(sums - 1).argmax())
    got = f"the row of image {worst + 1} sums to {sums[worst]:.4g}"
    if p.min() < 0:
        got = f"a smallest number of {p.min():.4g}; {got}"
    raise wrong(
        TRIED, got, "numbers from 0 to 1 that sum to 1 in every row", _not_probabilities(p), "`Model.forward`"
    )


def _not_probabilities(p: np.ndarray) -> str:
    if p.max() <= 1e-6 and np.abs(np.exp(p).sum(axis=1) - 1).max() <= SUM_LIMIT:
        return (
            "These are log-probabilities, as `log_softmax` gives: end `forward` with `softmax(dim=1)`, and "
            "leave the log to `calculate_loss`."
        )
    if p.min() >= 0 and np.abs(p.sum(axis=0) - 1).max() <= SUM_LIMIT:
        return (
            "Every column sums to 1, so softmax runs over the batch: write `dim=1`, the classes of one image."
        )
    if p.min() >= 0 and abs(p.sum() - 1) <= SUM_LIMIT:
        return "All numbers together sum to 1, so softmax runs over everything: write `dim=1`."
    if p.min() > 0 and p.max() < 1:
        return (
            "Every number is between 0 and 1 by itself, as a sigmoid gives: softmax shares out 1 among the "
            "ten classes of an image."
        )
    return "These are scores (logits), not probabilities: end `forward` with `softmax(dim=1)`."


def _note_softmax_twice(exam: Exam, p: np.ndarray) -> None:
    """A second softmax sees numbers in [0, 1], so its answers differ by a factor e, however large the scores."""
    if _ratio(p) > np.e * (1 + 1e-6):
        return
    answer = exam.ask("answers", images=_images(exam, N), batches=[np.arange(N)], spread=50.0, largest=1e6)
    for value in answer["answers"].items():
        q = value.array("`model(X)`", (N, CLASSES), FLOATS, kind="Tensor", tried=TRIED)
        if 2.0 < _ratio(q) <= np.e * (1 + 1e-6):
            exam.note = (
                "However large the scores, no probability is more than e = 2.718 times another: is softmax "
                "applied twice? That costs no points here, and much accuracy later."
            )


def _ratio(p: np.ndarray) -> float:
    """Largest probability of an image over its smallest, at most."""
    wide = p.astype(np.float64)
    return float((wide.max(axis=1) / np.maximum(wide.min(axis=1), 1e-300)).max())


@CHECK.criterion("one image alone gives a tensor (1, 10)", needs=["probabilities"], weight=1)
def single_image(exam: Exam) -> None:
    tried = "a new `Model()` in eval mode on one image, shape (1, 3, 32, 32)"
    answer = _ask(
        exam, "answers", tried=tried, if_error=SINGLE, images=_images(exam, 1), batches=[np.arange(1)]
    )
    for value in answer["answers"].items():
        p = value.array(
            "`model(X)`",
            (1, CLASSES),
            FLOATS,
            kind="Tensor",
            tried=tried,
            shape_causes={
                (CLASSES,): "`squeeze()` drops the batch axis as well when it holds one image: name the axes "
                "to drop, or use `flatten(start_dim=1)`.",
            },
        )
        if abs(float(p.sum()) - 1) > _sum_limit(exam):
            raise wrong(tried, f"probabilities that sum to {float(p.sum()):.4g}", "a sum of 1", UNREACHED)


@CHECK.criterion("a black and a white image give finite numbers", needs=["probabilities"], weight=0.5)
def plain_images(exam: Exam) -> None:
    tried = "a new `Model()` in eval mode on a black and a white image"
    images = np.stack([np.zeros((3, 32, 32)), np.ones((3, 32, 32))]).astype(np.float32)
    value = _ask(exam, "answers", tried=tried, images=images, batches=[np.arange(2)])["answers"].items()
    data = value[0].data if value else None
    if not isinstance(data, np.ndarray) or data.dtype.kind != "f" or not np.isfinite(data).all():
        raise wrong(
            tried,
            "nan, inf or no numbers",
            "finite probabilities",
            "An image of one colour has the standard deviation 0: normalise with fixed numbers of the training "
            "set, or add a small number to what you divide by.",
            "`Model.forward`",
        )


@CHECK.criterion("in eval mode the same images give the same answer", needs=["probabilities"], weight=1)
def deterministic(exam: Exam) -> None:
    first = _read(exam, "all")
    for name, when in (("again", "a second time"), ("late", "again, after other batches")):
        difference = float(np.abs(_read(exam, name) - first).max())
        if difference > _limit(exam):
            raise wrong(
                f"{TRIED}, {when}",
                f"probabilities that differ by up to {difference:.3f}",
                "the same probabilities",
                _restless(exam, name, first),
                "`Model.forward`",
            )


def _restless(exam: Exam, name: str, first: np.ndarray) -> str:
    if exam.memory["changed"]:
        return "`forward` changes the images that it is given: write `x = x - mean`, not `x -= mean`."
    if name == "again":
        return (
            "Dropout is still active in eval mode, or `forward` makes a new layer at every call: make all layers in "
            f"`__init__`. {UNREACHED}"
        )
    return "The model remembers earlier batches. " + UNREACHED


@CHECK.criterion(
    "in eval mode the answer for an image depends on that image alone", needs=["deterministic"], weight=2
)
def each_for_itself(exam: Exam) -> None:
    first, order = _read(exam, "all"), exam.memory["order"]
    trials = (
        ("order", first[order], "the same images in another order"),
        ("part", first[:PART], f"the first {PART} images alone"),
        ("others", first[:PART], f"the first {PART} images among others"),
    )
    for name, expected, tried in trials:
        difference = float(np.abs(_read(exam, name)[: len(expected)] - expected).max())
        if difference > _limit(exam):
            raise wrong(
                f"{TRIED}, then {tried}",
                f"probabilities of an image that differ by up to {difference:.3f}",
                "the same probabilities for the same image",
                _mixed(exam, name),
                "`Model.forward`",
            )


def _mixed(exam: Exam, name: str) -> str:
    if exam.memory["changed"]:
        return "`forward` changes the images that it is given: write `x = x - mean`, not `x -= mean`."
    if name == "order":
        return (
            "The place in the batch matters, so images are mixed up: `reshape` or `view` with the batch axis "
            "in the wrong place does that; use `flatten(start_dim=1)`."
        )
    return (
        "The images of a batch influence each other: a mean over axis 0, or batch norm with the statistics of "
        "this batch. Use `nn.BatchNorm2d` as it comes, in a layer that `eval()` reaches, or "
        "`F.batch_norm(…, training=self.training)`."
    )


@CHECK.criterion(
    "in train mode too the answer is probabilities, and nothing is dropped after the last layer",
    needs=["probabilities"],
    weight=1,
)
def train_mode(exam: Exam) -> None:
    tried = f"a new `Model()` in train mode on {N} random images, {TIMES} times"
    # With the statistics of a batch, scores are large as they are: stretched, most probabilities would be 0.
    answer = _ask(exam, "in_train_mode", tried=tried, images=_images(exam, N), times=TIMES, largest=1.0)
    rows = [
        v.array("`model(X)`", (N, CLASSES), FLOATS, kind="Tensor", tried=tried)
        for v in answer["answers"].items()
    ]
    if not rows:
        raise wrong(tried, "no answer", f"{TIMES} answers")
    p = np.concatenate(rows)
    if p.min() < 0 or float(np.abs(p.astype(np.float64).sum(axis=1) - 1).max()) > _sum_limit(exam):
        raise wrong(
            tried,
            "rows that are not probabilities",
            "probabilities in train mode as in eval mode",
            "`forward` leaves out the softmax in train mode, or something random comes after it: "
            "`calculate_loss` works with probabilities in both modes.",
            "`Model.forward`",
        )
    if not _is_half(exam) and _ties(p) >= max(2, len(p) // 25) and _ties(_read(exam, "all")) == 0:
        raise wrong(
            tried,
            f"rows with several exactly equal probabilities, {_ties(p)} of {len(p)}; none in eval mode",
            "ten different probabilities",
            "Dropout after the last linear layer sets whole scores to 0, and the network cannot make up for "
            "it: put `nn.Dropout` before the last linear layer.",
            "`Model.__init__`",
        )


def _ties(p: np.ndarray) -> int:
    """Rows in which two classes have exactly the same probability, other than 0."""
    ordered = np.sort(p, axis=1)
    return int(((np.diff(ordered, axis=1) == 0) & (ordered[:, 1:] > 1e-12)).any(axis=1).sum())


@CHECK.criterion("an optimiser finds all of its layers", needs=["shape"], weight=1)
def registered(exam: Exam) -> None:
    tried = "the parameters of a new `Model()`"
    answer = exam.ask("parameters", tried=tried, if_error=ERRORS, images=_images(exam, PART))
    hidden = answer["in_plain_lists"].texts()
    if hidden:
        raise wrong(
            tried,
            f"layers in a plain list or dictionary: `{hidden[0]}`",
            "layers that `model.parameters()`, `state_dict()` and `eval()` reach",
            "torch does not look into plain lists, so these layers are neither trained nor saved: write "
            "`nn.Sequential` or `nn.ModuleList`.",
            "`Model.__init__`",
        )
    if not answer["count"].number("the number of parameters"):
        raise wrong(
            tried,
            "no parameters",
            "the weights of its layers",
            "Nothing in it can be trained or saved: make the layers in `__init__` and store each in `self`.",
            "`Model.__init__`",
        )


@CHECK.criterion("the images that were given stay as they are", needs=["probabilities"], weight=0.5)
def inputs_unchanged(exam: Exam) -> None:
    _sitting(exam)
    if exam.memory["changed"]:
        raise wrong(
            TRIED,
            "the tensor of images itself was changed",
            "arguments that stay as they are",
            "An operator such as `-=` works in place: write `x = (x - mean) / std`.",
            "`Model.forward`",
        )
    require_nothing_hidden(exam)
