"""What holds of the judges and their frame for any input, tried on random ones."""

from __future__ import annotations

import functools
import importlib
import math
import unicodedata
import zlib
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from sklearn.metrics import f1_score

from autograder.checks.answer import Answer, Value, Wrong
from autograder.checks.card import html, number, text
from autograder.checks.check import Check, Exam
from autograder.checks.compare import brief, explain, relative_error, require_close
from autograder.checks.gradients import central_differences, directions, require_gradient
from autograder.checks.metrics import macro_f1
from autograder.checks.result import (
    CheckResult,
    CriterionResult,
    Finding,
    Status,
    printable,
    printable_finding,
)
from tests.mutants.answers import ANSWERS
from tests.mutants.submission import InNotebook, Mutant, require_caught_and_named
from tests.unit.solved import QUICK, images_of, judge, subjects_of

# A machine with other work to do is no reason for a property to fail.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

NUMBERS = st.floats(-1e6, 1e6, width=32, allow_subnormal=False)
SHAPES = nps.array_shapes(min_dims=0, max_dims=3, max_side=5)
ARRAYS = nps.arrays(np.float64, SHAPES, elements=NUMBERS)
SEEDS = st.integers(0, 2**32 - 1)
LIMITS = st.sampled_from([1e-9, 1e-6, 1e-4])


def drawn(seed: int, *shape: int) -> np.ndarray:
    """Normal numbers, no two of which are nearly the same."""
    return np.random.default_rng(seed).normal(size=shape)


def moved(key: np.ndarray, place: int, by: float) -> np.ndarray:
    """The key with one number moved by a multiple of the largest one."""
    scale = float(np.abs(key).max())
    changed = key.copy().reshape(-1)
    changed[place % key.size] += by * (scale if scale > 0 else 1.0)
    return changed.reshape(key.shape)


class TestComparison:
    @given(key=ARRAYS, limit=LIMITS)
    def test_equal_numbers_pass_with_no_error(self, key: np.ndarray, limit: float) -> None:
        finding = require_close("y", key.copy(), key, limit)
        assert finding == Finding(relative_error=0.0, limit=limit)

    @given(key=ARRAYS, limit=LIMITS, place=st.integers(0, 200), share=st.floats(-0.99, 0.99))
    def test_a_difference_within_the_tolerance_passes(
        self, key: np.ndarray, limit: float, place: int, share: float
    ) -> None:
        finding = require_close("y", moved(key, place, share * limit), key, limit)
        assert finding.relative_error == pytest.approx(abs(share) * limit, rel=0.01, abs=1e-15)

    @given(
        key=ARRAYS,
        limit=LIMITS,
        place=st.integers(0, 200),
        times=st.floats(1.01, 1e9),
        sign=st.sampled_from([-1, 1]),
    )
    def test_any_difference_beyond_the_tolerance_fails(
        self, key: np.ndarray, limit: float, place: int, times: float, sign: int
    ) -> None:
        with pytest.raises(Wrong) as raised:
            require_close("y", moved(key, place, sign * times * limit), key, limit, tried="t", where="w")
        finding = raised.value.finding
        assert raised.value.status is Status.FAILED
        assert finding.relative_error == pytest.approx(times * limit, rel=1e-3)
        assert finding.limit == limit
        assert (finding.tried, finding.where) == ("t", "w")
        assert finding.got.startswith("y = ") and finding.expected != finding.got.removeprefix("y = ")

    @given(key=ARRAYS, place=st.integers(0, 200), what=st.sampled_from([np.nan, np.inf, -np.inf]))
    def test_a_number_that_is_not_finite_never_passes(self, key: np.ndarray, place: int, what: float) -> None:
        actual = key.copy().reshape(-1)
        actual[place % key.size] = what
        with np.errstate(invalid="ignore"), pytest.raises(Wrong):
            require_close("y", actual.reshape(key.shape), key, 1e300)

    @given(actual=ARRAYS, power=st.integers(-30, 30), seed=SEEDS)
    def test_the_error_does_not_depend_on_the_unit(self, actual: np.ndarray, power: int, seed: int) -> None:
        key = drawn(seed, *actual.shape)
        error = relative_error(actual, key)
        assert error >= 0
        assert relative_error(2.0**power * actual, 2.0**power * key) == error

    @given(key=ARRAYS.filter(np.any))
    def test_zeros_in_place_of_the_key_are_wholly_wrong(self, key: np.ndarray) -> None:
        assert relative_error(0 * key, key) == 1.0
        assert relative_error(key, 0 * key) == np.abs(key).max()

    @given(array=nps.arrays(st.sampled_from(["f8", "f4", "i8", "u1", "?"]), SHAPES))
    def test_an_array_is_written_in_one_short_line(self, array: np.ndarray) -> None:
        words = brief(array)
        assert "\n" not in words
        assert len(words) < 120
        assert array.ndim < 2 or array.size == 1 or f"of {len(array)}" in words


