"""What is in the file of a `dyntet` avatar beside card and mesh, and whether it fits together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar_file import Arrays, Container
from talkwire.runtime.avatar_mesh import (
    MESH_MEMBER,
    MESH_TENSORS,
    mesh_misfits,
    not_finite,
    pack_shapes,
    refuse_misfits,
    texture_of,
    unpack_shapes,
)
from talkwire.runtime.texture_file import LARGEST_TEXTURE_PX, texture_size
from talkwire.runtime.types import Float32

LONGEST_WINDOW: Final = 64
HARMONICS: Final = 9
GEOMETRY, COEFFICIENTS = "geometry.onnx", "coefficients.onnx"
CHANGE, CHANGE_COEFFICIENTS = "change.onnx", "change_coefficients.onnx"
BLOCK: Final = 2
_SHAPES: Final = {"deltas": ("<i2", 3), "scales_m": ("<f4", 1)}
_TENSORS: Final[Mapping[str, Mapping[str, tuple[str, int]]]] = {
    "skin.npz": {"vertex": ("<u4", 1)},
    "basis.npz": {"mean": ("<f4", 2), **_SHAPES},
    "parts.npz": {"neutral": ("<f4", 2), **_SHAPES},
    "shapes.npz": _SHAPES,
}
_COLOURS: Final = {"boxes": ("<u4", 2), "index": ("<u4", 1), "mean": ("<f4", 2), **_SHAPES}
_LIGHT: Final = {"diffuse": ("<f4", 2), "mirror": ("<f4", 2), "shine": ("|u1", 2)}

Members = dict[str, bytes | Mapping[str, npt.NDArray[Any]]]


@dataclass(frozen=True)
class Colours:
    """How the texture changes with the expression: one value for each block of BLOCK x BLOCK texels.

    boxes_bx5: left, top, width, height in the texture, multiples of BLOCK, and how many of their blocks
    change; index_p: those blocks, row * columns + column in their box, box after box.  change: graph, codes
    to what is added to the sRGB of the texture at rest, [N, P, 3].  Or as a basis: mean_px3,
    components_kxpx3 and coefficients, a graph, codes to [N, K].
    """

    boxes_bx5: npt.NDArray[np.uint32]
    index_p: npt.NDArray[np.uint32]
    mean_px3: Float32
    components_kxpx3: Float32
    change: bytes
    coefficients: bytes


@dataclass(frozen=True)
class FilmedLight:
    """The light that the actor was filmed in, so that the head can be shown as it was filmed.

    diffuse_9x3, mirror_9x3: spherical harmonics in camera space.  shine_sxs: uint8, over the texture's UVs.
    """

    diffuse_9x3: Float32
    mirror_9x3: Float32
    shine_sxs: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class DyntetData:
    """skin_vertex_s: [S] uint32, which of the skin's V vertices lies under each of the first S vertices of
    the topology; inner parts follow.  geometry: graph, codes to vertices [N, V, 3].  mean_vx3,
    components_kxvx3, coefficients: the same as a basis, metres.  parts_px3, part_shapes_52xpx3: inner parts
    at rest and their shapes.  shapes_52xnx3: the best linear stand-in for the whole, for formats that know
    nothing else.
    """

    skin_vertex_s: npt.NDArray[np.uint32]
    mean_vx3: Float32
    components_kxvx3: Float32
    parts_px3: Float32
    part_shapes_52xpx3: Float32
    shapes_52xnx3: Float32
    geometry: bytes
    coefficients: bytes
    colours: Colours | None = None
    light: FilmedLight | None = None


def members_of(data: DyntetData) -> Members:
    """What goes into the file."""
    members: Members = {
        "skin.npz": {"vertex": data.skin_vertex_s.astype("<u4")},
        "basis.npz": {"mean": data.mean_vx3.astype("<f4"), **pack_shapes(data.components_kxvx3)},
        "parts.npz": {"neutral": data.parts_px3.astype("<f4"), **pack_shapes(data.part_shapes_52xpx3)},
        "shapes.npz": pack_shapes(data.shapes_52xnx3),
        GEOMETRY: data.geometry,
        COEFFICIENTS: data.coefficients,
    }
    if data.colours is not None:
        colours = data.colours
        members["colours.npz"] = {
            "boxes": colours.boxes_bx5.astype("<u4"),
            "index": colours.index_p.astype("<u4"),
            "mean": colours.mean_px3.astype("<f4"),
            **pack_shapes(colours.components_kxpx3),
        }
        members[CHANGE], members[CHANGE_COEFFICIENTS] = colours.change, colours.coefficients
    if data.light is not None:
        light = data.light
        members["light.npz"] = {
            "diffuse": light.diffuse_9x3.astype("<f4"),
            "mirror": light.mirror_9x3.astype("<f4"),
            "shine": light.shine_sxs,
        }
    return members


def read_data(container: Container) -> tuple[Arrays, int, DyntetData]:
    """The mesh's arrays, the window and the rest. Raises AvatarError when they do not fit each other."""
    there = container.card["members"]
    mesh = container.arrays(MESH_MEMBER, MESH_TENSORS)
    arrays = {name: container.arrays(name, wanted) for name, wanted in _TENSORS.items()}
    colours = container.arrays("colours.npz", _COLOURS) if "colours.npz" in there else None
    light = container.arrays("light.npz", _LIGHT) if "light.npz" in there else None
    window = container.card.get("window")
    refuse_misfits(
        container,
        mesh_misfits(mesh)
        + _misfits(mesh, arrays)
        + _card_misfits(window, container.card.get("names"))
        + (_colour_misfits(colours, texture_size(texture_of(container))) if colours is not None else [])
        + (_light_misfits(light) if light is not None else []),
        "a window, ARKit's 52 names, and arrays of one skin and its parts",
    )
    assert isinstance(window, int)
    data = DyntetData(
        skin_vertex_s=arrays["skin.npz"]["vertex"],
        mean_vx3=arrays["basis.npz"]["mean"],
        components_kxvx3=unpack_shapes(arrays["basis.npz"]),
        parts_px3=arrays["parts.npz"]["neutral"],
        part_shapes_52xpx3=unpack_shapes(arrays["parts.npz"]),
        shapes_52xnx3=unpack_shapes(arrays["shapes.npz"]),
        geometry=container.member(GEOMETRY),
        coefficients=container.member(COEFFICIENTS),
        colours=_read_colours(container, colours) if colours is not None else None,
        light=FilmedLight(light["diffuse"], light["mirror"], light["shine"]) if light is not None else None,
    )
    return mesh, window, data


