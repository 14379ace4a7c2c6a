"""Probe of ``check_moons``."""

from ._fitted import chained, chains, modules, predict

__all__ = ["chained", "chains", "modules", "predict"]
