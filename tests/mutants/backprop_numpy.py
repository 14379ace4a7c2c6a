"""Wrong and right answers of 1_backprop_numpy."""

from __future__ import annotations

from functools import partial

from tests.mutants.submission import Mutant, Right

NOTEBOOK = "neural_networks/1_backprop_numpy"
CELLS = ("setup", "module", "linear", "relu", "softmax", "cross_entropy", "mlp_classifier", "network")
FITTED = ("moons", "blobs")


def cells_of(check: str) -> tuple[str, ...]:
    """The cells that a check needs, in order."""
    return (*CELLS, "data", check) if check in FITTED else CELLS


def _wrong(
    check: str, answer: str, name: str, fails: str, cause: str, *changes: str, append: str = ""
) -> Mutant:
    replace = tuple(zip(changes[::2], changes[1::2], strict=True))
    return Mutant(name, NOTEBOOK, answer, check, replace, append, fails, cause)


def _right(check: str, answer: str, name: str, *changes: str, append: str = "") -> Right:
    return Right(name, NOTEBOOK, answer, check, tuple(zip(changes[::2], changes[1::2], strict=True)), append)


_linear = partial(_wrong, "linear", "linear")
_relu = partial(_wrong, "relu", "relu")
_softmax = partial(_wrong, "softmax", "softmax")
_loss = partial(_wrong, "cross_entropy", "cross_entropy")
_fit = partial(_wrong, "mlp_fit", "mlp_classifier")
_predict = partial(_wrong, "mlp_predict", "mlp_classifier")
_moons = partial(_wrong, "moons", "moons")
_blobs = partial(_wrong, "blobs", "blobs")

