"""The command line: ``autograder grade``, ``doctor``, ``demo``, ``data``, ``execute``."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing import forkserver
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
        for line in f"autograder: {error}".split("\n"):
            print(_harmless(line), file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    grade = commands.add_parser("grade", help="grade all submissions of an assignment in the sandbox")
    grade.add_argument("assignment", help="name of the assignment")
    grade.add_argument("--students", nargs="*", default=[], metavar="ID", help="only these")
    grade.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (%(default)s)")
    grade.add_argument("--scheduler", default="", help="address of a Dask cluster, as tcp://host:8786")
    grade.add_argument("--json", type=Path, metavar="FILE", help="write the verdicts as JSON too")
    grade.add_argument("--no-record", action="store_true", help="leave nbgrader's books alone")
    grade.add_argument(
        "--allow-unsandboxed", action="store_true", help="grade where a wall is missing, WITHOUT protection"
    )
    grade.add_argument(
        "--figures", action="store_true", help="run the cells that only draw too, for the feedback (slower)"
    )
    grade.add_argument("--quiet", action="store_true", help="print no list of scores")
    grade.set_defaults(run=_grade)

    doctor = commands.add_parser("doctor", help="what this machine offers, and what to do about the rest")
    doctor.set_defaults(run=_doctor)

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


def _grade(options: argparse.Namespace) -> None:
    if not options.scheduler:
        # The workers are forked from a process that imports what they need while this one does.
        multiprocessing.set_forkserver_preload(["autograder.workers"])
        forkserver.ensure_running()
    from autograder import batch

    asked = batch.Options(
        assignment=options.assignment,
        students=tuple(options.students),
        workers=options.workers,
        scheduler=options.scheduler,
        record=not options.no_record,
        allow_unsandboxed=options.allow_unsandboxed,
        figures=options.figures,
    )
    reports = batch.grade(Path.cwd(), asked)
    if options.json:
        batch.write_json(reports, options.json)
    for report in reports:
        if report.level == batch.NOT_GRADED:
            print(_harmless(f"{report.student}: {next(iter(report.refused.values()))}"), file=sys.stderr)
    for report in () if options.quiet else reports:
        lost = [c.title for c in report.checks.values() if c.failures]
        line = f"{report.student:<24} {report.score:>6.4g} / {report.max_score:g}  {', '.join(lost)}"
        print(_harmless(line.rstrip()))


def _harmless(line: str) -> str:
    """A line without control characters: names of folders and words of errors go to the terminal."""
    from autograder.checks.result import printable

    return printable(line, len(line))


def _doctor(options: argparse.Namespace) -> None:
    from autograder import doctor

    doctor.run(Path.cwd())


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
