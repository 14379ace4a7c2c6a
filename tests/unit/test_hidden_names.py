"""What the text of the cells reaches without naming it: found where it is hidden, and nowhere else."""

# ruff: noqa: E501  (a payload is one cell)

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.sandbox.inside.hidden_names import hidden_names
from tests.unit.test_libraries import HOSTILE

ROOT = Path(__file__).parents[2]
LAYER = "class Layer:\n    def __init__(self):\n        self.W, self.b = 1, 2\nlayer = Layer()"

PLAIN = {
    "a loop over names": "for name in ('W', 'b'):\n    print(getattr(layer, name))",
    "names in a list": "NAMES = ['W', 'b']\nfor i, name in enumerate(NAMES):\n    setattr(layer, name, i)",
    "a list of names that the layer keeps": (
        "class A:\n    def __init__(self):\n        self.names = ['W', 'b']\n"
        "    def update(self):\n        for n in self.names:\n            setattr(self, n, getattr(self, n) - getattr(self, 'd' + n))"
    ),
    "a dictionary that the layer keeps": (
        "class A:\n    def __init__(self):\n        self.p = {'W': 1}\n        self.p['b'] = 2\n"
        "    def update(self):\n        for n, v in self.p.items():\n            setattr(self, n, v)"
    ),
    "arrays in a dictionary": (
        "import numpy as np\nclass A:\n    def __init__(self):\n        self.p = {'W': np.zeros(3), 'b': Layer()}\n"
        "    def update(self):\n        for n, v in self.p.items():\n            setattr(self, n, v)"
    ),
    "a dictionary of the parameters": (
        "import numpy as np\nclass A:\n    def __init__(self, n):\n        self.W = np.random.uniform(-1, 1, size=(n, n)) / n\n"
        "        self.b = np.zeros(n) + 1\n        self.kept = {'W': self.W, 'b': self.b}\n"
        "        for i, name in enumerate(self.kept):\n            setattr(self, f'b{i}', getattr(self, name))\n"
        "    def update(self, alpha):\n        self.W -= alpha * self.dW\n"
    ),
    "a parameter": "def numeric(layer, name):\n    return getattr(layer, name)\nnumeric(layer, 'W')\nnumeric(layer, name='b')",
    "a numbered name": "for i in range(3):\n    setattr(layer, f'b{i}', getattr(layer, 's' + str(i), None))",
    "a numbered name of a parameter": "def get(i):\n    return getattr(layer, f'b{i}')\nget(1)",
    "a name with a beginning": "for n in 'Wb':\n    getattr(layer, f'grad_{n}')",
    "a name with an ending": "for n in ('W', 'b'):\n    getattr(layer, n + '_grad')",
    "names of a text that is split": "W, b = (getattr(layer, n) for n in 'W b'.split())",
    "the layer's own attributes": "for n, v in vars(layer).items():\n    setattr(layer, n, v)\nlayer.__dict__.update(a=1)",
    "a default": "dW = getattr(layer, 'dW', None)",
    "the name of a class": "print(layer.__class__.__name__, type(layer).__name__, __name__)",
    "source text": "import inspect\nprint(inspect.getsource(Layer), inspect.signature(Layer))",
    "a module that is loaded anew": "import importlib, numpy\nimportlib.reload(numpy)",
    "magics": "%load_ext autoreload\n%autoreload 2\n%matplotlib inline\n%timeit layer\n!ls",
    "a timed cell": "%%time\nfor n in ('W',):\n    getattr(layer, n)",
    "Colab": "'google.colab' in str(get_ipython())",
    "what is defined": "if 'layer' in globals() and 'x' not in locals():\n    globals()['layer'].W",
    "Python's version": "import sys\nprint(sys.version, sys.platform, sys.getsizeof(layer), file=sys.stderr)",
    "garbage": "import gc\ngc.collect()",
    "a sum in a text": "eval('1 + 1')\nexec('x = 1')",
    "a module that may be missing": "try:\n    import seaborn\nexcept ImportError:\n    pass",
    "folders of modules": "import sys\nsys.path.append('..')\nimport numpy",
    "an import by its name": "import importlib\nnp = importlib.import_module('numpy')\n__import__('random').seed(1)",
    "a list that is called modules": "class M:\n    def __init__(self, *m):\n        self.modules = m\n    def f(self, x):\n        for m in self.modules: x = m(x)",
    "a model in evaluation": "model = layer\nmodel.eval()\nmodel.compile = 1",
    "names of its own": "def compile(x): return x\ncompile(layer)\nload = compile\nf = load",
    "modules in lists": "import numpy as np\nxp = np\nxs = [np, 1]",
    "a broken text": "def f(",
    "time": "import timeit\ntimeit.timeit(lambda: layer, number=3)\ntimeit.timeit('1 + 1')",
    "saved results": "import json, pickle\nimport numpy as np\npickle.dump({}, open('x', 'wb'))\nnp.load('x.npy', allow_pickle=False)",
    "attributes as functions": "from operator import attrgetter\nsorted([layer], key=attrgetter('W'))",
    "dots in a text": "print('autograder.checks', 'sys.path', '__globals__')",
    "Colab in a table": "import sys\nIN_COLAB = 'google.colab' in sys.modules",
    "every value of a cell": (
        "from IPython.core.interactiveshell import InteractiveShell\nInteractiveShell.ast_node_interactivity = 'all'"
    ),
    "display of old": "from IPython.core.display import display, HTML\ndisplay(HTML('<b>1</b>'))",
    "a magic of old": "get_ipython().magic('matplotlib inline')",
    "the shell's magics": (
        "ip = get_ipython()\nif ip is not None:\n    ip.run_line_magic('matplotlib', 'inline')\n"
        "    ip.ast_node_interactivity = 'all'\nprint(ip.__class__.__name__)"
    ),
    "settings": (
        "class A:\n    def __init__(self, **p):\n        for k, v in p.items(): setattr(self, k, v)\n"
        "    def set_params(self, **p):\n        for k, v in p.items(): setattr(self, k, v)\n        return self\n"
        "    def get_params(self): return dict(vars(self))\nA(a=1).set_params(**{'b': 2})\ncheck.layer(A)"
    ),
    "settings in a dictionary": "class A:\n    def __init__(self, **p): self.__dict__.update(p)",
    "a function of numpy by its name": (
        "import numpy as np\ndef act(name): return getattr(np, name)\n"
        "class A:\n    def __init__(self, kind='tanh'): self.f = act(kind)\nA('exp')\ncheck.layer(A)"
    ),
    "the module of a class": "print(layer.__class__.__module__, type(layer).__module__)",
    "a log": "import logging\nh = logging.StreamHandler()\nh.setFormatter(logging.Formatter('%(message)s'))",
    "a query": "results.query('alpha > 0.1 and f1 > @best')",
    "a query of numbers": "for a in (0.1, 0.3):\n    print(results.query(f'alpha == {a}'), results.query('n > %d' % a))",
    "a query of its own": "class Q:\n    def query(self, x): return x\nQ().query(a + b)",
    "timed text": "import timeit\ntimeit.timeit('layer.W', globals=globals(), number=3)",
    "a signature": "import inspect\nprint(inspect.getfullargspec(Layer.__init__).args)",
    "a debugger that is not used": "import pdb",
    "magics of a debugger": "%pdb on\n%debug",
    "magics of extensions": (
        "%load_ext line_profiler\n%lprun -f Layer.__init__ Layer()\n%memit Layer()\n"
        "%load_ext watermark\n%watermark -v -p numpy\n%load_ext tensorboard\n%tensorboard --logdir runs"
    ),
    "work side by side": (
        "from joblib import Parallel, delayed\nParallel(n_jobs=2)(delayed(abs)(i) for i in range(3))"
    ),
    "a package that may be missing": (
        "import sys\nsys.path.append('..')\ntry:\n    import seaborn as sns\nexcept ImportError:\n    sns = None\n"
        "if 'google.colab' in sys.modules:\n    from google.colab import drive"
    ),
    "a call that passes on": "class P:\n    def __init__(self, m): self.m = m\n    def __getattr__(self, name): return getattr(self.m, name)\nP(layer).W",
}  # fmt: skip

