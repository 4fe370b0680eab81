"""The avatar kind `g4g`: a person's own video on a card, whose mouth a network draws anew.

Source: "G4G: A Generic Framework for High Fidelity Talking Face Generation with Fine-grained Intra-modal
Alignment" (arXiv 2402.18122). The video is shown forward and backward for as long as the NPC lives, and in
each of its frames the mouth is replaced by what the network makes of the expressions of the last 1/5 s. A
frame as it was filmed goes out as the JPEG that it is; only its crop around the mouth is ever decoded, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar_card import AvatarCard, read_card
from talkwire.runtime.avatar_file import Container, write_container
from talkwire.runtime.avatar_mesh import mesh_members, parts_card, read_topology
from talkwire.runtime.engine import Array, Engine
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import AvatarError
from talkwire.runtime.g4g_file import G4gData, card_of, members_of, read_data
from talkwire.runtime.g4g_geometry import (
    BLOCK_PX,
    FPS,
    WINDOW,
    crop_size,
    cut,
    paste,
    patch_rectangle,
    ping_pong,
    soft_mask,
)
from talkwire.runtime.kept import Kept
from talkwire.runtime.texture_file import rgb_pixels
from talkwire.runtime.types import (
    Basis,
    Block,
    FilmedPatch,
    Float32,
    Patch,
    TexturePatch,
    Topology,
    picture_at,
)

KEPT_BYTES: Final = 64 << 20  # of decoded crops: a minute of faces of 200 pixels
_AROUND_PX: Final = BLOCK_PX  # that a crop's edge may reach beyond its rectangle, which stays at whole blocks

UInt8 = npt.NDArray[np.uint8]


class G4gAvatar:
    """A filmed person whose mouth moves by what is said."""

    window: Final = WINDOW
    moves_within: Final = True

    def __init__(
        self, card: AvatarCard, topology: Topology, data: G4gData, figures: Mapping[str, Any]
    ) -> None:
        """topology: see picture_card.  figures: what was measured when it was made; part of the card."""
        self.card, self.topology, self.data, self.figures = card, topology, data, figures
        self._engine: Engine | None = None
        self._columns = np.array([ARKIT_NAMES.index(name) for name in data.heard])
        self._soft_mask = soft_mask(data.side)
        self._faces: Kept[int, _Face] = Kept(KEPT_BYTES)

    @property
    def about(self) -> str:
        """Of the video, in words."""
        (height, width), count = self.data.size_hw, len(self.data.frames)
        long, mouth = f"{count} frames ({count / FPS:.1f} s)", f"mouth of {self.data.side} pixels"
        return f"{width} x {height} pixels, {long}, {mouth}"

    @property
    def graphs(self) -> Mapping[str, bytes]:
        """Its network as an ONNX file, by name."""
        return {self._name: self.data.graph}

    def use(self, engines: Mapping[str, Engine]) -> None:
        """Run the network on the engine of its name from now on."""
        self._engine = engines.get(self._name, self._engine)

    def vertices(self, weights_wx52: Float32) -> Float32:
        """[4, 3] float32 metres: the card, which keeps still."""
        return self.topology.neutral_vx3

    def posed(self, windows: Sequence[Float32]) -> Float32:
        """[N, 4, 3] float32 metres: as many cards."""
        return np.repeat(self.topology.neutral_vx3[None], len(windows), axis=0)

    def exact(self, windows: Sequence[Float32]) -> Float32:
        """[N, 4, 3]: the same."""
        return self.posed(windows)

    @cached_property
    def basis(self) -> Basis:
        """The card, which nothing moves."""
        still = np.zeros((1, *self.topology.neutral_vx3.shape), np.float32)
        return Basis(self.topology.neutral_vx3, (Block(0, 0, still),), own=0, error_m=0.0)

    def coefficients(self, windows: Sequence[Float32]) -> Float32:
        """[N, 0]: there are none."""
        return np.zeros((len(windows), 0), np.float32)

    def texture_patches(self, weights_wx52: Float32, life_s: float = 0.0) -> tuple[Patch, ...]:
        """The frame of the video at this second of the NPC's life, and the mouth in it."""
        return self.painted([weights_wx52], [life_s])[0]

    def painted(
        self, windows: Sequence[Float32], lives_s: Sequence[float]
    ) -> list[tuple[FilmedPatch, TexturePatch]]:
        """The same of N NPCs by one run of the network, each within a level of itself alone.

        windows: N of [w, 52].  Raises AvatarError for a frame that cannot be decoded, or a network that does
        not fit; EngineError for one that does not run.
        """
        if not windows:
            return []
        data = self.data
        frames = [ping_pong(picture_at(life_s) / FPS, len(data.frames)) for life_s in lives_s]
        faces = [self._faces.get(frame, self._face) for frame in frames]
        rgb = self._run(
            {
                "crop": np.stack([face.crop_hxwx3.transpose(2, 0, 1) for face in faces]) * _LEVEL,
                "drawing": data.drawings_nxhxw[frames][:, None] * _LEVEL,
                "heard": self._heard(windows),
                **self._maps,
            }
        )
        return [
            (self._whole[frame], self._pasted(frame, face, mouth))
            for frame, face, mouth in zip(frames, faces, rgb, strict=True)
        ]

    def save(self, path: Path) -> None:
        """Write the avatar file."""
        card = {
            **asdict(self.card),
            "units": "m",
            **card_of(self.data),
            "parts": parts_card(self.topology),
            "figures": dict(self.figures),
        }
        write_container(path, card, {**mesh_members(self.topology), **members_of(self.data)})

    @classmethod
    def load(cls, container: Container) -> G4gAvatar:
        """Build from a checked container. Raises AvatarError when what is in it does not fit together."""
        mesh, data = read_data(container)
        figures = container.card.get("figures")
        return cls(
            read_card(container),
            read_topology(container, mesh),
            data,
            figures if isinstance(figures, dict) else {},
        )

    @property
    def _name(self) -> str:
        return f"{self.card.name}_frame"

    def _heard(self, windows: Sequence[Float32]) -> Float32:
        """[N, WINDOW, heard]; what is missing at the front is the first row again."""
        heard = np.empty((len(windows), WINDOW, len(self._columns)), np.float32)
        for moments, weights_wx52 in zip(heard, windows, strict=True):
            known = weights_wx52[-WINDOW:, self._columns]
            moments[WINDOW - len(known) :] = known
            moments[: WINDOW - len(known)] = known[0]
        return heard

    def _run(self, feeds: Mapping[str, Array]) -> Float32:
        if self._engine is None:
            self._engine = OnnxEngine(self.data.graph, name=self._name)
        rgb: Float32 = self._engine.run(feeds).get("rgb", np.zeros(0, np.float32))
        wanted = (len(feeds["crop"]), 3, *crop_size(self.data.side))
        if rgb.shape != wanted:
            raise AvatarError(
                f"the network of {self.card.name} does not fit its crops",
                seen=f"rgb {list(rgb.shape)}",
                wanted=list(wanted),
                cure="make the avatar again",
            )
        if not np.isfinite(rgb).all():
            raise AvatarError(
                f"the network of {self.card.name} draws what is no colour",
                seen="NaN or infinity",
                wanted="0 to 1",
                cure="make the avatar again, or use another --precision",
            )
        return rgb.clip(0, 1)

    @cached_property
    def _maps(self) -> Mapping[str, Array]:
        data = self.data
        return {
            "maps_quarter": data.maps_quarter.astype(np.float32),
            "maps_half": data.maps_half.astype(np.float32),
        }

    @cached_property
    def _whole(self) -> tuple[FilmedPatch, ...]:
        height, width = self.data.size_hw
        return tuple(FilmedPatch(0, 0, (width, height), jpeg) for jpeg in self.data.frames)

    def _face(self, frame: int) -> _Face:
        """Decode a frame and keep what is around its mouth."""
        data, centre = self.data, self.data.centres_nx2[frame].astype(np.float64)
        pixels = rgb_pixels(data.frames[frame])
        left, top, width, height = patch_rectangle(data.size_hw, centre, data.radius_px)
        (left, top), right, bottom = (
            (max(0, left - _AROUND_PX), max(0, top - _AROUND_PX)),
            left + width + _AROUND_PX,
            top + height + _AROUND_PX,
        )
        return _Face(
            crop_hxwx3=cut(pixels, centre, data.radius_px, data.side),
            around_hxwx3=pixels[top:bottom, left:right].copy(),
            corner=(left, top),
        )

    def _pasted(self, frame: int, face: _Face, rgb_3xhxw: Float32) -> TexturePatch:
        left, top = face.corner
        patch = paste(
            face.around_hxwx3,
            rgb_3xhxw.transpose(1, 2, 0) * np.float32(255),
            self.data.centres_nx2[frame] - face.corner,
            self.data.radius_px,
            self.data.side,
            self._soft_mask,
        )
        return TexturePatch(left + patch.left, top + patch.top, patch.rgb_hxwx3)


_LEVEL: Final = np.float32(1 / 255)


@dataclass(frozen=True, slots=True)
class _Face:
    """Of one frame: the crop that the network sees, and the frame's pixels around it from `corner` on."""

    crop_hxwx3: UInt8
    around_hxwx3: UInt8
    corner: tuple[int, int]

    def __len__(self) -> int:
        """Bytes."""
        return self.crop_hxwx3.nbytes + self.around_hxwx3.nbytes
