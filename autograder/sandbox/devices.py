"""The GPUs' device nodes, for the one sandbox that may see them."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

NEEDED = ("nvidiactl", "nvidia-uvm")
"""Control and memory of all GPUs; those of displays, of profilers and of partitions stay outside."""
GPU = re.compile(r"nvidia[0-9]+")
DRIVER = "libcuda.so.1"
NVIDIA = "0x10de"
"""The vendor's number on the bus."""


def gpus(folder: Path = Path("/dev")) -> tuple[str, ...]:
    """List the device nodes that CUDA needs; none where one of them is missing.

    Parameters
    ----------
    folder : pathlib.Path
        Where device nodes are.

    Returns
    -------
    tuple of str
        Full paths: the control nodes, then one node for each GPU, by number.
    """
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return ()
    cards = sorted((name for name in names if GPU.fullmatch(name)), key=lambda name: int(name[6:]))
    if not cards or not set(NEEDED) <= set(names):
        return ()
    return tuple(str(folder / name) for name in (*NEEDED, *cards))


def system_paths(root: Path = Path("/sys")) -> tuple[str, ...]:
    """List what NVIDIA's driver reads of ``/sys`` to start: processors, its modules, the bus, and its own cards there.

    Parameters
    ----------
    root : pathlib.Path
        Where that is.

    Returns
    -------
    tuple of str
        Full paths, each below none of the others.
    """
    cards = []
    for vendor in sorted((root / "bus" / "pci" / "devices").glob("*/vendor")):
        with contextlib.suppress(OSError):
            if vendor.read_text(encoding="ascii").strip() == NVIDIA:
                cards.append(vendor.parent.resolve())
    modules = sorted((root / "module").glob("nvidia*"))
    paths = (root / "devices" / "system", root / "bus" / "pci", *modules, *dict.fromkeys(cards))
    return tuple(str(path) for path in paths if path.exists())


def driver_folder() -> str | None:
    """The folder of the driver's library where only ``LD_LIBRARY_PATH`` tells it, as in many containers.

    The sandbox keeps no variable of the caller's, so torch would find no driver there.
    """
    for name in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep):
        if name and (Path(name) / DRIVER).exists():
            return str(Path(name).resolve())
    return None
