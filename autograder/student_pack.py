"""``autograder handout``: a folder to publish, with all that students need and nothing that answers the tasks.

The course's own repository holds the solutions; what this writes does not, and looks before it writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder import course as settings
from autograder import handout, notebooks, release
from autograder.assignments import ASSIGNMENTS
from autograder.errors import ExplainedError
from autograder.files import make_anew
from autograder.translation import language

MARKER = ".made-by-autograder-handout"
KEPT = (".git",)
"""What stays when the folder is made anew: its history is the publisher's."""
FILES = (
    ".gitignore",
    "CITATION.cff",
    "LICENSE",
    "benchmarks/README.md",
    "benchmarks/ablation.py",
    "benchmarks/cifar_gpu.py",
    "benchmarks/curve.py",
    "benchmarks/results/cifar_cpu.json",
    "docs/examples/students-workflow.yml",
    "docs/figures/cifar_cost.png",
    "docs/students.md",
    "environment.yml",
    "pyproject.toml",
)
README = "docs/examples/students-readme.md"
MAKEFILE = "docs/examples/students.mk"
OF_THE_DEMO = ("commands/demo.py", "demo.py", "sample_class.py", "samples.py")
"""The sample class is made of the solutions, and pieces of them stand in these files of the package."""
RUN, LONG = 4, 45
"""An answer is known by so many of its lines in a row, or by one line of so many characters."""


@dataclass(frozen=True)
class Answer:
    """What an author has written where students find a stub.

    Attributes
    ----------
    name : str
        The notebook and the cell, for people.
    pieces : frozenset of str
        Texts that nothing which is handed out may hold; spaces do not count.
    """

    name: str
    pieces: frozenset[str]


def write(course: Path, to: Path) -> list[Path]:
    """Write the folder, anew where it was written before.

    Parameters
    ----------
    course : pathlib.Path
        The folder of the course.
    to : pathlib.Path
        Absent, empty, or written by this; a ``.git`` in it stays.

    Returns
    -------
    list of pathlib.Path
        Paths below `to`.

    Raises
    ------
    ExplainedError
        This is not the course, an assignment has no release, an answer would be handed out (then nothing is
        written), or something else lies in the folder.
    """
    solutions = course / "solutions"
    if not (solutions / handout.START).is_file():
        raise ExplainedError(f"{course} is not the course: run this in the folder that holds solutions/.")
    try:
        files = dict(_contents(course))
    except OSError as error:
        raise ExplainedError(f"{error.filename} cannot be handed out: {error.strerror}.") from error
    found = [*leaks(answers(course), files), *_answered(files)]
    if found:
        raise ExplainedError(
            f"Nothing was written, for answers would be handed out: {'; '.join(found)}. Mend it, for a notebook with "
            "`make release`, and run this again."
        )
    make_anew(to, MARKER, course, KEPT)
    for path, content in files.items():
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        (to / path).write_bytes(content)
    return sorted(files)


def _contents(course: Path) -> Iterator[tuple[Path, bytes]]:
    """What is handed out: paths below the new folder, and what stands there."""
    for assignment in ASSIGNMENTS.values():
        release.folder(course, assignment)
    for name in FILES:
        yield Path(name), (course / name).read_bytes()
    for module in sorted(course.glob("benchmarks/fast/*.py")):
        yield module.relative_to(course), module.read_bytes()
    for page in sorted(course.glob("docs/*/students.md")):
        yield page.relative_to(course), page.read_bytes()
    yield Path("Makefile"), (course / MAKEFILE).read_bytes()
    readme = (course / README).read_text(encoding="utf-8")
    yield (
        Path("README.md"),
        handout.with_badges(readme, settings.REPOSITORY, settings.BRANCH).encode(),
    )
    for edition in sorted(course.glob("notebooks*")):
        for path in sorted([*edition.rglob("*.ipynb"), *edition.rglob(language.FILE)]):
            if not any(part.startswith(".") for part in path.relative_to(course).parts):
                yield path.relative_to(course), path.read_bytes()
    package = course / "autograder"
    for path in sorted(package.rglob("*")):
        relative = path.relative_to(package)
        hidden = any(part.startswith((".", "__pycache__")) for part in relative.parts)
        if path.is_file() and not hidden and relative.as_posix() not in OF_THE_DEMO:
            yield path.relative_to(course), path.read_bytes()


def _answered(files: dict[Path, bytes]) -> Iterator[str]:
    """The notebooks that somebody has worked in, whatever the answers."""
    for path, content in files.items():
        if path.suffix == ".ipynb":
            cells = notebooks.parse(content.decode("utf-8")).cells
            done = [f"`{notebooks.grade_id(cell)}`" for cell in cells if release.is_answered(cell)]
            if done:
                yield f"{path.as_posix()} is not as it was released ({', '.join(done)})"


def answers(course: Path) -> list[Answer]:
    """The answers of all solutions: the lines that their release does not have."""
    found = []
    for assignment in ASSIGNMENTS.values():
        for name, released in release.read(course, assignment).items():
            blanks = notebooks.cells_by_grade_id(released)
            solution = notebooks.read(course / "solutions" / assignment.name / f"{name}.ipynb")
            for gid, cell in notebooks.cells_by_grade_id(solution).items():
                if cell.metadata.nbgrader.get("solution"):
                    given = set(_lines(blanks[gid].source)) if gid in blanks else set()
                    own = [line for line in _lines(cell.source) if line not in given and line[:4] != "### "]
                    found.append(Answer(f"`{gid}` of {name}", frozenset(_pieces(own))))
    return found


def _lines(text: str) -> list[str]:
    """The lines of a text, without the spaces that may differ."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _pieces(lines: list[str]) -> Iterator[str]:
    yield from ("\n".join(lines[i : i + RUN]) for i in range(len(lines) - RUN + 1))
    yield from (line for line in lines if len(line) >= LONG)


def leaks(answers: Iterable[Answer], files: dict[Path, bytes]) -> Iterator[str]:
    """Which answers stand in which files; the text of a notebook is that of its cells."""
    answers = list(answers)
    for path, content in files.items():
        text = content.decode("utf-8", "replace")
        if path.suffix == ".ipynb":
            cells = notebooks.parse(text).cells
            text = "\n".join(
                [cell.source for cell in cells] + [str(cell.get("outputs", "")) for cell in cells]
            )
        text = "\n".join(_lines(text))
        yield from (
            f"{path.as_posix()} holds the answer {answer.name}"
            for answer in answers
            if any(piece in text for piece in answer.pieces)
        )
