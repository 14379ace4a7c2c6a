"""The numpy network of `1_backprop_numpy` against scikit-learn's `MLPClassifier`, on equal work.

Both have the same layers, batches, epochs and learning rate, plain gradient descent without momentum or
penalty, float64, one thread. With two classes scikit-learn has one logistic output where the notebook has
two logits, which is the smaller amount of work.

The two run in turn, the first of a pair changes from pair to pair. Accuracy is that on test data which
neither has seen.

    OMP_NUM_THREADS=1 python benchmarks/mlp.py --seeds 5 --pairs 5
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn
from sklearn.datasets import load_digits, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from solution import answers
from threadpoolctl import threadpool_limits

NOTEBOOK = "neural_networks/1_backprop_numpy"
CELLS = ("setup", "module", "linear", "relu", "softmax", "cross_entropy", "mlp_classifier", "network")
BATCH = 32


@dataclass(frozen=True)
class Task:
    """Data, and the settings that both networks get."""

    name: str
    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    widths: tuple[int, ...]
    rate: float
    epochs: int


def tasks() -> list[Task]:
    digits = load_digits(return_X_y=True)
    X, X_new, y, y_new = train_test_split(
        digits[0] / 16, digits[1], test_size=500, random_state=0, stratify=digits[1]
    )
    return [
        Task(
            "make_moons(400, noise=0.075)",
            make_moons(400, noise=0.075, random_state=1),
            make_moons(4_000, noise=0.075, random_state=3),
            (2, 64, 64, 2),
            0.3,
            40,
        ),
        Task(f"load_digits, {len(y):,} images", (X, y), (X_new, y_new), (64, 64, 10), 0.1, 40),
    ]


def numpy_network(task: Task, seed: int, defined: dict[str, Any]) -> Any:
    np.random.seed(seed)
    made = defined["MLPClassifier"](defined["network"](*task.widths), epochs=task.epochs, alpha=task.rate)
    made.fit(*task.train, batch_size=BATCH)
    return made


def scikit_network(task: Task, seed: int) -> MLPClassifier:
    made = MLPClassifier(
        hidden_layer_sizes=task.widths[1:-1],
        solver="sgd",
        momentum=0,
        nesterovs_momentum=False,
        alpha=0,
        learning_rate="constant",
        learning_rate_init=task.rate,
        batch_size=BATCH,
        max_iter=task.epochs,
        n_iter_no_change=task.epochs,
        tol=0,
        random_state=seed,
    ).fit(*task.train)
    if made.n_iter_ != task.epochs:
        raise SystemExit(f"scikit-learn stopped after {made.n_iter_} of {task.epochs} epochs: no equal work.")
    return made


def measure(task: Task, seeds: int, pairs: int, defined: dict[str, Any]) -> None:
    fits = {
        "numpy": lambda seed: numpy_network(task, seed, defined),
        "scikit-learn": lambda seed: scikit_network(task, seed),
    }
    seconds: dict[str, list[float]] = {name: [] for name in fits}
    accuracies: dict[str, list[float]] = {name: [] for name in fits}
    X, y = task.test
    for fit in fits.values():
        fit(0)
    for seed in range(seeds):
        made = {}
        for pair in range(pairs):
            for name in sorted(fits, reverse=bool((seed + pair) % 2)):
                start = time.perf_counter()
                made[name] = fits[name](seed)
                seconds[name].append(time.perf_counter() - start)
        for name in fits:
            accuracies[name].append(float(np.mean(made[name].predict(X) == y)))
    ratios = [ours / theirs for ours, theirs in zip(seconds["numpy"], seconds["scikit-learn"], strict=True)]
    print(f"{task.name}, widths {task.widths}, {task.epochs} epochs, batches of {BATCH}, rate {task.rate}")
    for name in fits:
        print(
            f"  {name:13} {1000 * statistics.median(seconds[name]):6.0f} ms   accuracy on {len(y):,} new samples "
            f"{statistics.mean(accuracies[name]):.4f} ± {statistics.stdev(accuracies[name]):.4f} "
            f"(from {min(accuracies[name]):.4f} to {max(accuracies[name]):.4f}, {seeds} seeds)"
        )
    gap = statistics.mean(accuracies["numpy"]) - statistics.mean(accuracies["scikit-learn"])
    widest = max(statistics.stdev(values) for values in accuracies.values())
    print(
        f"  time of numpy / scikit-learn: median {statistics.median(ratios):.2f} "
        f"(from {min(ratios):.2f} to {max(ratios):.2f}, {len(ratios)} pairs); accuracies differ by {gap:+.4f}, "
        f"the larger standard deviation is {widest:.4f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="at least 2")
    parser.add_argument("--pairs", type=int, default=5, help="timed pairs for each seed")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    defined = answers(NOTEBOOK, *CELLS)
    threadpool_limits(limits=1)
    print(f"numpy {np.__version__}, scikit-learn {sklearn.__version__}; one thread")
    for task in tasks():
        measure(task, options.seeds, options.pairs, defined)


if __name__ == "__main__":
    main()
