"""How much each pixel of a crop counts: the mouth most, the rest of the face once, what is behind it not."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from talkwire.runtime.g4g_geometry import crop_size
from talkwire.runtime.types import Float32
from talkwire.training.capture import UInt8
from talkwire.training.g4g.footage import Footage
from talkwire.training.heads import points

MOUTH, FACE = 3, 1
GROWN: Final = 0.3  # of the mouth's width, around the lips: the skin that goes with them
SCALES: Final = (4, 2, 1)  # reductions


def mask_pyramid(footage: Footage, numbers: npt.NDArray[np.int64]) -> dict[int, Float32]:
    """For each of SCALES [n, ceil(H / s), ceil(W / s)] float32: weights of these frames' crops, MOUTH, FACE
    or 0, and between them where a pixel of the smaller picture holds several. 0 where no face was found.
    """
    full = np.stack([_weights(at, footage.side) for at in footage.crop_points(numbers)])
    return {scale: reduced(full, scale) for scale in SCALES}


def reduced(full_nxhxw: UInt8, scale: int) -> Float32:
    """The mean of each scale x scale pixels; the last row and column go on where they do not fill it."""
    _, height, width = full_nxhxw.shape
    whole = np.pad(full_nxhxw, ((0, 0), (0, -height % scale), (0, -width % scale)), mode="edge")
    split = whole.reshape(len(whole), -(-height // scale), scale, -(-width // scale), scale)
    return np.asarray(split.mean(axis=(2, 4)), np.float32)


def _weights(at_478x2: Float32, side: int) -> UInt8:
    """[H, W]."""
    height, width = crop_size(side)
    picture = Image.new("L", (width, height))
    if np.isfinite(at_478x2).all():
        pen = ImageDraw.Draw(picture)
        lips = _corners(at_478x2[[*points.LIPS_OUTER, points.LIPS_OUTER[0]]])
        grown = GROWN * (max(lips)[0] - min(lips)[0])
        pen.polygon(_corners(at_478x2[list(points.FACE_OVAL)]), fill=FACE)
        pen.polygon(lips, fill=MOUTH)
        pen.line(lips, MOUTH, max(1, round(2 * grown)))
        for x, y in lips:  # lines end squarely
            pen.ellipse((x - grown, y - grown, x + grown, y + grown), fill=MOUTH)
    return np.asarray(picture)


def _corners(at_kx2: Float32) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in at_kx2 - 0.5]
