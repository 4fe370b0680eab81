"""The avatar kind `blendshape`: a neutral head plus a weighted sum of ARKit's named shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar_card import AvatarCard, read_card, read_parts
from talkwire.runtime.avatar_file import Arrays, Container, write_container
from talkwire.runtime.errors import AvatarError
from talkwire.runtime.types import Face, Float32, Topology

MESH_TENSORS: Final = {"neutral": ("<f4", 2), "triangles": ("<u4", 2), "uvs": ("<f4", 2), "weld": ("<u4", 1)}
BASIS_TENSORS: Final = {"deltas": ("<i2", 3), "scales_m": ("<f4", 1)}


class BlendshapeAvatar:
    """A neutral head plus a weighted sum of named shapes.

    deltas_kxvx3: [K, V, 3] float32 metres, one displacement field per name; K names, ARKit's or
    fewer. The sum is one product of a [K] and a [K, 3V] matrix.
    """

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

    def vertices(self, face: Face) -> Float32:
        """[V, 3] float32 metres in head space."""
        moved: Float32 = self._neutral + face.weights[self._columns] @ self._deltas
        return moved.reshape(-1, 3)

    def save(self, path: Path) -> None:
        """Write the avatar file. Shapes are stored as int16 with one scale each."""
        scales_m = np.abs(self.deltas_kxvx3).max(axis=(1, 2)).astype(np.float32) / np.float32(32767)
        steps = self.deltas_kxvx3 / np.maximum(scales_m, np.float32(1e-12))[:, None, None]
        topology = self.topology
        members: dict[str, bytes | Mapping[str, npt.NDArray[Any]]] = {
            "topology.npz": {
                "neutral": topology.neutral_vx3.astype("<f4"),
                "triangles": topology.triangles_tx3.astype("<u4"),
                "uvs": topology.uvs_vx2.astype("<f4"),
                "weld": topology.weld_v.astype("<u4"),
            },
            "basis.npz": {"deltas": np.rint(steps).astype("<i2"), "scales_m": scales_m.astype("<f4")},
            _texture_member(topology.texture): topology.texture,
        }
        parts = [asdict(part) for part in topology.parts]
        card = {**asdict(self.card), "units": "m", "names": list(self.names), "parts": parts}
        write_container(path, card, members)

    @classmethod
    def load(cls, container: Container) -> BlendshapeAvatar:
        """Build from a checked container. Raises AvatarError when the arrays do not fit each other."""
        mesh = container.arrays("topology.npz", MESH_TENSORS)
        basis = container.arrays("basis.npz", BASIS_TENSORS)
        names = container.card.get("names")
        wrong = _misfits(names, mesh, basis)
        if wrong or not isinstance(names, list):
            raise AvatarError(
                f"{container.name} does not fit together",
                seen="; ".join(wrong),
                wanted="names [K], neutral [V,3], triangles [T,3], uvs [V,2], weld [V], deltas [K,V,3]",
                cure="make the avatar again",
            )
        texture = next((m for m in container.card["members"] if m.startswith("texture.")), "texture.png")
        topology = Topology(
            neutral_vx3=mesh["neutral"],
            triangles_tx3=mesh["triangles"],
            uvs_vx2=mesh["uvs"],
            weld_v=mesh["weld"],
            texture=container.member(texture),
            parts=read_parts(container, len(mesh["triangles"])),
        )
        deltas: Float32 = basis["deltas"].astype(np.float32) * basis["scales_m"][:, None, None]
        return cls(read_card(container), topology, tuple(names), deltas)


def _misfits(names: Any, mesh: Arrays, basis: Arrays) -> list[str]:
    v, k = len(mesh["neutral"]), len(basis["deltas"])
    shapes = {
        "neutral": (v, 3),
        "triangles": (len(mesh["triangles"]), 3),
        "uvs": (v, 2),
        "weld": (v,),
        "deltas": (k, v, 3),
        "scales_m": (k,),
    }
    arrays = {**mesh, **basis}
    wrong = [f"{n} {list(arrays[n].shape)}" for n, shape in shapes.items() if arrays[n].shape != shape]
    wrong += [f"{n} with indices past {v}" for n in ("triangles", "weld") if (arrays[n] >= v).any()]
    wrong += [
        f"{n} with values that are not finite"
        for n in ("neutral", "uvs", "scales_m")
        if not np.isfinite(arrays[n]).all()
    ]
    known = [n for n in names if n in ARKIT_NAMES] if isinstance(names, list) else []
    if len(set(known)) != k or known != names:
        wrong.append(f"{k} shapes but {len(set(known))} different ARKit names")
    return wrong


def _texture_member(texture: bytes) -> str:
    magics = {b"\x89PNG": "texture.png", b"\xff\xd8\xff": "texture.jpg", b"RIFF": "texture.webp"}
    for magic, name in magics.items():
        if texture.startswith(magic):
            return name
    raise AvatarError(
        "the texture is of an unknown format", seen=texture[:4], wanted="PNG, JPEG or WebP", cure="convert it"
    )
