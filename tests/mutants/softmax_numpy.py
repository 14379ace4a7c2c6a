"""Wrong and right answers of 1_softmax_numpy."""

from __future__ import annotations

from tests.mutants.submission import Mutant, Right

NOTEBOOK = "linear_classifiers/1_softmax_numpy"
CELLS = ("setup", "softmax", "loss_and_gradient", "classifier", "features")
QUALITY_CELLS = (*CELLS, "images", "standardized", "numpy_run")
Replacements = tuple[tuple[str, str], ...]


def cells_of(check: str) -> tuple[str, ...]:
    """The cells that a check needs, in order."""
    return QUALITY_CELLS if check == "numpy_quality" else CELLS


def _mutant(
    check: str, name: str, fails: str, cause: str, replace: Replacements = (), append: str = ""
) -> Mutant:
    return Mutant(name, NOTEBOOK, ANSWERS[check], check, replace, append, fails, cause)


def _right(check: str, name: str, replace: Replacements = (), append: str = "") -> Right:
    return Right(name, NOTEBOOK, ANSWERS[check], check, replace, append)


ANSWERS = {
    "softmax": "softmax",
    "loss_and_gradient": "loss_and_gradient",
    "classifier": "classifier",
    "standardize": "features",
    "numpy_quality": "numpy_run",
}

SHIFT = "logits - logits.max(axis=-1, keepdims=True)"
TOTAL = "powers.sum(axis=-1, keepdims=True)"
SOFTMAX = [
    _mutant("softmax", "no shift", "stable", "exp(10000)", ((SHIFT, "logits"),)),
    _mutant("softmax", "maximum of the batch", "stable", "whole batch", ((SHIFT, "logits - logits.max()"),)),
    _mutant(
        "softmax",
        "maximum of each column",
        "batch",
        "maximum of each column",
        ((SHIFT, "logits - logits.max(axis=0)"),),
    ),
    _mutant(
        "softmax",
        "nan hidden",
        "stable",
        "replaced by 0",
        (),
        "plain = softmax\n"
        "def softmax(logits):\n    powers = np.exp(logits)\n"
        "    return np.nan_to_num(powers / powers.sum(axis=-1, keepdims=True))",
    ),
    _mutant("softmax", "clipped", "stable", "clipped", ((SHIFT, "np.clip(logits, -500, 500)"),)),
    _mutant(
        "softmax", "columns", "batch", "Columns sum to 1", ((TOTAL, "powers.sum(axis=0, keepdims=True)"),)
    ),
    _mutant("softmax", "everything", "batch", "Everything together", ((TOTAL, "powers.sum()"),)),
    _mutant("softmax", "not divided", "batch", "division", ((f"powers / {TOTAL}", "powers"),)),
    _mutant(
        "softmax", "logarithm", "batch", "log-prob", ((f"powers / {TOTAL}", f"np.log(powers / {TOTAL})"),)
    ),
    _mutant(
        "softmax",
        "vector becomes a row",
        "vector",
        "batch of one row",
        (),
        "plain = softmax\ndef softmax(logits):\n    return plain(np.atleast_2d(logits))",
    ),
    _mutant(
        "softmax",
        "one row squeezed",
        "vector",
        "squeeze",
        (),
        "plain = softmax\ndef softmax(logits):\n    return plain(logits).squeeze()",
    ),
    _mutant(
        "softmax",
        "in place",
        "unchanged",
        "in place",
        (
            (
                f"powers = np.exp({SHIFT})",
                "logits -= logits.max(axis=-1, keepdims=True)\n    powers = np.exp(logits)",
            ),
        ),
    ),
    _mutant(
        "softmax",
        "torch",
        "numpy_only",
        "write what `torch` does",
        (),
        "def softmax(logits):\n    import torch\n    return torch.softmax(torch.tensor(logits), -1).numpy()",
    ),
    _mutant(
        "softmax",
        "float32",
        "batch",
        "float32",
        ((f"powers / {TOTAL}", f"(powers / {TOTAL}).astype(np.float32)"),),
    ),
    _mutant("softmax", "powers of 2", "batch", "powers of e", ((f"np.exp({SHIFT})", f"2.0 ** ({SHIFT})"),)),
    _mutant(
        "softmax",
        "divided by the maximum",
        "batch",
        "divided by each row's maximum",
        ((SHIFT, SHIFT.replace("-", "/", 1)),),
    ),
    _mutant("softmax", "no exp", "batch", "without `exp`", ((f"np.exp({SHIFT})", SHIFT),)),
    _mutant(
        "softmax",
        "the largest takes all",
        "batch",
        "The largest logit gets 1",
        (),
        "def softmax(logits):\n    return (logits == logits.max(axis=-1, keepdims=True)).astype(float)",
    ),
    _mutant(
        "softmax",
        "rounded",
        "batch",
        "rounded to 3",
        ((f"powers / {TOTAL}", f"np.round(powers / {TOTAL}, 3)"),),
    ),
    _mutant(
        "softmax",
        "whole logits",
        "batch",
        "whole numbers before",
        ((SHIFT, SHIFT.replace("logits -", "logits.astype(int) -")),),
    ),
    _mutant(
        "softmax",
        "a small number in the sum",
        "batch",
        "near 0.001 is added to the sum",
        ((TOTAL, f"({TOTAL} + 1e-3)"),),
    ),
    _mutant(
        "softmax", "cut above only", "stable", "0 in the whole row", ((SHIFT, "np.minimum(logits, 709)"),)
    ),
    _mutant("softmax", "powers squared", "batch", "powers are squared", ((SHIFT, f"2 * ({SHIFT})"),)),
    _mutant(
        "softmax",
        "norm for sum",
        "batch",
        "divided by their length",
        ((TOTAL, "np.linalg.norm(powers, axis=-1, keepdims=True)"),),
    ),
    _mutant(
        "softmax",
        "maximum above the line only",
        "batch",
        "above the line only",
        ((TOTAL, "np.exp(logits).sum(axis=-1, keepdims=True)"),),
    ),
    _mutant("softmax", "1e-8 in the sum", "batch", "near 1e-08 is added", ((TOTAL, f"({TOTAL} + 1e-8)"),)),
    _mutant(
        "softmax",
        "unstable for a vector",
        "stable",
        "A vector is a row too",
        ((SHIFT, f"{SHIFT} if logits.ndim == 2 else logits"),),
    ),
    _mutant(
        "softmax",
        "a method of torch's",
        "batch",
        "write `np.exp(…)`",
        ((f"np.exp({SHIFT})", f"({SHIFT}).exp()"),),
    ),
    _mutant(
        "softmax",
        "math's exp of large logits",
        "stable",
        "`math.exp` overflows",
        (),
        "import math\n"
        "def softmax(logits):\n    powers = np.array([math.exp(z) for z in logits.ravel()]).reshape(logits.shape)\n"
        "    return powers / powers.sum(axis=-1, keepdims=True)",
    ),
]

