"""Training from scratch while grading: epochs by the clock, comparison, device nodes, what a bad answer does."""

from __future__ import annotations

import json
import multiprocessing
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import torch

from autograder import batch, data, retrain
from autograder.assignments import ASSIGNMENTS
from autograder.batch import Options, write_json
from autograder.checks.result import Status
from autograder.cli import main
from autograder.errors import ExplainedError
from autograder.examiner import Task, prepare_images
from autograder.report import Report
from autograder.retrain import Retrained
from autograder.sandbox import devices, launch, walls
from autograder.sandbox.launch import ChildLost, Sandbox
from autograder.sandbox.limits import Limits
from autograder.sanitise import Submission
from tests.mutants import few_images
from tests.sandbox.cells import printed

ROOT = Path(__file__).parents[2]
MISSING = [wall.name for wall in walls.missing()]
CELLS = {
    "model": """
import torch
from torch import nn
from autograder import data, training

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(48, 10))

    def forward(self, x):
        return self.layers(x).softmax(1)
""",
    "train": """
def train(model, epochs=10):
    part = data.parts().train
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(min(epochs, 5)):
        for X, y in training.batches(part, 60, shuffle=True):
            loss = -model(X)[torch.arange(len(y)), y].clamp_min(1e-30).log().mean()
            optimizer.zero_grad(); loss.backward(); optimizer.step()
""",
    "trained": """
model = None
untrained = Model()
training.restore_or_train(untrained, train, "cifar10_cnn.pt")
model = untrained
""",
    "after": "raise RuntimeError('cells behind the training must not run')",
}


def task(files: dict[str, bytes] | None = None, **changed: str) -> Task:
    cells = []
    for name, source in (CELLS | changed).items():
        cell = nbformat.v4.new_code_cell(source, id=name)
        cell.metadata.nbgrader = {"grade_id": name}
        cells.append(cell)
    notebook = nbformat.v4.new_notebook(cells=cells)
    submission = Submission("ada", "neural_networks", {retrain.NOTEBOOK: notebook}, files=files or {})
    return Task(submission, ASSIGNMENTS["neural_networks"], {}, Limits(), b"secret")


class Child:
    """Answers as the sandbox would; every epoch takes `epoch` seconds, and nothing runs longer than it may."""

    def __init__(self, epoch: float, device: str = "cpu", **wrong: Any) -> None:
        self.epoch, self.device, self.wrong = epoch, device, wrong
        self.trained: list[tuple[int, float]] = []
        self.events: list[str] = []
        self.shown: list[np.ndarray] = []

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *details: object) -> None:
        self.events.append("closed")

    def start(self) -> Child:
        return self

    def put_file(self, name: str, content: bytes) -> None:
        self.events.append(f"file {name}")

    def run_cell(self, source: str) -> dict[str, Any]:
        name = next((name for name, text in CELLS.items() if text == source), "other")
        self.events.append(f"cell {name}")
        return {"status": "ok", "outputs": [], "seconds": 0.0}

    def look(self, subjects: list[str]) -> dict[str, Any]:
        return {"status": "absent"} if subjects == self.wrong.get("absent") else {"status": "there"}

    def ask(
        self, probe: str, function: str, subjects: list[str], question: dict[str, Any], seconds: float = 60.0
    ) -> dict[str, Any]:
        if function in self.wrong:
            if isinstance(self.wrong[function], Exception):
                raise self.wrong[function]
            return self.wrong[function]
        if function == "train":
            self.events.append("train")
            self.trained.append((question["epochs"], seconds))
            slower = self.wrong.get("slower", 1) if len(self.trained) > 1 else 1
            taken = slower * self.epoch * question["epochs"]
            if taken > seconds:
                return {"status": "interrupted"}
            return {"status": "answered", "answer": {"seconds": {"type": "float", "data": taken}}}
        images = question["images"]
        self.shown.append(images)
        answer = np.zeros((len(images), 10), dtype=np.float32)
        # The network that was trained here tells the class from the first pixel; the checkpoint says 0.
        answer[np.arange(len(images)), images[:, 0, 0, 0] if probe == retrain.PROBE else 0] = 1
        return {
            "status": "answered",
            "answer": {
                "probabilities": {"type": "ndarray", "data": answer},
                "device": {"type": "str", "data": self.device},
                "seconds": {"type": "float", "data": 0.1},
            },
        }


