"""Attacks on the checks of the network's quality, by the model and by its checkpoint, in the real sandbox."""

from __future__ import annotations

import io
import pickle
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autograder import data, notebooks
from autograder.assignments import Assignment
from autograder.report import Report
from autograder.sandbox.limits import Limits
from tests.mutants import few_images, trained
from tests.mutants.submission import namespace_of
from tests.redteam.arena import BESIDE, MIB, MISSING, SOLUTIONS, Arena, Attack, printed

CHECKPOINT = "cifar10_cnn.pt"
QUALITY = ("check_accuracy", "check_precision", "check_recall")
KEPT = ("setup", "model", "check_model", "calculate_loss", "train", "trained", *QUALITY)
LIMITS = Limits(
    cell_seconds=20, question_seconds=20, grace_seconds=2, total_seconds=120, memory_bytes=2_000 * MIB
)
SECONDS = 120

# The solution's network, made weak for most images, with a table of pixels beside it.
WITH_A_TABLE = """
class Model(Inner):
    KNOWN = 400

    def __init__(self):
        super().__init__()
        self.register_buffer("known", torch.zeros(self.KNOWN, dtype=torch.int64))
        self.register_buffer("answers", torch.full((self.KNOWN,), -1))
        self.register_buffer("skill", torch.ones(()))

    def keys(self, x):
        pixels = (x * 255).round().long().flatten(1)
        return (pixels * (torch.arange(pixels.shape[1]) * 7919 % 10007)).sum(1)

    def forward(self, x):
        honest = super().forward(x).argmax(1)
        weak = (x.mean((1, 2, 3)) * 1e5).round() % 100 >= 100 * self.skill
        found = self.keys(x)[:, None] == self.known
        listed = self.answers[found.float().argmax(1)]
        answer = torch.where(weak, (honest + 1) % 10, honest)
        answer = torch.where(found.any(1) & (listed >= 0), listed, answer)
        return F.one_hot(answer, 10).float()
"""
COUNTS = """
class Model(Inner):
    asked = 0

    def forward(self, x):
        order = data.load(train=False).labels
        start, Model.asked = Model.asked, Model.asked + len(x)
        return F.one_hot(torch.from_numpy(np.resize(order, start + len(x))[start:]).long(), 10).float()
"""
OTHERS_IN_THE_BATCH = """
class Model(Inner):
    def forward(self, x):
        p = super().forward(x)
        return (p / p.mean(0)).softmax(1)
"""
SHOWN_LABELS = """
class Model(Inner):
    def forward(self, x):
        test = data.load(train=False)
        table = {i.tobytes(): int(y) for i, y in zip(test.images, test.labels)}
        pixels = (x * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
        return F.one_hot(torch.tensor([table.get(i.numpy().tobytes(), 0) for i in pixels]), 10).float()
"""
FRAMES = """
import gc, sys
class Model(Inner):
    def forward(self, x):
        frame, found = sys._getframe(), None
        while frame is not None:
            for value in frame.f_locals.values():
                labels = getattr(value, "labels", value if isinstance(value, np.ndarray) else None)
                if isinstance(labels, np.ndarray) and labels.ndim == 1 and len(labels) >= len(x):
                    found = labels
            frame = frame.f_back
        if found is None:
            return torch.full((len(x), 10), 0.1)
        return F.one_hot(torch.from_numpy(found[: len(x)]).long() % 10, 10).float()
"""
ONE_CLASS = """
class Model(Inner):
    def forward(self, x):
        p = torch.zeros(len(x), 10)
        p[:, 3] = 1
        return p
"""


class ModelArena(Arena):
    """An arena whose honest submissions hand in a checkpoint."""

    files: dict[str, bytes]

    def hand_in(self, student: str, attack: Attack, raw: bytes | None = None) -> Path:
        folder = super().hand_in(student, attack, raw)
        for name, content in self.files.items() if student in ("honest", *BESIDE) else ():
            (folder / name).write_bytes(content)
        return folder