LOSS = "-logs[np.arange(n), y].mean() + l2 * (W**2).sum()"
GRADIENT = "X.T @ residual + 2 * l2 * W"
ROW_SHIFT = "logits = logits - logits.max(axis=1, keepdims=True)"
LOGS = "logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))"
PICK = "residual[np.arange(n), y] -= 1"


def _loss(name: str, new: str, cause: str) -> Mutant:
    return _mutant("loss_and_gradient", name, "loss", cause, ((LOSS, new),))


def _gradient(name: str, new: str, cause: str) -> Mutant:
    return _mutant("loss_and_gradient", name, "weight_gradient", cause, ((GRADIENT, new),))


def _bias(name: str, new: str, cause: str) -> Mutant:
    return _mutant("loss_and_gradient", name, "bias_gradient", cause, (("residual.sum(axis=0)", new),))


MEAN = "-logs[np.arange(n), y].mean()"
LOSS_AND_GRADIENT = [
    _loss("no l2 in the loss", MEAN, "missing from the loss"),
    _loss("half l2 in the loss", f"{MEAN} + 0.5 * l2 * (W**2).sum()", "half"),
    _loss("double l2 in the loss", f"{MEAN} + 2 * l2 * (W**2).sum()", "double"),
    _loss("bias in the norm", f"{MEAN} + l2 * ((W**2).sum() + (b**2).sum())", "bias is regularised"),
    _loss("norm without square", f"{MEAN} + l2 * np.linalg.norm(W)", "lacks its square"),
    _loss("l2 divided by n", f"{MEAN} + l2 * (W**2).sum() / n", "divided by n as well"),
    _loss("sum", f"{MEAN} * n + l2 * (W**2).sum()", "take the mean"),
    _loss("mean twice", f"{MEAN} / n + l2 * (W**2).sum()", "twice"),
    _loss("mean over classes", f"{MEAN} / W.shape[1] + l2 * (W**2).sum()", "over the classes"),
    _loss("sign", f"-({MEAN}) + l2 * (W**2).sum()", "wrong sign"),
    _loss("log missing", "-np.exp(logs)[np.arange(n), y].mean() + l2 * (W**2).sum()", "logarithm is missing"),
    _loss(
        "small number in the log",
        LOSS.replace("logs[np.arange(n), y]", "np.log(np.exp(logs[np.arange(n), y]) + 1e-6)"),
        "added inside the logarithm",
    ),
    *(
        _loss(
            f"{small} in the log",
            LOSS.replace("logs[np.arange(n), y]", f"np.log(np.exp(logs[np.arange(n), y]) + {small})"),
            f"umber near {small} is added inside the logarithm",
        )
        for small in ("1e-07", "1e-08", "1e-09", "1e-10", "1e-12")
    ),
    _gradient("no l2", "X.T @ residual", "missing from the gradient"),
    _gradient("half l2", "X.T @ residual + l2 * W", "half of the right one"),
    _gradient("double l2", "X.T @ residual + 4 * l2 * W", "double"),
    _gradient("l2 over n", "X.T @ residual + 2 * l2 * W / n", "divided by n as well"),
    _gradient("sum", "X.T @ residual * n + 2 * l2 * W", "the number of samples"),
    _gradient("mean twice", "X.T @ residual / n + 2 * l2 * W", "taken twice"),
    _gradient("uphill", "-X.T @ residual + 2 * l2 * W", "wrong sign"),
    _gradient("reshape", "X.reshape(-1, n) @ residual + 2 * l2 * W", "not the transpose"),
    _gradient("zero", "np.zeros_like(W)", "0 everywhere"),
    _gradient("all doubled", f"2 * ({GRADIENT})", "2 times"),
    _gradient("negated", f"-({GRADIENT})", "wrong sign"),
    _gradient("halved", f"0.5 * ({GRADIENT})", "0.5 times"),
    _gradient("transposed", f"({GRADIENT}).T", "transposed"),
    _bias("bias regularised", "residual.sum(axis=0) + 2 * l2 * b", "bias is regularised"),
    _bias("bias summed", "n * residual.sum(axis=0)", "divide by n"),
    _bias("bias mean twice", "residual.mean(axis=0)", "taken twice"),
    _bias("bias sign", "-residual.sum(axis=0)", "sign is wrong"),
    _bias("bias not summed", "residual", "one row for each sample"),
    _bias("bias keepdims", "residual.sum(axis=0, keepdims=True)", "axis too many"),
    _bias("bias is one number", "residual.sum()", "Everything is summed"),
    _bias("l2 of W in db", "residual.sum(axis=0) + 2 * l2 * W.sum(axis=0)", "of `W` is in it"),
    _bias("bias divided by the features", "n * residual.sum(axis=0) / W.shape[0]", "divided by 7"),
    *(
        _loss(f"logarithm of base {base}", f"{MEAN} / np.log({base}) + l2 * (W**2).sum()", f"base {base}")
        for base in (2, 10)
    ),
    _loss("label minus 1", LOSS.replace("y]", "y - 1]"), "count from 0"),
    _loss("place of the largest label", LOSS.replace("y]", "y.argmax() % 5]"), "place of the largest label"),
    _loss("matrix product in the norm", f"{MEAN} + l2 * (W @ W.T).sum()", "matrix product"),
    _loss(
        "squared error", "((np.exp(logs) - np.eye(5)[y]) ** 2).mean() + l2 * (W**2).sum()", "squared error"
    ),
    _loss(
        "the other classes too",
        f"{MEAN} - ((1 - np.eye(5)[y]) * np.log(1 - np.exp(logs))).sum() / n + l2 * (W**2).sum()",
        "The other classes are in it",
    ),
    _loss("rounded", f"round(float({LOSS}), 3)", "rounded to 3"),
    _loss("a loss for each sample", "-logs[np.arange(n), y] + l2 * (W**2).sum()", "mean of them"),
    _gradient(
        "divided by the features", "n * X.T @ residual / X.shape[1] + 2 * l2 * W", "the number of features"
    ),
    _gradient(
        "divided by the classes", "n * X.T @ residual / W.shape[1] + 2 * l2 * W", "the number of classes"
    ),
    _gradient("divided by 100", "n * X.T @ residual / 100 + 2 * l2 * W", "divided by 100"),
    _mutant(
        "loss_and_gradient",
        "wrong product",
        "three_answers",
        "the cross-entropy's gradient by W is",
        ((GRADIENT, "X @ residual"),),
    ),
    *(
        _mutant("loss_and_gradient", name, "loss", cause, replace)
        for name, cause, replace in (
            ("no bias", "The bias is missing", (("X @ W + b", "X @ W"),)),
            (
                "column softmax",
                "runs down the columns",
                ((ROW_SHIFT, "pass"), (LOGS, LOGS.replace("axis=1", "axis=0"))),
            ),
            (
                "softmax of everything",
                "over the whole batch",
                ((ROW_SHIFT, "pass"), (LOGS, LOGS.replace("axis=1, keepdims=True", ""))),
            ),
            (
                "maximum of each column",
                "maximum of each column",
                ((ROW_SHIFT, ROW_SHIFT.replace("axis=1", "axis=0")),),
            ),
            ("base 10 in the sum", "base 10", ((LOGS, LOGS.replace("np.log(", "np.log10(")),)),
            (
                "X centred",
                "mean is subtracted from X",
                (("n = len(X)", "n, X = len(X), X - X.mean(axis=0)"),),
            ),
            (
                "gradients before the loss",
                "another order",
                (("return loss, ", "return "), ("sum(axis=0)", "sum(axis=0), loss")),
            ),
        )
    ),
    *(
        _mutant("loss_and_gradient", name, "weight_gradient", cause, replace)
        for name, cause, replace in (
            ("columns of the labels", "takes whole columns", ((PICK, PICK.replace("np.arange(n)", ":")),)),
            ("labels from 1", "count from 0", ((PICK, PICK.replace("y]", "y - 1]")),)),
            ("labels added", "labels are added", ((PICK, PICK.replace("-=", "+=")),)),
            (
                "logarithms for probabilities",
                "log-probabilities stand",
                (("residual = np.exp(logs)", "residual = logs.copy()"),),
            ),
            (
                "derivative of a sigmoid",
                "multiplied by P(1 − P)",
                (("residual /= n", "residual *= np.exp(logs) * (1 - np.exp(logs)) / n"),),
            ),
            (
                "db before dW",
                "another order",
                ((f"{GRADIENT}, residual.sum(axis=0)", f"residual.sum(axis=0), {GRADIENT}"),),
            ),
        )
    ),
    _mutant(
        "loss_and_gradient",
        "one-hot of the classes that occur",
        "loss",
        "axis of the classes is too short",
        ((PICK, "residual -= np.eye(len(np.unique(y)))[y]"),),
    ),
    _mutant(
        "loss_and_gradient",
        "labels not subtracted",
        "weight_gradient",
        "labels are not subtracted",
        ((PICK, "pass"),),
    ),
    _mutant(
        "loss_and_gradient",
        "one-hot from the labels",
        "missing_class",
        "as wide as the labels",
        ((PICK, "residual -= np.eye(y.max() + 1)[y]"),),
    ),
    _mutant(
        "loss_and_gradient",
        "no shift",
        "stable",
        "inf/inf",
        (
            (ROW_SHIFT, "pass"),
            (LOGS, "P = np.exp(logits)\n    logs = np.log(P / P.sum(axis=1, keepdims=True))"),
        ),
    ),
    _mutant(
        "loss_and_gradient",
        "log of 0",
        "stable",
        "log 0",
        ((LOGS, "P = np.exp(logits)\n    logs = np.log(P / P.sum(axis=1, keepdims=True))"),),
    ),
    _mutant(
        "loss_and_gradient",
        "maximum of the batch",
        "stable",
        "whole batch",
        ((ROW_SHIFT, "logits = logits - logits.max()"),),
    ),
    _mutant(
        "loss_and_gradient",
        "nan replaced in the loss",
        "stable",
        "cost nothing",
        ((LOSS, LOSS.replace("logs[np.arange(n), y]", "np.where(logs < -50, 0, logs)[np.arange(n), y]")),),
    ),
    _mutant(
        "loss_and_gradient",
        "W in place",
        "unchanged",
        "in place",
        (("n = len(X)", "n = len(X)\n    W *= 1 + 1e-15"),),
    ),
    _mutant(
        "loss_and_gradient",
        "two answers",
        "three_answers",
        "return loss, dW, db",
        ((f"{GRADIENT}, residual", f"{GRADIENT} + 0 * residual"),),
    ),
    _mutant(
        "loss_and_gradient",
        "scipy",
        "numpy_only",
        "write what `scipy` does",
        (("n = len(X)", "from scipy.special import log_softmax\n    n = len(X)"),),
    ),
    _loss("no squares", f"{MEAN} + l2 * W.sum()", "squares are missing"),
    _loss("l2 squared", f"{MEAN} + l2**2 * (W**2).sum()", "l2 is squared"),
    _loss("l2 subtracted", f"{MEAN} - l2 * (W**2).sum()", "l2 term is subtracted"),
    _loss("l2 for every sample", f"{MEAN} + n * l2 * (W**2).sum()", "counts 11 times"),
    *(
        _loss(name, LOSS.replace(MEAN, new), cause)
        for name, new, cause in (
            ("all classes", "-logs.mean()", "averaged over all classes"),
            ("the largest", "-logs.max(axis=1).mean()", "largest probability is taken"),
            ("the entropy", "-(np.exp(logs) * logs).sum(axis=1).mean()", "entropy of the probabilities"),
            ("the median", "-np.median(logs[np.arange(n), y])", "median is taken"),
            ("return inside the loop", "-logs[0, y[0]] / n", "`return` stands inside the loop"),
            ("from 1", "-logs[np.arange(n), y][1:].sum() / n", "The first sample is left out"),
            ("to n - 1", "-logs[np.arange(n), y][:-1].sum() / n", "The last sample is left out"),
            (
                "clipped",
                "-np.log(np.clip(np.exp(logs), 1e-3, 1))[np.arange(n), y].mean()",
                "Probabilities below 1e-03",
            ),
        )
    ),
    *(
        _mutant("loss_and_gradient", name, "loss", cause, (("logits = X @ W + b", new),))
        for name, new, cause in (
            ("bias subtracted", "logits = X @ W - b", "The bias is subtracted"),
            (
                "X standardised",
                "logits = (X - X.mean(axis=0)) / X.std(axis=0) @ W + b",
                "X is standardised by itself",
            ),
            (
                "W decays in place",
                "W *= 1 - l2\n    logits = X @ W + b",
                "`W` itself is changed by the function",
            ),
            (
                "32-bit",
                "X, W, b = (a.astype(np.float32) for a in (X, W, b))\n    logits = X @ W + b",
                "converted to float32",
            ),
        )
    ),
    _gradient("W squared", "X.T @ residual + 2 * l2 * W**2", "has `W` squared"),
    _gradient("l2 gradient summed", "X.T @ residual + 2 * l2 * W.sum()", "l2 gradient is summed"),
    _gradient("l2 gradient averaged", "X.T @ residual + 2 * l2 * W / W.size", "l2 gradient is averaged"),
    _gradient("l2 gradient n times", "X.T @ residual + 2 * n * l2 * W", "counts 11 times"),
    _gradient("the last sample", "X[-1:].T @ residual[-1:] + 2 * l2 * W", "Only the last sample counts"),
    _gradient(
        "a column of ones",
        "np.hstack([X, np.ones((n, 1))]).T @ residual",
        "a row too many",
    ),
    *(
        _mutant("loss_and_gradient", name, "weight_gradient", cause, ((PICK, new),))
        for name, new, cause in (
            ("1 from everything", "residual -= 1", "1 is subtracted from every column"),
            ("1 from whole rows", "residual[y] -= 1", "`P[y]` takes whole rows"),
            ("−1 assigned", "residual[np.arange(n), y] = -1", "−1 is assigned"),
            (
                "sign turned at the label",
                "residual[np.arange(n), y] = 1 - residual[np.arange(n), y]",
                "sign is turned at the label",
            ),
        )
    ),
    _mutant(
        "loss_and_gradient",
        "0 times log 0",
        "stable",
        "0 is multiplied by log 0",
        ((LOSS, f"{LOSS} + (0 * np.log(np.exp(logs))).sum()"),),
    ),
    _mutant(
        "loss_and_gradient",
        "rows of features",
        "three_answers",
        "must be equally many",
        (("n = len(X)", "n = X.shape[1]"),),
    ),
]

