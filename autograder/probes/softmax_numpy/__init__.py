"""Probes of the notebook 1_softmax_numpy of linear_classifiers."""
