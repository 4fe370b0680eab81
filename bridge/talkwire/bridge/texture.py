"""Pictures of the texture's rectangles as JPEG and back. The only importer of Pillow in the bridge."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from talkwire.bridge import wire
from talkwire.bridge.fields import refuse
from talkwire.bridge.moment import Moment
from talkwire.runtime.types import TexturePatch

QUALITY: Final = 88  # where skin shows no blocks in a close-up


def patch_message(moment: Moment, *, topology_id: str, server_ns: int) -> wire.Patch | None:
    """What of the texture changes, as it is at this moment; None where nothing ever does."""
    patches = moment.head.texture_patches(moment.heard_wx52)
    if not patches:
        return None
    return wire.Patch(
        *moment.stamp(topology_id, server_ns),
        patches=tuple(_rows(patches)),
    )


def patches_from(message: wire.Patch) -> tuple[TexturePatch, ...]:
    """The inverse, within JPEG's losses. Raises ProtocolError for what is no picture of the stated size."""
    return tuple(
        TexturePatch(left, top, _pixels(image, width, height))
        for left, top, width, height, _, image in message.patches
    )


def _rows(patches: Iterable[TexturePatch]) -> Iterable[tuple[int, int, int, int, str, bytes]]:
    for patch in patches:
        height, width = patch.rgb_hxwx3.shape[:2]
        file = io.BytesIO()
        Image.fromarray(patch.rgb_hxwx3).save(file, "JPEG", quality=QUALITY)
        yield patch.left, patch.top, width, height, "jpeg", file.getvalue()


def _pixels(image: bytes, width: int, height: int) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(image), formats=["JPEG"]) as picture:
            if picture.size != (width, height):  # before anything is decoded
                raise refuse("a patch", f"a picture of {picture.size}", f"of {(width, height)}")
            return np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise refuse("a patch", f"{len(image)} bytes ({type(error).__name__})", "a JPEG") from None
