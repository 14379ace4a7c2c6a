"""Judge of ``check_mlp_predict``: probabilities are the softmax of the logits, labels their argmax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autograder.checks import raised
from autograder.checks.answer import Value, Wrong, wrong
from autograder.checks.backprop_numpy._methods import require_methods
from autograder.checks.backprop_numpy._mlp import (
    CLASSES,
    FEATURES,
    HIDDEN,
    OF_LAYERS,
    Network,
    draw_network,
    draw_samples,
)
from autograder.checks.backprop_numpy._numpy_only import require_numpy_only_with_parts
from autograder.checks.backprop_numpy._reading import INTEGERS, finite_array, values
from autograder.checks.check import Check, Exam
from autograder.checks.compare import SAME, relative_error, require_close
from autograder.checks.gradients import KEY_LIMIT
from autograder.checks.probabilities import rounded
from autograder.checks.result import Finding, Status

CHECK = Check(
    id="check_mlp_predict",
    title="Predictions of the network",
    points=0.75,
    answer="mlp_classifier",
    subjects=("MLPClassifier",),
    module=__name__,
    begins="class MLPClassifier",
)
N, MORE = 17, 67
TRIED = f"a network {FEATURES} → {HIDDEN} → {CLASSES} on {N} samples"
PROBABILITIES, LABELS = "`MLPClassifier.predict_proba`", "`MLPClassifier.predict`"
AFTER_FIT = (
    "Predictions were judged before any `fit`; after one they could not be, since `fit` is not done yet or ends with "
    "an error: see `check.mlp_fit`."
)
ERRORS = (
    *OF_LAYERS,
    (
        raised.SHAPES,
        "Two arrays do not fit: each layer takes what the one before it gave, `X = module.forward(X)`, from the first "
        "layer to the last.",
    ),
)
"""What an error in a prediction is likely due to."""
REMEMBERED = (
    "This is the answer from before the `fit`, for these samples: keep no answers, and go through the layers in every "
    "prediction."
)
SUBTRACT = "exp overflows at large logits: use your `Softmax`, which subtracts each row's maximum."


def _softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def _question(
    exam: Exam, network: Network, X: Sequence[np.ndarray], method: str, if_error: str = ""
) -> list[np.ndarray]:
    """Predict each set of samples, before any `fit`; where the classifier refuses that, after one."""
    training = draw_samples(exam, 7)
    refuses = f"{method} before fit"
    try:
        return _predicted(exam, network, X, method, training, if_error, is_fitted=refuses in exam.memory)
    except Wrong as problem:
        if refuses in exam.memory or problem.status not in (Status.ERROR, Status.NOT_DONE, Status.FAILED):
            raise
        if "'predict_proba'" in problem.finding.got:  # called by `predict`, and not there
            require_methods(exam, "MLPClassifier", "predict_proba", tried=TRIED)
        try:
            found = _predicted(exam, network, X, method, training, if_error, is_fitted=True)
        except Wrong as another:
            if another.finding.got != problem.finding.got and not _can_fit(exam, network, *training):
                exam.note = AFTER_FIT
            raise problem from another
        exam.memory[refuses] = True
        return found


def _predicted(
    exam: Exam,
    network: Network,
    X: Sequence[np.ndarray],
    method: str,
    training: tuple[np.ndarray, np.ndarray],
    if_error: str,
    *,
    is_fitted: bool,
    other_W: Sequence[np.ndarray] = (),
) -> list[np.ndarray]:
    """Predict each set of samples and check the shapes; what became of samples and weights is remembered."""
    X_train, y_train = training
    answer = exam.ask(
        "predict",
        tried=TRIED,
        if_error=if_error or ERRORS,
        W=list(network.W),
        b=list(network.b),
        X_train=X_train,
        y_train=y_train,
        X=list(X),
        method=method,
        is_fitted=is_fitted,
        other_W=list(other_W),
    )
    exam.memory[method] = (list(X), values(answer["X_after"], len(X)))
    exam.memory[f"{method} W"] = (list(network.W), values(answer["W_after"], len(network.W)))
    read = _labels if method == "predict" else _probabilities
    pairs = zip(values(answer["answers"], len(X)), X, strict=True)
    return [read(value, len(samples)) for value, samples in pairs]


def _can_fit(exam: Exam, network: Network, X_train: np.ndarray, y_train: np.ndarray) -> bool:
    """Whether `fit` ends without an error."""
    try:
        exam.ask("fit", W=list(network.W), b=list(network.b), X_train=X_train, y_train=y_train)
    except Wrong:
        return False
    return True


def _probabilities(value: Value, n: int) -> np.ndarray:
    return finite_array(
        value,
        "`predict_proba(X)`",
        (n, CLASSES),
        tried=TRIED,
        not_finite=SUBTRACT,
        shape_causes={
            (n,): "One number for each sample came: a row of probabilities, one for each class, is wanted.",
            (CLASSES, n): "The shape is the other way round: rows are samples, columns classes.",
            (CLASSES,): "One row came for all: rows are samples, columns classes.",
            **{(rows, CLASSES): "Rows are missing: every sample of X has one." for rows in range(1, n)},
        },
    )


def _labels(value: Value, n: int) -> np.ndarray:
    return value.array(
        "`predict(X)`",
        (n,),
        INTEGERS,
        tried=TRIED,
        shape_causes={
            (n, CLASSES): "Probabilities or one-hot rows came: take `argmax(axis=1)`.",
            (n, 1): "A column came: `argmax(axis=1)` without `keepdims` gives the shape (n,).",
            (CLASSES,): "The argmax was taken down the columns: `argmax(axis=1)`.",
            (): "One number came for all samples: `argmax(axis=1)` gives one for each.",
        },
    )


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only_with_parts(exam, "MLPClassifier")


@CHECK.criterion("`predict_proba` is the softmax of the logits, (n, classes)", weight=2)
def probabilities(exam: Exam) -> Finding:
    require_methods(exam, "MLPClassifier", "predict_proba", tried=TRIED)
    network, (X, _) = draw_network(exam), draw_samples(exam, N)
    logits = network.logits(X)
    p = _softmax(logits)
    came = _question(exam, network, [X], "predict_proba")[0]
    try:
        return _require_softmax(came, network, X, logits, p)
    except Wrong as problem:
        raise _laid_to_softmax(exam, problem, came, logits) from problem


def _laid_to_softmax(exam: Exam, problem: Wrong, came: np.ndarray, logits: np.ndarray) -> Wrong:
    """The same problem, laid to `Softmax` where that by itself answers what came."""
    try:
        answer = exam.ask("softmax_alone", logits=logits)
        alone = answer["probabilities"].array("`forward`", came.shape)
    except Wrong:
        return problem
    if relative_error(came, alone) > SAME:
        return problem
    cause = problem.finding.cause
    if not problem.finding.recognised:
        cause = (
            "`Softmax` answers this, and `predict_proba` hands it on as it should: mend `Softmax`, whose own card says "
            "more, and then check again."
        )
    return Wrong(replace(problem.finding, cause=cause, where="`Softmax`", recognised=True))


def _require_softmax(
    came: np.ndarray, network: Network, X: np.ndarray, logits: np.ndarray, p: np.ndarray
) -> Finding:
    e = np.exp(logits)
    return require_close(
        "`predict_proba(X)`",
        came,
        p,
        KEY_LIMIT,
        tried=TRIED,
        where=PROBABILITIES,
        candidates=[
            (logits, "These are the logits: the softmax is missing."),
            (
                logits / logits.sum(axis=1, keepdims=True),
                "The logits are divided by their sum, without `np.exp`: probabilities are their softmax.",
            ),
            (_softmax(p), "Softmax is applied twice: the layers end with logits, apply it once."),
            *(
                (
                    _softmax(network.logits(scaled)),
                    "X is scaled by itself: give its rows to the first layer as they are.",
                )
                for scaled in (
                    X - X.mean(axis=0),
                    (X - X.mean(axis=0)) / X.std(axis=0),
                    X / X.max(),
                    X / X.std(),
                )
            ),
            (e / e.sum(axis=0), "Columns sum to 1, rows do not: the softmax of each row, `axis=1`."),
            (e / e.sum(), "The whole batch sums to 1: each row must, `axis=1, keepdims=True`."),
            (np.log(p), "These are log-probabilities: answer the probabilities themselves."),
            (1 / (1 + np.exp(-logits)), "This is the sigmoid of the logits: take the softmax of each row."),
            (np.eye(CLASSES)[logits.argmax(axis=1)], "One-hot rows came: answer the probabilities."),
            *rounded(p),
        ],
        hint="Go forward through all layers, then through a `Softmax`.",
    )


@CHECK.criterion("probabilities are finite for logits of ±10,000", needs=["probabilities"], weight=1)
def stable(exam: Exam) -> Finding:
    network, (X, _) = draw_network(exam), draw_samples(exam, N)
    large = Network((network.W[0], 1e4 * network.W[1]), network.b)
    p = _question(exam, large, [X], "predict_proba")[0]
    expected = _softmax(large.logits(X))
    return require_close(
        "`predict_proba(X)`", p, expected, 1e-6, tried=TRIED, where=PROBABILITIES, cause=SUBTRACT
    )


@CHECK.criterion("`predict` is the class of the largest probability, as integers (n,)", weight=2)
def labels(exam: Exam) -> None:
    require_methods(exam, "MLPClassifier", "predict", tried=TRIED)
    network, (X, _) = draw_network(exam), draw_samples(exam, N)
    network = Network(network.W, (network.b[0], np.zeros(CLASSES)))
    logits = network.logits(X)
    try:
        came = _question(exam, network, [X], "predict")[0]
    except Wrong as problem:
        exam.memory["labels"] = problem.finding.cause
        raise
    expected = logits.argmax(axis=1)
    if np.array_equal(came, expected):
        return
    cause = "Take `predict_proba(X).argmax(axis=1)`."
    if np.array_equal(came, logits.argmin(axis=1)):
        cause = "This is the smallest probability: `argmax`, not `argmin`."
    elif np.array_equal(came, expected + 1):
        cause = "Classes are numbered from 0."
    elif came.any() and np.array_equal(came, _softmax(logits)[:, 1] > 0.5):
        cause = (
            f"A threshold of 0.5 on the second column tells two classes at most: there are {CLASSES}. {cause}"
        )
    elif not came.any():
        cause = (
            "Class 0 came for every sample: turning probabilities into integers gives 0, and so may a threshold of 0.5 "
            f"where there are more than two classes. {cause}"
        )
    raise wrong(
        TRIED,
        f"{int((came != expected).sum())} of {N} labels differ: {came[:5].tolist()} …",
        f"{expected[:5].tolist()} …",
        cause,
        LABELS,
    )


@CHECK.criterion("a single sample, (1, features), works", weight=1)
def single(exam: Exam) -> None:
    require_methods(exam, "MLPClassifier", "predict_proba", "predict", tried=TRIED)
    network, (X, _) = draw_network(exam), draw_samples(exam, N)
    cause = (
        "Something removes an axis of length 1, as `squeeze` does: X of shape (1, features) is a batch too."
    )
    X = X[:1]
    tried = "one sample, of shape (1, features)"
    try:
        p = _question(exam, network, [X], "predict_proba", cause)[0]
        label = _question(exam, network, [X], "predict", cause)[0]
    except Wrong as problem:
        if problem.status is Status.FAILED:
            known = exam.memory.get("labels", "")
            raise wrong(tried, problem.finding.got, problem.finding.expected, known or cause) from problem
        raise
    expected = _softmax(network.logits(X))
    if relative_error(p, expected) > 1e-6 and abs(float(p.sum()) - 1) > 1e-6:
        raise wrong(tried, f"probabilities that sum to {p.sum():.4g}", "1", "", PROBABILITIES)
    if label[0] != p.argmax():
        raise wrong(
            tried, f"label {label[0]}", f"{p.argmax()}, the largest of {np.round(p[0], 3)}", "", LABELS
        )


@CHECK.criterion("a prediction depends on its own sample only", needs=["probabilities"], weight=0.5)
def independent(exam: Exam) -> None:
    network, (X, _) = draw_network(exam), draw_samples(exam, MORE)
    order = exam.rng.permutation(MORE)
    whole, other, part = _question(exam, network, [X, X[order], X[:5]], "predict_proba")
    if relative_error(other, whole[order]) > KEY_LIMIT or relative_error(part, whole[:5]) > KEY_LIMIT:
        raise wrong(
            "the same samples in another order, and five of them alone",
            "other probabilities",
            "the same for the same sample",
            "Nothing of the batch may enter a prediction: no mean, maximum or standard deviation over its samples.",
            PROBABILITIES,
        )


@CHECK.criterion("`X` and the weights are left as they were", needs=["probabilities", "labels"], weight=0.5)
def inputs_unchanged(exam: Exam) -> None:
    for method in ("predict_proba", "predict"):
        given, after = exam.memory[method]
        for X, value in zip(given, after, strict=True):
            if not isinstance(value.data, np.ndarray) or not np.array_equal(value.data, X):
                raise wrong(
                    TRIED,
                    "`X` itself was changed",
                    "arguments that stay as they are",
                    "An operator such as `+=` or `-=` works in place: write `X = X − …`, or copy first.",
                )
        given, after = exam.memory[f"{method} W"]
        for W, value in zip(given, after, strict=True):
            if not isinstance(value.data, np.ndarray) or not np.array_equal(value.data, W):
                raise wrong(
                    TRIED,
                    f"`{method}` changed the weights of a layer",
                    "weights that stay as they are",
                    f"Only `fit` trains: let `{method}` call `forward` of the layers, and change nothing in them.",
                )


@CHECK.criterion("predictions after a `fit` too", needs=["probabilities", "labels"], weight=0.5)
def after_fit(exam: Exam) -> None:
    network, (X, _) = draw_network(exam), draw_samples(exam, N)
    X_train, y_train = draw_samples(exam, 7)
    y_train[y_train == 1] = 0
    before = Network(tuple(exam.rng.normal(size=W.shape) for W in network.W), network.b)
    tried = (
        f"{TRIED}, predicted before, then a `fit` on labels without class 1, then again with the weights of the layers "
        "set anew"
    )
    cause = (
        "The layers and their weights alone decide, and the width of the logits is the "
        "number of classes: nothing else that `fit` stores, or did to the list of layers, may enter a prediction."
    )
    try:
        p, came = (
            _predicted(
                exam, network, [X], method, (X_train, y_train), cause, is_fitted=True, other_W=before.W
            )[0]
            for method in ("predict_proba", "predict")
        )
    except Wrong as problem:
        if problem.status is not Status.FAILED and not _can_fit(exam, network, X_train, y_train):
            exam.note = AFTER_FIT
            return
        raise
    expected = _softmax(network.logits(X))
    require_close(
        "`predict_proba(X)`",
        p,
        expected,
        KEY_LIMIT,
        tried=tried,
        where=PROBABILITIES,
        candidates=[(_softmax(before.logits(X)), REMEMBERED)],
        cause=cause,
    )
    if not np.array_equal(came, p.argmax(axis=1)):
        is_old = np.array_equal(came, before.logits(X).argmax(axis=1))
        raise wrong(
            tried,
            f"{int((came != p.argmax(axis=1)).sum())} of {N} labels differ: {came[:5].tolist()} …",
            f"{p.argmax(axis=1)[:5].tolist()} …",
            REMEMBERED if is_old else cause,
            LABELS,
        )
