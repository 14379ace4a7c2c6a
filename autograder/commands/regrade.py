"""Show whose score a changed check changes, and write it with --apply."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.cli import at_least_one, harmless, prepare_workers

if TYPE_CHECKING:
    from autograder.regrade import Regraded

WIDTH = 100


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="name of the assignment")
    parser.add_argument("--apply", action="store_true", help="write reports and gradebook; else nothing is")
    parser.add_argument("--students", nargs="*", default=[], metavar="ID", help="only these")
    parser.add_argument(
        "--workers", type=at_least_one, default=os.cpu_count(), help="processes (%(default)s)"
    )
    parser.add_argument("--figures", action="store_true", help="as for `autograder grade`")


def run(options: argparse.Namespace) -> None:
    """Judge anew, print what changes, and write it where that is asked for."""
    prepare_workers()
    from autograder import regrade
    from autograder.batch import Options

    asked = Options(
        assignment=options.assignment,
        students=tuple(options.students),
        workers=options.workers,
        figures=options.figures,
    )
    regraded = regrade.preview(Path.cwd(), asked)
    for line in table(regraded):
        print(harmless(line))
    print(summary(regraded))
    if not options.apply:
        print(f"Nothing was written. To write it: autograder regrade {options.assignment} --apply")
        return
    left = regrade.apply(Path.cwd(), asked, regraded)
    print("Written into the stored reports and the gradebook; grades and comments given by hand stay.")
    if left:
        print(
            f"{left} grades given by hand belong to what has changed: formgrader asks to look at them again."
        )


def table(regraded: Sequence[Regraded]) -> Iterator[str]:
    """Lines of a table: student, score, check, points and why, for all whose points change."""
    changed = [row for row in regraded if row.is_changed]
    if not changed:
        return
    name = max(len("student"), *(len(row.student) for row in changed))
    title = max(len("check"), *(len(change.title) for row in changed for change in row.changes), 0)
    head = f"{'student':<{name}}  {'score':>15}  {'check':<{title}}  {'points':>15}  why"
    yield head
    yield "-" * max(len(head), WIDTH)
    for row in changed:
        first = f"{row.student:<{name}}  {_step(row.before, row.after):>15}  "
        if row.handed_in_again or not row.changes:
            yield first + _without_checks(row)
            first = " " * len(first)
        for change in row.changes:
            left = f"{first}{change.title:<{title}}  {_step(change.before, change.after):>15}  "
            for reason in change.reasons:
                yield left + reason
                left = " " * len(left)
            first = " " * len(first)


def _without_checks(row: Regraded) -> str:
    if row.after is None:
        return "could not be graded now: its grade stays"
    if row.before is None:
        return "no report of it is recorded"
    return "handed in again since it was graded: not only the checks have changed"


def _step(before: float | None, after: float | None) -> str:
    return " -> ".join("-" if points is None else f"{points:.4g}" for points in (before, after))


def summary(regraded: Sequence[Regraded]) -> str:
    """How many scores rise, fall and stay."""
    both = [(row.before, row.after) for row in regraded if row.before is not None and row.after is not None]
    up = sum(before < after for before, after in both)
    down = sum(before > after for before, after in both)
    reworded = sum(row.reworded > 0 for row in regraded if not row.is_changed)
    several = "" if len(regraded) == 1 else "s"
    return (
        f"{len(regraded)} submission{several}: {up} scores rise, {down} fall, {len(both) - up - down} stay"
        f" ({reworded} of these with other explanations), {len(regraded) - len(both)} were not compared."
    )