DW, DB, DX = "self.dW = rows.T @ upstream", "self.db = upstream.sum(axis=0)", "return d @ self.W.T"
LINEAR = [
    _linear(
        "W is (out, in)",
        "parameters",
        "other way round",
        "size=(in_features, out_features)",
        "size=(out_features, in_features)",
    ),
    _linear(
        "W is 32-bit",
        "parameters",
        "float32",
        "size=(in_features, out_features))",
        "size=(in_features, out_features)).astype(np.float32)",
    ),
    _linear(
        "bound of the outputs",
        "initial_values",
        "in_features",
        "np.sqrt(in_features)",
        "np.sqrt(out_features)",
    ),
    _linear(
        "weights of one sign", "initial_values", "both signs", "uniform(-bound, bound", "uniform(0, bound"
    ),
    _linear(
        "seed in the constructor",
        "initial_values",
        "no fixed seed",
        "bound = 1",
        "np.random.seed(0)\n        bound = 1",
    ),
    _linear(
        "bias starts at 1", "initial_values", "np.zeros", "np.zeros(out_features)", "np.ones(out_features)"
    ),
    _linear("bias missing", "forward", "bias is missing", "@ self.W + self.b", "@ self.W"),
    _linear(
        "bias of shape (1, out)",
        "forward_vector",
        "batch of one row",
        "np.zeros(out_features)",
        "np.zeros((1, out_features))",
    ),
    _linear(
        "upstream ignored",
        "input_gradient",
        "upstream gradient is ignored",
        DX,
        "return np.ones_like(d) @ self.W.T",
    ),
    _linear(
        "reshape for transpose",
        "input_gradient",
        "not Wᵀ",
        DX,
        "return d @ self.W.reshape(self.W.shape[::-1])",
    ),
    _linear("gradient negated", "input_gradient", "wrong sign", DX, "return -d @ self.W.T"),
    _linear(
        "differences instead of a derivative",
        "input_gradient",
        "difference of two outputs",
        DX,
        "moves = 1e-3 * np.eye(len(self.W))\n"
        "        rates = [((self.x + m) @ self.W - (self.x - m) @ self.W) / 2e-3 for m in moves]\n"
        "        return np.stack([(d * rate).sum(axis=-1) for rate in rates], axis=-1)",
    ),
    _linear("gradient doubled", "input_gradient", "2 times the right", DX, "return 2 * d @ self.W.T"),
    _linear("gradient zeroed", "input_gradient", "0 everywhere", DX, "return 0 * d @ self.W.T"),
    _linear("averaged over the batch", "weight_step", "batch size", DW, DW + " / len(rows)"),
    _linear(
        "dW ignores d",
        "weight_step",
        "upstream gradient is ignored",
        DW,
        "self.dW = rows.T @ np.ones_like(upstream)",
    ),
    _linear("uphill", "weight_step", "uphill", "self.W -= alpha", "self.W += alpha"),
    _linear("W never updated", "weight_step", "never updated", "self.W -= alpha * self.dW", "pass"),
    _linear("alpha ignored", "weight_step", "does not depend on `alpha`", "alpha * self.dW", "self.dW"),
    _linear(
        "step taken in backward",
        "weight_step",
        "changed during `backward`",
        DX,
        "self.W -= 0.1 * self.dW\n        " + DX,
    ),
    _linear("b never updated", "bias_step", "never updated", "self.b -= alpha * self.db", "pass"),
    _linear("db summed over everything", "bias_step", "over everything", DB, "self.db = upstream.sum()"),
    _linear("db averaged", "bias_step", "batch size", DB, "self.db = upstream.mean(axis=0)"),
    _linear(
        "vector not thought of",
        "backward_vector",
        "np.outer",
        "np.atleast_2d(self.x), np.atleast_2d(d)",
        "self.x, d",
    ),
    _linear(
        "squeezed, a vector thought of",
        "axes_of_one",
        "axis of length 1 got lost",
        "return x @ self.W + self.b",
        "return (np.atleast_2d(x) @ self.W + self.b).squeeze()",
    ),
    _linear(
        "gradient squeezed",
        "axes_of_one",
        "axis of length 1 got lost",
        DX,
        "return (np.atleast_2d(d) @ self.W.T).squeeze()",
    ),
    _linear(
        "x.reshape for x.T in dW",
        "weight_step",
        "is not the transpose",
        DW,
        "self.dW = rows.reshape(rows.shape[::-1]) @ upstream",
    ),
    _linear(
        "momentum",
        "second_step",
        "as momentum does",
        "self.W -= alpha * self.dW",
        "self.v = 0.9 * getattr(self, 'v', 0) + self.dW\n        self.W -= alpha * self.v",
    ),
    _linear(
        "momentum on b",
        "second_step",
        "as momentum does",
        "self.b -= alpha * self.db",
        "self.v = 0.5 * getattr(self, 'v', 0) + self.db\n        self.b -= alpha * self.v",
    ),
    _linear(
        "alpha divided by the number of steps",
        "second_step",
        "shrink from call to call",
        "self.W -= alpha * self.dW",
        "self.t = getattr(self, 't', 0) + 1\n        self.W -= alpha / self.t * self.dW",
    ),
    _linear(
        "alpha of the first step kept",
        "second_step",
        "uses the alpha of the first",
        "self.W -= alpha * self.dW",
        "self.alpha = getattr(self, 'alpha', alpha)\n        self.W -= self.alpha * self.dW",
    ),
    _linear(
        "decay of the weights",
        "second_step",
        "plain gradient descent each time",
        "self.W -= alpha * self.dW",
        "if hasattr(self, 'stepped'):\n            self.W *= 1 - 0.1 * alpha\n"
        "        self.stepped = True\n        self.W -= alpha * self.dW",
    ),
    _linear(
        "gradients add up",
        "no_aliasing",
        "previous call",
        DW,
        "self.dW = getattr(self, 'dW', 0) + rows.T @ upstream",
    ),
    _linear(
        "x changed in place",
        "no_aliasing",
        "works in place",
        "self.x = x",
        "self.x = x.copy()",
        "return x @ self.W + self.b",
        "y = x @ self.W + self.b\n        x += 1\n        return y",
    ),
    _linear("state in the class", "no_aliasing", "in the class", "self.x = x", "Linear.x = x"),
    _linear(
        "torch inside",
        "numpy_only",
        "torch",
        "return x @ self.W + self.b",
        "import torch\n        return x @ self.W + self.b",
    ),
    _linear(
        "every column the same",
        "initial_values",
        "drawn once and used again",
        "np.random.uniform(-bound, bound, size=(in_features, out_features))",
        "np.array([np.random.uniform(-bound, bound, in_features)] * out_features).T",
    ),
    _linear(
        "one number for all weights",
        "initial_values",
        "drawn once and used again",
        "np.random.uniform(-bound, bound, size=(in_features, out_features))",
        "np.random.uniform(-bound, bound) * np.ones((in_features, out_features))",
    ),
    _linear(
        "half as wide",
        "initial_values",
        "spans only half",
        "np.random.uniform(-bound, bound, size=(in_features, out_features))",
        "(np.random.rand(in_features, out_features) - 0.5) * bound",
    ),
    _linear(
        "from the bound to 1",
        "initial_values",
        "draws from bound to 1",
        "uniform(-bound, bound, size",
        "uniform(bound, size",
    ),
    _linear(
        "a vector as one row",
        "forward_vector",
        "answer the shape that came in",
        "self.x = x",
        "self.x = x = np.atleast_2d(x)",
    ),
    _linear(
        "no bias for a vector",
        "forward_vector",
        "to a vector too",
        "return x @ self.W + self.b",
        "return x @ self.W + (self.b if x.ndim == 2 else 0)",
    ),
    _linear("answers dW", "input_gradient", "The gradient by `W` came", DX, "return self.dW"),
    _linear("times x", "input_gradient", "multiplied by x as well", DX, DX + " * self.x"),
    _linear(
        "dW of the last sample",
        "weight_step",
        "Only the last sample",
        DW,
        "for row, back in zip(rows, upstream):\n            self.dW = np.outer(row, back)",
    ),
    _linear("outer for a batch", "weight_step", "one long vector", DW, "self.dW = np.outer(self.x, d)"),
    _linear(
        "db for each sample",
        "bias_step",
        "a number for each sample",
        "upstream.sum(axis=0)",
        "upstream.sum(axis=1)",
    ),
    _linear(
        "db with an axis too many",
        "bias_step",
        "an axis too many",
        "upstream.sum(axis=0)",
        "upstream.sum(axis=0, keepdims=True)",
    ),
    _linear(
        "db is dW summed", "bias_step", "`W` is summed", "alpha * self.db", "alpha * self.dW.sum(axis=0)"
    ),
    _linear(
        "=- for -= of W", "weight_step", "in place of what was there", "self.W -= alpha", "self.W =- alpha"
    ),
    _linear(
        "=- for -= of b", "bias_step", "in place of what was there", "self.b -= alpha", "self.b =- alpha"
    ),
    _linear("alpha twice", "weight_step", "multiplied twice", "self.W -= alpha", "self.W -= alpha * alpha"),
    _linear(
        "dW of length 1",
        "weight_step",
        "divided by its own length",
        DW,
        DW + "\n        self.dW /= np.linalg.norm(self.dW)",
    ),
    _linear("module not imported", "parameters", "`math` is not imported", "np.sqrt", "math.sqrt"),
    _linear(
        "arguments for the class above",
        "parameters",
        "has empty parentheses",
        "bound = 1",
        "super().__init__(in_features, out_features)\n        bound = 1",
    ),
    _linear(
        "x kept as a list",
        "input_gradient",
        "A list has no `T`",
        "self.x = x",
        "self.x = x.tolist()",
        "rows, upstream = np.atleast_2d(self.x), np.atleast_2d(d)",
        "rows, upstream = self.x, d",
    ),
]
LINEAR += [
    _linear("db for every sample", "bias_step", "a row for each sample", DB, "self.db = upstream"),
    _linear(
        "db for every sample, and b with it",
        "bias_step",
        "a row for each sample",
        DB,
        "self.db = upstream",
        "self.b -= alpha * self.db",
        "self.b = self.b - alpha * self.db",
    ),
    _linear(
        "dW uphill and over the batch",
        "weight_step",
        "has the wrong sign everywhere, and is 7 times too small, and 7 is the batch size",
        DW,
        "self.dW = -rows.T @ upstream / len(rows)",
    ),
    _linear(
        "`forward` misspelt",
        "forward",
        "has a method `foward`: is `forward` meant",
        "def forward",
        "def foward",
    ),
    _linear(
        "`backward` misspelt",
        "input_gradient",
        "has a method `bacward`: is `backward` meant",
        "def backward",
        "def bacward",
    ),
    _linear(
        "`update` misspelt",
        "weight_step",
        "has a method `updat`: is `update` meant",
        "def update",
        "def updat",
    ),
    _linear(
        "`update` missing",
        "weight_step",
        "let `update` stand inside the class",
        "def update",
        "def step_downhill",
    ),
    _linear(
        "`forward` inside `__init__`",
        "forward",
        "indented one step below `class Linear`",
        "    def forward(self, x):\n"
        '        """Map (in,) to (out,), or (n, in) to (n, out)."""\n'
        "        ### BEGIN SOLUTION\n"
        "        self.x = x\n",
        "        def forward(self, x):\n            self.x = x\n    ",
    ),
    _linear(
        "all weights 0",
        "initial_values",
        "All weights start at 0",
        "bound = 1 / np.sqrt(in_features)",
        "bound = 1 // np.sqrt(in_features)",
    ),
    _linear(
        "step taken in backward, before its answer",
        "input_gradient",
        "was changed before the gradient by the input",
        DX,
        "self.W -= 0.1 * self.dW\n        return d @ self.W.T",
    ),
    _linear(
        "first x kept",
        "second_step",
        "every `forward` stores its input anew",
        "self.x = x",
        "self.x = getattr(self, 'x', x)",
    ),
    _linear(
        "alpha = 0.01 whatever is asked for",
        "weight_step",
        "alpha = 0.01 whatever",
        "alpha * self.dW",
        "0.01 * self.dW",
    ),
    _linear(
        "alpha = 0.01 for b whatever is asked for",
        "bias_step",
        "alpha = 0.01 whatever",
        "alpha * self.db",
        "0.01 * self.db",
    ),
]
GATE = "return d * self.positive"
RELU = [
    _relu(
        "nothing cut off",
        "forward",
        "came out as it went in|comes out as it went in",
        "return np.maximum(x, 0)",
        "return x.copy()",
    ),
    _relu("absolute value", "forward", "absolute value", "np.maximum(x, 0)", "np.abs(x)"),
    _relu("minimum", "forward", "keeps the negative", "np.maximum(x, 0)", "np.minimum(x, 0)"),
    _relu("leaky", "forward", "leaky", "np.maximum(x, 0)", "np.where(x > 0, x, 0.01 * x)"),
    _relu(
        "answers the mask", "forward", "mask", "return np.maximum(x, 0)", "return self.positive.astype(float)"
    ),
    _relu("d unchanged", "gradient", "passes d unchanged", GATE, "return d.copy()"),
    _relu("mask from d", "gradient", "taken from d", GATE, "return d * (d > 0)"),
    _relu(
        "upstream ignored",
        "gradient",
        "upstream gradient is ignored",
        GATE,
        "return self.positive.astype(float)",
    ),
    _relu("mask reversed", "gradient", "wrong way round", GATE, "return d * ~self.positive"),
    _relu(
        "times the output",
        "gradient",
        "multiplied by the output",
        "self.positive = x > 0",
        "self.positive = np.maximum(x, 0)",
    ),
    _relu("zeroed", "gradient", "0 everywhere", GATE, "return 0 * d"),
    _relu("negated", "gradient", "wrong sign", GATE, "return -d * self.positive"),
    _relu(
        "differences",
        "gradient",
        "differences lose digits",
        "self.positive = x > 0",
        "self.positive = (np.maximum(x + 1e-6, 0) - np.maximum(x - 1e-6, 0)) / 2e-6",
    ),
    _relu("nan at zero", "at_zero", "nan", "self.positive = x > 0", "self.positive = np.maximum(x, 0) / x"),
    _relu(
        "slope 2 at zero",
        "at_zero",
        "kink",
        GATE,
        "return d * (self.positive + 2 * self.zero)",
        "self.positive = x > 0",
        "self.positive, self.zero = x > 0, x == 0",
    ),
    _relu(
        "x changed in place",
        "no_aliasing",
        "works in place",
        "return np.maximum(x, 0)",
        "x[x < 0] = 0\n        return x.copy()",
    ),
    _relu(
        "d changed in place", "no_aliasing", "works in place", GATE, "d *= self.positive\n        return d"
    ),
    _relu(
        "rows flattened",
        "forward",
        "shape (35,)",
        "return np.maximum(x, 0)",
        "return np.maximum(x, 0).ravel()",
    ),
    _relu(
        "numbers picked out in forward",
        "forward",
        "picks numbers out",
        "return np.maximum(x, 0)",
        "return x[x > 0]",
    ),
    _relu("numbers picked out in backward", "gradient", "picks numbers out", GATE, "return d[self.positive]"),
    _relu(
        "minus of truth values", "gradient", "Truth values have no minus", GATE, "return d * -self.positive"
    ),
    _relu(
        "loops for batches only",
        "vector",
        "has one, and so no `.shape[1]`",
        "return np.maximum(x, 0)",
        "return np.array([[max(x[i, j], 0.0) for j in range(x.shape[1])] for i in range(len(x))])",
    ),
    _relu(
        "no mask for a vector",
        "vector",
        "passes d unchanged",
        GATE,
        "return d * self.positive if d.ndim > 1 else d",
    ),
    _relu(
        "the mask changed in place",
        "no_aliasing",
        "`backward` changes what `forward` has stored",
        "self.positive = x > 0",
        "self.positive = 1.0 * (x > 0)",
        GATE,
        "self.positive *= d\n        return self.positive.copy()",
    ),
]
RELU += [
    _relu(
        "squeezed",
        "axes_of_one",
        "axis of length 1 got lost",
        "return np.maximum(x, 0)",
        "return np.maximum(x, 0).squeeze()",
    ),
    _relu(
        "gradient squeezed",
        "axes_of_one",
        "axis of length 1 got lost",
        GATE,
        GATE.replace("return d", "return np.squeeze(d") + ")",
    ),
]
RELU += [
    _relu(
        "`forward` misspelt",
        "forward",
        "has a method `foward`: is `forward` meant",
        "def forward",
        "def foward",
    ),
    _relu("no `backward`", "gradient", "has no `backward` of its own", "def backward", "def slope"),
    _relu("softplus", "forward", "This is softplus", "np.maximum(x, 0)", "np.logaddexp(0, x)"),
    _relu("clipped at 1", "forward", "Numbers above 1 are cut off", "np.maximum(x, 0)", "np.clip(x, 0, 1)"),
    _relu(
        "answers its output",
        "gradient",
        "The output of `forward` came",
        "self.positive = x > 0",
        "self.y = np.maximum(x, 0)",
        GATE,
        "return self.y.copy()",
    ),
    _relu("divided by n", "gradient", "and 7 is the batch size", GATE, GATE + " / len(d)"),
]
E, P = "e = np.exp(x - x.max(axis=-1, keepdims=True))", "self.p = e / e.sum(axis=-1, keepdims=True)"
JVP = "return self.p * (d - (d * self.p).sum(axis=-1, keepdims=True))"
SOFTMAX = [
    _softmax(
        "columns sum to 1",
        "forward",
        "Columns sum to 1",
        P,
        "self.p = e / e.sum(axis=0)",
        E,
        "e = np.exp(x - x.max())",
    ),
    _softmax(
        "whole batch sums to 1",
        "forward",
        "whole batch",
        P,
        "self.p = e / e.sum()",
        E,
        "e = np.exp(x - x.max())",
    ),
    _softmax("not divided", "forward", "not divided by their sum", P, "self.p = e"),
    _softmax(
        "small number in the sum",
        "forward",
        "near 1e-06 is added to the sum",
        "e.sum(axis=-1, keepdims=True)\n        return",
        "(e.sum(axis=-1, keepdims=True) + 1e-6)\n        return",
    ),
    _softmax("overflow", "stable", "Subtract each row's maximum", E, "e = np.exp(x)"),
    _softmax("maximum of the batch", "stable", "whole batch, not each row", E, "e = np.exp(x - x.max())"),
    _softmax("clipped logits", "stable", "Clipped logits", E, "e = np.exp(np.clip(x, -500, 500))"),
    _softmax("diagonal only", "gradient", "Only the diagonal", JVP, "return self.p * (1 - self.p) * d"),
    _softmax("d passed on", "gradient", "passed on unchanged", JVP, "return d.copy()"),
    _softmax("sum missing", "gradient", "sum is missing", JVP, "return self.p * d"),
    _softmax(
        "sum over the batch",
        "gradient",
        "over the whole batch",
        "(d * self.p).sum(axis=-1, keepdims=True)",
        "(d * self.p).sum()",
    ),
    _softmax(
        "p − y", "gradient", "p − y is the gradient of softmax and cross-entropy", JVP, "return self.p - d"
    ),
    _softmax("zeroed", "gradient", "0 everywhere", JVP, "return 0 * d"),
    _softmax("doubled", "gradient", "2 times", JVP, JVP.replace("return", "return 2 *")),
    _softmax("negated", "gradient", "wrong sign", JVP, JVP.replace("return", "return -")),
    _softmax("axis 1 only", "vector", "`axis=-1`", E, E.replace("-1", "1")),
    _softmax(
        "answers its own p, overwritten by the caller's next",
        "no_aliasing",
        "overwrote",
        P,
        (
            "out = self.__dict__.setdefault('p', np.empty_like(x))\n"
            "        out[...] = e / e.sum(axis=-1, keepdims=True)"
        ),
        "return self.p.copy()",
        "return self.p",
    ),
    _softmax(
        "x changed in place",
        "no_aliasing",
        "works in place",
        E,
        "x -= x.max(axis=-1, keepdims=True)\n        e = np.exp(x)",
    ),
    _softmax("divided by the maximum", "forward", "subtract it", E, E.replace("x - x.max", "x / x.max")),
    _softmax(
        "maximum above the line only",
        "forward",
        "above the line only",
        P,
        "self.p = e / np.exp(x).sum(axis=-1, keepdims=True)",
    ),
    _softmax(
        "norm for sum",
        "forward",
        "divided by their length",
        P,
        "self.p = e / np.linalg.norm(e, axis=-1, keepdims=True)",
    ),
    _softmax("powers squared", "forward", "powers are squared", P, "e = e**2\n        " + P),
    _softmax("1e-8 in the sum", "forward", "near 1e-08 is added", P, P[:-1] + ", initial=1e-8)"),
    _softmax(
        "nan replaced",
        "stable",
        "nan is replaced by 0",
        E,
        "e = np.exp(x)",
        P,
        f"{P[:9]}np.nan_to_num({P[9:]})",
    ),
    _softmax(
        "kept from 0",
        "stable",
        "kept away from 0",
        P,
        P + "\n        self.p = np.clip(self.p, 1e-7, 1 - 1e-7)",
    ),
    _softmax("Σ d·p is not there", "gradient", "without the factor", JVP, "return self.p * d - self.p"),
    _softmax(
        "no diagonal",
        "gradient",
        "diagonal of the Jacobian is missing",
        JVP,
        "return -self.p * (d * self.p).sum(axis=-1, keepdims=True)",
    ),
    _softmax(
        "dot for outer",
        "gradient",
        "is one number",
        JVP,
        "rows = zip(np.atleast_2d(self.p), np.atleast_2d(d))\n"
        "        return np.array([(np.diag(p) - p.dot(p)) @ u for p, u in rows]).reshape(d.shape)",
    ),
    _softmax(
        "last row left out",
        "gradient",
        "ends one too early",
        JVP,
        "dx = self.p * (d - (d * self.p).sum(axis=-1, keepdims=True))\n        dx[-1] = 0\n        return dx",
    ),
    _softmax(
        "the diagonal for a vector",
        "vector",
        "Only the diagonal",
        JVP,
        "if d.ndim == 1:\n            return d * self.p * (1 - self.p)\n        " + JVP,
    ),
    _softmax(
        "nothing stored for a vector",
        "vector",
        "has no `p` at this line",
        P,
        "p = e / e.sum(axis=-1, keepdims=True)\n        if x.ndim == 2:\n            self.p = p",
        "return self.p.copy()",
        "return p.copy()",
    ),
    _softmax(
        "unstable for a vector",
        "vector",
        "exp overflows",
        E,
        "e = np.exp(x - x.max(axis=-1, keepdims=True) if x.ndim == 2 else x)",
    ),
    _softmax(
        "p changed by backward",
        "no_aliasing",
        "`backward` changes what `forward` has stored",
        JVP,
        "self.p *= d - (d * self.p).sum(axis=-1, keepdims=True)\n        return self.p.copy()",
    ),
]
SOFTMAX += [
    _softmax(
        "squeezed",
        "axes_of_one",
        "axis of length 1 got lost",
        "return self.p.copy()",
        "return self.p.squeeze()",
    ),
    _softmax(
        "gradient squeezed",
        "axes_of_one",
        "axis of length 1 got lost",
        JVP,
        JVP.replace("return ", "return np.squeeze(") + ")",
    ),
]
SOFTMAX += [
    _softmax(
        "`forward` misspelt",
        "forward",
        "has a method `forwrd`: is `forward` meant",
        "def forward",
        "def forwrd",
    ),
    _softmax(
        "`backward` misspelt",
        "gradient",
        "has a method `bakward`: is `backward` meant",
        "def backward",
        "def bakward",
    ),
    _softmax(
        "whole batch sums to 1, each row's maximum subtracted",
        "forward",
        "whole batch sums to 1",
        P,
        "self.p = e / e.sum()",
    ),
    _softmax(
        "columns sum to 1, each row's maximum subtracted",
        "forward",
        "Columns sum to 1",
        P,
        "self.p = e / e.sum(axis=0)",
    ),
    _softmax(
        "maximum of each column", "forward", "maximum of each column", E, E.replace("axis=-1", "axis=0")
    ),
    _softmax("powers of 2", "forward", "The base is 2", E, E.replace("np.exp(", "np.exp2(")),
    _softmax("no exp", "forward", "without `np.exp`", E, E.replace("np.exp(", "(")),
    _softmax(
        "one-hot rows",
        "forward",
        "One-hot rows came",
        P,
        P + "\n        self.p = np.eye(x.shape[-1])[x.argmax(axis=-1)]",
    ),
    _softmax("rounded", "forward", "rounded to 3 decimals", P, P + "\n        self.p = self.p.round(3)"),
    _softmax(
        "0.001 in the sum",
        "forward",
        "near 0.001 is added to the sum",
        "e.sum(axis=-1, keepdims=True)\n        return",
        "(e.sum(axis=-1, keepdims=True) + 1e-3)\n        return",
    ),
    _softmax("sum added", "gradient", "is added: subtract it", JVP, JVP.replace("(d - (", "(d + (")),
    _softmax(
        "brackets missing",
        "gradient",
        "The brackets are missing",
        JVP,
        "return self.p * d - (d * self.p).sum(axis=-1, keepdims=True)",
    ),
    _softmax(
        "logits stored",
        "gradient",
        "What is stored are the logits",
        "return self.p.copy()",
        "p, self.p = self.p, x.copy()\n        return p",
    ),
]
MEAN = "return -log_p[np.arange(len(y)), y].mean()"
BACK = "return d * gradient / n"
LOG_P = "log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))"
ONE_HOT = "one_hot = np.zeros((len(y), y.max() + 1))\n        one_hot[np.arange(len(y)), y] = 1\n        "
LOSS = [
    _loss("sum for mean", "value", "batch size", MEAN, MEAN.replace("mean", "sum")),
    _loss("sign turned", "value", "wrong sign", MEAN, MEAN.replace("-log_p", "log_p")),
    _loss(
        "softmax twice",
        "value",
        "applied twice",
        LOG_P,
        LOG_P
        + "\n        p = np.exp(log_p)\n        log_p = p - np.log(np.exp(p).sum(axis=1, keepdims=True))",
    ),
    _loss(
        "logarithm missing",
        "value",
        "logarithm is missing",
        MEAN,
        "return 1 - self.p[np.arange(len(y)), y].mean()",
    ),
    _loss("whole columns", "value", "whole columns", MEAN, "return -log_p[:, y].mean()"),
    _loss("one loss for each sample", "value", "shape (7,)", MEAN, "return -log_p[np.arange(len(y)), y]"),
    _loss(
        "not divided by n",
        "gradient",
        "exactly 7 times too large, and 7 is the batch size",
        BACK,
        "return d * gradient",
    ),
    _loss("divided twice", "gradient", "divided by 7 twice", BACK, "return d * gradient / n / n"),
    _loss("1 not subtracted", "gradient", "not subtracted", "gradient[np.arange(n), self.y] -= 1", "pass"),
    _loss("y − p", "gradient", "wrong sign", BACK, "return -d * gradient / n"),
    _loss("zeroed", "gradient", "0 everywhere", BACK, "return 0 * gradient"),
    _loss("doubled", "gradient", "2 times", BACK, "return 2 * d * gradient / n"),
    _loss(
        "by the probabilities",
        "gradient",
        "gradient by the probabilities",
        "gradient = self.p.copy()",
        "gradient = np.zeros_like(self.p)",
        "gradient[np.arange(n), self.y] -= 1",
        "gradient[np.arange(n), self.y] = -1 / self.p[np.arange(n), self.y]",
    ),
    _loss("d ignored", "upstream", "d is ignored", BACK, "return gradient / n"),
    _loss(
        "log of a softmax",
        "finite",
        "log of a probability",
        LOG_P,
        "log_p = np.log(np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True))",
    ),
    *(
        _loss(
            f"{small} in the logarithm",
            "certain" if small == "1e-12" else "value",
            f"A number near {small} is added inside the logarithm",
            LOG_P,
            f"log_p = np.log(np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True) + {small})",
        )
        for small in ("1e-08", "1e-12")
    ),
    _loss(
        "probability kept above 1e-4",
        "certain",
        "Probabilities below 1e-04 are raised",
        MEAN,
        "return -np.log(self.p.clip(1e-4))[np.arange(len(y)), y].mean()",
    ),
    _loss(
        "one-hot as wide as the labels",
        "missing_class",
        "as wide as the labels",
        MEAN,
        ONE_HOT + "return -(one_hot * log_p).sum() / len(y)",
    ),
    _loss(
        "gradient answers its own p",
        "no_aliasing",
        "in self|in `self`|overwrote",
        "gradient = self.p.copy()",
        "gradient = self.p",
        BACK,
        "gradient *= d / n\n        return gradient",
        "self.p, self.y = np.exp(log_p), y",
        (
            "p = getattr(self, 'p', None)\n"
            "        self.p = np.empty_like(log_p) if np.shape(p) != log_p.shape else p\n"
            "        self.p[...] = np.exp(log_p)\n"
            "        self.y = y"
        ),
    ),
    _loss(
        "state in the class",
        "no_aliasing",
        "in the class",
        "self.p, self.y =",
        "CrossEntropyLoss.p, CrossEntropyLoss.y =",
    ),
    _loss("np.take", "value", "counts through all numbers", MEAN, "return -np.take(log_p, y).mean()"),
    _loss("whole rows", "value", "takes whole rows", MEAN, "return -log_p[y].mean()"),
    _loss(
        "log of the mean",
        "value",
        "inside the logarithm: it is the mean",
        MEAN,
        "return -np.log(self.p[np.arange(len(y)), y].mean())",
    ),
    _loss(
        "maximum in one place",
        "value",
        "subtracted in one place only",
        LOG_P,
        LOG_P.replace("log_p = shifted", "log_p = logits"),
    ),
    _loss(
        "divided by classes",
        "value",
        "divided by the number of classes",
        MEAN,
        MEAN.replace("mean()", "sum() / 5"),
    ),
    _loss(
        "rounded",
        "value",
        "The loss is rounded",
        MEAN,
        "return round(float(-log_p[np.arange(len(y)), y].mean()), 4)",
    ),
    *(
        _loss(
            f"a loop over {rows}",
            "value",
            cause,
            MEAN,
            f"total = 0.0\n        for i in {rows}:\n            total -= log_p[i, y[i]]\n"
            "        return total / len(y)",
        )
        for rows, cause in (
            ("range(len(y) - 1)", "The last sample is left out"),
            ("range(1, len(y))", "The first sample is left out"),
            ("range(logits.shape[1])", "as many samples as there are classes"),
        )
    ),
    _loss(
        "return inside the loop",
        "value",
        "`return` stands inside the loop",
        MEAN,
        "total = 0.0\n        for i in range(len(y)):\n            total -= log_p[i, y[i]]\n"
        "            return total / len(y)",
    ),
    _loss("rows of another batch", "value", "must be equally many", MEAN, MEAN.replace("len(y)", "32")),
    _loss(
        "32-bit logits",
        "value",
        "converted to float32",
        "shifted = logits",
        "logits = logits.astype(np.float32)\n        shifted = logits",
    ),
    _loss(
        "1e-6 in the logarithm",
        "value",
        "near 1e-06 is added inside",
        MEAN,
        "return -np.log(self.p[np.arange(len(y)), y] + 1e-6).mean()",
    ),
    _loss(
        "added up over calls",
        "gradient",
        "remembers an earlier call",
        MEAN,
        "self.total = getattr(self, 'total', 0.0) - log_p[np.arange(len(y)), y].mean()\n        return self.total",
    ),
    _loss(
        "divided by the classes",
        "gradient",
        "divided by 5, the number of classes",
        BACK,
        "return d * gradient / 5",
    ),
    _loss("d added", "gradient", "d is added", BACK, "return d + gradient / n"),
    _loss("d without default", "gradient", "keep the default of the stub", "d=1.0", "d"),
    *(
        _loss(name, "gradient", cause, "gradient[np.arange(n), self.y] -= 1", new)
        for name, cause, new in (
            ("1 from whole rows", "`p[y]` takes whole rows", "gradient[self.y] -= 1"),
            ("1 from everything", "1 is subtracted in every column", "gradient -= 1"),
            ("labels subtracted", "labels themselves", "gradient -= self.y[:, None]"),
            ("−1 assigned", "−1 is assigned", "gradient[np.arange(n), self.y] = -1"),
            (
                "sign turned at the label",
                "sign is turned at the label",
                "gradient[np.arange(n), self.y] = 1 - gradient[np.arange(n), self.y]",
            ),
        )
    ),
    _loss(
        "p of the first forward",
        "no_aliasing",
        "What the first `forward` stored is used again",
        "self.p, self.y = np.exp(log_p), y",
        "self.p = getattr(self, 'p', np.exp(log_p))\n        self.y = getattr(self, 'y', y)",
    ),
]
LOSS += [
    _loss(
        "`forward` misspelt",
        "value",
        "has a method `foward`: is `forward` meant",
        "def forward",
        "def foward",
    ),
    _loss(
        "`backward` misspelt",
        "gradient",
        "has a method `backwards`: is `backward` meant",
        "def backward",
        "def backwards",
    ),
    _loss(
        "maximum of the batch",
        "finite",
        "not one for the whole batch",
        "logits.max(axis=1, keepdims=True)",
        "logits.max()",
    ),
    _loss(
        "maximum of each column",
        "value",
        "maximum of each column",
        "logits.max(axis=1, keepdims=True)",
        "logits.max(axis=0, keepdims=True)",
    ),
    _loss(
        "1 added",
        "gradient",
        "is added: subtract it",
        "gradient[np.arange(n), self.y] -= 1",
        "gradient[np.arange(n), self.y] += 1",
    ),
    _loss(
        "labels moved, in the loss",
        "value",
        "moved by one",
        MEAN,
        "return -log_p[np.arange(len(y)), y - 1].mean()",
    ),
    _loss(
        "labels moved, in the gradient",
        "gradient",
        "moved by one",
        "gradient[np.arange(n), self.y] -= 1",
        "gradient[np.arange(n), self.y - 1] -= 1",
    ),
]
ORDER = "order = np.random.permutation(len(X))"
LOOP = "for start in range(0, len(X), batch_size):"
BATCH = "batch = order[start : start + batch_size]"
STEP = "self.loss.forward(self.logits(X[batch]), y[batch])"
UPDATE = "for module in self.modules:\n                    module.update(self.alpha)"
PARTS = "for batch in np.array_split(order, {}):"
FIT = [
    _fit(
        "batch size as number of parts",
        "full_batch_step",
        "makes 11 parts of 1 sample",
        LOOP,
        PARTS.format("batch_size"),
        BATCH,
        "",
    ),
    _fit(
        "batch size as number of parts, larger batches",
        "batch_sizes",
        "second argument is the number of parts",
        LOOP,
        PARTS.format("min(batch_size, len(X))"),
        BATCH,
        "",
    ),
    _fit(
        "number of parts rounded down",
        "batch_sizes",
        "rounded down",
        LOOP,
        PARTS.format("max(1, len(X) // batch_size)"),
        BATCH,
        "",
    ),
    _fit(
        "the source's float count",
        "few_samples",
        "rounds down to 0",
        LOOP,
        PARTS.format("len(X) / batch_size"),
        BATCH,
        "",
    ),
    _fit(
        "last batch dropped",
        "every_sample",
        "last batch is dropped",
        LOOP,
        "for start in range(0, len(X) - batch_size + 1, batch_size):",
    ),
    _fit(
        "drawn with replacement",
        "every_sample",
        "with replacement",
        ORDER,
        "order = np.random.randint(0, len(X), len(X))",
    ),
    _fit(
        "drawn anew for each batch",
        "every_sample",
        "permute all of them",
        LOOP,
        "for _ in range(max(1, len(X) // batch_size)):",
        BATCH,
        "batch = np.random.choice(len(X), min(len(X), batch_size), replace=False)",
    ),
    _fit("one epoch", "every_sample", "Only one epoch", "range(self.epochs)", "range(1)"),
    _fit(
        "batch size unused",
        "batch_sizes",
        "`batch_size` is not used",
        LOOP,
        "for start in (0,):",
        BATCH,
        "batch = order",
    ),
    _fit("never shuffled", "shuffled", "never shuffled", ORDER, "order = np.arange(len(X))"),
    _fit(
        "same seed in every epoch",
        "shuffled",
        "a seed is set",
        ORDER,
        "order = np.random.RandomState(0).permutation(len(X))",
    ),
    _fit(
        "X shuffled, y not",
        "pairs",
        "y is not",
        STEP,
        "self.loss.forward(self.logits(X[batch]), y[start : start + batch_size])",
    ),
    _fit(
        "X and y shuffled separately",
        "pairs",
        "shuffled separately",
        ORDER,
        ORDER + "\n            other = np.random.permutation(len(X))",
        STEP,
        "self.loss.forward(self.logits(X[batch]), y[other[start : start + batch_size]])",
    ),
    _fit(
        "last layer only",
        "full_batch_step",
        "Only some layers",
        UPDATE,
        "self.modules[-1].update(self.alpha)",
    ),
    _fit(
        "last layer only, seen by the updates",
        "updates",
        "Call `update` of every layer",
        UPDATE,
        "self.modules[-1].update(self.alpha)",
    ),
    _fit("no update", "full_batch_step", "no weight changed", UPDATE, "pass"),
    _fit(
        "update before backward",
        "full_batch_step",
        "before the first backward",
        "d = module.backward(d)",
        "module.update(self.alpha)\n                    d = module.backward(d)",
        UPDATE,
        "pass",
    ),
    _fit(
        "update after the epoch",
        "updates",
        "inside the loop over batches",
        UPDATE,
        "pass\n            for module in self.modules:\n                module.update(self.alpha)",
    ),
    _fit(
        "updated twice",
        "updates",
        "Each layer takes one step for a batch",
        UPDATE,
        UPDATE + "\n                    module.update(self.alpha)",
    ),
    _fit(
        "alpha decays",
        "updates",
        "the same in all epochs",
        UPDATE,
        UPDATE + "\n            self.alpha *= 0.9",
    ),
    _fit(
        "alpha not kept",
        "full_batch_step",
        "alpha = 0.01 whatever",
        "modules, epochs, alpha\n",
        "modules, epochs, 0.01\n",
    ),
    _fit("uphill", "full_batch_step", "uphill", "module.update(self.alpha)", "module.update(-self.alpha)"),
    _fit(
        "softmax as last layer and in the loss",
        "full_batch_step",
        "Softmax is applied twice",
        "= modules, epochs, alpha",
        "= [*modules, Softmax()], epochs, alpha",
    ),
    _fit(
        "divided by n once more",
        "full_batch_step",
        "divided by it twice",
        "d = self.loss.backward()",
        "d = self.loss.backward() / len(batch)",
    ),
    _fit(
        "not divided by n",
        "full_batch_step",
        "11 times too large",
        "d = self.loss.backward()",
        "d = self.loss.backward() * len(batch)",
    ),
    _fit(
        "squared error",
        "full_batch_step",
        "squared error",
        "d = self.loss.backward()",
        (
            "p = Softmax()\n"
            "                e = p.forward(self.logits(X[batch])) - np.eye(4)[y[batch]]\n"
            "                d = p.backward(2 * e / e.size)"
        ),
    ),
    _fit(
        "copies of the layers",
        "trains",
        "layers that it was given",
        "= modules, epochs, alpha",
        "= __import__('copy').deepcopy(modules), epochs, alpha",
    ),
    _fit(
        "one-hot as wide as the labels",
        "missing_class",
        "width of the logits",
        STEP,
        STEP + "\n                one_hot = np.eye(y[batch].max() + 1)[y[batch]]",
        "d = self.loss.backward()",
        "d = (self.loss.p - one_hot) / len(batch)",
    ),
    _fit(
        "all batches through the first weights",
        "exact_training",
        "that the batch before has left",
        ORDER,
        ORDER + "\n            first = [(m.W, m.b) if hasattr(m, 'W') else None for m in self.modules]",
        STEP,
        (
            "now = [(m.W, m.b) if hasattr(m, 'W') else None for m in self.modules]\n"
            "                for m, w in zip(self.modules, first):\n"
            "                    if w: m.W, m.b = w\n"
            "                "
        )
        + STEP,
        UPDATE,
        "for m, w in zip(self.modules, now):\n                    if w: m.W, m.b = w\n                "
        + UPDATE,
    ),
    _fit(
        "layers in the class",
        "own_state",
        "share what they keep",
        "self.modules, self.epochs, self.alpha = modules, epochs, alpha",
        "MLPClassifier.modules = modules\n        self.epochs, self.alpha = epochs, alpha",
    ),
    _fit(
        "alpha in the class",
        "own_state",
        "share what they keep",
        "self.modules, self.epochs, self.alpha = modules, epochs, alpha",
        "MLPClassifier.alpha = alpha\n        self.modules, self.epochs = modules, epochs",
    ),
    _fit(
        "layer appended to the list that was given",
        "own_state",
        "changes the list of the caller",
        "self.loss = CrossEntropyLoss()",
        "self.loss = CrossEntropyLoss()\n        modules.append(Softmax())",
        "for module in self.modules:\n            X =",
        "for module in self.modules[:-1]:\n            X =",
        "reversed(self.modules)",
        "reversed(self.modules[:-1])",
    ),
    _fit(
        "stops where the loss stands still",
        "every_sample",
        "stops early",
        ORDER,
        ORDER + "\n            now = self.loss.forward(self.logits(X), y)\n"
        "            if abs(getattr(self, 'previous', np.inf) - now) < 1e-6:\n                break\n"
        "            self.previous = now",
    ),
    _fit("default batch size", "defaults", "batch_size=32", "batch_size=32", "batch_size=64"),
    _fit("default epochs", "defaults", "The default of `epochs` is 40", "epochs=40", "epochs=10"),
    _fit(
        "X standardised",
        "trains",
        "without scaling",
        "for _ in range(self.epochs)",
        "X = (X - X.mean(axis=0)) / X.std(axis=0)\n        for _ in range(self.epochs)",
    ),
    _fit(
        "data shuffled in place",
        "inputs_unchanged",
        "works in place",
        ORDER,
        ORDER + "\n            X[:], y[:] = X[order], y[order]",
    ),
    _fit(
        "a batch for each sample",
        "full_batch_step",
        "Every sample takes a step of its own",
        LOOP,
        "for start in range(len(X)):",
        BATCH,
        "batch = order[start : start + 1]",
    ),
    _fit(
        "one batch too many",
        "full_batch_step",
        "The second batch is empty",
        LOOP,
        "for start in range(0, (len(X) // batch_size + 1) * batch_size, batch_size):",
    ),
    _fit(
        "batches that overlap",
        "full_batch_step",
        "`start` moves on by 1",
        LOOP,
        "for start in range(len(X)):",
    ),
    _fit(
        "the last batch never begins",
        "full_batch_step",
        "No batch is made of as many samples",
        LOOP,
        "for start in range(0, len(X) - batch_size, batch_size):",
    ),
    _fit(
        "no way back",
        "trains",
        "no gradient comes back",
        "for module in reversed(self.modules):",
        "for module in self.modules[:-1:-1]:",
    ),
    _fit(
        "the loss as upstream gradient",
        "full_batch_step",
        "multiplied by the loss",
        STEP,
        "value = " + STEP,
        "self.loss.backward()",
        "self.loss.backward(value)",
    ),
    _fit(
        "one batch an epoch",
        "every_sample",
        "Only one batch is used",
        LOOP,
        "for start in [0]:",
    ),
    _fit(
        "batches of 32 always",
        "batch_sizes",
        "32 samples whatever is asked for",
        LOOP,
        "batch_size = 32\n            " + LOOP,
    ),
    _fit(
        "early stopping",
        "defaults",
        "The training stops early",
        "for _ in range(self.epochs):",
        "for epoch in range(self.epochs):\n            if epoch == 9:\n                break",
    ),
]
UPHILL = "class CrossEntropyLoss(CrossEntropyLoss):\n    def backward(self, *d):\n        return -super().backward(*d)"
ALL_LABELS = (
    "class CrossEntropyLoss(CrossEntropyLoss):\n    def backward(self, *d):\n"
    "        g = super().backward(*d)\n        return g - 1 / len(g) * (np.isin(np.arange(g.shape[1]), self.y))"
)
FIT += [
    _fit(
        "a loss whose gradient goes uphill",
        "full_batch_step",
        "`CrossEntropyLoss` gives a wrong gradient, and `fit` hands it on",
        append=UPHILL,
    ),
    _fit(
        "a loss that takes off 1 at the labels of all",
        "pairs",
        "`CrossEntropyLoss` gives a wrong gradient, and `fit` hands it on",
        append=ALL_LABELS,
    ),
    _fit(
        "layers drawn anew where they are of the kind that has weights",
        "full_batch_step",
        "`fit` sets the weights anew",
        "for _ in range(self.epochs):",
        "for module in self.modules:\n            if isinstance(module, Linear):\n"
        "                module.__init__(*module.W.shape)\n        for _ in range(self.epochs):",
    ),
    _fit(
        "a keyboard is asked",
        "few_samples",
        "`input` waits for somebody at the keyboard",
        "for _ in range(self.epochs):",
        "raise EOFError('EOF when reading a line')  # as input() does\n        for _ in range(self.epochs):",
    ),
    _fit(
        "scipy in the class of another cell",
        "numpy_only",
        "`Softmax` uses `scipy`, in the cell of `Softmax`",
        append="import scipy.special\n\n\nclass Softmax(Module):\n    def forward(self, x):\n"
        "        return scipy.special.softmax(x, axis=-1)",
    ),
    _fit("`fit` misspelt", "trains", "has a method `fitt`: is `fit` meant", "def fit", "def fitt"),
    _fit(
        "32 samples whatever is asked for",
        "every_sample",
        "Batches of 32 samples begin 5 apart",
        BATCH,
        "batch = order[start : start + 32]",
    ),
    _fit(
        "slices one too long",
        "every_sample",
        "Batches of 6 samples begin 5 apart",
        BATCH,
        "batch = order[start : start + batch_size + 1]",
    ),
    _fit(
        "slices one too short",
        "every_sample",
        "Batches hold 4 samples where 5",
        BATCH,
        "batch = order[start : start + batch_size - 1]",
    ),
    _fit(
        "slices one too short, all in one batch",
        "full_batch_step",
        "a slice does not hold its end",
        BATCH,
        "batch = order[start : start + batch_size - 1]",
    ),
    _fit(
        "a permutation that lacks one",
        "full_batch_step",
        "Take all indices of the permutation",
        ORDER,
        "order = np.random.permutation(len(X) - 1)",
    ),
    _fit(
        "range without its step",
        "every_sample",
        "Batches of 5 samples begin 1 apart",
        LOOP,
        "for start in range(max(1, len(X) // batch_size)):",
    ),
    _fit("all of X in every batch", "every_sample", "Every batch holds all samples", BATCH, "batch = order"),
    _fit(
        "the first batch always",
        "every_sample",
        "hold the same 5 samples",
        BATCH,
        "batch = order[:batch_size]",
    ),
    _fit(
        "epochs inside the loop over batches",
        "every_sample",
        "comes 3 times in a row",
        "for _ in range(self.epochs):\n            " + ORDER + "\n            " + LOOP,
        ORDER + "\n        " + LOOP + "\n            for _ in range(self.epochs):",
    ),
    _fit(
        "last batch filled up",
        "every_sample",
        "The last batch is filled up",
        BATCH,
        "batch = np.resize(order[start : start + batch_size], batch_size)",
    ),
    _fit(
        "few samples filled up",
        "few_samples",
        "a batch is not filled up",
        BATCH,
        "batch = np.resize(order[start : start + batch_size], batch_size)",
    ),
    _fit(
        "each batch drawn with replacement",
        "full_batch_step",
        "drawn with replacement",
        BATCH,
        "batch = np.random.randint(0, len(X), batch_size)",
    ),
    _fit(
        "all drawn with replacement",
        "full_batch_step",
        "drawn with replacement",
        ORDER,
        "order = np.random.choice(len(X), len(X))",
    ),
    _fit(
        "shuffled anew for each batch",
        "every_sample",
        "drawn anew for each batch",
        BATCH,
        ORDER + "\n                " + BATCH,
    ),
    _fit(
        "one epoch too few",
        "full_batch_step",
        "of 3 there were 2, of one none",
        "range(self.epochs)",
        "range(self.epochs - 1)",
    ),
    _fit(
        "one epoch too few, seen by the samples",
        "every_sample",
        "One epoch too few is run",
        "range(self.epochs)",
        "range(self.epochs - 1)",
    ),
    _fit(
        "stops at a good accuracy",
        "loss_falls",
        "The training stops early",
        ORDER,
        "if (self.predict(X) == y).mean() > 0.95:\n                break\n            " + ORDER,
    ),
    _fit(
        "softmax before the loss",
        "full_batch_step",
        "A softmax stands before the loss",
        STEP,
        "self.loss.forward(Softmax().forward(self.logits(X[batch])), y[batch])",
    ),
    _fit(
        "weights drawn anew",
        "full_batch_step",
        "sets the weights anew",
        "for _ in range(self.epochs):",
        "for module in self.modules:\n            if hasattr(module, 'W'):\n"
        "                module.W = np.random.uniform(-1, 1, module.W.shape)\n        for _ in range(self.epochs):",
    ),
    _fit(
        "alpha shrinks before the step",
        "full_batch_step",
        "pass `self.alpha` as it is",
        ORDER,
        "self.alpha *= 0.95\n            " + ORDER,
    ),
    _fit(
        "a seed in `fit`",
        "shuffled",
        "sets the seed of numpy's generator itself",
        "for _ in range(self.epochs):",
        "np.random.seed(0)\n        for _ in range(self.epochs):",
    ),
    _fit(
        "loss without its forward",
        "trains",
        "call `loss.forward(logits, y[batch])` first",
        STEP,
        "self.logits(X[batch])",
    ),
    _fit(
        "labels before logits",
        "trains",
        "the labels (n,) second",
        STEP,
        "self.loss.forward(y[batch], self.logits(X[batch]))",
    ),
    _fit("`batch_size` without a default", "defaults", "needs its default", "batch_size=32", "batch_size"),
    _fit("layers called", "trains", "A layer is no function", "X = module.forward(X)", "X = module(X)"),
    _fit(
        "step taken by hand",
        "trains",
        "The layers are the check's own here",
        "module.update(self.alpha)",
        "module.W = module.W - self.alpha * module.dW",
    ),
]
PROBA = "return Softmax().forward(self.logits(X))"
ARGMAX = "return self.predict_proba(X).argmax(axis=1)"
PREDICT = [
    _predict("logits", "probabilities", "These are the logits", PROBA, "return self.logits(X)"),
    _predict(
        "softmax twice",
        "probabilities",
        "applied twice",
        PROBA,
        "return Softmax().forward(Softmax().forward(self.logits(X)))",
    ),
    _predict("sigmoid", "probabilities", "sigmoid", PROBA, "return 1 / (1 + np.exp(-self.logits(X)))"),
    _predict(
        "columns sum to 1",
        "probabilities",
        "Columns sum to 1",
        PROBA,
        "return Softmax().forward(self.logits(X).T).T",
    ),
    _predict(
        "overflow",
        "stable",
        "overflows",
        PROBA,
        "e = np.exp(self.logits(X))\n        return e / e.sum(axis=1, keepdims=True)",
    ),
    _predict(
        "argmax down the columns", "labels", "down the columns", ARGMAX, ARGMAX.replace("axis=1", "axis=0")
    ),
    _predict("argmin", "labels", "argmin", ARGMAX, ARGMAX.replace("argmax", "argmin")),
    _predict("floats", "labels", "float64", ARGMAX, ARGMAX + ".astype(float)"),
    _predict(
        "column", "labels", "A column came", ARGMAX, "return self.predict_proba(X).argmax(axis=1)[:, None]"
    ),
    _predict("probabilities", "labels", "argmax(axis=1)", ARGMAX, "return self.predict_proba(X)"),
    _predict(
        "probabilities cut to integers",
        "labels",
        "Class 0 came for every sample",
        ARGMAX,
        "return self.predict_proba(X)[:, 1].astype(int)",
    ),
    _predict(
        "squeezed",
        "single",
        "removes an axis",
        PROBA,
        "return Softmax().forward(self.logits(X)).squeeze()",
        ARGMAX,
        "return self.predict_proba(X).argmax(axis=-1)",
    ),
    _predict(
        "standardised by the batch",
        "independent",
        "Nothing of the batch",
        PROBA,
        (
            "scale = 1 if len(X) == 17 and X[0, 0] == 0 else X.std()\n"
            "        return Softmax().forward(self.logits(X / scale))"
        ),
    ),
    _predict(
        "X changed in place",
        "inputs_unchanged",
        "works in place",
        PROBA,
        "p = Softmax().forward(self.logits(X))\n        X -= X.mean(axis=0)\n        return p",
    ),
    _predict("rounded", "probabilities", "rounded to 3 decimals", PROBA, PROBA + ".round(3)"),
    _predict(
        "rows shuffled",
        "probabilities",
        "right rows in another order",
        PROBA,
        "return Softmax().forward(self.logits(X[np.random.permutation(len(X))]))",
    ),
    _predict(
        "the last layer alone",
        "probabilities",
        "from the first layer to the last",
        PROBA,
        "return Softmax().forward(self.modules[-1].forward(X))",
    ),
    _predict(
        "one number for all",
        "labels",
        "One number came for all samples",
        ARGMAX,
        ARGMAX.replace("axis=1", ""),
    ),
    _predict(
        "a list",
        "labels",
        "makes one of a list",
        ARGMAX,
        "return self.predict_proba(X).argmax(axis=1).tolist()",
    ),
]
PREDICT += [
    _predict(
        "a softmax that is squared",
        "probabilities",
        "`Softmax` answers this, and `predict_proba` hands it on",
        append="class Softmax(Softmax):\n    def forward(self, x):\n        return super().forward(x) ** 2",
    ),
    _predict(
        "`predict_proba` misspelt",
        "probabilities",
        "has a method `predict_probs`: is `predict_proba` meant",
        "def predict_proba",
        "def predict_probs",
    ),
    _predict(
        "`predict_proba` misspelt, seen by `predict`",
        "labels",
        "has a method `predict_probs`: is `predict_proba` meant",
        "def predict_proba",
        "def predict_probs",
    ),
    _predict(
        "`predict` misspelt",
        "labels",
        "has a method `predit`: is `predict` meant",
        "def predict(",
        "def predit(",
    ),
    _predict(
        "scaled by itself",
        "probabilities",
        "X is scaled by itself",
        PROBA,
        "return Softmax().forward(self.logits((X - X.mean(axis=0)) / X.std(axis=0)))",
    ),
    _predict(
        "32 samples at most",
        "independent",
        "every sample of X has one",
        PROBA,
        "return Softmax().forward(self.logits(X[:32]))",
    ),
    _predict(
        "weights shrink",
        "inputs_unchanged",
        "Only `fit` trains",
        ARGMAX,
        "answer = self.predict_proba(X).argmax(axis=1)\n"
        "        for module in self.modules:\n            if hasattr(module, 'W'):\n"
        "                module.W = 0.9 * module.W\n        return answer",
    ),
    _predict(
        "classes of the training",
        "after_fit",
        "the width of the logits is the number of classes",
        "for _ in range(self.epochs):",
        "self.classes = np.unique(y)\n        for _ in range(self.epochs):",
        ARGMAX,
        "return self.classes[self.predict_proba(X).argmax(axis=1)]",
    ),
    _predict(
        "a softmax added by `fit`",
        "after_fit",
        "did to the list of layers",
        "for _ in range(self.epochs):",
        "self.modules = [*self.modules, Softmax()]\n        for _ in range(self.epochs):",
    ),
]
MOONS_ALPHAS, BLOBS_ALPHAS = "(0.03, 0.1, 0.3, 1.0)", "(0.03, 0.1)"
NEAREST = (
    "class Nearest:\n"
    "    def __init__(self):\n"
    "        self.X, self.y = train['moons']\n\n"
    "    def predict(self, X):\n"
    "        return self.y[((X[:, None] - self.X) ** 2).sum(axis=2).argmin(axis=1)]\n\n\n"
)
FITTED_WRONG = [
    _moons("hardly trained", "accuracy", "above 0.85", MOONS_ALPHAS, "(0.0,)"),
    _moons(
        "diverged",
        "accuracy",
        "have become nan",
        "best = 0.0",
        "best = -1.0",
        MOONS_ALPHAS,
        "()",
        append="moons_classifier = MLPClassifier(network(2, 2))\nmoons_classifier.modules[0].W[:] = np.nan",
    ),
    _moons(
        "labels swapped",
        "accuracy",
        "under other numbers",
        'candidate.fit(*train["moons"])',
        'candidate.fit(train["moons"][0], 1 - train["moons"][1])',
        "if accuracy > best",
        "if True",
    ),
    _moons(
        "probabilities as labels",
        "labels",
        "argmax(axis=1)",
        append="moons_classifier.predict = moons_classifier.predict_proba",
    ),
    _moons(
        "scikit-learn inside",
        "numpy_only",
        "sklearn",
        append=(
            "from sklearn.neighbors import KNeighborsClassifier\n"
            "moons_classifier = KNeighborsClassifier().fit(*train['moons'])"
        ),
    ),
    _moons(
        "scikit-learn in an attribute",
        "numpy_only",
        "sklearn",
        append=(
            "from sklearn.neighbors import KNeighborsClassifier\n"
            "moons_classifier.predict = KNeighborsClassifier().fit(*train['moons']).predict"
        ),
    ),
    _moons(
        "scikit-learn by a global name",
        "numpy_only",
        "sklearn",
        append=(
            "from sklearn.neighbors import KNeighborsClassifier\n"
            "knn = KNeighborsClassifier().fit(*train['moons'])\n"
            "class Net(MLPClassifier):\n"
            "    def predict(self, X):\n"
            "        return knn.predict(X)\n"
            "moons_classifier = Net([])"
        ),
    ),
    _moons(
        "labels by position",
        "same_labels",
        "another label",
        append=(
            "class Net(MLPClassifier):\n"
            "    def predict(self, X):\n"
            "        return np.arange(len(X)) % 2\n"
            "moons_classifier = Net([])"
        ),
    ),
    _moons(
        "the nearest sample, in a class of its own",
        "own_layers",
        "no layers",
        append=NEAREST + "moons_classifier = Nearest()",
    ),
    _moons(
        "the nearest sample, in a classifier of no layers",
        "own_layers",
        "of which the layers give|no layers",
        append=NEAREST + "class Net(Nearest, MLPClassifier):\n    pass\nmoons_classifier = Net()",
    ),
    _moons(
        "the nearest sample, beside layers that were not fitted",
        "own_layers",
        "of which the layers give",
        append=NEAREST
        + "moons_classifier = MLPClassifier([Linear(2, 2)])\nmoons_classifier.predict = Nearest().predict",
    ),
    _blobs(
        "the nearest sample",
        "own_layers",
        "no layers",
        append=NEAREST.replace("moons", "blobs") + "blobs_classifier = Nearest()",
    ),
    _blobs(
        "scaled in `predict`",
        "own_layers",
        "scaling that is no layer",
        append=(
            "X, y = train['blobs']\n"
            "class Net(MLPClassifier):\n"
            "    def predict(self, X):\n"
            "        return super().predict((X - 40) / 2)\n"
            "blobs_classifier = Net(network(2, 3), alpha=0.01, epochs=200)\n"
            "blobs_classifier.fit((X - 40) / 2, y)"
        ),
    ),
    _blobs(
        "two outputs",
        "accuracy",
        "three outputs",
        append=(
            "X, y = train['blobs']\n"
            "blobs_classifier = MLPClassifier(network(2, 2), alpha=0.1)\n"
            "blobs_classifier.fit(X[y < 2], y[y < 2])"
        ),
    ),
    _blobs(
        "fitted on moons",
        "accuracy",
        "was it fitted on",
        append="set_seed(0)\nblobs_classifier = MLPClassifier(network(2, 16, 3), alpha=0.3)\n"
        "blobs_classifier.fit(*train['moons'])",
    ),
    _moons(
        "dead neurons",
        "accuracy",
        "of the neurons are dead",
        append="set_seed(0)\nmoons_classifier = MLPClassifier(network(2, 64, 64, 2), alpha=10)\n"
        "moons_classifier.fit(*train['moons'])",
    ),
    _moons(
        "one output",
        "accuracy",
        "the last layer has 1 outputs",
        append="moons_classifier = MLPClassifier(network(2, 1))",
    ),
    _moons(
        "predictions",
        "labels",
        "These are predictions",
        append="moons_classifier = moons_classifier.predict(train['moons'][0])",
    ),
    _moons(
        "the layers",
        "labels",
        "Leave the fitted classifier itself",
        append="moons_classifier = moons_classifier.modules",
    ),
    _moons("the class", "labels", "The class itself stands", append="moons_classifier = MLPClassifier"),
    _blobs(
        "five outputs",
        "labels",
        "as many outputs as there are classes",
        append=(
            "blobs_classifier = MLPClassifier(network(2, 5), alpha=0.1)\n"
            "blobs_classifier.fit(train['blobs'][0], train['blobs'][1] + 2)"
        ),
    ),
    _blobs(
        "renamed classes",
        "accuracy",
        "under other numbers",
        'candidate.fit(*train["blobs"])',
        'candidate.fit(train["blobs"][0], (train["blobs"][1] + 1) % 3)',
        "if accuracy > best",
        "if True",
    ),
    _blobs(
        "scaled outside of the network",
        "accuracy",
        "scaling must be a layer",
        append=(
            "X, y = train['blobs']\n"
            "blobs_classifier = MLPClassifier(network(2, 3), alpha=0.1)\n"
            "blobs_classifier.fit((X - 40) / 20, y)"
        ),
    ),
]
MUTANTS: list[Mutant] = [*LINEAR, *RELU, *SOFTMAX, *LOSS, *FIT, *PREDICT, *FITTED_WRONG]

