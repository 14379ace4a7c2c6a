"""``autograder collect``: from a source to ``gradebook/submitted``, by the roster and the dates."""

from __future__ import annotations

import hashlib
import mailbox
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from traitlets import Dict, Unicode
from traitlets.config import Configurable
from traitlets.config.loader import Config

from autograder import assignments, configuration, release
from autograder.assignments import ASSIGNMENTS
from autograder.collecting import archives, dates, lms, mail
from autograder.collecting.delivery import Delivery, recognise
from autograder.collecting.handed_in import HandedIn
from autograder.collecting.roster import Roster, Sender, UnknownSenderError
from autograder.collecting.store import Kept, Store, keep, read_json, write_json
from autograder.errors import ExplainedError
from autograder.grades import add_students
from autograder.late import DueDates
from autograder.sanitise import Refused
from autograder.timestamps import TIMESTAMP

KINDS = ("folder", "moodle", "canvas", "mbox", "maildir", "eml")
NAMED = 10
MAIL_KINDS = ("mbox", "maildir", "eml")


class Collecting(Configurable):
    """Settings of ``autograder collect``."""

    roster = Unicode("gradebook/roster.csv", help="CSV: id, first_name, last_name, email").tag(config=True)
    subjects = Dict(
        Unicode(),
        help="for each assignment a pattern of the subjects of its messages; the name stands behind it",
    ).tag(config=True)
    timezone = Unicode("UTC", help="of dates that name none").tag(config=True)

    def pattern(self, assignment: str) -> re.Pattern[str]:
        """The pattern of the subjects of an assignment's messages."""
        text = self.subjects.get(assignment, "")
        if not text:
            raise ExplainedError(
                f"nbgrader_config.py has no pattern for the messages of {assignment}: add it to "
                "c.Collecting.subjects."
            )
        try:
            return re.compile(text, re.IGNORECASE)
        except re.error as error:
            raise ExplainedError(
                f"c.Collecting.subjects[{assignment!r}] in nbgrader_config.py is no regular expression: {error}."
            ) from None

    def zone(self) -> str:
        """The time zone, after a look at whether there is one of that name."""
        try:
            return ZoneInfo(self.timezone).key
        except (ZoneInfoNotFoundError, ValueError):
            raise ExplainedError(
                f"c.Collecting.timezone = {self.timezone!r} in nbgrader_config.py is no time zone: write one as "
                "'Europe/Moscow'."
            ) from None


@dataclass(frozen=True)
class Options:
    """What ``autograder collect`` was asked to do.

    Attributes
    ----------
    assignment : str
        Name of the assignment.
    source : pathlib.Path
        What to read.
    kind : str
        One of `KINDS`; recognised where empty.
    roster : pathlib.Path or None
        In place of the configured one.
    dates : pathlib.Path or None
        A CSV that says when each student handed in: Moodle's grading worksheet, or one's own.
    combine : bool
        Take each file from the last delivery that has it, rather than all from the last delivery.
    """

    assignment: str
    source: Path
    kind: str = ""
    roster: Path | None = None
    dates: Path | None = None
    combine: bool = False


@dataclass
class Line:
    """What became of one student's submission."""

    student: str
    name: str
    state: str
    date: str
    late: str
    files: list[str]
    missing: list[str]
    refused: dict[str, str]
    notes: list[str]
    deliveries: int


@dataclass
class Unmatched:
    """Something that came in and could not be given to anybody, or not be used.

    Attributes
    ----------
    origin, sender, date : str
        Where it stands, whose it says it is, and when it came.
    reason : str
        Why nothing was done with it.
    kept_in : str
        The folder where its files are.
    student : str
        The id, where it is known whose it is; then its files are the reason, and not the roster.
    is_unknown : bool
        Whether its files are fit, and only whose they are is not known.
    """

    origin: str
    sender: str
    date: str
    reason: str
    kept_in: str
    student: str = ""
    is_unknown: bool = False


