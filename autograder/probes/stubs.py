"""Whether a `NotImplementedError` means that an answer is not written yet: torch raises it too."""

from __future__ import annotations

import traceback


def is_stub(error: NotImplementedError) -> bool:
    """Whether this is an open stub, and not torch that says in Python or in C++ what it cannot do.

    Parameters
    ----------
    error : NotImplementedError
        As it was caught.
    """
    frames = list(traceback.walk_tb(error.__traceback__))
    if not frames or str(frames[-1][0].f_globals.get("__name__", "")).split(".")[0] == "autograder":
        return True  # our plots say so of an answer that is None
    *_, last = traceback.extract_tb(error.__traceback__)
    return "-packages" not in last.filename and (not str(error) or "raise" in (last.line or "raise"))
