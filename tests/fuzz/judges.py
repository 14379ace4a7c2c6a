"""Whole checks, asked about answers that were tampered with: always a verdict, never an error of our own."""

from __future__ import annotations

import copy
import functools
import json
import math
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np

from autograder import notebooks
from autograder.checks.card import html, text
from autograder.checks.check import Check
from autograder.checks.notebook import Checks
from autograder.probes.respond import respond
from autograder.report import _ADAPTER, NotebookReport, Report
from tests.fuzz.drawing import Drawing, is_seen

ROOT = Path(__file__).parents[2]
LARGEST = 512
SOLVED = {
    "neural_networks/1_backprop_numpy": (
        ("setup", "module", "linear", "relu", "softmax", "cross_entropy", "mlp_classifier"),
        ("linear", "relu", "softmax", "cross_entropy", "mlp_predict"),
    ),
    "linear_classifiers/1_softmax_numpy": (
        ("setup", "softmax", "loss_and_gradient", "features"),
        ("softmax", "loss_and_gradient", "standardize"),
    ),
}
WORDS = (
    "type",
    "data",
    "dtype",
    "ndarray",
    "Tensor",
    "float",
    "list",
    "NoneType",
    "answered",
    "status",
    "answer",
)
CHANGES = 3

Replies = dict[tuple[str, int], dict[str, Any]]


@functools.cache
def recorded() -> list[tuple[Check, Replies]]:
    """Checks with the replies that the solution earns all points with, by question and how often it came."""
    made = []
    for name, (cells, checked) in SOLVED.items():
        names = _run(name, cells)
        for word in checked:
            check = Checks(f"autograder.checks.{name.split('_', 2)[2]}")[word]
            subjects = [names[subject] for subject in check.subjects]
            replies: Replies = {}
            result = check.judge(_recorder(subjects, replies))
            assert result.points == result.max_points, result
            made.append((check, replies))
    return made


def _run(name: str, cells: tuple[str, ...]) -> dict[str, Any]:
    found = notebooks.cells_by_grade_id(notebooks.read(ROOT / "solutions" / f"{name}.ipynb"))
    module, before = types.ModuleType("__main__"), sys.modules["__main__"]
    sys.modules["__main__"] = module
    try:
        for gid in cells:
            exec(compile(found[gid].source, f"<cell {gid}>", "exec"), module.__dict__)
    finally:
        sys.modules["__main__"] = before
    return module.__dict__


def _recorder(subjects: list[Any], replies: Replies) -> Any:
    counts: dict[str, int] = {}

    def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
        reply = respond(probe, function, subjects, question)
        counts[function] = counts.get(function, 0) + 1
        replies[function, counts[function]] = copy.deepcopy(reply)
        return reply

    return ask


def check(content: bytes) -> None:
    """Judge recorded answers with a few parts replaced."""
    drawn = Drawing(content)
    judged, replies = drawn.choose(recorded())
    tampered = dict(replies)
    for _ in range(1 + drawn.number(CHANGES)):
        key = drawn.choose(list(replies))
        tampered[key] = _tampered(copy.deepcopy(tampered[key]), drawn)
    counts: dict[str, int] = {}

    def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
        counts[function] = counts.get(function, 0) + 1
        return tampered.get((function, counts[function]), {"status": "error", "error": "Gone"})

    with np.errstate(all="ignore"):
        result = judged.judge(ask)
    assert 0 <= result.points <= result.max_points and math.isfinite(result.points)
    shown = text(result)
    assert all(c == "\n" or is_seen(c) for c in shown), shown
    html(result).encode()
    json.dumps(result.to_dict())
    report = Report("ada", "a", "k", "0", "full", (NotebookReport("n", (result,)),))
    _ADAPTER.validate_json(_ADAPTER.dump_json(report))


def _tampered(value: Any, drawn: Drawing) -> Any:
    """Walk down by choices, and there delete or replace a part."""
    inner = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    act = drawn.number(16)
    if inner and act < 15:
        at = drawn.choose(list(inner))
        if act == 14:
            del value[at]
        else:
            value[at] = _tampered(value[at], drawn)
        return value
    if isinstance(value, np.ndarray) and drawn.number(4):
        return _odd(value, drawn)
    return drawn.plain(WORDS)


def _odd(array: np.ndarray, drawn: Drawing) -> np.ndarray:
    """An array with another dtype, shape, or one number changed."""
    act = drawn.number(4)
    if act == 0:
        with np.errstate(all="ignore"):
            return np.nan_to_num(array).astype(drawn.choose(("?", "u1", "i8", "f2", "f4", "f8")))
    if act == 1:
        return array.reshape(-1)
    if act == 2:
        return array.reshape(-1)[:0]
    changed = np.array(array)
    if changed.size:
        changed.flat[drawn.number(min(changed.size, 60_000))] = drawn.choose((0, 1, 127))
    return changed


def seeds() -> list[bytes]:
    """Choices that change each check's first replies."""
    return [bytes([number, 0, first, *range(1, 40)]) for number in range(8) for first in range(4)]
