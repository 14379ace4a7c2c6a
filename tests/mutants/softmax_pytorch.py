"""Wrong and right answers to the notebook 2_softmax_pytorch."""

from __future__ import annotations

from functools import partial

from tests.mutants.submission import Mutant, Right

NOTEBOOK = "linear_classifiers/2_softmax_pytorch"
CELLS = (
    "setup",
    "set_seed",
    "channel_statistics",
    "statistics",
    "transforms",
    "split",
    "logistic_regression",
    "train_evaluate",
    "get_predictions",
)

_seed = partial(Mutant, notebook=NOTEBOOK, answer="set_seed", check="set_seed")
_channels = partial(Mutant, notebook=NOTEBOOK, answer="channel_statistics", check="channel_statistics")
_transforms = partial(Mutant, notebook=NOTEBOOK, answer="transforms", check="transforms")
_split = partial(Mutant, notebook=NOTEBOOK, answer="split", check="split")
_model = partial(Mutant, notebook=NOTEBOOK, answer="logistic_regression", check="model")
_loop = partial(Mutant, notebook=NOTEBOOK, answer="train_evaluate", check="train_evaluate")
_predictions = partial(Mutant, notebook=NOTEBOOK, answer="get_predictions", check="predictions")


def _statistics(lines: str) -> str:
    return f"def channel_statistics(images):\n    {lines}\n"


def _train(
    before: str = "model.train()",
    step: str = "optimizer.zero_grad(); logits = model(x); loss = criterion(logits, y); loss.backward(); "
    "optimizer.step()",
    add: str = "loss_sum += loss.item() * len(y); correct += calculate_accuracy(logits, y).item() * len(y); "
    "n += len(y)",
    answer: str = "return loss_sum / n, correct / n",
) -> str:
    return f"""
def train(model, iterator, optimizer, criterion, device):
    {before}
    loss_sum = correct = n = 0
    for x, y in iterator:
        x, y = x.to(device), y.to(device)
        {step}
        {add}
    {answer}
"""


def _evaluate(
    before: str = "model.eval()",
    context: str = "with torch.no_grad():",
    add: str = "loss_sum += criterion(logits, y).item() * len(y); "
    "correct += calculate_accuracy(logits, y).item() * len(y); n += len(y)",
    answer: str = "return loss_sum / n, correct / n",
) -> str:
    return f"""
def evaluate(model, iterator, criterion, device):
    {before}
    loss_sum = correct = n = 0
    {context}
        for x, y in iterator:
            x, y = x.to(device), y.to(device)
            logits = model(x)
            {add}
    {answer}
"""


def _predict(
    collect: str = "labels.append(y); predicted.append(model(x.to(device)).argmax(1))",
    answer: str = "return torch.cat(labels), torch.cat(predicted)",
    before: str = "model.eval()",
    context: str = "with torch.no_grad():",
) -> str:
    return f"""
def get_predictions(model, iterator, device):
    {before}
    labels, predicted = [], []
    {context}
        for x, y in iterator:
            {collect}
    {answer}
"""


def _compose(*steps: str) -> str:
    return f"train_transforms = transforms.Compose([{', '.join(steps)}])"


TURN, FLIP, CROP, LAST = (
    "transforms.RandomRotation(5)",
    "transforms.RandomHorizontalFlip(0.5)",
    "transforms.RandomCrop(32, padding=2)",
    "test_transforms",
)
FLATTENED = "return self.linear(x.flatten(1))"
NORMALISE = "transforms.Normalize(means, stds)"
MEAN_OF_BATCHES = "loss_sum += {loss}.item(); correct += calculate_accuracy(logits, y).item(); n += 1"
COPIED = (
    "def split(train_data, ratio=0.9):\n    n = int(len(train_data) * ratio)\n"
    "    order = torch.randperm(len(train_data)).tolist()\n"
    "    clean = copy.copy(train_data)\n    clean.transform = test_transforms\n"
)
MODEL = (
    "class LogisticRegression(nn.Module):\n    def __init__(self, output_dim):\n        super().__init__()\n"
    "        {init}\n    def forward(self, x):\n        {forward}\n"
)
STEP = "optimizer.zero_grad(); logits = model(x); loss = criterion(logits, y); "

RIGHT_SHARE = "return (logits.argmax(dim=1) == y).float().mean().item()"

