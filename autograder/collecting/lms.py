"""Submissions as Moodle and Canvas hand them out, and folders: nbgrader's file-name collectors, configured.

``nbgrader zip_collect --collector=autograder.collecting.lms.MoodleCollector`` knows the same names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipInfo

from nbgrader.plugins import FileNameCollectorPlugin
from traitlets import List, Unicode

from autograder.collecting import archives, dates
from autograder.collecting.archives import Archive
from autograder.collecting.delivery import Delivery, open_files, safe_name
from autograder.collecting.roster import Sender
from autograder.sanitise import CHECKPOINT_BYTES, Refused, read_file
from autograder.timestamps import TIMESTAMP, read_timestamp

ENDINGS = [".ipynb", ".pt", ".pth", ".json", ".zip"]
MOST_FILES = 200
SYSTEM_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What file managers put into folders by themselves."""
UNDATED = datetime.min.replace(tzinfo=UTC)
EMPTY = "The folder is empty: ask the student for the files, or delete the folder."


class MoodleCollector(FileNameCollectorPlugin):
    """The names in Moodle's “Download all submissions”, in folders (the default there) or without."""

    named_regexp = Unicode(
        r"(?:.*/)?(?P<name>[^/_]+)_(?P<student_id>\d+)_assignsubmission_(?:file|onlinetext)(?:_?/|_)(?P<file_id>.+)",
        help="pattern of an entry's path",
    ).tag(config=True)
    valid_ext = List(Unicode(), ENDINGS, help="endings of files that are collected").tag(config=True)


class CanvasCollector(FileNameCollectorPlugin):
    """The names in Canvas's “Download Submissions”: name, LATE, user's number, file's number, file."""

    named_regexp = Unicode(
        r"(?:.*/)?(?P<name>[^/]+?)(?P<late>_LATE)?_(?P<student_id>\d+)_(?P<attachment>\d+)_(?P<file_id>[^/]+)",
        help="pattern of an entry's name",
    ).tag(config=True)
    valid_ext = List(Unicode(), ENDINGS, help="endings of files that are collected").tag(config=True)


class FolderCollector(FileNameCollectorPlugin):
    """A folder for each student, named by id or name, or an archive for each."""

    named_regexp = Unicode(
        r"(?P<student_id>[^/]+?)(?:/(?P<file_id>.+)|\.zip)", help="pattern of a path below the folder"
    ).tag(config=True)
    valid_ext = List(Unicode(), [*ENDINGS, ".txt"], help="endings of files that are collected").tag(
        config=True
    )


def kind_of(names: Iterable[str], collectors: dict[str, FileNameCollectorPlugin]) -> str:
    """Which LMS made an archive with these entries; empty where none did."""
    names = list(names)
    counts = {
        kind: sum(_match(collector, name) is not None for name in names if _is_wanted(collector, name))
        for kind, collector in collectors.items()
    }
    best = max(counts, key=lambda kind: counts[kind])
    return best if counts[best] else ""


def _match(collector: FileNameCollectorPlugin, path: str) -> dict[str, str] | None:
    """What a path says, by the pattern's groups; nbgrader's collector would log every one that says nothing."""
    match = re.fullmatch(collector.named_regexp, path, re.DOTALL)
    return {name: value or "" for name, value in match.groupdict().items()} if match else None


def _is_wanted(collector: FileNameCollectorPlugin, path: str) -> bool:
    """Whether it has the ending of a file that is collected."""
    return Path(path).suffix.lower() in collector.valid_ext


def _own(collector: FileNameCollectorPlugin, paths: list[str]) -> list[str]:
    """Which of a student's files are read: those that are wanted, and where there is none of them, the first others.

    What was handed in instead is named then, with the student.
    """
    wanted = [path for path in paths if _is_wanted(collector, path)]
    return wanted if any(Path(p).suffix.lower() != ".txt" for p in wanted) else paths[:MOST_FILES]


def read_archive(path: Path, kind: str, collector: FileNameCollectorPlugin) -> Iterator[Delivery]:
    """Read an LMS's archive, one student at a time.

    Parameters
    ----------
    path : pathlib.Path
        The archive as it was downloaded.
    kind : str
        ``"moodle"`` or ``"canvas"``.
    collector : FileNameCollectorPlugin
        With the pattern of its entries.

    Raises
    ------
    Refused
        It is no archive.
    """
    with archives.opened(path, archives.OF_A_CLASS) as archive:
        groups: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
        for entry in {**archive.entries, **archive.refused}:
            about = _match(collector, entry)
            if about is not None:
                groups.setdefault((about["student_id"], about["name"]), {})[entry] = about
            elif entry in archive.entries:
                yield _stray(path, kind, entry, archive)
            else:
                reason = archive.refused[entry]
                origin = f"{path.name}, {entry}"
                yield Delivery(origin, kind, Sender(), None, UNDATED, refused={entry: reason}, problem=reason)
        for (number, name), entries in groups.items():
            archive.renew()
            own = [(entry, entries[entry]) for entry in _own(collector, list(entries))]
            yield _of_one_student(path, kind, archive, Sender(name=name, lms_user_id=number), own)


