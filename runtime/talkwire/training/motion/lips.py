"""From what a tracker measures of a mouth to curves that show as much on a rig, and back.

A rig's jaw and lips open and widen a mouth by so much each (`shown.gains_52x2`): the shapes that phones ask
for are kept as far as they fit, the jaw takes the rest of the opening, puckering and stretching the rest of
the width.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import sides
from talkwire.training.motion.phones import CURVES
from talkwire.training.motion.shown import gains_52x2

Float64 = npt.NDArray[np.float64]

LIPS_SHARE: Final = 0.6  # of an opening is the most that lips do; the rest is the jaw's
REST_JAW: Final = 0.032  # lips of a resting mouth touch lightly
MOST: Final = 0.9
NARROWER_BY: Final = "mouthPucker"
WIDER_BY: Final = {"mouthStretch": 0.6, "mouthSmile": 0.4}  # shares


def fitted(asked_tx7: Float64, gap_t: Float64, wider_t: Float64) -> Float64:
    """[T, 7] curves that show an opening and a widening, both over the height of the face.

    asked_tx7: the shapes that phones ask for, as CURVES.  gap_t, wider_t: [T], the latter by lips alone: what
    the jaw does to a mouth's width is left to the rig.
    """
    gap, width = _gains()
    curves = {name: asked_tx7[:, k].copy() for k, name in enumerate(CURVES)}
    lips = [name for name in CURVES if gap[name] > 0 and name != "jawOpen"]
    opened = sum(gap[name] * curves[name] for name in lips)
    fits = np.minimum(1, LIPS_SHARE * gap_t / np.maximum(opened, 1e-9))
    for name in lips:
        curves[name] *= fits
    curves["jawOpen"] = np.zeros(len(gap_t))
    for _ in range(2):  # the jaw narrows a mouth, a pucker closes it a little
        left = gap_t - sum(gap[name] * curves[name] for name in CURVES if name != "jawOpen")
        curves["jawOpen"] = np.clip(left / gap["jawOpen"], REST_JAW, MOST)
        _widen(curves, wider_t, width)
    return np.stack([curves[name] for name in CURVES], axis=1)


@cache
def _gains() -> tuple[dict[str, float], dict[str, float]]:
    """Of each curve at weight 1, on both sides: by how much it opens, by how much it widens."""
    opens, widens = gains_52x2().T

    def each(of: Float64) -> dict[str, float]:
        return {name: float(of[sides(name)].sum()) for name in CURVES}

    return each(opens), each(widens)


def _widen(curves: dict[str, Float64], wider_t: Float64, width: dict[str, float]) -> None:
    """A mouth too narrow puckers less, then spreads; one too wide spreads less, then puckers."""
    left = wider_t - sum(width[name] * curves[name] for name in CURVES if name != "jawOpen")
    spread = sum(width[name] * curves[name] for name in WIDER_BY)
    kept = np.clip(1 + np.minimum(left, 0) / np.maximum(spread, 1e-9), 0, 1)
    left = left + spread * (1 - kept)
    change = np.maximum(left / width[NARROWER_BY], -curves[NARROWER_BY])
    curves[NARROWER_BY] = np.clip(curves[NARROWER_BY] + change, 0, MOST)
    left -= width[NARROWER_BY] * change
    for name, share in WIDER_BY.items():
        wider = share * np.maximum(left, 0) / width[name]
        curves[name] = np.clip(curves[name] * kept + wider, 0, MOST)