@dataclass
class Summary:
    """What a run did."""

    assignment: str
    source: str
    kind: str
    read: int = 0
    passed_over: int = 0
    students: list[Line] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    not_handed_in: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The summary for ``--json``."""
        return asdict(self)


def collect(course: Path, options: Options) -> Summary:
    """Collect the submissions of an assignment.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    options : Options
        What to do.

    Returns
    -------
    Summary
        Of this run.

    Raises
    ------
    ExplainedError
        There is no such assignment, release, source or roster.
    """
    config = configuration.read(course)
    return _Collection(course, config, options).run()


class _Collection:
    def __init__(self, course: Path, config: Config, options: Options) -> None:
        self._course = course
        self._config = config
        self._options = options
        self._db_url = configuration.db_url(course, config)
        self._settings = Collecting(config=config)
        self._due_dates = DueDates(config=config)
        self._zone = self._settings.zone()
        self._assignment = assignments.known(options.assignment)
        self._release = release.read(course, self._assignment)
        self._roster = Roster.read(options.roster or course / self._settings.roster)
        self._handed_in = HandedIn.read(options.dates, self._zone) if options.dates else HandedIn()
        self._senders: list[Sender] = []
        self._folder = course / "gradebook" / "collected" / options.assignment
        self._store = Store(self._folder)
        self._submitted = course / "gradebook" / "submitted"
        self._collectors = {
            "moodle": lms.MoodleCollector(config=config),
            "canvas": lms.CanvasCollector(config=config),
        }
        self._written_path = self._folder / "written.json"
        self._written: dict[str, str] = read_json(self._written_path)
        if not options.source.exists():
            raise ExplainedError(
                f"There is no {options.source}: give the file or folder that was downloaded."
            )
        kind = options.kind or self._recognised_kind(options.source)
        if amiss := _amiss(options.source, kind):
            raise ExplainedError(f"{options.source} {amiss}; or leave --kind out, and it is recognised.")
        self._summary = Summary(options.assignment, str(options.source), kind)

    def run(self) -> Summary:
        release.enter(self._course, self._assignment, self._db_url)
        add_students(self._db_url, self._roster.columns)
        self._folder.mkdir(parents=True, exist_ok=True)
        for delivery in self._deliveries():
            self._summary.read += 1
            self._take(delivery)
        if not self._summary.read:
            self._remark_on_nothing()
        for student in self._roster.students:
            self._hand_in(student)
        self._remark()
        return self._summary

    def _recognised_kind(self, source: Path) -> str:
        if source.is_dir():
            if mail.is_maildir(source):
                return "maildir"
            return "eml" if mail.has_eml(source) else "folder"
        if zipfile.is_zipfile(source):
            try:
                with archives.opened(source, archives.OF_A_CLASS) as archive:
                    kind = lms.kind_of(archive.entries, self._collectors)
            except Refused as reason:
                raise ExplainedError(f"{source}: {reason}") from None
            if kind:
                return kind
            raise ExplainedError(
                f"{source} is a zip, and the names in it are neither Moodle's nor Canvas's: unpack it, and give the "
                "folder that holds a folder for each student."
            )
        if mail.is_mbox(source):
            return "mbox"
        if source.suffix.lower() == ".zip":
            raise ExplainedError(f"{source} is damaged, or no zip at all: download it again.")
        raise ExplainedError(
            f"{source} is not recognised: it is no zip, no mbox file and no folder. Give what was downloaded, or say "
            f"what it is with --kind ({', '.join(KINDS)})."
        )

    def _deliveries(self) -> Iterator[Delivery]:
        source, kind = self._options.source, self._summary.kind
        try:
            if kind in MAIL_KINDS:
                yield from self._messages(source, kind)
            elif kind == "folder":
                collector = lms.FolderCollector(config=self._config)
                yield from lms.read_folder(source, collector, self._assignment.name, ASSIGNMENTS)
            else:
                yield from lms.read_archive(source, kind, self._collectors[kind])
        except Refused as reason:
            raise ExplainedError(f"{source}: {reason}") from None
        except (OSError, mailbox.Error) as error:
            raise ExplainedError(f"{source} cannot be read as {kind}: {error}.") from error

    def _messages(self, source: Path, kind: str) -> Iterator[Delivery]:
        pattern = self._settings.pattern(self._assignment.name)
        others = [
            self._settings.pattern(name) for name in self._settings.subjects if name != self._assignment.name
        ]
        for origin, content in mail.messages(source, kind):
            if isinstance(content, Refused):
                yield Delivery(origin, "mail", Sender(), None, mail.UNDATED, problem=str(content))
                continue
            delivery = mail.read(origin, content, pattern, others)
            if delivery is None:
                self._summary.passed_over += 1
            else:
                yield delivery

    def _take(self, delivery: Delivery) -> None:
        """Find whose it is, and keep it."""
        self._senders.append(delivery.sender)
        delivery = self._handed_in.complete(delivery)
        taken, notes = recognise(delivery.files, self._assignment, self._release)
        student, problem, sure = "", delivery.problem, True
        if not problem and not taken:
            problem = _nothing_taken(delivery)
        amiss = bool(problem)
        known = ""
        try:
            found, how = self._roster.find(delivery.sender)
            known = found.id
            if not amiss:
                if delivery.date is None:
                    delivery = replace(delivery, date=self._handed_in.date_of(found))
                student, sure = found.id, how != "name" or delivery.kind != "mail" or not found.email
        except UnknownSenderError as reason:
            problem = problem or f"{str(reason)[0].upper()}{str(reason)[1:]}."
        kept = keep(
            delivery, sure=sure, taken=taken, notes=notes, problem=problem, student="" if student else known
        )
        self._store.add(kept, delivery.files, student)
        if problem:
            where = self._store.folder(kept.key)
            self._summary.unmatched.append(
                Unmatched(
                    delivery.origin,
                    str(delivery.sender),
                    _shown(delivery.date, self._zone),
                    problem,
                    str(where.relative_to(self._course)),
                    known,
                    not amiss,
                )
            )

    def _hand_in(self, student: str) -> None:
        """Put what counts of a student's deliveries where nbgrader looks for it."""
        place = self._submitted / student / self._assignment.name
        there = _content(place)
        own = self._with_what_is_there(place, student, there)
        deliveries = [kept for kept in self._store.of(student) if kept.taken]
        if not deliveries:
            self._summary.not_handed_in.append(student)
            return
        counting = [kept for kept in deliveries if kept.sure] or deliveries
        last = counting[-1]
        whose = dict.fromkeys(last.taken, last)
        if self._options.combine:
            whose = {name: kept for kept in counting for name in kept.taken}
        date = max((kept.date for kept in whose.values() if kept.date), default=None)
        state = "unchanged"
        if {kept.key for kept in whose.values()} != {own}:
            wanted = {
                name: self._store.taken(student, kept)[name].read_bytes() for name, kept in whose.items()
            }
            if date is not None:
                wanted[TIMESTAMP] = dates.stamp(date).encode()
            if there != wanted:
                state = "changed" if there else "new"
                self._replace(place, student, wanted)
        self._summary.students.append(self._line(student, state, date, sorted(whose), deliveries, counting))

    def _with_what_is_there(self, place: Path, student: str, there: dict[str, bytes]) -> str:
        """Keep a submission that came another way, by hand or through the exchange, and give back its key."""
        if not there or _digest(there) == self._written.get(student):
            return ""
        found = lms.read_submission(place, student)
        taken, notes = recognise(found.files, self._assignment, self._release)
        self._store.add(keep(found, sure=True, taken=taken, notes=notes), found.files, student)
        return found.key

    def _replace(self, place: Path, student: str, wanted: dict[str, bytes]) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".new-") as new:
            made = Path(new) / "submission"
            made.mkdir()
            for name, content in wanted.items():
                (made / name).write_bytes(content)
            if place.exists():
                os.replace(place, Path(new) / "old")
            os.replace(made, place)
        self._written[student] = _digest(wanted)
        write_json(self._written_path, self._written)

    def _line(
        self,
        student: str,
        state: str,
        date: datetime | None,
        files: list[str],
        deliveries: list[Kept],
        counting: list[Kept],
    ) -> Line:
        last = counting[-1]
        expected = [f"{name}.ipynb" for name in self._assignment.notebooks] + [*self._assignment.checkpoints]
        missing = [name for name in expected if name not in files]
        notes = list(last.notes)
        earlier = {name for kept in counting[:-1] for name in kept.taken} & set(missing)
        if earlier:
            notes.append(f"an earlier one has {', '.join(sorted(earlier))}: --combine takes it from there")
        notes += [
            f"in this name, from another address, and kept aside: {kept.origin}"
            for kept in deliveries
            if not kept.sure and kept not in counting
        ]
        undated = [kept for kept in counting if kept.date is None]
        if undated and len(undated) < len(counting):
            notes.append(
                f"no date says whether {undated[-1].origin} came before or after the others; the times of the files "
                "decided: give --dates FILE"
            )
        if not last.sure:
            notes.append(f"by the name alone: the address of {last.sender} is not the one in the roster")
        due = self._due_dates.due_date(self._assignment.name, student)
        late = date - due if date and due else timedelta(0)
        return Line(
            student,
            self._roster.students[student].name,
            state,
            _shown(date, self._zone),
            _span(late) if late > timedelta(0) else "",
            files,
            missing,
            last.refused,
            notes,
            len(deliveries),
        )

    def _remark_on_nothing(self) -> None:
        """Say why a source may hold nothing.

        Raises
        ------
        ExplainedError
            It is the folder of one student, and not that of the class.
        """
        source = self._options.source
        if self._summary.kind == "folder":
            own = {p.name: p.read_bytes() for p in source.iterdir() if p.suffix == ".ipynb" and p.is_file()}
            if own and recognise(own, self._assignment, self._release)[0]:
                raise ExplainedError(
                    f"{source} holds {', '.join(sorted(own))} itself: give the folder above it, which holds one folder "
                    "for each student, named by id or name."
                )
            self._summary.remarks.append(
                f"{source} holds nothing that was handed in: a folder, or a zip, for each student is wanted in it."
            )
        elif self._summary.kind in MAIL_KINDS:
            self._summary.remarks.append(
                f"no subject says that a message belongs to {self._assignment.name}: "
                "c.Collecting.subjects in nbgrader_config.py has the pattern."
            )

    def _remark(self) -> None:
        undated = [line.student for line in self._summary.students if not line.date]
        if undated:
            self._summary.remarks.append(
                f"{len(undated)} submissions have no date, so that they cannot count as late: the source does not "
                "say when they were handed in. Give --dates FILE (docs/instructors.md)."
            )
        known = [*self._senders, *(student.as_sender for student in self._roster.students.values())]
        if strangers := self._handed_in.strangers(known):
            self._summary.remarks.append(
                f"{self._options.dates} has dates of {len(strangers)} who are neither in the roster nor handed "
                f"anything in: {', '.join(strangers[:NAMED])}{', …' if len(strangers) > NAMED else ''}"
            )
        self._summary.remarks += self._due_dates.strangers(self._assignment.name, self._roster.students)
        for student in self._store.students():
            if student not in self._roster.students:
                self._summary.remarks.append(f"{student} handed in before and is no longer in the roster.")


