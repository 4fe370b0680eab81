"""What a user may choose about a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from talkwire.exporters.curves.rhubarb_options import RhubarbOptions
from talkwire.runtime.errors import ExportError

MAX_TOLERANCE_MM = 10.0  # beyond, a mouth no longer closes


@dataclass(frozen=True)
class Options:
    """Choices of the writers; each reads what concerns it.

    tolerance_mm: how far a vertex may be from its baked place, for formats with keys.
    size_px: width and height of pictures.
    rhubarb: mouth shapes for 2D animation.
    source: the voice line's file, for formats that name it.
    progress: told the share done.
    Raises ExportError for a tolerance or a size that no file can have.
    """

    tolerance_mm: float = 0.1
    size_px: int = 512
    rhubarb: RhubarbOptions = field(default_factory=RhubarbOptions)
    source: Path | None = None
    progress: Callable[[float], None] | None = None

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
