"""Submissions by e-mail: an mbox file, a Maildir, or a folder of ``.eml`` files."""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

from autograder.collecting.delivery import Delivery, open_files
from autograder.collecting.roster import Sender
from autograder.sanitise import CHECKPOINT_BYTES, Refused, read_file

MESSAGE_BYTES = 3 * CHECKPOINT_BYTES
HEADER_BYTES = 256 * 2**10
HEADER_CHARACTERS = 2_000
PARTS = 100
ATTACHMENTS = 50
BACKDATED = timedelta(hours=1)
KEPT_WHOLE = "message.eml"
KEPT_WHOLE_BYTES = 20 * 2**20
EIGHT_BIT = ("utf-8", "cp1251")
"""In what headers are that contain letters without saying in what, against the standard."""
REPLY = re.compile(r"\s*(?:re|fwd?|aw|wg|отв|ответ|пер|перенаправлено)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
MULTIPART = re.compile(rb"content-type:\s*(?:multipart|message)/", re.IGNORECASE)
UNDATED = datetime.min.replace(tzinfo=UTC)


def is_mbox(source: Path) -> bool:
    """Whether this is a file of messages, each behind a line that begins with “From ”."""
    if not source.is_file():
        return False
    with source.open("rb") as file:
        return file.read(5) == b"From "


def is_maildir(source: Path) -> bool:
    """Whether this folder holds those of a Maildir in which messages lie."""
    return all((source / name).is_dir() for name in ("cur", "new"))


def has_eml(source: Path) -> bool:
    """Whether a file of one message lies in this folder, or further down."""
    return any(source.rglob("*.eml"))


def messages(source: Path, kind: str) -> Iterator[tuple[str, bytes | Refused]]:
    """All messages of a source: where each stands, and its bytes or why it cannot be read."""
    if kind == "mbox":
        box = mailbox.mbox(source, create=False)
        try:
            for number, key in enumerate(box.keys(), 1):
                with box.get_file(key) as file:
                    yield f"{source.name}, message {number}", _within(file.read(MESSAGE_BYTES + 1))
        finally:
            box.close()
        return
    folders = [source / "cur", source / "new"] if kind == "maildir" else [source]
    paths = [path for folder in folders for path in sorted(folder.rglob("*.eml" if kind == "eml" else "*"))]
    for path in paths:
        if not path.is_dir():
            try:
                yield path.relative_to(source.parent).as_posix(), read_file(path, MESSAGE_BYTES)
            except Refused as reason:
                yield path.relative_to(source.parent).as_posix(), reason


def _within(content: bytes) -> bytes | Refused:
    if len(content) > MESSAGE_BYTES:
        return Refused(f"The message is larger than {MESSAGE_BYTES >> 20} MiB.")
    return content


def read(
    origin: str, content: bytes, pattern: re.Pattern[str], others: Sequence[re.Pattern[str]] = ()
) -> Delivery | None:
    """Read a message.

    Parameters
    ----------
    origin : str
        Where it stands.
    content : bytes
        The message.
    pattern : re.Pattern
        Of subjects of the assignment; what stands behind its match is the student's name.
    others : sequence of re.Pattern
        Of other assignments, whose messages are passed over.

    Returns
    -------
    Delivery or None
        None where the message is another assignment's, or is about something else and has nothing attached
        that could be a submission.
    """
    whole = {KEPT_WHOLE: content} if len(content) <= KEPT_WHOLE_BYTES else {}
    try:
        message = _parse(content)
        subject = _text(_first(message, "Subject"))
        name, address = _sender(message)
        date, notes = _date(message)
        attached, refused = _attachments(message)
    except Refused as reason:
        return Delivery(origin, "mail", Sender(), None, UNDATED, whole, problem=str(reason))
    except (RecursionError, ValueError, TypeError, LookupError, AttributeError, HeaderParseError):
        return Delivery(origin, "mail", Sender(), None, UNDATED, whole, problem="The message is damaged.")
    while reply := REPLY.match(subject):
        subject = subject[reply.end() :]
    match = pattern.search(subject)
    if match is None:
        attachments = any(file.lower().endswith((".ipynb", ".zip", ".pt")) for file in attached)
        if not attachments or any(other.search(subject) for other in others):
            return None
    problem = ""
    if match is None:
        problem = f"The subject is {subject[:80]!r}, and does not say for which assignment it is."
    elif date is None:
        problem = "The message has no date, so that it cannot be put in order."
    files, left_out = open_files(attached)
    written = subject[match.end() :].strip(" -–—:,.") if match else ""
    return Delivery(
        f"{origin}, {subject[:80]!r}",
        "mail",
        Sender(name=written if any(map(str.isalpha, written)) else name, address=address),
        date,
        UNDATED,
        files or whole,
        refused | left_out,
        problem=problem,
        notes=notes,
    )


def _parse(content: bytes) -> Message:
    head = re.search(rb"\r?\n\r?\n", content[: HEADER_BYTES + 4])
    if head is None and len(content) > HEADER_BYTES:
        raise Refused(f"The headers of the message are longer than {HEADER_BYTES >> 10} KiB.")
    if sum(1 for _ in MULTIPART.finditer(content)) > PARTS:
        raise Refused(f"The message has more than {PARTS} nested parts.")
    return message_from_bytes(content)


def _raw(message: Message, name: str) -> list[str]:
    """All headers of a name, with the bytes that no standard allows decoded as what they probably are."""
    return [
        _decoded(str(value).encode("utf-8", "surrogateescape")[: 4 * HEADER_CHARACTERS])
        for key, value in message.raw_items()
        if key.lower() == name.lower()
    ]


def _first(message: Message, name: str) -> str:
    return next(iter(_raw(message, name)), "")


def _text(header: str) -> str:
    """A header as text: RFC 2047's words decoded, whatever they claim to be; one line, of bounded length."""
    text = header.encode("utf-8", "replace").decode("utf-8")
    try:
        pieces = decode_header(re.sub(r"\r?\n\s*", " ", text))
    except (HeaderParseError, ValueError):
        pieces = [(text, None)]
    said = "".join(_decoded(p, c or "raw-unicode-escape") if isinstance(p, bytes) else p for p, c in pieces)
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())[:HEADER_CHARACTERS]


