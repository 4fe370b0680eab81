"""Where in each frame the crop lies: one radius for all, and a centre that follows the head and is steady.

As DINet has it, with MediaPipe's landmarks for dlib's: the crop's row is the bridge's (29 there), its column
that of the nose's base (33). DINet takes a new radius every few frames; then a mouth's size jumps.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import savgol_filter

from talkwire.runtime.g4g_geometry import SIDES
from talkwire.runtime.types import Float32
from talkwire.training.g4g.upper import UpperFace
from talkwire.training.heads import points

BRIDGE: Final = 195
CORNERS: Final = (61, 291)
EYES: Final = (33, 263)  # outer corners, from the picture's left to its right
STEEPEST_DEG: Final = 30.0
MARGIN: Final = 1.05  # of the mask over the mouth's width and the way from bridge to chin
OPENEST: Final = 98.0  # percentile of what the mask must hold: one wild landmark does not count
SMOOTHED: Final = 9, 2  # frames, and the degree of the curve through them: a nod is followed, a tremble not
SAME_SIZE: Final = 0.12  # of the logarithm of radii
SHARP_PX: Final = 48.0  # a radius from which the larger mask has something to show

Bools = npt.NDArray[np.bool_]


def find_radius(landmarks_nx478x2: Float32, usable_n: Bools) -> float:
    """r in pixels of the frame: the mask holds mouth and chin in all usable frames but the odd one."""
    at = landmarks_nx478x2[usable_n]
    deep = at[:, points.CHIN, 1] - at[:, BRIDGE, 1]
    wide = np.linalg.norm(at[:, CORNERS[0]] - at[:, CORNERS[1]], axis=1)
    return float(np.percentile(np.maximum(deep, wide), OPENEST)) * MARGIN / 2


def agreed(radius_px: float, like_px: float | None) -> float:
    """The other radius where the two are of a face of one size: who opens his mouth less in one video has no
    smaller face there.
    """
    if like_px is None or abs(np.log(radius_px / like_px)) > SAME_SIZE:
        return radius_px
    return like_px


def choose_side(radius_px: float) -> int:
    """M: the larger one where the video is sharp enough for it."""
    return SIDES[1] if radius_px >= SHARP_PX else SIDES[0]


def find_centres(upper: UpperFace, landmarks_nx478x2: Float32, shots_n: npt.NDArray[np.int64]) -> Float32:
    """[N, 2] x of the nose's base and y of its bridge, smoothed within each shot and without lag; through
    frames without a face it goes straight, and in shots without any it is where it mostly is.
    """
    posed = upper.posed(landmarks_nx478x2, (points.NOSE_BASE, BRIDGE)).astype(np.float64)
    raw = np.stack([posed[:, 0, 0], posed[:, 1, 1]], axis=1)
    centres = np.tile(np.nanmedian(raw, axis=0), (len(raw), 1))
    edges = np.flatnonzero(np.diff(shots_n, prepend=-1, append=shots_n[-1] + 1))
    for start, end in pairwise(edges):
        shot, found = raw[start:end], np.flatnonzero(np.isfinite(raw[start:end, 0]))
        if len(found):
            for axis in range(2):
                path = np.interp(np.arange(len(shot)), found, shot[found, axis])
                centres[start:end, axis] = _smooth(path)
    return centres.astype(np.float32)


def _smooth(path: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    length, degree = SMOOTHED
    length = min(length, (len(path) - 1) // 2 * 2 + 1)
    return np.asarray(savgol_filter(path, length, degree)) if length > degree else path


def find_outside(centres_nx2: Float32, radius_px: float, size_hw: tuple[int, int]) -> Bools:
    """[N] whether the mask leaves the picture."""
    low = centres_nx2 - np.array([radius_px, 0])
    high = centres_nx2 + np.array([radius_px, 2 * radius_px])
    return np.asarray((low < 0).any(axis=1) | (high > size_hw[::-1]).any(axis=1))


def find_tilted(landmarks_nx478x2: Float32) -> Bools:
    """[N] whether the line through the eyes' outer corners is too steep: crops stay upright."""
    across = landmarks_nx478x2[:, EYES[1]] - landmarks_nx478x2[:, EYES[0]]
    return np.asarray(np.abs(np.degrees(np.arctan2(across[:, 1], across[:, 0]))) > STEEPEST_DEG)


def lips(landmarks_nx478x2: Float32) -> Float32:
    """[N, 2] opening of the inner lips and width of the mouth, over the height of the face; NaN without."""
    pairs = (points.UPPER_LIP_MIDDLE, points.LOWER_LIP_MIDDLE), CORNERS, (points.FOREHEAD, points.CHIN)
    opening, width, height = (
        np.linalg.norm(landmarks_nx478x2[:, a] - landmarks_nx478x2[:, b], axis=1) for a, b in pairs
    )
    return np.asarray(np.stack([opening, width], axis=1) / height[:, None], np.float32)
