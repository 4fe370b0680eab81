"""Evening out a marched surface: vertices slide to where they are well spread, and settle on the head.

Marching tetrahedra leave slivers and cut corners by the square of the cell. Sliding along the surface
cures the first, settling on the morphable head, where the two agree, the second.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from talkwire.training.dyntet.aperture import border_edges
from talkwire.training.dyntet.grid import Float64, Int64
from talkwire.training.dyntet.prior import HeadPrior
from talkwire.training.surfaces import normals_of

PASSES: Final = 40
SLIDE: Final = 0.5
SETTLE: Final = 0.7
AGREE_M: Final = 0.004  # farther from the morphable head the field is right: hair, beards
SPREAD: Final = 12  # rounds of averaging over neighbours between where it settles and where it does not
NEAR_RIM_M: Final = 0.004  # nearer, a membrane has drawn the surface inward: the foremost skin is right
AGREE_COSINE: Final = 0.3  # between normals: never settle on the far side of a thin part


def relax(
    vertices_vx3: Float64,
    triangles_fx3: Int64,
    rims: dict[str, Int64],
    prior: HeadPrior,
    hair_v: npt.NDArray[np.bool_],
) -> Float64:
    """[V, 3] metres, in the canonical pose; rims stay on their openings' edges. hair_v: [V] what is not to
    settle on the morphable head, however near.
    """
    at = vertices_vx3.copy()
    inner = neighbours(sides_of(triangles_fx3), len(at))
    borders = border_edges(triangles_fx3)
    along = neighbours(borders, len(at))
    on_border = np.zeros(len(at), bool)
    on_border[borders] = True
    used = np.zeros(len(at), bool)
    used[triangles_fx3] = True
    share, stays_m = _agreement(at, normals_of(at, triangles_fx3), prior, hair_v, inner)
    settling = used & (share > 0)
    for _ in range(PASSES):
        slide = np.where(on_border[:, None], along @ at - at, inner @ at - at)
        normals = normals_of(at, triangles_fx3)
        slide -= np.where(on_border, 0, (slide * normals).sum(axis=1))[:, None] * normals
        at[used] += SLIDE * slide[used]
        at[settling] += _settling(at[settling], normals[settling], prior, share[settling], stays_m[settling])
        for aperture in prior.apertures:
            ring = np.unique(rims[aperture.name])
            at[ring, :2] -= aperture.at(at[ring])[:, None] * aperture.outward(at[ring])
            near = np.clip((NEAR_RIM_M - aperture.at(at)) / (NEAR_RIM_M / 2), 0, 1) * used
            at[:, 2] += near * (aperture.height(at) - at[:, 2])
    return at


def _agreement(
    at: Float64, normals: Float64, prior: HeadPrior, hair_v: npt.NDArray[np.bool_], inner: sparse.csr_matrix
) -> tuple[Float64, Float64]:
    """[V] how far each vertex belongs on the morphable head, and [V] how far from it, metres, it is to stay.

    A hard line between those that do and those that do not would be a step: beads along a hairline.
    """
    distance, off, _ = _beside(at, normals, prior)
    agrees = (distance < AGREE_M) & ~hair_v
    share, stays_m = agrees.astype(np.float64), np.where(agrees, 0, off)
    for _ in range(SPREAD):
        share, stays_m = inner @ share, inner @ stays_m
    return share, stays_m


def _settling(at: Float64, normals: Float64, prior: HeadPrior, share: Float64, stays_m: Float64) -> Float64:
    distance, off, cosine = _beside(at, normals, prior)
    agrees = (distance < np.abs(stays_m) + AGREE_M) & (cosine > AGREE_COSINE)
    return np.asarray((SETTLE * share * agrees * (off - stays_m))[:, None] * normals)


def _beside(at: Float64, normals: Float64, prior: HeadPrior) -> tuple[Float64, Float64, Float64]:
    """[V] metres to the morphable head, [V] those along its own normal, [V] how alike normals are."""
    bound = prior.bind(at)
    way = bound.nearest_px3 - at
    return (
        np.linalg.norm(way, axis=1),
        (way * normals).sum(axis=1),
        (bound.normals_px3 * normals).sum(axis=1),
    )


def sides_of(triangles_fx3: Int64) -> Int64:
    """[3 F, 2] vertices at the ends of each triangle's sides."""
    return np.concatenate([triangles_fx3[:, [0, 1]], triangles_fx3[:, [1, 2]], triangles_fx3[:, [2, 0]]])


def neighbours(edges: Int64, count: int) -> sparse.csr_matrix:
    """[V, V] averages over neighbours along edges; a vertex without any keeps its place."""
    pairs = np.unique(np.sort(edges, axis=1), axis=0)
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    alone = np.setdiff1d(np.arange(count), rows)
    rows, columns = np.concatenate([rows, alone]), np.concatenate([columns, alone])
    matrix = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), (count, count))
    return sparse.diags(1 / np.asarray(matrix.sum(axis=1)).ravel()) @ matrix
