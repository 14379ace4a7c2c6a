"""Every command that the documentation shows exists, with the options that it shows."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from nbgrader.apps.baseapp import NbGrader
from nbgrader.apps.nbgraderapp import NbGraderApp

from autograder.cli import at_least_one, parser
from tests.docs.pages import PAGES, ROOT, blocks, commands

PYTHON = re.compile(r"python3?(\.\d+)?")
NUMBERS = (int, float, at_least_one)
PLACEHOLDER = re.compile(r"[A-Z][A-Z_]*$")
MISSING = "an argument is missing"
PLAIN = (".", "cat", "cd", "cp", "createdb", "export", "git", "grep", "ls", "mkdir", "sed", "sudo", "tee")
"""Commands of the system, whose options are not looked at."""
OTHERS = ("conda", "cosmic-ray", "cr-report", "jupyter", "pip", "pytest")
"""Programs of others, whose options are not looked at; those that the pack installs must be there."""
NOT_INSTALLED = ("conda", "cosmic-ray", "cr-report")
NBGRADER = {name: application for name, (application, _) in NbGraderApp.subcommands.items()}


def wrong_with(line: str) -> str:
    """What is wrong with a command line, or the empty string."""
    for part in re.split(r"&&|\|\||[;|]", _bare(line)):
        try:
            words = shlex.split(part)
        except ValueError as error:
            return str(error)
        while words and re.fullmatch(r"[A-Z_0-9]+=.*", words[0]):
            words = words[1:]
        if words:
            reason = _wrong_with_call(words[0].removeprefix(".venv/bin/"), words[1:])
            if reason:
                return f"{' '.join(words)}: {reason}"
    return ""


def _bare(line: str) -> str:
    """The line without its comment, and with a word in place of each quoted text, where `;` and `|` mean nothing."""
    return re.sub(r"\s#.*", "", re.sub(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"", "QUOTED", line))


def _wrong_with_call(program: str, words: list[str]) -> str:
    words = [word for word in words if not re.match(r"\d?>|<", word) and word != "…"]
    if program in ("autograder", "nbgrader", "make"):
        return {"autograder": _autograder, "nbgrader": _nbgrader, "make": _make}[program](words)
    if PYTHON.fullmatch(program):
        return _python(words)
    if program in OTHERS:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        missing = program not in NOT_INSTALLED and shutil.which(program, path=path) is None
        return f"{program} is not installed" if missing else ""
    return "" if program in PLAIN else "no test knows this program"


def _autograder(words: list[str]) -> str:
    """Ask the parser of the command for each option, and for the number of arguments."""
    found = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    if not words:
        return "no command is named"
    command: argparse.ArgumentParser | None = found.choices.get(words[0])
    if command is None:
        return f"there is no command {words[0]!r}"
    given = [_example(command, words[1:], index) for index in range(1, len(words))]
    try:
        command.exit_on_error = False
        _, unknown = command.parse_known_args(given)
    except argparse.ArgumentError as error:
        # From Python 3.13 on, this is raised where an argument is missing too.
        return MISSING if error.argument_name is None else str(error)
    except SystemExit:  # the help was asked for, or something is missing
        return "" if "--help" in words else MISSING
    return f"it does not take {' '.join(unknown)}" if unknown else ""


def _example(command: argparse.ArgumentParser, words: list[str], index: int) -> str:
    """A placeholder such as ``N`` stands for something of the option's type: give a number for it."""
    word, before = words[index - 1], words[index - 2] if index > 1 else ""
    for action in command._actions:
        if before in action.option_strings and action.type in NUMBERS and PLACEHOLDER.match(word):
            return "1"
        if before in action.option_strings and action.choices and PLACEHOLDER.match(word):
            return str(next(iter(action.choices)))
    return word


def _nbgrader(words: list[str]) -> str:
    application = NBGRADER.get(words[0]) if words else None
    if application is None:
        return f"nbgrader has no command {' '.join(words[:1])!r}"
    for word in words[1:]:  # as in `nbgrader db student remove`
        below = application().subcommands
        if word not in below:
            break
        application = below[word][0]
    classes = {c.__name__: c for c in [application, *application().classes, *NbGrader().classes]}
    for word in words[1:]:
        if not word.startswith("-"):
            continue
        name = word.lstrip("-").split("=")[0]
        owner, _, trait = name.partition(".")
        known = name in application.flags or name in application.aliases or name in ("help", "help-all")
        if not known and not (owner in classes and trait in classes[owner].class_trait_names()):
            return f"nbgrader {words[0]} has no option {word}"
    return ""


