"""The assignments of the pack, and the files that are handed in with them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assignment:
    """One assignment: a folder of notebooks.

    Attributes
    ----------
    name : str
        Name of the folder in ``solutions`` and in the release.
    notebooks : tuple of str
        Without their ending.
    checkpoints : tuple of str
        Trained weights (a PyTorch ``state_dict`` each) handed in beside the notebooks.
    text_answers : tuple of str
        The ``grade_id`` of each answer that a person reads.
    """

    name: str
    notebooks: tuple[str, ...]
    checkpoints: tuple[str, ...]
    text_answers: tuple[str, ...] = ()

    @staticmethod
    def is_numpy_only(notebook: str) -> bool:
        """Whether a notebook is to be done without torch; its name says so."""
        return notebook.endswith("_numpy")

    @property
    def histories(self) -> tuple[str, ...]:
        """Loss curves written beside the checkpoints by `autograder.training`."""
        return tuple(name.removesuffix(".pt") + ".history.json" for name in self.checkpoints)


ASSIGNMENTS = {
    assignment.name: assignment
    for assignment in (
        Assignment(
            "linear_classifiers",
            ("1_softmax_numpy", "2_softmax_pytorch"),
            ("softmax_regression.pt",),
            ("conclusions",),
        ),
        Assignment("neural_networks", ("1_backprop_numpy", "2_cnn_cifar10"), ("cifar10_cnn.pt",)),
    )
}
