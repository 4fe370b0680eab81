"""What is measured of a mouth that was put into a video: how it opens and when, whether it trembles, whether
one sees where it was pasted. Pictures are compared by `training.measures`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.g4g_geometry import ABOVE, FPS, HALF_WIDTH, HEIGHT
from talkwire.runtime.types import Float32
from talkwire.training.capture import UInt8
from talkwire.training.heads import points
from talkwire.training.measures import Float64, correlation
from talkwire.training.motion.phone_times import Phones

Box = tuple[slice, slice]

LIPS: Final = (*points.LIPS_OUTER, *points.LIPS_INNER)
LAGS: Final = range(-5, 6)  # frames
SLACK_S: Final = 0.04  # alignments are off by as much, and so far frames are apart


def aperture(found_nx478x2: Float32, face_nx478x2: Float32) -> Float64:
    """[N] opening of the inner lips over the height of the face; NaN where there is no face. face_nx478x2: of
    the truth, so that a wrong chin does not count twice.
    """
    gap = _apart(found_nx478x2, points.UPPER_LIP_MIDDLE, points.LOWER_LIP_MIDDLE)
    return np.asarray(gap / _apart(face_nx478x2, points.FOREHEAD, points.CHIN))


def lip_distance_px(found_nx478x2: Float32, wanted_nx478x2: Float32) -> Float64:
    """[N] mean distance of the lips' landmarks, nothing taken away."""
    rows = list(LIPS)
    return np.asarray(np.linalg.norm(found_nx478x2[:, rows] - wanted_nx478x2[:, rows], axis=2).mean(axis=1))


def lip_curves(found_n: Float64, true_n: Float64, shots_n: npt.NDArray[np.int64]) -> dict[str, float | int]:
    """`aperture_r` where both are known; `lag_frames`, by which the found curve follows best (late: above 0),
    and the r that it has then; `aperture_range`, p5 to p95 over the true one's. Shifts do not reach across
    cuts.
    """
    pairs = {lag: _shifted(found_n, true_n, shots_n, lag) for lag in LAGS}
    by_lag = {lag: correlation(*pair) if len(pair[0]) else 0.0 for lag, pair in pairs.items()}
    best = max(by_lag, key=lambda lag: (round(by_lag[lag], 6), -abs(lag)))
    spread, true_spread = (np.ptp(np.percentile(curve, [5, 95])) if len(curve) else 0 for curve in pairs[0])
    return {
        "aperture_r": by_lag[0],
        "aperture_r_at_lag": by_lag[best],
        "lag_frames": best,
        "aperture_range": float(spread / true_spread) if true_spread > 0 else 0.0,
    }


def _shifted(
    found_n: Float64, true_n: Float64, shots_n: npt.NDArray[np.int64], lag: int
) -> tuple[Float64, Float64]:
    """Pairs of frames `lag` apart that belong to one shot and are both known."""
    at = np.arange(max(0, -lag), len(found_n) - max(0, lag))
    found, true = found_n[at + lag], true_n[at]
    kept = (shots_n[at] == shots_n[at + lag]) & np.isfinite(found) & np.isfinite(true)
    return found[kept], true[kept]


def share_closed(
    aperture_n: Float64, phones: Phones, of: frozenset[str], limit: float, slack_s: float = SLACK_S
) -> float | None:
    """Share of the phones of a set within which, or `slack_s` beside, the opening falls below the limit. None
    where no such phone is said in frames that are known. slack_s below 0: only the middle is looked at.
    """
    least = []
    for name, start_s, end_s in phones:
        if name in of:
            room_s = max(slack_s, (start_s - end_s) / 4)
            first = max(0, round((start_s - room_s) * FPS))
            near = aperture_n[first : max(first, round((end_s + room_s) * FPS)) + 1]
            if np.isfinite(near).any():
                least.append(np.nanmin(near))
    return float(np.mean(np.array(least) < limit)) if least else None


def silent_frames(count: int, phones: Phones, beside_s: float = 0.1) -> npt.NDArray[np.bool_]:
    """[N] at least so far from everything that is said."""
    silent = np.ones(count, bool)
    time_s = np.arange(count) / FPS
    for name, start_s, end_s in phones:
        if name != "SIL":
            silent &= (time_s < start_s - beside_s) | (time_s > end_s + beside_s)
    return silent


