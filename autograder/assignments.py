"""The assignments of the pack, and the files that are handed in with them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import ExplainedError
from autograder.files import history_of

NOTEBOOK_FILE = "notebook.toml"


@dataclass(frozen=True)
class Assignment:
    """One assignment: a folder of notebooks.

    Attributes
    ----------
    name : str
        Name of the folder in ``solutions`` and in the release.
    notebooks : tuple of str
        Without their ending.
    checkpoints : tuple of str
        Trained weights (a PyTorch ``state_dict`` each) handed in beside the notebooks.
    text_answers : tuple of str
        The ``grade_id`` of each answer that a person reads.
    """

    name: str
    notebooks: tuple[str, ...]
    checkpoints: tuple[str, ...]
    text_answers: tuple[str, ...] = ()

    @staticmethod
    def is_numpy_only(notebook: str) -> bool:
        """Whether a notebook is to be done without torch; its name says so."""
        return notebook.endswith("_numpy")

    @property
    def histories(self) -> tuple[str, ...]:
        """Loss curves written beside the checkpoints by `autograder.training`."""
        return tuple(map(history_of, self.checkpoints))


class NotebookFileError(ExplainedError):
    """A `notebook.toml` cannot be used."""


def find_assignments(checks: Path) -> dict[str, Assignment]:
    """Gather the assignments from the packages of judges: each says in a file whose judges it holds.

    Parameters
    ----------
    checks : pathlib.Path
        The folder of `autograder.checks`. In the sandbox it is not there, and nothing is found.

    Returns
    -------
    dict
        By name, in alphabetical order; notebooks in the order of their names.

    Raises
    ------
    NotebookFileError
        When a ``notebook.toml`` does not name all three.
    """
    found: dict[str, dict[str, dict[str, list[str]]]] = {}
    for path in checks.glob(f"*/{NOTEBOOK_FILE}"):
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8"))
            assignment, notebook = said["assignment"], said["notebook"]
            lists = {"checkpoints": said["checkpoints"], "text_answers": said.get("text_answers", [])}
        except (KeyError, ValueError) as error:
            raise NotebookFileError(
                f"{path} cannot be read ({error}): it names an assignment, a notebook and its checkpoints."
            ) from error
        found.setdefault(assignment, {})[notebook] = lists
    return {name: _gathered(name, of) for name, of in sorted(found.items())}


def _gathered(name: str, of: dict[str, dict[str, list[str]]]) -> Assignment:
    order = sorted(of)
    checkpoints = tuple(file for notebook in order for file in of[notebook]["checkpoints"])
    texts = tuple(grade_id for notebook in order for grade_id in of[notebook]["text_answers"])
    return Assignment(name, tuple(order), checkpoints, texts)


ASSIGNMENTS = find_assignments(Path(__file__).with_name("checks"))


def known(name: str) -> Assignment:
    """The assignment of this name.

    Raises
    ------
    ExplainedError
        There is none.
    """
    if name not in ASSIGNMENTS:
        raise ExplainedError(f"There is no assignment {name!r}; there are: {', '.join(ASSIGNMENTS)}.")
    return ASSIGNMENTS[name]


def mistyped(setting: str, names: Iterable[str]) -> Iterator[str]:
    """Say which names in a setting are no assignments, a sentence each.

    Parameters
    ----------
    setting : str
        As it is written in ``nbgrader_config.py``.
    names : iterable of str
        What it names.
    """
    for name in names:
        if name not in ASSIGNMENTS:
            yield f"{setting} names {name!r}, which is no assignment; there are: {', '.join(ASSIGNMENTS)}."
