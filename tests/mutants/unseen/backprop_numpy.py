"""Answers of 1_backprop_numpy by somebody who had read the student edition alone, none of the checks.

Above each stands what a teacher would say of it. Where `cause` is empty, the card gives a general hint only.
"""

from __future__ import annotations

from functools import partial

from tests.mutants.submission import Mutant, Right

NOTEBOOK = "neural_networks/1_backprop_numpy"
_wrong = partial(Mutant, notebook=NOTEBOOK)
_right = partial(Right, notebook=NOTEBOOK)

MUTANTS = [
    # W is to be drawn uniformly from ±1/√in; a normal distribution of that width leaves these bounds for a third of the weights.
    _wrong(
        "W from a normal distribution",
        answer="linear",
        check="linear",
        fails="initial_values",
        cause="np.random.uniform",
        source='''
class Linear(Module):
    """y = xW + b, with W of shape (in_features, out_features) and b of shape (out_features,)."""

    def __init__(self, in_features, out_features):
        """Draw W and start b at zero."""
        self.W = np.random.randn(in_features, out_features) / np.sqrt(in_features)
        self.b = np.zeros(out_features)

    def forward(self, x):
        """Map (in,) to (out,), or (n, in) to (n, out)."""
        self.x = x
        return x @ self.W + self.b

    def backward(self, d):
        """Answer the gradient by x, in the shape of x; store those by W and b."""
        self.dW = np.atleast_2d(self.x).T @ np.atleast_2d(d)
        self.db = np.atleast_2d(d).sum(axis=0)
        return d @ self.W.T

    def update(self, alpha):
        """Take one step of gradient descent."""
        self.W = self.W - alpha * self.dW
        self.b = self.b - alpha * self.db
''',
    ),
    # The loss has already divided by n, so the gradient by b is the sum of d over the rows, not their mean.
    _wrong(
        "bias gradient is a mean",
        answer="linear",
        check="linear",
        fails="bias_step",
        cause="The gradient by `b` is exactly 7",
        source="""
class Linear(Module):
    def __init__(self, in_features, out_features):
        limit = in_features ** -0.5
        self.W = np.random.uniform(-limit, limit, size=(in_features, out_features))
        self.b = np.zeros(out_features)
        self.grads = {}

    def forward(self, x):
        self.x = np.array(x)
        return np.dot(self.x, self.W) + self.b

    def backward(self, d):
        rows = np.atleast_2d(self.x)
        up = np.atleast_2d(d)
        self.grads["W"] = np.einsum("ni,no->io", rows, up)
        self.grads["b"] = np.mean(up, axis=0)
        return np.dot(d, self.W.T)

    def update(self, alpha):
        self.W -= alpha * self.grads["W"]
        self.b -= alpha * self.grads["b"]
""",
    ),
    # For a single vector the gradient by W must be outer(x, d), in the shape of W; outer(d, x) is its transpose.
    _wrong(
        "outer product swapped for a vector",
        answer="linear",
        check="linear",
        fails="backward_vector",
        cause="For a vector `x.T @ d` is",
        source="""
class Linear(Module):
    def __init__(self, in_features, out_features):
        k = 1 / np.sqrt(in_features)
        self.W = np.random.uniform(-k, k, (in_features, out_features))
        self.b = np.zeros((out_features,))

    def forward(self, x):
        self.last_input = x
        return x @ self.W + self.b

    def backward(self, d):
        x = self.last_input
        if x.ndim == 1:
            self.grad_W = np.outer(d, x)
            self.grad_b = d.copy()
        else:
            self.grad_W = x.T @ d
            self.grad_b = d.sum(axis=0)
        return d @ self.W.T

    def update(self, alpha):
        self.W = self.W - alpha * self.grad_W
        self.b = self.b - alpha * self.grad_b
""",
    ),
    # A new backward replaces the stored gradients; yours adds to those of all earlier calls and never clears them.
    _wrong(
        "gradients accumulate",
        answer="linear",
        check="linear",
        fails="second_step",
        cause="The first gradient is added to the",
        source="""
class Linear(Module):
    def __init__(self, in_features, out_features):
        bound = 1.0 / np.sqrt(in_features)
        self.W = np.random.uniform(low=-bound, high=bound, size=(in_features, out_features))
        self.b = np.zeros(out_features)
        self.dW = np.zeros_like(self.W)
        self.db = np.zeros_like(self.b)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, d):
        # one sample after the other
        for x_row, d_row in zip(np.atleast_2d(self.x), np.atleast_2d(d)):
            self.dW += np.outer(x_row, d_row)
            self.db += d_row
        return d @ self.W.T

    def update(self, alpha):
        self.W -= alpha * self.dW
        self.b -= alpha * self.db
""",
    ),
    # You write each output into the same array, so a second forward overwrites the answer that the caller still holds.
    _wrong(
        "output buffer is reused",
        answer="linear",
        check="linear",
        fails="no_aliasing",
        cause="Do not answer an array that the",
        source="""
class Linear(Module):
    def __init__(self, in_features, out_features):
        s = np.sqrt(1 / in_features)
        self.W = np.random.uniform(-s, s, (in_features, out_features))
        self.b = np.zeros(out_features)
        self.y = None

    def forward(self, x):
        self.x = x
        shape = x.shape[:-1] + (self.W.shape[1],)
        if self.y is None or self.y.shape != shape:
            self.y = np.empty(shape, dtype=np.result_type(x, self.W))
        self.y[...] = x @ self.W
        self.y += self.b
        return self.y

    def backward(self, d):
        x2, d2 = np.atleast_2d(self.x), np.atleast_2d(d)
        self.dW = x2.T @ d2
        self.db = d2.sum(axis=0)
        return d @ self.W.T

    def update(self, alpha):
        self.W = self.W - alpha * self.dW
        self.b = self.b - alpha * self.db
""",
    ),
    # For an input of shape (in,) backward must answer (in,), but yours keeps the extra axis and answers (1, in).
    _wrong(
        "vector comes back as a row",
        answer="linear",
        check="linear",
        fails="backward_vector",
        cause="A vector came out as a batch",
        source="""
class Linear(Module):
    def __init__(self, in_features, out_features):
        lim = 1 / in_features ** 0.5
        self.W = 2 * lim * np.random.rand(in_features, out_features) - lim
        self.b = np.zeros(out_features)

    def forward(self, x):
        self.x = np.atleast_2d(x)
        return x @ self.W + self.b

    def backward(self, d):
        d = np.atleast_2d(d)
        self.dW = self.x.T @ d
        self.db = np.sum(d, axis=0)
        return d @ self.W.T

    def update(self, alpha):
        self.W = self.W - alpha * self.dW
        self.b = self.b - alpha * self.db
""",
    ),
    # You save a copy of the transposed W in __init__; after an update, backward still uses the old weights.
    _wrong(
        "transpose of the first weights kept",
        answer="linear",
        check="linear",
        fails="input_gradient",
        cause="",
        source="""
class Linear(Module):
    def __init__(self, in_features, out_features):
        r = 1 / np.sqrt(in_features)
        self.W = np.random.uniform(-r, r, (in_features, out_features))
        self.b = np.zeros(out_features)
        self.W_T = self.W.T.copy()  # so that it is computed only once

    def forward(self, x):
        self.x = x
        return x.dot(self.W) + self.b

    def backward(self, d):
        X = self.x.reshape(-1, self.W.shape[0])
        D = d.reshape(-1, self.W.shape[1])
        self.dW = X.T.dot(D)
        self.db = D.sum(0)
        return d.dot(self.W_T)

    def update(self, alpha):
        self.W = self.W - alpha * self.dW
        self.b = self.b - alpha * self.db
""",
    ),
    # row = self.b makes no copy, so row += ... changes the bias itself with every sample.
    _wrong(
        "forward adds into b",
        answer="linear",
        check="linear",
        fails="forward",
        cause="",
        source="""
class Linear(Module):
    def __init__(self, in_features, out_features):
        a = 1 / np.sqrt(in_features)
        self.W = np.random.uniform(-a, a, (in_features, out_features))
        self.b = np.zeros(out_features)

    def one(self, x):
        row = self.b
        for i in range(len(x)):
            row += x[i] * self.W[i]
        return row.copy()

    def forward(self, x):
        self.x = x
        if x.ndim == 1:
            return self.one(x)
        return np.array([self.one(sample) for sample in x])

    def backward(self, d):
        self.dW = np.atleast_2d(self.x).T @ np.atleast_2d(d)
        self.db = np.atleast_2d(d).sum(axis=0)
        return d @ self.W.T

    def update(self, alpha):
        self.W = self.W - alpha * self.dW
        self.b = self.b - alpha * self.db
""",
    ),
    # update must step on both W and b; your bias stays at zero for ever although its gradient is there.
    _wrong(
        "update forgets b",
        answer="linear",
        check="linear",
        fails="bias_step",
        cause="`b` is never updated: subtract `alpha *",
        source="""
class Linear(Module):
    def __init__(self, in_features, out_features):
        scale = 1 / np.sqrt(in_features)
        self.W = np.random.uniform(-scale, scale, (in_features, out_features))
        self.b = np.zeros(out_features)
        self.gradW = None
        self.gradb = None

    def forward(self, x):
        self.inp = x.copy()
        return np.matmul(x, self.W) + self.b

    def backward(self, d):
        inp = self.inp[None, :] if self.inp.ndim == 1 else self.inp
        dd = d[None, :] if d.ndim == 1 else d
        self.gradW = np.matmul(inp.T, dd)
        self.gradb = dd.sum(axis=0)
        return np.matmul(d, self.W.T)

    def update(self, alpha):
        if self.gradW is not None:
            self.W = self.W - alpha * self.gradW
""",
    ),
    # The sign of the input decides whether the gradient passes, not the sign of the gradient itself.
    _wrong(
        "gate looks at d",
        answer="relu",
        check="relu",
        fails="gradient",
        cause="The mask is taken from d, not",
        source='''
class ReLU(Module):
    """y = max(0, x), number by number."""

    def forward(self, x):
        """Answer max(0, x), in the shape of x."""
        self.x = x
        return np.maximum(0, x)

    def backward(self, d):
        """Answer the gradient by x, in the shape of x."""
        return np.where(d > 0, d, 0)
''',
    ),
    # x[x < 0] = 0 changes the caller's array; make a copy first, for no function may change its arguments.
    _wrong(
        "forward overwrites its argument",
        answer="relu",
        check="relu",
        fails="no_aliasing",
        cause="An assignment such as `x[…] = …`",
        source="""
class ReLU(Module):
    def forward(self, x):
        self.mask = x > 0
        x[~self.mask] = 0
        return x

    def backward(self, d):
        return d * self.mask
""",
    ),
    # The slicing assignment zeroes entries of the caller's d; work on a copy.
    _wrong(
        "backward overwrites d",
        answer="relu",
        check="relu",
        fails="no_aliasing",
        cause="An assignment such as `d[…] = …`",
        source="""
class ReLU(Module):
    def forward(self, x):
        self.negative = x <= 0
        return (x + abs(x)) / 2

    def backward(self, d):
        grad = d
        grad[self.negative] = 0.0
        return grad
""",
    ),
    # The mask belongs to the last input, but yours is only made when there is none yet, so later batches get the first one's.
    _wrong(
        "mask kept from the first forward",
        answer="relu",
        check="relu",
        fails="no_aliasing",
        cause="Use what `forward` stored last: every `forward`",
        source="""
class ReLU(Module):
    def __init__(self):
        self.mask = None

    def forward(self, x):
        if self.mask is None or self.mask.shape != x.shape:
            self.mask = (x > 0).astype(float)
        return np.where(x > 0, x, 0.0)

    def backward(self, d):
        return self.mask * d
""",
    ),
    # np.max(x, 0) is the maximum along axis 0, which removes an axis; np.maximum(x, 0) compares number by number.
    _wrong(
        "np.max instead of np.maximum",
        answer="relu",
        check="relu",
        fails="forward",
        cause="The samples were summed, or `np.max` took",
        source="""
class ReLU(Module):
    def forward(self, x):
        self.x = x
        return np.max(x, 0)

    def backward(self, d):
        return d * (self.x > 0)
""",
    ),
    # The slope of ReLU is 1 where x > 0; you multiply d by the value of the output instead of by its slope.
    _wrong(
        "d times the output",
        answer="relu",
        check="relu",
        fails="gradient",
        cause="d is multiplied by the output: multiply",
        source="""
class ReLU(Module):
    def forward(self, x):
        self.out = np.clip(x, 0, None)
        return self.out

    def backward(self, d):
        return np.multiply(d, self.out)
""",
    ),
    # ReLU.mask belongs to the class, so all ReLU layers of a network share the mask of whichever ran last; store it on self.
    _wrong(
        "mask stored on the class",
        answer="relu",
        check="relu",
        fails="no_aliasing",
        cause="Keep what a layer stores in `self`",
        source="""
class ReLU(Module):
    mask = None

    def forward(self, x):
        ReLU.mask = x > 0
        return x * ReLU.mask

    def backward(self, d):
        return d * ReLU.mask
""",
    ),
    # Unpacking two sizes from the shape fails for a vector (width,); the contract allows any shape.
    _wrong(
        "only batches",
        answer="relu",
        check="relu",
        fails="vector",
        cause="the shape of a vector is one number",
        source="""
class ReLU(Module):
    def forward(self, x):
        n, width = x.shape
        self.x = x
        y = np.zeros((n, width))
        for i in range(n):
            for j in range(width):
                if x[i, j] > 0:
                    y[i, j] = x[i, j]
        return y

    def backward(self, d):
        n, width = d.shape
        grad = np.zeros((n, width))
        for i in range(n):
            for j in range(width):
                if self.x[i, j] > 0:
                    grad[i, j] = d[i, j]
        return grad
""",
    ),
    # At exactly x = 0 you divide 0 by 0 and the gradient is nan; any slope from 0 to 1 would do there.
    _wrong(
        "slope by x / |x|",
        answer="relu",
        check="relu",
        fails="at_zero",
        cause="0 / 0 gives nan: use the",
        source="""
class ReLU(Module):
    def forward(self, x):
        self.x = x
        return 0.5 * (x + np.abs(x))

    def backward(self, d):
        # derivative of |x| is x / |x|
        return 0.5 * d * (1 + self.x / np.abs(self.x))
""",
    ),
    # Each row needs its own maximum; a row far below the batch's maximum becomes all zeros, and 0/0 is nan.
    _wrong(
        "maximum of the whole batch",
        answer="softmax",
        check="softmax",
        fails="stable",
        cause="The maximum is taken over the whole",
        source='''
class Softmax(Module):
    """p = exp(x) / Σ exp(x), row by row."""

    def forward(self, x):
        """Map logits to probabilities of the same shape."""
        e = np.exp(x - np.max(x))
        self.p = e / e.sum(axis=-1, keepdims=True)
        return self.p

    def backward(self, d):
        """Answer the Jacobian times d, in the shape of x."""
        return self.p * (d - (d * self.p).sum(axis=-1, keepdims=True))
''',
    ),
    # x -= ... shifts the logits of the caller as well; write x = x - ... to get a new array.
    _wrong(
        "subtracts in place",
        answer="softmax",
        check="softmax",
        fails="no_aliasing",
        cause="An assignment such as `x[…] = …`",
        source="""
class Softmax(Module):
    def forward(self, x):
        x -= x.max(axis=-1, keepdims=True)
        e = np.exp(x)
        self.p = e / np.sum(e, axis=-1, keepdims=True)
        return self.p

    def backward(self, d):
        p = self.p
        inner = np.sum(p * d, axis=-1, keepdims=True)
        return p * (d - inner)
""",
    ),
    # p(1 − p) is only the Jacobian's diagonal; every probability also depends on the other logits of its row.
    _wrong(
        "only the diagonal",
        answer="softmax",
        check="softmax",
        fails="gradient",
        cause="Only the diagonal of the Jacobian is",
        source="""
class Softmax(Module):
    def forward(self, x):
        shifted = x - np.max(x, axis=-1, keepdims=True)
        exps = np.exp(shifted)
        self.out = exps / exps.sum(axis=-1, keepdims=True)
        return self.out

    def backward(self, d):
        s = self.out
        return d * s * (1 - s)
""",
    ),
    # np.sum without an axis adds up d·p over all rows; the sum is to stay within each row.
    _wrong(
        "inner product over the whole batch",
        answer="softmax",
        check="softmax",
        fails="gradient",
        cause="Σ d·p is taken over the whole",
        source="""
class Softmax(Module):
    def forward(self, x):
        m = x.max(axis=-1, keepdims=True)
        z = np.exp(x - m)
        z = z / z.sum(axis=-1, keepdims=True)
        self.z = z
        return z

    def backward(self, d):
        weighted = d * self.z
        return weighted - self.z * np.sum(weighted)
""",
    ),
    # You store e before it is divided by its sum, so backward works with numbers that are no probabilities.
    _wrong(
        "stores the exponentials",
        answer="softmax",
        check="softmax",
        fails="gradient",
        cause="What is stored is exp(x) before it",
        source="""
class Softmax(Module):
    def forward(self, x):
        self.p = np.exp(x - np.amax(x, axis=-1, keepdims=True))
        return self.p / np.sum(self.p, axis=-1, keepdims=True)

    def backward(self, d):
        dot = np.einsum("...i,...i->...", d, self.p)[..., None]
        return self.p * (d - dot)
""",
    ),
    # grad = self.p is no copy: the in-place product destroys the stored p, and with it the answer that forward gave.
    _wrong(
        "backward changes the stored probabilities",
        answer="softmax",
        check="softmax",
        fails="no_aliasing",
        cause="Do not answer an array that the",
        source="""
class Softmax(Module):
    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.p = e / e.sum(axis=-1, keepdims=True)
        return self.p

    def backward(self, d):
        centred = d - (self.p * d).sum(axis=-1, keepdims=True)
        grad = self.p
        grad *= centred
        return grad
""",
    ),
    # The Jacobian differs from row to row; you build it from row 0 once and use it for the whole batch.
    _wrong(
        "Jacobian of the first row for all",
        answer="softmax",
        check="softmax",
        fails="gradient",
        cause="The Jacobian of the first row is",
        source="""
class Softmax(Module):
    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.p = e / e.sum(axis=-1, keepdims=True)
        return self.p

    def backward(self, d):
        p = np.atleast_2d(self.p)
        J = np.diag(p[0]) - np.outer(p[0], p[0])
        grad = np.zeros(p.shape)
        for k, up in enumerate(np.atleast_2d(d)):
            grad[k] = J @ up
        return grad.reshape(d.shape)
""",
    ),
    # Clipping makes 10,000 and 9,999 equal, so the probabilities are wrong; subtract the row's maximum instead.
    _wrong(
        "clips the logits",
        answer="softmax",
        check="softmax",
        fails="stable",
        cause="Clipped logits lose their differences: subtract the",
        source="""
class Softmax(Module):
    def forward(self, x):
        safe = np.clip(x, -500, 500)  # exp(710) overflows
        e = np.exp(safe)
        self.p = e / e.sum(axis=-1, keepdims=True)
        return self.p

    def backward(self, d):
        return self.p * (d - np.sum(d * self.p, axis=-1, keepdims=True))
""",
    ),
    # Softmax takes no mean over the batch; the division by n belongs to the loss and must not happen here.
    _wrong(
        "gradient divided by n",
        answer="softmax",
        check="softmax",
        fails="gradient",
        cause="The gradient by the logits is exactly",
        source="""
class Softmax(Module):
    def softmax_row(self, row):
        e = np.exp(row - max(row))
        return e / sum(e)

    def forward(self, x):
        if x.ndim == 1:
            self.p = self.softmax_row(x)
        else:
            self.p = np.array([self.softmax_row(row) for row in x])
        return self.p

    def backward(self, d):
        P, D = np.atleast_2d(self.p), np.atleast_2d(d)
        n = P.shape[0]
        rows = [(np.diag(p) - np.outer(p, p)) @ up / n for p, up in zip(P, D)]
        return np.array(rows).reshape(self.p.shape)
""",
    ),
    # With 1e-12 inside the logarithm no loss exceeds 27.6, where a certain and wrong sample should cost up to 20,000; take x − m − log Σ exp(x − m).
    _wrong(
        "log of p plus epsilon",
        answer="cross_entropy",
        check="cross_entropy",
        fails="certain",
        cause="A number near 1e-12 is added inside",
        source='''
class CrossEntropyLoss(Module):
    """Mean cross-entropy of softmax(logits) and integer labels."""

    def forward(self, logits, y):
        """Answer the mean loss, one number."""
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        self.y = y
        return -np.mean(np.log(self.p[np.arange(len(y)), y] + 1e-12))

    def backward(self, d=1.0):
        """Answer d times the gradient by the logits."""
        grad = self.p.copy()
        grad[np.arange(len(self.y)), self.y] -= 1
        return d * grad / len(self.y)
''',
    ),
    # The loss is a mean over the samples, so its gradient is (p − one-hot) / n; you left out the n.
    _wrong(
        "gradient not divided by n",
        answer="cross_entropy",
        check="cross_entropy",
        fails="gradient",
        cause="The gradient is exactly 7 times too",
        source="""
class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        z = logits - np.max(logits, axis=1, keepdims=True)
        log_p = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
        self.probs = np.exp(log_p)
        self.onehot = np.eye(logits.shape[1])[y]
        return -np.sum(log_p * self.onehot) / len(y)

    def backward(self, d=1.0):
        return d * (self.probs - self.onehot)
""",
    ),
    # C is the width of the logits; y.max() + 1 is smaller when the batch has no sample of the last class, and the shapes no longer meet.
    _wrong(
        "number of classes from the labels",
        answer="cross_entropy",
        check="cross_entropy",
        fails="missing_class",
        cause="The one-hot rows are as wide as",
        source="""
class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        n = logits.shape[0]
        C = y.max() + 1
        self.one_hot = np.zeros((n, C))
        self.one_hot[np.arange(n), y] = 1
        m = logits.max(axis=1, keepdims=True)
        self.log_p = logits - m - np.log(np.exp(logits - m).sum(axis=1, keepdims=True))
        return -(self.one_hot * self.log_p).sum(axis=1).mean()

    def backward(self, d=1.0):
        n = len(self.one_hot)
        return d * (np.exp(self.log_p) - self.one_hot) / n
""",
    ),
    # If backward gets a d it must multiply by it; yours takes the argument and never uses it.
    _wrong(
        "upstream gradient ignored",
        answer="cross_entropy",
        check="cross_entropy",
        fails="upstream",
        cause="The upstream gradient d is ignored: multiply",
        source="""
class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        shifted = logits - logits.max(axis=1)[:, None]
        lse = np.log(np.exp(shifted).sum(axis=1))
        losses = [lse[k] - shifted[k, label] for k, label in enumerate(y)]
        self.p = np.exp(shifted - lse[:, None])
        self.y = y
        return sum(losses) / len(losses)

    def backward(self, d=1.0):
        n = self.p.shape[0]
        grad = np.zeros(self.p.shape)
        for k in range(n):
            for c in range(self.p.shape[1]):
                grad[k, c] = (self.p[k, c] - (c == self.y[k])) / n
        return grad
""",
    ),
    # grad is another name for self.p, so each further backward subtracts 1 once more and answers something else.
    _wrong(
        "backward subtracts from the stored p",
        answer="cross_entropy",
        check="cross_entropy",
        fails="no_aliasing",
        cause="`backward` changes what `forward` has stored, as",
        source="""
class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        x = logits - logits.max(axis=1, keepdims=True)
        log_p = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
        self.p = np.exp(log_p)
        self.rows, self.y = np.arange(y.shape[0]), y
        return -log_p[self.rows, y].mean()

    def backward(self, d=1.0):
        grad = self.p
        grad[self.rows, self.y] -= 1
        return d * grad / len(self.rows)
""",
    ),
    # The mean of the whole (n, C) table also divides by C; the loss divides by the number of samples only.
    _wrong(
        "mean over all entries",
        answer="cross_entropy",
        check="cross_entropy",
        fails="value",
        cause="The loss is exactly 5 times too",
        source="""
class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        z = logits - logits.max(axis=-1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        self.target = (y[:, None] == np.arange(logits.shape[1])).astype(float)
        self.p = np.exp(logp)
        return -np.mean(self.target * logp)

    def backward(self, d=1.0):
        return d * (self.p - self.target) / self.p.shape[0]
""",
    ),
    # p − onehot / n divides only the one-hot vectors; the difference needs brackets before it is divided by n.
    _wrong(
        "division binds to the one-hot only",
        answer="cross_entropy",
        check="cross_entropy",
        fails="gradient",
        cause="Only the one-hot rows are divided by",
        source="""
class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        self.n, self.C = logits.shape
        m = np.max(logits, axis=1, keepdims=True)
        log_sum = m + np.log(np.sum(np.exp(logits - m), axis=1, keepdims=True))
        self.log_probs = logits - log_sum
        self.labels = y
        return -np.mean(np.take_along_axis(self.log_probs, y[:, None], axis=1))

    def backward(self, d=1.0):
        onehot = np.eye(self.C)[self.labels]
        return d * (np.exp(self.log_probs) - onehot / self.n)
""",
    ),
    # grad[:, y] touches the columns of all labels in every row; np.arange(n) as first index picks one entry per row.
    _wrong(
        "colon instead of row numbers",
        answer="cross_entropy",
        check="cross_entropy",
        fails="gradient",
        cause="1 is subtracted in every column, as by",
        source="""
class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        z = logits - logits.max(axis=1, keepdims=True)
        e = np.exp(z)
        s = e.sum(axis=1, keepdims=True)
        self.p = e / s
        self.y = y
        picked = z[np.arange(len(y)), y] - np.log(s[:, 0])
        return -picked.mean()

    def backward(self, d=1.0):
        grad = self.p.copy()
        grad[:, self.y] -= 1
        return d * grad / len(self.y)
""",
    ),
    # return_inverse numbers only the classes that occur, so in a batch that lacks class 0 or 1 the later labels slip down; labels are column numbers already.
    _wrong(
        "labels renumbered by np.unique",
        answer="cross_entropy",
        check="cross_entropy",
        fails="missing_class",
        cause="The labels are numbered anew by those",
        source="""
class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        classes, index = np.unique(y, return_inverse=True)
        self.y = index
        z = logits - logits.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        self.p = np.exp(log_p)
        return -np.mean(log_p[np.arange(len(y)), self.y])

    def backward(self, d=1.0):
        n = len(self.y)
        g = np.array(self.p)
        g[np.arange(n), self.y] -= 1.0
        return g * d / n
""",
    ),
    # Two separate permutations tear samples and labels apart; draw one and index both with it.
    _wrong(
        "X and y shuffled separately",
        answer="mlp_classifier",
        check="mlp_fit",
        fails="full_batch_step",
        cause="Samples and labels do not belong together",
        source='''
class MLPClassifier:
    """A chain of layers that ends with logits, trained by gradient descent on batches."""

    def __init__(self, modules, epochs=40, alpha=0.01):
        """Keep the layers, the number of epochs and the learning rate."""
        self.modules = modules
        self.epochs = epochs
        self.alpha = alpha
        self.loss = CrossEntropyLoss()

    def fit(self, X, y, batch_size=32):
        """Train the layers."""
        for epoch in range(self.epochs):
            X = np.random.permutation(X)
            y = np.random.permutation(y)
            for i in range(0, len(X), batch_size):
                x = X[i : i + batch_size]
                for module in self.modules:
                    x = module.forward(x)
                self.loss.forward(x, y[i : i + batch_size])
                d = self.loss.backward()
                for module in reversed(self.modules):
                    d = module.backward(d)
                for module in self.modules:
                    module.update(self.alpha)

    def predict_proba(self, X):
        """Answer probabilities (n, C)."""
        for module in self.modules:
            X = module.forward(X)
        return Softmax().forward(X)

    def predict(self, X):
        """Answer class numbers (n,)."""
        return np.argmax(self.predict_proba(X), axis=1)
''',
    ),
    # A generator made anew with seed 0 gives the same order in every epoch; each epoch is to shuffle anew.
    _wrong(
        "same seed in each epoch",
        answer="mlp_classifier",
        check="mlp_fit",
        fails="shuffled",
        cause="The order is shuffled once and used",
        source="""
class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.modules, self.epochs, self.alpha = modules, epochs, alpha

    def forward(self, x):
        for layer in self.modules:
            x = layer.forward(x)
        return x

    def step(self, x, y):
        loss = CrossEntropyLoss()
        loss.forward(self.forward(x), y)
        d = loss.backward()
        for layer in self.modules[::-1]:
            d = layer.backward(d)
        for layer in self.modules:
            layer.update(self.alpha)

    def fit(self, X, y, batch_size=32):
        for _ in range(self.epochs):
            order = np.random.RandomState(0).permutation(len(X))
            for start in range(0, len(X), batch_size):
                part = order[start : start + batch_size]
                self.step(X[part], y[part])
        return self

    def predict_proba(self, X):
        return Softmax().forward(self.forward(X))

    def predict(self, X):
        return self.forward(X).argmax(axis=1)
""",
    ),
    # range(0, n - batch_size, batch_size) ends before the last batch, and with no more than batch_size samples there is no step at all.
    _wrong(
        "last batch never starts",
        answer="mlp_classifier",
        check="mlp_fit",
        fails="full_batch_step",
        cause="No batch is made of as many samples",
        source="""
class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.modules = modules
        self.epochs = epochs
        self.alpha = alpha
        self.criterion = CrossEntropyLoss()
        self.softmax = Softmax()

    def fit(self, X, y, batch_size=32):
        n = X.shape[0]
        idx = np.arange(n)
        for _ in range(self.epochs):
            np.random.shuffle(idx)
            for start in range(0, n - batch_size, batch_size):
                batch = idx[start : start + batch_size]
                out = X[batch]
                for m in self.modules:
                    out = m.forward(out)
                self.criterion.forward(out, y[batch])
                grad = self.criterion.backward()
                for m in reversed(self.modules):
                    grad = m.backward(grad)
                for m in self.modules:
                    m.update(self.alpha)

    def predict_proba(self, X):
        out = X
        for m in self.modules:
            out = m.forward(out)
        return self.softmax.forward(out)

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)
""",
    ),
    # reversed() gives an iterator that is empty after one pass; made once before the loops, it lets only the first step go backward.
    _wrong(
        "reversed iterator used up",
        answer="mlp_classifier",
        check="mlp_fit",
        fails="every_sample",
        cause="Go through a permutation of all indices",
        source="""
class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.modules = list(modules)
        self.epochs = epochs
        self.alpha = alpha

    def _logits(self, X):
        for module in self.modules:
            X = module.forward(X)
        return X

    def fit(self, X, y, batch_size=32):
        loss = CrossEntropyLoss()
        backwards = reversed(self.modules)
        for epoch in range(self.epochs):
            perm = np.random.permutation(len(y))
            for i in range(0, len(y), batch_size):
                chosen = perm[i : i + batch_size]
                loss.forward(self._logits(X[chosen]), y[chosen])
                d = loss.backward()
                for module in backwards:
                    d = module.backward(d)
                for module in self.modules:
                    module.update(self.alpha)

    def predict_proba(self, X):
        return Softmax().forward(self._logits(X))

    def predict(self, X):
        return np.argmax(self._logits(X), axis=-1)
""",
    ),
    # CrossEntropyLoss takes logits and has its own softmax; you give it probabilities, so the softmax is applied twice.
    _wrong(
        "softmax twice in training",
        answer="mlp_classifier",
        check="mlp_fit",
        fails="full_batch_step",
        cause="Softmax is applied twice: the last layer",
        source="""
class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.modules = list(modules) + [Softmax()]
        self.epochs = epochs
        self.alpha = alpha
        self.loss = CrossEntropyLoss()

    def fit(self, X, y, batch_size=32):
        for _ in range(self.epochs):
            order = np.random.permutation(len(X))
            for start in range(0, len(X), batch_size):
                rows = order[start : start + batch_size]
                self.loss.forward(self.predict_proba(X[rows]), y[rows])
                d = self.loss.backward()
                for module in reversed(self.modules):
                    d = module.backward(d)
                for module in self.modules:
                    module.update(self.alpha)

    def predict_proba(self, X):
        for module in self.modules:
            X = module.forward(X)
        return X

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)
""",
    ),
    # X[:] = X[order] rearranges the arrays of the caller; no function may change its arguments, so pick rows by index.
    _wrong(
        "shuffles the caller's data",
        answer="mlp_classifier",
        check="mlp_fit",
        fails="inputs_unchanged",
        cause="An assignment such as `X[…] = …`",
        source="""
class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.layers = modules
        self.modules = modules
        self.epochs = epochs
        self.lr = alpha

    def fit(self, X, y, batch_size=32):
        n = len(X)
        for _ in range(self.epochs):
            order = np.random.permutation(n)
            X[:] = X[order]
            y[:] = y[order]
            start = 0
            while start < n:
                h = X[start : start + batch_size].copy()
                t = y[start : start + batch_size].copy()
                for layer in self.layers:
                    h = layer.forward(h)
                ce = CrossEntropyLoss()
                ce.forward(h, t)
                g = ce.backward()
                for layer in self.layers[::-1]:
                    g = layer.backward(g)
                for layer in self.layers:
                    layer.update(self.lr)
                start += batch_size

    def predict_proba(self, X):
        h = X
        for layer in self.layers:
            h = layer.forward(h)
        return Softmax().forward(h)

    def predict(self, X):
        return self.predict_proba(X).argmax(1)
""",
    ),
    # The rate is to stay constant; yours shrinks by 5 % an epoch, and since it is stored a second fit starts with next to nothing.
    _wrong(
        "learning rate decays",
        answer="mlp_classifier",
        check="mlp_fit",
        fails="updates",
        cause="Pass `self.alpha` to every `update`, the same",
        source="""
class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.modules = modules
        self.epochs = epochs
        self.alpha = alpha

    def fit(self, X, y, batch_size=32):
        criterion = CrossEntropyLoss()
        for epoch in range(self.epochs):
            permutation = np.random.permutation(X.shape[0])
            for k in range(int(np.ceil(X.shape[0] / batch_size))):
                take = permutation[k * batch_size : (k + 1) * batch_size]
                a = X[take]
                for module in self.modules:
                    a = module.forward(a)
                criterion.forward(a, y[take])
                d = criterion.backward()
                for module in reversed(self.modules):
                    d = module.backward(d)
                    module.update(self.alpha)
            self.alpha *= 0.95

    def predict_proba(self, X):
        a = X
        for module in self.modules:
            a = module.forward(a)
        return Softmax().forward(a)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)
""",
    ),
    # Logits over their sum add up to 1 but may be negative or above 1; probabilities need the softmax.
    _wrong(
        "logits divided by their sum",
        answer="mlp_classifier",
        check="mlp_predict",
        fails="probabilities",
        cause="The logits are divided by their sum",
        source="""
class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.modules = modules
        self.epochs = epochs
        self.alpha = alpha

    def fit(self, X, y, batch_size=32):
        loss = CrossEntropyLoss()
        for _ in range(self.epochs):
            p = np.random.permutation(len(X))
            Xs, ys = X[p], y[p]
            for s in range(0, len(X), batch_size):
                out = self.run(Xs[s : s + batch_size])
                loss.forward(out, ys[s : s + batch_size])
                d = loss.backward()
                for module in reversed(self.modules):
                    d = module.backward(d)
                for module in self.modules:
                    module.update(self.alpha)

    def run(self, x):
        for module in self.modules:
            x = module.forward(x)
        return x

    def predict_proba(self, X):
        scores = self.run(X)
        return scores / scores.sum(axis=1, keepdims=True)

    def predict(self, X):
        return np.argmax(self.run(X), axis=1)
""",
    ),
    # Comparing the second column with 0.5 can answer only 0 or 1; with three classes the third is never predicted, take the argmax.
    _wrong(
        "threshold for two classes only",
        answer="mlp_classifier",
        check="mlp_predict",
        fails="labels",
        cause="threshold of 0.5",
        source="""
class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.modules = modules
        self.epochs = epochs
        self.alpha = alpha
        self.loss_fn = CrossEntropyLoss()

    def fit(self, X, y, batch_size=32):
        for _ in range(self.epochs):
            index = np.random.permutation(len(X))
            for begin in range(0, len(X), batch_size):
                b = index[begin : begin + batch_size]
                x = X[b]
                for module in self.modules:
                    x = module.forward(x)
                self.loss_fn.forward(x, y[b])
                d = self.loss_fn.backward(1.0)
                for module in reversed(self.modules):
                    d = module.backward(d)
                for module in self.modules:
                    module.update(self.alpha)

    def predict_proba(self, X):
        x = X
        for module in self.modules:
            x = module.forward(x)
        return Softmax().forward(x)

    def predict(self, X):
        return (self.predict_proba(X)[:, 1] > 0.5).astype(int)
""",
    ),
    # The memory is never cleared: after a fit, the same array still gets the probabilities of the untrained
    # network, and a new array may even inherit the id of a deleted one. Predictions have to be right before and
    # after a fit.
    _wrong(
        "MLPClassifier that remembers predictions by the id of the array",
        answer="mlp_classifier",
        check="mlp_predict",
        fails="after_fit",
        cause="keep no answers",
        source='''
class MLPClassifier:
    """A chain of layers that ends with logits, trained by gradient descent on batches."""

    def __init__(self, modules, epochs=40, alpha=0.01):
        """Keep the layers, the number of epochs and the learning rate."""
        self.modules = modules
        self.epochs = epochs
        self.alpha = alpha
        self._known = {}

    def fit(self, X, y, batch_size=32):
        """Train the layers on samples (n, features) and integer labels (n,)."""
        loss = CrossEntropyLoss()
        for _ in range(self.epochs):
            order = np.random.permutation(len(X))
            for start in range(0, len(X), batch_size):
                batch = order[start : start + batch_size]
                x = X[batch]
                for module in self.modules:
                    x = module.forward(x)
                loss.forward(x, y[batch])
                d = loss.backward()
                for module in reversed(self.modules):
                    d = module.backward(d)
                for module in self.modules:
                    module.update(self.alpha)

    def predict_proba(self, X):
        """Answer probabilities (n, C)."""
        if id(X) not in self._known:  # do not run the network twice for predict and predict_proba
            x = X
            for module in self.modules:
                x = module.forward(x)
            self._known[id(X)] = Softmax().forward(x)
        return self._known[id(X)]

    def predict(self, X):
        """Answer class numbers (n,)."""
        return self.predict_proba(X).argmax(axis=1)
''',
    ),
    # backward is right for one vector, but for a batch np.diag takes the diagonal out of p and np.outer flattens
    # it, so the shapes do not fit (ValueError) or mean something else. Every row has its own Jacobian: use p * (d
    # - (d * p).sum(axis=-1, keepdims=True)).
    _wrong(
        "np.diag(p) - np.outer(p, p), only works for a vector",
        answer="softmax",
        check="softmax",
        fails="gradient",
        cause="go row by row",
        source="""
class Softmax(Module):
    def forward(self, x):
        z = x - np.max(x, axis=-1, keepdims=True)
        e = np.exp(z)
        self.p = e / np.sum(e, axis=-1, keepdims=True)
        return self.p

    def backward(self, d):
        J = np.diag(self.p) - np.outer(self.p, self.p)
        return J @ d
""",
    ),
    # y * logp and p - y take y for a one-hot matrix (n, C), but here y is (n,) integers, so the shapes do not fit
    # (or, when n equals C, the numbers are wrong). Make Y = np.eye(logits.shape[1])[y], or pick entries with
    # [np.arange(n), y].
    _wrong(
        "labels one-hot, operands could not be broadcast",
        answer="cross_entropy",
        check="cross_entropy",
        fails="value",
        cause="no one-hot rows",
        source="""
class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        z = logits - logits.max(axis=1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        self.p, self.y = np.exp(logp), y
        return -np.sum(y * logp) / len(logits)

    def backward(self, d=1.0):
        return d * (self.p - self.y) / len(self.p)
""",
    ),
]

