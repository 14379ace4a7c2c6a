"""Download an archive that may take an hour: with a bar, from several addresses, to be gone on with later.

What has come lies in a file that ends in ``.part`` until its checksum is right; nothing else is ever taken for
the archive. A part is gone on with by whoever comes next: another attempt, another address, another run.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from filelock import FileLock, Timeout
from tqdm import tqdm
from urllib3.exceptions import HTTPError, ReadTimeoutError

from autograder.errors import ExplainedError

CHUNK = 2**13  # what is lost when a connection falls silent
MEGABYTE = 1_000_000
CONNECT_SECONDS, SILENCE_SECONDS = 10.0, 30.0
ATTEMPTS = 4
PAUSE_SECONDS = 1.0


class DownloadError(ExplainedError):
    """The archive cannot be had; the message says why, and what to do."""


class _Unavailable(Exception):
    """One address gives no archive; the message ends a sentence that begins with its name."""


class _BrokenOff(Exception):
    """One attempt has ended early; the next goes on where it was."""


class _WrongBytes(Exception):
    """What has come is not the archive."""


@dataclass(frozen=True)
class Archive:
    """A compressed tar archive, and the files in it that are wanted.

    Attributes
    ----------
    name : str
        Its file name.
    md5 : str
        Its checksum, as it was published.
    size : int
        In bytes.
    folder : str
        The folder in it that holds the files.
    files : mapping of str to str
        MD5 sums by name; files that are not listed stay packed.
    unpacked : int
        Bytes that the files take.
    """

    name: str
    md5: str
    size: int
    folder: str
    files: Mapping[str, str]
    unpacked: int

    def address(self, base: str) -> str:
        """An address of the archive: a folder's, which ends in ``/``, is completed with its name."""
        return base + self.name if base.endswith("/") else base


