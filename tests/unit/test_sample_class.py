"""The sample class fits the solutions that it is made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import notebooks, sample_class
from autograder.sample_class import Sample
from autograder.samples import SAMPLES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: f"{s.student}, {s.assignment}")
def test_every_submission_can_be_written_and_differs_where_it_should(sample: Sample, tmp_path: Path) -> None:
    folder = sample_class.write(sample, ROOT, tmp_path)
    for path in folder.glob("*.ipynb"):
        answers = notebooks.cells_by_grade_id(notebooks.read(path))
        edited = sample.edits.get(path.stem, {})
        for gid, replacements in edited.items():
            assert all(new in answers[gid].source for _, new in replacements)
        if path.stem not in sample.blank:
            assert not any("NotImplementedError" in answers[gid].source for gid in edited)
    for name in sample.missing:
        assert not (folder / name).exists()


def test_an_edit_that_no_longer_fits_is_named(tmp_path: Path) -> None:
    stale = Sample("x", "neural_networks", edits={"1_backprop_numpy": {"relu": (("no such line", ""),)}})
    with pytest.raises(ValueError, match="occurs 0 times"):
        sample_class.write(stale, ROOT, tmp_path)


def test_there_are_a_dozen_with_different_names() -> None:
    assert len({sample.student for sample in SAMPLES}) == len(SAMPLES) == 12