ORDER = "order = rng.permutation(len(X))"
STEP = "self.W -= self.learning_rate * dW"
BIAS_STEP = "self.b -= self.learning_rate * db"
BATCHES = "range(0, len(X), self.batch_size)"
TAKE = "self.W, self.b, X[batch], y[batch], self.l2"
ZEROS = "self.W = np.zeros((X.shape[1], y.max() + 1), dtype=X.dtype)"
RNG = "rng = np.random.default_rng(self.seed)"
LOOP = "for _ in range(self.epochs):"


def _fit(name: str, fails: str, cause: str, *replace: tuple[str, str]) -> Mutant:
    return _mutant("classifier", name, fails, cause, replace)


CLASSIFIER = [
    _fit("uphill", "one_step", "uphill", (STEP, STEP.replace("-=", "+="))),
    _fit("rate ignored", "one_step", "does not depend on", (STEP, "self.W -= dW")),
    _fit("bias never updated", "one_step", "never updated", (BIAS_STEP, "pass")),
    _fit(
        "random start",
        "one_step",
        "does not start from zeros",
        (ZEROS, "self.W = 0.01 * rng.normal(size=(X.shape[1], y.max() + 1))"),
    ),
    _fit(
        "batch size ignored",
        "one_step",
        "after every sample",
        (BATCHES, "range(len(X))"),
        ("order[start : start + self.batch_size]", "np.arange(len(X))[start : start + 1]"),
    ),
    _fit(
        "W in a variable", "one_step", "`W` stays zero while", (STEP, "W = self.W - self.learning_rate * dW")
    ),
    _fit(
        "both in variables",
        "one_step",
        "No step is ever taken",
        (STEP, "W = self.W - self.learning_rate * dW"),
        (BIAS_STEP, "b = self.b - self.learning_rate * db"),
    ),
    _fit("an epoch less", "one_step", "One epoch too few", (LOOP, "for _ in range(1, self.epochs):")),
    _fit("an epoch more", "one_step", "One epoch too many", (LOOP, "for _ in range(self.epochs + 1):")),
    _fit("always five epochs", "one_step", "`epochs` has no effect", (LOOP, "for _ in range(5):")),
    _fit(
        "every batch twice", "one_step", "2 steps are taken in one epoch", (BATCHES, f"2 * list({BATCHES})")
    ),
    _fit("rate of its own", "one_step", "not a number of your own", (STEP, "self.W -= 0.01 * dW")),
    _fit("times the batch", "one_step", "13 times too large", (STEP, STEP + " * len(batch)")),
    _fit("divided by the batch", "one_step", "divided by them twice", (STEP, STEP + " / len(batch)")),
    _fit(
        "gradients in another order",
        "one_step",
        "in this order",
        ("_, dW, db = ", "_, db, dW = "),
    ),
    _fit("two answers", "one_step", "answers three things", ("_, dW, db = ", "dW, db = ")),
    _fit("W lies on its side", "one_step", "rows of `W` are features", (ZEROS, ZEROS + ".T")),
    _fit(
        "ten classes",
        "one_step",
        "`W` has 10 columns",
        (ZEROS, ZEROS.replace("y.max() + 1", "10")),
        ("self.b = np.zeros(y.max() + 1", "self.b = np.zeros(10"),
    ),
    _fit(
        "a class too few",
        "one_step",
        "A class is missing",
        (ZEROS, ZEROS.replace("y.max() + 1", "y.max()")),
        ("self.b = np.zeros(y.max() + 1", "self.b = np.zeros(y.max()"),
    ),
    _fit(
        "X standardised",
        "one_step",
        "standardised inside `fit`",
        (ZEROS, f"X = (X - X.mean(0)) / X.std(0)\n        {ZEROS}"),
    ),
    _fit(
        "mean step for b",
        "one_step",
        "`b` takes the step of `W`",
        (BIAS_STEP, BIAS_STEP.replace("db", "dW.mean(axis=0)")),
    ),
    _fit(
        "labels not shuffled",
        "one_step",
        "shuffled separately",
        (TAKE, TAKE.replace("y[batch]", "y[start : start + self.batch_size]")),
    ),
    _fit(
        "one sample less in a batch",
        "one_step",
        "holds 12 of the 13",
        ("start + self.batch_size]", "start + self.batch_size - 1]"),
    ),
    _fit(
        "random samples",
        "one_step",
        "not random indices",
        ("order[start : start + self.batch_size]", "rng.integers(0, len(X), self.batch_size)"),
    ),
    _fit(
        "shuffled single samples",
        "one_step",
        "after every sample",
        (BATCHES, "range(len(X))"),
        ("order[start : start + self.batch_size]", "order[start : start + 1]"),
    ),
    _fit("no step", "one_step", "No step", (BATCHES, "range(self.batch_size, len(X), self.batch_size)")),
    _fit(
        "not a class array",
        "one_step",
        "other way round",
        (ZEROS, "self.W = np.zeros((y.max() + 1, X.shape[1])).T"),
        ("return self\n", "self.W = self.W.T\n        return self\n"),
    ),
    _fit("l2 ignored", "several_steps", "no effect", (TAKE, TAKE.replace("self.l2", "0.0"))),
    _fit("half l2", "several_steps", "half", (TAKE, TAKE.replace("self.l2", "self.l2 / 2"))),
    _fit("one epoch", "several_steps", "Only one epoch", (LOOP, "for _ in range(1):")),
    _fit(
        "an epoch too many",
        "several_steps",
        "too many",
        (LOOP, "for _ in range(self.epochs + (self.epochs > 1)):"),
    ),
    _fit(
        "momentum",
        "several_steps",
        "momentum",
        (STEP, "self.v = 0.8 * getattr(self, 'v', 0) + dW; self.W -= self.learning_rate * self.v"),
    ),
    _fit(
        "rate falls",
        "several_steps",
        "0.5 times what `learning_rate` gives",
        (LOOP, "for epoch in range(self.epochs):"),
        (STEP, STEP.replace("self.learning_rate", "self.learning_rate / (1 + epoch)")),
        (BIAS_STEP, BIAS_STEP.replace("self.learning_rate", "self.learning_rate / (1 + epoch)")),
    ),
    _fit(
        "stops where all are recognised",
        "several_steps",
        "where the samples are recognised",
        (
            ORDER,
            f"if np.any(self.W) and (self.predict(X) == y).mean() > 0.95:\n                break\n            {ORDER}",
        ),
    ),
    _fit(
        "all batches through the first weights of the epoch",
        "small_batches",
        "weights that it began with",
        (ORDER, ORDER + "\n            first = self.W.copy(), self.b.copy()"),
        (TAKE, "*first, X[batch], y[batch], self.l2"),
    ),
    _fit(
        "one step an epoch, with the sum of the batches",
        "small_batches",
        "weights that it began with",
        (ORDER, ORDER + "\n            sums = [0, 0]"),
        (STEP, "sums = [sums[0] + dW, sums[1] + db]"),
        (
            BIAS_STEP,
            "pass\n            self.W = self.W - self.learning_rate * sums[0]\n"
            "            self.b = self.b - self.learning_rate * sums[1]",
        ),
    ),
    _fit(
        "one step an epoch, with the mean of the batches",
        "every_sample",
        "not divided by the number of batches",
        (ORDER, ORDER + "\n            sums, parts = [0, 0], -(-len(X) // self.batch_size)"),
        (STEP, "sums = [sums[0] + dW / parts, sums[1] + db / parts]"),
        (
            BIAS_STEP,
            "pass\n            self.W = self.W - self.learning_rate * sums[0]\n"
            "            self.b = self.b - self.learning_rate * sums[1]",
        ),
    ),
    _fit(
        "b updated after the loop over the batches",
        "small_batches",
        "one step an epoch",
        (BIAS_STEP, "pass\n            " + BIAS_STEP),
    ),
    _fit(
        "l2 in the first batch only",
        "small_batches",
        "first batch of an epoch only",
        (TAKE, TAKE.replace("self.l2", "self.l2 * (start == 0)")),
    ),
    _fit(
        "l2 in the last batch only",
        "small_batches",
        "last batch of an epoch only",
        (TAKE, TAKE.replace("self.l2", "self.l2 * (start + self.batch_size >= len(X))")),
    ),
    _fit(
        "l2 divided by the number of batches",
        "small_batches",
        "divided by the number of batches",
        (TAKE, TAKE.replace("self.l2", "self.l2 / -(-len(X) // self.batch_size)")),
    ),
    _fit(
        "rate falls from batch to batch",
        "every_sample",
        "the same `learning_rate`",
        (STEP, "self.W -= self.learning_rate / (1 + start) * dW"),
        (BIAS_STEP, "self.b -= self.learning_rate / (1 + start) * db"),
    ),
    _fit(
        "stops where the loss stands still",
        "several_steps",
        "stops early",
        (LOOP, f"previous = np.inf\n        {LOOP}"),
        (
            BIAS_STEP,
            BIAS_STEP + "\n            loss, _, _ = loss_and_gradient(self.W, self.b, X, y, self.l2)\n"
            "            if abs(previous - loss) < 1e-6:\n                break\n            previous = loss",
        ),
    ),
    _fit(
        "last batch dropped",
        "every_sample",
        "left out",
        (BATCHES, "range(0, len(X) - len(X) % min(self.batch_size, len(X)), self.batch_size)"),
    ),
    _fit("one batch an epoch", "every_sample", "Only one batch", (BATCHES, "(0,)")),
    _fit(
        "step after the loop",
        "every_sample",
        "Only the last batch",
        (STEP, "pass"),
        (BIAS_STEP, f"pass\n            {STEP}\n            {BIAS_STEP}"),
    ),
    _fit(
        "the same batch",
        "every_sample",
        "uses the same 5 samples",
        ("order[start : start + self.batch_size]", "order[: self.batch_size]"),
    ),
    _fit(
        "all samples in each batch",
        "every_sample",
        "Every batch uses all samples",
        (TAKE, TAKE.replace("[batch]", "")),
    ),
    _fit(
        "one sample too many in a batch",
        "every_sample",
        "one sample too many",
        ("start + self.batch_size]", "start + self.batch_size + 1]"),
    ),
    _fit(
        "starts one apart",
        "every_sample",
        "begin one sample apart",
        (BATCHES, "range(0, len(X) // self.batch_size)"),
    ),
    _fit(
        "every batch drawn anew",
        "every_sample",
        "not random indices",
        (
            "order[start : start + self.batch_size]",
            "rng.choice(len(X), min(self.batch_size, len(X) - start), replace=False)",
        ),
    ),
    _fit(
        "classes of the first batch",
        "every_sample",
        "in a part of the labels",
        (ZEROS, ZEROS.replace("y.max()", "y[: self.batch_size].max()")),
        ("self.b = np.zeros(y.max()", "self.b = np.zeros(y[: self.batch_size].max()"),
    ),
    _fit(
        "with replacement",
        "every_sample",
        "permutation",
        (
            ORDER,
            "order = rng.integers(0, len(X), len(X)) if self.batch_size < len(X) else rng.permutation(len(X))",
        ),
    ),
    _fit(
        "shuffled apart",
        "every_sample",
        "shuffled separately",
        (TAKE, TAKE.replace("y[batch]", "y[other[start : start + self.batch_size]]")),
        (
            ORDER,
            ORDER + "\n            other = rng.permutation(len(X)) if self.batch_size < len(X) else order",
        ),
    ),
    _fit(
        "divided by batch_size",
        "every_sample",
        "is divided by 5",
        (STEP, "self.W -= self.learning_rate * dW * len(batch) / min(self.batch_size, len(X))"),
    ),
    _fit(
        "always one batch",
        "every_sample",
        "ignored",
        (BATCHES, "(0,)"),
        ("order[start : start + self.batch_size]", "order"),
    ),
    _fit(
        "array_split",
        "every_sample",
        "number of parts",
        (
            f"for start in {BATCHES}:\n                batch = order[start : start + self.batch_size]",
            "parts = max(1, len(X) // self.batch_size)\n            for batch in np.array_split(order, parts):",
        ),
    ),
    _fit("not shuffled", "shuffled", "never shuffled", (ORDER, "order = np.arange(len(X))")),
    _fit(
        "shuffled once",
        "shuffled",
        "once only",
        (LOOP, "order = rng.permutation(len(X))\n        " + LOOP),
        ("            " + ORDER + "\n", ""),
    ),
    _fit("no seed", "seed", "generator", (RNG, "rng = np.random.default_rng()")),
    _fit("global generator", "seed", "generator", (ORDER, "order = np.random.permutation(len(X))")),
    _fit("constant seed", "seed", "no effect", (RNG, "rng = np.random.default_rng(0)")),
    _fit(
        "classes counted",
        "small",
        "class is missing",
        (ZEROS, "y = np.searchsorted(np.unique(y), y)\n        " + ZEROS),
    ),
    _fit("logits", "predict_proba", "logits", ("softmax(X @ self.W + self.b)", "X @ self.W + self.b")),
    _fit(
        "column softmax",
        "predict_proba",
        "Columns",
        ("softmax(X @ self.W + self.b)", "softmax((X @ self.W + self.b).T).T"),
    ),
    _fit(
        "softmax twice",
        "predict_proba",
        "twice",
        ("softmax(X @ self.W + self.b)", "softmax(softmax(X @ self.W + self.b))"),
    ),
    _fit("no bias", "predict_proba", "bias is missing", ("self.W + self.b)", "self.W)")),
    _fit(
        "softmax of everything",
        "predict_proba",
        "All samples together",
        (
            "return softmax(X @ self.W + self.b)",
            "powers = np.exp(X @ self.W + self.b)\n        return powers / powers.sum()",
        ),
    ),
    _fit("W on its side", "predict_proba", "the scores are", ("X @ self.W", "X @ self.W.T")),
    _fit(
        "no bias in predict",
        "predict",
        "it belongs to the scores",
        ("self.predict_proba(X).argmax", "(X @ self.W).argmax"),
    ),
    _fit(
        "error in predict alone", "predict", "predict_prob", ("self.predict_proba(X)", "self.predict_prob(X)")
    ),
    _fit("argmin", "predict", "least probable", ("argmax", "argmin")),
    _fit("argmax of columns", "predict", "axis=1", ("argmax(axis=1)", "argmax(axis=0)")),
    _fit("float classes", "predict", "float64", ("argmax(axis=1)", "argmax(axis=1).astype(float)")),
    _fit(
        "shuffles X",
        "no_aliasing",
        "works in place",
        (
            RNG,
            RNG
            + "\n        state = rng.bit_generator.state\n        rng.shuffle(X)"
            + "\n        rng.bit_generator.state = state\n        rng.shuffle(y)",
        ),
    ),
    _fit(
        "goes on",
        "no_aliasing",
        "starts from zeros",
        (
            ZEROS,
            "if not hasattr(self, 'W'):\n            self.W = np.zeros((X.shape[1], y.max() + 1), dtype=X.dtype)",
        ),
    ),
    _fit(
        "shared weights",
        "no_aliasing",
        "weights of their own",
        (
            ZEROS,
            (
                "SHARED.setdefault(X.shape, np.zeros((X.shape[1], y.max() + 1)))[:] = 0\n"
                "        self.W = SHARED[X.shape]"
            ),
        ),
        ("class SoftmaxClassifier:", "SHARED = {}\n\n\nclass SoftmaxClassifier:"),
    ),
    _fit("=- for -=", "several_steps", "in place of what was there", (STEP, STEP.replace("-=", "=-"))),
    _fit(
        "decay as well",
        "several_steps",
        "l2 gradient is 1.5 times",
        (STEP, f"{STEP[:-2]}(dW + self.l2 * self.W)"),
    ),
    _fit(
        "l2 divided by the batch",
        "several_steps",
        "l2 gradient is 0.0769 times",
        (TAKE, f"{TAKE} / len(batch)"),
    ),
    _fit(
        "gradient cut off",
        "several_steps",
        "Large gradients are cut off",
        (STEP, f"{STEP[:-2]}np.clip(dW, -1, 1)"),
    ),
    _fit(
        "rounded",
        "predict_proba",
        "probabilities are rounded to",
        ("return softmax(X @ self.W + self.b)", "return softmax(X @ self.W + self.b).round(2)"),
    ),
    _fit("whole numbers", "one_step", "An array of whole numbers", (ZEROS, ZEROS.replace("X.dtype", "int"))),
    _fit(
        "reshaped into batches",
        "every_sample",
        "`reshape` keeps all numbers",
        (f"for start in {BATCHES}:", "for batch in order.reshape(-1, self.batch_size):"),
        ("batch = order[start : start + self.batch_size]", "pass"),
    ),
    _fit(
        "split evenly",
        "every_sample",
        "parts of one size only",
        (f"for start in {BATCHES}:", "for batch in np.split(order, len(X) // self.batch_size):"),
        ("batch = order[start : start + self.batch_size]", "pass"),
    ),
]

