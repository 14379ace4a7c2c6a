"""Probe of ``check_model``."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from ..plain import Plain, plain
from ._fresh import fresh, matters, seeded, to_device, without_gradient

HALF = (torch.float16, torch.bfloat16)
DRAWING = ("rand", "randn", "randint", "normal", "bernoulli", "randperm", "multinomial")
DRAWING_IN_PLACE = ("uniform_", "normal_", "bernoulli_", "random_")
MODES = ("Dropout", "BatchNorm", "InstanceNorm", "RReLU")
MISSPELT = ("_init_", "__int__", "__init", "_init__", "__init_", "init")


def answers(
    Model: Any, images: np.ndarray, batches: list[np.ndarray], spread: float, largest: float, seed: int
) -> dict[str, Plain]:
    """Answers of one new model in eval mode to batches of images, each an array of indices, in order."""
    X = to_device(images)
    found, changed = [], False
    with seeded(seed), torch.no_grad():
        model = fresh(Model, X[to_device(batches[0])], spread, largest)
        for batch in batches:
            given = X[to_device(batch)]
            before = given.clone()
            found.append(plain(model(given)))
            changed = changed or not torch.equal(given, before)
    return {
        "answers": {"type": "list", "data": found},
        "changed": plain(changed),
        "half": plain(_half(model)),
    }


def in_train_mode(
    Model: Any, images: np.ndarray, times: int, spread: float, largest: float, seed: int
) -> dict[str, Plain]:
    """Answers of one new model in train mode to the same batch, several times, and its mode afterwards."""
    X = to_device(images)
    with seeded(seed), torch.no_grad():
        model = fresh(Model, X, spread, largest)
        model.train()
        found = [plain(model(X.clone())) for _ in range(times)]
    return {
        "answers": {"type": "list", "data": found},
        "half": plain(_half(model)),
        "training": plain(bool(model.training)),
    }


def parameters(Model: Any, images: np.ndarray, seed: int) -> dict[str, Plain]:
    """Whether a new model has parameters, and names of what torch does not train or keep.

    Returns
    -------
    dict
        ``any``; ``in_plain_lists``, attributes that hold layers which the model does not know of; ``loose``,
        plain tensors which the answer depends on, and which are drawn at random or want a gradient; ``cut``,
        parameters which the answer depends on and which get no gradient; ``frozen`` ones; and ``constants``,
        other plain tensors.
    """
    X = to_device(images)
    with seeded(seed):
        model, other = (Model().to(X.device).eval() for _ in range(2))
        tensors, others = dict(_plain_tensors(model)), dict(_plain_tensors(other))
        with torch.no_grad():
            model(X)  # lazy layers have parameters from then on
        known = set(model.modules())
        hidden = [
            f"{type(owner).__name__}.{name}"
            for owner in known
            for name, held in vars(owner).items()
            if not name.startswith("_") and set(_layers(held)) - known
        ]
        loose = [
            name
            for name, tensor in tensors.items()
            if (tensor.requires_grad or not torch.equal(tensor, others.get(name, tensor)))
            and matters(model, tensor, X)
        ]
        missing = without_gradient(model, X)
        named = dict(model.named_parameters())
        cut = [name for name in missing if matters(model, named[name], X)]
    return {
        "any": plain(sum(parameter.numel() for parameter in named.values()) > 0),
        "in_plain_lists": plain(sorted(hidden)),
        "loose": plain(loose),
        "cut": plain(cut),
        "frozen": plain([name for name, parameter in named.items() if not parameter.requires_grad]),
        "constants": plain([name for name in tensors if name not in loose]),
    }


def on_another_device(Model: Any, images: np.ndarray, seed: int) -> dict[str, Plain]:
    """Go through a new model on a device without numbers, which fails where a tensor stays on the CPU."""
    X = to_device(images)
    with seeded(seed), torch.no_grad():
        model = Model().to(X.device).eval()
        model(X)
        model.to("meta")(X.to("meta"))
    return {}


def kind(Model: Any) -> dict[str, Plain]:
    """Whether `Model` is a network rather than the class of one, and a name that is nearly ``__init__``."""
    own = getattr(Model, "__dict__", {})
    near = [name for name in MISSPELT if name in own and "__init__" not in own]
    return {"is_network": plain(isinstance(Model, nn.Module)), "misspelt": plain(near)}


def at_work(
    Model: Any, images: np.ndarray, batches: list[np.ndarray], spread: float, largest: float, seed: int
) -> dict[str, Plain]:
    """What goes on in eval mode as in training, in two batches.

    Returns
    -------
    dict
        Names of the classes of modules that ran in train mode, where it matters: ``switched``, modules of the
        model; ``unreached``, others; ``renewed``, others again, which were new in the second batch.
        ``drawn``: what draws numbers.
    """
    X = to_device(images)
    ran: list[list[nn.Module]] = []
    handle = register_module_forward_pre_hook(
        lambda module, _: ran[-1].append(module) if module.training else None
    )
    try:
        with seeded(seed), torch.no_grad():
            ran.append([])
            model = fresh(Model, X[to_device(batches[0])], spread, largest)
            ran.clear()
            before = random.getstate(), np.random.get_state(legacy=False)
            with _Drawn() as drawn:
                for batch in batches[:2]:
                    ran.append([])
                    model(X[to_device(batch)])
            names = list(drawn.names)
            if random.getstate() != before[0]:
                names.append("random")
            if repr(np.random.get_state(legacy=False)) != repr(before[1]):
                names.append("np.random")
    finally:
        handle.remove()
    first, second = ran
    known = set(model.modules())
    return {
        "switched": _names(m for m in second if m in known and _has_mode(m)),
        "unreached": _names(m for m in second if m not in known and m in first and _has_mode(m)),
        "renewed": _names(
            m for m in second if m not in known and m not in first and (_has_mode(m) or _has_weights(m))
        ),
        "drawn": plain(names),
    }


def _names(modules: Iterable[nn.Module]) -> Plain:
    return plain([type(module).__name__ for module in modules])


def _has_mode(module: nn.Module) -> bool:
    """Whether a module may work in another way in train mode than in eval mode."""
    kind = type(module)
    return not kind.__module__.startswith("torch.") or any(word in kind.__name__ for word in MODES)


def _has_weights(module: nn.Module) -> bool:
    return any(True for _ in module.parameters(recurse=False))


class _Drawn(TorchFunctionMode):
    """Name what draws random numbers: torch's functions, dropout where it is active."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        name = getattr(func, "__name__", "")
        if "dropout" in name:
            p = given.get("p", args[1] if len(args) > 1 else 0.5)
            training = given.get("training", given.get("train", args[2] if len(args) > 2 else True))
            if training and p:
                self.names.append(name)
        elif name.removesuffix("_like") in DRAWING:
            self.names.append(f"torch.{name}")
        elif name in DRAWING_IN_PLACE:
            self.names.append(name)
        return func(*args, **given)


def _plain_tensors(model: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """Tensors of floats that are attributes of the student's modules, and neither parameters nor buffers."""
    for path, owner in model.named_modules():
        if not type(owner).__module__.startswith("torch."):
            for name, held in vars(owner).items():
                if isinstance(held, torch.Tensor) and held.is_floating_point() and not name.startswith("_"):
                    yield f"{path}.{name}".lstrip("."), held


def _layers(held: Any) -> list[nn.Module]:
    items = held.values() if isinstance(held, dict) else held if isinstance(held, list | tuple) else ()
    return [item for item in items if isinstance(item, nn.Module) and any(True for _ in item.parameters())]


def _half(model: Any) -> bool:
    return any(parameter.dtype in HALF for parameter in model.parameters())
