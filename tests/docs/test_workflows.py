"""The workflows for GitHub, the citation file, and what they run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import autograder
from tests.docs.pages import ROOT
from tests.docs.test_commands import wrong_with

CI = ROOT / ".github" / "workflows" / "ci.yml"
STUDENTS = ROOT / "docs" / "examples" / "students-workflow.yml"
WORKFLOWS = [*sorted(CI.parent.glob("*.yml")), STUDENTS]
ACTIONLINT = shutil.which("actionlint")
SHELL = ("cat", "echo", "set", "tee", "{", "}", "sudo", "go")


def check_schema(schema: str, *files: Path) -> subprocess.CompletedProcess[str]:
    """Hold files to a schema that comes with check-jsonschema."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        f"vendor.{schema}",
        *map(str, files),
    ]
    return subprocess.run(command, capture_output=True, text=True)


def test_workflows_agree_with_the_schema_of_github() -> None:
    done = check_schema("github-workflows", *WORKFLOWS)
    assert done.returncode == 0, done.stdout


def test_a_workflow_with_a_mistake_does_not(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(CI.read_text(encoding="utf-8").replace("runs-on:", "runs:"), encoding="utf-8")
    assert check_schema("github-workflows", wrong).returncode == 1


@pytest.mark.skipif(
    ACTIONLINT is None,
    reason="actionlint is not installed: go install github.com/rhysd/actionlint/cmd/actionlint@latest",
)
def test_actionlint_finds_nothing_in_the_workflows() -> None:
    done = subprocess.run([str(ACTIONLINT), *map(str, WORKFLOWS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
        yield from job["steps"]


def lines(path: Path) -> Iterator[str]:
    """The lines that a workflow runs, without those of the shell itself."""
    for step in steps(path):
        for line in step.get("run", "").splitlines():
            if line.split()[0] not in SHELL:
                yield line.strip()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_runs_exists(path: Path) -> None:
    found = list(lines(path))
    assert len(found) >= 3
    assert [reason for line in found if (reason := wrong_with(line))] == []


def test_ci_tests_the_oldest_python_that_is_supported_and_a_newer_one() -> None:
    jobs = yaml.safe_load(CI.read_text(encoding="utf-8"))["jobs"]
    versions = jobs["test"]["strategy"]["matrix"]["python"]
    assert versions[0] == "3.11"
    assert len(versions) > 1


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_and_ends_by_itself(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 180 for job in workflow["jobs"].values())


def test_the_citation_file_is_valid_and_of_this_version() -> None:
    done = check_schema("citation-file-format", ROOT / "CITATION.cff")
    assert done.returncode == 0, done.stdout
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == autograder.__version__
