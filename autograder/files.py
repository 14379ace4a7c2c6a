"""Files that a crash leaves as they were or as they should be."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.errors import ExplainedError

LEFT_BEHIND_SECONDS = 3600.0


def history_of(checkpoint: str) -> str:
    """The name of the file with the loss curves of a checkpoint, which lies beside it."""
    return checkpoint.removesuffix(".pt") + ".history.json"


def sweep(folder: Path, prefix: str, seconds: float = LEFT_BEHIND_SECONDS) -> None:
    """Delete what a killed process left half written: hidden files and folders that nobody has touched since.

    Parameters
    ----------
    folder : pathlib.Path
        Where they lie.
    prefix : str
        How their names begin.
    seconds : float
        A younger one may still be in use.
    """
    before = time.time() - seconds
    for path in folder.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            if path.lstat().st_mtime < before:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path of the same name to write to; when the block ends without an error, it takes the file's place.

    Parameters
    ----------
    path : pathlib.Path
        The file; its folder is there already. It may be written by several processes at a time: the last one stays.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".saving-") as folder:
        beside = Path(folder) / path.name
        yield beside
        os.replace(beside, path)


def require_writable(path: Path, option: str) -> None:
    """Try whether a file can be written, before the work whose result it will hold is begun.

    Parameters
    ----------
    path : pathlib.Path
        The file; nothing is left of the trial.
    option : str
        Of the command line, which names another place.

    Raises
    ------
    ExplainedError
        It is a folder, or a file cannot be written beside it.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise ExplainedError(
            f"{path} cannot be written ({error.strerror}): name a file in a folder that is there with `{option}`."
        ) from error


def writable(named: Path | None, usual: Path, option: str) -> Path:
    """Where a command writes its file, after a trial; see `require_writable`.

    Parameters
    ----------
    named : pathlib.Path or None
        The place that was asked for. Its folder has to be there: made, a slip in its name would hide the file.
    usual : pathlib.Path
        The place where none was asked for; its folder is made.
    option : str
        Of the command line, which names the place.
    """
    if named is None:
        with contextlib.suppress(OSError):  # the trial says why
            usual.parent.mkdir(parents=True, exist_ok=True)
    path = named or usual
    require_writable(path, option)
    return path


def make_anew(folder: Path, marker: str, course: Path, keep: Sequence[str] = ()) -> None:
    """Make a folder, or empty one that was made here before: a mark in it says so.

    Parameters
    ----------
    folder : pathlib.Path
        What lies in it is deleted, if it bears the mark.
    marker : str
        Name of the file that is the mark; it is written at once, so that what breaks off can be made anew.
    course : pathlib.Path
        The folder of the course, which is never emptied, nor a folder that holds it.
    keep : sequence of str
        Names in the folder that stay.

    Raises
    ------
    ExplainedError
        Something else lies there, or the folder cannot be written.
    """
    place, course = folder.resolve(), course.resolve()
    if place == course or place in course.parents:
        raise ExplainedError(f"{folder} is the course itself, or holds it: name a new folder.")
    try:
        place.mkdir(parents=True, exist_ok=True)
        there = [path for path in place.iterdir() if path.name not in (marker, *keep)]
        if there and not (place / marker).is_file():
            raise ExplainedError(
                f"{folder} is not empty, and what lies there was not made by this command, so that it is not "
                "deleted: name a new folder, or empty it yourself."
            )
        (place / marker).touch()
        for path in there:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    except OSError as error:
        raise ExplainedError(
            f"The folder {folder} cannot be made anew ({error.strerror or error}): name another place."
        ) from error
