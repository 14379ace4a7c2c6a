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


LOGITS_LOSS = """
def _scores(self, x):
    return self.classifier(self.features((x - self.mean) / self.std))
Model.scores = _scores
def calculate_loss(X, y, model):
    {mode}
    return F.cross_entropy(model.scores(X), y)
"""


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
        cause="gets 128 numbers for each image, and was made for 2048: write `nn.Linear(128, …)`",
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
        cause="an axis too many",
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
    _model(
        "linear layer with one number",
        replace=((CLASSIFIER, CLASSIFIER.replace("128, 10", "10")),),
        fails="shape",
        cause="`Linear` needs `out_features` as well",
    ),
    _model(
        "a layer in small letters",
        replace=((CLASSIFIER, CLASSIFIER.replace("nn.Linear", "nn.linear")),),
        fails="shape",
        cause="is `Linear` meant",
    ),
    _model(
        "convolution without its size",
        replace=(("nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)", "nn.Conv2d(inputs, outputs)"),),
        fails="shape",
        cause="`Conv2d` needs `kernel_size` as well",
    ),
    _model(
        "batch norm without channels",
        replace=((NORM, "nn.BatchNorm2d()"),),
        fails="shape",
        cause="`BatchNorm2d` needs `num_features` as well",
    ),
    _model(
        "F.max_pool2d without a size",
        replace=((NORMALISED, NORMALISED + "\n        features = F.max_pool2d(features)"),),
        fails="shape",
        cause="`max_pool2d` needs `kernel_size` as well",
    ),
    _model(
        "softmax without an axis",
        replace=_ending("return self.classifier(features).softmax()"),
        fails="shape",
        cause="`softmax` needs `dim` as well",
    ),
    _model(
        "softmax over axis 2",
        replace=_ending("return self.classifier(features).softmax(dim=2)"),
        fails="shape",
        cause="softmax runs over `dim=1`",
    ),
    _model(
        "a block without its channels",
        append="class Block(nn.Module):\n    def __init__(self, inputs, outputs): super().__init__()\n"
        "class Model(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.b = Block(3)\n"
        "    def forward(self, x): return self.b(x)",
        fails="shape",
        cause="`Block` needs `outputs` as well",
    ),
    _model(
        "a layer called without images",
        replace=_ending("return self.classifier().softmax(dim=1)"),
        fails="shape",
        cause="A layer is called without `input`",
    ),
    _model(
        "forward wants labels",
        replace=(("def forward(self, x)", "def forward(self, x, y)"),),
        fails="shape",
        cause="gets the images alone",
    ),
    _model(
        "forward without self",
        replace=(("def forward(self, x)", "def forward(x)"),),
        fails="shape",
        cause="lacks `self`",
    ),
    _model("a network for the class", append="Model = Model()", fails="shape", cause="not the class"),
    _model(
        "single underscores",
        replace=(("def __init__(self)", "def _init_(self)"),),
        fails="shape",
        cause="two underscores",
    ),
    _model(
        "super without underscores",
        replace=(("super().__init__()", "super().init()"),),
        fails="shape",
        cause="two underscores",
    ),
    _model(
        "nn.ReLU for F.relu",
        replace=((NORMALISED, NORMALISED + "\n        features = nn.ReLU(features).mean((2, 3))"),),
        fails="shape",
        cause="only makes a layer",
    ),
    _model(
        "nn.ReLU given to a layer",
        replace=_ending("return self.classifier[1](nn.ReLU(features)).softmax(dim=1)"),
        fails="shape",
        cause="only makes a layer",
    ),
    _model(
        "nn.Softmax of the scores",
        replace=_ending("return nn.Softmax(self.classifier(features))"),
        fails="shape",
        cause="only makes a layer",
    ),
    _model(
        "answers a softmax layer",
        replace=_ending("return nn.Softmax(dim=1)"),
        fails="shape",
        cause="call it with the scores",
    ),
    _model(
        "channels last",
        replace=((NORMALISED, "x = x.permute(0, 2, 3, 1)\n        " + NORMALISED),),
        fails="shape",
        cause="columns of the image|leave out `permute`",
    ),
    _model(
        "channels where rows belong",
        replace=((NORMALISED, "x = x.permute(0, 3, 1, 2)\n        " + NORMALISED),),
        fails="shape",
        cause="leave out `permute`",
    ),
    _model(
        "augments in eval mode",
        replace=((NORMALISED, "x = training.flip_and_crop(x)\n        " + NORMALISED),),
        fails="deterministic",
        cause="only `if self.training:`",
    ),
    _model(
        "mirrors by a coin of Python's",
        replace=(
            (
                NORMALISED,
                "x = x.flip(3) if __import__('random').random() < 0.5 else x\n        " + NORMALISED,
            ),
        ),
        fails="deterministic",
        cause="only `if self.training:`",
    ),
    _model(
        "noise from numpy",
        replace=((NORMALISED, NORMALISED + " + np.random.rand()"),),
        fails="deterministic",
        cause="with `np.random`",
    ),
    _model(
        "dropout made at every call",
        replace=((NORMALISED, NORMALISED + "\n        features = nn.Dropout()(features)"),),
        fails="deterministic",
        cause="makes a new `Dropout` at every call",
    ),
    _model(
        "goes into train mode",
        replace=(
            (NORMALISED, "self.train()\n        " + NORMALISED),
            (CLASSIFIER, CLASSIFIER.replace("nn.Linear", "nn.Dropout(), nn.Linear")),
        ),
        fails="deterministic",
        cause="into train mode",
    ),
    _model(
        "batch norm made at every call",
        replace=_ending("return self.classifier[1](nn.BatchNorm1d(128)(features.flatten(1))).softmax(1)"),
        fails="single_image",
        cause="make all layers in `__init__`",
    ),
    _model(
        "batch norm in a plain list",
        replace=(
            (CLASSIFIER, CLASSIFIER + "\n        self.norms = [nn.BatchNorm2d(3, affine=False)]"),
            (NORMALISED, "features = self.features(self.norms[0](x))"),
        ),
        fails="each_for_itself",
        cause="does not reach `BatchNorm2d`",
    ),
    _model(
        "detached answer",
        replace=_ending("return self.classifier(features).softmax(dim=1).detach()"),
        fails="registered",
        cause="cuts the gradient off",
    ),
    _model(
        "features without gradients",
        replace=((NORMALISED, "with torch.no_grad():\n            " + NORMALISED),),
        fails="registered",
        cause="cuts the gradient off",
    ),
    _model(
        "weights that are no parameters",
        replace=(
            (CLASSIFIER, "self.W = torch.randn(128, 10) / 10"),
            (SOFTMAX, "return (features.flatten(1) @ self.W).softmax(dim=1)"),
        ),
        fails="registered",
        cause="nn.Parameter",
    ),
    _model(
        "a bias that is no parameter",
        replace=(
            (CLASSIFIER, CLASSIFIER + "\n        self.b = torch.zeros(10, requires_grad=True)"),
            (SOFTMAX, "return (self.classifier(features) + self.b).softmax(dim=1)"),
        ),
        fails="registered",
        cause="nn.Parameter",
    ),
    _model(
        "adds in place what the gradient needs",
        replace=((NORMALISED, NORMALISED + ".sigmoid()\n        features += 1"),),
        fails="registered",
        cause="make a new tensor",
    ),
    _loss(
        "whole rows by p[y]",
        replace=_returning("return -probabilities[y].clamp_min(1e-30).log().mean()"),
        fails="value",
        cause="`p[y]` takes whole rows",
    ),
    _loss(
        "whole rows without log",
        replace=_returning("return -probabilities[y].mean()"),
        fails="value",
        cause="0.1 whatever the model answers",
    ),
    _loss(
        "the largest probability",
        replace=_returning("return -probabilities.max(1).values.clamp_min(1e-30).log().mean()"),
        fails="value",
        cause="largest probability",
    ),
    _loss(
        "log of 1 - p",
        replace=_returning("return -(1 - right).clamp_min(1e-30).log().mean()"),
        fails="value",
        cause="−log(1 − p)",
    ),
    _loss(
        "label smoothing",
        replace=_returning(
            "return F.cross_entropy(probabilities.clamp_min(1e-30).log(), y, label_smoothing=0.1)"
        ),
        fails="value",
        cause="smoothed, by 0.1",
    ),
    _loss(
        "weighed by frequency",
        replace=_returning(
            "w = torch.bincount(y, minlength=10) / len(y)\n"
            "    return (w[y] * -right.clamp_min(1e-30).log()).mean()"
        ),
        fails="value",
        cause="same weight",
    ),
    _loss(
        "divided by the number of classes",
        replace=_returning("return -right.clamp_min(1e-30).log().sum() / 10"),
        fails="value",
        cause="divided by 10",
    ),
    _loss(
        "another network",
        replace=((PROBABILITIES, "probabilities = Model()(X)"),),
        fails="value",
        cause="was never asked",
    ),
    _loss(
        "divides the images again",
        replace=((PROBABILITIES, "probabilities = model(X / 255)"),),
        fails="value",
        cause="was not given `X` as it comes",
    ),
    _loss(
        "gives the model labels",
        replace=((PROBABILITIES, "probabilities = model(X, y)"),),
        fails="value",
        cause="takes the images alone",
    ),
    _loss(
        "argmax of the labels",
        replace=((PROBABILITIES, PROBABILITIES + "\n    y = y.argmax(1)"),),
        fails="value",
        cause="class numbers already",
    ),
    _loss(
        "a loss of shape (1,)",
        replace=_returning("return -right.clamp_min(1e-30).log().mean().reshape(1)"),
        fails="value",
        cause="an axis too many",
    ),
    _loss(
        "switches to train mode",
        replace=((PROBABILITIES, "model.train(); probabilities = model(X)"),),
        fails="inputs_unchanged",
        cause="in train mode dropout is on",
    ),
    _loss(
        "the model's scores, in eval mode",
        append=LOGITS_LOSS.format(mode="model.eval()"),
        fails="inputs_unchanged",
        cause="in eval mode dropout is off",
    ),
    _loss(
        "the model's scores, in train mode",
        append=LOGITS_LOSS.format(mode="model.train()"),
        fails="value",
        cause="in train mode dropout is on",
    ),
    _loss(
        "switches to eval mode",
        replace=((PROBABILITIES, "model.eval(); probabilities = model(X)"),),
        fails="inputs_unchanged",
        cause="to whoever calls",
    ),
    _model(
        "images divided by the brightest of the batch",
        replace=((NORMALISED, "features = self.features(x / x.max())"),),
        fails="each_for_itself",
        cause="The images of a batch influence each other",
    ),
    _model(
        "a layer under a local name",
        replace=(("self.classifier = nn", "classifier = nn"),),
        fails="shape",
        cause="write `self.classifier = …`",
    ),
    _model(
        "no network",
        replace=(("class Model(nn.Module):", "class Model:"),),
        fails="shape",
        cause="write `class Model(nn.Module):`",
    ),
    _model(
        "groups that do not divide the channels",
        replace=((NORM, "nn.GroupNorm(3, outputs)"),),
        fails="shape",
        cause="cuts the channels into groups",
    ),
    _model(
        "batch norm of flat rows",
        replace=((NORM, "nn.BatchNorm1d(outputs)"),),
        fails="shape",
        cause="go through `BatchNorm2d`",
    ),
    _model(
        "a function among layers",
        replace=(("nn.ReLU()", "F.relu"),),
        fails="shape",
        cause="`nn.ReLU()` is the layer",
    ),
    _model(
        "a class among layers",
        replace=(("nn.ReLU()", "nn.ReLU"),),
        fails="shape",
        cause="write its parentheses, `nn.ReLU()`",
    ),
    _model(
        "a list of layers in Sequential",
        replace=((CLASSIFIER, "self.classifier = nn.Sequential([nn.Flatten(), nn.Linear(128, 10)])"),),
        fails="shape",
        cause="takes the layers one by one",
    ),
    _model(
        "a size that is a float",
        replace=((CLASSIFIER, CLASSIFIER.replace("128", "256 / 2")),),
        fails="shape",
        cause="`//` a whole number",
    ),
    _model(
        "a GPU by name",
        replace=((NORMALISED, "features = self.features((x.cuda() - self.mean) / self.std)"),),
        fails="shape",
        cause="`.to(x.device)`",
    ),
    _model(
        "float64",
        replace=((NORMALISED, "features = self.features(((x - self.mean) / self.std).double())"),),
        fails="shape",
        cause="of another type than its weights",
    ),
    _model(
        "`__init__` that answers",
        replace=((CLASSIFIER, f"{CLASSIFIER}\n        return self"),),
        fails="shape",
        cause="leave its `return` out",
    ),
    _loss(
        "labels made floats",
        replace=(("y.device), y]", "y.device), y.float()]"),),
        fails="value",
        cause="Indices must be whole numbers",
    ),
    _loss(
        "a criterion only made",
        replace=_returning("return nn.NLLLoss(probabilities.log(), y)"),
        fails="value",
        cause="`nn.NLLLoss()(…)`",
    ),
    _loss(
        "arguments in another order",
        append="def calculate_loss(model, X, y):\n    return -model(X)[range(len(y)), y].log().mean()",
        fails="value",
        cause="order of the stub",
    ),
    _loss(
        "labels before scores",
        replace=_returning("return F.nll_loss(y, probabilities.log())"),
        fails="value",
        cause="the logits (n, C) first",
    ),
    _loss(
        "gather without an axis",
        replace=_returning("return -probabilities.gather(1, y).log().mean()"),
        fails="value",
        cause="`p.gather(1, y[:, None])`",
    ),
    _loss(
        "the method itself",
        replace=((PROBABILITIES, "probabilities = model.forward"),),
        fails="value",
        cause="its parentheses are missing",
    ),
    _loss(
        "the first image alone",
        replace=_returning("return -right[0].log() / len(y)"),
        fails="value",
        cause="Only the first image counts",
    ),
    _loss(
        "the last image alone",
        replace=_returning("return -right[-1].log() / len(y)"),
        fails="value",
        cause="Only the last image counts",
    ),
    _loss(
        "an image left out",
        replace=_returning("return -right[:-1].log().sum() / len(y)"),
        fails="value",
        cause="One image is left out",
    ),
    _loss(
        "the class before",
        replace=_returning("return -probabilities[range(len(y)), y - 1].log().mean()"),
        fails="value",
        cause="labels count from 0",
    ),
    _loss(
        "log(1 + p)",
        replace=_returning("return -(right + 1).log().mean()"),
        fails="value",
        cause="That is log(1 + p)",
    ),
    _loss(
        "p log p",
        replace=_returning("return -(right * right.log()).mean()"),
        fails="value",
        cause="multiplied by p once more",
    ),
    _loss(
        "the median",
        replace=_returning("return (-right.log()).quantile(0.5)"),
        fails="value",
        cause="the median of",
    ),
    _loss(
        "the largest loss",
        replace=_returning("return (-right.log()).max()"),
        fails="value",
        cause="the largest of the images' losses",
    ),
    _loss(
        "a floor that is 0 in float32",
        replace=_returning("return -right.clamp_min(1e-50).log().mean()"),
        fails="certain_and_wrong",
        cause="not 0 itself in float32",
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

SKIPPING = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, padding=1)
        self.last = nn.Linear(8, 10)

    def forward(self, x):
        x = self.first(x)
        self.features = x
        if not self.training or torch.rand(()) < 0.01:
            x = x + self.second(x)
        return self.last(x.amax((2, 3))).softmax(1)
