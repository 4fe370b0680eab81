"""Frames of clips as pictures: a head is rendered; what was filmed is a picture already, and only scaled."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from talkwire.exporters.clip import Clip
from talkwire.exporters.pictures.encode import resized
from talkwire.runtime.avatar import Avatar
from talkwire.runtime.render import Camera, Renderer
from talkwire.runtime.texture_file import texture_size
from talkwire.runtime.types import Patch

HEAD_PX: Final = 512  # of a picture's sides, where nobody says how large

Picture = npt.NDArray[np.uint8]


def picture_size(avatar: Avatar, size_px: int | None = None) -> tuple[int, int]:
    """(width, height) of a video, both even. size_px: its height; None is as it was filmed, or HEAD_PX.

    A head's is square.
    """
    if not avatar.moves_within:
        return size_px or HEAD_PX, size_px or HEAD_PX
    width, height = texture_size(avatar.topology.texture)
    scale = size_px / height if size_px else 1
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


class Easel:
    """Draws frames of clips of one avatar; a context manager that gives graphics memory back.

    width, height: of the pictures.  camera, samples: of a head, as in Renderer. Raises as Renderer does.
    """

    def __init__(
        self, avatar: Avatar, *, width: int, height: int, camera: Camera | None = None, samples: int = 8
    ) -> None:
        self.avatar, self._size = avatar, (width, height)
        self._renderer: Renderer | None = None
        self._filmed: tuple[Clip, int, Picture] | None = None  # the last picture, seen for some frames
        if not avatar.moves_within:
            self._renderer = Renderer(
                avatar.topology, width=width, height=height, camera=camera, samples=samples
            )

    def draw(self, clip: Clip, index: int) -> Picture:
        """[H, W, 3] uint8 sRGB of a frame, with the texture as it is then. Raises as the avatar does."""
        if self._renderer is None:
            return self._film(clip, clip.shown(index))
        for patch in clip.patches(index):
            self._renderer.retouch(patch)
        return self._renderer.draw(clip.vertices(index), clip.face(index))

    def close(self) -> None:
        """Give the graphics memory back."""
        if self._renderer is not None:
            self._renderer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _film(self, clip: Clip, index: int) -> Picture:
        if self._filmed is None or self._filmed[0] is not clip or self._filmed[1] != index:
            whole, *changed = clip.patches(index)
            picture = whole.rgb_hxwx3.copy()
            for patch in changed:
                _lay(patch, picture)
            self._filmed = (clip, index, _fitted(picture, *self._size))
        return self._filmed[2]


def _lay(patch: Patch, picture: Picture) -> None:
    width, height = patch.size
    picture[patch.top : patch.top + height, patch.left : patch.left + width] = patch.rgb_hxwx3


def _fitted(picture: Picture, width: int, height: int) -> Picture:
    """A row or a column less is cut away, so that pixels stay what they are; else the middle, scaled."""
    tall, wide = picture.shape[:2]
    if (wide // 2 * 2, tall // 2 * 2) == (width, height):
        return picture[:height, :width]
    scale = max(width / wide, height / tall)
    across, down = max(width, round(wide * scale)), max(height, round(tall * scale))
    left, top = (across - width) // 2, (down - height) // 2
    return resized(picture, across, down)[top : top + height, left : left + width]
