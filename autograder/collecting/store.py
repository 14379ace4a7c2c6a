"""What came in, kept under ``gradebook/collected``: nothing gets lost, and nothing is there twice.

``received/STUDENT/KEY`` and ``unmatched/KEY`` hold the files as they came, and ``delivery.json``.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as typed

from autograder.collecting.delivery import Delivery
from autograder.files import replacing

ABOUT, REASON, FILES = "delivery.json", "reason.txt", "files"


@typed(config=ConfigDict(extra="forbid"))
class Kept:
    """A delivery on disk.

    Attributes
    ----------
    key : str
        See `autograder.collecting.delivery.Delivery.key`.
    origin, kind, sender : str
        Where it came from.
    date : datetime.datetime or None
        When it was handed in, where that is known.
    seen : datetime.datetime
        What stands in for it.
    sure : bool
        Whether an address or an account says whose it is, not only a name that anybody can write.
    taken : dict of str to str
        Names that were asked for, and the files that have them.
    refused : dict of str to str
        What was not taken, with the reason.
    lms : dict of str to str
        What the LMS calls the student and the files.
    notes : list of str
        What a person should know.
    problem : str
        Why it is not used.
    student : str
        Whose it is, where the roster knows that of one that is not used.
    """

    key: str
    origin: str
    kind: str
    sender: str
    date: datetime | None
    seen: datetime
    sure: bool = True
    taken: dict[str, str] = Field(default_factory=dict)
    refused: dict[str, str] = Field(default_factory=dict)
    lms: dict[str, str] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)
    problem: str = ""
    student: str = ""

    @property
    def when(self) -> datetime:
        """The date, or what stands in for it when deliveries are put in order."""
        return self.date or self.seen


_ADAPTER = TypeAdapter(Kept)


def keep(
    delivery: Delivery,
    *,
    sure: bool,
    taken: dict[str, str],
    notes: list[str],
    problem: str = "",
    student: str = "",
) -> Kept:
    """What is written down of a delivery."""
    return Kept(
        delivery.key,
        delivery.origin,
        delivery.kind,
        str(delivery.sender),
        delivery.date,
        delivery.seen,
        sure,
        taken,
        delivery.refused,
        delivery.lms,
        [*delivery.notes, *notes],
        problem,
        student,
    )


class Store:
    """The deliveries of one assignment.

    Parameters
    ----------
    folder : pathlib.Path
        ``gradebook/collected/ASSIGNMENT``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, kept: Kept, files: dict[str, bytes], student: str = "") -> bool:
        """Keep a delivery, under its student or as one that could not be matched.

        Returns
        -------
        bool
            Whether it is new.
        """
        place = self.folder(kept.key, student)
        other = self._elsewhere(kept.key, place)
        if place.exists():
            known = self.read(place)
            if known is not None:
                kept = replace(kept, date=kept.date or known.date, seen=max(kept.seen, known.seen))
            if kept != known:
                _write(place / ABOUT, _ADAPTER.dump_json(kept, indent=1))
            return False
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".new-") as new:
            made = Path(new) / "delivery"
            (made / FILES).mkdir(parents=True)
            for name, content in files.items():
                (made / FILES / name).write_bytes(content)
            (made / ABOUT).write_bytes(_ADAPTER.dump_json(kept, indent=1))
            if kept.problem:
                (made / REASON).write_text(
                    f"{kept.origin}\n{kept.sender}\n{kept.problem}\n", encoding="utf-8"
                )
            os.replace(made, place)
        if other is not None:
            shutil.rmtree(other)
        return other is None

    def folder(self, key: str, student: str = "") -> Path:
        """Where a delivery lies."""
        return (self._folder / "received" / student if student else self._folder / "unmatched") / key

    def _elsewhere(self, key: str, place: Path) -> Path | None:
        """Where the delivery lies from a time when the roster said something else."""
        places = [self._folder / "unmatched" / key, *self._folder.glob(f"received/*/{key}")]
        return next((p for p in places if p != place and p.exists()), None)

    def students(self) -> list[str]:
        """All of whom something was received."""
        return sorted(path.name for path in self._folder.glob("received/*") if path.is_dir())

    def of(self, student: str) -> list[Kept]:
        """The deliveries of one student, in the order of their dates."""
        found = (self.read(path) for path in self._folder.glob(f"received/{student}/*"))
        return sorted((kept for kept in found if kept is not None), key=lambda kept: (kept.when, kept.key))

    def unmatched(self) -> Iterator[Kept]:
        """All that could not be matched, in the order of their dates."""
        for path in sorted(self._folder.glob("unmatched/*")):
            kept = self.read(path)
            if kept is not None:
                yield kept

    def taken(self, student: str, kept: Kept) -> dict[str, Path]:
        """The files of a delivery that were asked for."""
        folder = self.folder(kept.key, student) / FILES
        return {wanted: folder / name for wanted, name in kept.taken.items()}

    def read(self, folder: Path) -> Kept | None:
        """A delivery, or None where the folder holds none."""
        try:
            return _ADAPTER.validate_json((folder / ABOUT).read_bytes())
        except (OSError, ValidationError):
            return None


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as beside:
        beside.write_bytes(content)


def read_json(path: Path) -> Any:
    """Read what `write_json` wrote; an empty object where there is nothing, or nothing that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def write_json(path: Path, content: object) -> None:
    """Write an object as JSON."""
    _write(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
