"""Colab: the cell that installs the pack there, and the badges that open a notebook there.

Both are made from `autograder.course`, so that the address of the pack stands in one place.
"""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder import course

GRADE_ID = "install"
GITHUB = "https://github.com/"
# `COLAB_RELEASE_TAG` is what Colab sets. The cell uses no name by which grading would have to assume that it
# reaches other cells' names (see `autograder.sandbox.inside.figures`). What the notebooks need of other
# libraries is there in Colab, in versions that belong together: they are left as they are.
INSTALL = """\
# In Colab this installs the course pack; anywhere else it does nothing.
import os

if "COLAB_RELEASE_TAG" in os.environ:
    try:
        import autograder
    except ImportError:
        import subprocess

        subprocess.run(["pip", "install", "--quiet", "--no-deps", "{address}"], check=True)"""
NO_ADDRESS = """\
# In Colab the course pack has to be installed first; anywhere else this does nothing.
import os

if "COLAB_RELEASE_TAG" in os.environ:
    print("Ask your instructor how to install the course pack here: this course has not set its address.")"""


def install_source(repository: str, branch: str) -> str:
    """The code of the cell; without an address it says in Colab that there is none."""
    return INSTALL.format(address=f"git+{repository}@{branch}") if repository else NO_ADDRESS


def badge(repository: str, branch: str, path: str) -> str:
    """A Markdown link that opens a notebook of the repository in Colab; empty where Colab cannot open it.

    Parameters
    ----------
    repository, branch : str
        As in `autograder.course`; Colab opens notebooks from GitHub alone.
    path : str
        Of the notebook in the repository, as ``notebooks/start.ipynb``.
    """
    if not repository.startswith(GITHUB):
        return ""
    where = repository.removeprefix(GITHUB).removesuffix("/").removesuffix(".git")
    picture = "https://colab.research.google.com/assets/colab-badge.svg"
    return f"[![Open in Colab]({picture})](https://colab.research.google.com/github/{where}/blob/{branch}/{path})"


def prepare(notebook: NotebookNode, path: str) -> None:
    """Make a notebook ready for Colab: a badge under its title, and `install_source` before its first code.

    The cell is named and locked, so that grading treats it as any other.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place.
    path : str
        Of the notebook in the repository.
    """
    cell = new_code_cell(install_source(course.REPOSITORY, course.BRANCH), id=GRADE_ID)
    cell.metadata["nbgrader"] = {
        "grade": False,
        "grade_id": GRADE_ID,
        "locked": True,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    first = next((i for i, c in enumerate(notebook.cells) if c.cell_type == "code"), len(notebook.cells))
    notebook.cells.insert(first, cell)
    link = badge(course.REPOSITORY, course.BRANCH, path)
    if link and notebook.cells[0].cell_type == "markdown":
        title, *text = notebook.cells[0].source.split("\n")
        notebook.cells[0].source = "\n".join([title, "", link, *text])


def move_badge(notebook: NotebookNode, path: str, to: str) -> None:
    """Let the badge of a notebook that is now another's translation open the translation.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place; without an address it has no badge, and stays as it is.
    path, to : str
        In the repository: where `prepare` was told that it lies, and where it lies now.
    """
    before, after = (badge(course.REPOSITORY, course.BRANCH, where) for where in (path, to))
    for cell in notebook.cells if before else ():
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace(before, after)


class Prepare(NbGraderPreprocessor):
    """`prepare` as the first step of ``GenerateAssignment``; the solutions are left as they are."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Prepare a notebook that is being released."""
        about = resources["nbgrader"]
        prepare(nb, f"notebooks/{about['assignment']}/{about['notebook']}.ipynb")
        return nb, resources
