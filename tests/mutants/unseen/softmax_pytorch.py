"""Answers of 2_softmax_pytorch by somebody who had read the student edition alone, none of the checks.

Above each stands what a teacher would say of it. Where `cause` is empty, the card gives a general hint only.
"""

from __future__ import annotations

from functools import partial

from tests.mutants.submission import Mutant, Right

NOTEBOOK = "linear_classifiers/2_softmax_pytorch"
_wrong = partial(Mutant, notebook=NOTEBOOK)
_right = partial(Right, notebook=NOTEBOOK)

MUTANTS = [
    # Cross-entropy takes the labels as they are; rows of probabilities count as soft labels.
    _wrong(
        "labels as one-hot rows",
        answer="train_evaluate",
        check="train_evaluate",
        fails="train_steps",
        cause="",
        append="""
def train(model, iterator, optimizer, criterion, device):
    model.train()
    loss_sum = correct = n = 0
    for x, y in iterator:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad(); logits = model(x); loss = criterion(logits, nn.functional.one_hot(y, 10).float()); loss.backward()
        loss_sum += loss.item() * len(y); correct += calculate_accuracy(logits, y).item() * len(y); n += len(y)
    return loss_sum / n, correct / n
""",
    ),
    # The probabilities are rounded to 0 and 1, so that the largest one may not be seen any more.
    _wrong(
        "probabilities, rounded",
        answer="train_evaluate",
        check="train_evaluate",
        fails="accuracy",
        cause="",
        append="""
def calculate_accuracy(logits, y):
    return (logits.softmax(1).round().argmax(1) == y).float().mean()
""",
    ),
    # Python's own `random` has a generator too, and you never seed it.
    _wrong(
        "forgets Python's random",
        answer="set_seed",
        check="set_seed",
        fails="python_generator",
        cause="`random` is not seeded: call `random.seed(seed)`",
        source='''
def set_seed(seed):
    """Seed `random`, numpy, torch and CUDA, and make cuDNN deterministic."""
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)
    torch.backends.cudnn.deterministic = True
''',
    ),
    # `np.random.default_rng` makes a new generator and leaves numpy's global one alone.
    _wrong(
        "default_rng instead of global seed",
        answer="set_seed",
        check="set_seed",
        fails="numpy_generator",
        cause="Numpy's global generator is not seeded: call",
        source="""
def set_seed(seed):
    random.seed(seed)
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
""",
    ),
    # You seed with the constant SEED instead of the argument, so every seed gives the same draws.
    _wrong(
        "uses the constant SEED",
        answer="set_seed",
        check="set_seed",
        fails="python_generator",
        cause="The argument is not used here: call",
        source="""
def set_seed(seed):
    # seed everything
    random.seed(SEED)
    np.random.seed(SEED)
    torch.manual_seed(SEED)
    torch.cuda.manual_seed_all(SEED)
    torch.backends.cudnn.deterministic = True
""",
    ),
    # `torch.cuda.manual_seed_all` does not touch the CPU generator; you need `torch.manual_seed` as well.
    _wrong(
        "seeds torch on CUDA only",
        answer="set_seed",
        check="set_seed",
        fails="torch_generator",
        cause="Torch is not seeded: call `torch.manual_seed(seed)`",
        source="""
def set_seed(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.cuda.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)
    torch.backends.cudnn.deterministic = True
""",
    ),
    # The flag is misspelt, so Python creates a new attribute and cuDNN stays non-deterministic.
    _wrong(
        "typo in the cuDNN flag",
        answer="set_seed",
        check="set_seed",
        fails="deterministic",
        cause="On a GPU the fastest convolution may",
        source='''
def set_seed(seed):
    """Seed everything."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)
    torch.backends.cudnn.determinstic = True
''',
    ),
    # Each generator should get `seed` unchanged, not a number derived from it.
    _wrong(
        "different seed for each library",
        answer="set_seed",
        check="set_seed",
        fails="numpy_generator",
        cause="Another number than `seed` is handed on",
        source="""
def set_seed(seed):
    # other numbers for every library so that they are independent
    random.seed(seed)
    np.random.seed((seed + 1) % 2**32)
    torch.manual_seed(seed + 2)
    torch.cuda.manual_seed_all(seed + 2)
    torch.backends.cudnn.deterministic = True
""",
    ),
    # The mean of the images' own spreads is smaller than the spread of all pixels together.
    _wrong(
        "mean of each image's own std",
        answer="channel_statistics",
        check="channel_statistics",
        fails="deviations",
        cause="This is the mean of each image's",
        source='''
def channel_statistics(images):
    """Mean and standard deviation of each colour."""
    means = images.mean(axis=(1, 2)).mean(axis=0) / 255
    stds = images.std(axis=(1, 2)).mean(axis=0) / 255
    return means, stds
''',
    ),
    # The standard deviation scales with the pixels, so it has to be divided by 255 as well.
    _wrong(
        "std not divided by 255",
        answer="channel_statistics",
        check="channel_statistics",
        fails="deviations",
        cause="The pixels are still 0 … 255",
        source="""
def channel_statistics(images):
    means = np.mean(images, axis=(0, 1, 2)) / 255
    stds = np.std(images, axis=(0, 1, 2))
    return means, stds
""",
    ),
    # The colour is the last axis; `reshape(3, -1)` cuts the memory in three parts and mixes the colours.
    _wrong(
        "reshape(3, -1) mixes the colours",
        answer="channel_statistics",
        check="channel_statistics",
        fails="means",
        cause="`reshape(3, -1)` cuts the images into three",
        source="""
def channel_statistics(images):
    pixels = images.reshape(3, -1) / 255.0
    means = pixels.mean(axis=1)
    stds = pixels.std(axis=1)
    return means, stds
""",
    ),
    # Squares of uint8 wrap around at 256; convert to float before you square.
    _wrong(
        "uint8 overflow in the square",
        answer="channel_statistics",
        check="channel_statistics",
        fails="deviations",
        cause="Squares of uint8 wrap around at 256",
        source="""
def channel_statistics(images):
    mean = images.mean(axis=(0, 1, 2))
    mean_of_squares = (images ** 2).mean(axis=(0, 1, 2))
    std = np.sqrt(np.abs(mean_of_squares - mean ** 2))
    return mean / 255, std / 255
""",
    ),
    # `//` is integer division: every pixel below 255 becomes 0.
    _wrong(
        "integer division by 255",
        answer="channel_statistics",
        check="channel_statistics",
        fails="means",
        cause="`//` divides integers, and leaves 0 of",
        source="""
def channel_statistics(images):
    scaled = images // 255
    means, stds = [], []
    for c in range(3):
        channel = scaled[..., c]
        means.append(channel.mean())
        stds.append(channel.std())
    return np.array(means), np.array(stds)
""",
    ),
    # Without `axis` you average over the colours too; each channel needs its own number.
    _wrong(
        "one number for all channels",
        answer="channel_statistics",
        check="channel_statistics",
        fails="means",
        cause="All channels are averaged together: keep the",
        source="""
def channel_statistics(images):
    m = images.mean() / 255
    s = images.std() / 255
    return np.full(3, m), np.full(3, s)
""",
    ),
    # Test images must stay as they are: your test transforms still flip them at random.
    _wrong(
        "test images augmented too",
        answer="transforms",
        check="transforms",
        fails="test_deterministic",
        cause="Something random is in `test_transforms`: augmentation belongs",
        source="""
normalize = transforms.Normalize(means, stds)
train_transforms = transforms.Compose([
    transforms.RandomRotation(5),
    transforms.RandomHorizontalFlip(0.5),
    transforms.RandomCrop(32, padding=2),
    transforms.ToTensor(),
    normalize,
])
test_transforms = transforms.Compose([
    transforms.RandomHorizontalFlip(0.5),
    transforms.ToTensor(),
    normalize,
])
""",
    ),
    # You turn the horse upside down; left to right is `RandomHorizontalFlip`.
    _wrong(
        "vertical flip",
        answer="transforms",
        check="transforms",
        fails="flips",
        cause="A vertical flip turns ships and horses",
        source="""
train_transforms = transforms.Compose(
    [
        transforms.RandomRotation(5),
        transforms.RandomVerticalFlip(p=0.5),
        transforms.RandomCrop(32, padding=2),
        transforms.ToTensor(),
        transforms.Normalize(mean=means, std=stds),
    ]
)
test_transforms = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean=means, std=stds)])
""",
    ),
    # A crop of 32 pixels from 32 pixels cannot move; pad by 2 first.
    _wrong(
        "crop without padding",
        answer="transforms",
        check="transforms",
        fails="crops",
        cause="Add `RandomCrop(32, padding=2)`: without padding, a crop",
        source="""
train_transforms = transforms.Compose([
    transforms.RandomRotation(5),
    transforms.RandomHorizontalFlip(),
    transforms.RandomCrop(32),
    transforms.ToTensor(),
    transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
])
test_transforms = transforms.Compose([
    transforms.ToTensor(),
    transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
])
""",
    ),
    # Normalising is not augmentation: test images need the same scale as training images.
    _wrong(
        "test images not normalised",
        answer="transforms",
        check="transforms",
        fails="test_values",
        cause="Nothing is normalised: add `Normalize(means, stds)` after",
        source="""
train_transforms = transforms.Compose([
    transforms.RandomRotation(degrees=5),
    transforms.RandomHorizontalFlip(),
    transforms.RandomCrop(size=32, padding=2),
    transforms.ToTensor(),
    transforms.Normalize(means, stds),
])
test_transforms = transforms.ToTensor()
""",
    ),
    # `PILToTensor` keeps 0 to 255, but means and stds are for pixels divided by 255.
    _wrong(
        "PILToTensor without division by 255",
        answer="transforms",
        check="transforms",
        fails="test_values",
        cause="The pixels are 0 … 255 when",
        source="""
tail = [
    transforms.PILToTensor(),
    transforms.Lambda(lambda x: x.float()),
    transforms.Normalize(means, stds),
]
train_transforms = transforms.Compose([
    transforms.RandomRotation(5),
    transforms.RandomHorizontalFlip(),
    transforms.RandomCrop(32, padding=2),
] + tail)
test_transforms = transforms.Compose(tail)
""",
    ),
    # With padding 4 the image moves by up to 4 pixels; the contract says 2.
    _wrong(
        "padding of 4",
        answer="transforms",
        check="transforms",
        fails="crops",
        cause="It is moved too far",
        source="""
MEAN = [0.4914, 0.4822, 0.4465]
STD = [0.2470, 0.2435, 0.2616]

train_transforms = transforms.Compose([
    transforms.RandomCrop(32, padding=4),
    transforms.RandomHorizontalFlip(),
    transforms.RandomRotation(5),
    transforms.ToTensor(),
    transforms.Normalize(MEAN, STD),
])
test_transforms = transforms.Compose([
    transforms.ToTensor(),
    transforms.Normalize(MEAN, STD),
])
""",
    ),
    # Both subsets share one data set, so now the training images are read without augmentation too.
    _wrong(
        "shared data set's transform changed",
        answer="split",
        check="split",
        fails="train_augmented",
        cause="Setting the transform of the valid part",
        source="""
def split(train_data, ratio=0.9):
    n_train = int(len(train_data) * ratio)
    train_set, valid_set = random_split(train_data, [n_train, len(train_data) - n_train])
    valid_set.dataset.transform = test_transforms
    return train_set, valid_set
""",
    ),
    # Your validation images are still read with the training transform, so the score depends on luck.
    _wrong(
        "validation images keep the augmentation",
        answer="split",
        check="split",
        fails="valid_clean",
        cause="Validation on augmented pictures measures luck. The",
        source="""
def split(train_data, ratio=0.9):
    n_train = int(ratio * len(train_data))
    n_valid = len(train_data) - n_train
    train_set, valid_set = random_split(train_data, [n_train, n_valid])
    return train_set, valid_set
""",
    ),
    # The two parts come from two separate permutations, so validation images leak into training.
    _wrong(
        "two independent permutations overlap",
        answer="split",
        check="split",
        fails="complete",
        cause="Draw one random order and cut it",
        source="""
def split(train_data, ratio=0.9):
    n = len(train_data)
    n_train = int(n * ratio)
    train_idx = torch.randperm(n)[:n_train].tolist()
    valid_idx = torch.randperm(n)[n_train:].tolist()
    clean = copy.copy(train_data)
    clean.transform = test_transforms
    return Subset(train_data, train_idx), Subset(clean, valid_idx)
""",
    ),
    # `int(n * (1 - ratio))` rounds 4999.999… down, so an image gets lost; take all that remain.
    _wrong(
        "rounding loses an image",
        answer="split",
        check="split",
        fails="complete",
        cause="The valid set gets everything that the",
        source="""
def split(train_data, ratio=0.9):
    n_train = int(len(train_data) * ratio)
    n_valid = int(len(train_data) * (1 - ratio))
    order = np.random.permutation(len(train_data))
    valid_data = copy.copy(train_data)
    valid_data.transform = test_transforms
    train_set = Subset(train_data, order[:n_train])
    valid_set = Subset(valid_data, order[n_train:n_train + n_valid])
    return train_set, valid_set
""",
    ),
    # `CrossEntropyLoss` applies softmax itself; your model must answer logits.
    _wrong(
        "softmax in forward",
        answer="logistic_regression",
        check="model",
        fails="logits",
        cause="The rows sum to 1: these are",
        source="""
class LogisticRegression(nn.Module):
    def __init__(self, output_dim):
        super().__init__()
        self.fc = nn.Linear(3 * 32 * 32, output_dim)

    def forward(self, x):
        x = x.view(x.size(0), -1)
        return torch.softmax(self.fc(x), dim=1)


def count_parameters(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
""",
    ),
    # `reshape(3072, -1).T` mixes pixels of different images; keep the batch axis with `flatten(1)`.
    _wrong(
        "reshape mixes the images of a batch",
        answer="logistic_regression",
        check="model",
        fails="each_for_itself",
        cause="The images of a batch are mixed",
        source='''
class LogisticRegression(nn.Module):
    """Softmax regression on images: one linear layer."""

    def __init__(self, output_dim):
        super().__init__()
        self.linear = nn.Linear(3072, output_dim)

    def forward(self, x):
        return self.linear(x.reshape(3072, -1).T)


def count_parameters(model):
    total = 0
    for p in model.parameters():
        if p.requires_grad:
            total += p.numel()
    return total
''',
    ),
    # The layer needs the bias b: for two classes there are 6,146 numbers, not 6,144.
    _wrong(
        "no bias",
        answer="logistic_regression",
        check="model",
        fails="parameters",
        cause="The bias is missing: `nn.Linear` adds one",
        source="""
class LogisticRegression(nn.Module):
    def __init__(self, output_dim):
        super().__init__()
        self.linear = nn.Linear(32 * 32 * 3, output_dim, bias=False)

    def forward(self, x):
        return self.linear(torch.flatten(x, start_dim=1))


def count_parameters(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
""",
    ),
    # Parameters whose `requires_grad` is False are not trained and must not be counted.
    _wrong(
        "counts frozen parameters",
        answer="logistic_regression",
        check="model",
        fails="count",
        cause="Frozen parameters are counted too: count only",
        source="""
class LogisticRegression(nn.Module):
    def __init__(self, output_dim):
        super().__init__()
        self.linear = nn.Linear(3072, output_dim)

    def forward(self, x):
        return self.linear(x.flatten(1))


def count_parameters(model):
    return sum(p.numel() for p in model.parameters())
""",
    ),
    # `len` of a matrix is its number of rows; use `numel()` for the number of elements.
    _wrong(
        "counts rows instead of elements",
        answer="logistic_regression",
        check="model",
        fails="count",
        cause="Add up `parameter.numel()` over `model.parameters()`",
        source="""
class LogisticRegression(nn.Module):
    def __init__(self, output_dim):
        super().__init__()
        self.flat = nn.Flatten()
        self.linear = nn.Linear(3072, output_dim)

    def forward(self, x):
        out = self.flat(x)
        out = self.linear(out)
        return out


def count_parameters(model):
    count = 0
    for parameter in model.parameters():
        if parameter.requires_grad:
            count += len(parameter)
    return count
""",
    ),
    # A layer inside a plain list is not registered, so the model has no parameters to train.
    _wrong(
        "layer in a Python list",
        answer="logistic_regression",
        check="model",
        fails="parameters",
        cause="torch does not look into the plain list",
        source="""
class LogisticRegression(nn.Module):
    def __init__(self, output_dim):
        super().__init__()
        self.layers = [nn.Flatten(), nn.Linear(3072, output_dim)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def count_parameters(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
""",
    ),
    # The last batch is smaller: weight each batch with its number of samples instead of averaging batch means.
    _wrong(
        "mean of the batch means",
        answer="train_evaluate",
        check="train_evaluate",
        fails="train_means",
        cause="This is the mean of the batch",
        source="""
def calculate_accuracy(logits, y):
    return (logits.argmax(1) == y).float().mean().item()


def train(model, iterator, optimizer, criterion, device):
    epoch_loss = 0
    epoch_acc = 0
    model.train()
    for x, y in iterator:
        x = x.to(device)
        y = y.to(device)
        optimizer.zero_grad()
        y_pred = model(x)
        loss = criterion(y_pred, y)
        acc = calculate_accuracy(y_pred, y)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
        epoch_acc += acc
    return epoch_loss / len(iterator), epoch_acc / len(iterator)


def evaluate(model, iterator, criterion, device):
    epoch_loss = 0
    epoch_acc = 0
    model.eval()
    with torch.no_grad():
        for x, y in iterator:
            x = x.to(device)
            y = y.to(device)
            y_pred = model(x)
            epoch_loss += criterion(y_pred, y).item()
            epoch_acc += calculate_accuracy(y_pred, y)
    return epoch_loss / len(iterator), epoch_acc / len(iterator)
""",
    ),
    # Without `zero_grad` the gradients of all earlier batches add up.
    _wrong(
        "zero_grad forgotten",
        answer="train_evaluate",
        check="train_evaluate",
        fails="train_steps",
        cause="Gradients of earlier batches are added to",
        source="""
def calculate_accuracy(logits, y):
    return (logits.argmax(dim=1) == y).float().mean().item()


def train(model, iterator, optimizer, criterion, device):
    model.train()
    loss_sum, right, n = 0.0, 0.0, 0
    for x, y in iterator:
        x, y = x.to(device), y.to(device)
        logits = model(x)
        loss = criterion(logits, y)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(y)
        right += calculate_accuracy(logits, y) * len(y)
        n += len(y)
    return loss_sum / n, right / n


def evaluate(model, iterator, criterion, device):
    model.eval()
    loss_sum, right, n = 0.0, 0.0, 0
    with torch.no_grad():
        for x, y in iterator:
            x, y = x.to(device), y.to(device)
            logits = model(x)
            loss_sum += criterion(logits, y).item() * len(y)
            right += calculate_accuracy(logits, y) * len(y)
            n += len(y)
    return loss_sum / n, right / n
""",
    ),
    # `no_grad` does not switch dropout and batch norm off; `evaluate` must call `model.eval()`.
    _wrong(
        "evaluate stays in train mode",
        answer="train_evaluate",
        check="train_evaluate",
        fails="evaluate_untouched",
        cause="Call `model.eval()` before the loop: in train",
        source="""
def calculate_accuracy(logits, y):
    predicted = torch.max(logits, 1)[1]
    return (predicted == y).sum().item() / y.shape[0]


def train(model, iterator, optimizer, criterion, device):
    model.train()
    total_loss = total_acc = total = 0
    for images, labels in iterator:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        out = model(images)
        loss = criterion(out, labels)
        loss.backward()
        optimizer.step()
        size = labels.size(0)
        total_loss += loss.item() * size
        total_acc += calculate_accuracy(out, labels) * size
        total += size
    return total_loss / total, total_acc / total


@torch.no_grad()
def evaluate(model, iterator, criterion, device):
    total_loss = total_acc = total = 0
    for images, labels in iterator:
        images, labels = images.to(device), labels.to(device)
        out = model(images)
        size = labels.size(0)
        total_loss += criterion(out, labels).item() * size
        total_acc += calculate_accuracy(out, labels) * size
        total += size
    return total_loss / total, total_acc / total
""",
    ),
    # `model.eval()` does not switch gradients off; put the loop under `torch.no_grad()`.
    _wrong(
        "evaluate records gradients",
        answer="train_evaluate",
        check="train_evaluate",
        fails="evaluate_gradients",
        cause="Put the loop under `with torch.no_grad():`, it",
        source="""
def calculate_accuracy(logits, y):
    return float((logits.argmax(-1) == y).float().mean())


def train(model, iterator, optimizer, criterion, device):
    model.train()
    sums = [0.0, 0.0, 0]
    for x, y in iterator:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        z = model(x)
        loss = criterion(z, y)
        loss.backward()
        optimizer.step()
        sums[0] += loss.item() * len(y)
        sums[1] += calculate_accuracy(z, y) * len(y)
        sums[2] += len(y)
    return sums[0] / sums[2], sums[1] / sums[2]


def evaluate(model, iterator, criterion, device):
    model.eval()
    sums = [0.0, 0.0, 0]
    for x, y in iterator:
        x, y = x.to(device), y.to(device)
        z = model(x)
        loss = criterion(z, y)
        sums[0] += loss.item() * len(y)
        sums[1] += calculate_accuracy(z, y) * len(y)
        sums[2] += len(y)
    return sums[0] / sums[2], sums[1] / sums[2]
""",
    ),
    # The accuracy is a share between 0 and 1, not a percentage.
    _wrong(
        "accuracy in percent",
        answer="train_evaluate",
        check="train_evaluate",
        fails="accuracy",
        cause="This is in percent: leave the factor",
        source="""
def calculate_accuracy(logits, y):
    correct = (logits.argmax(dim=1) == y).sum().item()
    return 100 * correct / len(y)


def train(model, iterator, optimizer, criterion, device):
    model.train()
    running_loss = 0.0
    running_acc = 0.0
    samples = 0
    for x, y in iterator:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        outputs = model(x)
        loss = criterion(outputs, y)
        loss.backward()
        optimizer.step()
        running_loss += loss.item() * x.size(0)
        running_acc += calculate_accuracy(outputs, y) * x.size(0)
        samples += x.size(0)
    return running_loss / samples, running_acc / samples


def evaluate(model, iterator, criterion, device):
    model.eval()
    running_loss = 0.0
    running_acc = 0.0
    samples = 0
    with torch.no_grad():
        for x, y in iterator:
            x, y = x.to(device), y.to(device)
            outputs = model(x)
            running_loss += criterion(outputs, y).item() * x.size(0)
            running_acc += calculate_accuracy(outputs, y) * x.size(0)
            samples += x.size(0)
    return running_loss / samples, running_acc / samples
""",
    ),
    # You add up the loss tensor itself; `.item()` gives a Python float and lets go of the graph.
    _wrong(
        "train returns a loss with its graph",
        answer="train_evaluate",
        check="train_evaluate",
        fails="floats",
        cause="Take the number out of a tensor",
        source="""
def calculate_accuracy(logits, y):
    return (logits.argmax(1) == y).float().mean().item()


def train(model, iterator, optimizer, criterion, device):
    model.train()
    loss_sum = acc_sum = count = 0
    for x, y in iterator:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        logits = model(x)
        loss = criterion(logits, y)
        loss.backward()
        optimizer.step()
        loss_sum += loss * len(y)
        acc_sum += calculate_accuracy(logits, y) * len(y)
        count += len(y)
    return loss_sum / count, acc_sum / count


def evaluate(model, iterator, criterion, device):
    model.eval()
    loss_sum = acc_sum = count = 0
    with torch.no_grad():
        for x, y in iterator:
            x, y = x.to(device), y.to(device)
            logits = model(x)
            loss_sum += criterion(logits, y).item() * len(y)
            acc_sum += calculate_accuracy(logits, y) * len(y)
            count += len(y)
    return loss_sum / count, acc_sum / count
""",
    ),
    # An iterator that shuffles has another order in its second pass; collect both in one pass.
    _wrong(
        "two passes over the iterator",
        answer="get_predictions",
        check="predictions",
        fails="together",
        cause="Go through the iterator once and collect",
        source="""
def get_predictions(model, iterator, device):
    model.eval()
    labels = torch.cat([y for _, y in iterator])
    with torch.no_grad():
        predicted = torch.cat([model(x.to(device)).argmax(1).cpu() for x, _ in iterator])
    return labels, predicted
""",
    ),
    # You overwrite the vectors in every batch, so only the last batch is returned.
    _wrong(
        "only the last batch",
        answer="get_predictions",
        check="predictions",
        fails="labels",
        cause="Only the last batch is left: collect",
        source="""
def get_predictions(model, iterator, device):
    model.eval()
    with torch.no_grad():
        for x, y in iterator:
            x = x.to(device)
            logits = model(x)
            labels = y
            predicted = logits.argmax(dim=1).cpu()
    return labels, predicted
""",
    ),
    # `max(1)` answers values and indices; you took the values, but the class is the index.
    _wrong(
        "largest logit instead of its place",
        answer="get_predictions",
        check="predictions",
        fails="predicted",
        cause="These are the largest logits themselves: it",
        source="""
def get_predictions(model, iterator, device):
    labels, predicted = [], []
    model.eval()
    with torch.no_grad():
        for x, y in iterator:
            top, _ = model(x.to(device)).max(1)
            labels.append(y)
            predicted.append(top.cpu().long())
    return torch.cat(labels), torch.cat(predicted)
""",
    ),
    # `argmax(0)` finds the best image for each class; the classes are axis 1.
    _wrong(
        "argmax over the batch",
        answer="get_predictions",
        check="predictions",
        fails="predicted",
        cause="The largest is taken over the samples",
        source="""
def get_predictions(model, iterator, device):
    model.eval()
    all_labels = []
    all_preds = []
    with torch.no_grad():
        for images_, y in iterator:
            logits = model(images_.to(device))
            all_preds.append(torch.argmax(logits, dim=0).cpu())
            all_labels.append(y.cpu())
    return torch.cat(all_labels), torch.cat(all_preds)
""",
    ),
    # The contract asks for `labels, predicted`; you return them the other way round.
    _wrong(
        "answers in the wrong order",
        answer="get_predictions",
        check="predictions",
        fails="labels",
        cause="The two are swapped: labels come first",
        source="""
def get_predictions(model, iterator, device):
    y_true, y_pred = [], []
    model.eval()
    with torch.no_grad():
        for x, y in iterator:
            y_pred.extend(model(x.to(device)).argmax(1).tolist())
            y_true.extend(y.tolist())
    return torch.tensor(y_pred), torch.tensor(y_true)
""",
    ),
    # `torch.stack` needs batches of equal size and makes a matrix; join the vectors with `torch.cat`.
    _wrong(
        "stack instead of cat",
        answer="get_predictions",
        check="predictions",
        fails="labels",
        cause="`torch.stack` needs tensors of one shape, and",
        source="""
def get_predictions(model, iterator, device):
    labels = []
    predicted = []
    model.eval()
    with torch.no_grad():
        for x, y in iterator:
            x = x.to(device)
            labels.append(y)
            predicted.append(model(x).argmax(dim=-1).cpu())
    return torch.stack(labels), torch.stack(predicted)
""",
    ),
    # The means are right, but an average of the standard deviations of batches is not the standard deviation of
    # all pixels: the spread between the batches' means is lost, so the stds come out too small. Sums of squares
    # (or one std over all) are needed.
    _wrong(
        "mean and std per batch of 64 images, weighted average (the usual DataLoader recipe)",
        answer="channel_statistics",
        check="channel_statistics",
        fails="many_images",
        cause="too small by one factor",
        source='''
def channel_statistics(images):
    """Mean and std per channel, computed batch by batch to save memory."""
    mean = np.zeros(3)
    std = np.zeros(3)
    total = 0
    for start in range(0, len(images), 64):
        batch = images[start : start + 64].astype(np.float64) / 255.0
        mean += batch.mean(axis=(0, 1, 2)) * len(batch)
        std += batch.std(axis=(0, 1, 2)) * len(batch)
        total += len(batch)
    return mean / total, std / total
''',
    ),
    # test_transforms normalises with statistics of the test images, although they must not influence anything and
    # the contract demands the means and stds of task 2 for both; the same pixel now has two different values in
    # training and in testing (a difference near 0.01).
    _wrong(
        "test images normalised with the mean and std of the test images",
        answer="transforms",
        check="transforms",
        fails="test_values",
        cause="those of the test images",
        source="""
# every set gets its own scale, so that both have mean 0 and std 1
test_means, test_stds = channel_statistics(data.load(train=False).images)

train_transforms = transforms.Compose([
    transforms.RandomRotation(degrees=5),
    transforms.RandomHorizontalFlip(),
    transforms.RandomCrop(32, padding=2),
    transforms.ToTensor(),
    transforms.Normalize(list(means), list(stds)),
])
test_transforms = transforms.Compose([
    transforms.ToTensor(),
    transforms.Normalize(list(test_means), list(test_stds)),
])
""",
    ),
    # The parameter device is ignored: batches go to the notebook's global DEVICE, so a model on any other device
    # meets data on the wrong one. The contract says that every batch goes to `device`.
    _wrong(
        "batches go to the global DEVICE",
        answer="train_evaluate",
        check="train_evaluate",
        fails="to_device",
        cause="in place of `DEVICE`",
        source="""
def calculate_accuracy(logits, y):
    return (logits.argmax(dim=1) == y).float().mean()


def train(model, iterator, optimizer, criterion, device):
    model.train()
    loss_sum = acc_sum = 0.0
    n = 0
    for x, y in iterator:
        x, y = x.to(DEVICE), y.to(DEVICE)
        optimizer.zero_grad()
        logits = model(x)
        loss = criterion(logits, y)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * y.size(0)
        acc_sum += calculate_accuracy(logits, y).item() * y.size(0)
        n += y.size(0)
    return loss_sum / n, acc_sum / n


def evaluate(model, iterator, criterion, device):
    model.eval()
    loss_sum = acc_sum = 0.0
    n = 0
    with torch.no_grad():
        for x, y in iterator:
            x, y = x.to(DEVICE), y.to(DEVICE)
            logits = model(x)
            loss_sum += criterion(logits, y).item() * y.size(0)
            acc_sum += calculate_accuracy(logits, y).item() * y.size(0)
            n += y.size(0)
    return loss_sum / n, acc_sum / n
""",
    ),
    # The four seeds are right. In the last line torch.backends.cudnn.deterministic is a flag (a bool), not a
    # function: calling it raises TypeError 'bool' object is not callable. Assign it:
    # torch.backends.cudnn.deterministic = True.
    _wrong(
        "cudnn.deterministic called like a function",
        answer="set_seed",
        check="set_seed",
        fails="python_generator",
        cause="A setting is given by `=`",
        source="""def set_seed(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)
    torch.backends.cudnn.deterministic(True)
""",
    ),
    # The axes are those of channels-first images. Here images have shape (n, 32, 32, 3), colour last, so
    # averaging over (0, 2, 3) leaves the 32 rows, shape (32,), and your own assert stops. Average over axis=(0,
    # 1, 2) in both lines.
    _wrong(
        "channels first, from my other course",
        answer="channel_statistics",
        check="channel_statistics",
        fails="means",
        cause="`assert` of your own",
        source="""def channel_statistics(images):
    n, c, h, w = images.shape
    means = images.mean(axis=(0, 2, 3)) / 255
    stds = images.std(axis=(0, 2, 3)) / 255
    assert means.shape == (3,), means.shape
    return means, stds
""",
    ),
    # RandomCrop(36) in train_transforms asks for a piece of 36 pixels out of an image of 32 and raises
    # ValueError. The number is the size that comes out, which must stay 32; the image has to be padded by 2
    # first: transforms.RandomCrop(32, padding=2).
    _wrong(
        "RandomCrop(36), because 32 + 2 + 2",
        answer="transforms",
        check="transforms",
        fails="form",
        cause="the size that comes out",
        source="""norm = transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
train_transforms = transforms.Compose([
    transforms.RandomRotation(degrees=5),
    transforms.RandomHorizontalFlip(p=0.5),
    transforms.RandomCrop(36),
    transforms.ToTensor(),
    norm,
])
test_transforms = transforms.Compose([transforms.ToTensor(), norm])
""",
    ),
    # train_set and valid_set are Python lists: a list has no attribute transform (AttributeError in the line
    # valid_set.transform = ...), and the images were already read and augmented once for good. Use
    # Subset(train_data, order[:cut]) and, for validation, Subset on a shallow copy (copy.copy(train_data)) whose
    # transform is test_transforms.
    _wrong(
        "lists of images instead of Subsets",
        answer="split",
        check="split",
        fails="sizes",
        cause="take `Subset(train_data, indices)`",
        source="""def split(train_data, ratio=0.9):
    order = torch.randperm(len(train_data)).tolist()
    cut = round(ratio * len(order))
    train_set = [train_data[i] for i in order[:cut]]
    valid_set = [train_data[i] for i in order[cut:]]
    valid_set.transform = test_transforms
    return train_set, valid_set
""",
    ),
    # The labels use up it, so nothing is left for the predictions in the second comprehension and torch.cat gets
    # an empty list, which it refuses. Collect labels and predictions in one loop over iterator; calling iter
    # twice would be wrong too, as a shuffling iterator changes its order.
    _wrong(
        "goes through the iterator twice",
        answer="get_predictions",
        check="predictions",
        fails="labels",
        cause="used up after one pass",
        source="""def get_predictions(model, iterator, device):
    model.eval()
    it = iter(iterator)
    labels = torch.cat([y for _, y in it])
    with torch.no_grad():
        predicted = torch.cat([model(x.to(device)).argmax(1).cpu() for x, _ in it])
    return labels, predicted
""",
    ),
    # The line yield makes the function a generator: the call runs nothing and answers a generator, which gives
    # one pair a batch, not the two vectors labels, predicted. Append y and logits.argmax(1) to two lists and,
    # after the loop, return torch.cat(labels), torch.cat(predicted).
    _wrong(
        "yield in place of return",
        answer="get_predictions",
        check="predictions",
        fails="labels",
        cause="answers a generator",
        source="""def get_predictions(model, iterator, device):
    model.eval()
    with torch.no_grad():
        for x, y in iterator:
            logits = model(x.to(device))
            yield y, logits.argmax(1).cpu()
""",
    ),
]

