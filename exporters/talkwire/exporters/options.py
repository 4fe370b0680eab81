"""What a user may choose about a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from talkwire.exporters.curves.rhubarb_options import RhubarbOptions
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


def _unheard(sentence: str) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Options:
    """Choices of the writers; each reads what concerns it.

    tolerance_mm: how far a vertex may be from its baked place, for formats with keys.
    morphs: which targets a face has.  head_pose: where its head's motion is.
    size_px: width and height of pictures.
    rhubarb: mouth shapes for 2D animation.
    source: the voice line's file, for formats that name it.
    progress: told the share done.  note: told what the user should know of a file, in a sentence.
    Raises ExportError for a tolerance or a size that no file can have.
    """

    tolerance_mm: float = 0.1
    morphs: Morphs = Morphs.arkit
    head_pose: HeadPose = HeadPose.node
    size_px: int = 512
    rhubarb: RhubarbOptions = field(default_factory=RhubarbOptions)
    source: Path | None = None
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
        if self.size_px % 2 or not 64 <= self.size_px <= 4096:
            raise ExportError(
                "a video cannot have this size",
                seen=f"{self.size_px} pixels",
                wanted="an even number from 64 to 4096",
                cure="choose another --size",
            )
