"""``autograder grade --retrain``: train a student's network from scratch, and compare it with the checkpoint.

It is information for people and changes no points. A checkpoint that is far better than what the student's own code
trains in the same notebook was perhaps not trained by it; or the time was too short, or the luck was different.

The student's `train(model, epochs)` knows no time, so it is asked for one epoch first. As many as fit into nine tenths
of what is left are then asked for, with a new network: a schedule of learning rates may depend on their number.
Whatever still runs at the end of the time is interrupted, and the network counts as it stands.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from nbformat import NotebookNode
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as typed
from tqdm.auto import tqdm

from autograder import data, notebooks
from autograder.batch import Options, Submissions
from autograder.checks.answer import Answer, Wrong
from autograder.checks.result import printable
from autograder.errors import ExplainedError
from autograder.examiner import Task, prepare_images, read_secret
from autograder.files import replacing
from autograder.plots import confusion
from autograder.report import STRICT
from autograder.sandbox import devices, walls
from autograder.sandbox.launch import Child, ChildLost, Sandbox, SandboxBrokenError
from autograder.sandbox.limits import Limits

NOTEBOOK, RESTORING = "2_cnn_cifar10", "trained"
PROBE, SUBJECTS = "cnn_cifar10._retrain", ["Model", "train"]
IMAGES, PART = 2_000, 2_000
FILLED = 0.9
MEMORY_SHARE = 0.8
ADDRESS_BYTES = 2**46
PIXELS = {"mean": [0.0] * 3, "std": [1.0] * 3}
REASON = 200
STARTED = "started"
STARTING = f"""
import torch
try:
    torch.zeros(1, device="cuda")
    print("{STARTED}")
except Exception as error:
    print(type(error).__name__ + ":", error)
