"""What errors are due to that come up where layers are made and called."""

from __future__ import annotations

import re

import torch
from torch import nn

MISSING = re.compile(
    r"^TypeError: (?P<called>[\w.<>]+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: (?P<names>.+)"
)
NO_TENSOR = (
    re.compile(r"^AttributeError: '(?P<layer>\w+)' object has no attribute '(?P<name>\w+)'"),
    re.compile(r"^TypeError: .*\(position 1\) must be Tensor, not (?P<layer>\w+)"),
    re.compile(
        r"^TypeError: \w+\(\) received an invalid combination of arguments - got \((?P<layer>\w+)[,)]"
    ),
    re.compile(r"^TypeError: unsupported operand type\(s\) for \S+: '(?:Tensor' and ')?(?P<layer>\w+)'"),
)
OPTION = re.compile(
    r"^(TypeError: dim must be an int or None, got <class 'torch\.Tensor'>"
    r"|RuntimeError: Boolean value of Tensor with more than one value is ambiguous)"
)
QUOTED = re.compile(r"['\"](\w+)['\"]")
MADE = re.compile(r"\bnn\.([A-Z]\w*)\(")
AXES = re.compile(
    r"^IndexError: Dimension out of range \(expected to be in range of \[-2, 1\], but got ([23])\)"
)
CUT = (
    "Something in `Model.forward` cuts the gradient off: `detach()`, `.data`, `torch.no_grad()` or a "
    "detour through numpy."
)
EXAMPLES = {
    "Linear": "nn.Linear(128, 10)",
    "Conv2d": "nn.Conv2d(16, 32, 3)",
    "BatchNorm2d": "nn.BatchNorm2d(32)",
    "MaxPool2d": "nn.MaxPool2d(2)",
    "AvgPool2d": "nn.AvgPool2d(2)",
    "AdaptiveAvgPool2d": "nn.AdaptiveAvgPool2d(1)",
    "AdaptiveMaxPool2d": "nn.AdaptiveMaxPool2d(1)",
    "GroupNorm": "nn.GroupNorm(4, 32)",
    "max_pool2d": "F.max_pool2d(x, 2)",
    "avg_pool2d": "F.avg_pool2d(x, 2)",
    "softmax": "z.softmax(dim=1)",
    "log_softmax": "z.log_softmax(dim=1)",
}
"""Complete calls, by what is called."""


def layer_cause(got: str, where: str) -> str:
    """Say what an error of a layer is due to.

    Parameters
    ----------
    got : str
        Its type and its message.
    where : str
        The student's line, as the card quotes it.

    Returns
    -------
    str
        Empty where it is not known.
    """
    if found := MISSING.search(got):
        return _missing(found["called"], listed(QUOTED.findall(found["names"])), where)
    if OPTION.search(got) and (made := MADE.search(where)):
        return _only_makes(made[1])
    for pattern in NO_TENSOR:
        found = pattern.search(got)
        if found and is_layer(found["layer"]):
            name = found.groupdict().get("name")
            if name is None or (
                hasattr(torch.Tensor, name) and not hasattr(getattr(nn, found["layer"]), name)
            ):
                return _only_makes(found["layer"])
    if AXES.search(got) and "softmax" in where:
        return "The scores have two axes, 0 for the images and 1 for the classes: softmax runs over `dim=1`."
    return ""


def listed(names: list[str]) -> str:
    """The first three of the names, for a sentence."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"`{name[:60]}`" for name in names[:3]) + more


def is_layer(name: str) -> bool:
    """Whether this is the name of a layer in `torch.nn`."""
    thing = getattr(nn, name, None)
    return isinstance(thing, type) and issubclass(thing, nn.Module)


def _only_makes(layer: str) -> str:
    return (
        f"`nn.{layer}(…)` only makes a layer, and it stands where the answer of that layer is meant: make it in "
        "`__init__`, with its settings in the parentheses, and call it in `forward`, as `self.layer(x)`."
    )


def _missing(called: str, names: str, where: str) -> str:
    """Say what a call lacks that stands in the student's code."""
    if not where.startswith("line"):
        return ""
    owner, _, function = called.rpartition(".")
    if function == "forward":
        return (
            f"A layer is called without {names}: give it the tensor that it works on, as `self.layer(x)`, and every "
            "other argument of its `forward`."
        )
    what = _as_written((owner or "").rpartition(".")[2] if function == "__init__" else function, where)
    if what in EXAMPLES:
        return f"`{what}` needs {names} as well, as in `{EXAMPLES[what]}`."
    return (
        f"`{what}` needs {names} as well: see which arguments it takes, and give it all that have no default."
    )


def _as_written(name: str, where: str) -> str:
    """The name by which a line calls what an error names by the class or function within torch."""
    stem = name.strip("_").removesuffix("Nd")
    near = re.search(rf"\b(\w*{re.escape(stem)}\w*)\(", where)
    return near[1] if near else stem
