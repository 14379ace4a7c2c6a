"""How accurate the grading is: wrong and right answers through notebook and sandbox, and the attacks.

    python -m tests.accuracy                          # all answers, 20 seeds, all attacks
    python -m tests.accuracy --sample 12 --seeds 3    # a sample of the answers, no attacks; --offset says which

Each answer is judged with the same seeds in two ways: in the notebook's process, and with its cells and
probe in the sandbox. A wrong answer is also judged by those quick checks of its notebook that do not depend on
it, which it must not cost a point. The exit status is 1 when a wrong answer keeps its points or costs those of
another check, a right one loses some or is judged differently by another seed, too few causes are named or shown, a
verdict depends on the way, an attack wins, or something was skipped (a wall or a tool is missing here) without
``--allow-skips``. Wrong answers of which some seeds show more mistakes than others are counted as flaky, and
printed. Checks that take long get fewer seeds (`FEWER_SEEDS`), and the run says which.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from autograder import data
from autograder.assignments import Assignment
from autograder.checks.result import CheckResult, Finding
from autograder.examiner import HIDDEN_LABELS, checks_of
from autograder.sandbox import walls
from autograder.sandbox.launch import Sandbox
from tests.mutants import few_images
from tests.mutants.answers import ANSWERS
from tests.mutants.submission import (
    InNotebook,
    InSandbox,
    Mutant,
    Variant,
    check_of,
    failure,
    first_failure,
    in_order,
    independent,
    is_named,
)

ROOT = Path(__file__).parents[1]
CAUSES_NAMED = 0.95
# Of fewer wrong answers a share says little of what the card explains first.
ENOUGH = 100
# One verdict on these takes 0.2 to 2 s: they hold training runs, or images read one by one.
FEWER_SEEDS = {
    "softmax_numpy.numpy_quality": 5,
    "softmax_pytorch.split": 5,
    "softmax_pytorch.torch_quality": 3,
    "softmax_pytorch.transforms": 10,
    "backprop_numpy.mlp_fit": 10,
    "cnn_cifar10.accuracy": 3,
    "cnn_cifar10.model": 10,
    "cnn_cifar10.precision": 3,
    "cnn_cifar10.recall": 3,
}
NUMBER = re.compile(r"[-−+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?|\b(?:nan|inf)\b")
# Thresholds for what was trained: slow, or trained by cells that take long.
NOT_ASKED_ASIDE = {*FEWER_SEEDS, "backprop_numpy.moons", "backprop_numpy.blobs"}
SHOWN_LABELS_SEED = 1
ATTACK_SECONDS = 1800


@dataclass(frozen=True)
class Job:
    """One answer and the seeds that it is judged with.

    Attributes
    ----------
    group, index : int
        Which of `ANSWERS`, and which of its answers.
    seeds : int
        It is judged with seeds from 0 to this one.
    folder : str
        Holds what `prepare` has written for the group.
    """

    group: int
    index: int
    seeds: int
    folder: str

    @property
    def variant(self) -> Variant:
        """The answer."""
        return ANSWERS[self.group].all[self.index]


@dataclass
class Outcome:
    """What became of one answer.

    Attributes
    ----------
    name, notebook, check : str
        Of the answer.
    is_wrong : bool
        A mutant, or else a right answer.
    seeds : int
        Seeds that it was judged with, in each way.
    is_met : bool
        Every verdict was as it should be: the points lost, or none.
    is_named : bool
        The finding of the mutant's criterion named its cause, every time.
    is_shown : bool
        So did the finding that the card explains, which is that of the first failed criterion.
    spilt : list of str
        Checks that do not depend on the wrong answer and lost points all the same.
    flaky, differing, inexact : list of str
        Verdicts that differ between seeds; that differ between notebook and sandbox; findings that are the
        same but for measured numbers.
    explained : str
        Why verdicts of the same points may differ, where they do.
    cards : list of str
        The cards of verdicts that are not as they should be.
    seconds : dict of str to float
        By way.
    """

    name: str
    notebook: str
    check: str
    is_wrong: bool
    seeds: int
    is_met: bool = True
    is_named: bool = True
    is_shown: bool = True
    spilt: list[str] = field(default_factory=list)
    flaky: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    inexact: list[str] = field(default_factory=list)
    explained: str = ""
    cards: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass
class Attacks:
    """What became of the tests in ``tests/redteam``: how many withstood, and the others by name.

    An answer that is right, though made in a way that was not meant, has won nothing that it is not worth: such
    are counted apart.
    """

    withstood: int = 0
    right_by_other_means: dict[str, str] = field(default_factory=dict)
    known_wins: dict[str, str] = field(default_factory=dict)
    new_wins: dict[str, str] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def tried(self) -> int:
        """Attacks that were not skipped."""
        return self.withstood + len(self.known_wins) + len(self.new_wins)


def verdict(result: CheckResult) -> tuple[float, dict[str, str]]:
    """Points, and the status of each criterion."""
    return result.points, {c.id: c.status.value for c in result.criteria}


def words(finding: Finding, *, masked: bool) -> tuple[str, ...]:
    """The sentences of a finding, with every number masked where that is asked for."""
    sentences = (finding.tried, finding.got, finding.expected, finding.cause, finding.where)
    return tuple(NUMBER.sub("#", s) for s in sentences) if masked else sentences


def compare(here: CheckResult, there: CheckResult) -> tuple[str, str]:
    """Compare what the notebook and the sandbox say.

    Returns
    -------
    tuple of str
        What differs in points, statuses and sentences; and what differs in measured numbers alone.
    """
    if verdict(here) != verdict(there):
        return f"notebook {_brief(here)}; sandbox {_brief(there)}", ""
    inexact = ""
    for one, other in zip(here.criteria, there.criteria, strict=True):
        if words(one.finding, masked=True) != words(other.finding, masked=True):
            return f"{one.id}: notebook {_said(one.finding)}; sandbox {_said(other.finding)}", ""
        if words(one.finding, masked=False) != words(other.finding, masked=False):
            inexact = f"{one.id}: notebook {_said(one.finding)}; sandbox {_said(other.finding)}"
    return "", inexact


def _brief(result: CheckResult) -> str:
    failed = ", ".join(f"{c.id} {c.status.value}" for c in result.failures)
    return f"{result.points:g} points ({failed or 'all passed'})"


def _said(finding: Finding) -> str:
    return " | ".join(words(finding, masked=False))


def tally(variant: Variant, verdicts: dict[str, list[CheckResult]]) -> Outcome:
    """Compare the verdicts on one answer with what they should be, by way, and by seed.

    Parameters
    ----------
    variant : Variant
        The answer.
    verdicts : dict of str to list of CheckResult
        For ``notebook``, and ``sandbox`` where there is one: a result for each seed.
    """
    is_wrong = isinstance(variant, Mutant)
    seeds = len(next(iter(verdicts.values())))
    outcome = Outcome(variant.name, variant.notebook, variant.check, is_wrong, seeds)
    for way, results in verdicts.items():
        for seed, result in enumerate(results):
            if isinstance(variant, Mutant):
                failed = failure(variant, result)
                first = first_failure(result)
                met, named = failed is not None, failed is not None and is_named(variant, failed.finding)
                shown = named and first is not None and is_named(variant, first.finding)
            else:
                met = named = shown = result.points == result.max_points
            if not (met and named):
                outcome.cards.append(f"{way}, seed {seed}:\n{result}")
            outcome.is_met &= met
            outcome.is_named &= named
            outcome.is_shown &= shown
            if verdict(result) != verdict(results[0]):
                outcome.flaky.append(f"{way}: seed 0 {_brief(results[0])}; seed {seed} {_brief(result)}")
    for seed, (here, there) in enumerate(
        zip(verdicts["notebook"], verdicts.get("sandbox", []), strict=False)
    ):
        differs, inexact = compare(here, there)
        if differs and variant.if_hidden and here.points == there.points:
            outcome.explained, differs = variant.if_hidden, ""
        outcome.differing += [f"seed {seed}: {differs}"] if differs else []
        outcome.inexact += [f"seed {seed}: {inexact}"] if inexact else []
    return outcome


class Bench:
    """Judges the answers of one group: holds its sandbox, and lets its images be in use."""

    def __init__(self, group: int, folder: Path) -> None:
        self.group = group
        self._of = of = ANSWERS[group]
        self._stack = contextlib.ExitStack()
        self._shown_test_labels = None
        self._files = {path.name: path.read_bytes() for path in (folder / "files").glob("*")}
        if of.images is not None:
            training, test = of.images()
            self._stack.enter_context(few_images.in_use(training, test))
            self._shown_test_labels = shown_test_labels(test)
        self._sandbox = None
        if not missing_walls():
            with_torch = not Assignment.is_numpy_only(of.notebook)
            images = folder / "images" if of.images is not None else None
            self._sandbox = self._stack.enter_context(Sandbox(images, with_torch=with_torch))

    def close(self) -> None:
        """End the sandbox."""
        self._stack.close()

    def examine(self, job: Job) -> Outcome:
        """Judge an answer in both ways with all seeds."""
        variant, cells = job.variant, self._of.cells(job.variant.check)
        verdicts, seconds = {}, {}
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            here = InNotebook(variant, cells, self._files)
            verdicts["notebook"] = [here.judge(seed) for seed in range(job.seeds)]
        seconds["notebook"] = time.perf_counter() - start
        if self._sandbox is not None:
            start = time.perf_counter()
            with InSandbox(variant, cells, self._sandbox, self._shown_test_labels, self._files) as there:
                verdicts["sandbox"] = [there.judge(seed) for seed in range(job.seeds)]
            seconds["sandbox"] = time.perf_counter() - start
        outcome = tally(variant, verdicts)
        if isinstance(variant, Mutant):
            start = time.perf_counter()
            outcome.spilt = self._spilt(variant)
            seconds["other checks"] = time.perf_counter() - start
        outcome.seconds = seconds
        return outcome

    def _spilt(self, variant: Variant) -> list[str]:
        """Judge a wrong answer by the checks that do not depend on it, with one seed."""
        of = self._of
        names = dict.fromkeys(other.check for other in of.all if other.check != variant.check)
        checks = {name: checks_of(variant.notebook.split("/")[1])[name] for name in names}
        checks = {name: check for name, check in checks.items() if check.probe not in NOT_ASKED_ASIDE}
        cells = {cell for name in (variant.check, *checks) for cell in of.cells(name)}
        chosen = independent(variant, checks.values(), cells)
        if not chosen:
            return []
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            answer = InNotebook(variant, in_order(variant.notebook, cells), self._files)
            results = [answer.judge(0, check) for check in chosen]
        return [f"{r.id}: {_brief(r)}" for r in results if r.points != r.max_points]


def shown_test_labels(test: data.Images) -> np.ndarray:
    """What the notebooks find in the sandbox in place of the labels of the test images."""
    return np.random.default_rng(SHOWN_LABELS_SEED).integers(0, len(data.CLASSES), len(test))


def missing_walls() -> list[str]:
    """Names of the walls without which there is no sandbox here."""
    return [wall.name for wall in walls.missing()]


_bench: Bench | None = None


def examine(job: Job) -> Outcome:
    """Judge an answer on the bench of this process, which changes with the group."""
    global _bench
    if _bench is None or _bench.group != job.group:
        import torch

        warnings.simplefilter("ignore")
        torch.set_num_threads(1)
        if _bench is not None:
            _bench.close()
        _bench = Bench(job.group, Path(job.folder))
    return _bench.examine(job)


def prepare(job: Job) -> None:
    """Write the images that the sandbox shows to a group's answers, and the files beside their notebook."""
    of, folder = ANSWERS[job.group], Path(job.folder)
    (folder / "files").mkdir(parents=True)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for name, content in (of.files() if of.files else {}).items():
            (folder / "files" / name).write_bytes(content)
    if of.images is not None:
        training, test = of.images()
        with few_images.in_use(training, test):
            data.write_arrays(folder / "images", shown_test_labels(test), HIDDEN_LABELS)


