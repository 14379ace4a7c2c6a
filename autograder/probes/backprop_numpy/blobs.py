"""Probe of ``check_blobs``."""

from ._fitted import chained, modules, predict

__all__ = ["chained", "modules", "predict"]
