"""The avatar kind `dyntet`: skin by a network on a fixed mesh, inner parts by ARKit's shapes.

Source: Zhang et al., "Learning Dynamic Tetrahedra for High-Quality Talking Head Synthesis" (CVPR 2024). The
field that the mesh came from does not depend on the expression, so it is not here any more: what is left is
a network at the places of its vertices (`network`), or a mean and K components with coefficients
that the network gives at a few of them (`basis`). Both are in the file, with the difference measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

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
from talkwire.runtime.texture_file import texture_pixels
from talkwire.runtime.types import Basis, Block, Float32, TexturePatch, Topology

Mode = Literal["basis", "network"]


class DyntetAvatar:
    """A head learned from a video. mode: which of the two ways skin and colours are computed."""

    names: Final = ARKIT_NAMES
    moves_within: Final = False

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
        self._engines: dict[str, Engine] = {}

    @property
    def deltas_kxvx3(self) -> Float32:
        """[52, N, 3] metres: ARKit's shapes, as far as a sum of shapes can stand for the network."""
        return self.data.shapes_52xnx3

    @property
    def graphs(self) -> Mapping[str, bytes]:
        """Its networks as ONNX files, by name."""
        return {self._name_of(file): graph for file, graph in self._files.items()}

    def use(self, engines: Mapping[str, Engine]) -> None:
        """Run the networks of these names on these engines from now on."""
        names = {file: self._name_of(file) for file in self._files}
        self._engines |= {file: engines[name] for file, name in names.items() if name in engines}

    def vertices(self, weights_wx52: Float32) -> Float32:
        """[V, 3] float32 metres in head space."""
        posed: Float32 = self.posed([weights_wx52])[0]
        return posed

    def posed(self, windows: Sequence[Float32]) -> Float32:
        """[N, V, 3] float32 metres: of N expressions [w, 52] at once, each within 1e-7 m of itself alone."""
        return self._posed(windows, self.mode)

    def exact(self, windows: Sequence[Float32]) -> Float32:
        """[N, V, 3]: the same by the whole network, whatever the mode."""
        return self._posed(windows, "network")

    def _posed(self, windows: Sequence[Float32], mode: Mode) -> Float32:
        codes, data = self._codes(windows), self.data
        if mode == "network":
            skins = self._run(GEOMETRY, codes, "vertices", data.mean_vx3.shape)
        else:
            skins = (_with_1(self.coefficients(windows)) @ self._skin_basis).reshape(-1, *data.mean_vx3.shape)
        values = np.empty((len(windows), 3 * self.topology.vertex_count), np.float32)
        np.matmul(_with_1(codes[:, :, -1]), self._parts_basis, out=values[:, 3 * len(self._places) :])
        posed = values.reshape(-1, self.topology.vertex_count, 3)
        for vertices, skin in zip(posed[:, : len(self._places)], skins, strict=True):
            np.take(skin, self._places, axis=0, out=vertices, mode="clip")  # four times as fast as to index
        return posed

    def coefficients(self, windows: Sequence[Float32]) -> Float32:
        """[N, K] of the basis: all that a reader who has the components needs."""
        return self._run(
            COEFFICIENTS, self._codes(windows), "coefficients", (len(self.data.components_kxvx3),)
        )

    @cached_property
    def basis(self) -> Basis:
        """Skin by its own coefficients, inner parts by the weights."""
        data, places = self.data, self._places
        skin = Block(0, 0, data.components_kxvx3[:, places])
        parts = Block(len(places), len(data.components_kxvx3), data.part_shapes_52xpx3)
        mean = np.concatenate([data.mean_vx3[places], data.parts_px3])
        figures = self.figures.get("basis")
        error_mm = figures.get("p99_mm") if isinstance(figures, dict) else None
        error_m = error_mm / 1000 if isinstance(error_mm, int | float) and 0 <= error_mm < 1000 else 0.0
        return Basis(mean, (skin, parts), own=len(data.components_kxvx3), error_m=error_m)

    def texture_patches(self, weights_wx52: Float32, life_s: float = 0.0) -> tuple[TexturePatch, ...]:
        """Mouth and eyes as they are under this expression; none where the texture does not change."""
        colours = self.data.colours
        if colours is None:
            return ()
        codes = self._codes([weights_wx52])
        if self.mode == "network":
            levels = self._levels(self._run(CHANGE, codes, "change", colours.mean_px3.shape)[0])
            levels += self._still_levels
        else:
            size = (len(colours.components_kxpx3),)
            levels = (_with_1(self._run(CHANGE_COEFFICIENTS, codes, "coefficients", size)) @ self._texels)[0]
        np.clip(np.rint(levels, out=levels), 0, 255, out=levels)
        sizes = [box.still_hxwx3.size for box in self._boxes]
        pixels = np.split(levels.astype(np.uint8), np.cumsum(sizes)[:-1])
        return tuple(
            TexturePatch(box.left, box.top, some.reshape(box.still_hxwx3.shape))
            for box, some in zip(self._boxes, pixels, strict=True)
        )

    def painted(self, windows: Sequence[Float32], lives_s: Sequence[float]) -> list[tuple[TexturePatch, ...]]:
        """The same of N NPCs, one after another."""
        return [self.texture_patches(window) for window in windows]

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

    def _name_of(self, file: str) -> str:
        return f"{self.card.name}_{Path(file).stem}"

    def _codes(self, windows: Sequence[Float32]) -> Float32:
        """[N, 52, W]; what is missing at the front is the first row again."""
        codes = np.empty((len(windows), len(ARKIT_NAMES), self.window), np.float32)
        for code, weights_wx52 in zip(codes, windows, strict=True):
            known = weights_wx52[-self.window :]
            missing = self.window - len(known)
            code[:, missing:] = known.T
            code[:, :missing] = known[0, :, None]
        return codes

    def _run(self, file: str, codes: Float32, output: str, shape: tuple[int, ...]) -> Float32:
        if file not in self._engines:
            self._engines[file] = OnnxEngine(self._files[file], name=file)
        values: Float32 = self._engines[file].run({"codes": codes})[output]
        if values.shape[1:] != shape:
            raise AvatarError(
                f"the networks of {self.card.name} do not fit its mesh",
                seen=f"{output} {list(values.shape[1:])}",
                wanted=list(shape),
                cure="make the avatar again",
            )
        return values

    @cached_property
    def _files(self) -> dict[str, bytes]:
        data, colours = self.data, self.data.colours
        files = {GEOMETRY: data.geometry, COEFFICIENTS: data.coefficients}
        if colours is not None:
            files |= {CHANGE: colours.change, CHANGE_COEFFICIENTS: colours.coefficients}
        return files

    @cached_property
    def _places(self) -> npt.NDArray[np.intp]:
        return self.data.skin_vertex_s.astype(np.intp)

    @cached_property
    def _skin_basis(self) -> Float32:
        """[K + 1, 3 V], the mean last."""
        return _flat(np.concatenate([self.data.components_kxvx3, self.data.mean_vx3[None]]))

    @cached_property
    def _parts_basis(self) -> Float32:
        """[52 + 1, 3 P], at rest last."""
        return _flat(np.concatenate([self.data.part_shapes_52xpx3, self.data.parts_px3[None]]))

    def _levels(self, change_px3: Float32) -> Float32:
        """Of all pixels of all boxes, one after another: by how much they change, 0 to 255."""
        assert self.data.colours is not None
        parts = np.split(change_px3, np.cumsum(self.data.colours.boxes_bx5[:, 4])[:-1])
        smooth = [box.smooth(part).reshape(-1) for box, part in zip(self._boxes, parts, strict=True)]
        return np.concatenate(smooth) * np.float32(255)

    @cached_property
    def _still_levels(self) -> Float32:
        return np.concatenate([box.still_hxwx3.reshape(-1) for box in self._boxes]).astype(np.float32)

    @cached_property
    def _texels(self) -> Float32:
        """[K + 1, pixels * 3]: the basis of the colours, of pixels and not of blocks: smoothing is linear,
        and need not be done in every frame. The mean over the texture at rest is last.
        """
        assert self.data.colours is not None
        colours = self.data.colours
        rows = [self._levels(component) for component in colours.components_kxpx3]
        return np.stack([*rows, self._levels(colours.mean_px3) + self._still_levels])

    @cached_property
    def _boxes(self) -> list[_Box]:
        assert self.data.colours is not None
        colours: Colours = self.data.colours
        whole = texture_pixels(self.topology.texture)[..., :3]
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

    def smooth(self, change_px3: Float32) -> Float32:
        """[h, w, 3]: what its blocks change by, as pixels."""
        height, width = (side // BLOCK for side in self.still_hxwx3.shape[:2])
        blocks = np.zeros((height * width, 3), np.float32)
        blocks[self.inside] = change_px3
        return _doubled(_doubled(blocks.reshape(height, width, 3)).swapaxes(0, 1)).swapaxes(0, 1)


def _doubled(values: Float32) -> Float32:
    """Twice the rows: linear between the middles of the old ones."""
    above, below = np.concatenate([values[:1], values[:-1]]), np.concatenate([values[1:], values[-1:]])
    out = np.empty((BLOCK * len(values), *values.shape[1:]), np.float32)
    out[0::BLOCK], out[1::BLOCK] = 0.25 * above + 0.75 * values, 0.75 * values + 0.25 * below
    return out


def _with_1(weights_nxk: Float32) -> Float32:
    """[N, K + 1]: for a basis whose last row is its mean."""
    return np.concatenate([weights_nxk, np.ones((len(weights_nxk), 1), np.float32)], axis=1)


def _flat(components: Float32) -> Float32:
    return np.ascontiguousarray(components.reshape(len(components), -1))
