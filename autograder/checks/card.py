"""The card: how the result of a check looks in a notebook, on a feedback page and in a terminal."""

from __future__ import annotations

import math
from html import escape

from autograder.checks.result import CheckResult, CriterionResult, Finding, Status

MARKS = {
    Status.PASSED: ("✓", "passed"),
    Status.FAILED: ("✗", "failed"),
    Status.NOT_DONE: ("…", "not done yet"),
    Status.NOT_TRIED: ("–", "not tried"),
    Status.ERROR: ("✗", "error"),
    Status.TIMED_OUT: ("✗", "timed out"),
    Status.OUT_OF_MEMORY: ("✗", "out of memory"),
    Status.MALFORMED: ("✗", "malformed answer"),
    Status.REFUSED: ("✗", "refused"),
}
ROWS = (
    ("tried", "Tried"),
    ("got", "Came"),
    ("expected", "Expected"),
    ("cause", "Likely cause"),
    ("where", "Look at"),
)
# Grounds for white words: at least 4.5:1 under them, and 3:1 beside the light and dark pages of JupyterLab.
COLOURS = {True: "#2a7d4f", False: "#c24a22", None: "#85641c"}
CELL = "text-align:left;vertical-align:top;padding:.05em .8em .05em 0;background:none"
PLAIN = f"{CELL};white-space:normal"
HEAD = f"{CELL};white-space:nowrap;font-weight:600"


def html(result: CheckResult) -> str:
    """Render a result as one HTML fragment, without scripts, for light and dark pages and for reading aloud.

    Its words take the page's own colour; what has a colour of its own has its ground too.
    """
    colour = COLOURS[None if result.status is Status.NOT_DONE else result.status is Status.PASSED]
    mark, word = MARKS[result.status]
    parts = [
        f'<div role="group" aria-label="{escape(result.title)}: {word}" style="border-left:5px solid {colour};'
        'padding:.4em .9em;margin:.3em 0;max-width:62em;line-height:1.45">',
        f"<div><strong>{escape(result.title)}</strong> &nbsp;"
        f'<span style="background:{colour};color:#fff;padding:.1em .6em;border-radius:.8em;white-space:nowrap">'
        f'<span aria-hidden="true">{mark}</span> {word}</span> &nbsp;'
        f"<strong>{number(result.points)}</strong> of {number(result.max_points)} points</div>",
    ]
    shown = _shown(result)
    if shown is not None:
        parts.append(_finding(shown))
    if result.status is not Status.NOT_DONE or result.points:
        parts.append(_table(result))
    if result.note:
        parts.append(f"<div>{escape(result.note)}</div>")
    return "".join(parts) + "</div>"


def text(result: CheckResult) -> str:
    """Render a result as plain text for a terminal."""
    mark, word = MARKS[result.status]
    lines = [f"{mark} {result.title}: {word}, {number(result.points)} of {number(result.max_points)} points"]
    shown = _shown(result)
    if shown is not None:
        lines.append(f"  {shown.title}")
        lines += [
            f"  {label + ':':<14}{getattr(shown.finding, name)}"
            for name, label in ROWS
            if getattr(shown.finding, name)
        ]
    if result.status is not Status.NOT_DONE or result.points:
        lines += [f"  {MARKS[c.status][0]} {c.title}{_error(c.finding)}" for c in result.criteria]
    if result.note:
        lines.append(f"  {result.note}")
    return "\n".join(lines)


def number(points: float) -> str:
    """Points without superfluous zeros: 0.5, 1, 0.6667."""
    return f"{points:.4f}".rstrip("0").rstrip(".")


def _shown(result: CheckResult) -> CriterionResult | None:
    """The failure to explain: the first that was tried."""
    return next((c for c in result.failures if c.status is not Status.NOT_TRIED), None)


def _finding(criterion: CriterionResult) -> str:
    rows = [
        f'<tr><th scope="row" style="{HEAD}">{label}</th>'
        f'<td style="{PLAIN}">{_code(getattr(criterion.finding, name))}</td></tr>'
        for name, label in ROWS
        if getattr(criterion.finding, name)
    ]
    table = f'<table style="margin:.1em 0;border:0">{"".join(rows)}</table>' if rows else ""
    return f'<div style="margin-top:.3em"><em>{_code(criterion.title)}</em></div>{table}'


def _table(result: CheckResult) -> str:
    """All criteria, folded up; a column of errors where any was measured."""
    errors = any(_error(criterion.finding) for criterion in result.criteria)
    heads = ["Result", "Criterion", *(["Relative error"] if errors else [])]
    rows = ["".join(f'<th scope="col" style="{HEAD}">{head}</th>' for head in heads)]
    for criterion in result.criteria:
        mark, word = MARKS[criterion.status]
        cells = [f'<span aria-hidden="true">{mark}</span>&nbsp;{word}', _code(criterion.title)]
        if errors:
            cells.append(escape(_error(criterion.finding).strip(" ()").removeprefix("relative error ")))
        rows.append("".join(f'<td style="{PLAIN}">{cell}</td>' for cell in cells))
    count = f"{len(result.criteria) - len(result.failures)} of {len(result.criteria)} criteria passed"
    return (
        f'<details><summary style="cursor:pointer">{count}</summary><table style="margin:.2em 0;border:0">'
        f"<thead><tr>{rows[0]}</tr></thead><tbody>{''.join(f'<tr>{row}</tr>' for row in rows[1:])}</tbody>"
        "</table></details>"
    )


def _error(finding: Finding) -> str:
    if finding.relative_error is None or finding.limit is None:
        return ""
    error = finding.relative_error
    shown = f"{error:.0e}" if math.isfinite(error) else "not finite"
    return f" (relative error {shown}, limit {finding.limit:.0e})"


def _code(words: str) -> str:
    """Escape a sentence and set its `quoted` parts as code."""
    pieces = escape(words).split("`")
    if len(pieces) % 2 == 0:
        return escape(words)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(pieces))
