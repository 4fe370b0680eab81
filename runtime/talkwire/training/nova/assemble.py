"""Patches to one mesh: triangles, one atlas, vertices split where UVs are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.types import Float32, Part
from talkwire.training.nova.patch import Patch
from talkwire.training.nova.source import Float64, Ints

# part -> roughness, specular
LOOKS: Final = {
    "skin": (0.60, 0.32),
    "lining": (0.95, 0.03),
    "eyes": (0.12, 0.6),
    "teeth": (0.25, 0.5),
    "tongue": (0.35, 0.5),
    "lashes": (0.8, 0.1),
    "hair": (0.45, 0.5),
    "cloth": (0.95, 0.1),
}


@dataclass(frozen=True)
class Mesh:
    """As in `types.Topology`, v of the UVs downward; deltas_kxvx3: [52, V, 3] metres."""

    positions_vx3: Float32
    triangles_tx3: npt.NDArray[np.uint32]
    uvs_vx2: Float32
    weld_v: npt.NDArray[np.uint32]
    deltas_kxvx3: Float32
    parts: tuple[Part, ...]

    def triangles_of(self, name: str) -> npt.NDArray[np.uint32]:
        """[t, 3] of a part."""
        part = next(part for part in self.parts if part.name == name)
        return self.triangles_tx3[part.first_triangle : part.first_triangle + part.triangle_count]


def assemble(patches: list[Patch]) -> Mesh:
    """Join patches whose UVs are in the atlas already (v upward); those of one part are neighbours."""
    positions, uvs, deltas, triangles = [], [], [], []
    parts: list[Part] = []
    vertices = count = 0
    for patch in sorted(patches, key=lambda patch: list(LOOKS).index(patch.part)):
        pairs, corner = corners(patch)
        position, uv = pairs[:, 0], pairs[:, 1]
        positions.append(patch.positions_vx3[position])
        uvs.append(patch.uvs_ux2[uv])
        moved = np.zeros((len(ARKIT_NAMES), len(pairs), 3))
        for name, shape in patch.shapes.items():
            moved[ARKIT_NAMES.index(name)] = shape[position]
        deltas.append(moved)
        split = _triangles(corner, patch.positions_vx3[position])
        triangles.append(vertices + split)
        vertices += len(pairs)
        if parts and parts[-1].name == patch.part:
            last = parts.pop()
            parts.append(
                Part(patch.part, last.first_triangle, last.triangle_count + len(split), *LOOKS[patch.part])
            )
        else:
            parts.append(Part(patch.part, count, len(split), *LOOKS[patch.part]))
        count += len(split)
    uv = np.concatenate(uvs)
    points = np.concatenate(positions).astype(np.float32)
    _, first, same = np.unique(points, axis=0, return_index=True, return_inverse=True)
    return Mesh(
        points,
        np.concatenate(triangles).astype(np.uint32),
        np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1).astype(np.float32),
        first[same].astype(np.uint32),
        np.concatenate(deltas, axis=1).astype(np.float32),
        tuple(parts),
    )


def corners(patch: Patch) -> tuple[Ints, Ints]:
    """Vertices once split at UV seams: [n, 2] position and UV of each, and quads [Q, 4] into them."""
    pairs = np.stack([patch.quads_qx4.ravel(), patch.quad_uvs_qx4.ravel()], axis=1)
    unique, corner = np.unique(pairs, axis=0, return_inverse=True)
    return unique, corner.reshape(-1, 4)


def _triangles(quads: Ints, points: Float64) -> Ints:
    """Each quad cut along its shorter diagonal; what has no area is dropped."""
    a, b, c, d = (points[quads[:, i]] for i in range(4))
    swap = np.linalg.norm(a - c, axis=1) > np.linalg.norm(b - d, axis=1)
    quads = np.where(swap[:, None], np.roll(quads, -1, axis=1), quads)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    corners = points[triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    return np.asarray(triangles[area > 1e-12])
