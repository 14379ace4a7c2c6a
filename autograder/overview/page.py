"""The page: one HTML file without outside resources, in which nothing of a student's can run."""

from __future__ import annotations

import base64
import hashlib
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.checks.card import number
from autograder.checks.result import printable
from autograder.errors import ExplainedError
from autograder.overview import figures
from autograder.overview.books import Entry
from autograder.overview.similar import LONGEST, Pair, Similar, same_lines
from autograder.report import Report

SIDE_BY_SIDE = 40
LISTED_PAIRS = 200
CODE_CHARACTERS = 600_000
"""Room for code side by side, in characters of HTML."""
MARKED = len("<mark></mark>\n")
TEXT = 4_000


@dataclass(frozen=True)
class SideBySide:
    """One answer of a pair, line by line, each line with whether the other has it too."""

    answer: str
    left: list[tuple[str, bool]]
    right: list[tuple[str, bool]]


@dataclass
class Overview:
    """What the page shows.

    Attributes
    ----------
    assignment : str
        Name.
    made : datetime.datetime
        When.
    entries : list of Entry
        All students, those without a submission too.
    max_score : float
        Points of the assignment.
    events : dict of str to list of str
        See `autograder.overview.figures.limit_events`.
    tasks : dict of str to str
        Manual tasks: the notebook of each.
    similar : Similar or None
        None where answers were not compared.
    answers : mapping
        Code by student and answer.
    """

    assignment: str
    made: datetime
    entries: list[Entry]
    max_score: float
    events: dict[str, list[str]] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    similar: Similar | None = None
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def render(overview: Overview) -> str:
    """Write the page.

    Returns
    -------
    str
        HTML whose content security policy allows its own style and script and nothing else.
    """
    loader = PackageLoader("autograder.overview", ".")
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(points=_points, percent=_percent, seconds=_seconds, code=_code)
    style, script = (loader.get_source(environment, name)[0] for name in ("page.css", "page.js"))
    reports = [entry.report for entry in overview.entries if entry.report is not None]
    totals = {entry.student: entry.total for entry in overview.entries if entry.total is not None}
    causes, more_causes = figures.causes(reports)
    seconds = [report.seconds for report in reports]
    return environment.get_template("page.html.j2").render(
        overview=overview,
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704  (our own files)
        script=Markup(script),  # noqa: S704
        names={entry.student: entry.name for entry in overview.entries},
        reports=reports,
        totals=totals,
        scores=figures.spread(totals.values()) if totals else None,
        bins=figures.histogram(totals.values(), overview.max_score),
        checks=figures.checks(reports),
        causes=causes,
        more_causes=more_causes,
        measures=figures.measures(reports),
        time=figures.spread(seconds) if seconds else None,
        attention=figures.needs_attention(overview.entries, overview.events),
        waiting=_waiting(overview.entries),
        columns=_columns(overview, reports),
        pairs=_pairs(overview),
        side_by_side=SIDE_BY_SIDE,
        listed_pairs=LISTED_PAIRS,
    )


def write(page: str, path: Path) -> None:
    """Write the page, readable by its owner alone; a crash leaves the old file or the new one.

    Raises
    ------
    ExplainedError
        It cannot be written there.
    """
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            try:
                file.write(page)
                file.flush()
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise ExplainedError(
            f"The page cannot be written to {path} ({error.strerror}): name another file with --out."
        ) from error


def _shown(value: object) -> object:
    """Whatever is put into the page: characters that hide or turn text round become question marks."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return "\n".join(printable(line.expandtabs(4), TEXT) for line in value.split("\n"))
    return value


def _policy(style: str, script: str) -> str:
    digests = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii") for text in (style, script)
    ]
    return (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _code(words: str) -> Markup:
    """Escape a sentence and set its `quoted` parts as code."""
    pieces = str(_shown(words)).split("`")
    if len(pieces) % 2 == 0:
        return escape("`".join(pieces))
    marked = (Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(pieces))
    return Markup().join(marked)


def _points(value: float) -> str:
    return number(round(value, 2)) or "0"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def _seconds(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    if value >= 120:
        return f"{value / 60:.0f} min"
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def _waiting(entries: Sequence[Entry]) -> dict[str, list[str]]:
    """Tasks that a person has not graded, each with the students."""
    waiting: dict[str, list[str]] = {}
    for entry in entries:
        for task in entry.booked.waiting if entry.booked else ():
            waiting.setdefault(task, []).append(entry.student)
    return waiting


def _columns(overview: Overview, reports: Sequence[Report]) -> dict[str, str]:
    """Checks and tasks in the order of the notebooks, each with its title."""
    titles = {check.id: check.title for report in reports for check in report.checks.values()}
    for entry in overview.entries:
        titles |= {name: name for name in entry.points if name not in titles}
    return titles


def _pairs(overview: Overview) -> list[tuple[Pair, list[SideBySide]]]:
    """The pairs to list, the first ones with their answers side by side, as long as there is room."""
    found = []
    room = CODE_CHARACTERS
    for index, pair in enumerate((overview.similar.pairs if overview.similar else ())[:LISTED_PAIRS]):
        shown = []
        for match in pair.matches if index < SIDE_BY_SIDE else ():
            left, right = (
                overview.answers[student][match.answer][:LONGEST] for student in (pair.left, pair.right)
            )
            room -= sum(len(escape(text)) + MARKED * text.count("\n") for text in (left, right))
            if room >= 0:
                shown.append(SideBySide(match.answer, *same_lines(left, right)))
        found.append((pair, shown))
    return found
