"""Softmax regression on CIFAR-10 three times: the notebooks' numpy and PyTorch answers, and scikit-learn.

All get the same 45,000 training images, clean, every pixel standardised, float32, in memory before the clock
starts, and all run on one thread. *Same steps* is equal work: the same objective (mean cross-entropy +
0.01 · ‖W‖²), 10 passes, batches of 200, plain gradient descent with rate 0.005. scikit-learn has that
algorithm as an `MLPClassifier` without hidden layers; its `LogisticRegression` has the same objective and
other solvers, which get as many passes.

The contestants of a round run one after the other, each round in another order and with another seed. Beside
the seconds that passed stand those in which the process computed, which depend less on what else runs.

    OMP_NUM_THREADS=1 python benchmarks/linear.py --seeds 3
    OMP_NUM_THREADS=1 python benchmarks/linear.py --sweep --seeds 3
"""

from __future__ import annotations

import argparse
import functools
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import sklearn
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.neural_network import MLPClassifier
from solution import answers
from threadpoolctl import threadpool_limits
from torch import nn

from autograder import data

PASSES, BATCH, RATE, L2 = 10, 200, 0.005, 0.01
SOURCE_SECONDS = 118.0
Predict = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, np.ndarray, int], tuple[Predict, str]]


NUMPY = answers(
    "linear_classifiers/1_softmax_numpy", "setup", "softmax", "loss_and_gradient", "classifier", "features"
)
TORCH = answers(
    "linear_classifiers/2_softmax_pytorch",
    "setup",
    "set_seed",
    "logistic_regression",
    "train_evaluate",
    "tools",
)


def numpy_same_steps(X: np.ndarray, y: np.ndarray, seed: int) -> tuple[Predict, str]:
    made = NUMPY["SoftmaxClassifier"](learning_rate=RATE, epochs=PASSES, batch_size=BATCH, l2=L2, seed=seed)
    made.fit(X, y)
    return made.predict, f"{PASSES} passes"


def scikit_same_steps(X: np.ndarray, y: np.ndarray, seed: int) -> tuple[Predict, str]:
    made = MLPClassifier(
        hidden_layer_sizes=(),
        solver="sgd",
        momentum=0,
        nesterovs_momentum=False,
        alpha=2 * L2 * BATCH,  # its penalty is alpha / (2 · batch) · ‖W‖²
        batch_size=BATCH,
        learning_rate_init=RATE,
        max_iter=PASSES,
        n_iter_no_change=PASSES,
        tol=0,
        random_state=seed,
    )
    made.fit(X, y)
    return made.predict, f"{made.n_iter_} passes"


def scikit_logistic(
    X: np.ndarray, y: np.ndarray, seed: int, *, solver: str, iterations: int
) -> tuple[Predict, str]:
    made = LogisticRegression(
        C=1 / (2 * L2 * len(X)), solver=solver, max_iter=iterations, tol=1e-3, random_state=seed
    )
    made.fit(X, y)
    return made.predict, f"{int(made.n_iter_[0])} iterations"


def torch_same_steps(X: np.ndarray, y: np.ndarray, seed: int) -> tuple[Predict, str]:
    def optimizer(model: nn.Module) -> torch.optim.Optimizer:
        groups = [{"params": [model.linear.weight], "weight_decay": 2 * L2}, {"params": [model.linear.bias]}]
        return torch.optim.SGD(groups, lr=RATE)

    return torch_fit(X, y, seed, optimizer, BATCH, PASSES, falling=False)


