"""Ctrl + C, which a terminal sends to all processes that run in it, ends the one that the user began."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def held_back_from_children() -> Iterator[None]:
    """Keep Ctrl + C from processes that are started here, until they call `leave_to_parent`."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave_to_parent() -> None:
    """Put this process, and what it starts, where Ctrl + C does not come: its parent ends it."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, lambda number, frame: None)  # for one that came before, and waits
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextlib.contextmanager
def put_off() -> Iterator[None]:
    """Finish what must not be left half done before Ctrl + C raises `KeyboardInterrupt`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before: Any = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)