def _make(words: list[str]) -> str:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    for word in words:
        name, given, _ = word.partition("=")
        if given and f"$({name})" not in makefile and f"{name} ?=" not in makefile:
            return f"the Makefile does not use {name}"
        if not given and word not in targets:
            return f"there is no target {word!r}"
    return ""


def _python(words: list[str]) -> str:
    if words[:1] == ["-m"]:
        return "" if importlib.util.find_spec(words[1]) else f"there is no module {words[1]}"
    if words and words[0].endswith(".py"):
        return "" if (ROOT / words[0]).exists() else f"there is no file {words[0]}"
    return ""


def shown() -> list[tuple[str, str]]:
    """All command lines: those of ``console`` blocks, and those in the text that begin like one."""
    found = []
    for page in PAGES:
        for block in blocks(page):
            if block.language in ("console", "shell", "bash", "sh"):
                lines = [command.text for command in commands(block)] if "$ " in block.text else []
                found += [(f"{page.name}:{block.line}", line) for line in lines]
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        begins = r"`((?:(?:\w+=\S+ )?(?:autograder|nbgrader|make|python3? -m|pytest) [^`]+))`"
        found += [(page.name, re.sub(r"\s+", " ", match)) for match in re.findall(begins, text)]
    return found


@pytest.mark.parametrize(("where", "line"), shown(), ids=lambda text: text[:60])
def test_a_command_that_is_shown_exists_with_its_options(where: str, line: str) -> None:
    reason = wrong_with(line)
    is_in_text = ":" not in where  # there `autograder grade --figures` is enough
    assert reason == "" or (is_in_text and reason.endswith(MISSING)), where


def test_commands_are_found_on_the_pages_for_instructors_and_authors() -> None:
    lines = [line for _, line in shown()]
    for beginning in (
        "make test",
        "make demo",
        "autograder grade",
        "autograder new-check",
        "nbgrader export",
    ):
        assert any(line.startswith(beginning) for line in lines), beginning


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("autograder grad neural_networks", "no command 'grad'"),
        ("autograder grade", "argument"),
        ("autograder grade neural_networks --figure-less", "--figure-less"),
        ("autograder grade neural_networks --workers many", "--workers"),
        ("autograder doctor neural_networks", "does not take"),
        ("nbgrader autogrades neural_networks", "no command"),
        ("nbgrader autograde neural_networks --forced", "--forced"),
        ("nbgrader autograde x --Autograde.no_such_thing=1", "no option"),
        ("make tests", "no target"),
        ("make fuzz MINUTES=1", "does not use MINUTES"),
        ("python -m tests.acuracy", "no module"),
        ("python benchmarks/nothing.py", "no file"),
        ("frobnicate --all", "no test knows"),
        ("make lint && make tests", "no target"),
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str, reason: str) -> None:
    assert reason in wrong_with(line)


@pytest.mark.parametrize(
    "line",
    [
        "AUTOGRADER_STOCK=1 nbgrader autograde neural_networks --force",
        "autograder grade ASSIGNMENT --workers N --json FILE",
        "nbgrader generate_feedback neural_networks --student=ada --CourseDirectory.root=.",
        "make fuzz SECONDS_EACH=60  # a minute each; more: 300",
        ".venv/bin/autograder doctor  # what is there",
        "python -m tests.accuracy --seeds 3 > table.txt",
        "autograder grade neural_networks --students ada bob | grep 'a; b'",
    ],
)
def test_a_command_that_exists_is_not_found_fault_with(line: str) -> None:
    assert wrong_with(line) == ""


def test_the_help_says_of_every_command_whom_it_is_for() -> None:
    found = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    assert set(re.findall(r"[a-z-]+", parser().description or "")) >= set(found.choices)


def test_every_command_of_ours_is_documented() -> None:
    found = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in found.choices if f"autograder {name}" not in text] == []


def test_the_extras_that_are_shown_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    shown = {
        extra for names in re.findall(r"(?:autograder|\"\.)\[([\w,-]+)\]", text) for extra in names.split(",")
    }
    assert "postgresql" in shown
    assert shown <= set(project["optional-dependencies"])


LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    assert missing == []


STANDS_FOR = re.compile(r"NOTEBOOK|NAME|STUDENT|ASSIGNMENT|…")
FILE = re.compile(r"`((?:autograder|tests|docs|benchmarks|solutions|notebooks)/[\w./-]+)`")


@pytest.mark.parametrize("page", [p for p in PAGES if p.stem != "new-assignment"], ids=lambda page: page.name)
def test_a_file_that_a_page_names_is_there(page: Path) -> None:
    named = [path for path in FILE.findall(page.read_text(encoding="utf-8")) if not STANDS_FOR.search(path)]
    assert [path for path in named if not (ROOT / path).exists()] == []
