"""A thumbnail: the frame of a clip in which the mouth is widest."""

from __future__ import annotations

import io
import os
from typing import Final

import numpy as np
from PIL import Image

from talkwire.exporters.clip import Clip
from talkwire.exporters.pictures.frame import Easel
from talkwire.runtime.errors import TalkwireError
from talkwire.runtime.opening import aperture
from talkwire.runtime.render import Camera

SIZE_PX: Final = 192
DRAWN_PX: Final = 256  # and made smaller: in software half the time of several samples a pixel
ZOOM: Final = 1.6  # the face fills it: who looks wants to see the mouth
QUALITY: Final = 82


class Painter:
    """Draws thumbnails of one avatar after another; the graphics memory of the last one is kept."""

    def __init__(self) -> None:
        # Mesa's software renderer would start threads of its own in each process
        os.environ.setdefault("LP_NUM_THREADS", "0")
        self._easel: Easel | None = None
        self.trouble = ""
        """Why there are no pictures, once it is known; blank while there are."""

    def widest(self, clip: Clip) -> bytes | None:
        """A JPEG, or None where this machine draws nothing; then trouble says why."""
        if self.trouble:
            return None
        try:
            picture = self._of(clip).draw(clip, int(np.argmax(aperture(clip.weights_nx52))))
        except TalkwireError as error:
            self.trouble = str(error)
            return None
        jpeg = io.BytesIO()
        small = Image.fromarray(picture).resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS)
        small.save(jpeg, "JPEG", quality=QUALITY)
        return jpeg.getvalue()

    def close(self) -> None:
        """Give the graphics memory back."""
        if self._easel is not None:
            self._easel.close()
        self._easel = None

    def _of(self, clip: Clip) -> Easel:
        if self._easel is None or self._easel.avatar is not clip.avatar:
            self.close()
            camera = Camera.portrait(clip.topology, zoom=ZOOM)
            self._easel = Easel(clip.avatar, width=DRAWN_PX, height=DRAWN_PX, camera=camera, samples=0)
        return self._easel