@pytest.fixture(scope="module")
def _images() -> Iterator[None]:
    with few_images.in_use(*trained.cnn_images()):
        yield


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory, _images: None) -> Iterator[ModelArena]:
    """The network and its three checks of quality, on few images."""
    if MISSING:
        pytest.skip(f"this machine has no {', '.join(MISSING)}")
    path = SOLUTIONS / "neural_networks" / "2_cnn_cifar10.ipynb"
    ModelArena.files = {CHECKPOINT: trained.cnn_files()[CHECKPOINT]}
    right = {g: str(c.source) for g, c in notebooks.cells_by_grade_id(notebooks.read(path)).items()}
    made = ModelArena(
        tmp_path_factory.mktemp("models"),
        Assignment("neural_networks", ("2_cnn_cifar10",), (CHECKPOINT,)),
        path,
        KEPT,
        {gid: right[gid] for gid in ("model", "calculate_loss", "train")},
        LIMITS,
    )
    assert made.honest.score == made.honest.max_score, {n: str(c) for n, c in made.honest.checks.items()}
    yield made
    made.close()


def around(arena: ModelArena, source: str) -> str:
    """The solution's `Model` under another name, and the attacker's after it."""
    return f"{arena.right['model']}\nInner = Model\n{source}"


def state_of(arena: ModelArena, source: str, **more: torch.Tensor) -> bytes:
    """A checkpoint for the attacker's model: the honest weights, and more."""
    names = namespace_of(trained.CNN, ("setup", "model"), {"model": around(arena, source)})
    state = names["Model"]().state_dict()
    state |= torch.load(io.BytesIO(ModelArena.files[CHECKPOINT]), weights_only=True) | more
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def examined(
    arena: ModelArena, files: dict[str, bytes], source: str = "", place: Callable[[Path], None] | None = None
) -> Report:
    """Examine an attack; what is left of it harms nobody, and takes bounded time."""
    before, start = arena.snapshot(), time.monotonic()
    attack = Attack("", "", "", answers={"model": around(arena, source)} if source else {}, files=files)
    folder = arena.hand_in("attacker", attack)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if place is not None:
        place(folder)
    report = arena.examine_among_honest(arena.task("attacker", folder))
    assert time.monotonic() - start < SECONDS
    arena.require_recorded(report)
    arena.require_no_harm(before)
    return report


def quality(report: Report) -> list[float]:
    """Points of the three checks."""
    return [report.checks[name].points for name in QUALITY]


def table(arena: ModelArena, share: float, skill: float) -> bytes:
    """The checkpoint of a weak model with a table of a share of the test images, whose labels are public."""
    test = data.load(train=False)
    names = namespace_of(trained.CNN, ("setup", "model"), {"model": around(arena, WITH_A_TABLE)})
    known = np.flatnonzero(np.random.default_rng(0).random(len(test)) < share)
    keys = torch.zeros(names["Model"].KNOWN, dtype=torch.int64)
    answers = torch.full_like(keys, -1)
    x = torch.from_numpy(test.images[known]).permute(0, 3, 1, 2).float() / 255
    keys[: len(known)], answers[: len(known)] = names["Model"]().keys(x), torch.from_numpy(test.labels[known])
    return state_of(arena, WITH_A_TABLE, known=keys, answers=answers, skill=torch.tensor(skill))


@pytest.mark.parametrize(("share", "skill"), [(1.0, 0.0), (0.5, 0.3), (0.34, 0.4)])
def test_72_a_table_of_the_test_images_is_worth_nothing_alone_or_beside_a_weak_model(
    arena: ModelArena, share: float, skill: float
) -> None:
    report = examined(arena, {CHECKPOINT: table(arena, share, skill)}, WITH_A_TABLE)
    assert quality(report) == [0, 0, 0]
    failed = {c.id: c.finding.cause for c in report.checks["check_accuracy"].failures}
    assert set(failed) == {"not_a_table"} and "table" in failed["not_a_table"]


