"""Fewer keys for the same curve: what linear interpolation gives back within a tolerance is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.spool import blocks

Float64 = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Values = npt.NDArray[np.floating]
Interpolate = Callable[[Float64, Values, Index, slice], Float64]

MAX_SPAN: Final = 256  # frames between keys: bounds the search; at 60 frames/s a key every 4 s costs nothing
BLOCK_FRAMES: Final = 4096  # at once: memory does not grow with the line
ALL: Final = slice(None)


def fit_keys(
    times_n_s: Float64,
    values_nxc: Values,
    allowed_c: Float64,
    tolerance: float,
    error_of: Callable[[Float64], float],
    interpolate: Interpolate | None = None,
) -> tuple[Index, float]:
    """The frames to keep, one set for all channels, and the error that is left.

    times_n_s: [N] rising seconds.  values_nxc: [N, C].  allowed_c: [C], what each channel may be off
    when it alone is off.  error_of: the size of residuals [n, C] in the tolerance's unit: channels that
    are off together may add up, so the error is measured and the bounds tightened until it holds.
    Returns ([K] indices with the first and the last frame, error). The error is at most the tolerance,
    or, where that is below what float arithmetic resolves, that of keeping every bend.
    """
    interpolate = interpolate or lerp
    share = 1.0
    while True:
        keys = linear_keys(times_n_s, values_nxc, allowed_c * share)
        error = max(
            error_of(interpolate(times_n_s, values_nxc, keys, slice(start, start + len(some))) - some)
            for start, some in blocks(values_nxc, BLOCK_FRAMES)
        )
        if error <= tolerance or share == 0.0:
            return keys, error
        share = 0.95 * share * tolerance / error if share > 1e-3 else 0.0


def linear_keys(times_n_s: Float64, values_nxc: Values, allowed_c: Float64) -> Index:
    """Indices of a polyline through the samples that stays within allowed_c of all of them.

    From each key, the slopes that pass near enough to every sample so far form an interval per
    channel; the next key is the last sample whose own slope lies in all intervals before one is
    empty, or MAX_SPAN frames on. Source: the cone method of J. Sklansky and V. Gonzalez, "Fast
    polygonal approximation of digitized curves", Pattern Recognition 1980.
    """
    reach = np.empty(len(times_n_s), np.intp)
    for start, some in blocks(values_nxc, BLOCK_FRAMES):
        stop = start + len(some)
        seen = slice(start, stop + MAX_SPAN)
        values_cxn = np.ascontiguousarray(values_nxc[seen].T, np.float64)
        reach[start:stop] = start + _reach(times_n_s[seen], values_cxn, allowed_c[:, None])[: len(some)]
    keys = [0]
    while keys[-1] < len(times_n_s) - 1:
        keys.append(int(reach[keys[-1]]))
    return np.array(keys, dtype=np.intp)


def _reach(times_n: Float64, values_cxn: Float64, allowed_cx1: Float64) -> Index:
    """[N] for every frame, the furthest one that a line from it may go to; all frames at once."""
    last = len(times_n) - 1
    reach = np.minimum(np.arange(last + 1) + 1, last)
    start = np.arange(last)
    low = np.full((len(values_cxn), last), -np.inf)
    high = -low
    for span in range(1, min(MAX_SPAN, last) + 1):
        inside = start + span <= last
        start, low, high = start[inside], low[:, inside], high[:, inside]
        stop = start + span
        took = times_n[stop] - times_n[start]
        slope = (values_cxn[:, stop] - values_cxn[:, start]) / took
        fits = ((low <= slope) & (slope <= high)).all(axis=0)
        reach[start[fits]] = stop[fits]
        slack = allowed_cx1 / took
        np.maximum(low, slope - slack, out=low)
        np.minimum(high, slope + slack, out=high)
        going = (low <= high).all(axis=0)
        if not going.any():
            break
        start, low, high = start[going], low[:, going], high[:, going]
    return reach


def lerp(times_n_s: Float64, values_nxc: Values, keys: Index, run: slice = ALL) -> Float64:
    """What a player shows at every frame of a run when it has the keys alone. Returns [n, C]."""
    a, b, share = _segments(times_n_s, values_nxc, keys, run)
    return a + (b - a) * share[:, None]


def slerp(times_n_s: Float64, rotations_nx4: Values, keys: Index, run: slice = ALL) -> Float64:
    """The same for unit quaternions in one hemisphere, as glTF's LINEAR prescribes. Returns [n, 4]."""
    a, b, share = _segments(times_n_s, rotations_nx4, keys, run)
    angle = np.arccos(np.clip(np.einsum("nc,nc->n", a, b), -1.0, 1.0))
    sine = np.sin(angle)
    near = sine < 1e-6  # the limit: a straight line
    sine[near] = 1.0
    weight_a = np.where(near, 1 - share, np.sin((1 - share) * angle) / sine)
    weight_b = np.where(near, share, np.sin(share * angle) / sine)
    return a * weight_a[:, None] + b * weight_b[:, None]


def _segments(times: Float64, values: Values, keys: Index, run: slice) -> tuple[Float64, Float64, Float64]:
    """Of each frame of a run: the values of the keys before and after it, and how far between them it is."""
    frames = np.arange(len(times))[run]
    left = np.clip(np.searchsorted(keys, frames, side="right") - 1, 0, max(len(keys) - 2, 0))
    before, after = keys[left], keys[np.minimum(left + 1, len(keys) - 1)]
    took = times[after] - times[before]
    share = (times[run] - times[before]) / np.where(took > 0, took, 1.0)
    return values[before].astype(np.float64), values[after].astype(np.float64), share
