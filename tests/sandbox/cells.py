"""What a cell of a real child says."""

from __future__ import annotations

from autograder.sandbox.launch import Child


def printed(child: Child, source: str) -> str:
    """What a cell prints, or its traceback."""
    outputs = child.run_cell(source)["outputs"]
    return "".join(o.get("text", "") or "\n".join(o.get("traceback", [])) for o in outputs)
