"""CIFAR-10 on one GPU: accuracy and seconds of a training run, against the public record, and by budget.

What is timed: everything after the images lie on the device as bytes and the code is compiled: normalising, the
first layer, new weights, augmentation, all steps, and the prediction of the 10,000 test images. One run before the
first timed one compiles.

    python benchmarks/cifar_gpu.py                            # 20 runs: accuracy and seconds
    python benchmarks/cifar_gpu.py --against FOLDER           # in turn with airbench94_muon.py, which lies in FOLDER
    python benchmarks/cifar_gpu.py --budgets                  # the curve: benchmarks/results/cifar_gpu.json
    python benchmarks/cifar_gpu.py --profile                  # where the time of a run goes
    python benchmarks/cifar_gpu.py --recipe newer             # with other settings than the published ones
    python benchmarks/cifar_gpu.py --compare --validation     # all recipes in turn: 45,000 images, 5,000 to validate on

`--device cpu --images 256 --test-images 64 --width 0.1 --epochs 2` tries all of it without a GPU; such figures say
nothing about one. `--no-capture` and `--no-compile` leave out what does not work somewhere.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from statistics import mean

import torch
from fast.record import Record
from fast.results import Results, machine, metrics, spread, write
from fast.settings import RECIPES, Settings
from fast.trainer import Run, Trainer
from torch.profiler import ProfilerActivity, profile

from autograder import accelerator, data
from autograder.cli import at_least_one
from autograder.errors import ExplainedError

RESULTS = Path(__file__).parent / "results" / "cifar_gpu.json"
BUDGETS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
TRIED = ("epochs", "batch_size", "second_looks", "brightness", "contrast", "smoothing")
"""Settings that can be given in place of the recipe's, as `fast.settings` explains them."""
RECORD = "the record"
EACH_RUN = ("epochs", "second_looks", "brightness", "contrast", "whitening_share")
"""Settings with which nothing need be compiled anew."""
CALIBRATION = (1.0, 3.0)
"""Epochs of the runs from which the time of an epoch is measured."""


