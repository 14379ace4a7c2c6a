"""Judge of ``check_linear``: a fully connected layer, y = xW + b.

With upstream gradient d: ∂L/∂x = d Wᵀ, ∂L/∂W = xᵀ d, ∂L/∂b = Σₙ dₙ
(Goodfellow, Bengio, Courville, "Deep Learning", 2016, section 6.5).
"""

from __future__ import annotations

import re

import numpy as np
import torch

from autograder.checks.answer import Answer, Value, wrong
from autograder.checks.backprop_numpy._layers import LIKE_A_BATCH
from autograder.checks.backprop_numpy._methods import missing_methods, near_method, require_methods
from autograder.checks.backprop_numpy._numpy_only import require_numpy_only
from autograder.checks.backprop_numpy._reading import values
from autograder.checks.check import Check, Exam
from autograder.checks.compare import Candidate, relative_error, require_close
from autograder.checks.gradients import ASSIGNED, KEY_LIMIT, STEP, directions, require_gradient
from autograder.checks.raised import Causes
from autograder.checks.result import Finding

CHECK = Check(
    id="check_linear",
    title="Linear layer",
    points=1.0,
    answer="linear",
    subjects=("Linear",),
    module=__name__,
    begins="class Linear",
)
N, IN, OUT = 7, 5, 3
LAYERS = 3
SMALLEST = 0.5
"""Of the bound; that none of 45 weights is above it has a probability of 2⁻⁴⁵."""
LARGE = 1e12
SIZES = {"the batch size": N, "the number of inputs": IN, "the number of outputs": OUT}
TRIED = f"`Linear({IN}, {OUT})` on a batch of {N} random rows"
VECTOR = f"`Linear({IN}, {OUT})` on one vector of {IN} numbers"


def _parameters(exam: Exam) -> tuple[np.ndarray, np.ndarray]:
    return exam.rng.normal(size=(IN, OUT)), exam.rng.normal(size=OUT)


def _key(W: np.ndarray, b: np.ndarray, x: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, ...]:
    """Output and gradients by x, W and b, by PyTorch in float64."""
    Wt, bt, xt = (torch.tensor(a, requires_grad=True) for a in (W, b, x))
    y = xt @ Wt + bt
    y.backward(torch.tensor(d))
    grads = [t.grad for t in (xt, Wt, bt)]
    return (y.detach().numpy(), *(g.numpy() for g in grads if g is not None))


ONE_ROW = "A vector came out as a batch of one row: answer the shape that came in."
SQUEEZED = (
    "An axis of length 1 got lost, as `squeeze` takes it away: one row is a batch too, one output a column."
)


OF_WEIGHTS = (
    "The gradient by `W` came: store that one, and answer the gradient by the input, in the shape of x."
)
TWICE_ALPHA = "`alpha` is multiplied twice: once is enough."
FIRST_SAMPLE = "Only the first sample counts: sum d over all samples."
LAST_SAMPLE = "Only the last sample counts: sum d over all samples."
NORMALISED = "The gradient is divided by its own length: take it as it is."
FIXED_RATE = "The step uses alpha = 0.01 whatever it is told: multiply by the `alpha` that `update` is given."


def _outputs(exam: Exam, W: np.ndarray, b: np.ndarray, x: np.ndarray) -> list[np.ndarray]:
    """Outputs of the student's forward for stacked parameters and batches."""
    answers = values(exam.ask("outputs", tried=TRIED, W=W, b=b, x=x)["y"], len(x))
    return [v.array("`forward(x)`", (N, OUT), tried=TRIED) for v in answers]


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only(exam, "Linear")


@CHECK.criterion("`W` is (in_features, out_features) and `b` (out_features,), both float64", weight=0)
def parameters(exam: Exam) -> None:
    answer = exam.ask("fresh", tried=TRIED, in_features=IN, out_features=OUT, count=LAYERS)
    exam.memory["W"] = [_weights(value) for value in values(answer["W"], LAYERS)]
    exam.memory["b"] = [_bias(value) for value in values(answer["b"], LAYERS)]


