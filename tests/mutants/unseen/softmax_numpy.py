"""Answers of 1_softmax_numpy by somebody who had read the student edition alone, none of the checks.

Above each stands what a teacher would say of it. Where `cause` is empty, the card gives a general hint only.
"""

from __future__ import annotations

from functools import partial

from tests.mutants.submission import Mutant, Right

NOTEBOOK = "linear_classifiers/1_softmax_numpy"
_wrong = partial(Mutant, notebook=NOTEBOOK)
_right = partial(Right, notebook=NOTEBOOK)

MUTANTS = [
    # The classes are on the last axis; you normalise the columns of the batch, so rows do not sum to 1.
    _wrong(
        "sum along axis 0",
        answer="softmax",
        check="softmax",
        fails="batch",
        cause="Columns sum to 1, rows do not",
        source="""
def softmax(logits):
    z = logits - np.max(logits, axis=-1, keepdims=True)
    e = np.exp(z)
    return e / np.sum(e, axis=0)
""",
    ),
    # exp(10000) overflows to inf and inf/inf is nan; subtract each row's maximum first.
    _wrong(
        "no shift before exp",
        answer="softmax",
        check="softmax",
        fails="stable",
        cause="`exp(10000)` is inf, and inf/inf is nan",
        source="""
def softmax(logits):
    exp_scores = np.exp(logits)
    probs = exp_scores / exp_scores.sum(axis=-1, keepdims=True)
    return probs
""",
    ),
    # z is the same array as logits, so -= overwrites the caller's data; write z = logits - max.
    _wrong(
        "argument changed in place",
        answer="softmax",
        check="softmax",
        fails="unchanged",
        cause="An operator such as `-=` works in",
        source="""
def softmax(logits):
    z = np.asarray(logits)
    z -= z.max(axis=-1, keepdims=True)   # numerical stability
    p = np.exp(z)
    p /= p.sum(axis=-1, keepdims=True)
    return p
""",
    ),
    # np.sum without an axis adds all samples together: the whole batch sums to 1 and not every row.
    _wrong(
        "sum over the whole batch",
        answer="softmax",
        check="softmax",
        fails="batch",
        cause="Everything together sums to 1: sum each",
        source="""
def softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    exps = np.exp(shifted)
    return exps / np.sum(exps)
""",
    ),
    # With one maximum for all rows, a row far below it underflows to 0/0 = nan; take the maximum of each row.
    _wrong(
        "one maximum for the whole batch",
        answer="softmax",
        check="softmax",
        fails="stable",
        cause="The maximum of the whole batch is",
        source="""
def softmax(logits):
    m = np.max(logits)
    e = np.exp(logits - m)
    return e / e.sum(axis=-1, keepdims=True)
""",
    ),
    # A vector has no axis 1; use axis=-1, which is the classes for a vector and for a batch.
    _wrong(
        "axis 1 fails for a vector",
        answer="softmax",
        check="softmax",
        fails="vector",
        cause="A vector has axis 0 alone: `axis=-1`",
        source="""
def softmax(logits):
    logits = logits - np.amax(logits, axis=1, keepdims=True)
    numerator = np.exp(logits)
    denominator = np.sum(numerator, axis=1, keepdims=True)
    return numerator / denominator
""",
    ),
    # You turn the vector into a batch of one and never turn it back: the answer must have the shape (C,).
    _wrong(
        "vector comes back as (1, C)",
        answer="softmax",
        check="softmax",
        fails="vector",
        cause="A vector came out as a batch",
        source="""
def softmax(logits):
    Z = np.atleast_2d(logits)
    out = np.zeros(Z.shape)
    for i in range(Z.shape[0]):
        row = np.exp(Z[i] - Z[i].max())
        out[i] = row / row.sum()
    return out
""",
    ),
    # The sums have shape (n,) and are broadcast along the classes; you need (n, 1), so keepdims=True.
    _wrong(
        "keepdims missing in the sum",
        answer="softmax",
        check="softmax",
        fails="batch",
        cause="One number a row does not meet",
        source="""
def softmax(logits):
    z = logits - logits.max(axis=-1, keepdims=True)
    return np.exp(z) / np.exp(z).sum(axis=-1)
""",
    ),
    # Clipping changes the answer: 10000 and 9000 both become 500 and get equal probabilities.
    _wrong(
        "logits clipped instead of shifted",
        answer="softmax",
        check="softmax",
        fails="stable",
        cause="The logits are clipped before `exp`, which",
        source="""
def softmax(logits):
    # avoid overflow in exp
    safe = np.clip(logits, -500, 500)
    e = np.exp(safe)
    return e / np.einsum("...c->...", e)[..., None]
""",
    ),
    # If a row's largest absolute value is a negative logit, all exponentials may underflow to 0/0; subtract the maximum itself.
    _wrong(
        "shift by the largest absolute value",
        answer="softmax",
        check="softmax",
        fails="stable",
        cause="`exp(-10000)` is 0 in the whole row",
        source="""
def softmax(logits):
    def biggest(z):
        return np.abs(z).max(axis=-1, keepdims=True)

    e = np.exp(logits - biggest(logits))
    return e / e.sum(axis=-1, keepdims=True)
""",
    ),
    # You used the convention λ/2·‖W‖²; here the penalty is λ‖W‖² with the gradient 2λW.
    _wrong(
        "half the penalty",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="loss",
        cause="The l2 term is half of what",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    n = len(X)
    Z = X @ W + b
    Z = Z - Z.max(axis=1, keepdims=True)
    logP = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
    loss = -logP[np.arange(n), y].mean() + 0.5 * l2 * np.sum(W ** 2)
    dZ = np.exp(logP)
    dZ[np.arange(n), y] -= 1
    dZ /= n
    return loss, X.T @ dZ + l2 * W, dZ.sum(axis=0)
""",
    ),
    # The loss is a mean over the samples, so ∂L/∂Z is (P − Y)/n; yours is n times too large.
    _wrong(
        "gradient not divided by n",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="weight_gradient",
        cause="The cross-entropy part is exactly 11 times",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    n = X.shape[0]
    scores = X.dot(W) + b
    scores = scores - np.max(scores, axis=1, keepdims=True)
    log_probs = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    loss = -np.sum(log_probs[range(n), y]) / n + l2 * np.sum(W * W)

    dscores = np.exp(log_probs)
    dscores[range(n), y] -= 1
    dW = X.T.dot(dscores) + 2 * l2 * W
    db = np.sum(dscores, axis=0)
    return loss, dW, db
""",
    ),
    # λ concerns W alone; the bias belongs neither in the penalty nor its derivative in db.
    _wrong(
        "bias penalised too",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="loss",
        cause="The bias is regularised too: only `W`",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    n, C = len(y), W.shape[1]
    Y = np.eye(C)[y]
    Z = X @ W + b
    Z = Z - Z.max(axis=1, keepdims=True)
    logp = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
    G = (np.exp(logp) - Y) / n
    loss = -(Y * logp).sum() / n + l2 * ((W**2).sum() + (b**2).sum())
    return loss, X.T @ G + 2 * l2 * W, G.sum(axis=0) + 2 * l2 * b
""",
    ),
    # Adding 1e-12 inside the log caps the loss at 27.6, where the formula gives thousands; use log p = z − log Σ exp(z).
    _wrong(
        "log of P plus a small number",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="loss",
        cause="A number near 1e-12 is added inside",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    n = len(X)
    rows = np.arange(n)
    Z = X @ W + b
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(P[rows, y] + 1e-12)) + l2 * np.sum(W**2)
    dZ = P.copy()
    dZ[rows, y] -= 1
    dZ = dZ / n
    return loss, X.T @ dZ + 2 * l2 * W, dZ.sum(axis=0)
""",
    ),
    # The loss contains λ‖W‖², so dW must contain its derivative 2λW.
    _wrong(
        "penalty missing in dW",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="weight_gradient",
        cause="The l2 term is missing from the",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    m = X.shape[0]
    Z = X @ W + b
    Z = Z - Z.max(1)[:, None]
    log_p = Z - np.log(np.exp(Z).sum(1))[:, None]
    idx = np.arange(m)
    data_loss = -log_p[idx, y].mean()
    reg_loss = l2 * np.linalg.norm(W) ** 2
    delta = np.exp(log_p)
    delta[idx, y] -= 1.0
    delta /= m
    dW = np.einsum("nd,nc->dc", X, delta)
    db = np.einsum("nc->c", delta)
    return data_loss + reg_loss, dW, db
""",
    ),
    # A class may be absent from y; the number of classes is W.shape[1], not y.max() + 1.
    _wrong(
        "classes counted from the labels",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="missing_class",
        cause="The one-hot labels are only as wide",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    n = len(y)
    one_hot = np.zeros((n, y.max() + 1))
    one_hot[np.arange(n), y] = 1
    Z = X @ W + b
    Z = Z - Z.max(axis=1, keepdims=True)
    logP = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
    loss = -np.sum(one_hot * logP) / n + l2 * np.sum(W**2)
    dZ = (np.exp(logP) - one_hot) / n
    return loss, X.T @ dZ + 2 * l2 * W, dZ.sum(axis=0)
""",
    ),
    # logp[:, y] takes the columns y from every row, an n × n array; logp[rows, y] takes one entry from each row.
    _wrong(
        "A[:, y] in the loss",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="loss",
        cause="`p[:, y]` takes whole columns: `p[np.arange(n), y]`",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    n = X.shape[0]
    Z = X @ W + b
    Z = Z - Z.max(axis=1, keepdims=True)
    logp = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
    loss = -logp[:, y].mean() + l2 * (W * W).sum()
    dZ = np.exp(logp)
    dZ[np.arange(n), y] -= 1
    dZ /= n
    dW = X.T @ dZ + 2 * l2 * W
    db = dZ.sum(axis=0)
    return loss, dW, db
""",
    ),
    # dZ is already divided by n; db is its sum over the samples, and the mean divides once more.
    _wrong(
        "db divided by n twice",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="bias_gradient",
        cause="The mean is taken twice: divide by",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    n = X.shape[0]
    Z = X @ W + b
    Z = Z - Z.max(axis=1, keepdims=True)
    lse = np.log(np.exp(Z).sum(axis=1))
    loss = np.mean(lse - Z[np.arange(n), y]) + l2 * np.sum(np.square(W))
    P = np.exp(Z - lse[:, np.newaxis])
    Y = (y[:, np.newaxis] == np.arange(W.shape[1])).astype(float)
    dZ = (P - Y) / n
    dW = X.T @ dZ + 2 * l2 * W
    db = np.mean(dZ, axis=0)
    return loss, dW, db
""",
    ),
    # np.exp(..., out=logp) replaces the log probabilities by P − Y before the loss reads them; compute the loss first or use a new array.
    _wrong(
        "log probabilities overwritten before the loss",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="loss",
        cause="The loss is read off an array",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    n = len(X)
    rows = np.arange(n)
    Z = X @ W + b
    Z -= Z.max(axis=1, keepdims=True)
    logp = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))

    # gradient
    dZ = np.exp(logp, out=logp)  # saves memory
    dZ[rows, y] -= 1
    dW = X.T @ dZ / n + 2 * l2 * W
    db = dZ.sum(axis=0) / n

    # loss
    loss = -logp[rows, y].mean() + l2 * np.sum(W**2)
    return loss, dW, db
