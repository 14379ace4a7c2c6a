"""Judges of the notebook 2_softmax_pytorch of linear_classifiers."""

from autograder.checks.notebook import Checks, install_messages

check = Checks(__name__)
install_messages(check)
