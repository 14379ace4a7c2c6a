"""A real Jupyter server on loopback, with settings of nobody's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STARTED = 120.0
STOPPED = 30.0


@contextmanager
def running(
    home: Path, *command: str, folder: Path, environment: dict[str, str] | None = None
) -> Iterator[str]:
    """Start ``jupyter`` with these words, as root too, and stop it in the end.

    Parameters
    ----------
    home : pathlib.Path
        An empty folder for its settings, its data and what it says (``log``).
    *command : str
        What stands behind ``jupyter`` in a terminal.
    folder : pathlib.Path
        Where it is typed.
    environment : dict of str, optional
        Variables beside those of this process.

    Yields
    ------
    str
        Its address with a slash at the end; it asks for no token.
    """
    options = ["--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root", "--IdentityProvider.token="]
    options += ["--ServerApp.password=", "--ServerApp.disable_check_xsrf=True"]
    own = {"HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "config")}
    own |= {"JUPYTER_DATA_DIR": str(home / "data"), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
    with (home / "log").open("w", encoding="utf-8") as said:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter", *command, *options],
            cwd=folder,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=os.environ | own | (environment or {}),
        )
        try:
            yield _address(home, server)
        finally:
            server.terminate()
            try:
                server.wait(STOPPED)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _address(home: Path, server: subprocess.Popen) -> str:
    deadline = time.monotonic() + STARTED
    while time.monotonic() < deadline and server.poll() is None:
        for found in (home / "runtime").glob("jpserver-*.json"):
            return str(json.loads(found.read_text(encoding="utf-8"))["url"])
        time.sleep(0.2)
    said = (home / "log").read_text(encoding="utf-8")[-3000:]
    raise AssertionError(f"The server did not start:\n{said}")
