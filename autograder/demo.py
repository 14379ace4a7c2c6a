"""``make demo``: a sample class, graded in the sandbox, in nbgrader's books, and a table of students by checks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from nbgrader.api import Gradebook
from torch import nn
from torch.nn import functional

from autograder import data, notebooks, sample_class, training
from autograder.assignments import ASSIGNMENTS
from autograder.errors import ExplainedError
from autograder.files import make_anew
from autograder.release import run_nbgrader
from autograder.sample_class import Sample
from autograder.samples import SAMPLES

MARKER = ".made-by-autograder-demo"


def run(course: Path, folder: Path, students: Sequence[str] | None = None) -> None:
    """Make a copy of the course with a sample class, grade it, and print what came out.

    Parameters
    ----------
    course : pathlib.Path
        This repository.
    folder : pathlib.Path
        Where the copy is made anew: it is absent, empty, or what a previous demo left there, which is deleted.
    students : sequence of str, optional
        Only these students.

    Raises
    ------
    ExplainedError
        This is not the course, there are no such students, something else lies in the folder, or grading failed.
    """
    if not (course / "nbgrader_config.py").exists():
        raise ExplainedError(
            f"{course} is not the course: run the demo from the folder of nbgrader_config.py."
        )
    samples = tuple(s for s in SAMPLES if not students or s.student in students)
    if not samples:
        raise ExplainedError(f"The sample class has no such student: {', '.join(students or ())}.")
    started = time.monotonic()
    os.environ.pop("AUTOGRADER_DB_URL", None)  # the sample class has books of its own
    _choose_data()
    _copy_course(course, folder)
    for assignment in ASSIGNMENTS:
        run_nbgrader(folder, "generate_assignment", assignment, "--force")
    checkpoints = train_on_stand_in(folder) if data.is_synthetic() else None
    for sample in samples:
        sample_class.write(sample, folder, folder / "gradebook" / "submitted", checkpoints)
    assignments = sorted({sample.assignment for sample in samples})
    for assignment in assignments:
        print(f"autograder grade {assignment}", flush=True)
        command = [sys.executable, "-m", "autograder.cli", "grade", assignment, "--quiet"]
        if subprocess.run(command, cwd=folder, check=False).returncode:
            raise ExplainedError(f"Grading {assignment} failed; the lines above say why.")
    for assignment in assignments:
        run_nbgrader(folder, "generate_feedback", assignment, "--force")
    run_nbgrader(folder, "export")
    _print_tables(folder, samples)
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    gradebook = folder / "gradebook"
    print(f"\n{len(samples)} submissions graded in {minutes} min {seconds} s.")
    print(f"Feedback pages: {gradebook}/feedback/STUDENT/ASSIGNMENT/*.html")
    print(f"Grades as CSV:  {gradebook}/grades.csv")
    print(f"In a browser:   cd {folder} && jupyter lab, then the menu Nbgrader > Formgrader")


def _choose_data() -> None:
    """Use the images at hand; without any, the stand-in, and say so."""
    found = data.find()
    if data.is_synthetic() or found is None:
        os.environ[data.ROOT_VARIABLE] = data.SYNTHETIC
        print("CIFAR-10 is not on this machine: grading on a synthetic stand-in of the same shapes.")
        print("Its figures say nothing about CIFAR-10; `autograder data` fetches the real images.\n")
    else:
        os.environ[data.ROOT_VARIABLE] = str(found)
        print(f"Grading on the real CIFAR-10 in {found}.\n")


def _copy_course(course: Path, folder: Path) -> None:
    make_anew(folder, MARKER, course)
    shutil.copy(course / "nbgrader_config.py", folder)
    ignored = shutil.ignore_patterns(".ipynb_checkpoints", "results.csv")
    shutil.copytree(course / "solutions", folder / "solutions", ignore=ignored)


def train_on_stand_in(folder: Path) -> Path:
    """Train the solutions' networks for some seconds on the stand-in; give back where the weights are."""
    weights = folder / "gradebook" / "checkpoints"
    for assignment, notebook, gid, call in (
        ("neural_networks", "2_cnn_cifar10", "model", "Model()"),
        ("linear_classifiers", "2_softmax_pytorch", "logistic_regression", "LogisticRegression(10)"),
    ):
        cells = notebooks.cells_by_grade_id(
            notebooks.read(folder / "solutions" / assignment / f"{notebook}.ipynb")
        )
        namespace: dict[str, object] = {"torch": torch, "nn": nn, "F": functional, "functional": functional}
        exec(cells[gid].source, namespace)  # noqa: S102  (our own solution)
        model = eval(call, namespace)  # noqa: S307
        print(f"training {call} of {notebook} on the stand-in …", flush=True)
        _train(model, probabilities=notebook == "2_cnn_cifar10")
        (weights / assignment).mkdir(parents=True, exist_ok=True)
        training.save_checkpoint(model, weights / assignment / ASSIGNMENTS[assignment].checkpoints[0])
    return weights


