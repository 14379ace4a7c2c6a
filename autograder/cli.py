"""The command line: ``autograder COMMAND``, where each command is a module of `autograder.commands`."""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import pkgutil
import sys
from collections.abc import Sequence
from multiprocessing import forkserver

from autograder import commands
from autograder.errors import ExplainedError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line without the program's name; that of the process where omitted.

    Returns
    -------
    int
        0, or 1 after an error that was explained in one sentence.
    """
    options = parser().parse_args(arguments)
    try:
        importlib.import_module("autograder.light")  # before a command imports nbformat
        options.run(options)
    except ExplainedError as error:
        for line in f"autograder: {error}".split("\n"):
            print(harmless(line), file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Make the parser of all commands: their names, options and help."""
    whole = argparse.ArgumentParser(prog="autograder", description=__doc__)
    group = whole.add_subparsers(required=True, metavar="COMMAND")
    for found in pkgutil.iter_modules(commands.__path__):
        module = importlib.import_module(f"{commands.__name__}.{found.name}")
        first, *_ = (module.__doc__ or "").split("\n")
        name = found.name.replace("_", "-")
        command = group.add_parser(name, help=first, description=module.__doc__)
        module.add_options(command)
        command.set_defaults(run=module.run)
    return whole


def at_least_one(text: str) -> int:
    """A number of processes, as an option's type: with none of them nothing would be done."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def prepare_workers() -> None:
    """Let the process that workers are forked from import what they need, while this one imports too."""
    multiprocessing.set_forkserver_preload(["autograder.light", "autograder.workers", "torch"])
    forkserver.ensure_running()


def harmless(line: str) -> str:
    """A line without control characters: names of folders and words of errors go to the terminal."""
    from autograder.checks.result import printable

    return printable(line, len(line))


if __name__ == "__main__":
    sys.exit(main())