"""

RIGHTS = [
    _right_model("the solution"),
    _right_model("layers that training skips at random, and features that are kept", append=SKIPPING),
    _right_model(
        "augments in train mode",
        replace=(
            (NORMALISED, "x = training.flip_and_crop(x) if self.training else x\n        " + NORMALISED),
        ),
    ),
    _right_model(
        "gradients in train mode alone",
        replace=((NORMALISED, "with torch.set_grad_enabled(self.training):\n            " + NORMALISED),),
    ),
    _right_model(
        "constants that are no buffers, and frozen layers",
        replace=(
            (NORMALISED, "features = self.features((x - self.shift) / self.std)"),
            (
                CLASSIFIER,
                CLASSIFIER + "\n        self.shift = torch.tensor([0.5, 0.5, 0.5]).view(1, 3, 1, 1)\n"
                "        self.features.requires_grad_(False)",
            ),
        ),
    ),
    _right_model(
        "ReLU before the softmax, which a remark names",
        replace=_ending("return self.classifier(features).relu().softmax(dim=1)"),
    ),
    Right(
        "layers that training skips at random",
        notebook=NOTEBOOK,
        answer="model",
        check="calculate_loss",
        append=SKIPPING,
    ),
    _right_loss(
        "image by image",
        replace=_returning(
            "return sum(-model(x[None])[0, c].clamp_min(1e-12).log() for x, c in zip(X, y)) / len(y)"
        ),
    ),
    _right_loss(
        "turns the mode back",
        replace=(
            (
                PROBABILITIES,
                "mode = model.training\n    model.train()\n    " + PROBABILITIES + "\n    model.train(mode)",
            ),
        ),
    ),
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