@pytest.fixture(autouse=True)
def marked(monkeypatch: pytest.MonkeyPatch) -> data.Images:
    """5,000 test images whose first pixel is their class."""
    labels = np.arange(5_000, dtype=np.int64) % 10
    images = np.zeros((5_000, 32, 32, 3), dtype=np.uint8)
    images[:, 0, 0, 0] = labels
    made = data.Images(images, labels)
    monkeypatch.setattr(data, "load", lambda train: made)
    return made


@pytest.mark.parametrize(
    ("epoch", "asked", "stopped", "taken"),
    [
        (10.0, [(1, 100.0), (8, 90.0)], False, 90.0),
        (33.0, [(1, 100.0)], False, 33.0),
        (40.0, [(1, 100.0)], False, 40.0),
        (101.0, [(1, 100.0)], True, 100.0),
    ],
)
def test_after_one_epoch_as_many_as_fit_are_trained(
    epoch: float, asked: list[tuple[int, float]], stopped: bool, taken: float
) -> None:
    child = Child(epoch)
    found = retrain.retrain(task(), child, 100.0)
    assert child.trained == asked
    assert (found.epochs, found.stopped, found.seconds) == (asked[-1][0], stopped, taken)
    assert found.metrics == {"accuracy": 1.0, "mean precision": 1.0, "mean recall": 1.0}


def test_a_training_slower_than_its_first_epoch_is_stopped_in_time() -> None:
    found = retrain.retrain(task(), Child(10.0, slower=2), 100.0)
    assert found.stopped and found.epochs == 8 and found.seconds == 100.0
    assert "stopped within 8 epochs" in str(found)


def test_the_checkpoint_comes_only_after_the_training_and_later_cells_do_not_run() -> None:
    child = Child(50.0)
    found = retrain.retrain(task({"cifar10_cnn.pt": b"weights"}), child, 60.0)
    assert child.events == [
        "cell model",
        "cell train",
        "train",
        "file cifar10_cnn.pt",
        "cell trained",
        "closed",
    ]
    assert found.checkpoint is not None and found.checkpoint["accuracy"] == pytest.approx(0.1, abs=0.03)
    assert found.checkpoint["mean recall"] == pytest.approx(0.1)
    assert "accuracy 1.000 (checkpoint 0." in str(found) and ", +0.9" in str(found)


@pytest.mark.parametrize(("device", "images"), [("cpu", 2_000), ("cuda", 5_000)])
def test_both_networks_see_the_same_drawn_images_all_of_them_on_a_gpu(device: str, images: int) -> None:
    child = Child(50.0, device)
    found = retrain.retrain(task(), child, 60.0)
    assert found.images == images and found.device == device
    half = len(child.shown) // 2
    first, second = np.concatenate(child.shown[:half]), np.concatenate(child.shown[half:])
    assert len(first) == images and (first == second).all()
    assert (first[:10, 0, 0, 0] != np.arange(10)).any()


def test_a_checkpoint_that_pretends_to_be_on_a_gpu_gets_no_other_images() -> None:
    child = Child(50.0)
    look = child.look
    child.look = lambda subjects: (
        setattr(child, "device", "cuda") if subjects == ["model"] else None,
        look(subjects),
    )[1]
    found = retrain.retrain(task(), child, 60.0)
    assert found.images == 2_000 and found.checkpoint is not None and len(child.shown) == 2