RIGHTS = [
    # Correct: all generators get the seed in a loop, and the flag is set.
    _right(
        "loop over seeders",
        answer="set_seed",
        check="set_seed",
        source="""
def set_seed(seed):
    for seeder in (random.seed, np.random.seed, torch.manual_seed, torch.cuda.manual_seed_all):
        seeder(seed)
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
""",
    ),
    # Correct: `torch.manual_seed` seeds the CPU and all CUDA devices.
    _right(
        "manual_seed alone covers CUDA, imports inside",
        answer="set_seed",
        check="set_seed",
        source="""
def set_seed(seed: int) -> None:
    import random as python_random
    from torch.backends import cudnn

    torch.random.manual_seed(seed)  # CPU and every GPU
    python_random.seed(a=seed)
    np.random.seed(seed=seed)
    setattr(cudnn, "deterministic", True)
""",
    ),
    # Correct: counts of the 256 values give the exact mean and spread.
    _right(
        "from histograms",
        answer="channel_statistics",
        check="channel_statistics",
        source="""
def channel_statistics(images):
    values = np.arange(256) / 255
    means, stds = np.empty(3), np.empty(3)
    for c in range(3):
        p = np.bincount(images[..., c].ravel(), minlength=256) / images[..., c].size
        means[c] = p @ values
        stds[c] = np.sqrt(p @ (values - means[c]) ** 2)
    return means, stds
""",
    ),
    # Correct: double precision and the population standard deviation, in torch.
    _right(
        "torch, channel by channel",
        answer="channel_statistics",
        check="channel_statistics",
        source="""
def channel_statistics(images):
    def one(c):
        channel = torch.tensor(images[:, :, :, c]).double().div(255)
        mu = channel.mean()
        return mu.item(), (channel - mu).pow(2).mean().sqrt().item()

    pairs = np.array([one(c) for c in range(images.shape[-1])])
    return pairs[:, 0], pairs[:, 1]
""",
    ),
    # Correct: the same steps with torchvision's functional interface and torch's generator.
    _right(
        "functions of one's own",
        answer="transforms",
        check="transforms",
        source="""
import torchvision.transforms.functional as TF


def test_transforms(picture):
    return TF.normalize(TF.to_tensor(picture), list(map(float, means)), list(map(float, stds)))


def train_transforms(picture):
    picture = TF.rotate(picture, torch.empty(1).uniform_(-5, 5).item())
    if torch.rand(1).item() < 0.5:
        picture = TF.hflip(picture)
    top, left = torch.randint(0, 5, (2,)).tolist()
    picture = TF.crop(TF.pad(picture, 2), top, left, 32, 32)
    return test_transforms(picture)
""",
    ),
    # Correct: one affine step turns and moves by up to 2 of 32 pixels, and the tail is shared.
    _right(
        "RandomAffine and nested Compose",
        answer="transforms",
        check="transforms",
        source="""
test_transforms = transforms.Compose([transforms.ToTensor(), transforms.Normalize(means, stds)])
train_transforms = transforms.Compose([
    transforms.RandomApply([transforms.RandomHorizontalFlip(p=1.0)], p=0.5),
    transforms.RandomAffine(degrees=5, translate=(2 / 32, 2 / 32)),
    test_transforms,
])
""",
    ),
    # Correct: a deep copy costs memory but gives the validation set a transform of its own.
    _right(
        "deep copy and random.shuffle",
        answer="split",
        check="split",
        source="""
def split(train_data, ratio=0.9):
    numbers = list(range(len(train_data)))
    random.shuffle(numbers)
    cut = round(ratio * len(numbers))
    other = copy.deepcopy(train_data)
    other.transform = test_transforms
    return Subset(train_data, numbers[:cut]), Subset(other, numbers[cut:])
""",
    ),
    # Correct: a small Dataset class looks the images up through a permutation of numpy.
    _right(
        "Dataset class of one's own",
        answer="split",
        check="split",
        source="""
class Part(Dataset):
    def __init__(self, source, rows):
        self.source = source
        self.rows = [int(row) for row in rows]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.source[self.rows[i]]


def split(train_data, ratio=0.9):
    shadow = copy.copy(train_data)
    shadow.transform = test_transforms
    rows = np.random.permutation(len(train_data))
    first, rest = np.split(rows, [int(round(len(rows) * ratio))])
    return Part(train_data, first), Part(shadow, rest)
""",
    ),
    # Correct: `nn.Sequential` flattens and applies the layer.
    _right(
        "subclass of Sequential behaviour",
        answer="logistic_regression",
        check="model",
        source="""
class LogisticRegression(nn.Module):
    def __init__(self, output_dim):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 ** 2, output_dim))

    def forward(self, x):
        return self.net(x)


def count_parameters(model):
    trainable = filter(lambda p: p.requires_grad, model.parameters())
    return int(sum(np.prod(tuple(p.shape)) for p in trainable))
""",
    ),
    # Correct: parameters made by hand, multiplied with `addmm`.
    _right(
        "own weights and bias",
        answer="logistic_regression",
        check="model",
        source="""
class LogisticRegression(nn.Module):
    def __init__(self, output_dim):
        super().__init__()
        self.W = nn.Parameter(0.01 * torch.randn(output_dim, 3072))
        self.b = nn.Parameter(torch.zeros(output_dim))

    def forward(self, x):
        return torch.addmm(self.b, x.reshape(len(x), 3072), self.W.t())


def count_parameters(model):
    return sum(p.nelement() * int(p.requires_grad) for p in model.parameters())
""",
    ),
    # Correct: one helper makes both passes, with gradients only if there is an optimiser.
    _right(
        "one shared pass",
        answer="train_evaluate",
        check="train_evaluate",
        source="""
def calculate_accuracy(logits, y):
    return torch.eq(logits.max(dim=1).indices, y).double().mean().item()


def _one_pass(model, iterator, criterion, device, optimizer=None):
    learning = optimizer is not None
    model.train(learning)
    totals = np.zeros(3)
    with torch.set_grad_enabled(learning):
        for x, y in iterator:
            x, y = x.to(device), y.to(device)
            logits = model(x)
            loss = criterion(logits, y)
            if learning:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            totals += len(y) * np.array([loss.item(), calculate_accuracy(logits, y), 1])
    loss, accuracy, _ = (totals / totals[2]).tolist()
    return loss, accuracy


def train(model, iterator, optimizer, criterion, device):
    return _one_pass(model, iterator, criterion, device, optimizer)


def evaluate(model, iterator, criterion, device):
    return _one_pass(model, iterator, criterion, device)
""",
    ),
    # Correct: `np.average` weights every batch with its size.
    _right(
        "weighted np.average and inference_mode",
        answer="train_evaluate",
        check="train_evaluate",
        source="""
def calculate_accuracy(logits, y):
    return sum(int(row.argmax()) == int(label) for row, label in zip(logits, y)) / len(y)


def _means(rows):
    losses, accuracies, sizes = zip(*rows)
    return float(np.average(losses, weights=sizes)), float(np.average(accuracies, weights=sizes))


def train(model, iterator, optimizer, criterion, device):
    model.train()
    rows = []
    for batch in iterator:
        x, y = (part.to(device) for part in batch)
        optimizer.zero_grad(set_to_none=True)
        output = model(x)
        loss = criterion(output, y)
        loss.backward()
        optimizer.step()
        rows.append((float(loss.detach()), calculate_accuracy(output.detach(), y), y.numel()))
    return _means(rows)


@torch.inference_mode()
def evaluate(model, iterator, criterion, device):
    model.eval()
    rows = []
    for batch in iterator:
        x, y = (part.to(device) for part in batch)
        output = model(x)
        rows.append((float(criterion(output, y)), calculate_accuracy(output, y), y.numel()))
    return _means(rows)
""",
    ),
    # Correct: one pass, answered as arrays of integers.
    _right(
        "lists of ints, numpy arrays",
        answer="get_predictions",
        check="predictions",
        source="""
def get_predictions(model, iterator, device):
    model.eval()
    pairs = []
    with torch.no_grad():
        for x, y in iterator:
            pairs += zip(y.tolist(), model(x.to(device)).argmax(1).tolist())
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
""",
    ),
    # Correct: softmax does not change the order of the classes, and `topk(1)` gives the best.
    _right(
        "softmax and topk",
        answer="get_predictions",
        check="predictions",
        source="""
@torch.no_grad()
def get_predictions(model, iterator, device):
    was_training = model.training
    model.eval()

    def answer(x):
        return nn.functional.softmax(model(x.to(device)), dim=1).topk(1, dim=1).indices.squeeze(1)

    labels, predicted = zip(*((y.to(device), answer(x)) for x, y in iterator))
    model.train(was_training)
    return torch.cat(labels).cpu(), torch.cat(predicted).cpu()
""",
    ),
]
