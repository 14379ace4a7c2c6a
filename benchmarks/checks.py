"""How long a student waits for each check: the solution notebooks in a kernel, their check cells run again.

Seconds are what passes between sending the cell and its reply; beside them stand those in which the kernel
computed, which do not depend on what else runs on the machine. The first call of a check in a session, which
imports what the check needs, is printed too and is not in the median. The CNN's three metrics, which predict
2,000 images each, are repeated as often as `--slow-repeats` says.

    python benchmarks/checks.py --repeats 5
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbformat import NotebookNode

from autograder import data, notebooks

SOLUTIONS = Path(__file__).parents[1] / "solutions"
LIMIT, METRICS_LIMIT = 0.5, 30.0
METRICS = ("check_accuracy", "check_precision", "check_recall")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--slow-repeats", type=int, default=1, help="for the three metrics of the CNN")
    parser.add_argument("notebooks", nargs="*", help="names, as 1_softmax_numpy; all without any")
    options = parser.parse_args()
    data.pin()
    print(f"{os.cpu_count()} cores, {data.kind()}; median of {options.repeats}, after the first call")
    metrics = 0.0
    for path in notebooks.find(SOLUTIONS):
        if not options.notebooks or path.stem in options.notebooks:
            metrics += measure(path, options.repeats, options.slow_repeats)
    if metrics:
        print(f"the CNN's metrics together: {metrics:.1f} s, {verdict(metrics, METRICS_LIMIT)}")


def measure(path: Path, repeats: int, slow_repeats: int) -> float:
    """Run a notebook, and each of its checks again; the seconds of the CNN's metrics."""
    notebook = notebooks.read(path)
    metrics = 0.0
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(path.parent, folder, dirs_exist_ok=True)
        client = NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": folder}}
        )
        with client.setup_kernel():
            kernel = psutil.Process(client.km.provisioner.pid)
            empty = [run(client, kernel, nbformat.v4.new_code_cell("0"), 0)[0] for _ in range(5)]
            print(f"{path.stem}; an empty cell {statistics.median(empty):.3f} s")
            for index, cell in enumerate(notebook.cells):
                if cell.cell_type != "code":
                    continue
                first, _ = run(client, kernel, cell, index)
                if not notebooks.is_check(cell):
                    continue
                name = notebooks.grade_id(cell)
                n = slow_repeats if name in METRICS else repeats
                seconds, computing = zip(*(run(client, kernel, cell, index) for _ in range(n)), strict=True)
                median = statistics.median(seconds)
                metrics += median if name in METRICS else 0.0
                print(
                    f"  {name:26} {median:6.3f} s (from {min(seconds):.3f} to {max(seconds):.3f}, n = {n}), "
                    f"computing {statistics.median(computing):5.2f} s; first call {first:5.2f} s"
                    + ("" if name in METRICS else f"; {verdict(median, LIMIT)}"),
                    flush=True,
                )
    return metrics


def run(
    client: NotebookClient, kernel: psutil.Process, cell: NotebookNode, index: int
) -> tuple[float, float]:
    """Run a cell; seconds that passed, and seconds in which the kernel computed."""
    start, before = time.perf_counter(), kernel.cpu_times()
    client.execute_cell(cell, index)
    after = kernel.cpu_times()
    return time.perf_counter() - start, after.user + after.system - before.user - before.system


def verdict(seconds: float, limit: float) -> str:
    return f"within {limit:g} s" if seconds < limit else f"SLOWER than {limit:g} s"


if __name__ == "__main__":
    main()
