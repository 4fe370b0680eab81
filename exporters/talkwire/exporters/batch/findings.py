"""What is odd about a clip, in a few words each: for who looks through hundreds of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.exporters.batch.sync import Sync
from talkwire.exporters.clip import Clip
from talkwire.runtime.opening import aperture

SILENT_PEAK: Final = 10 ** (-50 / 20)
QUIET_PEAK: Final = 10 ** (-30 / 20)
FULL_SCALE: Final = 0.999
FULL_RUN: Final = 3  # samples in a row: louder than can be written, not a peak that just reaches the top
CLIPPED_RUNS_A_S: Final = 2.0
SHORT_S, LONG_S = 0.3, 30.0
LOW_RATE_HZ: Final = 16_000
EDGE_S: Final = 0.01
EDGE_SHARE: Final = 0.1  # of the line's own level: nobody stops speaking that fast
STILL: Final = 0.05  # of opening: less is no speech
CLOSED: Final = 0.04
CLOSED_AFTER_S: Final = 2.0  # of sound, in which p, b, m or a pause comes
LOW_R: Final = 0.2  # lower than that of any of 41 clips known to be good: see `sync`
LAG_R: Final = 0.3  # below, where r is largest is chance
MOST_LAG_S: Final = 0.06  # beyond, people see it (ITU-R BT.1359)

Finding = Callable[[Clip, Sync | None], bool]


def findings_of(clip: Clip, sync: Sync | None) -> tuple[str, ...]:
    """Names of all that hold, in the table's order; of a silent line nothing else is said."""
    found = tuple(name for name, holds in FINDINGS.items() if holds(clip, sync))
    return found[:1] if found[:1] == ("silent",) else found


def _peak(clip: Clip) -> float:
    return float(np.abs(clip.samples).max(initial=0))


def _clipped(clip: Clip) -> bool:
    full = np.abs(clip.samples) >= FULL_SCALE
    edges = np.flatnonzero(np.diff(np.concatenate([[False], full, [False]])))
    runs = int(((edges[1::2] - edges[::2]) >= FULL_RUN).sum())
    return runs > CLIPPED_RUNS_A_S * clip.duration_s


def _level(samples: npt.NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def _cut(clip: Clip, edge: slice) -> bool:
    return _level(clip.samples[edge]) > max(EDGE_SHARE * _level(clip.samples), SILENT_PEAK)


def _edge(clip: Clip) -> int:
    return max(1, round(EDGE_S * clip.sample_rate_hz))


def _opening(clip: Clip) -> npt.NDArray[np.float64]:
    return aperture(clip.weights_nx52)


FINDINGS: Final[dict[str, Finding]] = {
    "silent": lambda clip, _: _peak(clip) < SILENT_PEAK,
    "quiet": lambda clip, _: SILENT_PEAK <= _peak(clip) < QUIET_PEAK,
    "clipped": lambda clip, _: _clipped(clip),
    "very short": lambda clip, _: clip.duration_s < SHORT_S,
    "very long": lambda clip, _: clip.duration_s > LONG_S,
    "low sample rate": lambda clip, _: clip.sample_rate_hz < LOW_RATE_HZ,
    "begins inside sound": lambda clip, _: _cut(clip, slice(0, _edge(clip))),
    "ends inside sound": lambda clip, _: _cut(clip, slice(-_edge(clip), None)),
    "mouth never opens": lambda clip, _: float(_opening(clip).max(initial=0)) < STILL,
    "mouth never closes": lambda clip, _: (
        clip.duration_s > CLOSED_AFTER_S and float(_opening(clip).min(initial=1)) > CLOSED
    ),
    "low sync score": lambda _, sync: sync is not None and sync.r < LOW_R,
    "mouth late": lambda _, sync: sync is not None and sync.r >= LAG_R and sync.lag_s > MOST_LAG_S,
    "mouth early": lambda _, sync: sync is not None and sync.r >= LAG_R and sync.lag_s < -MOST_LAG_S,
}
