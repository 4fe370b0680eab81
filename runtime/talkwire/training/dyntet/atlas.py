"""One texture for a head: the face as one chart, the rest of the skin by xatlas, inner parts below.

xatlas alone cuts a marched surface into over a hundred pieces, through lips and lids. A face seen from the
front is one piece of a cylinder; only what folds away from it, and the back, is left to xatlas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
import xatlas

from talkwire.runtime.types import Float32
from talkwire.training.dyntet.grid import Float64, Int64, Space
from talkwire.training.raster.torch_raster import TorchRasterizer

# in shares of the texture's side, v downward: the inner parts keep the place they have in nova's texture
STRIP: Final = 204 / 1024
GAP: Final = 6 / 1024
FACE_WIDTH: Final = 0.60
WIDEST_DEG: Final = 80.0
LEAST_FACING: Final = 0.25
PADDING_PX: Final = 4


@dataclass(frozen=True)
class Atlas:
    """uvs_nx2: [N, 2] float32, v downward.  vertex_n: [N] the mesh's vertex under each.  triangles_fx3: [F,
    3] rows of uvs_nx2, in the mesh's order.  face_f: [F] bool, triangles of the face's chart.
    """

    uvs_nx2: Float32
    vertex_n: Int64
    triangles_fx3: Int64
    face_f: np.ndarray


def unwrap(
    rest_vx3: Float64, triangles_fx3: Int64, folded_v: np.ndarray, space: Space, side_px: int
) -> Atlas:
    """rest_vx3: metres, canonical pose.  folded_v: vertices of rims folded inward; they join the rest."""
    lattice = space.to_lattice(rest_vx3)
    angle, chart = _cylinder(lattice)
    face = _facing(rest_vx3, triangles_fx3) & (np.abs(np.degrees(angle)) < WIDEST_DEG)[triangles_fx3].all(
        axis=1
    )
    face &= ~folded_v[triangles_fx3].any(axis=1)
    face = _one_piece(triangles_fx3, face)
    face &= ~_hidden(chart, lattice, triangles_fx3, face)
    face = _one_piece(triangles_fx3, face)
    face_vertices = np.unique(triangles_fx3[face])
    face_uv = _into(chart[face_vertices], (GAP, GAP, FACE_WIDTH - GAP, 1 - STRIP - GAP))
    rest_uv, rest_vertex, rest_triangles = _rest(rest_vx3, triangles_fx3[~face], side_px)
    triangles = np.empty_like(triangles_fx3)
    triangles[face] = np.searchsorted(face_vertices, triangles_fx3[face])
    triangles[~face] = rest_triangles + len(face_vertices)
    return Atlas(
        np.concatenate([face_uv, rest_uv]).astype(np.float32),
        np.concatenate([face_vertices, rest_vertex]),
        triangles,
        face,
    )


@dataclass(frozen=True)
class Texels:
    """The K texels that show skin: index_k into the flat texture, face_k their triangle, shares_kx3 in it."""

    index_k: Int64
    face_k: Int64
    shares_kx3: Float32


def texels_of(uvs_nx2: Float32, triangles_fx3: Int64, side_px: int) -> Texels:
    """Every texel whose centre lies in a triangle."""
    clip = np.concatenate([uvs_nx2 * 2 - 1, np.tile([0.0, 1.0], (len(uvs_nx2), 1))], axis=1)
    raster = TorchRasterizer().rasterize(
        torch.from_numpy(clip.astype(np.float32))[None], torch.from_numpy(triangles_fx3), (side_px, side_px)
    )[0]
    flat = raster.reshape(-1, 4).numpy()
    index = np.flatnonzero(flat[:, 3] > 0)
    u, v = flat[index, 0], flat[index, 1]
    return Texels(index, flat[index, 3].astype(np.int64) - 1, np.stack([u, v, 1 - u - v], axis=1))


def _cylinder(lattice: Float64) -> tuple[Float64, Float64]:
    """[V] angles about the vertical axis, and [V, 2] places on an unrolled cylinder, in lattice units."""
    x, z = lattice[:, 0] - 0.5, lattice[:, 2] - 0.45
    angle = np.arctan2(x, z)
    return angle, np.stack([angle, -lattice[:, 1]], axis=1)


def _facing(at: Float64, triangles: Int64) -> np.ndarray:
    """Triangles that face away from the head's axis."""
    a, b, c = (at[triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-20)
    out = (a + b + c) / 3
    out[:, 1] = 0
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    return np.asarray((normal * out).sum(axis=1) > LEAST_FACING)


def _one_piece(triangles: Int64, chosen: np.ndarray) -> np.ndarray:
    """The largest piece of the chosen triangles that hang together along edges."""
    import scipy.sparse as sparse
    from scipy.sparse.csgraph import connected_components

    rows = np.flatnonzero(chosen)
    edges = np.sort(
        np.stack([triangles[rows], np.roll(triangles[rows], -1, axis=1)], axis=-1).reshape(-1, 2), axis=1
    )
    _, edge = np.unique(edges, axis=0, return_inverse=True)
    owner = np.repeat(np.arange(len(rows)), 3)
    graph = sparse.csr_matrix((np.ones(len(owner)), (owner, edge.reshape(-1))))
    _, label = connected_components(graph @ graph.T)
    piece = np.zeros_like(chosen)
    piece[rows[label == np.argmax(np.bincount(label))]] = True
    return piece


def _hidden(chart: Float64, lattice: Float64, triangles: Int64, face: np.ndarray) -> np.ndarray:
    """Triangles that lie under others of the face in the chart, wholly or in part."""
    low, size = chart.min(axis=0), np.ptp(chart, axis=0)
    radius = np.hypot(lattice[:, 0] - 0.5, lattice[:, 2] - 0.45)
    rows = np.flatnonzero(face)
    hidden = np.zeros_like(face)
    seen: list[np.ndarray] = []
    for sign in (1.0, -1.0):
        clip = np.stack([*((chart - low) / size * 2 - 1).T, -sign * radius, np.ones(len(chart))], axis=1)
        raster = TorchRasterizer().rasterize(
            torch.from_numpy(clip.astype(np.float32))[None], torch.from_numpy(triangles[rows]), (1536, 1536)
        )
        seen.append(raster[0, ..., 3].numpy().astype(np.int64).ravel() - 1)
    outer, inner = seen
    differs = (outer != inner) & (outer >= 0)
    # neighbours share pixels on their common edge: only where both are crossed well is it a fold
    count = np.bincount(inner[differs], minlength=len(rows))
    hidden[rows[count > 12]] = True
    return hidden


def _into(points: Float64, box: tuple[float, float, float, float]) -> Float64:
    left, top, right, bottom = box
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    return np.asarray((points - low) / size * [right - left, bottom - top] + [left, top])


def _rest(at: Float64, triangles: Int64, side_px: int) -> tuple[Float64, Int64, Int64]:
    """xatlas in the column beside the face."""
    used, corner = np.unique(triangles, return_inverse=True)
    chart, pack = xatlas.ChartOptions(), xatlas.PackOptions()
    chart.max_iterations = 2
    pack.padding, pack.resolution, pack.bilinear = PADDING_PX, side_px // 2, True
    atlas = xatlas.Atlas()
    atlas.add_mesh(at[used].astype(np.float32), corner.reshape(-1, 3).astype(np.uint32))
    atlas.generate(chart, pack)
    vertex, index, uv = atlas[0]
    # xatlas packs a square of its own; it is laid into the column, which may stretch it a little
    box = (FACE_WIDTH + GAP, GAP, 1 - GAP, 1 - STRIP - GAP)
    placed = np.asarray(uv, np.float64) * [box[2] - box[0], box[3] - box[1]] + [box[0], box[1]]
    return placed, used[np.asarray(vertex, np.int64)], np.asarray(index, np.int64)
