"""What each message to a child may be answered with: one schema a kind, and no other field."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from autograder.sandbox.inside.wire import WireError


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _File(_Reply):
    status: Literal["ok"]


class _LeaveOut(_Reply):
    cells: list[int]


class _Hidden(_Reply):
    cell: int
    line: str
    reason: str
    instead: str


class _Libraries(_Reply):
    libraries: list[list[str]]
    hidden: list[_Hidden]


class _Cell(_Reply):
    status: Literal["ok", "error", "timed_out"]
    outputs: list[Any]
    seconds: float


class _Look(_Reply):
    status: Literal["there", "absent", "nothing"]
    name: str = ""


class _Ask(_Reply):
    status: Literal["answered", "not_done", "error", "interrupted", "timed_out", "out_of_memory", "malformed"]
    answer: Any = None
    error: str = ""
    message: str = ""
    of_library: bool = False
    meant: str = ""
    line: str = ""
    number: int | None = None
    cell: str = ""
    replaces: str = ""
    seconds: float = 0.0


_SCHEMAS: dict[str, type[_Reply]] = {
    "file": _File,
    "leave_out": _LeaveOut,
    "libraries": _Libraries,
    "cell": _Cell,
    "look": _Look,
    "ask": _Ask,
}


def require_schema(kind: str, reply: dict[str, Any]) -> dict[str, Any]:
    """Give back a reply that fits the kind of message that it answers.

    Parameters
    ----------
    kind : str
        Of the message.
    reply : dict
        As the wire has read it; arrays may stand wherever its schema takes anything.

    Raises
    ------
    WireError
        A field is missing, of another type, or one too many.
    """
    try:
        _SCHEMAS[kind].model_validate(reply)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"][:3])[:60]
        raise WireError(
            f"a reply to `{kind}` that does not fit ({ascii(where)[1:-1]}: {first['msg'][:80]})"
        ) from None
    return reply
