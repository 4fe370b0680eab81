"""Every message of the protocol, in the order of their tags. bridge/PROTOCOL.md says why each is there.

`ref` is the sender's own number for a request; the answer repeats it. Times are nanoseconds of the
server's monotonic clock. Arrays are raw little-endian bytes.
"""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np

from talkwire.bridge.codec import CODECS, Box
from talkwire.bridge.fields import Choice, Raw, Real, Rows, Text, Whole, Words, refuse
from talkwire.bridge.limits import (
    MAX_CHUNK_SAMPLES,
    MAX_PARTS,
    MAX_PATCHES,
    MAX_SAMPLE_RATE_HZ,
    MAX_TEXTURE_BYTES,
    MAX_TEXTURE_SIDE_PX,
    MAX_TRIANGLES,
    MAX_VERTICES,
    MIN_SAMPLE_RATE_HZ,
)
from talkwire.bridge.message import Message, message
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.style import MOST_GAIN, MOST_LAYER, MOST_LOOK_DEG, MOST_STRENGTH

SESSION_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}"
IDLE, LAST, KEY, REPEAT = 1, 2, 4, 8  # bits of Frame.flags and Audio.flags

Ref = Annotated[int, Whole(0, 2**32 - 1)]
U32 = Annotated[int, Whole(0, 2**32 - 1)]
Pts = Annotated[int, Whole(0, 2**53 - 1)]  # what a double holds exactly: any language reads it
Nanoseconds = Annotated[int, Whole(0, 2**63 - 1)]
Flags = Annotated[int, Whole(0, 255)]
Rate = Annotated[int, Whole(MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ)]
SessionName = Annotated[str, Text(SESSION_PATTERN)]
TopologyId = Annotated[str, Text(r"[0-9a-f]{16}")]
Sentence = Annotated[str, Text()]
Vector3 = Annotated[bytes, Raw("<f4", 3, 1, 1)]
LineState = Annotated[str, Choice(("queued", "speaking", "done", "interrupted"))]
EventKind = Annotated[str, Choice(("started", "ended", "interrupted", "closed"))]


@message(1)
class Hello(Message):
    """The first word of a client. Tag and first three fields never change, in any version."""

    ref: Ref
    major: Annotated[int, Whole(0, 65535)]
    minor: Annotated[int, Whole(0, 65535)]
    agent: Sentence
    capabilities: Annotated[tuple[str, ...], Words(Text(r"[a-z0-9:_.-]{1,64}"))]


@message(2)
class Welcome(Message):
    """The answer to Hello. The media ports are on the host that the client reached."""

    ref: Ref
    major: Annotated[int, Whole(0, 65535)]
    minor: Annotated[int, Whole(0, 65535)]
    agent: Sentence
    capabilities: Annotated[tuple[str, ...], Words(Text(r"[a-z0-9:_.-]{1,64}"))]
    media_port: Annotated[int, Whole(1, 65535)]
    motion_port: Annotated[int, Whole(1, 65535)]


@message(3)
class Open(Message):
    """Create or join the NPC of this name."""

    ref: Ref
    session: SessionName


@message(4)
class Opened(Message):
    """The answer to Open."""

    ref: Ref
    session: SessionName
    topology_id: TopologyId
    frame_rate_hz: Annotated[int, Whole(1, 1000)]
    look_ahead_s: Annotated[float, Real(0.0, 60.0)]
    max_queued_s: Annotated[float, Real(0.0, 3600.0)]


@message(5)
class Begin(Message):
    """A new line of speech. `line` is the client's own number, larger than any it used before."""

    ref: Ref
    session: SessionName
    line: U32
    sample_rate_hz: Rate


@message(6)
class ChunkS16(Message):
    """More audio of a line: mono, 16-bit integers."""

    ref: Ref
    session: SessionName
    line: U32
    samples: Annotated[bytes, Raw("<i2", 1, 1, MAX_CHUNK_SAMPLES)]


@message(7)
class ChunkF32(Message):
    """More audio of a line: mono, floats in [-1, 1]; a little beyond is allowed, NaN is not."""

    ref: Ref
    session: SessionName
    line: U32
    samples: Annotated[bytes, Raw("<f4", 1, 1, MAX_CHUNK_SAMPLES, -16.0, 16.0)]


@message(8)
class End(Message):
    """The line is complete."""

    ref: Ref
    session: SessionName
    line: U32


@message(9)
class Interrupt(Message):
    """Cut every line of the NPC, spoken or queued. Again is harmless."""

    ref: Ref
    session: SessionName


@message(10)
class Interrupted(Message):
    """The answer to Interrupt: frames and audio of an older generation are void."""

    ref: Ref
    session: SessionName
    generation: U32


@message(11)
class Progress(Message):
    """How far a line has come, to the peer that sent it: on every change, and ten times a second."""

    session: SessionName
    line: U32
    state: LineState
    utterance: U32  # 0 while queued
    received_samples: Pts
    played_samples: Pts


@message(12)
class Ping(Message):
    """Any time, at least every second: tells that the client is alive, and measures the clocks' offset."""

    ref: Ref
    client_ns: Nanoseconds


@message(13)
class Pong(Message):
    """The answer to Ping."""

    ref: Ref
    client_ns: Nanoseconds
    server_ns: Nanoseconds
    load: Annotated[float, Real(0, 1)] = 0.0  # since 1.2: the share of its time that the server works
    level: Annotated[int, Whole(0, 15)] = 0  # since 1.2: steps of quality that it saves


