"""Between two faces."""

from __future__ import annotations

import numpy as np

from talkwire.runtime.types import Face


def mix(start: Face, end: Face, share: float) -> Face:
    """The face that is `share` of the way (0 to 1) from start to end.

    Rotations take the normalised straight path, the short way round: between neighbouring frames
    of a head it differs from the arc by less than a thousandth of a degree.
    """
    t = np.float32(share)
    turn = end.head_rotation if float(start.head_rotation @ end.head_rotation) >= 0 else -end.head_rotation
    rotation = start.head_rotation + t * (turn - start.head_rotation)
    return Face(
        weights=start.weights + t * (end.weights - start.weights),
        head_rotation=(rotation / np.sqrt(rotation @ rotation)).astype(np.float32),
        head_translation_m=start.head_translation_m + t * (end.head_translation_m - start.head_translation_m),
    )
