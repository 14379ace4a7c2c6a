"""One look for all figures.

Source of the palette: M. Okabe and K. Ito, "Color Universal Design", 2008.
"""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from cycler import cycler

ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#666666"
PALETTE = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW, GREY)

SETTINGS: dict[str, Any] = {
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "figure.dpi": 80,
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "legend.frameon": False,
    "savefig.facecolor": "white",
}


def use_style() -> None:
    """Set the look for all figures that follow in this kernel."""
    mpl.rcParams.update(SETTINGS)  # type: ignore[arg-type]


def require(answer: Any, name: str) -> None:
    """Raise `NotImplementedError` for an answer that is not there yet."""
    if answer is None:
        raise NotImplementedError(f"`{name}` is still None")
