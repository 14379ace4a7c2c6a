"""A PostgreSQL server of one's own on loopback: in a temporary folder, by a user without privileges."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "course"


def _program(name: str) -> str | None:
    """Debian keeps the server's programs out of the search path."""
    found = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: int(p.parts[-3].split(".")[0])
    )
    return shutil.which(name) or (str(found[-1]) if found else None)


INITDB, PG_CTL = _program("initdb"), _program("pg_ctl")


def _owner() -> str:
    """Root must not run the server."""
    if os.geteuid():
        return getpass.getuser()
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def server() -> Iterator[str]:
    """Run a server; give the address of its database as SQLAlchemy writes it.

    The password is in the environment (``PGPASSWORD``), as the documentation says.
    """
    assert INITDB and PG_CTL
    owner = pwd.getpwnam(_owner())
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def as_owner(*command: str) -> None:
        who = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if not os.geteuid() else {}
        around = {"LC_ALL": "C", "PATH": os.defpath}
        with (folder / "said").open("w+b") as said:
            done = subprocess.run(
                command,
                cwd=folder,
                stdout=said,
                stderr=said,
                check=False,
                env=around,
                **who,
            )
            said.seek(0)
            assert done.returncode == 0, said.read().decode()

    try:
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        data = str(folder / "data")
        as_owner(
            INITDB, "-D", data, "-U", "grader", "-A", "scram-sha-256", "--pwfile", str(folder / "password"),
            "-E", "UTF8", "--no-sync",
        )  # fmt: skip
        settings = f"-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -p {port}"
        as_owner(PG_CTL, "-D", data, "-w", "-l", str(folder / "log"), "-o", settings, "start")
        try:
            yield f"postgresql+psycopg://grader@127.0.0.1:{port}/postgres"
        finally:
            as_owner(PG_CTL, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
