"""Lips that meet along their whole line: MakeHuman's are parted by a millimetre at the sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.training.nova.source import BaseMesh, Float64, Ints

HALF_WIDTH_M: Final = 0.0205  # the corners beyond are closed already
FRONT_M: Final = 0.082  # the mouth's lining behind this is not lip
COLUMNS: Final = 27
REACH_M: Final = 0.006  # how far from the line between them lips are moved
OVERLAP_M: Final = 0.0004  # they press into each other by this much
PASSES: Final = 5
EDGE_POINTS: Final = np.linspace(0, 1, 7)[:, None, None]


@dataclass(frozen=True)
class Lips:
    """upper_v, lower_v: [V] bool, vertices.  upper_ex2, lower_ex2: [E, 2] edges with both ends in one lip."""

    upper_v: npt.NDArray[np.bool_]
    lower_v: npt.NDArray[np.bool_]
    upper_ex2: Ints
    lower_ex2: Ints

    def slit(self, positions: Float64) -> tuple[Float64, Float64, Float64]:
        """Over columns x [C]: how far the lips are apart (negative: overlapping), and their middle."""
        x = np.linspace(-HALF_WIDTH_M, HALF_WIDTH_M, COLUMNS)
        bottom = -_highest(-positions[self.upper_ex2, 1], positions[self.upper_ex2, 0], x)
        top = _highest(positions[self.lower_ex2, 1], positions[self.lower_ex2, 0], x)
        return x, bottom - top, (bottom + top) / 2


def find_lips(base: BaseMesh, positions: Float64, jaw_open: Float64) -> Lips:
    """What jawOpen takes along is lower lip, what it leaves is upper lip. Both [V, 3] metres."""
    quads = base.quads_qx4[base.quads_of("body")]
    edges = np.unique(
        np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], -1).reshape(-1, 2), axis=1), axis=0
    )
    near = (np.abs(positions[:, 0]) < HALF_WIDTH_M + 0.003) & (positions[:, 2] > FRONT_M)
    near &= (positions[:, 1] < -0.016) & (positions[:, 1] > -0.040)
    drop = -jaw_open[:, 1] / -jaw_open[near, 1].min()
    upper, lower = near & (drop < 0.33), near & (drop > 0.45)
    return Lips(upper, lower, edges[upper[edges].all(axis=1)], edges[lower[edges].all(axis=1)])


def seal(lips: Lips, positions: Float64) -> Float64:
    """[V, 3] metres to add to a pose so that its lips touch."""
    moved = np.zeros_like(positions)
    for _ in range(PASSES):
        at = positions + moved
        x, gap, middle = lips.slit(at)
        fade = np.clip((HALF_WIDTH_M + 0.002 - np.abs(at[:, 0])) / 0.004, 0, 1)
        need = np.interp(at[:, 0], x, np.maximum(gap + OVERLAP_M, 0)) * fade
        near = np.exp(-(((at[:, 1] - np.interp(at[:, 0], x, middle)) / REACH_M) ** 2))
        moved[lips.upper_v, 1] -= (0.4 * need * near)[lips.upper_v]
        moved[lips.lower_v, 1] += (0.6 * need * near)[lips.lower_v]
    return moved


def _highest(y_ex2: Float64, x_ex2: Float64, columns: Float64) -> Float64:
    """The greatest y on a set of edges in each column, between columns where there is none."""
    y = (y_ex2[None, :, :1] * (1 - EDGE_POINTS) + y_ex2[None, :, 1:] * EDGE_POINTS).ravel()
    x = (x_ex2[None, :, :1] * (1 - EDGE_POINTS) + x_ex2[None, :, 1:] * EDGE_POINTS).ravel()
    width = columns[1] - columns[0]
    found = np.array([y[np.abs(x - c) < width / 2].max(initial=-np.inf) for c in columns])
    known = np.isfinite(found)
    return np.asarray(np.interp(columns, columns[known], found[known]))
