"""Probes of the notebook 2_softmax_pytorch of linear_classifiers."""
