"""How a mouth is trained: sizes, steps and rates, one row a tier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from talkwire.training.g4g.encoders import Widths
from talkwire.training.g4g.losses import WEIGHTS
from talkwire.training.g4g.model import Ablation


@dataclass(frozen=True, slots=True)
class Recipe:
    """frames, clips: pictures in a step of the stage `frame`, and clips of five in one of `clip`.
    stretches: of nine moments, among which seen and heard find each other in each step.

    sync_steps: of the sync network alone.  frame_steps: of single frames.  clip_steps: of five in a row,
    with critics. borrowed: share of pictures whose surroundings are of another moment with the same pose, so
    that they cannot tell what is said.  noise: added to what is heard, in spreads.
    """

    frames: int
    clips: int
    stretches: int
    sync_steps: int
    frame_steps: int
    clip_steps: int
    borrowed: float = 0.25
    noise: float = 0.1
    rate: float = 3e-3
    last_rate: float = 2e-2  # share of the rate that is left at the end
    seed: int = 0
    widths: Widths = field(default_factory=Widths)
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    ablation: Ablation = field(default_factory=Ablation)


TIERS: Final[Mapping[str, Recipe]] = {
    "cpu": Recipe(frames=8, clips=2, stretches=6, sync_steps=1500, frame_steps=4500, clip_steps=1500),
    "gpu": Recipe(
        frames=32,
        clips=6,
        stretches=14,
        sync_steps=3000,
        frame_steps=20000,
        clip_steps=8000,
        widths=Widths(half=48, quarter=96, aligned=128, code=256, fusion=32, critic=64),
    ),
}

WITHOUT: Final[Mapping[str, Ablation]] = {
    "diagonal": Ablation(diagonal=False),
    "scales": Ablation(scales=1),
    "fusion": Ablation(fusion=False),
}
