"""The mesh and texture members that every kind of avatar file has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.avatar_card import read_parts
from talkwire.runtime.avatar_file import Arrays, Container
from talkwire.runtime.errors import AvatarError
from talkwire.runtime.texture_file import texture_size
from talkwire.runtime.types import Float32, Topology

MESH_MEMBER: Final = "topology.npz"
MESH_TENSORS: Final = {"neutral": ("<f4", 2), "triangles": ("<u4", 2), "uvs": ("<f4", 2), "weld": ("<u4", 1)}
STEPS: Final = 32767  # int16 displacements: this many to the largest of a shape
_MAGICS: Final = {b"\x89PNG": "texture.png", b"\xff\xd8\xff": "texture.jpg", b"RIFF": "texture.webp"}


def mesh_members(topology: Topology) -> dict[str, bytes | Mapping[str, npt.NDArray[Any]]]:
    """What of a topology goes into an avatar file. Raises AvatarError for a texture of no known format."""
    return {
        MESH_MEMBER: {
            "neutral": topology.neutral_vx3.astype("<f4"),
            "triangles": topology.triangles_tx3.astype("<u4"),
            "uvs": topology.uvs_vx2.astype("<f4"),
            "weld": topology.weld_v.astype("<u4"),
        },
        _texture_member(topology.texture): topology.texture,
    }


def parts_card(topology: Topology) -> list[dict[str, Any]]:
    """The parts as the card lists them."""
    return [asdict(part) for part in topology.parts]


def mesh_misfits(mesh: Arrays) -> list[str]:
    """What is wrong with the arrays of MESH_TENSORS, in words; nothing is read before this is empty."""
    v = len(mesh["neutral"])
    shapes = {"neutral": (v, 3), "triangles": (len(mesh["triangles"]), 3), "uvs": (v, 2), "weld": (v,)}
    wrong = [f"{n} {list(mesh[n].shape)}" for n, shape in shapes.items() if mesh[n].shape != shape]
    wrong += [f"{n} with indices past {v}" for n in ("triangles", "weld") if (mesh[n] >= v).any()]
    return wrong + not_finite(mesh, "neutral", "uvs")


def not_finite(arrays: Arrays, *names: str) -> list[str]:
    """A complaint for each of these arrays that holds a NaN or an infinity."""
    return [f"{n} with values that are not finite" for n in names if not np.isfinite(arrays[n]).all()]


def refuse_misfits(container: Container, wrong: list[str], wanted: str) -> None:
    """Raise AvatarError when anything is wrong."""
    if wrong:
        raise AvatarError(
            f"{container.name} does not fit together",
            seen="; ".join(wrong),
            wanted=wanted,
            cure="make the avatar again",
        )


def texture_of(container: Container) -> bytes:
    """The image file in it. Raises AvatarError when there is none."""
    return container.member(
        next((m for m in container.card["members"] if m in _MAGICS.values()), "texture.png")
    )


def read_topology(container: Container, mesh: Arrays) -> Topology:
    """The topology of arrays that fit. Raises AvatarError for parts or a texture that are not there."""
    texture = texture_of(container)
    texture_size(texture)
    return Topology(
        neutral_vx3=mesh["neutral"],
        triangles_tx3=mesh["triangles"],
        uvs_vx2=mesh["uvs"],
        weld_v=mesh["weld"],
        texture=texture,
        parts=read_parts(container, len(mesh["triangles"])),
    )


def pack_shapes(deltas_kxvx3: Float32) -> dict[str, npt.NDArray[Any]]:
    """Displacements as int16 with one scale each: "deltas" and "scales_m"."""
    scales_m = np.abs(deltas_kxvx3).max(axis=(1, 2), initial=0).astype(np.float32) / np.float32(STEPS)
    steps = deltas_kxvx3 / np.maximum(scales_m, np.float32(1e-12))[:, None, None]
    return {"deltas": np.rint(steps).astype("<i2"), "scales_m": scales_m.astype("<f4")}


def unpack_shapes(arrays: Arrays) -> Float32:
    """The inverse, to within half a step of a shape's largest displacement over STEPS."""
    deltas: Float32 = arrays["deltas"].astype(np.float32) * arrays["scales_m"][:, None, None]
    return deltas


def _texture_member(texture: bytes) -> str:
    for magic, name in _MAGICS.items():
        if texture.startswith(magic):
            return name
    raise AvatarError(
        "the texture is of an unknown format", seen=texture[:4], wanted="PNG, JPEG or WebP", cure="convert it"
    )
