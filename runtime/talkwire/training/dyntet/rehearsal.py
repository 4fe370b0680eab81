"""What the morphable head teaches: its own field, its displacements, how far each place is ever stretched.

Expressions are rehearsed that the video may lack: a game sets any of the 52 weights, and the head must
follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.types import Float32
from talkwire.training.capture import Capture
from talkwire.training.dyntet.grid import TetGrid
from talkwire.training.dyntet.prior import HeadPrior

STRETCH_FRAMES: Final = 200
# symmetric pairs mostly move together
PAIRS: Final = tuple(
    (INDEX[name], INDEX[name.replace("Left", "Right")])
    for name in ARKIT_NAMES
    if name.endswith("Left") and name.replace("Left", "Right") in INDEX
)


@dataclass(frozen=True)
class Lessons:
    """field_g: [G] metres, the sealed head at the grid's points.  on_qx3: [Q, 3] lattice, on the surface;
    shapes_52xqx3: its displacements at weight 1; stretch_q: the largest seen, metres.  canonical_52: the
    weights of the canonical pose.  front_m: its foremost z.
    """

    field_g: torch.Tensor
    on_qx3: torch.Tensor
    shapes_52xqx3: torch.Tensor
    stretch_q: torch.Tensor
    canonical_52: torch.Tensor
    front_m: float


def prepare_lessons(prior: HeadPrior, grid: TetGrid, capture: Capture, rng: np.random.Generator) -> Lessons:
    """All that is asked of the morphable head during training, asked once."""
    triangles, vertices = prior.surface_tx3, prior.canonical_vx3
    used = np.unique(triangles)
    shapes = prior.family.shapes_kxvx3[:, used]
    canonical = prior.canonical_52
    frames = rng.choice(len(capture), min(STRETCH_FRAMES, len(capture)), replace=False)
    codes = np.concatenate([capture.codes_nx52[frames], random_codes(STRETCH_FRAMES, rng)]) - canonical
    stretch = np.zeros(len(used), np.float32)
    for some in np.array_split(codes, 20):
        stretch = np.maximum(stretch, np.linalg.norm(np.tensordot(some, shapes, axes=1), axis=2).max(axis=0))
    return Lessons(
        _tensor(prior.sealed_field(grid.points_gx3_m)),
        _tensor(prior.space.to_lattice(vertices[used])),
        _tensor(shapes),
        _tensor(stretch),
        _tensor(canonical),
        float(vertices[used, 2].max()),
    )


def random_codes(count: int, rng: np.random.Generator) -> Float32:
    """[count, 52] expressions: a few shapes each, jaw and lips oftener, sides mostly alike."""
    chance = np.full(len(ARKIT_NAMES), 0.07)
    for name in ("jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "eyeBlinkLeft"):
        chance[INDEX[name]] = 0.25
    codes = rng.random((count, len(ARKIT_NAMES))) * (rng.random((count, len(ARKIT_NAMES))) < chance)
    for left, right in PAIRS:
        alike = rng.random(count) < 0.8
        codes[alike, right] = codes[alike, left]
    codes[:, INDEX["mouthClose"]] = np.minimum(codes[:, INDEX["mouthClose"]], codes[:, INDEX["jawOpen"]])
    codes[:, INDEX["tongueOut"]] *= codes[:, INDEX["jawOpen"]] > 0.2
    return codes.astype(np.float32)


def random_windows(count: int, window: int, rng: np.random.Generator, seen_nx52: Float32) -> torch.Tensor:
    """[count, 52, W] a way from one expression to another; half of the ends are from the video, more or
    less.
    """
    ends = []
    for _ in range(2):
        codes = random_codes(count, rng)
        video = seen_nx52[rng.integers(0, len(seen_nx52), count)]
        mixed = np.clip(
            video * rng.uniform(0.3, 1.3, (count, 1)) + codes * (rng.random((count, 1)) < 0.5), 0, 1
        )
        ends.append(np.where(rng.random((count, 1)) < 0.5, mixed, codes))
    held = rng.random((count, 1, 1)) < 0.3
    start = np.where(held[..., 0], ends[1], ends[0])
    share = np.linspace(rng.uniform(0, 1, count), 1, window, axis=-1)[:, None]
    windows = start[..., None] * (1 - share) + ends[1][..., None] * share
    return torch.from_numpy(windows.astype(np.float32))


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, np.float32))