class TestExplanation:
    """A cause is computed, not guessed: what is recognised is named, and nothing else is."""

    @given(actual=ARRAYS, seed=SEEDS, size=st.integers(1, 50))
    def test_any_answer_gets_a_text_and_no_error(self, actual: np.ndarray, seed: int, size: int) -> None:
        for key in (drawn(seed, *actual.shape), 0 * actual, actual):
            said = explain(actual, key, [(lambda: actual[0, 0, 0, 0], "no")], {"the batch size": size}, "y")
            assert isinstance(said, str) and said != "no"

    @given(key=ARRAYS, candidate=ARRAYS)
    def test_a_right_answer_is_never_explained(self, key: np.ndarray, candidate: np.ndarray) -> None:
        assert explain(key, key, [(candidate, "wrong"), (key, "wrong")], {"the batch size": 7}) == ""

    @given(
        seed=SEEDS,
        shape=st.tuples(st.integers(1, 6), st.integers(2, 6)),
        factor=st.floats(0.01, 100),
        sign=st.sampled_from([-1, 1]),
    )
    def test_a_constant_factor_is_named(
        self, seed: int, shape: tuple[int, int], factor: float, sign: int
    ) -> None:
        assume(abs(factor - 1) > 1e-2)
        key = drawn(seed, *shape)
        said = explain(sign * factor * key, key, what="the gradient")
        if sign < 0:
            size = f"{factor:.4g} times too large" if factor > 1 else f"{1 / factor:.4g} times too small"
            assert said == f"The gradient has the wrong sign everywhere, and is {size}."
            return
        assert said.startswith(f"The gradient is {factor:.4g} times the right one everywhere")
        assert ("too much" if factor > 1 else "missing") in said

    @given(seed=SEEDS, size=st.integers(2, 60), shape=st.tuples(st.integers(1, 6), st.integers(1, 6)))
    def test_a_factor_that_is_a_size_is_named_by_that_size(
        self, seed: int, size: int, shape: tuple[int, int]
    ) -> None:
        key, sizes = drawn(seed, *shape), {"the number of rats": 61, "the batch size": size}
        for factor, words in (
            (size, f"It is exactly {size} times too large, and {size} is the batch size."),
            (1 / size, f"It is exactly {size} times too small, and {size} is the batch size."),
            (1 / size**2, f"It is divided by {size} twice, and {size} is the batch size: once is enough."),
            (-1, "It has the wrong sign everywhere, and is right otherwise."),
        ):
            assert explain(factor * key, key, sizes=sizes) == words

    @given(key=NUMBERS, actual=NUMBERS)
    def test_of_two_single_numbers_no_factor_is_made_up(self, key: float, actual: float) -> None:
        assume(abs(key) > 1e-3 and abs(actual / key + 1) > 1e-3 and actual != 0)
        assert explain(np.array([[actual]]), np.array([[key]])) == ""

    @given(seed=SEEDS, side=st.integers(2, 6))
    def test_a_transposed_matrix_and_another_order_are_told_apart(self, seed: int, side: int) -> None:
        key = drawn(seed, side, side)
        assert explain(key.T, key, what="dW") == "DW is transposed: rows and columns are swapped."
        order = np.random.default_rng(seed).permutation(key.size)
        mixed = key.reshape(-1)[order].reshape(key.shape)
        assume(not np.array_equal(mixed, key) and not np.array_equal(mixed, key.T))
        rows = {tuple(row) for row in key} == {tuple(row) for row in mixed}
        words = "right rows in another order" if rows else "right numbers in the wrong places"
        assert words in explain(mixed, key)

    @given(seed=SEEDS, shape=st.tuples(st.integers(1, 5), st.integers(2, 5)), first=st.integers(0, 3))
    def test_the_first_mistake_that_fits_is_named(
        self, seed: int, shape: tuple[int, int], first: int
    ) -> None:
        key, actual = drawn(seed, *shape), drawn(seed + 1, *shape)
        mistakes: list[tuple[Any, str]] = [(drawn(seed + 2 + n, *shape), "another") for n in range(first)]
        mistakes += [(np.full(shape, np.nan), "nan"), (lambda: actual, "this"), (actual, "the same again")]
        assert explain(actual, key, mistakes) == "this"
        with pytest.raises(Wrong) as raised:
            require_close("y", actual, key, 1e-9, candidates=mistakes, hint="nothing is recognised")
        assert raised.value.finding.cause == "this"
        assert raised.value.finding.recognised

    @given(seed=SEEDS, shape=st.tuples(st.integers(1, 5), st.integers(2, 5)))
    def test_where_nothing_is_recognised_the_judges_own_words_stand(
        self, seed: int, shape: tuple[int, int]
    ) -> None:
        with pytest.raises(Wrong) as raised:
            require_close("y", drawn(seed + 1, *shape), drawn(seed, *shape), 1e-9, hint="look again")
        assert raised.value.finding.cause == "look again"
        assert not raised.value.finding.recognised
        with pytest.raises(Wrong) as raised:
            require_close(
                "y", drawn(seed + 1, *shape), drawn(seed, *shape), 1e-9, cause="it clips", hint="look again"
            )
        assert raised.value.finding.cause == "it clips"
        assert raised.value.finding.recognised


