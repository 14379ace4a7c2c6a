"""Grading by hand in a real Jupyter server and a real browser, and the feedback that comes of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from autograder.sandbox import walls
from tests.browser import CARDS, needs_browser
from tests.end_to_end import jupyter_server
from tests.end_to_end import mini_course as mini
from tests.end_to_end import written_course as written
from tests.end_to_end.written_course import ASSIGNMENT, NUMPY, PYTORCH

MISSING = [wall.name for wall in walls.missing()]
pytestmark = [
    needs_browser,
    pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}"),
]
SLOW = 60_000
# Without MathJax, which is loaded from a network that is not there, `formgrader.loaded` stays false.
LOADED = "formgrader.grades && formgrader.grades.loaded && formgrader.comments && formgrader.comments.loaded"


@pytest.fixture(scope="module")
def course(written_class: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formgrader") / "course"
    shutil.copytree(written_class, folder)
    return folder


@pytest.fixture(scope="module")
def server(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Jupyter server with nbgrader's extensions."""
    with jupyter_server.running(tmp_path_factory.mktemp("home"), "server", folder=course) as address:
        yield address.rstrip("/")


@pytest.fixture(scope="module")
def context(browser: Any, server: str) -> Any:
    """A browser for which there is no network but this server."""
    made = browser.new_context(viewport={"width": 1280, "height": 1000})
    made.set_default_timeout(SLOW)
    made.set_default_navigation_timeout(SLOW)
    made.route("**/*", lambda r: r.continue_() if r.request.url.startswith(server) else r.abort())
    return made


def submission_of(course: Path, student: str) -> str:
    with Gradebook(written.db_url(course)) as book:
        return str(book.find_submission_notebook(PYTORCH, ASSIGNMENT, student).id)


@pytest.fixture
def page(context: Any) -> Iterator[Any]:
    opened = context.new_page()
    yield opened
    opened.close()


def test_formgrader_lists_automatic_and_manual_points(server: str, course: Path, page: Any) -> None:
    page.goto(f"{server}/formgrader/gradebook/{ASSIGNMENT}/{PYTORCH}")
    link = f"a[href*='/{submission_of(course, 'cyd')}']"
    page.wait_for_selector(f"#main-table {link}", state="attached")
    row = page.locator("#main-table tr").filter(has=page.locator(link))
    points = {name: row.locator(f".{name}").inner_text() for name in ("score", "code-score", "written-score")}
    assert points == {"score": "0.25 / 0.75", "code-score": "0.25 / 0.25", "written-score": "0 / 0.5"}
    waits = row.locator(".needs-manual-grade")
    assert (waits.get_attribute("data-search"), waits.locator(".glyphicon-ok").count()) == (
        "needs manual grade",
        1,
    )


def test_the_page_of_a_submission_shows_card_answer_and_rubric(server: str, course: Path, page: Any) -> None:
    page.goto(f"{server}/formgrader/submissions/{submission_of(course, 'ada')}/?index=0")
    page.wait_for_function(LOADED)
    words = page.inner_text("body")
    assert "The templates are blurred" in words
    assert "For the person who grades" in words
    assert "Two halves of 0.25 points" in words
    assert "SOLUTION" not in page.inner_text("blockquote")
    assert page.locator(CARDS).count() == 1
    assert page.get_attribute("#check_set_seed", "placeholder") == "0.25"
    assert "needs_manual_grade" in (page.get_attribute("#conclusions", "class") or "")
    if shots := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{shots}/formgrader.png", full_page=True)


def test_a_score_and_a_comment_that_are_set_there_are_in_the_gradebook(
    server: str, course: Path, page: Any
) -> None:
    page.goto(f"{server}/formgrader/submissions/{submission_of(course, 'ada')}/?index=0")
    page.wait_for_function(LOADED)
    for selector, text, path in (
        ("#conclusions", "0.4", "/api/grade/"),
        ("#conclusions-comment", "Well seen: the curves say so.", "/api/comment/"),
    ):
        with page.expect_response(lambda r, path=path: path in r.url and r.request.method == "PUT") as answer:
            page.fill(selector, text)
            page.dispatch_event(selector, "change")
        assert answer.value.ok
    with Gradebook(written.db_url(course)) as book:
        grade = book.find_grade("conclusions", PYTORCH, ASSIGNMENT, "ada")
        assert (grade.manual_score, grade.score, grade.needs_manual_grade) == (0.4, 0.4, False)
        comment = book.find_comment("conclusions", PYTORCH, ASSIGNMENT, "ada")
        assert comment.comment == "Well seen: the curves say so."
        assert book.find_submission(ASSIGNMENT, "ada").score == pytest.approx(0.5 + 0.25 + 0.4)


def test_nothing_of_a_hostile_answer_runs_in_formgrader(server: str, course: Path, page: Any) -> None:
    page.goto(f"{server}/formgrader/submissions/{submission_of(course, 'cyd')}/?index=0")
    page.wait_for_selector("#conclusions")
    page.wait_for_timeout(500)
    assert page.evaluate("window.ran ?? null") is None
    assert "window.ran" in page.inner_text("body")  # shown as it was typed


@pytest.fixture(scope="module")
def feedback(course: Path) -> Path:
    mini.run(course, "nbgrader", "generate_feedback", ASSIGNMENT, "--force")
    return course / "gradebook" / "feedback"


def test_feedback_shows_cards_figures_grade_and_no_rubric(feedback: Path, context: Any) -> None:
    page = context.browser.new_page()
    page.goto((feedback / "cyd" / ASSIGNMENT / f"{PYTORCH}.html").as_uri())
    words = page.inner_text("body")
    assert page.locator(CARDS).count() == 1
    assert page.evaluate("[...document.images].filter(i => i.naturalWidth > 0).length") == 1
    assert page.evaluate("window.ran ?? null") is None
    assert "window.ran" in words
    assert "For the person who grades" not in words and "Rubric" not in words
    if shots := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{shots}/feedback.png", full_page=True)
    page.close()


def test_feedback_shows_no_hidden_inputs(feedback: Path, course: Path) -> None:
    """Neither the secret nor the seeds and keys that are made from it: only what a card says was tried."""
    secret = (course / "gradebook" / "secret").read_bytes()
    pages = [path.read_text(encoding="utf-8") for path in feedback.rglob("*.html")]
    assert len(pages) >= 9
    keys = [path.stem for path in (course / "gradebook" / "reports").glob("*.json")]
    for page in pages:
        assert secret.hex() not in page
        assert not any(key in page for key in keys)
        assert "autograder.probes" not in page


def test_feedback_of_a_failed_check_says_what_was_tried_and_why(feedback: Path) -> None:
    page = (feedback / "bob" / ASSIGNMENT / f"{NUMPY}.html").read_text(encoding="utf-8")
    assert "Likely cause" in page and "maximum" in page
