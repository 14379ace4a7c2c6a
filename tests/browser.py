"""The browser of the tests that need one: Chromium, driven by Playwright; both are extras."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

PATH = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LACKS = {
    'no Playwright: pip install -e ".[browser]"': importlib.util.find_spec("playwright") is None,
    'no axe: pip install -e ".[browser]"': importlib.util.find_spec("axe_playwright_python") is None,
    "no browser: install Chromium (apt-get install chromium)": PATH is None,
}
WHY_NOT = next((reason for reason, is_so in LACKS.items() if is_so), "")
needs_browser = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=PATH, args=["--no-sandbox"])
        yield running
        running.close()