@message(14)
class Close(Message):
    """Leave the NPC; what was said so far is spoken to its end."""

    ref: Ref
    session: SessionName


@message(15)
class Closed(Message):
    """The answer to Close; also sent unasked when a session fails."""

    ref: Ref
    session: SessionName


@message(16)
class Error(Message):
    """A request was refused, or (ref 0) something else went wrong. Same layout in every version."""

    ref: Ref
    code: Annotated[str, Text(r"[a-z_]{1,32}")]
    what: Sentence
    seen: Sentence
    wanted: Sentence
    cure: Sentence


StyleName: Final = Text(r"[a-z_]{1,32}")
Degrees: Final = Real(-MOST_LOOK_DEG, MOST_LOOK_DEG)
Share: Final = Real(-MOST_GAIN, MOST_GAIN)


@message(17)
class Style(Message):
    """How an NPC speaks and feels from now on (runtime.style). Since 1.1.

    emotions, layers: name, share.  look_at_deg: one row of yaw and pitch, or none.  shapes: name, gain,
    offset, least, most.
    """

    ref: Ref
    session: SessionName
    strength: Annotated[float, Real(0, MOST_STRENGTH)]
    emotions: Annotated[tuple[tuple[str, float], ...], Rows((StyleName, Real(0, 1)))]
    layers: Annotated[tuple[tuple[str, float], ...], Rows((StyleName, Real(0, MOST_LAYER)))]
    look_at_deg: Annotated[tuple[tuple[float, float], ...], Rows((Degrees, Degrees), high=1)]
    follow_voice: Annotated[float, Real(0, 1)]
    shapes: Annotated[
        tuple[tuple[str, float, float, float, float], ...],
        Rows((Text(r"[a-zA-Z]{1,32}"), Share, Share, Real(0, 1), Real(0, 1))),
    ]


@message(18)
class Styled(Message):
    """The answer to Style."""

    ref: Ref
    session: SessionName


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

    @property
    def box(self) -> Box:
        """Where q16 vertices lie."""
        return Box(np.frombuffer(self.box_low_m, "<f4"), np.frombuffer(self.box_high_m, "<f4"))

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
    """The image that the UVs index: an encoded file, sRGB. Retained."""

    topology_id: TopologyId
    format: Annotated[str, Choice(("png", "jpeg"))]
    image: Annotated[bytes, Raw("u1", 1, 1, MAX_TEXTURE_BYTES)]


@message(34)
class Frame(Message):
    """One moment of the face. pts counts samples of the utterance at sample_rate_hz."""

    topology_id: TopologyId
    utterance: U32
    generation: U32
    seq: U32
    pts: Pts
    sample_rate_hz: Rate
    flags: Flags  # IDLE: has no sound.  LAST: of its utterance.  KEY: stands alone.  REPEAT: for late joiners
    server_ns: Nanoseconds
    weights: Annotated[bytes, Raw("<f4", len(ARKIT_NAMES), 1, 1, 0.0, 1.0)]
    head_rotation: Annotated[bytes, Raw("<f4", 4, 1, 1, -1.001, 1.001)]
    head_translation_m: Vector3
    codec: Annotated[str, Choice(tuple(CODECS))]
    vertex_count: Annotated[int, Whole(3, MAX_VERTICES)]
    vertices: Annotated[bytes, Raw("u1", 1, 18, 12 * MAX_VERTICES)]
    every: Annotated[int, Whole(1, 240)] = 1  # since 1.2: just now, frames are sent whose seq this divides

    def check(self) -> None:
        """The codec's byte count, a unit quaternion, and no NaN among float vertices."""
        wanted = CODECS[self.codec].bytes_per_vertex * self.vertex_count
        if len(self.vertices) != wanted:
            raise refuse("Frame.vertices", f"{len(self.vertices)} bytes", f"{wanted} ({self.codec})")
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
    ended: pts is its length; all of its audio and frames have been sent.  interrupted: generation is the
    new one; whatever is older is void.
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
class Patch(Message):
    """The rectangles of the texture that change with the expression, all of them, at one moment. Since 1.2.

    left, top, width, height in pixels of the texture; the picture has that size.
    """

    topology_id: TopologyId
    utterance: U32
    generation: U32
    seq: U32
    pts: Pts
    sample_rate_hz: Rate
    flags: Flags
    server_ns: Nanoseconds
    patches: Annotated[
        tuple[tuple[int, int, int, int, str, bytes], ...],
        Rows(
            (
                *(Whole(0, MAX_TEXTURE_SIDE_PX), Whole(0, MAX_TEXTURE_SIDE_PX)),
                *(Whole(1, MAX_TEXTURE_SIDE_PX), Whole(1, MAX_TEXTURE_SIDE_PX)),
                Choice(("jpeg",)),
                Raw("u1", 1, 4, MAX_TEXTURE_BYTES),
            ),
            MAX_PATCHES,
        ),
    ]


REQUESTS: Final = (Hello, Open, Begin, ChunkS16, ChunkF32, End, Interrupt, Ping, Close, Style)
REPLIES: Final = (Welcome, Opened, Interrupted, Progress, Pong, Closed, Error, Styled)
MEDIA: Final = (Mesh, Texture, Frame, Audio, Event, Patch)
