"""What of the machine can be seen inside the sandbox, and what must not show there."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import autograder
from autograder import data

PACKAGE = Path(autograder.__file__).resolve().parent
# All of ours that can be seen inside: what notebooks import, the probes, and the wire's far end.
VISIBLE = (
    "__init__.py",
    "accelerator.py",
    "assignments.py",
    "data.py",
    "errors.py",
    "files.py",
    "in_memory.py",
    "training.py",
    "plots",
    "probes",
    "results",
    "sandbox/__init__.py",
    "sandbox/inside",
)
SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/fonts",
    "/etc/localtime",
    "/etc/alternatives",
)
INSTALLED = ("site-packages", "dist-packages")
RUNTIME = "/runtime"
SCRATCH = Path("/tmp")  # noqa: S108


class VisibleCourseError(ValueError):
    """The course lies where it cannot be kept out of sight; what it says is the remedy."""


def inside(path: Path) -> str:
    """Where a path of the Python installation is found inside: it may lie in a folder that is covered there."""
    if sys.prefix != "/usr" and path.is_relative_to(sys.prefix):
        return str(Path(RUNTIME) / path.relative_to(sys.prefix))
    return str(path)


def roots() -> list[tuple[str, str]]:
    """The folders that are shown as a whole: where each lies on this machine, and where it is found inside."""
    shown = [(path, path) for path in SYSTEM]
    if sys.base_prefix != sys.prefix and not Path(sys.base_prefix).is_relative_to("/usr"):
        shown.append((sys.base_prefix, sys.base_prefix))
    if sys.prefix != "/usr":
        shown.append((sys.prefix, RUNTIME))
    return shown


def hidden(images: Path | None = None) -> Iterator[Path]:
    """The folders that must not show: the course, the package and its repository, the data with all labels.

    Parameters
    ----------
    images : pathlib.Path, optional
        The folder that notebooks may see, which lies among the books of the course.
    """
    yield Path.cwd().resolve()
    yield PACKAGE if PACKAGE.parent.name in INSTALLED else PACKAGE.parent
    if images is not None:
        yield images.resolve().parent
    found = None if data.is_synthetic() else data.find()
    if found is not None:
        yield found / data.FOLDER if (found / data.FOLDER).is_dir() else found


def covers(images: Path | None = None) -> list[str]:
    """Folders inside, below those that are shown, on which an empty one has to be laid.

    Raises
    ------
    VisibleCourseError
        Python itself is installed in one of them, or one of them is shown as a whole.
    """
    found = set()
    for folder in hidden(images):
        for source, target in roots():
            below = Path(source).resolve()
            if folder == below:
                raise VisibleCourseError(
                    f"{folder}, which holds the course or what belongs to it, is where Python is installed, and is "
                    "shown as a whole: make the environment in a folder of its own (`python -m venv .venv`), or move "
                    "the course."
                )
            if folder.is_relative_to(below):
                there = Path(target) / folder.relative_to(below)
                if not there.is_relative_to(SCRATCH):  # that an empty one is laid on in any case
                    found.add(there)
    topmost = sorted(path for path in found if not found & set(path.parents))
    again = shown_again([str(path) for path in topmost])
    for needed in _needed():
        covered = next((path for path in topmost if needed.is_relative_to(path)), None)
        if covered is not None and not any(needed.is_relative_to(path) for path in again):
            raise VisibleCourseError(
                f"The course, or what belongs to it, lies in {covered}, and so does {needed}, which Python needs: move "
                "the course to a folder of its own."
            )
    return [str(path) for path in topmost]


def shown_again(covered: list[str]) -> list[str]:
    """The Python that the environment was made from, where it lies in a folder that is covered."""
    base = Path(sys.base_prefix)
    if sys.base_prefix == sys.prefix or not any(base.is_relative_to(path) for path in covered):
        return []
    return [sys.base_prefix]


def _needed() -> list[Path]:
    """What Python cannot do without, as it is called inside."""
    paths = sysconfig.get_paths()
    names = [paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"]]
    names += [sysconfig.get_config_var("LIBDIR") or paths["stdlib"], os.path.realpath(sys.executable)]
    return [Path("/usr/bin"), Path("/usr/lib"), *(Path(inside(Path(name))) for name in names)]


def why_visible() -> str:
    """What to do about a course in this folder that cannot be kept out of sight; empty where it can."""
    try:
        covers()
    except VisibleCourseError as error:
        return str(error)
    return ""
