"""Training by the clock: everything that happens after the images lie on the device, compilation left out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.profiler import record_function

from autograder import data
from autograder.data import Images
from fast import augment, whitening
from fast.network import Network, place
from fast.optimisers import Muon, Nesterov, as_it_is, orthogonalise
from fast.settings import Settings, schedule

WARM_UP = 3
PROGRAMS = 64
"""That are kept of a function: each recipe's batch size and activation needs some of its own."""
TUNED = "max-autotune-no-cudagraphs"
"""Mode of `torch.compile` that tries many kernels for each layer; the graphs are captured here, for whole steps."""
VIEWS = ((0, 0, 0.5), (-1, -1, 0.25), (1, 1, 0.25))
"""Shifts at test time, down and to the right, with their weights, the plain one first; all are mirrored too."""


class Clock:
    """Adds up seconds: by the GPU's own events, or by the processor's clock where there is none."""

    def __init__(self, device: torch.device) -> None:
        self._cuda = device.type == "cuda"

    def start(self) -> None:
        """Begin to count."""
        if self._cuda:
            self._events = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
            self._events[0].record()
        else:
            self._began = time.perf_counter()

    def stop(self) -> float:
        """Seconds since `start`, once all work that was given out is done."""
        if not self._cuda:
            return time.perf_counter() - self._began
        self._events[1].record()
        torch.cuda.synchronize()
        return self._events[0].elapsed_time(self._events[1]) / 1000


@dataclass
class Run:
    """What one training gave.

    Attributes
    ----------
    seconds : float
        Of all but loading and compiling.
    predicted : numpy.ndarray
        Class of each test image, shape (n,).
    losses : list of float
        Mean training loss of every epoch's last batch.
    phases : dict of str to float
        Seconds of each phase; empty unless they were asked for.
    """

    seconds: float
    predicted: np.ndarray
    losses: list[float]
    phases: dict[str, float] = field(default_factory=dict)


def _raise_limit() -> None:
    """Let torch keep more programs of one function than it does by itself."""
    settings = torch._dynamo.config
    name = "recompile_limit" if hasattr(settings, "recompile_limit") else "cache_size_limit"
    setattr(settings, name, max(PROGRAMS, getattr(settings, name)))


