"""All wrong and right answers, by notebook, with the cells, images and files that they need."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograder import data
from tests import mutants
from tests.mutants import backprop_numpy, cnn_cifar10, few_images, softmax_numpy, softmax_pytorch, trained
from tests.mutants.submission import Mutant, Right, Variant
from tests.mutants.unseen import backprop_numpy as unseen_backprop
from tests.mutants.unseen import cnn_cifar10 as unseen_cnn
from tests.mutants.unseen import softmax_numpy as unseen_numpy
from tests.mutants.unseen import softmax_pytorch as unseen_pytorch

UNSEEN = (unseen_backprop, unseen_cnn, unseen_numpy, unseen_pytorch)
Images = tuple[data.Images, data.Images]


@dataclass(frozen=True)
class Answers:
    """Answers that are judged under the same conditions.

    Attributes
    ----------
    notebook : str
        Below ``solutions``, without its ending.
    mutants, rights : sequence
        The wrong ones and the right ones.
    cells : callable
        Takes the name of a check, gives the ``grade_id`` of the cells that it needs, in order.
    images : callable or None
        Gives the training and test images, where a cell reads some.
    files : callable or None
        Gives what lies beside the notebook, by name, where a cell reads it.
    """

    notebook: str
    mutants: tuple[Mutant, ...]
    rights: tuple[Right, ...]
    cells: Callable[[str], tuple[str, ...]]
    images: Callable[[], Images] | None = None
    files: Callable[[], dict[str, bytes]] | None = None

    @property
    def all(self) -> tuple[Variant, ...]:
        """The wrong ones, then the right ones."""
        return (*self.mutants, *self.rights)


def _of_single_checks() -> Iterator[Answers]:
    """Those in a file of their own for each check, as `autograder new-check` writes it."""
    for found in pkgutil.iter_modules(mutants.__path__):
        if found.name.startswith("test_check_"):
            of = importlib.import_module(f"{mutants.__name__}.{found.name}")
            yield Answers(of.NOTEBOOK, of.MUTANTS, of.RIGHTS, lambda check, cells=of.CELLS: cells)


ANSWERS = (
    Answers(
        softmax_numpy.NOTEBOOK,
        (*softmax_numpy.MUTANTS, *unseen_numpy.MUTANTS),
        (*softmax_numpy.RIGHTS, *unseen_numpy.RIGHTS),
        softmax_numpy.cells_of,
        few_images.patterns,
    ),
    Answers(
        softmax_pytorch.NOTEBOOK,
        (*softmax_pytorch.MUTANTS, *unseen_pytorch.MUTANTS),
        (*softmax_pytorch.RIGHTS, *unseen_pytorch.RIGHTS),
        lambda check: softmax_pytorch.CELLS,
        few_images.two_greys,
    ),
    Answers(
        trained.LINEAR,
        trained.LINEAR_MUTANTS,
        trained.LINEAR_RIGHTS,
        lambda check: trained.LINEAR_CELLS,
        trained.linear_images,
        trained.linear_files,
    ),
    Answers(
        backprop_numpy.NOTEBOOK,
        (*backprop_numpy.MUTANTS, *unseen_backprop.MUTANTS),
        (*backprop_numpy.RIGHTS, *unseen_backprop.RIGHTS),
        backprop_numpy.cells_of,
    ),
    Answers(
        trained.CNN,
        (*cnn_cifar10.MUTANTS, *unseen_cnn.MUTANTS, *trained.CNN_MUTANTS),
        (*cnn_cifar10.RIGHTS, *unseen_cnn.RIGHTS, *trained.CNN_RIGHTS),
        trained.cnn_cells_of,
        trained.cnn_images,
        trained.cnn_files,
    ),
    *_of_single_checks(),
)
