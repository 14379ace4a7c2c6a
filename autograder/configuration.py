"""The course's configuration: ``nbgrader_config.py`` in its folder."""

from __future__ import annotations

from pathlib import Path

from traitlets.config.loader import Config, PyFileConfigLoader

from autograder.errors import ExplainedError


def read(course: Path) -> Config:
    """Read the configuration of a course.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.

    Raises
    ------
    ExplainedError
        The folder holds none.
    """
    path = course / "nbgrader_config.py"
    if not path.exists():
        raise ExplainedError(f"{course} is not a course: run this from the folder of nbgrader_config.py.")
    return PyFileConfigLoader(path.name, str(course)).load_config()
