"""A child's reply has the fields of its kind, of their types, and no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.sandbox.inside.wire import WireError
from autograder.sandbox.replies import require_schema

FIT: dict[str, list[dict[str, Any]]] = {
    "file": [{"status": "ok"}],
    "leave_out": [{"cells": []}, {"cells": [1, 2]}],
    "libraries": [
        {"libraries": [["torch"], []], "hidden": [{"cell": 0, "line": "x", "reason": "y", "instead": "z"}]}
    ],
    "cell": [{"status": "ok", "outputs": [{"output_type": "stream"}, 3], "seconds": 0.1}],
    "look": [{"status": "there"}, {"status": "absent", "name": "Linear"}],
    "ask": [
        {"status": "answered", "answer": {"y": {"type": "ndarray", "data": np.zeros(3)}}, "seconds": 1},
        {"status": "error", "error": "TypeError", "message": "m", "line": "x", "number": 3, "seconds": 0.0},
        {"status": "not_done", "seconds": 0.0},
        {"status": "malformed", "message": "not plain data"},
    ],
}
EVERY = [(kind, reply) for kind, replies in FIT.items() for reply in replies]
JUNK = (None, True, 7, 0.5, "perfect", [], {}, np.zeros(2), np.array(["ok", "ok"]), float("nan"))


@pytest.mark.parametrize(("kind", "reply"), EVERY)
def test_a_reply_that_fits_is_taken_as_it_is(kind: str, reply: dict[str, Any]) -> None:
    assert require_schema(kind, reply) is reply


@pytest.mark.parametrize(("kind", "reply"), EVERY)
def test_a_field_too_many_is_refused(kind: str, reply: dict[str, Any]) -> None:
    with pytest.raises(WireError, match=f"a reply to `{kind}` that does not fit"):
        require_schema(kind, {**reply, "points": 1.0})


@pytest.mark.parametrize(("kind", "reply"), EVERY)
def test_a_missing_status_or_list_is_refused(kind: str, reply: dict[str, Any]) -> None:
    first = next(iter(reply))
    with pytest.raises(WireError, match=first):
        require_schema(kind, {name: value for name, value in reply.items() if name != first})


@pytest.mark.parametrize(
    ("kind", "reply", "junk"),
    [
        (kind, reply, junk)
        for kind, reply in EVERY
        for junk in JUNK
        if type(junk) is not type(next(iter(reply.values()))) or type(junk) is str
    ],
)
def test_junk_in_place_of_a_status_or_list_is_refused(kind: str, reply: dict[str, Any], junk: Any) -> None:
    first = next(iter(reply))
    with pytest.raises(WireError):
        require_schema(kind, {**reply, first: junk})


def test_what_a_field_is_called_does_not_reach_a_terminal_as_it_is() -> None:
    with pytest.raises(WireError) as caught:
        require_schema("look", {"status": "there", "\x1b[2J\n" * 50: 1})
    assert str(caught.value).isprintable() and len(str(caught.value)) < 250