MUTANTS = [
    _seed(
        "not written",
        append="def set_seed(seed): raise NotImplementedError",
        fails="python_generator",
        cause="Not done yet",
    ),
    _seed(
        "Python forgotten",
        replace=(("    random.seed(seed)\n", ""),),
        fails="python_generator",
        cause="random.seed",
    ),
    _seed(
        "numpy: a generator of its own",
        replace=(("np.random.seed(seed)", "np.random.default_rng(seed)"),),
        fails="numpy_generator",
        cause="default_rng",
    ),
    _seed(
        "torch: a generator of its own",
        replace=(("torch.manual_seed(seed)", "torch.Generator().manual_seed(seed)"),),
        fails="torch_generator",
        cause="torch.manual_seed(seed)",
    ),
    _seed(
        "argument ignored",
        replace=(("torch.manual_seed(seed)", "torch.manual_seed(1234)"),),
        fails="torch_generator",
        cause="argument is not used",
    ),
    _seed(
        "one seed further on",
        replace=(("np.random.seed(seed)", "np.random.seed(seed + 1)"),),
        fails="numpy_generator",
        cause="Another number than `seed`",
    ),
    _seed(
        "a text for a seed",
        replace=(("    random.seed(seed)\n", "    random.seed(f'seed {seed}')\n"),),
        fails="python_generator",
        cause="Another number than `seed`",
    ),
    _seed(
        "drawn after seeding",
        replace=(("torch.manual_seed(seed)", "torch.manual_seed(seed); torch.rand(1)"),),
        fails="torch_generator",
        cause="drawn after seeding",
    ),
    _seed(
        "numpy forgotten",
        replace=(("    np.random.seed(seed)\n", ""),),
        fails="numpy_generator",
        cause="Numpy's global generator is not seeded",
    ),
    _seed(
        "cuDNN forgotten",
        replace=(("    torch.backends.cudnn.deterministic = True\n", ""),),
        fails="deterministic",
        cause="deterministic = True",
    ),
    _channels(
        "not divided",
        append=_statistics("return images.mean((0, 1, 2)), images.std((0, 1, 2))"),
        fails="means",
        cause="divide by 255",
    ),
    _channels(
        "one number for all",
        append=_statistics("return images.mean() / 255, images.std() / 255"),
        fails="means",
        cause="one number",
    ),
    _channels(
        "over images only",
        append=_statistics("return images.mean(0) / 255, images.std(0) / 255"),
        fails="means",
        cause="axis=(0, 1, 2)",
    ),
    _channels(
        "32 numbers",
        append=_statistics("return images.mean((0, 1, 3)) / 255, images.std((0, 1, 3)) / 255"),
        fails="means",
        cause="colours were averaged away",
    ),
    _channels(
        "mean of each image's deviation",
        append=_statistics("return images.mean((0, 1, 2)) / 255, images.std((1, 2)).mean(0) / 255"),
        fails="deviations",
        cause="each image's own",
    ),
    _channels(
        "variance",
        append=_statistics("return images.mean((0, 1, 2)) / 255, images.var((0, 1, 2)) / 255**2"),
        fails="deviations",
        cause="variance",
    ),
    _channels(
        "uint8 wraps around",
        append=_statistics(
            "m = images.mean((0, 1, 2)); return m / 255, np.sqrt(np.abs((images**2).mean((0, 1, 2)) - m**2)) / 255"
        ),
        fails="deviations",
        cause="wrap",
    ),
    _channels(
        "swapped",
        append=_statistics("return images.std((0, 1, 2)) / 255, images.mean((0, 1, 2)) / 255"),
        fails="means",
        cause="swapped",
    ),
    _channels(
        "reshape in place of transpose",
        append=_statistics("p = images.reshape(3, -1) / 255; return p.mean(1), p.std(1)"),
        fails="means",
        cause="three heaps",
    ),
    _channels(
        "images changed",
        append=_statistics(
            "m, s = images.mean((0, 1, 2)) / 255, images.std((0, 1, 2)) / 255; images[:] = 0; return m, s"
        ),
        fails="images_unchanged",
        cause="in place",
    ),
    _channels(
        "only the means",
        append=_statistics("return images.mean((0, 1, 2)) / 255"),
        fails="means",
        cause="return means, stds",
    ),
    _transforms("nothing random", append=_compose(LAST), fails="flips", cause="Nothing random"),
    _transforms("no flip", append=_compose(TURN, CROP, LAST), fails="flips", cause="Nothing is mirrored"),
    _transforms(
        "always mirrored",
        append=_compose(TURN, "transforms.RandomHorizontalFlip(1)", CROP, LAST),
        fails="flips",
        cause="0.5, not 1",
    ),
    _transforms(
        "upside down",
        append=_compose(TURN, "transforms.RandomVerticalFlip()", CROP, LAST),
        fails="flips",
        cause="vertical flip",
    ),
    _transforms("no rotation", append=_compose(FLIP, CROP, LAST), fails="rotates", cause="RandomRotation(5)"),
    _transforms(
        "45 degrees",
        append=_compose("transforms.RandomRotation(45)", FLIP, CROP, LAST),
        fails="rotates",
        cause="too large",
    ),
    _transforms(
        "radians",
        append=_compose("transforms.RandomRotation(0.087)", FLIP, CROP, LAST),
        fails="rotates",
        cause="degrees",
    ),
    _transforms(
        "a part erased at random",
        append=_compose(TURN, FLIP, CROP, LAST, "transforms.RandomErasing()"),
        fails="train_normalises",
        cause="of which a part is lost",
    ),
    _transforms(
        "some pictures turned grey",
        append=_compose(TURN, FLIP, CROP, "transforms.RandomGrayscale(0.2)", LAST),
        fails="train_normalises",
        cause="turned grey",
    ),
    _transforms(
        "crop without padding",
        append=_compose(TURN, FLIP, "transforms.RandomCrop(32)", LAST),
        fails="crops",
        cause="without padding",
    ),
    _transforms(
        "padding 4",
        append=_compose(TURN, FLIP, "transforms.RandomCrop(32, padding=4)", LAST),
        fails="crops",
        cause="It is moved too far",
    ),
    _transforms(
        "crop that is smaller",
        append=_compose(TURN, FLIP, "transforms.RandomCrop(28)", LAST),
        fails="form",
        cause="smaller than the picture",
    ),
    _transforms(
        "resized crop",
        append=_compose(TURN, FLIP, "transforms.RandomResizedCrop(32, scale=(0.4, 0.6))", LAST),
        fails="crops",
        cause="stretch",
    ),
    _transforms(
        "train not normalised",
        append=_compose(TURN, FLIP, CROP, "transforms.ToTensor()"),
        fails="train_normalises",
        cause="Nothing is normalised",
    ),
    _transforms(
        "test not normalised",
        append="test_transforms = transforms.ToTensor()",
        fails="test_values",
        cause="Nothing is normalised",
    ),
    _transforms(
        "ImageNet",
        append="test_transforms = transforms.Compose([transforms.ToTensor(), "
        "transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))])",
        fails="test_values",
        cause="ImageNet",
    ),
    _transforms(
        "pixels to 255",
        append="test_transforms = transforms.Compose([transforms.PILToTensor(), "
        f"transforms.ConvertImageDtype(torch.float32), transforms.Lambda(lambda x: x * 255), {NORMALISE}])",
        fails="test_values",
        cause="0 … 255 when they are normalised",
    ),
    _transforms(
        "within images",
        append="test_transforms = transforms.Compose([transforms.ToTensor(), "
        "transforms.Normalize(means, (0.2023, 0.1994, 0.2010))])",
        fails="test_values",
        cause="each image's own deviation",
    ),
    _transforms(
        "test augmented",
        append="test_transforms = train_transforms",
        fails="test_deterministic",
        cause="augmentation belongs to training",
    ),
    _transforms(
        "a PIL image",
        append=_compose(TURN, FLIP, CROP),
        fails="form",
        cause="ToTensor()",
    ),
    _split(
        "one transform for both",
        append="def split(train_data, ratio=0.9):\n    n = int(len(train_data) * ratio)\n"
        "    return random_split(train_data, [n, len(train_data) - n])",
        fails="valid_clean",
        cause="share one data set",
    ),
    _split(
        "transform of the shared set changed",
        append="def split(train_data, ratio=0.9):\n    n = int(len(train_data) * ratio)\n"
        "    a, b = random_split(train_data, [n, len(train_data) - n])\n"
        "    b.dataset.transform = test_transforms\n    return a, b",
        fails="train_augmented",
        cause="changed it for the train part too",
    ),
    _split(
        "swapped",
        replace=(
            (
                "return train_set, Subset(clean, valid_set.indices)",
                "return Subset(clean, valid_set.indices), train_set",
            ),
        ),
        fails="sizes",
        cause="swapped",
    ),
    _split(
        "ratio ignored",
        replace=(("len(train_data) * ratio", "len(train_data) * 0.9"),),
        fails="sizes",
        cause="is not used",
    ),
    _split(
        "shares, of which one is rounded",
        replace=(("[n_train, len(train_data) - n_train]", "[ratio, 1 - ratio]"),),
        fails="exact_sizes",
        cause="0.09999999999999998",
    ),
    _split(
        "the valid set's size rounded down",
        replace=(
            (
                "n_train = int(len(train_data) * ratio)",
                "n_train = len(train_data) - int(len(train_data) * (1 - ratio))",
            ),
        ),
        fails="exact_sizes",
        cause="0.09999999999999998",
    ),
    _split(
        "two draws",
        append="def split(train_data, ratio=0.9):\n    n = int(len(train_data) * ratio)\n"
        "    clean = copy.copy(train_data)\n    clean.transform = test_transforms\n"
        "    return (Subset(train_data, np.random.permutation(len(train_data))[:n]),\n"
        "            Subset(clean, np.random.permutation(len(train_data))[n:]))",
        fails="complete",
        cause="overlap",
    ),
    _split(
        "valid has everything",
        replace=(("Subset(clean, valid_set.indices)", "clean"),),
        fails="sizes",
        cause="add up",
    ),
    _split(
        "read once and stored",
        replace=(("return train_set,", "return [train_set[i] for i in range(len(train_set))],"),),
        fails="train_augmented",
        cause="read once and stored",
    ),
    _split(
        "seeded from the clock",
        replace=(
            (
                "[n_train, len(train_data) - n_train])",
                "[n_train, len(train_data) - n_train], torch.Generator().manual_seed(time.perf_counter_ns()))",
            ),
        ),
        fails="repeatable",
        cause="clock",
    ),
    _split(
        "data set shuffled",
        replace=(
            ("    n_train = ", "    np.random.default_rng(0).shuffle(train_data.data)\n    n_train = "),
        ),
        fails="untouched",
        cause="Shuffle indices",
    ),
    _split(
        "nothing returned",
        append="def split(train_data, ratio=0.9): pass",
        fails="sizes",
        cause="return train_set",
    ),
    _model(
        "softmax inside",
        replace=(("self.linear(x.flatten(1))", "self.linear(x.flatten(1)).softmax(1)"),),
        fails="logits",
        cause="1.461",
    ),
    _model(
        "log-softmax inside",
        replace=(("self.linear(x.flatten(1))", "self.linear(x.flatten(1)).log_softmax(1)"),),
        fails="logits",
        cause="logarithms",
    ),
    _model(
        "ReLU",
        replace=(("self.linear(x.flatten(1))", "self.linear(x.flatten(1)).relu()"),),
        fails="logits",
        cause="ReLU",
    ),
    _model(
        "sigmoid",
        replace=(("self.linear(x.flatten(1))", "self.linear(x.flatten(1)).sigmoid()"),),
        fails="logits",
        cause="sigmoid",
    ),
    _model(
        "class numbers",
        replace=(("self.linear(x.flatten(1))", "self.linear(x.flatten(1)).argmax(1)"),),
        fails="logits",
        cause="argmax",
    ),
    _model(
        "no bias",
        replace=(("nn.Linear(3 * 32 * 32, output_dim)", "nn.Linear(3 * 32 * 32, output_dim, bias=False)"),),
        fails="parameters",
        cause="bias is missing",
    ),
    _model(
        "always ten classes",
        replace=(("nn.Linear(3 * 32 * 32, output_dim)", "nn.Linear(3 * 32 * 32, 10)"),),
        fails="other_output_dim",
        cause="not used",
    ),
    _model(
        "two layers",
        replace=(
            (
                "nn.Linear(3 * 32 * 32, output_dim)",
                "nn.Sequential(nn.Linear(3 * 32 * 32, 9), nn.Linear(9, output_dim))",
            ),
        ),
        fails="parameters",
        cause="more than one layer",
    ),
    _model(
        "squeezed",
        replace=(("self.linear(x.flatten(1))", "self.linear(x.flatten(1)).squeeze()"),),
        fails="single",
        cause="squeeze",
    ),
    _model(
        "images mixed by reshape",
        replace=(("self.linear(x.flatten(1))", "self.linear(x.reshape(3072, -1).T)"),),
        fails="each_for_itself",
        cause="`reshape` and `view` keep the order",
    ),
    _model(
        "the mean of the batch subtracted",
        replace=(("self.linear(x.flatten(1))", "self.linear((x - x.mean(0)).flatten(1))"),),
        fails="each_for_itself",
        cause="images of a batch are mixed",
    ),
    _model(
        "frozen ones counted",
        replace=((" if p.requires_grad", ""),),
        fails="count",
        cause="Frozen",
    ),
    _model(
        "tensors counted",
        replace=(("sum(p.numel() for", "sum(1 for"),),
        fails="count",
        cause="number of tensors",
    ),
    _loop(
        "percent",
        append="def calculate_accuracy(logits, y): return 100 * (logits.argmax(1) == y).float().mean()",
        fails="accuracy",
        cause="percent",
    ),
    _loop(
        "number of right answers",
        append="def calculate_accuracy(logits, y): return (logits.argmax(1) == y).float().sum()",
        fails="accuracy",
        cause="number of right answers",
    ),
    _loop(
        "no zero_grad",
        append=_train(step=STEP.replace("optimizer.zero_grad(); ", "") + "loss.backward(); optimizer.step()"),
        fails="train_steps",
        cause="zero_grad()` in every",
    ),
    _loop(
        "no step", append=_train(step=STEP + "loss.backward()"), fails="train_steps", cause="same as before"
    ),
    _loop(
        "cleared before the step",
        append=_train(step=STEP + "loss.backward(); optimizer.zero_grad(); optimizer.step()"),
        fails="train_steps",
        cause="between `backward` and `step`",
    ),
    _loop(
        "step before backward",
        append=_train(
            step="logits = model(x); loss = criterion(logits, y); optimizer.step(); optimizer.zero_grad(); "
            "loss.backward()"
        ),
        fails="train_steps",
        cause="batch before",
    ),
    _loop(
        "return inside the loop",
        append=_train(answer="    return loss_sum / n, correct / n"),
        fails="train_steps",
        cause="Only the first batch",
    ),
    _loop(
        "the step computed by hand",
        append=_train(
            step=STEP + "loss.backward()\n"
            "        with torch.no_grad():\n"
            "            for p in model.parameters():\n"
            "                p -= optimizer.param_groups[0]['lr'] * p.grad"
        ),
        fails="any_optimizer",
        cause="optimizer.step()",
    ),
    _loop(
        "an optimiser of its own",
        append=_train(before="model.train(); optimizer = torch.optim.SGD(model.parameters(), lr=0.5)"),
        fails="any_optimizer",
        cause="optimizer.step()",
    ),
    _loop(
        "train: nothing moved",
        append=_train().replace("x, y = x.to(device), y.to(device)", "pass"),
        fails="to_device",
        cause=".to(device)",
    ),
    _loop(
        "eval mode within the loop",
        append=_train(step=STEP + "loss.backward(); optimizer.step(); model.eval()"),
        fails="train_mode",
        cause="The mode changes on the way",
    ),
    _loop(
        "train: only the images moved",
        append=_train().replace("x, y = x.to(device), y.to(device)", "x = x.to(device)"),
        fails="to_device",
        cause="y.to(device)",
    ),
    _loop(
        "train: moved and not kept",
        append=_train().replace("x, y = x.to(device), y.to(device)", "x.to(device); y.to(device)"),
        fails="to_device",
        cause=".to(device)",
    ),
    _loop(
        "evaluate: nothing moved",
        append=_evaluate().replace("x, y = x.to(device), y.to(device)", "pass"),
        fails="to_device",
        cause=".to(device)",
    ),
    _loop(
        "uphill",
        append=_train(step=STEP + "(-loss).backward(); optimizer.step()"),
        fails="train_steps",
        cause="sign is wrong",
    ),
    _loop(
        "twice the step",
        append=_train(step=STEP + "(2 * loss).backward(); optimizer.step()"),
        fails="train_steps",
        cause="2 times too large",
    ),
    _loop(
        "train: mean of batch means",
        append=_train(add=MEAN_OF_BATCHES.format(loss="loss")),
        fails="train_means",
        cause="mean of the batch means",
    ),
    _loop(
        "train: sum",
        append=_train(answer="return loss_sum, correct"),
        fails="train_means",
        cause="not divided",
    ),
    _loop(
        "train: swapped",
        append=_train(answer="return correct / n, loss_sum / n"),
        fails="train_means",
        cause="swapped",
    ),
    _loop(
        "train: percent",
        append=_train(answer="return loss_sum / n, 100 * correct / n"),
        fails="train_means",
        cause="percent",
    ),
    _loop(
        "trained in eval mode",
        append=_train(before="model.eval()"),
        fails="train_mode",
        cause="model.train()",
    ),
    _loop("mode not set", append=_train(before="pass"), fails="train_mode", cause="model.train()"),
    _loop(
        "tensors returned",
        append=_train(
            add="loss_sum += loss * len(y); correct += calculate_accuracy(logits, y) * len(y); n += len(y)"
        ),
        fails="floats",
        cause=".item()",
    ),
    _loop(
        "evaluate: mean of batch means",
        append=_evaluate(add=MEAN_OF_BATCHES.format(loss="criterion(logits, y)")),
        fails="evaluate_means",
        cause="mean of the batch means",
    ),
    _loop(
        "evaluate: the last batch",
        append=_evaluate(
            add="loss_sum = criterion(logits, y).item(); correct = calculate_accuracy(logits, y).item(); n = 1"
        ),
        fails="evaluate_means",
        cause="last batch alone",
    ),
    _loop(
        "evaluated in train mode",
        append=_evaluate(before="pass"),
        fails="evaluate_untouched",
        cause="model.eval()",
    ),
    _loop(
        "gradients kept", append=_evaluate(context="if True:"), fails="evaluate_gradients", cause="no_grad"
    ),
    _loop(
        "gradients off for good",
        append=_evaluate(context="torch.set_grad_enabled(False)\n    if True:"),
        fails="evaluate_gradients",
        cause="stays in force",
    ),
    _loop(
        "evaluate returns nothing",
        append=_evaluate(answer="pass"),
        fails="evaluate_means",
        cause="return mean_loss",
    ),
    _predictions(
        "swapped",
        append=_predict(answer="return torch.cat(predicted), torch.cat(labels)"),
        fails="labels",
        cause="swapped",
    ),
    _predictions(
        "probabilities",
        append=_predict("labels.append(y); predicted.append(model(x).softmax(1))"),
        fails="predicted",
        cause="argmax(1)",
    ),
    _predictions(
        "a column",
        append=_predict("labels.append(y); predicted.append(model(x).argmax(1, keepdim=True))"),
        fails="predicted",
        cause="keepdim",
    ),
    _predictions(
        "the last batch",
        append=_predict("labels = [y]; predicted = [model(x).argmax(1)]"),
        fails="labels",
        cause="last batch is left",
    ),
    _predictions(
        "lists", append=_predict(answer="return labels, predicted"), fails="labels", cause="torch.cat"
    ),
    _predictions(
        "sorted",
        append=_predict(answer="return torch.cat(labels).sort()[0], torch.cat(predicted)"),
        fails="labels",
        cause="another order",
    ),
    _predictions(
        "smallest logit",
        append=_predict("labels.append(y); predicted.append(model(x).argmin(1))"),
        fails="predicted",
        cause="smallest",
    ),
    _predictions(
        "largest logit itself",
        append=_predict("labels.append(y); predicted.append(model(x).max(1)[0].long())"),
        fails="predicted",
        cause="largest logits themselves",
    ),
    _predictions(
        "two passes",
        append=_predict(
            "predicted.append(model(x).argmax(1))",
            "return torch.cat([y for _, y in iterator]), torch.cat(predicted)",
        ),
        fails="together",
        cause="second pass",
    ),
    _predictions(
        "images not moved",
        append=_predict("labels.append(y); predicted.append(model(x).argmax(1))"),
        fails="to_device",
        cause=".to(device)",
    ),
    _predictions(
        "the notebook's device in place of the argument",
        append=_predict("labels.append(y); predicted.append(model(x.to(DEVICE)).argmax(1))"),
        fails="to_device",
        cause="in place of `DEVICE`",
    ),
    _predictions("train mode", append=_predict(before="pass"), fails="eval_mode", cause="model.eval()"),
    _predictions("gradients kept", append=_predict(context="if True:"), fails="eval_mode", cause="no_grad"),
    _channels(
        "uint8 wraps around to nan",
        append=_statistics(
            "m = images.mean((0, 1, 2)); return m / 255, np.sqrt((images**2).mean((0, 1, 2)) - m**2) / 255"
        ),
        fails="deviations",
        cause="wrap around at 256",
    ),
    _channels(
        "one number an image",
        append=_statistics("return images.mean((1, 2, 3)) / 255, images.std((1, 2, 3)) / 255"),
        fails="means",
        cause="One number for each image",
    ),
    _transforms(
        "padding 1",
        append=_compose(TURN, FLIP, "transforms.RandomCrop(32, padding=1)", LAST),
        fails="crops",
        cause="padding is too small",
    ),
    _transforms(
        "padding on two sides",
        append=_compose(TURN, "transforms.RandomCrop(32, padding=(2, 2, 0, 0))", FLIP, LAST),
        fails="crops",
        cause="not the same on all sides",
    ),
    _transforms(
        "always the same angle",
        append=_compose("transforms.RandomRotation((5, 5))", FLIP, CROP, LAST),
        fails="rotates",
        cause="both sides of 0",
    ),
    _transforms(
        "resized crop of nearly all",
        append=_compose(TURN, FLIP, "transforms.RandomResizedCrop(32, scale=(0.9, 1))", LAST),
        fails="crops",
        cause="does not stretch it",
    ),
    _transforms(
        "resized crop beside the right rotation",
        append=_compose(TURN, FLIP, "transforms.RandomResizedCrop(32)", LAST),
        fails="rotates",
        cause="stretches the picture",
    ),
    _transforms(
        "colours change",
        append=_compose(TURN, FLIP, CROP, "transforms.ColorJitter(0.3)", LAST),
        fails="train_normalises",
        cause="brightness or colour",
    ),
    _transforms(
        "colours change, as the movement says",
        append=_compose(TURN, FLIP, CROP, "transforms.ColorJitter(0.3)", LAST),
        fails="crops",
        cause="brightness or colour",
    ),
    _transforms(
        "no Compose",
        append=f"train_transforms = [{TURN}, {FLIP}, {CROP}, {LAST}]",
        fails="form",
        cause="transforms.Compose([…])",
    ),
    _transforms(
        "Normalize before ToTensor",
        append=f"test_transforms = transforms.Compose([{NORMALISE}, transforms.ToTensor()])",
        fails="form",
        cause="comes before it",
    ),
    _transforms(
        "a class in place of a transform",
        append=_compose(TURN, "transforms.RandomHorizontalFlip", CROP, LAST),
        fails="form",
        cause="write its parentheses",
    ),
    _transforms(
        "ToTensor twice",
        append=_compose(TURN, FLIP, CROP, "transforms.ToTensor()", LAST),
        fails="form",
        cause="is it there twice",
    ),
    _split(
        "sizes of CIFAR-10",
        append="def split(train_data, ratio=0.9):\n    return random_split(train_data, [45_000, 5_000])",
        fails="sizes",
        cause="compute them",
    ),
    _split(
        "another transform for the train part",
        append="def split(train_data, ratio=0.9):\n"
        "    n = int(len(train_data) * ratio)\n"
        "    a, b = random_split(train_data, [n, len(train_data) - n])\n"
        "    a.dataset, b.dataset = copy.copy(train_data), copy.copy(train_data)\n"
        "    a.dataset.transform, b.dataset.transform = train_transforms, test_transforms\n"
        "    return a, b",
        fails="complete",
        cause="keeps the one that",
    ),
    _split(
        "indices of the draw are lost",
        append="def split(train_data, ratio=0.9):\n"
        "    n = int(len(train_data) * ratio)\n"
        "    a, b = random_split(train_data, [n, len(train_data) - n])\n"
        "    clean = copy.copy(train_data)\n    clean.transform = test_transforms\n"
        "    return a, Subset(clean, range(len(b)))",
        fails="complete",
        cause="valid_set.indices",
    ),
    _model(
        "cut off",
        replace=((FLATTENED, FLATTENED + ".detach()"),),
        fails="trainable",
        cause="cut off from the parameters",
    ),
    _model(
        "images changed",
        replace=((FLATTENED, "x /= 255; " + FLATTENED),),
        fails="trainable",
        cause="works in place",
    ),
    _model(
        "softmax over the batch",
        replace=((FLATTENED, FLATTENED + ".softmax(0)"),),
        fails="logits",
        cause="softmax over the images",
    ),
    _model(
        "not flattened",
        replace=((FLATTENED, "return self.linear(x)"),),
        fails="other_output_dim",
        cause="x.flatten(1)",
    ),
    _model(
        "flattened with the batch",
        replace=((FLATTENED, "return self.linear(x.flatten())"),),
        fails="other_output_dim",
        cause="x.flatten(1)",
    ),
    _model(
        "no super",
        replace=(("super().__init__()", "pass"),),
        fails="parameters",
        cause="super().__init__()",
    ),
    _model(
        "init with single underscores",
        replace=(("def __init__", "def _init_"),),
        fails="parameters",
        cause="two underscores",
    ),
    _model(
        "forward misspelt",
        replace=(("def forward", "def foward"),),
        fails="other_output_dim",
        cause="no method `forward`",
    ),
    _model(
        "counts one layer by name",
        append="def count_parameters(model): return model.linear.weight.numel() + model.linear.bias.numel()",
        fails="count",
        cause="model.parameters()",
    ),
    _loop(
        "accuracy over the samples",
        append="def calculate_accuracy(logits, y): return (logits.argmax(0) == y).float().mean()",
        fails="accuracy",
        cause="argmax(1)",
    ),
    _loop(
        "mean of truth values",
        append="def calculate_accuracy(logits, y): return (logits.argmax(1) == y).mean()",
        fails="accuracy",
        cause=".float().mean()",
    ),
    _loop(
        "criterion with its arguments swapped",
        append=_train(step=STEP.replace("criterion(logits, y)", "criterion(y, logits)") + "loss.backward()"),
        fails="train_steps",
        cause="output comes first",
    ),
    _loop(
        "a method that there is not",
        append=_train(step=STEP.replace("zero_grad", "zero_grads") + "loss.backward()"),
        fails="train_steps",
        cause="is `zero_grad` meant",
    ),
    _loop(
        "softmax before the criterion",
        append=_train(
            step=STEP.replace("model(x)", "model(x).softmax(1)") + "loss.backward(); optimizer.step()"
        ),
        fails="train_steps",
        cause="A softmax stands before",
    ),
    _loop(
        "a criterion of its own",
        append=_train(
            step=STEP.replace("criterion(", "nn.CrossEntropyLoss()(") + "loss.backward(); optimizer.step()"
        ),
        fails="to_device",
        cause="Call what is given",
    ),
    _loop(
        "no_grad without parentheses",
        append=_evaluate(context="with torch.no_grad:"),
        fails="evaluate_means",
        cause="parentheses are missing",
    ),
    _loop(
        "accuracy is left a tensor",
        append=_evaluate(
            add="loss_sum += criterion(logits, y).item() * len(y); "
            "correct += calculate_accuracy(logits, y) * len(y); n += len(y)"
        ),
        fails="floats",
        cause=".item()",
    ),
    _predictions(
        "lists of numbers",
        append=_predict(
            "labels += y.tolist(); predicted += model(x.to(device)).argmax(1).tolist()",
            "return labels, predicted",
        ),
        fails="labels",
        cause="torch.tensor(numbers)",
    ),
    _predictions(
        "labels twice",
        append=_predict("labels.append(y); predicted.append(y)"),
        fails="predicted",
        cause="Both vectors hold the labels",
    ),
]

