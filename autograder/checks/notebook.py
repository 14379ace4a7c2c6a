"""The checks of one notebook, as the notebook calls them: ``check.linear(Linear)``.

Here probe and judge run in the same kernel, with nothing but plain data between them. In grading the
same call is read as text and the probe runs in a sandbox.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import pkgutil
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from autograder.checks.check import Check
from autograder.checks.result import CheckResult, Finding, Status
from autograder.errors import ExplainedError, one_line
from autograder.probes.respond import respond
from autograder.translation import language
from autograder.translation.messages import message, reader

if TYPE_CHECKING:
    from autograder.sandbox.inside.hidden_names import Hidden

SEED_VARIABLE = "AUTOGRADER_SEED"
ABOVE = message("The card above says what is missing.")
# Before Python 3.11.8 and 3.12.2, two threads that parse at once can make each other raise a SystemError
# (https://github.com/python/cpython/issues/106905), and a worker of a cluster examines in several threads.
_PARSING = threading.Lock()


class Checks:
    """All checks of one notebook, found by file name in a package of judges.

    Parameters
    ----------
    package : str
        Name of the package, as ``"autograder.checks.backprop_numpy"``; every module in it whose name
        does not begin with an underscore defines one `Check` as ``CHECK``.
    """

    def __init__(self, package: str) -> None:
        self._package = package

    def __getattr__(self, name: str) -> CheckCall:
        if name.startswith("_"):
            raise AttributeError(name)
        return CheckCall(self[name])

    def __getitem__(self, name: str) -> Check:
        if name not in self.names():
            raise AttributeError(f"There is no check {name!r} here; there are: {', '.join(self.names())}.")
        module = importlib.import_module(f"{self._package}.{name}")
        found: Check = module.CHECK
        return found

    def __dir__(self) -> list[str]:
        return self.names()

    def names(self) -> list[str]:
        """Names of the checks, in alphabetical order."""
        package = importlib.import_module(self._package)
        modules = pkgutil.iter_modules(package.__path__)
        return sorted(module.name for module in modules if not module.name.startswith("_"))


class CheckCall:
    """One check that can be called with the student's objects."""

    def __init__(self, check: Check) -> None:
        self.check = check
        names = ", ".join(check.subjects)
        self.__doc__ = f"{check.title}, {check.points:g} points: call it with {names}."

    def __call__(self, *subjects: Any, seed: int | None = None) -> CheckResult:
        """Check the student's objects in this kernel.

        Parameters
        ----------
        *subjects : object
            What the check names; None stands for an answer that is not there yet.
        seed : int, optional
            For other inputs than the usual ones.

        Returns
        -------
        CheckResult
            Shown as a card; its number is the points.
        """
        check = self.check
        if len(subjects) != len(check.subjects):
            return check.unanswered(
                Status.REFUSED,
                Finding(
                    got=f"The check was called with {len(subjects)} arguments.",
                    expected=f"check.{check.id.removeprefix('check_')}({', '.join(check.subjects)})",
                    cause="The check cell was edited: copy it anew from the release.",
                ),
            )
        for name, subject in zip(check.subjects, subjects, strict=True):
            if subject is None and name not in check.may_be_none:
                return check.unanswered(Status.NOT_DONE, not_there(name, check, is_none=True))
        if seed is None:
            seed = int(os.environ.get(SEED_VARIABLE, "0"))

        def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
            with _threads(before):
                return respond(probe, function, subjects, question)

        # The arrays of a judge are small: on several threads they take longer, above all on busy cores.
        with _threads(1) as before:
            return check.judge(ask, seed, libraries=_libraries, hidden=_hidden)


def checks_of(notebook: str) -> Checks:
    """The checks of a notebook, by its name: ``1_backprop_numpy`` has those of ``backprop_numpy``."""
    return Checks(f"autograder.checks.{notebook.split('_', 1)[1]}")


