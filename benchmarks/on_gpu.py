"""All that is to be measured on a GPU, in one command that ends within so many minutes.

    python benchmarks/on_gpu.py --minutes 10 --against FOLDER     # airbench94_muon.py lies in FOLDER
    python benchmarks/on_gpu.py notebook retraining               # these steps alone
    python benchmarks/on_gpu.py --rehearse                        # on the CPU, with tens of images

Every step is a command of its own, and costs only itself when it fails or takes longer than its share. What it measures
goes to benchmarks/results, what it prints to LOGS/STEP.txt; the end of that is shown. The steps, in their order:

"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

BENCHMARKS = Path(__file__).parent
RESULTS = BENCHMARKS / "results"
LOGS = BENCHMARKS.parent / "build" / "gpu"
SMALL = ("--device", "cpu", "--images", "64", "--test-images", "20", "--width", "0.05", "--batch-size", "16")
LAST_LINES = 12
LEAST_SECONDS = 10.0
"""That must be left for a step to be begun."""


@dataclass(frozen=True)
class Step:
    """One command.

    Attributes
    ----------
    name : str
        To ask for it, and of its log.
    gives : str
        What it measures, for the help.
    seconds : float
        After which it is ended.
    line : tuple of str
        The command, without Python.
    """

    name: str
    gives: str
    seconds: float
    line: tuple[str, ...]


def steps(options: argparse.Namespace, results: Path) -> Iterator[Step]:
    """All steps; the most wanted come first.

    Parameters
    ----------
    options : argparse.Namespace
        Of this command.
    results : pathlib.Path
        For the files of results.
    """
    small = options.rehearse
    more = SMALL if small else tuple(f"--{name}" for name in options.more)
    gpu = ("benchmarks/cifar_gpu.py", "--recipe", options.recipe, *more)
    few = ("--epochs", "1") if small else ()
    runs = ("--runs", "2" if small else "20", "--json", str(results / "cifar_gpu_record.json"))
    against = ("--against", str(options.against.resolve())) if options.against else ()
    few_runs = ("--runs", "1" if small else "10")
    seeds = ("--seeds", "1" if small else "3")
    budgets = ("--budgets", *(("0.1", "0.2") if small else ()), *seeds, "--output")
    yield Step("doctor", "whether torch can use the GPU", 60, ("-m", "autograder.cli", "doctor"))
    yield Step(
        "notebook", "the notebook's own CNN", 180, ("benchmarks/cnn_notebook.py", "--keep", str(options.logs))
    )
    yield Step(
        "retraining",
        "training in the sandbox, and a checkpoint's answers for all test images",
        180,
        ("benchmarks/retraining.py", "--seconds", "5" if small else "40"),
    )
    yield Step("budgets", "accuracy against seconds", 420, (*gpu, *budgets, str(results / "cifar_gpu.json")))
    yield Step("profile", "where the time of a run goes", 150, (*gpu, *few, "--profile"))
    compared = ("--validation", "--compare", *few_runs, "--json", str(results / "cifar_gpu_recipes.json"))
    gives = "accuracy and seconds of all recipes on validation images"
    yield Step("recipes", gives, 420, (*gpu, *few, *compared))
    yield Step(
        "record", "accuracy and seconds, in turn with the record's", 480, (*gpu, *few, *runs, *against)
    )
    size = ["--width", "1", "--images", "45000", "--epochs", "6", "--batch-size", "1024"]
    size += ["--device", "cuda", "--bfloat16"]
    little = ["--width", "0.02", "--images", "32", "--valid-images", "20", "--epochs", "1", "--seeds", "1"]
    output = ("--output", str(results / "ablation_full.json"))
    yield Step(
        "ablation",
        "ten networks at full size, three seeds",
        900,
        ("benchmarks/ablation.py", *(little if small else size), *output),
    )
    drawn = ("--output", str(options.logs / "cifar_cost")) if small else ()
    files = ("--results", str(RESULTS / "cifar_cpu.json"), str(results / "cifar_gpu.json"))
    yield Step("curve", "the figure", 60, ("benchmarks/curve.py", *files, *drawn))


class Runner:
    """Runs steps until the time is up.

    Parameters
    ----------
    seconds : float
        For all of them.
    logs : pathlib.Path
        For what they print.
    """

    def __init__(self, seconds: float, logs: Path) -> None:
        self._end = time.monotonic() + seconds
        self._logs = logs
        self.outcomes: list[tuple[str, float, str]] = []
        logs.mkdir(parents=True, exist_ok=True)

    def run(self, step: Step) -> bool:
        """Run a step and show the end of what it printed; whether it went well."""
        left = self._end - time.monotonic()
        if left < LEAST_SECONDS:
            return self._note(step.name, 0.0, "not begun: the time is up")
        log, start, allowed = self._logs / f"{step.name}.txt", time.monotonic(), min(step.seconds, left)
        print(f"\n== {step.name} (at most {allowed:.0f} s): {' '.join(step.line)}", flush=True)
        with log.open("w", encoding="utf-8") as file:
            process = subprocess.Popen(
                [sys.executable, *step.line],
                cwd=BENCHMARKS.parent,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
            try:
                status = process.wait(allowed)
                outcome = "done" if status == 0 else f"failed with status {status}"
            except subprocess.TimeoutExpired:
                outcome = f"ended after {allowed:.0f} s"
            finally:
                _end(process)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        print("\n".join(line[:200] for line in lines[-LAST_LINES:]), flush=True)
        return self._note(step.name, time.monotonic() - start, outcome)

    def _note(self, name: str, seconds: float, outcome: str) -> bool:
        self.outcomes.append((name, seconds, outcome))
        print(f"-- {name}: {outcome}, {seconds:.1f} s", flush=True)
        return outcome == "done"


def _end(process: subprocess.Popen) -> None:
    """Kill a step and all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def parse(line: Sequence[str] | None = None) -> argparse.Namespace:
    """The options, with the steps that were asked for."""
    every = steps(argparse.Namespace(rehearse=False, against=None, logs=LOGS, recipe="", more=()), RESULTS)
    listed = "\n".join(f"    {step.name:<16} {step.gives}" for step in every)
    parser = argparse.ArgumentParser(
        description=__doc__ + listed, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("steps", nargs="*", metavar="STEP", help="all where omitted")
    parser.add_argument("--minutes", type=float, default=30.0, help="for all steps together (%(default)g)")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="that holds airbench94_muon.py")
    parser.add_argument(
        "--recipe", default="published", help="of the training, by its name in fast/settings.py"
    )
    parser.add_argument(
        "--more",
        action="append",
        default=[],
        metavar="OPTION",
        help="for cifar_gpu.py, without its --: no-capture; may be given again",
    )
    parser.add_argument("--logs", type=Path, default=LOGS, metavar="FOLDER")
    parser.add_argument(
        "--results", type=Path, default=RESULTS, metavar="FOLDER", help="for the files of results"
    )
    parser.add_argument(
        "--rehearse", action="store_true", help="on the CPU, with tens of images; results go to LOGS"
    )
    options = parser.parse_args(line)
    options.logs = options.logs.resolve()
    there = [step.name for step in steps(options, RESULTS)]
    if unknown := [name for name in options.steps if name not in there]:
        parser.error(f"there is no step {unknown[0]}; the steps are {', '.join(there)}")
    return options


def main() -> None:
    options = parse()
    runner = Runner(60 * options.minutes, options.logs)
    for step in steps(options, options.logs if options.rehearse else options.results.resolve()):
        if not options.steps or step.name in options.steps:
            runner.run(step)
    print("\n" + "\n".join(f"{name:<36} {seconds:7.1f} s  {what}" for name, seconds, what in runner.outcomes))
    sys.exit(0 if all(what == "done" for _, _, what in runner.outcomes) else 1)


if __name__ == "__main__":
    main()
