"""Probe of ``check_recall``."""

from ._quality import probabilities

__all__ = ["probabilities"]
