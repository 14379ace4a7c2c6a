"""Judges of the notebook 1_backprop_numpy of neural_networks."""

from autograder.checks.notebook import Checks, install_messages

check = Checks(__name__)
install_messages(check)
