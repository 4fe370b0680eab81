"""A thumbnail: the frame of a clip in which the mouth is widest."""

from __future__ import annotations

import io
import os
from typing import Final

import numpy as np
from PIL import Image

from talkwire.exporters.clip import Clip
from talkwire.exporters.pictures.frame import draw_frame
from talkwire.runtime.avatar import Avatar
from talkwire.runtime.errors import TalkwireError
from talkwire.runtime.opening import aperture
from talkwire.runtime.render import Camera, Renderer

SIZE_PX: Final = 192
DRAWN_PX: Final = 256  # and made smaller: in software half the time of several samples a pixel
ZOOM: Final = 1.6  # the face fills it: who looks wants to see the mouth
QUALITY: Final = 82


class Painter:
    """Draws thumbnails of one avatar after another; the graphics memory of the last one is kept."""

    def __init__(self) -> None:
        # Mesa's software renderer would start threads of its own in each process
        os.environ.setdefault("LP_NUM_THREADS", "0")
        self._avatar: Avatar | None = None
        self._renderer: Renderer | None = None
        self.trouble = ""
        """Why there are no pictures, once it is known; blank while there are."""

    def widest(self, clip: Clip) -> bytes | None:
        """A JPEG, or None where this machine draws nothing; then trouble says why."""
        if self.trouble:
            return None
        try:
            renderer = self._of(clip)
            picture = draw_frame(clip, int(np.argmax(aperture(clip.weights_nx52))), renderer)
        except TalkwireError as error:
            self.trouble = str(error)
            return None
        jpeg = io.BytesIO()
        small = Image.fromarray(picture).resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS)
        small.save(jpeg, "JPEG", quality=QUALITY)
        return jpeg.getvalue()

    def close(self) -> None:
        """Give the graphics memory back."""
        if self._renderer is not None:
            self._renderer.close()
        self._renderer, self._avatar = None, None

    def _of(self, clip: Clip) -> Renderer:
        if self._renderer is None or self._avatar is not clip.avatar:
            self.close()
            camera = Camera.portrait(clip.topology, zoom=ZOOM)
            self._renderer = Renderer(
                clip.topology, width=DRAWN_PX, height=DRAWN_PX, camera=camera, samples=0
            )
            self._avatar = clip.avatar
        return self._renderer
