"""Whether a `NotImplementedError` means that an answer is not written yet: torch raises it too."""

from __future__ import annotations

import linecache
import traceback


def is_stub(error: NotImplementedError) -> bool:
    """Whether this is an open stub, and not torch that says in Python or in C++ what it cannot do.

    Parameters
    ----------
    error : NotImplementedError
        As it was caught.
    """
    frames = list(traceback.walk_tb(error.__traceback__))
    if not frames:
        return True
    frame, number = frames[-1]
    file = frame.f_code.co_filename
    is_ours = str(frame.f_globals.get("__name__", "")).split(".")[0] == "autograder"  # a plot of what is None
    if "-packages" in file and not is_ours:
        return False
    return not str(error) or "raise" in (linecache.getline(file, number) or "raise")