class Trainer:
    """Trains again and again on the same images; what was compiled or captured is used in every run.

    Parameters
    ----------
    train, test : autograder.data.Images
        Put on the device once, as bytes.
    settings : Settings
        Of every run.
    device : torch.device
        Where.
    dtype : torch.dtype
        Precision of images, activations and filters.
    compiled : bool
        Let `torch.compile` make the forward and backward pass and the optimisers' steps.
    captured : bool
        Replay every step as one CUDA graph, of which there are two kinds.
    tuned : bool
        Let the compiler try many kernels for each layer, which takes it a minute or two.
    """

    def __init__(
        self,
        train: Images,
        test: Images,
        settings: Settings,
        device: torch.device,
        *,
        dtype: torch.dtype,
        compiled: bool,
        captured: bool,
        tuned: bool = True,
    ) -> None:
        self.device, self.dtype = device, dtype
        self.settings = replace(settings, batch_size=min(settings.batch_size, len(train)))
        self._images = torch.from_numpy(np.array(train.images)).to(device)
        self._labels = torch.from_numpy(np.array(train.labels)).to(device)
        self._test = torch.from_numpy(np.array(test.images)).to(device)
        s, decay = self.settings, settings.decay * self.settings.batch_size
        network = self._network = place(Network(s.widths, s.activation), device, dtype)
        torch.backends.cudnn.benchmark = True

        def loss_of(X: Tensor, y: Tensor, early: bool) -> Tensor:
            logits = network(X, early).float()
            return F.cross_entropy(logits, y, label_smoothing=s.smoothing, reduction="sum")

        compiler: Callable[..., Any] = as_it_is
        if compiled:
            # One program for each set of sizes and settings; by itself, torch would soon make one for any batch size,
            # which is slower.
            _raise_limit()
            compiler = partial(torch.compile, dynamic=False)
        mode = TUNED if tuned else None
        self._forward: Callable[[Tensor], Tensor] = compiler(network, mode=mode)
        self._loss_of: Callable[[Tensor, Tensor, bool], Tensor] = compiler(loss_of, mode=mode)
        orthogonal = partial(orthogonalise, dtype=torch.bfloat16 if device.type == "cuda" else torch.float32)
        assert network.whiten.bias is not None
        self._muon = Muon(network.filters, s.momentum_filters, orthogonal, compiler)
        self._others = (
            Nesterov(network.biases, s.momentum, decay / s.rate_biases, compiler),
            Nesterov([network.head.weight], s.momentum, decay / s.rate_head, compiler),
            Nesterov([network.whiten.bias], s.momentum, decay / s.rate_biases, compiler),
        )
        shape = (self.settings.batch_size, 3, *self._images.shape[1:3])
        self._X = torch.randn(shape, dtype=dtype, device=device).to(memory_format=torch.channels_last)
        self._y = torch.zeros(len(self._X), dtype=torch.int64, device=device)
        self._rates = torch.zeros(4, device=device)
        self._loss = torch.zeros((), device=device)
        self._clock = Clock(device)
        self._phases: dict[str, float] | None = None
        self._one_step: Callable[[bool], None] = self._captured() if captured else self._step

    def run(self, seed: int, epochs: float | None = None, *, phases: bool = False) -> Run:
        """Train from scratch and predict the test images.

        Parameters
        ----------
        seed : int
            Of weights, order, mirroring and shifts.
        epochs : float, optional
            In place of the settings' number.
        phases : bool
            Time each phase; the device is waited for in between, which costs time.
        """
        settings = self.settings if epochs is None else replace(self.settings, epochs=epochs)
        torch.manual_seed(seed)
        generator = torch.Generator(self.device).manual_seed(seed)
        steps = settings.steps(len(self._images))
        self._phases = {} if phases else None
        total = Clock(self.device)
        total.start()
        self._prepare()
        rates = schedule(steps, settings).to(self.device)
        losses = self._train(rates, generator)
        with self._phase("evaluation"):
            predicted = self._predict()
        seconds = total.stop()
        return Run(
            seconds, predicted.cpu().numpy(), [float(loss) for loss in losses], dict(self._phases or {})
        )

    @contextlib.contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        """Name a phase for the profiler, and time it where that was asked for."""
        with record_function(f"phase: {name}"):
            if self._phases is not None:
                self._clock.start()
            yield
            if self._phases is not None:
                self._phases[name] = self._phases.get(name, 0.0) + self._clock.stop()

    def _prepare(self) -> None:
        """Normalise the images, compute the first layer, draw the weights."""
        with self._phase("normalising"):
            self._padded = augment.pad(self._normalised(self._images), self.settings.shift)
        with self._phase("whitening"):
            few = self._normalised(self._images[: self.settings.whitening_images]).permute(0, 3, 1, 2)
            first = whitening.both_signs(whitening.filters(few))
        with self._phase("new weights"):
            self._network.reset(first)
            self._muon.reset()
            for optimiser in self._others:
                optimiser.reset()

    def _normalised(self, images: Tensor) -> Tensor:
        """Bytes (n, height, width, 3) as numbers with mean 0 and standard deviation 1 in each channel."""
        mean, std = (torch.tensor(v, device=self.device) * 255 for v in (data.MEANS, data.DEVIATIONS))
        return torch.cat([((part - mean) / std).to(self.dtype) for part in images.split(10_000)])

    def _train(self, rates: Tensor, generator: torch.Generator) -> list[Tensor]:
        """Take as many steps as there are rates."""
        settings = self.settings
        n, batch_size, most = len(self._images), settings.batch_size, settings.shift
        early = settings.early(len(rates))
        first = augment.first_flips(n, generator)
        losses = []
        self._network.train()
        for epoch, part in enumerate(rates.split(n // batch_size)):
            with self._phase("augmentation"):
                order = torch.randperm(n, generator=generator, device=self.device)[: len(part) * batch_size]
                mirrored = augment.flips(first, epoch)[order]
                shifted = augment.shifts(len(order), most, generator)
                X, y = augment.read(self._padded, order, mirrored, shifted, most), self._labels[order]
                if settings.brightness or settings.contrast:
                    X = augment.jitter(X, settings.brightness, settings.contrast, generator)
            with self._phase("steps"):
                for k, rate in enumerate(part):
                    batch = slice(k * batch_size, (k + 1) * batch_size)
                    self._X.copy_(X[batch])
                    self._y.copy_(y[batch])
                    self._rates.copy_(rate)
                    self._one_step(epoch * (n // batch_size) + k < early)
            losses.append(self._loss.clone())
        return losses

    def _step(self, early: bool) -> None:
        """One step on the batch in `_X` and `_y`; the gradients of the step before are dropped first.

        Once the first layer's bias is not learnt any more, no gradient need go back through the first block's input.
        """
        self._network.zero_grad(set_to_none=True)
        with record_function("step: forward"):
            loss = self._loss_of(self._X, self._y, early)
        with record_function("step: backward"):
            loss.backward()
        with record_function("step: optimisers"):
            self._muon.step(self._rates[0])
            for optimiser, rate in zip(self._others[: 3 if early else 2], self._rates[1:], strict=False):
                optimiser.step(rate)
        self._loss.copy_(loss.detach() / len(self._X))

    def _captured(self) -> Callable[[bool], None]:
        """Record both kinds of a step as CUDA graphs: to replay one is one call, not one for every operation."""
        early, late = (self._capture(kind) for kind in (True, False))
        return lambda is_early: (early if is_early else late)()

    def _capture(self, early: bool) -> Callable[[], None]:
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            self._network.train()
            for _ in range(WARM_UP):
                self._step(early)
        torch.cuda.current_stream().wait_stream(side)
        # The gradients of the graph must be its own: they are written to the same place in every replay.
        self._network.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._step(early)
        return graph.replay

    @torch.no_grad()
    def _predict(self) -> Tensor:
        """Classes of the test images: by one look at each, and by all views of those that are least certain then."""
        self._network.eval()
        images = self._normalised(self._test)
        at_once = min(self.settings.at_once, len(images))
        looks = [
            self._forward(part).float()
            for part in self._filled(images, at_once).permute(0, 3, 1, 2).split(at_once)
        ]
        logits = torch.cat(looks)[: len(images)]
        count = round(self.settings.second_looks * len(images))
        again = logits.softmax(dim=1).amax(dim=1).topk(count, largest=False).indices
        plain = logits.clone()
        for part in self._filled(again, at_once).split(at_once) if count else ():
            logits[part] = self._all_views(images[part], plain[part])
        return logits.argmax(dim=1)

    @staticmethod
    def _filled(rows: Tensor, at_once: int) -> Tensor:
        """Whole batches, the last filled up with rows from the start: code is compiled for one size."""
        missing = -len(rows) % at_once
        if not missing:
            return rows
        return torch.cat([rows, rows[torch.arange(missing, device=rows.device) % len(rows)]])

    def _all_views(self, images: Tensor, plain: Tensor) -> Tensor:
        """Mean of the logits of each image's views, mirrored and shifted; those of the plain view are there already."""
        padded = augment.pad(images, 1)
        every = torch.arange(len(images), device=self.device)
        logits = VIEWS[0][2] * plain / 2
        for mirrored in (False, True):
            flip = torch.full((len(images),), mirrored, device=self.device)
            for down, right, weight in VIEWS if mirrored else VIEWS[1:]:
                shift = torch.tensor([[down, right]], device=self.device).expand(len(images), 2)
                logits += weight * self._forward(augment.read(padded, every, flip, shift, 1)).float() / 2
        return logits
