"""Sphinx builds the documentation site from these pages: ``make docs``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from sphinx.application import Sphinx  # noqa: E402

import autograder  # noqa: E402

project = "Deep learning from scratch"
author = "the authors of the course pack"
release = autograder.__version__
copyright = author

extensions = [
    "myst_nb",
    "sphinx.ext.apidoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
exclude_patterns = ["**/.ipynb_checkpoints", "examples", "_api/modules.rst"]
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sourcelink = False

# The student edition is shown as it is handed out: never executed, so without outputs.
nb_execution_mode = "off"
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 3

# The reference is made from the docstrings. Judges and probes of single checks are not part of it.
apidoc_modules = [
    {
        "path": "../autograder",
        "destination": "_api",
        "exclude_patterns": [
            *(
                f"../autograder/{of}/{name}"
                for of in ("checks", "probes")
                for name in ("*_numpy", "*_pytorch")
            ),
            "../autograder/*/cnn_cifar10",
            "../autograder/commands",
            "../autograder/sandbox/inside",
        ],
        "separate_modules": True,
        "module_first": True,
        "no_headings": False,
        "automodule_options": {"members", "show-inheritance"},
    }
]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_google_docstring = False
napoleon_use_rtype = False
# Types are named without their module, and two modules may have a class of one name: such names are not linked.
suppress_warnings = ["ref.python"]


def add_other_pages(app: Sphinx, name: str, source: list[str]) -> None:
    """Put pages that the table of contents does not name into its last part, so that none is lost."""
    if name != "index":
        return
    named = set(re.findall(r"^[\w-]+(?:/[\w-]+)*$", source[0], re.MULTILINE))
    found = [
        *DOCS.glob("*.md"),
        *DOCS.glob("ru/*.md"),
        *(DOCS / "notebooks").glob("*.ipynb"),
        *(DOCS / "notebooks").glob("[!.]*/*.ipynb"),
    ]
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in found}
    source[0] = source[0].replace("OTHER_PAGES", "\n".join(sorted(pages - named - {"index"})))


def setup(app: Sphinx) -> None:
    """Register what is changed while pages are read."""
    app.connect("source-read", add_other_pages)
