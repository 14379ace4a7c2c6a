"""Judge of ``check_moons``: a fitted classifier on fresh samples of two moons."""

from __future__ import annotations

from autograder.checks.answer import wrong
from autograder.checks.backprop_numpy._fitted import (
    SETS,
    THRESHOLD,
    N,
    ask_labels,
    draw_sets,
    low_accuracy_cause,
    require_own_layers,
    require_same_labels,
)
from autograder.checks.backprop_numpy._numpy_only import require_numpy_only
from autograder.checks.check import Check, Exam

CHECK = Check(
    id="check_moons",
    title="Two moons",
    points=1.0,
    answer="moons",
    subjects=("moons_classifier",),
    module=__name__,
    begins="moons_classifier",
    if_absent="Not done yet: leave a fitted classifier in `moons_classifier`, and run its cell to the end. If you did, "
    "it was given what `fit` answers, which is nothing: name the classifier in one line, and call `fit` in the next.",
)
CLASSES = 2
LINE = 0.9
"""A straight line reaches 0.87 to 0.89; a network that bends is well above this."""
NEARLY_A_LINE = 0.84
TRIED = f"`moons_classifier.predict` on {SETS} fresh samples of {N} points each"
STRAIGHT = (
    "That is no better than a straight line (0.87 to 0.89), the boundary hardly bends: with a small alpha, few "
    "epochs, or without a `ReLU` between two linear layers it does not. Take a larger alpha, or more epochs."
)


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only(exam, "moons_classifier")


@CHECK.criterion("`predict` answers class numbers 0 and 1, shape (n,)", weight=0)
def labels(exam: Exam) -> None:
    X, y = draw_sets(exam, "moons")
    exam.memory["samples"] = X, y, ask_labels(exam, X, CLASSES, TRIED)


@CHECK.criterion("a sample's label does not depend on the other samples", needs=["labels"], weight=0)
def same_labels(exam: Exam) -> None:
    X, _, came = exam.memory["samples"]
    require_same_labels(exam, X, came, CLASSES, TRIED)


@CHECK.criterion("`predict` is what the layers of the classifier give", needs=["same_labels"], weight=0)
def own_layers(exam: Exam) -> None:
    X, _, came = exam.memory["samples"]
    require_own_layers(exam, X, came, CLASSES, TRIED)


@CHECK.criterion("accuracy above 0.85 on fresh samples", needs=["own_layers"], weight=1)
def accuracy(exam: Exam) -> None:
    X, y, came = exam.memory["samples"]
    reached = float((came == y).mean())
    exam.note = f"Accuracy on fresh samples: {reached:.3f}."
    if reached <= THRESHOLD:
        cause = low_accuracy_cause(exam, X, came, y, CLASSES)
        if not cause and reached > NEARLY_A_LINE:
            cause = STRAIGHT
        raise wrong(
            TRIED,
            f"accuracy {reached:.3f}",
            f"above {THRESHOLD}",
            cause,
            hint="Mend first what a check further up finds. Was it fitted, in a cell that ran to its end? If so, try "
            "another alpha, more epochs or more neurons; samples are given as they are, so any scaling must be a layer "
            "of the network.",
        )
    if reached < LINE:
        exam.note += " " + STRAIGHT
