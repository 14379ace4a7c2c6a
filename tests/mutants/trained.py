"""Wrong and right answers that hold a trained model: the quality checks of the two notebooks in PyTorch.

Their checkpoints come from the solutions, trained for a moment on `few_images.patterns`.
"""

from __future__ import annotations

import contextlib
import tempfile
from functools import partial
from pathlib import Path

from autograder import data
from tests.mutants import cnn_cifar10, few_images, softmax_pytorch
from tests.mutants.submission import Mutant, Right, changed_source, namespace_of

LINEAR = softmax_pytorch.NOTEBOOK
LINEAR_CELLS = (*softmax_pytorch.CELLS[:-1], "tools", "get_predictions", "run_tools", "torch_run")
CNN = cnn_cifar10.NOTEBOOK
CNN_CELLS = (*cnn_cifar10.CELLS, "train", "trained")
linear_images = partial(few_images.patterns, contrast=8.0)
cnn_images = partial(few_images.patterns, contrast=30.0, n_test=200, blurred=False)

# The parts come from cells that the check does not need; there are fewer images here.
NONE = "torch_classifier = history = test_predictions = results = None"
GIVEN = (
    (
        NONE,
        f"{NONE}\nclean_train, valid_set = split(data.cifar10(train=True, transform=test_transforms))",
    ),
    ("range(10_000)", "range(1_000)"),
    ("BATCH_SIZE, RATE = 10, 256, 3e-4", "BATCH_SIZE, RATE = 10, 32, 1e-3"),
)


def _row(
    name: str,
    fails: str,
    cause: str,
    *replace: tuple[str, str],
    append: str = "",
    check: str = "torch_quality",
) -> Mutant:
    return Mutant(name, LINEAR, "torch_run", check, (*GIVEN, *replace), append, fails, cause)


def _linear(name: str, append: str = "") -> Right:
    return Right(name, LINEAR, "torch_run", "torch_quality", GIVEN, append)


def _instead(lines: str) -> str:
    """A module around the trained one, which it calls `inner`."""
    return f"""
class Changed(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        {lines}
"""


def _linear_instead(lines: str) -> str:
    return _instead(lines) + "torch_classifier = Changed(torch_classifier)"


def _cnn_instead(lines: str) -> str:
    return _instead(lines) + "model = Changed(model).eval()"