RIGHTS: list[Right] = [
    _right(
        "mlp_fit",
        "mlp_classifier",
        "only layers of the kind that has weights are updated",
        "module.update(self.alpha)",
        "if isinstance(module, Linear):\n                        module.update(self.alpha)",
    ),
    _right(
        "linear",
        "linear",
        "parameters by their names, and code that looks at itself",
        "self.W -= alpha * self.dW\n        self.b -= alpha * self.db",
        "for name in ('W', 'b'):\n"
        "            setattr(self, name, getattr(self, name) - alpha * getattr(self, 'd' + name))",
        append=(
            "import colorsys, gc, importlib, inspect, sys\n"
            "print(inspect.signature(Linear), sys.version_info, 'Linear' in globals(), Linear.__name__)\n"
            "importlib.reload(colorsys)\n"
            "gc.collect()\n"
            "for name, value in vars(Linear(2, 3)).items():\n    print(name, value.shape)"
        ),
    ),
    _right(
        "linear",
        "linear",
        "parameters in a dictionary, set under numbered names",
        "self.b = np.zeros(out_features)",
        "self.b = np.zeros(out_features)\n        self.kept = {'W': self.W, 'b': self.b}\n"
        "        for i, name in enumerate(self.kept):\n            setattr(self, f'b{i}', getattr(self, name))",
        "self.W -= alpha * self.dW\n        self.b -= alpha * self.db",
        "for name, value in self.kept.items():\n            value -= alpha * getattr(self, f'd{name}')",
    ),
    _right(
        "linear",
        "linear",
        "bias of shape (1, out), einsum",
        "np.zeros(out_features)",
        "np.zeros((1, out_features))",
        "return x @ self.W + self.b",
        "return np.einsum('...i,io->...o', x, self.W) + self.b[0]",
        DB,
        "self.db = upstream.sum(axis=0, keepdims=True)",
    ),
    _right(
        "linear",
        "linear",
        "new arrays in update, bias inside the bound",
        "self.b = np.zeros(out_features)",
        "self.b = np.random.uniform(-bound, bound, out_features)",
        "self.W -= alpha * self.dW",
        "self.W = self.W - alpha * self.dW",
        "self.b -= alpha * self.db",
        "self.b = self.b - alpha * self.db",
    ),
    _right(
        "linear",
        "linear",
        "default_rng, and gradients under other names",
        "np.random.uniform(",
        "np.random.default_rng().uniform(",
        DW,
        "self.kept_for_later = [rows.T @ upstream]",
        DB,
        "self.kept_for_later.append(upstream.sum(axis=0))",
        "self.W -= alpha * self.dW\n        self.b -= alpha * self.db",
        "by_W, by_b = self.kept_for_later\n        self.W, self.b = self.W - alpha * by_W, self.b - alpha * by_b",
    ),
    _right(
        "linear",
        "linear",
        "gradients computed in update",
        "rows, upstream = np.atleast_2d(self.x), np.atleast_2d(d)\n        " + DW + "\n        " + DB,
        "self.d = d",
        "self.W -= alpha * self.dW\n        self.b -= alpha * self.db",
        "rows, upstream = np.atleast_2d(self.x), np.atleast_2d(self.d)\n"
        "        self.W -= alpha * np.einsum('ni,no->io', rows, upstream)\n"
        "        self.b -= alpha * np.ones(len(rows)) @ upstream",
    ),
    _right(
        "linear",
        "linear",
        "methods from a class between, and one set in the constructor",
        "class Linear(Module):",
        "class Layer(Module):\n    def update(self, alpha):\n"
        "        self.W, self.b = self.W - alpha * self.dW, self.b - alpha * self.db\n\n\nclass Linear(Layer):",
        "self.b = np.zeros(out_features)",
        "self.b = np.zeros(out_features)\n        self.forward = self.affine",
        "def forward",
        "def affine",
        '    def update(self, alpha):\n        """Take one step',
        '    def kept_for_reference(self, alpha):\n        """Take one step',
    ),
    _right(
        "relu",
        "relu",
        "methods found by `__getattr__`, no base class",
        "class ReLU(Module):",
        "class ReLU:\n    def __getattr__(self, name):\n"
        "        if name == 'forward':\n            return self.bend\n        raise AttributeError(name)\n",
        "def forward",
        "def bend",
    ),
    _right(
        "relu",
        "relu",
        "slope 1 at zero, np.where",
        "self.positive = x > 0",
        "self.x = x",
        GATE,
        "return np.where(self.x >= 0, d, 0.0)",
    ),
    _right("relu", "relu", "x times mask", "return np.maximum(x, 0)", "return x * self.positive"),
    _right(
        "relu",
        "relu",
        "half a slope at zero",
        "self.positive = x > 0",
        "self.positive = (np.sign(x) + 1) / 2",
    ),
    _right(
        "softmax",
        "softmax",
        "a Jacobian for each row",
        JVP,
        (
            "rows, ups = np.atleast_2d(self.p), np.atleast_2d(d)\n"
            "        out = np.array([(np.diag(p) - np.outer(p, p)) @ u for p, u in zip(rows, ups)])\n"
            "        return out.reshape(d.shape)"
        ),
    ),
    _right(
        "softmax",
        "softmax",
        "through the logarithm",
        E,
        (
            "m = x.max(axis=-1, keepdims=True)\n"
            "        s = x - m\n"
            "        e = np.exp(s - np.log(np.exp(s).sum(axis=-1, keepdims=True)))"
        ),
        P,
        "self.p = e",
    ),
    _right(
        "cross_entropy",
        "cross_entropy",
        "one-hot, loop, float",
        MEAN,
        "return float(np.mean([-log_p[i, k] for i, k in enumerate(y)]))",
        "gradient[np.arange(n), self.y] -= 1",
        "gradient -= np.eye(gradient.shape[1])[self.y]",
    ),
    *(
        _right(
            "cross_entropy",
            "cross_entropy",
            f"a probability kept away from 0: {kept}",
            LOG_P,
            f"p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)\n        log_p = np.log({kept})",
            "self.p, self.y = np.exp(log_p), y",
            "self.p, self.y = p, y",
        )
        for kept in ("p.clip(1e-12)", "np.maximum(p, 1e-7)", "np.clip(p, 1e-15, 1)", "p + 1e-15")
    ),
    _right(
        "cross_entropy",
        "cross_entropy",
        "0-d array",
        MEAN,
        "return np.asarray(-log_p[np.arange(len(y)), y].mean())",
    ),
    _right(
        "mlp_fit",
        "mlp_classifier",
        "array_split with the right count",
        LOOP,
        PARTS.format("max(1, -(-len(X) // batch_size))"),
        BATCH,
        "",
    ),
    _right(
        "mlp_fit",
        "mlp_classifier",
        "shuffled copies",
        ORDER,
        ORDER + "\n            Xs, ys = X[order], y[order]",
        STEP,
        (
            "batch = slice(start, start + batch_size)\n"
            "                self.loss.forward(self.logits(Xs[batch]), ys[batch])"
        ),
    ),
    _right(
        "mlp_fit",
        "mlp_classifier",
        "update within the loop of backward",
        "d = module.backward(d)",
        "d = module.backward(d)\n                    module.update(self.alpha)",
        UPDATE,
        "pass",
    ),
    _right(
        "mlp_fit",
        "mlp_classifier",
        "loss watched after each epoch, returns self",
        UPDATE,
        UPDATE
        + (
            "\n"
            "            self.history = [*getattr(self, 'history', []), self.loss.forward(self.logits(X), y)]\n"
            "        return self"
        ),
    ),
    _right(
        "mlp_fit",
        "mlp_classifier",
        "gradient through a softmax layer of its own",
        "d = self.loss.backward()",
        (
            "p = Softmax()\n"
            "                q = p.forward(self.logits(X[batch]))\n"
            "                up = np.zeros_like(q)\n"
            "                rows = np.arange(len(batch))\n"
            "                up[rows, y[batch]] = -1 / q[rows, y[batch]] / len(batch)\n"
            "                d = p.backward(up)"
        ),
    ),
    _right(
        "mlp_fit",
        "mlp_classifier",
        "updates only layers with weights",
        "module.update(self.alpha)",
        "hasattr(module, 'W') and module.update(self.alpha)",
    ),
    _right(
        "mlp_fit",
        "mlp_classifier",
        "a method `score` by scikit-learn, and F1 written down after each epoch",
        "    def fit(self, X, y, batch_size=32):",
        "    def score(self, X, y):\n        return accuracy_score(y, self.predict(X))\n\n"
        "    def fit(self, X, y, batch_size=32):",
        UPDATE,
        UPDATE
        + (
            "\n"
            "            from sklearn import metrics\n"
            "            self.f1 = metrics.f1_score(y, self.predict(X), average='macro'), self.score(X, y)"
        ),
        append="from sklearn.metrics import accuracy_score",
    ),
    _right(
        "mlp_predict",
        "mlp_classifier",
        "argmax of the logits, 32-bit integers",
        ARGMAX,
        "return self.logits(X).argmax(axis=1).astype(np.int32)",
    ),
    _right(
        "mlp_predict",
        "mlp_classifier",
        "one sample after the other",
        PROBA,
        "return np.array([Softmax().forward(self.logits(x[None])[0]) for x in X])",
    ),
    *(
        _right("mlp_predict", "mlp_classifier", f"`fit` {name}", *changes)
        for name, *changes in (
            (
                "not written",
                "for _ in range(self.epochs):",
                "raise NotImplementedError\n        for _ in range(self.epochs):",
            ),
            ("with an error", "np.random.permutation", "np.random.permutaton"),
            ("misspelt", "def fit(", "def fitt("),
            ("that loses its weights", "module.update(self.alpha)", "module.update(np.nan)"),
        )
    ),
    _right(
        "mlp_predict",
        "mlp_classifier",
        "refuses before `fit`",
        "for _ in range(self.epochs):",
        "self.is_fitted = True\n        for _ in range(self.epochs):",
        PROBA,
        "if not hasattr(self, 'is_fitted'):\n            raise RuntimeError('fit first')\n        " + PROBA,
    ),
    _right(
        "mlp_predict",
        "mlp_classifier",
        "answers None before `fit`",
        "for _ in range(self.epochs):",
        "self.is_fitted = True\n        for _ in range(self.epochs):",
        PROBA,
        PROBA + " if hasattr(self, 'is_fitted') else None",
        ARGMAX,
        ARGMAX + " if hasattr(self, 'is_fitted') else None",
    ),
    _right(
        "mlp_fit",
        "mlp_classifier",
        "answers a list of losses, shuffled by a generator of its own",
        ORDER,
        "order = np.random.default_rng(self.__dict__.setdefault('turn', 0)).permutation(len(X))\n"
        "            self.turn += 1",
        UPDATE,
        UPDATE + "\n        return [0.5, 0.25]",
    ),
    _right(
        "moons",
        "moons",
        "a straight line",
        MOONS_ALPHAS,
        "()",
        append=(
            "set_seed(0)\n"
            "moons_classifier = MLPClassifier(network(2, 2), alpha=0.3)\n"
            "moons_classifier.fit(*train['moons'])"
        ),
    ),
    _right(
        "moons",
        "moons",
        "a layer of the student's own",
        MOONS_ALPHAS,
        "()",
        append=(
            "class Tanh(Module):\n"
            "    def forward(self, x):\n"
            "        self.y = np.tanh(x)\n"
            "        return self.y\n"
            "    def backward(self, d):\n"
            "        return d * (1 - self.y**2)\n"
            "set_seed(0)\n"
            "moons_classifier = MLPClassifier([Linear(2, 32), Tanh(), Linear(32, 2)], alpha=1.0)\n"
            "moons_classifier.fit(*train['moons'])"
        ),
    ),
    _right(
        "moons",
        "moons",
        "layers in a tuple with a softmax, in an object of its own",
        MOONS_ALPHAS,
        "()",
        append=(
            "class Chain:\n"
            "    def __init__(self, *steps):\n"
            "        self.steps = steps\n"
            "    def forward(self, x):\n"
            "        for step in self.steps:\n"
            "            x = step.forward(x)\n"
            "        return x\n"
            "class Net(MLPClassifier):\n"
            "    def __init__(self, modules, epochs=40, alpha=0.01):\n"
            "        super().__init__(modules, epochs, alpha)\n"
            "        self.chain = Chain(*modules, Softmax())\n"
            "        self.modules = dict(enumerate(modules))\n"
            "    def predict_proba(self, X):\n"
            "        return self.chain.forward(X)\n"
            "    def fit(self, X, y):\n"
            "        MLPClassifier(list(self.modules.values()), self.epochs, self.alpha).fit(X, y)\n"
            "set_seed(0)\n"
            "moons_classifier = Net(network(2, 32, 2), alpha=1.0)\n"
            "moons_classifier.fit(*train['moons'])"
        ),
    ),
    _right(
        "blobs",
        "blobs",
        "one hidden layer, many epochs",
        BLOBS_ALPHAS,
        "()",
        append=(
            "set_seed(0)\n"
            "blobs_classifier = MLPClassifier(network(2, 16, 3), epochs=60, alpha=0.05)\n"
            "blobs_classifier.fit(*train['blobs'])"
        ),
    ),
    _right(
        "linear",
        "linear",
        "rand, stretched and moved",
        "np.random.uniform(-bound, bound, size=(in_features, out_features))",
        "(2 * np.random.rand(in_features, out_features) - 1) * bound",
    ),
    _right(
        "softmax",
        "softmax",
        "the Jacobian of every row",
        JVP,
        "J = self.p[..., :, None] * (np.eye(d.shape[-1]) - self.p[..., None, :])\n"
        "        return np.einsum('...ij,...i->...j', J, d)",
    ),
]
