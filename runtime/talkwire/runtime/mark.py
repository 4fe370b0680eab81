"""A label that is part of the picture: the word "generated", translucent, in the lower right corner.

It lies at whole blocks of 4 pixels, as a card with BC1 wants of what changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from talkwire.runtime.avatar_card import Avatar
from talkwire.runtime.g4g_geometry import BLOCK_PX
from talkwire.runtime.texture_file import letters
from talkwire.runtime.types import FilmedPatch, Float32, Patch, TexturePatch

WORD: Final = "generated"
SMALLEST_PX, OF_HEIGHT, OF_WIDTH = 8, 1 / 24, 1 / 10  # of the letters
DARK, LIGHT = 0.5, 0.85  # how far the ground is black, and the letters are white

UInt8 = npt.NDArray[np.uint8]


def marked(picture_hxwx3: UInt8) -> UInt8:
    """[H, W, 3] uint8 sRGB: a copy with the label in it."""
    height, width = picture_hxwx3.shape[:2]
    label = _label(width, height)
    out = picture_hxwx3.copy()
    out[label.where] = label.on(out[label.where])
    return out


class MarkedAvatar:
    """An avatar whose video has the label in it; all else is the avatar's own. See `with_mark`."""

    def __init__(self, avatar: Avatar) -> None:
        self._avatar = avatar
        self._corners: dict[FilmedPatch, UInt8] = {}  # by frame of the video: some kilobytes each

    def __getattr__(self, name: str) -> Any:
        return getattr(self._avatar, name)

    def texture_patches(self, weights_wx52: Float32, life_s: float = 0.0) -> tuple[Patch, ...]:
        """See Avatar; the last is the label, on what it covers."""
        return self._labelled(self._avatar.texture_patches(weights_wx52, life_s))

    def painted(self, windows: Sequence[Float32], lives_s: Sequence[float]) -> list[tuple[Patch, ...]]:
        """See Avatar."""
        return [self._labelled(patches) for patches in self._avatar.painted(windows, lives_s)]

    def _labelled(self, patches: tuple[Patch, ...]) -> tuple[Patch, ...]:
        whole, *changed = patches  # of a video, all of the picture is the first
        label = _label(*whole.size)
        corner = self._corner(whole, label).copy()
        for patch in changed:
            _lay(patch, corner, label)
        return (*patches, TexturePatch(label.left, label.top, label.on(corner)))

    def _corner(self, whole: Patch, label: _Label) -> UInt8:
        if not isinstance(whole, FilmedPatch):
            return whole.rgb_hxwx3[label.where]
        if whole not in self._corners:  # a frame comes again and again, and is long in decoding
            self._corners[whole] = whole.rgb_hxwx3[label.where].copy()
        return self._corners[whole]


def with_mark(avatar: Avatar) -> Avatar:
    """It with the label in its video; itself, where it is none but a head that moves."""
    return cast(Avatar, MarkedAvatar(avatar)) if avatar.moves_within else avatar


@dataclass(frozen=True, slots=True)
class _Label:
    """Where it lies in a picture of some size, and what becomes of a level there: times keep, plus add."""

    left: int
    top: int
    keep_hxwx1: Float32
    add_hxwx1: Float32

    @property
    def where(self) -> tuple[slice, slice]:
        height, width = self.keep_hxwx1.shape[:2]
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def on(self, under_hxwx3: UInt8) -> UInt8:
        return np.asarray(np.rint(under_hxwx3 * self.keep_hxwx1 + self.add_hxwx1), np.uint8)


@lru_cache(maxsize=16)
def _label(width: int, height: int) -> _Label:
    """For a picture of that size, in pixels; what there is no room for is cut off."""
    size_px = max(SMALLEST_PX, min(height * OF_HEIGHT, width * OF_WIDTH))
    word = letters(WORD, size_px)
    around = round(size_px / 2)
    high, wide = (-(-(side + around) // BLOCK_PX) * BLOCK_PX for side in word.shape)
    ground = np.zeros((high, wide), np.float32)
    down, right = (high - word.shape[0]) // 2, (wide - word.shape[1]) // 2
    ground[down : down + word.shape[0], right : right + word.shape[1]] = word
    left, top = (
        max(0, side - length - around) // BLOCK_PX * BLOCK_PX
        for side, length in ((width, wide), (height, high))
    )
    white = np.float32(LIGHT) * ground[: height - top, : width - left, None]
    return _Label(left, top, np.float32(1 - DARK) * (1 - white), np.float32(255) * white)


def _lay(patch: Patch, corner_hxwx3: UInt8, label: _Label) -> None:
    """As much of the patch as is in the corner."""
    high, wide = corner_hxwx3.shape[:2]
    width, height = patch.size
    left, top = max(patch.left, label.left), max(patch.top, label.top)
    right = min(patch.left + width, label.left + wide)
    bottom = min(patch.top + height, label.top + high)
    if left < right and top < bottom:
        corner_hxwx3[top - label.top : bottom - label.top, left - label.left : right - label.left] = (
            patch.rgb_hxwx3[top - patch.top : bottom - patch.top, left - patch.left : right - patch.left]
        )
