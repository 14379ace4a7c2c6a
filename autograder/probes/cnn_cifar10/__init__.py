"""Probes of the notebook 2_cnn_cifar10 of neural_networks."""
