"""The messages of the media sockets, in the order of their tags: what everybody may read. See `wire`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np

from talkwire.bridge.codec import CODECS, Box
from talkwire.bridge.fields import Choice, Raw, Real, Rows, Text, Whole, refuse
from talkwire.bridge.limits import (
    MAX_CHUNK_SAMPLES,
    MAX_COMPONENTS,
    MAX_MEDIA_BYTES,
    MAX_PARTS,
    MAX_PATCHES,
    MAX_TEXTURE_BYTES,
    MAX_TEXTURE_SIDE_PX,
    MAX_TRIANGLES,
    MAX_VERTICES,
)
from talkwire.bridge.message import Message, message
from talkwire.bridge.wire_fields import (
    U32,
    EventKind,
    Flags,
    Nanoseconds,
    Pts,
    Rate,
    Sentence,
    TopologyId,
    Vector3,
)
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.visemes import VISEMES


@message(32)
class Mesh(Message):
    """What never changes while an avatar speaks (types.Topology without its texture). Retained."""

    topology_id: TopologyId
    neutral_vx3: Annotated[bytes, Raw("<f4", 3, 3, MAX_VERTICES)]
    triangles_tx3: Annotated[bytes, Raw("<u4", 3, 1, MAX_TRIANGLES)]
    uvs_vx2: Annotated[bytes, Raw("<f4", 2, 3, MAX_VERTICES)]
    weld_v: Annotated[bytes, Raw("<u4", 1, 3, MAX_VERTICES)]
    box_low_m: Vector3
    box_high_m: Vector3
    parts: Annotated[
        tuple[tuple[str, int, int, float, float], ...],
        Rows(
            (Text(max_chars=32), Whole(0, MAX_TRIANGLES), Whole(0, MAX_TRIANGLES), Real(0, 1), Real(0, 1)),
            MAX_PARTS,
        ),
    ]
    frame_rate_hz: Annotated[int, Whole(1, 1000)]
    generated: Annotated[str, Text(r"[A-Za-z]{0,64}")] = ""  # since 1.3: IPTC's term; "": it was not said
    shows: Annotated[str, Text()] = ""  # since 1.3: who is shown, and that they agreed

    @property
    def box(self) -> Box:
        """What vertices are coded by."""
        low, high, neutral = (
            np.frombuffer(data, "<f4") for data in (self.box_low_m, self.box_high_m, self.neutral_vx3)
        )
        return Box(low, high, neutral.reshape(-1, 3))

    def check(self) -> None:
        """Arrays agree on V, indices point into it, parts follow each other, the box has a volume."""
        v = len(self.neutral_vx3) // 12
        if len(self.uvs_vx2) != 8 * v or len(self.weld_v) != 4 * v:
            raise refuse(
                "Mesh", f"{len(self.uvs_vx2) // 8} uvs, {len(self.weld_v) // 4} welds", f"{v} of each"
            )
        highest = max(int(np.frombuffer(raw, "<u4").max()) for raw in (self.triangles_tx3, self.weld_v))
        if highest >= v:
            raise refuse("Mesh", f"index {highest}", f"indices below {v}")
        if not (self.box.low_m < self.box.high_m).all():
            raise refuse("Mesh.box", "no volume", "low below high on each axis")
        covered = 0
        for _, first, count, *_ in self.parts:
            if first != covered:
                raise refuse("Mesh.parts", f"a part at triangle {first}", f"triangle {covered}")
            covered += count
        if covered != len(self.triangles_tx3) // 12:
            raise refuse("Mesh.parts", f"{covered} triangles", f"{len(self.triangles_tx3) // 12}")


@message(33)
class Texture(Message):
    """The image that the UVs index, sRGB: an encoded file, or on a plane of its own BC1 blocks. Retained."""

    topology_id: TopologyId
    format: Annotated[str, Choice(("png", "jpeg", "bc1"))]
    image: Annotated[bytes, Raw("u1", 1, 1, MAX_TEXTURE_BYTES)]
    width_px: Annotated[int, Whole(0, MAX_TEXTURE_SIDE_PX)] = 0  # since 1.2: of BC1; a file says its own
    height_px: Annotated[int, Whole(0, MAX_TEXTURE_SIDE_PX)] = 0

    def check(self) -> None:
        """As many bytes as the size says."""
        _check_picture("Texture.image", self.format, self.image, self.width_px, self.height_px)


@dataclass(frozen=True, slots=True)
class Stamped(Message):
    """What every message of a moment begins with. pts counts samples of the utterance at sample_rate_hz."""

    topology_id: TopologyId
    utterance: U32
    generation: U32
    seq: U32
    pts: Pts
    sample_rate_hz: Rate
    flags: Flags  # IDLE: has no sound.  LAST: of its utterance.  KEY: stands alone.  REPEAT: for late joiners
    server_ns: Nanoseconds


@message(34)
class Frame(Stamped):
    """One moment of the face. pts counts samples of the utterance at sample_rate_hz."""

    weights: Annotated[bytes, Raw("<f4", len(ARKIT_NAMES), 1, 1, 0.0, 1.0)]
    head_rotation: Annotated[bytes, Raw("<f4", 4, 1, 1, -1.001, 1.001)]
    head_translation_m: Vector3
    codec: Annotated[str, Choice(tuple(CODECS))]
    vertex_count: Annotated[int, Whole(3, MAX_VERTICES)]
    vertices: Annotated[bytes, Raw("u1", 1, 13, 12 * MAX_VERTICES)]
    every: Annotated[int, Whole(1, 240)] = 1  # since 1.2: just now, frames are sent whose seq this divides
    normals: Annotated[bytes, Raw("i1", 2, 0, MAX_VERTICES)] = b""  # since 1.2: octahedral, or none

    def check(self) -> None:
        """The codec's byte count, a unit quaternion, and no NaN among float vertices."""
        wanted = CODECS[self.codec].bytes_per_vertex * self.vertex_count
        if wanted and len(self.vertices) != wanted:
            raise refuse("Frame.vertices", f"{len(self.vertices)} bytes", f"{wanted} ({self.codec})")
        if self.normals and len(self.normals) != 2 * self.vertex_count:
            raise refuse("Frame.normals", f"{len(self.normals)} bytes", f"{2 * self.vertex_count} or none")
        norm = float(np.linalg.norm(np.frombuffer(self.head_rotation, "<f4")))
        if abs(norm - 1) > 1e-3:
            raise refuse("Frame.head_rotation", f"length {norm:g}", "a unit quaternion")
        if self.codec == "f32":
            Raw("<f4", 3, 3, MAX_VERTICES).check("Frame.vertices", self.vertices)


