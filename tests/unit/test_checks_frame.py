"""The frame that every check stands on: statuses, points, cards, and answers that do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checks.answer import Answer, Value, Wrong
from autograder.checks.card import html, number, text
from autograder.checks.check import Check, Exam
from autograder.checks.compare import brief, explain, relative_error, require_close, side_by_side
from autograder.checks.result import CheckResult, CriterionResult, Finding, Status
from autograder.probes.plain import plain


def check_with(*judges: Any, **options: Any) -> Check:
    check = Check("check_toy", "Toy", 2.0, "toy", ("toy",), "autograder.checks.toys.toy")
    for judge in judges:
        check.criterion(judge.__name__, **options.get(judge.__name__, {}))(judge)
    return check


def silent_ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
    return {"status": "answered", "answer": {}}


def first(exam: Exam) -> None:
    return None


def second(exam: Exam) -> None:
    raise Wrong(Finding(got="3", expected="4", cause="One is missing."))


def third(exam: Exam) -> None:
    return None


def test_points_are_the_share_of_passed_weight() -> None:
    result = check_with(first, second, second={"weight": 3}).judge(silent_ask)
    assert result.points == 0.5
    assert result.status is Status.FAILED
    assert repr(result) == "0.5"


def test_all_criteria_passed_is_exactly_the_maximum() -> None:
    check = check_with(first, third, first={"weight": 0.1}, third={"weight": 0.2})
    assert check.judge(silent_ask).points == 2.0


def test_a_required_criterion_that_fails_takes_all_points_and_ends_the_check() -> None:
    check = check_with(first, second, third, second={"required": True, "weight": 0})
    result = check.judge(silent_ask)
    assert result.points == 0
    assert [c.status for c in result.criteria] == [Status.PASSED, Status.FAILED, Status.NOT_TRIED]


def test_a_criterion_whose_need_failed_is_not_tried_and_earns_nothing() -> None:
    result = check_with(second, third, third={"needs": ["second"]}).judge(silent_ask)
    assert result.points == 0
    assert result.criteria[1].status is Status.NOT_TRIED


@pytest.mark.parametrize(
    ("status", "expected", "tried_next"),
    [
        ("not_done", Status.NOT_DONE, False),
        ("error", Status.ERROR, True),
        ("interrupted", Status.TIMED_OUT, False),
        ("timed_out", Status.TIMED_OUT, False),
        ("out_of_memory", Status.OUT_OF_MEMORY, False),
        ("paid", Status.MALFORMED, True),
        (None, Status.MALFORMED, True),
    ],
)
def test_what_becomes_of_an_outcome_that_is_no_answer(
    status: Any, expected: Status, tried_next: bool
) -> None:
    def asks(exam: Exam) -> None:
        exam.ask("anything")

    check = check_with(asks, third)
    result = check.judge(lambda probe, function, question: {"status": status, "error": "ValueError"})
    assert result.criteria[0].status is expected
    assert result.criteria[0].finding.cause
    assert (result.criteria[1].status is not Status.NOT_TRIED) == tried_next


@pytest.mark.parametrize("outcome", [None, [], "answered", {"status": "answered", "answer": [1]}])
def test_an_outcome_of_the_wrong_type_is_malformed(outcome: Any) -> None:
    def asks(exam: Exam) -> None:
        exam.ask("anything")

    result = check_with(asks).judge(lambda probe, function, question: outcome)
    assert result.status is Status.MALFORMED


def test_the_same_seed_draws_the_same_inputs_and_another_seed_others() -> None:
    drawn: list[float] = []

    def draws(exam: Exam) -> None:
        drawn.append(float(exam.rng.normal()))

    check = check_with(draws)
    for seed in (0, 0, 1):
        check.judge(silent_ask, seed)
    assert drawn[0] == drawn[1] != drawn[2]


class TestValue:
    """Exact type, shape, dtype and finiteness come before any tolerance."""

    @pytest.mark.parametrize(
        ("value", "word"),
        [
            ([[1.0, 2.0]], "a list"),
            (None, "None"),
            (3.0, "a float"),
            (np.ones((2, 1)), "shape (2, 1)"),
            (np.ones((1, 2), np.float32), "float32"),
            (np.ones((1, 2), int), "int64"),
            (np.array([[None, 1]]), "object"),
            (np.array([["a", "b"]]), "<U1"),
            (np.array([[1.0, np.nan]]), "nan"),
            (np.array([[1.0, np.inf]]), "inf"),
            (np.matrix([[1.0, 2.0]]), "matrix"),
            (np.ma.masked_array([[1.0, 2.0]]), "MaskedArray"),
            (object(), "object"),
        ],
    )
    def test_anything_but_the_asked_array_is_wrong(self, value: Any, word: str) -> None:
        with pytest.raises(Wrong) as raised:
            Value(plain(value)).array("`y`", (1, 2))
        assert word in raised.value.finding.got

    def test_the_asked_array_is_given_back(self) -> None:
        assert np.array_equal(Value(plain(np.ones((1, 2)))).array("`y`", (1, 2)), np.ones((1, 2)))

    def test_a_subclass_with_forged_comparisons_is_no_array(self) -> None:
        class Forged(np.ndarray):
            def __array_function__(self, *args: Any, **kwargs: Any) -> bool:
                return True

        with pytest.raises(Wrong):
            Value(plain(np.ones((1, 2)).view(Forged))).array("`y`", (1, 2))

    @pytest.mark.parametrize("value", [2.5, np.float64(2.5), np.float32(2.5), np.array(2.5), 2])
    def test_one_number_may_come_in_several_types(self, value: Any) -> None:
        assert Value(plain(value)).number("the loss") == pytest.approx(2.5, abs=0.5)

    @pytest.mark.parametrize("value", [np.array([2.5]), "2.5", None, True, float("nan"), float("inf"), 1j])
    def test_what_is_no_finite_number_is_wrong(self, value: Any) -> None:
        with pytest.raises(Wrong):
            Value(plain(value)).number("the loss")

    @pytest.mark.parametrize("description", [None, 3, {}, {"type": 3}, []])
    def test_a_description_of_another_form_is_malformed(self, description: Any) -> None:
        with pytest.raises(Wrong) as raised:
            Value(description)
        assert raised.value.status is Status.MALFORMED

    def test_a_missing_name_is_malformed(self) -> None:
        with pytest.raises(Wrong) as raised:
            Answer({})["y"]
        assert raised.value.status is Status.MALFORMED


class TestCompare:
    def test_a_factor_that_is_a_size_is_named(self) -> None:
        key = np.random.default_rng(0).normal(size=(7, 3))
        said = explain(key * 7, key, sizes={"the batch size": 7})
        assert "exactly 7 times too large" in said
        assert "batch size" in said
        assert "exactly 7 times too small" in explain(key / 7, key, sizes={"the batch size": 7})
        assert "divided by 7 twice" in explain(key / 49, key, sizes={"the batch size": 7})

    def test_sign_zero_transposition_and_order_are_named(self) -> None:
        key = np.random.default_rng(0).normal(size=(4, 4))
        assert "wrong sign" in explain(-key, key)
        assert "0 everywhere" in explain(0 * key, key)
        assert "transposed" in explain(key.T, key)
        assert "right rows in another order" in explain(key[::-1], key)
        assert "wrong places" in explain(key[::-1, ::-1], key)
        assert "2 times" in explain(2 * key, key)

    def test_an_unknown_mistake_gets_no_invented_cause(self) -> None:
        key = np.random.default_rng(0).normal(size=(4, 4))
        assert explain(key + np.random.default_rng(1).normal(size=(4, 4)), key) == ""

    def test_a_candidate_that_equals_the_key_is_never_named(self) -> None:
        key = np.ones(3)
        assert "candidate" not in explain(2 * key, key, [(key, "candidate")])

    def test_candidates_that_cannot_be_computed_are_passed_over(self) -> None:
        key = np.ones(3)

        def fails() -> np.ndarray:
            raise ValueError

        assert explain(2 * key, key, [(fails, "no"), (2 * key, "yes")]) == "yes"

    def test_nan_never_passes(self) -> None:
        with pytest.raises(Wrong):
            require_close("y", np.array([np.nan]), np.array([1.0]), 1e-6)
        assert not relative_error(np.array([np.nan]), np.array([1.0])) <= 1e9

    def test_a_card_shows_the_row_that_differs_most_and_digits_enough_to_see_it(self) -> None:
        expected = np.zeros((7, 20))
        actual = expected.copy()
        actual[3, 12] = 1.0
        assert side_by_side(actual, expected) == (
            "[…, 0, 0, 1, 0, 0, …] (row 4 of 7)",
            "[…, 0, 0, 0, 0, 0, …] (row 4 of 7)",
        )
        assert side_by_side(12.71689832, 12.71689831) == ("12.71689832", "12.71689831")
        assert side_by_side(np.array([1.0, np.nan]), np.array([1.0, 2.0])) == ("[1, nan]", "[1, 2]")

    def test_brief_is_one_line(self) -> None:
        assert "\n" not in brief(np.random.default_rng(0).normal(size=(50, 50)))
        assert brief(np.array(2.5)) == "2.5"


class TestCard:
    def result(self, finding: Finding, status: Status = Status.FAILED) -> CheckResult:
        criterion = CriterionResult("one", "a `title`", 1.0, status, finding)
        return CheckResult("check_toy", "Toy", 1.0, (criterion,))

    def test_the_card_explains_the_first_failure(self) -> None:
        finding = Finding("x", "3", "4", "One is missing.", "cell `toy`", 0.25, 1e-9)
        for rendered in (html(self.result(finding)), text(self.result(finding))):
            for part in ("Toy", "Came", "Expected", "Likely cause", "One is missing.", "Look at"):
                assert part in rendered
        assert "<code>title</code>" in html(self.result(finding))

    def test_what_names_no_mistake_is_headed_as_a_hint(self) -> None:
        finding = Finding(got="3", expected="4", cause="Add them up.", recognised=False)
        for rendered in (html(self.result(finding)), text(self.result(finding))):
            assert "Hint" in rendered and "Add them up." in rendered
            assert "Likely cause" not in rendered
        assert "Подсказка" in html(self.result(finding), "ru")

    def test_nothing_of_the_students_becomes_markup(self) -> None:
        rendered = html(self.result(Finding(got="<script>alert(1)</script>", cause="`<b>`", where="<img>")))
        assert "<script" not in rendered
        assert "<b>" not in rendered
        assert "<img" not in rendered

    def test_not_done_is_short_and_says_so(self) -> None:
        rendered = text(self.result(Finding(got="stub", cause="Not done yet: write it."), Status.NOT_DONE))
        assert "not done yet" in rendered
        assert len(rendered.splitlines()) <= 4

    def test_numbers_have_no_superfluous_zeros(self) -> None:
        assert [number(x) for x in (1.0, 0.5, 0.6667, 0.0)] == ["1", "0.5", "0.6667", "0"]
