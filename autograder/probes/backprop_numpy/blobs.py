"""Probe of ``check_blobs``."""

from ._fitted import chained, modules, predict, state

__all__ = ["chained", "modules", "predict", "state"]