@message(35)
class Audio(Message):
    """The sound of an utterance, to be played in sync: mono, 16-bit integers, from sample pts on."""

    utterance: U32
    generation: U32
    pts: Pts
    sample_rate_hz: Rate
    flags: Flags
    server_ns: Nanoseconds
    samples: Annotated[bytes, Raw("<i2", 1, 0, MAX_CHUNK_SAMPLES)]


@message(36)
class Event(Message):
    """Something happened to an utterance, exactly once.

    started: heard_ns is when its first audio reached the server (or its turn came, where it had to wait).
    ended: it was played out; pts is its length.  interrupted: generation is the new one; whatever is older is
    void.
    closed: the NPC is gone; `reason` is empty unless it failed.
    """

    kind: EventKind
    utterance: U32
    generation: U32
    pts: Pts
    sample_rate_hz: Rate
    server_ns: Nanoseconds
    heard_ns: Nanoseconds
    reason: Sentence


@message(37)
class Patch(Stamped):
    """The rectangles of the texture that change with the expression, all of them, at one moment. Since 1.2.

    left, top, width, height in pixels of the texture; the picture has that size.
    """

    patches: Annotated[
        tuple[tuple[int, int, int, int, str, bytes], ...],
        Rows(
            (
                *(Whole(0, MAX_TEXTURE_SIDE_PX), Whole(0, MAX_TEXTURE_SIDE_PX)),
                *(Whole(1, MAX_TEXTURE_SIDE_PX), Whole(1, MAX_TEXTURE_SIDE_PX)),
                Choice(("jpeg", "bc1", "rgb")),  # rgb: since 1.3
                Raw("u1", 1, 1, MAX_TEXTURE_BYTES),
            ),
            MAX_PATCHES,
        ),
    ]

    def check(self) -> None:
        """As many bytes as the sizes say."""
        for _, _, width, height, format_, image in self.patches:
            _check_picture("Patch.patches", format_, image, width, height)