"""


@typed(config=STRICT, frozen=True)
class Retrained:
    """What became of a training from scratch.

    Attributes
    ----------
    student : str
        Whose network.
    reason : str
        Why there is nothing to compare, or what is missing; empty where all is there.
    device : str
        ``"cuda"`` or ``"cpu"``.
    seconds : float
        That the training took, the first epoch for its own sake included.
    epochs : int
        That the last `train` was asked for.
    stopped : bool
        Whether it was interrupted when its time was up.
    images : int
        Test images that both networks were asked about.
    metrics, checkpoint : dict of str to float
        Accuracy, mean precision and mean recall of the network trained here, and of the one handed in.
    """

    student: str
    reason: str = ""
    device: str = ""
    seconds: float = 0.0
    epochs: int = 0
    stopped: bool = False
    images: int = 0
    metrics: dict[str, float] | None = None
    checkpoint: dict[str, float] | None = None

    def __str__(self) -> str:
        if self.metrics is None:
            return f"not retrained: {self.reason}"
        epochs = f"{self.epochs} epoch{'s' if self.epochs != 1 else ''}"
        when = f"stopped within {epochs}" if self.stopped else epochs
        line = f"retrained on {self.device} for {self.seconds:.0f} s ({when}), {self.images:,} test images: "
        if self.checkpoint is None:
            found = ", ".join(f"{name} {value:.3f}" for name, value in self.metrics.items())
            return f"{line}{found}; no checkpoint to compare with: {self.reason}"
        return line + ", ".join(
            f"{name} {value:.3f} (checkpoint {self.checkpoint[name]:.3f}, {value - self.checkpoint[name]:+.3f})"
            for name, value in self.metrics.items()
        )


class _Stopped(Exception):
    """The training cannot be done; says why."""


def retrain_all(course: Path, options: Options, seconds: float) -> Iterator[Retrained]:
    """Train the network of every submission, one after the other; what was trained before is read from its file.

    Parameters
    ----------
    course : pathlib.Path
        The folder of ``nbgrader_config.py``.
    options : autograder.batch.Options
        Which assignment, which students.
    seconds : float
        For the training of each.

    Raises
    ------
    ExplainedError
        The assignment has no network to train, or a wall is missing.
    """
    bare = not walls.require_walls(allow_unsandboxed=options.allow_unsandboxed)
    submissions = Submissions(course, options, read_secret(course / "gradebook" / "secret"))
    if NOTEBOOK not in submissions.assignment.notebooks:
        raise ExplainedError(
            f"`--retrain` is for the assignment with {NOTEBOOK}: {options.assignment} trains no network that it could "
            "train again."
        )
    folder = submissions.books / "retrained"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    images = prepare_images(submissions.books / "images", submissions.secret)
    level = walls.level(bare=bare)
    cards, is_tried = devices.gpus(), False
    for student in tqdm(submissions.students, desc="retraining", unit="submission"):
        task = submissions.task(student)
        about = (task.key(level), f"{seconds:g}")
        found = _read(path := folder / _name(*about, *cards))
        if found is None and cards and not is_tried:
            is_tried = True
            if (why := refusal(cards, bare=bare)) is not None:
                print(f"The GPU is not used, for CUDA does not start in the sandbox: {why}", file=sys.stderr)
                cards = ()
                found = _read(path := folder / _name(*about))
        if found is None:
            limits = limits_of(options.limits, seconds, on_gpu=bool(cards))
            try:
                with Sandbox(images, limits=limits, bare=bare, devices=cards) as sandbox:
                    found = retrain(task, sandbox, seconds)
            except Exception as error:  # in our own code: it costs this comparison, not those of the class
                found = Retrained(student, reason=printable(f"{type(error).__name__}: {error}", REASON))
            if found.metrics is not None:
                _write(path, found)
        yield found


def _name(*about: str) -> str:
    """The file of what became of a training, by all that it depends on."""
    return f"{hashlib.sha256(chr(0).join(about).encode()).hexdigest()}.json"


def refusal(cards: Sequence[str], *, bare: bool = False) -> str | None:
    """Say why CUDA does not start in a sandbox that shows these device nodes; None where it starts."""
    limits = limits_of(Limits(), 60.0, on_gpu=True)
    try:
        with Sandbox(limits=limits, bare=bare, devices=cards) as sandbox, sandbox.start() as child:
            reply = child.run_cell(STARTING)
    except (ChildLost, SandboxBrokenError) as error:
        return printable(str(error), REASON)
    outputs = [output for output in reply.get("outputs", []) if output.get("name") == "stdout"]
    said = "".join(str(output.get("text", "")) for output in outputs)
    if said.splitlines()[-1:] == [STARTED]:
        return None
    return printable(" ".join(said.split()) or f"it was tried, and ended so: {_status(reply)}", REASON)


def limits_of(limits: Limits, seconds: float, *, on_gpu: bool) -> Limits:
    """The limits of a training: more time, and on a GPU more memory and all the addresses that CUDA reserves."""
    return replace(
        limits,
        total_seconds=limits.total_seconds + seconds,
        cpu_seconds=limits.cpu_seconds + round(2 * seconds),
        memory_bytes=limits.memory_bytes * (2 if on_gpu else 1),
        address_bytes=ADDRESS_BYTES if on_gpu else limits.address_bytes,
    )


def retrain(task: Task, sandbox: Sandbox, seconds: float) -> Retrained:
    """Train the network of a submission in a child of a sandbox that holds no checkpoint, and compare.

    Whatever the submission does, there is an answer.
    """
    student = task.submission.student
    if NOTEBOOK not in task.submission.notebooks:
        reason = task.submission.refused.get(NOTEBOOK, f"{NOTEBOOK}.ipynb was not handed in")
        return Retrained(student, reason=reason)
    cells = [c for c in task.submission.notebooks[NOTEBOOK].cells if c.cell_type == "code"]
    cut = next((k for k, cell in enumerate(cells) if notebooks.grade_id(cell) == RESTORING), None)
    if cut is None:
        return Retrained(
            student, reason=f"{NOTEBOOK} has no cell `{RESTORING}`, before which training is defined"
        )
    try:
        with sandbox.start() as child:
            return _in_child(task, child, cells[:cut], cells[cut], seconds)
    except (_Stopped, Wrong, ChildLost, SandboxBrokenError) as error:
        return Retrained(student, reason=printable(str(error), REASON))


def _in_child(
    task: Task, child: Child, cells: list[NotebookNode], restoring: NotebookNode, seconds: float
) -> Retrained:
    for cell in cells:
        if not notebooks.is_check(cell):
            child.run_cell(cell.source)
    if not _are_there(child, SUBJECTS):
        raise _Stopped("the notebook defines no `Model` or no `train`")
    epochs, taken, stopped = _train(child, task.seed % 2**32, seconds)
    test = data.load(train=False)
    drawn = np.random.default_rng(task.seed).permutation(len(test))
    chosen, predicted, device = _ask(child, PROBE, SUBJECTS, test, drawn)
    found = Retrained(
        task.submission.student,
        device=device,
        seconds=round(taken, 1),
        epochs=epochs,
        stopped=stopped,
        images=len(chosen),
        metrics=confusion.metrics(test.labels[chosen], predicted),
    )
    try:
        for name, content in task.submission.files.items():
            child.put_file(name, content)
        child.run_cell(restoring.source)
        if not _are_there(child, ["model"]):
            raise _Stopped("the checkpoint was not handed in, or does not fit")
        _, handed_in, _ = _ask(child, "cnn_cifar10.accuracy", ["model"], test, drawn, len(chosen))
    except (_Stopped, Wrong, ChildLost) as error:
        return replace(found, reason=printable(str(error), REASON))
    return replace(found, checkpoint=confusion.metrics(test.labels[chosen], handed_in))


def _train(child: Child, seed: int, seconds: float) -> tuple[int, float, bool]:
    """One epoch, then as many as fit; how many were asked for, what all took, whether it was interrupted."""
    first = _train_once(child, 1, seed, seconds)
    if first is None:
        return 1, seconds, True
    left = seconds - first
    epochs = int(FILLED * left / max(first, 1e-3))
    if epochs < 2:
        return 1, first, False
    second = _train_once(child, epochs, seed, left)
    return epochs, first + (left if second is None else second), second is None


def _train_once(child: Child, epochs: int, seed: int, seconds: float) -> float | None:
    """Seconds of a training, or None when it was interrupted."""
    question = {"epochs": epochs, "seed": seed, "share": MEMORY_SHARE}
    outcome = child.ask(PROBE, "train", SUBJECTS, question, seconds)
    if _status(outcome) in ("interrupted", "timed_out"):
        return None
    taken = _answer(outcome)["seconds"].number("the time")
    return min(max(taken, 0.0), seconds)


def _status(reply: dict[str, Any]) -> str:
    """What a reply says of itself; a status that is no text says nothing."""
    status = reply.get("status")
    return status if type(status) is str else "malformed"


def _are_there(child: Child, subjects: list[str]) -> bool:
    return _status(child.look(subjects)) == "there"


def _answer(outcome: dict[str, Any]) -> Answer:
    if _status(outcome) == "answered":
        return Answer(outcome.get("answer"))
    said = [text for name in ("error", "message") if type(text := outcome.get(name)) is str and text]
    raise _Stopped(f"`Model` or `train` failed ({': '.join(said) or _status(outcome)})")


def _ask(
    child: Child, probe: str, subjects: list[str], test: data.Images, drawn: np.ndarray, n: int | None = None
) -> tuple[np.ndarray, np.ndarray, str]:
    """The first `n` drawn images, their predicted classes, and the device; without `n` as many as it can do quickly."""
    predicted: list[np.ndarray] = []
    device = ""
    done, end = 0, min(len(drawn), IMAGES if n is None else n)
    while done < end:
        part = drawn[done : min(done + PART, end)]
        question = {"images": test.images[part], **PIXELS}
        answer = _answer(child.ask(probe, "probabilities", subjects, question))
        shape = (len(part), len(data.CLASSES))
        predicted.append(answer["probabilities"].array("`model(X)`", shape, "float32").argmax(axis=1))
        device = "cuda" if answer["device"].text() == "cuda" else "cpu"
        end = len(drawn) if n is None and device == "cuda" else end
        done += len(part)
    return drawn[:done], np.concatenate(predicted), device


_ADAPTER = TypeAdapter(Retrained)


def _read(path: Path) -> Retrained | None:
    try:
        return _ADAPTER.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _write(path: Path, found: Retrained) -> None:
    with replacing(path) as beside:
        beside.write_bytes(_ADAPTER.dump_json(found))


def to_dict(found: Retrained) -> dict[str, Any]:
    """The comparison for ``--json``."""
    return {k: v for k, v in _ADAPTER.dump_python(found).items() if k != "student"}
