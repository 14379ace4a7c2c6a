"""A sample of all answers keeps the promises of `make accuracy`, and the count would see it if one did not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.checks.result import CheckResult, CriterionResult, Finding, Status
from tests import accuracy
from tests.accuracy import Attacks, Outcome, compare, read_attacks, slips, tally
from tests.mutants.backprop_numpy import NOTEBOOK, cells_of
from tests.mutants.submission import ROOT, InNotebook, Mutant, Right, independent

SAMPLE, SEEDS = 12, 3
COMMAND = ["-m", "tests.accuracy", "--sample", str(SAMPLE), "--seeds", str(SEEDS), "--workers", "1"]
COMMAND += ["--allow-skips"] if accuracy.missing_walls() else []


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("accuracy") / "report.json"
    ran = subprocess.run([sys.executable, *COMMAND, "--json", path], cwd=ROOT, capture_output=True, text=True)
    assert path.exists(), ran.stdout + ran.stderr
    return {**json.loads(path.read_text()), "printed": ran.stdout, "status": ran.returncode}


def test_a_sample_keeps_every_promise(
    report: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    record_property(
        "accuracy",
        f"a sample of {len(report['outcomes'])} answers with {SEEDS} seeds each, {report['seconds']:.0f} s\n"
        + report["totals"],
    )
    assert not report["slips"], report["printed"]
    assert report["status"] == 0


def test_the_sample_holds_wrong_and_right_answers_of_every_check(report: dict[str, Any]) -> None:
    kinds = {(o["notebook"], o["check"], o["is_wrong"]) for o in report["outcomes"]}
    for notebook in {of.notebook for of in accuracy.ANSWERS}:
        for check in accuracy.checks_of(notebook.split("/")[1]).names():
            assert (notebook, check, True) in kinds
            assert (notebook, check, False) in kinds


def test_the_sample_is_judged_in_both_ways(report: dict[str, Any]) -> None:
    if accuracy.missing_walls():
        pytest.skip(f"this machine has no {', '.join(accuracy.missing_walls())}: judged in the notebook only")
    assert all({"notebook", "sandbox"} <= set(o["seconds"]) for o in report["outcomes"])


def test_the_sample_says_how_it_is_drawn_again(report: dict[str, Any]) -> None:
    assert re.search(r"a sample: --sample 12 --offset \d+ --seeds 3", report["printed"])


def test_samples_of_all_offsets_are_all_answers() -> None:
    everything = {(j.group, j.index) for j in accuracy.jobs(1, 1, Path())}
    sampled = [
        {(j.group, j.index) for j in accuracy.jobs(SAMPLE, 1, Path(), offset)} for offset in range(SAMPLE)
    ]
    assert set.union(*sampled) == everything
    assert all(len(sample) < len(everything) / 4 for sample in sampled)


def judged(variant: Mutant | Right) -> dict[str, list[CheckResult]]:
    answer = InNotebook(variant, cells_of(variant.check))
    return {"notebook": [answer.judge(seed) for seed in range(2)]}


SOLUTION = {"notebook": NOTEBOOK, "answer": "relu", "check": "relu"}


def result(points: float, cause: str = "") -> CheckResult:
    status = Status.PASSED if points else Status.FAILED
    criterion = CriterionResult("value", "", 1.0, status, Finding(cause=cause))
    return CheckResult("check_relu", "", 1.0, (criterion,))


def test_a_wrong_answer_that_keeps_its_points_is_counted() -> None:
    mutant = Mutant("nothing changed", **SOLUTION, fails="backward", cause="slope")
    outcome = tally(mutant, judged(mutant))
    assert not outcome.is_met and not outcome.is_named
    assert len(outcome.cards) == 2
    assert any("wrong answers kept" in s for s in slips([outcome], None))


def test_a_right_answer_that_loses_points_is_counted() -> None:
    right = Right("not right at all", **SOLUTION, append="ReLU.forward = lambda self, x: x")
    assert any("right answers lost" in s for s in slips([tally(right, judged(right))], None))


def test_a_cause_that_is_not_named_is_counted() -> None:
    outcome = Outcome("", NOTEBOOK, "relu", is_wrong=True, seeds=1, is_named=False)
    assert any("the cause was named for 0.0%" in s for s in slips([outcome], None))
    named = Outcome("", NOTEBOOK, "relu", is_wrong=True, seeds=1)
    assert not slips([named] * 19 + [outcome], None)
    assert slips([named] * 18 + [outcome], None)


def test_an_empty_cause_is_not_named() -> None:
    mutant = Mutant("", **SOLUTION, fails="value")
    assert not tally(mutant, {"notebook": [result(0, cause="anything")]}).is_named


def test_a_verdict_that_depends_on_the_seed_is_listed() -> None:
    outcome = tally(Right("", **SOLUTION), {"notebook": [result(1), result(0), result(1)]})
    assert len(outcome.flaky) == 1
    assert not outcome.is_met


def test_verdicts_that_differ_between_notebook_and_sandbox_are_counted() -> None:
    outcome = tally(Right("", **SOLUTION), {"notebook": [result(1)], "sandbox": [result(0)]})
    assert outcome.differing == ["seed 0: notebook 1 points (all passed); sandbox 0 points (value failed)"]
    assert any("notebook and sandbox" in s for s in slips([outcome], None))


def test_sentences_that_differ_count_and_measured_numbers_do_not() -> None:
    assert compare(result(0, "7 times too large"), result(0, "the wrong sign"))[0]
    differs, inexact = compare(result(0, "loss 1.25"), result(0, "loss 3.1e-05"))
    assert not differs
    assert inexact
    assert compare(result(0, "loss 1.25"), result(0, "loss 1.25")) == ("", "")


def test_nothing_judged_is_a_slip() -> None:
    assert slips([], None) == ["nothing was judged"]


JUNIT = """<testsuites><testsuite>
<testcase classname="tests.redteam.test_verdicts" name="test_a"/>
<testcase classname="tests.redteam.test_verdicts" name="test_b">
  <skipped type="pytest.xfail" message="only the student's process can tell"/></testcase>