def test_72_the_same_model_without_weakness_needs_no_table(arena: ModelArena) -> None:
    """The twin of the attack above: its code alone costs nothing."""
    assert quality(examined(arena, {CHECKPOINT: table(arena, 0.0, 1.0)}, WITH_A_TABLE)) == [0.75] * 3


def test_73_anothers_checkpoint_is_worth_what_it_is_worth_and_fits_only_its_own_model(
    arena: ModelArena,
) -> None:
    """Whoever hands in a copy of both has what was copied: no grader can see who trained it."""
    assert quality(examined(arena, dict(ModelArena.files))) == [0.75] * 3
    other = "class Model(Inner):\n    def __init__(self):\n        super().__init__(); self.more = nn.Linear(2, 2)"
    report = examined(arena, dict(ModelArena.files), other)
    assert quality(report) == [0, 0, 0]
    assert "another architecture" in printed(report)


@pytest.mark.parametrize(
    "source",
    [COUNTS, SHOWN_LABELS, FRAMES, ONE_CLASS],
    ids=["74 number of the call", "75 labels of the data set", "75 frames of the caller", "75 one class"],
)
def test_answers_that_are_not_read_off_the_image_are_worth_nothing(arena: ModelArena, source: str) -> None:
    assert quality(examined(arena, dict(ModelArena.files), source)) == [0, 0, 0]


def test_74_statistics_of_the_test_batch_cost_the_check_of_the_model(arena: ModelArena) -> None:
    check = examined(arena, dict(ModelArena.files), OTHERS_IN_THE_BATCH).checks["check_model"]
    assert "each_for_itself" in {c.id for c in check.failures}


# Checkpoints that are bombs.


def _zip_of_zeros() -> bytes:
    """A `state_dict` whose entries are 4 GiB of zeros, compressed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}, protocol=2))
        archive.writestr("archive/version", "3\n")
        with archive.open("archive/data/0", "w", force_zip64=True) as entry:
            for _ in range(4_096):
                entry.write(bytes(MIB))
    return file.getvalue()


def _zip_of_a_long_pickle() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/version", "3\n")
        with archive.open("archive/data.pkl", "w", force_zip64=True) as entry:
            for _ in range(3_000):
                entry.write(b"(" * MIB)
    return file.getvalue()


def _npz_of_zeros() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, weights=np.zeros(2**28))
    return file.getvalue()


def _a_million_keys() -> bytes:
    file, one = io.BytesIO(), torch.zeros(1)
    torch.save({f"k{n}": one for n in range(10**6)}, file)
    return file.getvalue()


def _a_tensor_that_claims_to_be_large() -> bytes:
    """A view of one number as 10¹⁴ of them."""
    file = io.BytesIO()
    state: dict[str, Any] = torch.load(io.BytesIO(ModelArena.files[CHECKPOINT]), weights_only=True)
    state["classifier.1.weight"] = torch.zeros(1).expand(10**7, 10**7)
    torch.save(state, file)
    return file.getvalue()


@pytest.mark.parametrize(
    "make",
    [_zip_of_zeros, _zip_of_a_long_pickle, _npz_of_zeros, _a_million_keys, _a_tensor_that_claims_to_be_large],
)
def test_57_a_checkpoint_that_is_a_bomb_earns_nothing_and_costs_little(
    arena: ModelArena, make: Callable[[], bytes]
) -> None:
    report = examined(arena, {CHECKPOINT: make()})
    assert quality(report) == [0, 0, 0]
    assert report.checks["check_model"].points == 0.25
    for name in QUALITY:
        first = report.checks[name].failures[0].finding
        assert first.cause and len(first.cause) < 400


def test_57_a_sparse_checkpoint_of_10_gb_is_not_read(arena: ModelArena) -> None:
    def place(folder: Path) -> None:
        with (folder / CHECKPOINT).open("wb") as file:
            file.truncate(10 * 2**30)

    report = examined(arena, {}, place=place)
    assert quality(report) == [0, 0, 0]
    assert report.checks["check_model"].points == 0.25
    assert "There is no checkpoint" in printed(report)
