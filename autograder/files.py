"""Files that a crash leaves as they were or as they should be."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


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
