"""The documentation site: built without a warning, with the student edition in it and the solutions out of it."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import notebooks
from tests.docs.pages import ROOT

pytest.importorskip("sphinx", reason='no Sphinx: pip install -e ".[docs]"')
for needed in ("furo", "myst_nb"):
    pytest.importorskip(needed, reason=f'no {needed}: pip install -e ".[docs]"')
SOLVED = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
TOO_COMMON = 30
"""A line of code with fewer characters may stand anywhere."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does: from a copy of the pages, for the reference is written beside them."""
    folder = tmp_path_factory.mktemp("site")
    source = folder / "docs"
    source.mkdir()
    for path in (ROOT / "docs").iterdir():
        if path.is_file():
            shutil.copy(path, source)
        elif path.name != "_api":
            (source / path.name).symlink_to(path.resolve())
    for name in ("autograder", "CHANGELOG.md", "CONTRIBUTING.md"):
        (folder / name).symlink_to(ROOT / name)
    command = ["-q", "-W", "--keep-going", "-b", "html", "-d", str(folder / "doctrees"), str(source)]
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", *command, str(folder / "site")], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    return folder / "site"


def text_of(page: Path) -> str:
    """What a page says, without its tags."""
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


def solution_lines() -> set[str]:
    """Lines of code that stand in a solution, and nowhere in what the students get."""
    solved, given = set(), ""
    for path in notebooks.find(ROOT / "solutions"):
        for cell in notebooks.read(path).cells:
            for part in SOLVED.findall(cell.source):
                solved |= {line.strip() for line in part.splitlines()}
    for path in notebooks.find(ROOT / "notebooks"):
        given += "\n".join(html.unescape(cell.source) for cell in notebooks.read(path).cells)
    long = {line for line in solved if len(line) >= TOO_COMMON and not line.startswith("#")}
    return {line for line in long if line not in given}


def test_every_page_and_every_notebook_is_there(site: Path) -> None:
    pages = [path.stem for path in (ROOT / "docs").glob("*.md") if path.stem != "index"]
    given = [path.relative_to(ROOT).with_suffix("") for path in notebooks.find(ROOT / "notebooks")]
    assert [name for name in (*pages, *given) if not (site / f"{name}.html").exists()] == []
    index = (site / "index.html").read_text(encoding="utf-8")
    assert [name for name in (*pages, *map(str, given)) if f'href="{name}.html"' not in index] == []


def test_no_solution_stands_on_the_site(site: Path) -> None:
    lines = solution_lines()
    assert len(lines) > 100
    found = []
    for page in [*site.rglob("*.html"), *site.rglob("*.txt"), *site.rglob("*.ipynb"), *site.rglob("*.js")]:
        text = text_of(page) if page.suffix == ".html" else page.read_text(encoding="utf-8")
        found += [(page.name, line) for line in lines if line in text]
    assert found == []
    assert not list(site.rglob("*.pt"))


def test_the_search_would_find_one(site: Path) -> None:
    line = max(solution_lines(), key=len)
    page = site / "planted.html"
    page.write_text(f"<p>{html.escape(line)}</p>", encoding="utf-8")
    try:
        assert line in text_of(page)
    finally:
        page.unlink()


def test_notebooks_are_shown_as_they_are_handed_out(site: Path) -> None:
    text = text_of(site / "notebooks" / "neural_networks" / "1_backprop_numpy.html")
    assert "raise NotImplementedError" in text
    assert "check.linear(Linear)" in text


def test_the_reference_is_made_from_the_docstrings(site: Path) -> None:
    text = text_of(site / "_api" / "autograder.checks.compare.html")
    assert "Demand that numbers agree with the key" in text
    assert not (site / "_api" / "autograder.checks.backprop_numpy.linear.html").exists()
