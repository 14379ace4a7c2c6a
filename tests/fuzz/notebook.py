"""The bytes of a submitted notebook: refused with a sentence, or a valid notebook on the release's frame."""

from __future__ import annotations

import functools
import json
import warnings
from pathlib import Path

import nbformat

from autograder import notebooks
from autograder.sanitise import NOTEBOOK_BYTES, Refused, name_cells, parse_notebook, repair

ROOT = Path(__file__).parents[2]
KEPT = ("setup", "linear", "check_linear", "relu", "check_relu")
LARGEST = 64 * 1024
WORDS = (
    "cells", "cell_type", "code", "markdown", "raw", "source", "metadata", "nbgrader", "grade_id", "outputs",
    "execution_count", "id", "tags", "attachments", "nbformat", "nbformat_minor", *KEPT,
)  # fmt: skip


@functools.cache
def release() -> nbformat.NotebookNode:
    """Five named cells of a released notebook, and a text between them."""
    notebook = notebooks.read(ROOT / "notebooks" / "neural_networks" / "1_backprop_numpy.ipynb")
    notebook.cells = [c for c in notebook.cells if notebooks.grade_id(c) in KEPT or c is notebook.cells[0]]
    return notebook


def check(content: bytes) -> None:
    """Read a notebook, and fail if it does anything else than what is promised."""
    try:
        parsed = parse_notebook(content[:NOTEBOOK_BYTES])
    except Refused as reason:
        assert str(reason).isprintable(), reason  # noqa: PT017
        return
    try:
        name_cells(parsed, release())
    except Refused as reason:
        assert str(reason).isprintable(), reason  # noqa: PT017
    repaired = repair(parsed, release())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nbformat.validate(repaired)
    named = [notebooks.grade_id(cell) for cell in repaired.cells if notebooks.grade_id(cell)]
    assert named == list(KEPT), named
    ids = [cell.id for cell in repaired.cells]
    assert len(set(ids)) == len(ids), ids
    originals = notebooks.cells_by_grade_id(release())
    for cell in repaired.cells:
        assert not cell.get("outputs"), cell
        original = originals.get(notebooks.grade_id(cell))
        if original is None:
            assert not cell.metadata, cell
            assert not cell.get("attachments"), cell
            continue
        assert (cell.cell_type, cell.metadata) == (original.cell_type, original.metadata), cell
        if notebooks.is_locked(original):
            assert cell.source == original.source, cell
    again = nbformat.reads(nbformat.writes(repaired).encode().decode(), as_version=4)
    assert [c.source for c in again.cells] == [c.source for c in repaired.cells]


def seeds() -> list[bytes]:
    """Real notebooks, cut short, as students hand them in."""
    whole = json.loads(nbformat.writes(release()))
    solved = notebooks.read(ROOT / "solutions" / "neural_networks" / "1_backprop_numpy.ipynb")
    solved.cells = solved.cells[:8]
    shown = json.loads(nbformat.writes(solved))
    for cell in shown["cells"]:
        for output in cell.get("outputs", []):
            for mime in output.get("data", {}):
                output["data"][mime] = output["data"][mime][:200]
    twice = {**whole, "cells": whole["cells"][::-1] * 2}
    tiny = {"cells": [{"cell_type": "code", "source": ["a\n", "b"], "metadata": {}}], "nbformat": 4}
    nameless = {**whole, "cells": [{**cell, "metadata": {}} for cell in whole["cells"]]}
    return [json.dumps(made).encode() for made in (whole, shown, twice, tiny, nameless)] + [
        b"\xef\xbb\xbf{}",
        b"[[1]]",
    ]
