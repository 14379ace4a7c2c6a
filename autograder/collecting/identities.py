"""What an LMS called the students when their submissions were collected: grades and feedback go back by it."""

from __future__ import annotations

from pathlib import Path

from autograder.collecting.store import Kept, Store


def read(collected: Path, assignment: str, kind: str) -> dict[str, dict[str, str]]:
    """Read what was written down.

    Parameters
    ----------
    collected : pathlib.Path
        ``gradebook/collected``.
    assignment : str
        Its name.
    kind : str
        ``"moodle"`` or ``"canvas"``.

    Returns
    -------
    dict
        For each student ``name`` and ``number``; with Moodle ``folder``, with Canvas a ``file:NAME`` for
        each file of the last download, which is the name in that download.
    """
    store = Store(collected / assignment)
    found: dict[str, dict[str, str]] = {}
    for student in store.students():
        last: list[Kept] = [kept for kept in store.of(student) if kept.kind == kind and kept.lms][-1:]
        if last:
            found[student] = last[0].lms
    return found
