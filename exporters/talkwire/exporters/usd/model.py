"""A clip in USD's terms: arrays and names, nothing of the library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from talkwire.exporters.gltf.mesh import materials_of, normal_deltas_of
from talkwire.runtime.mesh import vertex_normals
from talkwire.runtime.types import Float32, Topology

Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Shape:
    """What one blend shape does to one part: offsets of points [M] and of their normals, metres."""

    name: str
    points_m: Int32 = field(repr=False)
    offsets_mx3: Float32 = field(repr=False)
    normals_mx3: Float32 = field(repr=False)


@dataclass(frozen=True)
class Mesh:
    """A part with points of its own. st_px2: USD's, v upward."""

    name: str
    points_px3: Float32 = field(repr=False)
    triangles_tx3: Int32 = field(repr=False)
    normals_px3: Float32 = field(repr=False)
    st_px2: Float32 = field(repr=False)
    shapes: list[Shape] = field(repr=False)
    double_sided: bool
    roughness: float
    ior: float  # of a dielectric that reflects as much head-on


@dataclass(frozen=True)
class Model:
    """All that goes into a stage. weights_nxk: columns as shape_names. Quaternions are xyzw."""

    name: str
    fps: int
    shape_names: list[str]
    meshes: list[Mesh]
    weights_nxk: Float32 = field(repr=False)
    rotations_nx4: Float32 = field(repr=False)
    translations_nx3_m: Float32 = field(repr=False)
    picture: str  # file name of the texture
    sound: str  # and of the voice
    data: dict[str, Any]


def meshes_of(topology: Topology, names: list[str], deltas_kxvx3: Float32) -> list[Mesh]:
    """One mesh per part, each with the shapes that move it.  deltas_kxvx3: [K, V, 3] metres."""
    base = vertex_normals(topology.neutral_vx3, topology.triangles_tx3, topology.weld_v)
    turned = normal_deltas_of(topology, deltas_kxvx3, base)
    meshes = []
    for part, material in zip(topology.parts, materials_of(topology), strict=True):
        run = slice(part.first_triangle, part.first_triangle + part.triangle_count)
        used, corners = np.unique(topology.triangles_tx3[run], return_inverse=True)
        meshes.append(
            Mesh(
                name=part.name,
                points_px3=topology.neutral_vx3[used],
                triangles_tx3=corners.reshape(-1, 3).astype(np.int32),
                normals_px3=base[used],
                st_px2=np.stack([topology.uvs_vx2[used, 0], 1 - topology.uvs_vx2[used, 1]], axis=1),
                shapes=list(_shapes(names, deltas_kxvx3[:, used], turned[:, used])),
                double_sided=material.double_sided,
                roughness=part.roughness,
                ior=_ior(0.08 * part.specular),
            )
        )
    return meshes


def _shapes(names: list[str], deltas_kxpx3: Float32, turned_kxpx3: Float32) -> Iterator[Shape]:
    for name, offsets, normals in zip(names, deltas_kxpx3, turned_kxpx3, strict=True):
        moved = np.flatnonzero(offsets.any(axis=1) | normals.any(axis=1))
        if len(moved):
            yield Shape(name, moved.astype(np.int32), offsets[moved], normals[moved])


def _ior(reflected: float) -> float:
    """The refractive index of what reflects this share of light head-on: Fresnel, ((n - 1) / (n + 1))^2."""
    root = float(reflected**0.5)
    return (1 + root) / (1 - root)