@contextlib.contextmanager
def _threads(count: int) -> Iterator[int]:
    """Let torch, where it is loaded, compute on so many threads; give the number that it had."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield count
        return
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield before
    finally:
        torch.set_num_threads(before)


def _cells() -> list[str]:
    """The text of the cells that were run; nothing outside IPython."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return []
    shell = get_ipython()
    return [] if shell is None else [str(cell) for cell in shell.user_ns.get("In", [])]


def _libraries(name: str) -> list[str]:
    """What the text says about a name."""
    cells = _cells()
    if not cells:
        return []
    from autograder.sandbox.inside.libraries import libraries_of

    return libraries_of(cells, [(len(cells), name)])[0]


def _hidden() -> list[Hidden]:
    """What the text reaches without naming it."""
    cells = _cells()
    if not cells:
        return []
    from autograder.sandbox.inside.hidden_names import hidden_names

    return hidden_names(cells)


def not_there(
    name: str, check: Check, *, is_none: bool = False, stopped: str = "", begins: str = ""
) -> Finding:
    """Word what the card says of a name that is None, or that was never defined.

    Parameters
    ----------
    name : str
        A subject of the check.
    check : Check
        The check.
    is_none : bool
        It is defined, as None.
    stopped : str
        How the cell of the answer ended where that is known and was not its end: ``"stops with `KeyError: 'W'`"``.
    begins : str
        How the cell begins that stopped, where it is another one, perhaps none of the student's.
    """
    cell = check.cell or "the cell that defines it"
    got = f"`{name}` is None." if is_none else f"`{name}` is not defined."
    if begins:
        cause = f"`{name}` gets its value in the cell that begins `{begins}`, which {stopped}."
        return Finding(got=got, cause=cause)
    if stopped:
        return Finding(got=got, cause=f"Mend {cell} first: it {stopped}.")
    if is_none:
        return Finding(
            got=got,
            cause=check.if_absent
            or f"Not done yet: give `{name}` its value in {cell}, run it, then run this check again. "
            "If that cell stopped with an error or at the time limit, mend it first.",
        )
    return Finding(
        got=got,
        cause=f"Run {cell}. If it was run, it failed before it defined `{name}`: a syntax error, an error "
        "further up, the time limit; or what it defines has another name. Its own message says which.",
    )


def called_check(source: str) -> tuple[str, tuple[str, ...]] | None:
    """Read a cell that ends in ``check.NAME(A, B)``, without running it.

    Returns
    -------
    tuple or None
        The check's name and the names of its arguments; None for any other cell.
    """
    try:
        with _PARSING:
            body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    match body[-1] if body else None:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name("check"), name), arguments, [])):
            names = tuple(a.id for a in arguments if isinstance(a, ast.Name))
            return (name, names) if len(names) == len(arguments) else None
    return None


def install_messages(checks: Checks) -> None:
    """In IPython, show one clear sentence in place of three kinds of traceback.

    A check cell that names something undefined shows its card with 0 points; a cell that reaches an
    unfinished stub says that it is not done yet; an `ExplainedError` is shown as its message. Outside
    IPython this does nothing.
    """
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is None:
        return

    def explain(
        shell: Any, kind: type[BaseException], error: BaseException, trace: Any, tb_offset: int | None = None
    ) -> list[str]:
        source = shell.user_ns.get("In", [""])[-1]
        called = called_check(source)
        if isinstance(error, NameError) and called and called[0] in checks.names():
            check = checks[called[0]]
            finding = not_there(str(error.name), check)
            shell.displayhook(check.unanswered(Status.NOT_DONE, finding))
            lines = [reader(language.current())(ABOVE)]
        else:
            line = reader(language.current()).read_lines(one_line(error))
            lines = (
                [line]
                if line
                else shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset)
            )
        shell._showtraceback(kind, error, lines)
        return lines

    shell.set_custom_exc((NameError, NotImplementedError, ExplainedError), explain)
