"""What a person should know of the submissions: who is not in the class, what will not be graded."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from nbformat import NotebookNode

from autograder import configuration, release
from autograder.assignments import ASSIGNMENTS
from autograder.collecting.collect import Collecting
from autograder.collecting.delivery import NAMED_ANEW, note_on_names
from autograder.collecting.roster import Roster
from autograder.late import DueDates
from autograder.sanitise import NOTEBOOK_BYTES, Refused, read_file
from autograder.timestamps import TIMESTAMP, read_timestamp


def on_the_class(course: Path, assignment: str, students: Collection[str]) -> Iterator[str]:
    """Say who is not in the roster, where there is one, a sentence each.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    assignment : str
        Its name.
    students : collection of str
        Ids of those who handed in, or who are in the gradebook.
    """
    config = configuration.read(course)
    path = course / Collecting(config=config).roster
    if not path.exists():
        return
    known = Roster.read(path).students
    for student in sorted(set(students) - set(known)):
        yield (
            f"{student} is not in {path}: is the id right? Who has left the course is taken out by moving "
            f"{course / 'gradebook' / 'submitted' / student} away and `nbgrader db student remove {student} --force`."
        )
    yield from DueDates(config=config).strangers(assignment, {*known, *students})


def on_the_files(course: Path, assignment: str) -> Iterator[str]:
    """Say what lies among the submissions and is not what it should be, or is gone, a sentence each.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    assignment : str
        Its name.
    """
    submitted = course / "gradebook" / "submitted"
    for folder in sorted((course / "gradebook" / "autograded").glob(f"*/{assignment}")):
        student = folder.parent.name
        if folder.is_dir() and not (submitted / student / assignment).exists():
            yield (
                f"{student} has grades, and nothing in {submitted / student / assignment} any more: the grades stay, "
                f"in exports too. `nbgrader db student remove {student} --force` takes out all grades of a student; "
                f"move {folder} away then, and grade again."
            )
    for folder in sorted(submitted.glob("*/*")):
        if folder.is_dir() and folder.name not in ASSIGNMENTS and not folder.name.startswith("."):
            yield f"{folder} is no assignment's folder, and is not graded; there are: {', '.join(ASSIGNMENTS)}."
    for stamp in sorted(submitted.glob(f"*/{assignment}/{TIMESTAMP}")):
        try:
            read_timestamp(stamp)
        except Refused as reason:
            yield f"{stamp}: {reason} Without it nothing counts as late."
    yield from _named_anew(submitted, assignment, release.read(course, ASSIGNMENTS[assignment]))


def _named_anew(submitted: Path, assignment: str, released: dict[str, NotebookNode]) -> Iterator[str]:
    """Notebooks whose cells have lost their names and are graded all the same; of refused ones grading tells."""
    for name, notebook in released.items():
        for path in sorted(submitted.glob(f"*/{assignment}/{name}.ipynb")):
            try:
                content = read_file(path, NOTEBOOK_BYTES)
            except Refused:
                continue
            # Nearly all have names, and reading each a second time would take long in a large class.
            if b'"grade_id"' not in content and note_on_names(content, notebook) == NAMED_ANEW:
                yield f"{path}: {NAMED_ANEW}."
