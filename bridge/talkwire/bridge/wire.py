"""Every message of the protocol, in the order of their tags. bridge/PROTOCOL.md says why each is there.
Those of the media sockets are in `wire_media`.

`ref` is the sender's own number for a request; the answer repeats it. Times are nanoseconds of the
server's monotonic clock. Arrays are raw little-endian bytes.
"""

from __future__ import annotations

from typing import Annotated, Final

from talkwire.bridge.fields import Raw, Real, Rows, Text, Whole, Words
from talkwire.bridge.limits import MAX_CHUNK_SAMPLES
from talkwire.bridge.message import Message, message
from talkwire.bridge.wire_fields import (
    IDLE,
    KEY,
    LAST,
    REPEAT,
    SESSION_PATTERN,
    U32,
    LineState,
    Nanoseconds,
    Pts,
    Rate,
    Ref,
    Sentence,
    SessionName,
    TopologyId,
)
from talkwire.bridge.wire_media import Audio, Basis, Coefficients, Event, Frame, Mesh, Patch, Texture, Visemes
from talkwire.runtime.style import MOST_GAIN, MOST_LAYER, MOST_LOOK_DEG, MOST_STRENGTH

__all__ = [  # what this page takes from others for those who read it as one
    "IDLE",
    "KEY",
    "LAST",
    "REPEAT",
    "SESSION_PATTERN",
    "Audio",
    "Basis",
    "Coefficients",
    "Event",
    "Frame",
    "LineState",
    "Mesh",
    "Patch",
    "Texture",
    "Visemes",
]

AvatarName: Final = Text(r"|[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@message(1)
class Hello(Message):
    """The first word of a client. Tag and first three fields never change, in any version."""

    ref: Ref
    major: Annotated[int, Whole(0, 65535)]
    minor: Annotated[int, Whole(0, 65535)]
    agent: Sentence
    capabilities: Annotated[tuple[str, ...], Words(Text(r"[a-z0-9:_.-]{1,64}"))]
    bandwidth_kbit_s: Annotated[int, Whole(0, 2**31)] = 0  # since 1.2: for one NPC; 0: enough for anything
    token: Annotated[str, Text()] = ""  # since 1.2: for a server that wants one


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
    run: Annotated[str, Text(r"[0-9a-f]{0,16}")] = ""  # since 1.2: another one after a restart
    avatars: Annotated[tuple[str, ...], Words(AvatarName)] = ()  # since 1.2: that may be opened


@message(3)
class Open(Message):
    """Create or join the NPC of this name. avatar: who is to be created; empty: the server's first one."""

    ref: Ref
    session: SessionName
    avatar: Annotated[str, AvatarName] = ""  # since 1.2


@message(4)
class Opened(Message):
    """The answer to Open."""

    ref: Ref
    session: SessionName
    topology_id: TopologyId
    frame_rate_hz: Annotated[int, Whole(1, 1000)]
    look_ahead_s: Annotated[float, Real(0.0, 60.0)]
    max_queued_s: Annotated[float, Real(0.0, 3600.0)]
    avatar: Annotated[str, AvatarName] = ""  # since 1.2
    frames: Annotated[str, Text(r"[a-z0-9/]{0,16}")] = ""  # since 1.2: the plane that suits this client


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
    line: U32 = 0  # since 1.2: when this line of the sender's comes to sample pts; 0: now
    pts: Pts = 0


@message(18)
class Styled(Message):
    """The answer to Style."""

    ref: Ref
    session: SessionName


@message(19)
class Load(Message):
    """Have this avatar ready, warm, before the first NPC wants it. Since 1.2."""

    ref: Ref
    avatar: Annotated[str, AvatarName]


@message(20)
class Loaded(Message):
    """The answer to Load, once it is ready."""

    ref: Ref
    avatar: Annotated[str, AvatarName]
    topology_id: TopologyId


@message(21)
class Unload(Message):
    """Give this avatar's memory back. Refused while an NPC has it. Since 1.2."""

    ref: Ref
    avatar: Annotated[str, AvatarName]


@message(22)
class Unloaded(Message):
    """The answer to Unload."""

    ref: Ref
    avatar: Annotated[str, AvatarName]


REQUESTS: Final = (Hello, Open, Begin, ChunkS16, ChunkF32, End, Interrupt, Ping, Close, Style, Load, Unload)
REPLIES: Final = (Welcome, Opened, Interrupted, Progress, Pong, Closed, Error, Styled, Loaded, Unloaded)
MEDIA: Final = (Mesh, Texture, Frame, Audio, Event, Patch, Basis, Coefficients, Visemes)
