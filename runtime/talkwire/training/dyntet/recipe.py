"""How a head is trained: sizes, steps and rates, one row a tier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from talkwire.training.dyntet.losses import WEIGHTS
from talkwire.training.dyntet.model import Ablation
from talkwire.training.dyntet.networks import Widths


@dataclass(frozen=True, slots=True)
class Recipe:
    """grid: cells along the head's longest side.  frames, windows, side_px: a step looks at so many frames,
    through so many windows each, each drawn so wide.

    prior_steps: of learning the morphable head alone.  free_steps: with a field that changes, sealed.
    mesh_steps: with the frozen mesh, opened.  warm_up: share of free and mesh steps in which the morphable
    head is a teacher everywhere (the paper: 5,000 of 40,000); after it, only of expressions the video lacks.
    """

    grid: int
    frames: int
    windows: int
    side_px: int
    prior_steps: int
    free_steps: int
    mesh_steps: int
    warm_up: float = 0.125
    rate: float = 1e-3
    last_rate: float = 1e-2  # share of the rate that is left at the end
    seed: int = 0
    widths: Widths = field(default_factory=Widths)
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    ablation: Ablation = field(default_factory=Ablation)


TIERS: Final[Mapping[str, Recipe]] = {
    "cpu": Recipe(
        grid=36, frames=2, windows=2, side_px=112, prior_steps=400, free_steps=500, mesh_steps=5000
    ),
    "gpu": Recipe(
        grid=48,
        frames=4,
        windows=2,
        side_px=256,
        prior_steps=1000,
        free_steps=2000,
        mesh_steps=8000,
        widths=Widths(colour=256, colour_layers=5, grid_levels=16, grid_growth=1.32, grid_table_bits=19),
    ),
}
