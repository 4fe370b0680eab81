"""Which part of the frames is kept: a fixed view of the head, seen by a camera that looks at its middle.

A capture's camera has its axis at the picture's centre. Small frames stay whole. Large ones are cropped
evenly about their centre, where the lens' axis is; where that would waste most of the picture on a head far
from it, the camera is turned to the head instead, which resampling can do exactly (a homography) for a focal
length that need only be guessed: what a wrong guess leaves is second to what the turn takes away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from talkwire.training.capture import UInt8
from talkwire.training.heads import points
from talkwire.training.tracking.landmarks import Sightings

Float64 = npt.NDArray[np.float64]

SIZE_PX: Final = 512
MULTIPLE_PX: Final = 8
WHOLE: Final = 1.25  # frames up to so many times the wanted size are kept as they are
WASTE: Final = 1.6  # a longer side than so many times the head's: turn the camera
ABOVE, BELOW, BESIDE = 0.6, 0.4, 0.45  # of the face's height, around it: hair, neck, ears
FACE_M, DISTANCE_M = 0.19, 0.9  # a face's height and a camera's distance, to guess a focal length,
WIDEST: Final = 0.9  # which is at least so much of a frame's longer side: a small face is far away


@dataclass(frozen=True, slots=True)
class Window:
    """A view. scaled_hw: the size that frames are first scaled to; size_hw: of the picture kept.

    focal_px: a guess, of the picture kept.  distance_m: of the head, that goes with it.
    matrix_3x3: kept pixel (x, y, 1) to scaled pixel, both with centres at halves.
    """

    scaled_hw: tuple[int, int]
    size_hw: tuple[int, int]
    focal_px: float
    distance_m: float
    matrix_3x3: Float64

    @property
    def turned(self) -> bool:
        """Whether the camera was turned."""
        return not np.array_equal(self.matrix_3x3[2], [0, 0, 1])

    def cut(self, frame: UInt8) -> UInt8:
        """[h, w, 3] of a frame [H, W, 3] of the scaled size."""
        height, width = self.size_hw
        if not self.turned:
            left, top = (round(v) for v in self.matrix_3x3[:2, 2])
            return np.ascontiguousarray(frame[top : top + height, left : left + width])
        x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        at = self.matrix_3x3 @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
        rows_columns = (at[1::-1] / at[2] - 0.5).reshape(2, height, width)
        planes = [
            ndimage.map_coordinates(frame[..., c], rows_columns, order=1, mode="nearest") for c in range(3)
        ]
        return np.stack(planes, axis=-1)


def choose_window(
    seen: Sightings,
    seen_hw: tuple[int, int],
    full_hw: tuple[int, int],
    size_px: int,
    distance_m: float | None = None,
) -> Window:
    """The view for faces seen in frames of seen_hw pixels, of a video of full_hw.

    size_px: what the longer side of the head, hair and neck included, is to have at most.  distance_m: of the
    camera, where it is known.
    """
    full = np.array(full_hw[::-1], np.float64)
    low, high, face_px = _extent(seen, full / np.array(seen_hw[::-1]))
    low, high = np.maximum(low, 0), np.minimum(high, full)
    focal_px = face_px * (distance_m or DISTANCE_M) / FACE_M
    if distance_m is None:
        focal_px = max(focal_px, WIDEST * float(full.max()))
    lens = focal_px, focal_px * FACE_M / face_px
    if full.max() <= WHOLE * size_px:
        return _even(full, full / 2, 1.0, lens)
    side = float((high - low).max())
    scale = min(1.0, size_px / side)
    half = np.maximum(np.abs(low - full / 2), np.abs(high - full / 2))
    if half.max() * 2 <= WASTE * side:
        return _even(full, half, scale, lens)
    return _turned(full, low, high, scale, lens)


def _extent(seen: Sightings, to_full: Float64) -> tuple[Float64, Float64, float]:
    """Lower and upper x, y of the head over all frames but odd ones, and the face's height; full pixels."""
    oval = seen.landmarks_nx478x2[np.isfinite(seen.landmarks_nx478x2).all(axis=(1, 2))][:, points.FACE_OVAL]
    low, high = oval.min(axis=1) * to_full, oval.max(axis=1) * to_full
    height = (high - low)[:, 1:]
    low = low - height * [BESIDE, ABOVE]
    high = high + height * [BESIDE, BELOW]
    return np.percentile(low, 2, axis=0), np.percentile(high, 98, axis=0), float(np.median(height))


def _even(full: Float64, half: Float64, scale: float, lens: tuple[float, float]) -> Window:
    """About the frame's centre."""
    scaled = np.round(full * scale)
    kept = np.minimum(
        np.ceil(2 * half * scale / MULTIPLE_PX) * MULTIPLE_PX, scaled // MULTIPLE_PX * MULTIPLE_PX
    )
    matrix = np.eye(3)
    matrix[:2, 2] = (scaled - kept) // 2
    return Window(_hw(scaled), _hw(kept), lens[0] * scale, lens[1], matrix)


def _turned(full: Float64, low: Float64, high: Float64, scale: float, lens: tuple[float, float]) -> Window:
    """Seen by a camera of the same focal length that looks at the head's middle."""
    scaled = np.round(full * scale)
    kept = np.ceil((high - low) * scale / MULTIPLE_PX) * MULTIPLE_PX
    focal = lens[0] * scale
    ahead = np.array([*((low + high) / 2 * scale - scaled / 2), focal])
    ahead /= np.linalg.norm(ahead)
    across = np.cross([0.0, 1.0, 0.0], ahead)
    across /= np.linalg.norm(across)
    turn = np.stack([across, np.cross(ahead, across), ahead], axis=1)  # its axes, in the old camera
    old = np.array([[focal, 0, scaled[0] / 2], [0, focal, scaled[1] / 2], [0, 0, 1]])
    new = np.array([[focal, 0, kept[0] / 2], [0, focal, kept[1] / 2], [0, 0, 1]])
    return Window(_hw(scaled), _hw(kept), focal, lens[1], old @ turn @ np.linalg.inv(new))


def _hw(size_xy: Float64) -> tuple[int, int]:
    return int(size_xy[1]), int(size_xy[0])
