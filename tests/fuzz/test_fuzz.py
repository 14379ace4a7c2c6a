"""Inputs that once failed do not fail again, and a few seconds of new ones fail nowhere.

``python -m tests.fuzz`` searches for longer; see `docs/security.md`.
"""

from __future__ import annotations

import importlib
import signal
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import __main__ as runner
from tests.fuzz.__main__ import REGRESSIONS, TARGETS, mutated

FILES = sorted(path for path in REGRESSIONS.glob("*/*") if path.is_file())
EXAMPLES = {"notebook": 120, "report": 150, "judges": 40}
QUICK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def target_of(name: str) -> Any:
    return importlib.import_module(f"tests.fuzz.{name}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_once_failed_does_not_fail_again(path: Path) -> None:
    target_of(path.parent.name).check(path.read_bytes())


def test_every_regression_belongs_to_a_target_and_is_small() -> None:
    assert FILES
    assert {path.parent.name for path in FILES} <= set(TARGETS)
    assert max(path.stat().st_size for path in FILES) <= 64 * 1024


@pytest.mark.parametrize("name", TARGETS)
def test_real_inputs_are_taken(name: str) -> None:
    target = target_of(name)
    for content in target.seeds():
        target.check(content)


@pytest.mark.parametrize("name", TARGETS)
def test_changed_inputs_fail_nowhere(name: str) -> None:
    target = target_of(name)
    kept = target.seeds()

    @settings(QUICK, max_examples=EXAMPLES.get(name, 300))
    @given(st.integers(0, 2**32))
    def search(seed: int) -> None:
        target.check(mutated(target, kept, seed))

    search()


@pytest.mark.parametrize("name", TARGETS)
def test_noise_fails_nowhere(name: str) -> None:
    target = target_of(name)

    @settings(QUICK, max_examples=EXAMPLES.get(name, 300))
    @given(st.binary(max_size=400))
    def search(content: bytes) -> None:
        target.check(content)

    search()


def _raise(*given: Any, **named: Any) -> Any:
    raise ValueError("an error of our own")


BROKEN = [
    ("notebook", "repair", lambda submitted, release: submitted),
    ("notebook", "parse_notebook", _raise),
    ("notebook", "name_cells", _raise),
    ("wire", "encode", lambda message: b'\x00\x00\x00\x08\x00\x00\x00\x00{"a": 1}'),
    ("wire", "decode_array", _raise),
    ("report", "html", _raise),
    ("outcome", "_read_outcome", _raise),
    ("outcome", "SHOWN", {}),
    ("answer", "Answer", _raise),
    ("answer", "printable_finding", lambda finding: replace(finding, got="\x1b[2J")),
    ("judges", "html", _raise),
]


@pytest.mark.parametrize(("name", "part", "broken"), BROKEN, ids=[f"{n} {p}" for n, p, _ in BROKEN])
def test_a_reader_that_breaks_its_promise_is_found(
    name: str, part: str, broken: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = target_of(name)
    kept = target.seeds()
    monkeypatch.setattr(target, part, broken)
    inputs = [*kept, *(mutated(target, kept, seed) for seed in range(200))]
    with pytest.raises((AssertionError, ValueError)):
        deque(map(target.check, inputs), maxlen=0)


def test_an_input_that_takes_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(content: bytes) -> None:
        while True:
            pass

    monkeypatch.setattr(runner, "INPUT_SECONDS", 0.2)
    before = signal.getsignal(signal.SIGPROF)
    try:
        with pytest.raises(TimeoutError):
            runner._in_time(hang)(b"")
    finally:
        signal.signal(signal.SIGPROF, before)