def _stray(path: Path, kind: str, entry: str, archive: Archive) -> Delivery:
    """An entry that cannot be given to anybody."""
    archive.renew()
    try:
        files, refused = {safe_name(entry): archive.read(entry)}, {}
    except Refused as reason:
        files, refused = {}, {entry: str(reason)}
    return Delivery(
        f"{path.name}, {entry}",
        kind,
        Sender(),
        None,
        _time(archive.entries[entry]),
        files,
        refused,
        problem="Its name is not that of a file that a student hands in.",
    )


def _of_one_student(
    path: Path, kind: str, archive: Archive, sender: Sender, entries: list[tuple[str, dict[str, str]]]
) -> Delivery:
    given: dict[str, bytes] = {}
    refused: dict[str, str] = {}
    lms = {"name": sender.name, "number": sender.lms_user_id}
    for entry, about in entries:
        name = about["file_id"].split("/")[-1]
        if entry in archive.refused:
            refused[name] = archive.refused[entry]
        if entry not in archive.entries:
            continue
        if len(given) == MOST_FILES:
            refused[name] = f"More than {MOST_FILES} files were handed in."
            continue
        if kind == "moodle":
            lms["folder"] = f"{sender.name}_{sender.lms_user_id}_assignsubmission_file_"
        else:
            lms[f"file:{name}"] = entry.split("/")[-1]
        try:
            given[name] = archive.read(entry)
        except Refused as reason:
            refused[name] = str(reason)
    files, left_out = open_files(given)
    late = any(about.get("late") for _, about in entries)
    return Delivery(
        f"{path.name}, {entries[0][0]}",
        kind,
        sender,
        None,
        max((_time(archive.entries[e]) for e, _ in entries if e in archive.entries), default=UNDATED),
        files,
        refused | left_out,
        lms,
        notes=("Canvas marks it LATE",) if late else (),
    )


def _time(info: ZipInfo) -> datetime:
    """When an entry was written: neither LMS puts the time of handing in there."""
    try:
        return datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return UNDATED


def read_folder(
    folder: Path, collector: FileNameCollectorPlugin, assignment: str, others: Iterable[str]
) -> Iterator[Delivery]:
    """Read a folder that holds a folder, or an archive, for each student.

    Parameters
    ----------
    folder : pathlib.Path
        Links in it are not followed.
    collector : FileNameCollectorPlugin
        With the pattern of the paths below it.
    assignment : str
        Where a student's folder has a folder of this name, only that counts.
    others : iterable of str
        Names of other assignments, whose folders are passed over.
    """
    groups: dict[str, list[tuple[Path, str]]] = {}
    passed_over = set(others) - {assignment} | archives.IGNORED_FOLDERS
    full = set()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.name in SYSTEM_FILES or (path.is_dir() and not path.is_symlink()):
            continue
        full.add(relative.parts[0])
        if passed_over & set(relative.parts[1:-1]) or _is_hidden(relative.parts[0]):
            continue
        about = _match(collector, relative.as_posix())
        if about is not None:
            groups.setdefault(about["student_id"], []).append((path, about.get("file_id") or path.name))
    for who, paths in groups.items():
        inner = [(path, name) for path, name in paths if assignment in Path(name).parts[:-1]]
        own = _own(collector, [str(path) for path, _ in inner or paths])
        yield _of_one_folder(f"{folder.name}/{who}", who, list(map(Path, own)))
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in full and not _is_hidden(path.name) and not path.is_symlink():
            yield Delivery(
                f"{folder.name}/{path.name}", "folder", Sender(id=path.name), None, UNDATED, problem=EMPTY
            )


def _is_hidden(name: str) -> bool:
    """Whether a folder beside those of the students is no student's."""
    return name.startswith(".") or name in archives.IGNORED_FOLDERS


def read_submission(folder: Path, student: str) -> Delivery:
    """Read a student's folder as nbgrader keeps it, ``submitted/STUDENT/ASSIGNMENT``."""
    paths = [path for path in sorted(folder.rglob("*")) if not path.is_dir()]
    return _of_one_folder(f"submitted/{student}/{folder.name}", student, paths)


def _of_one_folder(origin: str, who: str, paths: list[Path]) -> Delivery:
    given: dict[str, bytes] = {}
    refused: dict[str, str] = {}
    date: datetime | None = None
    times = [UNDATED]
    for path in paths[:MOST_FILES]:
        try:
            if path.name == TIMESTAMP:
                date = dates.parse(read_timestamp(path), "UTC")
            else:
                given[path.name] = read_file(path, CHECKPOINT_BYTES)
                times.append(datetime.fromtimestamp(path.stat().st_mtime, UTC))
        except Refused as reason:
            refused[path.name] = str(reason)
    refused |= {path.name: f"More than {MOST_FILES} files were handed in." for path in paths[MOST_FILES:]}
    files, left_out = open_files(given)
    return Delivery(origin, "folder", Sender(id=who), date, max(times), files, refused | left_out)