""",
    ),
    # Every class's logit moves the loss through the sum in the softmax: the other columns get P_k·x, not 0.
    _wrong(
        "gradient for the true class only",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="weight_gradient",
        cause="Only the column of each label has",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    n = X.shape[0]
    loss = 0.0
    dW = np.zeros_like(W)
    db = np.zeros_like(b)
    for i in range(n):
        z = X[i] @ W + b
        z = z - z.max()
        logp = z - np.log(np.exp(z).sum())
        c = y[i]
        loss += -logp[c]
        dW[:, c] += (np.exp(logp[c]) - 1) * X[i]
        db[c] += np.exp(logp[c]) - 1
    loss = loss / n + l2 * np.sum(W**2)
    dW = dW / n + 2 * l2 * W
    db = db / n
    return loss, dW, db
""",
    ),
    # The generator made in __init__ goes on where the last fit stopped, so a second fit differs; make it at the start of fit.
    _wrong(
        "generator made in __init__",
        answer="classifier",
        check="classifier",
        fails="no_aliasing",
        cause="The generator goes on from fit to",
        source="""
class SoftmaxClassifier:
    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.seed = seed
        self.rng = np.random.default_rng(seed)

    def fit(self, X, y):
        n, D = X.shape
        C = y.max() + 1
        self.W = np.zeros((D, C))
        self.b = np.zeros(C)
        for epoch in range(self.epochs):
            order = self.rng.permutation(n)
            for start in range(0, n, self.batch_size):
                batch = order[start:start + self.batch_size]
                _, dW, db = loss_and_gradient(self.W, self.b, X[batch], y[batch], self.l2)
                self.W -= self.learning_rate * dW
                self.b -= self.learning_rate * db
        return self

    def predict_proba(self, X):
        return softmax(X @ self.W + self.b)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)
""",
    ),
    # Every fit starts from zeros; yours keeps the weights of the fit before.
    _wrong(
        "second fit goes on with the old weights",
        answer="classifier",
        check="classifier",
        fails="no_aliasing",
        cause="Set `self.W` and `self.b` to zeros in",
        source="""
class SoftmaxClassifier:
    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.lr, self.epochs, self.batch_size, self.l2, self.seed = learning_rate, epochs, batch_size, l2, seed
        self.W = None
        self.b = None

    def fit(self, X, y):
        n, D = X.shape
        C = int(np.max(y)) + 1
        if self.W is None:
            self.W = np.zeros((D, C))
            self.b = np.zeros(C)
        rng = np.random.default_rng(self.seed)
        for _ in range(self.epochs):
            order = rng.permutation(n)
            for start in range(0, n, self.batch_size):
                idx = order[start : start + self.batch_size]
                loss, dW, db = loss_and_gradient(self.W, self.b, X[idx], y[idx], self.l2)
                self.W = self.W - self.lr * dW
                self.b = self.b - self.lr * db

    def predict_proba(self, X):
        return softmax(X @ self.W + self.b)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)
""",
    ),
    # n // batch_size counts only the full batches; the samples left over must form a smaller last batch.
    _wrong(
        "last smaller batch dropped",
        answer="classifier",
        check="classifier",
        fails="every_sample",
        cause="The last batch, of 3 samples, is",
        source='''
class SoftmaxClassifier:
    """Softmax regression, trained by mini-batch gradient descent from zeros."""

    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.seed = seed

    def fit(self, X, y):
        n, D = X.shape
        C = y.max() + 1
        self.W, self.b = np.zeros((D, C)), np.zeros(C)
        rng = np.random.default_rng(self.seed)
        for epoch in range(self.epochs):
            order = rng.permutation(n)
            num_batches = n // self.batch_size
            for k in range(num_batches):
                idx = order[k * self.batch_size : (k + 1) * self.batch_size]
                _, dW, db = loss_and_gradient(self.W, self.b, X[idx], y[idx], self.l2)
                self.W -= self.learning_rate * dW
                self.b -= self.learning_rate * db

    def predict_proba(self, X):
        return softmax(X @ self.W + self.b)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)
''',
    ),
    # X[:] = … writes into the caller's array; X and y must stay as they are, so index with the order instead.
    _wrong(
        "caller's X and y shuffled in place",
        answer="classifier",
        check="classifier",
        fails="seed",
        cause="The order comes from a generator that",
        source='''
class SoftmaxClassifier:
    """Softmax regression, trained by mini-batch gradient descent from zeros."""

    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.seed = seed

    def fit(self, X, y):
        rng = np.random.default_rng(self.seed)
        n, D = X.shape
        C = y.max() + 1
        self.W = np.zeros((D, C))
        self.b = np.zeros(C)
        for _ in range(self.epochs):
            # shuffle data
            perm = rng.permutation(n)
            X[:] = X[perm]
            y[:] = y[perm]
            for i in range(0, n, self.batch_size):
                X_batch = X[i:i + self.batch_size]
                y_batch = y[i:i + self.batch_size]
                _, dW, db = loss_and_gradient(self.W, self.b, X_batch, y_batch, self.l2)
                self.W -= self.learning_rate * dW
                self.b -= self.learning_rate * db
        return self

    def predict_proba(self, X):
        return softmax(X @ self.W + self.b)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)
''',
    ),
    # The images are taken in the new order and the labels in the old one, so they no longer belong together.
    _wrong(
        "X shuffled, labels not",
        answer="classifier",
        check="classifier",
        fails="one_step",
        cause="X and y are shuffled separately",
        source='''
class SoftmaxClassifier:
    """Softmax regression, trained by mini-batch gradient descent from zeros."""

    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.seed = seed

    def fit(self, X, y):
        rng = np.random.default_rng(self.seed)
        n, D = X.shape
        C = int(y.max()) + 1
        self.W = np.zeros((D, C))
        self.b = np.zeros(C)
        for _ in range(self.epochs):
            order = rng.permutation(n)
            X_shuffled = X[order]
            for start in range(0, n, self.batch_size):
                stop = start + self.batch_size
                _, dW, db = loss_and_gradient(self.W, self.b, X_shuffled[start:stop], y[start:stop], self.l2)
                self.W -= self.learning_rate * dW
                self.b -= self.learning_rate * db

    def predict_proba(self, X):
        return softmax(X @ self.W + self.b)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)
''',
    ),
    # If a class below the largest is absent from y, np.unique counts too few; C is max(y) + 1.
    _wrong(
        "classes counted by np.unique",
        answer="classifier",
        check="classifier",
        fails="small",
        cause="Class 2 is missing among these labels",
        source='''
class SoftmaxClassifier:
    """Softmax regression, trained by mini-batch gradient descent from zeros."""

    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.seed = seed

    def fit(self, X, y):
        n_samples, n_features = X.shape
        n_classes = len(np.unique(y))
        self.W = np.zeros((n_features, n_classes))
        self.b = np.zeros(n_classes)
        rng = np.random.default_rng(self.seed)
        for epoch in range(self.epochs):
            order = rng.permutation(n_samples)
            for start in range(0, n_samples, self.batch_size):
                idx = order[start : start + self.batch_size]
                loss, dW, db = loss_and_gradient(self.W, self.b, X[idx], y[idx], self.l2)
                self.W -= self.learning_rate * dW
                self.b -= self.learning_rate * db
        return self

    def predict_proba(self, X):
        return softmax(X @ self.W + self.b)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)
''',
    ),
    # The permutation is drawn once before the epochs; every epoch needs a new order.
    _wrong(
        "one order for all epochs",
        answer="classifier",
        check="classifier",
        fails="shuffled",
        cause="The samples are shuffled once only: draw",
        source='''
class SoftmaxClassifier:
    """Softmax regression, trained by mini-batch gradient descent from zeros."""

    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.seed = seed

    def _batches(self, order):
        for start in range(0, len(order), self.batch_size):
            yield order[start : start + self.batch_size]

    def fit(self, X, y):
        C = y.max() + 1
        self.W, self.b = np.zeros((X.shape[1], C)), np.zeros(C)
        order = np.random.default_rng(self.seed).permutation(len(X))
        for _ in range(self.epochs):
            for batch in self._batches(order):
                _, dW, db = loss_and_gradient(self.W, self.b, X[batch], y[batch], self.l2)
                self.W -= self.learning_rate * dW
                self.b -= self.learning_rate * db
        return self

    def predict_proba(self, X):
        return softmax(X @ self.W + self.b)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)
''',
    ),
    # fit passes 0.0 as the penalty, so the classifier's l2 has no effect; pass self.l2.
    _wrong(
        "l2 stored but not used",
        answer="classifier",
        check="classifier",
        fails="several_steps",
        cause="`l2` has no effect: hand it to",
        source='''
class SoftmaxClassifier:
    """Softmax regression, trained by mini-batch gradient descent from zeros."""

    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.seed = seed

    def fit(self, X, y):
        rng = np.random.default_rng(self.seed)
        n, d = X.shape
        c = y.max() + 1
        W = np.zeros((d, c))
        b = np.zeros(c)
        for epoch in range(self.epochs):
            perm = rng.permutation(n)
            start = 0
            while start < n:
                idx = perm[start : start + self.batch_size]
                loss, dW, db = loss_and_gradient(W, b, X[idx], y[idx], 0.0)
                W = W - self.learning_rate * dW
                b = b - self.learning_rate * db
                start += self.batch_size
        self.W = W
        self.b = b

    def predict_proba(self, X):
        return softmax(X @ self.W + self.b)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)
''',
    ),
    # argmax along axis 0 gives the best sample for each class, shape (C,); the class of each sample is along axis 1.
    _wrong(
        "predict takes argmax along axis 0",
        answer="classifier",
        check="classifier",
        fails="predict",
        cause="One number came for each class: take",
        source='''
class SoftmaxClassifier:
    """Softmax regression, trained by mini-batch gradient descent from zeros."""

    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.seed = seed

    def fit(self, X, y):
        rng = np.random.default_rng(self.seed)
        n, D = X.shape
        C = y.max() + 1
        self.W = np.zeros((D, C))
        self.b = np.zeros(C)
        for _ in range(self.epochs):
            order = rng.permutation(n)
            for start in range(0, n, self.batch_size):
                idx = order[start : start + self.batch_size]
                _, dW, db = loss_and_gradient(self.W, self.b, X[idx], y[idx], self.l2)
                self.W -= self.learning_rate * dW
                self.b -= self.learning_rate * db
        return self

    def predict_proba(self, X):
        return softmax(X @ self.W + self.b)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=0)
''',
    ),
    # The other parts must be scaled with the mean and std of train; each part's own numbers put them on different scales.
    _wrong(
        "each part by its own statistics",
        answer="features",
        check="standardize",
        fails="other_parts",
        cause="Each part is standardised with its own",
        source="""
def standardize(train, *others):
    result = []
    for part in (train, *others):
        part = part.astype(np.float32)
        mean = part.mean(axis=0)
        std = part.std(axis=0)
        std[std == 0] = 1
        result.append((part - mean) / std)
    return tuple(result)
""",
    ),
    # Validation and test images leak into the statistics; mean and std come from train alone.
    _wrong(
        "statistics of all parts together",
        answer="features",
        check="standardize",
        fails="train_part",
        cause="The statistics come from all parts together",
        source="""
def standardize(train, *others):
    everything = np.concatenate([train, *others]).astype(np.float64)
    mu = everything.mean(axis=0)
    sigma = everything.std(axis=0)
    sigma = np.where(sigma == 0, 1.0, sigma)
    return tuple((p - mu) / sigma for p in (train, *others))
""",
    ),
    # Without axis=0 you get one number for all pixels; every pixel needs its own mean and std, shape (D,).
    _wrong(
        "one mean and std for all pixels",
        answer="features",
        check="standardize",
        fails="train_part",
        cause="One mean and one spread serve all",
        source="""
def standardize(train, *others):
    train = train.astype(np.float32)
    mean, std = np.mean(train), np.std(train)
    if std == 0:
        std = 1.0
    return tuple((part.astype(np.float32) - mean) / std for part in (train, *others))
""",
    ),
    # axis=1 runs over the pixels of one image; the statistics of a pixel run over the training images, axis=0.
    _wrong(
        "statistics of each image (axis 1)",
        answer="features",
        check="standardize",
        fails="train_part",
        cause="Each image is standardised by itself: take",
        source="""
def standardize(train, *others):
    def scale(a):
        a = a.astype(np.float64)
        m = a.mean(axis=1, keepdims=True)
        s = a.std(axis=1, keepdims=True)
        s[s == 0] = 1
        return (a - m) / s

    return tuple(scale(part) for part in (train, *others))
""",
    ),
    # A pixel that never changes in train has std 0, and 0/0 gives nan; replace a std of 0 by 1.
    _wrong(
        "constant pixels divided by 0",
        answer="features",
        check="standardize",
        fails="constant_pixel",
        cause="The standard deviation of that pixel is",
        source="""
def standardize(train, *others):
    mean = np.mean(train, axis=0, dtype=np.float64)
    std = np.std(train, axis=0, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return tuple((np.asarray(part, dtype=np.float64) - mean) / std for part in (train, *others))
""",
    ),
    # zeros_like copies the dtype uint8, so the results are cut to whole bytes and negatives wrap; make a float array.
    _wrong(
        "result written into an array of bytes",
        answer="features",
        check="standardize",
        fails="whole_numbers",
        cause="Bytes hold whole numbers from 0 to",
        source="""
def standardize(train, *others):
    mean = train.mean(axis=0)
    std = train.std(axis=0)
    std = np.where(std > 0, std, 1)
    results = []
    for part in (train,) + others:
        out = np.zeros_like(part)
        out[:] = (part - mean) / std
        results.append(out)
    return tuple(results)
""",
    ),
    # Each answer must keep all D pixels; constant ones stay, with their std replaced by 1.
    _wrong(
        "constant pixels thrown away",
        answer="features",
        check="standardize",
        fails="constant_pixel",
        cause="Pixels are left out: every pixel stays",
        source="""
def standardize(train, *others):
    mean = train.mean(axis=0)
    std = train.std(axis=0)
    keep = std > 0
    return tuple((part[..., keep] - mean[keep]) / std[keep] for part in (train, *others))
""",
    ),
    # train**2 stays uint8 and wraps at 256, so the variance is wrong; convert to float before squaring.
    _wrong(
        "squares of bytes overflow",
        answer="features",
        check="standardize",
        fails="whole_numbers",
        cause="The division by the standard deviation is",
        source="""
def standardize(train, *others):
    mean = train.mean(axis=0)
    mean_of_squares = (train ** 2).mean(axis=0)
    variance = np.maximum(mean_of_squares - mean ** 2, 0)
    std = np.sqrt(variance)
    std[std < 1e-6] = 1
    return tuple((part - mean) / std for part in (train, *others))
""",
    ),
    # asarray does not copy floats, so -= and /= overwrite the argument, and the same array given twice is standardised twice.
    _wrong(
        "float arrays changed in place",
        answer="features",
        check="standardize",
        fails="unchanged",
        cause="Operators such as `-=` and `/=` work",
        source="""
def standardize(train, *others):
    arrays = [np.asarray(a, dtype=np.float64) for a in (train, *others)]
    mu = arrays[0].mean(axis=0)
    sd = arrays[0].std(axis=0)
    sd[sd == 0] = 1
    for a in arrays:
        a -= mu
        a /= sd
    return tuple(arrays)
""",
    ),
    # The one-hot columns are the classes that occur in y, not the W.shape[1] classes: with a class absent the
    # shapes do not fit, and for a single sample the (1, 1) array broadcasts silently and calls every class the
    # true one.
    _wrong(
        "loss with one-hot labels from np.unique(y)",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="loss",
        cause="All classes count as the right one",
        source="""def loss_and_gradient(W, b, X, y, l2):
    n = X.shape[0]
    Y = (y[:, None] == np.unique(y)).astype(float)  # one-hot
    Z = X @ W + b
    Z = Z - Z.max(axis=1, keepdims=True)
    log_p = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
    loss = -(Y * log_p).sum() / n + l2 * (W**2).sum()
    dZ = (np.exp(log_p) - Y) / n
    return loss, X.T @ dZ + 2 * l2 * W, dZ.sum(axis=0)
""",
    ),
    # dZ = P makes no copy: the -= 1 changes P itself, so the loss afterwards takes the log of P - 1, a negative
    # number: nan. Use dZ = P.copy(), or compute the loss first; and take log p from the shifted logits, since log
    # P is infinite for logits of 10,000. The gradients are right.
    _wrong(
        "loss is nan, invalid value in log",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="loss",
        cause="log is taken of P − Y",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    n = len(y)
    P = softmax(X @ W + b)
    dZ = P
    dZ[np.arange(n), y] -= 1
    dZ = dZ / n
    dW = X.T @ dZ + 2 * l2 * W
    db = dZ.sum(axis=0)
    loss = -np.log(P[np.arange(n), y]).mean() + l2 * (W ** 2).sum()
    return loss, dW, db
""",
    ),
    # The loss is right, but the gradient is a one-sided difference with h = 1e-3: only approximately right (error
    # of the order of h), and it needs one whole loss for every weight, 30,730 for the pictures. Derive it
    # instead: dZ = (P - Y)/n, dW = X.T @ dZ + 2*l2*W, db = dZ.sum(axis=0).
    _wrong(
        "numerical gradient, it just takes very long",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        fails="weight_gradient",
        cause="difference quotient",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    def loss_of(W, b):
        Z = X @ W + b
        Z = Z - Z.max(axis=1, keepdims=True)
        logp = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
        return -logp[np.arange(len(y)), y].mean() + l2 * (W ** 2).sum()

    h = 1e-3
    loss = loss_of(W, b)
    dW, db = np.zeros(W.shape), np.zeros(b.shape)
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            W2 = W.copy()
            W2[i, j] += h
            dW[i, j] = (loss_of(W2, b) - loss) / h
    for j in range(len(b)):
        b2 = b.copy()
        b2[j] += h
        db[j] = (loss_of(W, b2) - loss) / h
    return loss, dW, db
""",
    ),
    # predict is indented one level too deep: it is a function inside predict_proba, after its return, so the
    # class has no method predict (AttributeError). Move the two lines four spaces to the left.
    _wrong(
        "predict slipped into predict_proba",
        answer="classifier",
        check="classifier",
        fails="predict",
        cause="The check asks for `predict`",
        source="""
class SoftmaxClassifier:
    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.seed = seed

    def fit(self, X, y):
        rng = np.random.default_rng(self.seed)
        n = len(X)
        self.W = np.zeros((X.shape[1], y.max() + 1))
        self.b = np.zeros(y.max() + 1)
        for epoch in range(self.epochs):
            order = rng.permutation(n)
            for start in range(0, n, self.batch_size):
                idx = order[start:start + self.batch_size]
                loss, dW, db = loss_and_gradient(self.W, self.b, X[idx], y[idx], self.l2)
                self.W = self.W - self.learning_rate * dW
                self.b = self.b - self.learning_rate * db

    def predict_proba(self, X):
        return softmax(X @ self.W + self.b)

        def predict(self, X):
            return self.predict_proba(X).argmax(axis=1)
""",
    ),
    # In __init__ the attribute self.fit = False covers the method fit of the same name, so classifier.fit(X, y)
    # calls a bool: TypeError. Give the flag another name (self.fitted), in __init__ and at the end of fit, or
    # drop it.
    _wrong(
        "'bool' object is not callable when I call fit",
        answer="classifier",
        check="classifier",
        fails="one_step",
        cause="A value is called",
        source="""
class SoftmaxClassifier:
    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.learning_rate, self.epochs, self.batch_size = learning_rate, epochs, batch_size
        self.l2, self.seed = l2, seed
        self.fit = False      # was it trained already?

    def fit(self, X, y):
        rng = np.random.default_rng(self.seed)
        n, D = X.shape
        C = y.max() + 1
        self.W, self.b = np.zeros((D, C)), np.zeros(C)
        for _ in range(self.epochs):
            order = rng.permutation(n)
            for s in range(0, n, self.batch_size):
                part = order[s : s + self.batch_size]
                _, dW, db = loss_and_gradient(self.W, self.b, X[part], y[part], self.l2)
                self.W -= self.learning_rate * dW
                self.b -= self.learning_rate * db
        self.fit = True
        return self

    def predict_proba(self, X):
        return softmax(X @ self.W + self.b)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)
""",
    ),
]

