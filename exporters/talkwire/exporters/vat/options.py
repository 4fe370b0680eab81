"""What a user may choose about vertex animation textures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from talkwire.runtime.errors import ExportError

SIZES_PX: Final = (1024, 2048, 4096, 8192, 16384)


class Axes(StrEnum):
    """Whose axes the textures are in; the mesh is glTF always, and turned by who imports it."""

    gltf = "gltf"
    unity = "unity"
    unreal = "unreal"


class Texels(StrEnum):
    """What a texel is: halves or floats in EXR, or 16 bits in two PNGs."""

    half = "half"
    float = "float"
    png = "png"


@dataclass(frozen=True)
class VatOptions:
    """size_px: as wide and high as a texture may be.  Raises ExportError for a size that is no texture's."""

    axes: Axes = Axes.gltf
    texels: Texels = Texels.half
    size_px: int = 4096

    def __post_init__(self) -> None:
        if self.size_px not in SIZES_PX:
            raise ExportError(
                "a vertex animation texture cannot be limited to this size",
                seen=f"{self.size_px} pixels",
                wanted=" ".join(map(str, SIZES_PX)),
                cure="choose another --vat-size",
            )
