"""`autograder.light`: nbformat without the grammar of addresses, and otherwise as it is."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
{first}
import nbformat, jsonschema
nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")]))
checker = jsonschema.FormatChecker()
print(jsonschema._format.__name__, "rfc3987_syntax" in sys.modules, checker.conforms("no date", "date"))
"""


def printed(first: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(first=first)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_grammar_is_left_out_and_notebooks_are_validated() -> None:
    assert printed("import autograder.light") == "jsonschema._format False False\n"


def test_where_jsonschema_is_there_already_nothing_is_touched() -> None:
    assert printed("import jsonschema; import autograder.light") == printed("import jsonschema")


def test_a_worker_holds_nothing_of_nbgrader_or_nbconvert() -> None:
    code = "import autograder.light, autograder.workers, sys\nprint({'nbconvert', 'nbgrader'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
