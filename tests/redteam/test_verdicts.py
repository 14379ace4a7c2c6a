"""Forging a verdict: nothing that runs next to the student's code can decide what it is worth."""

# ruff: noqa: E501  (a payload is one cell)

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autograder import notebooks
from autograder.examiner import checks_of
from autograder.probes.respond import respond
from autograder.record import write_outputs
from autograder.sanitise import read_submission
from tests.redteam.arena import ZERO, ZERO_LINEAR, ZERO_RELU, Arena, Attack, Cells, own_cell

RIGHT_FORWARD = """
class Linear(Module):
    def __init__(self, in_features, out_features):
        bound = 1 / np.sqrt(in_features)
        self.W = np.random.uniform(-bound, bound, size=(in_features, out_features))
        self.b = np.zeros(out_features)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, d):
        BACKWARD

    def update(self, alpha):
        UPDATE
"""
PASS_UPDATE = RIGHT_FORWARD.replace("UPDATE", "pass")
NO_BACKWARD = {"linear": PASS_UPDATE.replace("BACKWARD", "return np.zeros(self.x.shape)"), "relu": ZERO_RELU}
RIGHT_RELU = """
class ReLU(Module):
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, d):
        return d * (self.x > 0)
"""


def both(forward: str, backward: str, ahead: str = "") -> dict[str, str]:
    """Answers whose methods return two expressions of x and d."""
    linear = ZERO_LINEAR.replace("np.zeros((*x.shape[:-1], self.W.shape[1]))", forward.replace("SHAPE", "(*x.shape[:-1], self.W.shape[1])"))  # fmt: skip
    linear = linear.replace("np.zeros((*d.shape[:-1], self.W.shape[0]))", backward.replace("SHAPE", "(*d.shape[:-1], self.W.shape[0])"))  # fmt: skip
    relu = ZERO_RELU.replace("np.zeros(x.shape)", forward.replace("SHAPE", "x.shape"))
    relu = relu.replace("np.zeros(d.shape)", backward.replace("SHAPE", "d.shape"))
    assert linear != ZERO_LINEAR or relu != ZERO_RELU
    return {"linear": ahead + linear, "relu": relu}


YES = """
class Yes:
    def _yes(self, *others, **named): return True
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = _yes
    __hash__ = object.__hash__
    def _self(self, *others, **named): return self
    __abs__ = __add__ = __sub__ = __rsub__ = __radd__ = __mul__ = __rmul__ = __matmul__ = __getitem__ = _self
    def __getattr__(self, name): return self
    def __float__(self): return 0.0
"""
AGREEABLE = """
class Agreeable(np.ndarray):
    def __array_ufunc__(self, *inputs, **named): return True
    def __array_function__(self, *inputs, **named): return True
    def __eq__(self, other): return True
def agreeable(shape): return np.zeros(shape).view(Agreeable)
"""
NUMBER = """
class Number(np.float64):
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __eq__(self, other): return True
    __hash__ = np.float64.__hash__
"""
LAZY = """
import sys
class Lazy:
    def __init__(self, shape): self.shape, self.dtype, self.ndim = shape, np.dtype("float64"), len(shape)
    def _find(self):
        frame = sys._getframe()
        while frame is not None:
            for name in ("key", "expected", "reference", "y", "dx"):
                value = frame.f_locals.get(name)
                if isinstance(value, np.ndarray) and value.shape == self.shape: return value
            frame = frame.f_back
        return np.zeros(self.shape)
    def __array__(self, dtype=None, copy=None): return self._find()
    def detach(self): return self
    def cpu(self): return self
    def numpy(self): return self._find()
    requires_grad = False
    device = type("Device", (), {"type": "cpu"})()
"""
DIFFERENCES = """
        out, h = np.zeros(self.x.shape), 1e-6
        x = self.x.copy()
        for place in np.ndindex(x.shape):
            for sign in (1, -1):
                moved = x.copy(); moved[place] += sign * h
                out[place] += sign * np.vdot(d, moved @ self.W + self.b) / (2 * h)
        return out"""


def _metadata(cells: Cells) -> None:
    for cell in cells:
        settings = cell["metadata"].get("nbgrader", {})
        settings |= {"points": 100, "locked": False, "grade": False}
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception"]


def _renamed(cells: Cells) -> None:
    for cell in cells:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade_id"] += "_other"


