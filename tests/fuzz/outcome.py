"""A reply about a cell: outputs that nbformat takes, within their limits, or a child that counts as lost."""

from __future__ import annotations

import json
from typing import Any

import nbformat

from autograder.examiner import OUTPUTS_KEPT, SHOWN, _read_outcome
from autograder.report import _ADAPTER, NotebookReport, Report
from autograder.sandbox.launch import ChildLost
from tests.fuzz.drawing import Drawing

LARGEST = 4 * 1024
ROOMS = (0, 60, 400, 10**6)
WORDS = (
    "output_type", "stream", "display_data", "execute_result", "error", "name", "stdout", "stderr", "text", "data",
    "metadata", "text/plain", "text/html", "text/markdown", "image/png", "image/jpeg", "image/svg+xml",
    "application/javascript", "ename", "evalue", "traceback", "execution_count", "ok", "timed_out", "transient",
    "iVBORw0KGgoAAAA=", "/9j/AAAA\n", 'iVBORw0KGgo"><script>', "status", "outputs", "seconds",
)  # fmt: skip
MIMES = (
    "text/plain", "image/png", "image/jpeg", "text/html", "text/markdown", "image/svg+xml", "application/javascript",
)  # fmt: skip
PICTURES = ("iVBORw0KGgoAAAA=", "/9j/AAAA\n", 'iVBORw0KGgo"><script>', "/9j/\n' onerror=x", "iVBORw0KGgo\x00")
FIELDS = {
    "stream": ("name", "text"),
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}


def check(content: bytes) -> None:
    """Read a reply made from the bytes."""
    drawn = Drawing(content)
    room = drawn.choose(ROOMS)
    reply = _reply(drawn)
    try:
        outcome, used = _read_outcome("cell", reply, room)
    except ChildLost as lost:
        assert lost.status == "malformed"  # noqa: PT017
        return
    assert outcome.status in ("ok", "error", "timed_out")
    assert 0 <= outcome.seconds < 1e6
    assert len(outcome.outputs) <= OUTPUTS_KEPT
    assert sum(len(json.dumps(output)) for output in outcome.outputs) == used <= room
    for output in outcome.outputs:
        made = nbformat.from_dict(output)
        nbformat.validate(made, ref="output", version=4)
        assert set(output.get("data", {})) <= set(SHOWN)
        assert set(output) <= {"output_type", *FIELDS[output["output_type"]]}
        json.dumps(output, ensure_ascii=False).encode()
    notebook = NotebookReport("n", cells=(outcome,))
    stored = _ADAPTER.dump_json(Report("ada", "a", "k", "0", "full", (notebook,)))
    assert _ADAPTER.validate_json(stored).notebooks == (notebook,)


def _reply(drawn: Drawing) -> dict[str, Any]:
    """Mostly of the agreed form: noise alone would never get past the first test."""
    if drawn.number(8) == 7:
        return {drawn.text(WORDS): drawn.plain(WORDS) for _ in range(drawn.number(6))}
    outputs = [_output(drawn) for _ in range(drawn.number(5))]
    reply = {"outputs": outputs, "status": drawn.choose(("ok", "error", "timed_out")), "seconds": 0.1}
    if drawn.number(4) == 3:
        reply[drawn.choose(("outputs", "status", "seconds"))] = drawn.plain(WORDS)
    if drawn.number(16) == 15:
        reply["outputs"] = outputs * 60
    return reply


def _output(drawn: Drawing) -> Any:
    if drawn.number(8) == 7:
        return drawn.plain(WORDS)
    kind = drawn.choose(list(FIELDS))
    output = {"output_type": kind}
    for field in FIELDS[kind]:
        if field == "data" and drawn.number(4) < 3:
            output[field] = {drawn.choose(MIMES): _content(drawn) for _ in range(1 + drawn.number(4))}
        elif field == "traceback" and drawn.number(4) < 3:
            output[field] = [drawn.plain(WORDS, 4) for _ in range(drawn.number(4))]
        else:
            output[field] = drawn.choose(("stdout", drawn.text(WORDS), drawn.plain(WORDS)))
    if drawn.number(6) == 5:
        output[drawn.text(WORDS)] = drawn.plain(WORDS)
    return output


def _content(drawn: Drawing) -> Any:
    return drawn.choose(PICTURES) if drawn.number(2) else drawn.plain(WORDS, 4)


def seeds() -> list[bytes]:
    """Choices that make one output of each kind, and longer ones."""
    return [bytes([3, 0, 1, 0, kind, *range(1, 60)]) for kind in range(4)] + [bytes(range(256)), bytes(40)]
