"""Ways to a probe, and to a library, that the text does not name: each replaces what tells the libraries.

Every trick ends with `modules`, the table of all modules. What follows it names nothing either: the probe is
made to answer that numpy alone is used, and ReLU is scikit-learn's.
"""

# ruff: noqa: E501  (a payload is one cell)

from __future__ import annotations

import pytest

from autograder.sandbox.inside.hidden_names import hidden_names, is_installed
from tests.redteam.arena import Arena, Attack, own_cell

AFTER = """
load = [v for n, v in vars(modules['import' + 'lib']).items() if n.endswith('rt_module')][0]
layers = load('auto' + 'grader.pro' + 'bes.backprop_numpy._layers')
layers.modules_used = lambda *a: ['numpy']
m = modules['skl' + 'earn.neural_network._base']
print('lied', layers.modules_used())
"""
BEFORE = "import os\nimport sklearn.neural_network\n"
RELU = """
class ReLU(Module):
    def forward(self, x):
        self.y = x.copy(); m.inplace_relu(self.y)
        return self.y.copy()
    def backward(self, d):
        d = d.copy(); m.inplace_relu_derivative(self.y, d)
        return d
"""
TRICKS = {
    "subclasses of object": "modules = [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['sys'].modules",
    "the built-in names of numpy": "modules = np.__builtins__['__import__']('sys').modules",
    "a decorator": "@lambda f: f.__globals__['os'].sys.modules\ndef modules(): pass",
    "the type of a module": "modules = type(os).__getattribute__(os, 's' + 'ys').modules",
    "a descriptor of the type of functions": "def f(): pass\nnames = [v for n, v in vars(type(f)).items() if n.endswith('lobals__')][0].__get__(f)\nmodules = names['os'].sys.modules",
    "a file that is run": "open('trick.py', 'w').write('import sys\\nmodules = sys.modules')\n%run trick.py",
    "a file that is imported": "open('trick.py', 'w').write('import sys\\nmodules = sys.modules')\nimport sys\nsys.path.append('.')\nfrom trick import modules",
    "a file that is executed": "open('trick.txt', 'w').write('import sys\\nmodules = sys.modules')\nexec(open('trick.txt').read())",
    "a docstring": "def f():\n    'import sys; modules = sys.modules'\nexec(f.__doc__)",
    "a default argument": "def f(o, n='s' + 'ys'): return getattr(o, n)\nmodules = f(os).modules",
    "a closure": "def keep(n):\n    def inner(o): return getattr(o, n)\n    return inner\nmodules = keep('s' + 'ys')(os).modules",
    "a pickle": "import pickle\nmodules = pickle.loads(b'csys\\nmodules\\n.')",
    "a pickle by copyreg": "import copyreg, copy\nclass A: pass\ncopyreg.pickle(A, lambda a: (os.__getattribute__, ('s' + 'ys',)))\nmodules = copy.copy(A()).modules",
    "reduce": "import functools\nmodules = functools.reduce(getattr, ['s' + 'ys', 'modules'], os)",
    "attrgetter": "import operator\nmodules = operator.attrgetter('s' + 'ys.modules')(os)",
    "a cell by the shell": "get_ipython().run_cell('import sys; modules = ' + 'sys.modules')",
    "a transformer of cells": "get_ipython().input_transformers_cleanup.append(lambda lines: [l.replace('os_modules', 'os.sys.modules') for l in lines])\nget_ipython().run_cell('modules = os_modules')",
    "the making of a subclass": "class A:\n    def __init_subclass__(cls, o, n): cls.got = getattr(o, n)\nclass B(A, o=os, n='s' + 'ys'): pass\nmodules = B.got.modules",
    "an index": "class A:\n    def __getitem__(self, n): return getattr(os, n)\nmodules = A()['s' + 'ys'].modules",
    "frames of an error": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    modules = e.__traceback__.tb_frame.f_globals['os'].sys.modules",
    "a frame of a generator": "modules = (i for i in ()).gi_frame.f_builtins['__import__']('sys').modules",
    "a field of a format": "import string\nmodules = string.Formatter().get_field('0.sys.modules', (os,), {})[0]",
    "a pattern": "match os:\n    case object(sys=object(modules=modules)): pass",
    "a private name of a module": "import collections\nmodules = collections._sys.modules",
    "an import by a name that is put together": "import importlib\nmodules = importlib.import_module('s' + 'ys').modules",
    "objects that gc knows": "import gc\nmodules = [o for o in gc.get_referents(os.walk) if type(o) is dict and 'sys' in o][0]['sys'].modules",
    "a constructor": "class A:\n    def __init__(self, o, n): self.v = getattr(o, n)\nmodules = A(A(lambda: 0, '__glo' + 'bals__').v['os'], 's' + 'ys').v.modules",
    "a name that is asked for": "kept = []\nclass A:\n    def __getattr__(self, n): kept.append(getattr(os.walk, n))\nhasattr(A(), '__glo' + 'bals__')\nmodules = kept[0]['sys'].modules",
    "a text of its own": "class S(str): pass\nmodules = os.walk.__getattribute__('__globals__')['sys'].modules if 0 else getattr(os.walk, S('__glo' + 'bals__'))['sys'].modules",
    "the shell or nothing": "open('trick.py', 'w').write('import sys\\nmodules = sys.modules')\ns = get_ipython() or None\ns.run_line_magic('r' + 'un', 'trick.py')",
    "a debugger's input": "import io, sys\nsys.stdin = io.StringIO('import sys; modules = sys.modules\\nc\\n')\nif True:\n    breakpoint()\n    later = 1",
    "patched names": "from unittest.mock import patch\nmodules = patch('s' + 'ys.modules').getter().modules",
}  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_37_a_trick_that_the_text_does_not_name_hides_no_library(arena: Arena, trick: str) -> None:
    cells = [own_cell(BEFORE), own_cell(f"{TRICKS[trick]}\n"), own_cell(AFTER)]
    report = arena.withstand(
        Attack("37", "", "", answers={"relu": RELU}, edit=lambda given: [*given[:2], *cells, *given[2:]], shows="lied ['numpy']", ends=("ok", "error"))
    )  # fmt: skip
    (rule,) = [c for c in report.checks["check_relu"].criteria if c.id == "numpy_only"]
    assert not rule.passed


