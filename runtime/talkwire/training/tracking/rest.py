"""What a face does when it does nothing: trackers see a frown, a press of the lips or a squint in features.

Where such weights are left in the codes, the code 0 means a face that this person never shows, and an NPC
at rest would show it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.types import Float32

MOUTH: Final = [k for k, name in enumerate(ARKIT_NAMES) if name.startswith(("jaw", "mouth"))]
QUIET: Final = 0.15  # share of the frames with a shut mouth in which it moves least
SMOOTH: Final = 5  # frames
MOST: Final = 0.6


def resting_weights(codes_nx52: Float32, usable_n: npt.NDArray[np.bool_]) -> Float32:
    """[52] the median of the frames in which the mouth is shut and moves least."""
    speed = np.abs(np.gradient(codes_nx52[:, MOUTH], axis=0)).sum(axis=1)
    speed = np.convolve(speed, np.full(SMOOTH, 1 / SMOOTH), mode="same")
    jaw = codes_nx52[:, INDEX["jawOpen"]]
    shut = usable_n & (jaw <= np.median(jaw[usable_n]))
    quiet = shut & (speed <= np.quantile(speed[shut], QUIET))
    return np.asarray(np.clip(np.median(codes_nx52[quiet], axis=0), 0, MOST), np.float32)


def from_rest(codes_nx52: Float32, rest_52: Float32) -> Float32:
    """The same expressions counted from rest: 0 there, 1 where they were 1, below 0 where a face relaxes."""
    return np.asarray((codes_nx52 - rest_52) / (1 - rest_52), np.float32)
