"""Judges of the notebook 2_cnn_cifar10 of neural_networks."""

from autograder.checks.notebook import Checks, install_messages

check = Checks(__name__)
install_messages(check)
