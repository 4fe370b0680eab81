"""Textures as files: a size before anything is decoded, pixels, and refusals in words."""

import io

import numpy as np
import pytest
from PIL import Image

from talkwire.runtime.errors import AvatarError
from talkwire.runtime.texture_file import LARGEST_TEXTURE_PX, texture_pixels, texture_size


def image(size: tuple[int, int], kind: str = "PNG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 7).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGB"), ("PNG", "P"), ("JPEG", "L"), ("WEBP", "RGB")])
def test_a_picture_has_a_size_and_pixels(kind: str, mode: str) -> None:
    assert texture_size(image((4, 3), kind, mode)) == (4, 3)
    assert texture_pixels(image((4, 3), kind, mode)).shape == (3, 4, 4)


@pytest.mark.parametrize(
    "texture", [b"", b"\x89PNG", b"RIFF", b"GIF89a", image((4, 3), "BMP"), image((9, 9))[:20]]
)
def test_what_is_no_picture_is_said(texture: bytes) -> None:
    for read in (texture_size, texture_pixels):
        with pytest.raises(AvatarError, match=rf"cannot be decoded: saw {len(texture)} bytes"):
            read(texture)


def test_a_picture_that_is_cut_or_damaged_has_a_size_but_no_pixels() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    for damaged in (out.getvalue()[:-200], out.getvalue()[:2000] + bytes(200) + out.getvalue()[2200:]):
        assert texture_size(damaged) == (64, 64)
        with pytest.raises(AvatarError, match="cannot be decoded"):
            texture_pixels(damaged)


def test_a_bomb_is_refused_by_its_size() -> None:
    side = LARGEST_TEXTURE_PX + 1
    bomb = image((side, 1))
    wide = bomb[:20] + side.to_bytes(4, "big") + bomb[24:]  # the header says as high as it is wide
    for texture in (bomb, image((1, side))):
        with pytest.raises(AvatarError, match=f"{side}"):
            texture_size(texture)
    with pytest.raises(AvatarError):
        texture_pixels(wide)
