"""Probe of ``check_relu``."""

from ._layers import modules, outputs, pair, two_layers, two_pairs

__all__ = ["modules", "outputs", "pair", "two_layers", "two_pairs"]
