"""Write the files of a new check: probe, judge, test, and the cells of its task in the solution notebook.

What is written works at once, for a task that doubles numbers; ``FILL IN`` marks what is to be replaced.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from pathlib import Path

import jinja2
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder import notebooks
from autograder.assignments import NOTEBOOK_FILE, Assignment, find_assignments
from autograder.checks.notebook import Checks
from autograder.errors import ExplainedError

NAME = re.compile(r"[a-z][a-z0-9_]{2,29}")
NOTEBOOK = re.compile(r"[0-9]+_[a-z][a-z0-9_]{2,39}")
TAKEN = ("check", "numpy", "setup", "torch")
TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  (Python files, from names that were checked)
)


class NewCheckError(ExplainedError):
    """A check cannot be written as asked."""


@dataclass(frozen=True)
class NewCheck:
    """A check that is to be written.

    Attributes
    ----------
    assignment, notebook, name : str
        ``neural_networks``, ``1_backprop_numpy``, ``sigmoid``.
    points : float
        What the check is worth.
    is_new_notebook : bool
        Whether the packages of judges and probes, and the solution notebook, are written too.
    """

    assignment: str
    notebook: str
    name: str
    points: float
    is_new_notebook: bool

    @property
    def package(self) -> str:
        """Name of the packages of its judges and probes."""
        return package_of(self.notebook)

    @property
    def solution(self) -> Path:
        """The solution notebook, below the course's folder."""
        return Path("solutions", self.assignment, f"{self.notebook}.ipynb")

    def sources(self) -> dict[Path, str]:
        """Contents of the new files, by their paths below the course's folder."""
        judges, probes = Path("autograder/checks", self.package), Path("autograder/probes", self.package)
        sources = {
            probes / f"{self.name}.py": self._render("probe"),
            judges / f"{self.name}.py": self._render("judge"),
            Path("tests/mutants", f"test_check_{self.package}_{self.name}.py"): self._render("test"),
        }
        if self.is_new_notebook:
            sources[probes / "__init__.py"] = self._render("probes")
            sources[judges / "__init__.py"] = self._render("judges")
            sources[judges / NOTEBOOK_FILE] = (
                f'assignment = "{self.assignment}"\nnotebook = "{self.notebook}"\ncheckpoints = []\n'
            )
        return sources

    def _render(self, template: str) -> str:
        return TEMPLATES.get_template(f"{template}.py.jinja").render(
            assignment=self.assignment,
            notebook=self.notebook,
            name=self.name,
            title=_words(self.name),
            points=f"{self.points:g}",
            numpy_only=Assignment.is_numpy_only(self.notebook),
        )

    def head(self) -> list[NotebookNode]:
        """The first cells of a new notebook."""
        library = "numpy as np" if Assignment.is_numpy_only(self.notebook) else "torch"
        title = f"# {_words(self.notebook.split('_', 1)[1])}\n\nFILL IN: what is built here, points, time."
        setup = f"import {library}\n\nfrom autograder.checks.{self.package} import check"
        return [
            new_markdown_cell(title, id="head"),
            _code(setup, "setup", locked=True),
        ]

    def task(self) -> list[NotebookNode]:
        """The cells of the task: its text, the answer, the check."""
        text = (
            f"## {_words(self.name)} ({self.points:g} points)\n\n"
            "FILL IN: why, the contract with its shapes, one worked number, a question to answer before."
        )
        answer = (
            f"def {self.name}(x):\n"
            '    """Answer twice x, in the shape of x."""\n'
            "    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
        )
        return [
            new_markdown_cell(text, id=f"{_dashed(self.name)}-text"),
            _code(answer, self.name, solution=True),
            _code(f"check.{self.name}({self.name})", f"check_{self.name}", locked=True, points=self.points),
        ]


