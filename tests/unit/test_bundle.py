"""What ``autograder bundle`` finds in what a student is about to hand in, and what it packs."""

from __future__ import annotations

import os
import zipfile
from functools import partial
from pathlib import Path

import nbformat
import pytest
import torch
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum

from autograder import bundle, cli, data, notebooks, rehearsal, sanitise
from autograder.assignments import ASSIGNMENTS, Assignment
from autograder.bundle import Bundle
from autograder.errors import ExplainedError
from autograder.sandbox.limits import Limits

# The checks of the start notebook, in an assignment of its own: it runs in seconds.
TOY = Assignment("toy", ("1_start",), ("weights.pt",), ("essay",))
FILE = "1_start.ipynb"
RIGHT = "def mean_squared_error(p, t):\n    return ((p - t) ** 2).mean()"
STUB = "def mean_squared_error(p, t):\n    # YOUR CODE HERE\n    raise NotImplementedError"


def cell(kind: str, gid: str, source: str, **settings: object) -> NotebookNode:
    new = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[kind]
    made: NotebookNode = new(source, id=gid.replace("_", "-"))
    made.metadata["nbgrader"] = nbformat.from_dict(
        {"grade_id": gid, "grade": False, "solution": False, "locked": False, "schema_version": 3, **settings}
    )
    made.metadata.nbgrader["checksum"] = compute_checksum(made)
    return made


def released() -> NotebookNode:
    return nbformat.v4.new_notebook(
        cells=[
            cell("code", "setup", "from autograder.checks.start import check", locked=True),
            cell("code", "mean_squared_error", STUB, solution=True),
            cell(
                "code",
                "check_mean_squared_error",
                "check.mean_squared_error(mean_squared_error)",
                grade=True,
                locked=True,
                points=1.0,
            ),
            cell("markdown", "essay", "*Write your answer here.*", grade=True, solution=True, points=0.5),
        ]
    )


def done(**sources: str) -> NotebookNode:
    """The notebook with its answers, or other sources, written."""
    notebook = released()
    cells = notebooks.cells_by_grade_id(notebook)
    for gid, source in {"mean_squared_error": RIGHT, "essay": "Because.", **sources}.items():
        cells[gid].source = source
    return notebook


def hand_in(folder: Path, notebook: NotebookNode) -> Bundle:
    nbformat.write(notebook, folder / FILE)
    if not (folder / "weights.pt").exists():
        torch.save({"w": torch.ones(3)}, folder / "weights.pt")
    return bundle.make(TOY, folder, folder / "toy.zip")


@pytest.fixture
def rehearsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what needs no kernel: the checks have given nothing."""
    result = rehearsal.Rehearsal((), (), 0.0)
    monkeypatch.setattr(rehearsal, "rehearse", lambda *arguments: result)


@pytest.fixture(autouse=True)
def images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(data.ROOT_VARIABLE, data.SYNTHETIC)


def test_what_is_right_and_complete_is_packed_with_its_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "weights.history.json").write_text('{"seconds": [1.5]}')
    notebook = done()
    notebook.cells.append(
        nbformat.v4.new_code_cell("open('weights.history.json').read(), open('weights.pt', 'rb')")
    )
    made = hand_in(tmp_path, notebook)
    said = capsys.readouterr().out
    assert made.remarks == []
    assert made.points == 1.0
    assert "✓ weights.pt  0.0 MiB, 3 numbers in 1 tensors" in said
    assert "✓ Mean squared error      1 of 1" in said
    assert "The visible checks give 1 of 1 points.\n0.5 more are for a text that a person reads." in said
    assert said.endswith("Hand in this one file.\n")
    with zipfile.ZipFile(tmp_path / "toy.zip") as archive:
        assert archive.namelist() == [FILE, "weights.pt", "weights.history.json"]
        for name in archive.namelist():
            assert archive.read(name) == (tmp_path / name).read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {
        FILE,
        "weights.pt",
        "weights.history.json",
        "toy.zip",
    }


def test_every_kind_of_trouble_in_one_notebook_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run of a kernel for all that needs one."""
    monkeypatch.setattr(rehearsal, "Limits", partial(Limits, cell_seconds=8.0))
    notebook = done(
        mean_squared_error=RIGHT.replace(".mean()", ".sum()"),
        setup="from autograder.checks.start import check\nimport os, time\n_ = 'of the notebook'",
    )
    extra = ["os.environ['NBGRADER_EXECUTION']\nnope", "while True: time.sleep(0.01)", "1 +"]
    extra += ["import torch\ntorch.arange(3).log_softmax(0)"]
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in extra]
    made = hand_in(tmp_path, notebook)
    said = capsys.readouterr().out
    begins = "the cell that begins with"
    assert [remark.removeprefix(f"{FILE}: ") for remark in made.remarks] == [
        "the locked cell `setup` was changed; grading puts the original in its place.",
        f"{begins} `os.environ['NBGRADER_EXECUTION']` stops with NameError: name 'nope' is not defined",
        f"{begins} `while True: time.sleep(0.01)` was still running after 8 s and was stopped.",
        f"{begins} `1 +` stops with SyntaxError: invalid syntax (line 1)",
        "1 more cells stop with errors; mend these first.",
    ]  # fmt: skip
    assert made.points == 0.0
    assert "exactly 7 times too large, and 7 is the number of values" in said
    assert zipfile.is_zipfile(tmp_path / "toy.zip"), "it can be handed in all the same"


