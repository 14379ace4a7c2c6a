"""Probe of ``check_accuracy``."""

from ._quality import probabilities

__all__ = ["probabilities"]
