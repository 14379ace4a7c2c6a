"""One look for all figures.

Source of the palette: M. Okabe and K. Ito, "Color Universal Design", 2008.
"""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from IPython.display import display
from matplotlib.figure import Figure

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


def show(figure: Figure, alt: str) -> None:
    """Show a figure together with words for readers who do not see it, and close it.

    The words travel in the metadata of the cell's output, where nbconvert's classic pages, and with them nbgrader's,
    look for the alternative text of a picture. Outside a kernel with inline figures, pyplot shows the figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Made by pyplot.
    alt : str
        What is drawn and what is seen there, with the figures that matter; the title is put before it.
    """
    if "inline" not in mpl.get_backend().lower():
        plt.show()
        return
    display(figure, metadata={"image/png": {"alt": alt_text(figure, alt)}})
    plt.close(figure)


def alt_text(figure: Figure, alt: str) -> str:
    """Put the title of a figure, or of its only panel, before words that describe it."""
    title = figure.get_suptitle()
    if not title and len(figure.axes) == 1:
        title = figure.axes[0].get_title("left") or figure.axes[0].get_title()
    return f"{title.rstrip('.')}. {alt}" if title else alt


def require(answer: Any, name: str) -> None:
    """Raise `NotImplementedError` for an answer that is not there yet."""
    if answer is None:
        raise NotImplementedError(f"`{name}` is still None")