NOT_FINITE = {
    "probabilities": {"type": "ndarray", "data": np.full((2000, 10), np.nan, np.float32)},
    "device": {"type": "str", "data": "cpu"},
}
BAD = [
    ({"train": {"status": "error", "error": "RuntimeError", "message": "loss\x1b[31m is nan"}}, "loss"),
    ({"train": {"status": "not_done"}}, "failed"),
    ({"train": {"status": "answered", "answer": {"seconds": {"type": "str", "data": "soon"}}}}, "number"),
    ({"train": {"status": "answered", "answer": 3}}, "turned into numbers"),
    ({"train": {}}, "failed"),
    ({"train": ChildLost("timed_out", "it was killed")}, "it was killed"),
    ({"probabilities": {"status": "answered", "answer": NOT_FINITE}}, "division"),
    ({"probabilities": {"status": "answered", "answer": {}}}, "turned into numbers"),
    ({"absent": ["Model", "train"]}, "no `train`"),
]


@pytest.mark.parametrize(("wrong", "reason"), BAD)
def test_whatever_a_submission_answers_is_one_harmless_reason(wrong: dict[str, Any], reason: str) -> None:
    found = retrain.retrain(task(), Child(50.0, **wrong), 60.0)
    assert found.metrics is None and reason in found.reason
    assert "\x1b" not in str(found) and str(found).startswith("not retrained: ")


def test_without_a_checkpoint_the_retrained_metrics_stand_alone() -> None:
    found = retrain.retrain(task(), Child(50.0, absent=["model"]), 60.0)
    assert found.checkpoint is None and "no checkpoint to compare with" in str(found)


def test_a_notebook_that_was_not_handed_in_is_named() -> None:
    given = task()
    empty = replace(given, submission=replace(given.submission, notebooks={}))
    assert "was not handed in" in retrain.retrain(empty, Child(1.0), 60.0).reason


