"""What a training tells on its way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a training stands. psnr_db: of the pictures last looked at, where they count; 0 before the first;
    seconds_left: a guess.
    """

    stage: str
    share: float
    loss: float
    psnr_db: float
    seconds_left: float
