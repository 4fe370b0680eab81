"""Marching tetrahedra: where a signed field on a tetrahedral grid is zero, as a mesh.

The topology depends on the field's signs alone. A field that does not depend on the expression thus
gives one topology for every frame, and a vertex is the same point of the head in all of them
(DynTet section 3.2; Shen et al., "Deep Marching Tetrahedra", 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Final

import numpy as np
import torch

from talkwire.training.dyntet.grid import TET_EDGES, Int64, TetGrid

_REFERENCE_TET: Final = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])  # of positive volume


@dataclass(frozen=True)
class Surface:
    """One topology.

    ends_vx2: [V, 2] int64, for each vertex the grid points of its edge, the inner one first.
    triangles_fx3: [F, 3] int64, counter-clockwise from outside.
    active_a: [A] int64, the grid points that any vertex uses, rising.  local_vx2: ends_vx2 as rows of
    active_a.
    """

    ends_vx2: torch.Tensor
    triangles_fx3: torch.Tensor
    active_a: torch.Tensor
    local_vx2: torch.Tensor


def march(grid: TetGrid, sdf_g: np.ndarray) -> Surface:
    """The topology of the zero surface. sdf_g: [G] signed field, negative inside; zero counts as outside.

    Without grid points of both signs the surface is empty. It is closed unless it leaves the grid.
    """
    inside_g = sdf_g < 0
    tet_inside = inside_g[grid.tets_tx4]
    crossing_t = np.flatnonzero(tet_inside.any(axis=1) & ~tet_inside.all(axis=1))
    case = tet_inside[crossing_t] @ (1 << np.arange(4))
    slots = _TRIANGLES[case]  # [t, 2, 3] edge of the tetrahedron, or -1
    edges = grid.tet_edges_tx6[crossing_t]
    corner = np.take_along_axis(edges[:, None, :], np.maximum(slots, 0), axis=2)
    corner = corner[slots[..., 0] >= 0]
    used, triangles = np.unique(corner, return_inverse=True)
    ends = grid.edges_ex2[used]
    ends = np.where(inside_g[ends[:, :1]], ends, ends[:, ::-1])
    active, local = np.unique(ends, return_inverse=True)
    return Surface(
        torch.from_numpy(ends),
        torch.from_numpy(triangles.reshape(-1, 3)),
        torch.from_numpy(active),
        torch.from_numpy(local.reshape(-1, 2)),
    )


def inner_share(sdf_vx2: torch.Tensor) -> torch.Tensor:
    """[V] how much of a vertex is its inner grid point, in [0, 1]: linear interpolation of the field to zero.

    sdf_vx2: [V, 2] the field at the two ends of each vertex's edge, inner (negative) first; where a field has
    moved on since it was marched and the signs agree, the nearer end.
    """
    inner, outer = sdf_vx2[:, 0], sdf_vx2[:, 1]
    return (outer / (outer - inner).clamp(min=1e-9)).clamp(0, 1)


def on_surface(values_axc: torch.Tensor, local_vx2: torch.Tensor, share_v: torch.Tensor) -> torch.Tensor:
    """Values at active grid points, [..., A, C], interpolated to the vertices, [..., V, C]."""
    inner, outer = values_axc[..., local_vx2[:, 0], :], values_axc[..., local_vx2[:, 1], :]
    return outer + (inner - outer) * share_v[:, None]


def _triangle_table() -> Int64:
    """[16, 2, 3]: for each set of inner corners (bit k: corner k) the edges that its triangles join, or
    -1.
    """
    table = np.full((16, 2, 3), -1)
    middles = np.array([_REFERENCE_TET[list(edge)].mean(axis=0) for edge in TET_EDGES])
    for case in range(1, 15):
        inner = [k for k in range(4) if case >> k & 1]
        cut = [e for e, (a, b) in enumerate(TET_EDGES) if (a in inner) != (b in inner)]
        outward = _REFERENCE_TET[[k for k in range(4) if k not in inner]].mean(axis=0)
        outward = outward - _REFERENCE_TET[inner].mean(axis=0)
        ring = _ring(cut)
        normal = np.cross(middles[ring[1]] - middles[ring[0]], middles[ring[2]] - middles[ring[0]])
        if normal @ outward < 0:
            ring.reverse()
        table[case, 0] = ring[:3]
        if len(ring) == 4:
            table[case, 1] = [ring[0], ring[2], ring[3]]
    return table


def _ring(cut: list[int]) -> list[int]:
    """The cut edges in the order in which a walk over the tetrahedron's faces meets them."""
    for order in permutations(cut[1:]):
        ring = [cut[0], *order]
        pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
        if all(len(set(TET_EDGES[a]) & set(TET_EDGES[b])) == 1 for a, b in pairs):
            return ring
    raise AssertionError(f"edges {cut} bound no face")


_TRIANGLES: Final = _triangle_table()