<testcase classname="tests.redteam.test_verdicts" name="test_c"><failure message="won 0.5&#10;points"/></testcase>
<testcase classname="tests.redteam.test_verdicts" name="test_d">
  <skipped type="pytest.skip" message="this machine has no cgroup"/></testcase>
<testcase classname="tests.redteam.test_verdicts" name="test_e">
  <properties><property name="right_by_other_means" value="differences"/></properties></testcase>
</testsuite></testsuites>"""


def test_attacks_are_counted_from_the_report_of_pytest() -> None:
    found = read_attacks(JUNIT)
    assert found.tried == 3
    assert found.withstood == 1
    assert found.known_wins == {"test_verdicts::test_b": "only the student's process can tell"}
    assert found.new_wins == {"test_verdicts::test_c": "won 0.5"}
    assert found.skipped == {"this machine has no cgroup": 1}
    assert found.right_by_other_means == {"test_verdicts::test_e": "differences"}
    outcome = Outcome("", NOTEBOOK, "relu", is_wrong=True, seeds=1)
    new = ["1 attacks won that did not win before", "1 attacks are known to win"]
    assert slips([outcome], found, allow_skips=True) == new
    assert slips([outcome], found) == [*new, "1 attacks were skipped"]
    assert not slips([outcome], Attacks(withstood=1))


def test_a_missing_wall_is_a_slip_unless_it_is_allowed() -> None:
    outcome = Outcome("", NOTEBOOK, "relu", is_wrong=True, seeds=1)
    assert slips([outcome], None, ["bubblewrap"]) == [
        "nothing was judged in the sandbox: this machine has no bubblewrap"
    ]
    assert not slips([outcome], None, ["bubblewrap"], allow_skips=True)


def test_a_cause_that_the_card_does_not_explain_first_is_counted() -> None:
    hidden = Outcome("", NOTEBOOK, "relu", is_wrong=True, seeds=1, is_shown=False)
    shown = Outcome("", NOTEBOOK, "relu", is_wrong=True, seeds=1)
    told = "the cause was explained first for 94.0% of the wrong answers"
    assert slips([shown] * 94 + [hidden] * 6, None) == [told]
    assert not slips([shown] * 95 + [hidden] * 5, None)
    assert not slips([hidden], None), "a sample is too small to count them"


def test_a_right_answer_whose_verdict_depends_on_the_seed_is_a_slip() -> None:
    flaky = Outcome("", NOTEBOOK, "relu", is_wrong=False, seeds=2, flaky=["seed 1"])
    assert slips([flaky], None) == ["1 right answers were judged differently by another seed"]


def test_a_wrong_answer_that_costs_another_check_its_points_is_counted() -> None:
    breaks = Mutant("", **SOLUTION, append="Linear.forward = None")
    bench = accuracy.Bench.__new__(accuracy.Bench)
    bench._of, bench._files = next(of for of in accuracy.ANSWERS if of.notebook == NOTEBOOK), {}
    spilt = bench._spilt(breaks)
    assert len(spilt) == 1 and spilt[0].startswith("check_linear")
    assert bench._spilt(Mutant("", **SOLUTION, append="ReLU.backward = None")) == []
    outcome = Outcome("", NOTEBOOK, "relu", is_wrong=True, seeds=1, spilt=spilt)
    assert any("do not depend on them" in s for s in slips([outcome], None))


def test_what_depends_on_an_answer_is_read_from_the_text() -> None:
    of = next(of for of in accuracy.ANSWERS if of.notebook == NOTEBOOK)
    checks = accuracy.checks_of(NOTEBOOK.split("/")[1])
    cells = {cell for name in checks.names() for cell in of.cells(name)}
    known = [checks[name] for name in checks.names()]

    def others(answer: str) -> set[str]:
        return {c.id for c in independent(Mutant("", NOTEBOOK, answer, "linear"), known, cells)}

    assert others("linear") >= {"check_relu", "check_softmax", "check_cross_entropy"}
    assert "check_moons" not in others("linear")
    assert "check_mlp_fit" not in others("mlp_classifier")


def test_the_exit_status_says_that_something_slipped() -> None:
    code = (
        "from tests import accuracy\n"
        "accuracy.jobs = lambda *_: []\n"
        "raise SystemExit(accuracy.main(['--sample', '2', '--workers', '1']))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 1
    assert re.search(r"SLIPPED: nothing was judged", ran.stdout), ran.stderr