class Parabola:
    """f(x) = ½ xᵀAx + bᵀx, whose gradient is known."""

    def __init__(self, seed: int, n: int) -> None:
        root, self.b, self.x = drawn(seed, n, n), drawn(seed + 1, n), drawn(seed + 2, n)
        self.A = root + root.T
        self.along = directions(np.random.default_rng(seed), (n,))

    def __call__(self, x: np.ndarray) -> float:
        return float(x @ self.A @ x / 2 + self.b @ x)

    @property
    def gradient(self) -> np.ndarray:
        return self.A @ self.x + self.b


class TestGradient:
    @given(seed=SEEDS, shape=nps.array_shapes(min_dims=1, max_dims=3, max_side=6), count=st.integers(1, 9))
    def test_directions_have_length_one_and_come_from_the_generator(
        self, seed: int, shape: tuple[int, ...], count: int
    ) -> None:
        found = directions(np.random.default_rng(seed), shape, count)
        assert found.shape == (count, *shape)
        np.testing.assert_allclose((found.reshape(count, -1) ** 2).sum(axis=1), 1)
        assert np.array_equal(found, directions(np.random.default_rng(seed), shape, count))

    @given(seed=SEEDS, n=st.integers(2, 9), step=st.sampled_from([1e-5, 1e-3, 0.1]))
    def test_central_differences_of_a_parabola_are_exact_at_any_step(
        self, seed: int, n: int, step: float
    ) -> None:
        f = Parabola(seed, n)
        found = central_differences(f, f.x, f.along, step)
        assert found.shape == (5,)
        np.testing.assert_allclose(found, f.along @ f.gradient, rtol=0, atol=1e-7 * (1 + np.abs(found).max()))

    def require(self, f: Parabola, gradient: np.ndarray, numeric: np.ndarray, cause: str = "") -> Finding:
        return require_gradient(
            "dx", gradient, numeric=numeric, along=f.along, key=f.gradient, tried="t", where="w", cause=cause
        )

    @given(seed=SEEDS, n=st.integers(2, 9))
    def test_the_right_gradient_passes(self, seed: int, n: int) -> None:
        f = Parabola(seed, n)
        finding = self.require(f, f.gradient, central_differences(f, f.x, f.along))
        assert finding == Finding(relative_error=0.0, limit=1e-9)

    @given(seed=SEEDS, n=st.integers(2, 9), place=st.integers(0, 8), times=st.floats(1.1, 1e9))
    def test_a_gradient_that_differs_from_the_key_fails(
        self, seed: int, n: int, place: int, times: float
    ) -> None:
        f = Parabola(seed, n)
        with pytest.raises(Wrong) as raised:
            self.require(f, moved(f.gradient, place, times * 1e-9), f.along @ f.gradient)
        assert raised.value.finding.limit == 1e-9
        assert raised.value.finding.cause
        assert not raised.value.finding.recognised

    @given(seed=SEEDS, n=st.integers(2, 9), times=st.floats(1.1, 1e6), place=st.integers(0, 4))
    def test_a_gradient_that_is_not_that_of_the_own_forward_fails(
        self, seed: int, n: int, times: float, place: int
    ) -> None:
        f = Parabola(seed, n)
        numeric = moved(f.along @ f.gradient, place, times * 1e-6)
        with pytest.raises(Wrong) as raised:
            self.require(f, f.gradient, numeric, cause="not this")
        finding = raised.value.finding
        assert "not the derivative of this `forward`" in finding.cause
        assert (finding.tried, finding.where, finding.limit) == ("t", "w", 1e-6)
        assert finding.relative_error is not None and finding.relative_error > 1e-6
        assert finding.got.startswith("dx along a random direction: ")

    @given(seed=SEEDS, n=st.integers(2, 9), share=st.floats(-0.9, 0.9), place=st.integers(0, 4))
    def test_what_differences_lose_in_digits_is_no_mistake(
        self, seed: int, n: int, share: float, place: int
    ) -> None:
        f = Parabola(seed, n)
        numeric = f.along @ f.gradient
        numeric[place] += share * 1e-6 * np.abs(numeric).max() / 2
        self.require(f, f.gradient, numeric)

    @given(seed=SEEDS, n=st.integers(2, 9), what=st.sampled_from([np.nan, np.inf]))
    def test_a_gradient_that_is_not_finite_fails_on_either_side(self, seed: int, n: int, what: float) -> None:
        f = Parabola(seed, n)
        for gradient, numeric in (
            (np.where(np.arange(n) == 1, what, f.gradient), f.along @ f.gradient),
            (f.gradient, np.where(np.arange(5) == 1, what, f.along @ f.gradient)),
        ):
            with pytest.raises(Wrong), np.errstate(invalid="ignore"):
                self.require(f, gradient, numeric)


