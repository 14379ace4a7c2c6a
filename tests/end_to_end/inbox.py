"""A course that submissions can be collected into, and messages and archives as mail programs and LMSs make them."""

from __future__ import annotations

import hashlib
import io
import json
import mailbox
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from email.message import EmailMessage, Message
from functools import cache
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.collecting.collect import Line, Options, Summary, collect

ROOT = Path(__file__).parents[2]
ASSIGNMENT = "neural_networks"
BACKPROP, CNN, WEIGHTS = "1_backprop_numpy.ipynb", "2_cnn_cifar10.ipynb", "cifar10_cnn.pt"
ROSTER = """id,first_name,last_name,email
yakovlev,Алексей,Яковлев,a.yakovlev@uni.example
tsoy,Юлия,Хабибуллина-Цой,tsoy@uni.example
fedor,Фёдор,Щукин,
ivanov1,Иван,Иванов,i1@uni.example
ivanov2,Иван,Иванов,i2@uni.example
maria,María,Núñez,maria@uni.example
"""
SUNDAY = "Sun, 01 Mar 2026 {} +0300"


@dataclass
class Inbox:
    """A course with a release and a roster."""

    folder: Path

    @property
    def books(self) -> Path:
        return self.folder / "gradebook"

    def collect(self, source: Path, **options: object) -> Summary:
        return collect(self.folder, Options(ASSIGNMENT, source, **options))  # type: ignore[arg-type]

    def submitted(self, student: str) -> dict[str, bytes]:
        folder = self.books / "submitted" / student / ASSIGNMENT
        return {p.name: p.read_bytes() for p in folder.iterdir()} if folder.exists() else {}

    def snapshot(self) -> dict[str, tuple[str, int]]:
        """All files with what they hold and when they were written."""
        return {
            str(p.relative_to(self.folder)): (
                hashlib.sha256(p.read_bytes()).hexdigest(),
                p.stat().st_mtime_ns,
            )
            for p in sorted(self.folder.rglob("*"))
            if p.is_file()
        }

    def mbox(self, *messages: Message | bytes) -> Path:
        path = self.folder / "class.mbox"
        path.unlink(missing_ok=True)
        box = mailbox.mbox(path)
        for message in messages:
            box.add(message)
        box.close()
        return path


def make(folder: Path, roster: str = ROSTER) -> Inbox:
    """A course without solutions: the committed release is enough."""
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    shutil.copytree(ROOT / "notebooks" / ASSIGNMENT, folder / "notebooks" / ASSIGNMENT)
    (folder / "gradebook").mkdir()
    (folder / "gradebook" / "gradebook.db").write_bytes(_empty_books())
    (folder / "gradebook" / "roster.csv").write_text(roster, encoding="utf-8")
    return Inbox(folder)


@cache
def _empty_books() -> bytes:
    """A gradebook without entries: nbgrader starts another program to make one, which takes seconds."""
    with tempfile.TemporaryDirectory() as folder:
        Gradebook(f"sqlite:///{folder}/gradebook.db").close()
        return (Path(folder) / "gradebook.db").read_bytes()


def notebook(name: str = BACKPROP, mark: str = "") -> bytes:
    """The released notebook; a mark tells one version from another."""
    content = (ROOT / "notebooks" / ASSIGNMENT / name).read_bytes()
    return content.replace(b'"nbformat_minor"', b'"mark": "' + mark.encode() + b'", "nbformat_minor"')


def nameless(name: str = BACKPROP, without: str = "\0") -> bytes:
    """The released notebook as a tool saves it that drops the metadata of cells, without cells that hold a text."""
    content = json.loads(notebook(name))
    content["cells"] = [c for c in content["cells"] if without not in "".join(c["source"])]
    for cell in content["cells"]:
        cell["metadata"] = {}
    return json.dumps(content).encode()


def message(
    subject: str,
    sender: str = "Somebody <somebody@mail.example>",
    files: dict[str, bytes] | None = None,
    date: str | None = "20:15:00",
) -> EmailMessage:
    """A message with attachments."""
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = subject, sender, "course@uni.example"
    if date:
        made["Date"] = SUNDAY.format(date) if len(date) == 8 else date
    made.set_content("Здравствуйте!")
    for name, content in (files or {}).items():
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made


def archive(entries: dict[str, bytes]) -> bytes:
    """A zip file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return file.getvalue()


def line(summary: Summary, student: str) -> Line:
    """What the summary says of a student."""
    return next(found for found in summary.students if found.student == student)
