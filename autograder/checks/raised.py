"""What an error that a student's code raises is likely due to, by its type and its message."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

Cause = str | Callable[[re.Match[str], str], str]
"""A sentence, or what makes one of the found pattern and the student's line; empty where it is not known."""
Causes = Sequence[tuple[re.Pattern[str], Cause]]
"""Patterns that are searched for in an error, as ``"ValueError: not enough values to unpack"``, each with the cause."""

KEEPDIMS = re.compile(
    r"^ValueError: .*broadcast together with shapes \((\d+),(?:\d+\) \(\1,\)|\) \(\1,\d+\))"
)
COLUMNS = re.compile(r"^ValueError: .*broadcast together with shapes \((\d+),\d+\) \(\1,\d+\)")
SHAPES = re.compile(r"^ValueError: .*(matmul|broadcast|aligned)")
MISSING = re.compile(
    r"^AttributeError: (?:module '(?P<module>[\w.]+)'|'(?P<kind>[\w.]+)' object) has no attribute '(?P<name>\w+)'"
)
CLASS = r"[^\W\da-zа-яё_]\w*"
"""How names of classes are written, in any alphabet: they do not begin with a small letter."""
NO_KEYBOARD = re.compile(r"^(EOFError|StdinNotImplementedError)\b")
UNDEFINED = re.compile(r"^NameError: name '(\w+)' is not defined")
OF_PYTHON = (
    "collections",
    "copy",
    "functools",
    "itertools",
    "math",
    "os",
    "random",
    "sys",
    "time",
    "warnings",
)
OVERWRITTEN = re.compile(r": `(\w+) = \1\(")
APPENDED = re.compile(r": `(\w+) = \1\.(append|extend)\(")
ASSERTED = re.compile(r": `assert\b")
OF_ONE_ROW = re.compile(r"\bnp\.(diag|outer|diagflat)\(")
TIMES_LABELS = re.compile(r"(?<![\w.])(?:self\.)?y\s*\*(?!\*)|(?<!\*)[*-]\s*(?:self\.)?y(?![\w.\[(])")
NOT_IN_NUMPY = ("softmax", "relu", "sigmoid", "one_hot", "cross_entropy", "log_softmax", "logsumexp")


def missing_name(error: str, *, meant: str = "", of_library: bool = False, in_line: bool = True) -> str:
    """Say why a name is not there; nothing where the error is about something else.

    Parameters
    ----------
    error : str
        Its type and its message.
    meant : str
        The name nearest to it, of those that are there.
    of_library : bool
        The name is missing in what numpy or torch made.
    in_line : bool
        The student's own line asks for it, and not the check.
    """
    if undefined := UNDEFINED.search(error):
        if meant.startswith("self."):
            return f"`{undefined[1]}` is kept in the object: write `{meant}`."
        if undefined[1] in OF_PYTHON:
            return f"`{undefined[1]}` is not imported here: write `import {undefined[1]}` before this line."
        if meant:
            return f"There is no `{undefined[1]}`: is `{meant}` meant?"
        return (
            f"There is no `{undefined[1]}` here: see how it is spelt, and that it is an argument, or gets its value "
            "before this line, in a cell further up that has run without an error."
        )
    found = MISSING.search(error)
    if found is None or found["kind"] == "NoneType":
        return ""
    name, kind = found["name"], found["module"] or found["kind"].removeprefix("numpy.")
    if meant == name:
        return (
            f"`{name}` is a name of `__init__` alone there, and is gone when it ends: write `self.{name} = …`, which "
            "keeps it in the object."
        )
    if meant and (in_line or not _is_another(meant, name)):
        return f"`{kind}` has no `{name}`: is `{meant}` meant?"
    if kind == "numpy" and name in NOT_IN_NUMPY:
        return f"numpy has no `{name}`: write it with `np.exp`, `np.log`, `np.maximum`, or call your own."
    if kind in ("list", "tuple") and hasattr(np.ndarray, name):
        return f"A {kind} has no `{name}`: make an array of it, `np.array(…)`."
    if of_library and kind == "ndarray" and callable(getattr(np, name, None)):
        return f"An array has no method `{name}`: write `np.{name}(…)`."
    if not in_line:
        return (
            f"The check asks for `{name}`, which `{kind}` does not have: a method of this name stands inside the "
            f"class, a value is stored in `self.{name}`. Or is something else left here than the task asks for?"
        )
    if of_library:
        return f"`{kind}` belongs to a library and has no `{name}`: look for the name in its documentation."
    if found["module"] or not kind[0].isupper() or kind == "Tensor":
        return ""
    return (
        f"`{kind}` has no `{name}` at this line: see how it is spelt, and that `self.{name}` is stored before it is "
        "read, also by a method that has to be called first."
    )


