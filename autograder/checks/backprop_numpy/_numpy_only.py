"""The rule of this notebook: answers use numpy and the standard library only."""

from autograder.checks.numpy_only import require_numpy_only

__all__ = ["require_numpy_only"]
