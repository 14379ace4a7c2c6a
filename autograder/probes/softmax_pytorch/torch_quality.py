"""Probe of ``check_torch_quality``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image

from ..plain import TEXT_LIMIT, Plain, plain

BATCH = 500
ROWS, COLUMNS = 100, 20


def predictions(
    torch_classifier: Any, test_transforms: Any, results: Any, images: np.ndarray
) -> dict[str, Plain]:
    """Predict the classes of images (n, 32, 32, 3), each read through `test_transforms`."""
    model = torch_classifier
    parameter = next(iter(model.parameters()), None)
    device = torch.device("cpu") if parameter is None else parameter.device
    was_training = model.training
    model.eval()
    try:
        predicted = []
        with torch.no_grad():
            for start in range(0, len(images), BATCH):
                batch = [test_transforms(Image.fromarray(i)) for i in images[start : start + BATCH]]
                predicted.append(model(torch.stack(batch).to(device)).argmax(dim=1).cpu())
    finally:
        model.train(was_training)
    return {"predicted": plain(torch.cat(predicted))}


def seen_through(
    torch_classifier: Any, test_transforms: Any, results: Any, images: np.ndarray
) -> dict[str, Plain]:
    """Describe what `test_transforms` makes of images (n, 32, 32, 3)."""
    return {"y": plain(torch.stack([test_transforms(Image.fromarray(image)) for image in images]))}


def scores(
    torch_classifier: Any, test_transforms: Any, results: Any, x: list[np.ndarray]
) -> dict[str, Plain]:
    """Describe what the model answers for each batch of images (n, 3, 32, 32), float32, in eval mode."""
    model = torch_classifier
    parameter = next(iter(model.parameters()), None)
    device = torch.device("cpu") if parameter is None else parameter.device
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            return {"y": plain([model(torch.tensor(batch).to(device)) for batch in x])}
    finally:
        model.train(was_training)


def rows(torch_classifier: Any, test_transforms: Any, results: Any) -> dict[str, Plain]:
    """Describe `results`, a list of dictionaries or a table with `to_dict`, as rows of named values."""
    kind = plain(results)
    table = results.to_dict("records") if hasattr(results, "to_dict") else results
    if not isinstance(table, list | tuple):
        return {"results": kind}
    described = []
    for row in list(table)[:ROWS]:
        pairs = list(row.items())[:COLUMNS] if isinstance(row, dict) else []
        described.append(
            {"type": "dict", "data": [plain([str(name)[:TEXT_LIMIT], value]) for name, value in pairs]}
        )
    return {"results": kind, "rows": {"type": "list", "data": described}}
