"""The far end of the wire: runs cells and answers questions in one forked child, until the wire closes."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Any

from autograder.probes.respond import respond
from autograder.sandbox.inside.shell import OUTPUTS, Shell, in_time, make_shell, run_cell
from autograder.sandbox.inside.wire import Wire, WireClosed, WireError

WORK = Path("/tmp/work")  # noqa: S108  (a scratch folder of this child alone)


def set_limits(limits: dict[str, Any]) -> None:
    """Set the resource limits that hold for this process and all that it starts."""
    for name, key in (
        (resource.RLIMIT_CPU, "cpu_seconds"),
        (resource.RLIMIT_FSIZE, "file_bytes"),
        (resource.RLIMIT_NOFILE, "open_files"),
        (resource.RLIMIT_AS, "address_bytes"),
        (resource.RLIMIT_NPROC, "processes"),
    ):
        value = int(limits[key])
        resource.setrlimit(name, (value, value))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def serve(wire: Wire) -> None:
    """Obey messages until the other side closes the wire.

    ``file`` writes one file of the submission; ``cell`` runs a cell; ``ask`` answers a question with
    a probe. Every message gets exactly one reply.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    os.chdir(WORK)
    shell = make_shell()
    while True:
        try:
            message = wire.receive()
        except (WireClosed, WireError):
            return
        kind = message.get("kind")
        if kind == "file":
            name = Path(message["name"]).name
            (WORK / name).write_bytes(message["content"].tobytes())
            reply: dict[str, Any] = {"status": "ok"}
        elif kind == "environment":
            os.environ.update(message["variables"])
            reply = {"status": "ok"}
        elif kind == "cell":
            reply = run_cell(shell, message["source"], float(message["seconds"]))
        elif kind == "ask":
            reply = _answer(shell, message)
        else:
            reply = {"status": "unknown"}
        try:
            wire.send(reply)
        except WireError as error:
            wire.send({"status": "malformed", "message": str(error)[:200]})


def _answer(shell: Shell, message: dict[str, Any]) -> dict[str, Any]:
    """Look up the student's objects by name and put the question to the probe."""
    names, space = message["subjects"], shell.user_ns
    absent = [name for name in names if name not in space]
    if absent:
        return {"status": "absent", "name": absent[0]}
    nothing = [name for name in names if space[name] is None]
    if nothing:
        return {"status": "nothing", "name": nothing[0]}
    OUTPUTS.clear()
    subjects = [space[name] for name in names]
    seconds = float(message["seconds"])
    try:
        outcome = in_time(
            seconds, lambda: respond(message["probe"], message["function"], subjects, message["question"])
        )
    except KeyboardInterrupt:
        return {"status": "timed_out"}
    except MemoryError:
        return {"status": "out_of_memory"}
    if outcome.get("error") == "MemoryError":
        return {"status": "out_of_memory"}
    return dict(outcome)