def _weights(value: Value) -> np.ndarray:
    return value.array(
        "`W`",
        (IN, OUT),
        tried=f"`Linear({IN}, {OUT})`",
        shape_causes={
            (
                OUT,
                IN,
            ): "The shape is the other way round: rows of `W` are inputs, columns outputs, as in x @ W."
        },
    )


A_ROW_FOR_EACH = (
    "The step on `b` has a row for each sample: db is d summed over the samples, `d.sum(axis=0)`."
)


def _bias(value: Value, tried: str = f"`Linear({IN}, {OUT})`") -> np.ndarray:
    data = value.data
    shape = (1, OUT) if isinstance(data, np.ndarray) and data.shape == (1, OUT) else (OUT,)
    return value.array(
        "`b`",
        shape,
        tried=tried,
        shape_causes={(N, OUT): A_ROW_FOR_EACH},
    )


@CHECK.criterion(
    "`W` starts at random inside ±1/√in_features, `b` at zero or inside too", needs=["parameters"], weight=1
)
def initial_values(exam: Exam) -> None:
    bound = 1 / np.sqrt(IN)
    tried = f"`W` and `b` of three new `Linear({IN}, {OUT})`"
    weights, biases = exam.memory["W"], exam.memory["b"]
    largest = max(float(np.abs(W).max()) for W in weights)
    if largest > bound:
        raise wrong(
            tried,
            f"a weight of size {largest:.3f}",
            f"at most 1/√{IN} = {bound:.3f}",
            _too_large(weights, bound, largest),
        )
    if largest == 0:
        raise wrong(
            tried,
            "all weights are 0",
            f"weights up to 1/√{IN} = {bound:.3f}",
            "All weights start at 0: draw them from `np.random.uniform(-bound, bound, size)`, bound 1/√in_features; "
            "`//` rounds a bound below 1 down to 0.",
        )
    _require_all_drawn(weights, tried)
    if largest < SMALLEST * bound:
        raise wrong(
            tried,
            f"no weight above {largest:.3f}",
            f"weights up to 1/√{IN} = {bound:.3f}",
            "The weights spread too little: draw `in_features` times `out_features` numbers, on both sides of 0, with "
            "bound 1/√in_features, not 1/in_features. `np.random.rand() - 0.5` spans only half of −1 to 1.",
        )
    if any(np.array_equal(weights[0], W) for W in weights[1:]):
        raise wrong(
            tried,
            "two layers with the same weights",
            "other weights in each layer",
            "Weights are drawn anew in `__init__`: no fixed seed there, no constant, no array of the class.",
        )
    if not (min(float(W.min()) for W in weights) < 0 < max(float(W.max()) for W in weights)):
        raise wrong(
            tried,
            "weights of one sign only",
            "both signs",
            "`np.random.uniform(size=…)` draws from [0, 1): give it the bounds −1/√in and +1/√in.",
        )
    if max(float(np.abs(b).max()) for b in biases) > bound:
        raise wrong(
            tried, "a bias outside ±1/√in_features", "zeros, or numbers inside", "Start `b` with `np.zeros`."
        )


def _too_large(weights: list[np.ndarray], bound: float, largest: float) -> str:
    if largest <= 1 and min(float(W.min()) for W in weights) >= bound:
        return "`np.random.uniform(bound)` draws from bound to 1: give it both ends, `-bound, bound`."
    if largest <= 1:
        return (
            "Divide by the square root of `in_features`, the number of rows of `W`, and draw from `np.random.uniform`: "
            "a normal distribution has no bounds."
        )
    return "Draw from `np.random.uniform(-bound, bound, size)` with bound 1/√in_features."


