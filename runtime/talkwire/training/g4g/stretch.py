"""Which part of the video goes to and fro under the mouths that are drawn: the base clip."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import TrainingError
from talkwire.runtime.g4g_geometry import FPS
from talkwire.training.g4g.footage import Footage

LONGEST_S: Final = 6.0
SHORTEST_S: Final = 1.0
# what counts against a stretch: the head's way in a frame, how far it is from where it mostly is, in radii;
# the mouth's opening, in faces' heights; the pace at both ends, where time turns; each second less
SPEED, AWAY, OPEN, TURNING, SHORT = 40.0, 1.0, 20.0, 20.0, 0.15


def choose_stretch(footage: Footage, longest_s: float = LONGEST_S) -> slice:
    """Frames start to stop of one shot, all usable: as long as may be, the head calm, the mouth mostly shut.

    Raises TrainingError where there is no such second.
    """
    best: tuple[float, slice] | None = None
    longest = round(longest_s * FPS)
    for start, stop in _runs(footage):
        for length in sorted({min(longest, stop - start), min(longest // 2, stop - start)}):
            if length >= SHORTEST_S * FPS:
                cost, at = _calmest(footage, start, stop, length)
                if best is None or cost < best[0]:
                    best = cost, slice(at, at + length)
    if best is None:
        raise TrainingError(
            "the video has no stretch to put mouths into",
            seen="interruptions everywhere",
            wanted=f"{SHORTEST_S:.0f} s, better {LONGEST_S:.0f}, of one face without a cut",
            cure="film a few seconds of looking at the camera in silence, and add them",
        )
    return best[1]


def _runs(footage: Footage) -> list[tuple[int, int]]:
    """Frames of one shot without a fault."""
    whole = np.where(footage.confidence_n > 0, footage.shots_n, -1)
    edges = np.flatnonzero(np.diff(whole, prepend=-2, append=-2))
    return [(int(a), int(b)) for a, b in pairwise(edges) if whole[a] >= 0]


def _calmest(footage: Footage, start: int, stop: int, length: int) -> tuple[float, int]:
    """Cost and first frame of the best stretch of this length in a run."""
    centres = footage.centres_nx2[start:stop].astype(np.float64) / footage.radius_px
    usual = np.median(footage.centres_nx2[footage.usable], axis=0) / footage.radius_px
    pace = np.linalg.norm(np.gradient(centres, axis=0), axis=1) if len(centres) > 1 else np.zeros(1)
    away = np.linalg.norm(centres - usual, axis=1)
    each = SPEED * pace + AWAY * away + OPEN * footage.lips_nx2[start:stop, 0]
    means = _window_means(each, length)
    turning = TURNING * (pace[: len(means)] + pace[length - 1 :][: len(means)])
    costs = means + turning + SHORT * (LONGEST_S - length / FPS)
    at = int(np.argmin(costs))
    return float(costs[at]), start + at


def _window_means(values: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float64]:
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray((sums[length:] - sums[:-length]) / length)