HIDDEN = {
    "a probe": "import autograder.probes.imports",
    "a probe under another name": "from autograder import probes as p",
    "a probe as an attribute": "import autograder\nautograder.probes",
    "a probe by its name": "import importlib\nimportlib.import_module('autograder.probes.plain')",
    "a probe in a text": "name = 'autograder.probes'",
    "the sandbox": "from autograder.sandbox.inside import far_end",
    "an import that is put together": "__import__('sk' + 'learn')",
    "an import of a name": "from importlib import import_module as f\nname = 'x'\nf(name)",
    "an import that is handed on": "f = __import__\nmap(__import__, ['a'])",
    "code that is put together": "exec('import ' + 'x')",
    "code in a docstring": 'def f():\n    "import x"\nexec(f.__doc__)',
    "code that is read": "exec(open('x').read())",
    "code in code": "exec('eval(a)')",
    "compiled code": "compile(a, 'x', 'exec')",
    "code that is handed on": "list(map(exec, texts))",
    "the table of modules": "import sys\nsys.modules['a' + 'b']",
    "the table of modules under another name": "import sys as s\ns.modules",
    "the table of modules itself": "from sys import modules",
    "sys under another name": "import sys\nt = sys",
    "sys by way of another module": "import os\nos.sys",
    "sys out of another module": "from os import sys",
    "all of sys": "from sys import *",
    "objects": "import gc\ngc.get_objects()",
    "memory": "import ctypes",
    "built-in names": "import builtins",
    "built-in names of a cell": "__builtins__",
    "built-in names of numpy": "import numpy as np\nnp.__builtins__",
    "subclasses": "().__class__.__base__.__subclasses__()",
    "subclasses of a type": "type(1).mro()[-1].__subclasses__()",
    "a function's names": "f.__globals__",
    "a function's code": "f.__code__ = g",
    "a loader": "__loader__",
    "frames": "import sys\nsys._getframe()",
    "frames of an error": "try:\n    1 / 0\nexcept Exception as e:\n    e.__traceback__.tb_frame.f_globals",
    "frames of a generator": "(x for x in y).gi_frame.f_builtins",
    "a name of a module that is put together": "import matplotlib.pyplot as plt\ngetattr(plt, 's' + 'ys')",
    "a name that is put together": "getattr(layer, a + b)",
    "a name that is turned round": "getattr(layer, 'sys'[::-1])",
    "a name in a loop over texts that are put together": "for n in ['s' + 'ys']:\n    getattr(layer, n)",
    "a name in a list that is put together": "a = []\na.append('s' + 'ys')\nfor n in a:\n    getattr(layer, n)",
    "a name in a dictionary that is put together": "a = {'x': 'sy'}\na['x'] += 's'\ngetattr(layer, a['x'])",
    "a parameter that is put together": "def f(o, n): return getattr(o, n)\nf(layer, 's' + 'ys')",
    "a default that is put together": "def f(o, n='s' + 'ys'): return getattr(o, n)\nf(layer)",
    "a parameter by its name": "def f(o, n): return getattr(o, n)\nf(layer, n=''.join('sys'))",
    "a parameter of a function that is handed on": "def f(o, n): return getattr(o, n)\nmap(f, a, b)",
    "a parameter of a decorated function": "@d\ndef f(o, n): return getattr(o, n)",
    "a parameter of a lambda": "(lambda o, n: getattr(o, n))(layer, a)",
    "an index": "class P:\n    def __getitem__(self, n): return getattr(layer, n)",
    "arguments in a list": "getattr(*a)",
    "a function's answer": "def n(): return 's' + 'ys'\ngetattr(layer, n())",
    "a name of a function": "def f(): pass\ngetattr(layer, f.__name__)",
    "a module handed to a function": "import matplotlib.pyplot as plt\ndef f(o, n): return getattr(o, n)\nf(plt, 'x')",
    "a constant that leads to all modules": "import os\ngetattr(os, 'sys')",
    "getattr under another name": "import functools\nfunctools.reduce(getattr, ['a', 'b'], layer)",
    "attrgetter": "from operator import attrgetter\nattrgetter('__init__.__glo' + 'bals__')(layer)",
    "attrgetter with a constant": "from operator import attrgetter\nattrgetter('__init__.__globals__')(layer)",
    "__getattribute__": "object.__getattribute__(layer, a + b)",
    "all names of a module": "import os\nvars(os)",
    "all names of a module as an attribute": "import os\nos.__dict__",
    "all names of the cells": "g = globals()",
    "a name of the cells that is put together": "globals()['a' + b] = 1",
    "a name of the cells by a method": "globals().get('a' + b)",
    "the shell": "get_ipython().user_ns",
    "the shell under another name": "ip = get_ipython()\nip.user_ns",
    "the shell under a third name": "ip = get_ipython()\njp = ip",
    "the shell handed on": "ip = get_ipython()\nf(ip)",
    "an attribute of the shell": "ip = get_ipython()\nip.extension_manager.load_extension('x')",
    "the shell or nothing": "s = get_ipython() or None\ns.run_line_magic(a, b)",
    "the shell if there is one": "s = get_ipython() if a else None\ns.run_line_magic(a, b)",
    "the shell compared": "class A:\n    def __eq__(self, other): self.s = other\nA() == get_ipython()",
    "the shell in a function of its own": "def print(x): x.run_line_magic(a, b)\nprint(get_ipython())",
    "the last value": "get_ipython()\n_.run_line_magic(a, b)",
    "a magic of old that runs a file": "get_ipython().magic('run x.py')",
    "a magic of old, put together": "get_ipython().magic(a + b)",
    "hidden in a magic of old": "get_ipython().magic('time exec(a + b)')",
    "hidden in a profile": "%lprun -f f exec(a + b)",
    "hidden in the options of a profile": "%lprun -f exec(a+b) f()",
    "the class of the shell": "from IPython.core.interactiveshell import InteractiveShell\nInteractiveShell.instance()",
    "the class of the shell, handed on": "from IPython.core.interactiveshell import InteractiveShell\nf(InteractiveShell)",
    "more than the class of the shell": "from IPython.core.interactiveshell import InteractiveShell, sys",
    "the table of modules, compared": "import sys\nclass A:\n    def __contains__(self, x): pass\nsys.modules in A()",
    "a module's inside by its name": "import numpy as np\ndef act(n): return getattr(np, n)\nact('_core')",
    "a module's inside by its numbered name": "import numpy as np\nfor i in range(3):\n    getattr(np, f'sys{i}')",
    "a name that is given to a constructor": (
        "class A:\n    def __init__(self, o, n): self.v = getattr(o, n)\nA(f, '__glo' + 'bals__')"
    ),
    "a name that is given to the constructor of a subclass": (
        "class A:\n    def __init__(self, o, n): self.v = getattr(o, n)\nclass B(A): pass\nB(f, '__glo' + 'bals__')"
    ),
    "a name that is given by a subclass": (
        "class A:\n    def __init__(self, o, n): self.v = getattr(o, n)\n"
        "class B(A):\n    def __init__(self, o, n): super().__init__(o, '__glo' + n)\nB(f, 'bals__')"
    ),
    "a constructor that is handed on": (
        "class A:\n    def __init__(self, o, n): self.v = getattr(o, n)\nlist(map(A, a, b))"
    ),
    "a name that an attribute has": (
        "class A:\n    def put(self, n): setattr(self, n, 1)\na = A()\na.put('s' + 'ys')\n"
        "for n in vars(a):\n    getattr(layer, n)"
    ),
    "a name that an attribute has, at once": (
        "layer.__dict__.update({'s' + 'ys': 1})\nfor n in layer.__dict__:\n    getattr(layer, n)"
    ),
    "a name that is asked for": (
        "class P:\n    def __getattr__(self, n): self.v = getattr(layer, n)\nhasattr(P(), '__glo' + 'bals__')"
    ),
    "a text of its own": "class S(str): pass\ngetattr(layer, S('s' + 'ys'))",
    "a text that an object gives": (
        "class A:\n    def __str__(self): return 's' + 'ys'\na = A()\ngetattr(layer, str(a))"
    ),
    "a class that says it is another library's": "class f:\n    __module__ = 'numpy'",
    "a function that says it is another library's": "f.__module__ = 'numpy'",
    "a formatter that is not of logging": "import string as s\ns.Formatter",
    "a query that is put together": "df.query('a == ' + text)",
    "a query that mentions a variable": "df.query('@os.sys.modules')",
    "a query of numbers that mentions a variable": "for a in (1, 2):\n    df.query(f'@os.sys.modules == {a}')",
    "names for code that is put together": "import timeit\ntimeit.timeit(a + b, globals=globals())",
    "a debugger": "import pdb\npdb.set_trace()",
    "a debugger by its name": "breakpoint()",
    "an object of its own, read by all its names": "for n in dir(layer):\n    getattr(layer, n)",
    "own weights in a pickle": "import pickle\npickle.load(open('w', 'rb'))",
    "own weights by joblib": "import joblib\njoblib.load('w')",
    "a file that is imported beside a package": "import sys\nsys.path.append('.')\nimport seaborn_of_mine",
    "a cell by the shell": "get_ipython().run_cell('import x')",
    "a transformer": "get_ipython().input_transformers_cleanup.append(f)",
    "a magic that runs a file": "%run x.py",
    "a magic that is put together": "get_ipython().run_line_magic(a, b)",
    "an extension": "%load_ext x",
    "hidden below a magic": "%%time\nexec(a + b)",
    "hidden in a line that is timed": "%timeit -n1 -r1 exec(a + b)",
    "IPython's inside": "from IPython.core import interactiveshell",
    "pickles": "import pickle\npickle.loads(b'csys\\nmodules\\n.')",
    "pickles under another name": "from pickle import loads as f",
    "registered copies": "import copyreg",
    "arrays that are pickles": "import numpy as np\nnp.load('x', allow_pickle=True)",
    "patched names": "import unittest.mock",
    "functions from code": "import types\ntypes.FunctionType",
    "private modules": "import _ctypes",
    "a file that is imported": "import sys\nsys.path.append('.')\nimport written_while_it_runs",
    "sources of imports": "import sys\nsys.meta_path.insert(0, f)",
    "memory of the process": "open('/proc/self/mem', 'r+b')",
    "a query": "df.query('@' + a)",
    "timed code": "import timeit\ntimeit.timeit('im' + 'port x')",
    "a formatted object": "import string\nstring.Formatter",
}  # fmt: skip


