"""The avatar's texture as a glTF carries it: as it is, encoded anew, or not at all.

png and jpeg are core glTF 2.0. webp (EXT_texture_webp) and ktx2 (KHR_texture_basisu) are the only picture in
their file, and required of its readers: a second one to fall back to would cost more than either saves.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from talkwire.exporters.gltf.ktx2 import ktx2
from talkwire.exporters.options import Texture
from talkwire.exporters.pictures.encode import encode
from talkwire.runtime.texture_file import texture_pixels

_KEPT: Final = 4  # encoded textures: KTX2 takes seconds, and a batch has one avatar
_MAGICS: Final = {Texture.png: b"\x89PNG", Texture.jpeg: b"\xff\xd8\xff", Texture.webp: b"RIFF"}


def skin_of(texture: bytes, choice: Texture) -> bytes | None:
    """The file that goes into the glTF; None for none, also where the avatar has none.

    A texture that is of that kind already stays as it is.  Raises AvatarError for one that cannot be decoded,
    MissingDependency without an encoder for KTX2, ExportError when that fails.
    """
    if choice is Texture.none or not texture:
        return None
    if choice is Texture.keep or texture.startswith(_MAGICS.get(choice, b"\0")):
        return texture
    return _encoded(texture, choice)


@lru_cache(maxsize=_KEPT)
def _encoded(texture: bytes, choice: Texture) -> bytes:
    pixels = texture_pixels(texture)
    if choice is Texture.ktx2:
        return ktx2(pixels)
    opaque = bool((pixels[..., 3] == 0xFF).all())
    return encode(pixels[..., :3] if opaque else pixels, choice.value)
