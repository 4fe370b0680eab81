"""Losses over the steps, as a picture."""

from __future__ import annotations

import io
from typing import Final

import numpy as np

from talkwire.runtime.errors import missing

SMOOTH: Final = 15  # records averaged: single steps look at different windows
SHOWN: Final = ("image", "silhouette", "perceptual", "prior_offset", "elastic", "smooth")


def draw_curves(history: list[dict[str, float]]) -> bytes:
    """A PNG. Raises MissingDependency without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as absent:
        raise missing("matplotlib", extra="train", need="drawing curves") from absent
    figure = Figure(figsize=(10, 4), dpi=100)
    left, right = figure.subplots(1, 2)
    for name in SHOWN:
        rows = [(k, row[name]) for k, row in enumerate(history) if row.get(name, 0) > 0]
        if len(rows) > SMOOTH:
            at, values = np.array(rows).T
            left.semilogy(at[SMOOTH - 1 :] * 10, _averaged(values), label=name, linewidth=1)
    rows = [(k, row["image"] / 3) for k, row in enumerate(history) if row.get("image", 0) > 0]
    if len(rows) > SMOOTH:
        at, errors = np.array(rows).T
        right.plot(at[SMOOTH - 1 :] * 10, -10 * np.log10(_averaged(errors)), linewidth=1)
    left.set(xlabel="step", title="losses, unweighted")
    right.set(xlabel="step", title="PSNR of the windows looked at, dB")
    if left.lines:
        left.legend(fontsize=8)
    figure.tight_layout()
    data = io.BytesIO()
    FigureCanvasAgg(figure).print_png(data)  # type: ignore[no-untyped-call]
    return data.getvalue()


def _averaged(values: np.ndarray) -> np.ndarray:
    return np.convolve(values, np.ones(SMOOTH) / SMOOTH, mode="valid")