@pytest.mark.parametrize("place", PLAIN)
def test_honest_code_hides_nothing(place: str) -> None:
    assert hidden_names([LAYER, PLAIN[place]]) == []


@pytest.mark.parametrize("place", HIDDEN)
def test_what_a_text_hides_is_found_in_its_cell(place: str) -> None:
    found = hidden_names([LAYER, HIDDEN[place], "x = 1"])
    assert found
    assert {hidden.cell for hidden in found} == {1}
    for hidden in found:
        assert hidden.line in HIDDEN[place] or HIDDEN[place].startswith("%")
        assert hidden.reason
        assert hidden.instead.endswith(".")


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("*/*/[12]_*.ipynb")), ids=lambda path: f"{path.parts[-3]} {path.stem}"
)
def test_neither_solutions_nor_released_cells_hide_anything(path: Path) -> None:
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert len(cells) > 10
    assert hidden_names(cells) == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_of_100_000_characters_is_read_or_passed_over(text: str) -> None:
    assert {hidden.cell for hidden in hidden_names([text, "import ctypes"])} >= {1}


@given(st.lists(st.text(max_size=80), max_size=4))
@settings(max_examples=100, deadline=None)
def test_no_text_makes_it_raise(cells: list[str]) -> None:
    hidden_names(cells)
