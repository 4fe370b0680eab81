"""The avatar kind `blendshape`: a neutral head plus a weighted sum of ARKit's named shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar_card import AvatarCard, read_card
from talkwire.runtime.avatar_file import Arrays, Container, write_container
from talkwire.runtime.avatar_mesh import (
    MESH_MEMBER,
    MESH_TENSORS,
    mesh_members,
    mesh_misfits,
    not_finite,
    pack_shapes,
    parts_card,
    read_topology,
    refuse_misfits,
    unpack_shapes,
)
from talkwire.runtime.engine import Engine
from talkwire.runtime.types import Basis, Block, Float32, Patch, Topology

BASIS_MEMBER: Final = "basis.npz"
BASIS_TENSORS: Final = {"deltas": ("<i2", 3), "scales_m": ("<f4", 1)}


class BlendshapeAvatar:
    """A neutral head plus a weighted sum of named shapes.

    deltas_kxvx3: [K, V, 3] float32 metres, one displacement field per name; K names, ARKit's or
    fewer. The sum is one product of a [K] and a [K, 3V] matrix.
    """

    window: Final = 1
    moves_within: Final = False
    graphs: Final[Mapping[str, bytes]] = {}

    def __init__(
        self, card: AvatarCard, topology: Topology, names: tuple[str, ...], deltas_kxvx3: Float32
    ) -> None:
        self.card = card
        self.topology = topology
        self.names = names
        self.deltas_kxvx3 = deltas_kxvx3
        self._columns = np.array([ARKIT_NAMES.index(name) for name in names], dtype=np.intp)
        self._neutral = np.ascontiguousarray(topology.neutral_vx3.reshape(-1))
        self._deltas = np.ascontiguousarray(deltas_kxvx3.reshape(len(names), -1))

    def use(self, engines: Mapping[str, Engine]) -> None:
        """Nothing: this kind has no networks."""

    def vertices(self, weights_wx52: Float32) -> Float32:
        """[V, 3] float32 metres in head space; only the last row of weights counts."""
        posed: Float32 = self.posed([weights_wx52])[0]
        return posed

    def posed(self, windows: Sequence[Float32]) -> Float32:
        """[N, V, 3] float32 metres: one product for N expressions [w, 52]."""
        weights = np.empty((len(windows), len(self.names)), np.float32)
        for row, weights_wx52 in zip(weights, windows, strict=True):
            row[:] = weights_wx52[-1, self._columns]
        values: Float32 = weights @ self._deltas
        values += self._neutral
        return values.reshape(-1, self.topology.vertex_count, 3)

    def exact(self, windows: Sequence[Float32]) -> Float32:
        """[N, V, 3]: the same; nothing is left out."""
        return self.posed(windows)

    @cached_property
    def basis(self) -> Basis:
        """Its shapes, by ARKit's order; those that it does not have move nothing."""
        shapes = np.zeros((len(ARKIT_NAMES), *self.topology.neutral_vx3.shape), np.float32)
        shapes[self._columns] = self.deltas_kxvx3
        return Basis(self.topology.neutral_vx3, (Block(0, 0, shapes),), own=0, error_m=0.0)

    def coefficients(self, windows: Sequence[Float32]) -> Float32:
        """[N, 0]: the weights are all."""
        return np.zeros((len(windows), 0), np.float32)

    def texture_patches(self, weights_wx52: Float32, life_s: float = 0.0) -> tuple[Patch, ...]:
        """None: this kind's texture stays as it is."""
        return ()

    def painted(self, windows: Sequence[Float32], lives_s: Sequence[float]) -> list[tuple[Patch, ...]]:
        """None of each."""
        return [()] * len(windows)

    def save(self, path: Path) -> None:
        """Write the avatar file. Shapes are stored as int16 with one scale each."""
        card = {
            **asdict(self.card),
            "units": "m",
            "names": list(self.names),
            "parts": parts_card(self.topology),
        }
        write_container(
            path, card, {**mesh_members(self.topology), BASIS_MEMBER: pack_shapes(self.deltas_kxvx3)}
        )

    @classmethod
    def load(cls, container: Container) -> BlendshapeAvatar:
        """Build from a checked container. Raises AvatarError when the arrays do not fit each other."""
        mesh = container.arrays(MESH_MEMBER, MESH_TENSORS)
        basis = container.arrays(BASIS_MEMBER, BASIS_TENSORS)
        names = container.card.get("names")
        refuse_misfits(
            container,
            mesh_misfits(mesh) + _misfits(names, len(mesh["neutral"]), basis),
            "names [K], neutral [V,3], triangles [T,3], uvs [V,2], weld [V], deltas [K,V,3]",
        )
        assert isinstance(names, list)
        return cls(read_card(container), read_topology(container, mesh), tuple(names), unpack_shapes(basis))


def _misfits(names: Any, v: int, basis: Arrays) -> list[str]:
    k = len(basis["deltas"])
    shapes = {"deltas": (k, v, 3), "scales_m": (k,)}
    wrong = [f"{n} {list(basis[n].shape)}" for n, shape in shapes.items() if basis[n].shape != shape]
    wrong += not_finite(basis, "scales_m")
    known = [n for n in names if n in ARKIT_NAMES] if isinstance(names, list) else []
    if len(set(known)) != k or known != names:
        wrong.append(f"{k} shapes but {len(set(known))} different ARKit names")
    return wrong
