"""A GPU that is missing, busy, full, too old or broken is one sentence; what it is not passes as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from autograder import accelerator, doctor, training
from autograder.errors import one_line

FULL = (
    "CUDA out of memory. Tried to allocate 2.44 GiB. GPU 0 has a total capacity of 15.77 GiB of which 1.19 GiB is "
    "free. Process 4711 has 14.58 GiB memory in use."
)
HINT = "\nCUDA kernel errors might be asynchronously reported at some other API call"
ACCELERATOR_ERROR = getattr(torch, "AcceleratorError", RuntimeError)  # since torch 2.8
CASES = [
    (torch.cuda.OutOfMemoryError(FULL), "memory is full"),
    (
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        "memory is full",
    ),
    (ACCELERATOR_ERROR("CUDA error: CUDA-capable device(s) is/are busy or unavailable" + HINT), "is busy"),
    (
        ACCELERATOR_ERROR("CUDA error: no kernel image is available for execution on the device" + HINT),
        "too old",
    ),
    (RuntimeError("No CUDA GPUs are available"), "no such GPU"),
    (
        RuntimeError("Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU"),
        "no such GPU",
    ),
    (AssertionError("Torch not compiled with CUDA enabled"), "no such GPU"),
    (ACCELERATOR_ERROR("CUDA error: invalid device ordinal" + HINT), "no such GPU"),
    (
        RuntimeError("The NVIDIA driver on your system is too old (found version 11040). CUDA"),
        "driver is too old",
    ),
    (ACCELERATOR_ERROR("CUDA error: device-side assert triggered" + HINT), "class number outside"),
    (ACCELERATOR_ERROR("CUDA error: unspecified launch failure" + HINT), "cannot go on"),
]
IDS = [" ".join(str(error).split())[:40] for error, _ in CASES]


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    accelerator.best.cache_clear()
    yield
    accelerator.best.cache_clear()


def failing(error: BaseException) -> object:
    def fail(*arguments: object, **options: object) -> torch.Tensor:
        raise error

    return fail


@pytest.mark.parametrize(("error", "part"), CASES, ids=IDS)
def test_an_error_of_the_gpus_is_one_sentence_with_what_to_do(error: BaseException, part: str) -> None:
    with pytest.raises(accelerator.DeviceError, match=part) as raised, accelerator.explained():
        raise error
    assert raised.value.__cause__ is error
    said = one_line(raised.value)
    assert said is not None and "\n\n" not in said and "torch: " in " ".join(said.split())


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied (4x3 and 4x3)"),
        AssertionError("the loss is nan"),
        ValueError("CUDA out of memory"),
        training.CheckpointError("There is no checkpoint cuda.pt"),
        RuntimeError("Expected all tensors to be on the same device, but found cuda:0 and cpu!"),
    ],
)
def test_other_errors_pass_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, accelerator.explained():
        raise error
    assert raised.value is error


@pytest.mark.parametrize(("error", "part"), CASES, ids=IDS)
def test_a_gpu_that_is_listed_but_fails_is_named_once_and_the_cpu_is_used(
    error: BaseException, part: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", failing(error))
    assert training.device() == torch.device("cpu") and training.device() == torch.device("cpu")
    said = capsys.readouterr()
    assert said.out.count("The CPU is used") == 1 and part in said.out and said.err == ""


def test_without_a_gpu_the_cpu_is_used_without_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert training.device().type == "cpu" and capsys.readouterr().out == ""


def test_a_gpu_that_works_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    made = torch.ones(2)
    asked = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", lambda *shape, device: asked.append(device) or made)
    assert training.device() == torch.device("cuda") == training.device()
    assert asked == ["cuda"]


def test_a_device_that_was_asked_for_by_name_must_work(monkeypatch: pytest.MonkeyPatch) -> None:
    assert accelerator.usable("cpu") == torch.device("cpu")
    monkeypatch.setattr(torch, "ones", failing(CASES[2][0]))
    with pytest.raises(accelerator.DeviceError, match="is busy"):
        accelerator.usable("cuda")


def test_a_training_that_fills_the_gpu_says_so_and_leaves_no_checkpoint(tmp_path: Path) -> None:
    def train(model: nn.Module) -> None:
        raise torch.cuda.OutOfMemoryError(FULL)

    with pytest.raises(accelerator.DeviceError, match="smaller batch"):
        training.restore_or_train(nn.Linear(2, 2), train, tmp_path / "network.pt")
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_written_on_a_gpu_is_loaded_on_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}
    load = torch.load
    monkeypatch.setattr(torch, "load", lambda path, **options: asked.update(options) or load(path, **options))
    model = nn.Linear(2, 2)
    training.save_checkpoint(model, tmp_path / "network.pt")
    training.load_checkpoint(model, tmp_path / "network.pt")
    assert asked["map_location"] == "cpu" and asked["weights_only"]


def test_the_doctor_says_what_is_wrong_with_the_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch, "ones", failing(CASES[3][0]))
    there, _, remedy = next(found for found in doctor.findings(tmp_path) if found[1].startswith("CUDA"))
    assert not there and "Not needed for grading" in remedy and "too old" in remedy


@pytest.mark.parametrize(("why", "there"), [(None, True), ("RuntimeError: Error 304: OS call failed", False)])
def test_the_doctor_tries_cuda_in_the_sandbox_where_there_is_a_gpu(
    why: str | None, there: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def found() -> list[tuple[bool, str, str]]:
        return [finding for finding in doctor.findings(tmp_path) if finding[1] == "CUDA in the sandbox"]

    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(doctor.devices, "gpus", lambda: ("/dev/nvidiactl",))
    monkeypatch.setattr(doctor.walls, "missing", list)
    monkeypatch.setattr(doctor.retrain, "refusal", lambda cards: asked.append(cards) or why)
    ((stands, _, remedy),) = found()
    assert stands is there and asked == [("/dev/nvidiactl",)] and ("304" in remedy) is not there
    monkeypatch.setattr(doctor.walls, "missing", lambda: ["a wall"])
    assert "A wall is missing" in found()[0][2] and len(asked) == 1
    monkeypatch.setattr(doctor.devices, "gpus", tuple)
    assert not found()
