"""What a run of ``autograder collect`` did, in lines for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from autograder.collecting.collect import Line, Summary, Unmatched

BY_HAND = "into a folder named by the student's id, and collect the folder above it with `--from`"
NOT_MATCHED = (
    "It is not known whose they are, and their files are kept: mend the roster and run this again, or put the files "
    f"{BY_HAND}."
)
NOT_TAKEN = (
    "Their files are kept: ask the student for what is missing, or put the files, mended where need be, "
    f"{BY_HAND}."
)


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
    for heading, remedy, is_unknown in (
        ("Not matched", NOT_MATCHED, True),
        ("Not taken", NOT_TAKEN, False),
    ):
        group = [unmatched for unmatched in summary.unmatched if unmatched.is_unknown is is_unknown]
        if group:
            yield f"{heading}: {len(group)}. {remedy}"
        for unmatched in group:
            yield from _of_unmatched(unmatched)
    if summary.not_handed_in:
        of_theirs = {unmatched.student for unmatched in summary.unmatched}
        missing = [
            f"{student} (what came was not taken, see above)" if student in of_theirs else student
            for student in summary.not_handed_in
        ]
        yield f"Not handed in: {len(missing)}: {', '.join(missing)}"
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
