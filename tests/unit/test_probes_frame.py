"""The frame of the probes: plain data, outcomes, and which modules an answer uses."""

from __future__ import annotations

import ast
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import autograder.probes
from autograder.probes import respond as respond_module
from autograder.probes.imports import modules_used
from autograder.probes.plain import plain
from autograder.probes.respond import respond

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


def test_an_import_that_the_answer_does_not_use_does_not_count() -> None:
    source = "import torch\nimport numpy as np\ndef f(x):\n    return np.abs(x)"
    assert modules_used(notebook_namespace(source)["f"]) == ["numpy"]


def test_recursion_between_classes_ends() -> None:
    source = "class A:\n    def f(self):\n        return B()\nclass B:\n    def f(self):\n        return A()"
    assert modules_used(notebook_namespace(source)["A"]) == []
