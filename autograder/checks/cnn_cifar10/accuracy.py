"""Judge of ``check_accuracy``."""

from autograder.checks.check import Check
from autograder.checks.cnn_cifar10._quality import IF_ABSENT, accuracy, add_criteria
from autograder.translation.messages import message

CHECK = Check(
    id="check_accuracy",
    title="Accuracy on test images",
    points=0.75,
    answer="train",
    subjects=("model",),
    module=__name__,
    begins="def train(",
    if_absent=IF_ABSENT,
)
add_criteria(CHECK, message("accuracy"), accuracy)
