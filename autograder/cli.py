"""The command line: ``autograder demo``, ``autograder data``, ``autograder execute``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

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
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except ExplainedError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="make a sample class, grade it with nbgrader, show a table")
    demo.add_argument("--folder", type=Path, default=Path("demo"), help="where to make it (%(default)s)")
    demo.add_argument("--students", nargs="*", metavar="NAME", help="only these of the sample class")
    demo.set_defaults(run=_demo)

    data = commands.add_parser("data", help="find or download CIFAR-10 and check it")
    data.set_defaults(run=_data)

    execute = commands.add_parser("execute", help="run solution notebooks in place, from a clean kernel")
    execute.add_argument("notebooks", nargs="*", type=Path, help="all solutions where omitted")
    execute.set_defaults(run=_execute)
    return parser


def _demo(options: argparse.Namespace) -> None:
    from autograder import demo

    demo.run(Path.cwd(), options.folder, options.students)


def _data(options: argparse.Namespace) -> None:
    from autograder import data

    images = data.load(train=True).images
    shown = "the synthetic stand-in" if data.is_synthetic() else "CIFAR-10"
    means = ", ".join(f"{m:.4f}" for m in images.mean((0, 1, 2)) / 255)
    print(f"{shown}: {len(images):,} training images, channel means {means}.")


def _execute(options: argparse.Namespace) -> None:
    from autograder import notebooks

    for path in options.notebooks or list(notebooks.find(Path("solutions"))):
        print(f"executing {path}", flush=True)
        notebooks.execute(path)


if __name__ == "__main__":
    sys.exit(main())
