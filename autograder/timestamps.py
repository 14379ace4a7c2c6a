"""nbgrader's ``timestamp.txt``: when a submission was handed in."""

from __future__ import annotations

from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.sanitise import Refused, read_file

TIMESTAMP = "timestamp.txt"


def read_timestamp(path: Path) -> str:
    """Read when a submission was handed in, from a file that its author may have written.

    Raises
    ------
    Refused
        It holds no time. nbgrader would stop at it, and the submissions after it would not be recorded.
    """
    content = read_file(path, 100)
    try:
        text = content.decode("ascii").strip()
        if parse_utc(text) is None or not text.isprintable():
            raise ValueError
    except Exception:  # dateutil raises many kinds
        raise Refused(f"{path.name} holds no time.") from None
    return text