def _require_all_drawn(weights: list[np.ndarray], tried: str) -> None:
    """Every weight is a number of its own: no column and no row comes twice in a layer."""
    for W in weights:
        for lines, got in ((W.T, "columns of `W` that are the same"), (W, "rows of `W` that are the same")):
            if len(np.unique(lines, axis=0)) < len(lines):
                raise wrong(
                    tried,
                    got,
                    "a number of its own at each place",
                    "Numbers are drawn once and used again, and outputs with equal weights stay equal: draw all of `W` "
                    "at once, with `size=(in_features, out_features)`.",
                )


@CHECK.criterion("`forward` of a batch is xW + b", needs=["parameters"], weight=2)
def forward(exam: Exam) -> Finding:
    require_methods(exam, "Linear", "forward", tried=TRIED)
    (W, b), x, d = _parameters(exam), exam.rng.normal(size=(N, IN)), exam.rng.normal(size=(N, OUT))
    y, *_ = _key(W, b, x, d)
    answer = _outputs(exam, W[None], b[None], x[None])[0]
    return require_close(
        "`forward(x)`",
        answer,
        y,
        KEY_LIMIT,
        tried=TRIED,
        where="`Linear.forward`",
        candidates=[
            (x @ W, "The bias is missing: add `b` to every row."),
            (x @ W - b, "The bias is subtracted: y = xW + b."),
            (
                lambda: x.reshape(IN, N).T @ W + b,
                "`x.reshape(in, -1)` is not the transpose: it mixes samples.",
            ),
            (x @ W + N * b, "The bias is added once for every sample."),
        ],
        sizes=SIZES,
        hint="Compute `x @ self.W + self.b`.",
    )


@CHECK.criterion("`forward` of a vector (in,) is a vector (out,)", needs=["forward"], weight=1)
def forward_vector(exam: Exam) -> Finding:
    (W, b), x = _parameters(exam), exam.rng.normal(size=IN)
    (value,) = values(exam.ask("outputs", tried=VECTOR, W=W[None], b=b[None], x=x[None])["y"], 1)
    one_row = ONE_ROW
    if exam.memory["b"][0].ndim == 2:
        one_row = (
            "A vector came out as a batch of one row: a `b` of shape (1, out) broadcasts it. "
            "Give `b` the shape (out,)."
        )
    y = value.array("`forward(x)`", (OUT,), tried=VECTOR, shape_causes={(1, OUT): one_row})
    return require_close(
        "`forward(x)`",
        y,
        x @ W + b,
        KEY_LIMIT,
        tried=VECTOR,
        where="`Linear.forward`",
        candidates=[(x @ W, "The bias is missing: add `b` to a vector too.")],
        sizes=SIZES,
        hint=LIKE_A_BATCH,
    )


def _drawn(exam: Exam, batch: bool = True) -> tuple[dict[str, np.ndarray], float]:
    """Inputs with the key's output and gradients, and alpha."""
    W, b = _parameters(exam)
    x = exam.rng.normal(size=(N, IN) if batch else IN)
    d = exam.rng.normal(size=(N, OUT) if batch else OUT)
    alpha = float(exam.rng.uniform(0.1, 0.9))
    y, dx, dW, db = _key(W, b, x, d)
    return {"W": W, "b": b, "x": x, "d": d, "y": y, "dx": dx, "dW": dW, "db": db}, alpha


def _step(exam: Exam, batch: bool = True, if_error: str = "") -> tuple[Answer, dict[str, np.ndarray], float]:
    """Ask for one training step; give back the answer, the inputs with the key's gradients, and alpha."""
    given, alpha = _drawn(exam, batch)
    tried = TRIED if batch else VECTOR
    require_methods(exam, "Linear", "forward", "backward", tried=tried)
    asked = {name: given[name] for name in "Wbxd"}
    return exam.ask("step", tried=tried, if_error=if_error or _errors(), alpha=alpha, **asked), given, alpha


