"""The frame of the probes: plain data, outcomes, and which modules an answer uses."""

from __future__ import annotations

import ast
import math
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import autograder.probes
from autograder.probes import respond as respond_module
from autograder.probes.backprop_numpy._recording import network
from autograder.probes.imports import modules_used
from autograder.probes.plain import plain
from autograder.probes.respond import respond
from autograder.probes.stubs import is_stub
from autograder.sandbox.inside.libraries import libraries_of

PROBES = Path(autograder.probes.__file__).parent
ALLOWED = {"numpy", "torch", "torchvision", "PIL"} | set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", sorted(PROBES.rglob("*.py")), ids=lambda p: str(p.relative_to(PROBES)))
def test_a_probe_imports_nothing_of_ours(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert all(alias.name.split(".")[0] in ALLOWED for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level > 0 or (node.module or "").split(".")[0] in ALLOWED
            inside = len(path.relative_to(PROBES).parts)
            assert node.level <= inside, "a relative import leaves the package of the probes"


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = types.ModuleType("toy")
    module.__file__ = "toy.py"
    monkeypatch.setattr(respond_module.importlib, "import_module", lambda name: module)
    return module


def test_the_judges_inputs_are_copied(probe: Any) -> None:
    def spoil(subject: Any, x: np.ndarray, nested: dict[str, Any]) -> dict[str, Any]:
        x[:] = 0
        nested["x"][:] = 0
        return {}

    probe.spoil = spoil
    x = np.ones(3)
    assert respond("toy", "spoil", [None], {"x": x, "nested": {"x": x}})["status"] == "answered"
    assert x.all()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotImplementedError(), "not_done"),
        (KeyboardInterrupt(), "interrupted"),
        (ValueError("bad shapes"), "error"),
        (SystemExit(0), "error"),
        (RecursionError(), "error"),
    ],
)
def test_every_ending_has_its_status(probe: Any, error: BaseException, status: str) -> None:
    def fail(subject: Any) -> None:
        raise error

    probe.fail = fail
    assert respond("toy", "fail", [None], {})["status"] == status


class Misspelt(torch.nn.Module):
    """Has no `forward`."""

    def foward(self, x: torch.Tensor) -> torch.Tensor:
        return x


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Misspelt()(torch.zeros(2)),
        lambda: torch.nn.functional.cross_entropy(torch.arange(3), torch.zeros(3, 5)),
        lambda: torch.arange(3).log_softmax(0),
        types.FunctionType(
            (lambda: torch.arange(3).log_softmax(0)).__code__,
            {"torch": torch, "__name__": "autograder.probes.toy"},
        ),
    ],
    ids=["no forward", "of a function", "of an operator", "in a probe"],
)
def test_what_torch_cannot_do_is_no_open_stub(probe: Any, ask: Callable[[], object]) -> None:
    probe.fail = lambda subject: ask()
    outcome = respond("toy", "fail", [None], {})
    assert (outcome["status"], outcome["error"]) == ("error", "NotImplementedError")


@pytest.mark.parametrize(("package", "expected"), [("autograder.plots", True), ("torch.nn", False)])
def test_an_installed_plot_of_what_is_none_is_a_stub_and_an_installed_library_is_none(
    package: str, expected: bool
) -> None:
    file = f"/lib/python3/site-packages/{package}/x.py"
    with pytest.raises(NotImplementedError) as raised:
        exec(
            compile("raise NotImplementedError('`model` is still None')", file, "exec"), {"__name__": package}
        )
    assert is_stub(raised.value) is expected


def test_a_stub_with_words_is_a_stub(probe: Any) -> None:
    def fail(subject: Any) -> None:
        raise NotImplementedError("to do")

    probe.fail = fail
    assert respond("toy", "fail", [None], {})["status"] == "not_done"


@pytest.mark.parametrize(
    ("ask", "of_library"),
    [
        (lambda: torch.zeros(2).foo, True),
        (lambda: torch.sofmax, True),
        (lambda: torch.nn.Linear(2, 3).foo, True),
        (lambda: np.maximun, True),
        (lambda: np.zeros(3).foo, True),
        (lambda: Misspelt().foo, False),
        (lambda: None.foo, False),  # type: ignore[attr-defined]
        (lambda: math.foo, False),  # type: ignore[attr-defined]
    ],
)
def test_it_is_said_whether_a_library_lacks_a_name(
    probe: Any, ask: Callable[[], object], of_library: bool
) -> None:
    probe.fail = lambda subject: ask()
    assert respond("toy", "fail", [None], {})["of_library"] is of_library


