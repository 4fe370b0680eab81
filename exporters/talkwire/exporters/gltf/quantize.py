"""Floats as small integers: KHR_mesh_quantization, and what it costs in millimetres.

Source: Khronos registry, KHR_mesh_quantization (types for attributes and for morph targets), and glTF 2.0,
3.6.2.2 and 3.11 (normalized integers; weights may be such without any extension). What is stored how:

- positions and their displacements: int16 on one cubic grid for the whole head, so that seams stay closed,
  which the node of the face, or the skin that moves it, undoes by a uniform scale and a translation;
- normals int16, their changes int8, both normalized. A change beyond 1, of a normal that turns around, has no
  such form: the specification wants floats for that shape, and gets them;
- texture coordinates uint16 where all are in [0, 1], else floats as before;
- weights of an animation uint16 or int16 where all are in [0, 1] or [-1, 1]; times, rotations and
  translations stay floats.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.exporters.gltf.buffers import (
    BIND,
    KEYS,
    VERTEX_BONES,
    VERTEX_VEC2,
    VERTEX_VEC3,
    Buffer,
    Target,
    Use,
)
from talkwire.exporters.gltf.document import Channel, Motion, Place
from talkwire.exporters.gltf.mesh import Primitive
from talkwire.exporters.gltf.order import by_first_use, neighbours_first
from talkwire.exporters.gltf.rig import Rig
from talkwire.runtime.spool import Spool, blocks
from talkwire.runtime.types import Float32

EXTENSION: Final = "KHR_mesh_quantization"
POSITIONS: Final = Use("positions", Target.ARRAY_BUFFER, 8)
NORMALS: Final = Use("normals", Target.ARRAY_BUFFER, 8)
NORMAL_DELTAS: Final = Use("normal changes", Target.ARRAY_BUFFER, 4)
UVS: Final = Use("uvs", Target.ARRAY_BUFFER, 4)

_INT8, _INT16, _UINT16 = (np.iinfo(dtype).max for dtype in (np.int8, np.int16, np.uint16))


def grid_of(neutral_vx3: Float32, deltas_kxvx3: Float32) -> Place:
    """The finest grid on which a head [V, 3] and its shapes [K, V, 3] fit into int16."""
    low, high = (bound(neutral_vx3, axis=0).astype(np.float64) for bound in (np.min, np.max))
    reach_m = max(float((high - low).max()) / 2, float(np.abs(deltas_kxvx3).max(initial=0)), 1e-6)
    return Place(scale=reach_m / _INT16, translation=[float(x) for x in (low + high) / 2])


def bound_m(grid: Place, rig: Rig, largest_k: Float32) -> float:
    """No vertex is further off on this grid while no weight is beyond largest_k [K], in metres."""
    off_v = np.linalg.norm(_rest_off(grid, rig), axis=1)
    for delta, largest in zip(rig.shapes.deltas_kxvx3, largest_k, strict=True):
        if largest:
            off_v += float(largest) * np.linalg.norm(_on_grid(delta, grid) - delta, axis=1)
    weights_off_m = float(rig.reach_k[largest_k > 0].sum()) * 0.5 / _INT16  # all in the same direction
    return float(off_v.max()) + weights_off_m


def measured_m(grid: Place, rig: Rig, curves: Iterable[tuple[Float32, Float32]]) -> float:
    """The same of given weights, [n, K] as they are and as they are stored.

    Those of the keys will do: between keys nothing is further off.
    """
    deltas = rig.shapes.deltas_kxvx3
    exact_kx3v = deltas.reshape(len(deltas), -1)
    grid_kx3v = _on_grid(deltas, grid).reshape(exact_kx3v.shape).astype(np.float32)
    off_kx3v, rest_3v = grid_kx3v - exact_kx3v, _rest_off(grid, rig).reshape(-1).astype(np.float32)
    worst_m = 0.0
    for exact, stored in curves:
        off = exact @ off_kx3v + (stored - exact) @ grid_kx3v + rest_3v
        worst_m = max(worst_m, float(np.linalg.norm(off.reshape(len(off), -1, 3), axis=2).max()))
    return worst_m


def _rest_off(grid: Place, rig: Rig) -> npt.NDArray[np.float64]:
    rest_vx3 = rig.topology.neutral_vx3 - np.array(grid.translation)
    off: npt.NDArray[np.float64] = _on_grid(rest_vx3, grid) - rest_vx3
    return off


def _on_grid(metres: npt.NDArray[Any], grid: Place) -> npt.NDArray[Any]:
    rounded: npt.NDArray[Any] = np.rint(metres / grid.scale) * grid.scale
    return rounded


@dataclass(frozen=True, eq=False)
class Small:
    """A head in integers, in a buffer that is to be forked. bind: as in `Rig`."""

    grid: Place
    buffer: Buffer
    primitives: list[Primitive]
    bind: int | None


def quantized(rig: Rig, *, dense: bool) -> Small:
    """The same head in integers.

    dense: no sparse accessors, triangles in views of their own and everything in an order that suits the
    codecs of meshopt, which make little of what is zero.
    """
    grid, old, new = grid_of(rig.topology.neutral_vx3, rig.shapes.deltas_kxvx3), rig.buffer, Buffer()
    primitives = [_primitive(p, i, old, new, grid, dense) for i, p in enumerate(rig.primitives)]
    bind = None if rig.bind is None else _bind(old.array(rig.bind), grid, new)
    return Small(grid, new, primitives, bind)


def quantized_motion(motion: Motion, index: int, target_count: int, old: Buffer, new: Buffer) -> Motion:
    """A line's keys from one buffer into another, with weights as integers where they allow it."""
    name = f"weights {index}"
    return replace(motion, channels=[_channel(c, old, new, name, target_count) for c in motion.channels])