MUTANTS += [
    _seed(
        "only cuDNN is set",
        append="def set_seed(seed): torch.backends.cudnn.deterministic = True",
        fails="torch_generator",
        cause="torch.manual_seed(seed)",
    ),
    _seed(
        "a name of another library",
        replace=(("np.random.seed(seed)", "np.random.set_seed(seed)"),),
        fails="numpy_generator",
        cause="a name of its own",
    ),
    _seed(
        "torch's own seed",
        replace=(("torch.manual_seed(seed)", "torch.seed(seed)"),),
        fails="torch_generator",
        cause="draws a seed of its own",
    ),
    _channels(
        "sums in float32",
        append=_statistics("x = images.astype(np.float32) / 255; return x.mean((0, 1, 2)), x.std((0, 1, 2))"),
        fails="many_images",
        cause="stops growing at 2^24",
    ),
    _channels(
        "float32, divided afterwards",
        append=_statistics(
            "x = images.astype(np.float32).reshape(-1, 3); return x.mean(0) / 255, x.std(0) / 255"
        ),
        fails="many_images",
        cause="dtype=np.float64",
    ),
    _channels(
        "the first hundred",
        append=_statistics("x = images[:100] / 255; return x.mean((0, 1, 2)), x.std((0, 1, 2))"),
        fails="many_images",
        cause="first images alone",
    ),
    _channels(
        "divided in place",
        append=_statistics("images /= 255; return images.mean((0, 1, 2)), images.std((0, 1, 2))"),
        fails="means",
        cause="cannot hold fractions",
    ),
    _channels(
        "256",
        append=_statistics("return images.mean((0, 1, 2)) / 256, images.std((0, 1, 2)) / 256"),
        fails="means",
        cause="Divided by 256",
    ),
    _channels(
        "deviations over 256",
        append=_statistics("return images.mean((0, 1, 2)) / 255, images.std((0, 1, 2)) / 256"),
        fails="deviations",
        cause="Divided by 256",
    ),
    _channels(
        "deviations divided twice",
        append=_statistics("return images.mean((0, 1, 2)) / 255, images.std((0, 1, 2)) / 255**2"),
        fails="deviations",
        cause="255 twice",
    ),
    _channels(
        "deviation of the images' means",
        append=_statistics("m = images.mean((1, 2)) / 255; return m.mean(0), m.std(0)"),
        fails="deviations",
        cause="deviation of the images' means",
    ),
    _channels(
        "copied from the text",
        append=_statistics("return np.array([0.4914, 0.4822, 0.4465]), np.array([0.2470, 0.2435, 0.2616])"),
        fails="means",
        cause="figures of CIFAR-10",
    ),
    _channels(
        "copied deviations",
        append=_statistics("return images.mean((0, 1, 2)) / 255, np.array([0.2470, 0.2435, 0.2616])"),
        fails="deviations",
        cause="figures of CIFAR-10",
    ),
    _channels(
        "the first image",
        append=_statistics("x = images[0] / 255; return x.mean((0, 1)), x.std((0, 1))"),
        fails="means",
        cause="Only the first image",
    ),
    _channels(
        "deviation of the first image",
        append=_statistics("return images.mean((0, 1, 2)) / 255, images[0].std((0, 1)) / 255"),
        fails="deviations",
        cause="Only the first image",
    ),
    _channels(
        "a dictionary",
        append=_statistics(
            "return {'means': images.mean((0, 1, 2)) / 255, 'stds': images.std((0, 1, 2)) / 255}"
        ),
        fails="means",
        cause="of type dict",
    ),
    _channels("no return", append=_statistics("images.mean()"), fails="means", cause="Nothing is returned"),
    _transforms(
        "divided by 255 twice",
        append="test_transforms = transforms.Compose([transforms.ToTensor(), "
        f"transforms.Lambda(lambda x: x / 255), {NORMALISE}])",
        fails="test_values",
        cause="too small by 255",
    ),
    _transforms(
        "normalised twice",
        append=f"test_transforms = transforms.Compose([transforms.ToTensor(), {NORMALISE}, {NORMALISE}])",
        fails="test_values",
        cause="normalised twice",
    ),
    _transforms(
        "train normalised twice",
        append=_compose(TURN, FLIP, CROP, LAST, NORMALISE),
        fails="train_normalises",
        cause="normalised twice",
    ),
    _transforms(
        "statistics of bytes",
        append="test_transforms = transforms.Compose([transforms.ToTensor(), "
        "transforms.Normalize(255 * means, 255 * stds)])",
        fails="test_values",
        cause="deviations of pixels from 0 to 1",
    ),
    _transforms(
        "statistics of float32 sums",
        append="test_transforms = transforms.Compose([transforms.ToTensor(), "
        "transforms.Normalize((0.32768,) * 3, (0.2776, 0.2693, 0.2681))])",
        fails="test_values",
        cause="stop growing at 2^24",
    ),
    _transforms(
        "statistics of other images",
        append="test_transforms = transforms.Compose([transforms.ToTensor(), "
        "transforms.Normalize((0.5071, 0.4267, 0.4008), (0.2675, 0.2565, 0.2761))])",
        fails="test_values",
        cause="are (0.5071, 0.4267, 0.4008)",
    ),
    _transforms(
        "test augmented, as its values say",
        append="test_transforms = train_transforms",
        fails="test_values",
        cause="Something random is in",
    ),
    _transforms(
        "names swapped",
        append="train_transforms, test_transforms = test_transforms, train_transforms",
        fails="test_values",
        cause="names are swapped",
    ),
    _transforms(
        "integers",
        append=f"test_transforms = transforms.Compose([transforms.PILToTensor(), {NORMALISE}])",
        fails="form",
        cause="`PILToTensor` leaves",
    ),
    _transforms(
        "grey",
        append=_compose(TURN, FLIP, CROP, "transforms.Grayscale(3)", LAST),
        fails="flips",
        cause="turned grey",
    ),
    _transforms(
        "angles of one side",
        append=_compose("transforms.RandomRotation((0, 5))", FLIP, CROP, LAST),
        fails="rotates",
        cause="both sides of 0",
    ),
    _transforms(
        "turned all around",
        append=_compose("transforms.RandomRotation(180)", FLIP, CROP, LAST),
        fails="flips",
        cause="turned much too far",
    ),
    _transforms(
        "padded, and cropped in the middle",
        append=_compose(TURN, FLIP, "transforms.Pad(2)", "transforms.CenterCrop(32)", LAST),
        fails="crops",
        cause="always takes the middle",
    ),
    _transforms(
        "moved to the sides alone",
        append=_compose(TURN, FLIP, "transforms.RandomAffine(0, translate=(2 / 32, 0))", LAST),
        fails="crops",
        cause="only one direction is drawn",
    ),
    _split(
        "shares, and one transform",
        append="def split(train_data, ratio=0.9):\n    return random_split(train_data, [ratio, 1 - ratio])",
        fails="valid_clean",
        cause="share one data set",
    ),
    _split(
        "cut at two places",
        append=COPIED + "    return Subset(train_data, order[: n + 1]), Subset(clean, order[n:])",
        fails="complete",
        cause="cut at two places",
    ),
    _split(
        "drawn with replacement",
        append=COPIED + "    return (Subset(train_data, torch.randint(0, len(order), (n,)).tolist()),\n"
        "            Subset(clean, order[n:]))",
        fails="complete",
        cause="with replacement",
    ),
    _split(
        "both parts from the copy",
        append=COPIED + "    return Subset(clean, order[:n]), Subset(clean, order[n:])",
        fails="train_augmented",
        cause="only the valid part from the copy",
    ),
    _split(
        "no transform for the valid part",
        append=COPIED + "    clean.transform = None\n"
        "    return Subset(train_data, order[:n]), Subset(clean, order[n:])",
        fails="valid_clean",
        cause="has no transform",
    ),
    _split(
        "transform of the subset",
        append="def split(train_data, ratio=0.9):\n    n = int(len(train_data) * ratio)\n"
        "    a, b = random_split(train_data, [n, len(train_data) - n])\n"
        "    b.transform = test_transforms\n    return a, b",
        fails="valid_clean",
        cause="`valid_set.transform`, which nobody reads",
    ),
    _split(
        "transforms for transform",
        append=COPIED + "    clean = copy.copy(train_data)\n    clean.transforms = test_transforms\n"
        "    return Subset(train_data, order[:n]), Subset(clean, order[n:])",
        fails="valid_clean",
        cause="`valid_set.dataset.transforms`, which nobody reads",
    ),
    _split(
        "indices",
        append=COPIED + "    return order[:n], order[n:]",
        fails="complete",
        cause="not indices",
    ),
    _split(
        "loaders",
        append=COPIED
        + "    return DataLoader(Subset(train_data, order[:n])), DataLoader(Subset(clean, order[n:]))",
        fails="sizes",
        cause="not a `DataLoader`",
    ),
    _split(
        "a length that is a float",
        append="def split(train_data, ratio=0.9):\n    n = ratio * len(train_data)\n"
        "    return random_split(train_data, [n, len(train_data) - n])",
        fails="sizes",
        cause="A length is a float",
    ),
    _split(
        "cut at a float",
        append=COPIED + "    n = ratio * len(order)\n"
        "    return Subset(train_data, order[:n]), Subset(clean, order[n:])",
        fails="sizes",
        cause="is a float",
    ),
    _split(
        "a range shuffled",
        append=COPIED + "    order = range(len(train_data)); random.shuffle(order)\n"
        "    return Subset(train_data, order[:n]), Subset(clean, order[n:])",
        fails="sizes",
        cause="a `range` cannot be changed",
    ),
    _split(
        "what shuffle answers",
        append=COPIED + "    order = random.shuffle(list(range(len(train_data))))\n"
        "    return Subset(train_data, order[:n]), Subset(clean, order[n:])",
        fails="sizes",
        cause="`random.shuffle` answers None",
    ),
    _model(
        "frozen",
        replace=(
            (
                "nn.Linear(3 * 32 * 32, output_dim)",
                "nn.Linear(3 * 32 * 32, output_dim).requires_grad_(False)",
            ),
        ),
        fails="trainable",
        cause="parameters are frozen",
    ),
    _model(
        "a list of layers",
        append=MODEL.format(
            init="self.layers = [nn.Flatten(), nn.Linear(3072, output_dim)]",
            forward="return self.layers[1](self.layers[0](x))",
        ),
        fails="parameters",
        cause="plain list or dictionary `self.layers`",
    ),
    _model(
        "plain tensors",
        append=MODEL.format(
            init="self.W, self.b = torch.zeros(3072, output_dim), torch.zeros(output_dim)",
            forward="return x.flatten(1) @ self.W + self.b",
        ),
        fails="parameters",
        cause="`self.W = nn.Parameter(…)`",
    ),
    _model(
        "inputs and outputs swapped",
        replace=(("nn.Linear(3 * 32 * 32, output_dim)", "nn.Linear(output_dim, 3 * 32 * 32)"),),
        fails="parameters",
        cause="arguments of `nn.Linear` are swapped",
    ),
    _model(
        "super with an argument",
        replace=(("super().__init__()", "super().__init__(output_dim)"),),
        fails="parameters",
        cause="`super().__init__()` takes no argument",
    ),
    _model(
        "init without its argument",
        replace=(("def __init__(self, output_dim):", "def __init__(self):"),),
        fails="parameters",
        cause="two underscores",
    ),
    _model(
        "the layer given the images as an option",
        replace=((FLATTENED, "return self.linear(nn.Flatten(x))"),),
        fails="other_output_dim",
        cause="`nn.Flatten(…)` only makes a layer",
    ),
    _model(
        "ReLU given the logits as an option",
        replace=((FLATTENED, "return nn.ReLU(self.linear(x.flatten(1))).mean(1)"),),
        fails="other_output_dim",
        cause="`nn.ReLU(…)` only makes a layer",
    ),
    _model(
        "rows counted",
        replace=(("p.numel()", "len(p)"),),
        fails="count",
        cause="number of rows",
    ),
    _model(
        "the method itself",
        replace=(("model.parameters()", "model.parameters"),),
        fails="count",
        cause="parentheses are missing",
    ),
    _loop(
        "neither backward nor step",
        append=_train(step=STEP),
        fails="train_steps",
        cause="Neither is a gradient",
    ),
    _loop(
        "step without parentheses",
        append=_train(step=STEP + "loss.backward(); optimizer.step"),
        fails="train_steps",
        cause="`optimizer.step()` is missing, or its parentheses are",
    ),
    _loop(
        "backward without parentheses",
        append=_train(step=STEP + "loss.backward; optimizer.step()"),
        fails="train_steps",
        cause="`loss.backward()` is missing, or its parentheses are",
    ),
    _loop(
        "step, then backward",
        append=_train(step=STEP + "optimizer.step(); loss.backward()"),
        fails="train_steps",
        cause="`step` comes before `backward`, and `zero_grad`",
    ),
    _loop(
        "another optimiser",
        append=_train(before="model.train(); optimizer = torch.optim.Adam(model.parameters())"),
        fails="train_steps",
        cause="the optimiser that is given never steps",
    ),
    _loop(
        "loss divided by the batch",
        append=_train(step=STEP + "(loss / len(y)).backward(); optimizer.step()"),
        fails="train_steps",
        cause="divided by the batch size once more",
    ),
    _loop(
        "loss multiplied by the batch",
        append=_train(step=STEP + "(loss * len(y)).backward(); optimizer.step()"),
        fails="train_steps",
        cause="as if the loss were summed",
    ),
    _loop(
        "a float steps backward",
        append=_train(
            step=STEP.replace("criterion(logits, y)", "criterion(logits, y).item()") + "loss.backward()"
        ),
        fails="train_steps",
        cause="`.item()` makes a float of the loss",
    ),
    _loop(
        "class numbers for the criterion",
        append=_train(
            step=STEP.replace("criterion(logits, y)", "criterion(logits.argmax(1), y)") + "loss.backward()"
        ),
        fails="train_steps",
        cause="where logits belong",
    ),
    _loop(
        "criterion before optimizer",
        append=_train().replace("optimizer, criterion, device)", "criterion, optimizer, device)"),
        fails="train_steps",
        cause="where the criterion belongs",
    ),
    _loop(
        "a pair compared",
        append="def calculate_accuracy(logits, y): return (logits.max(1) == y).float().mean()",
        fails="accuracy",
        cause="is a pair, of values and places",
    ),
    _loop(
        "the data set, not the iterator",
        append=_train().replace("in iterator:", "in iterator.dataset:"),
        fails="train_steps",
        cause="not through its `.dataset`|through its `.dataset`",
    ),
    _loop(
        "cuda",
        append=_train().replace("x.to(device), y.to(device)", "x.cuda(), y.cuda()"),
        fails="train_steps",
        cause="needs a GPU",
    ),
    _loop(
        "sums that have no value",
        append=_train().replace("loss_sum = correct = n = 0", "correct = n = 0"),
        fails="train_steps",
        cause="set the sums to 0 before",
    ),
    _loop(
        "a criterion of data",
        append=_train(step=STEP.replace("criterion(", "nn.CrossEntropyLoss(") + "loss.backward()"),
        fails="train_steps",
        cause="`criterion(logits, y)`",
    ),
    _loop(
        "argmax of all",
        append="def calculate_accuracy(logits, y): return (logits.argmax() == y).float().mean()",
        fails="accuracy",
        cause="one place in the whole batch",
    ),
    _loop(
        "accuracy rounded down",
        append="def calculate_accuracy(logits, y): return (logits.argmax(1) == y).sum().item() // len(y)",
        fails="accuracy",
        cause="`//` and `int(…)` round it down so",
    ),
    _loop(
        "largest logits",
        append="def calculate_accuracy(logits, y): return (logits.max(1).values == y).float().mean()",
        fails="accuracy",
        cause="largest logit is compared",
    ),
    _loop(
        "argmax of the labels",
        append="def calculate_accuracy(logits, y): return (logits.argmax(1) == y.argmax(0)).float().mean()",
        fails="accuracy",
        cause="taken of the labels too",
    ),
    _loop(
        "a table of comparisons",
        append="def calculate_accuracy(logits, y): return (logits.argmax(1) == y[:, None]).float().mean()",
        fails="accuracy",
        cause="compared with each label",
    ),
    _loop(
        "a batch of 64",
        append="def calculate_accuracy(logits, y): return (logits.argmax(1) == y).sum() / 64",
        fails="accuracy",
        cause="Divided by 64",
    ),
    _loop(
        "train: accuracy after the step",
        append=_train(
            add="loss_sum += loss.item() * len(y); n += len(y); "
            "correct += calculate_accuracy(model(x), y).item() * len(y)"
        ),
        fails="train_means",
        cause="after its step",
    ),
    _loop(
        "train: loss after the step",
        append=_train(
            add="loss_sum += criterion(model(x), y).item() * len(y); n += len(y); "
            "correct += calculate_accuracy(logits, y).item() * len(y)"
        ),
        fails="train_means",
        cause="after its step",
    ),
    _loop(
        "train: whole numbers",
        append=_train(answer="return loss_sum // n, correct / n"),
        fails="train_means",
        cause="rounds down",
    ),
    _loop(
        "train: accuracy in whole numbers",
        append=_train(answer="return loss_sum / n, correct // n"),
        fails="train_means",
        cause="`//` and `int(…)` round it down",
    ),
    _loop(
        "evaluate: rounded",
        append=_evaluate(answer="return round(loss_sum / n, 2), round(correct / n, 2)"),
        fails="evaluate_means",
        cause="is rounded",
    ),
    _loop(
        "evaluate: nothing seen",
        append="def evaluate(model, iterator, criterion, device): model.eval(); return 1.5, 0.5",
        fails="evaluate_untouched",
        cause="called on 0 samples",
    ),
    _predictions(
        "pairs",
        append=_predict("labels.append(y); predicted.append(model(x.to(device)).max(1))"),
        fails="predicted",
        cause="answers a pair",
    ),
    _predictions(
        "one number a batch",
        append=_predict("labels.append(y); predicted.append(model(x.to(device)).argmax(1).item())"),
        fails="predicted",
        cause="several predictions",
    ),
    _predictions(
        "argmax of all",
        append=_predict("labels.append(y); predicted.append(model(x.to(device)).argmax())"),
        fails="predicted",
        cause="without an axis",
    ),
    _predictions(
        "labels of the data set",
        append=_predict(answer="return torch.tensor(iterator.dataset.targets), torch.cat(predicted)"),
        fails="labels",
        cause="need not have this name",
    ),
    _predictions(
        "predictions twice",
        append=_predict(answer="return torch.cat(predicted), torch.cat(predicted)"),
        fails="labels",
        cause="Both vectors hold the predictions",
    ),
    _predictions(
        "predictions for labels",
        append=_predict(answer="return torch.cat(predicted), 0 * torch.cat(predicted)"),
        fails="labels",
        cause="where the labels belong",
    ),
    _predictions(
        "labels for predictions",
        append=_predict(answer="return 0 * torch.cat(labels), torch.cat(labels)"),
        fails="predicted",
        cause="second vector holds the labels",
    ),
    _predictions(
        "classes from 1",
        append=_predict("labels.append(y); predicted.append(model(x.to(device)).argmax(1) + 1)"),
        fails="predicted",
        cause="numbered from 0",
    ),
    _predictions(
        "the first batch skipped",
        append=_predict(answer="return torch.cat(labels[1:]), torch.cat(predicted[1:])"),
        fails="labels",
        cause="whole batch is missing",
    ),
    _predictions(
        "one-hot",
        append=_predict(answer="return torch.cat(labels), nn.functional.one_hot(torch.cat(predicted), 10)"),
        fails="predicted",
        cause="one-hot",
    ),
    _predictions(
        "a list of predictions alone",
        append=_predict(answer="return torch.cat(labels), torch.cat(predicted).tolist()"),
        fails="predicted",
        cause="torch.tensor(numbers)",
    ),
    _predictions(
        "nothing predicted",
        append="def get_predictions(model, iterator, device):\n"
        "    model.eval(); y = torch.cat([y for _, y in iterator]); return y, y",
        fails="eval_mode",
        cause="called on 0 samples",
    ),
    _seed(
        "numpy by its full name",
        replace=(("np.random.seed(seed)", "numpy.random.seed(seed)"),),
        fails="numpy_generator",
        cause="is `np` meant?",
    ),
    _seed(
        "cuDNN below another name",
        replace=(("torch.backends.cudnn", "torch.backend.cudnn"),),
        fails="deterministic",
        cause="is `backends` meant?",
    ),
    _channels(
        "torch, uint8",
        append=_statistics("x = torch.tensor(images); return x.mean((0, 1, 2)), x.std((0, 1, 2))"),
        fails="means",
        cause="Integers have no mean in torch",
    ),
    _split(
        "the module copy called",
        replace=(("copy.copy(train_data)", "copy(train_data)"),),
        fails="sizes",
        cause="A module is called like a function",
    ),
    _split(
        "the transform called",
        replace=(("clean.transform = test_transforms", "clean.transform = test_transforms()"),),
        fails="sizes",
        cause="without parentheses",
    ),
    _split(
        "a set of indices",
        replace=(("valid_set.indices)", "set(valid_set.indices))"),),
        fails="sizes",
        cause="A set has no order",
    ),
    _split(
        "a data set without a length",
        append=COPIED + "    class Rest:\n        def __getitem__(self, i): return clean[order[n + i]]\n"
        "    return Subset(train_data, order[:n]), Rest()",
        fails="sizes",
        cause="`__len__`",
    ),
    _split(
        "test_transforms on tensors",
        append=COPIED + "    class Rest(Dataset):\n        def __len__(self): return len(order) - n\n"
        "        def __getitem__(self, i):\n            x, y = train_data[order[n + i]]\n"
        "            return test_transforms(x), y\n    return Subset(train_data, order[:n]), Rest()",
        fails="sizes",
        cause="from a shallow copy",
    ),
    _model(
        "super without its first parentheses",
        replace=(("super().__init__()", "super.__init__()"),),
        fails="parameters",
        cause="write `super().__init__()`",
    ),
    _model(
        "a batch size written out",
        replace=((FLATTENED, "return self.linear(x.view(64, 3072))"),),
        fails="other_output_dim",
        cause="a batch may have any size",
    ),
    _model(
        "float64 into the layer",
        replace=((FLATTENED, "return self.linear(x.flatten(1).double())"),),
        fails="other_output_dim",
        cause="of another type than its weights",
    ),
    _model(
        "numel not called",
        replace=(("p.numel()", "p.numel"),),
        fails="parameters",
        cause="its parentheses are missing",
    ),
    _model(
        "pairs of names and parameters",
        replace=(("model.parameters()", "model.named_parameters()"),),
        fails="parameters",
        cause="gives pairs, of a name and a parameter",
    ),
    _model(
        "a dictionary of layers",
        append=MODEL.format(
            init="self.layers = {'linear': nn.Linear(3072, output_dim)}",
            forward="return self.layers['linear'](x.flatten(1))",
        ),
        fails="parameters",
        cause="nn.ModuleDict",
    ),
    _model(
        "the mean of the colours",
        append=MODEL.format(
            init="self.linear = nn.Linear(1024, output_dim)",
            forward="return self.linear(x.mean(1).flatten(1))",
        ),
        fails="parameters",
        cause="all three colours count",
    ),
    _model(
        "the last tensor counted",
        append="def count_parameters(model):\n    n = 0\n    for p in model.parameters():\n"
        "        if p.requires_grad: n = p.numel()\n    return n",
        fails="count",
        cause="`+=` adds",
    ),
    _loop(
        "item of a number",
        replace=(("return (logits.argmax(dim=1) == y).float().mean()", RIGHT_SHARE),),
        fails="train_steps",
        cause="a plain number already",
    ),
    _loop(
        "numpy's functions on a tensor",
        append="def calculate_accuracy(logits, y): return np.mean(np.argmax(logits) == y)",
        fails="accuracy",
        cause="A function of numpy was given a tensor",
    ),
    _loop(
        "labels with an axis too many",
        append=_train(step=STEP.replace(", y)", ", y[:, None])") + "loss.backward(); optimizer.step()"),
        fails="train_steps",
        cause="no axis more",
    ),
    _loop(
        "backward twice",
        append=_train(step=STEP + "loss.backward(); loss.backward(); optimizer.step()"),
        fails="train_steps",
        cause="called twice for one forward pass",
    ),
    _loop(
        "the model overwritten",
        append=_train(
            step="optimizer.zero_grad()\n        model = model(x)\n        logits = model; loss = criterion(logits, y)"
        ),
        fails="train_steps",
        cause="take another name on the left",
    ),
    _loop(
        "enumerated batches",
        append=_train().replace("in iterator", "in enumerate(iterator)"),
        fails="train_steps",
        cause="`enumerate` puts a number",
    ),
    _predictions(
        "a tensor of a list of vectors",
        append=_predict(answer="return torch.tensor(labels), torch.tensor(predicted)"),
        fails="labels",
        cause="become one vector by `torch.cat(list_of_batches)`",
    ),
    _predictions(
        "an array of a list of vectors",
        append=_predict(answer="return np.array(labels), np.array(predicted)"),
        fails="labels",
        cause="become one vector by `torch.cat(list_of_batches)`",
    ),
    _predictions(
        "batches as rows",
        append=_predict(answer="return torch.vstack(labels), torch.vstack(predicted)"),
        fails="labels",
        cause="become one vector by `torch.cat(list_of_batches)`",
    ),
    _predictions(
        "both lists joined in one call",
        append=_predict(answer="return torch.cat(labels, predicted)"),
        fails="labels",
        cause="`torch.cat` takes one list",
    ),
    _predictions(
        "batches added as numbers",
        append=_predict("labels += y").replace("labels, predicted = [], []", "labels = 0"),
        fails="labels",
        cause="`+=` adds the numbers",
    ),
    _predictions(
        "a batch in one place",
        append=_predict("labels[0] = y").replace("labels, predicted = [], []", "labels = torch.zeros(9)"),
        fails="labels",
        cause="written into one place",
    ),
    _predictions(
        "the answer of append kept",
        append=_predict("labels = labels.append(y)").replace("            labels =", "            labels ="),
        fails="labels",
        cause="without `labels =`",
    ),
    _predictions(
        "images one by one",
        append=_predict().replace("in iterator", "in iterator.dataset"),
        fails="labels",
        cause="without its batch axis",
    ),
    _loop(
        "all at once",
        append="def calculate_accuracy(logits, y): return float(torch.equal(logits.argmax(1), y))",
        fails="accuracy",
        cause="The share is 1 where all are right",
    ),
    _loop(
        "accuracy made an integer",
        append="def calculate_accuracy(logits, y): return int((logits.argmax(1) == y).float().mean())",
        fails="accuracy",
        cause="The share is 1 where all are right",
    ),
    _loop(
        "a probability above 0.5",
        append="def calculate_accuracy(logits, y): return (logits.softmax(1)[range(len(y)), y] > 0.5).float().mean()",
        fails="accuracy",
        cause="Only a probability above 0.5 counts",
    ),
    _loop(
        "the same object",
        append="def calculate_accuracy(logits, y): return sum(a is b for a, b in zip(logits.argmax(1), y)) / len(y)",
        fails="accuracy",
        cause="`is` asks for one and the same object",
    ),
    _loop(
        "the first sample",
        append="def calculate_accuracy(logits, y): return float(logits[0].argmax() == y[0]) / len(y)",
        fails="accuracy",
        cause="Only the first sample counts",
    ),
    _loop(
        "the first sample, undivided",
        append="def calculate_accuracy(logits, y): return float(logits[0].argmax() == y[0])",
        fails="accuracy",
        cause="Only the first sample counts",
    ),
    _loop(
        "one sample left out",
        append="def calculate_accuracy(logits, y):\n"
        "    return sum(int(logits[i].argmax() == y[i]) for i in range(len(y) - 1)) / len(y)",
        fails="accuracy",
        cause="One sample is left out",
    ),
    _loop(
        "softmax over the samples",
        append="def calculate_accuracy(logits, y): return (logits.softmax(0).argmax(1) == y).float().mean()",
        fails="accuracy",
        cause="A softmax over the samples",
    ),
    _loop(
        "the mean probability",
        append="def calculate_accuracy(logits, y): return logits.softmax(1)[range(len(y)), y].mean()",
        fails="accuracy",
        cause="mean probability of the right class",
    ),
    _loop(
        "divided by all logits",
        append="def calculate_accuracy(logits, y): return (logits.argmax(1) == y).sum() / logits.numel()",
        fails="accuracy",
        cause="Divided by the number of all logits",
    ),
    _loop(
        "accuracy, rounded",
        append="def calculate_accuracy(logits, y): return round((logits.argmax(1) == y).float().mean().item(), 2)",
        fails="accuracy",
        cause="The mean is rounded",
    ),
    _loop(
        "one step for the whole pass",
        append=_train(
            step="logits = model(x); loss = criterion(logits, y); loss.backward()",
            answer="optimizer.step(); optimizer.zero_grad(); return loss_sum / n, correct / n",
        ),
        fails="train_steps",
        cause="one step for the whole pass",
    ),
    _loop(
        "a copy of the model learns",
        append=_train(before="model = copy.deepcopy(model).train()"),
        fails="train_steps",
        cause="a copy or another one learns",
    ),
    _loop(
        "accuracy cut to whole numbers",
        append=_train().replace("calculate_accuracy(logits, y).item()", "int(calculate_accuracy(logits, y))"),
        fails="train_means",
        cause="`int(…)` round it down",
    ),
    _loop(
        "weighed, and divided by batches",
        append=_evaluate(answer="return loss_sum / len(iterator), correct / len(iterator)"),
        fails="evaluate_means",
        cause="divided by the number of batches",
    ),
    _loop(
        "the last batch in place of the sum",
        append=_evaluate().replace("loss_sum +=", "loss_sum ="),
        fails="evaluate_means",
        cause="`=` forgets what was there",
    ),
    _loop(
        "batches times the size of the last",
        append=_evaluate(answer="n = len(iterator) * len(y); return loss_sum / n, correct / n"),
        fails="evaluate_means",
        cause="the size of the last one",
    ),
    _loop(
        "frozen by evaluate",
        append=_evaluate(before="model.eval().requires_grad_(False)"),
        fails="evaluate_gradients",
        cause="the next `train` could change nothing",
    ),
    _transforms(
        "nothing returned",
        append="def train_transforms(image): test_transforms(image)",
        fails="form",
        cause="Nothing is returned",
    ),
    _transforms(
        "a numpy array",
        append="def test_transforms(image):\n"
        "    return ((np.array(image) / 255 - means) / stds).transpose(2, 0, 1)",
        fails="form",
        cause="A numpy array is answered",
    ),
    _transforms(
        "rows and columns swapped",
        append="def test_transforms(image):\n"
        "    return torch.tensor(((np.array(image) / 255 - means) / stds).T).float()",
        fails="test_values",
        cause="Rows and columns are swapped",
    ),
    _transforms(
        "one of three changes",
        append=_compose(f"transforms.RandomChoice([{TURN}, {FLIP}, {CROP}])", LAST),
        fails="flips",
        cause="One of the changes is chosen",
    ),
    _transforms(
        "all changes or none",
        append=_compose(f"transforms.RandomApply([{TURN}, {FLIP}, {CROP}])", LAST),
        fails="flips",
        cause="as with `RandomApply`",
    ),
    _transforms(
        "a quarter mirrored",
        append=_compose(TURN, FLIP.replace("0.5", "0.25"), CROP, LAST),
        fails="flips",
        cause="far from 0.5",
    ),
    _transforms(
        "sheared",
        append=_compose("transforms.RandomAffine(5, translate=(2 / 32, 2 / 32), shear=5)", FLIP, LAST),
        fails="rotates",
        cause="as `shear` does",
    ),
    _transforms(
        "a larger picture cropped",
        append=_compose("transforms.RandomRotation(5, expand=True)", FLIP, CROP, LAST),
        fails="crops",
        cause="`expand=True` moves it too",
    ),
    _transforms(
        "a rotation that is lost",
        append=f"def train_transforms(image):\n    {TURN}(image)\n    image = {FLIP}(image)\n"
        f"    return {LAST}({CROP}(image))",
        fails="rotates",
        cause="let the next step take what it gives",
    ),
    _channels(
        "overwritten",
        append=_statistics(
            "images[:] = images / 255; return images.mean(axis=(0, 1, 2)), images.std(axis=(0, 1, 2))"
        ),
        fails="means",
        cause="uint8 keeps whole numbers alone",
    ),
    _channels(
        "divided by the largest pixel",
        append=_statistics("x = images / images.max(); return x.mean(axis=(0, 1, 2)), x.std(axis=(0, 1, 2))"),
        fails="means",
        cause="whatever they hold",
    ),
    _channels(
        "images taken for colours",
        append=_statistics("x = images[:3] / 255; return x.mean((1, 2, 3)), x.std((1, 2, 3))"),
        fails="means",
        cause="the first three images",
    ),
    _channels(
        "rows taken for colours",
        append=_statistics("x = images[:, :3] / 255; return x.mean((0, 2, 3)), x.std((0, 2, 3))"),
        fails="means",
        cause="the first three rows",
    ),
    _channels(
        "one colour",
        append=_statistics("x = images[..., :1] / 255; return x.mean((0, 1, 2)), x.std((0, 1, 2))"),
        fails="means",
        cause="inside the loop over them",
    ),
    _channels(
        "deviation of deviations",
        append=_statistics("return images.mean(axis=(0, 1, 2)) / 255, images.std(0).std(0).std(0) / 255"),
        fails="deviations",
        cause="deviations of deviations",
    ),
    _channels(
        "root of the mean variance",
        append=_statistics(
            "return images.mean(axis=(0, 1, 2)) / 255, images.var((1, 2)).mean(0) ** 0.5 / 255"
        ),
        fails="deviations",
        cause="each image's own variance",
    ),
    _channels(
        "absolute deviation",
        append=_statistics(
            "x = images / 255; m = x.mean(axis=(0, 1, 2)); return m, abs(x - m).mean(axis=(0, 1, 2))"
        ),
        fails="deviations",
        cause="mean absolute deviation",
    ),
    _channels(
        "squares added up",
        append=_statistics(
            "x = images / 255; m = x.mean(axis=(0, 1, 2)); return m, ((x - m) ** 2).sum(axis=(0, 1, 2)) ** 0.5"
        ),
        fails="deviations",
        cause="take their mean, then the root",
    ),
    _split(
        "drawn with replacement, the rest complete",
        append=COPIED + "    order = np.random.choice(len(train_data), n)\n"
        "    rest = np.setdiff1d(np.arange(len(train_data)), order)\n"
        "    return Subset(train_data, order), Subset(clean, rest)",
        fails="sizes",
        cause="with replacement",
    ),
    _split(
        "the train part's indices twice",
        replace=(("valid_set.indices", "train_set.indices"),),
        fails="sizes",
        cause="pictures of the train part alone",
    ),
    _split(
        "valid pictures read with train_transforms",
        replace=(("clean.transform = test_transforms", "clean.transform = train_transforms"),),
        fails="complete",
        cause="not with `train_transforms`",
    ),
    _predictions(
        "one list under two names",
        append=_predict().replace("labels, predicted = [], []", "labels = predicted = []"),
        fails="labels",
        cause="makes one, with two names",
    ),
]