class Slips:
    """A class with a name that is easily mistaken, and methods that mistake names."""

    def __init__(self) -> None:
        self.modules = [1]

    def fitt(self) -> None:
        pass

    @property
    def odd(self) -> int:
        raise ValueError


SLIPS = """
import numpy as np

def attribute(slips):
    slips.module

def forgotten_self(self):
    modules

def near_name(epochs):
    range(epoch)

def function_of_numpy(x):
    np.random.permutaton(3)

def short_name_of_numpy(x):
    np.exq(3)

def of_a_property(self):
    odd

def nothing_near(x):
    qqqq

def unbound(x):
    later += 1

def another_error(x):
    x["modules"]
"""


class Deaf:
    """A class that does not tell its names."""

    def __dir__(self) -> list[str]:
        raise ValueError


@pytest.mark.parametrize(
    ("function", "meant"),
    [
        ("attribute", "modules"),
        ("forgotten_self", "self.modules"),
        ("near_name", "epochs"),
        ("function_of_numpy", "permutation"),
        ("short_name_of_numpy", "exp"),
        ("of_a_property", "self.odd"),
        ("nothing_near", ""),
        ("unbound", ""),
        ("another_error", ""),
    ],
)
def test_the_name_that_is_meant_is_found(probe: Any, function: str, meant: str) -> None:
    namespace: dict[str, Any] = {}
    exec(compile(SLIPS, "<cell slips>", "exec"), namespace)
    probe.call = lambda subject: namespace[function](subject)
    assert respond("toy", "call", [Slips()], {})["meant"] == meant


def test_a_name_that_the_check_asks_for_is_found_under_the_one_that_is_there(probe: Any) -> None:
    probe.call = lambda subject: subject.fit()
    assert respond("toy", "call", [Slips()], {})["meant"] == "fitt"
    assert respond("toy", "call", [Deaf()], {})["meant"] == ""
    probe.call = lambda subject: subject.linear
    assert respond("toy", "call", [torch.nn], {})["meant"] == "Linear"
    probe.call = lambda subject: forgotten_here  # type: ignore[name-defined]  # noqa: F821
    assert respond("toy", "call", [None], {})["meant"] == ""


def test_of_a_recursion_the_line_is_named_that_calls_itself(probe: Any) -> None:
    namespace: dict[str, Any] = {}
    source = "def g(x):\n    return str(x)\n\ndef f(x):\n    g(x)\n    return f(x)\n"
    exec(compile(source, "<cell f>", "exec"), namespace)
    probe.call = lambda subject: subject(1)
    assert respond("toy", "call", [namespace["f"]], {})["number"] == 6


def test_what_an_answer_prints_does_not_reach_the_check_cell(
    probe: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def talk(subject: Any) -> dict[str, Any]:
        print("progress")
        print("a bar", file=sys.stderr)
        return {}

    probe.talk = talk
    assert respond("toy", "talk", [None], {})["status"] == "answered"
    assert capsys.readouterr() == ("", "")


def test_an_error_names_the_students_line(probe: Any) -> None:
    namespace: dict[str, Any] = {}
    exec(compile("def f():\n    return 1 / 0\n", "<cell f>", "exec"), namespace)
    probe.call = lambda subject: subject()
    outcome = respond("toy", "call", [namespace["f"]], {})
    assert outcome["error"] == "ZeroDivisionError"
    assert outcome["number"] == 2


def test_an_error_whose_message_raises_is_still_described(probe: Any) -> None:
    class Nasty(Exception):
        def __str__(self) -> str:
            raise ValueError

    def fail(subject: Any) -> None:
        raise Nasty

    probe.fail = fail
    assert respond("toy", "fail", [None], {})["error"] == "Nasty"


def test_plain_copies_arrays() -> None:
    x = np.ones(3)
    described = plain(x)
    x[:] = 0
    assert described["data"].all()


def test_plain_describes_tensors_exactly() -> None:
    described = plain(torch.ones(2, requires_grad=True))
    assert described["type"] == "Tensor"
    assert described["requires_grad"] is True
    assert described["dtype"] == "torch.float32"
    assert plain(torch.ones(2, dtype=torch.bfloat16))["dtype"] == "torch.bfloat16"
    assert plain(torch.nn.Parameter(torch.ones(2)))["type"] == "Parameter"


def notebook_namespace(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "<cell>", "exec"), namespace)
    return namespace


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ndef f(x):\n    return torch.relu(x)",
        "def f(x):\n    import torch\n    return x",
        "from torch import relu\ndef f(x):\n    return relu(x)",
        "import torch.nn.functional as F\ndef f(x):\n    return [F.relu(i) for i in x]",
        "import torch\ndef g(x):\n    return torch.relu(x)\ndef f(x):\n    return g(x)",
        "import torch\nclass f(torch.nn.Module):\n    pass",
        "import torch\nclass A:\n    @property\n    def x(self):\n        return torch.ones(1)\nclass f(A):\n    pass",
        "import torch\nclass f:\n    @staticmethod\n    def x():\n        return (lambda: torch.ones(1))()",
    ],
)
def test_a_forbidden_module_is_found(source: str) -> None:
    assert "torch" in modules_used(notebook_namespace(source)["f"])


