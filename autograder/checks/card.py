"""The card: how the result of a check looks in a notebook, on a feedback page and in a terminal."""

from __future__ import annotations

import math
from html import escape

from autograder.checks.result import CheckResult, CriterionResult, Finding, Status
from autograder.translation.language import SOURCE
from autograder.translation.messages import Reader, message, reader

MARKS = {
    Status.PASSED: ("✓", message("passed")),
    Status.FAILED: ("✗", message("failed")),
    Status.NOT_DONE: ("…", message("not done yet")),
    Status.NOT_TRIED: ("–", message("not tried")),
    Status.ERROR: ("✗", message("error")),
    Status.TIMED_OUT: ("✗", message("timed out")),
    Status.OUT_OF_MEMORY: ("✗", message("out of memory")),
    Status.MALFORMED: ("✗", message("malformed answer")),
    Status.REFUSED: ("✗", message("refused")),
}
ROWS = (
    ("tried", message("Tried")),
    ("got", message("Came")),
    ("expected", message("Expected")),
    ("cause", message("Likely cause")),
    ("where", message("Look at")),
)
# Mid-tones that keep a contrast of at least 3:1 on white and on JupyterLab's dark ground.
COLOURS = {True: "#2e8b57", False: "#d0552b", None: "#8a6d1f"}
# Letters that must be recognised in what an error said: its words are the student's, or Python's.
SURELY = 30


def html(result: CheckResult, language: str = SOURCE) -> str:
    """Render a result as one HTML fragment, readable on light and dark ground and without scripts."""
    say = reader(language)
    passed = result.status is Status.PASSED
    colour = COLOURS[None if result.status is Status.NOT_DONE else passed]
    mark, word = MARKS[result.status][0], escape(say(MARKS[result.status][1]))
    title = escape(say.read(result.title))
    total = escape(say("of {total} points", total=number(result.max_points)))
    parts = [
        f'<div role="group" aria-label="{title}: {word}" style="border-left:5px solid {colour};'
        'padding:.4em .9em;margin:.3em 0;max-width:62em;line-height:1.45">',
        f'<div><strong><span aria-hidden="true" style="color:{colour}">{mark}</span> '
        f"{title}</strong> &nbsp;{word} &nbsp;<strong>{number(result.points)}</strong> {total}</div>",
    ]
    shown = _shown(result)
    if shown is not None:
        parts.append(_finding(shown, say))
    if result.status is not Status.NOT_DONE or result.points:
        parts.append(_table(result, say))
    if result.note:
        parts.append(f'<div style="opacity:.8">{escape(say.read(result.note))}</div>')
    return "".join(parts) + "</div>"


def text(result: CheckResult, language: str = SOURCE) -> str:
    """Render a result as plain text for a terminal."""
    say = reader(language)
    mark, word = MARKS[result.status]
    total = say("of {total} points", total=number(result.max_points))
    lines = [f"{mark} {say.read(result.title)}: {say(word)}, {number(result.points)} {total}"]
    shown = _shown(result)
    if shown is not None:
        lines.append(f"  {say.read(shown.title)}")
        width = max(len(say(label)) for _, label in ROWS) + 2
        lines += [f"  {label + ':':<{width}}{words}" for label, words in _rows(shown, say)]
    if result.status is not Status.NOT_DONE or result.points:
        for c in result.criteria:
            error = _error(c.finding, say)
            lines.append(f"  {MARKS[c.status][0]} {say.read(c.title)}{f' ({error})' if error else ''}")
    if result.note:
        lines.append(f"  {say.read(result.note)}")
    return "\n".join(lines)


def number(points: float) -> str:
    """Points without superfluous zeros: 0.5, 1, 0.6667."""
    return f"{points:.4f}".rstrip("0").rstrip(".")


def _shown(result: CheckResult) -> CriterionResult | None:
    """The failure to explain: the first that was tried."""
    return next((c for c in result.failures if c.status is not Status.NOT_TRIED), None)


def _rows(criterion: CriterionResult, say: Reader) -> list[tuple[str, str]]:
    """Labels and words of a finding, in the reader's language."""
    rows = []
    for name, label in ROWS:
        words = getattr(criterion.finding, name)
        if words:
            quoted = name == "got" and criterion.status is Status.ERROR
            rows.append((say(label), say.read(words, surely=SURELY if quoted else 1)))
    return rows


def _finding(criterion: CriterionResult, say: Reader) -> str:
    rows = [
        f'<tr><td style="text-align:left;vertical-align:top;padding:.05em .8em .05em 0;opacity:.75;'
        f'white-space:nowrap">{escape(label)}</td>'
        f'<td style="text-align:left;white-space:normal">{_code(words)}</td></tr>'
        for label, words in _rows(criterion, say)
    ]
    return (
        f'<div style="margin-top:.3em"><em>{escape(say.read(criterion.title))}</em></div>'
        f'<table style="margin:.1em 0;border:0">{"".join(rows)}</table>'
    )


def _table(result: CheckResult, say: Reader) -> str:
    rows = []
    for criterion in result.criteria:
        mark, word = MARKS[criterion.status][0], escape(say(MARKS[criterion.status][1]))
        colour = COLOURS[None if criterion.status is Status.NOT_TRIED else criterion.passed]
        rows.append(
            f'<tr><td style="text-align:left"><span style="color:{colour}" aria-label="{word}">{mark}</span> '
            f"{_code(say.read(criterion.title))}</td>"
            f'<td style="text-align:right;white-space:nowrap">{escape(_error(criterion.finding, say))}</td></tr>'
        )
    passed = len(result.criteria) - len(result.failures)
    count = escape(say("{passed} of {all} criteria passed", passed=passed, all=len(result.criteria)))
    return (
        f"<details><summary>{count}</summary>"
        f'<table style="margin:.2em 0;border:0">{"".join(rows)}</table></details>'
    )


def _error(finding: Finding, say: Reader) -> str:
    if finding.relative_error is None or finding.limit is None:
        return ""
    error = finding.relative_error
    shown = f"{error:.0e}" if math.isfinite(error) else say("not finite")
    return say("relative error {error}, limit {limit}", error=shown, limit=f"{finding.limit:.0e}")


def _code(words: str) -> str:
    """Escape a sentence and set its `quoted` parts as code."""
    pieces = escape(words).split("`")
    if len(pieces) % 2 == 0:
        return escape(words)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(pieces))
