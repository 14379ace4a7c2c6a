"""Dates that people and programs write, with the time zone of the course where they name none."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil import parser

AMBIGUOUS = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b")
YEAR = re.compile(r"\b\d{4}")
ZONE = re.compile(r"\s+([A-Za-z][A-Za-z0-9_+/-]*)\s*\Z")
EARLIEST = 1970
STAMP = "%Y-%m-%d %H:%M:%S UTC"


def parse(text: str, zone: str) -> datetime:
    """Read a date.

    Parameters
    ----------
    text : str
        As ``2026-03-01 23:59`` or ``Sunday, 1 March 2026, 11:59 PM``; with an offset or a zone, or without.
    zone : str
        Where it is meant without one, as ``Europe/Moscow``.

    Returns
    -------
    datetime.datetime
        In UTC.

    Raises
    ------
    ValueError
        It is no date, or one in which day and month may be meant either way, as ``01.04.2026`` or ``03/04/2026``;
        or its zone has a name that nobody knows, as ``MSK``.
    """
    if AMBIGUOUS.search(text) or not YEAR.search(text):
        raise ValueError(f"{text!r} is no date: write the year first, as 2026-03-01 23:59")
    there = ZoneInfo(zone)
    said = text
    if (named := ZONE.search(text)) and (own := _known(named[1])):
        there, said = own, text[: named.start()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", parser.UnknownTimezoneWarning)
            date = parser.parse(said)
        if date.tzinfo is None:
            date = date.replace(tzinfo=there)
        date = date.astimezone(UTC)
    except parser.UnknownTimezoneWarning as error:
        raise ValueError(f"{text!r} is no date whose time zone is known: write it as +0300") from error
    except (ValueError, OverflowError, TypeError, AttributeError) as error:
        raise ValueError(f"{text!r} is no date") from error
    if date.year < EARLIEST:
        raise ValueError(f"{text!r} is no date of a submission")
    return date


def _known(zone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def stamp(date: datetime) -> str:
    """A date as it is written into nbgrader's ``timestamp.txt``, to the second."""
    return date.astimezone(UTC).strftime(STAMP)
