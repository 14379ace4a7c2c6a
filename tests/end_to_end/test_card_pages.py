"""The cards in a browser: axe finds nothing wrong on the pages of JupyterLab, VS Code and Colab, light and dark.

JupyterLab is the real one. VS Code and Colab cannot be run here: their grounds, words and the styles that they
give to tables stand in for them.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from autograder.checks.card import COLOURS, html, text
from autograder.checks.result import CheckResult, CriterionResult, Finding, Status
from tests.browser import CARDS, faults
from tests.end_to_end import jupyter_server


def criterion(name: str, status: Status, **words: Any) -> CriterionResult:
    return CriterionResult(name, f"`{name}` is what it should be", 1.0, status, Finding(**words))


PASSED = criterion("forward", Status.PASSED, relative_error=3e-16, limit=1e-9)
FAILED = criterion(
    "backward",
    Status.FAILED,
    tried="`backward(d)` on 7 rows, with a random upstream gradient",
    got="dX = [[0.1, 0.2, …], …]",
    expected="[[0.014, 0.029, …], …]",
    cause="The gradient is exactly 7 times too large, and 7 is the batch size: `d` is divided by n.",
    where="`backward` of `Linear`",
    relative_error=6.0,
    limit=1e-9,
)
RESULTS = [
    CheckResult("check_right", "Everything right", 1.0, (PASSED,)),
    CheckResult("check_half", "Half right", 1.0, (PASSED, FAILED, criterion("update", Status.NOT_TRIED))),
    CheckResult(
        "check_later",
        "Later",
        0.5,
        (
            criterion(
                "forward",
                Status.NOT_DONE,
                got="The code raises `NotImplementedError`.",
                cause="Not done yet.",
            ),
        ),
    ),
    *(
        CheckResult(
            f"check_{status}", f"Ended as {status}", 0.5, (criterion("forward", status, cause="It ends."),)
        )
        for status in (Status.ERROR, Status.TIMED_OUT, Status.OUT_OF_MEMORY, Status.MALFORMED, Status.REFUSED)
    ),
    CheckResult(
        "check_noted", "With a note", 1.0, (PASSED,), note="Your loop over rows takes 12 times longer."
    ),
]


@dataclass(frozen=True)
class Look:
    """The ground and the words of an editor's output, and how it sets tables."""

    ground: str
    words: str
    tables: str = ""


