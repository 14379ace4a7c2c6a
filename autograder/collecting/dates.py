"""Dates that people and programs write, with the time zone of the course where they name none."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dateutil import parser

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
        It is no date.
    """
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
