"""Topics: how a media message says whose it is, on the socket where readers choose by prefix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from talkwire.bridge.codec import CODECS
from talkwire.bridge.limits import PROTOCOL_MAJOR
from talkwire.bridge.message import Message, decode, encode, version_mismatch
from talkwire.bridge.wire import (
    SESSION_PATTERN,
    Audio,
    Basis,
    Coefficients,
    Event,
    Frame,
    Mesh,
    Patch,
    Texture,
    Visemes,
)
from talkwire.runtime.errors import ProtocolError

FRAME_PLANES: Final = {codec: f"frame/{codec}" for codec in CODECS}
NORMALS, COEFFICIENTS, ARKIT, VISEMES = "frame/q16n", "frame/basis", "frame/arkit", "viseme"
BASIS, TEXTURE_BC1 = "basis", "texture/bc1"
PATCHES: Final = {"jpeg": "patch", "bc1": "patch/bc1", "rgb": "patch/rgb"}
PLANES: Final[dict[str, type[Message]]] = {
    "mesh": Mesh,
    "texture": Texture,
    TEXTURE_BC1: Texture,
    "audio": Audio,
    "event": Event,
    BASIS: Basis,
    NORMALS: Frame,
    COEFFICIENTS: Coefficients,
    ARKIT: Coefficients,
    VISEMES: Visemes,
    **dict.fromkeys(PATCHES.values(), Patch),
    **dict.fromkeys(FRAME_PLANES.values(), Frame),
}

_TOPIC = re.compile(rf"tw({PROTOCOL_MAJOR})/({SESSION_PATTERN})/([a-z0-9/]{{1,16}})".encode())
_MAX_TOPIC_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Media:
    """One message of a media socket: whose, on which plane, what."""

    session: str
    plane: str
    message: Message


def topic(session: str, plane: str) -> bytes:
    """The bytes a message of this plane starts with, and exactly what a reader subscribes to."""
    return f"tw{PROTOCOL_MAJOR}/{session}/{plane}\0".encode()


def encode_media(media: Media) -> bytes:
    """Topic, a zero byte, and the message: one part, so that ZMQ_CONFLATE works."""
    return topic(media.session, media.plane) + encode(media.message)


def decode_media(part: bytes) -> Media:
    """The inverse. Raises VersionMismatch for another major version's topic, else ProtocolError."""
    head, zero, _ = part[:_MAX_TOPIC_BYTES].partition(b"\0")
    match = _TOPIC.fullmatch(head) if zero else None
    plane = match[3].decode() if match else ""
    if match is None or plane not in PLANES:
        if (other := re.match(rb"tw(\d{1,5})/", head)) and int(other[1]) != PROTOCOL_MAJOR:
            raise version_mismatch(other[1].decode())
        raise ProtocolError(
            "this is not a media message of talkwire",
            seen=repr(head[:24]),
            wanted=f"a topic like {topic('nova', 'audio')!r}",
            cure="check that the peer is talkwire, on the right port",
        )
    return Media(match[2].decode(), plane, decode(part[len(head) + 1 :], expect=(PLANES[plane],)))
