"""When each student handed in, from a table: Moodle's grading worksheet, or one of your own."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from autograder.collecting import dates
from autograder.collecting.delivery import Delivery
from autograder.collecting.roster import Sender, Student, separator, words
from autograder.errors import ExplainedError

COLUMNS = {
    "id": "id",
    "student_id": "id",
    "identifier": "lms_user_id",
    "lms_user_id": "lms_user_id",
    "full name": "name",
    "name": "name",
    "email": "address",
    "email address": "address",
    "date": "date",
    "timestamp": "date",
    "last modified (submission)": "date",
}
NO_DATE = {"", "-"}


@dataclass(frozen=True)
class HandedIn:
    """Senders and dates.

    Attributes
    ----------
    rows : list of (Sender, datetime)
        One for each student who handed in.
    """

    rows: list[tuple[Sender, datetime]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path, zone: str) -> HandedIn:
        """Read a CSV file with a column of dates and at least one that says whose each is.

        Parameters
        ----------
        path : pathlib.Path
            Columns ``date`` and ``id``, ``email`` or ``name``; or Moodle's grading worksheet in English.
        zone : str
            Time zone of the dates.

        Raises
        ------
        ExplainedError
            A column is missing, or a date is none.
        """
        try:
            content = path.read_text(encoding="utf-8-sig")
            reader = csv.DictReader(io.StringIO(content), delimiter=separator(content))
            columns = {
                c: COLUMNS[c.strip().lower()] for c in reader.fieldnames or () if c.strip().lower() in COLUMNS
            }
            if "date" not in columns.values() or len(set(columns.values())) < 2:
                raise ExplainedError(
                    f"{path} needs a column “date” (Moodle: “Last modified (submission)”) and one of id, email, "
                    "name, Identifier."
                )
            rows = []
            for row in reader:
                about = {name: (row[column] or "").strip() for column, name in columns.items()}
                text = about.pop("date")
                about["lms_user_id"] = re.sub(r"\D", "", about.get("lms_user_id", ""))
                if text not in NO_DATE:
                    try:
                        if ":" not in text:
                            raise ValueError("midnight would be meant, with which the day begins")
                        rows.append((Sender(**about), dates.parse(text, zone)))
                    except ValueError:
                        raise ExplainedError(
                            f"{path}, line {reader.line_num}: {text!r} is no date; write it as 2026-03-01 23:59, "
                            "with an offset such as +0300 where it is not in the course's time zone."
                        ) from None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise ExplainedError(f"{path} cannot be read ({error}): give a CSV file in UTF-8.") from error
        return cls(rows)

    def complete(self, delivery: Delivery) -> Delivery:
        """Add the date, and the address where there is one, to what came in without."""
        if delivery.date is not None or not self.rows:
            return delivery
        sender = delivery.sender
        for known, date in self.rows:
            if _same(sender, known):
                address = sender.address or known.address
                # In a blind assignment the folder says "Participant"; the worksheet may know the name.
                return replace(delivery, date=date, sender=replace(sender, address=address))
        return delivery

    def date_of(self, student: Student) -> datetime | None:
        """When a student of the roster handed in, where the table says."""
        about = student.as_sender
        return next((date for known, date in self.rows if _same(about, known)), None)

    def strangers(self, senders: Sequence[Sender]) -> list[str]:
        """Whose rows are none of these people's: of the roster, and of what came in."""
        return [str(known) for known, _ in self.rows if not any(_same(sender, known) for sender in senders)]


def _same(sender: Sender, known: Sender) -> bool:
    if sender.lms_user_id and known.lms_user_id:
        return sender.lms_user_id == known.lms_user_id
    if sender.id and known.id:
        return sender.id == known.id
    if sender.address and known.address:
        return sender.address.lower() == known.address.lower()
    return bool(words(known.name)) and sorted(words(sender.name or sender.id)) == sorted(words(known.name))