def test_a_kernel_that_dies_is_told_and_what_was_earned_before_counts(tmp_path: Path) -> None:
    notebook = done()
    notebook.cells.append(nbformat.v4.new_code_cell("import os\nos._exit(1)"))
    made = hand_in(tmp_path, notebook)
    assert made.points == 1.0
    assert len(made.remarks) == 1 and "The kernel died" in made.remarks[0]
    assert issubclass(DeadKernelError, RuntimeError)


@pytest.mark.usefixtures("rehearsed")
class TestWithoutAKernel:
    def test_an_untouched_notebook_names_all_that_is_not_written(self, tmp_path: Path) -> None:
        made = hand_in(tmp_path, released())
        assert made.remarks == [
            f"{FILE}: the text `essay` is not written yet.",
            f"{FILE}: not written yet: `mean_squared_error`.",
        ]

    def test_a_stub_that_was_only_touched_is_found_too(self, tmp_path: Path) -> None:
        made = hand_in(tmp_path, done(mean_squared_error=STUB + "  # later"))
        assert made.remarks == [f"{FILE}: not written yet: `mean_squared_error`."]

    def test_cells_that_were_deleted_are_named(self, tmp_path: Path) -> None:
        notebook = done()
        del notebook.cells[1:3]
        lost, check = hand_in(tmp_path, notebook).remarks
        assert "the cell `mean_squared_error`, which holds an answer, is gone" in lost
        assert "the cell `check_mean_squared_error` is gone; grading puts it back" in check

    def test_a_cell_that_is_there_twice_is_named(self, tmp_path: Path) -> None:
        notebook = done()
        notebook.cells.append(nbformat.from_dict({**notebook.cells[1], "id": "copy"}))
        assert (
            "`mean_squared_error` is there 2 times: the last one counts"
            in hand_in(tmp_path, notebook).remarks[0]
        )

    def test_cells_that_lost_their_names_have_one_sentence(self, tmp_path: Path) -> None:
        notebook = done()
        for each in notebook.cells:
            each.metadata = nbformat.from_dict({})
        made = hand_in(tmp_path, notebook)
        (remark,) = made.remarks
        assert "copy your answers into a fresh copy" in remark
        assert not made.rehearsals, "no points are promised that grading may not give"
        assert made.files == [FILE, "weights.pt"]

    def test_work_under_another_name_that_lost_the_names_of_its_cells_is_named(self, tmp_path: Path) -> None:
        two = Assignment("toy", ("1_start", "2_cnn_cifar10"), ())
        nbformat.write(nbformat.v4.new_notebook(), tmp_path / "2_cnn_cifar10.ipynb")
        notebook = done()
        for each in notebook.cells:
            each.metadata = nbformat.from_dict({})
        nbformat.write(notebook, tmp_path / "mine.ipynb")
        remark, _ = bundle.make(two, tmp_path, tmp_path / "toy.zip").remarks
        assert remark.endswith(f"mine.ipynb has its checks: if it is your work, give it the name {FILE}.")

    @pytest.mark.parametrize(
        ("content", "words"),
        [(b"{", "not complete JSON"), (b"\xff", "not UTF-8"), (b"{}", "not a notebook of format 4")],
    )
    def test_what_is_no_notebook_is_named_and_the_rest_packed(
        self, tmp_path: Path, content: bytes, words: str
    ) -> None:
        torch.save({"w": torch.ones(3)}, tmp_path / "weights.pt")
        (tmp_path / FILE).write_bytes(content)
        made = bundle.make(TOY, tmp_path, tmp_path / "toy.zip")
        assert words in made.remarks[0]
        assert made.files == [FILE, "weights.pt"]

    def test_what_is_too_large_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bundle, "NOTEBOOK_BYTES", 100)
        monkeypatch.setattr(bundle, "CHECKPOINT_BYTES", 100)
        weights, notebook = hand_in(tmp_path, done()).remarks
        assert weights.startswith("weights.pt has 0 MiB, and at most 0 MiB are taken")
        assert "clear its outputs" in notebook
        assert sanitise.CHECKPOINT_BYTES == 64 * 2**20

    def test_a_missing_checkpoint_and_one_that_could_run_code_are_named(self, tmp_path: Path) -> None:
        nbformat.write(done(), tmp_path / FILE)
        (missing,) = bundle.make(TOY, tmp_path, tmp_path / "toy.zip").remarks
        assert "There is no checkpoint weights.pt" in missing
        torch.save(torch.nn.Linear(2, 2), tmp_path / "weights.pt")
        (whole,) = bundle.make(TOY, tmp_path, tmp_path / "toy.zip").remarks
        assert "not a state_dict that can be loaded safely" in whole

    def test_work_under_another_name_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        two = Assignment("toy", ("1_start", "2_cnn_cifar10"), ("weights.pt",))
        nbformat.write(nbformat.v4.new_notebook(), tmp_path / "2_cnn_cifar10.ipynb")
        nbformat.write(done(), tmp_path / "1_start (1).ipynb")
        (tmp_path / "another.ipynb").write_text("{")
        torch.save({"w": torch.ones(3)}, tmp_path / "model.pt")
        weights, notebook, _ = bundle.make(two, tmp_path, tmp_path / "toy.zip").remarks
        assert weights.endswith("model.pt is there: if it holds these weights, give it the name weights.pt.")
        assert notebook.endswith(
            f"1_start (1).ipynb has its checks: if it is your work, give it the name {FILE}."
        )
        torch.save({"w": torch.ones(3)}, tmp_path / "old.pt")
        weights, *_ = bundle.make(two, tmp_path, tmp_path / "toy.zip").remarks
        assert weights.endswith("hand the file in with the notebook."), "which one is meant is not known"

    def test_losses_and_times_that_are_missing_or_too_large_are_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert hand_in(tmp_path, done()).remarks == []
        assert "· weights.history.json  not there: the lists of losses" in capsys.readouterr().out
        (tmp_path / "weights.history.json").write_text("{}" * 100)
        monkeypatch.setattr(bundle, "HISTORY_BYTES", 100)
        (remark,) = hand_in(tmp_path, done()).remarks
        assert "keep one number an epoch" in remark

    def test_a_folder_without_the_notebooks_is_refused_and_no_zip_is_made(self, tmp_path: Path) -> None:
        torch.save({"w": torch.ones(3)}, tmp_path / "weights.pt")
        with pytest.raises(ExplainedError, match=r"holds no notebook of toy: .*`--folder`"):
            bundle.make(TOY, tmp_path, tmp_path / "toy.zip")
        assert not (tmp_path / "toy.zip").exists()

    def test_a_zip_that_cannot_be_written_has_a_sentence(self, tmp_path: Path) -> None:
        nbformat.write(done(), tmp_path / FILE)
        with pytest.raises(ExplainedError, match=r"cannot be written .*`--output`"):
            bundle.make(TOY, tmp_path, tmp_path / "nowhere" / "toy.zip")

    def test_the_folder_is_found_from_the_course_from_its_notebooks_and_from_within(
        self, tmp_path: Path
    ) -> None:
        folder = tmp_path / "notebooks" / "toy"
        folder.mkdir(parents=True)
        (folder / FILE).write_text("{}")
        assert {bundle.find_folder(TOY, here) for here in (tmp_path, folder.parent, folder)} == {folder}
        with pytest.raises(ExplainedError, match="go to the folder of your notebooks"):
            bundle.find_folder(TOY, tmp_path.parent)

    def test_of_two_editions_the_one_that_was_worked_on_is_taken(self, tmp_path: Path) -> None:
        english, russian = (tmp_path / name / "toy" for name in ("notebooks", "notebooks-ru"))
        for folder in (english, russian):
            folder.mkdir(parents=True)
            nbformat.write(released(), folder / FILE)
        with pytest.raises(
            ExplainedError, match=r"notebooks/toy and in .*notebooks-ru/toy, and none .*`--folder`"
        ):
            bundle.find_folder(TOY, tmp_path)
        nbformat.write(done(), russian / FILE)
        assert bundle.find_folder(TOY, tmp_path) == russian
        (english / "weights.pt").touch()
        with pytest.raises(ExplainedError, match=r"more than one of them was worked on: .*`--folder`"):
            bundle.find_folder(TOY, tmp_path)
        nbformat.write(released(), russian / FILE)
        assert bundle.find_folder(TOY, tmp_path) == english
        (english / "weights.pt").unlink()
        (english / FILE).write_text("{")
        assert bundle.find_folder(TOY, tmp_path) == english, "a damaged one is not as it was released"

    def test_the_command_makes_the_zip_here_and_its_status_says_whether_all_is_well(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setitem(ASSIGNMENTS, "toy", TOY)
        monkeypatch.chdir(tmp_path)
        (tmp_path / "mine").mkdir()
        hand_in(tmp_path / "mine", done())
        assert cli.main(["bundle", "toy", "--folder", "mine"]) == 0
        assert zipfile.is_zipfile(tmp_path / "toy.zip")
        os.remove(tmp_path / "mine" / "weights.pt")
        assert cli.main(["bundle", "toy", "--folder", "mine", "--output", "other.zip"]) == 1
        assert "other.zip is made, but see what is to be mended" in capsys.readouterr().err
        assert zipfile.is_zipfile(tmp_path / "other.zip")
        assert cli.main(["bundle", "tox"]) == 1
        assert "There is no assignment 'tox'; there are: linear_classifiers" in capsys.readouterr().err


def test_without_images_nothing_is_rehearsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "is_available", lambda: False)
    with pytest.raises(ExplainedError, match="`autograder data` first"):
        bundle.make(TOY, tmp_path, tmp_path / "toy.zip")
