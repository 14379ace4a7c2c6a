"""Answers of 2_cnn_cifar10 by somebody who had read the student edition alone, none of the checks.

Above each stands what a teacher would say of it. Where `cause` is empty, the card gives a general hint only.
"""

from __future__ import annotations

from functools import partial

from tests.mutants.submission import Mutant, Right

NOTEBOOK = "neural_networks/2_cnn_cifar10"
_wrong = partial(Mutant, notebook=NOTEBOOK)
_right = partial(Right, notebook=NOTEBOOK)

MUTANTS = [
    # Your forward returns raw scores; apply softmax over the classes so that each row sums to 1.
    _wrong(
        "returns logits",
        answer="model",
        check="model",
        fails="probabilities",
        cause="These are scores (logits), not probabilities: end",
        source='''
class Model(nn.Module):
    """Classify 32 × 32 colour images: pixels in [0, 1] go in, probabilities come out."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1))
        layers = []
        c_in = 3
        for c in (32, 64, 128):
            layers += [
                nn.Conv2d(c_in, c, 3, padding=1), nn.BatchNorm2d(c), nn.ReLU(),
                nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c), nn.ReLU(),
                nn.MaxPool2d(2),
            ]
            c_in = c
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(128, 10))

    def forward(self, x):
        """Map images (n, 3, 32, 32), float in [0, 1], to probabilities (n, 10)."""
        x = (x - self.mean) / self.std
        return self.head(self.features(x))
''',
    ),
    # softmax(dim=0) normalises each class over the images; the probabilities of one image have to sum to 1, so use dim=1.
    _wrong(
        "softmax over the batch",
        answer="model",
        check="model",
        fails="probabilities",
        cause="Every column sums to 1, so softmax",
        source="""
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(64)
        self.conv3 = nn.Conv2d(64, 128, 3, padding=1)
        self.bn3 = nn.BatchNorm2d(128)
        self.fc = nn.Linear(128 * 4 * 4, 10)

    def forward(self, x):
        x = (x - 0.5) / 0.25
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = F.max_pool2d(F.relu(self.bn3(self.conv3(x))), 2)
        x = x.flatten(1)
        return torch.softmax(self.fc(x), dim=0)
""",
    ),
    # You return log-probabilities, which are negative and do not sum to 1; the contract asks for the probabilities themselves.
    _wrong(
        "log_softmax returned",
        answer="model",
        check="model",
        fails="probabilities",
        cause="These are log-probabilities, as `log_softmax` gives: end",
        source='''
def block(i, o):
    return nn.Sequential(
        nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True),
        nn.Conv2d(o, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True),
        nn.MaxPool2d(2))


class Model(nn.Module):
    """Classify 32 × 32 colour images: pixels in [0, 1] go in, probabilities come out."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(block(3, 32), block(32, 64), block(64, 128),
                                 nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(128, 10))
        self.register_buffer("mu", torch.tensor((0.4914, 0.4822, 0.4465)).reshape(1, 3, 1, 1))
        self.register_buffer("sigma", torch.tensor((0.2470, 0.2435, 0.2616)).reshape(1, 3, 1, 1))

    def forward(self, x):
        """Map images (n, 3, 32, 32), float in [0, 1], to probabilities (n, 10)."""
        scores = self.net((x - self.mu) / self.sigma)
        return F.log_softmax(scores, dim=1)  # numerically stable
''',
    ),
    # Sigmoid treats the ten classes as independent questions, so a row does not sum to 1; use softmax over the classes.
    _wrong(
        "sigmoid instead of softmax",
        answer="model",
        check="model",
        fails="probabilities",
        cause="Every number is between 0 and 1",
        source="""
class Model(nn.Module):

    def __init__(self):
        super(Model, self).__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 16, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(64 * 4 * 4, 128),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(128, 10),
            nn.Sigmoid(),
        )

    def forward(self, x):
        x = self.features(x)
        x = self.classifier(x)
        return x
""",
    ),
    # Dropout on the ten scores sets the scores of random classes to 0 in training; it may only stand before the last linear layer.
    _wrong(
        "dropout after the last linear layer",
        answer="model",
        check="model",
        fails="train_mode",
        cause="Dropout after the last linear layer sets",
        source='''
class Model(nn.Module):
    """Classify 32 × 32 colour images: pixels in [0, 1] go in, probabilities come out."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.4914, 0.4822, 0.4465])[None, :, None, None])
        self.register_buffer("std", torch.tensor([0.2470, 0.2435, 0.2616])[None, :, None, None])
        self.conv = nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(64, 128, 3, padding=1), nn.BatchNorm2d(128), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.linear = nn.Linear(128, 10)
        self.dropout = nn.Dropout(0.4)

    def forward(self, x):
        """Map images (n, 3, 32, 32), float in [0, 1], to probabilities (n, 10)."""
        x = (x - self.mean) / self.std
        x = self.pool(self.conv(x)).flatten(1)
        x = self.dropout(self.linear(x))
        return x.softmax(dim=1)
''',
    ),
    # F.dropout is on by default even after eval(); pass training=self.training or use nn.Dropout, else the answers are random.
    _wrong(
        "F.dropout active in eval mode",
        answer="model",
        check="model",
        fails="deterministic",
        cause="Dropout is still active in eval mode",
        source="""
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 32, 3, padding=1)
        self.c2 = nn.Conv2d(32, 64, 3, padding=1)
        self.c3 = nn.Conv2d(64, 64, 3, padding=1)
        self.f1 = nn.Linear(64 * 16, 128)
        self.f2 = nn.Linear(128, 10)

    def forward(self, x):
        for conv in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        x = F.relu(self.f1(torch.flatten(x, 1)))
        x = F.dropout(x, 0.5)
        return F.softmax(self.f2(x), dim=1)
""",
    ),
    # Mean and standard deviation of the current batch make an answer depend on the other images; use fixed numbers.
    _wrong(
        "normalises by the statistics of the batch",
        answer="model",
        check="model",
        fails="each_for_itself",
        cause="The images of a batch influence each",
        source='''
class Model(nn.Module):
    """Classify 32 × 32 colour images: pixels in [0, 1] go in, probabilities come out."""

    def __init__(self):
        super().__init__()
        widths = [3, 32, 64, 128]
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2))
            for a, b in zip(widths[:-1], widths[1:])
        )
        self.out = nn.Linear(128, 10)

    def forward(self, x):
        """Map images (n, 3, 32, 32), float in [0, 1], to probabilities (n, 10)."""
        mean = x.mean(dim=(0, 2, 3), keepdim=True)
        std = x.std(dim=(0, 2, 3), keepdim=True)
        x = (x - mean) / (std + 1e-5)
        for stage in self.stages:
            x = stage(x)
        x = x.amax(dim=(2, 3))
        return self.out(x).softmax(dim=1)
''',
    ),
    # With track_running_stats=False batch norm uses the batch in eval mode too, so an answer depends on its neighbours.
    _wrong(
        "batch norm without running statistics",
        answer="model",
        check="model",
        fails="each_for_itself",
        cause="The images of a batch influence each",
        source="""
class ConvBNReLU(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(cout, track_running_stats=False)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            ConvBNReLU(3, 32), ConvBNReLU(32, 32), nn.MaxPool2d(2),
            ConvBNReLU(32, 64), ConvBNReLU(64, 64), nn.MaxPool2d(2),
            ConvBNReLU(64, 128), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Linear(128, 10), nn.Softmax(dim=1),
        )

    def forward(self, x):
        return self.body(2 * x - 1)
""",
    ),
    # view(64, …) works only for batches of 64 images; take n from x.shape[0] or use flatten(1).
    _wrong(
        "hard-coded batch size",
        answer="model",
        check="model",
        fails="shape",
        cause="The number of images, or of features",
        source='''
BATCH_SIZE = 64


class Model(nn.Module):
    """Classify 32 × 32 colour images: pixels in [0, 1] go in, probabilities come out."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(64 * 8 * 8, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        """Map images (n, 3, 32, 32), float in [0, 1], to probabilities (n, 10)."""
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.view(BATCH_SIZE, 64 * 8 * 8)
        x = F.relu(self.fc1(x))
        return F.softmax(self.fc2(x), dim=1)
''',
    ),
    # squeeze() removes every axis of length 1, the batch axis of a single image too, so the answer is (10,) and not (1, 10); use flatten(1).
    _wrong(
        "squeeze drops a batch of one",
        answer="model",
        check="model",
        fails="single_image",
        cause="`squeeze()` drops the batch axis as well",
        source="""
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("m", torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1))
        self.register_buffer("s", torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1))
        self.cnn = nn.Sequential(
            nn.Conv2d(3, 48, 3, padding=1), nn.BatchNorm2d(48), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(48, 96, 3, padding=1), nn.BatchNorm2d(96), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(96, 96, 3, padding=1), nn.BatchNorm2d(96), nn.ReLU(),
            nn.AdaptiveMaxPool2d(1),
        )
        self.lin = nn.Linear(96, 10)

    def forward(self, x):
        h = self.cnn((x - self.m) / self.s).squeeze()
        return self.lin(h).softmax(dim=-1)
""",
    ),
    # sub_ and div_ change the caller's images, so the second call with the same batch sees other pixels; write (x - mean) / std.
    _wrong(
        "normalises the input in place",
        answer="model",
        check="model",
        fails="inputs_unchanged",
        cause="An operator such as `-=`, or a method",
        source='''
class Model(nn.Module):
    """Classify 32 × 32 colour images: pixels in [0, 1] go in, probabilities come out."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1))
        self.layers = nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
            nn.Conv2d(64, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64, 10),
        )

    def forward(self, x):
        """Map images (n, 3, 32, 32), float in [0, 1], to probabilities (n, 10)."""
        x.sub_(self.mean).div_(self.std)
        return torch.softmax(self.layers(x), 1)
''',
    ),
    # The images come as (n, 3, 32, 32) already; your permute makes (n, 32, 3, 32) of them, which the first convolution refuses.
    _wrong(
        "expects channels last",
        answer="model",
        check="model",
        fails="shape",
        cause="A convolution expects another number of channels",
        source="""
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(64 * 8 * 8, 10),
        )

    def forward(self, x):
        # (n, 32, 32, 3) -> (n, 3, 32, 32)
        x = x.permute(0, 3, 1, 2)
        return self.net(x).softmax(dim=1)
""",
    ),
    # A plain list hides its layers from nn.Module: eval() does not reach the batch norms and the optimiser does not see the weights; use nn.ModuleList.
    _wrong(
        "layers in a plain list",
        answer="model",
        check="model",
        fails="each_for_itself",
        cause="`model.eval()` does not reach `BatchNorm2d`",
        source='''
class Model(nn.Module):
    """Classify 32 × 32 colour images: pixels in [0, 1] go in, probabilities come out."""

    def __init__(self):
        super().__init__()
        self.blocks = []
        channels = 3
        for width in [32, 64, 128]:
            self.blocks.append(nn.Conv2d(channels, width, kernel_size=3, padding=1))
            self.blocks.append(nn.BatchNorm2d(width))
            self.blocks.append(nn.ReLU())
            self.blocks.append(nn.MaxPool2d(2))
            channels = width
        self.fc = nn.Linear(channels * 4 * 4, 10)

    def forward(self, x):
        """Map images (n, 3, 32, 32), float in [0, 1], to probabilities (n, 10)."""
        for layer in self.blocks:
            x = layer(x)
        x = x.reshape(x.shape[0], -1)
        return F.softmax(self.fc(x), dim=1)
''',
    ),
    # e.sum() adds up the whole batch, so all rows together sum to 1; sum over dim=1 with keepdim=True.
    _wrong(
        "softmax by hand sums over everything",
        answer="model",
        check="model",
        fails="probabilities",
        cause="All numbers together sum to 1, so",
        source="""
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.fc1 = nn.Linear(64 * 8 * 8, 64)
        self.drop = nn.Dropout(p=0.25)
        self.fc2 = nn.Linear(64, 10)

    @staticmethod
    def softmax(z):
        e = torch.exp(z - z.max())
        return e / e.sum()

    def forward(self, x):
        n = x.size(0)
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.view(n, -1)))
        return self.softmax(self.fc2(self.drop(x)))
""",
    ),
    # A layer created in forward has new random weights at every call and is never trained; create it in __init__.
    _wrong(
        "last layer created in forward",
        answer="model",
        check="model",
        fails="deterministic",
        cause="`forward` makes a new `Linear` at every call",
        source='''
class Model(nn.Module):
    """Classify 32 × 32 colour images: pixels in [0, 1] go in, probabilities come out."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        )

    def forward(self, x):
        """Map images (n, 3, 32, 32), float in [0, 1], to probabilities (n, 10)."""
        x = self.features(x)
        x = torch.flatten(x, start_dim=1)
        fc = nn.Linear(x.shape[1], 10).to(x.device)  # so I need not work out the size
        return fc(x).softmax(dim=1)
''',
    ),
    # F.cross_entropy applies softmax to what it gets, and your model has done so already; take the log of the probabilities instead.
    _wrong(
        "F.cross_entropy on probabilities",
        answer="calculate_loss",
        check="calculate_loss",
        fails="value",
        cause="Softmax is applied again: the model answers",
        source='''
def calculate_loss(X, y, model):
    """Mean cross-entropy of a model on a batch: a 0-d tensor that can be differentiated.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (n, 3, 32, 32), float in [0, 1].
    y : torch.Tensor
        Class numbers, shape (n,), int64.
    model : Model
        Answers probabilities, shape (n, 10).
    """
    return F.cross_entropy(model(X), y)
''',
    ),
    # Where the right class has p = 0 your loss is infinite; keep p above torch.finfo(p.dtype).tiny before the log.
    _wrong(
        "no clamp before the log",
        answer="calculate_loss",
        check="calculate_loss",
        fails="certain_and_wrong",
        cause="The log of a softmax that has",
        source='''
def calculate_loss(X, y, model):
    """Mean cross-entropy of a model on a batch: a 0-d tensor that can be differentiated.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (n, 3, 32, 32), float in [0, 1].
    y : torch.Tensor
        Class numbers, shape (n,), int64.
    model : Model
        Answers probabilities, shape (n, 10).
    """
    p = model(X)
    right = p[torch.arange(len(y), device=p.device), y]
    return -torch.log(right).mean()
''',
    ),
    # You add up the losses of the images; divide by their number, or the loss grows with the batch.
    _wrong(
        "sum instead of mean",
        answer="calculate_loss",
        check="calculate_loss",
        fails="value",
        cause="The sum over the batch, not its",
        source="""
def calculate_loss(X, y, model):
    probs = model(X)
    logp = probs.clamp(min=torch.finfo(probs.dtype).tiny).log()
    return F.nll_loss(logp, y, reduction="sum")
""",
    ),
    # F.nll_loss takes no logarithm itself: it expects log-probabilities, so you return minus the mean probability.
    _wrong(
        "nll_loss without the log",
        answer="calculate_loss",
        check="calculate_loss",
        fails="value",
        cause="The log is missing: take −log p",
        source='''
def calculate_loss(X, y, model):
    """Mean cross-entropy of a model on a batch: a 0-d tensor that can be differentiated.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (n, 3, 32, 32), float in [0, 1].
    y : torch.Tensor
        Class numbers, shape (n,), int64.
    model : Model
        Answers probabilities, shape (n, 10).
    """
    probabilities = model(X)
    probabilities = torch.clamp(probabilities, min=1e-12)
    loss = F.nll_loss(probabilities, y)
    return loss
''',
    ),
    # mean() of the (n, 10) products divides by 10 n, and not by n: your loss is ten times too small.
    _wrong(
        "mean over images and classes",
        answer="calculate_loss",
        check="calculate_loss",
        fails="value",
        cause="The mean runs over all classes as",
        source='''
def calculate_loss(X, y, model):
    """Mean cross-entropy of a model on a batch: a 0-d tensor that can be differentiated.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (n, 3, 32, 32), float in [0, 1].
    y : torch.Tensor
        Class numbers, shape (n,), int64.
    model : Model
        Answers probabilities, shape (n, 10).
    """
    p = model(X).clamp_min(1e-30)
    target = F.one_hot(y, num_classes=10).to(p.dtype)
    return -(target * p.log()).mean()
''',
    ),
    # You divide by 256 whatever the batch holds; the last batch is smaller, so divide by len(y).
    _wrong(
        "divides by a fixed batch size",
        answer="calculate_loss",
        check="calculate_loss",
        fails="value",
        cause="The sum is divided by 256, whatever",
        source="""
batch_size = 256


def calculate_loss(X, y, model):
    p = model(X)
    p_right = p.gather(1, y.unsqueeze(1)).squeeze(1)
    return -p_right.clamp(min=torch.finfo(p.dtype).tiny).log().sum() / batch_size
""",
    ),
    # item() and torch.tensor make plain numbers of the losses, so nothing can be differentiated; stay with tensors.
    _wrong(
        "gradient lost through item()",
        answer="calculate_loss",
        check="calculate_loss",
        fails="gradient",
        cause="The loss has a gradient, but not",
        source='''
def calculate_loss(X, y, model):
    """Mean cross-entropy of a model on a batch: a 0-d tensor that can be differentiated.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (n, 3, 32, 32), float in [0, 1].
    y : torch.Tensor
        Class numbers, shape (n,), int64.
    model : Model
        Answers probabilities, shape (n, 10).
    """
    p = model(X)
    losses = []
    for i in range(len(y)):
        p_i = max(p[i, y[i]].item(), 1e-30)
        losses.append(-np.log(p_i))
    return torch.tensor(np.mean(losses), dtype=p.dtype, requires_grad=True)
''',
    ),
    # clamp_ overwrites the answer that softmax keeps for its gradient, so backward() fails; use clamp, which makes a new tensor.
    _wrong(
        "clamps the model's answer in place",
        answer="calculate_loss",
        check="calculate_loss",
        fails="value",
        cause="A method that ends in an underscore",
        source='''
def calculate_loss(X, y, model):
    """Mean cross-entropy of a model on a batch: a 0-d tensor that can be differentiated.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (n, 3, 32, 32), float in [0, 1].
    y : torch.Tensor
        Class numbers, shape (n,), int64.
    model : Model
        Answers probabilities, shape (n, 10).
    """
    probs = model(X)
    probs.clamp_(min=torch.finfo(probs.dtype).tiny)
    return -probs[range(len(y)), y].log().mean()
''',
    ),
    # F.one_hot(y) makes only y.max() + 1 columns, so the shapes clash when the last class is missing; pass num_classes=10.
    _wrong(
        "one_hot without the number of classes",
        answer="calculate_loss",
        check="calculate_loss",
        fails="missing_classes",
        cause="`F.one_hot(y)` is only as wide as the",
        source="""
def calculate_loss(X, y, model):
    p = model(X)
    Y = F.one_hot(y).float()
    logs = torch.log(torch.clamp(p, torch.finfo(p.dtype).tiny, 1.0))
    return torch.mean(-torch.sum(Y * logs, dim=1))
""",
    ),
    # p[:, y] has shape (n, n) and pairs each image with the labels of all; p[torch.arange(n), y] takes one entry from each row.
    _wrong(
        "p[:, y] instead of one entry a row",
        answer="calculate_loss",
        check="calculate_loss",
        fails="value",
        cause="`p[:, y]` pairs every image with the",
        source='''
def calculate_loss(X, y, model):
    """Mean cross-entropy of a model on a batch: a 0-d tensor that can be differentiated.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (n, 3, 32, 32), float in [0, 1].
    y : torch.Tensor
        Class numbers, shape (n,), int64.
    model : Model
        Answers probabilities, shape (n, 10).
    """
    p = model(X)
    eps = torch.finfo(p.dtype).tiny
    return -p[:, y].clamp(min=eps).log().mean()
''',
    ),
    # A floor of 0.01 caps the loss at 4.6, and images below it give no gradient; keep p above the smallest float only.
    _wrong(
        "clamps far too high",
        answer="calculate_loss",
        check="calculate_loss",
        fails="certain_and_wrong",
        cause="Probabilities below 0.01 count as 0.01",
        source="""
def calculate_loss(X, y, model):
    eps = 1e-2  # against log(0)
    n = X.shape[0]
    p = torch.clip(model(X), eps, 1.0)
    return -torch.log(p[torch.arange(n), y]).sum() / n
""",
    ),
    # You return a loss for every image, of shape (n,); the contract asks for their mean, a 0-d tensor.
    _wrong(
        "one loss for each image",
        answer="calculate_loss",
        check="calculate_loss",
        fails="value",
        cause="`reduction='none'` or a missing `.mean()`: average over",
        source='''
def calculate_loss(X, y, model):
    """Mean cross-entropy of a model on a batch: a 0-d tensor that can be differentiated.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (n, 3, 32, 32), float in [0, 1].
    y : torch.Tensor
        Class numbers, shape (n,), int64.
    model : Model
        Answers probabilities, shape (n, 10).
    """
    p = model(X)
    log_p = torch.log(p.clamp(min=torch.finfo(p.dtype).tiny))
    criterion = nn.NLLLoss(reduction="none")
    return criterion(log_p, y)
''',
    ),
    # At p = 0 the loss is finite but the gradient is 0 · inf = nan, for where comes after the log; make p safe before the log.
    _wrong(
        "torch.where after the log gives a nan gradient",
        answer="calculate_loss",
        check="calculate_loss",
        fails="certain_and_wrong",
        cause="Mending nan after the log is too",
        source='''
def calculate_loss(X, y, model):
    """Mean cross-entropy of a model on a batch: a 0-d tensor that can be differentiated.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (n, 3, 32, 32), float in [0, 1].
    y : torch.Tensor
        Class numbers, shape (n,), int64.
    model : Model
        Answers probabilities, shape (n, 10).
    """
    p = model(X)
    right = p[torch.arange(y.shape[0], device=y.device), y]
    log_right = torch.where(right > 0, right.log(), torch.full_like(right, -100.0))
    return -log_right.mean()
''',
    ),
    # You average within each class first, so images of rare classes count for more; take one mean over all images.
    _wrong(
        "mean of the means of the classes",
        answer="calculate_loss",
        check="calculate_loss",
        fails="value",
        cause="The mean is taken class by class",
        source="""
def calculate_loss(X, y, model):
    p = model(X)
    p = p.clamp(min=torch.finfo(p.dtype).tiny)
    per_class = []
    for c in y.unique():
        per_class.append(-p[y == c, c].log().mean())
    return torch.stack(per_class).mean()
""",
    ),
    # Images that were certainly wrong do not count at all: the loss is then too small, and nan where nothing is
    # left. It has to be finite and above 5.
    _wrong(
        "Images with probability 0 are left out, so that no infinity arises",
        answer="calculate_loss",
        check="calculate_loss",
        fails="certain_and_wrong",
        cause="are left out",
        source="""def calculate_loss(X, y, model):
    p = model(X)
    right = p.gather(1, y[:, None])[:, 0]
    right = right[right > 0]          # log(0) is -inf
    return -right.log().mean()
""",
    ),
    # The squares of all weights are added, so the value is not the mean cross-entropy; a plain function as a
    # model would not even do. L2 belongs to the optimiser in train.
    _wrong(
        "Weight decay inside the loss",
        answer="calculate_loss",
        check="calculate_loss",
        fails="value",
        cause="(L2) is added",
        source="""def calculate_loss(X, y, model, l2=5e-4):
    p = model(X)
    right = p[torch.arange(len(y), device=y.device), y]
    data_loss = -right.clamp_min(torch.finfo(p.dtype).tiny).log().mean()
    penalty = sum((w ** 2).sum() for w in model.parameters())
    return data_loss + l2 * penalty
""",
    ),
    # Two mistakes: F.cross_entropy applies softmax to probabilities again (certain and wrong gives 2.46, not
    # above 5), and dividing by 256 is wrong for every other batch, such as the last with 200 images.
    _wrong(
        "F.cross_entropy of the probabilities, the sum divided by the batch size of 256",
        answer="calculate_loss",
        check="calculate_loss",
        fails="value",
        cause="divided by 256 as well",
        source="""BATCH_SIZE = 256


def calculate_loss(X, y, model):
    p = model(X)
    p = torch.clamp(p, min=torch.finfo(p.dtype).tiny)
    return F.cross_entropy(p, y, reduction="sum") / BATCH_SIZE
""",
    ),
    # losses is a Python list of tensors, and torch.mean wants one tensor (TypeError in the last line). Join them
    # first: torch.stack(losses).mean(), which keeps the gradient; torch.tensor(losses) would lose it.
    _wrong(
        "torch.mean of a list",
        answer="calculate_loss",
        check="calculate_loss",
        fails="value",
        cause="`torch.stack` makes one",
        source="""def calculate_loss(X, y, model):
    p = model(X)
    tiny = torch.finfo(p.dtype).tiny
    losses = []
    for i in range(len(y)):
        losses.append(-torch.log(p[i, y[i]].clamp(min=tiny)))
    return torch.mean(losses)
""",
    ),
]

