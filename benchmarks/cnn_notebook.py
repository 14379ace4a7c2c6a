"""The notebook's own CNN on this machine: a copy of the solution, run from a clean kernel, without weights beside it.

    python benchmarks/cnn_notebook.py                          # the seconds of each cell above one, and the metrics
    python benchmarks/cnn_notebook.py --keep FOLDER            # and keep the notebook as it was run, with its weights

The seconds of the cell `trained` are those of the training; the metrics are what the notebook's own cell prints.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import nbformat
from fast.results import machine

from autograder import accelerator, data, notebooks
from autograder.errors import ExplainedError

SOURCE = Path(__file__).parents[1] / "solutions" / "neural_networks" / "2_cnn_cifar10.ipynb"
SHOWN = 1.0
"""Seconds from which on a cell is listed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    data.pin()
    print(f"on {machine(accelerator.best())}, {os.cpu_count()} cores, {data.kind()}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / SOURCE.name
        shutil.copy(SOURCE, copy)
        notebook = notebooks.run(copy)
        show(notebook)
        if options.keep is not None:
            options.keep.mkdir(parents=True, exist_ok=True)
            notebooks.write(notebook, copy)
            for path in (copy, *Path(scratch).glob("*.pt")):
                shutil.copy(path, options.keep)


def show(notebook: nbformat.NotebookNode) -> None:
    """Print the seconds of the cells, and what the notebook says of its metrics."""
    total = 0.0
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        seconds = seconds_of(cell)
        total += seconds
        if seconds >= SHOWN or notebooks.grade_id(cell) == "trained":
            print(f"cell {number:>2} {notebooks.grade_id(cell) or '':<20} {seconds:8.2f} s")
        for output in cell.outputs:
            if output.output_type == "stream" and "mean precision" in output.text:
                print(output.text.rstrip())
    print(f"all cells {total:27.2f} s")


def seconds_of(cell: nbformat.NotebookNode) -> float:
    """From the kernel's first word about a cell to its last."""
    times = cell.metadata.get("execution", {})
    names = ("iopub.execute_input", "iopub.status.idle")
    if not all(name in times for name in names):
        return 0.0
    began, ended = (datetime.fromisoformat(times[name]) for name in names)
    return (ended - began).total_seconds()


if __name__ == "__main__":
    try:
        main()
    except ExplainedError as error:
        sys.exit(str(error))
