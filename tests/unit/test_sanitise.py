"""A submission is read as data: repaired where it can be, refused with a reason where it cannot."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import notebooks, sanitise
from autograder.assignments import Assignment
from autograder.sanitise import Refused, name_cells, parse_notebook, read_file, repair

ASSIGNMENT = Assignment("toys", ("1_toy",), ("toy.pt",))


def cell(kind: str, source: str, gid: str = "", **settings_: Any) -> nbformat.NotebookNode:
    made = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[kind](source)
    if gid:
        defaults = {"grade": False, "solution": False, "locked": False, "schema_version": 3, "task": False}
        made.metadata.nbgrader = {**defaults, "grade_id": gid, **settings_}
        made.id = gid.replace("_", "-")
    return made


@pytest.fixture
def release() -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(
        cells=[
            cell("markdown", "# Toy"),
            cell("code", "import numpy", "setup", locked=True),
            cell("code", "raise NotImplementedError", "first", solution=True),
            cell("code", "check.first(first)", "check_first", grade=True, locked=True, points=1),
            cell("code", "raise NotImplementedError", "second", solution=True),
            cell("code", "check.second(second)", "check_second", grade=True, locked=True, points=2),
        ]
    )


def submitted(release: nbformat.NotebookNode, change: Any) -> nbformat.NotebookNode:
    copy = json.loads(nbformat.writes(release))
    cells = change(copy["cells"])
    copy["cells"] = copy["cells"] if cells is None else cells
    return parse_notebook(json.dumps(copy).encode())


def named(notebook: nbformat.NotebookNode) -> list[str]:
    return [notebooks.grade_id(c) for c in notebook.cells if notebooks.grade_id(c)]


ORDER = ["setup", "first", "check_first", "second", "check_second"]


def answer(cells: list[Any], gid: str, source: str) -> Any:
    found = next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == gid)
    found["source"] = source
    return found


def test_an_honest_notebook_keeps_its_answers(release: Any) -> None:
    fixed = repair(submitted(release, lambda cells: answer(cells, "first", "first = 1") and None), release)
    assert named(fixed) == ORDER
    assert notebooks.cells_by_grade_id(fixed)["first"].source == "first = 1"
    assert notebooks.cells_by_grade_id(fixed)["second"].source == "raise NotImplementedError"


def edit_check(cells: list[Any]) -> None:
    answer(cells, "check_first", "1.0")


def raise_points(cells: list[Any]) -> None:
    answer(cells, "check_first", "check.first(first)")["metadata"]["nbgrader"]["points"] = 100


def retype(cells: list[Any]) -> None:
    found = answer(cells, "check_first", "text")
    found["cell_type"] = "markdown"
    del found["outputs"], found["execution_count"]


def tag(cells: list[Any]) -> None:
    for c in cells:
        c["metadata"]["tags"] = ["skip-execution", "raises-exception"]


def delete(cells: list[Any]) -> list[Any]:
    return [
        c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") not in ("check_first", "setup")
    ]


def duplicate(cells: list[Any]) -> list[Any]:
    return [*cells, *cells]


def reverse(cells: list[Any]) -> list[Any]:
    return cells[::-1]


def rename(cells: list[Any]) -> None:
    for c in cells:
        if "nbgrader" in c["metadata"]:
            c["metadata"]["nbgrader"]["grade_id"] += "_x"


def unlock(cells: list[Any]) -> None:
    for c in cells:
        if "nbgrader" in c["metadata"]:
            c["metadata"]["nbgrader"] |= {"grade": False, "locked": False, "solution": True}


@pytest.mark.parametrize(
    "change", [edit_check, raise_points, retype, tag, delete, duplicate, reverse, rename, unlock]
)
def test_every_tampering_with_cells_is_repaired(release: Any, change: Any) -> None:
    fixed = repair(submitted(release, change), release)
    assert named(fixed) == ORDER
    original = notebooks.cells_by_grade_id(release)
    for gid, found in notebooks.cells_by_grade_id(fixed).items():
        assert found.metadata == original[gid].metadata
        assert found.cell_type == original[gid].cell_type
        if notebooks.is_locked(original[gid]):
            assert found.source == original[gid].source
    nbformat.validate(fixed)


def test_of_a_duplicated_answer_the_last_counts(release: Any) -> None:
    def twice(cells: list[Any]) -> list[Any]:
        first, second = json.loads(json.dumps(cells)), json.loads(json.dumps(cells))
        answer(first, "first", "first = 1")
        answer(second, "first", "first = 2")
        return first + second

    fixed = repair(submitted(release, twice), release)
    assert notebooks.cells_by_grade_id(fixed)["first"].source == "first = 2"


def test_a_students_own_cells_stay_where_they_were(release: Any) -> None:
    def add(cells: list[Any]) -> list[Any]:
        own = json.loads(nbformat.writes(nbformat.v4.new_notebook(cells=[cell("code", "helper = 1")])))[
            "cells"
        ]
        return [*cells[:2], *own, *cells[2:]]

    fixed = repair(submitted(release, add), release)
    sources = [c.source for c in fixed.cells]
    assert sources.index("helper = 1") == sources.index("import numpy") + 1


def test_repairing_twice_changes_nothing(release: Any) -> None:
    once = repair(submitted(release, duplicate), release)
    twice = repair(parse_notebook(nbformat.writes(once).encode()), release)
    assert [c.source for c in once.cells] == [c.source for c in twice.cells]


def own(source: str, kind: str = "code") -> Any:
    return json.loads(nbformat.writes(nbformat.v4.new_notebook(cells=[cell(kind, source)])))["cells"][0]


def lost(release: nbformat.NotebookNode, change: Any) -> nbformat.NotebookNode:
    """What was submitted, after a tool that drops the metadata of cells."""

    def strip(cells: list[Any]) -> list[Any]:
        kept = change(cells) or cells
        for c in kept:
            c["metadata"] = {}
        return kept

    return submitted(release, strip)


def both_answers(cells: list[Any]) -> list[Any]:
    answer(cells, "first", "first = 1")
    answer(cells, "second", "second = 2")
    return cells


class TestNames:
    """A notebook whose cells have lost their names."""

    @pytest.mark.parametrize(
        "more",
        [
            lambda cells: cells,
            lambda cells: cells[1:],
            lambda cells: [own("mine = 0"), *cells, own("mine = 3")],
            lambda cells: [*cells[:3], own("My thoughts.", "markdown"), *cells[3:]],
            lambda cells: [*cells[:4], cells[4], own("", "markdown"), cells[5]],
        ],
    )
    def test_are_found_again_by_text_and_place(self, release: Any, more: Any) -> None:
        found = lost(release, lambda cells: more(both_answers(cells)))
        assert name_cells(found, release)
        fixed = notebooks.cells_by_grade_id(repair(found, release))
        assert (fixed["first"].source, fixed["second"].source) == ("first = 1", "second = 2")

    def test_an_answer_is_known_by_its_first_line_among_others(self, release: Any) -> None:
        notebooks.cells_by_grade_id(release)["first"].source = "def first():\n    raise NotImplementedError"

        def change(cells: list[Any]) -> list[Any]:
            answer(cells, "first", "def first():\n    return helper")
            return [*cells[:2], own("helper = 1"), *cells[2:], own("more = 1")]

        found = lost(release, change)
        assert name_cells(found, release)
        fixed = repair(found, release)
        assert notebooks.cells_by_grade_id(fixed)["first"].source == "def first():\n    return helper"
        assert [c.source for c in fixed.cells].index("helper = 1") == 2

    @pytest.mark.parametrize(
        "change",
        [
            lambda cells: [*cells[:2], own("a = 0"), *both_answers(cells)[2:]],
            lambda cells: [cells[1], *both_answers(cells)[2:5:2], own("b = 1"), own("c = 1")],
            lambda cells: [own("first = 1")],
            lambda cells: [c for c in both_answers(cells) if c["source"] != "second = 2"],
        ],
    )
    def test_a_doubtful_one_is_refused_and_never_graded_in_part(self, release: Any, change: Any) -> None:
        with pytest.raises(Refused, match=r"have lost their names, .*: copy your answers into a fresh copy"):
            name_cells(lost(release, change), release)

    def test_another_notebook_under_this_name_is_refused_as_such(self, release: Any) -> None:
        other = nbformat.v4.new_notebook(cells=[cell("code", "x = 1", "third", solution=True)])
        for given_ in (submitted(other, lambda cells: None), parse_notebook(b'{"cells": []}')):
            with pytest.raises(Refused, match="None of its cells belongs to this notebook"):
                name_cells(given_, release)

    def test_one_name_that_is_left_leaves_all_as_it_is(self, release: Any) -> None:
        def change(cells: list[Any]) -> None:
            for c in both_answers(cells)[:-1]:
                c["metadata"] = {}

        found = submitted(release, change)
        assert not name_cells(found, release)
        fixed = notebooks.cells_by_grade_id(repair(found, release))
        assert fixed["first"].source == "raise NotImplementedError"

    def test_a_changed_locked_cell_is_the_releases_all_the_same(self, release: Any) -> None:
        notebooks.cells_by_grade_id(release)["first"].source = "first = None\nraise NotImplementedError"

        def change(cells: list[Any]) -> list[Any]:
            answer(both_answers(cells), "setup", "import numpy, os")
            answer(cells, "first", "first = None\nfirst = 1")
            return cells

        found = lost(release, change)
        name_cells(found, release)
        fixed = notebooks.cells_by_grade_id(repair(found, release))
        assert (fixed["setup"].source, fixed["first"].source) == ("import numpy", "first = None\nfirst = 1")

    def test_the_submission_says_it(self, tmp_path: Path, release: Any) -> None:
        (tmp_path / "toy.pt").write_bytes(b"weights")
        for content, refused in ((both_answers, set()), (lambda cells: [own("first = 1")], {"1_toy"})):
            nbformat.write(lost(release, content), tmp_path / "1_toy.ipynb")
            submission = sanitise.read_submission(tmp_path, "ada", ASSIGNMENT, {"1_toy": release})
            assert set(submission.refused) == refused


def test_outputs_do_not_survive(release: Any) -> None:
    def forge(cells: list[Any]) -> None:
        output = {
            "output_type": "execute_result",
            "data": {"text/plain": "1.0"},
            "metadata": {},
            "execution_count": 1,
        }
        answer(cells, "check_first", "check.first(first)")["outputs"] = [output]

    assert all(not c.get("outputs") for c in repair(submitted(release, forge), release).cells)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "complete JSON"),
        (b"{", "complete JSON"),
        (b'{"cells": [', "complete JSON"),
        (b"\xff\xfe{\x00}\x00", "UTF-8"),
        (b"[]", "format 4"),
        (b'{"worksheets": []}', "format 4"),
        (b'{"cells": {}}', "format 4"),
        (b'{"cells": [1]}', "no known type"),
        (b'{"cells": [{"cell_type": "code", "source": 5}]}', "not text"),
        (b'{"cells": [{"cell_type": "heading", "source": ""}]}', "no known type"),
        (b"[" * 100_000, "deeper"),
        (
            b'{"cells": [' + b'{"cell_type": "code", "source": ""},' * 2_001 + b'{"cell_type": "raw"}]}',
            "2002 cells",
        ),
        (json.dumps({"cells": [{"cell_type": "code", "source": "x" * 1_000_001}]}).encode(), "characters"),
        (
            b'{"cells": [{"cell_type": "code", "source": "'
            + b"1" * 10
            + b'"}], "a": 1'
            + b"0" * 9_999
            + b"}",
            "complete",
        ),
    ],
)
def test_what_is_no_notebook_is_refused_with_a_sentence(content: bytes, word: str) -> None:
    with pytest.raises(Refused, match=word) as refused:
        parse_notebook(content)
    assert "\n" not in str(refused.value)


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["cells", "cell_type", "source", "metadata", "nbgrader", "grade_id", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=25,
    )
)
def test_any_json_is_a_notebook_or_refused(content: Any) -> None:
    try:
        notebook = parse_notebook(
            json.dumps({"cells": content} if isinstance(content, list) else content).encode()
        )
    except Refused:
        return
    nbformat.validate(notebook)


class TestFiles:
    def test_links_fifos_folders_and_large_files_are_refused(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("of another")
        (tmp_path / "link").symlink_to(secret)
        os.link(secret, tmp_path / "hard")
        os.mkfifo(tmp_path / "fifo")
        (tmp_path / "folder").mkdir()
        (tmp_path / "large").write_bytes(b"x" * 101)
        (tmp_path / "linked").symlink_to(tmp_path / "folder")
        (tmp_path / "folder" / "inside").write_text("x")
        for name in ("link", "hard", "fifo", "folder", "large", "absent", "linked/inside"):
            with pytest.raises(Refused) as refused:
                read_file(tmp_path / name, 100)
            assert "of another" not in str(refused.value)

    def test_a_device_is_refused(self) -> None:
        with pytest.raises(Refused):
            read_file(Path("/dev/zero"), 100)

    def test_only_declared_files_are_read(self, tmp_path: Path, release: Any) -> None:
        nbformat.write(release, tmp_path / "1_toy.ipynb")
        (tmp_path / "toy.pt").write_bytes(b"weights")
        (tmp_path / "toy.history.json").write_bytes(b"{}")
        (tmp_path / "numpy.py").write_text("raise SystemExit")
        (tmp_path / ".env").write_text("X=1")
        submission = sanitise.read_submission(tmp_path, "ada", ASSIGNMENT, {"1_toy": release})
        assert set(submission.notebooks) == {"1_toy"}
        assert submission.files == {"toy.pt": b"weights", "toy.history.json": b"{}"}
        assert submission.ignored == (".env", "numpy.py")

    def test_losses_and_times_need_not_be_there_and_are_small(self, tmp_path: Path, release: Any) -> None:
        nbformat.write(release, tmp_path / "1_toy.ipynb")
        (tmp_path / "toy.pt").write_bytes(b"weights")
        assert not sanitise.read_submission(tmp_path, "ada", ASSIGNMENT, {"1_toy": release}).refused
        (tmp_path / "toy.history.json").write_bytes(b" " * (sanitise.HISTORY_BYTES + 1))
        submission = sanitise.read_submission(tmp_path, "ada", ASSIGNMENT, {"1_toy": release})
        assert set(submission.refused) == {"toy.history.json"} and set(submission.files) == {"toy.pt"}

    def test_what_is_missing_is_refused_with_that_reason(self, tmp_path: Path, release: Any) -> None:
        submission = sanitise.read_submission(tmp_path, "ada", ASSIGNMENT, {"1_toy": release})
        assert submission.refused == {
            "1_toy": "1_toy.ipynb was not handed in.",
            "toy.pt": "toy.pt was not handed in.",
        }
