"""The public record's own script, run beside ours: one process for it, one run whenever it is asked for.

`airbench94_muon.py` of github.com/KellerJordan/cifar10-airbench stays where its user has put it. It is imported, not
executed, so its last lines, which do 200 runs, do not run; what they do before is done here: make the network, compile
it, warm up. A run is one call of its `main`, which prints a table and answers the accuracy; its last row, `eval`, holds
the seconds by its own timing rule.

This file is both ends: `Record` here, and the other process when it is run as a script.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

SCRIPT = "airbench94_muon.py"
COLUMNS = ("run", "epoch", "train_acc", "val_acc", "tta_val_acc", "time_seconds")
"""Of the table that the script prints, where it does not name them itself."""


class Record:
    """The script in a process of its own, in a scratch folder, with this process's Python and environment.

    Parameters
    ----------
    folder : pathlib.Path
        Holds the script.
    images : pathlib.Path
        Holds ``cifar-10-batches-py``; the script writes copies of the images into its scratch folder, not here.
    """

    def __init__(self, folder: Path, images: Path) -> None:
        script = (folder / SCRIPT).resolve()
        if not script.exists():
            sys.exit(f"There is no {SCRIPT} in {folder}: put it there, from KellerJordan/cifar10-airbench.")
        self._scratch = tempfile.TemporaryDirectory(prefix="record-")
        data = Path(self._scratch.name) / "cifar10"
        data.mkdir()
        (data / "cifar-10-batches-py").symlink_to(images.resolve() / "cifar-10-batches-py")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-B", str(Path(__file__).resolve()), str(script)],
            cwd=self._scratch.name,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *details: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._scratch.cleanup()

    def run(self, number: int) -> tuple[float, float]:
        """Train once; the seconds and the accuracy."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        answer = self._answer()
        return float(answer["seconds"]), float(answer["accuracy"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"{SCRIPT} ended with status {self._process.wait()}; what it said stands above.")
        return json.loads(line)


def seconds_of(table: str, columns: tuple[str, ...] = COLUMNS) -> float:
    """Read the seconds from the table's last row."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()]
    epoch, seconds = columns.index("epoch"), columns.index("time_seconds")
    last = [row for row in rows if len(row) == len(columns) and row[epoch] == "eval"][-1]
    return float(last[seconds])


def _load(script: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("record_script", script)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _serve(script: Path) -> None:
    """Import the script, warm up, and run once for every line of standard input."""
    import torch

    # It reads its own text from there, and writes beside its data.
    sys.argv = [str(script)]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module = _load(script)
    columns = tuple(name.strip() for name in getattr(module, "logging_columns_list", COLUMNS))
    model = module.CifarNet().cuda().to(memory_format=torch.channels_last)
    model.compile(mode="max-autotune")
    module.main("warmup", model)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            accuracy = module.main(int(line), model)
        answer = {"seconds": seconds_of(said.getvalue(), columns), "accuracy": accuracy}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
