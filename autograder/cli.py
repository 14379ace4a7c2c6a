"""The command line: ``autograder COMMAND``, where each command is a module of `autograder.commands`."""

from __future__ import annotations

import argparse
import errno
import importlib
import multiprocessing
import os
import pkgutil
import select
import signal
import sys
from collections.abc import Sequence
from multiprocessing import forkserver, resource_tracker

from autograder import commands, interrupts
from autograder.errors import ExplainedError

_FORBIDDEN = "See to it that you may read and write there, and run this again."
_FULL = "Make room, and run this again."
FOR_WHOM = (
    "Students need three of these commands: data, doctor and bundle. Instructors collect, grade, regrade, report, "
    "export, feedback and handout; release, execute, new-check and translations are for authors."
)
FIRST_OF_ALL = "Try demo first: it makes a class and grades it."
WITHHELD = {
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
}
"""What a file system says no with, and what to do: it is the machine's state, and no fault of the program."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line without the program's name; that of the process where omitted.

    Returns
    -------
    int
        0, or 1 after an error that was explained in one sentence, or 130 after Ctrl + C.
    """
    options, unknown = parser().parse_known_args(arguments)
    if unknown:
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        importlib.import_module("autograder.light")  # before a command imports nbformat
        options.run(options)
        sys.stdout.flush()
    except ExplainedError as error:
        _explain(str(error))
        return 1
    except KeyboardInterrupt as stop:
        _explain(str(stop) or "Stopped.")
        return 128 + signal.SIGINT
    except OSError as error:
        if error.filename and error.errno in WITHHELD:
            _explain(f"{error.filename}: {error.strerror}. {WITHHELD[error.errno]}")
        elif not (isinstance(error, BrokenPipeError) and _nobody_reads()):
            raise
        return 1
    return 0


def _explain(sentences: str) -> None:
    for line in f"autograder: {sentences}".split("\n"):
        print(harmless(line), file=sys.stderr)


def _nobody_reads() -> bool:
    """Whether who reads the output has had enough, as ``head`` has; the rest of it goes nowhere."""
    if not hasattr(select, "poll"):  # Windows
        return False
    output = select.poll()
    output.register(sys.stdout, 0)
    if not any(happened & select.POLLERR for _, happened in output.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


def parser() -> argparse.ArgumentParser:
    """Make the parser of all commands: their names, options and help."""
    whole = argparse.ArgumentParser(prog="autograder", description=FOR_WHOM)
    group = whole.add_subparsers(required=True, metavar="COMMAND")
    for found in pkgutil.iter_modules(commands.__path__):
        module = importlib.import_module(f"{commands.__name__}.{found.name}")
        first, *_ = (module.__doc__ or "").split("\n")
        name = found.name.replace("_", "-")
        command = group.add_parser(name, help=first, description=module.__doc__)
        module.add_options(command)
        command.set_defaults(run=module.run, parser=command)
    if "demo" in group.choices:  # the students' package has none
        whole.description = f"{FOR_WHOM} {FIRST_OF_ALL}"
    return whole


def at_least_one(text: str) -> int:
    """A number of processes or runs, as an option's type: with none of them nothing would be done."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def prepare_workers() -> None:
    """Let the process that workers are forked from import what they need, while this one imports too."""
    multiprocessing.set_forkserver_preload(["autograder.light", "autograder.workers", "torch"])
    resource_tracker.ensure_running()  # which lets Ctrl + C through again
    with interrupts.held_back_from_children():
        forkserver.ensure_running()


def harmless(line: str) -> str:
    """A line without control characters: names of folders and words of errors go to the terminal."""
    from autograder.checks.result import printable

    return printable(line, len(line))


if __name__ == "__main__":
    sys.exit(main())
