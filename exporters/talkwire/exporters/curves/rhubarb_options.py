"""What a user may choose about files in Rhubarb's formats, under Rhubarb's own names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from talkwire.runtime.errors import ExportError

EXTENDED: Final = "GHX"


@dataclass(frozen=True)
class RhubarbOptions:
    """extended_shapes: which of G, H and X have been drawn; "" for none.

    dat_frame_rate: of .rhubarb.dat, in frames a second.  dat_preston_blair: name shapes there as OpenToonz
    does (AI, E, etc, ...).  Raises ExportError for a letter or a rate that there is not.
    """

    extended_shapes: str = EXTENDED
    dat_frame_rate: float = 24.0
    dat_preston_blair: bool = False

    def __post_init__(self) -> None:
        if set(self.extended_shapes) - set(EXTENDED):
            raise ExportError(
                "there are no such extended mouth shapes",
                seen=repr(self.extended_shapes),
                wanted="letters of GHX, or nothing",
                cure="choose other --extended-shapes",
            )
        if not 10 <= self.dat_frame_rate <= 100:
            raise ExportError(
                "mouth shapes cannot be written at this rate",
                seen=f"{self.dat_frame_rate:g} frames/s",
                wanted="10 to 100",
                cure="choose another --dat-frame-rate",
            )