@message(38)
class Basis(Message):
    """The head as a sum (types.Basis), for readers of coefficients. Retained. Since 1.2.

    blocks: first_vertex, vertex_count, first_coefficient, component_count; their components follow each other
    in scales_m, one each, and in components, [component_count, vertex_count, 3] each, times its scale.
    """

    topology_id: TopologyId
    own: Annotated[int, Whole(0, MAX_COMPONENTS)]
    error_m: Annotated[float, Real(0, 1)]
    mean_vx3: Annotated[bytes, Raw("<f4", 3, 3, MAX_VERTICES)]
    blocks: Annotated[
        tuple[tuple[int, int, int, int], ...],
        Rows(
            (
                *(Whole(0, MAX_VERTICES), Whole(1, MAX_VERTICES)),
                *(Whole(0, MAX_COMPONENTS), Whole(1, MAX_COMPONENTS)),
            ),
            MAX_PARTS,
        ),
    ]
    scales_m: Annotated[bytes, Raw("<f4", 1, 0, MAX_COMPONENTS)]
    components: Annotated[bytes, Raw("<i2", 3, 0, MAX_MEDIA_BYTES // 6)]

    def check(self) -> None:
        """Blocks lie within the vertices and the coefficients, and there is as much of all as they say."""
        vertices, coefficients = len(self.mean_vx3) // 12, self.own + len(ARKIT_NAMES)
        for vertex, count, coefficient, components in self.blocks:
            if vertex + count > vertices or coefficient + components > coefficients:
                raise refuse(
                    "Basis.blocks",
                    f"vertices to {vertex + count}, coefficients to {coefficient + components}",
                    f"at most {vertices} and {coefficients}",
                )
        scales, rows = sum(b[3] for b in self.blocks), sum(b[1] * b[3] for b in self.blocks)
        if len(self.scales_m) != 4 * scales or len(self.components) != 6 * rows:
            seen = f"{len(self.scales_m) // 4} scales, {len(self.components) // 6} rows"
            raise refuse("Basis", seen, f"{scales} and {rows}")


@message(39)
class Coefficients(Stamped):
    """A frame for who has the basis, or just the shapes: what Frame has, in half precision, but no vertices.
    Since 1.2.

    head_rotation: xyzw times 32767.  own: none on the plane `frame/arkit`.
    """

    head_rotation: Annotated[bytes, Raw("<i2", 4, 1, 1)]
    head_translation_m: Annotated[bytes, Raw("<f2", 3, 1, 1)]
    weights: Annotated[bytes, Raw("<f2", len(ARKIT_NAMES), 1, 1, 0.0, 1.0)]
    own: Annotated[bytes, Raw("<f2", 1, 0, MAX_COMPONENTS)]
    every: Annotated[int, Whole(1, 240)] = 1

    def check(self) -> None:
        """A unit quaternion."""
        norm = float(np.linalg.norm(np.frombuffer(self.head_rotation, "<i2") / 32767))
        if abs(norm - 1) > 1e-3:
            raise refuse("Coefficients.head_rotation", f"length {norm:g}", "a unit quaternion")


@message(40)
class Visemes(Stamped):
    """How near the mouth is to each of Oculus LipSync's 15 (runtime.visemes); together 1. Since 1.2."""

    shares: Annotated[bytes, Raw("<f2", len(VISEMES), 1, 1, 0.0, 1.0)]
    every: Annotated[int, Whole(1, 240)] = 1


# how many bytes a picture of a size has; a file says its own
_BYTES: Final[Mapping[str, Callable[[int, int], int]]] = {
    "bc1": lambda width_px, height_px: 8 * -(-width_px // 4) * -(-height_px // 4),  # 8 for 4 x 4 pixels
    "rgb": lambda width_px, height_px: 3 * width_px * height_px,
}


def _check_picture(where: str, format_: str, image: bytes, width_px: int, height_px: int) -> None:
    wanted = _BYTES[format_](width_px, height_px) if format_ in _BYTES else len(image)
    if len(image) != wanted:
        raise refuse(
            where, f"{len(image)} bytes of {format_}", f"{wanted} for {width_px} x {height_px} pixels"
        )
