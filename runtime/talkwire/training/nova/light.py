"""How much of the sky each vertex sees: ambient occlusion for the texture."""

from __future__ import annotations

from typing import Final

import numpy as np

from talkwire.training.nova.source import Float64, Ints

DIRECTIONS: Final = 96
SAMPLES: Final = 400_000  # points strewn over the mesh: a few for each pixel of a depth picture
MAP_PX: Final = 160
OFFSET_M: Final = 0.004  # looked at from this far above the skin, or every slope would shade itself


def openness(points: Float64, triangles: Ints, normals: Float64, rng: np.random.Generator) -> Float64:
    """[V] in 0..1: the share of the cosine-weighted sky over a vertex that the mesh does not hide.

    From each of many directions the mesh is drawn as a depth picture; a vertex behind it is hidden.
    """
    strewn, above = _strew(points, triangles, rng), points + OFFSET_M * normals
    reach = np.linalg.norm(points - points.mean(axis=0), axis=1).max() * 1.02
    seen, sky = np.zeros(len(points)), np.zeros(len(points))
    for direction in _sphere(DIRECTIONS):
        side, up = _across(direction)

        def pixels(at: Float64, side: Float64 = side, up: Float64 = up) -> Ints:
            flat = np.stack([at @ up, at @ side], axis=1) / reach / 2 + 0.5
            row, column = np.clip((flat * MAP_PX).astype(int), 0, MAP_PX - 1).T
            return np.asarray(row * MAP_PX + column)

        centre = points.mean(axis=0)
        depth = np.full(MAP_PX * MAP_PX, -np.inf)
        np.maximum.at(depth, pixels(strewn - centre), (strewn - centre) @ direction)
        hidden = depth[pixels(above - centre)] > (above - centre) @ direction + OFFSET_M / 4
        weight = np.maximum(0, normals @ direction)
        sky += weight
        seen += weight * ~hidden
    return np.asarray(seen / np.maximum(sky, 1e-9))


def _strew(points: Float64, triangles: Ints, rng: np.random.Generator) -> Float64:
    """[SAMPLES, 3] points spread evenly over the surface."""
    a, b, c = (points[triangles[:, i]] for i in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    chosen = rng.choice(len(triangles), SAMPLES, p=area / area.sum())
    u, v = rng.random((2, SAMPLES, 1))
    fold = u + v > 1
    u, v = np.where(fold, 1 - u, u), np.where(fold, 1 - v, v)
    return np.asarray(a[chosen] + u * (b - a)[chosen] + v * (c - a)[chosen])


def _sphere(count: int) -> Float64:
    """Directions spread evenly (Fibonacci)."""
    i = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * i / count), np.pi * (1 + 5**0.5) * i
    return np.stack([np.sin(polar) * np.cos(turn), np.cos(polar), np.sin(polar) * np.sin(turn)], axis=1)


def _across(direction: Float64) -> tuple[Float64, Float64]:
    side = np.cross([0.0, 1.0, 0.0], direction)
    side /= max(float(np.linalg.norm(side)), 1e-9)
    return side, np.cross(direction, side)