def _primitive(p: Primitive, index: int, old: Buffer, new: Buffer, grid: Place, dense: bool) -> Primitive:
    triangles = old.array(p.triangles).reshape(-1, 3)
    order = np.arange(old.accessors[p.positions].count)
    if dense:
        triangles, order = _local(triangles, len(order))
    use = Use(f"triangles {index}", Target.ELEMENT_ARRAY_BUFFER, element_bytes=triangles.itemsize)
    rest = old.array(p.positions)[order] - np.array(grid.translation)
    return replace(
        p,
        vertices_p=p.vertices_p[order],
        triangles=new.add(triangles.reshape(-1), use),
        positions=new.add(_rounded(rest / grid.scale, np.int16), POSITIONS, bounds=True),
        normals=new.add(_rounded(old.array(p.normals)[order] * _INT16, np.int16), NORMALS, normalized=True),
        uvs=_uvs(old.array(p.uvs)[order], new),
        position_deltas=[
            new.add_delta(
                _rounded(old.array(delta)[order] / grid.scale, np.int16),
                bounds=True,
                use=POSITIONS,
                dense=dense,
            )
            for delta in p.position_deltas
        ],
        normal_deltas=[_turn(old.array(delta)[order], new, dense) for delta in p.normal_deltas],
        joints=None if p.joints is None else new.add(old.array(p.joints)[order], VERTEX_BONES),
        joint_weights=None
        if p.joint_weights is None
        else new.add(old.array(p.joint_weights)[order], VERTEX_BONES, normalized=True),
    )


def _local(
    triangles_tx3: npt.NDArray[Any], vertex_count: int
) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
    """Triangles by neighbourhood, vertices as these come to them. Returns both, the latter as old ones."""
    walked = triangles_tx3[neighbours_first(triangles_tx3)]
    order = by_first_use(walked, vertex_count)
    rank = np.empty(vertex_count, triangles_tx3.dtype)
    rank[order] = np.arange(vertex_count, dtype=triangles_tx3.dtype)
    return rank[walked], order


def _bind(matrices_jx16: Float32, grid: Place, new: Buffer) -> int:
    """Of a head that a bone moves, the matrices that come before the bone undo the grid."""
    undo = np.diag([grid.scale] * 3 + [1.0])
    undo[:3, 3] = grid.translation
    columns = matrices_jx16.reshape(-1, 4, 4).transpose(0, 2, 1) @ undo
    return new.add(columns.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32), BIND)


def _turn(delta: Float32, new: Buffer, dense: bool) -> int:
    if np.abs(delta).max(initial=0) > 1:
        return new.add_delta(delta, bounds=False, use=VERTEX_VEC3, dense=dense)
    small = _rounded(delta * _INT8, np.int8)
    return new.add_delta(small, bounds=False, use=NORMAL_DELTAS, normalized=True, dense=dense)


def _uvs(uvs: Float32, new: Buffer) -> int:
    if uvs.min(initial=0) < 0 or uvs.max(initial=0) > 1:
        return new.add(uvs, VERTEX_VEC2)
    return new.add(_rounded(uvs * _UINT16, np.uint16), UVS, normalized=True)


def _channel(channel: Channel, old: Buffer, new: Buffer, name: str, count: int) -> Channel:
    times = new.add(old.array(channel.times)[:, 0], KEYS, bounds=True)
    values = old.array(channel.values)
    if channel.path != "weights":
        return replace(channel, times=times, values=new.add(values, KEYS))
    low = min(float(block.min()) for _, block in blocks(values))
    high = max(float(block.max()) for _, block in blocks(values))
    dtype = _unit_type(low, high)
    use = Use(name, element_bytes=count * np.dtype(dtype).itemsize)
    if dtype == np.float32:
        return replace(channel, times=times, values=new.add(values[:, 0], use))
    spool = Spool((), dtype)
    for _, block in blocks(values):
        spool.append(_rounded(block[:, 0] * np.float64(np.iinfo(dtype).max), dtype))
    return replace(channel, times=times, values=new.add(spool.array(), use, normalized=True))


def _unit_type(low: float, high: float) -> type[Any]:
    """The integers that, normalized, hold all from low to high; floats where none do."""
    if low >= 0 and high <= 1:
        return np.uint16
    return np.int16 if low >= -1 and high <= 1 else np.float32


def _rounded(values: npt.NDArray[Any], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    limits = np.iinfo(np.dtype(dtype))
    rounded: npt.NDArray[Any] = np.rint(values).clip(limits.min, limits.max).astype(dtype)
    return rounded
