"""The libraries that the text of a notebook shows: found where a definition uses them, and nowhere else."""

from __future__ import annotations

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks.notebook import called_check
from autograder.checks.numpy_only import FORBIDDEN
from autograder.examiner import checks_of
from autograder.sandbox.inside.libraries import UNREADABLE, libraries_of
from tests.mutants.submission import ROOT

RELU = "from scipy.special import softmax"
DEEP = "+".join(["1"] * 5_000)


def used(*cells: str, name: str = "f") -> list[str]:
    (answer,) = libraries_of(cells, [(len(cells), name)])
    return answer


@pytest.mark.parametrize(
    "cells",
    [
        (f"{RELU}\ndef f(x): return softmax(x)",),
        (RELU, "def f(x): return softmax(x)"),
        (RELU, "def g(x): return softmax(x)", "def f(x): return g(x)"),
        (RELU, "def f(x):\n    def g(): return softmax(x)\n    return g()"),
        (RELU, "f = lambda x: softmax(x)"),
        (RELU, "class f:\n    def g(self, x): return softmax(x)"),
        (RELU, "class A:\n    g = staticmethod(softmax)", "class f(A): pass"),
        (RELU, "class f:\n    pass\nf.g = softmax"),
        (RELU, "class f:\n    pass", "setattr(f, 'g', softmax)"),
        (RELU, "table = {}\ntable['g'] = softmax", "def f(x): return table['g'](x)"),
        (RELU, "table = []\ntable.append(softmax)", "def f(x): return table[0](x)"),
        (RELU, "def f(x, g=softmax): return g(x)"),
        (RELU, "def keep(g): return lambda x: g(x)", "f = keep(softmax)"),
        (RELU, "@keep(softmax)\ndef f(x): return x"),
        (RELU, "for g in (abs, softmax):\n    f = g"),
        (RELU, "a, (b, *f) = 1, (2, softmax)"),
        (RELU, "g = softmax\nsoftmax = None", "f = g"),
        ("if True:\n    from scipy.special import softmax", "def f(x): return softmax(x)"),
        ("try:\n    import scipy\nexcept ImportError:\n    pass", "f = scipy.special.softmax"),
        ("import scipy.special as s", "f = s.softmax"),
        ("def f(x):\n    import scipy.special as s\n    return s.softmax(x)",),
        ("from scipy.special import *", "def f(x): return softmax(x)"),
        ("m = __import__('scipy.special')", "def f(x): return m.special.softmax(x)"),
        ("from importlib import import_module", "f = import_module('scipy.special').softmax"),
        ("import sys", "def f(x): return sys.modules['scipy.special'].softmax(x)"),
        (f"%%time\n{RELU}", "def f(x): return softmax(x)"),
        (f"%matplotlib inline\n{RELU}\n!ls", "def f(x): return softmax(x)"),
        (f"await None\n{RELU}", "def f(x): return softmax(x)"),
        (f"exec('{RELU}')", "def f(x): return softmax(x)"),
        ("from scipy.optimize import LinearConstraint", "m = LinearConstraint(1)", "class f:\n    m = m"),
        ("from scipy import Model", "m = Model().fit(1)", "def f(x): return m.predict(x)"),
        ("from scipy import Model", "m = Model()\nn = m.fit(1)", "def f(x): return n.predict(x)"),
        ("from scipy import Model", "g = Model().fit(1).predict", "def f(x): return g(x)"),
        (RELU, "f = (lambda g: lambda x: g(x))(softmax)"),
    ],
)
def test_a_library_is_found_in_what_a_definition_mentions(cells: tuple[str, ...]) -> None:
    assert "scipy" in used(*cells)


@pytest.mark.parametrize(
    "cells",
    [
        (RELU, "def f(x): return x"),
        (RELU, "def f(x): return x", "assert f(1) == softmax(1)"),
        (RELU, "def f(softmax): return softmax"),
        (RELU, "def f(x):\n    softmax = x\n    return softmax"),
        (RELU, "def softmax(x): return x", "def f(x): return softmax(x)"),
        (f"{RELU}\ndef f(x): return softmax(x)", "def f(x): return x"),
        (RELU, "class f:\n    def softmax(self): pass\n    def g(self): return self.softmax()"),
        ("from sklearn.datasets import make_moons", "X, y = make_moons(9)", "class f:\n    X = X"),
        ("from sklearn.metrics import f1_score", "class A: pass", "f = A(f1_score)"),
        ("from scipy.stats import uniform", "X = uniform(9)", "class A: pass", "f = A(X)\nf.fit(X)"),
        ("from scipy.special import *", "def f(x): return len(x)"),
        ("from scipy import Model", "X = Model().fit_transform(9)", "class A: pass", "f = A()\nf.fit(X)"),
        (
            "from scipy import Model",
            "m = Model()\nX = [m.transform(x) for x in 'ab']",
            "class A: pass",
            "f = A().fit(X)",
        ),
        ("def f(x) return 1",),
        ("\0", "\ud800".encode("utf-8", "replace").decode(), "def f(x): pass"),
        ("# from scipy.special import softmax", "f = 'import scipy'"),
    ],
)
def test_a_library_that_a_definition_does_not_use_does_not_count(cells: tuple[str, ...]) -> None:
    assert not set(used(*cells)) & set(FORBIDDEN)


@pytest.mark.parametrize(
    "notebook", ["linear_classifiers/1_softmax_numpy", "neural_networks/1_backprop_numpy"]
)
def test_the_solutions_use_numpy_only(notebook: str) -> None:
    read = nbformat.read(ROOT / "solutions" / f"{notebook}.ipynb", as_version=4)
    cells = [cell.source for cell in read.cells if cell.cell_type == "code"]
    checks = checks_of(notebook.split("/")[1])
    calls = [(n, called_check(cell)) for n, cell in enumerate(cells)]
    asked = [(n, checks[call[0]].subjects[0]) for n, call in calls if call]
    assert len(asked) >= 5
    for answers in (
        libraries_of(cells, asked),
        libraries_of(cells, [(len(cells), name) for _, name in asked]),
    ):
        assert all(answer in (["numpy"], []) for answer in answers)
        assert answers.count(["numpy"]) >= 5


@pytest.mark.parametrize(
    "cell", [f"x = {DEEP}", f"def g(): return {DEEP}", f"{RELU}\nf = softmax if 1 else {DEEP}"]
)
def test_a_text_that_is_nested_too_deeply_is_not_passed_over(cell: str) -> None:
    assert UNREADABLE in used(cell, "def f(x): pass")


def test_a_question_about_earlier_cells_does_not_see_later_ones() -> None:
    cells = ["def f(x): return x", RELU, "def f(x): return softmax(x)"]
    assert libraries_of(cells, [(1, "f"), (2, "f"), (3, "f")]) == [[], [], ["scipy"]]


HOSTILE = {
    "brackets": "(" * 100_000,
    "signs": "-" * 100_000 + "1",
    "calls": "f(" * 50_000,
    "closed brackets": "[" * 200 + "]" * 200,
    "continued lines": "\\\n" * 50_000,
    "magics": "%" * 100_000,
    "targets": "x=" * 50_000 + "1",
    "functions": "lambda:" * 14_000 + "1",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_of_100_000_characters_is_read_or_refused(text: str) -> None:
    assert set(used(text, "def f(x): pass")) <= {UNREADABLE}


@given(st.lists(st.text(max_size=80), max_size=4))
@settings(max_examples=200, deadline=None)
def test_no_text_makes_it_raise(cells: list[str]) -> None:
    used(*cells)
