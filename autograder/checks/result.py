"""What a check comes to: closed statuses, criteria, points, and the result shown in the notebook."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How a criterion or a check ended; there is no other way."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_DONE = "not_done"
    NOT_TRIED = "not_tried"
    ERROR = "error"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    MALFORMED = "malformed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Finding:
    """What a criterion saw, in the words of the card.

    Attributes
    ----------
    tried, got, expected : str
        The question put to the answer, what came back, and what should have.
    cause : str
        The likely mistake and its remedy, one or two sentences.
    recognised : bool
        Whether `cause` is a mistake that gives what came; else it only says how the line should go.
    where : str
        The cell or method to look at.
    relative_error, limit : float or None
        The worst relative error that was measured, and the largest that passes.
    """

    tried: str = ""
    got: str = ""
    expected: str = ""
    cause: str = ""
    where: str = ""
    relative_error: float | None = None
    limit: float | None = None
    recognised: bool = True


FINDING_LIMIT = 2_000


def printable(text: str, limit: int) -> str:
    """Cut a text; what is neither seen nor a space (control characters, line separators) becomes a question mark."""
    return "".join(c if c.isprintable() or unicodedata.category(c) == "Zs" else "?" for c in text[:limit])


def printable_finding(finding: Finding) -> Finding:
    """Make a finding, which may quote the student's code, fit to be shown and stored."""
    values = {field_.name: getattr(finding, field_.name) for field_ in fields(finding)}
    texts: dict[str, Any] = {k: printable(v, FINDING_LIMIT) for k, v in values.items() if isinstance(v, str)}
    return replace(finding, **texts)


@dataclass(frozen=True)
class CriterionResult:
    """Verdict on one criterion of a check."""

    id: str
    title: str
    weight: float
    status: Status
    finding: Finding = field(default_factory=Finding)

    @property
    def passed(self) -> bool:
        """Whether the criterion is met."""
        return self.status is Status.PASSED


@dataclass(frozen=True)
class CheckResult:
    """Verdict on one check, and what the notebook displays.

    Its ``repr`` is the number of points, which is what nbgrader reads; its HTML is the card; its
    ``str`` is the card as plain text.

    Attributes
    ----------
    id : str
        The ``grade_id`` of the check cell, as ``check_linear``.
    title : str
        What is checked, for people.
    max_points : float
        What the check is worth.
    criteria : tuple of CriterionResult
        In the order in which they were judged.
    required : frozenset of str
        Criteria without which the check earns nothing.
    note : str
        A sentence for the card that belongs to no criterion.
    measured : dict of str to float
        Metrics of a trained model by name, as ``{"accuracy": 0.81}``.
    """

    id: str
    title: str
    max_points: float
    criteria: tuple[CriterionResult, ...]
    required: frozenset[str] = frozenset()
    note: str = ""
    measured: dict[str, float] = field(default_factory=dict)

    @property
    def points(self) -> float:
        """Points earned: the weight of the passed criteria, in [0, `max_points`]."""
        if any(c.id in self.required and not c.passed for c in self.criteria):
            return 0.0
        total = math.fsum(c.weight for c in self.criteria)
        earned = math.fsum(c.weight for c in self.criteria if c.passed)
        if earned == total:
            return float(self.max_points)
        return round(self.max_points * earned / total, 4)

    @property
    def status(self) -> Status:
        """Passed when every criterion is; else what became of the first that is not."""
        for criterion in self.criteria:
            if not criterion.passed and criterion.status is not Status.NOT_TRIED:
                return criterion.status
        return Status.PASSED

    @property
    def failures(self) -> tuple[CriterionResult, ...]:
        """Criteria that did not pass."""
        return tuple(c for c in self.criteria if not c.passed)

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-ready data."""
        return {
            "id": self.id,
            "status": self.status.value,
            "points": self.points,
            "max_points": self.max_points,
            **({"measured": self.measured} if self.measured else {}),
            "criteria": [
                {
                    "id": c.id,
                    "title": c.title,
                    "weight": c.weight,
                    "status": c.status.value,
                    **{k: v for k, v in vars(c.finding).items() if v not in ("", None)},
                }
                for c in self.criteria
            ],
        }

    def __repr__(self) -> str:
        return repr(float(self.points))

    def __float__(self) -> float:
        return float(self.points)

    def __str__(self) -> str:
        from autograder.checks.card import text
        from autograder.translation import language

        return text(self, language.current())

    def _repr_html_(self) -> str:
        from autograder.checks.card import html
        from autograder.translation import language

        return html(self, language.current())
