"""Probe of ``check_moons``."""

from ._fitted import chained, modules, predict, state

__all__ = ["chained", "modules", "predict", "state"]