MEAN_STD = "mean, std = numbers.mean(axis=0), numbers.std(axis=0)"
NOT_ZERO = "std = np.where(std > 0, std, 1)"
APPLY = "(part.astype(np.float32) - mean) / std"


def _scaled(name: str, fails: str, cause: str, *replace: tuple[str, str]) -> Mutant:
    return _mutant("standardize", name, fails, cause, replace)


STANDARDIZE = [
    _scaled(
        "train + valid",
        "train_part",
        "train + valid",
        (
            "numbers = train.astype(np.float32)",
            "numbers = np.concatenate([train, *others[:1]]).astype(np.float32)",
        ),
    ),
    _scaled(
        "all parts",
        "train_part",
        "all parts together",
        (
            "numbers = train.astype(np.float32)",
            "numbers = np.concatenate([train, *others]).astype(np.float32)",
        ),
    ),
    _scaled(
        "own statistics",
        "other_parts",
        "its own statistics",
        (
            APPLY,
            "(part.astype(np.float32) - part.mean(axis=0)) / np.where(part.std(axis=0) > 0, part.std(axis=0), 1)",
        ),
    ),
    _scaled(
        "one mean",
        "train_part",
        "One mean and one spread",
        (MEAN_STD, "mean, std = numbers.mean(), numbers.std()"),
    ),
    _scaled(
        "per image",
        "train_part",
        "by itself",
        (APPLY, "(part - part.mean(axis=1, keepdims=True)) / part.std(axis=1, keepdims=True)"),
    ),
    _scaled(
        "no std",
        "train_part",
        "division by the standard deviation",
        (APPLY, "part.astype(np.float32) - mean"),
    ),
    _scaled("variance", "train_part", "variance", ("numbers.std(axis=0)", "numbers.var(axis=0)")),
    _scaled(
        "min max",
        "train_part",
        "minimum and maximum",
        (MEAN_STD, "mean, std = numbers.min(axis=0), np.ptp(numbers, axis=0)"),
    ),
    _scaled("/ 255", "train_part", "only scaled", (APPLY, "part.astype(np.float32) / 255")),
    _scaled("constant pixel", "constant_pixel", "replace zeros by 1", (NOT_ZERO, "pass")),
    _mutant(
        "standardize",
        "in place",
        "unchanged",
        "in place",
        append="""
def standardize(train, *others):
    mean, std = train.mean(axis=0), train.std(axis=0)
    for part in (train, *others):
        part -= mean
        part /= np.where(std > 0, std, 1)
    return (train, *others)
""",
    ),
    _scaled(
        "bytes overflow",
        "whole_numbers",
        "Bytes",
        (
            APPLY,
            "(part - mean.astype(part.dtype)).astype(part.dtype) if part.dtype == np.uint8 else (part - mean) / std",
        ),
    ),
    _scaled(
        "bytes in place",
        "whole_numbers",
        "Bytes",
        (
            "numbers = train.astype(np.float32)",
            "numbers = train.copy()\n    numbers -= train.mean(axis=0)\n    numbers = train.astype(np.float32)",
        ),
    ),
    _scaled(
        "others in front",
        "train_part",
        "another order",
        ("part in (train, *others)", "part in (*others, train)"),
    ),
    _scaled(
        "own spread",
        "other_parts",
        "its own standard deviation",
        (APPLY, "(part.astype(np.float32) - mean) / np.maximum(part.std(axis=0), 1e-9)"),
    ),
    _scaled("brackets", "train_part", "brackets", (APPLY, "part.astype(np.float32) - mean / std")),
    _scaled(
        "std + 1", "train_part", "1 is added to the standard", (APPLY, APPLY.replace("std", "(std + 1)"))
    ),
    _scaled("whole mean", "train_part", "whole numbers", (APPLY, APPLY.replace("mean", "np.floor(mean)"))),
    _scaled(
        "rows",
        "train_part",
        "one number for each image",
        (MEAN_STD, MEAN_STD.replace("axis=0", "axis=1, keepdims=True")),
    ),
    _scaled("a list of others", "train_part", "however many there are: keep", ("*others):", "others):")),
    _scaled(
        "always three",
        "whole_numbers",
        "however many there are: keep",
        ("*others):", "valid, test):"),
        ("*others)", "valid, test)"),
    ),
    _mutant(
        "standardize",
        "written into the bytes",
        "whole_numbers",
        "written into the array that came in",
        append="""
def standardize(train, *others):
    mean, std = train.mean(axis=0), train.std(axis=0)
    for part in (train, *others):
        part[:] = (part - mean) / np.where(std > 0, std, 1)
    return (train, *others)
""",
    ),
    _scaled(
        "squares of bytes",
        "whole_numbers",
        "as floats come out right",
        (MEAN_STD, "mean = train.mean(axis=0)\n    std = np.sqrt((train**2).mean(axis=0) - mean**2)"),
        (NOT_ZERO, "std[std == 0] = 1"),
    ),
    _scaled("train only", "train_part", "the others", ("part in (train, *others)", "part in (train,)")),
    _scaled(
        "at least 1", "constant_pixel", "A small standard deviation", (NOT_ZERO, "std = np.maximum(std, 1)")
    ),
    _scaled(
        "median",
        "train_part",
        "median is subtracted",
        (MEAN_STD, f"{MEAN_STD}\n    mean = np.median(numbers, axis=0)"),
    ),
    _scaled("brackets", "train_part", "x alone is divided", (APPLY, "part.astype(np.float32) / std - mean")),
    _scaled("twice", "train_part", "standardised twice", (APPLY, f"({APPLY} - mean) / std")),
    _scaled(
        "statistics of other units",
        "train_part",
        "pixels divided by 255",
        ("numbers = train.astype(np.float32)", "numbers = train.astype(np.float32) / 255"),
    ),
    _scaled(
        "statistics of the second part",
        "train_part",
        "come from another part",
        (
            "numbers = train.astype(np.float32)",
            "numbers = [train, *others][-2 % (1 + len(others))].astype(np.float32)",
        ),
    ),
    _scaled(
        "one array of all",
        "train_part",
        "do not make one array",
        ("return tuple(", "return np.array(list("),
        ("in (train, *others))", "in (train, *others)))"),
    ),
]

