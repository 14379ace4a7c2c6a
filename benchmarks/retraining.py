"""Grading on a GPU: one submission's network trained from scratch in the sandbox, and its checkpoint asked.

    python benchmarks/retraining.py --seconds 60           # prints the device, both networks' metrics, and seconds

The submission is the solution with its weights. On a GPU, the checkpoint answers for all 10,000 test images; their way
into the sandbox counts.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fast.results import machine

from autograder import accelerator, data, retrain, sample_class
from autograder.batch import Options
from autograder.errors import ExplainedError
from autograder.sample_class import Sample
from autograder.sandbox import devices

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="for the training (%(default)g)")
    parser.add_argument(
        "--weights", type=Path, metavar="FOLDER", help="in place of those beside the solution"
    )
    parser.add_argument(
        "--allow-unsandboxed", action="store_true", help="where there is no sandbox: the submission is ours"
    )
    options = parser.parse_args()
    data.pin()
    asked = _Asked()
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        for name in ("solutions", "notebooks"):
            shutil.copytree(ROOT / name / "neural_networks", course / name / "neural_networks")
        if options.weights is not None:
            for path in options.weights.glob("*.pt"):
                shutil.copy(path, course / "solutions" / "neural_networks")
        sample_class.write(Sample("solution", "neural_networks"), course, course / "gradebook" / "submitted")
        grading = Options("neural_networks", allow_unsandboxed=options.allow_unsandboxed)
        (found,) = retrain.retrain_all(course, grading, options.seconds)
    print(f"on {machine(accelerator.best())}, {data.kind()}")
    print(found)
    cards = devices.gpus()
    print(
        f"device nodes: {', '.join(cards) or 'none'}; driver by the environment: {devices.driver_folder() or 'no'}"
    )
    if cards and found.device != "cuda":
        devices.system_paths = lambda: ("/sys",)
        why = retrain.refusal(cards, bare=options.allow_unsandboxed)
        print(f"CUDA in a sandbox that shows all of /sys: {why or 'starts'}")
    if found.checkpoint is not None:
        print(f"the checkpoint's answers for {found.images:,} images: {asked.seconds:.2f} s")


class _Asked:
    """Times the last questions to a network: those to the checkpoint, which come after those to the retrained one."""

    seconds = 0.0

    def __init__(self) -> None:
        ask = retrain._ask

        def timed(*arguments: Any) -> Any:
            start = time.monotonic()
            try:
                return ask(*arguments)
            finally:
                self.seconds = time.monotonic() - start

        retrain._ask = timed


if __name__ == "__main__":
    try:
        main()
    except ExplainedError as error:
        sys.exit(str(error))