def _errors() -> Causes:
    """What errors betray at these sizes."""
    return (
        (
            re.compile(rf"broadcast together with shapes \({IN},{OUT}\) \({N * IN},{N * OUT}\)"),
            "`np.outer` takes a batch for one long vector: dW of a batch is `x.T @ d`.",
        ),
        (
            re.compile(rf"broadcast together with shapes \({OUT},\) \({N},\)"),
            "The step on `b` has a number for each sample: db is d summed over the samples, `axis=0`.",
        ),
        (
            re.compile(rf"operand with shape \({OUT},\) doesn't match the broadcast shape \({N},{OUT}\)"),
            A_ROW_FOR_EACH,
        ),
        (
            re.compile(rf"operand with shape \({OUT},\) doesn't match the broadcast shape \(1,{OUT}\)"),
            "The step on `b` has an axis too many: leave `keepdims` out of the sum.",
        ),
    )


def _differences(exam: Exam, given: dict[str, np.ndarray], name: str, along: np.ndarray) -> np.ndarray:
    """Central differences of ⟨d, forward⟩ by `name`, from the student's own forward."""
    moved = np.concatenate([given[name] + STEP * along, given[name] - STEP * along])
    stacks = {
        key: moved if key == name else np.broadcast_to(given[key], (len(moved), *given[key].shape)).copy()
        for key in ("W", "b", "x")
    }
    values = [float(np.vdot(given["d"], y)) for y in _outputs(exam, **stacks)]
    plus, minus = np.split(np.array(values), 2)
    return np.asarray((plus - minus) / (2 * STEP))


@CHECK.criterion("`backward(d)` is the gradient by the input", needs=["parameters"], weight=2)
def input_gradient(exam: Exam) -> Finding:
    require_methods(exam, "Linear", "forward", "backward", tried=TRIED)
    given, _ = _drawn(exam)
    W, d = given["W"], given["d"]
    answer = exam.ask("pair", tried=TRIED, W=W, b=given["b"], x=given["x"], d=d)
    between = answer["W"].array("`W` after `backward`", (IN, OUT), tried=TRIED)
    came = answer["dx"].data
    is_of_weights = np.shape(came) == (IN, OUT) and relative_error(came, given["dW"]) <= KEY_LIMIT
    causes: dict[tuple[int, ...], str] = {(IN, OUT): OF_WEIGHTS} if is_of_weights else {}
    dx = answer["dx"].array("`backward(d)`", (N, IN), tried=TRIED, shape_causes=causes)
    along = directions(exam.rng, (N, IN))
    finding = require_gradient(
        "the gradient by the input",
        dx,
        numeric=_differences(exam, given, "x", along),
        along=along,
        key=given["dx"],
        tried=TRIED + " with a random upstream gradient d",
        where="`Linear.backward`",
        candidates=[
            (
                np.ones_like(d) @ W.T,
                "The upstream gradient is ignored: it is right only for a d of ones. Multiply d by Wᵀ.",
            ),
            (lambda: d @ W.reshape(OUT, IN), "`W.reshape(out, in)` is not Wᵀ: use `self.W.T`."),
            (
                np.broadcast_to((d @ W.T).mean(0), (N, IN)),
                "Samples are averaged: each row has its own gradient.",
            ),
            (
                (d @ W.T) * given["x"],
                "The gradient is multiplied by x as well: x belongs to the gradient by `W`, xᵀ d.",
            ),
            (
                d @ between.T,
                "`W` was changed before the gradient by the input was computed: leave steps to `update`.",
            ),
        ],
        sizes=SIZES,
        hint="Compute `d @ self.W.T`.",
    )
    _require_no_differences(exam)
    return finding


