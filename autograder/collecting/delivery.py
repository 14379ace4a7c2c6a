"""One thing that came in: a message, or what an LMS's zip or a folder holds of one student."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nbformat import NotebookNode

from autograder import nameless, notebooks
from autograder.assignments import ASSIGNMENTS, Assignment
from autograder.collecting import archives
from autograder.collecting.roster import Sender
from autograder.sanitise import NOTEBOOK_BYTES, Refused, name_cells, parse_notebook

COPY = re.compile(r"(?:\s*\(\d+\)|-\d+|\s*-?\s*(?:copy|копия)\d*)+(?=\.\w+\Z)", re.IGNORECASE)
"""What browsers, Canvas and file managers put behind the name of a second file of that name."""
LONGEST_NAME = 120
FEWEST_CELLS = 0.5
NAMED_ANEW = (
    "its cells have lost their names, which an editor or a copy may do; they are known by their text and place, and "
    "the notebook is graded"
)
"""What a person should know of such a notebook."""


@dataclass(frozen=True)
class Delivery:
    """What came in.

    Attributes
    ----------
    origin : str
        Where it stands in the source, for people.
    kind : str
        ``"folder"``, ``"moodle"``, ``"canvas"`` or ``"mail"``.
    sender : Sender
        What is known of who handed it in.
    date : datetime.datetime or None
        When, with a time zone; None where the source does not say.
    seen : datetime.datetime
        What orders deliveries without a date: the time of a file or of an entry of an archive.
    files : dict of str to bytes
        By a name that is fit for a file.
    refused : dict of str to str
        What was not taken, with the reason.
    lms : dict of str to str
        What the LMS calls the student and the files, for giving feedback back.
    problem : str
        Why nothing of it can be used; empty for most.
    notes : tuple of str
        What a person should know.
    """

    origin: str
    kind: str
    sender: Sender
    date: datetime | None
    seen: datetime
    files: dict[str, bytes] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    lms: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def when(self) -> datetime:
        """The date, or what stands in for it when deliveries are put in order."""
        return self.date or self.seen

    @property
    def key(self) -> str:
        """Names what came in: the same delivery met twice, in whatever source, has the same.

        Only a message's date and address are part of it; what an LMS or a folder holds may get both later,
        from a table of dates.
        """
        is_mail = self.kind == "mail"
        address = self.sender.address if is_mail else ""
        said = [self.sender.id, self.sender.name, address, self.sender.lms_user_id]
        sent = self.date.astimezone(UTC) if self.date and is_mail else None
        content = {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}
        where = "" if content else self.origin
        text = json.dumps([said, str(sent), content, sorted(self.refused), where], sort_keys=True)
        stamp = sent.strftime("%Y-%m-%dT%H-%M-%SZ") if sent else self.kind
        return f"{stamp}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def safe_name(name: str) -> str:
    """A name for a file, made of a name that a stranger chose: no folders, no control characters, not hidden."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in last).strip(" .")
    stem, dot, ending = clean.rpartition(".")
    if dot and len(ending) <= 10:
        clean = f"{_cut(stem)}.{ending}"
    return _cut(clean, LONGEST_NAME + 11) or "unnamed"


def _cut(name: str, most: int = LONGEST_NAME) -> str:
    return name.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


def open_files(given: dict[str, bytes]) -> tuple[dict[str, bytes], dict[str, str]]:
    """Replace archives by what they hold, and names by harmless ones.

    Parameters
    ----------
    given : dict of str to bytes
        Files as they came in, by name; later ones take precedence.

    Returns
    -------
    files : dict of str to bytes
        Archives that were refused are among them, under their own names, so that nothing gets lost.
    refused : dict of str to str
        With the reason.
    """
    files: dict[str, bytes] = {}
    refused: dict[str, str] = {}
    for name, content in given.items():
        if not name.lower().endswith(".zip"):
            files[safe_name(name)] = content
            continue
        try:
            inside, left_out = archives.unpack(content)
        except Refused as reason:
            inside, left_out = {}, {safe_name(name): str(reason)}
        refused |= {safe_name(path): reason for path, reason in left_out.items()}
        if left_out:
            files[safe_name(name)] = content
        for inner, data in inside.items():
            files.setdefault(safe_name(inner), data)
    return files, refused


