"""The images that all tests use: the real ones where they are at hand, else the synthetic stand-in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from autograder import data
from tests.browser import WHY_NOT, chromium

data.pin()
os.environ.pop("AUTOGRADER_DB_URL", None)  # tests keep books of their own


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium; where there is none, tests with this fixture are skipped by name."""
    if WHY_NOT:
        pytest.skip(WHY_NOT)
    with chromium() as running:
        yield running


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Networks of a test wait for a second thread longer than they compute."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def pytest_report_header() -> str:
    """Say on which images the tests run."""
    if data.is_synthetic():
        return "images: the synthetic stand-in (tests that need the real CIFAR-10 are skipped by name)"
    return f"images: CIFAR-10 in {data.find()}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what `tests/mutants/test_accuracy.py` has counted, and how long it took."""
    for report in [r for reports in terminalreporter.stats.values() for r in reports]:
        if getattr(report, "when", "") == "call":
            for text in [value for name, value in report.user_properties if name == "accuracy"]:
                terminalreporter.section("accuracy of the grading")
                terminalreporter.write_line(str(text))
