"""Probe of ``check_moons``."""

from ._fitted import modules, predict

__all__ = ["modules", "predict"]
