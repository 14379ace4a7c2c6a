"""What notebooks and pages say of the network and the linear models is what was measured, within a range."""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest

from autograder import notebooks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
RESULTS = ROOT / "benchmarks" / "results" / "cifar_cpu.json"
RUNS: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))["runs"]
METRICS = ("accuracy", "mean precision", "mean recall")
BUDGETS = sorted({run["budget"] for run in RUNS})
CNN_IMAGES = 10 * 45_000
"""Ten epochs: how many images the network of the notebook has seen."""


def cells(notebook: str) -> dict[str, Any]:
    return {cell.id: cell for cell in notebooks.read(ROOT / "solutions" / f"{notebook}.ipynb").cells}


def printed(cell: Any) -> str:
    texts = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.outputs]
    return "\n".join(texts)


def number(pattern: str, text: str) -> float:
    (found,) = re.findall(pattern, text)
    return float(found)


def column(budget: int, key: str) -> list[float]:
    return [run[key] for run in RUNS if run["budget"] == budget]


@pytest.mark.parametrize("budget", BUDGETS)
def test_the_table_of_seconds_and_accuracy_holds_the_means_of_the_runs(budget: int) -> None:
    (row,) = re.findall(rf"^\| {budget} \| ([\d,]+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert int(row[0].replace(",", "")) == round(mean(column(budget, "images")))
    expected = [f"{mean(column(budget, key)):.3f} ± {stdev(column(budget, key)):.3f}" for key in METRICS]
    assert row[1].split(" | ") == expected


@pytest.mark.parametrize(("seconds", "least"), [(60, 0.5), (180, 0.70), (1200, 0.8228)])
def test_every_run_of_so_many_seconds_is_past_the_goal(seconds: int, least: float) -> None:
    budget = max(b for b in BUDGETS if b <= seconds)
    assert all(value > least for key in METRICS for value in column(budget, key))


@pytest.mark.parametrize("metric", METRICS)
def test_the_notebooks_network_is_as_good_as_runs_of_about_as_many_images(metric: str) -> None:
    alike = [run[metric] for run in RUNS if 0.7 <= run["images"] / CNN_IMAGES <= 1.3]
    found = number(rf"{metric} +(0\.\d+)", printed(cells("neural_networks/2_cnn_cifar10")["test"]))
    assert min(alike) - 0.01 <= found <= max(alike) + 0.01


def test_what_the_notebook_says_of_its_network_is_what_it_prints() -> None:
    found = cells("neural_networks/2_cnn_cifar10")
    accuracy = number(r"accuracy +(0\.\d+)", printed(found["test"]))
    assert number(r"and (0\.\d+), the accuracy of the course's own solution", found["end"].source) == accuracy
    assert f"{accuracy:.3f}, " in next(
        line for line in PAGE.splitlines() if line.startswith("| `2_cnn_cifar10`")
    )


@pytest.mark.parametrize(
    ("notebook", "cell", "pattern"),
    [
        ("linear_classifiers/1_softmax_numpy", "scikit-learn", r" numpy +[\d.]+ s +0\.\d+ +0\.\d+ +(0\.\d+)\n"),
        ("linear_classifiers/2_softmax_pytorch", "table", r"numpy +[\d.]+ s +0\.\d+ +0\.\d+ +(0\.\d+)"),
        ("linear_classifiers/2_softmax_pytorch", "table", r"pytorch +[\d.]+ s +0\.\d+ +0\.\d+ +(0\.\d+)"),
    ],
)  # fmt: skip
def test_linear_models_in_the_notebooks_are_as_good_as_those_of_the_benchmark(
    notebook: str, cell: str, pattern: str
) -> None:
    """The benchmark's rows: same steps, SGD and Adam; the notebook's images are mirrored as well."""
    rows = re.findall(r"^\| (?:numpy|PyTorch), .*?\| (0\.\d+) ± (0\.\d+) \|", PAGE, re.MULTILINE)
    assert len(rows) == 3
    means = [float(value) for value, _ in rows]
    found = number(pattern, printed(cells(notebook)[cell]))
    assert max(0.39, min(means) - 0.01) <= found <= max(means) + 0.01
    text = cells("linear_classifiers/1_softmax_numpy")["task-5"].source
    assert number(r"and (0\.\d+) is within reach", text) <= found + 0.005


def test_the_sweep_of_the_notebook_puts_its_rates_in_the_order_of_the_benchmark() -> None:
    """0.0001 wins, and the default of 0.001 comes far behind."""
    rows = re.findall(r"^\| (0\.0+1)\b[^|]*\| (0\.\d+) ± (0\.\d+) \|", PAGE, re.MULTILINE)
    measured = {float(rate): (float(value), float(spread)) for rate, value, spread in rows}
    assert measured[1e-4][0] - measured[1e-4][1] > measured[1e-3][0] + measured[1e-3][1]
    lines = re.findall(
        r"rate (\S+) +macro F1 (0\.\d+) to (0\.\d+)",
        printed(cells("linear_classifiers/2_softmax_pytorch")["sweep"]),
    )
    swept = {float(rate): (float(low), float(high)) for rate, low, high in lines}
    assert swept[1e-4][0] > swept[1e-3][1]
