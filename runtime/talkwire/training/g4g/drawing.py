"""A line drawing of the face for each crop: what a generator is told of who is there and how the head stands.

Brows and eyes are drawn as seen. The nose, and the face's outline from the temples to the jaw's angles, are
drawn where the upper face says they are (`upper`): as they are seen they would tell how far the jaw is open.
Lips and chin are never drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from talkwire.runtime.g4g_geometry import crop_size
from talkwire.runtime.types import Float32
from talkwire.training.capture import UInt8
from talkwire.training.g4g.footage import to_crop
from talkwire.training.g4g.upper import UpperFace
from talkwire.training.heads import points

SEEN: Final = (
    (*points.RIGHT_EYE, points.RIGHT_EYE[0]),
    (*points.LEFT_EYE, points.LEFT_EYE[0]),
    *((70, 63, 105, 66, 107), (46, 53, 52, 65, 55)),
    *((300, 293, 334, 296, 336), (276, 283, 282, 295, 285)),
)
POSED: Final = (
    (168, 6, 197, 195, 5, 4),
    (129, 98, 97, 2, 326, 327, 358),
    (54, 21, 162, 127, 234, 93, 132, 58),
    (284, 251, 389, 356, 454, 323, 361, 288),
)
LINE: Final = 1 / 40  # of M
FINER: Final = 4  # drawn so many times larger, so that lines move by less than a pixel


def draw_all(
    upper: UpperFace, landmarks_nx478x2: Float32, centres_nx2: Float32, radius_px: float, side: int
) -> Iterator[UInt8]:
    """[H, W] of each frame: 255 on lines, 0 elsewhere and where no face was found."""
    posed = landmarks_nx478x2.copy()
    wanted = tuple(sorted({mark for line in POSED for mark in line}))
    posed[:, wanted] = upper.posed(landmarks_nx478x2, wanted)
    for seen, rest in zip(
        to_crop(landmarks_nx478x2, centres_nx2, radius_px, side),
        to_crop(posed, centres_nx2, radius_px, side),
        strict=True,
    ):
        lines = [seen[list(line)] for line in SEEN] + [rest[list(line)] for line in POSED]
        yield _draw(lines, side)


def _draw(lines: list[Float32], side: int) -> UInt8:
    height, width = crop_size(side)
    picture = Image.new("L", (FINER * width, FINER * height))
    pen, thick = ImageDraw.Draw(picture), max(1, round(FINER * side * LINE))
    for line in lines:
        if np.isfinite(line).all():
            pen.line([tuple(point) for point in (FINER * line - 0.5).tolist()], 255, thick, "curve")
    return np.asarray(picture.reduce(FINER))
