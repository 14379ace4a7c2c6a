"""Judge of ``check_model``: softmax regression as one linear layer, and the number of its parameters.

Logits of an affine model satisfy f(a) + f(b) − f(0) = f(a + b), whatever its weights are.
"""

from __future__ import annotations

import itertools
import re

import numpy as np

from autograder.checks.answer import Answer, Value, malformed, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.compare import relative_error
from autograder.checks.layers import CAUSES
from autograder.checks.raised import Causes
from autograder.checks.result import Finding

CHECK = Check(
    id="check_model",
    title="Softmax regression as a module",
    points=0.5,
    answer="logistic_regression",
    subjects=("LogisticRegression", "count_parameters"),
    module=__name__,
    begins="class LogisticRegression",
)
N, OUT, INPUTS = 5, 7, 3 * 32 * 32
PART = 3
# float32 sums of 3,072 products.
LIMIT = 1e-4
WIDTHS, FROZEN = [11, 7, 5, 3], [0]
ERRORS: Causes = (
    (
        re.compile(r"multiplied"),
        "The layer takes rows of 3 · 32 · 32 numbers, one row for each image: write `x.flatten(1)` before it.",
    ),
    (
        re.compile(r"is invalid for input of size"),
        "The number of images, or of their pixels, in `view` or `reshape` is another one than there are: a batch may "
        "have any size, so write `x.flatten(1)`.",
    ),
    *CAUSES,
)
INIT_ERRORS: Causes = (
    (
        re.compile(r"__init__\(\) takes 1 positional argument but"),
        "`super().__init__()` takes no argument: `output_dim` belongs to the layer that you make in `__init__`.",
    ),
    *ERRORS,
)
COUNT_ERRORS: Causes = (
    (
        re.compile(r"'method' object is not iterable"),
        "The parentheses are missing: `model.parameters()`.",
    ),
    (
        re.compile(r"AttributeError: 'Sequential'"),
        "The count is asked of other models too, whose layers have other names: add up `parameter.numel()` over "
        "`model.parameters()`.",
    ),
)
TRIED_COUNT = "`count_parameters(model)` of three linear layers, 11 → 7 → 5 → 3, the first one frozen"


def _require_parameters(exam: Exam, output_dim: int) -> None:
    tried = f"the parameters of `LogisticRegression({output_dim})`"
    takes = exam.ask("init", tried=tried)["arguments"].data
    causes = INIT_ERRORS if isinstance(takes, int) and takes > 0 else ERRORS
    answer = exam.ask("describe", tried=tried, if_error=causes, output_dim=output_dim)
    if answer["model"].type != "Module":
        raise wrong(
            tried,
            "an object that is no `nn.Module`",
            "a class that inherits from `torch.nn.Module`",
            "Write `class LogisticRegression(nn.Module)` and call `super().__init__()` first.",
        )
    shapes = [[int(n.number("a size")) for n in shape.items()] for shape in answer["shapes"].items()]
    total = sum(int(np.prod(shape)) for shape in shapes)
    right = (INPUTS + 1) * output_dim
    if total != right:
        raise wrong(
            tried,
            f"{total:,} numbers in {len(shapes)} tensors",
            f"{right:,} = {INPUTS:,} · {output_dim} + {output_dim}",
            _parameter_cause(answer, shapes, total, output_dim),
            "`LogisticRegression.__init__`",
        )


def _parameter_cause(answer: Answer, shapes: list[list[int]], total: int, output_dim: int) -> str:
    lists, tensors = answer["lists"].texts(), answer["tensors"].texts()
    if total == 0 and lists:
        return (
            f"The module has no parameters: torch does not look into the plain list or dictionary `self.{lists[0]}`. "
            "Store its layers in `nn.Sequential(…)`, `nn.ModuleList([…])` or `nn.ModuleDict(…)`."
        )
    if total == 0 and tensors:
        return (
            f"The module has no parameters: `self.{tensors[0]}` is a plain tensor, which no optimiser finds. Write "
            f"`self.{tensors[0]} = nn.Parameter(…)`, and so for each of them."
        )
    if total == 0:
        return "The module has no parameters: store the layer as an attribute, `self.linear = nn.Linear(…)`."
    if total == INPUTS * output_dim:
        return "The bias is missing: `nn.Linear` adds one unless it is told `bias=False`."
    if total == (INPUTS + 1) * 10:
        return "The argument `output_dim` is not used: it is the number of outputs of the layer."
    if total == INPUTS * (output_dim + 1):
        return "The arguments of `nn.Linear` are swapped: inputs come first, `nn.Linear(3 * 32 * 32, output_dim)`."
    if total == (32 * 32 + 1) * output_dim:
        return "The layer takes 32 · 32 numbers, and a picture has 3 · 32 · 32: all three colours count."
    if len(shapes) > 2:
        return "There is more than one layer: softmax regression is a single linear one."
    return "The layer takes 3 · 32 · 32 numbers and gives `output_dim`: `nn.Linear(3 * 32 * 32, output_dim)`."


