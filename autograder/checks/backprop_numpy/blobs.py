"""Judge of ``check_blobs``: a fitted classifier on fresh samples of three blobs."""

from __future__ import annotations

from autograder.checks.answer import wrong
from autograder.checks.backprop_numpy._fitted import (
    SETS,
    THRESHOLD,
    N,
    ask_labels,
    draw_sets,
    look,
    low_accuracy_cause,
    require_own_layers,
    require_same_labels,
)
from autograder.checks.backprop_numpy._numpy_only import require_numpy_only
from autograder.checks.check import Check, Exam

CHECK = Check(
    id="check_blobs",
    title="Three blobs",
    points=1.0,
    answer="blobs",
    subjects=("blobs_classifier",),
    module=__name__,
    begins="blobs_classifier",
    if_absent="Not done yet: leave a fitted classifier in `blobs_classifier`, and run its cell to the end. If you did, "
    "it was given what `fit` answers, which is nothing: name the classifier in one line, and call `fit` in the next.",
)
CLASSES = 3
TRIED = f"`blobs_classifier.predict` on {SETS} fresh samples of {N} points each"


@CHECK.criterion("numpy only", weight=0, required=True)
def numpy_only(exam: Exam) -> None:
    require_numpy_only(exam, "blobs_classifier")


@CHECK.criterion("`predict` answers class numbers 0, 1 and 2, shape (n,)", weight=0)
def labels(exam: Exam) -> None:
    X, y = draw_sets(exam, "blobs")
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
        if not cause and not (came == CLASSES - 1).any():
            width = look(exam, X).width
            if width == CLASSES:
                cause = (
                    "Class 2 never comes, and the last layer has three outputs. Where a check further up is not "
                    'passed, mend that first; if all are: was it fitted on `*train["blobs"]`, whose labels are 0, 1 '
                    "and 2?"
                )
            elif width:
                cause = "Class 2 never comes: the last layer needs three outputs, one for each blob."
        raise wrong(
            TRIED,
            f"accuracy {reached:.3f}",
            f"above {THRESHOLD}",
            cause,
            hint="Mend first what a check further up finds. Was it fitted, in a cell that ran to its end? If so, try "
            "another alpha or more epochs, and print the training loss; samples are given as they are, so any scaling "
            "must be a layer of the network.",
        )
