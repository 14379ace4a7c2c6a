"""What a check is: criteria in order, judged from the answers of a probe."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from autograder.checks import raised
from autograder.checks.answer import Answer, Wrong, malformed
from autograder.checks.raised import Causes
from autograder.checks.result import (
    CheckResult,
    CriterionResult,
    Finding,
    Status,
    printable,
    printable_finding,
)

if TYPE_CHECKING:
    from autograder.sandbox.inside.hidden_names import Hidden

QUOTED = 300


class Ask(Protocol):
    """The way to a probe: in the notebook a function call, in grading a message to the sandbox."""

    def __call__(self, probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
        """Put one question and give back the outcome that `autograder.probes.respond` describes."""


Libraries = Callable[[str], Sequence[str]]
HiddenNames = Callable[[], "Sequence[Hidden]"]


class Exam:
    """One sitting of one check: the judge's random generator, its questions, what it has found out.

    Attributes
    ----------
    rng : numpy.random.Generator
        Seeded for this check; every input is drawn from it.
    memory : dict
        For what one criterion finds out and a later one needs.
    note : str
        A sentence for the card.
    measured : dict of str to float
        What the check measured of a trained model, by the name of the metric.
    shared : dict
        As `memory`, for several checks of one notebook between which no cell runs.
    shown_test_labels : numpy.ndarray or None
        What the notebook found in place of the test labels, where they are hidden from it.
    libraries : callable
        Takes the name of a student's object and answers the libraries that it is made with, as the text
        of the cells says it; nothing that runs in them can change what was read.
    hidden : callable
        Answers the places in the text of the cells, up to the check's, that reach what the text does not name.
    stopped : str
        How the cell of the answer ended where that is known and was not its end: ``"stops with `KeyError: 'W'`"``.
    """

    def __init__(
        self,
        check: Check,
        ask: Ask,
        seed: int,
        shown_test_labels: np.ndarray | None = None,
        shared: dict[str, Any] | None = None,
        libraries: Libraries | None = None,
        hidden: HiddenNames | None = None,
        stopped: str = "",
    ) -> None:
        self._seed = seed
        self.stopped = stopped
        self.rng = self.generator(check.module)
        self.memory: dict[str, Any] = {}
        self.shared = {} if shared is None else shared
        self.note = ""
        self.measured: dict[str, float] = {}
        self.shown_test_labels = shown_test_labels
        self.libraries: Libraries = libraries or (lambda name: [])
        self.hidden: HiddenNames = hidden or (lambda: [])
        self._check = check
        self._ask = ask
        self._explained: dict[tuple[str, ...], str] = {}

    def generator(self, purpose: str) -> np.random.Generator:
        """A random generator of its own for each purpose, the same whoever comes first."""
        digest = hashlib.sha256(f"{purpose}:{self._seed}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "little"))

    def ask(self, function: str, *, tried: str = "", if_error: str | Causes = "", **question: Any) -> Answer:
        """Put a question to the check's probe.

        Parameters
        ----------
        function : str
            A function of the probe.
        tried : str
            The question in words, for the card of an error.
        if_error : str or sequence of (pattern, str)
            The likely cause of an error here, where an earlier criterion did not see the same one and it does not say
            by itself what is wrong; or causes by a pattern of the error. See `autograder.checks.raised`.
        **question
            Its keyword arguments: numpy arrays, numbers, strings, and lists and dictionaries of them.

        Returns
        -------
        Answer
            What the probe answered.

        Raises
        ------
        Wrong
            When the student's code is not done, raised an error or was interrupted; the finding says so.
        """
        outcome = self._ask(self._check.probe, function, question)
        status = outcome.get("status") if type(outcome) is dict else None
        if type(status) is not str:
            raise malformed("its status is no text")
        if status == "answered":
            return Answer(outcome.get("answer"))
        raise _unanswered(status, outcome, self._check, tried, if_error, self._explained)


def _unanswered(
    status: str,
    outcome: dict[str, Any],
    check: Check,
    tried: str,
    if_error: str | Causes,
    explained: dict[tuple[str, ...], str],
) -> Wrong:
    cell = check.cell or "the cells above"
    if begins := _quoted(outcome.get("cell")):  # it may be another cell, whose code the answer's uses
        cell = f"the cell that begins `{begins}`"
    if status == "not_done":
        name = _identifier(outcome.get("replaces"))
        return Wrong(
            Finding(
                got="The code still raises `NotImplementedError`.",
                cause=f"Your own `{name}` stands in another cell, and the stub in {cell} was run after it and took "
                "its place: put your answer there, run it, then run this check again."
                if name
                else f"Not done yet: write your answer in {cell}, run it, then run this check again.",
            ),
            Status.NOT_DONE,
        )
    if status in ("interrupted", "timed_out"):
        return Wrong(
            Finding(
                tried=tried,
                got="It was still running when its time was up, and was stopped.",
                cause="A loop may never end: look for a `while` whose condition stays true.",
                where=cell,
            ),
            Status.TIMED_OUT,
        )
    if status == "out_of_memory":
        return Wrong(
            Finding(
                tried=tried,
                got="It asked for more memory than it may have.",
                cause="An array is far larger than its inputs: look at the shapes that broadcasting gives. Or many "
                "large arrays are kept at a time: float32 takes half of what float64 does, and `del` gives one back.",
                where=cell,
            ),
            Status.OUT_OF_MEMORY,
        )
    if status == "error":
        error, message, line = (_quoted(outcome.get(name)) for name in ("error", "message", "line"))
        number = outcome.get("number")
        where = f"line {number} of {cell}: `{line}`" if line and type(number) is int else cell
        got = f"{error or 'An error'}: {message}".rstrip(": ")
        cause = "" if isinstance(if_error, str) else raised.likely_cause(got, if_error, where)
        cause = cause or raised.missing_name(
            got,
            meant=_identifier(outcome.get("meant")),
            of_library=outcome.get("of_library") is True,
            in_line=type(number) is int,
        )
        cause = cause or raised.likely_cause(got, where=where)
        place = (error, where)
        if not isinstance(if_error, str) or not if_error:
            explained.setdefault(place, cause)
        elif place in explained:  # so it is not what this criterion asks for that makes the error
            cause = explained[place]
        elif not raised.says_it_itself(got):
            cause = if_error
        return Wrong(
            Finding(
                tried=tried,
                got=got,
                expected="no error",
                cause=cause or (raised.HINT if line else raised.HINT_OUTSIDE),
                where=where,
                recognised=bool(cause),
            ),
            Status.ERROR,
        )
    return malformed("its status is not one of the agreed ones")


def _identifier(text: Any) -> str:
    """A name, or ``self.`` and a name; empty for anything else."""
    return text if type(text) is str and text.removeprefix("self.").isidentifier() and len(text) <= 80 else ""


def _quoted(text: Any) -> str:
    return printable(text, QUOTED) if type(text) is str else ""


Judge = Callable[[Exam], Finding | None]


@dataclass(frozen=True)
class Criterion:
    """One thing that an answer must do: a judge, and what the card says about it.

    Attributes
    ----------
    id, title : str
        For programs and for people.
    judge : callable
        Takes an `Exam`; returns a `Finding` or None when the criterion is met, raises `Wrong` when not.
    weight : float
        Share of the check's points.
    needs : tuple of str
        Criteria that must have passed before this one is tried: "inputs unchanged" is worth nothing
        for a function that does nothing.
    required : bool
        Without it the whole check earns nothing.
    """

    id: str
    title: str
    judge: Judge
    weight: float = 1.0
    needs: tuple[str, ...] = ()
    required: bool = False


@dataclass
class Check:
    """One graded item of a notebook.

    Attributes
    ----------
    id : str
        The ``grade_id`` of the check cell.
    title : str
        For people.
    points : float
        What it is worth.
    answer : str
        The ``grade_id`` of the cell that it checks, or the empty string.
    subjects : tuple of str
        Names of the student's objects, in the order of the call: ``check.linear(Linear)``.
    module : str
        Where it is defined; by the pack's convention the probe has the same name below ``probes``.
    if_absent : str
        What the card says when a subject is None, where there is more to say than "not done yet".
    may_be_none : tuple of str
        Subjects that some criteria can do without, and that the others judge when they are None.
    begins : str
        How the cell of the answer begins in the released notebook, where its id is none of the names in it.
    """

    id: str
    title: str
    points: float
    answer: str
    subjects: tuple[str, ...]
    module: str
    if_absent: str = ""
    may_be_none: tuple[str, ...] = ()
    begins: str = ""
    criteria: list[Criterion] = field(default_factory=list)

    @property
    def probe(self) -> str:
        """Name of its probe module below `autograder.probes`, as ``"backprop_numpy.linear"``."""
        return ".".join(self.module.split(".")[-2:])

    @property
    def cell(self) -> str:
        """The cell of the answer, as a student finds it; empty where there is none."""
        if self.begins:
            return f"the cell that begins `{self.begins}`"
        return f"cell `{self.answer}`" if self.answer else ""

    def criterion(
        self,
        title: str,
        *,
        weight: float = 1.0,
        needs: Sequence[str] = (),
        required: bool = False,
    ) -> Callable[[Judge], Judge]:
        """Add the decorated judge as a criterion; its id is the function's name."""

        def add(judge: Judge) -> Judge:
            name = judge.__name__
            self.criteria.append(Criterion(name, title, judge, weight, tuple(needs), required))
            return judge

        return add

    def judge(
        self,
        ask: Ask,
        seed: int = 0,
        *,
        shown_test_labels: np.ndarray | None = None,
        shared: dict[str, Any] | None = None,
        libraries: Libraries | None = None,
        hidden: HiddenNames | None = None,
        stopped: str = "",
    ) -> CheckResult:
        """Judge every criterion in order.

        Parameters
        ----------
        ask : Ask
            The way to the probe.
        seed : int
            The inputs depend on it and on nothing else.
        shown_test_labels : numpy.ndarray, optional
            What the notebook found in place of the test labels, where they are hidden from it.
        shared, libraries, hidden, stopped : optional
            See `Exam`.

        Returns
        -------
        CheckResult
            It never raises for what a student's code does. A criterion that ran out of time or
            memory, or that finds the code not done, ends the check: the rest is not tried.
        """
        exam = Exam(self, ask, seed, shown_test_labels, shared, libraries, hidden, stopped)
        results: list[CriterionResult] = []
        ended = False
        passed: set[str] = set()
        for criterion in self.criteria:
            if ended or not passed.issuperset(criterion.needs):
                results.append(_result(criterion, Status.NOT_TRIED))
                continue
            try:
                finding = criterion.judge(exam)
            except Wrong as wrong:
                results.append(_result(criterion, wrong.status, wrong.finding))
                ended = wrong.status in (Status.TIMED_OUT, Status.OUT_OF_MEMORY)
                ended = ended or (wrong.status is Status.NOT_DONE and not passed)
                ended = ended or criterion.required
                continue
            passed.add(criterion.id)
            results.append(_result(criterion, Status.PASSED, finding))
        required = frozenset(c.id for c in self.criteria if c.required)
        return CheckResult(
            self.id, self.title, self.points, tuple(results), required, exam.note, exam.measured
        )

    def unanswered(self, status: Status, finding: Finding) -> CheckResult:
        """The result where nothing could be asked: the first criterion says why."""
        first, *rest = self.criteria
        results = [_result(first, status, finding), *(_result(c, Status.NOT_TRIED) for c in rest)]
        return CheckResult(self.id, self.title, self.points, tuple(results))


def _result(criterion: Criterion, status: Status, finding: Finding | None = None) -> CriterionResult:
    shown = printable_finding(finding or Finding())
    return CriterionResult(criterion.id, criterion.title, criterion.weight, status, shown)
