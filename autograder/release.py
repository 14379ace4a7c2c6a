"""What happens to the student edition after nbgrader has written it."""

from __future__ import annotations

from pathlib import Path

from autograder.assignments import ASSIGNMENTS


def remove_checkpoints(assignment: str, student: str, notebooks: list[str], *, release: Path) -> None:
    """Delete our trained weights and loss curves, which nbgrader copies along with the notebooks.

    A hook for ``GenerateAssignment.post_convert_hook``, so that formgrader's button does it too.

    Parameters
    ----------
    assignment, student, notebooks
        What nbgrader passes: names, and the paths of the source notebooks.
    release : pathlib.Path
        nbgrader's release directory.
    """
    known = ASSIGNMENTS.get(assignment)
    if known is not None:
        for name in (*known.checkpoints, *known.histories):
            (release / assignment / name).unlink(missing_ok=True)
