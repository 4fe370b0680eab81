"""How far the head that a player shows is from the avatar itself: measured, vertex by vertex.

A head that is a network is no sum of shapes. What is left out is stated in the file. Distances are in head
space: how the head is held does not change them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.keys import Index, lerp
from talkwire.exporters.gltf.shapes import BLOCK_FRAMES, Shapes
from talkwire.runtime.spool import blocks
from talkwire.runtime.types import Float32

MOST_FRAMES: Final = 36_000  # ten minutes at 60 frames a second; of longer lines, so many evenly
SOME_FRAMES: Final = 1200  # enough to say how near a file is that need not be near
FEW_FRAMES: Final = 64  # where the targets are the avatar, and only keys were left out
_DROPPED_BITS: Final = 13  # of a float32, which sorts as its bits do: steps of a thousandth remain
_STEPS: Final = 1 << (31 - _DROPPED_BITS)


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Distances of vertices from the avatar's own over `frames` frames, mm."""

    mean_mm: float
    p99_mm: float
    p999_mm: float
    worst_mm: float
    frames: int

    def __str__(self) -> str:
        return (
            f"vertices are {self.mean_mm:.3f} mm from the avatar's own in the mean, 99 % within "
            f"{self.p99_mm:.2f} mm, 99.9 % within {self.p999_mm:.2f} mm, the worst {self.worst_mm:.2f} mm"
        )

    def says(self) -> dict[str, float]:
        """For the extras of a file."""
        figures = {"mean": self.mean_mm, "p99": self.p99_mm, "p99.9": self.p999_mm, "worst": self.worst_mm}
        return {**{name: round(mm, 4) for name, mm in figures.items()}, "frames": self.frames}


def worst_of(said: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """What several lines say in one: of each distance the largest, of frames all."""
    together = {name: max(one[name] for one in said) for name in said[0]}
    return {**together, "frames": sum(one["frames"] for one in said)}


@dataclass(frozen=True, eq=False)
class Line:
    """A clip with its morph curve, [N, K], and the frames of it that are kept as keys.  error_m: how far a
    vertex is off at most for want of the others.
    """

    clip: Clip
    curve_nxk: Float32 = field(repr=False)
    keys: Index = field(repr=False)
    error_m: float

    @property
    def beyond(self) -> bool:
        """Whether any weight is not from 0 to 1."""
        return any(some.min() < 0 or some.max() > 1 for _, some in blocks(self.curve_nxk))

    def shown(self, run: slice) -> Float32:
        """[n, K] what a player shows in a run of frames."""
        return lerp(self.clip.times_n_s, self.curve_nxk, self.keys, run).astype(np.float32)


def fidelity(line: Line, shapes: Shapes, most: int = MOST_FRAMES) -> Fidelity:
    """Of a line as it will be played: what its targets cannot do, and what keys were left out.

    most: how many frames are looked at.
    """
    steps, total_mm, worst_mm, frames = np.zeros(_STEPS, np.int64), 0.0, 0.0, 0
    for run in runs(line.clip.frame_count, FEW_FRAMES if shapes.whole else most):
        off_mm = _lengths_mm(shapes.residual(line.clip, run, line.shown(run)))
        steps += np.bincount((off_mm.view(np.int32) >> _DROPPED_BITS).ravel(), minlength=_STEPS)
        total_mm += float(off_mm.sum(dtype=np.float64))
        worst_mm = max(worst_mm, float(off_mm.max()))
        frames += len(off_mm)
    below = np.cumsum(steps)
    above = np.array([np.searchsorted(below, share * below[-1]) + 1 for share in (0.99, 0.999)])
    p99_mm, p999_mm = np.minimum((above.astype(np.int32) << _DROPPED_BITS).view(np.float32), worst_mm)
    return Fidelity(total_mm / below[-1], float(p99_mm), float(p999_mm), worst_mm, frames)


def runs(frame_count: int, most: int) -> list[slice]:
    """At most `most` of the frames, evenly spread, block by block."""
    step = -(-frame_count // most)
    taken = range(0, frame_count, step)
    starts = range(0, len(taken), BLOCK_FRAMES)
    return [slice(taken[at], taken[at : at + BLOCK_FRAMES].stop, step) for at in starts]


def _lengths_mm(off_nxvx3: Float32) -> Float32:
    """[n, V] of vectors in metres, which are used up."""
    np.square(off_nxvx3, out=off_nxvx3)
    squares = off_nxvx3[..., 0] + off_nxvx3[..., 1]
    squares += off_nxvx3[..., 2]
    np.sqrt(squares, out=squares)
    squares *= 1000
    return squares
