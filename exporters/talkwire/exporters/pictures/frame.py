"""One frame of a clip as a picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from talkwire.exporters.clip import Clip
from talkwire.runtime.render import Renderer


def draw_frame(clip: Clip, index: int, renderer: Renderer) -> npt.NDArray[np.uint8]:
    """[H, W, 3] uint8 sRGB, with the texture as it is under that expression."""
    heard = clip.heard(index)
    for patch in clip.avatar.texture_patches(heard):
        renderer.retouch(patch)
    return renderer.draw(clip.avatar.vertices(heard), clip.face(index))
