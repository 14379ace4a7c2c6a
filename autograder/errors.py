"""Errors whose message is the whole story: what, where, what to do."""


class ExplainedError(RuntimeError):
    """Its one sentence is shown in place of a traceback."""