def torch_notebook(X: np.ndarray, y: np.ndarray, seed: int) -> tuple[Predict, str]:
    def optimizer(model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(model.parameters(), lr=3e-4)

    return torch_fit(X, y, seed, optimizer, 256, PASSES, falling=True)


def torch_fit(
    X: np.ndarray,
    y: np.ndarray,
    seed: int,
    make_optimizer: Callable[[nn.Module], torch.optim.Optimizer],
    batch_size: int,
    passes: int,
    falling: bool,
) -> tuple[Predict, str]:
    """Train with the notebook's own model, batches and loop."""
    TORCH["set_seed"](seed)
    model = TORCH["LogisticRegression"](10)
    optimizer = make_optimizer(model)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, passes)
    images = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    iterator = TORCH["batches"](images, batch_size, shuffle=True)
    for _ in range(passes):
        TORCH["train"](model, iterator, optimizer, nn.CrossEntropyLoss(), "cpu")
        if falling:
            schedule.step()

    def predict(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return model(torch.from_numpy(images)).argmax(dim=1).numpy()

    return predict, f"{passes} passes"


CONTESTANTS: dict[str, Fit] = {
    "numpy, same steps": numpy_same_steps,
    "scikit-learn, same steps (MLPClassifier, no hidden layer)": scikit_same_steps,
    "PyTorch, same steps (SGD)": torch_same_steps,
    "PyTorch, as in the notebook (Adam, falling rate, batches of 256)": torch_notebook,
    "scikit-learn, L-BFGS, 10 iterations": functools.partial(
        scikit_logistic, solver="lbfgs", iterations=PASSES
    ),
    "scikit-learn, L-BFGS until it has converged": functools.partial(
        scikit_logistic, solver="lbfgs", iterations=500
    ),
    "scikit-learn, SAGA, 10 passes": functools.partial(scikit_logistic, solver="saga", iterations=PASSES),
}
FIRST, SLOW = next(iter(CONTESTANTS)), list(CONTESTANTS)[-2:]


def compare(parts: dict[str, tuple[np.ndarray, np.ndarray]], seeds: int, slow: bool) -> None:
    chosen = [name for name in CONTESTANTS if slow or name not in SLOW]
    walls: dict[str, list[float]] = {name: [] for name in chosen}
    cpus: dict[str, list[float]] = {name: [] for name in chosen}
    scores: dict[str, list[float]] = {name: [] for name in chosen}
    said: dict[str, str] = {}
    for seed in range(seeds):
        for name in chosen[seed:] + chosen[:seed]:
            wall, cpu = time.perf_counter(), time.process_time()
            predict, said[name] = CONTESTANTS[name](*parts["train"], seed)
            walls[name].append(time.perf_counter() - wall)
            cpus[name].append(time.process_time() - cpu)
            scores[name].append(macro_f1(predict, *parts["test"]))
            print(
                f"seed {seed}  {walls[name][-1]:7.2f} s  macro F1 {scores[name][-1]:.4f}  {name}", flush=True
            )
    print("\nmedians; ratios are those of the same round")
    for name in chosen:
        print(
            f"{name}; {said[name]}, {seeds} seeds\n"
            f"    macro F1 on test images {spread(scores[name])}\n"
            f"    {statistics.median(walls[name]):.2f} s passed, {ratio(walls[name], walls[FIRST])} times numpy; "
            f"{statistics.median(cpus[name]):.2f} s computing, {ratio(cpus[name], cpus[FIRST])} times numpy"
        )
    for name in chosen:
        if name.startswith("PyTorch"):
            passed, computing = (statistics.median(v[name]) / SOURCE_SECONDS for v in (walls, cpus))
            print(
                f"{name}: {passed:.3f} (passed) and {computing:.3f} (computing) of the source's {SOURCE_SECONDS:g} s"
            )


def ratio(mine: list[float], others: list[float]) -> str:
    ratios = [a / b for a, b in zip(mine, others, strict=True)]
    return f"{statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})"


def sweep(parts: dict[str, tuple[np.ndarray, np.ndarray]], seeds: int) -> None:
    """What the source's settings give (Adam, constant rate, batches of 64, 5 passes) at other rates."""
    for rate in (1e-5, 1e-4, 1e-3):
        make = functools.partial(_adam, rate=rate)
        fits = [torch_fit(*parts["train"], seed, make, 64, 5, falling=False)[0] for seed in range(seeds)]
        scores = [macro_f1(predict, *parts["valid"]) for predict in fits]
        print(f"Adam, rate {rate:<7g} macro F1 on validation images {spread(scores)}", flush=True)


def _adam(model: nn.Module, rate: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr=rate)


def macro_f1(predict: Predict, X: np.ndarray, y: np.ndarray) -> float:
    return float(f1_score(y, predict(X), average="macro"))


def spread(values: list[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:.4f} (one seed)"
    return f"{statistics.mean(values):.4f} ± {statistics.stdev(values):.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--slow", action="store_true", help="two solvers that take minutes, too")
    parser.add_argument("--sweep", action="store_true", help="the learning rates of Adam instead")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    torch.set_num_threads(1)
    threadpool_limits(limits=1)
    found = data.parts()
    images = NUMPY["standardize"](found.train.pixels, found.valid.pixels, found.test.pixels)
    labels = (found.train.labels, found.valid.labels, found.test.labels)
    parts = dict(zip(("train", "valid", "test"), zip(images, labels, strict=True), strict=True))
    print(
        f"{data.kind()}: {len(labels[0]):,} training and {len(labels[2]):,} test images, {images[0].dtype}; "
        f"numpy {np.__version__}, scikit-learn {sklearn.__version__}, torch {torch.__version__}; one thread"
    )
    if options.sweep:
        sweep(parts, options.seeds)
    else:
        compare(parts, options.seeds, options.slow)


if __name__ == "__main__":
    main()
