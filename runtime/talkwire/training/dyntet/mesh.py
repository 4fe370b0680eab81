"""From a field on a grid to the mesh of a head: march, cut openings, fill out hair, even out, fold in rims.

What comes out is one topology. From here on the field is frozen, and each vertex moves as the offset field
does at its own place in the canonical pose. (Interpolated between grid points, as before, lips would be tied
to each other by the lattice edges that cross the mouth.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from talkwire.runtime.errors import TrainingError
from talkwire.training.dyntet.aperture import Aperture, Cut, border_edges, cut
from talkwire.training.dyntet.grid import Float64, Int64, TetGrid
from talkwire.training.dyntet.hair import fill_out
from talkwire.training.dyntet.prior import HeadPrior
from talkwire.training.dyntet.relax import relax
from talkwire.training.dyntet.tetra import inner_share, march, on_surface

# how far rims are folded in, ring by ring: (into the head, away from the opening), metres
FOLDS: Final = {
    "mouth": ((0.0015, 0.0002), (0.0045, 0.0015), (0.0085, 0.0040)),
    "eye_left": ((0.0012, 0.0001), (0.0035, 0.0008)),
    "eye_right": ((0.0012, 0.0001), (0.0035, 0.0008)),
}


@dataclass(frozen=True)
class HeadMesh:
    """One topology.

    rest_vx3: [V, 3] float32 metres in the canonical pose.  triangles_fx3: [F, 3] int64, outward.
    rides_v: [V] int64 the vertex that each moves with: itself, but for rims folded inward, which are as thick
    in every expression as at rest.
    """

    rest_vx3: torch.Tensor
    triangles_fx3: torch.Tensor
    rides_v: torch.Tensor

    @property
    def folded_v(self) -> torch.Tensor:
        """[V] bool: of rims, folded inward."""
        return self.rides_v != torch.arange(len(self.rides_v), device=self.rides_v.device)


def make_mesh(grid: TetGrid, field_g: Float64, prior: HeadPrior) -> HeadMesh:
    """field_g: [G] metres, negative inside. Raises TrainingError when the field has no surface."""
    surface = march(grid, field_g)
    if not len(surface.ends_vx2):
        raise TrainingError(
            "the field has no surface",
            seen=f"values from {field_g.min():.3g} to {field_g.max():.3g} m",
            wanted="both signs",
            cure="train again from the start",
        )
    share = inner_share(torch.from_numpy(field_g)[surface.ends_vx2])
    points = torch.from_numpy(grid.points_gx3_m.astype(np.float64))[surface.active_a]
    at = on_surface(points, surface.local_vx2, share).numpy()
    triangles = _largest_piece(surface.triangles_fx3.numpy())
    opened = cut(at, triangles, prior.apertures)
    (first, second), t = opened.pairs_nx2.T, opened.shares_n[:, None]
    at = np.concatenate([at, at[first] * (1 - t) + at[second] * t])
    at, hair = fill_out(at, opened.triangles_fx3, prior)
    at = relax(at, opened.triangles_fx3, opened.rims, prior, hair)
    return _finish(*_fold(at, opened, prior.apertures))


def _largest_piece(triangles: Int64) -> Int64:
    """The connected piece with the most triangles: loose bubbles of the field are not a head."""
    label = np.arange(triangles.max() + 1)
    while True:  # the lowest label spreads over each piece
        lowest = label[triangles].min(axis=1)
        spread = label.copy()
        np.minimum.at(spread, triangles.ravel(), np.repeat(lowest, 3))
        spread = spread[spread]
        if (spread == label).all():
            break
        label = spread
    piece = label[triangles[:, 0]]
    return np.asarray(triangles[piece == np.argmax(np.bincount(piece))])


def _fold(at: Float64, opened: Cut, apertures: tuple[Aperture, ...]) -> tuple[Float64, Int64, Int64]:
    """Lips and lids get an inner side: rings of vertices behind each rim, that ride with the rim."""
    triangles, rides = [opened.triangles_fx3], [np.arange(len(at))]
    for aperture in apertures:
        edges = opened.rims[aperture.name]
        ring = np.unique(edges)
        outward = np.pad(aperture.outward(at[ring]), ((0, 0), (0, 1)))
        before = edges
        for into_m, away_m in FOLDS[aperture.name]:
            behind = len(at) + np.searchsorted(ring, edges)
            at = np.concatenate([at, at[ring] + away_m * outward - [0, 0, into_m]])
            (a, b), (c, d) = before.T, behind.T
            triangles += [np.stack([b, a, c], axis=1), np.stack([b, c, d], axis=1)]
            rides.append(ring)
            before = behind
    return at, np.concatenate(triangles), np.concatenate(rides)


def _finish(at: Float64, triangles: Int64, rides: Int64) -> HeadMesh:
    """Drop vertices that nothing uses any more."""
    used, rows = np.unique(triangles, return_inverse=True)
    return HeadMesh(
        torch.from_numpy(at[used].astype(np.float32)),
        torch.from_numpy(rows.reshape(-1, 3)),
        torch.from_numpy(np.searchsorted(used, rides[used])),
    )


__all__ = ["HeadMesh", "border_edges", "make_mesh"]
