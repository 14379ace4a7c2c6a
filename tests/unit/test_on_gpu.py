"""`benchmarks/on_gpu.py` and what it runs: steps within their time, switches that work, images that travel."""

from __future__ import annotations

import hashlib
import json
import pickle
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import cnn_notebook
import nbformat
import numpy as np
import on_gpu
import pack_images
import pack_packages
import pytest
from fast.settings import RECIPES
from on_gpu import Runner, Step

from autograder import notebooks
from autograder.errors import ExplainedError


def step(source: str, seconds: float = 60.0, name: str = "one") -> Step:
    return Step(name, "", seconds, ("-c", source))


def test_what_a_step_prints_is_kept_and_its_end_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner = Runner(60.0, tmp_path / "logs")
    assert runner.run(step("for k in range(30): print('line', k)"))
    assert "line 29" in (shown := capsys.readouterr().out) and "line 5\n" not in shown
    assert (tmp_path / "logs" / "one.txt").read_text().splitlines() == [f"line {k}" for k in range(30)]


def test_a_step_that_fails_or_never_ends_costs_itself_alone(tmp_path: Path) -> None:
    runner = Runner(60.0, tmp_path)
    began = time.monotonic()
    endless = (
        "import subprocess, sys, time; subprocess.run([sys.executable, '-c', 'import time; time.sleep(99)'])"
    )
    assert not runner.run(step("raise SystemExit(3)"))
    assert not runner.run(step(endless, 2.0, "two"))
    assert runner.run(step("print(1)", name="three"))
    assert time.monotonic() - began < 40
    assert [outcome for _, _, outcome in runner.outcomes] == [
        "failed with status 3",
        "ended after 2 s",
        "done",
    ]


def test_no_step_is_begun_when_the_time_is_up(tmp_path: Path) -> None:
    runner = Runner(5.0, tmp_path)
    assert not runner.run(step("print(1)"))
    assert runner.outcomes == [("one", 0.0, "not begun: the time is up")] and not list(tmp_path.iterdir())


def test_the_record_and_the_recipes_are_rehearsed_on_the_cpu_and_their_runs_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIFAR10_ROOT", "synthetic")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(
        sys, "argv", ["on_gpu.py", "record", "recipes", "--rehearse", "--logs", str(tmp_path)]
    )
    with pytest.raises(SystemExit) as ended:
        on_gpu.main()
    assert ended.value.code == 0, (tmp_path / "record.txt").read_text()
    recipes = json.loads((tmp_path / "cifar_gpu_recipes.json").read_text())["recipes"]
    assert set(recipes) == set(RECIPES) and all(len(of_one["runs"]) == 1 for of_one in recipes.values())
    found = json.loads((tmp_path / "cifar_gpu_record.json").read_text())
    assert [run["seed"] for run in found["recipes"]["published"]["runs"]] == [0, 1] and "CPU" in found[
        "machine"
    ]