_right = partial(Right, notebook=NOTEBOOK)
RIGHTS = [
    _right(
        "float32, summed in float64",
        answer="channel_statistics",
        check="channel_statistics",
        append=_statistics(
            "x = images.astype(np.float32) / 255; "
            "return x.mean((0, 1, 2), dtype=np.float64), x.std((0, 1, 2), dtype=np.float64)"
        ),
    ),
    _right(
        "one channel after the other in float32",
        answer="channel_statistics",
        check="channel_statistics",
        append=_statistics(
            "p = [images[..., c].astype(np.float32) / 255 for c in range(3)]; "
            "return [c.mean() for c in p], [c.std() for c in p]"
        ),
    ),
    _right(
        "one image after the other",
        answer="channel_statistics",
        check="channel_statistics",
        append=_statistics(
            "x = np.stack([(i.astype(np.float32) / 255).mean((0, 1)) for i in images]); "
            "s = np.stack([((i.astype(np.float32) / 255)**2).mean((0, 1)) for i in images]); "
            "return x.mean(0), np.sqrt(s.mean(0) - x.mean(0)**2)"
        ),
    ),
    _right(
        "a lazy layer",
        answer="logistic_regression",
        check="model",
        replace=(("nn.Linear(3 * 32 * 32, output_dim)", "nn.LazyLinear(output_dim)"),),
    ),
    _right(
        "angles from a pair, after the flip",
        answer="transforms",
        check="transforms",
        append=_compose(FLIP, "transforms.RandomRotation((-5, 5))", CROP, LAST),
    ),
    _right(
        "gradients cleared by the model",
        answer="train_evaluate",
        check="train_evaluate",
        append=_train(
            step=STEP.replace("optimizer.zero_grad()", "model.zero_grad()")
            + "loss.backward(); optimizer.step(None)"
        ),
    ),
    _right(
        "use_deterministic_algorithms",
        answer="set_seed",
        check="set_seed",
        replace=(("torch.backends.cudnn.deterministic = True", "torch.use_deterministic_algorithms(True)"),),
    ),
    _right(
        "states instead of seeds",
        answer="set_seed",
        check="set_seed",
        append="def set_seed(seed):\n"
        "    random.setstate(random.Random(seed).getstate())\n"
        "    np.random.set_state(np.random.RandomState(seed).get_state())\n"
        "    torch.set_rng_state(torch.Generator().manual_seed(seed).get_state())\n"
        "    torch.backends.cudnn.deterministic = True\n",
    ),
    _right(
        "in a loop, torch first",
        answer="set_seed",
        check="set_seed",
        append="def set_seed(seed):\n"
        "    torch.use_deterministic_algorithms(True)\n"
        "    for seeded in (torch.random.manual_seed, np.random.seed, random.seed):\n"
        "        seeded(seed)\n",
    ),
    _right(
        "torch tensors",
        answer="channel_statistics",
        check="channel_statistics",
        append=_statistics(
            "p = torch.from_numpy(images).float().reshape(-1, 3) / 255; return p.mean(0), p.std(0)"
        ),
    ),
    _right(
        "lists of numbers, n − 1",
        answer="channel_statistics",
        check="channel_statistics",
        append=_statistics(
            "p = [images[..., c] / 255 for c in range(3)]; "
            "return [float(c.mean()) for c in p], [float(c.std(ddof=1)) for c in p]"
        ),
    ),
    _right(
        "an array of two rows",
        answer="channel_statistics",
        check="channel_statistics",
        append=_statistics("p = images.reshape(-1, 3) / 255; return np.stack([p.mean(0), p.std(0)])"),
    ),
    _right(
        "tensors first, rounded statistics",
        answer="transforms",
        check="transforms",
        append="test_transforms = transforms.Compose([transforms.ToTensor(), "
        "transforms.Normalize((0.491, 0.482, 0.447), (0.247, 0.243, 0.262))])\n"
        + _compose(LAST, CROP, FLIP, TURN),
    ),
    _right(
        "affine, reflected padding",
        answer="transforms",
        check="transforms",
        append=_compose(
            "transforms.RandomCrop(32, padding=2, padding_mode='reflect')",
            "transforms.RandomAffine(5)",
            FLIP,
            LAST,
        ),
    ),
    _right(
        "one affine step",
        answer="transforms",
        check="transforms",
        append=_compose(FLIP, "transforms.RandomAffine(5, translate=(2 / 32, 2 / 32))", LAST),
    ),
    _right(
        "functions",
        answer="transforms",
        check="transforms",
        append="_normalise = test_transforms\ndef test_transforms(image): return _normalise(image)\n"
        "_train = train_transforms\ndef train_transforms(image): return _train(image)",
    ),
    _right(
        "interpolated rotation",
        answer="transforms",
        check="transforms",
        append=_compose(
            "transforms.RandomRotation(5, transforms.InterpolationMode.BILINEAR)", FLIP, CROP, LAST
        ),
    ),
    _right(
        "version 2 of torchvision's transforms",
        answer="transforms",
        check="transforms",
        append="from torchvision.transforms import v2\n"
        "_last = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(means, stds)]\n"
        "test_transforms = v2.Compose(_last)\n"
        "train_transforms = v2.Compose([v2.RandomHorizontalFlip(), v2.RandomRotation(5), "
        "v2.RandomCrop(32, padding=2), *_last])",
    ),
    _right(
        "deepcopy",
        answer="split",
        check="split",
        replace=(("copy.copy(train_data)", "copy.deepcopy(train_data)"),),
    ),
    _right(
        "index arrays with a seed of their own",
        answer="split",
        check="split",
        append="def split(train_data, ratio=0.9):\n"
        "    order = np.random.default_rng(0).permutation(len(train_data))\n"
        "    n = round(len(train_data) * ratio)\n    clean = copy.copy(train_data)\n"
        "    clean.transform = test_transforms\n"
        "    return Subset(train_data, order[:n]), Subset(clean, order[n:])",
    ),
    _right(
        "a data set class",
        answer="split",
        check="split",
        append="class Part(Dataset):\n"
        "    def __init__(self, source, rows, transform):\n"
        "        self.source, self.rows, self.transform = source, rows, transform\n"
        "    def __len__(self): return len(self.rows)\n"
        "    def __getitem__(self, i):\n"
        "        from PIL import Image\n"
        "        image = Image.fromarray(self.source.data[self.rows[i]])\n"
        "        return self.transform(image), torch.tensor(self.source.targets[self.rows[i]])\n"
        "def split(train_data, ratio=0.9):\n"
        "    rows = list(range(len(train_data)))\n    random.shuffle(rows)\n    n = int(len(rows) * ratio)\n"
        "    return Part(train_data, rows[:n], train_data.transform), Part(train_data, rows[n:], test_transforms)",
    ),
    _right(
        "sizes from numpy, and a list",
        answer="split",
        check="split",
        append="def split(train_data, ratio=0.9):\n"
        "    n = int(np.floor(ratio * len(train_data)))\n"
        "    a, b = random_split(train_data, (n, len(train_data) - n))\n"
        "    b.dataset = copy.copy(train_data)\n    b.dataset.transform = test_transforms\n    return [a, b]",
    ),
    _right(
        "stratified by scikit-learn",
        answer="split",
        check="split",
        append="def split(train_data, ratio=0.9):\n"
        "    from sklearn.model_selection import train_test_split\n"
        "    a, b = train_test_split(\n"
        "        range(len(train_data)), train_size=ratio, stratify=train_data.targets, random_state=3)\n"
        "    clean = copy.copy(train_data)\n    clean.transform = test_transforms\n"
        "    return Subset(train_data, a), Subset(clean, b)",
    ),
    _right(
        "parameters without a layer",
        answer="logistic_regression",
        check="model",
        append="class LogisticRegression(nn.Module):\n    def __init__(self, output_dim):\n"
        "        super().__init__()\n        self.W = nn.Parameter(torch.randn(3072, output_dim) * 0.01)\n"
        "        self.b = nn.Parameter(torch.zeros(output_dim))\n"
        "    def forward(self, x): return x.permute(0, 2, 3, 1).reshape(len(x), -1) @ self.W + self.b",
    ),
    _right(
        "a sequential",
        answer="logistic_regression",
        check="model",
        append="class LogisticRegression(nn.Sequential):\n    def __init__(self, output_dim):\n"
        "        super().__init__(nn.Flatten(), nn.LazyLinear(output_dim))\n"
        "        self(torch.zeros(1, 3, 32, 32))",
    ),
    _right(
        "divided by the size of the data set",
        answer="train_evaluate",
        check="train_evaluate",
        append=_train(answer="m = len(iterator.dataset); return loss_sum / m, correct / m")
        + _evaluate(answer="m = len(iterator.dataset); return loss_sum / m, correct / m"),
    ),
    _right(
        "numpy's average, inference mode, zero_grad at the end",
        answer="train_evaluate",
        check="train_evaluate",
        append="def calculate_accuracy(logits, y): return float((logits.argmax(1) == y).float().mean())\n"
        "def train(model, iterator, optimizer, criterion, device):\n"
        "    model.train()\n    rows = []\n    optimizer.zero_grad(set_to_none=True)\n"
        "    for x, y in iterator:\n        y = y.to(device); z = model(x.to(device)); loss = criterion(z, y)\n"
        "        loss.backward(); optimizer.step(); optimizer.zero_grad()\n"
        "        rows.append((float(loss), calculate_accuracy(z, y), len(y)))\n"
        "    model.eval()\n    return _mean(rows)\n"
        "@torch.inference_mode()\ndef evaluate(model, iterator, criterion, device):\n"
        "    model.eval()\n    rows = []\n    for x, y in iterator:\n"
        "        y = y.to(device); z = model(x.to(device))\n"
        "        rows.append((criterion(z, y).item(), calculate_accuracy(z, y), len(y)))\n"
        "    return _mean(rows)\n"
        "def _mean(rows):\n    a, b, n = np.array(rows).T\n"
        "    return np.average(a, weights=n), float(np.average(b, weights=n))",
    ),
    _right(
        "arrays",
        answer="get_predictions",
        check="predictions",
        append=_predict(
            "labels += y.tolist(); predicted += model(x.to(device)).softmax(1).max(1).indices.tolist()",
            "return np.array(labels), np.array(predicted)",
        ),
    ),
    _right(
        "joined logits",
        answer="get_predictions",
        check="predictions",
        append=_predict(
            "labels.append(y); predicted.append(model(x.to(device)))",
            "return torch.cat(labels), torch.cat(predicted).argmax(1)",
        ),
    ),
    _right(
        "moved by other means",
        answer="get_predictions",
        check="predictions",
        append=_predict(
            "labels.append(y.cpu().numpy()); "
            "predicted.append(model(torch.as_tensor(x.float(), device=device)).argmax(1).cpu().numpy())",
            "return np.concatenate(labels), np.concatenate(predicted)",
        ),
    ),
    _right(
        "moved in a comprehension, and to where the model is",
        answer="train_evaluate",
        check="train_evaluate",
        append=_train().replace(
            "x, y = x.to(device), y.to(device)",
            "x, y = [t.to(device=device, non_blocking=True) for t in (x, y)]",
        )
        + _evaluate().replace(
            "x, y = x.to(device), y.to(device)",
            "x = x.float().to(next(model.parameters()).device); y = torch.as_tensor(y, device=x.device)",
        ),
    ),
    _right(
        "weights that begin with 0",
        answer="logistic_regression",
        check="model",
        append="class LogisticRegression(nn.Module):\n    def __init__(self, output_dim):\n"
        "        super().__init__()\n        self.W = nn.Parameter(torch.zeros(3072, output_dim))\n"
        "        self.b = nn.Parameter(torch.zeros(output_dim))\n"
        "    def forward(self, x): return x.flatten(1) @ self.W + self.b",
    ),
    _right(
        "evaluated at once",
        answer="train_evaluate",
        check="train_evaluate",
        append="def evaluate(model, iterator, criterion, device):\n"
        "    model.eval()\n    logits, labels = [], []\n"
        "    with torch.no_grad():\n"
        "        for x, y in iterator:\n"
        "            logits.append(model(x.to(device)))\n            labels.append(y)\n"
        "    z, y = torch.cat(logits), torch.cat(labels).to(device)\n"
        "    return criterion(z, y).item(), calculate_accuracy(z, y).item()",
    ),
    _right(
        "labels and predictions in one tensor",
        answer="get_predictions",
        check="predictions",
        append=_predict(answer="return torch.stack([torch.cat(labels), torch.cat(predicted)])"),
    ),
    _right(
        "rotation by torch, bilinear, on tensors",
        answer="transforms",
        check="transforms",
        append=_compose(
            "transforms.ToTensor()",
            "transforms.RandomAffine(5, (2 / 32, 2 / 32), interpolation=transforms.InterpolationMode.BILINEAR)",
            FLIP,
            NORMALISE,
        ),
    ),
]
