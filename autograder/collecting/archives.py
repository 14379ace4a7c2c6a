"""Zip files that a stranger made: read into memory within limits, never unpacked to disk."""

from __future__ import annotations

import io
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from autograder.sanitise import CHECKPOINT_BYTES, Refused

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
"""LZMA is left out: its header can ask for gigabytes of memory."""
ENCRYPTED = 0x1
UTF8 = 0x800
END_OF_DIRECTORY = b"PK\x05\x06"
LOCATOR_64 = b"PK\x06\x07"
END_RECORD_BYTES, LONGEST_COMMENT, BYTES_64 = 22, 2**16, 56 + 20
DRIVE = re.compile(r"[A-Za-z]:")
LONGEST_PATH = 1_000
IGNORED_FOLDERS = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", ".git"}


@dataclass(frozen=True)
class Limits:
    """How much is read of one archive."""

    entries: int = 2_000
    directory_bytes: int = 2 * 2**20
    file_bytes: int = CHECKPOINT_BYTES
    total_bytes: int = 3 * CHECKPOINT_BYTES


OF_A_STUDENT = Limits()
OF_A_CLASS = Limits(entries=50_000, directory_bytes=64 * 2**20)


@dataclass
class Archive:
    """An open archive whose list of entries has been checked.

    Attributes
    ----------
    entries : dict of str to zipfile.ZipInfo
        Ordinary files that may be read, by path.
    refused : dict of str to str
        Paths that are not taken, with the reason.
    """

    file: zipfile.ZipFile
    limits: Limits
    entries: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    _left: int = 0

    def __post_init__(self) -> None:
        self._left = self.limits.total_bytes
        for entry in self.file.infolist():
            path = _path(entry)
            if not entry.filename:  # a changed byte has ended its name before it began
                self.refused["a file without a name"] = "The archive is damaged there: make it anew."
                continue
            if entry.is_dir() or IGNORED_FOLDERS & set(path.split("/")) or path.split("/")[-1] == ".DS_Store":
                continue
            reason = self._reason(entry, path)
            if reason:
                self.refused[path] = reason
            else:
                self.entries[path] = entry

    def _reason(self, entry: zipfile.ZipInfo, path: str) -> str:
        mode = entry.external_attr >> 16
        if "\\" in path or path.startswith("/") or ".." in path.split("/") or DRIVE.match(path):
            return "Its path leads out of the archive."
        if len(path) > LONGEST_PATH:
            return f"Its path is longer than {LONGEST_PATH:,} characters."
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            return "It is a link or a special file, not an ordinary file."
        if entry.flag_bits & ENCRYPTED:
            return "It is encrypted: hand in files without a password."
        if entry.compress_type not in METHODS:
            return "It is compressed in a way that is not read here: use an ordinary zip."
        if path in self.entries:
            return "The archive holds two files of this name."
        return ""

    def renew(self) -> None:
        """Begin to count the bytes that are read anew: for the next student of an LMS's archive."""
        self._left = self.limits.total_bytes

    def read(self, path: str) -> bytes:
        """Read one file.

        Raises
        ------
        Refused
            It is larger than the limit, or damaged.
        """
        allowed = min(self.limits.file_bytes, self._left)
        try:
            with self.file.open(self.entries[path]) as opened:
                content = opened.read(allowed + 1)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, RuntimeError):
            raise Refused(f"{path} is damaged in its archive.") from None
        if len(content) > allowed:
            raise Refused(
                f"{path} is larger than {self.limits.file_bytes >> 20} MiB when unpacked, or its archive "
                f"is larger than {self.limits.total_bytes >> 20} MiB."
            )
        self._left -= len(content)
        return content


def _path(entry: zipfile.ZipInfo) -> str:
    """The path of an entry, in UTF-8 also where the archive does not say that it is."""
    name = entry.orig_filename
    if not entry.flag_bits & UTF8:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name


@contextmanager
def opened(source: Path | bytes, limits: Limits) -> Iterator[Archive]:
    """Open an archive.

    Raises
    ------
    Refused
        It is no zip file, it is damaged, or it has too many entries.
    """
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        size = _directory_bytes(file)
        if size > limits.directory_bytes:
            raise Refused(f"The archive has more than {limits.entries:,} entries.")
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, struct.error, UnicodeError, NotImplementedError):
            raise Refused("The archive is damaged, or no zip file.") from None
        with archive:
            if len(archive.infolist()) > limits.entries:
                raise Refused(f"The archive has more than {limits.entries:,} entries.")
            yield Archive(archive, limits)


def _directory_bytes(file: BinaryIO) -> int:
    """Size of the archive's list of entries, read before the list is: `zipfile` reads all of it at once."""
    file.seek(max(0, file.seek(0, io.SEEK_END) - END_RECORD_BYTES - LONGEST_COMMENT - BYTES_64))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(END_OF_DIRECTORY)
    if at < 0 or len(tail) - at < END_RECORD_BYTES:
        raise Refused("The archive is damaged, or no zip file.")
    before = tail[max(0, at - BYTES_64) : at]
    if len(before) == BYTES_64 and LOCATOR_64 in before:  # as `zipfile` does, whatever the 32-bit record says
        return int(struct.unpack_from("<Q", before, 40)[0])
    return int(struct.unpack_from("<I", tail, at + 12)[0])


def unpack(content: bytes, limits: Limits = OF_A_STUDENT) -> tuple[dict[str, bytes], dict[str, str]]:
    """Read all files of a student's archive, without their folders.

    Parameters
    ----------
    content : bytes
        The archive.
    limits : Limits
        How much is read.

    Returns
    -------
    files : dict of str to bytes
        By file name; of two files of one name the one higher up counts.
    refused : dict of str to str
        What is not taken, with the reason.

    Raises
    ------
    Refused
        Nothing of it can be read.
    """
    files: dict[str, bytes] = {}
    with opened(content, limits) as archive:
        refused = dict(archive.refused)
        for path in sorted(archive.entries, key=lambda p: (p.count("/"), p)):
            name = PurePosixPath(path).name
            if name.startswith("._"):
                continue
            if name.lower().endswith(".zip"):
                refused[path] = "It is an archive in an archive: hand in one archive, or the files."
            elif name in files:
                refused[path] = (
                    "Another file of this name lies higher up in the archive, and that one counts."
                )
            else:
                try:
                    files[name] = archive.read(path)
                except Refused as reason:
                    refused[path] = str(reason)
    return files, refused