RIGHTS = [
    # Correct: a 1 × 1 convolution and a mean over places are as good as a linear layer, and exp(log_softmax) is softmax.
    _right(
        "fully convolutional, exp of log_softmax",
        answer="model",
        check="model",
        source='''
class Model(nn.Module):
    """Classify 32 × 32 colour images: pixels in [0, 1] go in, probabilities come out."""

    def __init__(self):
        super().__init__()

        def conv(i, o, stride=1):
            return [nn.Conv2d(i, o, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(o), nn.GELU()]

        self.net = nn.Sequential(
            *conv(3, 32), *conv(32, 32, 2), *conv(32, 64), *conv(64, 64, 2), *conv(64, 128), *conv(128, 128, 2),
            nn.Conv2d(128, 10, 1),
        )

    def forward(self, x):
        """Map images (n, 3, 32, 32), float in [0, 1], to probabilities (n, 10)."""
        return self.net(x * 4 - 2).mean((2, 3)).log_softmax(-1).exp()
''',
    ),
    # Correct: a batch norm without weights learns the channels' means and deviations, and uses fixed ones in eval mode.
    _right(
        "batch norm normalises the input, Softmax module in Sequential",
        answer="model",
        check="model",
        source="""
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        steps = [nn.BatchNorm2d(3, affine=False)]
        for a, b in ((3, 32), (32, 64), (64, 128)):
            for i in (a, b):
                steps.extend((nn.Conv2d(i, b, 3, padding="same"), nn.BatchNorm2d(b), nn.ReLU()))
            steps.append(nn.MaxPool2d(2))
        steps += [nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(128, 10), nn.Softmax(dim=1)]
        self.forward_steps = nn.Sequential(*steps)

    def forward(self, x):
        return self.forward_steps(x)
""",
    ),
    # Correct: group norm looks at one image at a time, and the softmax by hand subtracts the row's largest score and sums over the row.
    _right(
        "residual with group norm, softmax by hand",
        answer="model",
        check="model",
        source='''
class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a = nn.Conv2d(c, c, 3, padding=1)
        self.b = nn.Conv2d(c, c, 3, padding=1)
        self.n1, self.n2 = nn.GroupNorm(8, c), nn.GroupNorm(8, c)

    def forward(self, x):
        h = self.a(self.n1(x).relu())
        return x + self.b(self.n2(h).relu())


class Model(nn.Module):
    """Classify 32 × 32 colour images: pixels in [0, 1] go in, probabilities come out."""

    def __init__(self):
        super().__init__()
        self.register_buffer("shift", torch.tensor([0.4914, 0.4822, 0.4465]).view(3, 1, 1))
        self.register_buffer("scale", 1 / torch.tensor([0.2470, 0.2435, 0.2616]).view(3, 1, 1))
        self.stem = nn.Conv2d(3, 32, 3, padding=1)
        self.res1, self.down1 = Residual(32), nn.Conv2d(32, 64, 2, stride=2)
        self.res2, self.down2 = Residual(64), nn.Conv2d(64, 128, 2, stride=2)
        self.res3 = Residual(128)
        self.last = nn.Linear(128, 10)

    def forward(self, x):
        """Map images (n, 3, 32, 32), float in [0, 1], to probabilities (n, 10)."""
        x = self.stem((x - self.shift) * self.scale)
        x = self.down1(self.res1(x))
        x = self.down2(self.res2(x))
        z = self.last(self.res3(x).relu().mean(dim=[-1, -2]))
        z = z - z.max(dim=1, keepdim=True).values
        e = z.exp()
        return e / e.sum(dim=1, keepdim=True)
''',
    ),
    # Correct: in eval mode the mean of the answers for an image and its mirror image is still a probability and depends on that image alone.
    _right(
        "averages with the mirror image in eval mode",
        answer="model",
        check="model",
        source="""
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(64, 128, 3, padding=1), nn.BatchNorm2d(128), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Dropout(0.25), nn.Linear(128 * 4 * 4, 10),
        )
        self.register_buffer("mean", torch.tensor([[[[0.4914]], [[0.4822]], [[0.4465]]]]))
        self.register_buffer("std", torch.tensor([[[[0.2470]], [[0.2435]], [[0.2616]]]]))

    def _once(self, x):
        return F.softmax(self.trunk((x - self.mean) / self.std), dim=1)

    def forward(self, x):
        p = self._once(x)
        if self.training:
            return p
        return (p + self._once(x.flip(-1))) / 2
""",
    ),
    # Correct: F.dropout is given training=self.training, and modules set with setattr are registered like any other.
    _right(
        "depthwise convolutions, setattr, F.dropout with training",
        answer="model",
        check="model",
        source='''
class Model(nn.Module):
    """Classify 32 × 32 colour images: pixels in [0, 1] go in, probabilities come out."""

    WIDTHS = (32, 64, 128)

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, self.WIDTHS[0], 3, padding=1)
        before = self.WIDTHS[0]
        for k, width in enumerate(self.WIDTHS):
            setattr(self, f"depth{k}", nn.Conv2d(before, before, 3, padding=1, groups=before, bias=False))
            setattr(self, f"point{k}", nn.Conv2d(before, width, 1, bias=False))
            setattr(self, f"norm{k}", nn.BatchNorm2d(width))
            before = width
        self.out = nn.Linear(before, 10)

    def forward(self, x):
        """Map images (n, 3, 32, 32), float in [0, 1], to probabilities (n, 10)."""
        h = self.stem((x - 0.47) / 0.25)
        for k in range(len(self.WIDTHS)):
            h = getattr(self, f"point{k}")(getattr(self, f"depth{k}")(h))
            h = F.max_pool2d(F.silu(getattr(self, f"norm{k}")(h)), kernel_size=2)
        h = torch.einsum("nchw->nc", h) / (h.shape[2] * h.shape[3])
        h = F.dropout(h, p=0.2, training=self.training)
        return torch.softmax(self.out(h), dim=-1)
''',
    ),
    # Correct: softmax of log p is p again where the rows sum to 1, so F.cross_entropy of log p is the mean of -log p.
    _right(
        "cross_entropy of log-probabilities",
        answer="calculate_loss",
        check="calculate_loss",
        source='''
def calculate_loss(X, y, model):
    """Mean cross-entropy of a model on a batch: a 0-d tensor that can be differentiated.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (n, 3, 32, 32), float in [0, 1].
    y : torch.Tensor
        Class numbers, shape (n,), int64.
    model : Model
        Answers probabilities, shape (n, 10).
    """
    p = model(X)
    return F.cross_entropy(p.clamp(min=torch.finfo(p.dtype).tiny).log(), y)
''',
    ),
    # Correct: the mask picks one entry from each row, and the floor keeps the loss finite.
    _right(
        "boolean mask",
        answer="calculate_loss",
        check="calculate_loss",
        source="""
def calculate_loss(X, y, model):
    p = model(X)
    mask = torch.arange(p.shape[1], device=y.device)[None, :] == y[:, None]
    return p[mask].clamp_min(1e-30).log().neg().mean()
""",
    ),
    # Correct though slow: stack keeps the gradient, and the mean is over the images.
    _right(
        "loop over the images, stacked",
        answer="calculate_loss",
        check="calculate_loss",
        source='''
def calculate_loss(X, y, model):
    """Mean cross-entropy of a model on a batch: a 0-d tensor that can be differentiated.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (n, 3, 32, 32), float in [0, 1].
    y : torch.Tensor
        Class numbers, shape (n,), int64.
    model : Model
        Answers probabilities, shape (n, 10).
    """
    floor = torch.finfo(torch.float32).tiny
    losses = [-torch.log(torch.clamp(row[label], min=floor)) for row, label in zip(model(X), y.tolist())]
    return sum(losses) / len(losses)
''',
    ),
    # Correct: one-hot over all ten columns, a sum of products, divided by the number of images.
    _right(
        "one-hot and einsum",
        answer="calculate_loss",
        check="calculate_loss",
        source="""
def calculate_loss(X, y, model):
    p = model(X)
    log_p = torch.maximum(p, torch.full_like(p, torch.finfo(p.dtype).tiny)).log()
    target = torch.zeros_like(log_p).scatter_(1, y.view(-1, 1), 1.0)
    return -torch.einsum("ij,ij->", target, log_p) / y.numel()
""",
    ),
    # Correct: 1e-12 added before the log changes nothing that counts, and p = 0 gives 27.6.
    _right(
        "NLLLoss with a small number added",
        answer="calculate_loss",
        check="calculate_loss",
        source='''
def calculate_loss(X, y, model):
    """Mean cross-entropy of a model on a batch: a 0-d tensor that can be differentiated.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (n, 3, 32, 32), float in [0, 1].
    y : torch.Tensor
        Class numbers, shape (n,), int64.
    model : Model
        Answers probabilities, shape (n, 10).
    """
    nll = nn.NLLLoss()
    return nll(torch.log(model(X) + 1e-12), y)
''',
    ),
]