# Answers of any form.

KINDS = st.sampled_from(["ndarray", "Tensor", "float", "int", "bool", "str", "list", "tuple", "NoneType"])
ANY_ARRAY = nps.arrays(
    st.sampled_from(["?", "i1", "i8", "u8", "f2", "f4", "f8"]),
    nps.array_shapes(min_dims=0, max_side=3, min_side=0),
)
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=9)
    | ANY_ARRAY,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "data", "dtype", "shape", "y"]), inner, max_size=4)
        | st.fixed_dictionaries({"type": KINDS, "data": inner})
        | st.fixed_dictionaries({"type": KINDS, "data": ANY_ARRAY, "dtype": inner | st.just("float64")})
    ),
    max_leaves=8,
)
READERS: dict[str, Callable[[Value], Any]] = {
    "array": lambda v: v.array("`y`", (2,), tried="t"),
    "scalar": lambda v: v.array("`y`", (), ("float64", "float32"), kind="Tensor"),
    "labels": lambda v: v.array("`y`", (2,), ("int64", "int8", "bool"), shape_causes={(2, 1): "c"}),
    "number": lambda v: v.number("the loss"),
    "text": Value.text,
    "flag": Value.flag,
    "items": Value.items,
    "texts": Value.texts,
}


def require_sentences(wrong: Wrong) -> None:
    finding = wrong.finding
    assert finding.got
    assert finding.cause or finding.expected
    assert wrong.status in (Status.FAILED, Status.MALFORMED)
    assert str(wrong)
    printable_finding(finding)


