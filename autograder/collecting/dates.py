"""Dates that people and programs write, with the time zone of the course where they name none."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dateutil import parser

AMBIGUOUS = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b")
YEAR = re.compile(r"\b\d{4}")
STAMP = "%Y-%m-%d %H:%M:%S UTC"


def parse(text: str, zone: str) -> datetime:
    """Read a date.

    Parameters
    ----------
    text : str
        As ``2026-03-01 23:59`` or ``Sunday, 1 March 2026, 11:59 PM``; with an offset or without.
    zone : str
        Where it is meant without one, as ``Europe/Moscow``.

    Returns
    -------
    datetime.datetime
        In UTC.

    Raises
    ------
    ValueError
        It is no date, or one in which day and month may be meant either way, as ``01.04.2026`` or ``03/04/2026``.
    """
    if AMBIGUOUS.search(text) or not YEAR.search(text):
        raise ValueError(f"{text!r} is no date: write the year first, as 2026-03-01 23:59")
    try:
        date = parser.parse(text)
        if date.tzinfo is None:
            date = date.replace(tzinfo=ZoneInfo(zone))
        return date.astimezone(UTC)
    except (OverflowError, TypeError, AttributeError) as error:
        raise ValueError(f"{text!r} is no date") from error


def stamp(date: datetime) -> str:
    """A date as it is written into nbgrader's ``timestamp.txt``, to the second."""
    return date.astimezone(UTC).strftime(STAMP)