def main() -> None:
    options = _options()
    device = accelerator.usable(options.device)
    with accelerator.explained():
        if options.profile:
            show_profile(options, device)
        elif options.budgets is not None:
            measure_budgets(options, device)
        else:
            measure_runs(options, device)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=at_least_one, default=20)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--recipe", choices=RECIPES, default="published", help="of fast/settings.py")
    for name in TRIED:
        kind = type(getattr(Settings(), name))
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, help="in place of the recipe's")
    parser.add_argument("--width", type=float, default=1.0, help="times the channels of the three blocks")
    parser.add_argument("--images", type=int, default=50_000, help="training images")
    parser.add_argument("--test-images", type=int, default=10_000)
    parser.add_argument("--validation", action="store_true", help="validation images in place of test images")
    parser.add_argument(
        "--precision", choices=("float16", "bfloat16", "float32"), help="float16 on a GPU, else float32"
    )
    parser.add_argument("--no-compile", action="store_true", help="without torch.compile")
    parser.add_argument(
        "--no-tuning", action="store_true", help="torch.compile takes the usual kernels, and less long"
    )
    parser.add_argument("--no-capture", action="store_true", help="without a CUDA graph of the step")
    parser.add_argument(
        "--against", type=Path, metavar="FOLDER", help="in turn with the record's script there"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the runs there as well")
    parser.add_argument("--budgets", type=float, nargs="*", metavar="SECONDS", help=f"default: {BUDGETS}")
    parser.add_argument("--seeds", type=at_least_one, default=5, help="runs of each budget")
    parser.add_argument("--output", type=Path, default=RESULTS, help="file of the budgets' runs")
    parser.add_argument(
        "--compare", nargs="*", choices=RECIPES, metavar="RECIPE", help="several in turn; default: all"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=60.0,
        help="from the start of the command, after which no further round of runs begins",
    )
    parser.add_argument("--profile", action="store_true")
    return parser.parse_args()


def settings_of(options: argparse.Namespace, recipe: str | None = None) -> Settings:
    """The recipe's settings, or what was given in their place."""
    settings = RECIPES[recipe or options.recipe]
    given = {name: getattr(options, name) for name in TRIED if getattr(options, name) is not None}
    a, b, c = (max(1, round(options.width * width)) for width in settings.widths)
    return replace(settings, widths=(a, b, c), **given)


def make(
    options: argparse.Namespace,
    device: torch.device,
    settings: Settings | None = None,
    *,
    captured: bool = True,
) -> tuple[Trainer, data.Images]:
    """A trainer that has compiled and warmed up, and the images that it predicts."""
    parts = data.parts()
    train, test = (parts.train, parts.valid) if options.validation else (data.load(train=True), parts.test)
    settings = settings or settings_of(options)
    on_gpu = device.type == "cuda"
    train, test = train[: options.images], test[: options.test_images]
    trainer = Trainer(
        train,
        test,
        settings,
        device,
        dtype=getattr(torch, options.precision or ("float16" if on_gpu else "float32")),
        compiled=on_gpu and not options.no_compile,
        captured=on_gpu and captured and not options.no_capture,
        tuned=not options.no_tuning,
    )
    if on_gpu:
        trainer.run(seed=0, epochs=min(1.0, settings.epochs))
    return trainer, test


def measure_runs(options: argparse.Namespace, device: torch.device) -> None:
    """Print every run, and mean, standard error and n: one of each recipe, and of the record's, in turn."""
    end = time.monotonic() + 60 * options.minutes
    names = [options.recipe] if options.compare is None else options.compare or list(RECIPES)
    recipes = {name: settings_of(options, name) for name in names}
    trainers: dict[Settings, Trainer] = {}
    runners: dict[str, Callable[[int], tuple[float, float]]] = {}
    for name, settings in recipes.items():
        if _compiled(settings) not in trainers:
            trainers[_compiled(settings)], test = make(options, device, settings)
        runners[name] = partial(_run, trainers[_compiled(settings)], settings, test)
    about = {"machine": machine(device), "images": _images(options)}
    print(f"{about['images']}, on {about['machine']}", flush=True)
    found = {name: {"settings": _numbers(settings), "runs": []} for name, settings in recipes.items()}
    with contextlib.ExitStack() as stack:
        if options.against is not None:
            runners[RECORD] = stack.enter_context(Record(options.against, _official_files())).run
            found[RECORD] = {"settings": "its own", "runs": []}
        for seed in range(options.runs):
            if seed and time.monotonic() > end:
                break
            for name, run in runners.items():
                seconds, accuracy = run(seed)
                found[name]["runs"].append({"seed": seed, "seconds": round(seconds, 4), "accuracy": accuracy})
                print(f"{name:<16}run {seed:>3}: {seconds:.4f} s, accuracy {accuracy:.4f}", flush=True)
                if options.json is not None:
                    write(options.json, {**about, "recipes": found})
    for name, of_one in found.items():
        seconds, accuracies = ([run[column] for run in of_one["runs"]] for column in ("seconds", "accuracy"))
        print(f"{name:<16}{spread(seconds)} s, accuracy {spread(accuracies)}", end="")
        if RECORD in found and name != RECORD:
            theirs = mean(run["seconds"] for run in found[RECORD]["runs"])
            print(f", the record's seconds / these: {theirs / mean(seconds):.3f}", end="")
        print(f"; {of_one['settings']}")


def _compiled(settings: Settings) -> Settings:
    """The same for two recipes that can share a trainer."""
    return replace(settings, **{name: getattr(Settings(), name) for name in EACH_RUN})


def _official_files() -> Path:
    root = data.find()
    if root is None or not (root / data.FOLDER).is_dir():
        raise data.DataUnavailableError(
            f"The record's script reads the official files: set {data.ROOT_VARIABLE}."
        )
    return root


def _run(trainer: Trainer, settings: Settings, test: data.Images, seed: int) -> tuple[float, float]:
    """Seconds and accuracy of a run with the settings, of which the trainer may have compiled others."""
    trainer.settings = replace(trainer.settings, **{name: getattr(settings, name) for name in EACH_RUN})
    run = trainer.run(seed)
    return run.seconds, float((run.predicted == test.labels).mean())


def _about(options: argparse.Namespace) -> str:
    return f"{_numbers(settings_of(options))}, {_images(options)}"


def _images(options: argparse.Namespace) -> str:
    tested = "validation" if options.validation else "test"
    return f"up to {options.images:,} training and {options.test_images:,} {tested} images, {data.kind()}"


def _numbers(settings: Settings) -> str:
    """Those that differ between recipes, or may be given."""
    named = dict.fromkeys((*TRIED, "widths", *(f.name for f in fields(Settings) if _differs(f.name))))
    return ", ".join(f"{name.replace('_', ' ')} {getattr(settings, name)}" for name in named)


def _differs(name: str) -> bool:
    return len({getattr(settings, name) for settings in RECIPES.values()}) > 1


def measure_budgets(options: argparse.Namespace, device: torch.device) -> None:
    """As many epochs as fit into each budget, for each seed; a run that is in the file is not repeated."""
    budgets = options.budgets or list(BUDGETS)
    about = {"machine": machine(device), "settings": _about(options)}
    results = Results(options.output, about)
    waiting = list(results.missing(budgets, options.seeds))
    if waiting:
        trainer, test = make(options, device)
        before, each = calibrate([trainer.run(0, epochs) for epochs in CALIBRATION])
        print(f"{before:.4f} s beside the training, {each:.4f} s an epoch, on {machine(device)}", flush=True)
        for budget, seed in waiting:
            epochs = max((budget - before) / each, 0.0)
            run = trainer.run(seed, epochs)
            found = metrics(test.labels, run.predicted)
            about_run = {"budget": budget, "seed": seed, "seconds": round(run.seconds, 4)}
            results.add({**about_run, **found, "epochs": round(epochs, 3)})
            print(results.runs[-1], flush=True)
    for budget in budgets:
        runs = [run for run in results.runs if run["budget"] == budget]
        accuracies, seconds = ([run[name] for run in runs] for name in ("accuracy", "seconds"))
        print(f"budget {budget:g} s: {spread(seconds)} s, accuracy {spread(accuracies)}")


def calibrate(runs: list[Run]) -> tuple[float, float]:
    """Seconds beside the training, and of one epoch, from runs of `CALIBRATION` epochs: a straight line."""
    (few, many), (first, last) = CALIBRATION, (runs[0].seconds, runs[1].seconds)
    each = max((last - first) / (many - few), 1e-6)
    return max(first - few * each, 0.0), each


def show_profile(options: argparse.Namespace, device: torch.device) -> None:
    """Print the seconds of each phase of a run, then torch's table of a run whose steps are not captured."""
    trainer, _ = make(options, device)
    whole = trainer.run(0)
    timed = trainer.run(0, phases=True)
    print(f"{_about(options)}, on {machine(device)}")
    print(f"{whole.seconds:.4f} s in one go; with a stop after each phase {timed.seconds:.4f} s:")
    for name, seconds in sorted(timed.phases.items(), key=lambda item: -item[1]):
        print(f"  {name:<14} {seconds:.4f} s  {seconds / timed.seconds:6.1%}")
    eager, _ = make(options, device, captured=False)
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if device.type == "cuda" else [])
    with profile(activities=activities) as found:
        eager.run(0, min(eager.settings.epochs, 1.0))
    by = "self_device_time_total" if device.type == "cuda" else "self_cpu_time_total"
    print(
        "One epoch or less, its steps not captured; phases as torch attributes them, then the costliest operations:"
    )
    for event in found.key_averages():
        if event.key.startswith(("phase: ", "step: ")):
            print(f"  {event.key:<22} processor {event.cpu_time_total / 1e6:.4f} s, ", end="")
            print(f"device {event.device_time_total / 1e6:.4f} s")
    print(found.key_averages().table(sort_by=by, row_limit=30, max_name_column_width=60))


if __name__ == "__main__":
    try:
        main()
    except ExplainedError as error:
        sys.exit(str(error))
