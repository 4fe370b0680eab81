"""A body-centred cubic tetrahedral grid, drawn together where a face is looked at.

Lattice: the corners of n cells a side and their centres. Two cells that share a side give four
tetrahedra, each of both centres and one edge of that side (about 12 n^3 in a cube). All of them are
congruent, and none is a sliver, which is why this lattice is used for marching tetrahedra.

Foci pull the lattice towards eyes and mouth: cells are smaller there, the topology is the same. The
networks of a head see lattice coordinates, so what is drawn larger is also known in finer detail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.types import Float32

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

TET_EDGES: Final = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
_INVERSE_STEPS: Final = 60  # the pull shrinks an error by at least a quarter a step: below float32 by then


@dataclass(frozen=True, slots=True)
class Focus:
    """A place where cells are drawn together.

    centre_m: metres.  reach_m: standard deviation of the pull along x, y, z, metres.  pull: in [0, 0.75];
    cells at the centre are (1 - pull) times their size.
    """

    centre_m: tuple[float, float, float]
    reach_m: tuple[float, float, float]
    pull: float


@dataclass(frozen=True)
class Space:
    """The box that a grid fills, and how lattice coordinates lie in it.

    low_m, high_m: [3] metres.  Lattice coordinates are [0, 1] along each axis of the box.  foci: applied one
    after the other, wide ones first; where they overlap, cells shrink by both.
    """

    low_m: Float64
    high_m: Float64
    foci: tuple[Focus, ...] = ()

    def to_metres(self, lattice_px3: npt.NDArray[np.floating]) -> Float64:
        """[P, 3] metres of lattice coordinates."""
        at = self.low_m + np.asarray(lattice_px3, np.float64) * (self.high_m - self.low_m)
        for focus in self.foci:
            at = at - _pulled(at, focus)
        return at

    def to_lattice(self, points_px3_m: npt.NDArray[np.floating]) -> Float64:
        """[P, 3] lattice coordinates of points in metres: the inverse, focus by focus, by iteration."""
        at = np.asarray(points_px3_m, np.float64)
        for focus in reversed(self.foci):
            before = at
            for _ in range(_INVERSE_STEPS):
                before = at + _pulled(before, focus)
            at = before
        return (at - self.low_m) / (self.high_m - self.low_m)


def _pulled(at: Float64, focus: Focus) -> Float64:
    """How far points are drawn away from where they were."""
    off = at - np.array(focus.centre_m)
    near = np.exp(-0.5 * ((off / np.array(focus.reach_m)) ** 2).sum(axis=-1, keepdims=True))
    return np.asarray(focus.pull * near * off)


@dataclass(frozen=True)
class TetGrid:
    """lattice_gx3: [G, 3] float32 in [0, 1].  points_gx3_m: [G, 3] float32 metres.

    tets_tx4: [T, 4] int64, all of positive volume.  edges_ex2: [E, 2] int64, each pair of neighbours
    once, lower index first.  tet_edges_tx6: [T, 6] int64, rows of edges_ex2 in the order of TET_EDGES.
    """

    space: Space
    lattice_gx3: Float32
    points_gx3_m: Float32
    tets_tx4: Int64
    edges_ex2: Int64
    tet_edges_tx6: Int64


def make_grid(space: Space, n: int) -> TetGrid:
    """n: cells along the longest side of the box; the other sides get as many of that size as they hold."""
    sides = space.high_m - space.low_m
    cells = np.maximum(1, np.rint(n * sides / sides.max())).astype(int)
    lattice, tets = _bcc(*(int(c) for c in cells))
    pairs = np.sort(tets[:, TET_EDGES], axis=2).reshape(-1, 2)
    key, edge_of = np.unique(pairs[:, 0] * len(lattice) + pairs[:, 1], return_inverse=True)
    return TetGrid(
        space,
        lattice.astype(np.float32),
        space.to_metres(lattice).astype(np.float32),
        tets,
        np.stack(np.divmod(key, len(lattice)), axis=1),
        edge_of.reshape(-1, 6),
    )


def _bcc(nx: int, ny: int, nz: int) -> tuple[Float64, Int64]:
    """Lattice points in [0, 1]^3 and tetrahedra of positive volume."""
    corner = np.arange((nx + 1) * (ny + 1) * (nz + 1)).reshape(nx + 1, ny + 1, nz + 1)
    centre = corner.size + np.arange(nx * ny * nz).reshape(nx, ny, nz)
    tets = []
    for axis in range(3):
        before = np.moveaxis(centre, axis, 0)[:-1]
        after = np.moveaxis(centre, axis, 0)[1:]
        side = np.moveaxis(corner, axis, 0)[1:-1]  # corners of the sides between two cells
        around = [side[:, :-1, :-1], side[:, 1:, :-1], side[:, 1:, 1:], side[:, :-1, 1:]]
        if axis == 1:  # moving y to the front mirrors the other two axes
            around.reverse()
        for a, b in zip(around, [*around[1:], around[0]], strict=True):
            tets.append(np.stack([before, after, a, b], axis=-1).reshape(-1, 4))
    size = np.array([nx, ny, nz], np.float64)
    corners = np.stack(np.meshgrid(*(np.arange(k + 1) for k in (nx, ny, nz)), indexing="ij"), axis=-1)
    centres = np.stack(np.meshgrid(*(np.arange(k) + 0.5 for k in (nx, ny, nz)), indexing="ij"), axis=-1)
    points = np.concatenate([corners.reshape(-1, 3), centres.reshape(-1, 3)]) / size
    return points, np.concatenate(tets)
