"""Judge of ``check_recall``."""

from autograder.checks.check import Check
from autograder.checks.cnn_cifar10._quality import IF_ABSENT, add_criteria, mean_recall

CHECK = Check(
    id="check_recall",
    title="Mean recall on test images",
    points=0.75,
    answer="train",
    subjects=("model",),
    module=__name__,
    begins="def train(",
    if_absent=IF_ABSENT,
)
add_criteria(CHECK, "mean recall", mean_recall)