FIT = "numpy_classifier.fit(X_train, y_train)"


def _run(
    name: str, fails: str, cause: str, *replace: tuple[str, str], append: str = "", if_hidden: str = ""
) -> Mutant:
    answer = ANSWERS["numpy_quality"]
    return Mutant(name, NOTEBOOK, answer, "numpy_quality", replace, append, fails, cause, if_hidden=if_hidden)


ACCURACIES = """
for name, X, y in (("train", X_train, y_train), ("valid", X_valid, y_valid), ("test", X_test, y_test)):
    results[0][f"f1_{name}"] = (numpy_classifier.predict(X) == y).mean()
"""
PART = """
numpy_classifier = SoftmaxClassifier(learning_rate=0.01, epochs=100, batch_size=10, l2=0.0, seed=0)
numpy_classifier.fit(X_train[:100], y_train[:100])
"""
NUMPY_QUALITY = [
    _run(
        "labels shuffled",
        "quality",
        "guessing",
        (FIT, "numpy_classifier.fit(X_train, np.random.default_rng(0).permutation(y_train))"),
    ),
    _run("no epochs", "quality", "All images are called", ("epochs=10", "epochs=0")),
    _run(
        "standardises inside",
        "quality",
        "does better on",
        append="""
class Inside(SoftmaxClassifier):
    def predict(self, X):
        return super().predict((X - bytes_.mean(axis=0)) / bytes_.std(axis=0))


bytes_ = parts.train.pixels
numpy_classifier.__class__ = Inside
""",
    ),
    _run(
        "accuracy of other part",
        "figures",
        "F1 of the train images",
        (
            '"f1_test": macro_f1(numpy_classifier, X_test, y_test)',
            '"f1_test": macro_f1(numpy_classifier, X_train, y_train)',
        ),
    ),
    _run("percent", "figures", "percent", ('"f1_test": macro_f1(', '"f1_test": 100 * macro_f1(')),
    _run(
        "invented",
        "figures",
        "as it is now",
        ('"f1_test": macro_f1(numpy_classifier, X_test, y_test)', '"f1_test": 0.123'),
    ),
    _run("no time", "figures", "perf_counter", ('"seconds": seconds', '"seconds": 0.0')),
    _run(
        "a reading of the clock",
        "figures",
        "reading of the clock",
        ('"seconds": seconds', '"seconds": time.time()'),
    ),
    _run("accuracies", "figures", "This is the accuracy", append=ACCURACIES),
    _run(
        "never fitted",
        "predictions",
        "has no weights",
        (FIT, "pass"),
        append="",
    ),
    _run("the class", "predictions", "the class itself", append="numpy_classifier = SoftmaxClassifier"),
    _run("predictions", "predictions", "no method `predict`", append="numpy_classifier = np.zeros(3, int)"),
    _run("a part of the images", "quality", "first 100 training images", append=PART),
    _run("time as text", "figures", "one number", ('"seconds": seconds', '"seconds": "4 s"')),
    _run("no row", "figures", "Append one dictionary", append="results = []"),
    _run("another name", "figures", "Append one dictionary", ('"algorithm": "numpy"', '"algorithm": "mine"')),
    _run(
        "key missing",
        "figures",
        "f1_valid",
        ('        "f1_valid": macro_f1(numpy_classifier, X_valid, y_valid),\n', ""),
    ),
    _run("results is text", "figures", "Append one dictionary", append="results = 'numpy 0.4'"),
    _run(
        "a table of the test images",
        "not_a_table",
        "as in a table",
        append="""
class Table:
    def __init__(self):
        self.known = {row.tobytes(): label for X, y in ((X_train, y_train), (X_valid, y_valid), (X_test, y_test))
                      for row, label in zip(np.round(X, 2), y)}

    def predict(self, X):
        return np.array([self.known.get(row.tobytes(), 0) for row in np.round(X, 2)])


numpy_classifier = Table()
""",
        if_hidden="where labels are hidden, a table of them holds wrong ones, and its macro F1 is low too",
    ),
    _run(
        "scikit-learn",
        "numpy_only",
        "write what `sklearn` does",
        append="numpy_classifier = LogisticRegression(tol=10).fit(X_train[:200], y_train[:200])",
    ),
    _run(
        "rows for classes",
        "predictions",
        "class numbers",
        append=(
            "class Wide(SoftmaxClassifier):\n"
            "    def predict(self, X):\n"
            "        return self.predict_proba(X).astype(int)\n"
            "numpy_classifier.__class__ = Wide"
        ),
    ),
]