class TestAnswer:
    @settings(max_examples=400)
    @given(junk=JUNK, reader=st.sampled_from(sorted(READERS)))
    @example(junk={"type": "ndarray", "dtype": "float64", "data": np.zeros(2, dtype=bool)}, reader="array")
    @example(junk={"type": "Tensor", "dtype": "torch.int64", "data": np.full((), 0.5)}, reader="scalar")
    @example(junk={"type": "ndarray", "dtype": "int64", "data": np.full(2, 0.5)}, reader="labels")
    def test_junk_is_read_as_what_was_asked_or_is_wrong(self, junk: Any, reader: str) -> None:
        try:
            read = READERS[reader](Value(junk))
        except Wrong as wrong:
            require_sentences(wrong)
            return
        if reader in ("array", "scalar", "labels"):
            assert type(read) is np.ndarray
            assert read.shape == (() if reader == "scalar" else (2,))
            allowed = {
                "array": ["float64"],
                "scalar": ["float64", "float32"],
                "labels": ["int64", "int8", "bool"],
            }
            assert read.dtype.name in allowed[reader]
            assert np.isfinite(read).all()
        elif reader == "number":
            assert type(read) is float and math.isfinite(read)
        elif reader in ("text", "flag"):
            assert type(read) is (str if reader == "text" else bool)
        else:
            assert all(isinstance(item, Value if reader == "items" else str) for item in read)

    @given(
        array=nps.arrays(st.sampled_from(["f8", "f4"]), (2, 3), elements=st.floats(-9, 9, width=32)),
        kind=st.sampled_from(["ndarray", "Tensor"]),
        forged=st.sampled_from(["float64", "float32", None]),
    )
    def test_an_array_of_the_asked_form_is_read_as_it_is(
        self, array: np.ndarray, kind: str, forged: str | None
    ) -> None:
        described: dict[str, Any] = {"type": kind, "data": array}
        if forged is not None:
            described["dtype"] = forged
        try:
            read = Value(described).array("`y`", (2, 3), array.dtype.name, kind=kind)
        except Wrong:
            assert forged not in (None, array.dtype.name)
        else:
            assert read is array
            assert forged in (None, array.dtype.name)

    @given(junk=JUNK)
    def test_junk_is_an_answer_or_malformed(self, junk: Any) -> None:
        if (
            type(junk) is not dict
            or type(junk.get("y")) is not dict
            or type(junk["y"].get("type")) is not str
        ):
            with pytest.raises(Wrong) as raised:
                Answer(junk)["y"]
            require_sentences(raised.value)
            assert raised.value.status is Status.MALFORMED
        else:
            answer = Answer(junk)
            assert list(answer) == list(junk) and len(answer) == len(junk)
            assert answer["y"].description is junk["y"]

    @given(
        outcome=st.one_of(
            JUNK,
            st.fixed_dictionaries({"status": JUNK}),
            st.fixed_dictionaries({"status": st.just("answered"), "answer": JUNK}),
            st.fixed_dictionaries(
                {
                    "status": st.sampled_from(
                        ["error", "not_done", "timed_out", "out_of_memory", "interrupted"]
                    )
                },
                optional={"error": JUNK, "message": JUNK, "line": JUNK, "number": JUNK},
            ),
        )
    )
    def test_no_outcome_makes_a_check_raise(self, outcome: Any) -> None:
        check = Check("check_toy", "Toy", 2.0, "toy", ("toy",), "autograder.checks.toys.toy")

        @check.criterion("an array")
        def array(exam: Exam) -> None:
            exam.ask("anything")["y"].array("`y`", (2,))

        result = check.judge(lambda probe, function, question: outcome)
        (criterion,) = result.criteria
        assert criterion.passed == (result.points == 2.0)
        assert (
            criterion.passed
            or (criterion.finding.got and criterion.finding.cause)
            or criterion.finding.expected
        )
        assert html(result) and text(result)


# Metrics, points, cards.

LABELS = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        nps.arrays(np.int64, n, elements=st.integers(0, 9)),
        nps.arrays(np.int64, n, elements=st.integers(0, 9)),
    )
)


class TestMetric:
    @given(both=LABELS)
    def test_macro_f1_agrees_with_scikit_learn_however_few_classes_occur(
        self, both: tuple[np.ndarray, np.ndarray]
    ) -> None:
        labels, predicted = both
        expected = f1_score(labels, predicted, average="macro", labels=range(10), zero_division=0)
        assert macro_f1(labels, predicted) == pytest.approx(expected, abs=1e-12)

    @given(both=LABELS, seed=SEEDS)
    def test_macro_f1_does_not_depend_on_order_or_names(
        self, both: tuple[np.ndarray, np.ndarray], seed: int
    ) -> None:
        labels, predicted = both
        rng = np.random.default_rng(seed)
        order, names = rng.permutation(len(labels)), rng.permutation(10)
        assert macro_f1(names[labels][order], names[predicted][order]) == pytest.approx(macro_f1(*both))

    @given(both=LABELS)
    def test_macro_f1_is_1_only_where_every_class_is_found(self, both: tuple[np.ndarray, np.ndarray]) -> None:
        labels, predicted = both
        found = macro_f1(labels, predicted)
        assert 0 <= found <= 1
        assert macro_f1(labels, labels) == pytest.approx(len(set(labels.tolist())) / 10)
        assert (found == 1) == (np.array_equal(labels, predicted) and len(set(labels.tolist())) == 10)