@CHECK.criterion("30,730 parameters for ten classes", weight=2)
def parameters(exam: Exam) -> None:
    _require_parameters(exam, 10)


@CHECK.criterion("another number of classes works too")
def other_output_dim(exam: Exam) -> None:
    _require_parameters(exam, OUT)
    _outputs(exam)


def _some(exam: Exam, x: np.ndarray) -> list[Value]:
    """What a new model answers for each batch of x."""
    tried = f"`LogisticRegression({OUT})` on {len(x)} batches of images"
    answer = _ask(exam, tried, list(x))
    exam.memory["changed"] = answer["changed"].flag()
    return answer["y"].items()


def _ask(exam: Exam, tried: str, x: list[np.ndarray]) -> Answer:
    """Ask for the outputs of a model whose parameters are random numbers, wherever they began."""
    seed = int(exam.rng.integers(2**31))
    answer = exam.ask("outputs", tried=tried, if_error=ERRORS, output_dim=OUT, x=x, seed=seed)
    if len(answer["y"].items()) != len(x):
        raise malformed("there is not one output for each batch")
    return answer


def _outputs(exam: Exam) -> tuple[np.ndarray, np.ndarray]:
    """Batches (a, b, 0, a + b) and their logits, (4, N, 7); a and b are large, so that a bend shows."""
    if "y" not in exam.memory:
        a, b = exam.rng.normal(0, 3, size=(2, N, 3, 32, 32)).astype(np.float32)
        x = exam.memory["x"] = np.stack([a, b, np.zeros_like(a), a + b])
        tried = f"`LogisticRegression({OUT})` on a batch of {N} images"
        values = _some(exam, x)
        exam.memory["y"] = np.stack(
            [
                v.array(
                    "`model(x)`",
                    (N, OUT),
                    "float32",
                    tried=tried,
                    kind="Tensor",
                    shape_causes={
                        (N, 10): "The argument `output_dim` is not used: it is the number of outputs.",
                        (N,): "The model answers class numbers: leave `argmax` out, return the logits.",
                        (OUT, N): "The output is transposed: one row for each image.",
                    },
                )
                for v in values
            ]
        ).astype(np.float64)
    return exam.memory["x"], exam.memory["y"]


@CHECK.criterion("the output is a linear function of the image: logits, not probabilities", weight=2)
def logits(exam: Exam) -> Finding:
    _, (a, b, zero, both) = _outputs(exam)
    tried = f"`LogisticRegression({OUT})` on random images a, b, 0 and a + b"
    error = relative_error(a + b - zero, both)
    if np.ptp(both, axis=0).max() < 1e-6:
        raise wrong(
            tried,
            "the same output for different images",
            "an output that depends on the image",
            "The image is not used: flatten it and pass it through the layer in `forward`.",
            "`LogisticRegression.forward`",
        )
    if error > LIMIT:
        raise wrong(
            tried,
            f"f(a) + f(b) − f(0) differs from f(a + b); the first row sums to {both[0].sum():.4g}",
            "logits xW + b: any real numbers",
            DRAWN if _is_random(exam) else _bend_cause(np.stack([a, b, both])),
            "`LogisticRegression.forward`",
        )
    return Finding(relative_error=error, limit=LIMIT)


DRAWN = (
    "The same images give other outputs a second time: leave dropout, and whatever else is drawn at random, out of "
    "`forward`."
)


def _is_random(exam: Exam) -> bool:
    """Whether the same images give other outputs a second time."""
    x = exam.memory["x"][0]
    first, second = (value.data for value in _some(exam, np.stack([x, x])))
    return not np.array_equal(first, second)


def _bend_cause(y: np.ndarray) -> str:
    if np.abs(y.sum(-1) - 1).max() < 1e-3 and (y >= 0).all():
        return (
            "The rows sum to 1: these are probabilities. `CrossEntropyLoss` takes logits and does the softmax "
            "itself; with a second one the loss cannot fall below 1.461."
        )
    with np.errstate(all="ignore"):
        if np.abs(np.exp(y).sum(-1) - 1).max() < 1e-3:
            return (
                "These are logarithms of probabilities: return what the layer gives, `CrossEntropyLoss` does the "
                "log-softmax itself."
            )
    if np.abs(y.sum(-2) - 1).max() < 1e-3 and (y >= 0).all():
        return (
            "Every column sums to 1: this is a softmax over the images of the batch. Return what the layer gives, "
            "`CrossEntropyLoss` does the softmax itself, over the classes."
        )
    if ((y > 0) & (y < 1)).all():
        return "All outputs lie between 0 and 1: leave the sigmoid out, return what the layer gives."
    if (y >= 0).all():
        return "No output is negative: leave the ReLU out, return what the layer gives."
    if np.abs(y).max() <= 1:
        return "All outputs lie between −1 and 1: leave the tanh out, return what the layer gives."
    return "Something in `forward` is random or bends the numbers: flatten the image, apply the layer, nothing else."


