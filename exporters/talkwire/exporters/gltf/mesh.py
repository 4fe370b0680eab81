"""A head as glTF primitives: one per part, each with its own vertices, materials and morph targets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.exporters.gltf.buffers import (
    TRIANGLES,
    VERTEX_BONES,
    VERTEX_VEC2,
    VERTEX_VEC3,
    Buffer,
    any_of_three,
)
from talkwire.runtime.mesh import vertex_normals
from talkwire.runtime.types import Float32, Part, Topology

UNSEEN_TURN: Final = 2e-3  # of a unit normal: 0.1 degrees
_SHEETS: Final = {"brows", "lashes", "hair", "lining", "cloth"}  # open surfaces: both sides must show
_NEUTRAL_SPECULAR: Final = 0.5  # 4 % reflection at normal incidence: glTF's own default


@dataclass(frozen=True, slots=True)
class Material:
    """The look of a part in glTF's metallic-roughness model."""

    name: str
    roughness: float
    double_sided: bool
    extensions: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Primitive:
    """Accessor indices of a part. vertices_p: which of the head's vertices, in the part's own order.

    lookup: a second UV set.
    """

    vertices_p: npt.NDArray[np.intp]
    material: int
    triangles: int
    positions: int
    normals: int
    uvs: int
    position_deltas: list[int]
    normal_deltas: list[int]
    joints: int | None = None
    joint_weights: int | None = None
    lookup: int | None = None


def materials_of(topology: Topology) -> list[Material]:
    """One material per part."""
    return [
        Material(part.name, part.roughness, part.name in _SHEETS, _specular(part.specular))
        for part in topology.parts
    ]


def primitives_of(
    topology: Topology,
    deltas_kxvx3: Float32,
    buffer: Buffer,
    *,
    turns_kxvx3: Float32 | None = None,
    joint: int | None = None,
) -> list[Primitive]:
    """Fill the buffer with every part.

    Parts keep vertices of their own, so that a viewer which gives each primitive its own morph texture
    does not carry the whole head for every eyelash.  deltas_kxvx3: [K, V, 3] metres.  turns_kxvx3: changes of
    normals, those at full weight by default.  joint: which of a skin's joints moves all parts.

    Normals morph too, for nearly twice the bytes: Blender works them out by itself, but engines and
    browsers do not, and there closed lids stay lit like open ones and moving lips show hard creases.
    """
    base = vertex_normals(topology.neutral_vx3, topology.triangles_tx3, topology.weld_v)
    bare = [_primitive(topology, part, i, base, joint, buffer) for i, part in enumerate(topology.parts)]
    turns = normal_deltas_of(topology, deltas_kxvx3, base) if turns_kxvx3 is None else turns_kxvx3
    return with_targets(bare, deltas_kxvx3, turns, buffer)


def with_targets(
    primitives: list[Primitive], deltas_kxvx3: Float32, turns_kxvx3: Float32, buffer: Buffer
) -> list[Primitive]:
    """The same with further morph targets after those that they have."""
    return [
        replace(
            one,
            position_deltas=one.position_deltas
            + [buffer.add_delta(delta[one.vertices_p], bounds=True) for delta in deltas_kxvx3],
            normal_deltas=one.normal_deltas
            + [buffer.add_delta(turn[one.vertices_p], bounds=False) for turn in turns_kxvx3],
        )
        for one in primitives
    ]


def normal_deltas_of(topology: Topology, deltas_kxvx3: Float32, base_vx3: Float32) -> Float32:
    """[K, V, 3]: the normals of each shape at full weight less those at rest.

    Only triangles around what a shape moves are looked at; changes too small to shade otherwise are
    set to zero, which keeps the sparse accessors small.
    """
    weld_v = topology.weld_v
    corners_tx3 = weld_v[topology.triangles_tx3]
    out = np.zeros_like(deltas_kxvx3)
    change_vx3 = np.zeros_like(base_vx3)
    for k, delta in enumerate(deltas_kxvx3):
        moved_v, turned_v = np.zeros((2, topology.vertex_count), bool)
        moved_v[weld_v[any_of_three(delta)]] = True
        turned_v[corners_tx3[any_of_three(moved_v[corners_tx3])]] = True
        around, corners = np.unique(corners_tx3[any_of_three(turned_v[corners_tx3])], return_inverse=True)
        if not len(around):
            continue
        shaped = topology.neutral_vx3[around] + delta[around]
        alone = np.arange(len(around), dtype=np.uint32)
        change = vertex_normals(shaped, corners.reshape(-1, 3).astype(np.uint32), alone) - base_vx3[around]
        change_vx3[around] = np.where(any_of_three(np.abs(change) > UNSEEN_TURN)[:, None], change, 0)
        turned = np.flatnonzero(turned_v[weld_v])
        out[k, turned] = change_vx3[weld_v[turned]]
    return out


def _primitive(
    topology: Topology, part: Part, material: int, base_vx3: Float32, joint: int | None, buffer: Buffer
) -> Primitive:
    run = slice(part.first_triangle, part.first_triangle + part.triangle_count)
    used, corners = np.unique(topology.triangles_tx3[run], return_inverse=True)
    small = len(used) <= 0xFFFF  # 0xFFFF itself is the restart index, which glTF does not allow
    triangles = corners.reshape(-1).astype(np.uint16 if small else np.uint32)
    bones_px4 = np.zeros((len(used), 4), np.uint8)
    held_px4 = bones_px4 + np.array([0xFF, 0, 0, 0], np.uint8)
    bones_px4[:, 0] = joint or 0
    return Primitive(
        vertices_p=used.astype(np.intp),
        material=material,
        triangles=buffer.add(triangles, TRIANGLES),
        positions=buffer.add(topology.neutral_vx3[used], VERTEX_VEC3, bounds=True),
        normals=buffer.add(base_vx3[used], VERTEX_VEC3),
        uvs=buffer.add(topology.uvs_vx2[used], VERTEX_VEC2),
        position_deltas=[],
        normal_deltas=[],
        joints=None if joint is None else buffer.add(bones_px4, VERTEX_BONES),
        joint_weights=None if joint is None else buffer.add(held_px4, VERTEX_BONES, normalized=True),
    )


def _specular(specular: float) -> dict[str, Any]:
    """KHR_materials_specular for a part whose reflection is not the default 4 %.

    Part.specular scales 8 % reflection; the extension scales 4 % by a factor up to 1 and a colour that
    may go beyond.
    """
    if specular == _NEUTRAL_SPECULAR:
        return {}
    scale = specular / _NEUTRAL_SPECULAR
    body: dict[str, Any] = {"specularFactor": min(scale, 1.0)}
    if scale > 1:
        body["specularColorFactor"] = [scale] * 3
    return {"KHR_materials_specular": body}
