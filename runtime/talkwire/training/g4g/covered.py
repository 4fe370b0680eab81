"""Frames in which something is before the mouth: a hand, a cup. MediaPipe finds a mouth there all the same.

The lower face, as a coarse picture, is compared with what it shows through the video. Some fifth of that is
always like it, whatever the mouth does, as long as it is a face. What is before the mouth for a fifth of the
time is taken for part of the face; so is what covers a corner, or has the colours of what it hides.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.g4g_geometry import mask_columns, mask_rows
from talkwire.runtime.types import Float32
from talkwire.training.capture import UInt8

COARSE: Final = 8  # cells across the mask, and down
LOOKS: Final = 240  # frames, evenly through the video, that are compared with
LIKE: Final = 0.2  # share of them that a face is like
ODD: Final = 25.0  # levels between the colours of two cells that are not alike
COVERED: Final = 0.27  # share of such cells
BESIDE: Final = 3  # frames before and after: what comes and goes is blurred

Bools = npt.NDArray[np.bool_]


def find_covered(crops_nxhxwx3: UInt8, usable_n: Bools, side: int) -> Bools:
    """[N] whether something is before the mouth of a usable frame."""
    numbers = np.flatnonzero(usable_n)
    covered = np.zeros(len(usable_n), bool)
    covered[numbers] = oddness(crops_nxhxwx3, numbers, side) > COVERED
    near = np.convolve(covered, np.ones(2 * BESIDE + 1), "same") > 0.5
    return np.asarray(near & usable_n)


def oddness(crops_nxhxwx3: UInt8, numbers: npt.NDArray[np.int64], side: int) -> Float32:
    """[n] share of the mask's cells in which these frames are unlike LIKE of the looks at the video."""
    coarse = np.stack([_coarse(crops_nxhxwx3[k], side) for k in numbers])
    looks = coarse[:: max(1, len(coarse) // LOOKS)]
    unlike = [(np.abs(looks - here).max(axis=2) > ODD).mean(axis=1) for here in coarse]
    return np.asarray(np.quantile(np.array(unlike, np.float32), LIKE, axis=1), np.float32)


def _coarse(crop_hxwx3: UInt8, side: int) -> Float32:
    """[COARSE * COARSE, 3] the mask's mean colours."""
    step = side // COARSE
    cells = crop_hxwx3[mask_rows(side), mask_columns(side)].reshape(COARSE, step, COARSE, step, 3)
    return np.asarray(cells.mean(axis=(1, 3), dtype=np.float32).reshape(-1, 3))