def fetch(archive: Archive, addresses: Sequence[str], target: Path, *, pause: float | None = None) -> Path:
    """Download an archive, check it, and unpack its files.

    Parameters
    ----------
    archive : Archive
        What to fetch.
    addresses : sequence of str
        Where to look for it, in this order (http or https).
    target : pathlib.Path
        The folder to unpack into; made if need be. A second process that fetches the same waits for the first.
    pause : float, optional
        Seconds before the second attempt at an address; they double from attempt to attempt.

    Returns
    -------
    pathlib.Path
        The folder of the files: complete, each with the right checksum.

    Raises
    ------
    DownloadError
        No address gave the archive, or it cannot be written. What has come is kept for the next run.
    """
    done, part = target / archive.folder, target / f"{archive.name}.part"
    if done.is_dir():
        return done
    try:
        target.mkdir(parents=True, exist_ok=True)
        with _alone(target / f".{archive.name}.lock"):
            if not done.is_dir():
                _require_room(archive, part)
                _first_good(archive, addresses, part, PAUSE_SECONDS if pause is None else pause)
                _unpack(archive, part, done)
                part.unlink()
    except OSError as error:
        raise DownloadError(_cannot_write(archive, target, error)) from error
    return done


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock; where another process holds it, say so and wait."""
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print("Another process is downloading it already: waiting for it.", flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _first_good(archive: Archive, addresses: Sequence[str], part: Path, pause: float) -> None:
    """Complete the part from the first address that has the rest of it."""
    failures: list[str] = []
    for address in dict.fromkeys(map(archive.address, addresses)):
        for others in (_size(part) > 0, False):
            try:
                _download(archive, address, part, pause)
                _require_checksum(archive, part)
                return
            except _WrongBytes as failure:
                part.unlink(missing_ok=True)
                # The wrong bytes may be those that came from elsewhere before.
                if others:
                    continue
                failures.append(f"{_shown(address)} {failure}")
            except _Unavailable as failure:
                failures.append(f"{_shown(address)} {failure}")
            print(failures[-1], flush=True)
            break
    kept = _size(part)
    hint = f"; {kept / MEGABYTE:.1f} MB are kept, and the next run goes on from there" if kept else ""
    raise DownloadError(
        f"{archive.name} cannot be downloaded: {'; '.join(failures) or 'there is no address to try'}{hint}."
    )


def _download(archive: Archive, address: str, part: Path, pause: float) -> None:
    """Complete the part from one address, in several attempts as long as each of them brings something."""
    if urlsplit(address).scheme not in ("http", "https"):
        raise _Unavailable("is no address that begins with http:// or https://")
    fruitless = 0
    with _bar(archive, address, _size(part)) as bar:
        while _size(part) < archive.size:
            before = _size(part)
            try:
                _continue(archive, address, part, bar)
            except _BrokenOff as failure:
                fruitless = 0 if _size(part) > before else fruitless + 1
                if fruitless == ATTEMPTS:
                    raise _Unavailable(str(failure)) from failure
                time.sleep(pause * 2 ** max(fruitless - 1, 0))


def _continue(archive: Archive, address: str, part: Path, bar: tqdm) -> None:
    """One request for what is missing, appended to the part."""
    have = _size(part)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        with requests.get(
            address, headers=headers, stream=True, timeout=(CONNECT_SECONDS, SILENCE_SECONDS)
        ) as response:
            skip = _bytes_to_skip(archive, response, have)
            with part.open("ab") as file:
                for chunk in response.raw.stream(CHUNK, decode_content=False):
                    new = chunk[skip:]
                    skip -= len(chunk) - len(new)
                    file.write(new)
                    bar.update(len(new))
                    if file.tell() > archive.size:
                        raise _WrongBytes(f"sent more than the {archive.size:,} bytes of the archive")
    except (requests.RequestException, HTTPError) as error:
        raise _BrokenOff(_reason(error, _size(part), archive)) from error
    if _size(part) < archive.size:
        raise _BrokenOff(_broken_off(_size(part), archive))


def _bytes_to_skip(archive: Archive, response: requests.Response, have: int) -> int:
    """How much of the answer has come before: all that there is, where a server knows no ranges."""
    if response.status_code == requests.codes.range_not_satisfiable:
        raise _Unavailable(f"has another file, of less than {have:,} bytes")
    if response.status_code >= 500:
        raise _BrokenOff(f"answers {response.status_code} {response.reason}")
    if response.status_code not in (requests.codes.ok, requests.codes.partial_content):
        raise _Unavailable(f"answers {response.status_code} {response.reason}")
    if "html" in response.headers.get("Content-Type", ""):
        raise _Unavailable(
            "answers with a web page in place of the file (does this network ask for a login?)"
        )
    begins = 0
    if response.status_code == requests.codes.partial_content:
        begins = _begin(response.headers.get("Content-Range", ""))
        if not 0 <= begins <= have:
            raise _Unavailable("answers with another part of the file than was asked for")
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and begins + int(length) != archive.size:
        raise _Unavailable(f"has another file, of {begins + int(length):,} bytes and not {archive.size:,}")
    return have - begins


def _begin(content_range: str) -> int:
    """The first number in ``bytes 200-999/1000``, or −1."""
    first = content_range.removeprefix("bytes ").split("-")[0].strip()
    return int(first) if first.isdecimal() else -1


def _require_checksum(archive: Archive, part: Path) -> None:
    with part.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != archive.md5:
        raise _WrongBytes(f"sent wrong bytes (MD5 {found}, not {archive.md5}), which were thrown away")


def _unpack(archive: Archive, part: Path, done: Path) -> None:
    """Write the wanted files, and no other member of the archive, then put their folder in its place at once."""
    with tempfile.TemporaryDirectory(dir=done.parent, prefix=".unpacking-") as folder:
        beside = Path(folder) / archive.folder
        beside.mkdir()
        with tarfile.open(part, "r:gz") as tar:
            for name, md5 in archive.files.items():
                member = tar.extractfile(f"{archive.folder}/{name}")
                content = b"" if member is None else member.read()
                if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
                    raise DownloadError(f"{name} in {archive.name} is not the file that it should be.")
                (beside / name).write_bytes(content)
        os.replace(beside, done)


def _require_room(archive: Archive, part: Path) -> None:
    """Say at once, and not after an hour, that the disk is too small."""
    needed = archive.size - _size(part) + archive.unpacked
    if shutil.disk_usage(part.parent).free < needed:
        raise OSError(errno.ENOSPC, "")


def _cannot_write(archive: Archive, target: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        needed = (archive.size + archive.unpacked) / MEGABYTE
        return (
            f"The disk that holds {target} is full: {archive.name} and its files need {needed:.0f} MB; "
            "free some, and run this again: it goes on where it was."
        )
    return f"{target} cannot be written ({error.strerror or error}): choose a folder of your own."


@contextlib.contextmanager
def _bar(archive: Archive, address: str, have: int) -> Iterator[tqdm]:
    """A bar of bytes; standard error stays empty, as in all that notebooks show."""
    print(f"{archive.name} from {_shown(address)}", flush=True)
    with tqdm(
        total=archive.size,
        initial=have,
        unit="B",
        unit_scale=True,
        file=sys.stdout,
        mininterval=0.5,
        ncols=80,
    ) as bar:
        yield bar


def _reason(error: Exception, have: int, archive: Archive) -> str:
    """What became of a connection, in the student's words."""
    if isinstance(error, requests.ConnectTimeout):
        return f"did not answer within {CONNECT_SECONDS:.0f} s"
    if isinstance(error, requests.ReadTimeout | ReadTimeoutError):
        return f"sent nothing for {SILENCE_SECONDS:.0f} s"
    if isinstance(error, requests.exceptions.SSLError):
        return "shows a certificate that cannot be verified"
    if isinstance(error, requests.ConnectionError) and "aborted" not in str(error):
        return "cannot be reached (no network, or no such server)"
    if isinstance(error, requests.RequestException) and not isinstance(error, requests.ConnectionError):
        return f"cannot be asked ({type(error).__name__})"
    return _broken_off(have, archive)


def _broken_off(have: int, archive: Archive) -> str:
    return f"broke off after {have / MEGABYTE:.1f} of {archive.size / MEGABYTE:.1f} MB"


def _shown(address: str) -> str:
    """An address without what may be a password in it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