def _decoded(content: bytes, charset: str = EIGHT_BIT[0]) -> str:
    for name in (charset, *EIGHT_BIT):
        try:
            return content.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("utf-8", "replace")


def _sender(message: Message) -> tuple[str, str]:
    """Name and address; a name may hold what looks like an address, so the raw header is split first."""
    found = getaddresses([_first(message, "From")])
    name, address = found[0] if len(found) == 1 else ("", "")
    return _text(name), _text(address) if "@" in address else ""


def _date(message: Message) -> tuple[datetime | None, tuple[str, ...]]:
    """When a message was sent, and what is odd about it.

    The sender writes ``Date``. The server that received the message writes the first ``Received``: where
    that is more than an hour later, it counts.
    """
    sent = _parsed_date(_first(message, "Date"))
    received = _parsed_date(_first(message, "Received").rpartition(";")[2])
    if received and (sent is None or received - sent > BACKDATED):
        said = f"says {sent:%Y-%m-%d %H:%M} UTC" if sent else "has no date"
        return received, (
            f"the message {said}; the server received it at {received:%Y-%m-%d %H:%M} UTC, which counts",
        )
    return sent, ()


def _parsed_date(header: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(header[:200])
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _attachments(message: Message) -> tuple[dict[str, bytes], dict[str, str]]:
    files: dict[str, bytes] = {}
    refused: dict[str, str] = {}
    for part in message.walk():
        if part.is_multipart():
            continue
        name = _text(part.get_filename() or "")
        if not name:
            continue
        if len(files) == ATTACHMENTS:
            refused[name] = f"More than {ATTACHMENTS} files are attached."
            break
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or len(content) > CHECKPOINT_BYTES:
            refused[name] = f"It is damaged, or larger than {CHECKPOINT_BYTES >> 20} MiB."
            continue
        while name in files and files[name] != content:
            name = f"_{name}"
        files[name] = content
    return files, refused
