"""The figures of the page: scores, checks, causes, metrics, time, and who needs a person's attention."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from autograder.checks.card import MARKS
from autograder.checks.result import CheckResult, CriterionResult, Status
from autograder.overview.books import Entry
from autograder.report import Report

BINS = 20
CAUSES = 40
NUMBER = re.compile(r"\d[\d.,]*(?:e[+-]?\d+)?")
LIMITS = (Status.TIMED_OUT, Status.OUT_OF_MEMORY)


@dataclass(frozen=True)
class Bin:
    """One bar of a histogram: values from `low` up to `high`, the last bar with its upper end."""

    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Spread:
    """Summary of some numbers."""

    count: int
    lowest: float
    lower: float
    median: float
    upper: float
    highest: float
    mean: float


@dataclass(frozen=True)
class CheckFigures:
    """How a class did in one check.

    Attributes
    ----------
    id, title, notebook : str
        Which check.
    max_points, mean : float
        What it is worth, and what was earned on average.
    full, part, none : int
        Students with all points, some, and none.
    statuses : dict of str to int
        How it ended, in the words of the card, most frequent first; without those who passed.
    seconds, slowest : float
        Median and longest time that judging it took.
    """

    id: str
    title: str
    notebook: str
    max_points: float
    mean: float
    full: int
    part: int
    none: int
    statuses: dict[str, int]
    seconds: float
    slowest: float


@dataclass(frozen=True)
class Cause:
    """A failure that several students may share.

    Attributes
    ----------
    check, criterion, status : str
        Where it was seen, and how it ended, in words.
    text : str
        The cause as it was told to the first of them, or what came where none was recognised.
    students : tuple of str
        Whose.
    """

    check: str
    criterion: str
    status: str
    text: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Measure:
    """A metric of the class's trained models.

    Attributes
    ----------
    name, check : str
        As "mean precision", and the check's id.
    values : dict of str to float
        By student.
    missing, passed : int
        Students whose check came to no figure, and those who passed it.
    """

    name: str
    check: str
    values: dict[str, float]
    missing: int
    passed: int

    @property
    def spread(self) -> Spread:
        """Summary of the values."""
        return spread(self.values.values())

    @property
    def bins(self) -> list[Bin]:
        """Histogram from 0 to 1."""
        return histogram(self.values.values(), 1.0)


@dataclass(frozen=True)
class Attention:
    """A student at whose submission a person should look, with the reasons, the gravest first."""

    student: str
    reasons: tuple[tuple[str, str], ...]


@dataclass
class Limits:
    """What limits were met.

    Attributes
    ----------
    total : Spread or None
        Seconds for a submission.
    events : dict of str to list of str
        Cells and checks that were stopped, by student.
    """

    total: Spread | None = None
    events: dict[str, list[str]] = field(default_factory=dict)


def spread(numbers: Iterable[float]) -> Spread:
    """Summarise at least one number."""
    values = sorted(numbers)
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive") if values[1:] else values * 3
    return Spread(len(values), values[0], lower, median, upper, values[-1], statistics.fmean(values))


def histogram(numbers: Iterable[float], most: float) -> list[Bin]:
    """Count numbers from 0 to `most` in bars whose width is 1, 2 or 5 times a power of ten.

    Parameters
    ----------
    numbers : iterable of float
        Those above `most` are counted in the last bar, those below 0 in the first.
    most : float
        Upper end of the last bar, at least.
    """
    rough = max(most, 1e-9) / BINS
    power = 10.0 ** math.floor(math.log10(rough))
    width = next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))
    bars = max(1, math.ceil(most / width - 1e-9))
    counts = Counter(min(max(int(number / width + 1e-9), 0), bars - 1) for number in numbers)
    return [Bin(round(i * width, 6), round((i + 1) * width, 6), counts[i]) for i in range(bars)]


def checks(reports: Sequence[Report]) -> list[CheckFigures]:
    """Points by check, in the order of the notebooks."""
    results: dict[tuple[str, str], list[CheckResult]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    for report in reports:
        for notebook in report.notebooks:
            for check in notebook.checks:
                results[notebook.name, check.id].append(check)
            for name, taken in notebook.check_seconds.items():
                seconds[name].append(taken)
    return [
        CheckFigures(
            id=name,
            title=found[0].title,
            notebook=notebook,
            max_points=found[0].max_points,
            mean=statistics.fmean(check.points for check in found),
            full=sum(check.points >= check.max_points for check in found),
            part=sum(0 < check.points < check.max_points for check in found),
            none=sum(check.points <= 0 < check.max_points for check in found),
            statuses=_words(check.status for check in found),
            seconds=statistics.median(seconds[name] or [0.0]),
            slowest=max(seconds[name], default=0.0),
        )
        for (notebook, name), found in results.items()
    ]


def _words(statuses: Iterable[Status]) -> dict[str, int]:
    counts = Counter(MARKS[status][1] for status in statuses if status is not Status.PASSED)
    return dict(counts.most_common())


def causes(reports: Sequence[Report]) -> tuple[list[Cause], int]:
    """The most frequent causes of lost points, and how many others there are.

    Sentences that differ in their numbers only are one cause. An error is told by its type.
    """
    students: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    first: dict[tuple[str, str, str], tuple[CheckResult, CriterionResult, str]] = {}
    for report in reports:
        refused: set[str] = set()
        for check in report.checks.values():
            for criterion in check.failures:
                text = _told(criterion)
                if criterion.status is Status.NOT_TRIED or text in refused:
                    continue
                if criterion.status is Status.REFUSED:  # the same of every check of a notebook
                    refused.add(text)
                key = (check.id, criterion.id, NUMBER.sub("#", text))
                students[key].append(report.student)
                first.setdefault(key, (check, criterion, text))
    ordered = sorted(students, key=lambda key: (-len(students[key]), key))
    found = [
        Cause(
            check=first[key][0].title,
            criterion=first[key][1].title,
            status=MARKS[first[key][1].status][1],
            text=first[key][2],
            students=tuple(students[key]),
        )
        for key in ordered[:CAUSES]
    ]
    return found, len(ordered) - len(found)


def _told(criterion: CriterionResult) -> str:
    finding = criterion.finding
    if criterion.status is Status.ERROR and ":" in finding.got:
        return f"{finding.got.split(':')[0]}: {finding.cause}"
    return finding.cause or "No cause was recognised."


def measures(reports: Sequence[Report]) -> list[Measure]:
    """Metrics of the trained models, in the order of the checks that measure them."""
    values: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    passed: Counter[str] = Counter()
    for report in reports:
        for check in report.checks.values():
            passed[check.id] += check.status is Status.PASSED
            for name, value in check.measured.items():
                if math.isfinite(value):
                    values[name, check.id][report.student] = value
    return [
        Measure(name, check, found, len(reports) - len(found), passed[check])
        for (name, check), found in values.items()
    ]


def limit_events(report: Report) -> list[str]:
    """Cells and checks of a full report that ran out of time or memory, and processes that ended."""
    events: list[str] = []
    for notebook in report.notebooks:
        events += [
            f"{notebook.name}: cell {cell.id} {MARKS[Status(cell.status)][1]}"
            for cell in notebook.cells
            if cell.status in LIMITS
        ]
        events += [
            f"{notebook.name}: {check.title} {MARKS[criterion.status][1]}"
            for check in notebook.checks
            for criterion in check.criteria
            if criterion.status in LIMITS
        ]
        if notebook.restarts:
            events.append(f"{notebook.name}: its process ended and was started anew, {notebook.restarts} x")
    return events


def needs_attention(entries: Sequence[Entry], events: dict[str, list[str]]) -> list[Attention]:
    """Students at whose submission a person should look, the gravest first."""
    found = []
    for entry in entries:
        reasons = _reasons(entry, events.get(entry.student, []))
        if reasons:
            found.append(Attention(entry.student, tuple(reasons)))
    gravity = {kind: rank for rank, kind in enumerate(KINDS)}
    return sorted(found, key=lambda row: (gravity[row.reasons[0][0]], -len(row.reasons), row.student))


KINDS = (
    "not graded",
    "kept aside",
    "nothing handed in",
    "refused",
    "malformed answer",
    "stopped at a limit",
    "error",
    "locked cells changed",
)


def _reasons(entry: Entry, events: list[str]) -> list[tuple[str, str]]:
    if not entry.handed_in:
        if entry.kept_aside:
            return [("kept aside", f"What came in could not be used. {each}") for each in entry.kept_aside]
        return [("nothing handed in", "There is no submission.")]
    if entry.report is None:
        reasons = [("not graded", "There is a submission and no report: run autograder grade.")]
        return reasons + _changed(entry)
    report = entry.report
    reasons = [("refused", f"{name}: {reason}") for name, reason in report.refused.items()]
    by_status = defaultdict(list)
    for check in report.checks.values():
        for status in {criterion.status for criterion in check.failures}:
            by_status[status].append(check.title)
    if by_status[Status.MALFORMED]:
        reasons.append(("malformed answer", ", ".join(by_status[Status.MALFORMED])))
    if events:
        reasons.append(("stopped at a limit", "; ".join(events)))
    if by_status[Status.ERROR]:
        reasons.append(("error", "The code raises an error in: " + ", ".join(by_status[Status.ERROR])))
    return reasons + _changed(entry)


def _changed(entry: Entry) -> list[tuple[str, str]]:
    if not entry.changed:
        return []
    return [("locked cells changed", "Graded with the release's text: " + ", ".join(entry.changed))]