def _amiss(source: Path, kind: str) -> str:
    """Why nothing would be found in a source of this kind, and what to do; empty where something may be."""
    if kind in ("moodle", "canvas"):
        return (
            f"is a folder, and {kind.capitalize()}'s zip is wanted: give the zip as it was downloaded"
            if source.is_dir()
            else ""
        )
    if kind == "mbox":
        return (
            "" if mail.is_mbox(source) else "is no mbox file, which begins with “From ”: say another --kind"
        )
    if not source.is_dir():
        what = "unpack it" if zipfile.is_zipfile(source) else "put what was handed in into a folder"
        return f"is a file, and --kind {kind} wants a folder: {what} and give the folder"
    if kind == "maildir" and not mail.is_maildir(source):
        return "is no Maildir, which holds the folders cur and new: give the folder that does"
    if kind == "eml" and not mail.has_eml(source):
        return "holds no .eml file: give the folder that does"
    return ""


def _nothing_taken(delivery: Delivery) -> str:
    if delivery.refused:
        return " ".join(f"{name}: {reason}" for name, reason in list(delivery.refused.items())[:3])
    if set(delivery.files) - {mail.KEPT_WHOLE}:
        return f"None of its files belongs to the assignment: {', '.join(list(delivery.files)[:5])}."
    return "No file is attached. Large files are often sent as links: ask for the file itself."


def _content(place: Path) -> dict[str, bytes]:
    """The ordinary files of a submission."""
    if place.is_symlink() or not place.is_dir():
        return {}
    return {p.name: p.read_bytes() for p in sorted(place.iterdir()) if p.is_file() and not p.is_symlink()}


def _digest(files: dict[str, bytes]) -> str:
    return hashlib.sha256(
        repr([(n, hashlib.sha256(files[n]).hexdigest()) for n in sorted(files)]).encode()
    ).hexdigest()


def _shown(date: datetime | None, zone: str) -> str:
    return f"{date.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}" if date else ""


def _span(late: timedelta) -> str:
    minutes, seconds = divmod(int(late.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" + (f" {seconds} s" if seconds else "")
