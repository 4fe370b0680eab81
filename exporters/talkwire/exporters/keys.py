"""Fewer keys for the same curve: what linear interpolation gives back within a tolerance is left out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Interpolate = Callable[[Float64, Float64, Index], Float64]


def fit_keys(
    times_n_s: Float64,
    values_nxc: npt.NDArray[np.floating],
    allowed_c: Float64,
    tolerance: float,
    error_of: Callable[[Float64], float],
    interpolate: Interpolate | None = None,
) -> tuple[Index, float]:
    """The frames to keep, one set for all channels, and the error that is left.

    times_n_s: [N] rising seconds.  values_nxc: [N, C].  allowed_c: [C], what each channel may be off
    when it alone is off.  error_of: the size of residuals [N, C] in the tolerance's unit: channels that
    are off together may add up, so the error is measured and the bounds tightened until it holds.
    Returns ([K] indices with the first and the last frame, error). The error is at most the tolerance,
    or, where that is below what float arithmetic resolves, that of keeping every bend.
    """
    values = np.asarray(values_nxc, np.float64)
    interpolate = interpolate or lerp
    share = 1.0
    while True:
        keys = linear_keys(times_n_s, values, allowed_c * share)
        error = error_of(interpolate(times_n_s, values, keys) - values)
        if error <= tolerance or share == 0.0:
            return keys, error
        share = 0.95 * share * tolerance / error if share > 1e-3 else 0.0


def linear_keys(times_n_s: Float64, values_nxc: Float64, allowed_c: Float64) -> Index:
    """Indices of a polyline through the samples that stays within allowed_c of all of them.

    From each key, the slopes that pass near enough to every sample so far form an interval per
    channel; the next key is the last sample whose own slope lies in all intervals before one is
    empty. One pass, O(N C). Source: Reumann and Witkam's corridor in the cone form of J. Sklansky
    and V. Gonzalez, "Fast polygonal approximation of digitized curves", Pattern Recognition 1980.
    """
    keys = [0]
    last = len(times_n_s) - 1
    while keys[-1] < last:
        keys.append(_furthest(times_n_s, values_nxc, allowed_c, keys[-1]))
    return np.array(keys, dtype=np.intp)


def _furthest(times: Float64, values: Float64, allowed: Float64, start: int) -> int:
    low, high = np.full(len(allowed), -np.inf), np.full(len(allowed), np.inf)
    best = start + 1
    for index in range(start + 1, len(times)):
        span = times[index] - times[start]
        slope = (values[index] - values[start]) / span
        slack = allowed / span
        if ((low <= slope) & (slope <= high)).all():
            best = index
        np.maximum(low, slope - slack, out=low)
        np.minimum(high, slope + slack, out=high)
        if (low > high).any():
            break
    return best


def lerp(times_n_s: Float64, values_nxc: Float64, keys: Index) -> Float64:
    """What a player shows at every frame when it has the keys alone. Returns [N, C]."""
    left, share = _segments(times_n_s, keys)
    a, b = values_nxc[keys[left]], values_nxc[keys[np.minimum(left + 1, len(keys) - 1)]]
    return a + (b - a) * share[:, None]


def slerp(times_n_s: Float64, rotations_nx4: Float64, keys: Index) -> Float64:
    """The same for unit quaternions in one hemisphere, as glTF's LINEAR prescribes. Returns [N, 4]."""
    left, share = _segments(times_n_s, keys)
    a, b = rotations_nx4[keys[left]], rotations_nx4[keys[np.minimum(left + 1, len(keys) - 1)]]
    angle = np.arccos(np.clip(np.einsum("nc,nc->n", a, b), -1.0, 1.0))
    sine = np.sin(angle)
    near = sine < 1e-6  # the limit: a straight line
    sine[near] = 1.0
    weight_a = np.where(near, 1 - share, np.sin((1 - share) * angle) / sine)
    weight_b = np.where(near, share, np.sin(share * angle) / sine)
    return a * weight_a[:, None] + b * weight_b[:, None]


def _segments(times: Float64, keys: Index) -> tuple[Index, Float64]:
    left = np.clip(np.searchsorted(keys, np.arange(len(times)), side="right") - 1, 0, max(len(keys) - 2, 0))
    start, stop = times[keys[left]], times[keys[np.minimum(left + 1, len(keys) - 1)]]
    return left, (times - start) / np.where(stop > start, stop - start, 1.0)
