"""CSV files that a spreadsheet opens without taking a text for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.files import replacing

FORMULA = tuple("=+-@＝＋－＠")
CONTROL = ("\t", "\r", "\n", "\0")

Cell = str | float | int | None


def neutral(cell: Cell) -> Cell:
    """A cell that no spreadsheet evaluates: a text that begins as a formula does gets an apostrophe in front.

    The rule is OWASP's against CSV injection: texts that begin with ``=``, ``+``, ``-``, ``@``, a tab or a line
    break, and the wide forms of these characters; blanks before them do not help. Numbers stay as they are.
    """
    if not isinstance(cell, str):
        return cell
    return f"'{cell}" if cell.startswith(CONTROL) or cell.lstrip().startswith(FORMULA) else cell


def to_csv(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as CSV: every text is in quotes, so that no separator in it begins another cell."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    for row in rows:
        writer.writerow(["" if cell is None else neutral(cell) for cell in row])
    return text.getvalue()


def write_csv(path: Path, rows: Iterable[Sequence[Cell]]) -> None:
    """Write rows as CSV in UTF-8; a crash leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside:
        beside.write_text(to_csv(rows), encoding="utf-8")
