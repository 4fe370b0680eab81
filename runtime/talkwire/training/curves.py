"""What a training writes down on its way, as a picture."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import missing

SMOOTH: Final = 15  # records averaged: single steps look at different things
INCHES: Final = 5, 4  # of a panel


@dataclass(frozen=True, slots=True)
class Panel:
    """Curves in one frame. names: of values on record.  logarithmic: values not above 0 are left out.
    smooth: records averaged.  shown: what is drawn of a value.
    """

    title: str
    names: Sequence[str]
    logarithmic: bool = False
    smooth: int = SMOOTH
    shown: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]] = np.asarray


def draw_curves(history: Sequence[dict[str, float]], panels: Sequence[Panel]) -> bytes:
    """A PNG, over the minutes of `seconds`. Raises MissingDependency without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as absent:
        raise missing("matplotlib", extra="train", need="drawing curves") from absent
    figure = Figure(figsize=(INCHES[0] * len(panels), INCHES[1]), dpi=100)
    for panel, axes in zip(panels, figure.subplots(1, len(panels), squeeze=False)[0], strict=True):
        for name in panel.names:
            rows = [
                (row["seconds"] / 60, row[name])
                for row in history
                if name in row and (row[name] > 0 or not panel.logarithmic)
            ]
            if len(rows) >= panel.smooth:
                at, values = np.array(rows).T
                mean = np.convolve(values, np.ones(panel.smooth) / panel.smooth, mode="valid")
                axes.plot(
                    at[panel.smooth - 1 :], panel.shown(mean), label=name.replace("_", " "), linewidth=1
                )
        axes.set(xlabel="minutes", title=panel.title, yscale="log" if panel.logarithmic else "linear")
        if axes.lines:
            axes.legend(fontsize=8)
    figure.tight_layout()
    data = io.BytesIO()
    FigureCanvasAgg(figure).print_png(data)  # type: ignore[no-untyped-call]
    return data.getvalue()
