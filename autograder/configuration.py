"""The course's configuration: ``nbgrader_config.py`` in its folder, and what is wrong in it."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory
from traitlets import TraitError
from traitlets.config import Configurable
from traitlets.config.loader import Config, LazyConfigValue, PyFileConfigLoader

from autograder.errors import ExplainedError

NAME = "nbgrader_config.py"
OURS = (
    "autograder.collecting.collect.Collecting",
    "autograder.collecting.lms.CanvasCollector",
    "autograder.collecting.lms.FolderCollector",
    "autograder.collecting.lms.MoodleCollector",
    "autograder.exporters.CanvasExporter",
    "autograder.exporters.CsvExporter",
    "autograder.exporters.MoodleExporter",
    "autograder.late.DueDates",
    "autograder.late.LatePenalty",
    "autograder.record.Record",
    "autograder.record.Sanitise",
    "autograder.record.SubmissionExporter",
    "autograder.rubric.ShowRubric",
)
"""The classes of this package that have settings."""
ALIKE = 0.8
"""From here on, of 1, a section that nobody knows is taken for a slip in the name of one of ours."""


def read(course: Path) -> Config:
    """Read the configuration of a course.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.

    Raises
    ------
    ExplainedError
        The folder holds none, it does not run, or a setting of ours is not understood: grading would go on
        without it, and a due date with a slip would make nobody late.
    """
    path = course / NAME
    if not path.exists():
        raise ExplainedError(f"{course} is not a course: run this from the folder of {NAME}.")
    try:
        config = PyFileConfigLoader(path.name, str(course)).load_config()
    except ExplainedError:
        raise
    except SyntaxError as error:
        raise ExplainedError(f"{path}, line {error.lineno}, is not Python: {error.msg}.") from error
    except Exception as error:
        raise ExplainedError(f"{path} does not run: {type(error).__name__}: {error}.") from error
    if found := list(mistakes(config)):
        raise ExplainedError("\n".join(f"{path}: {sentence}" for sentence in found))
    return config


def db_url(course: Path, config: Config) -> str:
    """Address of the course's gradebook, as SQLAlchemy takes it.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    config : Config
        What `read` gave.
    """
    return str(CourseDirectory(config=config, root=str(course)).db_url)


def mistakes(config: Config) -> Iterator[str]:
    """Say what is wrong with the settings of this package, a sentence each.

    Parameters
    ----------
    config : Config
        As ``nbgrader_config.py`` leaves it.
    """
    classes = {path.rpartition(".")[2]: _class(path) for path in OURS}
    zones = {name: config[name].timezone for name in ("Collecting", "DueDates") if "timezone" in config[name]}
    if len(set(zones.values())) > 1:
        yield (
            f"c.Collecting.timezone is {zones['Collecting']!r} and c.DueDates.timezone {zones['DueDates']!r}: a course "
            "has one time zone."
        )
    for section in config:
        if section in classes:
            yield from _mistakes_in(classes[section], config)
        elif section not in _names_of_all(Configurable):
            meant = difflib.get_close_matches(section, classes, 1, ALIKE)
            if meant:
                yield f"there is no c.{section}; c.{meant[0]} is meant?"


def _mistakes_in(cls: type[Configurable], config: Config) -> Iterator[str]:
    section = config[cls.__name__]
    found = [sentence for setting in section if (sentence := _slip(cls, setting, section[setting]))]
    further = getattr(cls, "mistakes", None)
    if found or further is None:
        yield from found
    else:
        yield from further(cls(config=Config({cls.__name__: section})))


def _slip(cls: type[Configurable], setting: str, value: Any) -> str:
    """What is wrong with one setting, or nothing."""
    name, known = cls.__name__, cls.class_traits(config=True)
    if setting not in known:
        close = difflib.get_close_matches(setting, known, 1)
        hint = f"{close[0]} is meant?" if close else f"there are: {', '.join(_own(cls))}."
        return f"c.{name} has no setting {setting}; {hint}"
    if not isinstance(value, LazyConfigValue):
        try:
            cls(config=Config({name: {setting: value}}))
        except TraitError as error:
            return f"c.{name}.{setting} cannot be {value!r}: {str(error).rstrip('.')}."
    return ""


def _own(cls: type[Configurable]) -> list[str]:
    return sorted(cls.class_own_traits(config=True))


def _class(path: str) -> type[Configurable]:
    module, _, name = path.rpartition(".")
    found: Any = getattr(importlib.import_module(module), name)
    return found


def _names_of_all(cls: type[Configurable]) -> set[str]:
    names = {cls.__name__}
    for subclass in cls.__subclasses__():
        names |= _names_of_all(subclass)
    return names