def _require_no_differences(exam: Exam) -> None:
    """Differences of a linear function are its derivative, but with a fixed step they lose digits at large x."""
    rng = exam.generator("large inputs")
    W, b, d = rng.normal(size=(IN, OUT)), rng.normal(size=OUT), rng.normal(size=(N, OUT))
    x = LARGE * rng.normal(size=(N, IN))
    tried = f"{TRIED}, times {LARGE:.0e}"
    answer = exam.ask("pair", tried=tried, W=W, b=b, x=x, d=d)
    error = relative_error(answer["dx"].array("`backward(d)`", (N, IN), tried=tried), d @ W.T)
    if not error <= KEY_LIMIT:
        raise wrong(
            tried,
            f"a gradient by the input with a relative error of {error:.0e}",
            "d Wᵀ, which does not depend on x",
            "A difference of two outputs of `forward` loses its digits where x is large: compute `d @ self.W.T`.",
            "`Linear.backward`",
        )


@CHECK.criterion("`update(alpha)` takes one gradient step on `W`", needs=["parameters"], weight=2)
def weight_step(exam: Exam) -> Finding:
    answer, given, alpha = _step(exam)
    x, d = given["x"], given["d"]
    _require_untouched(answer, given)
    W = answer["W"].array("`W` after `update`", (IN, OUT), tried=TRIED)
    if np.array_equal(W, given["W"]):
        _require_update(exam)
        raise wrong(
            TRIED,
            "`W` is the same after `update`",
            "one step of gradient descent",
            "`W` is never updated: subtract `alpha * dW` from it in `update`, and let `update` stand inside the class.",
            "`Linear.update`",
        )
    along = directions(exam.rng, (IN, OUT))
    return require_gradient(
        "the gradient by `W`",
        (given["W"] - W) / alpha,
        numeric=_differences(exam, given, "W", along),
        along=along,
        key=given["dW"],
        tried=TRIED + ", read off from what `update(alpha)` did to `W`",
        where="`Linear.backward` and `Linear.update`",
        candidates=[
            (-given["dW"], "The step goes uphill: subtract `alpha * dW`, do not add it."),
            (given["dW"] / alpha, "The step does not depend on `alpha`: multiply the gradient by it."),
            *_wrong_steps(given["W"], given["dW"], alpha),
            *(
                (x[sample : sample + 1].T @ d[sample : sample + 1], sentence)
                for sample, sentence in ((0, FIRST_SAMPLE), (N - 1, LAST_SAMPLE))
            ),
            (
                x.T @ np.ones_like(d),
                "The upstream gradient is ignored: it is right only for a d of ones. dW is xᵀ d.",
            ),
            (
                x.T @ d / N,
                f"The gradient by `W` is exactly {N} times too small, and {N} is the batch size: "
                "the loss has divided by it already, a layer only sums.",
            ),
            (lambda: x.reshape(IN, -1) @ d, "`x.reshape(in, -1)` is not the transpose: use `x.T`."),
        ],
        sizes=SIZES,
        hint="dW is xᵀ d, with the x of the last `forward`.",
    )


def _wrong_steps(start: np.ndarray, gradient: np.ndarray, alpha: float) -> list[Candidate]:
    """What mistakes in `update` make of the step of `W` or `b`, divided by alpha."""
    return [
        (0.01 * gradient / alpha, FIXED_RATE),
        (alpha * gradient, TWICE_ALPHA),
        (gradient / np.sqrt((gradient**2).sum()), NORMALISED),
        (start / alpha + gradient, ASSIGNED),
    ]


def _require_update(exam: Exam) -> None:
    """Say so when no weight moved because a method of nearly that name stands in place of `update`."""
    if "update" in missing_methods(exam, TRIED) and near_method(exam, "update", TRIED):
        require_methods(exam, "Linear", "update", tried=TRIED)


def _require_untouched(answer: Answer, given: dict[str, np.ndarray]) -> None:
    W = answer["W_before"].array("`W` after `backward`", (IN, OUT), tried=TRIED)
    b = _bias(answer["b_before"]).reshape(OUT)
    if not (np.array_equal(W, given["W"]) and np.array_equal(b, given["b"])):
        raise wrong(
            TRIED,
            "`W` or `b` changed during `backward`",
            "the same weights until `update` is called",
            "Store the gradients in `backward` and change `W` and `b` in `update`: the layers before this one still "
            "need the old weights.",
            "`Linear.backward`",
        )


