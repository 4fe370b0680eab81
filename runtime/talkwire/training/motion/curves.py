"""Lips over the waveform and its phones, as a picture: what the figures of a line are made of."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from talkwire.runtime.errors import missing
from talkwire.runtime.types import Float32
from talkwire.training.motion.corpus import STEP_HZ
from talkwire.training.motion.metrics import Spoken
from talkwire.training.motion.phones import BITE, SEAL

TRACKED: Final = "#222222"
COLOURS: Final = ("#d1495b", "#00798c", "#edae49")
CLOSED, BITTEN = "#d1495b", "#edae49"


def draw_lips(samples: Float32, sample_rate_hz: int, spoken: Mapping[str, Spoken]) -> bytes:
    """A PNG: the sound with its phones (p, b, m and f, v marked), opening and width of the mouth on nova by
    each network, and as tracked where they were. spoken: one line by several networks.  Raises
    MissingDependency.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing("matplotlib", extra="train", need="drawing lips") from None
    figure = Figure(figsize=(12, 6), dpi=100, layout="constrained")
    sound, gap, width = figure.subplots(3, 1, sharex=True, height_ratios=(1, 2, 1.3))
    line = next(iter(spoken.values()))
    sound.plot(np.arange(len(samples)) / sample_rate_hz, samples, linewidth=0.4, color="#777777")
    for name, start_s, end_s in line.phones:
        if name != "SIL":
            colour = CLOSED if name in SEAL else BITTEN if name in BITE else TRACKED
            sound.text((start_s + end_s) / 2, 1.05, name, fontsize=7, color=colour, ha="center")
        for axes in (sound, gap, width) if name in SEAL | BITE else ():
            axes.axvspan(start_s, end_s, color=CLOSED if name in SEAL else BITTEN, alpha=0.15, linewidth=0)
    if line.gap is not None:
        _curve(gap, 100 * line.gap, "tracked", TRACKED)
    if line.width is not None:
        _curve(width, 100 * (line.width - np.median(line.width)), "tracked", TRACKED)
    for (name, by), colour in zip(spoken.items(), COLOURS, strict=False):
        opening, wide = by.shown
        _curve(gap, 100 * opening, name, colour)
        _curve(width, 100 * (wide - np.median(wide)), name, colour)
    sound.set(ylim=(-1, 1.3), ylabel="sound")
    gap.set(ylabel="opening, % of face height")
    width.set(ylabel="width less its median", xlabel="seconds")
    gap.legend(loc="upper left", ncols=len(spoken) + 1, frameon=False)
    for axes in (sound, gap, width):
        axes.margins(x=0)
        axes.grid(alpha=0.25)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def _curve(axes: Any, values: np.ndarray, label: str, colour: str) -> None:
    dashes = "--" if colour == TRACKED else "-"
    axes.plot(np.arange(len(values)) / STEP_HZ, values, dashes, label=label, color=colour, linewidth=1.4)