def jobs(sample: int, seeds: int, folder: Path, offset: int = 0) -> list[Job]:
    """Every `sample`-th wrong and right answer of each check, one of each at least, from an `offset` on."""
    chosen = []
    for group, of in enumerate(ANSWERS):
        kinds: dict[tuple[bool, str], list[int]] = {}
        for index, variant in enumerate(of.all):
            kinds.setdefault((isinstance(variant, Mutant), variant.check), []).append(index)
        for indices in kinds.values():
            for index in indices[offset % min(sample, len(indices)) :: sample]:
                fewer = min(seeds, FEWER_SEEDS.get(check_of(of.all[index]).probe, seeds))
                chosen.append(Job(group, index, fewer, str(folder / str(group))))
    return sorted(chosen, key=lambda job: (job.group, job.index))


def examine_all(chosen: Sequence[Job], workers: int) -> Iterator[Outcome]:
    """Judge the answers side by side; results come in order."""
    # Set before the workers start: numpy and torch read it when they are imported.
    os.environ |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        list(pool.map(prepare, {job.group: job for job in chosen}.values()))
        yield from pool.map(examine, chosen, chunksize=4)


def attack(workers: int) -> Attacks:
    """Run the tests in ``tests/redteam``."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "attacks.xml"
        command = [sys.executable, "-m", "pytest", "tests/redteam", "-q", "-rxX", f"--junitxml={report}"]
        if workers > 1:
            command += ["-n", str(workers), "--dist", "loadfile"]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=ATTACK_SECONDS)
        if not report.exists():
            raise RuntimeError(f"pytest left no report on the attacks:\n{ran.stdout}{ran.stderr}")
        return read_attacks(report.read_text(encoding="utf-8"))


def read_attacks(report: str) -> Attacks:
    """Read pytest's report in JUnit's format."""
    found = Attacks()
    for case in ElementTree.fromstring(report).iter("testcase"):
        name = f"{case.get('classname', '').split('.')[-1]}::{case.get('name')}"
        noted = {p.get("name"): str(p.get("value")) for p in case.iter("property")}
        broken = [*case.findall("failure"), *case.findall("error")]
        skipped = case.find("skipped")
        if broken:
            found.new_wins[name] = _first_line(broken[0])
        elif skipped is None and "right_by_other_means" in noted:
            found.right_by_other_means[name] = noted["right_by_other_means"]
        elif skipped is None:
            found.withstood += 1
        elif skipped.get("type") == "pytest.xfail":
            found.known_wins[name] = _first_line(skipped)
        else:
            found.skipped[_first_line(skipped)] += 1
    return found


def _first_line(element: ElementTree.Element) -> str:
    lines = (element.get("message") or element.text or "").strip().splitlines()
    return lines[0] if lines else "no message"


def slips(
    outcomes: Sequence[Outcome],
    attacks: Attacks | None,
    missing: Sequence[str] = (),
    *,
    allow_skips: bool = False,
) -> list[str]:
    """One sentence for each promise that is not kept, or could not be tried.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Of all answers.
    attacks : Attacks or None
        Where they were tried.
    missing : sequence of str
        Walls without which there is no sandbox.
    allow_skips : bool
        What could not be tried here is no slip.
    """
    wrong = [o for o in outcomes if o.is_wrong]
    shares = {"named": sum(o.is_named for o in wrong)}
    if len(wrong) >= ENOUGH:
        shares["explained first"] = sum(o.is_shown for o in wrong)
    counts = {
        "wrong answers kept their points": sum(not o.is_met for o in wrong),
        "right answers lost points": sum(not o.is_met for o in outcomes if not o.is_wrong),
        "answers were judged differently in notebook and sandbox": sum(bool(o.differing) for o in outcomes),
        "wrong answers cost the points of checks that do not depend on them": sum(
            bool(o.spilt) for o in wrong
        ),
        "right answers were judged differently by another seed": sum(
            bool(o.flaky) for o in outcomes if not o.is_wrong
        ),
        "attacks won that did not win before": len(attacks.new_wins) if attacks else 0,
        "attacks are known to win": len(attacks.known_wins) if attacks else 0,
    }
    found = [f"{count} {what}" for what, count in counts.items() if count]
    if not outcomes:
        found.append("nothing was judged")
    for how, count in shares.items():
        if count < CAUSES_NAMED * len(wrong):
            found.append(f"the cause was {how} for {count / len(wrong):.1%} of the wrong answers")
    if not allow_skips:
        if missing:
            found.append(f"nothing was judged in the sandbox: this machine has no {', '.join(missing)}")
        skipped = sum(attacks.skipped.values()) if attacks else 0
        found += [f"{skipped} attacks were skipped"] if skipped else []
    return found


HEAD = ("wrong", "caught", "missed", "named", "right", "failed", "seeds", "differ", "flaky", "seconds")


def row(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """Counts of some answers, in the order of `HEAD`."""
    listed = list(outcomes)
    wrong, right = [o for o in listed if o.is_wrong], [o for o in listed if not o.is_wrong]
    seeds = sorted({o.seeds for o in listed})
    return (
        *(str(len(wrong)), str(sum(o.is_met for o in wrong)), str(sum(not o.is_met for o in wrong))),
        str(sum(o.is_named for o in wrong)),
        *(str(len(right)), str(sum(not o.is_met for o in right))),
        "–".join(str(n) for n in dict.fromkeys((seeds[0], seeds[-1]))) if seeds else "",
        *(str(sum(bool(o.differing) for o in listed)), str(sum(bool(o.flaky) for o in listed))),
        f"{sum(sum(o.seconds.values()) for o in listed):.0f}",
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """A line for each check of each notebook, and the totals."""
    lines = [f"{'check':24}" + "".join(f"{name:>8}" for name in HEAD)]
    for notebook in dict.fromkeys(of.notebook for of in ANSWERS):
        name = notebook.split("/")[1]
        lines.append(f"\n{name}")
        for check in checks_of(name).names():
            counts = row(o for o in outcomes if (o.notebook, o.check) == (notebook, check))
            lines.append(f"  {check:22}" + "".join(f"{count:>8}" for count in counts))
    lines.append(f"\n{'all':24}" + "".join(f"{count:>8}" for count in row(outcomes)))
    return "\n".join(lines)


def details(outcomes: Sequence[Outcome]) -> str:
    """Every answer of which something is to be told, with its cards."""
    lines = []
    for o in outcomes:
        if o.cards or o.flaky or o.differing or o.spilt:
            kind = "wrong" if o.is_wrong else "right"
            lines.append(f"\n{o.notebook}, {o.check}, {kind} answer “{o.name}”")
            lines += [f"  differs, {text}" for text in o.differing[:2]]
            lines += [f"  flaky, {text}" for text in o.flaky[:2]]
            lines += [f"  costs another check, {text}" for text in o.spilt]
            lines += [f"  {line}" for card in o.cards[:1] for line in card.splitlines()]
    return "\n".join(lines)


def totals(outcomes: Sequence[Outcome], attacks: Attacks | None) -> str:
    """The figures that count, one on a line."""
    wrong, right = [o for o in outcomes if o.is_wrong], [o for o in outcomes if not o.is_wrong]
    caught, named = sum(o.is_met for o in wrong), sum(o.is_named for o in wrong)
    shown = sum(o.is_shown for o in wrong)
    judged = sum(o.seeds * len({"notebook", "sandbox"} & set(o.seconds)) for o in outcomes)
    lines = [
        f"wrong answers caught           {caught} of {len(wrong)}, {caught / max(len(wrong), 1):.1%}",
        f"right answers failed           {sum(not o.is_met for o in right)} of {len(right)}",
        f"causes named                   {named} of {len(wrong)}, {named / max(len(wrong), 1):.1%}",
        f"  in what the card explains    {shown} of {len(wrong)}, {shown / max(len(wrong), 1):.1%}",
        f"notebook and sandbox differ    {sum(bool(o.differing) for o in outcomes)} of {len(outcomes)} answers, "
        f"{judged} verdicts",
        f"other checks that lost points  {sum(bool(o.spilt) for o in wrong)} of {len(wrong)} wrong answers",
        f"partial points vary by seed    {sum(bool(o.flaky) for o in outcomes)} of {len(outcomes)} answers",
    ]
    lines += [f"  explained: {o.check}, “{o.name}”: {o.explained}" for o in outcomes if o.explained]
    exact = sum(bool(o.inexact) for o in outcomes)
    lines.append(f"findings that differ in a measured number only: {exact} answers")
    if attacks is None:
        lines.append("attacks: not in a sample; `pytest tests/redteam` and `make accuracy` try them")
    else:
        won = len(attacks.known_wins) + len(attacks.new_wins)
        lines.append(f"attacks that won anything      {won} of {attacks.tried}")
        lines += [f"  known: {name}: {reason}" for name, reason in attacks.known_wins.items()]
        lines += [f"  NEW: {name}: {reason}" for name, reason in attacks.new_wins.items()]
        lines += [f"  skipped, {count} tests: {reason}" for reason, count in attacks.skipped.items()]
        other = attacks.right_by_other_means
        lines.append(f"right to the last digit by other means: {len(other)}, which count as right answers")
        lines += [f"  {name}: {reason}" for name, reason in other.items()]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, and say by the exit status whether all is as it should be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, default=1, help="every N-th answer of each check; no attacks")
    parser.add_argument("--seeds", type=int, default=20, help="seeds for each answer, in each way")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the outcomes to this file too")
    parser.add_argument(
        "--offset",
        type=int,
        default=int(os.environ.get("GITHUB_RUN_NUMBER") or time.time() // 86_400),
        help="where a sample begins; another one for each run in CI, elsewhere for each day",
    )
    parser.add_argument("--allow-skips", action="store_true", help="what cannot be tried here is no slip")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    missing = missing_walls()
    if missing:
        print(
            f"SKIPPED the sandbox: this machine has no {', '.join(missing)}. `autograder doctor` says more."
        )
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        chosen = jobs(options.sample, options.seeds, Path(folder), options.offset)
        if options.sample > 1:
            print(f"a sample: --sample {options.sample} --offset {options.offset} --seeds {options.seeds}")
        fewer = {name: n for name, n in FEWER_SEEDS.items() if n < options.seeds}
        if fewer:
            print("fewer seeds, for they take long:", ", ".join(f"{name} {n}" for name, n in fewer.items()))
        for outcome in examine_all(chosen, options.workers):
            outcomes.append(outcome)
            if len(outcomes) % 50 == 0:
                print(f"{len(outcomes)} of {len(chosen)} answers", file=sys.stderr, flush=True)
    answered = time.monotonic() - start
    print(table(outcomes))
    print(details(outcomes), flush=True)
    attacks = attack(options.workers) if options.sample == 1 else None
    found = slips(outcomes, attacks, missing, allow_skips=options.allow_skips)
    seconds = time.monotonic() - start
    print()
    print(totals(outcomes, attacks))
    print(
        f"time: {answered:.0f} s for the answers, {seconds - answered:.0f} s for the attacks, "
        f"{options.workers} workers"
    )
    for sentence in found:
        print(f"SLIPPED: {sentence}")
    if options.json is not None:
        told: dict[str, Any] = {
            "outcomes": [asdict(o) for o in outcomes],
            "slips": found,
            "seconds": round(seconds, 1),
            "totals": totals(outcomes, attacks),
        }
        options.json.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
