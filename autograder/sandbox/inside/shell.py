"""Run notebook cells under IPython semantics and keep what they show, within limits."""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from autograder.errors import one_line
from autograder.sandbox.inside.hidden_names import is_installed
from autograder.sandbox.inside.listed_names import KNOWN, SILENCED

TEXT_KEPT = 64 * 1024
RICH_KEPT = 2 * 2**20
OUTPUTS_KEPT = 100
TRUNCATED = "\n… more output than is kept"
MIME_TYPES = ("text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg")


class Outputs:
    """The outputs of the running cell, in nbformat's terms, within limits."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin a new cell."""
        self.items: list[dict[str, Any]] = []
        self._text_left = TEXT_KEPT
        self._rich_left = RICH_KEPT

    def stream(self, name: str, text: str) -> None:
        """Add text to a stream."""
        if self._text_left <= 0:
            return
        kept = text[: self._text_left]
        self._text_left -= len(kept)
        if self._text_left <= 0:
            kept += TRUNCATED
        last = self.items[-1] if self.items else None
        if last and last["output_type"] == "stream" and last["name"] == name:
            last["text"] += kept
        else:
            self._add({"output_type": "stream", "name": name, "text": kept})

    def rich(self, kind: str, data: dict[str, Any], **more: Any) -> None:
        """Add a display or a result in the kinds of media that feedback pages show."""
        bundle: dict[str, str] = {}
        for mime in MIME_TYPES:
            value = data.get(mime)
            if isinstance(value, bytes):
                value = base64.b64encode(value).decode("ascii")
            if isinstance(value, str) and len(value) <= self._rich_left:
                bundle[mime] = value
                self._rich_left -= len(value)
        if bundle:
            self._add({"output_type": kind, "data": bundle, "metadata": {}, **more})

    def error(self, name: str, message: str, trace: list[str]) -> None:
        """Add an error."""
        kept = [line[:4096] for line in trace[-20:]]
        self._add({"output_type": "error", "ename": name[:200], "evalue": message[:1000], "traceback": kept})

    def _add(self, item: dict[str, Any]) -> None:
        if len(self.items) < OUTPUTS_KEPT:
            self.items.append(item)


OUTPUTS = Outputs()


class _Stream(io.TextIOBase):
    """Stands in for ``sys.stdout`` and ``sys.stderr``."""

    encoding = "utf-8"

    def __init__(self, name: str) -> None:
        self._name = name

    def write(self, text: str) -> int:
        OUTPUTS.stream(self._name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False


class _Publisher(DisplayPublisher):
    """Keeps what ``display`` shows."""

    def publish(self, data: Any, metadata: Any = None, source: Any = None, **options: Any) -> None:
        OUTPUTS.rich("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        OUTPUTS.clear()


class _Hook(DisplayHook):
    """Keeps the value of a cell's last expression."""

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        OUTPUTS.rich("execute_result", format_dict, execution_count=None)

    def finish_displayhook(self) -> None:
        pass


class Shell(InteractiveShell):
    """An IPython shell without a terminal."""

    def init_history(self) -> None:
        """Keep no history on disk."""
        self.config.HistoryManager.enabled = False
        super().init_history()

    @contextlib.contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        """Keep no second copy of all that is printed, as IPython 9 does for its history: it has no limit."""
        yield

    def enable_gui(self, gui: Any = None) -> None:
        """Event loops are not for this shell."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        line = one_line(evalue) if isinstance(evalue, BaseException) else None
        OUTPUTS.error(getattr(etype, "__name__", str(etype)), str(evalue), [line] if line else list(stb))


class CellTimeout(KeyboardInterrupt):
    """The cell has used up its time."""


def make_shell() -> Shell:
    """Make the one shell of this process, with figures shown inline; the warm process does it for its children."""
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    shell = Shell.instance(
        display_pub_class=_Publisher, displayhook_class=_Hook, colors="nocolor", banner1="", enable_tip=False
    )
    shell.enable_matplotlib("inline")
    for name in SILENCED:
        shell.magics_manager.register_function(_pass_over, "line", name)
    return shell


def _pass_over(line: str) -> None:
    """Do nothing: nobody types commands here, and what a cell puts into the input would be run unread."""


def enter(shell: Shell) -> None:
    """Make a shell the main module of this process, and catch what is printed."""
    sys.stdout, sys.stderr = _Stream("stdout"), _Stream("stderr")
    shell.user_module.__name__ = "__main__"
    sys.modules["__main__"] = shell.user_module
    for name in KNOWN:
        if name not in sys.modules and not is_installed(name):
            sys.modules[name] = None  # type: ignore[assignment]  # no file of that name can be imported


def in_time(seconds: float, action: Callable[[], Any]) -> Any:
    """Run an action; interrupt it when its time is up. Code that defies this is killed from outside."""

    def interrupt(number: int, frame: Any) -> None:
        raise CellTimeout(f"still running after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return action()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _WithoutAsserts(ast.NodeTransformer):
    """Leaves `assert` out of a cell, as ``python -O`` does."""

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return ast.copy_location(ast.Pass(), node)


def run_cell(shell: Shell, source: str, seconds: float, asserts: bool = True) -> dict[str, Any]:
    """Run one cell, with its `assert` statements or without.

    Returns
    -------
    dict
        ``outputs`` in nbformat's terms, ``status`` (``ok``, ``error`` or ``timed_out``) and ``seconds``.
    """
    OUTPUTS.clear()
    start = time.monotonic()
    status = "ok"
    transformers = shell.ast_transformers
    if not asserts:
        shell.ast_transformers = [*transformers, _WithoutAsserts()]
    try:
        result = in_time(seconds, lambda: shell.run_cell(source, store_history=True, silent=False))
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            status = "timed_out" if isinstance(error, CellTimeout) else "error"
    except KeyboardInterrupt:
        status = "timed_out"
        OUTPUTS.error("CellTimeout", f"still running after {seconds:g} s", [])
    except SystemExit:
        status = "error"
    finally:
        if not asserts:
            shell.ast_transformers = transformers
    if status == "timed_out":
        said = (
            f"This cell was still running after {seconds:g} s and was stopped. The cells after it were run."
        )
        OUTPUTS.items = [o for o in OUTPUTS.items if o["output_type"] != "error"]
        OUTPUTS.error("CellTimeout", "", [said])
    return {"outputs": OUTPUTS.items, "status": status, "seconds": round(time.monotonic() - start, 3)}
