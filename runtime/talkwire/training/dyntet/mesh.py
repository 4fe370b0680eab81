"""From a field on a grid to the mesh of a head: march, cut the openings, fold rims inward, even out.

What comes out is one topology whose vertices ride on grid points. From here on the field is frozen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch

from talkwire.runtime.errors import TrainingError
from talkwire.training.dyntet.aperture import Aperture, border_edges, cut
from talkwire.training.dyntet.grid import Float64, Int64, TetGrid
from talkwire.training.dyntet.prior import HeadPrior
from talkwire.training.dyntet.relax import relax
from talkwire.training.dyntet.tetra import inner_share, march, on_surface

CARRIERS: Final = 4  # grid points that a vertex rides on: two of a lattice edge, twice where it was cut
# how far rims are folded in, ring by ring: (into the head, away from the opening), metres
FOLDS: Final = {
    "mouth": ((0.0015, 0.0002), (0.0045, 0.0015), (0.0085, 0.0040)),
    "eye_left": ((0.0012, 0.0001), (0.0035, 0.0008)),
    "eye_right": ((0.0012, 0.0001), (0.0035, 0.0008)),
}


@dataclass(frozen=True)
class HeadMesh:
    """One topology. V vertices on A grid points.

    rest_vx3: [V, 3] float32 metres in the canonical pose.  triangles_fx3: [F, 3] int64, outward.
    points_ax3: [A, 3] float32 lattice coordinates of the grid points that carry vertices.
    carriers_vx4: [V, 4] int64 rows of them; carrier_shares_vx4: [V, 4] float32, rows sum to 1.
    folded_v: [V] bool, vertices of rims folded inward.
    """

    rest_vx3: torch.Tensor
    triangles_fx3: torch.Tensor
    points_ax3: torch.Tensor
    carriers_vx4: torch.Tensor
    carrier_shares_vx4: torch.Tensor
    folded_v: torch.Tensor

    def carried(self, offsets_nxax3: torch.Tensor) -> torch.Tensor:
        """[N, V, 3]: values at grid points, [N, A, 3], at the vertices."""
        shares = self.carrier_shares_vx4
        return mixed(offsets_nxax3, self.carriers_vx4, shares[..., None], plain_count(shares))


def mixed(
    values_nxax3: torch.Tensor, rows_vx4: torch.Tensor, shares_vx4xc: torch.Tensor, plain: int = 0
) -> torch.Tensor:
    """[N, V, 3]: weighted sums of four rows each. c: 1, or 3 where the same share is written out for each
    coordinate, which a runtime multiplies several times as fast.  plain: how many of the first need no more
    than two.
    """
    out = _summed(values_nxax3, rows_vx4[:, :2], shares_vx4xc[:, :2])
    rest = _summed(values_nxax3, rows_vx4[plain:, 2:], shares_vx4xc[plain:, 2:])
    return torch.cat([out[:, :plain], out[:, plain:] + rest], dim=1)


def plain_count(shares_vx4: torch.Tensor) -> int:
    """How many vertices come before the first that rides on more than two grid points: most of a mesh."""
    more = torch.nonzero(shares_vx4[:, 2:].any(dim=1))
    return int(more[0]) if len(more) else len(shares_vx4)


def _summed(values: torch.Tensor, rows_vx2: torch.Tensor, shares_vx2xc: torch.Tensor) -> torch.Tensor:
    first, second = (torch.index_select(values, 1, rows_vx2[:, k]) for k in range(2))
    return first * shares_vx2xc[:, 0] + second * shares_vx2xc[:, 1]


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
    carriers = np.pad(surface.local_vx2.numpy(), ((0, 0), (0, 2)))
    shares = np.pad(np.stack([share.numpy(), 1 - share.numpy()], axis=1), ((0, 0), (0, 2)))
    triangles = _largest_piece(surface.triangles_fx3.numpy())
    soup = _Soup(at, triangles, carriers, shares, np.zeros(len(at), bool))
    soup, rims = _cut(soup, prior.apertures)
    soup = replace(soup, at=relax(soup.at, soup.triangles, rims, prior))
    soup = _fold(soup, prior.apertures, rims)
    return _finish(soup, grid.lattice_gx3[surface.active_a.numpy()])


@dataclass(frozen=True)
class _Soup:
    """A mesh in the making; arrays as in HeadMesh."""

    at: Float64
    triangles: Int64
    carriers: Int64
    shares: Float64
    folded: np.ndarray


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


def _cut(soup: _Soup, apertures: tuple[Aperture, ...]) -> tuple[_Soup, dict[str, Int64]]:
    opened = cut(soup.at, soup.triangles, apertures)
    (first, second), t = opened.pairs_nx2.T, opened.shares_n[:, None]
    # a cut vertex lies between two that ride on two grid points each
    at = soup.at[first] * (1 - t) + soup.at[second] * t
    carriers = np.concatenate([soup.carriers[first, :2], soup.carriers[second, :2]], axis=1)
    shares = np.concatenate([soup.shares[first, :2] * (1 - t), soup.shares[second, :2] * t], axis=1)
    return (
        _Soup(
            np.concatenate([soup.at, at]),
            opened.triangles_fx3,
            np.concatenate([soup.carriers, carriers]),
            np.concatenate([soup.shares, shares]),
            np.zeros(len(soup.at) + len(at), bool),
        ),
        opened.rims,
    )


def _fold(soup: _Soup, apertures: tuple[Aperture, ...], rims: dict[str, Int64]) -> _Soup:
    """Lips and lids get an inner side: rings of vertices behind each rim, that ride where the rim rides."""
    for aperture in apertures:
        edges = rims[aperture.name]
        ring = np.unique(edges)
        outward = np.pad(aperture.outward(soup.at[ring]), ((0, 0), (0, 1)))
        before = edges
        for into_m, away_m in FOLDS[aperture.name]:
            start = len(soup.at)
            at = soup.at[ring] + away_m * outward - [0, 0, into_m]
            behind = start + np.searchsorted(ring, edges)
            (a, b), (c, d) = before.T, behind.T
            quads = np.concatenate([np.stack([b, a, c], axis=1), np.stack([b, c, d], axis=1)])
            soup = _Soup(
                np.concatenate([soup.at, at]),
                np.concatenate([soup.triangles, quads]),
                np.concatenate([soup.carriers, soup.carriers[ring]]),
                np.concatenate([soup.shares, soup.shares[ring]]),
                np.concatenate([soup.folded, np.ones(len(ring), bool)]),
            )
            before = behind
    return soup


def _finish(soup: _Soup, lattice_ax3: np.ndarray) -> HeadMesh:
    """Drop vertices and grid points that nothing uses any more."""
    used, triangles = np.unique(soup.triangles, return_inverse=True)
    shares = soup.shares[used]
    carriers = np.where(shares > 0, soup.carriers[used], soup.carriers[used][:, :1])
    points, rows = np.unique(carriers, return_inverse=True)
    return HeadMesh(
        torch.from_numpy(soup.at[used].astype(np.float32)),
        torch.from_numpy(triangles.reshape(-1, 3)),
        torch.from_numpy(lattice_ax3[points]),
        torch.from_numpy(rows.reshape(-1, CARRIERS)),
        torch.from_numpy(shares.astype(np.float32)),
        torch.from_numpy(soup.folded[used]),
    )


__all__ = ["HeadMesh", "border_edges", "make_mesh"]
