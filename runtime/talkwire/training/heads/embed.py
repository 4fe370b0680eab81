"""Where MediaPipe's landmarks lie on a head's skin: its canonical face is bent onto the head and pressed on.

Lids and lips are not left to the bending: there the landmarks are strung along edges of the mesh, between
vertices that are named for each head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.interpolate import RBFInterpolator
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from talkwire.runtime.types import Float32
from talkwire.training.heads.morphable import Int64
from talkwire.training.surfaces import nearest

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class String:
    """Landmarks in a row along a feature of the mesh, and the vertices that the feature passes through.

    The first and the last landmark lie at the first and the last vertex; the others by arc length as on the
    canonical face.
    """

    landmarks: tuple[int, ...]
    vertices: tuple[int, ...]


def embed(
    canonical_lx3: Float64,
    vertices_vx3: Float64,
    skin_tx3: Int64,
    strings: tuple[String, ...],
    anchors: Mapping[int, int],
) -> tuple[Int64, Float32]:
    """[L, 3] corners (vertices of a skin triangle) and [L, 3] barycentric shares of each landmark.

    canonical_lx3: any unit.  vertices_vx3: metres, mouth and eyes as in the canonical face.
    anchors: landmark -> vertex, for the bending only.
    """
    strung = {
        landmark: place
        for string in strings
        for landmark, place in _along(string, canonical_lx3, vertices_vx3, skin_tx3).items()
    }
    known = {**{landmark: vertices_vx3[vertex] for landmark, vertex in anchors.items()}}
    known |= {landmark: shares @ vertices_vx3[corners] for landmark, (corners, shares) in strung.items()}
    bent = _bend(canonical_lx3, known)
    facing = _facing(vertices_vx3, skin_tx3)
    found = nearest(bent, vertices_vx3, facing)
    corners, shares = facing[found.face_p], found.shares_px3
    for landmark, (own_corners, own_shares) in strung.items():
        corners[landmark], shares[landmark] = own_corners, own_shares
    shares /= shares.sum(axis=1, keepdims=True)
    return corners.astype(np.int64), shares.astype(np.float32)


def _along(
    string: String, canonical: Float64, vertices: Float64, skin: Int64
) -> dict[int, tuple[Int64, Float64]]:
    """Corners and shares of each landmark on the shortest chain of edges through the string's vertices."""
    chain = _chain(string.vertices, vertices, skin)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(vertices[chain], axis=0), axis=1))])
    apart = np.concatenate(
        [[0], np.cumsum(np.linalg.norm(np.diff(canonical[list(string.landmarks)], axis=0), axis=1))]
    )
    found = {}
    for landmark, at in zip(string.landmarks, apart / apart[-1] * length[-1], strict=True):
        k = int(np.clip(np.searchsorted(length, at, side="right") - 1, 0, len(chain) - 2))
        share = (at - length[k]) / (length[k + 1] - length[k])
        row = np.flatnonzero((skin == chain[k]).any(axis=1) & (skin == chain[k + 1]).any(axis=1))[0]
        corners = skin[row]
        found[landmark] = (
            corners,
            np.where(corners == chain[k], 1 - share, np.where(corners == chain[k + 1], share, 0)),
        )
    return found


def _chain(through: tuple[int, ...], vertices: Float64, skin: Int64) -> list[int]:
    edges = np.concatenate([skin[:, [0, 1]], skin[:, [1, 2]], skin[:, [2, 0]]])
    edges = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    graph = coo_matrix((length, (edges[:, 0], edges[:, 1])), shape=(len(vertices),) * 2).tocsr()
    chain = [through[0]]
    for start, end in pairwise(through):
        _, before = dijkstra(graph, indices=end, return_predecessors=True)
        while chain[-1] != end:
            chain.append(int(before[chain[-1]]))
        assert chain[-1] == end, (start, end)
    return chain


def _bend(canonical: Float64, known: Mapping[int, Float64]) -> Float64:
    """The canonical face moved by a similarity and a thin plate, so that known places fit."""
    rows = np.array(list(known))
    to = np.array(list(known.values()))
    moved = _similar(canonical, canonical[rows], to)
    rest = RBFInterpolator(
        moved[rows], to - moved[rows], kernel="thin_plate_spline", smoothing=1e-9, degree=1
    )
    return np.asarray(moved + rest(moved))


def _similar(points: Float64, from_: Float64, to: Float64) -> Float64:
    """Points moved by the similarity that best takes `from_` to `to` (Umeyama 1991)."""
    a, b = from_ - from_.mean(axis=0), to - to.mean(axis=0)
    u, s, vt = np.linalg.svd(b.T @ a)
    flip = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    turn = u * flip @ vt
    scale = (s * flip).sum() / (a**2).sum()
    return np.asarray(scale * (points - from_.mean(axis=0)) @ turn.T + to.mean(axis=0))


def _facing(vertices: Float64, skin: Int64) -> Int64:
    """Triangles that do not look backward: landmarks lie on the outside, not in nostrils or behind lips."""
    a, b, c = (vertices[skin[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    return np.ascontiguousarray(skin[normals[:, 2] > -0.2 * np.linalg.norm(normals, axis=1)])
