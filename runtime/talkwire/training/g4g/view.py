"""Which part of the frames is kept, and how large: the person with some room, in one upright rectangle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from talkwire.training.capture import UInt8
from talkwire.training.heads import points
from talkwire.training.tracking.landmarks import Sightings

SIZE_PX: Final = 640  # longer side, at most: an avatar file holds some hundred of them
WHOLE: Final = 1.25  # frames up to so many times this size are kept as they are
MULTIPLE_PX: Final = 8
ABOVE, BELOW, BESIDE = 0.7, 0.9, 0.8  # of the face's height, around where it ever is: hair, shoulders


@dataclass(frozen=True, slots=True)
class View:
    """scaled_hw: what frames are first scaled to.  left, top, size_hw: what is kept of that."""

    scaled_hw: tuple[int, int]
    left: int
    top: int
    size_hw: tuple[int, int]

    def cut(self, frame: UInt8) -> UInt8:
        """[h, w, 3] of a frame of the scaled size."""
        height, width = self.size_hw
        return np.ascontiguousarray(frame[self.top : self.top + height, self.left : self.left + width])


def choose_view(seen: Sightings, seen_hw: tuple[int, int], full_hw: tuple[int, int]) -> View:
    """For faces seen in frames of seen_hw pixels, of a video of full_hw; one is seen somewhere."""
    full = np.array(full_hw[::-1], np.float64)
    if full.max() <= WHOLE * SIZE_PX:
        return _view(full, np.zeros(2), full, 1.0)
    found = seen.landmarks_nx478x2[np.isfinite(seen.heights_n)][:, points.FACE_OVAL]
    at = found * (full / seen_hw[::-1])
    low, high = at.min(axis=1), at.max(axis=1)
    height = (high - low)[:, 1:]
    low = np.percentile(low - height * [BESIDE, ABOVE], 2, axis=0)
    high = np.percentile(high + height * [BESIDE, BELOW], 98, axis=0)
    low, high = np.maximum(low, 0), np.minimum(high, full)
    return _view(full, low, high, min(1.0, SIZE_PX / float((high - low).max())))


def _view(full: np.ndarray, low: np.ndarray, high: np.ndarray, scale: float) -> View:
    scaled = np.round(full * scale)
    kept = np.round((high - low) * scale) // MULTIPLE_PX * MULTIPLE_PX
    left, top = np.minimum(np.floor(low * scale), scaled - kept)
    return View((int(scaled[1]), int(scaled[0])), int(left), int(top), (int(kept[1]), int(kept[0])))
