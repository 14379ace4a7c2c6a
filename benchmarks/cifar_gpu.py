"""CIFAR-10 on one GPU: accuracy and seconds of a training run, against the public record, and by budget.

What is timed: everything after the images lie on the device as bytes and the code is compiled: normalising, the
first layer, new weights, augmentation, all steps, and the prediction of the 10,000 test images. One run before the
first timed one compiles.

    python benchmarks/cifar_gpu.py                            # 20 runs: accuracy and seconds
    python benchmarks/cifar_gpu.py --against FOLDER           # in turn with airbench94_muon.py, which lies in FOLDER
    python benchmarks/cifar_gpu.py --budgets                  # the curve: benchmarks/results/cifar_gpu.json
    python benchmarks/cifar_gpu.py --profile                  # where the time of a run goes
    python benchmarks/cifar_gpu.py --validation --epochs 9    # to choose settings: 45,000 images, 5,000 to validate on

`--device cpu --images 256 --test-images 64 --width 0.1 --epochs 2` tries all of it without a GPU; such figures say
nothing about one. `--no-capture` and `--no-compile` leave out what does not work somewhere.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean

import torch
from fast.record import Record
from fast.results import Results, machine, metrics, spread, write
from fast.settings import Settings
from fast.trainer import Run, Trainer
from torch.profiler import ProfilerActivity, profile

from autograder import accelerator, data
from autograder.errors import ExplainedError

RESULTS = Path(__file__).parent / "results" / "cifar_gpu.json"
BUDGETS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
TRIED = ("second_looks", "brightness", "contrast", "smoothing")
"""Further settings that can be given, as `fast.settings` explains them."""
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
    settings = Settings()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--epochs", type=float, default=settings.epochs)
    parser.add_argument("--batch-size", type=int, default=settings.batch_size)
    for name in TRIED:
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=getattr(settings, name))
    parser.add_argument("--width", type=float, default=1.0, help="times the channels of the three blocks")
    parser.add_argument("--images", type=int, default=50_000, help="training images")
    parser.add_argument("--test-images", type=int, default=10_000)
    parser.add_argument("--validation", action="store_true", help="validation images in place of test images")
    parser.add_argument(
        "--precision", choices=("float16", "bfloat16", "float32"), help="float16 on a GPU, else float32"
    )
    parser.add_argument("--no-compile", action="store_true", help="without torch.compile")
    parser.add_argument("--no-capture", action="store_true", help="without a CUDA graph of the step")
    parser.add_argument(
        "--against", type=Path, metavar="FOLDER", help="in turn with the record's script there"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the runs there as well")
    parser.add_argument("--budgets", type=float, nargs="*", metavar="SECONDS", help=f"default: {BUDGETS}")
    parser.add_argument("--seeds", type=int, default=5, help="runs of each budget")
    parser.add_argument("--output", type=Path, default=RESULTS, help="file of the budgets' runs")
    parser.add_argument("--profile", action="store_true")
    return parser.parse_args()


def make(
    options: argparse.Namespace, device: torch.device, *, captured: bool = True
) -> tuple[Trainer, data.Images]:
    """A trainer that has compiled and warmed up, and the images that it predicts."""
    parts = data.parts()
    train, test = (parts.train, parts.valid) if options.validation else (data.load(train=True), parts.test)
    train, test = train[: options.images], test[: options.test_images]
    settings = Settings(
        epochs=options.epochs,
        batch_size=options.batch_size,
        **{name: getattr(options, name) for name in TRIED},
    )
    a, b, c = (max(1, round(options.width * width)) for width in settings.widths)
    on_gpu = device.type == "cuda"
    trainer = Trainer(
        train,
        test,
        replace(settings, widths=(a, b, c)),
        device,
        dtype=getattr(torch, options.precision or ("float16" if on_gpu else "float32")),
        compiled=on_gpu and not options.no_compile,
        captured=on_gpu and captured and not options.no_capture,
    )
    if on_gpu:
        trainer.run(seed=0, epochs=min(1.0, options.epochs))
    return trainer, test


def measure_runs(options: argparse.Namespace, device: torch.device) -> None:
    """Print every run, and mean, standard error and n; in turn with the record's where that is asked for."""
    trainer, test = make(options, device)
    print(f"{options.epochs:g} epochs, {_about(options)}, on {machine(device)}", flush=True)
    content = {"machine": machine(device), "epochs": options.epochs, "settings": _about(options)}
    runs: dict[str, list[dict[str, float]]] = {"ours": []}
    with contextlib.ExitStack() as stack:
        record = None
        if options.against is not None:
            root = data.find()
            if root is None or not (root / data.FOLDER).is_dir():
                raise data.DataUnavailableError(
                    f"The record's script reads the official files: set {data.ROOT_VARIABLE}."
                )
            record = stack.enter_context(Record(options.against, root))
            runs["the record"] = []
        for seed in range(options.runs):
            runs["ours"].append(_run(trainer, test, seed))
            if record is not None:
                seconds, accuracy = record.run(seed)
                runs["the record"].append({"seed": seed, "seconds": round(seconds, 4), "accuracy": accuracy})
                print(f"          the record: {seconds:.4f} s, accuracy {accuracy:.4f}", flush=True)
            if options.json is not None:
                write(options.json, {**content, **runs})
    for name, found in runs.items():
        print(f"{name}: {spread(_column(found, 'seconds'))} s, accuracy {spread(_column(found, 'accuracy'))}")
    if record is not None:
        ratio = mean(_column(runs["the record"], "seconds")) / mean(_column(runs["ours"], "seconds"))
        print(f"the record's seconds / ours: {ratio:.3f}")


def _run(trainer: Trainer, test: data.Images, seed: int) -> dict[str, float]:
    run = trainer.run(seed)
    accuracy = float((run.predicted == test.labels).mean())
    print(
        f"run {seed:>3}: {run.seconds:.4f} s, accuracy {accuracy:.4f}, last loss {run.losses[-1]:.4f}",
        flush=True,
    )
    return {"seed": seed, "seconds": round(run.seconds, 4), "accuracy": accuracy}


def _column(runs: list[dict[str, float]], name: str) -> list[float]:
    return [run[name] for run in runs]


def _about(options: argparse.Namespace) -> str:
    tested = "validation" if options.validation else "test"
    return (
        f"up to {options.images:,} training and {options.test_images:,} {tested} images, "
        f"width {options.width:g}, batches of {options.batch_size:,}, "
        + ", ".join(f"{name.replace('_', ' ')} {getattr(options, name):g}" for name in TRIED)
        + f", {data.kind()}"
    )


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
    print(f"{options.epochs:g} epochs, {_about(options)}, on {machine(device)}")
    print(f"{whole.seconds:.4f} s in one go; with a stop after each phase {timed.seconds:.4f} s:")
    for name, seconds in sorted(timed.phases.items(), key=lambda item: -item[1]):
        print(f"  {name:<14} {seconds:.4f} s  {seconds / timed.seconds:6.1%}")
    eager, _ = make(options, device, captured=False)
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if device.type == "cuda" else [])
    with profile(activities=activities) as found:
        eager.run(0, min(options.epochs, 1.0))
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
