"""What a training tells on its way, and when it must end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from talkwire.runtime.errors import TrainingError


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


def steps_done(history: list[dict[str, float]], stages: Sequence[str]) -> dict[str, int]:
    """By stage, to the last that is on record."""
    return {
        stage: int(max((row["step"] for row in history if row["stage"] == k), default=0))
        for k, stage in enumerate(stages)
    }


def demand_finite(loss: torch.Tensor, step: int, stage: str) -> None:
    """Raises TrainingError for a loss that is no number."""
    if not torch.isfinite(loss):
        raise TrainingError(
            "training has come apart",
            seen=f"a loss of {loss.item()} in step {step} of stage {stage}",
            wanted="a number",
            cure="go on from the last checkpoint with --resume, or report this with the video",
        )
