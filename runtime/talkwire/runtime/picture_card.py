"""The mesh of an avatar that is a moving picture: a card, lit by nothing."""

from __future__ import annotations

from typing import Final

import numpy as np

from talkwire.runtime.types import PICTURE, Part, Topology

EYES_M: Final = 0.063  # between the pupils of a grown-up, in the mean (Dodgson 2004)
HEIGHT_M: Final = 0.5  # where nobody knows how far they are apart
_HEIGHTS_M: Final = (0.1, 4.0)  # of a picture that shows a face: beyond, the distance was no distance


def picture_card(texture: bytes, size_hw: tuple[int, int], eyes_px: float | None = None) -> Topology:
    """A quad of the picture's shape about the origin, at z = 0, its front to +Z; the face as large as life.

    texture: the picture at rest.  size_hw: of it, pixels.  eyes_px: between the pupils, where it is known.
    """
    height, width = size_hw
    high_m = height * EYES_M / eyes_px if eyes_px else HEIGHT_M
    if not _HEIGHTS_M[0] <= high_m <= _HEIGHTS_M[1]:
        high_m = HEIGHT_M
    x, y = high_m * width / height / 2, high_m / 2
    return Topology(
        neutral_vx3=np.array([[-x, y, 0], [-x, -y, 0], [x, -y, 0], [x, y, 0]], np.float32),
        triangles_tx3=np.array([[0, 1, 2], [0, 2, 3]], np.uint32),
        uvs_vx2=np.array([[0, 0], [0, 1], [1, 1], [1, 0]], np.float32),
        weld_v=np.arange(4, dtype=np.uint32),
        texture=texture,
        parts=(Part(PICTURE, 0, 2, roughness=1.0, specular=0.0),),
    )