HELD = {
    "a dictionary": "table = {'g': torch.relu}\ndef f(x):\n    return table['g'](x)",
    "a list in a dictionary": "table = {'g': [(torch.relu,)]}\ndef f(x):\n    return table['g'][0][0](x)",
    "a closure": "def keep(g):\n    return lambda x: g(x)\nf = keep(torch.nn.functional.softmax)",
    "a closure of a closure": "def keep(g):\n    return lambda x: (lambda: g(x))()\nf = keep(torch.relu)",
    "a default argument": "def f(x, g=torch.relu):\n    return g(x)",
    "a default by name": "def f(x, *, g=torch.relu):\n    return g(x)",
    "a class attribute": "class f:\n    g = staticmethod(torch.nn.functional.softmax)",
    "an instance in a class": "class f:\n    layer = torch.nn.ReLU()",
    "an attribute of a function": "def f(x):\n    return f.g(x)\nf.g = torch.relu",
    "a partial function": "import functools\nf = functools.partial(torch.relu)",
    "a bound method": "g = torch.nn.ReLU().forward\ndef f(x):\n    return g(x)",
    "a vectorised function": "import numpy\ng = numpy.vectorize(torch.relu)\ndef f(x):\n    return g(x)",
    "a cached function": "import functools\n@functools.cache\ndef f(x):\n    return torch.relu(x)",
    "an attribute of an instance": "class A:\n    pass\nf = A()\nf.g = torch.relu",
}


@pytest.mark.parametrize("source", HELD.values(), ids=HELD)
def test_a_forbidden_module_is_found_in_what_an_answer_holds(source: str) -> None:
    assert "torch" in modules_used(notebook_namespace(f"import torch\n{source}")["f"])


@pytest.mark.parametrize("source", HELD.values(), ids=HELD)
def test_the_same_with_a_function_of_pythons_own_does_not_count(source: str) -> None:
    source = source.replace("torch.nn.ReLU()", "(lambda: 0)").replace(".forward", ".__call__")
    source = source.replace("torch.nn.functional.softmax", "abs").replace("torch.relu", "abs")
    assert "torch" not in modules_used(notebook_namespace(f"import torch\n{source}")["f"])


def test_what_refers_to_itself_ends() -> None:
    source = "loop = []\nloop.append(loop)\ndef f(x, l=loop):\n    return f(l)\nf.f = f"
    assert modules_used(notebook_namespace(source)["f"]) == []


def test_a_large_collection_costs_little() -> None:
    source = "many = [[float(i)] for i in range(300_000)]\ndef f(x):\n    return many"
    names = notebook_namespace(source)
    start = time.perf_counter()
    assert modules_used(names["f"]) == []
    assert time.perf_counter() - start < 1


def test_an_import_that_the_answer_does_not_use_does_not_count() -> None:
    source = "import torch\nimport numpy as np\ndef f(x):\n    return np.abs(x)"
    assert modules_used(notebook_namespace(source)["f"]) == ["numpy"]


