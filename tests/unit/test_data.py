"""Where CIFAR-10 is looked for, and what is said when it is not there."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder import data


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    data.load.cache_clear()
    data.parts.cache_clear()


@pytest.fixture
def synthetic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(data.ROOT_VARIABLE, data.SYNTHETIC)


def test_a_relative_root_is_found_from_a_deeper_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shared" / data.FOLDER).mkdir(parents=True)
    deep = tmp_path / "course" / "gradebook" / "anna"
    deep.mkdir(parents=True)
    monkeypatch.setenv(data.ROOT_VARIABLE, "../shared")
    monkeypatch.chdir(deep)
    assert data.find() == tmp_path / "shared"


def test_a_datasets_folder_above_the_notebook_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "datasets" / data.FOLDER).mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.delenv(data.ROOT_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path / "notebooks")
    assert data.find() == tmp_path / "datasets"


def test_damaged_files_are_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / data.FOLDER).mkdir()
    (tmp_path / data.FOLDER / "data_batch_1").write_bytes(b"half a file")
    monkeypatch.setenv(data.ROOT_VARIABLE, str(tmp_path))
    with pytest.raises(data.DataUnavailableError, match=r"incomplete or damaged.*delete that folder"):
        data.cifar10(train=True)


@pytest.mark.usefixtures("synthetic")
class TestStandIn:
    def test_it_has_the_shapes_of_the_real_data(self) -> None:
        train, test = data.load(train=True), data.load(train=False)
        assert train.images.shape == (50_000, 32, 32, 3)
        assert test.images.shape == (10_000, 32, 32, 3)
        assert train.images.dtype == np.uint8
        assert np.bincount(test.labels).tolist() == [1_000] * 10

    def test_written_as_arrays_it_is_read_back_with_other_test_labels(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        data.write_arrays(tmp_path, np.zeros(10_000), "The labels are hidden here.")
        train = data.load(train=True)
        data.load.cache_clear()
        monkeypatch.setenv(data.ROOT_VARIABLE, str(tmp_path))
        assert np.array_equal(data.load(train=True).images, train.images)
        assert np.array_equal(data.load(train=True).labels, train.labels)
        assert not data.load(train=False).labels.any()
        assert "hidden" in capsys.readouterr().out
        assert len(data.cifar10(train=False)) == 10_000

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows does not limit the size of files")
    def test_where_there_is_no_room_for_it_the_error_says_so_and_names_the_file(self, tmp_path: Path) -> None:
        import resource

        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
        try:
            with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as told:
                data.write_arrays(tmp_path, np.zeros(10_000), "The labels are hidden here.")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert told.value.errno == errno.ENOSPC
        assert told.value.filename == str(tmp_path / data.ARRAYS[0])

    def test_it_is_the_same_every_time(self) -> None:
        first = data.load(train=False)
        data.load.cache_clear()
        assert np.array_equal(first.images, data.load(train=False).images)

    def test_it_is_a_torchvision_data_set_with_a_transform(self) -> None:
        image, label = data.cifar10(train=False, transform=lambda picture: np.asarray(picture).mean())[0]
        assert isinstance(label, int)
        assert 0 < image < 255

    def test_nearest_class_mean_learns_it(self) -> None:
        """Ten classes that something small can learn, and not trivially."""
        train, test = data.load(train=True)[:5_000], data.load(train=False)[:2_000]
        means = np.stack([train.pixels[train.labels == k].mean(0) for k in range(10)])
        centred = test.pixels - test.pixels.mean(1, keepdims=True)
        scores = centred @ (means - means.mean(1, keepdims=True)).T
        scores /= np.linalg.norm(means - means.mean(1, keepdims=True), axis=1)
        accuracy = (scores.argmax(1) == test.labels).mean()
        assert 0.4 < accuracy < 1.0

    def test_the_parts_are_disjoint_and_complete(self) -> None:
        parts = data.parts()
        assert (len(parts.train), len(parts.valid), len(parts.test)) == (45_000, 5_000, 10_000)
        seen = np.sort(np.concatenate([parts.train.pixels[:, :64], parts.valid.pixels[:, :64]]), axis=0)
        everything = np.sort(data.load(True).pixels[:, :64], axis=0)
        assert np.array_equal(seen, everything)


@pytest.mark.skipif(data.is_synthetic(), reason="needs the real CIFAR-10 (CIFAR10_ROOT)")
def test_the_real_data_have_the_published_means_and_deviations() -> None:
    means, deviations = data.statistics()
    assert means == pytest.approx(data.MEANS, abs=5e-5)
    assert deviations == pytest.approx(data.DEVIATIONS, abs=5e-5)


@pytest.mark.skipif(data.is_synthetic(), reason="needs the real CIFAR-10 (CIFAR10_ROOT)")
def test_the_real_data_pass_the_integrity_check() -> None:
    assert len(data.load(train=False)) == 10_000
    assert data.cifar10(train=False).classes == list(data.CLASSES)


def test_the_kind_of_images_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(data.ROOT_VARIABLE, data.SYNTHETIC)
    assert data.kind() == "synthetic"
    monkeypatch.setenv(data.ROOT_VARIABLE, "/elsewhere")
    assert data.kind() == "cifar10"
