"""The list of the class: who has which id, and whose name or address stands on a submission."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from anyascii import anyascii

from autograder.errors import ExplainedError

ID = re.compile(r"\w[\w.@+-]{0,63}")
COLUMNS = {
    "id": "id",
    "student_id": "id",
    "first_name": "first_name",
    "last_name": "last_name",
    "email": "email",
    "lms_user_id": "lms_user_id",
}
HEADINGS_SHOWN, LONGEST_HEADING = 12, 30
NEEDED = ("id", "first_name", "last_name", "email")
VARIANTS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"x", "ks"), (r"w", "v"), (r"ph", "f"),
        (r"shch|sch|sh|sc(?=[ei])", "s"), (r"zh", "z"), (r"kh", "h"), (r"ch|ts|tz|cz|c(?=v)", "q"), (r"c", "k"),
        (r"[yji]+o", "e"), (r"[yji]+(?=[aeu])", ""), (r"[yji]+", "i"),
        (r"(.)\1+", r"\1"), (r"er$", "r"),
    )
)  # fmt: skip
"""Spellings of one Russian name in Latin letters, brought to one: Aleksey, Alexei; Yulia, Iuliia, Julia."""


@dataclass(frozen=True)
class Student:
    """One row of the roster."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        """Last name, first name."""
        return f"{self.last_name} {self.first_name}".strip()

    @property
    def as_sender(self) -> Sender:
        """What would be known of a submission that says all that the roster does."""
        return Sender(self.id, self.name, self.email, self.lms_user_id)


@dataclass(frozen=True)
class Sender:
    """What is known of who handed something in.

    Attributes
    ----------
    id : str
        The student's id, or what may be it: the name of a folder.
    name : str
        A name, in any order and spelling, among other words perhaps.
    address : str
        An e-mail address.
    lms_user_id : str
        The number that an LMS gave.
    """

    id: str = ""
    name: str = ""
    address: str = ""
    lms_user_id: str = ""

    def __str__(self) -> str:
        return " ".join(
            filter(None, (self.name or self.id or self.lms_user_id, self.address and f"<{self.address}>"))
        )


class UnknownSenderError(Exception):
    """Nobody, or more than one student, fits; the message says which."""


def words(name: str) -> list[str]:
    """The words of a name in Latin letters and lower case: accents and ё/е do not matter."""
    return re.findall(r"[a-z]+", anyascii(name).replace("'", "").lower())


def _letters(name: str) -> str:
    return "".join(words(name))


def fold(word: str) -> str:
    """A word in Latin letters without what differs between systems of transliteration."""
    for pattern, replacement in VARIANTS:
        word = pattern.sub(replacement, word)
    return word


SPELLINGS: tuple[Callable[[str], str], ...] = (str, fold)
"""How names are compared: letter by letter, then without what transliterations differ in."""


def separator(table: str) -> str:
    """What separates the fields of a CSV file: the comma, the semicolon or the tab, as its heading tells."""
    return max(",;\t", key=table.split("\n", 1)[0].count)


def _headings(names: Iterable[str] | None) -> str:
    """The names in a heading, for a sentence."""
    found = [name.strip()[:LONGEST_HEADING] for name in names or () if name.strip()]
    more = ", …" if len(found) > HEADINGS_SHOWN else ""
    return ", ".join(found[:HEADINGS_SHOWN]) + more if found else "nothing"


class Roster:
    """The class.

    Parameters
    ----------
    students : iterable of Student
        Each id once.
    """

    def __init__(self, students: Iterable[Student]) -> None:
        self.students = {student.id: student for student in students}

    @classmethod
    def read(cls, path: Path) -> Roster:
        """Read a CSV file with the columns id, first_name, last_name and email.

        Commas, semicolons and tabs separate; a column ``lms_user_id`` may be there; others are ignored.

        Raises
        ------
        ExplainedError
            The file cannot be read, a column is missing, or an id is no id or there twice.
        """
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise ExplainedError(
                f"There is no roster {path}: write a CSV file with the columns {', '.join(NEEDED)}, or give "
                "its place with --roster."
            ) from None
        except UnicodeDecodeError:
            raise ExplainedError(f"{path} is not in UTF-8: save it as “CSV UTF-8”.") from None
        except OSError as error:
            raise ExplainedError(
                f"The roster {path} cannot be read ({error.strerror}): give a CSV file that you may read with --roster."
            ) from error
        delimiter = separator(text)
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
        students: dict[str, Student] = {}
        try:
            columns = {
                name: COLUMNS[key]
                for name in reader.fieldnames or ()
                if (key := name.strip().lower().replace(" ", "_")) in COLUMNS
            }
            missing = [name for name in NEEDED if name not in columns.values()]
            if missing:
                raise ExplainedError(
                    f"{path} has no column {', '.join(missing)}: its heading names {_headings(reader.fieldnames)}; "
                    f"the first line has to name {', '.join(NEEDED)}."
                )
            for row in reader:
                if any(map(str.strip, row.get(None) or ())):
                    raise ExplainedError(
                        f"{path}, line {reader.line_num}: there are more fields than in the heading; a field that "
                        f"holds {delimiter!r} stands in quotation marks."
                    )
                student = Student(**{field: (row[name] or "").strip() for name, field in columns.items()})
                if not ID.fullmatch(student.id):
                    raise ExplainedError(
                        f"{path}, line {reader.line_num}: {student.id!r} cannot be an id, which names folders: "
                        "use letters, digits and . _ - + @."
                    )
                if student.id in students:
                    raise ExplainedError(
                        f"{path}, line {reader.line_num}: the id {student.id} is there twice: delete one of the two "
                        "lines, or give each student an id of their own."
                    )
                students[student.id] = student
        except csv.Error as error:
            raise ExplainedError(
                f"{path}, line {reader.line_num}: {error}; a quotation mark that is opened has to be closed."
            ) from error
        if not students:
            raise ExplainedError(f"{path} holds no student, only a heading: write a line for each.")
        return cls(students.values())

    @property
    def columns(self) -> dict[str, dict[str, str | None]]:
        """What nbgrader keeps of each student, as ``nbgrader db student import`` fills it: None for what is empty."""
        found = {}
        for student in self.students.values():
            columns = {name: value or None for name, value in asdict(student).items() if name != "id"}
            if not columns["lms_user_id"]:
                del columns["lms_user_id"]
            found[student.id] = columns
        return found

    def find(self, sender: Sender) -> tuple[Student, str]:
        """Find who handed something in.

        Returns
        -------
        student : Student
            The one that fits.
        how : str
            ``"id"``, ``"address"`` or ``"name"``.

        Raises
        ------
        UnknownSenderError
            Nobody fits, several do, or the name and the address are two students'. A surname alone fits nobody; an
            id that differs by capitals only fits if one does.
        """
        if sender.id in self.students:
            return self.students[sender.id], "id"
        alike = [s for s in self.students.values() if s.id.casefold() == sender.id.casefold()]
        if len(alike) == 1:
            return alike[0], "id"
        if sender.lms_user_id:
            same = [s for s in self.students.values() if s.lms_user_id == sender.lms_user_id]
            if len(same) == 1:
                return same[0], "id"
        named = self._named(sender.name or sender.id)
        address = sender.address.strip().lower()
        owners = [s for s in self.students.values() if address and s.email.lower() == address]
        if len(owners) > 1:
            owners = [s for s in owners if s in named]
        if len(owners) == 1:
            if named and owners[0] not in named:
                raise UnknownSenderError(
                    f"the name is that of {', '.join(s.id for s in named)}, the address that of {owners[0].id}"
                )
            return owners[0], "address"
        if len(named) == 1:
            return named[0], "name"
        if named:
            raise UnknownSenderError(f"the name fits {len(named)} students: {', '.join(s.id for s in named)}")
        if len(alike) > 1:
            raise UnknownSenderError(
                f"{len(alike)} ids differ from {sender.id} by capitals only: {', '.join(s.id for s in alike)}"
            )
        if sharing := self._of_surname(sender.name or sender.id):
            whose = f"{len(sharing)} students" if len(sharing) > 1 else "one student"
            raise UnknownSenderError(
                f"only a surname is given, and {sender.name or sender.id} is the surname of {whose}: "
                f"{', '.join(s.id for s in sharing)}"
            )
        raise UnknownSenderError("neither the name nor the address is in the roster")

    def _of_surname(self, name: str) -> list[Student]:
        """The students who have this surname; nobody where there are other words too."""
        for spell in SPELLINGS:
            given = sorted(map(spell, words(name)))
            found = [
                s for s in self.students.values() if given and given == sorted(map(spell, words(s.last_name)))
            ]
            if found:
                return found
        return []

    def _named(self, name: str) -> list[Student]:
        """The students whose name this is: all their words are among its words, or run together it is theirs."""
        given = words(name)
        if not given:
            return []
        for spell in SPELLINGS:
            there = {spell(word) for word in given}
            found: dict[int, list[Student]] = {}
            for student in self.students.values():
                own = {spell(word) for word in words(student.name)}
                if len(own) > 1 and own <= there:
                    found.setdefault(len(own), []).append(student)
            if found:
                return found[max(found)]
        if len(given) == 1:
            for spell in SPELLINGS:
                together = [s for s in self.students.values() if spell(given[0]) in _together(s, spell)]
                if together:
                    return together
        return []


def _together(student: Student, spell: Callable[[str], str]) -> set[str]:
    """A student's name in one word, both ways round, as Canvas writes it into the names of files."""
    last, first = (_letters(name) for name in (student.last_name, student.first_name))
    return {spell(last + first), spell(first + last)} if last and first else set()
