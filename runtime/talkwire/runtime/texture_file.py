"""Textures as files: their size before they are decoded, and their pixels; letters as pixels. Damage is an
AvatarError.
"""

from __future__ import annotations

import io
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from talkwire.runtime.errors import AvatarError

LARGEST_TEXTURE_PX: Final = 8192  # of a side
FORMATS: Final = ("PNG", "JPEG", "WEBP")


def texture_size(texture: bytes) -> tuple[int, int]:
    """(width, height). Raises AvatarError for what is no picture, or a larger one."""
    try:
        with Image.open(io.BytesIO(texture), formats=FORMATS) as image:
            size = image.size
    except Exception as error:  # Pillow raises whatever a damaged file makes it stumble over
        raise _refuse(texture, f"{len(texture)} bytes ({error})") from None
    if max(size) > LARGEST_TEXTURE_PX:
        raise _refuse(texture, f"{size[0]} x {size[1]} pixels")
    return size


def texture_pixels(texture: bytes) -> npt.NDArray[np.uint8]:
    """[H, W, 4]. Raises AvatarError for what cannot be decoded."""
    return _pixels(texture, "RGBA")


def rgb_pixels(texture: bytes) -> npt.NDArray[np.uint8]:
    """[H, W, 3]: the same without transparency."""
    return _pixels(texture, "RGB")


def letters(text: str, size_px: float) -> npt.NDArray[np.float32]:
    """[h, w] how far each pixel is covered, 0 to 1, by a line of text in the font that Pillow brings."""
    font = ImageFont.load_default(size=size_px)
    left, top, right, bottom = (round(side) for side in font.getbbox(text))
    image = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(image).text((-left, -top), text, font=font, fill=255)
    return np.asarray(image, np.float32) / np.float32(255)


def _pixels(texture: bytes, mode: str) -> npt.NDArray[np.uint8]:
    texture_size(texture)
    try:
        with Image.open(io.BytesIO(texture), formats=FORMATS) as image:
            return np.asarray(image.convert(mode))
    except Exception as error:
        raise _refuse(texture, f"{len(texture)} bytes ({error})") from None


def _refuse(texture: bytes, seen: str) -> AvatarError:
    return AvatarError(
        "the avatar's texture cannot be decoded",
        seen=seen,
        wanted=f"a PNG, JPEG or WebP of at most {LARGEST_TEXTURE_PX} pixels a side",
        cure="make the avatar again",
    )