@CHECK.criterion("`update(alpha)` takes one gradient step on `b`", needs=["parameters"], weight=1)
def bias_step(exam: Exam) -> Finding:
    answer, given, alpha = _step(exam)
    after = _bias(answer["b"], TRIED).reshape(OUT)
    if np.array_equal(after, given["b"]):
        _require_update(exam)
        raise wrong(
            TRIED,
            "`b` is the same after `update`",
            "one step of gradient descent",
            "`b` is never updated: subtract `alpha * db` in `update`, where db is d summed over the samples.",
            "`Linear.update`",
        )
    d, db = given["d"], given["db"]
    along = directions(exam.rng, (OUT,))
    return require_gradient(
        "the gradient by `b`",
        (given["b"] - after) / alpha,
        numeric=_differences(exam, given, "b", along),
        along=along,
        key=db,
        tried=TRIED + ", read off from what `update(alpha)` did to `b`",
        where="`Linear.backward` and `Linear.update`",
        candidates=[
            (-db, "The step goes uphill: subtract `alpha * db`, do not add it."),
            (db / alpha, "The step does not depend on `alpha`: multiply the gradient by it."),
            *_wrong_steps(given["b"], db, alpha),
            (given["dW"].sum(axis=0), "The gradient by `W` is summed: sum d itself over the samples."),
            (
                db / N,
                f"The gradient by `b` is exactly {N} times too small, and {N} is the batch size: sum d over "
                "the samples, the loss has taken the mean already.",
            ),
            (np.full(OUT, d.sum()), "d is summed over everything: sum over the samples only, `axis=0`."),
            (d[0], FIRST_SAMPLE),
            (d[-1], LAST_SAMPLE),
        ],
        sizes=SIZES,
        hint="db is d summed over the samples, `d.sum(axis=0)`.",
    )


@CHECK.criterion(
    "a batch of one row, and one output, keep their axes", needs=["forward", "input_gradient"], weight=1
)
def axes_of_one(exam: Exam) -> None:
    for n, out in ((1, OUT), (N, 1), (1, 1)):
        W, b, x, d = (exam.rng.normal(size=shape) for shape in ((IN, out), out, (n, IN), (n, out)))
        _require_axes(exam, W, b, x, d)
    _require_axes(exam, *(exam.rng.normal(size=shape) for shape in ((IN, 1), 1, IN, 1)))


def _require_axes(exam: Exam, W: np.ndarray, b: np.ndarray, x: np.ndarray, d: np.ndarray) -> None:
    """Value and gradient by the input have the shapes of a batch, also where an axis has length 1."""
    tried = f"`Linear({IN}, {len(b)})` on an array of shape {x.shape}"
    key, dx, *_ = _key(W, b, x, d)
    (value,) = values(
        exam.ask("outputs", tried=tried, if_error=SQUEEZED, W=W[None], b=b[None], x=x[None])["y"], 1
    )
    y = value.array("`forward(x)`", d.shape, tried=tried, shape_causes=_lost(d.shape))
    require_close("`forward(x)`", y, key, KEY_LIMIT, tried=tried, where="`Linear.forward`", cause=SQUEEZED)
    if x.ndim == 1:
        return  # vectors in `backward` have a criterion of their own
    answer = exam.ask("pair", tried=tried, if_error=SQUEEZED, W=W, b=b, x=x, d=d)
    came = answer["dx"].array("`backward(d)`", x.shape, tried=tried, shape_causes=_lost(x.shape))
    require_close(
        "`backward(d)`", came, dx, KEY_LIMIT, tried=tried, where="`Linear.backward`", cause=SQUEEZED
    )


def _lost(shape: tuple[int, ...]) -> dict[tuple[int, ...], str]:
    """Causes for the shapes that lack an axis of length 1."""
    fewer = {tuple(size for size in shape if size != 1), shape[1:], shape[:-1]}
    return dict.fromkeys((lost for lost in fewer if len(lost) < len(shape)), SQUEEZED)


