"""A class of any size, made up: reports of the real checks, a gradebook, and answers with copies among them."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from pathlib import Path

from autograder import notebooks
from autograder.assignments import ASSIGNMENTS
from autograder.checks.check import Check
from autograder.checks.result import CheckResult, CriterionResult, Finding, Status
from autograder.examiner import checks_of
from autograder.overview.books import Booked, Entry
from autograder.overview.figures import limit_events
from autograder.overview.page import Overview
from autograder.overview.similar import find_similar
from autograder.overview.submitted import stubs
from autograder.report import CellOutcome, NotebookReport, Report

ROOT = Path(__file__).parents[2]
CAUSES = (
    "The gradient is {n} times too large, and {n} is the batch size: divide by it.",
    "The sign is lost: it is a step uphill, not downhill.",
    "The gradient is 0 everywhere: is it stored in `forward`?",
    "",
)
FIRST = ("Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mei")
LAST = ("Lovelace", "Ortiz", "Rossi", "Iwanowa", "Yılmaz", "Okafor", "Weiß", "Sato", "Novák", "Silva")
METRICS = {"check_accuracy": "accuracy", "check_precision": "mean precision", "check_recall": "mean recall"}


def check_result(check: Check, rng: random.Random, skill: float) -> CheckResult:
    """A verdict like those that judges give: better for a student of more skill."""
    criteria = []
    for number, criterion in enumerate(check.criteria):
        status, finding = Status.PASSED, Finding()
        if rng.random() > skill:
            status = rng.choices(
                (Status.FAILED, Status.ERROR, Status.NOT_DONE, Status.TIMED_OUT, Status.MALFORMED),
                (20, 5, 3, 1, 0.5),
            )[0]
            cause = rng.choice(CAUSES[number % 2 :]).format(n=rng.choice((3, 7, 11)))
            finding = Finding("a batch of 7", "ValueError: shapes (7, 3)", "no error", cause)
        criteria.append(CriterionResult(criterion.id, criterion.title, criterion.weight, status, finding))
    measured = {}
    if check.id in METRICS:
        measured = {METRICS[check.id]: min(max(rng.gauss(0.78, 0.08), 0.1), 0.95)}
    required = frozenset(c.id for c in check.criteria if c.required)
    return CheckResult(check.id, check.title, check.points, tuple(criteria), required, "", measured)


def report(student: str, assignment: str, rng: random.Random) -> Report:
    """One report with a verdict for every check."""
    skill = min(1.0, max(0.4, rng.gauss(0.93, 0.1)))
    parts = []
    for name in ASSIGNMENTS[assignment].notebooks:
        checks = checks_of(name)
        results = tuple(check_result(checks[c], rng, skill) for c in sorted(checks.names()))
        cells = (CellOutcome("train", rng.choices(("ok", "timed_out"), (40, 1))[0], 1.0),)
        seconds = {result.id: rng.expovariate(3) for result in results}
        parts.append(NotebookReport(name, results, (), cells, "", sum(seconds.values()), seconds))
    refused = {"cifar10_cnn.pt": "cifar10_cnn.pt was not handed in."} if rng.random() < 0.05 else {}
    seconds = sum(part.seconds for part in parts)
    return Report(student, assignment, f"key-{student}", "0.1", "all walls", tuple(parts), refused, seconds)


def answers(assignment: str, students: list[str], rng: random.Random) -> dict[str, dict[str, str]]:
    """Answers of a class: each its own filling of many lines; the last two students copied from the first two."""
    names = [
        f"{name}: {grade_id}"
        for name in ASSIGNMENTS[assignment].notebooks
        for grade_id, cell in notebooks.cells_by_grade_id(release(assignment)[name]).items()
        if cell.cell_type == "code" and not notebooks.is_locked(cell)
    ]
    made = {student: {name: own_code(rng) for name in names} for student in students}
    if len(students) > 4:
        for thief, source in ((-1, 0), (-2, 1)):
            copied = {name: disguise(made[students[source]][name]) for name in names[:2]}
            made[students[thief]] |= copied
    return made


def own_code(rng: random.Random) -> str:
    """Some 30 lines of valid code whose structure is drawn at random, below three that all write."""
    lines = ["def solve(x, y):", "    import numpy as np", "    z = np.asarray(x, dtype=float)"]
    for _ in range(rng.randint(20, 30)):
        a, b, c = (rng.choice("uvwxyz") for _ in range(3))
        lines.append(
            rng.choice(
                (
                    f"    {a} = {b} {rng.choice('+-*/')} {c}[{rng.randint(0, 9)}]",
                    f"    if {a} {rng.choice(('<', '>', '=='))} {rng.randint(0, 99)}: {b} = {c}({a}, {b})",
                    f"    for {a} in range({b}, {rng.randint(2, 50)}): {c} += {a} ** {rng.randint(2, 5)}",
                    f"    {a} = np.where({b} > {rng.random():.2f}, {c}, {a} @ {b}.T)",
                    f"    {a}, {b} = {b} % {rng.randint(2, 9)}, [{c} for {c} in {a} if {c}]",
                )
            )
        )
    return "\n".join([*lines, "    return z"])


def disguise(code: str) -> str:
    """The same code under other names, with comments, other spaces, and a line moved to the front."""
    for old, new in zip("uvwxyz", ("first", "second", "third", "rows", "labels", "out"), strict=True):
        code = re.sub(rf"\b{old}\b", new, code)
    head, *rest = code.split("\n")
    return "\n".join([head, "    # my own work", *(line.replace(" = ", "  =  ") for line in rest)])


def release(assignment: str) -> dict[str, notebooks.NotebookNode]:
    """The released notebooks of an assignment."""
    folder = ROOT / "notebooks" / assignment
    return {name: notebooks.read(folder / f"{name}.ipynb") for name in ASSIGNMENTS[assignment].notebooks}


def overview(assignment: str, students: int, seed: int = 0, *, similar: bool = True) -> Overview:
    """All that the page shows of a class of that many students; with `similar`, answers too."""
    rng = random.Random(seed)
    ids = [f"s{number:04d}" for number in range(students)]
    entries: list[Entry] = []
    events: dict[str, list[str]] = {}
    for student in ids:
        name = f"{rng.choice(LAST)}, {rng.choice(FIRST)}"
        if rng.random() < 0.03:
            entries.append(Entry(student, name, handed_in=False))
            continue
        made = report(student, assignment, rng)
        booked = Booked({check: result.points for check, result in made.checks.items()})
        if assignment == "linear_classifiers":
            waits = rng.random() < 0.3
            booked.points["conclusions"] = 0.0 if waits else rng.choice((0.1, 0.25, 0.5))
            (booked.waiting if waits else booked.by_hand).append("conclusions")
        booked.penalty = rng.choices((0.0, 1.0), (15, 1))[0]
        if found := limit_events(made):
            events[student] = found
        changed = ("1_backprop_numpy: check_linear",) if rng.random() < 0.04 else ()
        entries.append(Entry(student, name, True, made.brief(), booked, changed))
    texts = answers(assignment, [e.student for e in entries if e.handed_in], rng) if similar else {}
    given = stubs(ASSIGNMENTS[assignment], release(assignment))
    tasks = {"conclusions": "2_softmax_pytorch"} if assignment == "linear_classifiers" else {}
    return Overview(
        assignment,
        datetime(2026, 11, 22, 14, 30, tzinfo=UTC),
        entries,
        10.0,
        events,
        tasks,
        find_similar(texts, given) if similar else None,
        texts,
    )
