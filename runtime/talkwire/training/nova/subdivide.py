"""Catmull-Clark subdivision of an open quad mesh.

Source: Catmull and Clark, "Recursively generated B-spline surfaces on arbitrary topological meshes"
(1978); boundary edges by the cubic B-spline rule.
"""

from __future__ import annotations

import numpy as np

from talkwire.training.nova.source import Float64, Ints


def subdivide(points: Float64, quads: Ints) -> tuple[Float64, Ints]:
    """[V, 3] and [Q, 4] to the next level: about 4 Q quads."""
    count = len(points)
    edges = np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    unique, edge_of, uses = np.unique(edges, axis=0, return_inverse=True, return_counts=True)
    edge_of = edge_of.reshape(-1, 4)
    face_points = points[quads].mean(axis=1)
    middles = points[unique].mean(axis=1)
    around = np.zeros((len(unique), 3))
    np.add.at(around, edge_of.ravel(), np.repeat(face_points, 4, axis=0))
    border = uses == 1
    edge_points = np.where(border[:, None], middles, (middles + around / np.maximum(uses, 1)[:, None]) / 2)

    faces_at = np.bincount(quads.ravel(), minlength=count)[:, None]
    face_mean = np.zeros((count, 3))
    np.add.at(face_mean, quads.ravel(), np.repeat(face_points, 4, axis=0))
    face_mean /= np.maximum(faces_at, 1)
    edge_mean, edges_at = np.zeros((count, 3)), np.bincount(unique.ravel(), minlength=count)[:, None]
    np.add.at(edge_mean, unique.ravel(), np.repeat(middles, 2, axis=0))
    edge_mean /= np.maximum(edges_at, 1)
    n = np.maximum(faces_at, 1)
    inner = (face_mean + 2 * edge_mean + (n - 3) * points) / n
    rim, rim_sum = np.bincount(unique[border].ravel(), minlength=count)[:, None], np.zeros((count, 3))
    np.add.at(rim_sum, unique[border].ravel(), np.repeat(middles[border], 2, axis=0))
    vertex_points = np.where(rim > 0, points / 2 + rim_sum / np.maximum(rim, 1) / 2, inner)

    e, f = count + edge_of, count + len(unique) + np.arange(len(quads))
    corners = [np.stack([quads[:, i], e[:, i], f, e[:, i - 1]], axis=1) for i in range(4)]
    return np.concatenate([vertex_points, edge_points, face_points]), np.concatenate(corners)
