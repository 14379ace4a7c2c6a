"""The judge of the ungraded notebook start."""

from autograder.checks.notebook import Checks, install_messages

check = Checks(__name__)
install_messages(check)
