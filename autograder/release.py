"""The student edition: nbgrader writes it, what must not be in it is removed, and it is translated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from autograder.assignments import ASSIGNMENTS
from autograder.errors import ExplainedError
from autograder.translation.language import SOURCE

SAID_LINES = 15


def release(course: Path, assignment: str = "", language: str = SOURCE) -> list[Path]:
    """Write the student edition with nbgrader, and its translation from what nbgrader has written.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    assignment : str
        The assignment's name; all of them where it is empty.
    language : str
        Code of the language of the translated edition; English needs none.

    Returns
    -------
    list of pathlib.Path
        Folders and files that were written, below the course's folder.

    Raises
    ------
    ExplainedError
        For an unknown assignment or language, or when nbgrader fails.
    """
    from autograder import handout
    from autograder.translation import edition

    if assignment and assignment not in ASSIGNMENTS:
        raise ExplainedError(f"There is no assignment {assignment!r}; there are: {', '.join(ASSIGNMENTS)}.")
    edition.require_language(language)
    chosen = [assignment] if assignment else list(ASSIGNMENTS)
    for name in chosen:
        run_nbgrader(course, "generate_assignment", name, "--force")
    written = [Path("notebooks", name) for name in chosen]
    if (course / "solutions" / handout.START).is_file():
        handout.write(course)
        written.append(Path("notebooks", handout.START))
    if language != SOURCE:
        written += edition.write_notebooks(course, language, assignment)
    return written


def run_nbgrader(course: Path, *arguments: str) -> None:
    """Run one nbgrader command in a course; its log is shown only when it fails."""
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        log = "\n".join((done.stdout + done.stderr).splitlines()[-SAID_LINES:])
        raise ExplainedError(f"`nbgrader {' '.join(arguments)}` failed; the end of its log:\n{log}")


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
