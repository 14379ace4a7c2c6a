"""Probe of ``check_blobs``."""

from ._fitted import modules, predict

__all__ = ["modules", "predict"]