def test_a_notebook_without_the_cell_that_restores_is_named() -> None:
    given = task()
    cells = given.submission.notebooks[retrain.NOTEBOOK].cells
    cells[:] = [cell for cell in cells if cell.id != "trained"]
    assert "no cell `trained`" in retrain.retrain(given, Child(1.0), 60.0).reason


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two submissions of the release itself; one that was killed while it trained, and one that trains."""
    release = tmp_path / "notebooks" / "neural_networks"
    shutil.copytree(ROOT / "notebooks" / "neural_networks", release)
    for student in ("ada", "bob"):
        shutil.copytree(release, tmp_path / "gradebook" / "submitted" / student / "neural_networks")
    monkeypatch.setattr(retrain, "prepare_images", lambda folder, secret: folder)
    monkeypatch.setattr(devices, "gpus", lambda: ())
    return tmp_path


def test_a_class_is_trained_one_by_one_and_what_was_trained_is_kept(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = [Child(50.0), Child(50.0, train=ChildLost("error", "it ended")), Child(50.0)]
    waiting = iter(children)
    monkeypatch.setattr(retrain, "Sandbox", lambda images, **options: next(waiting))
    options = Options("neural_networks", allow_unsandboxed=True)
    first = {found.student: found for found in retrain.retrain_all(course, options, 60.0)}
    assert first["ada"].metrics is not None and first["bob"].reason == "it ended"
    second = {found.student: found for found in retrain.retrain_all(course, options, 60.0)}
    assert second["ada"] == first["ada"] and second["bob"].metrics is not None
    assert next(waiting, None) is None
    files = list((course / "gradebook" / "retrained").iterdir())
    assert len(files) == 2 and all(file.suffix == ".json" for file in files)


@pytest.mark.parametrize("why", [None, "RuntimeError: Error 304"])
def test_a_gpu_on_which_cuda_does_not_start_is_left_aside_and_it_is_said_once(
    why: str | None, course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes = ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia0")
    shown: list[tuple[str, ...]] = []
    tried: list[tuple[str, ...]] = []
    monkeypatch.setattr(devices, "gpus", lambda: nodes)
    monkeypatch.setattr(retrain, "refusal", lambda cards, bare: tried.append(cards) or why)
    monkeypatch.setattr(retrain, "Sandbox", lambda images, **o: shown.append(o["devices"]) or Child(50.0))
    options = Options("neural_networks", allow_unsandboxed=True)
    for _ in range(2):
        assert all(found.metrics is not None for found in retrain.retrain_all(course, options, 60.0))
    said = capsys.readouterr().err
    assert shown == ([nodes, nodes] if why is None else [(), ()])
    if why is None:
        assert tried == [nodes] and "GPU" not in said
    else:  # what was trained is kept for a machine without a GPU; this one is tried again
        assert tried == [nodes, nodes] and said.count("CUDA does not start in the sandbox: RuntimeError") == 2


@pytest.mark.parametrize("function", ["train", "probabilities"])
def test_a_status_that_is_no_text_costs_one_comparison(function: str) -> None:
    forged = {"status": np.array(["answered", "timed_out"]), "answer": {}}
    found = retrain.retrain(task(), Child(50.0, **{function: forged}), 60.0)  # type: ignore[arg-type]
    assert found.metrics is None and "malformed" in found.reason


def test_names_that_are_there_and_not_there_are_not_there() -> None:
    child = Child(50.0)
    child.look = lambda subjects: {"status": np.array(["there", "there"])}  # type: ignore[method-assign]
    assert "defines no `Model`" in retrain.retrain(task(), child, 60.0).reason  # type: ignore[arg-type]


def test_an_error_of_our_own_costs_one_comparison(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = iter([Child(50.0, train=RuntimeError("a bug")), Child(50.0)])
    monkeypatch.setattr(retrain, "Sandbox", lambda images, **options: next(waiting))
    options = Options("neural_networks", allow_unsandboxed=True)
    ada, bob = retrain.retrain_all(course, options, 60.0)
    assert ada.reason == "RuntimeError: a bug" and bob.metrics is not None


def test_the_command_prints_the_comparison_below_the_score(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report("ada", "neural_networks", "key", "0", "walls", ())
    found = Retrained("ada", device="cuda", seconds=58, epochs=12, images=9, metrics={"accuracy": 0.86})
    asked: list[float] = []
    monkeypatch.setattr(multiprocessing, "set_forkserver_preload", lambda names: None)
    monkeypatch.setattr(forkserver, "ensure_running", lambda: None)
    monkeypatch.setattr(batch, "grade", lambda course, options: [report])
    monkeypatch.setattr(
        retrain, "retrain_all", lambda course, options, seconds: asked.append(seconds) or [found]
    )
    line = ["grade", "neural_networks", "--json", str(tmp_path / "grades.json"), "--retrain"]
    assert main([*line, "--retrain-seconds", "7"]) == 0
    assert "retrained on cuda for 58 s (12 epochs), 9 test images: accuracy 0.860" in capsys.readouterr().out
    assert asked == [7.0]
    (row,) = json.loads((tmp_path / "grades.json").read_text(encoding="utf-8"))
    assert row["retrained"]["metrics"] == {"accuracy": 0.86} and row["score"] == 0


def test_limits_leave_room_for_the_training_and_for_cuda() -> None:
    limits = Limits()
    cpu, gpu = (retrain.limits_of(limits, 300.0, on_gpu=on_gpu) for on_gpu in (False, True))
    assert cpu.total_seconds == limits.total_seconds + 300 and cpu.cpu_seconds >= limits.cpu_seconds + 300
    assert cpu.memory_bytes == limits.memory_bytes and cpu.address_bytes == limits.address_bytes
    assert gpu.memory_bytes > limits.memory_bytes and gpu.address_bytes > 2**40


STDOUT, STDERR = ({"name": name} for name in ("stdout", "stderr"))


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ({"outputs": [{**STDOUT, "text": "started\n"}]}, None),
        (
            {"outputs": [{**STDERR, "text": "UserWarning: old\n"}, {**STDOUT, "text": "hello\nstarted\n"}]},
            None,
        ),
        ({"outputs": [{**STDOUT, "text": "RuntimeError: no\n  driver\n"}]}, "RuntimeError: no driver"),
        (
            {"outputs": [{**STDOUT, "text": "RuntimeError: not started yet\n"}]},
            "RuntimeError: not started yet",
        ),
        ({"outputs": [{"traceback": ["x"]}], "status": "timed_out"}, "it was tried, and ended so: timed_out"),
        ({}, "it was tried, and ended so: malformed"),
    ],
)
def test_it_is_said_why_cuda_does_not_start_in_the_sandbox(
    reply: dict[str, Any], why: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Answering(Child):
        def run_cell(self, source: str) -> dict[str, Any]:
            return reply

    class Broken(Child):
        def start(self) -> Child:
            raise launch.SandboxBrokenError("The sandbox did not start.")

    monkeypatch.setattr(retrain, "Sandbox", lambda **options: Answering(1.0))
    assert retrain.refusal(("/dev/nvidia0",)) == why
    monkeypatch.setattr(retrain, "Sandbox", lambda **options: Broken(1.0))
    assert retrain.refusal(("/dev/nvidia0",)) == "The sandbox did not start."


@pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")
@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_driver_torchs_own_words_are_given() -> None:
    assert re.match(r"\w+Error: .*(NVIDIA|CUDA)", retrain.refusal(("/dev/null",)) or "")


def test_a_comparison_survives_its_file_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    found = Retrained("ada", device="cpu", seconds=3.0, epochs=2, images=10, metrics={"accuracy": 0.5})
    path = tmp_path / "ada.json"
    retrain._write(path, found)
    assert retrain._read(path) == found
    path.write_text(path.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    assert retrain._read(path) is None and retrain._read(tmp_path / "none.json") is None


def test_the_json_holds_the_comparison_beside_the_verdicts(tmp_path: Path) -> None:
    report = Report("ada", "neural_networks", "key", "0", "walls", ())
    assert report.status is Status.PASSED
    more = {"ada": {"retrained": retrain.to_dict(Retrained("ada", reason="none"))}}
    write_json([report], tmp_path / "grades.json", more)
    (row,) = json.loads((tmp_path / "grades.json").read_text(encoding="utf-8"))
    assert row["student"] == "ada" and row["retrained"]["reason"] == "none" and row["score"] == 0


def test_an_assignment_without_a_network_is_refused(tmp_path: Path) -> None:
    release = tmp_path / "notebooks" / "linear_classifiers"
    release.mkdir(parents=True)
    for name in ASSIGNMENTS["linear_classifiers"].notebooks:
        nbformat.write(nbformat.v4.new_notebook(), release / f"{name}.ipynb")
    (tmp_path / "gradebook" / "submitted" / "ada" / "linear_classifiers").mkdir(parents=True)
    options = Options("linear_classifiers", allow_unsandboxed=True)
    with pytest.raises(ExplainedError, match="trains no network"):
        next(retrain.retrain_all(tmp_path, options, 1.0))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["nvidiactl", "nvidia-uvm", "nvidia0"], ["nvidiactl", "nvidia-uvm", "nvidia0"]),
        (
            [
                "nvidia10",
                "nvidia2",
                "nvidiactl",
                "nvidia-uvm",
                "nvidia-modeset",
                "nvidia-uvm-tools",
                "null",
                "sda",
            ],
            ["nvidiactl", "nvidia-uvm", "nvidia2", "nvidia10"],
        ),
        (["nvidiactl", "nvidia-uvm"], []),
        (["nvidia0", "nvidiactl"], []),
        (["null", "zero", "nvidia0x", "nvidia"], []),
        ([], []),
    ],
)
def test_the_nodes_of_gpus_are_listed_and_no_others(
    tmp_path: Path, names: list[str], expected: list[str]
) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert devices.gpus(tmp_path) == tuple(str(tmp_path / name) for name in expected)
    assert devices.gpus(tmp_path / "absent") == ()


def test_device_nodes_are_bound_before_the_view_becomes_read_only() -> None:
    line = launch.command(
        "bwrap", None, view="torch", descriptor=3, devices=("/dev/nvidiactl", "/dev/nvidia0")
    )
    bound = [k for k, word in enumerate(line) if word == "--dev-bind"]
    assert [line[k + 1 : k + 3] for k in bound] == [["/dev/nvidiactl"] * 2, ["/dev/nvidia0"] * 2]
    assert line.index("--dev") < bound[0] and bound[-1] < line.index("--remount-ro")
    assert "--dev-bind" not in launch.command("bwrap", None, view="torch", descriptor=3)


def test_a_driver_that_only_the_environment_tells_of_is_found_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def line(*nodes: str) -> list[str]:
        return launch.command("bwrap", None, view="torch", descriptor=3, devices=nodes)

    (tmp_path / "libcuda.so.1").touch()
    folder = str(tmp_path.resolve())
    monkeypatch.setenv("LD_LIBRARY_PATH", f"/absent::{tmp_path}")
    with_gpu = line("/dev/nvidia0")
    named = with_gpu.index("LD_LIBRARY_PATH")
    assert with_gpu[named - 1 : named + 2] == ["--setenv", "LD_LIBRARY_PATH", folder]
    shown = len(with_gpu) - 1 - with_gpu[::-1].index(folder)
    assert with_gpu[shown - 2 : shown + 1] == ["--ro-bind", folder, folder]
    assert with_gpu.index("/tmp") < shown < with_gpu.index("/dev/nvidia0")
    assert folder in launch.bare_environment(None, tmp_path, ("/dev/nvidia0",)).values()
    assert "LD_LIBRARY_PATH" not in line()
    (tmp_path / "libcuda.so.1").unlink()
    assert "LD_LIBRARY_PATH" not in line("/dev/nvidia0")


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A real sandbox that shows 1,600 training and 200 test images, and one device node more than others."""
    folder = tmp_path_factory.mktemp("images")
    with few_images.in_use(*few_images.patterns(30.0, 200)):
        images = prepare_images(folder, b"secret")
    limits = retrain.limits_of(Limits(), 60.0, on_gpu=False)
    with Sandbox(images, limits=limits, devices=("/dev/null",)) as made:
        yield made


@pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")
def test_a_network_is_trained_in_the_sandbox_and_compared(
    walled: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, test = few_images.patterns(30.0, 200)
    monkeypatch.setattr(data, "load", lambda train: test)
    found = retrain.retrain(task(), walled, 100.0)
    assert found.metrics is not None, found.reason
    assert found.metrics["accuracy"] > 0.5 and found.epochs >= 2 and not found.stopped
    assert found.checkpoint is None and found.device in ("cpu", "cuda") and found.images == 200


NAMED = """
import os, pathlib, threading
said = []
def work():
    own = pathlib.Path(f"/proc/self/task/{threading.get_native_id()}/comm")
    own.write_text("worker")
    said.append(own.read_text().strip())
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(said, "Threads" in open("/proc/self/status").read(), os.getpid(), os.path.isdir("/sys/devices/system"))
"""
"""What a driver's library does when it starts: a name for a thread of its own, a look at the machine."""
CLOSED = """
import os
shown = sorted(set(os.listdir("/proc")) - {"self", "cpuinfo", "meminfo", "stat", "loadavg", "devices", "driver"})
print("beside:", shown, os.path.exists("/proc/sys"), os.listdir("/tmp"))
for path in ("/proc/self/mountinfo", "/proc/self/mounts", "/proc/self/cgroup"):
    print(path, len(open(path).read()))
for folder, folders, _ in os.walk("/sys"):
    for path in (folder, *(os.path.join(folder, name) for name in folders)):
        if not os.path.islink(path) and not os.statvfs(path).f_flag & os.ST_RDONLY and os.listdir(path):
            print("writable", path)
    folders[:] = [name for name in folders if folder.count("/") < 3]
print(sorted(set(os.listdir("/sys")) - {"devices", "bus", "module"}), os.path.exists("/sys/class"))
"""


@pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")
def test_a_driver_can_name_its_threads_and_see_the_machine(walled: Sandbox) -> None:
    with walled.start() as child:
        assert printed(child, NAMED).strip() == "['worker'] True 1 True"


@pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")
def test_beside_what_a_driver_needs_nothing_of_the_machine_is_shown(walled: Sandbox) -> None:
    with walled.start() as child:
        lines = printed(child, CLOSED).splitlines()
    assert lines[0] == "beside: [] False ['work']"
    assert [line.split()[1] for line in lines[1:4]] == ["0", "0", "0"]
    assert lines[4:] == ["[] False"]


def test_of_the_bus_the_drivers_own_cards_are_shown(tmp_path: Path) -> None:
    for name, vendor in (("0000:00:03.0", "0x8086"), ("0000:00:06.0", "0x10de")):
        card = tmp_path / "devices" / "pci0000:00" / name
        card.mkdir(parents=True)
        (card / "vendor").write_text(f"{vendor}\n", encoding="ascii")
        link = tmp_path / "bus" / "pci" / "devices" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(card)
    for name in ("devices/system", "module/nvidia", "module/nvidia_uvm", "module/ext4"):
        (tmp_path / name).mkdir(parents=True)
    shown = (
        "devices/system",
        "bus/pci",
        "module/nvidia",
        "module/nvidia_uvm",
        "devices/pci0000:00/0000:00:06.0",
    )
    assert devices.system_paths(tmp_path) == tuple(str(tmp_path / name) for name in shown)
    assert devices.system_paths(tmp_path / "absent") == ()
    line = launch.command("bwrap", None, view="torch", descriptor=3)
    assert not any(word.startswith("/sys") for word in line)


@pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")
def test_a_training_without_end_is_interrupted_and_counts_as_it_stands(
    walled: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, test = few_images.patterns(30.0, 200)
    monkeypatch.setattr(data, "load", lambda train: test)
    endless = CELLS["train"].replace("for _ in range(min(epochs, 5))", "while True")
    began = time.monotonic()
    found = retrain.retrain(task(train=endless), walled, 10.0)
    assert found.metrics is not None, found.reason
    assert found.stopped and found.epochs == 1 and found.seconds == 10.0
    assert time.monotonic() - began < 300


def test_each_training_has_an_empty_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch import nn

    from autograder.probes.cnn_cifar10 import _retrain

    seen = []

    def train(model: nn.Module, epochs: int) -> None:
        seen.append(list(Path.cwd().iterdir()))
        Path("state.pt").touch()

    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        _retrain.train(lambda: nn.Linear(1, 1), train, 1, 0, 0.8)
    assert seen == [[], []] and Path.cwd() == tmp_path and list(tmp_path.iterdir()) == []


def test_a_network_that_cannot_be_made_leaves_none_of_the_question_before() -> None:
    from torch import nn

    from autograder.probes.cnn_cifar10 import _retrain

    _retrain.train(lambda: nn.Linear(1, 1), lambda model, epochs: None, 1, 0, 0.8)
    assert len(_retrain._KEPT) == 1
    with pytest.raises(ZeroDivisionError):
        _retrain.train(lambda: 1 / 0, None, 1, 0, 0.8)
    assert _retrain._KEPT == []
