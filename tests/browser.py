"""The browser of the tests that need one: Chromium, driven by Playwright."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

PATH = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LACKS = {
    'no Playwright: pip install -e ".[test]"': importlib.util.find_spec("playwright") is None,
    'no axe: pip install -e ".[test]"': importlib.util.find_spec("axe_playwright_python") is None,
    "no browser: install Chromium (apt-get install chromium)": PATH is None,
}
WHY_NOT = next((reason for reason, is_so in LACKS.items() if is_so), "")
needs_browser = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# A part of a page has no title, landmarks or main heading of its own.
OF_PAGES = {"region", "page-has-heading-one", "landmark-one-main"}
CARDS = "[role=group][aria-label]"


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=PATH, args=["--no-sandbox"])
        yield running
        running.close()


def faults(page: Any) -> list[str]:
    """What axe finds in the cards."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=CARDS, options=RULES).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:120]} {node['any'][:1]}"
        for fault in found
        if fault["id"] not in OF_PAGES
        for node in fault["nodes"]
    ]