CRITERIA = st.lists(
    st.tuples(st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0]), st.sampled_from(list(Status)), st.booleans()),
    min_size=1,
    max_size=8,
)
TEXT = st.text(max_size=40) | st.sampled_from(["<script>", "`a<b`", "&amp;", "\x1b[31m", "‮", "`", "'\""])


def result_of(criteria: list[tuple[float, Status, bool]], **more: Any) -> CheckResult:
    results = tuple(CriterionResult(f"c{n}", f"C{n}", w, s, **more) for n, (w, s, _) in enumerate(criteria))
    required = frozenset(f"c{n}" for n, (*_, r) in enumerate(criteria) if r)
    return CheckResult("check_toy", "Toy", 1.5, results, required)


class TestPoints:
    @given(criteria=CRITERIA)
    def test_points_are_the_share_of_the_weight_that_passed(
        self, criteria: list[tuple[float, Status, bool]]
    ) -> None:
        result = result_of(criteria)
        passed = [s is Status.PASSED for _, s, _ in criteria]
        lost = any(r and not p for p, (*_, r) in zip(passed, criteria, strict=True))
        share = sum(w for p, (w, *_) in zip(passed, criteria, strict=True) if p) / sum(
            w for w, *_ in criteria
        )
        assert result.points == (0 if lost else pytest.approx(1.5 * share, abs=5e-5))
        assert (result.points == 1.5) == all(passed)
        assert float(repr(result)) == float(result) == result.points
        assert {c.id for c in result.failures} == {f"c{n}" for n, p in enumerate(passed) if not p}

    @given(criteria=CRITERIA, place=st.integers(0, 7))
    def test_one_more_criterion_met_never_costs_points(
        self, criteria: list[tuple[float, Status, bool]], place: int
    ) -> None:
        before = result_of(criteria).points
        place %= len(criteria)
        criteria = [(w, Status.PASSED if n == place else s, r) for n, (w, s, r) in enumerate(criteria)]
        assert result_of(criteria).points >= before

    @given(criteria=CRITERIA)
    def test_the_status_is_that_of_the_first_criterion_that_was_tried_and_failed(
        self, criteria: list[tuple[float, Status, bool]]
    ) -> None:
        failed = [s for _, s, _ in criteria if s not in (Status.PASSED, Status.NOT_TRIED)]
        assert result_of(criteria).status is (failed[0] if failed else Status.PASSED)

    @given(points=st.integers(0, 40_000))
    def test_points_are_written_without_loss(self, points: int) -> None:
        words = number(points / 10_000)
        assert float(words) == points / 10_000
        assert "." not in words or words[-1] not in "0."


