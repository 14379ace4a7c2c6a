"""The far end of the wire: runs cells and answers questions in one forked child, until the wire closes."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.probes.respond import respond
from autograder.sandbox.inside.figures import unneeded
from autograder.sandbox.inside.hidden_names import hidden_names
from autograder.sandbox.inside.libraries import libraries_of
from autograder.sandbox.inside.shell import OUTPUTS, Shell, enter, in_time, make_shell, run_cell
from autograder.sandbox.inside.wire import Wire, WireClosed, WireError


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


def serve(wire: Wire, work: Path) -> None:
    """Obey messages until the other side closes the wire, in a working folder of this child alone.

    ``file`` writes one file of the submission; ``leave_out`` chooses figures that need not run;
    ``libraries`` reads in the text which libraries names are made with, and what it hides; ``cell`` runs a
    cell; ``look`` says whether names are there; ``ask`` answers a question with a probe. Every message gets
    exactly one reply.
    """
    work.mkdir(parents=True, exist_ok=True)
    os.chdir(work)
    shell = make_shell()
    enter(shell)
    while True:
        try:
            message = wire.receive()
        except (WireClosed, WireError):
            return
        kind = message.get("kind")
        if kind == "file":
            name = Path(message["name"]).name
            (work / name).write_bytes(message["content"].tobytes())
            reply: dict[str, Any] = {"status": "ok"}
        elif kind == "leave_out":
            reply = {"cells": unneeded(message["sources"], message["figures"])}
        elif kind == "libraries":
            reply = {
                "libraries": libraries_of(message["sources"], message["asked"]),
                "hidden": [asdict(hidden) for hidden in hidden_names(message["sources"])],
            }
        elif kind == "cell":
            reply = run_cell(shell, message["source"], float(message["seconds"]), message["asserts"])
        elif kind == "look":
            reply = _look(shell, message["subjects"], message["may_be_none"])
        elif kind == "ask":
            start = time.monotonic()
            reply = _answer(shell, message)
            reply["seconds"] = round(time.monotonic() - start, 4)
        else:
            reply = {"status": "unknown"}
        try:
            wire.send(reply)
        except WireError as error:
            wire.send({"status": "malformed", "message": str(error)[:200]})


def _look(shell: Shell, names: list[str], may_be_none: list[str]) -> dict[str, Any]:
    """Say whether all names are defined, and none but these is None."""
    for name in names:
        if name not in shell.user_ns:
            return {"status": "absent", "name": name}
        if shell.user_ns[name] is None and name not in may_be_none:
            return {"status": "nothing", "name": name}
    return {"status": "there"}


def _answer(shell: Shell, message: dict[str, Any]) -> dict[str, Any]:
    """Put the question to the probe, with the student's objects of these names."""
    OUTPUTS.clear()
    subjects = [shell.user_ns[name] for name in message["subjects"]]
    probe, function, question = message["probe"], message["function"], message["question"]
    try:
        outcome = in_time(float(message["seconds"]), lambda: respond(probe, function, subjects, question))
    except KeyboardInterrupt:
        return {"status": "timed_out"}
    except (MemoryError, KeyError) as error:
        return {"status": "out_of_memory" if isinstance(error, MemoryError) else "malformed"}
    if outcome.get("error") == "MemoryError":
        return {"status": "out_of_memory"}
    return dict(outcome)
