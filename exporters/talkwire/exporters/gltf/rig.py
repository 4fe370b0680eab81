"""What is the same in every file of one avatar: made once in a process, and kept as long as the avatar is."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from talkwire.exporters.gltf.buffers import BIND, Buffer
from talkwire.exporters.gltf.mesh import Primitive, normal_deltas_of, primitives_of, with_targets
from talkwire.exporters.gltf.shapes import SWING, Shapes, shapes_of
from talkwire.exporters.options import HeadPose, Morphs
from talkwire.runtime.avatar import Avatar
from talkwire.runtime.mesh import vertex_normals
from talkwire.runtime.types import Float32, Topology

HEAD_JOINT: Final = 1  # of a skin's joints: the first is the root, which stands still
_BLOCK_FRAMES: Final = 256

_KEPT: Final[MutableMapping[Avatar, dict[tuple[Morphs, HeadPose], Rig]]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Rig:
    """A head that can be animated: targets, and its parts in a buffer, which is to be forked.

    bind: accessor of the joints' inverse bind matrices, where it has a skin.
    """

    topology: Topology
    shapes: Shapes
    buffer: Buffer
    primitives: list[Primitive]
    bind: int | None

    @cached_property
    def reach_k(self) -> npt.NDArray[np.float64]:
        """[K] metres by which each target moves a vertex at most."""
        lengths = np.linalg.norm(self.shapes.deltas_kxvx3, axis=2)
        return np.asarray(lengths.max(axis=1, initial=0), np.float64)

    @cached_property
    def reach_m(self) -> float:
        """How far from the head's origin any vertex ever is, or more."""
        moved_m = np.minimum(SWING * self.shapes.strength_k, 1) * self.reach_k
        return float(np.linalg.norm(self.topology.neutral_vx3, axis=1).max() + moved_m.max(initial=0))

    def largest_motion_m(self, off_nxk: npt.NDArray[np.floating]) -> float:
        """How far the worst vertex is off when the weights are off by this much, in metres."""
        off = off_nxk[np.abs(off_nxk).max(axis=1, initial=0) > 1e-9].astype(np.float32)
        worst = 0.0
        for start in range(0, len(off), _BLOCK_FRAMES):
            moved = off[start : start + _BLOCK_FRAMES] @ self._moving_kx3m
            np.square(moved, out=moved)
            squares = moved[:, 0::3] + moved[:, 1::3]
            squares += moved[:, 2::3]
            worst = max(worst, float(squares.max(initial=0)))
        return float(worst**0.5)

    def with_shapes(self, shapes: Shapes) -> Rig:
        """The same with targets after those that it has; not kept."""
        buffer = self.buffer.fork()
        turns = turns_of(self.topology, shapes, len(self.shapes.names))
        deltas = shapes.deltas_kxvx3[len(self.shapes.names) :]
        primitives = with_targets(self.primitives, deltas, turns, buffer)
        return Rig(self.topology, shapes, buffer, primitives, self.bind)

    @cached_property
    def _moving_kx3m(self) -> Float32:
        """[K, 3 M]: displacements of the vertices that any target moves."""
        deltas = self.shapes.deltas_kxvx3
        moving = np.repeat(deltas.any(axis=(0, 2)), 3)
        return np.ascontiguousarray(deltas.reshape(len(deltas), 3 * deltas.shape[1])[:, moving])


def rig_of(avatar: Avatar, morphs: Morphs, head_pose: HeadPose) -> Rig:
    """The avatar's. Raises ExportError when it has no shapes."""
    kept, choice = _KEPT.setdefault(avatar, {}), (morphs, head_pose)
    if choice not in kept or kept[choice].topology is not avatar.topology:
        kept[choice] = _made(avatar.topology, shapes_of(avatar, morphs), head_pose)
    return kept[choice]


def _made(topology: Topology, shapes: Shapes, head_pose: HeadPose) -> Rig:
    buffer, bind = Buffer(), None
    joint = HEAD_JOINT if head_pose is HeadPose.baked else None
    turns = turns_of(topology, shapes, 0)
    primitives = primitives_of(topology, shapes.deltas_kxvx3, buffer, turns_kxvx3=turns, joint=joint)
    if joint is not None:
        bind = buffer.add(np.tile(np.eye(4, dtype=np.float32).reshape(1, 16), (HEAD_JOINT + 1, 1)), BIND)
    return Rig(topology, shapes, buffer, primitives, bind)


def turns_of(topology: Topology, shapes: Shapes, first: int) -> Float32:
    """[k, V, 3] changes of normals by the targets from `first` on, each at as much of it as a face shows."""
    base = vertex_normals(topology.neutral_vx3, topology.triangles_tx3, topology.weld_v)
    strength = shapes.strength_k[first:, None, None]
    turns = normal_deltas_of(topology, shapes.deltas_kxvx3[first:] * strength, base)
    turns /= np.where(strength > 0, strength, 1)
    for swing in shapes.swings:
        if swing.start >= first:
            turns[swing.stop - first] = -0.5 * turns[swing.start - first : swing.stop - first].sum(axis=0)
    return turns
