"""What weights do to a mouth as a tracker would see it: landmarks of nova, moved by her 52 shapes."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.training.heads.nova import load_nova_head
from talkwire.training.motion.corpus import CORNERS, FACE_CHIN, FACE_TOP, INNER_LIPS

Float64 = npt.NDArray[np.float64]

MARKS: Final = (*INNER_LIPS, *CORNERS, FACE_TOP, FACE_CHIN)


def shown(weights_tx52: npt.NDArray[np.floating]) -> tuple[Float64, Float64]:
    """[T] opening of the inner lips and [T] distance of the mouth's corners, over the height of the face."""
    neutral, shapes = _marks()
    upper, lower, right, left, *_ = np.moveaxis(neutral + np.tensordot(weights_tx52, shapes, axes=1), 1, 0)
    height = np.linalg.norm(neutral[-1] - neutral[-2])
    closed = neutral[0, 1] - neutral[1, 1]
    opening = np.maximum(0, upper[:, 1] - lower[:, 1] - closed)
    return opening / height, np.linalg.norm(right - left, axis=1) / height


@cache
def gains_52x2() -> Float64:
    """[52, 2] how much each weight opens nova's mouth and widens it, over the height of the face."""
    neutral, shapes = _marks()
    opens = shapes[:, 0, 1] - shapes[:, 1, 1]
    widens = shapes[:, 3, 0] - shapes[:, 2, 0]
    height = np.linalg.norm(neutral[-1] - neutral[-2])
    return np.asarray(np.stack([opens, widens], axis=1) / height)


@cache
def _marks() -> tuple[Float64, Float64]:
    """[6, 3] at rest and [52, 6, 3] by shape, metres."""
    head = load_nova_head()
    rows = list(MARKS)
    return (
        head.landmarks(head.mean_vx3)[rows].astype(np.float64),
        head.landmarks(head.shapes_kxvx3)[:, rows].astype(np.float64),
    )