RIGHTS = [
    # Correct: the ellipsis lets one line serve vectors and batches.
    _right(
        "einsum with ellipsis",
        answer="linear",
        check="linear",
        source="""
class Linear(Module):
    def __init__(self, in_features, out_features):
        self.W = (2 * np.random.random_sample((in_features, out_features)) - 1) / np.sqrt(in_features)
        self.b = np.zeros(out_features)
        self._saved = self._gradients = None

    def forward(self, x):
        self._saved = np.array(x)
        return np.einsum("...i,ij->...j", self._saved, self.W) + self.b

    def backward(self, d):
        rows = self._saved.reshape(-1, self.W.shape[0])
        ups = np.asarray(d).reshape(-1, self.W.shape[1])
        self._gradients = np.einsum("ni,nj->ij", rows, ups), np.einsum("nj->j", ups)
        return np.einsum("...j,ij->...i", d, self.W)

    def update(self, alpha):
        by_W, by_b = self._gradients
        self.W = self.W - alpha * by_W
        self.b = self.b - alpha * by_b
""",
    ),
    # Correct: slow, but each sample adds its outer product to a fresh gradient.
    _right(
        "row by row in loops",
        answer="linear",
        check="linear",
        source="""
class Linear(Module):
    def __init__(self, in_features, out_features):
        limit = in_features ** -0.5
        self.W = np.array([[np.random.uniform(-limit, limit) for _ in range(out_features)] for _ in range(in_features)])
        self.b = np.array([0.0] * out_features)

    def _single(self, x):
        return np.array([sum(x[i] * self.W[i, j] for i in range(len(x))) + self.b[j] for j in range(len(self.b))])

    def forward(self, x):
        self.memory = x + 0.0
        if np.ndim(x) == 1:
            return self._single(x)
        return np.stack([self._single(row) for row in x])

    def backward(self, d):
        vector = np.ndim(d) == 1
        xs, ds = ([self.memory], [d]) if vector else (self.memory, d)
        self.slope_W, self.slope_b, answers = np.zeros(self.W.shape), np.zeros(self.b.shape), []
        for x, up in zip(xs, ds):
            for i in range(self.W.shape[0]):
                for j in range(self.W.shape[1]):
                    self.slope_W[i, j] += x[i] * up[j]
            self.slope_b += up
            answers.append(np.array([(self.W[i] * up).sum() for i in range(self.W.shape[0])]))
        return answers[0] if vector else np.array(answers)

    def update(self, alpha):
        self.W -= alpha * self.slope_W
        self.b -= alpha * self.slope_b
""",
    ),
    # Correct: with a column of ones the bias is one more row of the weights, and one product gives both gradients.
    _right(
        "column of ones for the bias",
        answer="linear",
        check="linear",
        source='''
def with_ones(rows):
    """Append a column of ones."""
    return np.hstack([rows, np.ones((len(rows), 1))])


class Linear(Module):
    def __init__(self, in_features, out_features):
        bound = 1 / np.sqrt(in_features)
        self.W = np.random.uniform(-bound, bound, (in_features, out_features))
        self.b = np.zeros(out_features)

    def forward(self, x):
        self.was_vector = x.ndim == 1
        self.extended = with_ones(x[np.newaxis] if self.was_vector else x)
        y = self.extended @ np.vstack([self.W, self.b])
        return y[0] if self.was_vector else y

    def backward(self, d):
        up = d[np.newaxis] if self.was_vector else d
        self.both = self.extended.T @ up
        answer = up @ np.transpose(self.W)
        return answer[0] if self.was_vector else answer

    def update(self, alpha):
        self.W = self.W - alpha * self.both[:-1]
        self.b = self.b - alpha * self.both[-1]
''',
    ),
    # Correct: number by number, in any shape, with the output type given.
    _right(
        "np.vectorize",
        answer="relu",
        check="relu",
        source='''
def bend(v):
    """One number through the bend."""
    return v if v.real > 0 else 0.0


class ReLU(Module):
    def forward(self, x):
        self.seen = np.array(x)
        return np.vectorize(bend, otypes=[np.result_type(x, float)])(x)

    def backward(self, d):
        gate = np.vectorize(lambda v, up: up if v.real > 0 else 0.0, otypes=[float])
        return gate(self.seen, d)
''',
    ),
    # Correct: only the entries at positive inputs are copied into a fresh array of zeros.
    _right(
        "positive positions by flatnonzero",
        answer="relu",
        check="relu",
        source="""
class ReLU(Module):
    def _keep(self, values):
        result = np.zeros(values.size, dtype=np.result_type(values, np.float64))
        result[self.open] = values.ravel()[self.open]
        return result.reshape(values.shape)

    def forward(self, x):
        self.open = np.flatnonzero(x > 0)
        return self._keep(x)

    def backward(self, d):
        return self._keep(d)
""",
    ),
    # Correct: at exactly 0 any slope between 0 and 1 is accepted, one half too.
    _right(
        "heaviside with slope one half at zero",
        answer="relu",
        check="relu",
        source="""
class ReLU(Module):
    def forward(self, x):
        self.slope = np.heaviside(np.real(x), 0.5)
        return x * self.slope

    def backward(self, d):
        return np.einsum("...,...->...", self.slope, d)
""",
    ),
    # Correct: 1 / Σ exp(x_j − x_i) needs no maximum, for an overflow to infinity gives the right 0.
    _right(
        "reciprocal of a sum of differences",
        answer="softmax",
        check="softmax",
        source="""
class Softmax(Module):
    def forward(self, x):
        differences = x[..., None, :] - x[..., :, None]  # [..., i, j] = x_j - x_i
        with np.errstate(over="ignore"):
            self._p = 1 / np.exp(differences).sum(axis=-1)
        return self._p.copy()

    def backward(self, d):
        # p_j sum_i p_i (d_j - d_i)
        return self._p * ((d[..., :, None] - d[..., None, :]) * self._p[..., None, :]).sum(axis=-1)
""",
    ),
    # Correct: the full Jacobian for every row, then one product.
    _right(
        "batched Jacobian by einsum",
        answer="softmax",
        check="softmax",
        source="""
class Softmax(Module):
    def forward(self, x):
        self.shape = x.shape
        table = np.atleast_2d(x)
        e = np.exp((table.T - table.max(axis=1)).T)
        self.table = e / np.einsum("nc->n", e).reshape(-1, 1)
        return self.table.reshape(self.shape)

    def backward(self, d):
        p = self.table
        jacobian = np.einsum("ni,ij->nij", p, np.eye(p.shape[1])) - np.einsum("ni,nj->nij", p, p)
        return np.einsum("nij,ni->nj", jacobian, np.atleast_2d(d)).reshape(self.shape)
""",
    ),
    # Correct: a batch is a list of vectors, and each vector remembers its own probabilities.
    _right(
        "recursion over rows",
        answer="softmax",
        check="softmax",
        source="""
class Softmax(Module):
    def forward(self, x):
        if x.ndim > 1:
            self.rows = [Softmax() for _ in x]
            return np.array([layer.forward(row) for layer, row in zip(self.rows, x)])
        self.rows = None
        top = sorted(x)[-1]
        powers = [np.exp(v - top) for v in x]
        total = sum(powers)
        self.probs = [v / total for v in powers]
        return np.array(self.probs)

    def backward(self, d):
        if self.rows is not None:
            return np.array([layer.backward(up) for layer, up in zip(self.rows, d)])
        answer = []
        for j, pj in enumerate(self.probs):
            total = 0.0
            for i, pi in enumerate(self.probs):
                total += d[i] * pi * ((1 - pi) if i == j else -pj)
            answer.append(total)
        return np.array(answer)
""",
    ),
    # Correct: the gradient is known after forward; backward only multiplies it.
    _right(
        "gradient prepared in forward",
        answer="cross_entropy",
        check="cross_entropy",
        source="""
class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        n, width = logits.shape
        hot = np.equal.outer(y, np.arange(width))
        centred = logits - logits[np.arange(n), logits.argmax(axis=1)].reshape(n, 1)
        norm = np.log(np.exp(centred) @ np.ones(width))
        self._ready = (np.exp(centred - norm[:, None]) - hot) / n
        return (norm - centred[hot]).sum() / n

    def backward(self, d=1.0):
        return np.multiply(self._ready, d)
""",
    ),
    # Correct: one sample after the other, with sums in Python.
    _right(
        "sample by sample in loops",
        answer="cross_entropy",
        check="cross_entropy",
        source='''
def log_softmax(row):
    """The logarithms of the probabilities of one row."""
    top = max(row, key=lambda v: v.real)
    shift = [v - top for v in row]
    total = np.log(sum(np.exp(v) for v in shift))
    return [v - total for v in shift]


class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        self.pairs, surprise = [], 0.0
        for row, label in zip(logits, y):
            logs = log_softmax(row)
            surprise = surprise - logs[int(label)]
            self.pairs.append((logs, int(label)))
        return surprise / len(self.pairs)

    def backward(self, d=1.0):
        n = len(self.pairs)
        answer = []
        for logs, label in self.pairs:
            answer.append([d * (np.exp(v) - (1.0 if c == label else 0.0)) / n for c, v in enumerate(logs)])
        return np.array(answer)
''',
    ),
    # Correct: −log p is log Σ exp(x − x_y), computed with the row's maximum taken out.
    _right(
        "differences to the right logit",
        answer="cross_entropy",
        check="cross_entropy",
        source="""
class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        self.cols = np.asarray(y).reshape(-1, 1)
        behind = logits - np.take_along_axis(logits, self.cols, axis=1)  # 0 at the label
        top = behind.max(axis=1)
        per_sample = top + np.log(np.einsum("nc->n", np.exp(behind - top[:, None])))
        self.probabilities = np.exp(behind - per_sample[:, None])
        return np.average(per_sample)

    def backward(self, d=1.0):
        gradient = self.probabilities.copy()
        right = np.take_along_axis(gradient, self.cols, axis=1)
        np.put_along_axis(gradient, self.cols, right - 1, axis=1)
        return gradient * (d / len(gradient))
""",
    ),
    # Correct: np.split at every multiple of the batch size gives full batches and a smaller last one.
    _right(
        "reduce and np.split",
        answer="mlp_classifier",
        check="mlp_fit",
        source="""
from functools import reduce


class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.chain, self.epochs, self.rate = tuple(modules), epochs, alpha

    def _forward(self, x):
        return reduce(lambda value, layer: layer.forward(value), self.chain, x)

    def fit(self, X, y, batch_size=32):
        n = len(X)
        for _ in range(self.epochs):
            for rows in np.split(np.random.permutation(n), range(batch_size, n, batch_size)):
                loss = CrossEntropyLoss()
                loss.forward(self._forward(X[rows]), y[rows])
                reduce(lambda d, layer: layer.backward(d), self.chain[::-1], loss.backward())
                [layer.update(self.rate) for layer in self.chain]
        return self

    def predict_proba(self, X):
        return Softmax().forward(self._forward(X))

    def predict(self, X):
        return self._forward(X).argmax(axis=-1)
""",
    ),
    # Correct: np.split at every multiple of the batch size gives full batches and a smaller last one.
    _right(
        "reduce and np.split",
        answer="mlp_classifier",
        check="mlp_predict",
        source="""
from functools import reduce


class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.chain, self.epochs, self.rate = tuple(modules), epochs, alpha

    def _forward(self, x):
        return reduce(lambda value, layer: layer.forward(value), self.chain, x)

    def fit(self, X, y, batch_size=32):
        n = len(X)
        for _ in range(self.epochs):
            for rows in np.split(np.random.permutation(n), range(batch_size, n, batch_size)):
                loss = CrossEntropyLoss()
                loss.forward(self._forward(X[rows]), y[rows])
                reduce(lambda d, layer: layer.backward(d), self.chain[::-1], loss.backward())
                [layer.update(self.rate) for layer in self.chain]
        return self

    def predict_proba(self, X):
        return Softmax().forward(self._forward(X))

    def predict(self, X):
        return self._forward(X).argmax(axis=-1)
""",
    ),
    # Correct: a layer may be updated as soon as its own backward is done, for nothing needs its old weights any more.
    _right(
        "generator of batches, update on the way back",
        answer="mlp_classifier",
        check="mlp_fit",
        source='''
def batches(n, size):
    """Yield shuffled index arrays, each sample once."""
    waiting = list(range(n))
    np.random.shuffle(waiting)
    while waiting:
        now, waiting = waiting[:size], waiting[size:]
        yield np.array(now)


class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.modules = modules
        self.epochs = epochs
        self.alpha = alpha

    def fit(self, X, y, batch_size=32):
        epoch = 0
        while epoch < self.epochs:
            for rows in batches(X.shape[0], batch_size):
                values = X[rows]
                for module in self.modules:
                    values = module.forward(values)
                loss = CrossEntropyLoss()
                loss.forward(values, y[rows])
                d = loss.backward()
                k = len(self.modules) - 1
                while k >= 0:
                    d = self.modules[k].backward(d)
                    self.modules[k].update(self.alpha)
                    k -= 1
            epoch += 1

    def predict_proba(self, X):
        values = X
        for module in self.modules:
            values = module.forward(values)
        return Softmax().forward(values)

    def predict(self, X):
        return np.array([int(np.argmax(row)) for row in self.predict_proba(X)])
''',
    ),
    # Correct: a layer may be updated as soon as its own backward is done, for nothing needs its old weights any more.
    _right(
        "generator of batches, update on the way back",
        answer="mlp_classifier",
        check="mlp_predict",
        source='''
def batches(n, size):
    """Yield shuffled index arrays, each sample once."""
    waiting = list(range(n))
    np.random.shuffle(waiting)
    while waiting:
        now, waiting = waiting[:size], waiting[size:]
        yield np.array(now)


class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.modules = modules
        self.epochs = epochs
        self.alpha = alpha

    def fit(self, X, y, batch_size=32):
        epoch = 0
        while epoch < self.epochs:
            for rows in batches(X.shape[0], batch_size):
                values = X[rows]
                for module in self.modules:
                    values = module.forward(values)
                loss = CrossEntropyLoss()
                loss.forward(values, y[rows])
                d = loss.backward()
                k = len(self.modules) - 1
                while k >= 0:
                    d = self.modules[k].backward(d)
                    self.modules[k].update(self.alpha)
                    k -= 1
            epoch += 1

    def predict_proba(self, X):
        values = X
        for module in self.modules:
            values = module.forward(values)
        return Softmax().forward(values)

    def predict(self, X):
        return np.array([int(np.argmax(row)) for row in self.predict_proba(X)])
''',
    ),
    # Correct: (p − one-hot) / n is the loss's gradient, and sorting random keys is a permutation.
    _right(
        "own softmax and gradient, shuffle by argsort",
        answer="mlp_classifier",
        check="mlp_fit",
        source='''
def probabilities(logits):
    """Softmax, row by row."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.settings = {"layers": modules, "epochs": epochs, "alpha": alpha}

    def predict_proba(self, X):
        out = np.array(X, dtype=float)
        for layer in self.settings["layers"]:
            out = layer.forward(out)
        return probabilities(out)

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)

    def _learn(self, x, labels):
        p = self.predict_proba(x)
        d = (p - (labels.reshape(-1, 1) == np.arange(p.shape[1]))) / len(x)
        for layer in reversed(self.settings["layers"]):
            d = layer.backward(d)
        for layer in self.settings["layers"]:
            layer.update(self.settings["alpha"])

    def fit(self, X, y, batch_size=32):
        n = len(y)
        steps = -(-n // batch_size)
        for _ in range(self.settings["epochs"]):
            order = np.argsort(np.random.rand(n))
            for k in range(steps):
                rows = order[k * batch_size : min(n, (k + 1) * batch_size)]
                self._learn(X[rows], y[rows])
        return self
''',
    ),
    # Correct: (p − one-hot) / n is the loss's gradient, and sorting random keys is a permutation.
    _right(
        "own softmax and gradient, shuffle by argsort",
        answer="mlp_classifier",
        check="mlp_predict",
        source='''
def probabilities(logits):
    """Softmax, row by row."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class MLPClassifier:
    def __init__(self, modules, epochs=40, alpha=0.01):
        self.settings = {"layers": modules, "epochs": epochs, "alpha": alpha}

    def predict_proba(self, X):
        out = np.array(X, dtype=float)
        for layer in self.settings["layers"]:
            out = layer.forward(out)
        return probabilities(out)

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)

    def _learn(self, x, labels):
        p = self.predict_proba(x)
        d = (p - (labels.reshape(-1, 1) == np.arange(p.shape[1]))) / len(x)
        for layer in reversed(self.settings["layers"]):
            d = layer.backward(d)
        for layer in self.settings["layers"]:
            layer.update(self.settings["alpha"])

    def fit(self, X, y, batch_size=32):
        n = len(y)
        steps = -(-n // batch_size)
        for _ in range(self.settings["epochs"]):
            order = np.argsort(np.random.rand(n))
            for k in range(steps):
                rows = order[k * batch_size : min(n, (k + 1) * batch_size)]
                self._learn(X[rows], y[rows])
        return self
''',
    ),
]
