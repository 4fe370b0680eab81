"""Live Link Face's datagrams, for whoever hears that iPhone app: MetaHuman in Unreal, add-ons of Blender.

As read by four programs that receive the app (JimWest/PyLiveLinkFace, nmfisher/blender_livelinkface,
shun126/livelinkface_arkit_receiver, tbxMb/GodotLiveLinkFace), big-endian:

    u8 version 6; i32 and text: device; i32 and text: subject; i32 frame, f32 share of the next one;
    i32 rate and i32 its divisor; u8 61; 61 f32: ARKit's 52 in Apple's order, yaw, pitch, roll of the head,
    the left eye and the right (runtime/angles.py)

Frames are counted from midnight, as time code is. There is no sound in it, and no answer to it. One reader
(PyLiveLinkFace) wants exactly 36 characters of device.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from talkwire.bridge.playing.picture import Picture
from talkwire.runtime.angles import ANGLE_NAMES, angles
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.types import Float32

PORT: Final = 11111
RATES_FPS: Final = (24, 30, 60)
VERSION: Final = 6
COUNT: Final = len(ARKIT_NAMES) + len(ANGLE_NAMES)
MAX_TEXT_BYTES: Final = 64
MOST_SHARE: Final = float(np.nextafter(np.float32(1), np.float32(0)))
_TIME: Final = struct.Struct(">ifii")
_VALUES: Final = struct.Struct(f">B{COUNT}f")
_LENGTH: Final = struct.Struct(">i")


@dataclass(frozen=True, slots=True, eq=False)
class Packet:
    """One datagram. time_frames: since midnight; values_61: weights and angles."""

    device: str
    subject: str
    time_frames: float
    fps: int
    values_61: Float32


def device_of(subject: str) -> str:
    """Who sends it: the same for the same subject."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"talkwire {subject}")).upper()


def stream(
    pictures: Iterable[Picture | None],
    send: Callable[[bytes], object],
    subject: str,
    fps: int,
    time_of_day_s: Callable[[], float],
) -> Iterator[Packet]:
    """Send what is on the screen at each of its ticks, from the first picture on. Raises what `send` does."""
    shown: Picture | None = None
    for picture in pictures:
        shown = picture if picture is not None else shown
        if shown is not None:
            packet = packet_of(shown, subject, fps, time_of_day_s())
            send(encode(packet))
            yield packet


def packet_of(picture: Picture, subject: str, fps: int, time_s: float) -> Packet:
    """What this picture is to Live Link. time_s: since midnight."""
    turned = angles(picture.weights[None], picture.head_rotation[None])[0]
    values = np.concatenate([picture.weights, turned]).astype(np.float32)
    return Packet(device_of(subject), subject, time_s * fps, fps, values)


def encode(packet: Packet) -> bytes:
    """As bytes. Raises ProtocolError for a subject that Unreal could not read."""
    frame = int(packet.time_frames)
    time = _TIME.pack(frame, min(packet.time_frames - frame, MOST_SHARE), packet.fps, 1)
    texts = (_text("device", packet.device), _text("subject", packet.subject))
    return bytes((VERSION,)) + b"".join(texts) + time + _VALUES.pack(COUNT, *packet.values_61)


def decode(data: bytes) -> Packet:
    """The inverse. Raises ProtocolError for anything else."""
    try:
        version = data[0]
        device, rest = _take_text(data[1:])
        subject, rest = _take_text(rest)
        frame, share, fps, divisor = _TIME.unpack_from(rest)
        count, *values = _VALUES.unpack(rest[_TIME.size :])
    except (struct.error, IndexError, UnicodeDecodeError):
        raise _wrong(
            "these bytes are no face of Live Link", f"{len(data)} bytes", "a whole datagram"
        ) from None
    if (version, divisor, count) != (VERSION, 1, COUNT):
        seen = f"version {version}, {fps}/{divisor} frames a second, {count} values"
        raise _wrong("these bytes are no face of Live Link", seen, f"version {VERSION}, {COUNT} values")
    return Packet(device, subject, frame + share, fps, np.array(values, np.float32))


def _text(what: str, text: str) -> bytes:
    data = text.encode("ascii", errors="replace")
    if not text.isascii() or not text.isprintable() or not 0 < len(data) <= MAX_TEXT_BYTES:
        raise _wrong(
            f"this {what} cannot be sent", repr(text)[:80], f"1 to {MAX_TEXT_BYTES} ASCII characters"
        )
    return _LENGTH.pack(len(data)) + data


def _take_text(data: bytes) -> tuple[str, bytes]:
    (length,) = _LENGTH.unpack_from(data)
    end = _LENGTH.size + length
    if not 0 < length <= MAX_TEXT_BYTES or len(data) < end:
        raise IndexError
    return data[_LENGTH.size : end].decode("ascii"), data[end:]


def _wrong(what: str, seen: str, wanted: str) -> ProtocolError:
    return ProtocolError(what, seen=seen, wanted=wanted, cure="see bridge/talkwire/bridge/livelink.py")