def _is_another(there: str, asked: str) -> bool:
    """Whether a method is one that the class should have beside the other, as `predict_proba` beside `predict`."""
    return there.startswith(f"{asked}_") or asked.startswith(f"{there}_")


def says_it_itself(error: str) -> bool:
    """Whether an error has the same cause wherever it comes: a name that is not there, or a keyboard that is not."""
    return bool(UNDEFINED.search(error) or NO_KEYBOARD.search(error))


def _overwritten(found: re.Match[str], where: str) -> str:
    """Say what is called that is no function: by the line, where it gives its own name away."""
    if own := OVERWRITTEN.search(where):
        return (
            f"`{own[1]} = {own[1]}(…)` gives the name `{own[1]}` to what the call answers, and the next call is of "
            "that: take another name on the left."
        )
    return (
        "An object is called as if it were a function or a class: name the method, as in `module.forward(x)`, or take "
        "the parentheses away; and leave the class under its name, not an object of it. Are the arguments in the "
        "order of the stub?"
    )


def _nothing_stored(found: re.Match[str], where: str) -> str:
    """Say why something is None: by the line, where it keeps the answer of `append`."""
    if own := APPENDED.search(where):
        return (
            f"`{own[2]}` changes the list in place and answers None: write `{own[1]}.{own[2]}(…)` without "
            f"`{own[1]} =`."
        )
    return "Something that should have been stored is still None: is `forward` run, and does it store it?"


def _parameter(found: re.Match[str], where: str) -> str:
    """Say why a function does not know a parameter; numpy adds its own where it hands over to a tensor's method."""
    if found[1] in ("axis", "out", "keepdims", "dtype") and f"{found[1]}=" not in where and "np." in where:
        return (
            "A function of numpy was given a tensor: take torch's own, as `logits.argmax(1)` or `x.mean()`."
        )
    return (
        "No parameter has this name: keep the names of the stub, and of a library's function those of its "
        "documentation."
    )


def on_lines(pattern: re.Pattern[str], sentence: str) -> Cause:
    """Say a sentence where the student's line, as the card quotes it, holds the pattern; nothing elsewhere."""
    return lambda found, where: sentence if pattern.search(where) else ""