class Tags(HTMLParser):
    """The tags of a card and its text."""

    def __init__(self, card: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(card)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


OURS = {"div", "strong", "span", "em", "code", "details", "summary"} | {
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


class TestCard:
    @given(
        texts=st.lists(TEXT, min_size=5, max_size=5),
        error=st.none() | st.floats(),
        criteria=CRITERIA,
    )
    def test_no_text_becomes_markup_and_none_is_lost(
        self, texts: list[str], error: float | None, criteria: list[tuple[float, Status, bool]]
    ) -> None:
        finding = printable_finding(Finding(*texts, relative_error=error, limit=1e-9))
        result = result_of(criteria, finding=finding)
        card, plain = Tags(html(result)), text(result)
        assert card.tags <= OURS
        assert f"{number(result.points)} of 1.5" in plain
        tried = [c for c in result.failures if c.status is not Status.NOT_TRIED]
        if tried:
            for words in (finding.got, finding.cause):
                assert words in plain
                assert words.replace("`", "").strip() in card.text.replace("`", "")

    @given(words=st.text(st.characters()), limit=st.integers(0, 50))
    def test_what_is_printed_holds_no_control_characters(self, words: str, limit: int) -> None:
        shown = printable(words, limit)
        assert len(shown) == min(limit, len(words))
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in shown)
        assert all(a == b or b == "?" for a, b in zip(words, shown, strict=False))


# Judges at other seeds than the usual one.

OTHER_SEEDS = [int(seed) for seed in np.random.SeedSequence(20_261_122).generate_state(10)]


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", QUICK)
def test_the_solution_gets_full_marks_at_any_seed(name: str) -> None:
    subjects = subjects_of(name)
    with images_of(name):
        for seed in OTHER_SEEDS:
            result = judge(name, subjects, seed)
            assert result.points == result.max_points, f"seed {seed}: {result}"


def few_wrong_answers() -> list[tuple[Mutant, tuple[str, ...]]]:
    """Two wrong answers to each quick check, with their cells; others that are added hardly change which."""
    by_check: dict[str, list[tuple[Mutant, tuple[str, ...]]]] = {}
    for answers in ANSWERS:
        for mutant in answers.mutants:
            by_check.setdefault(f"{_package(mutant)}.{mutant.check}", []).append(
                (mutant, answers.cells(mutant.check))
            )
    return [pair for name in QUICK for pair in sorted(by_check[name], key=_checksum)[:2]]


def _checksum(pair: tuple[Mutant, tuple[str, ...]]) -> int:
    return zlib.crc32(str(pair[0]).encode())


def _package(mutant: Mutant) -> str:
    return mutant.notebook.split("/")[1].split("_", 1)[1]


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(("mutant", "cells"), few_wrong_answers(), ids=lambda v: str(v)[:60])
def test_a_wrong_answer_fails_at_any_seed(mutant: Mutant, cells: tuple[str, ...]) -> None:
    with images_of(_package(mutant)):
        answer = InNotebook(mutant, cells)
        for seed in OTHER_SEEDS[:3]:
            require_caught_and_named(mutant, answer.judge(seed))


# Judges at other sizes than the usual ones, as far as they can be varied: batches of one, more classes than samples.

ANY, SOME, MORE = (1, 2, 3, 5, 7, 11, 13), (2, 3, 5, 7, 11, 13), (5, 7, 11, 13)
SIZES: dict[str, dict[str, tuple[int, ...]]] = {
    "backprop_numpy.linear": {"N": SOME, "IN": SOME, "OUT": SOME},
    "backprop_numpy.relu": {"N": ANY, "WIDTH": MORE},
    "backprop_numpy.softmax": {"N": ANY, "CLASSES": SOME},
    "backprop_numpy.cross_entropy": {"N": (7, 11, 13), "CLASSES": (5, 7)},
    "softmax_numpy.softmax": {"N": MORE, "CLASSES": MORE},
    "softmax_numpy.loss_and_gradient": {"N": (11, 13), "FEATURES": MORE, "CLASSES": (5, 7, 11)},
    "softmax_pytorch.model": {"N": (5, 7, 11), "OUT": ANY, "PART": (1, 2, 3)},
    "softmax_pytorch.train_evaluate": {"N": (11, 13, 17, 19), "BATCH": (2, 3, 5, 7), "CLASSES": (3, 5, 7)},
    "softmax_pytorch.predictions": {"N": (11, 13, 23), "BATCH": (2, 3, 5, 7), "CLASSES": (2, 3, 7, 29)},
    "cnn_cifar10.calculate_loss": {"N": (5, 7, 11, 13, 17)},
    "cnn_cifar10.model": {"N": (7, 11, 13), "PART": (1, 2, 5)},
}


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", SIZES)
@settings(max_examples=15)
@given(drawing=st.data())
def test_judges_are_right_at_other_sizes_too(name: str, drawing: st.DataObject) -> None:
    sizes = {constant: drawing.draw(st.sampled_from(some)) for constant, some in SIZES[name].items()}
    seed = drawing.draw(st.integers(0, 10**6))
    module = importlib.import_module(f"autograder.checks.{name}")
    right, (mutant, wrong_answer) = subjects_of(name), a_wrong_answer(name)
    with pytest.MonkeyPatch.context() as patch, images_of(name):
        for constant, size in sizes.items():
            patch.setattr(module, constant, size)
        result = judge(name, right, seed)
        assert result.points == result.max_points, f"{sizes}: {result}"
        if 1 in sizes.values():
            return  # Many a mistake is none in a batch of one.
        failed = wrong_answer.judge(seed)
        assert failed.points < failed.max_points, f"{mutant}, {sizes}: {failed}"


@functools.cache
def a_wrong_answer(name: str) -> tuple[Mutant, InNotebook]:
    """One that fails at every size."""
    mutant, cells = next(
        pair for pair in few_wrong_answers() if f"{_package(pair[0])}.{pair[0].check}" == name
    )
    with images_of(name):
        return mutant, InNotebook(mutant, cells)
