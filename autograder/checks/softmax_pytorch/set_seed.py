"""Judge of ``check_set_seed``: one function that makes a run repeatable."""

from __future__ import annotations

import numpy as np

from autograder.checks.answer import wrong
from autograder.checks.check import Check, Exam

CHECK = Check(
    id="check_set_seed",
    title="One seed for every generator",
    points=0.25,
    answer="set_seed",
    subjects=("set_seed",),
    module=__name__,
)
DRAWS = 3
TRIED = "`set_seed(seed)`, three draws; the same seed again after other draws; then another seed"


def _draws(exam: Exam, generator: str) -> np.ndarray:
    """Three draws after each of the calls set_seed(a), set_seed(a), set_seed(b); asked for once."""
    if "answer" not in exam.memory:
        a, b, *before = (int(s) for s in exam.rng.choice(2**31, size=5, replace=False))
        exam.memory["answer"] = exam.ask("draws", seeds=[a, a, b], before=before)
    return exam.memory["answer"][generator].array("the draws", (3, DRAWS), tried=TRIED)


def _require_seeded(exam: Exam, generator: str, name: str, remedy: str) -> None:
    first, again, other = _draws(exam, generator)
    if not np.array_equal(first, again):
        raise wrong(
            TRIED,
            f"other numbers from {name} after the same seed",
            "the same numbers after the same seed",
            remedy,
            "`set_seed`",
        )
    if np.array_equal(first, other):
        raise wrong(
            TRIED,
            f"the same numbers from {name} after two different seeds",
            "other numbers after another seed",
            f"The argument is not used here: {remedy[:1].lower()}{remedy[1:]}",
            "`set_seed`",
        )


@CHECK.criterion("Python's `random` repeats its draws")
def python_generator(exam: Exam) -> None:
    _require_seeded(exam, "random", "`random`", "Call `random.seed(seed)`.")


@CHECK.criterion("numpy's global generator repeats its draws")
def numpy_generator(exam: Exam) -> None:
    _require_seeded(
        exam,
        "numpy",
        "numpy",
        "Call `np.random.seed(seed)`: it sets the global generator, `default_rng` would make a new one.",
    )


@CHECK.criterion("torch repeats its draws, on CUDA too where there is a GPU")
def torch_generator(exam: Exam) -> None:
    _require_seeded(exam, "torch", "torch", "Call `torch.manual_seed(seed)`.")
    if exam.memory["answer"]["has_cuda"].flag():
        _require_seeded(exam, "cuda", "CUDA", "Call `torch.cuda.manual_seed_all(seed)`.")


@CHECK.criterion("cuDNN is asked for deterministic algorithms", needs=["torch_generator"])
def deterministic(exam: Exam) -> None:
    if not exam.memory["answer"]["deterministic"].flag():
        raise wrong(
            TRIED,
            "`torch.backends.cudnn.deterministic` is still False",
            "True",
            "On a GPU the fastest convolution may differ from run to run: set "
            "`torch.backends.cudnn.deterministic = True`.",
            "`set_seed`",
        )
