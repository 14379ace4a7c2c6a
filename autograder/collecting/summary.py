"""What a run of ``autograder collect`` did, in lines for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from autograder.collecting.collect import Line, Summary, Unmatched


def lines(summary: Summary) -> Iterator[str]:
    """The summary: a line for each student, what needs attention, what could not be matched, who is missing."""
    states = Counter(line.state for line in summary.students)
    counts = ", ".join(
        f"{states[state]} {state}" for state in ("new", "changed", "unchanged") if states[state]
    )
    yield f"{summary.assignment} from {summary.source} ({summary.kind})"
    others = f", {_many(summary.passed_over, 'other message')} passed over" if summary.passed_over else ""
    yield (
        f"{_many(summary.read, 'submission')} read{others}; "
        f"{_many(len(summary.students), 'student')} handed in ({counts or 'none'})."
    )
    width = max((len(line.student) for line in summary.students), default=0)
    for line in summary.students:
        yield from _of(line, width)
    if summary.unmatched:
        yield f"Not matched: {len(summary.unmatched)}. Their files are kept; mend the roster and run this again."
        for unmatched in summary.unmatched:
            yield from _of_unmatched(unmatched)
    if summary.not_handed_in:
        yield f"Not handed in: {len(summary.not_handed_in)}: {', '.join(summary.not_handed_in)}"
    yield from (f"Note: {remark}" for remark in summary.remarks)


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _of(line: Line, width: int) -> Iterator[str]:
    late = f", late by {line.late}" if line.late else ""
    repeated = f", {line.deliveries} received" if line.deliveries > 1 else ""
    when = f"{line.date or 'no date':<20}"
    yield f"  {line.student:<{width}}  {line.state:<9}  {when}  {_many(len(line.files), 'file')}{late}{repeated}"
    if line.missing:
        yield f"  {'':<{width}}    missing: {', '.join(line.missing)}"
    yield from (f"  {'':<{width}}    refused: {name}: {reason}" for name, reason in line.refused.items())
    yield from (f"  {'':<{width}}    note: {note}" for note in line.notes)


def _of_unmatched(unmatched: Unmatched) -> Iterator[str]:
    yield f"  {unmatched.origin}"
    yield f"    from {unmatched.sender or 'nobody'}{', ' + unmatched.date if unmatched.date else ''}"
    yield f"    {unmatched.reason}"
    yield f"    {unmatched.kept_in}"
