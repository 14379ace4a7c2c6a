"""Judge of ``check_set_seed``: one function that makes a run repeatable.

What a generator draws after a seed is known: the draws are compared with those of a generator that was
seeded here, so that numbers made up beside the student's code are worth nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import numpy as np
import torch

from autograder.checks.answer import Answer, wrong
from autograder.checks.check import Check, Exam
from autograder.checks.hidden import require_nothing_hidden
from autograder.checks.raised import Causes

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
ERRORS: Causes = (
    (
        re.compile(
            r"^AttributeError: module '(random|numpy|numpy\.random|torch|torch\.random|torch\.cuda)' .* '\w*seed\w*'"
        ),
        "Each library has a name of its own for this: `random.seed`, `np.random.seed`, `torch.manual_seed`, "
        "`torch.cuda.manual_seed_all`.",
    ),
    (
        re.compile(r"^TypeError: seed\(\) takes 0 positional arguments"),
        "`torch.seed()` draws a seed of its own and takes none: call `torch.manual_seed(seed)`.",
    ),
)


def _answer(exam: Exam) -> Answer:
    """What came of the calls set_seed(a), set_seed(a), set_seed(b); asked for once."""
    if "answer" not in exam.memory:
        a, b, *before = (int(s) for s in exam.rng.choice(2**31, size=5, replace=False))
        exam.memory["seeds"] = [a, a, b]
        exam.memory["answer"] = exam.ask(
            "draws", tried=TRIED, if_error=ERRORS, seeds=[a, a, b], before=before
        )
    answer: Answer = exam.memory["answer"]
    if "replaced" in answer:
        name = answer["replaced"].texts()[0]
        raise wrong(
            TRIED,
            f"`{name}` is no function any more",
            f"a call of `{name}`",
            f"An assignment, `{name} = …`, replaces the function of the library: write `{name}(seed)`, restart the "
            "kernel, which brings the function back, and run the cells again.",
            "`set_seed`",
        )
    return answer


def _draws(exam: Exam, generator: str) -> np.ndarray:
    """Three draws after each of the calls."""
    return _answer(exam)[generator].array("the draws", (3, DRAWS), tried=TRIED)


def _require_seeded(
    exam: Exam,
    generator: str,
    name: str,
    call: str,
    known: Callable[[int], np.ndarray] | None,
    more: str = "",
) -> None:
    """Raise `Wrong` unless the draws repeat, and are those that the seeds give where that is `known`."""
    drawn = _draws(exam, generator)
    first, again, other = drawn
    if not np.array_equal(first, again):
        raise wrong(
            TRIED,
            f"other numbers from {name} after the same seed",
            "the same numbers after the same seed",
            f"{name[0].upper()}{name[1:]} is not seeded: call {call}." + more,
            "`set_seed`",
        )
    if np.array_equal(first, other):
        raise wrong(
            TRIED,
            f"the same numbers from {name} after two different seeds",
            "other numbers after another seed",
            f"The argument is not used here: call {call}." + more,
            "`set_seed`",
        )
    if known is not None and not np.array_equal(drawn, [known(seed) for seed in exam.memory["seeds"]]):
        raise wrong(
            TRIED,
            f"numbers from {name} that repeat, but are not those that it gives after {call}",
            f"the numbers that {name} gives after {call}",
            f"Another number than `seed` is handed on, or something is drawn after seeding: let {call} be the "
            f"last that `set_seed` does with {name}.",
            "`set_seed`",
        )


@CHECK.criterion("Python's `random` repeats its draws")
def python_generator(exam: Exam) -> None:
    def known(seed: int) -> np.ndarray:
        seeded = random.Random(seed)
        return np.array([seeded.random() for _ in range(DRAWS)])

    _require_seeded(exam, "random", "`random`", "`random.seed(seed)`", known)


@CHECK.criterion("numpy's global generator repeats its draws")
def numpy_generator(exam: Exam) -> None:
    _require_seeded(
        exam,
        "numpy",
        "numpy's global generator",
        "`np.random.seed(seed)`",
        lambda seed: np.random.RandomState(seed).random_sample(DRAWS),
        " `default_rng` would make a new generator.",
    )


@CHECK.criterion("torch repeats its draws, on CUDA too where there is a GPU")
def torch_generator(exam: Exam) -> None:
    def known(seed: int) -> np.ndarray:
        seeded = torch.Generator().manual_seed(seed)
        return torch.rand(DRAWS, dtype=torch.float64, generator=seeded).numpy()

    _require_seeded(exam, "torch", "torch", "`torch.manual_seed(seed)`", known)
    if _answer(exam)["has_cuda"].flag():
        # Grading has no GPU in view; in the notebook the draws need only repeat.
        _require_seeded(exam, "cuda", "CUDA", "`torch.cuda.manual_seed_all(seed)`", None)


@CHECK.criterion("cuDNN is asked for deterministic algorithms")
def deterministic(exam: Exam) -> None:
    if not _answer(exam)["deterministic"].flag():
        raise wrong(
            TRIED,
            "`torch.backends.cudnn.deterministic` is still False",
            "True",
            "On a GPU the fastest convolution may differ from run to run: set "
            "`torch.backends.cudnn.deterministic = True`.",
            "`set_seed`",
        )
    require_nothing_hidden(exam)
