"""Wrong and right answers to the notebook 2_cnn_cifar10."""

from __future__ import annotations

from functools import partial

from tests.mutants.submission import Mutant, Right

NOTEBOOK = "neural_networks/2_cnn_cifar10"
CELLS = ("setup", "model", "calculate_loss")

_model = partial(Mutant, notebook=NOTEBOOK, answer="model", check="model")
_loss = partial(Mutant, notebook=NOTEBOOK, answer="calculate_loss", check="calculate_loss")
_reached = partial(Mutant, notebook=NOTEBOOK, answer="model", check="calculate_loss")

SOFTMAX = "return self.classifier(features).softmax(dim=1)"
NORMALISED = "features = self.features((x - self.mean) / self.std)"
CLASSIFIER = "self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(128, 10))"
NORM = "nn.BatchNorm2d(outputs)"
PROBABILITIES = "probabilities = model(X)"
LOSS = "return -right.clamp_min(torch.finfo(right.dtype).tiny).log().mean()"


def _ending(text: str) -> tuple[tuple[str, str], ...]:
    return ((SOFTMAX, text),)


def _returning(text: str) -> tuple[tuple[str, str], ...]:
    return ((LOSS, text),)


MUTANTS = [
    _model("not written", replace=_ending("raise NotImplementedError"), fails="shape", cause="Not done yet"),
    _model(
        "logits", replace=_ending("return self.classifier(features)"), fails="probabilities", cause="logits"
    ),
    _model(
        "log-softmax",
        replace=_ending("return self.classifier(features).log_softmax(dim=1)"),
        fails="probabilities",
        cause="log-probabilities",
    ),
    _model(
        "softmax over the batch",
        replace=_ending("return self.classifier(features).softmax(dim=0)"),
        fails="probabilities",
        cause="softmax runs over the batch",
    ),
    _model(
        "softmax over everything",
        replace=_ending("return self.classifier(features).flatten().softmax(0).view(-1, 10)"),
        fails="probabilities",
        cause="over everything",
    ),
    _model(
        "sigmoid",
        replace=_ending("return self.classifier(features).sigmoid()"),
        fails="probabilities",
        cause="sigmoid",
    ),
    _model(
        "answers class numbers",
        replace=_ending("return self.classifier(features).argmax(dim=1).float()"),
        fails="shape",
        cause="argmax",
    ),
    _model(
        "answers numpy",
        replace=_ending("return self.classifier(features).softmax(dim=1).detach().numpy()"),
        fails="shape",
        cause="a numpy array",
    ),
    _model(
        "answers a pair",
        replace=_ending("z = self.classifier(features); return z.softmax(dim=1), z"),
        fails="shape",
        cause="a tuple",
    ),
    _model(
        "nine classes",
        replace=((CLASSIFIER, CLASSIFIER.replace("10", "9")),),
        fails="shape",
        cause="shape (11, 9)",
    ),
    _model(
        "squeezes one image",
        replace=_ending("return self.classifier(features).softmax(dim=1).squeeze()"),
        fails="single_image",
        cause="squeeze",
    ),
    _model(
        "linear layer of another size",
        replace=((CLASSIFIER, CLASSIFIER.replace("128", "2048")),),
        fails="shape",
        cause="shape just before it",
    ),
    _model(
        "channels that do not fit",
        replace=(("*block(64, 128, halve=True),", "*block(32, 128, halve=True),"),),
        fails="shape",
        cause="number of channels",
    ),
    _model(
        "F.dropout in eval mode",
        replace=((NORMALISED, NORMALISED + "\n        features = F.dropout(features, 0.5)"),),
        fails="deterministic",
        cause="Dropout is still active",
    ),
    _model(
        "dropout in a plain list",
        replace=(
            (
                CLASSIFIER,
                CLASSIFIER + "\n        self.drops = [nn.Dropout()]",
            ),
            (NORMALISED, NORMALISED + "\n        features = self.drops[0](features)"),
        ),
        fails="deterministic",
        cause="plain lists",
    ),
    _model(
        "remembers earlier batches",
        replace=(
            (
                NORMALISED,
                "self.seen = 0.5 * getattr(self, 'seen', 0.0) + 0.5 * x.mean(0)\n"
                "        features = self.features((x - self.seen) / self.std)",
            ),
        ),
        fails="deterministic",
        cause="remembered",
    ),
    _model(
        "batch statistics in eval mode",
        replace=((NORM, "nn.BatchNorm2d(outputs, track_running_stats=False)"),),
        fails="each_for_itself",
        cause="influence each other",
    ),
    _model(
        "normalised by the batch",
        replace=((NORMALISED, "features = self.features((x - x.mean(0)) / self.std)"),),
        fails="each_for_itself",
        cause="influence each other",
    ),
    _model(
        "images mixed by reshape",
        replace=((NORMALISED, NORMALISED + "\n        features = features.reshape(128, -1).T"),),
        fails="each_for_itself",
        cause="mixed up",
    ),
    _model(
        "dropout on the logits",
        replace=((CLASSIFIER, CLASSIFIER.replace("nn.Linear(128, 10)", "nn.Linear(128, 10), nn.Dropout()")),),
        fails="train_mode",
        cause="before the last linear layer",
    ),
    _model(
        "logits in train mode",
        replace=_ending(
            "z = self.classifier(features)\n        return z if self.training else z.softmax(dim=1)"
        ),
        fails="train_mode",
        cause="leaves out the softmax",
    ),
    _model(
        "changes the images",
        replace=((NORMALISED, "x -= self.mean\n        features = self.features(x / self.std)"),),
        fails="inputs_unchanged",
        cause="in place",
    ),
    _model(
        "divides by the image's own deviation",
        replace=((NORMALISED, "features = self.features((x - self.mean) / x.std((1, 2, 3), keepdim=True))"),),
        fails="plain_images",
        cause="standard deviation 0",
    ),
    _loss(
        "not written", replace=_returning("raise NotImplementedError"), fails="value", cause="Not done yet"
    ),
    _loss(
        "sum in place of mean",
        replace=((".log().mean()", ".log().sum()"),),
        fails="value",
        cause="not its mean",
    ),
    _loss(
        "divided by the batch size twice",
        replace=((".log().mean()", ".log().mean() / len(y)"),),
        fails="value",
        cause="twice",
    ),
    _loss("negative", replace=(("return -right", "return right"),), fails="value", cause="The sign is wrong"),
    _loss(
        "cross_entropy of probabilities",
        replace=_returning("return F.cross_entropy(probabilities, y)"),
        fails="value",
        cause="1.461",
    ),
    _loss(
        "nll_loss without log",
        replace=_returning("return F.nll_loss(probabilities, y)"),
        fails="value",
        cause="log is missing",
    ),
    _loss(
        "mean over the classes too",
        replace=_returning("return -(F.one_hot(y, 10) * probabilities.clamp_min(1e-30).log()).mean()"),
        fails="value",
        cause="10 times too small",
    ),
    _loss(
        "binary cross-entropy",
        replace=_returning("return F.binary_cross_entropy(probabilities, F.one_hot(y, 10).float())"),
        fails="value",
        cause="Binary",
    ),
    _loss(
        "squared error",
        replace=_returning("return F.mse_loss(probabilities, F.one_hot(y, 10).float())"),
        fails="value",
        cause="squared error",
    ),
    _loss(
        "one loss for each image",
        replace=((".log().mean()", ".log()"),),
        fails="value",
        cause="average over the batch",
    ),
    _loss(
        "share of errors",
        replace=_returning("return (probabilities.argmax(1) != y).float().mean()"),
        fails="scalar",
        cause="argmax",
    ),
    _loss(
        "a Python float",
        replace=((".log().mean()", ".log().mean().item()"),),
        fails="scalar",
        cause=".item()",
    ),
    _loss(
        "detached",
        replace=((PROBABILITIES, "probabilities = model(X).detach()"),),
        fails="scalar",
        cause="detach()",
    ),
    _loss(
        "shape (1,)",
        replace=((".log().mean()", ".log().mean(0, keepdim=True)"),),
        fails="scalar",
        cause="Average over the batch",
    ),
    _loss(
        "one-hot as wide as the labels",
        replace=_returning("return -(F.one_hot(y) * probabilities.clamp_min(1e-30).log()).sum() / len(X)"),
        fails="missing_classes",
        cause="F.one_hot(y, 10)",
    ),
    _loss(
        "log of 0",
        replace=_returning("return -right.log().mean()"),
        fails="certain_and_wrong",
        cause="clamp",
    ),
    _loss(
        "0 times log 0",
        replace=_returning("return -(F.one_hot(y, 10) * probabilities.log()).sum() / len(X)"),
        fails="certain_and_wrong",
        cause="clamp",
    ),
    _loss(
        "nan mended after the log",
        replace=_returning("return torch.nan_to_num(-right.log(), posinf=50.0).mean()"),
        fails="certain_and_wrong",
        cause="too late",
    ),
    _loss(
        "gradient doubled",
        replace=_returning(
            "loss = -right.clamp_min(1e-30).log().mean()\n    return 2 * loss - loss.detach()",
        ),
        fails="gradient",
        cause="twice",
    ),
    _loss(
        "gradient negated",
        replace=_returning(
            "loss = -right.clamp_min(1e-30).log().mean()\n    return 2 * loss.detach() - loss",
        ),
        fails="gradient",
        cause="uphill",
    ),
    _loss(
        "gradient zeroed",
        replace=_returning(
            "loss = -right.clamp_min(1e-30).log().mean()\n    return loss.detach() + 0 * loss",
        ),
        fails="gradient",
        cause="0",
    ),
    _loss(
        "changes the labels",
        replace=_returning(
            "loss = -(F.one_hot(y, 10) * probabilities.clamp_min(1e-30).log()).sum(1).mean()\n"
            "    y += 1\n    return loss"
        ),
        fails="inputs_unchanged",
        cause="in place",
    ),
    _loss(
        "changes the images",
        replace=((PROBABILITIES, PROBABILITIES + "\n    X.mul_(0)"),),
        fails="inputs_unchanged",
        cause="in place",
    ),
    _reached(
        "a part of the network without gradients",
        replace=((NORMALISED, NORMALISED + ".detach()"),),
        fails="every_parameter",
        cause="cuts the gradient off",
    ),
    _model(
        "layers in a plain list",
        replace=(
            (CLASSIFIER, "self.last = [nn.Flatten(), nn.Linear(128, 10)]"),
            (
                SOFTMAX,
                "for layer in self.last: features = layer(features)\n        return features.softmax(dim=1)",
            ),
        ),
        fails="registered",
        cause="nn.ModuleList",
    ),
    _model(
        "no parameters at all",
        replace=(
            (
                SOFTMAX,
                "return self.mean.view(1, 3).repeat(len(x), 4)[:, :10].softmax(dim=1) + 0 * x.mean((1, 2, 3))[:, None]",
            ),
            (CLASSIFIER, "self.features = nn.Identity()"),
        ),
        fails="registered",
        cause="Nothing in it can be trained",
    ),
    _model(
        "a hundred classes",
        replace=((CLASSIFIER, CLASSIFIER.replace("10", "100")),),
        fails="shape",
        cause="there are ten",
    ),
    _model(
        "view with a number of its own",
        replace=_ending("return self.classifier[1](features.view(-1, 64).repeat(1, 2)).softmax(dim=1)"),
        fails="shape",
        cause="keeps the images apart",
    ),
    _model(
        "squeezes one image before the softmax",
        replace=_ending("return self.classifier[1](features.squeeze()).softmax(dim=1)"),
        fails="single_image",
        cause="squeeze()",
    ),
    _model(
        "forward misspelt",
        replace=(("def forward", "def foward"),),
        fails="shape",
        cause="no method `forward`",
    ),
    _model(
        "takes an argument",
        replace=(("def __init__(self)", "def __init__(self, classes)"),),
        fails="shape",
        cause="without arguments",
    ),
    _model(
        "means without axes",
        replace=(
            (
                '.view(1, 3, 1, 1))\n        self.register_buffer("std"',
                ')\n        self.register_buffer("std"',
            ),
        ),
        fails="shape",
        cause="(1, 3, 1, 1)",
    ),
    _model(
        "normalised by the batch",
        replace=((NORMALISED, "features = self.features((x - x.mean((0, 2, 3), keepdim=True)) / self.std)"),),
        fails="each_for_itself",
        cause="influence each other",
    ),
    _loss(
        "a batch size of its own",
        replace=(("torch.arange(len(y), device=y.device)", "torch.arange(64)"),),
        fails="value",
        cause="len(y)",
    ),
    _loss(
        "goes backward itself",
        replace=_returning("loss = -right.clamp_min(1e-12).log().mean(); loss.backward(); return loss"),
        fails="value",
        cause="backward",
    ),
    _loss(
        "arguments swapped",
        replace=_returning("return torch.nn.functional.cross_entropy(y, probabilities)"),
        fails="value",
        cause="answer comes first",
    ),
    _loss(
        "numpy in between",
        replace=((PROBABILITIES, "probabilities = torch.tensor(model(X).numpy())"),),
        fails="value",
        cause="stays in torch",
    ),
    _loss(
        "switches to eval mode",
        replace=((PROBABILITIES, "model.eval(); probabilities = model(X)"),),
        fails="inputs_unchanged",
        cause="to whoever calls",
    ),
]