COMMON: Causes = (
    (
        re.compile(r'is missing the required "forward" function'),
        "The class has no method `forward`: see how its name is spelt, and that it is indented below `class`.",
    ),
    (
        re.compile(r"before Module\.__init__\(\) call"),
        "`__init__` of the class begins with `super().__init__()`: without it, torch has no place for layers.",
    ),
    (
        re.compile(r"\bModule\.__init__\(\) takes 1 positional argument but"),
        "torch's `Module` takes no arguments: `super().__init__()` has empty parentheses, and where the class is made "
        "with an argument, its own `__init__`, with two underscores on either side, takes it.",
    ),
    (
        re.compile(rf"\b{CLASS}\.__init__\(\) takes 1 positional argument but"),
        "The class was given an argument that its `__init__` does not take: list the arguments after `self`, and where "
        "the class has no `__init__` of its own, see that the name has two underscores on either side.",
    ),
    (
        re.compile(rf"^TypeError: {CLASS}\(\) takes no arguments"),
        "The class has no `__init__` that takes arguments: see that the name has two underscores on either side, and "
        "that it stands inside the class.",
    ),
    (
        re.compile(r"^TypeError: \w+\.\w+\(\) takes (\d+) positional arguments? but"),
        "The method takes fewer arguments than it is given: `self` comes first, then the arguments of the stub.",
    ),
    (
        re.compile(r"^TypeError: \w+\(\) takes (from )?\d+ (to \d+ )?positional arguments? but"),
        "The function takes fewer arguments than it is given: keep those of the stub, in their order.",
    ),
    (
        re.compile(r"unexpected keyword argument '(keepdim|dim)'"),
        "numpy's names are `axis` and `keepdims`; `dim` and `keepdim` are torch's.",
    ),
    (
        re.compile(r"^TypeError: [\w.]+\(\) got an unexpected keyword argument '(\w+)'"),
        _parameter,
    ),
    (
        re.compile(r"^TypeError: \w+\.(forward|backward)\(\) missing \d+ required positional argument"),
        "An argument is missing. Is the method called on the class, whose parentheses are missing, as in "
        "`ReLU().forward(x)`? Or does it ask for more than in the stub?",
    ),
    (
        re.compile(r"^TypeError: [\w.]+\(\) missing \d+ required positional argument"),
        "An argument that the message names is not given: where the function is yours, keep the arguments and the "
        "defaults of its stub.",
    ),
    (
        re.compile(rf"^TypeError: '{CLASS}' object is not callable"),
        _overwritten,
    ),
    (
        re.compile(r"^TypeError: '(bool|int|float|str|list|tuple|dict)' object is not callable"),
        "A value is called as if it were a function. Is it kept under the name of a method or a function, as `self.fit "
        "= …` or `sum = …` does? Then give it another name. A setting is given by `=`, as in `flag = True`.",
    ),
    (
        re.compile(r"must be Tensor, not (list|tuple)\b"),
        "A list of tensors is no tensor yet: `torch.stack` makes one of single items, `torch.cat` of batches.",
    ),
    (
        re.compile(r"cat\(\): expected a non-empty list of Tensors"),
        "The list is empty: what `iter`, `zip` or a generator gives is used up after one pass. Collect everything in "
        "one loop over the batches.",
    ),
    (
        re.compile(r"^AssertionError\b"),
        on_lines(
            ASSERTED,
            "An `assert` of your own stops here: what it demands does not hold for what the check gives. Either it "
            "demands too much, or what stands before it is not yet right.",
        ),
    ),
    (
        re.compile(r"only integer scalar arrays can be converted to a scalar index"),
        "A whole array stands where one number belongs, an axis or a size: `np.max(0, x)` takes `x` for an axis, and "
        "`np.maximum(0, x)` compares number by number.",
    ),
    (
        re.compile(r"only (length-1|0-dimensional) arrays can be converted"),
        "A function for one number was given an array: take numpy's, `np.exp` in place of `math.exp`.",
    ),
    (
        re.compile(r"^TypeError: .*'NoneType' object"),
        "Something here is None. A function without `return` answers None, and so does what works in place, such as "
        "`rng.shuffle(x)` and `x.sort()`.",
    ),
    (
        re.compile(r"ufunc 'bitwise_xor' not supported|operand type\(s\) for \^"),
        "`^` is no power in Python: write `**`.",
    ),
    (
        re.compile(r"Cannot interpret '\d+' as a data type|takes at most 3 positional arguments \(4 given\)"),
        "A shape is one argument, a tuple: `np.zeros((n, m))`, `uniform(-a, a, size=(n, m))`.",
    ),
    (
        re.compile(r"element 0 of tensors does not require grad"),
        "The loss is cut off from the parameters: no `torch.no_grad()`, `detach()`, `.data`, `.item()` or numpy on the "
        "way from the model to the loss, and parameters that are not frozen.",
    ),
    (
        re.compile(r"^UnboundLocalError\b"),
        "A function has its own name for whatever it gives a value anywhere, and here that has no value yet: set it "
        "before the loop or the `if`, or take another name than that of something outside.",
    ),
    (
        re.compile(r"'type' object does not support the context manager protocol"),
        "The parentheses are missing: `with torch.no_grad():`.",
    ),
    (
        re.compile(r"mean\(\): could not infer output dtype.*Bool"),
        "Truth values have no mean in torch: turn them into numbers first, `(…).float().mean()`.",
    ),
    (
        re.compile(r"mean\(\): could not infer output dtype"),
        "Integers have no mean in torch: turn them into floats first, `x.float().mean()`.",
    ),
    (
        re.compile(
            r"'(builtin_function_or_method|method)' (object|and)|and '(builtin_function_or_method|method)'"
        ),
        "A method stands there and is not called: its parentheses are missing, as in `x.numel()`, `model(x)` or "
        "`model.parameters()`.",
    ),
    (
        re.compile(r"'module' object is not callable"),
        "A module is called like a function: name the function in it as well, as `copy.copy(x)` does.",
    ),
    (
        re.compile(r"descriptor '__init__' of 'super' object needs an argument"),
        "`super` is called before the dot too: write `super().__init__()`.",
    ),
    (
        re.compile(r"__init__\(\) should return None"),
        "`__init__` answers nothing: leave its `return` out.",
    ),
    (
        re.compile(r"'(float|int)' object has no attribute '(item|detach|cpu|numpy)'"),
        "That is a plain number already, and no tensor: leave the method out, or let what is before it answer a "
        "tensor.",
    ),
    (
        re.compile(
            r"must have the same dtype, but got|^RuntimeError: expected scalar type"
            r"|Input type \(.*\) and (bias|weight) type \(.*\) should be"
        ),
        "The numbers that a layer gets are of another type than its weights, which are float32: `.double()`, "
        "`.half()` and numpy's float64 change it, `.float()` brings it back.",
    ),
    (
        re.compile(r"multi-target not supported"),
        "The criterion takes the logits (n, C) first and one class number for each image second, `y` of shape (n,) "
        "as it comes: not one-hot rows, and no axis more.",
    ),
    (
        re.compile(r"backward through the graph a second time"),
        "`backward` is called twice for one forward pass: once in each batch is enough.",
    ),
    (
        re.compile(r"not compiled with CUDA|NVIDIA driver|No CUDA GPUs"),
        "`.cuda()` needs a GPU: write `.to(device)`, which moves to wherever the caller wants, or `.to(x.device)`.",
    ),
    (
        re.compile(r"^TypeError: 'set' object is not subscriptable"),
        "A set has no order and no places: make a list of it, `list(…)` or `sorted(…)`.",
    ),
    (
        re.compile(
            r"argument 'tensors' \(position 1\) must be tuple of Tensors, not Tensor|"
            r"cat\(\): argument 'dim' \(position 2\)"
        ),
        "`torch.cat` takes one list of tensors: call it for each list by itself, `torch.cat(labels)`.",
    ),
    (
        re.compile(r"Index tensor must have the same number of dimensions as input"),
        "`gather` wants an index with as many axes as the tensor: `p.gather(1, y[:, None])`.",
    ),
    (
        re.compile(r"_(softmax|loss)\w*\" not implemented for '(Long|Int)'"),
        "Class numbers were given where logits belong: the model's output comes first, the labels second, as in "
        "`F.cross_entropy(logits, y)`.",
    ),
    (
        re.compile(r"expected target dtype to be Long"),
        "The labels are floats: class numbers are int64, as they come.",
    ),
    (
        re.compile(r"Can't call numpy\(\) on Tensor that requires grad"),
        "What is computed from the parameters stays in torch as long as a gradient is wanted: use torch's functions, "
        "not numpy's.",
    ),
    (
        re.compile(r"IndexError: shape mismatch: indexing tensors"),
        "Rows and labels that are paired must be equally many: `torch.arange(len(y))` has a row for each label, "
        "whatever the batch holds.",
    ),
    (
        re.compile(r"IndexError: Dimension out of range"),
        "The tensor has fewer axes than the line expects: labels have one, `squeeze()` drops every axis of length 1, "
        "the batch's too, and an index takes one away. Print its `.shape` just before this line.",
    ),
    (
        re.compile(
            r"only one element tensors can be converted|zero-dimensional tensor .*cannot be concatenated"
        ),
        "A list of tensors becomes one tensor by `torch.cat`, where each is a batch, or by `torch.stack`, where each "
        "is one item.",
    ),
    (
        re.compile(r"^AxisError\b"),
        "A vector has axis 0 alone: `axis=-1` is the last axis, of a vector and of a batch. Where only batches are "
        "asked for, are the arguments in the right order, logits before labels, and are rows taken with `X[i:i+1]`?",
    ),
    (
        SHAPES,
        on_lines(
            OF_ONE_ROW,
            "`np.diag` and `np.outer` make a matrix of one vector, and a batch has one for each row: go row by row, or "
            "write what the matrix does without making it.",
        ),
    ),
    (
        KEEPDIMS,
        on_lines(
            TIMES_LABELS,
            "`y` holds class numbers, one for each row, and no one-hot rows: take one number from each row by "
            "`[np.arange(n), y]`, or make the rows, `Y = np.eye(C)[y]`.",
        ),
    ),
    (
        KEEPDIMS,
        "One number a row does not meet a matrix: with `keepdims=True` sums and maxima have the shape (n, 1).",
    ),
    (
        COLUMNS,
        "Two arrays have the same rows and not the same columns: print their `.shape` just before this line. "
        "One-hot rows have a column for every class, also where a batch lacks one.",
    ),
    (
        SHAPES,
        "Two arrays have shapes that do not fit: print their `.shape` just before this line.",
    ),
    (
        re.compile(r"stack expects each tensor to be equal size"),
        "`torch.stack` needs tensors of one shape, and the last batch is smaller: join with `torch.cat`.",
    ),
    (
        re.compile(r"^ValueError: .*values to unpack"),
        "The left side names another number of things than the right side gives: count both. A function may answer "
        "three things; the shape of a vector is one number, that of a batch two.",
    ),
    (
        re.compile(r"^IndexError: (arrays used as indices|only integers, slices|tensors used as indices)"),
        "Indices must be whole numbers, and these are not: labels that were made floats or one-hot rows, a quotient of "
        "`/`, or samples in place of their places.",
    ),
    (
        re.compile(r"^IndexError: shape mismatch: indexing arrays"),
        "Rows and labels that are paired must be equally many: `np.arange(len(y))` has a row for each label, whatever "
        "the batch holds.",
    ),
    (
        re.compile(r"^IndexError: tuple index out of range"),
        "A tuple has fewer entries than the index asks for: the `.shape` of a vector has one, and so no `.shape[1]`.",
    ),
    (
        re.compile(r"^IndexError\b"),
        "An index is larger than the array: compare it with the array's `.shape`.",
    ),
    (
        re.compile(r"^ValueError: .*truth value of an array"),
        "`max`, `min`, `if`, `and` and `or` take one truth value, not an array of them: `np.maximum`, `np.minimum` "
        "and `np.where` go number by number.",
    ),
    (
        re.compile(r"^AttributeError: type object"),
        "A class stands where an object belongs: the parentheses that make one are missing, as in `Linear(2, 3)`.",
    ),
    (
        re.compile(r"^AttributeError: .*NoneType"),
        _nothing_stored,
    ),
    (
        re.compile(r"numpy boolean (negative|subtract)"),
        "Truth values have no minus: `~mask` turns them round, and `mask.astype(float)` makes numbers of them.",
    ),
    (
        re.compile(r"^OverflowError: math range error"),
        "`math.exp` overflows above 709: subtract the largest number first, and no exponent is above 0.",
    ),
    (
        re.compile(r"Cannot cast ufunc '\w+' output from dtype\('float\d+'\) to dtype\('u?int"),
        "An array of whole numbers cannot take decimals by `-=` or the like: make it of floats, as `np.zeros(shape)` "
        "does, or write `x = x - …`.",
    ),
    (
        re.compile(r"^ValueError: cannot reshape array of size"),
        "`reshape` keeps all numbers, and this many do not fill the shape: compare it with `.size`. For batches take "
        "slices, of which the last may be smaller.",
    ),
    (
        re.compile(r"array split does not result in an equal division"),
        "`np.split` makes parts of one size only. For batches take slices, of which the last may be smaller.",
    ),
    (
        re.compile(r"inhomogeneous shape"),
        "Arrays of different shapes do not make one array: keep them in a list or a tuple.",
    ),
    (
        re.compile(r"\bobject\.__init__\(\) takes exactly one argument"),
        "`super().__init__()` has empty parentheses: the class above takes no arguments.",
    ),
    (
        NO_KEYBOARD,
        "`input` waits for somebody at the keyboard, and while grading there is nobody: write the value into the code.",
    ),
    (re.compile(r"^RecursionError\b"), "A function calls itself without end."),
    (re.compile(r"^SystemExit\b"), "The code calls `exit` or `sys.exit`: remove that call."),
)
HINT = "The error comes from this line: read its message, and run the line on a small input."
HINT_OUTSIDE = (
    "The error comes up outside your lines, where the check uses what your code gave: compare its type and its shape "
    "with what the task asks for."
)


def likely_cause(error: str, causes: Causes = COMMON, where: str = "") -> str:
    """Say what an error is likely due to.

    Parameters
    ----------
    error : str
        Its type and its message, as the card quotes it.
    causes : sequence of (pattern, str)
        What is known about errors; what is common everywhere where omitted.
    where : str
        The student's line, as the card quotes it.

    Returns
    -------
    str
        Of the first pattern that is found and says something; empty where none does.
    """
    for pattern, cause in causes:
        if found := pattern.search(error):
            said = cause if isinstance(cause, str) else cause(found, where)
            if said:
                return said
    return ""
