"""Distances to surfaces, and what is inside of them: the only importer of libigl."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import missing
from talkwire.runtime.mesh import vertex_normals

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Nearest:
    """Of P points. distance_p: to the surface.  face_p: the triangle.  at_px3: the place in it.  shares_px3:
    its barycentric coordinates.
    """

    distance_p: Float64
    face_p: Int64
    at_px3: Float64
    shares_px3: Float64


def nearest(
    points_px3: npt.NDArray[np.floating], vertices_vx3: npt.NDArray[np.floating], triangles_tx3: Int64
) -> Nearest:
    """The nearest place on a surface to each point. Raises MissingDependency without libigl."""
    points, vertices, triangles = _exact(points_px3, vertices_vx3, triangles_tx3)
    squared, face, at = _igl().point_mesh_squared_distance(points, vertices, triangles)
    a, b, c = (np.ascontiguousarray(vertices[triangles[face, k]]) for k in range(3))
    shares = np.clip(_igl().barycentric_coordinates(at, a, b, c), 0, 1)
    return Nearest(np.sqrt(squared), np.asarray(face, np.int64), at, shares)


def winding_number(
    points_px3: npt.NDArray[np.floating], vertices_vx3: npt.NDArray[np.floating], triangles_tx3: Int64
) -> Float64:
    """[P] how often a surface goes round each point: 1 inside, 0 outside, between for an open one (Jacobson
    et al. 2013, Barill et al. 2018).
    """
    points, vertices, triangles = _exact(points_px3, vertices_vx3, triangles_tx3)
    return np.asarray(_igl().fast_winding_number(vertices, triangles, points))


def normals_of(vertices_vx3: npt.NDArray[np.floating], triangles_tx3: Int64) -> Float64:
    """[V, 3] smooth unit normals weighted by area, of a mesh without seams."""
    alone = np.arange(len(vertices_vx3), dtype=np.uint32)
    return np.asarray(vertex_normals(vertices_vx3, triangles_tx3.astype(np.uint32), alone), np.float64)


def _exact(
    points: npt.NDArray[np.floating], vertices: npt.NDArray[np.floating], triangles: Int64
) -> tuple[Float64, Float64, Int64]:
    return (
        np.ascontiguousarray(points, np.float64),
        np.ascontiguousarray(vertices, np.float64),
        np.ascontiguousarray(triangles, np.int64),
    )


def _igl() -> Any:
    try:
        import igl
    except ImportError as absent:
        raise missing("libigl", extra="train", need="measuring surfaces") from absent
    return igl
