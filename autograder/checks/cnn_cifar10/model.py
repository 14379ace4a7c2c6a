"""Judge of ``check_model``: images in, probabilities out, each image for itself."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from torch import nn

from autograder.checks.answer import Answer, Value, Wrong, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.hidden import require_nothing_hidden
from autograder.checks.layers import CAUSES, CUT, MISSING, is_layer, listed, too_few_inputs
from autograder.checks.raised import Causes
from autograder.checks.result import Status

CHECK = Check(
    id="check_model",
    title="Network: probabilities for images",
    points=0.25,
    answer="model",
    subjects=("Model",),
    module=__name__,
    begins="class Model",
)
N, CLASSES, PART = 11, 10, 5
FLOATS = ("float32", "float64", "float16", "bfloat16")
SUM_LIMIT, HALF_SUM_LIMIT = 1e-3, 1e-2
SAME_LIMIT, HALF_LIMIT = 1e-4, 2e-2
LOG_LIMIT = 0.05
AGAIN = tuple(f"again_{number}" for number in range(1, 6))
"""So many times that a coin, thrown once for a batch, falls on both sides."""
SPREAD, LARGEST = 1.5, 30.0
TIMES = 4
DARK = np.float32(0.25)
DIM = 0.5
"""The images differ in brightness, from half of it to all, the brightest last: a batch of the first ones lacks it."""
TRIED = f"a new `Model()` in eval mode on {N} random images, shape ({N}, 3, 32, 32)"
UNREACHED = (
    "Something random or remembered is at work that `model.eval()` does not switch off: compute an answer from its "
    "images alone, keep nothing of them in `self`, and draw numbers only `if self.training:`."
)
CHANGED = "`forward` changes the images that it is given: write `x = x - mean`, not `x -= mean`."
OF_MODULES = re.compile(r"^AttributeError: 'Model' object has no attribute '(\w+)'")
OTHER_DEVICE = re.compile(r"on the (same|expected) device")


def _inputs(found: re.Match[str], where: str) -> str:
    """Say what a linear layer gets that was made for another number."""
    return too_few_inputs(found.string, N) or (
        "A linear layer expects another number of inputs than it gets: is `flatten(start_dim=1)` before it? Print the "
        "shape just before it."
    )


ERRORS: Causes = (
    *CAUSES,
    (re.compile(r"multiplied"), _inputs),
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
        re.compile(r"must match the size of tensor .* dimension [23]"),
        "Three numbers for the channels meet the columns of the image: give them the shape (1, 3, 1, 1), as "
        "`means.view(1, 3, 1, 1)` does.",
    ),
    (
        re.compile(r"tensor a \(32\) must match the size of tensor b \(3\) at non-singleton dimension 1"),
        "Three numbers for the channels meet an axis of 32 pixels: the channels are axis 1 of the images as they come, "
        "(n, 3, 32, 32), so leave out `permute`.",
    ),
    (
        OTHER_DEVICE,
        "A tensor of the network stays on the CPU: `register_buffer` makes it move with the model, and what `forward` "
        "makes itself wants `device=x.device`.",
    ),
    (
        re.compile(r"'super' object has no attribute '_*ini?t_*'"),
        "The line is `super().__init__()`, with two underscores on either side.",
    ),
    (
        re.compile(r"inplace operation"),
        "An operator such as `+=`, or a function that ends in an underscore, changes in place what the gradient still "
        "needs: make a new tensor, as `x = x + y` does.",
    ),
)
SINGLE: Causes = (
    *CAUSES,
    (
        re.compile(r"Expected more than 1 value per channel when training"),
        "A batch norm is in train mode though the model is in eval mode: make all layers in `__init__`, and keep each "
        "in `self` or in `nn.Sequential`, where `eval()` reaches them.",
    ),
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
    """Ask with the settings that the questions share."""
    settings = (
        {"spread": SPREAD, "largest": LARGEST} if function not in ("parameters", "on_another_device") else {}
    )
    seed = int(exam.rng.integers(2**31))
    try:
        return exam.ask(function, tried=tried, if_error=if_error, **{**settings, "seed": seed, **question})
    except Wrong as error:
        cause = _cause(exam, error.finding.got, error.finding.where) if error.status is Status.ERROR else ""
        if not cause:
            raise
        raise Wrong(replace(error.finding, cause=cause, recognised=True), error.status) from error


def _cause(exam: Exam, got: str, where: str) -> str:
    """Say what an error is due to that is known by the line, or by what `Model` is."""
    in_a_line = where.startswith("line")
    if "forward() takes 1 positional argument but 2" in got and not in_a_line:
        return "`forward` lacks `self`: write `def forward(self, x):`."
    missing = MISSING.search(got)
    if missing and not in_a_line:
        if exam.ask("kind")["is_network"].flag():
            return (
                "`Model` is a network here, not the class: a line such as `Model = Model()` has replaced it. Give the "
                "network another name, and run the cell of the class again."
            )
        if missing["called"].endswith("forward"):
            return (
                "`forward` gets the images alone: write `def forward(self, x):`. Labels belong to the loss."
            )
        return "The check makes a network with `Model()`, without arguments: give what `__init__` takes its default."
    if got.startswith("AttributeError: ") and in_a_line:
        for name in exam.ask("kind")["misspelt"].texts():
            return f"`{name}` is never called: the method is `__init__`, with two underscores on either side."
        lacking = OF_MODULES.search(got)
        if lacking and hasattr(nn.Module, lacking[1]):
            return "`Model` is no network, for it does not inherit from `nn.Module`: write `class Model(nn.Module):`."
    return ""


def _remark(exam: Exam, text: str) -> None:
    """Put a sentence on the card that costs nothing."""
    exam.note = " ".join(filter(None, (exam.note, text)))


def _images(exam: Exam, n: int) -> np.ndarray:
    """Draw images of patches in random colours, with noise; float32 in [0, 1]."""
    patches = exam.rng.uniform(size=(n, 3, 4, 4)).repeat(8, axis=2).repeat(8, axis=3)
    noise = exam.rng.uniform(size=(n, 3, 32, 32))
    return np.asarray(0.7 * patches + 0.3 * noise, dtype=np.float32)


def _sitting(exam: Exam) -> dict[str, Value]:
    """Answers to all batches, asked for once; the first is the plain batch."""
    if "sitting" not in exam.memory:
        images = _images(exam, 2 * N)
        images[:N] *= np.sort(exam.rng.uniform(DIM, 1, size=(N, 1, 1, 1)), axis=0).astype(np.float32)
        images[N:] *= DARK  # among these, what is computed from the whole batch is another
        order = exam.rng.permutation(N)
        other = np.concatenate([np.arange(PART), N + np.arange(N)])
        plan = {
            "all": np.arange(N),
            **{name: np.arange(N) for name in AGAIN},
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
    if is_layer(value.type):
        raise wrong(
            TRIED,
            f"`model(X)` is a layer, `nn.{value.type}`",
            f"a tensor of shape ({N}, 10)",
            f"`nn.{value.type}(…)` only makes a layer: call it with the scores, as in `nn.Softmax(dim=1)(z)`, or write "
            "`z.softmax(dim=1)`.",
            "`Model.forward`",
        )
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
        if not _is_softmax_twice(exam, p):
            _note_relu(exam, p)
        return
    worst = int(np.abs(sums - 1).argmax())
    got = f"the row of image {worst + 1} sums to {sums[worst]:.4g}"
    if p.min() < 0:
        got = f"a smallest number of {p.min():.4g}; {got}"
    raise wrong(
        TRIED,
        got,
        "numbers from 0 to 1 that sum to 1 in every row",
        _not_probabilities(exam, p),
        "`Model.forward`",
    )


def _not_probabilities(exam: Exam, p: np.ndarray) -> str:
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
    if p.min() >= 0 and p.max() <= 1 and _stays_within_1(exam):
        return (
            "Every number is between 0 and 1 by itself, as a sigmoid gives: softmax shares out 1 among the "
            "ten classes of an image."
        )
    return "These are scores (logits), not probabilities: end `forward` with `softmax(dim=1)`."


def _with_scores(exam: Exam, spread: float, largest: float) -> np.ndarray:
    """What a network answers whose last layer is scaled up to `largest` times, until scores are `spread` apart."""
    images = _images(exam, N)
    answer = _ask(exam, "answers", images=images, batches=[np.arange(N)], spread=spread, largest=largest)
    values = answer["answers"].items()
    if not values:
        raise wrong(TRIED, "no answer", "one answer")
    return values[0].array("`model(X)`", (N, CLASSES), FLOATS, kind="Tensor", tried=TRIED)


def _stays_within_1(exam: Exam) -> bool:
    q = _with_scores(exam, 50.0, 1e6)
    return bool(q.min() >= 0 and q.max() <= 1)


def _is_softmax_twice(exam: Exam, p: np.ndarray) -> bool:
    """Say so where a second softmax sees numbers in [0, 1]: answers differ by a factor e, however large the scores."""
    if _ratio(p) > np.e * (1 + 1e-6):
        return False
    # Where the last layer is not found, nothing is scaled, and the ratio stays below e for another reason.
    found = bool(2.7 < _ratio(_with_scores(exam, 50.0, 1e6)) <= np.e * (1 + 1e-6))
    if found:
        _remark(
            exam,
            "However large the scores, no probability is more than e = 2.718 times another: is softmax "
            "applied twice? That costs no points here, and much accuracy later.",
        )
    return found


def _note_relu(exam: Exam, p: np.ndarray) -> None:
    """Scores that a ReLU has set to 0 all have the same probability, the lowest of their row."""
    if _shares_lowest(p) and not _is_half(exam) and _shares_lowest(_with_scores(exam, SPREAD, 1.0)):
        _remark(
            exam,
            "In most rows several classes share the lowest probability exactly, as a ReLU before the softmax gives: "
            "it makes 0 of all scores below 0. Leave it out there. That costs no points here, and accuracy later.",
        )


def _shares_lowest(p: np.ndarray) -> bool:
    lowest = (p == p.min(axis=1, keepdims=True)) & (p > 1e-12)
    return bool((lowest.sum(axis=1) > 1).mean() >= 0.5 and np.ptp(p, axis=1).min() > 0)


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
    trials = (*((name, "a second time") for name in AGAIN), ("late", "again, after other batches"))
    for name, when in trials:
        found = _read(exam, name)
        difference = float(np.abs(found - first).max())
        factor = float(np.exp(np.abs(_log(found) - _log(first)).max()))
        if difference > _limit(exam) or (factor > np.exp(LOG_LIMIT) and not _is_half(exam)):
            raise wrong(
                f"{TRIED}, {when}",
                f"probabilities that differ by up to {difference:.3f}, and by a factor of up to {factor:.3g}",
                "the same probabilities",
                _restless(exam),
                "`Model.forward`",
            )


def _log(p: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.maximum(p, 1e-30)))


def _restless(exam: Exam) -> str:
    if exam.memory["changed"]:
        return CHANGED
    return _at_work(exam) or UNREACHED


def _at_work(exam: Exam) -> str:
    """Say what goes on in eval mode as in training, by a second look; nothing where none of it is seen."""
    batches = [np.arange(N), np.arange(N)]
    seen = _ask(exam, "at_work", images=_images(exam, N), batches=batches)
    renewed, unreached, switched, drawn = (
        seen[name].texts() for name in ("renewed", "unreached", "switched", "drawn")
    )
    if switched:
        return (
            f"`forward` puts `{switched[0]}` into train mode: leave `train()` and `eval()` to whoever calls."
        )
    if renewed:
        return (
            f"`forward` makes a new `{renewed[0]}` at every call, untrained and in train mode: make all layers in "
            "`__init__`."
        )
    if unreached:
        return (
            f"`model.eval()` does not reach `{unreached[0]}`, which goes on as in training: keep layers in "
            "`nn.Sequential` or `nn.ModuleList`, or each in `self`, for `eval()` does not look into plain lists."
        )
    if any("dropout" in name for name in drawn):
        return (
            "Dropout is still active in eval mode: write `F.dropout(x, training=self.training)`, or use "
            "`nn.Dropout`, made in `__init__`."
        )
    if drawn:
        return (
            f"`forward` draws random numbers in eval mode too, with `{drawn[0]}`, as for augmentation or noise: do "
            "that in the training, or only `if self.training:`."
        )
    return ""


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
        return CHANGED
    if at_work := _at_work(exam):
        return at_work
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
    if answer["training"].data is False:
        _remark(
            exam,
            "`forward` puts the network into eval mode, so in training dropout is off and batch norm learns no "
            "statistics: leave `train()` and `eval()` to whoever calls. That costs no points here.",
        )


def _ties(p: np.ndarray) -> int:
    """Rows in which two classes have exactly the same probability, other than 0."""
    ordered = np.sort(p, axis=1)
    return int(((np.diff(ordered, axis=1) == 0) & (ordered[:, 1:] > 1e-12)).any(axis=1).sum())


@CHECK.criterion("an optimiser finds all of its layers, and gradients reach them", needs=["shape"], weight=1)
def registered(exam: Exam) -> None:
    tried = "the parameters of a new `Model()`"
    images = _images(exam, N)
    answer = _ask(exam, "parameters", tried=tried, images=images)
    hidden = answer["in_plain_lists"].texts()
    if hidden:
        raise wrong(
            tried,
            f"layers in a plain list or dictionary: `{hidden[0]}`",
            "layers that `model.parameters()`, `state_dict()` and `eval()` reach",
            "torch does not look into plain lists and dictionaries, so these layers are neither trained nor saved: "
            "write `nn.Sequential` or `nn.ModuleList`, and `nn.ModuleDict` for a dictionary.",
            "`Model.__init__`",
        )
    loose = answer["loose"].texts()
    if loose:
        raise wrong(
            tried,
            f"a plain tensor of weights: `self.{loose[0]}`",
            "weights that `model.parameters()` and `state_dict()` reach",
            "torch trains and saves only parameters: write `nn.Parameter(…)` around the tensor, or "
            "`register_buffer` where it shall be kept and not trained.",
            "`Model.__init__`",
        )
    if not answer["any"].flag():
        raise wrong(
            tried,
            "no parameters",
            "the weights of its layers",
            "Nothing in it can be trained or saved: make the layers in `__init__` and store each in `self`.",
            "`Model.__init__`",
        )
    cut = answer["cut"].texts()
    if cut:
        raise wrong(
            "a new `Model()` on random images, and one backward pass",
            f"no gradient for {listed(cut)}",
            "a gradient for every parameter that the answer depends on",
            CUT,
            "`Model.forward`",
        )
    if frozen := _told(answer["frozen"]):
        _remark(
            exam,
            f"These parameters of `Model` are frozen, so no training changes them: {listed(frozen)}. Take "
            "`requires_grad = False` away if they shall learn. That costs no points here.",
        )
    _note_device(exam, images, _told(answer["constants"]))


def _told(value: Value) -> list[str]:
    """Names for a remark, which nothing else depends on."""
    items = value.data if isinstance(value.data, list) else []
    names = [item.get("data") for item in items if isinstance(item, dict)]
    return [name for name in names if isinstance(name, str)]


def _note_device(exam: Exam, images: np.ndarray, constants: list[str]) -> None:
    """Say where a network could not be used on a GPU, and go on."""
    try:
        _ask(exam, "on_another_device", images=images)
    except Wrong as error:
        if error.status is not Status.ERROR:
            raise
        if not OTHER_DEVICE.search(error.finding.got):
            return
        if constants:
            _remark(
                exam,
                f"`self.{constants[0]}` is a plain tensor: `.to(device)` does not move it, and it is not saved with "
                "the weights. `register_buffer` does both. That costs no points here.",
            )
        else:
            _remark(
                exam,
                "`forward` makes a tensor on a device of its own: with `device=x.device` it is where the images are, "
                "on a GPU too. That costs no points here.",
            )


@CHECK.criterion("the images that were given stay as they are", needs=["probabilities"], weight=0.5)
def inputs_unchanged(exam: Exam) -> None:
    _sitting(exam)
    if exam.memory["changed"]:
        raise wrong(
            TRIED,
            "the tensor of images itself was changed",
            "arguments that stay as they are",
            "An operator such as `-=`, or a method that ends in an underscore, works in place: write "
            "`x = (x - mean) / std`.",
            "`Model.forward`",
        )
    require_nothing_hidden(exam)