RIGHTS = [
    # Correct: subtracts a stable log-sum-exp and takes exp once.
    _right(
        "logaddexp.reduce",
        answer="softmax",
        check="softmax",
        source="""
def softmax(logits):
    return np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))
""",
    ),
    # Correct: row by row in plain Python, with the row's maximum subtracted and the shape restored.
    _right(
        "plain Python with math.exp",
        answer="softmax",
        check="softmax",
        source="""
def softmax(logits):
    import math

    rows = np.reshape(logits, (-1, logits.shape[-1]))
    answer = []
    for row in rows.tolist():
        top = max(row)
        powers = [math.exp(v - top) for v in row]
        total = math.fsum(powers)
        answer.append([p / total for p in powers])
    return np.array(answer).reshape(logits.shape)
""",
    ),
    # Correct: p_k = 1 / sum_j exp(z_j - z_k); an overflow to inf rightly gives 0.
    _right(
        "one over the sum of pairwise differences",
        answer="softmax",
        check="softmax",
        source="""
def softmax(logits):
    differences = logits[..., None, :] - logits[..., :, None]
    with np.errstate(over="ignore"):
        return 1.0 / np.exp(differences).sum(axis=-1)
""",
    ),
    # Correct: one sample at a time, summed and divided by n at the end.
    _right(
        "loop with outer products",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    total, dW, db = 0.0, np.zeros(W.shape), np.zeros(b.shape)
    for x, label in zip(X, y):
        z = b + x @ W
        log_p = z - np.logaddexp.reduce(z)
        total -= log_p[label]
        error = np.exp(log_p)
        error[label] -= 1
        dW += np.outer(x, error)
        db += error
    n = len(y)
    return total / n + l2 * float((W**2).sum()), dW / n + 2 * l2 * W, db / n
""",
    ),
    # Correct: the one-hot labels come from a comparison with W.shape[1] classes.
    _right(
        "einsum and a boolean one-hot with np.where",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    hot = y[:, None] == np.arange(W.shape[1])[None, :]
    logits = np.einsum("nd,dc->nc", X, W) + b
    log_p = logits - np.logaddexp.reduce(logits, axis=1)[:, None]
    loss = -np.where(hot, log_p, 0.0).sum(axis=1).mean() + l2 * np.einsum("dc,dc->", W, W)
    slope = np.where(hot, np.expm1(log_p), np.exp(log_p)) / y.size
    return loss, np.einsum("nd,nc->dc", X, slope) + (l2 + l2) * W, np.einsum("nc->c", slope)
""",
    ),
    # Correct: a column of ones carries the bias, and the label part is subtracted class by class.
    _right(
        "bias as an extra row, class sums by np.add.at",
        answer="loss_and_gradient",
        check="loss_and_gradient",
        source="""
def loss_and_gradient(W, b, X, y, l2):
    n = X.shape[0]
    A = np.hstack([X, np.ones((n, 1))])
    V = np.vstack([W, b])
    Z = A @ V
    m = Z.max(axis=1)
    log_sum = m + np.log(np.exp(Z - m[:, None]).sum(axis=1))
    loss = (log_sum - np.take_along_axis(Z, y[:, None].astype(int), axis=1)[:, 0]).mean() + l2 * np.vdot(W, W)
    dV = (A.T @ np.exp(Z - log_sum[:, None])).T      # (C, D + 1)
    np.add.at(dV, y, -A)
    dV = dV.T / n
    return loss, dV[:-1] + 2 * l2 * W, dV[-1]
""",
    ),
    # Correct: one index array is shuffled again in each epoch and cut at the multiples of the batch size.
    _right(
        "np.split and an order shuffled on and on",
        answer="classifier",
        check="classifier",
        source="""
class SoftmaxClassifier:
    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.__dict__.update(learning_rate=learning_rate, epochs=epochs, batch_size=batch_size, l2=l2, seed=seed)

    def fit(self, X, y):
        generator = np.random.default_rng(self.seed)
        index = np.arange(len(y))
        C = int(y.max()) + 1
        parameters = [np.zeros((X.shape[1], C)), np.zeros(C)]
        for _ in range(self.epochs):
            generator.shuffle(index)
            for part in np.split(index, list(range(self.batch_size, len(y), self.batch_size))):
                _, *slopes = loss_and_gradient(*parameters, X[part], y[part], self.l2)
                parameters = [p - self.learning_rate * s for p, s in zip(parameters, slopes)]
        self.W, self.b = parameters

    def predict_proba(self, X):
        return softmax(np.einsum("nd,dc->nc", X, self.W) + self.b)

    def predict(self, X):
        return (X @ self.W + self.b).argmax(axis=-1)
""",
    ),
    # Correct: works without the other cells; the penalty leaves the bias row out.
    _right(
        "own gradient with the bias as a last row",
        answer="classifier",
        check="classifier",
        source="""
class SoftmaxClassifier:
    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.learning_rate, self.epochs, self.batch_size = learning_rate, epochs, batch_size
        self.l2, self.seed = l2, seed

    @staticmethod
    def _probabilities(Z):
        E = np.exp(Z - Z.max(axis=1, keepdims=True))
        return E / E.sum(axis=1, keepdims=True)

    def fit(self, X, y):
        rng = np.random.default_rng(self.seed)
        n, D = X.shape
        C = int(max(y)) + 1
        A = np.column_stack([X, np.ones(n)])
        Y = np.eye(C)[y]
        V = np.zeros((D + 1, C))
        decay = np.append(np.full(D, 2.0 * self.l2), 0.0)[:, None]
        for _ in range(self.epochs):
            order = rng.permutation(n)
            while order.size:
                now, order = order[: self.batch_size], order[self.batch_size :]
                slope = A[now].T @ (self._probabilities(A[now] @ V) - Y[now]) / len(now) + decay * V
                V = V - self.learning_rate * slope
        self.W, self.b = V[:-1].copy(), V[-1].copy()
        return self

    def predict_proba(self, X):
        return self._probabilities(X @ self.W + self.b)

    def predict(self, X):
        return np.array([int(row.argmax()) for row in self.predict_proba(X)], dtype=int)
""",
    ),
    # Correct: another seeded generator, made anew in each fit, still gives a new order in each epoch.
    _right(
        "order from the standard library's random.Random",
        answer="classifier",
        check="classifier",
        source="""
import random


class SoftmaxClassifier:
    def __init__(self, learning_rate=0.01, epochs=5, batch_size=100, l2=0.0, seed=0):
        self.options = {"rate": learning_rate, "epochs": epochs, "size": batch_size, "l2": l2, "seed": seed}

    def _stream(self, n):
        chance = random.Random(self.options["seed"])
        for _ in range(self.options["epochs"]):
            order = chance.sample(range(n), n)
            while order:
                yield order[: self.options["size"]]
                del order[: self.options["size"]]

    def fit(self, X, y):
        self.b = np.zeros(np.max(y) + 1)
        self.W = np.zeros((X.shape[1], self.b.size))
        for chosen in self._stream(X.shape[0]):
            _, dW, db = loss_and_gradient(self.W, self.b, X[chosen], y[chosen], self.options["l2"])
            self.W -= self.options["rate"] * dW
            self.b -= self.options["rate"] * db
        return self

    def predict_proba(self, X):
        return softmax(X.dot(self.W) + self.b)

    def predict(self, X):
        return np.argmax(X.dot(self.W) + self.b, axis=1)
""",
    ),
    # Correct: constant pixels are 0 in every part, which is finite.
    _right(
        "np.divide with where",
        answer="features",
        check="standardize",
        source="""
def standardize(train, *others):
    center = np.mean(train, axis=0, dtype=float)
    spread = np.std(train, axis=0, dtype=float)

    def scaled(part):
        moved = np.subtract(part, center, dtype=float)
        return np.divide(moved, spread, out=np.zeros_like(moved), where=np.broadcast_to(spread > 0, moved.shape))

    return (scaled(train), *map(scaled, others))
""",
    ),
    # Correct: the variance is the mean of squared deviations in float64, and the answer is float32.
    _right(
        "einsum for the variance, a factor for the scale",
        answer="features",
        check="standardize",
        source="""
def standardize(train, *others):
    x = np.array(train, dtype=np.float64)
    mean = np.full(len(x), 1 / len(x)) @ x
    x -= mean
    variance = np.einsum("nd,nd->d", x, x) / len(x)
    factor = 1 / np.sqrt(variance + (variance == 0))
    return tuple(((part.astype(np.float64) - mean) * factor).astype(np.float32) for part in (train,) + others)
""",
    ),
    # Correct: slow, but pstdev divides by n, and a spread of 0 is replaced by 1.
    _right(
        "pixel by pixel with the statistics module",
        answer="features",
        check="standardize",
        source="""
import statistics


def standardize(train, *others):
    answers = [np.empty(part.shape, dtype=np.float64) for part in (train, *others)]
    for d in range(train.shape[1]):
        column = train[:, d].astype(float).tolist()
        middle = statistics.fmean(column)
        spread = statistics.pstdev(column) or 1.0
        for part, answer in zip((train, *others), answers):
            answer[..., d] = (part[..., d].astype(float) - middle) / spread
    return tuple(answers)
""",
    ),
]