def recognise(
    files: dict[str, bytes], assignment: Assignment, release: dict[str, NotebookNode]
) -> tuple[dict[str, str], list[str]]:
    """Say which files are the ones that were asked for.

    A name counts whatever its case, and with the number that a browser or Canvas puts behind it; a notebook
    under another name is known by the ids of its cells, or by their text, a checkpoint by being the only one.

    Parameters
    ----------
    files : dict of str to bytes
        What came in.
    assignment : Assignment
        What was asked for.
    release : dict of str to NotebookNode
        The released notebooks by name.

    Returns
    -------
    taken : dict of str to str
        The name that was asked for, and the name of the file.
    notes : list of str
        What was taken under another name, and what became of notebooks whose cells have lost their names.
    """
    expected = [f"{name}.ipynb" for name in assignment.notebooks]
    expected += [*assignment.checkpoints, *assignment.histories]
    taken = {name: name for name in expected if name in files}
    for spell in (str.lower, lambda name: COPY.sub("", name).lower()):
        plain: dict[str, list[str]] = {}
        for name in files:
            plain.setdefault(spell(name), []).append(name)
        for name in expected:
            if name not in taken and (same := plain.get(name.lower())):
                taken[name] = max(same)
    left = [name for name in files if name not in taken.values()]
    for name in left:
        if name.lower().endswith(".ipynb") and (notebook := _known_by_cells(files[name], release)):
            taken.setdefault(f"{notebook}.ipynb", name)
    # Collected by mistake under this name, another assignment's weights would stand in for those of this one.
    others = {name for other in ASSIGNMENTS.values() if other != assignment for name in other.checkpoints}
    weights = [name for name in left if name.lower().endswith((".pt", ".pth")) and name not in others]
    if len(weights) == 1 and len(assignment.checkpoints) == 1:
        taken.setdefault(assignment.checkpoints[0], weights[0])
    notes = [f"{name} was taken as {wanted}" for wanted, name in taken.items() if name != wanted]
    for name, released in release.items():
        said = note_on_names(files[taken[f"{name}.ipynb"]], released) if f"{name}.ipynb" in taken else ""
        notes += [f"{name}.ipynb: {said}"] if said else []
    return taken, notes


def note_on_names(content: bytes, release: NotebookNode) -> str:
    """What a person should know of a notebook whose cells have lost their names; nothing for all others.

    Parameters
    ----------
    content : bytes
        Of the submitted notebook.
    release : NotebookNode
        The released one.
    """
    if len(content) > NOTEBOOK_BYTES:
        return ""
    try:
        submitted = parse_notebook(content)
    except Refused:
        return ""  # grading says it
    try:
        return NAMED_ANEW if name_cells(submitted, release) else ""
    except Refused as reason:
        return str(reason)


def _known_by_cells(content: bytes, release: dict[str, NotebookNode]) -> str:
    """The released notebook whose cells these are, or nothing."""
    if len(content) > NOTEBOOK_BYTES:
        return ""
    try:
        submitted = parse_notebook(content)
    except Refused:
        return ""
    there = {cell.metadata.get("grade_id") for cell in submitted.cells}
    shares = {}
    for name, notebook in release.items():
        if ids := set(notebooks.cells_by_grade_id(notebook)):
            found = there & ids or set(nameless.find_names(submitted, notebook).values())
            shares[name] = len(found) / len(ids)
    best = max(shares, key=lambda name: shares[name], default="")
    return best if best and shares[best] >= FEWEST_CELLS else ""
