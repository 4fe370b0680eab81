"""The avatar kind `dyntet`: skin by a network on a fixed mesh, inner parts by ARKit's shapes.

Source: Zhang et al., "Learning Dynamic Tetrahedra for High-Quality Talking Head Synthesis" (CVPR 2024). The
field that the mesh came from does not depend on the expression, so it is not here any more: what is left is
a network at the places of its vertices (`network`), or a mean and K components with coefficients
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
from talkwire.runtime.avatar_file import Container, write_container
from talkwire.runtime.avatar_mesh import mesh_members, parts_card, read_topology
from talkwire.runtime.dyntet_file import (
    BLOCK,
    CHANGE,
    CHANGE_COEFFICIENTS,
    COEFFICIENTS,
    GEOMETRY,
    Colours,
    DyntetData,
    members_of,
    read_data,
)
from talkwire.runtime.engine import Engine
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import AvatarError
from talkwire.runtime.types import Float32, TexturePatch, Topology

Mode = Literal["basis", "network"]


class DyntetAvatar:
    """A head learned from a video. mode: which of the two ways skin and colours are computed."""

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
        """figures: what was measured when it was made; part of the card."""
        self.card, self.topology, self.window, self.figures = card, topology, window, figures
        self.data = data
        self.mode: Mode = mode
        self._components = _flat(data.components_kxvx3)
        self._part_shapes = _flat(data.part_shapes_52xpx3)

    @property
    def deltas_kxvx3(self) -> Float32:
        """[52, N, 3] metres: ARKit's shapes, as far as a sum of shapes can stand for the network."""
        return self.data.shapes_52xnx3

    @property
    def graphs(self) -> dict[str, bytes]:
        """Its networks as ONNX files, by name."""
        data, colours = self.data, self.data.colours
        graphs = {GEOMETRY: data.geometry, COEFFICIENTS: data.coefficients}
        if colours is not None:
            graphs |= {CHANGE: colours.change, CHANGE_COEFFICIENTS: colours.coefficients}
        return {f"{self.card.name}_{Path(file).stem}": graph for file, graph in graphs.items()}

    def vertices(self, weights_wx52: Float32) -> Float32:
        """[N, 3] float32 metres in head space."""
        data, codes = self.data, self._codes(weights_wx52)
        if self.mode == "network":
            skin = self._run(self._geometry, codes, "vertices", data.mean_vx3.shape)
        else:
            skin = data.mean_vx3 + (self.coefficients(weights_wx52) @ self._components).reshape(-1, 3)
        parts = data.parts_px3.reshape(-1) + codes[0, :, -1] @ self._part_shapes
        return np.concatenate([skin[data.skin_vertex_s], parts.reshape(-1, 3)])

    def coefficients(self, weights_wx52: Float32) -> Float32:
        """[K] of the basis: all that a reader who has the components needs."""
        codes = self._codes(weights_wx52)
        return self._run(self._coefficients, codes, "coefficients", (len(self._components),))

    def texture_patches(self, weights_wx52: Float32) -> tuple[TexturePatch, ...]:
        """Mouth and eyes as they are under this expression; none where the texture does not change."""
        colours = self.data.colours
        if colours is None:
            return ()
        codes = self._codes(weights_wx52)
        if self.mode == "network":
            change = self._run(self._change, codes, "change", colours.mean_px3.shape)
        else:
            size = len(colours.components_kxpx3)
            weights = self._run(self._change_coefficients, codes, "coefficients", (size,))
            change = colours.mean_px3 + (weights @ _flat(colours.components_kxpx3)).reshape(-1, 3)
        starts = np.cumsum(colours.boxes_bx5[:, 4])[:-1]
        return tuple(
            box.changed(some) for box, some in zip(self._boxes, np.split(change, starts), strict=True)
        )

    def save(self, path: Path) -> None:
        """Write the avatar file."""
        card = {
            **asdict(self.card),
            "units": "m",
            "names": list(ARKIT_NAMES),
            "window": self.window,
            "parts": parts_card(self.topology),
            "figures": dict(self.figures),
        }
        write_container(path, card, {**mesh_members(self.topology), **members_of(self.data)})

    @classmethod
    def load(cls, container: Container) -> DyntetAvatar:
        """Build from a checked container. Raises AvatarError when its arrays do not fit each other."""
        mesh, window, data = read_data(container)
        figures = container.card.get("figures")
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

    def _run(self, engine: Engine, codes: Float32, output: str, shape: tuple[int, ...]) -> Float32:
        values: Float32 = engine.run({"codes": codes})[output][0]
        if values.shape != shape:
            raise AvatarError(
                f"the networks of {self.card.name} do not fit its mesh",
                seen=f"{output} {list(values.shape)}",
                wanted=list(shape),
                cure="make the avatar again",
            )
        return values

    @cached_property
    def _geometry(self) -> Engine:
        return OnnxEngine(self.data.geometry, name=GEOMETRY)

    @cached_property
    def _coefficients(self) -> Engine:
        return OnnxEngine(self.data.coefficients, name=COEFFICIENTS)

    @cached_property
    def _change(self) -> Engine:
        assert self.data.colours is not None
        return OnnxEngine(self.data.colours.change, name=CHANGE)

    @cached_property
    def _change_coefficients(self) -> Engine:
        assert self.data.colours is not None
        return OnnxEngine(self.data.colours.coefficients, name=CHANGE_COEFFICIENTS)

    @cached_property
    def _boxes(self) -> list[_Box]:
        assert self.data.colours is not None
        colours: Colours = self.data.colours
        with Image.open(io.BytesIO(self.topology.texture)) as image:
            whole = np.asarray(image.convert("RGB"))
        insides = np.split(colours.index_p, np.cumsum(colours.boxes_bx5[:, 4])[:-1])
        return [
            _Box(int(x), int(y), whole[y : y + height, x : x + width], inside)
            for (x, y, width, height, _), inside in zip(colours.boxes_bx5, insides, strict=True)
        ]


@dataclass(frozen=True)
class _Box:
    """A rectangle of the texture at rest, [h, w, 3], and which of its blocks change."""

    left: int
    top: int
    still_hxwx3: npt.NDArray[np.uint8]
    inside: npt.NDArray[np.uint32]

    def changed(self, change_px3: Float32) -> TexturePatch:
        height, width = (side // BLOCK for side in self.still_hxwx3.shape[:2])
        blocks = np.zeros((height * width, 3), np.float32)
        blocks[self.inside] = change_px3
        smooth = _doubled(_doubled(blocks.reshape(height, width, 3)).swapaxes(0, 1)).swapaxes(0, 1)
        levels = np.rint(self.still_hxwx3 + smooth * 255)
        return TexturePatch(self.left, self.top, np.clip(levels, 0, 255).astype(np.uint8))


def _doubled(values: Float32) -> Float32:
    """Twice the rows: linear between the middles of the old ones."""
    above, below = np.concatenate([values[:1], values[:-1]]), np.concatenate([values[1:], values[-1:]])
    out = np.empty((BLOCK * len(values), *values.shape[1:]), np.float32)
    out[0::BLOCK], out[1::BLOCK] = 0.25 * above + 0.75 * values, 0.75 * values + 0.25 * below
    return out


def _flat(components: Float32) -> Float32:
    return np.ascontiguousarray(components.reshape(len(components), -1))