def test_a_step_that_there_is_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        on_gpu.parse(["recrod"])
    assert "there is no step recrod; the steps are doctor, notebook" in capsys.readouterr().err


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files as the official ones, of a few images."""
    folder = tmp_path / "root" / pack_images.data.FOLDER
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    files = {}
    for name in ("data_batch_1", "test_batch"):
        batch = {
            "data": rng.integers(256, size=(7, 3072), dtype=np.uint8),
            "labels": [0, 1, 2, 3, 4, 5, 6],
            "filenames": [f"{k}.png" for k in range(7)],
        }
        content = pickle.dumps(batch, protocol=4)  # raw bytes, as in the official files
        (folder / name).write_bytes(content)
        files[name] = hashlib.md5(content).hexdigest()
    (folder / "batches.meta").write_bytes(b"names")
    monkeypatch.setattr(pack_images, "FILES", files)
    monkeypatch.setattr(pack_images, "SHEET", 3)
    return tmp_path / "root"


def test_unpacked_files_are_the_packed_ones_byte_for_byte(root: Path, tmp_path: Path) -> None:
    pack_images.pack(root, tmp_path / "packed")
    (tmp_path / "packed" / "test_batch.zip").rename(tmp_path / "later.zip")
    pack_images.unpack(tmp_path / "packed", tmp_path / "there")
    (tmp_path / "later.zip").rename(tmp_path / "packed" / "test_batch.zip")
    pack_images.unpack(tmp_path / "packed", tmp_path / "there")
    made = {path.name: path.read_bytes() for path in (tmp_path / "there" / pack_images.data.FOLDER).iterdir()}
    assert made == {path.name: path.read_bytes() for path in (root / pack_images.data.FOLDER).iterdir()}


def test_files_that_are_not_the_official_ones_are_neither_packed_nor_unpacked(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ExplainedError, match="There is no archive"):
        pack_images.unpack(tmp_path, tmp_path / "there")
    pack_images.pack(root, tmp_path / "packed")
    monkeypatch.setitem(pack_images.FILES, "test_batch", "0" * 32)
    with pytest.raises(ExplainedError, match="test_batch is not the official file"):
        pack_images.unpack(tmp_path / "packed", tmp_path / "there")
    assert not (tmp_path / "there" / pack_images.data.FOLDER / "test_batch").exists()
    with pytest.raises(ExplainedError, match="test_batch is not the official file"):
        pack_images.pack(root, tmp_path / "again")


def test_a_damaged_archive_and_a_missing_file_are_one_sentence(root: Path, tmp_path: Path) -> None:
    pack_images.pack(root, tmp_path / "packed")
    archive = tmp_path / "packed" / "test_batch.zip"
    archive.write_bytes(archive.read_bytes()[:200])
    with pytest.raises(
        ExplainedError, match=r"test_batch\.zip is damaged or no such archive .*: copy it again\."
    ):
        pack_images.unpack(tmp_path / "packed", tmp_path / "there")
    assert (tmp_path / "there" / pack_images.data.FOLDER / "data_batch_1").exists()
    (root / pack_images.data.FOLDER / "test_batch").unlink()
    with pytest.raises(ExplainedError, match="test_batch cannot be read"):
        pack_images.pack(root, tmp_path / "again")


def test_a_notebooks_cells_are_timed_and_its_metrics_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = nbformat.v4.new_code_cell("import time; time.sleep(1.5)")
    slow.metadata.nbgrader = {"grade_id": "trained"}
    quick = nbformat.v4.new_code_cell("print('mean precision  0.5')")
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("text"), slow, quick])
    nbformat.write(made, tmp_path / "small.ipynb")
    run = notebooks.run(tmp_path / "small.ipynb")
    assert 1.4 < cnn_notebook.seconds_of(run.cells[1]) < 60
    assert cnn_notebook.seconds_of(nbformat.v4.new_code_cell()) == 0.0
    cnn_notebook.show(run)
    shown = capsys.readouterr().out
    assert "cell  1 trained" in shown and "mean precision  0.5" in shown and "cell  2" not in shown


def test_a_wheel_is_slimmed_and_its_record_with_it(tmp_path: Path) -> None:
    wheel, slimmed = tmp_path / "a-1-py3-none-any.whl", tmp_path / "slim.whl"
    kept = ["a/__init__.py", "a/testing.py", "a/locale-data/en.dat", "a-1.dist-info/RECORD"]
    dropped = [
        "a/tests/test_a.py",
        "a/static/page.js",
        "a/locale-data/fr.dat",
        "a-1.data/data/share/labextension/b",
    ]
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (*kept[:-1], *dropped):
            archive.writestr(name, "content " * 9)
        archive.writestr(kept[-1], "".join(f"{name},sha256=x,72\n" for name in (*kept, *dropped)))
    pack_packages.slim(wheel, slimmed)
    with zipfile.ZipFile(slimmed) as archive:
        assert sorted(archive.namelist()) == sorted(kept)
        assert [row.split(",")[0] for row in archive.read(kept[-1]).decode().splitlines()] == kept
        assert archive.read("a/testing.py") == b"content " * 9


def test_what_a_kernel_needs_is_packed_and_what_it_can_do_without_is_not() -> None:
    found = set(pack_packages._required(["ipykernel", "no-such-package"], "3.12"))
    assert {"ipykernel", "traitlets", "pyzmq", "stack-data"} <= found and not {
        "debugpy",
        "jedi",
        "parso",
    } & found


def test_only_what_is_not_there_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fetch(line: list[str], check: bool) -> subprocess.CompletedProcess[bytes]:
        folder = Path(line[line.index("--dest") + 1])
        folder.mkdir()
        for name in (word.split("==")[0] for word in line if "==" in word):
            zipfile.ZipFile(folder / f"{name}-1-py3-none-any.whl", "w").close()
        return subprocess.CompletedProcess(line, 0)

    monkeypatch.setattr(
        pack_packages, "loaded", lambda python: {"typing-extensions": "1", "numpy": "2", "bleach": "3"}
    )
    monkeypatch.setattr(pack_packages.subprocess, "run", fetch)
    pack_packages.pack(tmp_path / "new" / "all.tar.xz", "3.12", ["numpy", "Typing_Extensions"])
    with tarfile.open(tmp_path / "new" / "all.tar.xz") as archive:
        assert [Path(name).name for name in archive.getnames() if name.endswith(".whl")] == [
            "bleach-1-py3-none-any.whl"
        ]
    assert "1 package(s)" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="nothing was packed"):
        pack_packages.pack(tmp_path / "none.tar.xz", "3.12", ["numpy", "typing-extensions", "bleach"])


def test_options_for_the_training_do_not_swallow_steps() -> None:
    options = on_gpu.parse(["--more", "no-capture", "--more", "no-tuning", "budgets"])
    assert options.steps == ["budgets"]
    (budgets,) = (step for step in on_gpu.steps(options, on_gpu.RESULTS) if step.name == "budgets")
    assert "--no-capture" in budgets.line and "--no-tuning" in budgets.line