_right_model = partial(Right, notebook=NOTEBOOK, answer="model", check="model")
_right_loss = partial(Right, notebook=NOTEBOOK, answer="calculate_loss", check="calculate_loss")
LOGITS = """
def _logits(self, x):
    return self.classifier(self.features((x - self.mean) / self.std))
Model.logits = _logits
"""
MINIMAL = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 8, 5, stride=4), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10))

    def forward(self, x):
        return F.softmax(self.net(x), 1)
"""
FUNCTIONAL = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 84), nn.Linear(84, 10)
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, x):
        b = x.shape[0]
        x = F.max_pool2d(torch.relu(self.conv1(x * 2 - 1)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = F.dropout(torch.relu(self.fc1(x.view(b, -1))), 0.5, self.training)
        return self.softmax(self.fc2(x))
"""
CONVOLUTIONAL = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 12, 3, 2), nn.GroupNorm(3, 12), nn.GELU(), nn.Conv2d(12, 10, 1))
        self.unused = nn.Linear(5, 3)

    def forward(self, images):
        scores = self.body(images).mean((2, 3))
        return torch.exp(scores - torch.logsumexp(scores, 1, keepdim=True))
"""
HALF = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(192, 10), nn.Softmax(1)).bfloat16()

    def forward(self, x):
        return self.net(x.bfloat16())
"""