LOOKS = {
    "vscode-light": Look(
        "#ffffff", "#3b3b3b", "td, th { padding: 4px; } tr:nth-child(odd) { background: #f3f3f3; }"
    ),
    "vscode-dark": Look(
        "#1f1f1f", "#cccccc", "td, th { padding: 4px; } tr:nth-child(odd) { background: #2a2a2a; }"
    ),
    "vscode-high-contrast": Look("#000000", "#ffffff"),
    "colab-light": Look("#ffffff", "#212121"),
    "colab-dark": Look("#383838", "#d5d5d5"),
    "feedback": Look("#ffffff", "#000000", "tbody tr:nth-child(odd) { background: #f5f5f5; }"),
}


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("colour", COLOURS.values())
def test_a_coloured_mark_can_be_read_and_seen_on_every_ground_of_jupyterlab(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 4.5, "its words are white"
    assert contrast(colour, "#111111") >= 3.0, "the ground of JupyterLab Dark"


def write_page(path: Path, look: Look, cards: str = "") -> Path:
    cards = cards or "".join(html(result) for result in RESULTS)
    path.write_text(
        f'<!DOCTYPE html><html lang="en"><title>cards</title><style>body {{ background: {look.ground}; '
        f"color: {look.words}; font: 14px system-ui, sans-serif; }} {look.tables}</style><main>{cards}</main>",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("name", LOOKS)
def test_axe_finds_nothing_wrong_with_the_cards_folded_and_unfolded(
    browser: Any, tmp_path: Path, name: str
) -> None:
    page = browser.new_page()
    page.goto(write_page(tmp_path / "cards.html", LOOKS[name]).as_uri())
    assert page.locator(CARDS).count() == len(RESULTS)
    assert faults(page) == []
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert faults(page) == []
    page.close()


def test_axe_would_find_pale_words_and_a_name_on_nothing(browser: Any, tmp_path: Path) -> None:
    page = browser.new_page()
    bad = (
        html(RESULTS[1])
        .replace("color:#fff", "color:#d8b0a0")
        .replace("aria-hidden", 'role="img" aria-hidde')
    )
    page.goto(write_page(tmp_path / "bad.html", LOOKS["colab-light"], bad).as_uri())
    assert {fault.split(":")[0] for fault in faults(page)} >= {"color-contrast", "role-img-alt"}
    page.close()


def test_a_screen_reader_hears_name_verdict_points_and_cause_in_this_order(
    browser: Any, tmp_path: Path
) -> None:
    page = browser.new_page()
    page.goto(write_page(tmp_path / "cards.html", LOOKS["colab-light"]).as_uri())
    heard = page.locator(CARDS).nth(1).aria_snapshot()
    assert 'group "Half right: failed"' in heard.splitlines()[0]
    for mark in "✓✗–":
        assert mark not in heard, "a mark is read aloud as 'check mark' or not at all"
    order = [
        "failed",
        "of 1 points",
        'rowheader "Tried"',
        'rowheader "Likely cause"',
        "1 of 3 criteria passed",
    ]
    places = [heard.index(words) for words in order]
    assert places == sorted(places)
    page.close()


def test_the_criteria_are_unfolded_by_keyboard_and_the_focus_is_seen(browser: Any, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(write_page(tmp_path / "cards.html", LOOKS["vscode-dark"]).as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert not page.locator("details").first.get_attribute("open")
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None
    page.keyboard.press("Space")
    assert page.locator("details").first.get_attribute("open") is None
    page.close()


def test_a_card_fits_a_narrow_window_and_large_words(browser: Any, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 800})
    page.goto(write_page(tmp_path / "cards.html", LOOKS["colab-light"]).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()


def test_as_plain_text_a_card_says_the_same() -> None:
    for result in RESULTS:
        lines = text(result).splitlines()
        assert result.title in lines[0] and "points" in lines[0]
        assert max(map(len, lines)) < 120
        assert all(ord(c) < 0x2600 or c in "✓✗…–" for c in text(result))
    assert "Likely cause: The gradient is exactly 7 times too large" in text(RESULTS[1])
    assert "✗ `backward` is what it should be (relative error 6e+00, limit 1e-09)" in text(RESULTS[1])


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of JupyterLab's, with a notebook that has shown the cards; its address."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "data").mkdir()
    bundles = [{"text/plain": repr(result), "text/html": html(result)} for result in RESULTS]
    outputs = [nbformat.v4.new_output("display_data", data=shown) for shown in bundles]
    cells = [nbformat.v4.new_code_cell("display(*results)", outputs=outputs, execution_count=1)]
    spec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbformat.write(notebook, folder / "cards.ipynb")
    # As for a student who has run it: JupyterLab strips the outputs of notebooks that it does not know.
    NotebookNotary(data_dir=str(folder / "data")).sign(nbformat.read(folder / "cards.ipynb", as_version=4))
    options = [
        f"--ServerApp.root_dir={folder}",
        "--LabApp.extension_manager=readonly",
        "--LabApp.news_url=None",
    ]
    with jupyter_server.running(folder, "lab", *options, folder=folder) as address:
        yield address


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_wrong_with_the_cards_in_jupyterlab(
    browser: Any, jupyterlab: str, theme: str
) -> None:
    setting = json.dumps({"raw": json.dumps({"theme": theme})}).encode()
    request = urllib.request.Request(
        f"{jupyterlab}lab/api/settings/@jupyterlab/apputils-extension:themes", data=setting, method="PUT"
    )
    urllib.request.urlopen(request).close()
    page = browser.new_page(viewport={"width": 1100, "height": 2400})
    page.goto(f"{jupyterlab}lab/tree/cards.ipynb?reset", timeout=120_000)
    page.locator(CARDS).last.wait_for(timeout=60_000)
    page.wait_for_function("document.body.dataset.jpThemeName !== undefined", timeout=60_000)
    assert page.evaluate("document.body.dataset.jpThemeName") == theme
    assert page.locator(CARDS).count() == len(RESULTS)
    summary = page.locator(f"{CARDS} summary").nth(1)
    summary.focus()
    page.keyboard.press("Space")
    assert page.locator("details[open]").count() == 1, "folded out by keyboard"
    assert faults(page) == []
    if os.environ.get("CARD_PICTURES"):
        page.screenshot(path=f"{os.environ['CARD_PICTURES']}/{theme.replace(' ', '-')}.png")
    page.close()
