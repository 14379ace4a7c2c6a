"""Points off for lateness, at the very second, and due dates as people write them."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime

import pytest
from traitlets import TraitError

from autograder.collecting import dates
from autograder.errors import ExplainedError
from autograder.late import DAY, DueDates, LatePenalty

HOUR = 3600


@pytest.mark.parametrize(
    ("seconds", "percent"),
    [
        (1, None), (HOUR, None), (HOUR + 1, 10), (HOUR + DAY, 10), (HOUR + DAY + 1, 20),
        (HOUR + 4 * DAY, 40), (HOUR + 4 * DAY + 1, 45), (1000 * DAY, 45),
    ],
)  # fmt: skip
def test_every_day_that_was_begun_after_the_grace_costs_up_to_the_cap(
    seconds: int, percent: float | None
) -> None:
    policy = LatePenalty(percent_per_day=10, grace_minutes=60, most_percent=45)
    expected = None if percent is None else pytest.approx(6 * percent / 100, abs=1e-9)
    assert policy.late_submission_penalty("x", 6.0, seconds) == expected


def test_without_settings_nothing_is_lost() -> None:
    assert LatePenalty().late_submission_penalty("x", 6.0, 100 * DAY) is None


@pytest.mark.parametrize("setting", [{"percent_per_day": -1}, {"most_percent": 101}, {"grace_minutes": -5}])
def test_settings_out_of_bounds_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(TraitError):
        LatePenalty(**setting)


def test_a_due_date_is_meant_in_the_time_zone_of_the_course_summer_time_included() -> None:
    dates = DueDates(
        timezone="Europe/Berlin", due={"winter": "2026-03-28 23:59", "summer": "2026-03-29 23:59"}
    )
    assert dates.due_date("winter") == datetime(2026, 3, 28, 22, 59, tzinfo=UTC)
    assert dates.due_date("summer") == datetime(2026, 3, 29, 21, 59, tzinfo=UTC)


def test_a_due_date_with_a_zone_of_its_own_and_an_extension() -> None:
    dates = DueDates(due={"a": "2026-03-01 23:59 +0300"}, extensions={"a": {"ivanov": 1.5}})
    assert dates.due_date("a") == datetime(2026, 3, 1, 20, 59, tzinfo=UTC)
    assert dates.due_date("a", "ivanov") == datetime(2026, 3, 3, 8, 59, tzinfo=UTC)
    assert dates.due_date("b") is None


@pytest.mark.parametrize(
    "setting", [{"due": {"a": "soon"}}, {"due": {"a": "2026-03-01 10:00"}, "timezone": "Mars/Base"}]
)
def test_what_is_no_date_is_explained(setting: dict[str, object]) -> None:
    with pytest.raises(ExplainedError, match="is no date"):
        DueDates(**setting).due_date("a")


@pytest.mark.parametrize("text", ["01.04.2026 23:59", "03/04/2026", "1-4-26", "10", "1 March"])
def test_a_date_that_may_be_meant_two_ways_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        dates.parse(text, "UTC")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-02 00:20:00 Europe/Moscow", (1, 21, 20)), ("2026-03-02 00:20 +0300", (1, 21, 20)),
        ("2026-03-02 00:20 CET", (1, 23, 20)), ("2026-03-02 00:20:00.5 UTC", (2, 0, 20)),
        ("2026-03-02 00:20", (1, 19, 20)), ("Sunday, 1 March 2026, 11:59 PM", (1, 18, 59)),
    ],
)  # fmt: skip
def test_a_zone_of_its_own_goes_before_that_of_the_course(text: str, utc: tuple[int, int, int]) -> None:
    read = dates.parse(text, "Asia/Yekaterinburg")
    assert (read.month, read.day, read.hour, read.minute) == (3, *utc)


@pytest.mark.parametrize(
    "text", ["2026-03-02 00:20 MSK", "2026-03-02 00:20 Mars/Base", "0001-01-01 00:00 UTC"]
)
def test_a_zone_that_nobody_knows_is_not_passed_over(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="is no date"):
            dates.parse(text, "UTC")


@pytest.mark.parametrize(
    "text", ["2026-03-01 23:59", "Sunday, 1 March 2026, 11:59 PM", "Sun, 01 Mar 2026 23:59:00 +0000"]
)
def test_a_date_with_its_year_or_the_name_of_its_month_is_read(text: str) -> None:
    assert dates.parse(text, "UTC") == datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