LINEAR_MUTANTS = (
    _row(
        "never trained", "quality", "guessing|Every image", append="torch_classifier = LogisticRegression(10)"
    ),
    _row("no model", "quality", "softmax_regression.pt", append="torch_classifier = None"),
    _row(
        "classes shifted by one",
        "quality",
        "shifted by a constant",
        append=_linear_instead("return self.inner(x).roll(1, 1)"),
    ),
    _row(
        "weights blown up",
        "quality",
        "Every image is called",
        append="torch_classifier.linear.weight.data.fill_(float('nan'))",
    ),
    _row(
        "every tenth of a batch wrong",
        "any_order",
        "rest of the batch",
        append=_linear_instead("z = self.inner(x); z[::10] = z[::10].roll(1, 1); return z"),
    ),
    _row(
        "percent",
        "row",
        "percent",
        append="results[0].update({name: 100 * f1 for name, f1 in results[0].items() if name.startswith('f1_')})",
    ),
    _row(
        "figure of the valid set",
        "row",
        "figure of the valid set",
        append="results[0]['f1_test'] = results[0]['f1_valid']",
    ),
    _row(
        "mean of the F1s of batches",
        "row",
        "batches of 32 images",
        append="both = list(zip(*(part.split(32) for part in test_predictions)))\n"
        "results[0]['f1_test'] = round(sum(f1_score(*pair, average='macro') for pair in both) / len(both), 4)",
    ),
    _row("invented", "row", "another figure", append="results[0]['f1_test'] = 0.5"),
    _row(
        "measured on augmented images",
        "row",
        "augmented ones",
        append="test_set = data.cifar10(train=False, transform=train_transforms)\n"
        "test_predictions = get_predictions(torch_classifier, DataLoader(test_set, batch_size=500), DEVICE)\n"
        "results[0]['f1_test'] = round(float(f1_score(*test_predictions, average='macro')), 4)",
    ),
    _row("f1_train invented", "other_figures", "Measure all three", append="results[0]['f1_train'] = 0.5"),
    _row("f1_valid invented", "other_figures", "Measure all three", append="results[0]['f1_valid'] = 0.2"),
    _row("train in percent", "other_figures", "not percent", append="results[0]['f1_train'] *= 100"),
    _row(
        "labels shuffled",
        "quality",
        "guessing|Every image",
        append="torch.manual_seed(0)\nresults, torch_classifier = [], LogisticRegression(10)\n"
        "adam = torch.optim.Adam(torch_classifier.parameters(), 1e-3)\n"
        "for x, y in DataLoader(valid_set, batch_size=16):\n"
        "    adam.zero_grad()\n"
        "    nn.CrossEntropyLoss()(torch_classifier(x), y[torch.randperm(len(y))]).backward()\n"
        "    adam.step()",
    ),
    _row(
        "a whole model pickled",
        "quality",
        "softmax_regression.pt",
        (
            "history = training.restore_or_train(",
            'torch.save(model, "softmax_regression.pt")\nhistory = training.restore_or_train(',
        ),
    ),
    _row("no row", "row", "Add the row", append="results = []"),
    _row("another name", "row", "Add the row", append="results[0]['algorithm'] = 'mine'"),
    _row("results is a number", "row", "Write `results", append="results = 3"),
    _row("results forgotten", "row", "Write `results", append="results = None"),
    _row("the history for the model", "quality", "answers the history", append="torch_classifier = history"),
    _row(
        "the weights for the model",
        "quality",
        "its weights alone",
        append="torch_classifier = torch_classifier.state_dict()",
    ),
    _row(
        "the class for the model", "quality", "not its class", append="torch_classifier = LogisticRegression"
    ),
    _row(
        "a network with a bend",
        "linear",
        "This model bends",
        append=_linear_instead("z = self.inner(x); return z + 0.1 * z.relu()"),
    ),
    _row(
        "softmax behind it",
        "linear",
        "without a softmax",
        append="torch_classifier = nn.Sequential(torch_classifier, nn.Softmax(1))",
    ),
    _row(
        "logarithms of the softmax",
        "linear",
        "`log_softmax` behind it",
        append="torch_classifier = nn.Sequential(torch_classifier, nn.LogSoftmax(1))",
    ),
    _row("a dictionary for the table", "row", "A dictionary is one row", append="results = results[0]"),
    _row(
        "figures of train and test swapped",
        "row",
        "the two swapped",
        append="results[0]['f1_train'], results[0]['f1_test'] = results[0]['f1_test'], 0.5",
    ),
    _row("a column missing", "row", "names of the columns", append="del results[0]['f1_valid']"),
)
LINEAR_RIGHTS = (
    _linear("the solution"),
    _linear("a DataFrame", "import pandas\nresults = pandas.DataFrame(results)"),
    _linear("left in train mode", "torch_classifier.train()"),
    _linear("no time", "del results[0]['seconds']"),
    _linear("a negative time", "results[0]['seconds'] = -3.0"),
    _linear("times of the epochs", "results[0]['seconds'] = [1.0, 2.0]"),
    _linear("normalises once more", _linear_instead("return self.inner((x - 0.0) / 1.0)")),
    _linear("in float64", _linear_instead("return self.inner(x).double()")),
    _linear("knows the few that it was trained on by heart", "results[0]['f1_train'] = 0.99"),
    _linear("a row of another algorithm first", "results = [{'algorithm': 'numpy'}, *results]"),
)

NORMALISED = "return self.inner(0.5 * x + 0.5)"
BYTES = "return self.inner(x / 255)"
NUMBERED = "return self.inner(x).roll(1, 1)"
ONE_CLASS = "return torch.eye(10, device=x.device)[[3] * len(x)]"
FEW_CLASSES = "p = self.inner(x).clone(); p[:, 3:] = 0; return p"
LOGITS = "return self.inner(x)[:, :9]"
SHUFFLED = """
torch.manual_seed(0)
model = Model().train()
sgd = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9)
for X, y in training.batches(data.parts().train, 64, shuffle=True):
    sgd.zero_grad()
    calculate_loss(X, y[torch.randperm(len(y))], model).backward()
    sgd.step()
model.eval()
"""
PICKLED = (
    "history = training.restore_or_train(",
    'torch.save(untrained, "cifar10_cnn.pt")\nhistory = training.restore_or_train(',
)
VIEWED = (
    "same = F.conv2d(x, torch.eye(3, device=x.device)[:, :, None, None]); "
    "return self.inner(same.view(x.shape[0], -1).view(x.shape))"
)
FORGOTTEN = """
for layer in model.modules():
    if isinstance(layer, nn.BatchNorm2d):
        layer.reset_running_stats()
"""