def flicker(three: Sequence[UInt8], box: Box) -> Float32:
    """[h, w] levels: absolute second difference of three frames in a row, mean of the colours, in a box."""
    before, now, after = (frame[box].astype(np.float32) for frame in three)
    return np.asarray(np.abs(after - 2 * now + before).mean(axis=2))


def mask_box(size_hw: tuple[int, int], centre: npt.ArrayLike, radius: float) -> Box:
    """Rows and columns of a frame that a generator draws whole."""
    x, y = np.asarray(centre, np.float64)
    return _inside(size_hw, (x - radius, y), (x + radius, y + 2 * radius))


def crop_box(size_hw: tuple[int, int], centre: npt.ArrayLike, radius: float) -> Box:
    """Rows and columns of a frame from which a crop is cut."""
    x, y = np.asarray(centre, np.float64)
    low = (x - HALF_WIDTH * radius, y - ABOVE * radius)
    return _inside(size_hw, low, (x + HALF_WIDTH * radius, y + (HEIGHT - ABOVE) * radius))


def box_of(points_kx2: Float32, size_hw: tuple[int, int]) -> Box:
    """Rows and columns of a frame that points lie in."""
    low, high = points_kx2.min(axis=0), points_kx2.max(axis=0)
    return _inside(size_hw, (float(low[0]), float(low[1])), (float(high[0]), float(high[1])))


def border_steps(frame: UInt8, centre: npt.ArrayLike, radius: float) -> tuple[float, float]:
    """Mean colour step, in levels, from pixel to pixel across the border where a paste fades (the ring
    between mask and patch), and beside it: bands of half its width within the mask and outside the patch.

    Across: downward above and below the mask, sideward at its sides. A paste that cannot be seen steps as its
    surroundings do: the first over the second is at most 1.2, or what it is in the true frame.
    """
    levels = frame.astype(np.float32)
    x, y = np.asarray(centre, np.float64)
    ring = radius / 4
    sideward = np.abs(np.diff(levels, axis=1)).mean(axis=2)
    downward = np.abs(np.diff(levels, axis=0)).mean(axis=2).T
    across: list[Float32] = []
    beside: list[Float32] = []
    for steps, along, edges in (
        (sideward, (y, y + 2 * radius), ((x - radius, -1), (x + radius, 1))),
        (downward, (x - radius, x + radius), ((y, -1), (y + 2 * radius, 1))),
    ):
        rows = slice(max(0, round(along[0])), max(0, round(along[1])))
        for edge, out in edges:
            # a step lies before the pixel of its number; those on the ring's own edges are the ring's
            for low, high, spare, found in ((0, 1, 1, across), (-0.5, 0, 0, beside), (1, 1.5, 0, beside)):
                first, last = sorted((round(edge + out * low * ring), round(edge + out * high * ring)))
                found.append(steps[rows, max(0, first - spare) : max(0, last - 1 + spare)].ravel())
    return float(np.concatenate(across).mean()), float(np.concatenate(beside).mean())


def border_offset(found: UInt8, wanted: UInt8, centre: npt.ArrayLike, radius: float) -> float:
    """Levels by which a picture's colour is off along the border: in bands as wide as the ring, just within
    the mask, mean over each of its sides before the size is taken, so that grain does not count.
    """
    x, y = np.asarray(centre, np.float64)
    band = radius / 4
    off = found.astype(np.float32) - wanted
    sides = (
        ((x - radius, y), (x - radius + band, y + 2 * radius)),
        ((x + radius - band, y), (x + radius, y + 2 * radius)),
        ((x - radius, y), (x + radius, y + band)),
        ((x - radius, y + 2 * radius - band), (x + radius, y + 2 * radius)),
    )
    bands = (off[_inside(found.shape[:2], low, high)].reshape(-1, 3) for low, high in sides)
    return float(np.mean([np.abs(band.mean(axis=0)).mean() for band in bands if len(band)]))


def _inside(size_hw: tuple[int, int], low: tuple[float, float], high: tuple[float, float]) -> Box:
    """Whole pixels between two corners (x, y), as far as a frame goes."""
    rows = (max(0, round(low[1])), min(size_hw[0], round(high[1])))
    columns = (max(0, round(low[0])), min(size_hw[1], round(high[0])))
    return slice(rows[0], max(rows)), slice(columns[0], max(columns))


def _apart(at_nx478x2: Float32, a: int, b: int) -> Float64:
    return np.asarray(np.linalg.norm(at_nx478x2[:, a] - at_nx478x2[:, b], axis=1), np.float64)