def _read_colours(container: Container, arrays: Arrays) -> Colours:
    return Colours(
        arrays["boxes"],
        arrays["index"],
        arrays["mean"],
        unpack_shapes(arrays),
        container.member(CHANGE),
        container.member(CHANGE_COEFFICIENTS),
    )


def _misfits(mesh: Arrays, arrays: Mapping[str, Arrays]) -> list[str]:
    """What is wrong with the arrays beyond the mesh's own."""
    vertex, basis, parts = arrays["skin.npz"]["vertex"], arrays["basis.npz"], arrays["parts.npz"]
    shapes, k52 = arrays["shapes.npz"], len(ARKIT_NAMES)
    n, v, p, k = len(mesh["neutral"]), len(basis["mean"]), len(parts["neutral"]), len(basis["deltas"])
    wrong = _misshapen(
        {
            "mean": (basis["mean"], (v, 3)),
            "components": (basis["deltas"], (k, v, 3)),
            "scales of components": (basis["scales_m"], (k,)),
            "parts": (parts["neutral"], (p, 3)),
            "shapes of parts": (parts["deltas"], (k52, p, 3)),
            "scales of parts": (parts["scales_m"], (k52,)),
            "shapes": (shapes["deltas"], (k52, n, 3)),
            "scales of shapes": (shapes["scales_m"], (k52,)),
            "skin and parts": (mesh["neutral"], (len(vertex) + p, 3)),
        }
    )
    wrong += [f"skin vertices past {v}"] if (vertex >= v).any() else []
    return wrong + [
        complaint
        for some, names in (
            (basis, ("mean", "scales_m")),
            (parts, ("neutral", "scales_m")),
            (shapes, ("scales_m",)),
        )
        for complaint in not_finite(some, *names)
    ]


def _card_misfits(window: Any, names: Any) -> list[str]:
    wrong = []
    if isinstance(window, bool) or not isinstance(window, int) or not 1 <= window <= LONGEST_WINDOW:
        wrong.append(f"a window of {window!r}")
    if names != list(ARKIT_NAMES):
        wrong.append("names that are not ARKit's")
    return wrong


def _colour_misfits(arrays: Arrays, texture: tuple[int, int]) -> list[str]:
    boxes, index, p, k = arrays["boxes"], arrays["index"], len(arrays["mean"]), len(arrays["deltas"])
    wrong = _misshapen(
        {
            "colour boxes": (boxes, (len(boxes), 5)),
            "blocks": (index, (p,)),
            "mean colours": (arrays["mean"], (p, 3)),
            "colour components": (arrays["deltas"], (k, p, 3)),
            "scales of colours": (arrays["scales_m"], (k,)),
        }
    )
    if wrong:
        return wrong
    sizes = boxes.astype(np.int64)
    reach = (sizes[:, :2] + sizes[:, 2:4]).max(axis=0, initial=0)
    if sizes[:, 4].sum() != p or (reach > texture).any() or (sizes[:, :4] % BLOCK).any():
        return [f"colour boxes for {sizes[:, 4].sum()} blocks within {reach[0]} x {reach[1]} pixels"]
    blocks = sizes[:, 2] * sizes[:, 3] // BLOCK**2
    if (index >= np.repeat(blocks, sizes[:, 4])).any():
        return ["blocks of colour outside of their box"]
    return not_finite(arrays, "mean", "scales_m")


def _light_misfits(arrays: Arrays) -> list[str]:
    shine = arrays["shine"]
    side = min(max(shine.shape, default=0), LARGEST_TEXTURE_PX)
    return _misshapen(
        {
            "diffuse light": (arrays["diffuse"], (HARMONICS, 3)),
            "mirrored light": (arrays["mirror"], (HARMONICS, 3)),
            "shine": (shine, (side, side)),
        }
    ) + not_finite(arrays, "diffuse", "mirror")


def _misshapen(arrays: Mapping[str, tuple[npt.NDArray[Any], tuple[int, ...]]]) -> list[str]:
    return [f"{name} {list(a.shape)}" for name, (a, shape) in arrays.items() if a.shape != shape]
