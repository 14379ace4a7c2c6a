"""The assignments of the pack, and the files that are handed in with them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import ExplainedError

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
    """

    name: str
    notebooks: tuple[str, ...]
    checkpoints: tuple[str, ...]

    @staticmethod
    def is_numpy_only(notebook: str) -> bool:
        """Whether a notebook is to be done without torch; its name says so."""
        return notebook.endswith("_numpy")

    @property
    def histories(self) -> tuple[str, ...]:
        """Loss curves written beside the checkpoints by `autograder.training`."""
        return tuple(name.removesuffix(".pt") + ".history.json" for name in self.checkpoints)


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
    found: dict[str, dict[str, list[str]]] = {}
    for path in checks.glob(f"*/{NOTEBOOK_FILE}"):
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8"))
            assignment, notebook, checkpoints = said["assignment"], said["notebook"], said["checkpoints"]
        except (KeyError, ValueError) as error:
            raise NotebookFileError(
                f"{path} cannot be read ({error}): it names an assignment, a notebook and its checkpoints."
            ) from error
        found.setdefault(assignment, {})[notebook] = checkpoints
    return {
        name: Assignment(name, tuple(sorted(of)), tuple(file for n in sorted(of) for file in of[n]))
        for name, of in sorted(found.items())
    }


ASSIGNMENTS = find_assignments(Path(__file__).with_name("checks"))