QUIET = {
    "a file under a package's name": "open('seaborn.py', 'w').write('import sys\\nmodules = sys.modules')\nimport sys\nsys.path.append('.')\nfrom seaborn import modules",
    "what a debugger is told": "import io, sys\nsys.stdin = io.StringIO('import sys; modules = sys.modules\\nc\\n')\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().run_line_magic('debug', '')",
    "what a debugger is told after an error": "import io, sys\nsys.stdin = io.StringIO('import sys; modules = sys.modules\\nc\\n')\nget_ipython().run_line_magic('pdb', 'on')\n1 / 0",
}  # fmt: skip


@pytest.mark.parametrize("trick", QUIET)
def test_37_what_the_text_may_say_does_nothing_in_the_sandbox(arena: Arena, trick: str) -> None:
    """Nothing is found in these texts, so they must lead nowhere."""
    if "seaborn" in QUIET[trick] and is_installed("seaborn"):
        pytest.skip("seaborn is installed here")
    text = f"{QUIET[trick]}\n"
    assert hidden_names([text]) == []
    report = arena.withstand(
        Attack("37", "", "", edit=lambda given: [*given[:2], own_cell(text), own_cell("print('reached', modules)"), *given[2:]], shows="name 'modules' is not defined", ends=("ok", "error"))
    )  # fmt: skip
    (rule,) = [c for c in report.checks["check_relu"].criteria if c.id == "numpy_only"]
    assert rule.passed


def test_37_the_tricks_hide_it_where_the_text_is_not_read(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is closed here was open: with an examiner that does not look, the same cells win the criterion."""
    monkeypatch.setattr("autograder.examiner.Sitting._read_text", lambda self: ({}, []))
    cells = [own_cell(BEFORE), own_cell(TRICKS["reduce"]), own_cell(AFTER)]
    report = arena.examine("attacker", Attack("37", "", "", answers={"relu": RELU}, edit=lambda given: [*given[:2], *cells, *given[2:]]))  # fmt: skip
    assert report.checks["check_relu"].points == report.checks["check_relu"].max_points
