"""Exported tables: no cell is taken for a formula, and every text comes back as it was written."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.spreadsheet import neutral, to_csv

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "＝1",
    "＋1",
    "－1",
    "＠A",
    "\u00a0=1",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_as_a_formula_gets_an_apostrophe(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["", "Ivanov", "a=b", "x@y.example", "'=1", -1.5, 0, None])
def test_other_texts_and_numbers_stay(cell: str | float | None) -> None:
    assert neutral(cell) == cell


@given(rows=st.lists(st.lists(st.text(), min_size=1, max_size=4), min_size=1, max_size=4))
def test_texts_come_back_with_an_apostrophe_at_most(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(to_csv(rows), newline="")))
    assert read == [[neutral(cell) for cell in row] for row in rows]


def test_a_separator_of_another_country_begins_no_cell() -> None:
    line = to_csv([["a;=1", 0.5]])
    assert line == '"a;=1",0.5\n'
