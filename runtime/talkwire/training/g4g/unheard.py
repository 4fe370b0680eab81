"""Stretches in which a mouth moves and nothing is heard: a yawn, a made face, a voice that was cut off.

To learn from them would teach that silence opens mouths.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.g4g_geometry import FPS
from talkwire.runtime.types import Float32

QUIET_DB: Final = -35.0  # under the voice where it is loud
AROUND: Final = round(0.3 * FPS)  # frames before and after a voice in which a mouth may open and shut
LEAST: Final = round(1.0 * FPS)  # frames of a stretch: people breathe between sentences
OPEN: Final = 0.35  # of how far this mouth opens to speak
SHARE: Final = 0.1  # of a stretch, in which it is open


def find_unheard(loudness_n: Float32, aperture_n: Float32) -> npt.NDArray[np.bool_]:
    """[N] whether a frame is of such a stretch. loudness_n: dB.  aperture_n: of the lips, NaN if not seen."""
    loud = loudness_n > np.percentile(loudness_n, 95) + QUIET_DB
    near = np.convolve(loud, np.ones(2 * AROUND + 1), "same") > 0.5
    opened = aperture_n > OPEN * np.nanpercentile(np.where(loud, aperture_n, np.nan), 95)
    found = np.zeros(len(near), bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], near, [True]]).astype(np.int8)))
    for start, end in edges.reshape(-1, 2):
        found[start:end] = end - start >= LEAST and opened[start:end].mean() > SHARE
    return found
