"""All configuration of nbgrader for this course; `nbgrader` reads it when run from this folder."""

import os
import sys
import warnings
from functools import partial
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from sqlalchemy.exc import SAWarning

from autograder.assignments import ASSIGNMENTS
from autograder.colab import Prepare
from autograder.feedback import explain_missing_notebooks
from autograder.release import remove_checkpoints
from autograder.sanitise import PREPROCESSORS

c = get_config()  # noqa: F821  (given by nbgrader)

# nbgrader calls `alembic` by name: it lies beside this Python, whether the environment is active or not.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

# nbgrader's own queries; SQLAlchemy 2 remarks on them at every submission.
warnings.simplefilter("ignore", SAWarning)

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
# The gradebook: a file, or a server (docs/instructors.md): "postgresql+psycopg://user@host/database".
c.CourseDirectory.db_url = (
    os.environ.get("AUTOGRADER_DB_URL") or f"sqlite:///{Path('gradebook/gradebook.db').resolve()}"
)
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    "results.csv",
    "*.training.pt",
]
Path("gradebook").mkdir(exist_ok=True)

# The release: a cell for Colab, stubs that say what is missing, and no trained weights of ours.
stock = GenerateAssignment.class_traits()["preprocessors"].default()
c.GenerateAssignment.preprocessors = [Prepare, *stock]
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "*Write your answer here.*"
c.GenerateAssignment.permissions = 644
c.GenerateAssignment.post_convert_hook = partial(remove_checkpoints, release=Path("notebooks").resolve())

# Grading: student code runs in the sandbox and only answers questions; `Record` stands where Execute
# stood and turns the verdicts into outputs. Our checkpoints never replace a student's.
CELL_SECONDS = 60
c.Autograde.exporter_class = "autograder.record.SubmissionExporter"
for part in (c.SubmissionExporter, c.Sanitise, c.Record):
    part.release_directory = str(Path("notebooks").resolve())
for part in (c.SubmissionExporter, c.Record):
    part.submitted_directory = str(Path("gradebook/submitted").resolve())
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
    "autograder.late.DueDates",
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

# Collecting (`autograder collect`): the roster, and what the subject of a message says; the name stands behind it.
c.Collecting.timezone = c.DueDates.timezone = "UTC"
c.Collecting.roster = "gradebook/roster.csv"
c.Collecting.subjects = {
    "linear_classifiers": r"\[\s*ML\s*\]\s*\[\s*HW\s*0*4\s*\]",
    "neural_networks": r"\[\s*ML\s*\]\s*\[\s*HW\s*0*5\s*\]",
}

# Late submissions. Without a due date nothing is late; with 0 percent a late one loses nothing.
c.DueDates.due = {}  # as {"neural_networks": "2026-03-01 23:59"}
c.DueDates.extensions = {}  # days, as {"neural_networks": {"ivanov": 3}}
c.LatePenalty.percent_per_day = 0
c.LatePenalty.grace_minutes = 0
c.LatePenalty.most_percent = 100
c.AssignLatePenalties.plugin_class = "autograder.late.LatePenalty"

# Feedback: a page also for a notebook that was not handed in.
c.GenerateFeedback.post_convert_hook = partial(
    explain_missing_notebooks, feedback=Path("gradebook/feedback").resolve()
)

# Text cells on these pages and in formgrader: formatting and formulas, no scripts.
c.HTMLExporter.filters = {"markdown2html": "autograder.markdown.to_html"}

# Formgrader shows the solution's text and rubric below an answer that a person grades.
c.HTMLExporter.preprocessors = ["autograder.rubric.ShowRubric"]
c.ShowRubric.source_directory = str(Path("solutions").resolve())

# Export: one row a student and assignment, with the points of every check, and no formulas.
c.ExportApp.plugin_class = "autograder.exporters.CsvExporter"
c.CanvasExporter.columns = {}  # headings as Canvas's own export has them: {"neural_networks": "Homework 5 (1234)"}
