"""Probe of ``check_moons``."""

from ._fitted import chained, modules, predict

__all__ = ["chained", "modules", "predict"]
