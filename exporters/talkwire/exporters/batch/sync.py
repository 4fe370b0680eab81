"""How well the mouth goes with the sound: one correlation, one lag.

r is Pearson's correlation of two curves at 100 Hz, each less its own running mean over 1.5 s: how far the
mouth is open (`runtime.opening.aperture`), and how far it should be by the sound alone, a fixed weighted sum
of the levels of six bands in dB. The lag is the shift within +-150 ms at which r is largest, positive where
the mouth is late; r is the one at that lag.

That the sound tells the opening of the mouth linearly: H. Yehia, P. Rubin and E. Vatikiotis-Bateson,
"Quantitative association of vocal-tract and facial behavior", Speech Communication 1998. The level of the
whole sound does not: in 40 clips of one sentence's pattern it cannot tell a clip's own motion from another's.
WEIGHTS are a ridge regression of the quality network's opening on 25 clips of GRID's speaker 1 and 15 lines
by three voices of flite. Of voices that the regression had not seen, 41 clips with their own motion have a
median of 0.58 (5 % below 0.36), with another line's motion 0.25 (5 % above 0.52). So it finds clips whose
sound and motion do not belong together or are shifted, by 10 ms; it compares no actors and no networks.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from talkwire.runtime.ear import ROWS_HZ, Ear
from talkwire.runtime.opening import aperture
from talkwire.runtime.types import Float32

Float64 = npt.NDArray[np.float64]

LEAST_S: Final = 1.0  # of less sound nothing can be told
EDGES: Final = (0, 13, 26, 40, 53, 66, 80)  # between the bands, of the ear's 80: 0.5, 1.0, 1.7, 2.7, 4.5 kHz
WEIGHTS: Final = (-0.7, 1.2, -1.1, 0.5, 2.1, 0.6)
RANGE_DB: Final = 60.0  # below a band's loudest: all one silence
LOUDEST_PERCENTILE: Final = 95
SMOOTH: Final = np.hanning(7)[1:-1] / np.hanning(7)[1:-1].sum()  # over 50 ms
MEAN_S: Final = 1.5
MOST_LAG_S: Final = 0.15
LEAST_SPREAD: Final = 1e-3  # of a curve: what moves less does not move


class Sync(NamedTuple):
    """r: -1 to 1.  lag_s: positive where the mouth is late."""

    r: float
    lag_s: float


def sync_of(samples: Float32, sample_rate_hz: int, weights_nx52: Float32, times_n_s: Float64) -> Sync | None:
    """The score of a clip; None for one too short, or without any movement of sound or mouth."""
    count = int(len(samples) / sample_rate_hz * ROWS_HZ)
    if count < LEAST_S * ROWS_HZ:
        return None
    wanted = _less_mean(_wanted(samples, sample_rate_hz)[:count])
    steps_s = np.arange(count) / ROWS_HZ
    opening = _less_mean(np.interp(steps_s, times_n_s, aperture(weights_nx52)))
    if min(wanted.std(), opening.std()) < LEAST_SPREAD:
        return None
    most = round(MOST_LAG_S * ROWS_HZ)
    best = max((_shifted_r(wanted, opening, lag), lag) for lag in range(-most, most + 1))
    return Sync(best[0], best[1] / ROWS_HZ)


def _wanted(samples: Float32, sample_rate_hz: int) -> Float64:
    """[R] at 100 Hz: the opening that the sound calls for, on a scale of its own."""
    ear = Ear(sample_rate_hz)
    power = np.exp(np.concatenate([ear.push(samples), ear.end()]).astype(np.float64))
    wanted = np.zeros(len(power))
    for (first, end), weight in zip(pairwise(EDGES), WEIGHTS, strict=True):
        level_db = 10 * np.log10(power[:, first:end].mean(axis=1))
        below_db = level_db - np.percentile(level_db, LOUDEST_PERCENTILE)
        wanted += weight * np.clip(below_db, -RANGE_DB, 0) / RANGE_DB
    return np.convolve(wanted, SMOOTH, "same")


def _less_mean(values: Float64) -> Float64:
    window = np.ones(min(round(MEAN_S * ROWS_HZ), len(values)))
    means = np.convolve(values, window, "same") / np.convolve(np.ones(len(values)), window, "same")
    return np.asarray(values - means)


def _shifted_r(wanted: Float64, opening: Float64, lag: int) -> float:
    """r with the mouth taken `lag` steps earlier."""
    a = wanted[: len(wanted) - lag] if lag >= 0 else wanted[-lag:]
    b = opening[lag:] if lag >= 0 else opening[:lag]
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm else -1.0