def _cnn(check: str, name: str, fails: str, cause: str, append: str) -> Mutant:
    return Mutant(name, CNN, "trained", check, (), append, fails, cause)


def _quality(check: str) -> tuple[Mutant, ...]:
    made = partial(_cnn, check)
    low = partial(_cnn, check, fails="above_threshold")
    return (
        made("no model", "answers", "cifar10_cnn.pt", "model = None"),
        made("the history for the model", "answers", "nor the history", "model = history"),
        made("the class for the model", "answers", "neither its class", "model = Model"),
        made(
            "diverged", "answers", "has diverged", "for p in model.parameters(): p.data.fill_(float('nan'))"
        ),
        made("nine classes", "answers", "there are ten", _cnn_instead(LOGITS)),
        made("class numbers", "answers", "argmax", _cnn_instead("return self.inner(x).argmax(1)")),
        Mutant("a whole model pickled", CNN, "trained", check, (PICKLED,), "", "answers", "cifar10_cnn.pt"),
        low("labels shuffled", cause="like chance|for every image", append=SHUFFLED),
        low("never trained", cause="like chance|for every image", append="model = Model().eval()"),
        low("wants normalised images", cause="normalised images", append=_cnn_instead(NORMALISED)),
        low("wants pixels up to 255", cause="0 to 255", append=_cnn_instead(BYTES)),
        low("batch norm forgotten", cause="running mean", append=FORGOTTEN),
        low("classes numbered from 1", cause="numbered differently", append=_cnn_instead(NUMBERED)),
        low("the least probable class", cause="wrong sign", append=_cnn_instead("return -self.inner(x)")),
        low("one class for all", cause="for every image", append=_cnn_instead(ONE_CLASS)),
        low("three classes only", cause="never predicts", append=_cnn_instead(FEW_CLASSES)),
    )


QUALITY = ("accuracy", "precision", "recall")
CNN_MUTANTS = tuple(mutant for check in QUALITY for mutant in _quality(check))
CNN_RIGHTS = tuple(
    Right(name, CNN, "trained", check, (), append)
    for check in QUALITY
    for name, append in (
        ("the solution", ""),
        ("left in train mode", "model.train()"),
        ("answers in float64", _cnn_instead("return self.inner(x).double()")),
        ("calls view after a convolution", _cnn_instead(VIEWED)),
    )
)


def cnn_cells_of(check: str) -> tuple[str, ...]:
    """The cells that a check needs, in order."""
    return CNN_CELLS if check in QUALITY else cnn_cifar10.CELLS


def linear_files() -> dict[str, bytes]:
    """Checkpoint and loss curves of the linear model."""
    return _trained(linear_images(), LINEAR, LINEAR_CELLS, {"torch_run": changed_source(LINEAR_RIGHTS[0])})


def cnn_files() -> dict[str, bytes]:
    """Checkpoint and loss curves of the network."""
    shorter = Right(
        "", CNN, "train", "accuracy", (("epochs=10", "epochs=2"), ("data.parts(), 256", "data.parts(), 64"))
    )
    return _trained(cnn_images(), CNN, CNN_CELLS, {"train": changed_source(shorter)})


def _trained(
    images: tuple[data.Images, data.Images], notebook: str, cells: tuple[str, ...], changed: dict[str, str]
) -> dict[str, bytes]:
    """Run cells that train; give back the files that they leave."""
    with (
        few_images.in_use(*images),
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
    ):
        names = namespace_of(notebook, cells, changed)
        if "errors" in names:
            raise RuntimeError(f"{notebook} did not train: {names['errors']}")
        return {path.name: path.read_bytes() for path in Path(folder).glob("*") if path.is_file()}
