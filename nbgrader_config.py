"""All configuration of nbgrader for this course; `nbgrader` reads it when run from this folder."""

import os
import sys
from functools import partial
from pathlib import Path

from autograder.assignments import ASSIGNMENTS
from autograder.feedback import explain_missing_notebooks
from autograder.release import remove_checkpoints
from autograder.sanitise import PREPROCESSORS

c = get_config()  # noqa: F821  (given by nbgrader)

# nbgrader calls `alembic` by name: it lies beside this Python, whether the environment is active or not.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

# A relative CIFAR10_ROOT is meant from here; the notebooks run in folders further down.
if os.environ.get("CIFAR10_ROOT", "synthetic") != "synthetic":
    os.environ["CIFAR10_ROOT"] = str(Path(os.environ["CIFAR10_ROOT"]).expanduser().resolve())

# Where things are. What grading writes lies under one folder, which git ignores.
c.CourseDirectory.course_id = "deep_learning"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.submitted_directory = "gradebook/submitted"
c.CourseDirectory.autograded_directory = "gradebook/autograded"
c.CourseDirectory.feedback_directory = "gradebook/feedback"
c.CourseDirectory.solution_directory = "gradebook/solution"
c.CourseDirectory.db_url = f"sqlite:///{Path('gradebook/gradebook.db').resolve()}"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "results.csv", "*.training.pt"]
Path("gradebook").mkdir(exist_ok=True)

# The release: stubs that say what is missing, and no trained weights of ours.
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "*Write your answer here.*"
c.GenerateAssignment.permissions = 644
c.GenerateAssignment.post_convert_hook = partial(remove_checkpoints, release=Path("notebooks").resolve())

# Grading: student code runs in the sandbox and only answers questions; `Record` stands where Execute
# stood and turns the verdicts into outputs. Our checkpoints never replace a student's.
CELL_SECONDS = 60
c.Sanitise.release_directory = c.Record.release_directory = str(Path("notebooks").resolve())
c.Record.submitted_directory = str(Path("gradebook/submitted").resolve())
c.Record.books = str(Path("gradebook").resolve())
c.Record.cell_seconds = CELL_SECONDS
c.Autograde.exclude_overwriting = {
    assignment.name: [*assignment.checkpoints, *assignment.histories] for assignment in ASSIGNMENTS.values()
}
c.Autograde.sanitize_preprocessors = list(PREPROCESSORS)
# AUTOGRADER_STOCK=1 grades as stock nbgrader does, in a kernel and without protection, to compare.
# There a cell that runs on is stopped, and nothing is skipped by a tag: it would earn its points.
STOCK = os.environ.get("AUTOGRADER_STOCK") == "1"
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.Execute" if STOCK else "autograder.record.Record",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Execute.timeout = CELL_SECONDS
c.Execute.interrupt_on_timeout = True
c.Execute.skip_cells_with_tag = ""
c.Execute.error_on_timeout = {
    "ename": "CellTimeoutError",
    "evalue": "",
    "traceback": [
        f"This cell was still running after {CELL_SECONDS} s and was stopped. The cells after it were run."
    ],
}

# Feedback: a page also for a notebook that was not handed in.
c.GenerateFeedback.post_convert_hook = partial(
    explain_missing_notebooks, feedback=Path("gradebook/feedback").resolve()
)

# Text cells on these pages and in formgrader: formatting and formulas, no scripts.
c.HTMLExporter.filters = {"markdown2html": "autograder.markdown.to_html"}

# Export: one row a student and assignment.
c.ExportPlugin.to = "gradebook/grades.csv"
