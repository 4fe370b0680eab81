"""Pictures of the texture on the wire and back. The only importer of Pillow and etcpak in the bridge.

| format | bytes per pixel | loss on the shipped heads | for |
|---|---|---|---|
| jpeg | 0.1 | 41 dB | a link with little room |
| bc1  | 0.5 | 40 dB | a card, which takes it as it is: nothing to decode |
| rgb  | 3   | none  | this machine |
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import etcpak
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from talkwire.bridge import wire
from talkwire.bridge.fields import refuse
from talkwire.bridge.moment import Head, Moment
from talkwire.runtime.kept import Kept
from talkwire.runtime.types import FilmedPatch, Patch, TexturePatch

Pixels = npt.NDArray[np.uint8]  # [H, W, 3], sRGB
QUALITY: Final = 88  # where skin shows no blocks in a close-up
BLOCK_PX: Final = 4  # BC1 is made of squares of it
_FILMED: Final[Kept[tuple[FilmedPatch, str], bytes]] = Kept(64 << 20)  # 20 s of 512 x 512 pixels in BC1


def patch_message(
    moment: Moment, *, topology_id: str, server_ns: int, format: str = "jpeg"
) -> wire.Patch | None:
    """What of the texture changes, as it is at this moment; None where nothing ever does."""
    if not moment.patches:
        return None
    return wire.Patch(
        *moment.stamp(topology_id, server_ns),
        patches=tuple(
            (patch.left, patch.top, *patch.size, format, _encoded(patch, format)) for patch in moment.patches
        ),
    )


def patches_from(message: wire.Patch) -> tuple[TexturePatch, ...]:
    """The inverse, within the format's losses. Raises ProtocolError for no picture of the stated size."""
    return tuple(
        TexturePatch(left, top, _READERS[format](image, width, height))
        for left, top, width, height, format, image in message.patches
    )


@lru_cache(maxsize=8)  # NPCs of a server share their avatar
def bc1_texture_message(head: Head) -> wire.Texture:
    """The whole texture for a card. Raises ProtocolError when the avatar's is no picture."""
    topology = head.topology
    try:
        with Image.open(io.BytesIO(topology.texture), formats=["PNG", "JPEG"]) as picture:
            pixels = np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise refuse("the avatar's texture", type(error).__name__, "PNG or JPEG") from None
    return wire.Texture(topology.id, "bc1", _bc1(pixels), *_size(pixels))


def bc1_pixels(image: bytes, width: int, height: int) -> Pixels:
    """[H, W, 3] of BC1 blocks. Raises ProtocolError for another number of them."""
    across, down = -(-width // BLOCK_PX), -(-height // BLOCK_PX)
    if len(image) != 8 * across * down:
        raise refuse("a BC1 picture", f"{len(image)} bytes", f"{8 * across * down}")
    size = (across * BLOCK_PX, down * BLOCK_PX)
    picture = Image.frombytes("RGBA", size, image, "bcn", 1)
    return np.asarray(picture.convert("RGB"))[:height, :width]


def _encoded(patch: Patch, format: str) -> bytes:
    """What was filmed is shown again and again, and is a JPEG already."""
    if not isinstance(patch, FilmedPatch):
        return PICTURES[format](patch.rgb_hxwx3)
    return patch.jpeg if format == "jpeg" else _FILMED.get((patch, format), _encoded_filmed)


def _encoded_filmed(key: tuple[FilmedPatch, str]) -> bytes:
    patch, format = key
    return PICTURES[format](patch.rgb_hxwx3)


def _size(pixels: Pixels) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def _jpeg(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def _bc1(pixels: Pixels) -> bytes:
    """Rows of blocks from the top; beyond the picture its edge goes on."""
    height, width = pixels.shape[:2]
    rgba = np.pad(pixels, ((0, -height % BLOCK_PX), (0, -width % BLOCK_PX), (0, 1)), mode="edge")
    rgba[..., 3] = 255
    return bytes(etcpak.compress_bc1(rgba.tobytes(), rgba.shape[1], rgba.shape[0]))


def _rgb_pixels(image: bytes, width: int, height: int) -> Pixels:
    return np.frombuffer(image, np.uint8).reshape(height, width, 3)  # a Patch has as many bytes


def _jpeg_pixels(image: bytes, width: int, height: int) -> Pixels:
    try:
        with Image.open(io.BytesIO(image), formats=["JPEG"]) as picture:
            if picture.size != (width, height):  # before anything is decoded
                raise refuse("a patch", f"a picture of {picture.size}", f"of {(width, height)}")
            return np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise refuse("a patch", f"{len(image)} bytes ({type(error).__name__})", "a JPEG") from None


PICTURES: Final[Mapping[str, Callable[[Pixels], bytes]]] = {
    "jpeg": _jpeg,
    "bc1": _bc1,
    "rgb": np.ndarray.tobytes,
}
_READERS: Final[Mapping[str, Callable[[bytes, int, int], Pixels]]] = {
    "jpeg": _jpeg_pixels,
    "bc1": bc1_pixels,
    "rgb": _rgb_pixels,
}
