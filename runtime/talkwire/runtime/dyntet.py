"""The avatar kind `dyntet`: skin by a network on a fixed mesh, inner parts by ARKit's shapes.

Source: Zhang et al., "Learning Dynamic Tetrahedra for High-Quality Talking Head Synthesis" (CVPR 2024). The
field that the mesh came from does not depend on the expression, so it is not here any more: what is left is
a network on the grid points that carry the mesh (`network`), or a mean and K components with coefficients
that the network gives at a few of them (`basis`). Both are in the file, with the difference measured.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

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
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import AvatarError
from talkwire.runtime.types import Float32, TexturePatch, Topology

Mode = Literal["basis", "network"]

LONGEST_WINDOW: Final = 64
LARGEST_TEXTURE_PX: Final = 8192
_SHAPES: Final = {"deltas": ("<i2", 3), "scales_m": ("<f4", 1)}
_TENSORS: Final[Mapping[str, Mapping[str, tuple[str, int]]]] = {
    "skin.npz": {"vertex": ("<u4", 1)},
    "basis.npz": {"mean": ("<f4", 2), **_SHAPES},
    "parts.npz": {"neutral": ("<f4", 2), **_SHAPES},
    "shapes.npz": _SHAPES,
    "patch.npz": {"index": ("<u4", 1), "boxes": ("<u4", 2)},
}
GEOMETRY, COEFFICIENTS, PATCH = "geometry.onnx", "coefficients.onnx", "patch.onnx"


@dataclass(frozen=True)
class DyntetData:
    """Everything in the file but card and topology.

    skin_vertex_s: [S] uint32, which of the skin's V vertices lies under each of the first S vertices of the
    topology; parts follow.  mean_vx3, components_kxvx3: [V, 3] and [K, V, 3] metres.  parts_px3,
    part_shapes_52xpx3: inner parts at rest and their shapes.  shapes_52xnx3: the best linear stand-in for the
    whole, for formats that know nothing else.  geometry, coefficients, patch: graphs.  patch_boxes_bx5:
    left, top, width, height in the texture, and how many of their pixels the patch graph colours; patch_index_p:
    those pixels, row * width + column in their box, box after box.
    """

    skin_vertex_s: npt.NDArray[np.uint32]
    mean_vx3: Float32
    components_kxvx3: Float32
    parts_px3: Float32
    part_shapes_52xpx3: Float32
    shapes_52xnx3: Float32
    geometry: bytes
    coefficients: bytes
    patch: bytes = b""
    patch_index_p: npt.NDArray[np.uint32] | None = None
    patch_boxes_bx5: npt.NDArray[np.uint32] | None = None


class DyntetAvatar:
    """A head learned from a video. mode: which of the two ways its skin is computed."""

    names: Final = ARKIT_NAMES

    def __init__(
        self,
        card: AvatarCard,
        topology: Topology,
        window: int,
        data: DyntetData,
        figures: Mapping[str, Any],
        mode: Mode = "basis",
    ) -> None:
        """figures: what was measured when it was made; goes into the card."""
        self.card, self.topology, self.window, self.figures = card, topology, window, figures
        self.mode: Mode = mode
        self._data = data
        self._components = np.ascontiguousarray(data.components_kxvx3.reshape(len(data.components_kxvx3), -1))
        self._part_shapes = np.ascontiguousarray(data.part_shapes_52xpx3.reshape(len(ARKIT_NAMES), -1))

    @property
    def deltas_kxvx3(self) -> Float32:
        """[52, N, 3] metres: ARKit's shapes, as far as a sum of shapes can stand for the network."""
        return self._data.shapes_52xnx3

    def vertices(self, weights_wx52: Float32) -> Float32:
        """[N, 3] float32 metres in head space."""
        codes = self._codes(weights_wx52)
        skin = self._by_network(codes) if self.mode == "network" else self._by_basis(codes)
        parts = self._data.parts_px3.reshape(-1) + codes[0, :, -1] @ self._part_shapes
        return np.concatenate([skin[self._data.skin_vertex_s], parts.reshape(-1, 3)])

    def texture_patches(self, weights_wx52: Float32) -> tuple[TexturePatch, ...]:
        """Mouth and eyes as they are under this expression; none where the texture does not change."""
        if self._patch is None:
            return ()
        out = self._patch.run({"codes": self._codes(weights_wx52)})["texels"][0]
        texels = np.rint(self._checked(out, (sum(len(box.inside) for box in self._boxes), 3)) * 255)
        starts = np.cumsum([len(box.inside) for box in self._boxes])[:-1]
        return tuple(
            box.filled(some) for box, some in zip(self._boxes, np.split(texels, starts), strict=True)
        )

    def save(self, path: Path) -> None:
        """Write the avatar file."""
        data = self._data
        members: dict[str, bytes | Mapping[str, npt.NDArray[Any]]] = {
            **mesh_members(self.topology),
            "skin.npz": {"vertex": data.skin_vertex_s.astype("<u4")},
            "basis.npz": {"mean": data.mean_vx3.astype("<f4"), **pack_shapes(data.components_kxvx3)},
            "parts.npz": {"neutral": data.parts_px3.astype("<f4"), **pack_shapes(data.part_shapes_52xpx3)},
            "shapes.npz": pack_shapes(data.shapes_52xnx3),
            GEOMETRY: data.geometry,
            COEFFICIENTS: data.coefficients,
        }
        if data.patch and data.patch_index_p is not None and data.patch_boxes_bx5 is not None:
            members[PATCH] = data.patch
            members["patch.npz"] = {
                "index": data.patch_index_p.astype("<u4"),
                "boxes": data.patch_boxes_bx5.astype("<u4"),
            }
        card = {
            **asdict(self.card),
            "units": "m",
            "names": list(ARKIT_NAMES),
            "window": self.window,
            "parts": parts_card(self.topology),
            "figures": dict(self.figures),
        }
        write_container(path, card, members)

    @classmethod
    def load(cls, container: Container) -> DyntetAvatar:
        """Build from a checked container. Raises AvatarError when its arrays do not fit each other."""
        mesh = container.arrays(MESH_MEMBER, MESH_TENSORS)
        has_patch = PATCH in container.card["members"]
        arrays = {
            name: container.arrays(name, wanted)
            for name, wanted in _TENSORS.items()
            if has_patch or name != "patch.npz"
        }
        window, names = container.card.get("window"), container.card.get("names")
        wrong = mesh_misfits(mesh) + _misfits(mesh, arrays, window, names)
        refuse_misfits(container, wrong, "a window, ARKit's 52 names, and arrays of one skin and its parts")
        patch = arrays.get("patch.npz", {})
        data = DyntetData(
            skin_vertex_s=arrays["skin.npz"]["vertex"],
            mean_vx3=arrays["basis.npz"]["mean"],
            components_kxvx3=unpack_shapes(arrays["basis.npz"]),
            parts_px3=arrays["parts.npz"]["neutral"],
            part_shapes_52xpx3=unpack_shapes(arrays["parts.npz"]),
            shapes_52xnx3=unpack_shapes(arrays["shapes.npz"]),
            geometry=container.member(GEOMETRY),
            coefficients=container.member(COEFFICIENTS),
            patch=container.member(PATCH) if has_patch else b"",
            patch_index_p=patch.get("index"),
            patch_boxes_bx5=patch.get("boxes"),
        )
        figures = container.card.get("figures")
        assert isinstance(window, int)
        return cls(
            read_card(container),
            read_topology(container, mesh),
            window,
            data,
            figures if isinstance(figures, dict) else {},
        )

    def _codes(self, weights_wx52: Float32) -> Float32:
        """[1, 52, W]; what is missing at the front is the first row again."""
        rows = weights_wx52[-self.window :]
        missing = self.window - len(rows)
        if missing:
            rows = np.concatenate([np.repeat(rows[:1], missing, axis=0), rows])
        return np.ascontiguousarray(rows.T[None], np.float32)

    def _by_network(self, codes: Float32) -> Float32:
        return self._checked(self._geometry.run({"codes": codes})["vertices"][0], self._data.mean_vx3.shape)

    def _by_basis(self, codes: Float32) -> Float32:
        found = self._coefficients.run({"codes": codes})["coefficients"][0]
        coefficients = self._checked(found, (len(self._components),))
        return np.asarray(self._data.mean_vx3 + (coefficients @ self._components).reshape(-1, 3), np.float32)

    def _checked(self, values: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
        if values.shape != shape:
            raise AvatarError(
                f"the networks of {self.card.name} do not fit its mesh",
                seen=list(values.shape),
                wanted=list(shape),
                cure="make the avatar again",
            )
        return values

    @cached_property
    def _geometry(self) -> Engine:
        return OnnxEngine(self._data.geometry, name=GEOMETRY)

    @cached_property
    def _coefficients(self) -> Engine:
        return OnnxEngine(self._data.coefficients, name=COEFFICIENTS)

    @cached_property
    def _patch(self) -> Engine | None:
        return OnnxEngine(self._data.patch, name=PATCH) if self._data.patch else None

    @cached_property
    def _boxes(self) -> list[_Box]:
        boxes, index = self._data.patch_boxes_bx5, self._data.patch_index_p
        assert boxes is not None
        assert index is not None
        with Image.open(io.BytesIO(self.topology.texture)) as image:
            whole = np.asarray(image.convert("RGB"))
        starts = np.cumsum(boxes[:, 4])[:-1]
        return [
            _Box(int(x), int(y), whole[y : y + height, x : x + width], inside)
            for (x, y, width, height, _), inside in zip(boxes, np.split(index, starts), strict=True)
        ]


@dataclass(frozen=True)
class _Box:
    """A rectangle of the texture at rest, [h, w, 3], and which of its pixels change."""

    left: int
    top: int
    still_hxwx3: npt.NDArray[np.uint8]
    inside: npt.NDArray[np.uint32]

    def filled(self, texels: npt.NDArray[np.floating]) -> TexturePatch:
        picture = self.still_hxwx3.copy()
        picture.reshape(-1, 3)[self.inside] = texels
        return TexturePatch(self.left, self.top, picture)


def _misfits(mesh: Arrays, arrays: Mapping[str, Arrays], window: Any, names: Any) -> list[str]:
    """What is wrong with the arrays beyond the mesh's own."""
    vertex, basis, parts = arrays["skin.npz"]["vertex"], arrays["basis.npz"], arrays["parts.npz"]
    shapes = arrays["shapes.npz"]
    count, v, p = len(mesh["neutral"]), len(basis["mean"]), len(parts["neutral"])
    k = len(basis["deltas"])
    wanted = {
        "mean": (basis["mean"], (v, 3)),
        "components": (basis["deltas"], (k, v, 3)),
        "scales of components": (basis["scales_m"], (k,)),
        "parts": (parts["neutral"], (p, 3)),
        "shapes of parts": (parts["deltas"], (len(ARKIT_NAMES), p, 3)),
        "scales of parts": (parts["scales_m"], (len(ARKIT_NAMES),)),
        "shapes": (shapes["deltas"], (len(ARKIT_NAMES), count, 3)),
        "scales of shapes": (shapes["scales_m"], (len(ARKIT_NAMES),)),
        "skin and parts": (mesh["neutral"], (len(vertex) + p, 3)),
    }
    wrong = [f"{name} {list(a.shape)}" for name, (a, shape) in wanted.items() if a.shape != shape]
    wrong += [f"skin vertices past {v}"] if (vertex >= v).any() else []
    wrong += not_finite(basis, "mean", "scales_m") + not_finite(parts, "neutral", "scales_m")
    wrong += not_finite(shapes, "scales_m")
    if isinstance(window, bool) or not isinstance(window, int) or not 1 <= window <= LONGEST_WINDOW:
        wrong.append(f"a window of {window!r}")
    if names != list(ARKIT_NAMES):
        wrong.append("names that are not ARKit's")
    if patch := arrays.get("patch.npz"):
        wrong += _patch_misfits(patch["boxes"], patch["index"])
    return wrong


def _patch_misfits(boxes: npt.NDArray[Any], index: npt.NDArray[Any]) -> list[str]:
    if boxes.shape[1:] != (5,) or int(boxes[:, 4].sum()) != len(index):
        return [f"patch boxes {list(boxes.shape)} for {len(index)} texels"]
    if (boxes[:, :4].astype(np.int64).max(initial=0)) > LARGEST_TEXTURE_PX:
        return [f"a patch box beyond {LARGEST_TEXTURE_PX} pixels"]
    area = np.repeat(boxes[:, 2].astype(np.int64) * boxes[:, 3], boxes[:, 4])
    return ["patch texels outside of their box"] if (index >= area).any() else []
