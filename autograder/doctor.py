"""``autograder doctor``: what this machine offers, and what to do about what is missing."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Iterator
from pathlib import Path

import torch

from autograder import accelerator, configuration, data, grades, retrain
from autograder.errors import ExplainedError
from autograder.sandbox import devices, walls
from autograder.sandbox.limits import Limits

Finding = tuple[bool, str, str]
"""Whether it is there, what it is, and what to do where it is not."""


def run(course: Path) -> None:
    """Print one line for each thing that grading needs or can use."""
    for there, what, remedy in findings(course):
        print(f"{'ok     ' if there else 'MISSING'} {what}")
        if not there:
            print(f"        {remedy}")
    print("\nlimits of one notebook:")
    for name, value in Limits().to_dict().items():
        print(f"        {name.replace('_', ' '):<18} {value:g}" if value < 1e6 else _mebibytes(name, value))


def _mebibytes(name: str, value: float) -> str:
    return f"        {name.replace('_bytes', ''):<18} {value / 2**20:g} MiB"


def findings(course: Path) -> Iterator[Finding]:
    """What there is and what there is not."""
    for wall in (*walls.survey(), walls.out_of_sight()):
        yield wall.stands, wall.name, wall.remedy
    for name in ("nbgrader", "alembic"):
        yield (
            shutil.which(name) is not None,
            f"{name} on PATH",
            "Activate the environment that the course pack is installed in: `. .venv/bin/activate`.",
        )
    for name in ("nbgrader", "torch", "numpy"):
        yield True, f"{name} {importlib.metadata.version(name)}", ""
    found = data.find()
    where = "the synthetic stand-in" if data.is_synthetic() else f"CIFAR-10 in {found}"
    yield (
        data.is_available(),
        where if data.is_available() else "CIFAR-10",
        f"Set {data.ROOT_VARIABLE} to the folder that holds {data.FOLDER}, or fetch it: `autograder data`.",
    )
    without = "Not needed for grading; training runs on the CPU then, in minutes instead of seconds."
    try:
        yield True, f"CUDA: {torch.cuda.get_device_name(accelerator.usable('cuda'))}", ""
    except accelerator.DeviceError as error:
        yield False, "CUDA", f"{without} {error}"
    if cards := devices.gpus():
        why = "A wall is missing, see above." if walls.missing() else retrain.refusal(cards)
        yield why is None, "CUDA in the sandbox", f"`--retrain` trains on the CPU then. What was said: {why}"
    settings = "nbgrader_config.py, with settings that are understood"
    try:
        config = configuration.read(course)
    except ExplainedError as error:
        yield False, settings, str(error)
        return
    yield True, settings, ""
    try:
        grades.require_writable(course, configuration.db_url(course, config))
        yield True, "gradebook that can be written", ""
    except ExplainedError as error:
        yield False, "gradebook that can be written", str(error)