def _train(model: nn.Module, *, probabilities: bool) -> None:
    """Train on 6,000 images with Adam; enough for the ten classes of the stand-in."""
    part = data.parts().train[:6_000]
    x = torch.from_numpy(part.images).permute(0, 3, 1, 2).float().div(255)
    if not probabilities:
        x = (x - x.mean((0, 2, 3), keepdim=True)) / x.std((0, 2, 3), keepdim=True)
    y = torch.from_numpy(part.labels)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3 if probabilities else 1e-4)
    torch.manual_seed(0)
    model.train()
    for _ in range(3):
        for batch in torch.randperm(len(x)).split(100):
            output = model(x[batch])
            if probabilities:
                loss = functional.nll_loss(output.clamp_min(1e-12).log(), y[batch])
            else:
                loss = functional.cross_entropy(output, y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def _print_tables(folder: Path, samples: Sequence[Sample]) -> None:
    """Print one table for each assignment: students by checks, in points."""
    mistakes = {(s.assignment, s.student): s.mistake or "none" for s in samples}
    with Gradebook(f"sqlite:///{folder / 'gradebook' / 'gradebook.db'}") as book:
        for assignment in sorted({sample.assignment for sample in samples}):
            rows = {
                submission.student.id: {grade.name: grade for n in submission.notebooks for grade in n.grades}
                for submission in book.assignment_submissions(assignment)
            }
            if rows:
                _print_table(assignment, rows, mistakes)


def _print_table(assignment: str, rows: dict[str, dict], mistakes: dict[tuple[str, str], str]) -> None:
    names = [name for name in next(iter(rows.values())) if name.startswith("check_")]
    heads = [name.removeprefix("check_").replace("_", " ") for name in names]
    height = max(len(head.split()) for head in heads)
    words = [([""] * (height - len(h.split()))) + h.split() for h in heads]
    widths = [max(5, *(len(w) for w in column)) for column in words]
    first = max(len("student"), *(len(student) for student in rows))
    print(f"\n{assignment}: points by check")
    for line in range(height):
        label = "student" if line == height - 1 else ""
        cells = "  ".join(f"{column[line]:>{width}}" for column, width in zip(words, widths, strict=True))
        print(
            f"{label:<{first}}  {cells}  {'score' if line == height - 1 else '':>6}  "
            f"{'what is wrong with it' if line == height - 1 else ''}".rstrip()
        )
    for student, grades in rows.items():
        cells = "  ".join(
            f"{grades[name].score:>{width}.4g}" for name, width in zip(names, widths, strict=True)
        )
        score = sum(grade.score for grade in grades.values())
        manual = "+" if any(grade.needs_manual_grade for grade in grades.values()) else ""
        print(f"{student:<{first}}  {cells}  {score:>5.4g}{manual:1}  {mistakes[assignment, student]}")
    most = sum(grades.max_score for grades in next(iter(rows.values())).values())
    waiting = any(grade.needs_manual_grade for grades in rows.values() for grade in grades.values())
    print(f"out of {most:g}" + ("; + waits for a person to grade its text answer" if waiting else ""))
