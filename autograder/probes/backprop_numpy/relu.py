"""Probe of ``check_relu``."""

from ._layers import methods, modules, outputs, own_methods, pair, two_layers, two_pairs

__all__ = ["methods", "modules", "outputs", "own_methods", "pair", "two_layers", "two_pairs"]
