"""CIFAR-10 on two CPU cores: how far the notebook's network comes in so many seconds of training.

    python benchmarks/cifar_cpu.py --seconds 180               # one training; `make train`
    python benchmarks/cifar_cpu.py --curve --seeds 3           # all budgets of the figure
    python benchmarks/cifar_cpu.py --changes --seeds 3         # one change of the recipe at a time, equal seconds
    python benchmarks/cifar_cpu.py --source                    # the source's network and loop beside ours

The clock runs from the first batch to the end of the last step: augmentation is in it, reading the files,
building the network and evaluation are not. The learning rate follows the clock, so a training ends when its
seconds are over, however fast the machine is. Choices are made by the 5,000 validation images; the metrics of
`--seconds` and `--curve` are those on the 10,000 test images, after the last step.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from ablation import RECIPES, Network
from fast.results import Results, machine, metrics
from solution import answers
from torch import nn
from torchvision.transforms import v2 as transforms
from tqdm import tqdm

from autograder import data, training

RESULTS = Path(__file__).parent / "results" / "cifar_cpu.json"
BUDGETS = (15, 30, 60, 120, 180, 360, 720)
HALF = 0.5
SOURCE_ROW = 8
"""Row of the ablation's table: the network of which the source reports 0.8228."""


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes
    ----------
    batch : int
        Images a step.
    rate, momentum, weight_decay : float
        Of SGD with Nesterov's momentum; `rate` is the highest.
    warm_up : float
        Share of the time in which the rate rises; after it, it falls to 0. None: it is constant.
    small : tuple of (float, int)
        Until this share of the time, images are scaled to this side.
    augmentation : str
        ``tensors`` (a batch at a time), ``PIL`` (an image at a time), or ``none``.
    layout : str
        ``channels last`` or ``channels first`` in memory.
    whitened : bool
        The first filters start as the principal components of the images' patches.
    smoothing : float
        Label smoothing.
    half : bool
        Forward and backward in bfloat16, weights in float32.
    """

    batch: int = 256
    rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    warm_up: float | None = 0.25
    small: tuple[tuple[float, int], ...] = ()
    augmentation: str = "tensors"
    layout: str = "channels last"
    whitened: bool = False
    smoothing: float = 0.0
    half: bool = False


CHOSEN = Recipe()
CHANGES = {
    "the recipe": CHOSEN,
    "channels first": dataclasses.replace(CHOSEN, layout="channels first"),
    "augmentation by PIL": dataclasses.replace(CHOSEN, augmentation="PIL"),
    "no augmentation": dataclasses.replace(CHOSEN, augmentation="none"),
    "constant rate": dataclasses.replace(CHOSEN, warm_up=None, rate=CHOSEN.rate / 5),
    "batches of 128": dataclasses.replace(CHOSEN, batch=128),
    "batches of 512": dataclasses.replace(CHOSEN, batch=512),
    "16 × 16 until half time": dataclasses.replace(CHOSEN, small=((0.5, 16),)),
    "first layer whitened": dataclasses.replace(CHOSEN, whitened=True),
    "label smoothing 0.1": dataclasses.replace(CHOSEN, smoothing=0.1),
    "bfloat16": dataclasses.replace(CHOSEN, half=True),
}


@dataclass(frozen=True)
class Trained:
    """A network after its seconds, and how many images it has seen in them."""

    model: nn.Module
    images: int
    seconds: float


def train(recipe: Recipe, seconds: float, seed: int, *, show: bool = False) -> Trained:
    """Train the notebook's network until its seconds are over."""
    part = data.parts().train
    model, optimizer = begin(recipe, seed, part)
    seen, losses = 0, 0.0
    bar = tqdm(total=100, disable=not show, file=sys.stdout, ncols=100, bar_format="{l_bar}{bar}| {postfix}")
    start = time.perf_counter()
    with bar:
        for X, y in endless(part, recipe):
            done = (time.perf_counter() - start) / seconds
            if done >= 1:
                break
            for group in optimizer.param_groups:
                group["lr"] = rate(recipe, done)
            X = scaled(X, recipe, done)
            if recipe.layout == "channels first":
                X = X.contiguous()
            with torch.autocast("cpu", torch.bfloat16, enabled=recipe.half):
                loss = smoothed_loss(model(X), y, recipe.smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += len(y)
            losses = 0.98 * losses + 0.02 * loss.item()
            bar.update(100 * done - bar.n)
            bar.set_postfix_str(
                f"{seconds * (1 - done):.0f} s left, {seen:,} images, loss {losses:.3f}", False
            )
        bar.update(100 - bar.n)
    return Trained(model.eval(), seen, time.perf_counter() - start)


def begin(recipe: Recipe, seed: int, part: data.Images) -> tuple[nn.Module, torch.optim.Optimizer]:
    """The notebook's network with new weights, and its optimiser."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    model: nn.Module = answers("neural_networks/2_cnn_cifar10", "setup", "model")["Model"]()
    if recipe.whitened:
        whiten(model, part)
    last = recipe.layout == "channels last"
    model.to(memory_format=torch.channels_last if last else torch.contiguous_format).train()
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=recipe.rate,
        momentum=recipe.momentum,
        nesterov=True,
        weight_decay=recipe.weight_decay,
    )
    return model, optimizer


def rate(recipe: Recipe, done: float) -> float:
    """Learning rate when this share of the time is over."""
    if recipe.warm_up is None:
        return recipe.rate
    return recipe.rate * min(done / recipe.warm_up, (1 - done) / (1 - recipe.warm_up))


def endless(part: data.Images, recipe: Recipe) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Augmented batches, epoch after epoch."""
    one = transforms.Compose(
        [
            transforms.ToPILImage(),
            transforms.RandomHorizontalFlip(),
            transforms.RandomCrop(32, padding=3, padding_mode="reflect"),
            transforms.ToImage(),
            transforms.ToDtype(torch.float32, scale=True),
        ]
    )
    while True:
        if recipe.augmentation == "PIL":
            order = torch.randperm(len(part)).numpy()
            for first in range(0, len(part), recipe.batch):
                chosen = part[order[first : first + recipe.batch]]
                X = torch.stack([one(image) for image in chosen.images])
                yield X.to(memory_format=torch.channels_last), torch.from_numpy(chosen.labels)
        else:
            for X, y in training.batches(part, recipe.batch, shuffle=True):
                yield (training.flip_and_crop(X) if recipe.augmentation == "tensors" else X), y


def scaled(X: torch.Tensor, recipe: Recipe, done: float) -> torch.Tensor:
    """A batch at the size that the recipe asks for by now."""
    for until, side in recipe.small:
        if done < until:
            return F.interpolate(X, size=(side, side), mode="area")
    return X


def smoothed_loss(probabilities: torch.Tensor, y: torch.Tensor, smoothing: float) -> torch.Tensor:
    """Mean cross-entropy of probabilities with smoothed labels."""
    logs = probabilities.float().clamp_min(torch.finfo(torch.float32).tiny).log()
    return (1 - smoothing) * F.nll_loss(logs, y) - smoothing * logs.mean()


def whiten(model: nn.Module, part: data.Images) -> None:
    """Set the first layer's filters to principal components of patches, each with unit variance.

    The filters are as many as the layer has; where these are more than a patch has numbers, the rest are
    the same ones negated.
    """
    first = next(layer for layer in model.modules() if isinstance(layer, nn.Conv2d))
    X = training.to_tensor(part.images[:2_000])
    X = (X - X.mean((0, 2, 3), keepdim=True)) / X.std((0, 2, 3), keepdim=True)
    patches = F.unfold(X, first.kernel_size).transpose(1, 2).flatten(0, 1)
    values, vectors = torch.linalg.eigh(patches.T.cov())
    filters = (vectors / values.clamp_min(1e-3).sqrt()).T.flip(0)
    filters = torch.cat([filters, -filters])[: first.out_channels] / np.sqrt(patches.shape[1])
    with torch.no_grad():
        first.weight[: len(filters)] = filters.view(-1, *first.weight.shape[1:])


def accuracy(model: nn.Module, part: data.Images) -> float:
    """Share of right answers."""
    return float((training.predict(model, part.images).argmax(1) == part.labels).mean())


def metrics_on_test(model: nn.Module) -> dict[str, float]:
    """Accuracy, mean precision and mean recall on the test images."""
    test = data.parts().test
    return metrics(test.labels, training.predict(model, test.images).argmax(axis=1))


def one(seconds: float, seed: int) -> None:
    """Train once, and print the metrics on the test images."""
    trained = train(CHOSEN, seconds, seed, show=True)
    found = ", ".join(f"{name} {value:.4f}" for name, value in metrics_on_test(trained.model).items())
    print(
        f"{trained.seconds:.1f} s, {trained.images:,} images ({trained.images / len(data.parts().train):.1f} epochs): "
        f"{found}"
    )


def curve(budgets: list[int], seeds: int) -> None:
    """Measure every budget with every seed that is not in the file yet."""
    results = Results(RESULTS, {"machine": machine(torch.device("cpu")), "recipe": repr(CHOSEN)})
    for budget, seed in results.missing(budgets, seeds):
        trained = train(CHOSEN, budget, seed)
        run = {
            "budget": budget,
            "seed": seed,
            "seconds": round(trained.seconds, 2),
            "images": trained.images,
        }
        results.add({**run, **metrics_on_test(trained.model)})
        print(results.runs[-1], flush=True)


def changes(seconds: float, seeds: int) -> None:
    """Train with one change at a time, all of them in turn with each seed."""
    found: dict[str, list[tuple[float, int]]] = {name: [] for name in CHANGES}
    for seed in range(seeds):
        for name, recipe in CHANGES.items():
            trained = train(recipe, seconds, seed)
            found[name].append((accuracy(trained.model, data.parts().valid), trained.images))
            print(f"seed {seed}, {name}: {found[name][-1]}", flush=True)
    print(f"\n{seconds:g} s, {seeds} seeds | validation accuracy | images")
    for name, runs in found.items():
        right, images = zip(*runs, strict=True)
        spread = f" ± {statistics.stdev(right):.4f}" if seeds > 1 else ""
        print(f"{name} | {statistics.mean(right):.4f}{spread} | {statistics.mean(images):,.0f}")


class Source:
    """The source's network and loop: PIL images one by one, batches of 1,024, Adam, no change of the rate."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.part = data.parts().train
        self.model = Network(RECIPES[SOURCE_ROW], 1.0)
        self.optimizer = torch.optim.Adam(self.model.parameters(), weight_decay=1e-4)
        self.to_tensor = transforms.Compose(
            [transforms.ToPILImage(), transforms.ToImage(), transforms.ToDtype(torch.float32, scale=True)]
        )

    def steps(self) -> Iterator[int]:
        """Train for ever; yields the images of each step."""
        while True:
            for chosen in torch.randperm(len(self.part)).split(1024):
                self.model.train()
                X = torch.stack([self.to_tensor(self.part.images[i]) for i in chosen.tolist()])
                loss = F.cross_entropy(self.model(X), torch.from_numpy(self.part.labels[chosen.numpy()]))
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                yield len(chosen)


class Ours:
    """The notebook's network and the recipe at a constant rate, so that it can be stopped anywhere."""

    def __init__(self) -> None:
        self.recipe = CHANGES["constant rate"]
        self.part = data.parts().train
        self.model, self.optimizer = begin(self.recipe, 0, self.part)

    def steps(self) -> Iterator[int]:
        """Train for ever; yields the images of each step."""
        for X, y in endless(self.part, self.recipe):
            self.model.train()
            loss = smoothed_loss(self.model(X), y, 0.0)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            yield len(y)


def source(rounds: int, limit: float) -> None:
    """Seconds for 1,000 images, in turn; then the seconds of training until half of the validation images are right."""
    rivals = {"the source": Source(), "ours": Ours()}
    steps = {name: rival.steps() for name, rival in rivals.items()}
    speed: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name in rivals:
            seen, start = 0, time.perf_counter()
            while seen < 2_048:
                seen += next(steps[name])
            speed[name].append(1000 * (time.perf_counter() - start) / seen)
            print(f"{name}: {speed[name][-1]:.2f} s for 1,000 images", flush=True)
    ratios = [there / here for there, here in zip(speed["the source"], speed["ours"], strict=True)]
    print(
        f"the source takes {statistics.median(ratios):.1f} times as long ({min(ratios):.1f} to {max(ratios):.1f})"
    )
    for name, rival in (("the source", Source()), ("ours", Ours())):
        seconds, images, right, every = 0.0, 0, 0.0, 10_000
        going = rival.steps()
        while right < HALF and seconds < limit:
            start, seen = time.perf_counter(), 0
            while seen < every:
                seen += next(going)
            seconds, images = seconds + time.perf_counter() - start, images + seen
            rival.model.eval()
            right = accuracy(
                Probabilities(rival.model) if name == "the source" else rival.model, data.parts().valid
            )
        reached = "reached" if right >= HALF else "not reached"
        print(f"{name}: {HALF} {reached} after {seconds:.1f} s, {images:,} images ({right:.4f})", flush=True)


class Probabilities(nn.Module):
    """Softmax after a network that answers logits."""

    def __init__(self, logits: nn.Module) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logits(x).softmax(dim=1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--curve", nargs="*", type=int, metavar="SECONDS")
    parser.add_argument("--changes", action="store_true")
    parser.add_argument("--source", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--limit", type=float, default=2_400.0, help="seconds, for the source to reach one half"
    )
    options = parser.parse_args()
    if options.curve is not None:
        curve(options.curve or list(BUDGETS), options.seeds)
    elif options.changes:
        changes(options.seconds, options.seeds)
    elif options.source:
        source(options.rounds, options.limit)
    else:
        one(options.seconds, options.seed)


if __name__ == "__main__":
    main()
