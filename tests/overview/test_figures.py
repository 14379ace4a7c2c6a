"""The figures of the page, from reports made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograder.checks.result import CheckResult, CriterionResult, Finding, Status
from autograder.overview import figures
from autograder.overview.books import Booked, Entry
from autograder.regrade import compare
from autograder.report import CellOutcome, NotebookReport, Report


def criterion(name: str, status: Status = Status.PASSED, cause: str = "", got: str = "") -> CriterionResult:
    return CriterionResult(name, f"title of {name}", 1.0, status, Finding(got=got, cause=cause))


def check(*criteria: CriterionResult, name: str = "check_toy", **fields: object) -> CheckResult:
    made = CheckResult(name, f"Title of {name}", 1.0, criteria)
    return replace(made, **fields)  # type: ignore[arg-type]


def report(student: str, *checks: CheckResult, **fields: object) -> Report:
    part = NotebookReport("1_toy", checks, check_seconds={c.id: 0.5 for c in checks})
    made = Report(student, "toy", f"key-{student}", "0", "all walls", (part,))
    return replace(made, **fields)  # type: ignore[arg-type]


class TestHistogram:
    def test_every_number_is_in_one_bar_the_highest_in_the_last(self) -> None:
        bins = figures.histogram([0, 0.49, 0.5, 9.99, 10, 10], 10.0)
        assert len(bins) == 20
        assert (bins[0].count, bins[1].count, bins[-1].count) == (2, 1, 3)
        assert sum(b.count for b in bins) == 6
        assert (bins[-1].low, bins[-1].high) == (9.5, 10.0)

    @pytest.mark.parametrize("most", [0.25, 1.0, 7.0, 10.0, 100.0])
    def test_the_bars_reach_from_zero_to_the_most(self, most: float) -> None:
        bins = figures.histogram([0, most, most + 5, -1], most)
        assert bins[0].low == 0
        assert bins[-1].high >= most
        assert 10 <= len(bins) <= 20
        assert sum(b.count for b in bins) == 4

    def test_floating_point_does_not_move_a_number_into_the_bar_below(self) -> None:
        bins = figures.histogram([0.1 + 0.2], 1.0)
        assert next(b.low for b in bins if b.count) == 0.3


def test_the_summary_of_one_number_and_of_five() -> None:
    assert figures.spread([3.0]).median == figures.spread([3.0]).lowest == 3.0
    found = figures.spread([5, 1, 4, 2, 3])
    assert (found.lowest, found.lower, found.median, found.upper, found.highest) == (1, 2, 3, 4, 5)
    assert found.mean == 3


def test_points_by_check_count_students_with_all_some_and_none() -> None:
    good, bad = criterion("a"), criterion("b", Status.FAILED)
    found = figures.checks(
        [
            report("ada", check(good, good)),
            report("bob", check(good, bad)),
            report("cyd", check(bad, criterion("b", Status.NOT_TRIED))),
        ]
    )
    (toy,) = found
    assert (toy.full, toy.part, toy.none) == (1, 1, 1)
    assert toy.mean == pytest.approx(0.5)
    assert toy.statuses == {"failed": 2}
    assert toy.seconds == toy.slowest == 0.5


class TestCauses:
    def test_sentences_that_differ_in_numbers_are_one_cause_in_the_words_of_the_first(self) -> None:
        reports = [
            report("ada", check(criterion("a", Status.FAILED, "It is 7 times too large."))),
            report("bob", check(criterion("a", Status.FAILED, "It is 1.5e-3 times too large."))),
            report("cyd", check(criterion("a", Status.FAILED, "The sign is lost."))),
        ]
        found, more = figures.causes(reports)
        assert [(cause.text, cause.students) for cause in found] == [
            ("It is 7 times too large.", ("ada", "bob")),
            ("The sign is lost.", ("cyd",)),
        ]
        assert more == 0

    def test_errors_are_told_apart_by_their_type(self) -> None:
        error = Status.ERROR
        found, _ = figures.causes(
            [
                report("ada", check(criterion("a", error, "Run it.", "ValueError: shapes (3, 4)"))),
                report("bob", check(criterion("a", error, "Run it.", "NameError: x"))),
            ]
        )
        assert {cause.text for cause in found} == {"ValueError: Run it.", "NameError: Run it."}

    def test_what_was_not_tried_or_passed_is_no_cause(self) -> None:
        made = check(criterion("a"), criterion("b", Status.NOT_TRIED))
        assert figures.causes([report("ada", made)]) == ([], 0)

    def test_rare_causes_are_counted_and_not_listed(self) -> None:
        words = [chr(ord("a") + i % 26) * (1 + i // 26) for i in range(figures.CAUSES + 3)]
        reports = [report(word, check(criterion("a", Status.FAILED, word))) for word in words]
        found, more = figures.causes(reports)
        assert (len(found), more) == (figures.CAUSES, 3)


def test_metrics_are_gathered_by_name_without_those_that_are_no_numbers() -> None:
    def measured(student: str, value: float) -> Report:
        return report(student, check(criterion("a"), name="check_accuracy", measured={"accuracy": value}))

    nothing = report("dan", check(criterion("a", Status.NOT_DONE), name="check_accuracy"))
    (found,) = figures.measures(
        [measured("ada", 0.8), measured("bob", float("nan")), measured("cyd", 0.6), nothing]
    )
    assert found.values == {"ada": 0.8, "cyd": 0.6}
    assert (found.missing, found.passed) == (2, 3)
    assert found.spread.median == pytest.approx(0.7)


def test_limits_name_the_cells_and_checks_that_were_stopped() -> None:
    stopped = NotebookReport(
        "1_toy",
        (check(criterion("a", Status.OUT_OF_MEMORY)),),
        cells=(CellOutcome("train", "timed_out", 60.0), CellOutcome("fine", "ok", 1.0)),
        restarts=2,
    )
    events = figures.limit_events(report("ada", notebooks=(stopped,)))
    assert events == [
        "1_toy: cell train timed out",
        "1_toy: Title of check_toy out of memory",
        "1_toy: its process ended and was started anew, 2 x",
    ]
    assert figures.limit_events(report("bob", check(criterion("a")))) == []


class TestAttention:
    def rows(self, *entries: Entry, **events: list[str]) -> list[tuple[str, list[str]]]:
        found = figures.needs_attention(entries, events)
        return [(row.student, [kind for kind, _ in row.reasons]) for row in found]

    def test_whoever_is_fine_is_not_listed(self) -> None:
        fine = Entry("ada", report=report("ada", check(criterion("a"))))
        wrong = Entry("bob", report=report("bob", check(criterion("a", Status.FAILED))))
        assert self.rows(fine, wrong) == []

    def test_the_gravest_comes_first(self) -> None:
        entries = [
            Entry("error", report=report("error", check(criterion("a", Status.ERROR)))),
            Entry("locked", report=report("locked", check(criterion("a"))), changed=("1_toy: setup",)),
            Entry("absent", handed_in=False),
            Entry("unusable", handed_in=False, kept_aside=("message 3: No file is attached.",)),
            Entry("refused", report=report("refused", check(criterion("a")), refused={"1_toy": "not JSON"})),
            Entry("malformed", report=report("malformed", check(criterion("a", Status.MALFORMED)))),
            Entry("ungraded"),
            Entry("slow", report=report("slow", check(criterion("a")))),
        ]
        assert self.rows(*entries, slow=["1_toy: cell train timed out"]) == [
            ("ungraded", ["not graded"]),
            ("unusable", ["kept aside"]),
            ("absent", ["nothing handed in"]),
            ("refused", ["refused"]),
            ("malformed", ["malformed answer"]),
            ("slow", ["stopped at a limit"]),
            ("error", ["error"]),
            ("locked", ["locked cells changed"]),
        ]


def test_points_given_by_a_person_go_before_those_of_the_check() -> None:
    made = report("ada", check(criterion("a", Status.FAILED)))
    booked = Booked({"check_toy": 0.75}, extra=0.5, penalty=0.25)
    assert Entry("ada", report=made).total == 0
    assert Entry("ada", report=made, booked=booked).total == 1.0
    assert Entry("ada", report=made, booked=Booked({"check_toy": 0.1}, penalty=1)).total == 0
    assert Entry("ada").total is None


class TestComparison:
    """Of an old and a new report, as `autograder regrade` shows it."""

    def test_the_same_verdict_is_no_change(self) -> None:
        old = report("ada", check(criterion("a"), criterion("b", Status.FAILED, "x")))
        found = compare(old, old)
        assert (found.changes, found.reworded, found.is_changed) == ((), 0, False)

    def test_another_explanation_is_counted_and_changes_no_points(self) -> None:
        old = report("ada", check(criterion("a", Status.FAILED, "one")))
        new = report("ada", check(criterion("a", Status.FAILED, "two")))
        found = compare(old, new)
        assert (found.reworded, found.is_changed) == (1, False)

    def test_a_criterion_that_ends_otherwise_is_the_reason(self) -> None:
        old = report("ada", check(criterion("a"), criterion("b")))
        new = report("ada", check(criterion("a"), criterion("b", Status.FAILED, "The sign is lost.")))
        (change,) = compare(old, new).changes
        assert (change.before, change.after) == (1.0, 0.5)
        assert change.reasons == ("failed, was passed: title of b. The sign is lost.",)

    def test_criteria_that_come_and_go_are_named(self) -> None:
        old = report("ada", check(criterion("a"), criterion("b", Status.FAILED)))
        new = report("ada", check(criterion("a"), criterion("c")))
        (change,) = compare(old, new).changes
        assert change.reasons == ("passed, was not there: title of c", "gone: title of b (failed)")

    def test_weights_and_points_of_the_check_are_reasons_too(self) -> None:
        bad = criterion("b", Status.FAILED)
        old = report("ada", check(criterion("a"), bad))
        heavier = report("ada", check(replace(criterion("a"), weight=3.0), bad))
        assert compare(old, heavier).changes[0].reasons == ("its criteria have other weights",)
        more = report("ada", check(criterion("a"), bad, max_points=2.0))
        assert compare(old, more).changes[0].reasons == ("the check is worth 2 points, not 1",)

    def test_a_check_that_is_new_or_gone_is_a_change(self) -> None:
        one, two = check(criterion("a"), name="check_one"), check(criterion("a"), name="check_two")
        found = compare(report("ada", one), report("ada", two))
        assert [(c.title, c.before, c.after, c.reasons) for c in found.changes] == [
            ("Title of check_one", 1.0, None, ("the check is gone",)),
            ("Title of check_two", None, 1.0, ("the check is new",)),
        ]

    def test_what_could_not_be_graded_is_compared_with_nothing(self) -> None:
        old = report("ada", check(criterion("a")))
        given_up = report("ada", check(criterion("a", Status.REFUSED)), level="not graded")
        found = compare(old, given_up)
        assert (found.before, found.after, found.changes) == (1.0, None, ())
