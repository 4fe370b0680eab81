"""A picture of a clip over time: the sound above the curves that follow it."""

from __future__ import annotations

import io
from typing import Final

import numpy as np

from talkwire.exporters.clip import Clip
from talkwire.runtime.arkit import INDEX
from talkwire.runtime.errors import missing

# curve -> the weights whose mean it is, and its colour
CURVES: Final = {
    "jaw open": (("jawOpen",), "#d1495b"),
    "mouth close": (("mouthClose",), "#00798c"),
    "pucker": (("mouthPucker", "mouthFunnel"), "#edae49"),
    "blink": (("eyeBlinkLeft", "eyeBlinkRight"), "#30638e"),
}


def timeline(clip: Clip) -> bytes:
    """The waveform over jaw-open, mouth-close, pucker and blink, as PNG. Raises MissingDependency."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing("matplotlib", extra="render", need="drawing a timeline") from None

    figure = Figure(figsize=(12, 5), dpi=100, layout="constrained")
    sound, curves = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
    sound.plot(
        np.arange(len(clip.samples)) / clip.sample_rate_hz, clip.samples, linewidth=0.4, color="#444444"
    )
    sound.set_ylabel("sound")
    sound.set_ylim(-1, 1)
    for name, (shapes, colour) in CURVES.items():
        curve = clip.weights_nx52[:, [INDEX[shape] for shape in shapes]].mean(axis=1)
        curves.plot(clip.times_n_s, curve, label=name, color=colour)
    curves.set_ylabel("weight")
    curves.set_xlabel("seconds")
    curves.set_ylim(-0.02, 1.02)
    curves.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(CURVES), frameon=False)
    for axes in (sound, curves):
        axes.margins(x=0)
        axes.grid(alpha=0.25)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()
