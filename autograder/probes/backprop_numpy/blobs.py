"""Probe of ``check_blobs``."""

from ._fitted import chained, chains, modules, predict

__all__ = ["chained", "chains", "modules", "predict"]
