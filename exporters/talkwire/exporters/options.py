"""What a user may choose about a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from talkwire.exporters.curves.rhubarb_options import RhubarbOptions
from talkwire.exporters.vat.options import VatOptions
from talkwire.runtime.errors import ExportError

MAX_TOLERANCE_MM = 10.0  # beyond, a mouth no longer closes


class Morphs(StrEnum):
    """What a glTF's morph targets are: see gltf/shapes.py."""

    arkit = "arkit"
    basis = "basis"


class HeadPose(StrEnum):
    """Where a glTF has the head's motion: on the node above the mesh, or on the bone of a skin."""

    node = "node"
    baked = "baked"


class Compress(StrEnum):
    """How a glTF's numbers are stored: see gltf/quantize.py and gltf/packing.py."""

    none = "none"
    quantize = "quantize"
    meshopt = "meshopt"


class Texture(StrEnum):
    """What a glTF's texture is encoded as: see gltf/skin.py. keep: as the avatar has it; none: without."""

    keep = "keep"
    png = "png"
    jpeg = "jpeg"
    webp = "webp"
    ktx2 = "ktx2"
    none = "none"


class Textures(StrEnum):
    """Whether what of the texture changes with the expression goes beside a glTF: see gltf/flipbook.py."""

    static = "static"
    animated = "animated"


class Audio(StrEnum):
    """Where a glTF's sound is: a file beside it, or inside by KHR_audio_emitter."""

    beside = "beside"
    embed = "embed"


def _unheard(sentence: str) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Options:
    """Choices of the writers; each reads what concerns it.

    tolerance_mm: how far a vertex may be from its baked place, for formats with keys.
    morphs: which targets a face has.  head_pose: where its head's motion is.
    compress, texture, textures, audio: how glTF files hold numbers, pictures and sound.
    size_px: height of a video, which is square unless it was filmed; None is 512, or as it was filmed.
    mark: whether a video has the word "generated" in a corner.
    rhubarb: mouth shapes for 2D animation.  vat: vertex animation textures.
    source: the voice line's file, for formats that name it.  heard: where its bytes are, if not there.
    progress: told the share done.  note: told what the user should know of a file, in a sentence.
    Raises ExportError for a tolerance or a size that no file can have.
    """

    tolerance_mm: float = 0.1
    morphs: Morphs = Morphs.arkit
    head_pose: HeadPose = HeadPose.node
    compress: Compress = Compress.none
    texture: Texture = Texture.keep
    textures: Textures = Textures.static
    audio: Audio = Audio.beside
    size_px: int | None = None
    mark: bool = False
    rhubarb: RhubarbOptions = field(default_factory=RhubarbOptions)
    vat: VatOptions = field(default_factory=VatOptions)
    source: Path | None = None
    heard: Path | None = None
    progress: Callable[[float], None] | None = None
    note: Callable[[str], None] = _unheard

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance_mm <= MAX_TOLERANCE_MM:
            raise ExportError(
                "keys cannot be reduced to this tolerance",
                seen=f"{self.tolerance_mm} mm",
                wanted=f"0 to {MAX_TOLERANCE_MM:g} mm",
                cure="choose another --tolerance; 0.1 cannot be seen",
            )
        if self.size_px is not None and (self.size_px % 2 or not 64 <= self.size_px <= 4096):
            raise ExportError(
                "a video cannot have this size",
                seen=f"{self.size_px} pixels",
                wanted="an even number from 64 to 4096",
                cure="choose another --size",
            )
