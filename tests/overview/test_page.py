"""The page in a real browser: it can be read by everybody, and nothing of a student's runs in it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.checks.result import CriterionResult, Finding, Status
from autograder.errors import ExplainedError
from autograder.overview.books import Entry
from autograder.overview.page import Overview, render, write
from autograder.overview.similar import Match, Pair, Similar
from autograder.report import Report
from tests.overview.synthetic import overview

RUN = "window.ran=(window.ran||[]).concat([1])"
PAYLOADS = (
    f"<script>{RUN};fetch('http://attacker.invalid/x');alert(1)</script>",
    f'"><img src="http://attacker.invalid/a.png" onerror="{RUN}">',
    f"</script></style></title></textarea><svg onload={RUN}>",
    f'`<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>`',
    f"' onmouseover='{RUN}' autofocus onfocus='{RUN}",
    "{{ 7 * 7 }}{% raw %}\u202egrade\u2066\x1b[31m\x00",
)
MIB = 2**20


@pytest.fixture(scope="module")
def honest() -> Overview:
    return overview("neural_networks", 16)


@pytest.fixture(scope="module")
def hostile(honest: Overview) -> Overview:
    """Payloads wherever a student's words can come: ids, names, reasons, findings, events, answers."""
    entries = list(honest.entries)
    answers = dict(honest.answers)
    pairs = []
    for number, payload in enumerate(PAYLOADS):
        entry = next(e for e in entries[number:] if e.report is not None)
        assert entry.report is not None
        student = f"{payload}{number}"
        entries.append(
            Entry(student, payload, True, attacked(entry.report, student, payload), None, (payload,))
        )
        answers[student] = {"1_backprop_numpy: linear": f"{payload}\n</pre>{payload}"}
        pairs.append(Pair(student, student, (Match("1_backprop_numpy: linear", 1.0, 0.5, 400),)))
    events = {f"{payload}0": [payload] for payload in PAYLOADS}
    return replace(
        honest,
        entries=entries,
        events=events,
        answers=answers,
        similar=Similar(tuple(pairs), honest.similar.compared if honest.similar else ()),
        tasks={payload: payload for payload in PAYLOADS},
    )


def attacked(report: Report, student: str, payload: str) -> Report:
    finding = Finding(payload, f"{payload}: {payload}", payload, payload, payload)
    parts = []
    for part in report.notebooks:
        checks = tuple(
            replace(
                check,
                criteria=tuple(
                    CriterionResult(c.id, c.title, c.weight, Status.ERROR, finding) for c in check.criteria
                ),
            )
            for check in part.checks
        )
        parts.append(replace(part, checks=checks))
    return replace(report, student=student, notebooks=tuple(parts), refused={payload: payload})


@pytest.fixture(scope="module")
def path(honest: Overview, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page") / "report.html"
    write(render(honest), made)
    return made


def test_nothing_of_a_student_runs_or_is_loaded(hostile: Overview, browser: Any, tmp_path: Path) -> None:
    made = tmp_path / "hostile.html"
    write(render(hostile), made)
    asked: list[str] = []
    dialogs: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(made.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.evaluate("document.querySelectorAll('th button').forEach(b => b.click())")
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran ?? null") is None
    assert (dialogs, asked) == ([], [made.as_uri()])
    assert page.locator("img, iframe, object, embed, link, base").count() == 0
    assert page.locator("script").count() == page.locator("style").count() == 1
    handlers = "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on')))"
    assert page.evaluate(f"{handlers}.length") == 0
    words = page.inner_text("body")
    assert "<script>" in words and "{{ 7 * 7 }}" in words
    assert not any(character in words for character in "\u202e\u2066\x1b\x00")
    page.close()


def test_even_unescaped_it_would_not_run_under_the_policy(
    hostile: Overview, browser: Any, tmp_path: Path
) -> None:
    """The same words put into the page raw: stopped by the policy, and run without it."""
    raw = render(hostile).replace("<main>", f"<main>{PAYLOADS[0]}{PAYLOADS[1]}")
    policy = raw[raw.index("<meta http-equiv") : raw.index('<meta name="viewport"')]
    ran = []
    for text in (raw, raw.replace(policy, "")):
        made = tmp_path / "raw.html"
        made.write_text(text, encoding="utf-8")
        page = browser.new_page()
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.goto(made.as_uri())
        page.wait_for_timeout(300)
        ran.append(page.evaluate("window.ran ?? null"))
        page.close()
    assert ran[0] is None
    assert ran[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_mend(path: Path, browser: Any, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(color_scheme=scheme)
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found] == []
    page.close()


def test_a_heading_sorts_its_table_and_says_so(path: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto(path.as_uri())
    total = page.locator("#all-students thead th").nth(1)
    for direction in ("descending", "ascending"):
        total.locator("button").click()
        assert total.get_attribute("aria-sort") == direction
        shown = page.locator("#all-students tbody tr td:nth-child(2)").all_inner_texts()
        numbers = [-1.0 if text == "–" else float(text) for text in shown]
        assert numbers == sorted(numbers, reverse=direction == "descending")
        assert len(set(numbers)) > 3
    page.locator("#all-students thead th").first.locator("button").press("Enter")
    assert total.get_attribute("aria-sort") is None
    page.close()


def test_the_list_of_students_is_narrowed_by_a_name(path: Path, honest: Overview, browser: Any) -> None:
    page = browser.new_page()
    page.goto(path.as_uri())
    page.get_by_label("Find a student").fill("S0003")
    visible = page.locator("#all-students tbody tr:visible")
    assert visible.count() == 1
    assert honest.entries[3].name in visible.inner_text()
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_a_telephone_and_paper_shows_all_rows(path: Path, browser: Any, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(media="print")
    cut = "[...document.querySelectorAll('.tall')].filter(e => e.scrollHeight > e.clientHeight + 1).length"
    assert page.evaluate(cut) == 0
    assert page.locator("nav").is_hidden()
    page.close()


def test_five_hundred_students_fit_into_two_mebibytes() -> None:
    """With more pairs than there is room for, each with the longest answers that are looked at."""
    class_ = overview("neural_networks", 500, similar=False)
    code = "if x < y & z > 0: <b>\n" * 900
    students = [entry.student for entry in class_.entries if entry.handed_in]
    answers = {student: {"1_backprop_numpy: linear": code} for student in students}
    match = Match("1_backprop_numpy: linear", 0.9, 0.8, 400)
    pairs = tuple(Pair(a, b, (match,)) for a, b in itertools.pairwise(students))
    page = render(replace(class_, answers=answers, similar=Similar(pairs, ())))
    assert len(page.encode()) < 2 * MIB
    assert page.count('<details class="pair">') > 2
    assert "are not shown side by side" in page


def test_a_class_of_which_nothing_is_graded_has_a_page(honest: Overview) -> None:
    empty = replace(
        honest, entries=[Entry("ada"), Entry("bob", handed_in=False)], events={}, similar=None, answers={}
    )
    page = render(empty)
    assert "Nothing is graded yet." in page
    assert "nothing handed in" in page and "run autograder grade" in page


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExplainedError, match="name another file with --out"):
        write("page", tmp_path / "missing" / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_can_read_it(path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0