def plan(course: Path, notebook: str, name: str, assignment: str = "", points: float = 1.0) -> NewCheck:
    """Look whether a check can be written, and where.

    Parameters
    ----------
    course : pathlib.Path
        The repository.
    notebook, name : str
        As ``1_backprop_numpy`` and ``sigmoid``. A notebook that is not known is a new one.
    assignment : str
        Of a new notebook; that of a known one need not be said.
    points : float
        What the check is worth.

    Returns
    -------
    NewCheck
        Nothing has been written yet.

    Raises
    ------
    NewCheckError
        When a name cannot be used, or something of that name is there already.
    """
    if not (course / "autograder" / "checks").is_dir() or not (course / "solutions").is_dir():
        raise NewCheckError(f"{course} is no clone of the course pack: run this in the folder of one.")
    if not NAME.fullmatch(name) or keyword.iskeyword(name) or hasattr(Checks, name) or name in TAKEN:
        raise NewCheckError(
            f"{name!r} cannot be the name of a check: it takes 3 to 30 small letters, digits and "
            f"underscores, a letter first, and not one of Python's own words or {', '.join(TAKEN)}, names."
        )
    if not NOTEBOOK.fullmatch(notebook):
        raise NewCheckError(
            f"{notebook!r} cannot be the name of a notebook: it takes a number, an underscore, and small "
            "letters, digits and underscores, as in 1_backprop_numpy."
        )
    if not 0 < points <= 1000:
        raise NewCheckError(f"A check cannot be worth {points:g} points: give it more than 0, 1000 at most.")
    assignments = find_assignments(course / "autograder" / "checks")
    of = {n: a.name for a in assignments.values() for n in a.notebooks}
    if notebook in of and assignment not in ("", of[notebook]):
        raise NewCheckError(f"{notebook} belongs to {of[notebook]}, not to {assignment}: leave that out.")
    if notebook not in of and not NAME.fullmatch(assignment):
        raise NewCheckError(
            f"{notebook} is not among {', '.join(of)}: for a new notebook say its assignment, as in "
            f"--assignment {next(iter(assignments), 'neural_networks')} or another name in small letters."
        )
    new = NewCheck(of.get(notebook, assignment), notebook, name, points, notebook not in of)
    other = [n for n in of if n != notebook and package_of(n) == new.package]
    if other:
        raise NewCheckError(
            f"The judges of {other[0]} are called {new.package} too: give {notebook} a name of its own."
        )
    _require_nothing_there(course, new)
    return new


def _require_nothing_there(course: Path, new: NewCheck) -> None:
    solution = course / new.solution
    there = [path for path in new.sources() if (course / path).exists()]
    if new.is_new_notebook and solution.exists():
        there.append(new.solution)
    if there:
        raise NewCheckError(f"{there[0]} is there already, and nothing was written: choose another name.")
    if not new.is_new_notebook:
        ids = {cell.id for cell in notebooks.read(solution).cells}
        taken = sorted(ids & {cell.id for cell in new.task()})
        if taken:
            raise NewCheckError(
                f"{new.solution} has a cell {taken[0]!r} already, and nothing was written: choose another name."
            )


def write(course: Path, new: NewCheck) -> list[Path]:
    """Write the files, and the cells at the end of the solution notebook.

    Returns
    -------
    list of pathlib.Path
        What was written, below the course's folder; a known notebook comes last.
    """
    sources = new.sources()
    for path, source in sources.items():
        (course / path).parent.mkdir(parents=True, exist_ok=True)
        with (course / path).open("x", encoding="utf-8") as file:
            file.write(source)
    solution = course / new.solution
    if new.is_new_notebook:
        solution.parent.mkdir(parents=True, exist_ok=True)
        notebook = new_notebook(cells=new.head())
    else:
        notebook = notebooks.read(solution)
    notebook.cells += new.task()
    notebooks.tidy(notebook)
    notebooks.write(notebook, solution)
    return [*sources, new.solution]


def package_of(notebook: str) -> str:
    """Name of the packages of judges and probes: that of the notebook without its number."""
    return notebook.split("_", 1)[1]


def _code(
    source: str, grade_id: str, *, locked: bool = False, solution: bool = False, points: float | None = None
) -> NotebookNode:
    settings = {
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
        **({} if points is None else {"points": points}),
    }
    metadata = nbformat.from_dict({"nbgrader": settings})
    return new_code_cell(source, id=_dashed(grade_id), metadata=metadata)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _dashed(name: str) -> str:
    return name.replace("_", "-")