RIGHTS = [
    _right_model("the solution"),
    _right_model("lazy layers", append=MINIMAL),
    _right_model("functional, after LeNet", append=FUNCTIONAL),
    _right_model("bfloat16", append=HALF),
    _right_model("fully convolutional, with a layer that is never used", append=CONVOLUTIONAL),
    _right_loss("the solution"),
    _right_loss("nll_loss", replace=_returning("return F.nll_loss(probabilities.clamp_min(1e-30).log(), y)")),
    _right_loss("a small number added", replace=_returning("return -(right + 1e-9).log().mean()")),
    _right_loss(
        "one-hot",
        replace=_returning(
            "return -(F.one_hot(y, num_classes=10) * torch.log(probabilities.clamp(1e-12, 1))).sum(1).mean()"
        ),
    ),
    _right_loss(
        "gather",
        replace=_returning(
            "return -probabilities.gather(1, y[:, None]).clamp_min(1e-20).log().sum() / X.shape[0]"
        ),
    ),
    _right_loss(
        "cross_entropy of log-probabilities",
        replace=_returning("return F.cross_entropy(probabilities.clamp_min(1e-30).log(), y)"),
    ),
    _right_loss(
        "the model's logits",
        replace=(
            (PROBABILITIES, LOGITS.replace("\n", "\n    ") + "\n    logits = model.logits(X)"),
            ("right = probabilities[torch.arange(len(y), device=y.device), y]", ""),
            (LOSS, "return F.cross_entropy(logits, y)"),
        ),
    ),
    _right_loss(
        "computed in float64",
        replace=((PROBABILITIES, "probabilities = model(X.to(torch.float32)).double()"),),
    ),
    Right(
        "a layer that is never used costs nothing",
        notebook=NOTEBOOK,
        answer="model",
        check="calculate_loss",
        append=CONVOLUTIONAL,
    ),
]
