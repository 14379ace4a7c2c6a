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
# Mid-tones that keep a contrast of at least 3:1 on white and on JupyterLab's dark ground.
COLOURS = {True: "#2e8b57", False: "#d0552b", None: "#8a6d1f"}


def html(result: CheckResult) -> str:
    """Render a result as one HTML fragment, readable on light and dark ground and without scripts."""
    passed = result.status is Status.PASSED
    colour = COLOURS[None if result.status is Status.NOT_DONE else passed]
    mark, word = MARKS[result.status]
    parts = [
        f'<div role="group" aria-label="{escape(result.title)}: {word}" style="border-left:5px solid {colour};'
        'padding:.4em .9em;margin:.3em 0;max-width:62em;line-height:1.45">',
        f'<div><strong><span aria-hidden="true" style="color:{colour}">{mark}</span> '
        f"{escape(result.title)}</strong> &nbsp;{word} &nbsp;<strong>{number(result.points)}</strong> of "
        f"{number(result.max_points)} points</div>",
    ]
    shown = _shown(result)
    if shown is not None:
        parts.append(_finding(shown))
    if result.status is not Status.NOT_DONE or result.points:
        parts.append(_table(result, open_=False))
    if result.note:
        parts.append(f'<div style="opacity:.8">{escape(result.note)}</div>')
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
        f'<tr><td style="text-align:left;vertical-align:top;padding:.05em .8em .05em 0;opacity:.75;'
        f'white-space:nowrap">{label}</td>'
        f'<td style="text-align:left;white-space:normal">{_code(getattr(criterion.finding, name))}</td></tr>'
        for name, label in ROWS
        if getattr(criterion.finding, name)
    ]
    return (
        f'<div style="margin-top:.3em"><em>{escape(criterion.title)}</em></div>'
        f'<table style="margin:.1em 0;border:0">{"".join(rows)}</table>'
    )


def _table(result: CheckResult, open_: bool) -> str:
    rows = []
    for criterion in result.criteria:
        mark, word = MARKS[criterion.status]
        colour = COLOURS[None if criterion.status is Status.NOT_TRIED else criterion.passed]
        rows.append(
            f'<tr><td style="text-align:left"><span style="color:{colour}" aria-label="{word}">{mark}</span> '
            f"{_code(criterion.title)}</td>"
            f'<td style="text-align:right;white-space:nowrap">{escape(_error(criterion.finding).strip(" ()"))}'
            "</td></tr>"
        )
    failed = len(result.failures)
    count = f"{len(result.criteria) - failed} of {len(result.criteria)} criteria passed"
    return (
        f"<details><summary>{count}</summary>"
        f'<table style="margin:.2em 0;border:0">{"".join(rows)}</table></details>'
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
