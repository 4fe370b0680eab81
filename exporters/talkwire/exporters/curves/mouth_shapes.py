"""Motion as the mouth shapes of 2D animation: A to H and X, one after another without gaps.

The shapes are those of Rhubarb Lip Sync, which took six of them from the Hanna-Barbera studios: A closed
(p, b, m), B slightly open with clenched teeth, C open, D wide open, E rounded, F puckered, G the lower lip
at the upper teeth (f, v), H the tongue seen (long l), X at rest. Each hundredth of a second is as near to
each shape as its mouth is to MOUTHS; the sequence chosen is the nearest as a whole (Viterbi) of those in
which shapes last and changes cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from talkwire.exporters.clip import Clip
from talkwire.runtime.arkit import sides

STEP_HZ: Final = 100
SHAPES: Final = "ABCDEFGHX"
BASIC: Final[Mapping[str, str]] = {"G": "B", "H": "C", "X": "A"}
"""What a shape becomes for artists who did not draw it."""

# What is looked at, and how far one standard deviation of it is: means and spreads of the motion networks'
# mouths at phones that want each shape (filmed and synthetic speech), then moved by hand where they overlap.
WIDTHS: Final[Mapping[str, float]] = {
    "jawOpen": 0.045,
    "mouthPress": 0.06,
    "mouthRollLower": 0.10,
    "mouthPucker": 0.14,
    "mouthFunnel": 0.05,
    "mouthLowerDown": 0.05,
    "tongueOut": 0.045,
}
MOUTHS: Final[Mapping[str, Mapping[str, float]]] = {
    "A": {"jawOpen": 0.02, "mouthPress": 0.22, "mouthRollLower": 0.10, "mouthPucker": 0.15},
    "B": {"jawOpen": 0.125, "mouthPucker": 0.07, "mouthFunnel": 0.02, "mouthLowerDown": 0.20},
    "C": {"jawOpen": 0.21, "mouthPucker": 0.12, "mouthFunnel": 0.02, "mouthLowerDown": 0.17},
    "D": {"jawOpen": 0.28, "mouthPucker": 0.19, "mouthFunnel": 0.02, "mouthLowerDown": 0.16},
    "E": {"jawOpen": 0.14, "mouthPucker": 0.28, "mouthFunnel": 0.11, "mouthLowerDown": 0.06},
    "F": {"jawOpen": 0.06, "mouthPucker": 0.42, "mouthFunnel": 0.09, "mouthLowerDown": 0.02},
    "G": {"jawOpen": 0.04, "mouthRollLower": 0.42, "mouthPucker": 0.08, "mouthLowerDown": 0.01},
    "H": {"jawOpen": 0.13, "mouthPucker": 0.13, "mouthLowerDown": 0.13, "tongueOut": 0.16},
    "X": {"jawOpen": 0.05, "mouthPucker": 0.10},
}
LASTS_S: Final[Mapping[str, float]] = {shape: 0.2 if shape == "X" else 0.04 for shape in SHAPES}
"""At least, of every shape; a shorter rest within speech is no pause."""
CHANGE: Final = 10.0  # what a change costs, in squared spreads of one step
CLOSED: Final = 0.5  # lips pressed for a moment count for more than the vowels around them
REACH: Final = (
    0.27  # jawOpen that clear speech reaches in its widest twentieth: less, and all openings count more
)
SCALES: Final = (0.6, 1.6)


class Cue(NamedTuple):
    """One shape from start to end, hundredths of a second."""

    start_cs: int
    end_cs: int
    shape: str


def mouth_cues(clip: Clip, extended: str = "GHX") -> list[Cue]:
    """The clip's mouth as shapes: from 0 to its last whole hundredth, each cue beginning where one ends.

    extended: which of G, H and X there are; for others comes the nearest basic one. Neighbours differ. A
    line of less than a hundredth has one cue of no length.
    """
    end_cs = len(clip.samples) * STEP_HZ // clip.sample_rate_hz
    if end_cs == 0:
        return [Cue(0, 0, _known("X", extended))]
    shapes = [_known(SHAPES[i], extended) for i in _sequence(_distances(_seen(clip, end_cs)))]
    return list(_runs(shapes))


def _known(shape: str, extended: str) -> str:
    return shape if shape not in BASIC or shape in extended else BASIC[shape]


def _seen(clip: Clip, steps: int) -> npt.NDArray[np.float64]:
    """[T, F]: what of the mouth is looked at, by WIDTHS, mid-step; openings as in clear speech."""
    times_s = (np.arange(steps) + 0.5) / STEP_HZ
    columns = [clip.weights_nx52[:, sides(name)].mean(axis=1, dtype=np.float64) for name in WIDTHS]
    names = list(WIDTHS)
    jaw = columns[names.index("jawOpen")] - clip.weights_nx52[:, sides("mouthClose")[0]]
    reach = np.percentile(jaw, 95)
    scale = np.clip(REACH / max(reach, 1e-6), *SCALES)
    columns[names.index("jawOpen")] = np.maximum(jaw, 0) * scale
    columns[names.index("mouthLowerDown")] *= scale
    return np.stack([np.interp(times_s, clip.times_n_s, column) for column in columns], axis=1)


def _distances(seen_txf: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """[T, 9] squared, in spreads."""
    mouths = np.array([[MOUTHS[shape].get(name, 0.0) for name in WIDTHS] for shape in SHAPES])
    widths = np.array(list(WIDTHS.values()))
    far = np.empty((len(seen_txf), len(SHAPES)))
    for column, mouth in enumerate(mouths):
        far[:, column] = np.square((seen_txf - mouth) / widths).sum(axis=1)
    far[:, SHAPES.index("A")] *= CLOSED
    return np.minimum(far, 40.0)  # beyond, it is simply another mouth


def _sequence(far_tx9: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """[T] indices into SHAPES: least distance and CHANGE together, no shape shorter than it LASTS_S.

    best[t] is the cost up to step t of ending in each shape there. A shape that lasts m steps began m steps
    ago after the cheapest other one, or went on.
    """
    steps, count = far_tx9.shape
    lasts = np.array([min(steps, round(LASTS_S[shape] * STEP_HZ)) for shape in SHAPES])
    total = np.vstack([np.zeros(count), np.cumsum(far_tx9, axis=0)])
    best = np.full((steps + 1, count), np.inf)
    cheapest = np.full(steps + 1, np.inf)  # of best[t], over shapes
    before = np.full(
        (steps + 1, count), -1, np.int8
    )  # the shape that one followed, where it began at t - lasts
    which = np.zeros(steps + 1, np.int8)
    cheapest[0] = 0.0
    columns = np.arange(count)
    for t in range(1, steps + 1):
        went_on = best[t - 1] + far_tx9[t - 1]
        first = np.maximum(t - lasts, 0)
        began = cheapest[first] + CHANGE * (first > 0) + total[t] - total[first, columns]
        began[t < lasts] = np.inf
        new = began < went_on
        best[t] = np.where(new, began, went_on)
        before[t, new] = which[first[new]]
        which[t] = int(np.argmin(best[t]))
        cheapest[t] = best[t, which[t]]
    return _back(before, int(which[steps]), lasts)


def _back(before: npt.NDArray[np.int8], last: int, lasts: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    chosen = np.empty(len(before) - 1, np.intp)
    t, shape = len(chosen), last
    while t > 0:
        if before[t, shape] < 0:
            chosen[t - 1] = shape
            t -= 1
            continue
        first = max(t - int(lasts[shape]), 0)
        chosen[first:t] = shape
        t, shape = first, int(before[t, shape])
    return chosen


def _runs(shapes: list[str]) -> Iterator[Cue]:
    start = 0
    for at in range(1, len(shapes) + 1):
        if at == len(shapes) or shapes[at] != shapes[start]:
            yield Cue(start, at, shapes[start])
            start = at