@CHECK.criterion("the logits of an image do not depend on the rest of its batch", needs=["logits"])
def each_for_itself(exam: Exam) -> None:
    x = exam.rng.normal(size=(N, 3, 32, 32)).astype(np.float32)
    order = np.roll(np.arange(N), int(exam.rng.integers(1, N)))
    batches = {"in another order": order, f"the first {PART} of them alone": np.arange(PART)}
    tried = f"`LogisticRegression({OUT})` on a batch of {N} images"
    given = [x, *(x[rows] for rows in batches.values())]
    values = _ask(exam, tried, given)["y"].items()
    together, *others = (
        value.array("`model(x)`", (n, OUT), "float32", tried=tried, kind="Tensor")
        for value, n in zip(values, (N, N, PART), strict=True)
    )
    for (how, rows), found in zip(batches.items(), others, strict=True):
        if relative_error(found, together[rows]) > LIMIT:
            raise wrong(
                f"{tried}, then {how}",
                "other logits for the same image",
                "the same logits",
                "The images of a batch are mixed: `reshape` and `view` keep the order of the numbers, so the batch "
                "must stay the first axis. Write `x.flatten(1)` or `x.reshape(len(x), -1)`.",
                "`LogisticRegression.forward`",
            )


@CHECK.criterion("a single image in a batch works")
def single(exam: Exam) -> None:
    x = exam.rng.normal(size=(1, 1, 3, 32, 32)).astype(np.float32)
    tried = f"`LogisticRegression({OUT})` on a batch of one image"
    (value,) = _some(exam, x)
    value.array(
        "`model(x)`",
        (1, OUT),
        "float32",
        tried=tried,
        kind="Tensor",
        shape_causes={(OUT,): "`squeeze` removed the batch axis: flatten with `x.flatten(1)`."},
    )


@CHECK.criterion(
    "a loss reaches every parameter, and the images stay as they are", needs=["logits"], weight=2
)
def trainable(exam: Exam) -> None:
    tried = f"`LogisticRegression({OUT})` on a batch of {N} images, and one backward pass"
    x = exam.rng.normal(size=(N, 3, 32, 32)).astype(np.float32)
    answer = exam.ask("reached", tried=tried, if_error=ERRORS, output_dim=OUT, x=x)
    if answer["frozen"].flag():
        raise wrong(
            tried,
            "a parameter whose `requires_grad` is False",
            "a gradient for every parameter",
            "The parameters are frozen, so that no training can change them: leave `requires_grad_(False)` and "
            "`requires_grad = False` out.",
            "`LogisticRegression.__init__`",
        )
    if not answer["reached"].flag():
        raise wrong(
            tried,
            "a parameter without a gradient",
            "a gradient for every parameter",
            "The output is cut off from the parameters, so nothing can be learnt: no `detach()`, `.data`, "
            "`torch.no_grad()` or numpy in `forward`.",
            "`LogisticRegression.forward`",
        )
    if exam.memory["changed"]:
        raise wrong(
            f"`LogisticRegression({OUT})` on a batch of images",
            "the tensor of images itself was changed",
            "an argument that stays as it is",
            "An operator such as `/=` or `-=` works in place: write `x = x / 255`.",
            "`LogisticRegression.forward`",
        )


@CHECK.criterion("`count_parameters` counts the trainable numbers, not the frozen ones", weight=2)
def count(exam: Exam) -> None:
    answer = exam.ask("count", tried=TRIED_COUNT, if_error=COUNT_ERRORS, widths=WIDTHS, frozen=FROZEN)
    value = answer["count"]
    sizes = [a * b + b for a, b in itertools.pairwise(WIDTHS)]
    right = sum(sizes) - sum(sizes[i] for i in FROZEN)
    got = value.number("`count_parameters(model)`", tried=TRIED_COUNT)
    if got != right:
        weights = sum(a * b for a, b in itertools.pairwise(WIDTHS[1:]))
        cause = {
            sum(sizes): "Frozen parameters are counted too: count only those with `requires_grad`.",
            sum(sizes[i] for i in FROZEN): "Only the frozen ones are counted: it is the other way round.",
            4: "This is the number of tensors: add up `parameter.numel()`.",
            6: "This is the number of tensors: add up `parameter.numel()`.",
            weights: "Only the weights are counted: the biases are parameters too.",
            2 * sum(WIDTHS[2:]): "`len(parameter)` is its number of rows. Add up `parameter.numel()` over "
            "`model.parameters()`.",
            sizes[-1]: "Only the last layer is counted: add up all of them.",
            WIDTHS[-1]: "Only the last tensor is counted: `+=` adds, `=` forgets what was there.",
            30_730: "The model that is given as the argument is not the one that is counted.",
        }.get(int(got), "Add up `parameter.numel()` over `model.parameters()`.")
        raise wrong(TRIED_COUNT, f"{got:g}", f"{right}", cause, "`count_parameters`")