@CHECK.criterion(
    "a vector works in `backward` and `update` too", needs=["forward_vector", "weight_step"], weight=1
)
def backward_vector(exam: Exam) -> Finding:
    cause = (
        "For a vector `x.T @ d` is no matrix and `d.sum(axis=0)` no vector: dW is `np.outer(x, d)`, db is d."
    )
    answer, given, alpha = _step(exam, batch=False, if_error=cause)
    dx = answer["dx"].array(
        "`backward(d)`",
        (IN,),
        tried=VECTOR,
        shape_causes={(1, IN): ONE_ROW},
    )
    require_close(
        "the gradient by the input", dx, given["dx"], KEY_LIMIT, tried=VECTOR, sizes=SIZES, hint=LIKE_A_BATCH
    )
    W = answer["W"].array("`W` after `update`", (IN, OUT), tried=VECTOR)
    outer = (given["W"] - W) / alpha
    finding = require_close(
        "the gradient by `W`",
        outer,
        given["dW"],
        KEY_LIMIT,
        tried=VECTOR,
        where="`Linear.backward`",
        sizes=SIZES,
        hint="For a vector dW is the outer product of x and d.",
    )
    b = _bias(answer["b"]).reshape(OUT)
    require_close(
        "the gradient by `b`",
        (given["b"] - b) / alpha,
        given["db"],
        KEY_LIMIT,
        tried=VECTOR,
        where="`Linear.backward`",
        candidates=[
            (
                np.full(OUT, given["d"].sum()),
                "For a vector `d.sum(axis=0)` is a single number: db is d itself.",
            )
        ],
        hint=LIKE_A_BATCH,
    )
    return finding


@CHECK.criterion("a second step is like the first", needs=["weight_step", "bias_step"], weight=1)
def second_step(exam: Exam) -> Finding:
    W, b = _parameters(exam)
    x, d = exam.rng.normal(size=(2, N, IN)), exam.rng.normal(size=(2, N, OUT))
    alpha = [0.5, 0.25]
    tried = "forward, backward and update, twice, with `update(0.5)` and `update(0.25)`"
    answer = exam.ask("two_rounds", tried=tried, W=W, b=b, x=x, d=d, alpha=alpha)
    Ws = [W, *(v.array("`W` after `update`", (IN, OUT), tried=tried) for v in values(answer["W"], 2))]
    bs = [b, *(_bias(v).reshape(OUT) for v in values(answer["b"], 2))]
    gradients = {"W": [x[i].T @ d[i] for i in (0, 1)], "b": [d[i].sum(axis=0) for i in (0, 1)]}
    finding = Finding()
    for name, after in (("W", Ws), ("b", bs)):
        first, second = gradients[name]
        step = (after[1] - after[2]) / alpha[1]
        finding = require_close(
            f"the second step on `{name}`, divided by its alpha",
            step,
            second,
            KEY_LIMIT,
            tried=tried,
            where="`Linear.backward` and `Linear.update`",
            candidates=[
                (
                    2 * second,
                    "The second step uses the alpha of the first: take the one that `update` is given.",
                ),
                (second / 2, SHRINKING),
                (second / np.sqrt(2), SHRINKING),
                (
                    second if name == "b" else x[0].T @ d[1],
                    "The x of the first `forward` is used again: every `forward` stores its input anew.",
                ),
                (first + second, "The first gradient is added to the second: assign with `=` in `backward`."),
                *_momentum(step, first, second),
            ],
            hint="`update` is plain gradient descent each time: `W` minus alpha times the last gradient, and no more.",
        )
    return finding


SHRINKING = "The steps shrink from call to call: `update` takes the alpha that it is given, as it is."


