"""A slip in nbgrader_config.py is said before anything is graded with it."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest
from traitlets.config import Configurable

import autograder
from autograder import configuration, doctor, grades
from autograder.configuration import NAME, OURS
from autograder.errors import ExplainedError

SHIPPED = (Path(__file__).parents[2] / NAME).read_text(encoding="utf-8")


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the configuration as it is shipped."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / NAME).write_text(SHIPPED, encoding="utf-8")
    return tmp_path


def add(course: Path, line: str) -> None:
    (course / NAME).write_text(f"{SHIPPED}\n{line}\n", encoding="utf-8")


def said(course: Path) -> str:
    with pytest.raises(ExplainedError) as caught:
        configuration.read(course)
    return str(caught.value)


def test_the_shipped_configuration_is_understood(course: Path) -> None:
    assert configuration.read(course).LatePenalty.most_percent == 100


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("c.DueDates.due = {'neural_networks': '2026-13-01 18:00'}", "'2026-13-01 18:00' in 'UTC', which is no date"),
        ("c.DueDates.due = {'neural_network': '2026-03-01'}", "'neural_network', which is no assignment"),
        ("c.DueDates.due = {'neural_networks': '01.04.2026 23:59'}", "the year first and with the time"),
        ("c.DueDates.due = {'neural_networks': '2026-03-27'}", "the year first and with the time"),
        ("c.DueDates.due = 'tomorrow'", "c.DueDates.due cannot be 'tomorrow'"),
        ("c.DueDates.extensions = {'neural_networks': {'ada': '3 days'}}", "write the number of days"),
        ("c.DueDates.extensions = {'neural_networks': {'ada': -3}}", "write the number of days"),
        ("c.DueDates.timezone = 'Europe/Moscow'", "'UTC' and c.DueDates.timezone 'Europe/Moscow': a course has one"),
        ("c.CanvasExporter.columns = {'neural_network': 'Homework 5'}", "'neural_network', which is no assignment"),
        ("c.LatePenalty.percent_per_day = 'ten'", "c.LatePenalty.percent_per_day cannot be 'ten'"),
        ("c.LatePenalty.percent_per_day = 110", "should not be greater than 100"),
        ("c.LatePenalty.percent_per_days = 10", "no setting percent_per_days; percent_per_day is meant?"),
        ("c.LatePenalty.colour = 1", "there are: grace_minutes, most_percent, percent_per_day"),
        ("c.LatePenalties.percent_per_day = 10", "there is no c.LatePenalties; c.LatePenalty is meant?"),
        ("c.Record.cell_seconds = -1", "c.Record.cell_seconds cannot be -1"),
        ("c.Collecting.subject = {}", "subjects is meant?"),
        ("this is no Python", "is not Python: invalid syntax"),
        ("open('/nowhere/at/all')", "does not run: FileNotFoundError"),
    ],
)  # fmt: skip
def test_a_slip_is_named_with_what_is_meant(course: Path, line: str, words: str) -> None:
    add(course, line)
    sentence = said(course)
    assert words in sentence
    assert sentence.startswith(str(course / NAME))
    assert "Traceback" not in sentence


def test_two_slips_are_two_lines(course: Path) -> None:
    add(course, "c.LatePenalty.percent_per_day = 110; c.DueDates.due = {'x': '2026-03-01 10:00'}")
    assert len(said(course).splitlines()) == 2


@pytest.mark.parametrize(
    "line", ["c.JupyterHub.ip = ''", "c.ServerApp.port = 1", "c.DueDates.due = {'neural_networks': ''}"]
)
def test_what_belongs_to_others_or_says_nothing_is_no_slip(course: Path, line: str) -> None:
    add(course, line)
    configuration.read(course)


def test_without_a_configuration_it_is_no_course(tmp_path: Path) -> None:
    assert "is not a course" in said(tmp_path)


def test_the_doctor_says_it_too(course: Path) -> None:
    add(course, "c.LatePenalty.percent_per_day = 'ten'")
    *_, (there, what, remedy) = doctor.findings(course)
    assert not there and NAME in what and "cannot be 'ten'" in remedy


def test_the_doctor_looks_whether_the_gradebook_can_be_written(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, (there, what, _) = doctor.findings(course)
    assert there and what == "gradebook that can be written"
    assert not list((course / "gradebook").iterdir())
    monkeypatch.setenv("AUTOGRADER_DB_URL", f"sqlite:///{course}/absent/gradebook.db")
    *_, (there, _, remedy) = doctor.findings(course)
    assert not there and f"There is no folder {course}/absent" in remedy
    monkeypatch.setenv("AUTOGRADER_DB_URL", "nonsense")
    *_, (there, _, remedy) = doctor.findings(course)
    assert not there and "mend AUTOGRADER_DB_URL" in remedy


def test_the_doctor_sees_that_the_books_are_somebody_elses(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # root may write everywhere, so the system is asked in its place
    monkeypatch.setattr(grades.os, "access", lambda place, mode: place != course / "gradebook")
    *_, (there, _, remedy) = doctor.findings(course)
    assert not there and f"{course / 'gradebook'} cannot be written by this account" in remedy


def test_every_class_with_settings_of_its_own_is_looked_at() -> None:
    for module in pkgutil.walk_packages(autograder.__path__, "autograder."):
        if not module.name.startswith(("autograder.sandbox.inside", "autograder.probes")):
            importlib.import_module(module.name)
    ours = {
        f"{cls.__module__}.{cls.__name__}"
        for cls in _below(Configurable)
        if cls.__module__.startswith("autograder.") and cls.class_own_traits(config=True)
    }
    abstract = {"autograder.exporters._Exporter"}
    assert ours - abstract <= set(OURS)


def _below(cls: type) -> set[type]:
    return set(cls.__subclasses__()).union(*(_below(below) for below in cls.__subclasses__()))
