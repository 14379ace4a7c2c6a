"""What errors are due to that come up where layers are made and called."""

from __future__ import annotations

import re

import torch
from torch import nn

from autograder.checks.raised import Causes, on_lines

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
PRODUCT = re.compile(r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x(\d+)\)")
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


def listed(names: list[str]) -> str:
    """The first three of the names, for a sentence."""
    more = f", {len(names) - 3} others too" if len(names) > 3 else ""
    return ", ".join(f"`{name[:60]}`" for name in names[:3]) + more


def is_layer(name: str) -> bool:
    """Whether this is the name of a layer in `torch.nn`."""
    thing = getattr(nn, name, None)
    return isinstance(thing, type) and issubclass(thing, nn.Module)


def too_few_inputs(got: str, n: int) -> str:
    """Say what a linear layer should take, where each of n images gives a row of numbers; else nothing."""
    found = PRODUCT.search(got)
    if not found or int(found[1]) != n:
        return ""
    came, taken = found[2], found[3]
    return (
        f"The linear layer gets {came} numbers for each image, and was made for {taken}: write "
        f"`nn.Linear({came}, …)`, or see which layer before it is missing or too many."
    )


def _no_tensor(found: re.Match[str], where: str) -> str:
    """A layer stands where a tensor belongs, which has what is asked for."""
    layer, name = found["layer"], found.groupdict().get("name")
    if not is_layer(layer):
        return ""
    if name is None or (hasattr(torch.Tensor, name) and not hasattr(getattr(nn, layer), name)):
        return _only_makes(layer)
    return ""


def _option(found: re.Match[str], where: str) -> str:
    """A tensor was given to what makes a layer, for one of its settings."""
    made = MADE.search(where)
    return _only_makes(made[1]) if made else ""


def _only_makes(layer: str) -> str:
    if layer.endswith("Loss"):
        return (
            f"`nn.{layer}(…)` only makes a criterion, and its answer is meant: its settings stand in the first "
            f"parentheses, the tensors in the second, as in `nn.{layer}()(…)`."
        )
    return (
        f"`nn.{layer}(…)` only makes a layer, and it stands where the answer of that layer is meant: make it in "
        "`__init__`, with its settings in the parentheses, and call it in `forward`, as `self.layer(x)`."
    )


def _missing(found: re.Match[str], where: str) -> str:
    """Say what a call lacks that stands in the student's code."""
    if not where.startswith("line"):
        return ""
    names = listed(QUOTED.findall(found["names"]))
    owner, _, function = found["called"].rpartition(".")
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


def _no_module(found: re.Match[str], where: str) -> str:
    """What `nn.Sequential` was given in place of a layer."""
    given = found[1].rpartition(".")[2]
    if given == "list":
        return (
            "`nn.Sequential` takes the layers one by one, not a list of them: write `nn.Sequential(*layers)`."
        )
    if is_layer(given):
        return (
            f"`nn.{given}` stands there as a class and was not made: write its parentheses, `nn.{given}()`."
        )
    return (
        f"`{given}` is a function, and `nn.Sequential` takes layers: `nn.ReLU()` is the layer, `F.relu` the function "
        "to call in `forward`."
    )


def _other_dimensions(found: re.Match[str], where: str) -> str:
    axes = found[1]
    return (
        f"A layer gets {axes} axes, and works on another number: images (n, channels, rows, columns) go through "
        "`BatchNorm2d`, flat rows (n, features) through `BatchNorm1d`."
    )


CAUSES: Causes = (
    (MISSING, _missing),
    (OPTION, _option),
    *((pattern, _no_tensor) for pattern in NO_TENSOR),
    (
        AXES,
        on_lines(
            re.compile("softmax"),
            "The scores have two axes, 0 for the images and 1 for the classes: softmax runs over `dim=1`.",
        ),
    ),
    (re.compile(r"^TypeError: ([\w.]+) is not a Module subclass"), _no_module),
    (re.compile(r"expected \dD(?: or \dD)? input \(got (\d)D input\)"), _other_dimensions),
    (
        re.compile(r"argument 'size' failed to unpack .* float"),
        "A layer was given a float for a size: `/` gives one, `//` a whole number.",
    ),
    (
        re.compile(
            r"^AttributeError: 'tuple' object has no attribute '(requires_grad|numel|shape|grad|data)'"
        ),
        "`named_parameters()` gives pairs, of a name and a parameter: `for name, parameter in …`, or go through "
        "`model.parameters()`.",
    ),
    (
        re.compile(r"must be divisible by num_groups"),
        "`nn.GroupNorm` cuts the channels into groups of one size: their number must divide that of the channels, as "
        "in `nn.GroupNorm(4, 32)`.",
    ),
)
"""Errors of layers, by their messages and the student's line; they come before what else is known."""
