"""Text cells on nbgrader's pages: what the course's own text cells hold stays, and long ones end."""

from __future__ import annotations

import time

import nbformat
import pytest
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.markdown import CHARACTERS, TABLE, to_html
from tests.mutants.submission import ROOT

NOTEBOOKS = sorted((ROOT / "solutions").glob("*/*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_courses_own_text_cells_look_as_nbconvert_shows_them(path: str) -> None:
    cells = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown"]
    assert len(cells) >= 10
    for source in cells:
        stock = MarkdownWithMath(renderer=IPythonRenderer(escape=False, exclude_anchor_links=True)).render(
            source
        )
        assert _same(to_html(source).replace(TABLE, "<table>")) == _same(stock)


def _same(html: str) -> str:
    from bs4 import BeautifulSoup

    return str(BeautifulSoup(html, "html.parser")).replace(';"', '"')


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("$a < b$ & $$c > d$$", "$a &lt; b$ &amp; $$c &gt; d$$"),
        ("\\begin{align}a &= b\\end{align}", "\\begin{align}a &amp;= b\\end{align}"),
        ("`x < 3` **b** *e* ~~d~~", "<code>x &lt; 3</code> <strong>b</strong> <em>e</em> <del>d</del>"),
        ("# Title", "<h1>Title</h1>"),
        ("- [x] done\n- [ ] open", "<li>☑ done</li>\n<li>☐ open</li>"),
        ("```python\ndef f(): pass\n```", '<span class="k">def</span>'),
        ("[link](https://example.org 'title')", '<a href="https://example.org" title="title">link</a>'),
        ("[part](#part)", '<a href="#part">part</a>'),
        ("![loss](https://example.org/a.png)", '<img src="https://example.org/a.png" alt="loss">'),
        ("![loss](attachment:a.png)", "<em>[picture: loss]</em>"),
        ("![](attachment:a.png)", "<em>[picture: a.png]</em>"),
        ("| a |\n|--:|\n| 1 |", '<td style="text-align:right;">1</td>'),
        ("<details open><summary>s</summary>x<sup>2</sup></details>", "x<sup>2</sup></details>"),
        ("<font color=red>x</font>", "&lt;font color=red&gt;x&lt;/font&gt;"),
        ("<div class='panel' id='top' style='position:fixed;text-align:left'>x</div>", "<div>x</div>"),
    ],
)
def test_formatting_and_formulas_stay(source: str, shown: str) -> None:
    assert shown in to_html(source)


SLOW = {
    "nested tags": "<div>",
    "nested lists": "<ul><li>",
    "nested tables": "<a><table>",
    "open brackets": "![a](",
    "open environments": "\\begin{a}",
    "quotations": ">",
    "definitions": "a\n: b\n",
}


@pytest.mark.parametrize("piece", SLOW.values(), ids=SLOW)
def test_the_longest_text_that_is_rendered_takes_seconds_at_most(piece: str) -> None:
    start = time.perf_counter()
    to_html(piece * (CHARACTERS // len(piece)))
    assert time.perf_counter() - start < 10


def test_a_longer_text_is_shown_as_it_was_typed() -> None:
    shown = to_html("*a*<b>" * CHARACTERS)
    assert shown.startswith("<pre>*a*&lt;b&gt;")
