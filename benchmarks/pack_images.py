"""The official files of CIFAR-10 in six small archives, for a machine without a network that takes few bytes at a time.

    python benchmarks/pack_images.py pack FOLDER            # about 17 MB each, three minutes
    python benchmarks/pack_images.py unpack FOLDER ROOT     # then CIFAR10_ROOT=ROOT

The pixels of a file are kept as WebP without loss and everything else of it as it is, so `unpack` writes the very bytes
that were packed, and compares their MD5 sums with those of CIFAR-10.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import pickle
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from autograder import data
from autograder.errors import ExplainedError

FILES = data.TRAIN_FILES | data.TEST_FILES
SHEET = 500
"""Images, one below the other, in a picture: WebP allows 16,383 pixels."""


def pack(root: Path, folder: Path) -> None:
    """Write one archive for each file of images.

    Parameters
    ----------
    root : pathlib.Path
        Holds ``cifar-10-batches-py``.
    folder : pathlib.Path
        For the archives; made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (names,) = data.CLASS_NAMES_FILE
    for name in FILES:
        content = _read(root / data.FOLDER / name)
        _require(content, FILES[name], name)
        rows = pickle.loads(content, encoding="latin1")["data"]
        pixels = rows.tobytes()
        start = content.index(pixels)
        images = np.ascontiguousarray(rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
        target = folder / f"{name}.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("before", content[:start])
            archive.writestr("after", content[start + len(pixels) :])
            archive.writestr(names, _read(root / data.FOLDER / names))
            for k in range(0, len(images), SHEET):
                sheet = io.BytesIO()
                Image.fromarray(images[k : k + SHEET].reshape(-1, 32, 3)).save(
                    sheet, "webp", lossless=True, quality=100, method=4
                )
                archive.writestr(f"{k:05d}.webp", sheet.getvalue(), zipfile.ZIP_STORED)
        print(f"{target}: {target.stat().st_size / 1e6:.1f} MB", flush=True)


def unpack(folder: Path, root: Path) -> None:
    """Write the official files of all archives that are in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Holds archives.
    root : pathlib.Path
        Gets ``cifar-10-batches-py``.

    Raises
    ------
    ExplainedError
        There are no archives, or one of them does not give the official file.
    """
    there = [name for name in FILES if (folder / f"{name}.zip").exists()]
    if not there:
        raise ExplainedError(f"There is no archive such as {next(iter(FILES))}.zip in {folder}.")
    target = root / data.FOLDER
    target.mkdir(parents=True, exist_ok=True)
    (names,) = data.CLASS_NAMES_FILE
    for name in there:
        try:
            content, meta = _restored(folder / f"{name}.zip")
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ExplainedError(
                f"{name}.zip is damaged or no such archive ({error}): copy it again."
            ) from error
        _require(content, FILES[name], name)
        (target / name).write_bytes(content)
        (target / names).write_bytes(meta)
        print(f"{target / name}: {len(content) / 1e6:.1f} MB", flush=True)
    if missing := [name for name in FILES if not (target / name).exists()]:
        print(f"Still missing: {', '.join(missing)}")


def _restored(path: Path) -> tuple[bytes, bytes]:
    """The file that an archive holds, and that with the names of the classes."""
    (names,) = data.CLASS_NAMES_FILE
    with zipfile.ZipFile(path) as archive:
        sheets = [
            np.asarray(Image.open(io.BytesIO(archive.read(part))).convert("RGB"))
            for part in sorted(archive.namelist())
            if part.endswith(".webp")
        ]
        pixels = np.concatenate(sheets).reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).tobytes()
        return archive.read("before") + pixels + archive.read("after"), archive.read(names)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ExplainedError(
            f"{path} cannot be read ({error.strerror}): all official files are needed."
        ) from error


def _require(content: bytes, md5: str, name: str) -> None:
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise ExplainedError(f"{name} is not the official file of CIFAR-10: its MD5 sum is another.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("pack").add_argument("folder", type=Path)
    unpacking = actions.add_parser("unpack")
    unpacking.add_argument("folder", type=Path)
    unpacking.add_argument("root", type=Path)
    options = parser.parse_args()
    if options.action == "unpack":
        unpack(options.folder, options.root)
        return
    root = None if data.is_synthetic() else data.find()
    if root is None or not (root / data.FOLDER).is_dir():
        raise ExplainedError(f"The official files are not here: set {data.ROOT_VARIABLE}.")
    pack(root, options.folder)


if __name__ == "__main__":
    try:
        main()
    except ExplainedError as error:
        sys.exit(str(error))
