"""A small course with a text answer that a person grades, and a class that has handed it in."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from autograder import notebooks
from tests.end_to_end import mini_course as mini

ASSIGNMENT = "linear_classifiers"
NUMPY, PYTORCH = "1_softmax_numpy", "2_softmax_pytorch"
KEPT = {
    NUMPY: ("setup", "softmax", "check_softmax"),
    PYTORCH: ("setup", "set_seed", "check_set_seed", "conclusions"),
}
HOSTILE = "<script>window.ran = 'conclusions'</script><img src=x onerror=\"window.ran = 'picture'\">"
FIGURE = "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 1))\nplt.plot([1, 2])\nplt.show()"
ALONE = "\n    powers = np.exp(logits)\n    return powers / powers.sum(axis=-1, keepdims=True)"
COPIED = (
    "def softmax(logits):\n    largest = np.max(logits, axis=-1, keepdims=True)\n    total = 0\n"
    "    for row in range(3):\n        total = total + row * 2 - 1\n    scaled = np.exp(np.subtract(logits, largest))\n"
    "    if scaled.ndim > 2:\n        raise ValueError('too many')\n    norm = np.sum(scaled, axis=-1, keepdims=True)\n"
    "    parts = [scaled[..., k] for k in range(scaled.shape[-1])]\n    again = np.stack(parts, axis=-1)\n"
    "    return np.divide(again, norm)"
)
RENAMED = COPIED.replace("largest", "m").replace("scaled", "e").replace("again", "back")


def make(folder: Path) -> Path:
    """Write solutions, configuration, release and submissions, and enrol one who hands in nothing."""
    (folder / "solutions" / ASSIGNMENT).mkdir(parents=True)
    shutil.copy(mini.ROOT / "nbgrader_config.py", folder)
    for name, kept in KEPT.items():
        solution = notebooks.read(mini.ROOT / "solutions" / ASSIGNMENT / f"{name}.ipynb")
        cells = notebooks.cells_by_grade_id(solution)
        solution.cells = [cells[gid] for gid in kept]
        for cell in solution.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        nbformat.write(solution, folder / "solutions" / ASSIGNMENT / f"{name}.ipynb")
    mini.run(folder, "nbgrader", "generate_assignment", ASSIGNMENT, "--force")
    hand_in(folder, "ada", conclusions="The templates are blurred, and train F1 is near test F1.")
    hand_in(folder, "bob", softmax="def softmax(logits):" + ALONE)
    hand_in(folder, "cyd", softmax=COPIED, conclusions=HOSTILE, more=FIGURE)
    hand_in(folder, "dot", softmax=RENAMED, check_softmax="check.softmax(None)")
    broken = hand_in(folder, "eli", softmax="def softmax(logits):\n    return 1 / 0", conclusions="Time.")
    (broken / f"{PYTORCH}.ipynb").write_text("{", encoding="utf-8")
    with Gradebook(db_url(folder)) as book:
        book.update_or_create_student("zoe", first_name="<b>Zoe</b>", last_name="Absent")
    return folder


def db_url(folder: Path) -> str:
    """The gradebook of the course."""
    return f"sqlite:///{folder / 'gradebook' / 'gradebook.db'}"


def hand_in(folder: Path, student: str, more: str = "", **answers: str) -> Path:
    """Hand in the solution without its text, with other texts for some cells, and one more cell at the end."""
    target = folder / "gradebook" / "submitted" / student / ASSIGNMENT
    target.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        notebook = notebooks.read(folder / "solutions" / ASSIGNMENT / f"{name}.ipynb")
        for gid, cell in notebooks.cells_by_grade_id(notebook).items():
            cell.source = answers.get(gid, "" if gid == "conclusions" else cell.source)
        if more:
            notebook.cells.append(nbformat.v4.new_code_cell(more))
        nbformat.write(notebook, target / f"{name}.ipynb")
    return target
