"""Errors whose message is the whole story, and the one line that a notebook shows of them."""


class ExplainedError(RuntimeError):
    """What, where, what to do: its one sentence is shown in place of a traceback."""


def one_line(error: BaseException) -> str | None:
    """The line that a notebook shows in place of a traceback, or None where a traceback is due.

    An unfinished stub says that it is not done yet; an `ExplainedError` says its sentence.
    """
    if isinstance(error, NotImplementedError):
        said = str(error) or "this cell needs an answer that still raises NotImplementedError"
        return f"Not done yet: {said}."
    if isinstance(error, ExplainedError):
        return str(error)
    return None
