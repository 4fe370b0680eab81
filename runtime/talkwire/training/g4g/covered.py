"""Frames in which something is before the mouth: a hand, a cup. MediaPipe finds a mouth there all the same.

The lower face of a frame is compared, as a coarse picture, with those of the frames in which the head stands
most alike: a mouth that opens changes the middle of it, a hand most of it. What is before the mouth for a
third of the time is taken for part of the face; so is what covers a corner, or looks like the face.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.g4g_geometry import mask_columns, mask_rows
from talkwire.runtime.types import Float32
from talkwire.training.capture import UInt8

COARSE: Final = 8  # cells across the mask, and down
ALIKE: Final = 24  # frames
ODD: Final = 18.0  # levels of a cell's colour away from what it is usually
COVERED: Final = 0.35  # share of odd cells
BESIDE: Final = 3  # frames before and after: a hand that comes blurs what it passes

Bools = npt.NDArray[np.bool_]


def find_covered(
    crops_nxhxwx3: UInt8, stance_nxf: npt.NDArray[np.float64], usable_n: Bools, side: int
) -> Bools:
    """[N] whether something is before the mouth. stance_nxf: of `UpperFace.features`."""
    numbers = np.flatnonzero(usable_n)
    covered = np.zeros(len(usable_n), bool)
    covered[numbers] = oddness(crops_nxhxwx3, stance_nxf, numbers, side) > COVERED
    near = np.convolve(covered, np.ones(2 * BESIDE + 1), "same") > 0
    return near & usable_n if covered.any() else covered


def oddness(
    crops_nxhxwx3: UInt8, stance_nxf: npt.NDArray[np.float64], numbers: npt.NDArray[np.int64], side: int
) -> Float32:
    """[n] share of the mask's cells that are unlike those of frames in which the head stands alike."""
    coarse = np.stack([_coarse(crops_nxhxwx3[k], side) for k in numbers])
    stance = stance_nxf[numbers]
    shares = np.zeros(len(numbers), np.float32)
    for k, here in enumerate(stance):
        apart = np.square(stance - here).sum(axis=1)
        alike = np.argpartition(apart, min(ALIKE, len(apart) - 1))[:ALIKE]
        usual = np.median(coarse[alike], axis=0)
        gain = np.median(coarse[k] / np.maximum(usual, 1))
        shares[k] = (np.abs(coarse[k] - gain * usual).max(axis=-1) > ODD).mean()
    return shares


def _coarse(crop_hxwx3: UInt8, side: int) -> Float32:
    """[COARSE, COARSE, 3] the mask's mean colours."""
    mask = crop_hxwx3[mask_rows(side), mask_columns(side)]
    step = side // COARSE
    return np.asarray(mask.reshape(COARSE, step, COARSE, step, 3).mean(axis=(1, 3)), np.float32)
