"""The solution notebooks as files: find their cells, execute them, keep their metadata clean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode

from autograder.errors import ExplainedError
from autograder.files import replacing

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def find(root: Path) -> Iterator[Path]:
    """Notebooks of all assignments below a folder, in order."""
    for path in sorted(root.glob("*/*.ipynb")):
        if not path.name.startswith("."):
            yield path


def parse(text: str) -> NotebookNode:
    """The notebook of a text, in format 4.5."""
    notebook: NotebookNode = nbformat.reads(text, as_version=4)
    return notebook


def read(path: Path) -> NotebookNode:
    """Read a notebook in format 4.5, in which every cell has an id."""
    return nbformat.read(path, as_version=4)


def grade_id(cell: NotebookNode) -> str:
    """The ``grade_id`` of a cell, or the empty string."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell is a locked, graded one."""
    settings = cell.metadata.get("nbgrader", {})
    return bool(settings.get("grade")) and not settings.get("solution")


def is_locked(cell: NotebookNode) -> bool:
    """Whether students must not edit a cell: it is locked, or a check."""
    settings = cell.metadata.get("nbgrader", {})
    return bool(settings.get("locked")) or is_check(cell)


def is_text_answer(cell: NotebookNode) -> bool:
    """Whether a cell is an answer in words, which a person reads."""
    settings = cell.metadata.get("nbgrader", {})
    return bool(settings.get("grade")) and bool(settings.get("solution"))


def figures(notebook: NotebookNode) -> frozenset[str]:
    """The texts of all cells that only draw, which their authors have tagged ``figure``."""
    return frozenset(cell.source for cell in notebook.cells if "figure" in cell.metadata.get("tags", ()))


def cells_by_grade_id(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """All cells that have a ``grade_id``."""
    return {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}


def tidy(notebook: NotebookNode) -> None:
    """Drop what differs from run to run: execution times, editor settings, versions of the kernel.

    A cell is named after its ``grade_id`` where it has one, so that ids never change by themselves.
    """
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in ("nbgrader", "tags") if key in cell.metadata}
        cell.metadata = nbformat.from_dict(kept)
        if grade_id(cell):
            cell.id = grade_id(cell).replace("_", "-")
        if cell.cell_type == "code":
            cell.outputs = _joined_streams(cell.outputs)
            for output in cell.outputs:
                metadata = output.pop("metadata", {})
                if output.output_type in ("display_data", "execute_result"):
                    output.metadata = nbformat.from_dict(_alternative_texts(metadata))
    nbformat.validate(notebook)


def _alternative_texts(metadata: NotebookNode) -> dict[str, dict[str, str]]:
    """What an output says for readers who do not see its pictures, and nothing else."""
    return {
        kind: {"alt": told["alt"]}
        for kind, told in metadata.items()
        if isinstance(told, dict) and "alt" in told
    }


def _joined_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of one stream: where they break depends on timing."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if (
            last is not None
            and output.output_type == last.output_type == "stream"
            and output.name == last.name
        ):
            last.text += output.text
        else:
            joined.append(output)
    return joined


def execute(path: Path, timeout: float = 3600) -> None:
    """Run a notebook in place, as `run` does, and tidy it.

    Parameters
    ----------
    path : pathlib.Path
        The notebook; its folder is the working directory.
    timeout : float
        Seconds for each cell.

    Raises
    ------
    ExplainedError
        There is no such notebook, or a cell fails; the file is then left as it was.
    """
    notebook = run(path, timeout)
    tidy(notebook)
    write(notebook, path)


def run(path: Path, timeout: float = 3600) -> NotebookNode:
    """Run a notebook from a clean kernel, top to bottom; its file stays as it is.

    Parameters
    ----------
    path : pathlib.Path
        The notebook; its folder is the working directory.
    timeout : float
        Seconds for each cell.

    Returns
    -------
    NotebookNode
        With outputs, and with the times of each cell in its metadata.

    Raises
    ------
    ExplainedError
        There is no such notebook, or a cell fails.
    """
    try:
        notebook = read(path)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise ExplainedError(f"{path} cannot be read as a notebook: {error}.") from error
    client = NotebookClient(
        notebook, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    try:
        client.execute()
    except (CellControlSignal, DeadKernelError) as error:
        from nbconvert.filters import strip_ansi  # workers import this module, and nbconvert is large

        raise ExplainedError(
            f"{path} is left as it was, for a cell of it failed; mend it and run this again.\n{strip_ansi(str(error))}"
        ) from error
    return notebook


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook so that a crash leaves the old file or the new one."""
    with replacing(path) as beside:
        nbformat.write(notebook, beside)