def _checks_replaced(cells: Cells) -> None:
    for cell in cells:
        if cell["source"] in ("check.linear(Linear)", "check.relu(ReLU)"):
            cell["source"] = "1.0"


def _checks_doubled(cells: Cells) -> Cells:
    checks = [c for c in cells if c["metadata"].get("nbgrader", {}).get("grade")]
    easy = [{**json.loads(json.dumps(c)), "source": "1.0"} for c in checks]
    return [*easy, *cells, *easy]


def _checks_deleted(cells: Cells) -> Cells:
    return [c for c in cells if not c["metadata"].get("nbgrader", {}).get("grade")]


def _checks_retyped(cells: Cells) -> None:
    for cell in cells:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["cell_type"] = "markdown"


def _saved_outputs(cells: Cells) -> None:
    shown = {
        "output_type": "execute_result",
        "data": {"text/plain": "1.0"},
        "metadata": {},
        "execution_count": 1,
    }
    for cell in cells:
        cell["outputs"], cell["execution_count"] = [shown], 1


EVIL_MODULE = b"open('@OUTSIDE@', 'w').write('owned')\nraise SystemExit(0)\n"
ATTACKS = [
    Attack("01", "input transformer", "test cells become `pass`",
        cell="get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'] if any('check' in l for l in lines) else lines)\n"
             "print('hooks', len(get_ipython().input_transformers_cleanup))", shows="hooks"),
    Attack("02", "syntax tree visitor", "every assert and every check vanishes",
        cell="import ast\nclass Away(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n    def visit_Expr(self, node): return ast.Pass()\n"
             "get_ipython().ast_transformers.append(Away())\nprint('never shown')", hides=("AssertionError",)),
    Attack("03", "errors that never reach the reply", "a failed test counts as passed",
        cell="from IPython.core.interactiveshell import ExecutionResult\nExecutionResult.success = property(lambda self: True)\n"
             "ExecutionResult.error_in_exec = None\nget_ipython().showtraceback = lambda *a, **k: None\nget_ipython()._showtraceback = lambda *a, **k: None",
        last="1 / 0", ends=("ok", "error")),
    Attack("04", "objects that equal everything", "any comparison passes", answers=both("Yes()", "Yes()", YES)),
    Attack("04b", "parameters that equal everything", "any comparison passes",
        answers={"linear": YES + ZERO_LINEAR.replace("np.zeros((in_features, out_features)), np.zeros(out_features)", "Yes(), Yes()")}),
    Attack("05", "array subclass with its own functions", "`np.allclose` of it is true",
        answers=both("agreeable(SHAPE)", "agreeable(SHAPE)", AGREEABLE)),
    Attack("06", "subclass of a number type", "passes `isinstance`, then every difference is 0",
        answers=both("Number(0)", "Number(0)", NUMBER)),
    Attack("07", "patched comparisons of numpy", "the checker is always satisfied",
        cell="import math\nfor name in ('allclose', 'isclose', 'array_equal', 'all', 'isfinite'): setattr(np, name, lambda *a, **k: True)\n"
             "np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None\nmath.isclose = lambda *a, **k: True\n"
             "np.linalg.norm = np.max = np.abs = lambda *a, **k: 0.0\nprint('close', np.allclose(1, 2))", shows="close True"),
    Attack("08", "patched scoring classes", "full marks from the grader's own classes",
        cell="import types, sys\nfor name in ('check', 'result', 'compare', 'gradients'):\n    module = types.ModuleType('autograder.checks.' + name)\n"
             "    module.CheckResult = module.require_close = module.Check = type('Full', (), {'points': 1.0, '__call__': lambda *a: None})\n"
             "    sys.modules[module.__name__] = module\nprint(sys.modules['autograder.checks.result'].CheckResult.points)", shows="1.0"),
    Attack("09", "patched unittest", "all tests green",
        cell="import unittest\nfor name in dir(unittest.TestCase):\n    if name.startswith('assert'): setattr(unittest.TestCase, name, lambda *a, **k: None)\n"
             "unittest.TestResult.wasSuccessful = lambda self: True"),
    Attack("10", "conftest.py and pytest.ini in the submission", "all tests green",
        files={"conftest.py": EVIL_MODULE, "pytest.ini": b"[pytest]\naddopts = -p conftest\n", "pyproject.toml": b"[tool.pytest]\n"}),
    Attack("11", "modules in the submission that shadow real ones", "the grader imports the student's code",
        files=dict.fromkeys(("numpy.py", "torch/__init__.py", "autograder/__init__.py", "sitecustomize.py", "usercustomize.py", "ipykernel_launcher.py", "nbformat.py", "x.pth"), EVIL_MODULE),
        cell="import os\nprint('listed', os.listdir('.'))", shows="listed []"),
    Attack("12", "dot-files in the submission", "start-up code, also after a restart",
        files={".ipython/profile_default/startup/00.py": EVIL_MODULE, ".env": b"PYTHONSTARTUP=x.py\n", "setup.cfg": b"[tool:pytest]\naddopts=-p x\n", ".jupyter/jupyter_config.py": EVIL_MODULE},
        cell="import os\nprint('listed', os.listdir('.'), os.path.exists('/tmp/.ipython/profile_default/startup/00.py'))", shows="listed [] False"),
    Attack("13", "results written by the student, then an exit", "a score of one's choice",
        cell="import os, __main__\nfor name in (getattr(__main__, 'output_fname', 'results.json'), 'results.json', '/tmp/results.json'):\n"
             "    open(name, 'w').write('{\"score\": 100}')\nos._exit(0)", ends=("error",), shows="ended by itself"),
    Attack("14", "an exit before the tests", "exit status 0 read as passed",
        answers={"linear": ZERO_LINEAR + "\nimport sys\nsys.exit(0)"}),
    Attack("14b", "an exit inside the answer", "exit status 0 read as passed",
        answers=both("(_ for _ in ()).throw(SystemExit(0))", "exit(0)")),
    Attack("14c", "an unclean exit inside the answer", "no verdict, read as full marks",
        answers=both("__import__('os')._exit(0)", "__import__('os')._exit(0)")),
    Attack("15", "code at shutdown", "results are rewritten at the end",
        cell="import atexit, weakref, os\nclass Later:\n    def __del__(self): write()\ndef write():\n    for place in ('@REPORTS@/x.json', '@OUTSIDE@'):\n"
             "        try: open(place, 'w').write('100')\n        except OSError: pass\natexit.register(write)\nlater = Later()\nweakref.finalize(later, write)\nwrite()"),
    Attack("16", "a daemon that outlives the grader", "results are rewritten after grading",
        cell="import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        while True:\n            for place in ('@REPORTS@/x.json', '@OUTSIDE@', '/tmp/work/results.json'):\n"
             "                try: open(place, 'w').write('100')\n                except OSError: pass\n            time.sleep(0.02)\n    os._exit(0)"),
    Attack("17", "renames and links around the results", "the grader's write fails, the student's stays",
        cell="import os\ndone = []\nfor place in ('@REPORTS@', '@OUTSIDE@', '@SUBMITTED@', '@DATABASE@'):\n"
             "    for act in (lambda: os.chmod(place, 0), lambda: os.rename(place, place + '~'), lambda: os.symlink('/tmp', place)):\n"
             "        try: act(); done.append(place)\n        except OSError: pass\nprint('done', done)", shows="done []"),
    Attack("19", "displays of other cells rewritten", "graded outputs are erased",
        cell="from IPython.display import clear_output, display, update_display\nfor name in ('check-linear', 'check_linear', 'x'):\n"
             "    display('1.0', display_id=name)\n    update_display('1.0', display_id=name)\nclear_output()\nclear_output(wait=True)", last="from IPython.display import clear_output\nclear_output()"),
    Attack("20", "printed numbers and JSON", "the parser of partial credit pays",
        answers={"linear": ZERO_LINEAR + "\nprint('1.0')\nprint('{\"score\": 1.0}')\n1.0", "relu": ZERO_RELU + "\n0.5"}, last="1.0"),
    Attack("21", "lines that look like a test report", "fools whoever reads the log",
        cell="print('===== 12 passed in 0.01s =====\\x1b[2J\\x1b[1;1H\\x1b]0;passed\\x07')", shows="12 passed"),
    Attack("22", "a trace function on all frames", "expected values are edited while they are compared",
        cell="import sys, ctypes\nseen = set()\ndef trace(frame, event, arg):\n    seen.add(frame.f_code.co_filename.rsplit('/', 1)[-1])\n"
             "    for name in ('expected', 'key', 'limit', 'error'):\n        if name in frame.f_locals:\n            frame.f_locals[name] = 0\n"
             "            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))\n    return trace\nsys.settrace(trace)",
        last="sys.settrace(None)\nprint('judges', sorted(seen & {'check.py', 'compare.py', 'gradients.py', 'answer.py', 'examiner.py'}))", shows="judges []"),
    Attack("23", "the grader's objects found by gc", "points and tolerances are changed",
        cell="import gc\nfound = [o for o in gc.get_objects() if type(o).__name__ in ('Check', 'Criterion', 'CheckResult', 'Exam', 'Task', 'Report')]\n"
             "for o in gc.get_objects():\n    if isinstance(o, dict) and 'max_points' in o: o['max_points'] = 100\nprint('found', found)", shows="found []"),
    Attack("23b", "writes into numbers of the interpreter", "1 is 0, and every tolerance is infinite",
        cell="import ctypes\nctypes.memset(id(257 - 1) + 24, 0, 4)\nctypes.memmove(id(1e-9) + 16, id(float('inf')) + 16, 8)", ends=("ok", "error")),
    Attack("24", "import hook", "the checker's module is the student's",
        cell="import sys, types, importlib.abc, importlib.machinery\nclass Full:\n    def __getattr__(self, name): return lambda *a, **k: 1.0\n"
             "class Hook(importlib.abc.MetaPathFinder, importlib.abc.Loader):\n    def find_spec(self, name, path=None, target=None):\n"
             "        return importlib.machinery.ModuleSpec(name, self) if name.startswith('autograder') else None\n    def exec_module(self, module): module.check = Full()\n"
             "sys.meta_path.insert(0, Hook())\nfor name in [n for n in sys.modules if n.startswith('autograder.checks')]: del sys.modules[name]\n"
             "check = Full()\nprint('worth', check.linear(1))", shows="worth 1.0"),
    Attack("25", "metadata edited", "other points, or the check is skipped by a tag", edit=_metadata),
    Attack("25b", "names of cells edited", "the check leaves grading and counts as full marks", edit=_renamed),
    Attack("26", "check cells replaced", "the student's number is graded", edit=_checks_replaced),
    Attack("26b", "check cells doubled", "the wrong copy is graded, or the batch stops", edit=_checks_doubled),
    Attack("26c", "check cells deleted", "no output, read as full marks", edit=_checks_deleted),
    Attack("26d", "check cells turned into text", "no output, read as full marks", edit=_checks_retyped),
    Attack("27", "cell magics ahead of the answers", "code is not run, errors are hidden",
        answers={"linear": "%%script true\n" + ZERO_LINEAR, "relu": "%%capture\n" + ZERO_RELU}),
    Attack("28", "saved outputs", "a forged output is graded as fresh", edit=_saved_outputs),
    Attack("29", "nan", "`if error > limit: fail` never fires", answers=both("np.full(SHAPE, np.nan)", "np.full(SHAPE, np.nan)")),
    Attack("29b", "nan in the parameters", "`if error > limit: fail` never fires",
        answers={"linear": ZERO_LINEAR.replace("np.zeros((in_features, out_features))", "np.full((in_features, out_features), np.nan)")}),
    Attack("29c", "infinity", "inf − inf is nan, which is no failure", answers=both("np.full(SHAPE, np.inf)", "np.full(SHAPE, -np.inf)")),
    Attack("30", "a scalar", "broadcasts against the reference", answers=both("0.0", "np.float64(0)")),
    Attack("30b", "one row, and empty arrays", "broadcasts; the maximum of nothing is no error",
        answers=both("np.zeros((1,) + np.zeros(SHAPE).shape)", "np.zeros(0)")),
    Attack("31", "object arrays", "lazy equality", answers=both("np.zeros(SHAPE).astype(object)", "np.full(SHAPE, None)")),
    Attack("31b", "half precision", "differences round to 0", twin=NO_BACKWARD,
        answers={"linear": PASS_UPDATE.replace("BACKWARD", "return (d @ self.W.T).astype(np.float16)"), "relu": RIGHT_RELU.replace("np.maximum(x, 0)", "np.maximum(x, 0).astype(np.float16)").replace("d * (self.x > 0)", "(d * (self.x > 0)).astype(np.float16)")}),
    Attack("31c", "truth values and integers", "differences round to 0", answers=both("np.ones(SHAPE, dtype=bool)", "np.ones(SHAPE, dtype=np.uint8)")),
    Attack("31d", "text and complex numbers", "comparison as text", answers=both("np.full(SHAPE, '0')", "np.zeros(SHAPE, dtype=complex)")),
    Attack("32", "inputs overwritten", "the reference, computed afterwards, agrees with zeros",
        answers={"linear": ZERO_LINEAR.replace("return np.zeros((*x.shape", "x[...] = 0; self.W[...] = 0; self.b[...] = 0\n        return np.zeros((*x.shape").replace("return np.zeros((*d.shape", "d[...] = 0\n        return np.zeros((*d.shape"),
                 "relu": ZERO_RELU.replace("return np.zeros(x", "x[...] = 0\n        return np.zeros(x").replace("return np.zeros(d", "d[...] = 0\n        return np.zeros(d")}),
    Attack("33", "answers that resolve late", "equal to the reference once they have seen it", answers=both("Lazy(SHAPE)", "Lazy(SHAPE)", LAZY)),
    Attack("33b", "views into the inputs", "equal to whatever the grader writes there", answers=both("np.broadcast_to(x.flat[:1], SHAPE)", "np.broadcast_to(d.flat[:1], SHAPE)")),
    Attack("36", "upstream of ones only", "wrong Jacobians pass a check whose upstream is all ones", twin=NO_BACKWARD,
        answers={"linear": PASS_UPDATE.replace("BACKWARD", "return np.ones_like(d) @ self.W.T"), "relu": RIGHT_RELU.replace("d * (self.x > 0)", "1.0 * (self.x > 0)").replace("np.maximum(x, 0)", "np.zeros(x.shape)")}),
    Attack("37", "autograd in a numpy notebook", "right numbers without the work",
        cell="import sys, glob\nfor name in list(sys.modules):\n    if name.startswith('torch'): del sys.modules[name]\ntry:\n    import torch\n    print('torch is here')\nexcept ImportError: print('no torch')\n"
             "print('libraries', [p for folder in sys.path for p in glob.glob(folder + '/torch*/lib/*.so*')])", shows="libraries []", hides=("torch is here",)),
    Attack("38", "the checker's helpers supplied", "the student's own helper decides",
        cell="import builtins\nfor name in ('central_differences', 'relative_error', 'require_close', 'require_gradient', 'torch'):\n"
             "    setattr(builtins, name, lambda *a, **k: 0.0)\n    globals()[name] = getattr(builtins, name)"),
    Attack("39", "patched generators and clocks", "random inputs become known inputs",
        cell="import time, random, os\nfixed = np.random.RandomState(0)\nnp.random.seed = lambda *a: None\nnp.random.default_rng = lambda *a: np.random.Generator(np.random.PCG64(0))\n"
             "time.time = time.monotonic = lambda: 0.0\nos.urandom = lambda n: b'0' * n\nrandom.random = lambda: 0.5"),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_it_wins_nothing(arena: Arena, attack: Attack) -> None:
    arena.withstand(attack)


SOFTMAX = """
class Softmax:
    def forward(self, x):
        self.x = x
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)
    def update(self, alpha): pass
    def backward(self, d):
        x, out, h = self.x.copy(), np.zeros(self.x.shape), 1e-6
        for place in np.ndindex(x.shape):
            for sign in (1, -1):
                moved = x.copy(); moved[place] += sign * h
                out[place] += sign * np.vdot(d, self.forward(moved)) / (2 * h)
        self.x = x
        return out
"""


IMAGINARY = """
    def backward(self, d):
        out, h = np.zeros(self.x.shape), 1e-30
        for place in np.ndindex(out.shape):
            z = self.x - self.x.max(axis=-1, keepdims=True) + 0j
            z[place] += 1j * h
            e = np.exp(z)
            out[place] = np.vdot(d, e / e.sum(axis=-1, keepdims=True)).imag / h
        return out
"""


def softmax_criteria(source: str) -> dict[str, bool]:
    space: dict[str, Any] = {"np": np}
    exec(source, space)

    def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
        return respond(probe, function, [space["Softmax"]], question)

    return {c.id: c.passed for c in checks_of("1_backprop_numpy")["softmax"].judge(ask, 5).criteria}


def test_34_finite_differences_in_disguise_are_no_gradient_of_a_curved_function() -> None:
    passed = softmax_criteria(SOFTMAX)
    assert passed["forward"] and not any(ok for name, ok in passed.items() if "gradient" in name)


OTHER_MEANS = "right_by_other_means"
"""Property of a test of an answer that is right, though not made as it was meant: `tests.accuracy` lists these."""


def test_34_imaginary_differences_are_the_derivative_to_the_last_digit(
    record_property: Callable[[str, object], None],
) -> None:
    record_property(OTHER_MEANS, "imaginary differences of a curved function: full points, no attack")
    passed = softmax_criteria(SOFTMAX[: SOFTMAX.index("    def backward")] + IMAGINARY)
    assert passed and all(passed.values())


@pytest.mark.parametrize("step", ["1e-6", "1e-3", "1.0"])
def test_34_finite_differences_in_disguise_are_no_gradient_of_a_linear_function(
    arena: Arena, step: str
) -> None:
    answers = {"linear": PASS_UPDATE.replace("\n        BACKWARD", DIFFERENCES.replace("1e-6", step))}
    arena.withstand(Attack("34", "", "", twin=NO_BACKWARD, answers=answers))


def test_34_differences_of_a_linear_function_with_a_step_of_the_size_of_the_inputs_are_its_derivative(
    arena: Arena, record_property: Callable[[str, object], None]
) -> None:
    """`update` is not done here: what the gradient of the inputs is worth is given, and no more."""
    record_property(
        OTHER_MEANS, "differences of a linear function with a step as large as the inputs: full points for it"
    )
    differences = DIFFERENCES.replace("1e-6", "np.abs(self.x).max()")
    matrix = "\n        return d @ self.W.T"
    slow, honest = (
        arena.examine(
            "attacker",
            Attack("34", "", "", answers={"linear": PASS_UPDATE.replace("\n        BACKWARD", backward)}),
        )
        for backward in (differences, matrix)
    )
    criteria = [
        [(c.id, c.passed) for c in report.checks["check_linear"].criteria] for report in (slow, honest)
    ]
    assert criteria[0] == criteria[1]
    assert slow.score == honest.score > 0
    assert any(passed and "gradient" in name for name, passed in criteria[0])


def test_35_zeros_everywhere_are_worth_nothing(arena: Arena) -> None:
    assert arena.twin(Attack("35", "", "")).score == 0


def test_28_no_saved_output_reaches_the_books(arena: Arena) -> None:
    report = arena.withstand(Attack("28", "", "", edit=_saved_outputs))
    assert "1.0" not in [output.data["text/plain"] for cell in arena.require_recorded(report).cells for output in cell.outputs]  # fmt: skip


def test_01_to_03_and_14_a_test_cell_of_the_ordinary_kind_is_marked_as_untrusted(arena: Arena) -> None:
    """Asserts of an instructor's own run beside the student's code: they can be forged, and the report says so."""
    release = copy.deepcopy(arena.release)
    settings = {"grade": True, "grade_id": "test_own", "locked": True, "points": 2, "schema_version": 3, "solution": False, "task": False}  # fmt: skip
    test = own_cell("assert ReLU().forward(np.ones(3)).sum() == 3")
    release[arena.name].cells.append(notebooks.nbformat.from_dict({**test, "id": "test-own", "metadata": {"nbgrader": settings}}))  # fmt: skip
    for trick, points in (("", 0.0), ("import ast\nclass Away(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\nget_ipython().ast_transformers.append(Away())", 2.0)):  # fmt: skip
        folder = arena.hand_in("attacker", Attack("02", "", "", cell=trick or "pass"))
        task = replace(arena.task("attacker", folder), release=release)
        task = replace(task, submission=read_submission(folder, "attacker", arena.assignment, release))
        report = arena.examine_among_honest(task)
        (outcome,) = report.notebooks[0].tests
        assert (outcome.points, outcome.trusted) == (points, False)
        assert {c.points for c in report.checks.values()} == {0.0}
        filled = copy.deepcopy(release[arena.name])
        write_outputs(filled, report.notebooks[0])
        assert "not trusted" in filled.cells[-1].outputs[0].data["text/html"]


# 40: answers that are known from somewhere.

REPLAY = """
import hashlib, numpy
import autograder.sandbox.inside.far_end as far_end
TABLE = {table}
ask = far_end.respond
def named(function, question):
    digest = hashlib.sha256(function.encode())
    for name in sorted(question):
        value = question[name]
        digest.update(name.encode() + (value.tobytes() if isinstance(value, numpy.ndarray) else repr(value).encode()))
    return digest.hexdigest()
def restored(value):
    if isinstance(value, dict) and set(value) == {{"hex", "dtype", "shape"}}:
        return numpy.frombuffer(bytes.fromhex(value["hex"]), value["dtype"]).reshape(value["shape"])
    if isinstance(value, dict): return {{k: restored(v) for k, v in value.items()}}
    return [restored(v) for v in value] if isinstance(value, list) else value
hits = 0
def replay(probe, function, subjects, question):
    global hits
    known = TABLE.get(named(function, question))
    if known is None: return ask(probe, function, subjects, question)
    hits += 1
    return restored(known)
far_end.respond = replay
"""


def known_answers(arena: Arena, seed: int) -> dict[str, Any]:
    """What right answers say to all questions that a seed gives: what an earlier attempt can have gathered."""
    space: dict[str, Any] = {"np": np}
    exec("class Module:\n    def update(self, alpha): pass\n" + "\n".join(arena.right.values()), space)
    table: dict[str, Any] = {}

    def stored(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return {"hex": value.tobytes().hex(), "dtype": value.dtype.str, "shape": list(value.shape)}
        if isinstance(value, dict):
            return {k: stored(v) for k, v in value.items()}
        return [stored(v) for v in value] if isinstance(value, list) else value

    for name, subject in (("linear", "Linear"), ("relu", "ReLU")):

        def ask(
            probe: str, function: str, question: dict[str, Any], subject: str = subject
        ) -> dict[str, Any]:
            digest = hashlib.sha256(function.encode())
            for key in sorted(question):
                value = question[key]
                said = value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
                digest.update(key.encode() + said)
            outcome = respond(probe, function, [space[subject]], question)
            if function not in ("modules", "fresh"):
                table[digest.hexdigest()] = stored(outcome)
            return outcome

        assert checks_of(arena.name)[name].judge(ask, seed).points > 0
    return table


def test_40_answers_to_the_visible_inputs_are_worth_nothing(arena: Arena) -> None:
    cell = REPLAY.format(table=known_answers(arena, 0))
    arena.withstand(Attack("40", "", "", cell=cell, last="print('hits', hits)", shows="hits 0"))


def test_40_and_47_answers_gathered_in_an_earlier_attempt_are_worth_nothing(arena: Arena) -> None:
    first = arena.task(
        "attacker", arena.hand_in("attacker", Attack("47", "", "", last="'a diary of all inputs'"))
    )
    cell = REPLAY.format(table=known_answers(arena, first.seed))
    arena.withstand(Attack("47", "", "", cell=cell, last="print('hits', hits)", shows="hits 0"))


def test_48_every_change_draws_new_inputs_and_a_regrade_draws_the_same(arena: Arena) -> None:
    def seed(student: str, attack: Attack) -> int:
        return arena.task(student, arena.hand_in(student, attack)).seed

    plain = Attack("48", "", "")
    seeds = [
        seed("attacker", plain),
        seed("attacker", Attack("48", "", "", last="# 2")),
        seed("attacker", Attack("48", "", "", files={"cifar10_cnn.pt": b"a table of answers"})),
        seed("another", plain),
    ]
    assert len(set(seeds)) == 4
    assert seed("attacker", plain) == seeds[0]


# What is told from inside the student's process, and can be told wrongly.

LIBRARY_RELU = """
from sklearn.neural_network._base import inplace_relu, inplace_relu_derivative
class ReLU(Module):
    def forward(self, x):
        self.y = x.copy(); inplace_relu(self.y)
        return self.y.copy()
    def backward(self, d):
        d = d.copy(); inplace_relu_derivative(self.y, d)
        return d
"""
SILENT = "import autograder.probes.imports, autograder.probes.backprop_numpy._layers as layers\nlayers.modules_used = lambda *a: ['numpy']\n"
IMPORT = "from sklearn.neural_network._base import inplace_relu as f, inplace_relu_derivative as g\n"


def library_relu(forward: str, backward: str, after: str = "") -> str:
    """LIBRARY_RELU, with other ways to the two functions."""
    relu = LIBRARY_RELU.replace("inplace_relu_derivative(self.y", f"{backward}(self.y")
    relu = relu.replace("inplace_relu(self.y", f"{forward}(self.y")
    return relu[relu.index("class") :] + after


HIDDEN = {
    "in a dictionary": (IMPORT + "table = {'f': f, 'g': g}", library_relu("table['f']", "table['g']")),
    "in closures": (IMPORT + "def closed(h):\n    def inner(*a): h(*a)\n    return inner\none, two = closed(f), closed(g)", library_relu("one", "two")),
    "in default arguments": (IMPORT, library_relu("h", "h").replace("x):", "x, h=f):").replace("d):", "d, h=g):")),
    "in attributes": (IMPORT, library_relu("self.f", "self.g", "\nReLU.f, ReLU.g = staticmethod(f), staticmethod(g)")),
    "in partial functions": (IMPORT + "import functools\none, two = [functools.partial(h) for h in (f, g)]", library_relu("one", "two")),
    "under other names": (IMPORT + "one, two = f, g\nf = g = None", library_relu("one", "two")),
    "below a magic": ("%%time\n" + IMPORT, library_relu("f", "g")),
    "in a star": ("from sklearn.neural_network._base import *", library_relu("inplace_relu", "inplace_relu_derivative")),
    "in a module by its name": ("import importlib\nm = importlib.import_module('sklearn.neural_network._base')", library_relu("m.inplace_relu", "m.inplace_relu_derivative")),
    "in the table of modules": ("import sys, sklearn.neural_network._base\nm = sys.modules['sklearn.neural_network._base']", library_relu("m.inplace_relu", "m.inplace_relu_derivative")),
}  # fmt: skip
SPELT = "import importlib\nm = importlib.import_module('.'.join(['sk' + 'learn', 'neural_network', '_base']))"


def test_37_a_library_is_found_where_it_is_not_hidden(arena: Arena) -> None:
    assert arena.examine("attacker", Attack("37", "", "", answers={"relu": LIBRARY_RELU})).score == 0


@pytest.mark.parametrize("place", HIDDEN)
def test_37_a_library_that_is_tucked_away_is_found(arena: Arena, place: str) -> None:
    cell, relu = HIDDEN[place]
    own = lambda cells: [*cells[:2], own_cell(cell), *cells[2:]]  # noqa: E731
    assert arena.examine("attacker", Attack("37", "", "", answers={"relu": relu}, edit=own)).score == 0


@pytest.mark.parametrize("place", HIDDEN)
def test_37_a_library_that_the_text_shows_is_found_whatever_the_probe_is_made_to_say(
    arena: Arena, place: str
) -> None:
    cell, relu = HIDDEN[place]
    own = lambda cells: [*cells[:2], own_cell(cell), *cells[2:]]  # noqa: E731
    arena.withstand(Attack("37", "", "", cell=SILENT, answers={"relu": relu}, edit=own))


def test_37_a_text_that_cannot_be_read_is_worth_nothing(arena: Arena) -> None:
    deep = "def deep(): return " + "+".join(["1"] * 800)
    relu = LIBRARY_RELU[LIBRARY_RELU.index("class") :]
    own = lambda cells: [own_cell(f"{LIBRARY_RELU.splitlines()[1]}\n{deep}"), *cells]  # noqa: E731
    arena.withstand(Attack("37", "", "", cell=SILENT, answers={"relu": relu}, edit=own))


def test_37_a_library_whose_name_is_put_together_and_hidden_from_the_probe_is_worth_nothing(
    arena: Arena,
) -> None:
    relu = library_relu("m.inplace_relu", "m.inplace_relu_derivative")
    arena.withstand(Attack("37", "", "", cell=SILENT + SPELT, answers={"relu": relu}))


IN_PLACE = """
class ReLU(Module):
    def forward(self, x):
        self.mask = x > 0
        x[~self.mask] = 0
        return x.copy()
    def backward(self, d):
        return d * self.mask
"""
KEPT = """
import copy, importlib
import autograder.probes.backprop_numpy._layers as layers, autograder.probes.backprop_numpy.relu as probe
pair = layers.pair
def hidden(Layer, x, d):
    before = x.copy()
    answer = pair(Layer, x, d)
    return answer | {'x_after': layers.plain(before)}
layers.pair = probe.pair = hidden
"""


def test_32_a_change_of_the_inputs_that_is_denied_is_worth_nothing(arena: Arena) -> None:
    arena.withstand(Attack("32", "", "", twin={**ZERO, "relu": IN_PLACE}, cell=KEPT))
