"""Tell a method that is misspelt, or stands in the wrong place, from one that is not written yet."""

from __future__ import annotations

import difflib

from autograder.checks.answer import wrong
from autograder.checks.check import Exam

LAYER = ("forward", "backward", "update")
CLASSIFIER = ("fit", "predict_proba", "predict")


def require_methods(exam: Exam, owner: str, *names: str, tried: str) -> None:
    """Raise `Wrong` when the student's class does not define one of the methods itself.

    Parameters
    ----------
    exam : Exam
        To ask; it remembers the answer.
    owner : str
        The name of the class.
    *names : str
        The methods, in the order in which they are needed.
    tried : str
        For the card of an error in the constructor.
    """
    for name in names:
        if name in missing_methods(exam, tried):
            near = near_method(exam, name, tried)
            raise wrong(
                tried,
                f"`{owner}` has no `{name}` of its own",
                f"a method `{name}` in `class {owner}`",
                f"`{owner}` has a method `{near}`: is `{name}` meant?"
                if near
                else f"See how `{name}` is spelt, and that its `def` is indented one step below `class {owner}`, not "
                "inside another method.",
                f"`class {owner}`",
            )


def missing_methods(exam: Exam, tried: str) -> list[str]:
    """Methods that the class does not define itself; one of `Module` alone does not count."""
    if "methods" not in exam.memory:
        exam.memory["methods"] = exam.ask("methods", tried=tried)
    return list(exam.memory["methods"]["missing"].texts())


def near_method(exam: Exam, name: str, tried: str) -> str:
    """A method of the class that has nearly this name; empty where there is none."""
    others = [
        own for own in exam.ask("own_methods", tried=tried)["own"].texts() if own not in (*LAYER, *CLASSIFIER)
    ]
    return next(iter(difflib.get_close_matches(name, others, 1, 0.6)), "")
