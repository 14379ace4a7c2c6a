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
HINT = message("Hint")
"""In place of “Likely cause”, where no mistake was recognised."""
UNTRIED = message("Not tried: what it builds on failed. It counts once that is mended.")
"""Of criteria without a verdict of their own, which give no points."""
RESULT, CRITERION, RELATIVE_ERROR = message("Result"), message("Criterion"), message("Relative error")
# Grounds for white words: at least 4.5:1 under them, and 3:1 beside the light and dark pages of JupyterLab.
COLOURS = {True: "#2a7d4f", False: "#c24a22", None: "#85641c"}
CELL = "text-align:left;vertical-align:top;padding:.05em .8em .05em 0;background:none"
PLAIN = f"{CELL};white-space:normal"
HEAD = f"{CELL};white-space:nowrap;font-weight:600"
# Letters that must be recognised in what an error said: its words are the student's, or Python's.
SURELY = 30


def html(result: CheckResult, language: str = SOURCE) -> str:
    """Render a result as one HTML fragment, without scripts, for light and dark pages and for reading aloud.

    Its words take the page's own colour; what has a colour of its own has its ground too.
    """
    say = reader(language)
    colour = COLOURS[None if result.status is Status.NOT_DONE else result.status is Status.PASSED]
    mark, word = MARKS[result.status][0], escape(say(MARKS[result.status][1]))
    title = escape(say.read(result.title))
    total = escape(say("of {total} points", total=number(result.max_points)))
    parts = [
        f'<div role="group" aria-label="{title}: {word}" style="border-left:5px solid {colour};'
        'padding:.4em .9em;margin:.3em 0;max-width:62em;line-height:1.45">',
        f"<div><strong>{title}</strong> &nbsp;"
        f'<span style="background:{colour};color:#fff;padding:.1em .6em;border-radius:.8em;white-space:nowrap">'
        f'<span aria-hidden="true">{mark}</span> {word}</span> &nbsp;'
        f"<strong>{number(result.points)}</strong> {total}</div>",
    ]
    shown = _shown(result)
    if shown is not None:
        parts.append(_finding(shown, say))
    if result.status is not Status.NOT_DONE or result.points:
        parts.append(_table(result, say))
    if result.note:
        parts.append(f"<div>{escape(say.read(result.note))}</div>")
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
        width = max(len(say(label)) for label in (HINT, *(label for _, label in ROWS))) + 2
        lines += [f"  {label + ':':<{width}}{words}" for label, words in _rows(shown, say)]
    if result.status is not Status.NOT_DONE or result.points:
        for c in result.criteria:
            error = _error(c.finding, say)
            lines.append(f"  {MARKS[c.status][0]} {say.read(c.title)}{f' ({error})' if error else ''}")
        if _has_untried(result):
            lines.append(f"  {MARKS[Status.NOT_TRIED][0]} {say(UNTRIED)}")
    if result.note:
        lines.append(f"  {say.read(result.note)}")
    return "\n".join(lines)


def number(points: float) -> str:
    """Points without superfluous zeros: 0.5, 1, 0.6667."""
    return f"{points:.4f}".rstrip("0").rstrip(".")


def _shown(result: CheckResult) -> CriterionResult | None:
    """The failure to explain: the first that was tried."""
    return next((c for c in result.failures if c.status is not Status.NOT_TRIED), None)


def _has_untried(result: CheckResult) -> bool:
    return any(criterion.status is Status.NOT_TRIED for criterion in result.criteria)


def _rows(criterion: CriterionResult, say: Reader) -> list[tuple[str, str]]:
    """Labels and words of a finding, in the reader's language."""
    rows = []
    for name, label in ROWS:
        words = getattr(criterion.finding, name)
        if words:
            if name == "cause" and not criterion.finding.recognised:
                label = HINT
            quoted = name == "got" and criterion.status is Status.ERROR
            rows.append((say(label), say.read(words, surely=SURELY if quoted else 1)))
    return rows


def _finding(criterion: CriterionResult, say: Reader) -> str:
    rows = [
        f'<tr><th scope="row" style="{HEAD}">{escape(label)}</th><td style="{PLAIN}">{_code(words)}</td></tr>'
        for label, words in _rows(criterion, say)
    ]
    table = f'<table style="margin:.1em 0;border:0">{"".join(rows)}</table>' if rows else ""
    return f'<div style="margin-top:.3em"><em>{_code(say.read(criterion.title))}</em></div>{table}'


def _table(result: CheckResult, say: Reader) -> str:
    """All criteria, folded up; a column of errors where any was measured."""
    errors = [_numbers(criterion.finding, say) for criterion in result.criteria]
    heads = [say(RESULT), say(CRITERION), *([say(RELATIVE_ERROR)] if any(errors) else [])]
    rows = ["".join(f'<th scope="col" style="{HEAD}">{escape(head)}</th>' for head in heads)]
    for criterion, error in zip(result.criteria, errors, strict=True):
        mark, word = MARKS[criterion.status][0], escape(say(MARKS[criterion.status][1]))
        cells = [f'<span aria-hidden="true">{mark}</span>&nbsp;{word}', _code(say.read(criterion.title))]
        if any(errors):
            cells.append(escape(say("{error}, limit {limit}", **error)) if error else "")
        rows.append("".join(f'<td style="{PLAIN}">{cell}</td>' for cell in cells))
    passed = len(result.criteria) - len(result.failures)
    legend = f"<div>{MARKS[Status.NOT_TRIED][0]} {escape(say(UNTRIED))}</div>" if _has_untried(result) else ""
    count = escape(say("{passed} of {all} criteria passed", passed=passed, all=len(result.criteria)))
    return (
        f'<details><summary style="cursor:pointer">{count}</summary><table style="margin:.2em 0;border:0">'
        f"<thead><tr>{rows[0]}</tr></thead><tbody>{''.join(f'<tr>{row}</tr>' for row in rows[1:])}</tbody>"
        f"</table>{legend}</details>"
    )


def _error(finding: Finding, say: Reader) -> str:
    measured = _numbers(finding, say)
    return say("relative error {error}, limit {limit}", **measured) if measured else ""


def _numbers(finding: Finding, say: Reader) -> dict[str, str]:
    """The relative error of a finding and its limit, in words; empty where none was measured."""
    if finding.relative_error is None or finding.limit is None:
        return {}
    error = finding.relative_error
    shown = f"{error:.0e}" if math.isfinite(error) else say("not finite")
    return {"error": shown, "limit": f"{finding.limit:.0e}"}


def _code(words: str) -> str:
    """Escape a sentence and set its `quoted` parts as code."""
    pieces = escape(words).split("`")
    if len(pieces) % 2 == 0:
        return escape(words)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(pieces))
