"""Pixels as picture files."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from talkwire.runtime.errors import ExportError

# on nova's skin 50 dB and 44 dB, at 28 % and 10 % of PNG's bytes
JPEG_QUALITY: Final = 90
WEBP_QUALITY: Final = 90
_LARGEST_WEBP_PX: Final = 16383  # of a side: 14 bits

_KINDS: Final[Mapping[str, dict[str, Any]]] = {
    "png": {"optimize": True},
    "jpeg": {"quality": JPEG_QUALITY, "subsampling": 0, "optimize": True},
    "webp": {"quality": WEBP_QUALITY, "method": 6},
}
KINDS: Final = tuple(_KINDS)


def encode(pixels_hxwxc: npt.NDArray[np.uint8], kind: str) -> bytes:
    """A file of one of `KINDS`. pixels_hxwxc: [H, W, 3 or 4] sRGB; JPEG has no transparency and loses it.

    Raises ExportError for a picture too large for its format.
    """
    height, width, _ = pixels_hxwxc.shape
    if kind == "webp" and max(height, width) > _LARGEST_WEBP_PX:
        raise ExportError(
            "WebP cannot hold this picture",
            seen=f"{width} x {height} pixels",
            wanted=f"at most {_LARGEST_WEBP_PX} a side",
            cure="choose png or jpeg",
        )
    image = Image.fromarray(np.ascontiguousarray(pixels_hxwxc))
    file = io.BytesIO()
    (image.convert("RGB") if kind == "jpeg" else image).save(file, kind, **_KINDS[kind])
    return file.getvalue()


def resized(pixels_hxwxc: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """The same picture with other sides."""
    if pixels_hxwxc.shape[:2] == (height, width):
        return pixels_hxwxc
    image = Image.fromarray(np.ascontiguousarray(pixels_hxwxc))
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))
