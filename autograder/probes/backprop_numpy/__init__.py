"""Probes of the notebook 1_backprop_numpy of neural_networks."""
