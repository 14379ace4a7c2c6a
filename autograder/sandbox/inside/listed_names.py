"""Lists of names for `hidden_names`: modules, magics and calls by which code reaches what it does not name."""

from __future__ import annotations

from autograder.sandbox.inside.readable_names import words

_LISTED = {
    "sys": "api_version argv byteorder exc_info executable exit float_info flags getdefaultencoding getrecursionlimit "
    "getrefcount getsizeof implementation int_info intern maxsize maxunicode path platform setrecursionlimit stderr "
    "stdin stdout version version_info __stdout__ __stderr__",
    "gc": "collect disable enable get_count get_stats isenabled",
    "inspect": "cleandoc getdoc getfullargspec getsource getsourcelines isbuiltin isclass isfunction ismethod "
    "signature",
    "joblib": "Parallel cpu_count delayed",
    "pdb": "",
    "importlib": "import_module invalidate_caches metadata reload util find_spec version",
    "types": "GeneratorType MappingProxyType MethodType NoneType SimpleNamespace UnionType",
    "pickle": "HIGHEST_PROTOCOL DEFAULT_PROTOCOL dump dumps",
    "operator": "add attrgetter eq floordiv ge gt itemgetter le lt matmul methodcaller mod mul ne neg not_ or_ pow "
    "sub truediv",
    "IPython": "__version__ display get_ipython",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits printable punctuation whitespace "
    "Template",
    "unittest": "TestCase TestLoader TestResult TestSuite TextTestRunner main skip",
    "timeit": "default_timer repeat timeit Timer",
}  # fmt: skip
PARTLY = {module: words(names) for module, names in _LISTED.items()}
"""Nothing but these names of these modules may be used, and the modules may not be handed on."""
CLOSED = words("""
    bdb builtins cffi cloudpickle code codeop copyreg ctypes dill doctest imp marshal pkgutil
    pydoc runpy shelve site trace zipimport
""")
MAGICS = words("""
    %%bash %%capture %%html %%javascript %%latex %%markdown %%prun %%sh %%svg %%time %%timeit
    %%writefile %autoreload %capture %cat %cd %conda %config %cp %debug %env %history %load_ext %lprun %ls
    %lsmagic %matplotlib %memit %mkdir %mprun %pdb %pinfo %pinfo2 %pip %pprint %precision %prun %psearch
    %psource %pwd %reload_ext %reset %rm %tensorboard %time %timeit %watermark %who %whos %xmode
""")
SILENCED = ("debug", "pdb")
"""Magics that read commands from the input: in the sandbox they do nothing."""
TIMED = words("lprun memit mprun prun time timeit")
"""Magics that run what stands behind their options."""
EXTENSIONS = words("""
    autoreload line_profiler memory_profiler tensorboard watermark
""")
KNOWN = words("""
    altair bokeh catboost celluloid colorama cv2 einops gdown google graphviz imageio ipywidgets kaggle
    lightgbm line_profiler memory_profiler missingno mlflow moviepy nb_black networkx optuna plotly plotnine
    prettytable rich seaborn skimage statsmodels tabulate tensorboard termcolor torchinfo torchmetrics
    torchsummary torchviz tqdm wandb watermark xgboost
""")
"""Packages that are often imported, and cannot be imported in the sandbox where they are not installed."""
SHELL_CALLS = frozenset({"magic", "run_line_magic", "run_cell_magic", "system", "getoutput"})
SHELL_SHOWN = words("__class__ ast_node_interactivity config display_formatter")
"""What a shell under another name may be asked for, besides these calls."""
CODE_CALLS = frozenset({"exec", "eval", "compile"})
IMPORT_CALLS = frozenset({"__import__", "import_module"})
NAMED_ACCESS = {"getattr": 1, "setattr": 1, "delattr": 1}
RENAMED = frozenset(
    {"attrgetter", "get_ipython", "import_module", "methodcaller", "repeat", "timeit", "Timer"}
)
SHOWING = frozenset(
    {"help", "print", "type", "str", "repr", "id", "display", "hasattr", "reload", "getsource", "getdoc"}
)