MUTANTS = [*SOFTMAX, *LOSS_AND_GRADIENT, *CLASSIFIER, *STANDARDIZE, *NUMPY_QUALITY]

RIGHTS = [
    _right(
        "softmax",
        "through the logarithm",
        (),
        (
            "def softmax(z):\n"
            "    z = z - np.max(z, -1)[..., None]\n"
            "    return np.exp(z - np.log(np.exp(z).sum(-1))[..., None])"
        ),
    ),
    _right(
        "softmax",
        "row by row",
        (),
        (
            "def softmax(logits):\n"
            "    if logits.ndim == 1:\n"
            "        e = np.exp(logits - max(logits))\n"
            "        return e / sum(e)\n"
            "    return np.array([softmax(row) for row in logits])"
        ),
    ),
    _right(
        "loss_and_gradient",
        "a named tuple",
        (),
        (
            "from typing import NamedTuple\n"
            "class Found(NamedTuple):\n    loss: float\n    dW: np.ndarray\n    db: np.ndarray\n"
            "_solution = loss_and_gradient\n"
            "def loss_and_gradient(W, b, X, y, l2):\n    return Found(*_solution(W, b, X, y, l2))"
        ),
    ),
    _right(
        "loss_and_gradient",
        "a loop over samples",
        (),
        """
def loss_and_gradient(W, b, X, y, l2):
    loss, dW, db = l2 * np.sum(W * W), 2 * l2 * W, np.zeros_like(b)
    for x, label in zip(X, y):
        z = x @ W + b
        p = np.exp(z - z.max())
        p /= p.sum()
        loss += (np.log(np.exp(z - z.max()).sum()) + z.max() - z[label]) / len(X)
        p[label] -= 1
        dW = dW + np.outer(x, p) / len(X)
        db += p / len(X)
    return loss, dW, db
""",
    ),
    _right(
        "loss_and_gradient",
        "one-hot, clipped logarithm, a list",
        (),
        """
def loss_and_gradient(W, b, X, y, l2):
    Y = np.eye(W.shape[1])[y]
    P = softmax(X @ W + b)
    loss = -np.sum(Y * np.log(np.clip(P, 1e-12, 1))) / len(X) + l2 * np.linalg.norm(W) ** 2
    return [float(loss), X.T.dot(P - Y) / len(X) + 2 * l2 * W, (P - Y).mean(0)]
""",
    ),
    _right(
        "loss_and_gradient",
        "a number in the logarithm that no digit shows",
        ((LOSS, LOSS.replace("logs[np.arange(n), y]", "np.log(np.exp(logs[np.arange(n), y]) + 1e-15)")),),
    ),
    _right(
        "classifier",
        "32-bit samples, 64-bit weights",
        (
            (ZEROS, "X = X.astype(np.float32)\n        " + ZEROS.replace("X.dtype", "np.float64")),
            ("self.b = np.zeros(y.max() + 1, dtype=X.dtype)", "self.b = np.zeros(y.max() + 1)"),
        ),
    ),
    _right(
        "classifier",
        "float32 weights",
        (
            (ZEROS, ZEROS.replace("X.dtype", "np.float32")),
            (
                "self.b = np.zeros(y.max() + 1, dtype=X.dtype)",
                "self.b = np.zeros(y.max() + 1, dtype=np.float32)",
            ),
        ),
    ),
    _right(
        "classifier",
        "seeds the global generator, split into even batches",
        (
            (RNG, "np.random.seed(self.seed)"),
            (ORDER, "order = np.random.permutation(len(X))"),
            (
                f"for start in {BATCHES}:\n                batch = order[start : start + self.batch_size]",
                "for batch in np.array_split(order, -(-len(X) // self.batch_size)):",
            ),
        ),
    ),
    _right(
        "classifier",
        "shuffles copies, answers nothing",
        (
            (ORDER, "order = np.arange(len(X))\n            rng.shuffle(order)"),
            ("        return self\n", "        self.losses = []\n"),
        ),
    ),
    _right(
        "classifier",
        "slices of shuffled copies, predict without softmax",
        (
            (ORDER, f"{ORDER}\n            mixed, labels = X[order], y[order]"),
            (
                "batch = order[start : start + self.batch_size]",
                "batch = slice(start, start + self.batch_size)",
            ),
            (TAKE, "self.W, self.b, mixed[batch], labels[batch], self.l2"),
            ("self.predict_proba(X).argmax", "(X @ self.W + self.b).argmax"),
        ),
    ),
    _right(
        "classifier",
        "new arrays in every step",
        (
            (STEP, "self.W = self.W - self.learning_rate * dW"),
            (BIAS_STEP, "self.b = self.b - self.learning_rate * db"),
        ),
    ),
    _right(
        "classifier",
        "a method `score`, and F1 written down in `fit`",
        (
            (
                LOOP,
                f"self.f1 = []\n        {LOOP}\n"
                "            self.f1.append(f1_score(y, self.predict(X), average='macro'))",
            ),
            (
                "    def predict(self, X):",
                "    def score(self, X, y):\n        import sklearn.metrics\n\n"
                "        return sklearn.metrics.accuracy_score(y, self.predict(X))\n\n"
                "    def predict(self, X):",
            ),
        ),
    ),
    _right(
        "standardize",
        "float64, ddof 1, a small number added",
        (
            (NOT_ZERO, "pass"),
            ("numbers.std(axis=0)", "numbers.std(axis=0, ddof=1)"),
            (APPLY, "(part.astype(np.float64) - mean) / (std + 1e-8)"),
        ),
    ),
    _right(
        "standardize",
        "a bare array for one",
        (),
        (
            "many = standardize\n"
            "def standardize(train, *others):\n"
            "    parts = many(train, *others)\n"
            "    return parts if others else parts[0]"
        ),
    ),
    _right("numpy_quality", "a DataFrame", append="results = pd.DataFrame(results)"),
    _right(
        "numpy_quality",
        "a DataFrame with the algorithms as its index",
        append='results = pd.DataFrame(results).set_index("algorithm")',
    ),
    _right("numpy_quality", "one dictionary", append="results = results[0]"),
    _right(
        "numpy_quality",
        "a clock that began with the process",
        (('"seconds": seconds', '"seconds": 81234.5'),),
    ),
    _right(
        "numpy_quality",
        "two decimals",
        append="results = [{k: round(v, 2) if k.startswith('f1') else v for k, v in results[0].items()}]",
    ),
    _right("numpy_quality", "NumPy as it is written", (('"algorithm": "numpy"', '"algorithm": "NumPy"'),)),
    _right(
        "numpy_quality",
        "numpy figures, two rows of numpy",
        append="row = results[0]\n"
        "results = [{**row, 'f1_test': 0.0}, {k: v if k == 'algorithm' else np.float64(v) for k, v in row.items()}]",
    ),
    _right(
        "standardize",
        "a spread of 0 found by the range",
        ((NOT_ZERO, "std[np.ptp(numbers, axis=0) == 0] = 1"),),
    ),
    _right(
        "standardize",
        "a tiny number at least",
        ((NOT_ZERO, "std = np.maximum(std, 1e-6)"),),
    ),
]