SCORED = {
    "a score": "from sklearn.metrics import f1_score\ndef f(y, p):\n    return f1_score(y, p)",
    "a score in a method": (
        "from sklearn.metrics import accuracy_score\nclass f:\n"
        "    def score(self, X, y):\n        return accuracy_score(y, self.predict(X))"
    ),
    "a module of scores": "from sklearn import metrics\ndef f(y, p):\n    return metrics.f1_score(y, p)",
    "a module by its whole name": "import sklearn.metrics\ndef f(y, p):\n    return sklearn.metrics.f1_score(y, p)",
    "imported inside": "def f(y, p):\n    from sklearn.metrics import f1_score\n    return f1_score(y, p)",
    "imported inside, a module": "def f(y, p):\n    from sklearn import metrics\n    return metrics.f1_score(y, p)",
    "imported inside, by its whole name": (
        "def f(y, p):\n    import sklearn.metrics\n    return [sklearn.metrics.f1_score(y, q) for q in p]"
    ),
    "imported inside, under another name": (
        "def f(y, p):\n    import sklearn.metrics as m\n    return m.f1_score(y, p)"
    ),
    "data": "from sklearn.datasets import make_moons\ndef f(n):\n    return make_moons(n)",
    "a split": (
        "from sklearn.model_selection import train_test_split\nclass f:\n"
        "    def fit(self, X, y):\n        X, V, y, v = train_test_split(X, y)"
    ),
    "a score that is kept": "from sklearn.metrics import f1_score\nclass f:\n    score = staticmethod(f1_score)",
}
LEARNT = {
    "an estimator": "from sklearn.neural_network import MLPClassifier as M\ndef f(X, y):\n    return M().fit(X, y)",
    "an estimator beside a score": (
        "import sklearn.metrics, sklearn.neural_network\n"
        "def f(X, y):\n    return sklearn.neural_network.MLPClassifier().fit(X, y)"
    ),
    "an estimator where scores were imported": (
        "import sklearn.metrics, sklearn.linear_model\ndef f(X, y):\n    s = sklearn\n    return s.linear_model"
    ),
    "imported inside": "def f(X):\n    from sklearn import metrics, linear_model\n    return linear_model.Ridge()",
    "imported inside, by its whole name": (
        "def f(X):\n    import sklearn.metrics\n    return (lambda: sklearn.linear_model.Ridge())()"
    ),
    "a whole library": "def f(X):\n    import sklearn\n    return sklearn",
    "the loss": "from sklearn.metrics import log_loss\ndef f(y, p):\n    return log_loss(y, p)",
    "the loss of a module": "from sklearn import metrics\ndef f(y, p):\n    return metrics.log_loss(y, p)",
    "the loss, imported inside": "def f(y, p):\n    from sklearn.metrics import log_loss\n    return log_loss(y, p)",
    "the loss of a module inside": "def f(y, p):\n    import sklearn.metrics as m\n    return m.log_loss(y, p)",
}


@pytest.mark.parametrize("source", SCORED.values(), ids=SCORED)
def test_data_sets_and_scores_of_scikit_learn_may_be_used(source: str) -> None:
    assert "sklearn" not in modules_used(notebook_namespace(source)["f"])
    assert "sklearn" not in libraries_of([source], [(1, "f")])[0]


@pytest.mark.parametrize("source", LEARNT.values(), ids=LEARNT)
def test_what_learns_or_is_asked_for_itself_may_not(source: str) -> None:
    assert "sklearn" in modules_used(notebook_namespace(source)["f"])


def test_what_a_probe_handed_over_before_does_not_count() -> None:
    kept = notebook_namespace("class f:\n    pass")["f"]
    kept.modules, _ = network([np.eye(2)], [np.zeros(2)])
    assert "autograder" not in modules_used(kept)


def test_a_function_that_says_it_is_of_another_library_is_told_by_the_module() -> None:
    source = "import scipy.special\ndef f(x):\n    return scipy.special.expit(x)"
    assert "scipy" in modules_used(notebook_namespace(source)["f"])


def test_recursion_between_classes_ends() -> None:
    source = "class A:\n    def f(self):\n        return B()\nclass B:\n    def f(self):\n        return A()"
    assert modules_used(notebook_namespace(source)["A"]) == []