def _momentum(step: np.ndarray, first: np.ndarray, second: np.ndarray) -> list[Candidate]:
    """What any share of the first gradient in the second step gives, if the step is such a mixture."""
    basis = np.stack([first.ravel(), second.ravel()], axis=1)
    (old, new), *_ = np.linalg.lstsq(basis, step.ravel(), rcond=None)
    if abs(old) < 1e-6:
        return []
    return [
        (
            old * first + new * second,
            "The second step holds a part of the first gradient, as momentum does: here `update` is plain gradient "
            "descent.",
        )
    ]


@CHECK.criterion(
    "nothing is overwritten, added up or shared by accident", needs=["forward", "weight_step", "bias_step"]
)
def no_aliasing(exam: Exam) -> None:
    answer, given, _ = _step(exam)
    for name in ("x", "d"):
        after = answer[f"{name}_after"].array(f"`{name}`", given[name].shape, tried=TRIED)
        if not np.array_equal(after, given[name]):
            raise wrong(
                TRIED,
                f"`{name}` itself was changed",
                "arguments that stay as they are",
                f"An assignment such as `{name}[…] = …`, or an operator such as `+=`, works in place: copy `{name}` "
                "first.",
            )
    _require_no_memory(exam)
    _require_own_state(exam)


def _require_no_memory(exam: Exam) -> None:
    """The second pair of calls must not see the first."""
    W, b = _parameters(exam)
    x, d = exam.rng.normal(size=(2, N, IN)), exam.rng.normal(size=(2, N, OUT))
    answer = exam.ask("two_pairs", tried=TRIED, W=W, b=b, x=x, d=d, alpha=0.5)
    then = answer["first_then"].array("`forward(x)`", (N, OUT), tried=TRIED)
    now = answer["first_now"].array("`forward(x)`", (N, OUT), tried=TRIED)
    tried = "two pairs of forward and backward, then one update"
    if not np.array_equal(then, now):
        raise wrong(
            tried,
            "the second `forward` overwrote the answer of the first",
            "a new array from every call",
            "Do not answer an array that the layer keeps and writes into again.",
        )
    first, second = ((x[i].T @ d[i], d[i].sum(0)) for i in (0, 1))
    step = (W - answer["W"].array("`W`", (IN, OUT), tried=tried)) / 0.5
    bias_step = (b - _bias(answer["b"]).reshape(OUT)) / 0.5
    if relative_error(step, first[0] + second[0]) < KEY_LIMIT:
        raise wrong(
            tried,
            "the step adds the gradients of both pairs",
            "the gradient of the last pair",
            "The gradient of the previous call is added: assign with `=`, not `+=`, in `backward`.",
            "`Linear.backward`",
        )
    require_close("the gradient by `W`", step, second[0], KEY_LIMIT, tried=tried, sizes=SIZES)
    require_close("the gradient by `b`", bias_step, second[1], KEY_LIMIT, tried=tried, sizes=SIZES)


def _require_own_state(exam: Exam) -> None:
    """A second layer must not disturb the first."""
    W, b = exam.rng.normal(size=(2, IN, OUT)), exam.rng.normal(size=(2, OUT))
    x, d = exam.rng.normal(size=(2, N, IN)), exam.rng.normal(size=(N, OUT))
    tried = "two layers: forward on both, then backward and update on the first"
    answer = exam.ask("two_layers", tried=tried, W=W, b=b, x=x, d=d, alpha=0.5)
    W_after = [v.array("`W`", (IN, OUT), tried=tried) for v in values(answer["W"], 2)]
    b_after = [_bias(v).reshape(OUT) for v in values(answer["b"], 2)]
    stepped = [(W_after[0], W[0] - 0.5 * x[0].T @ d), (b_after[0], b[0] - 0.5 * d.sum(axis=0))]
    still = np.array_equal(W_after[1], W[1]) and np.array_equal(b_after[1], b[1])
    if not still or any(relative_error(after, expected) > KEY_LIMIT for after, expected in stepped):
        raise wrong(
            tried,
            "the layers disturb each other",
            "each layer with state of its own",
            "Keep what a layer stores in `self`, not in the class or in a global variable.",
        )
