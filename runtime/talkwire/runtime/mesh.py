"""Geometry every consumer of a head needs: smooth normals over a mesh split at its UV seams."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from talkwire.runtime.types import Float32, Uint32


def vertex_normals(vertices_vx3: npt.NDArray[np.floating], triangles_tx3: Uint32, weld_v: Uint32) -> Float32:
    """Smooth unit normals, [V, 3] float32, weighted by triangle area.

    vertices_vx3: [V, 3] metres.  triangles_tx3: [T, 3], counter-clockwise from outside.  weld_v: [V],
    as in `types.Topology`: vertices welded to one place share one normal, so UV seams stay invisible.
    A vertex of no triangle, or only of triangles without area, gets +Z.
    """
    corners_tx3 = weld_v[triangles_tx3]
    a, b, c = (np.take(vertices_vx3, corners_tx3[:, k], axis=0) for k in range(3))
    faces_tx3 = np.cross(b - a, c - a)
    index = corners_tx3.T.ravel()
    sums = np.empty((len(vertices_vx3), 3))
    for axis in range(3):
        sums[:, axis] = np.bincount(index, np.tile(faces_tx3[:, axis], 3), minlength=len(vertices_vx3))
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    flat = length[:, 0] < 1e-20
    sums[flat] = (0.0, 0.0, 1.0)
    length[flat] = 1.0
    normals: Float32 = (sums / length)[weld_v].astype(np.float32)
    return normals


def rotation_matrix(quaternion_xyzw: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """[3, 3] rotation of a quaternion xyzw, which is normalised first; the zero quaternion is no rotation."""
    q = np.asarray(quaternion_xyzw, np.float64)
    norm = np.linalg.norm(q)
    x, y, z, w = q / norm if norm > 1e-12 else (0.0, 0.0, 0.0, 1.0)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
