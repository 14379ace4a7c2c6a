"""What nbgrader's exchange writes beside a submission: when it was handed in, and its secret."""

from __future__ import annotations

import re
from pathlib import Path

from autograder.collecting import dates
from autograder.sanitise import Refused, read_file

TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # noqa: S105  (a file's name)


def read_timestamp(path: Path) -> str:
    """Read when a submission was handed in, from a file that its author may have written.

    Returns
    -------
    str
        In UTC, as nbgrader writes it: of an offset such as ``+0300`` nbgrader would read 300 seconds.

    Raises
    ------
    Refused
        It holds no time. nbgrader would stop at it, and the submissions after it would not be recorded.
    """
    content = read_file(path, 100)
    try:
        text = content.decode("ascii").strip()
        if not text.isprintable():
            raise ValueError
        return f"{dates.parse(text, 'UTC'):%Y-%m-%d %H:%M:%S.%f} UTC"
    except Exception:  # dateutil raises many kinds
        raise Refused(
            f"{path.name} holds no time: write it as 2026-03-01 20:59:00 UTC, or with an offset."
        ) from None


def read_submission_secret(path: Path) -> str:
    """Read the secret under which the exchange hands out the feedback of a submission.

    Raises
    ------
    Refused
        It is not one that the exchange makes.
    """
    text = read_file(path, 200).decode("ascii", "replace")
    if not re.fullmatch(r"[0-9a-f]{64,128}", text):
        raise Refused(f"{path.name} holds no secret of the exchange's.")
    return text
