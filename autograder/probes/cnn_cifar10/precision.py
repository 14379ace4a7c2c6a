"""Probe of ``check_precision``."""

from ._quality import probabilities

__all__ = ["probabilities"]
