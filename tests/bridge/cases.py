"""The golden vectors: `python tests/bridge/cases.py --update` writes them, from the messages below.

One message of each kind, small enough that every truncation can be tried. `name.bin` is what is on the
wire, `name.json` what any reader must make of it. Bytes already published never change within a major
version: new cases are added, old ones stay.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from talkwire.bridge import wire
from talkwire.bridge.codec import Box, encode_vertices
from talkwire.bridge.media import Media, decode_media, encode_media
from talkwire.bridge.message import Message, decode, encode, to_json

FOLDER = Path(__file__).parent / "vectors"

TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]], "<u4")
VERTICES = np.array([[-0.07, 0, 0], [0.07, 0, 0.01], [0.05, 0.11, 0], [-0.05, 0.1, 0.02]], "<f4")
BOX = Box.around(VERTICES)
ID = "0123456789abcdef"
WEIGHTS = (np.arange(52, dtype="<f4") / 51).tobytes()
ROTATION = np.array([0, 0.6, 0, 0.8], "<f4").tobytes()
TRANSLATION = np.array([0.001, -0.002, 0.003], "<f4").tobytes()

JPEG = bytes.fromhex(  # grey, 8 x 8
    "ffd8ffe000104a46494600010100000100010000ffdb004300100b0c0e0c0a100e0d0e1211101318281a181616183123"
    "251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71797064785c656763ffc0000b080008"
    "000801011100ffc40014000100000000000000000000000000000000ffc4001410010000000000000000000000000000"
    "0000ffda0008010100003f003fffd9"
)

CONTROL: dict[str, Message] = {
    "hello": wire.Hello(1, 1, 0, "an engine 5.6", ("codec:f32", "codec:q16")),
    "welcome": wire.Welcome(1, 1, 0, "talkwire", ("codec:f32", "codec:q16", "audio:s16"), 5557, 5558),
    "open": wire.Open(2, "nova"),
    "opened": wire.Opened(2, "nova", ID, 60, 0.0825, 30.0),
    "begin": wire.Begin(3, "nova", 7, 44100),
    "chunk_s16": wire.ChunkS16(4, "nova", 7, np.array([0, 1, -1, 32767, -32768], "<i2").tobytes()),
    "chunk_f32": wire.ChunkF32(5, "nova", 7, np.array([0, 0.5, -0.5, 1, -1], "<f4").tobytes()),
    "end": wire.End(6, "nova", 7),
    "interrupt": wire.Interrupt(2**32 - 1, "nova"),
    "interrupted": wire.Interrupted(2**32 - 1, "nova", 3),
    "progress": wire.Progress("nova", 7, "speaking", 2, 48000, 24000),
    "ping": wire.Ping(8, 1_700_000_000_123_456_789),
    "pong": wire.Pong(8, 1_700_000_000_123_456_789, 42, 0.25, 1),
    "close": wire.Close(9, "npc_2.left-door"),
    "closed": wire.Closed(0, "npc_2.left-door"),
    "style": wire.Style(
        10,
        "nova",
        1.25,
        (("joy", 0.5), ("surprise", 0.25)),
        (("gaze", 0.0),),
        ((12.5, -5.0),),
        0.5,
        (("mouthSmile", 0.5, 0.0, 0.0, 0.75),),
    ),
    "styled": wire.Styled(10, "nova"),
    "error": wire.Error(4, "protocol", "Begin.sample_rate_hz is wrong", "7", "4000", "résumé → ☺"),
}


def frame(codec: str, vertices: Any, *, flags: int = wire.KEY, every: int = 1) -> wire.Frame:
    used, data = encode_vertices(vertices, codec, BOX)
    moment = (ID, 2, 3, 5, 3675, 44100, flags, 987_654_321)
    return wire.Frame(*moment, WEIGHTS, ROTATION, TRANSLATION, used, 4, data, every)


MEDIA: dict[str, Media] = {
    "mesh": Media(
        "nova",
        "mesh",
        wire.Mesh(
            ID,
            VERTICES.tobytes(),
            TRIANGLES.tobytes(),
            VERTICES[:, :2].tobytes(),
            np.array([0, 1, 2, 0], "<u4").tobytes(),
            BOX.low_m.tobytes(),
            BOX.high_m.tobytes(),
            (("skin", 0, 1, 0.5, 0.5), ("teeth", 1, 1, 0.25, 1.0)),
            60,
        ),
    ),
    "texture": Media("nova", "texture", wire.Texture(ID, "png", b"\x89PNG\r\n\x1a\nnot a whole one")),
    "frame_f32": Media("nova", "frame/f32", frame("f32", VERTICES)),
    "frame_q16": Media("nova", "frame/q16", frame("q16", VERTICES)),
    "frame_q16_last": Media("nova", "frame/q16", frame("q16", VERTICES, flags=wire.KEY | wire.LAST)),
    "frame_q16_saving": Media("nova", "frame/q16", frame("q16", VERTICES, every=2)),
    "frame_beyond_box": Media("nova", "frame/q16", frame("q16", VERTICES * 9, flags=wire.KEY | wire.IDLE)),
    "audio": Media("nova", "audio", wire.Audio(2, 3, 735, 44100, 0, 99, b"\x01\x00\xff\xff")),
    "audio_last": Media("nova", "audio", wire.Audio(2, 3, 737, 44100, wire.LAST, 99, b"")),
    "basis": Media(
        "nova",
        "basis",
        wire.Basis(
            ID,
            2,
            0.0001,
            VERTICES.tobytes(),
            ((0, 3, 0, 2), (3, 1, 19, 1)),
            np.array([0.001, 0.002, 0.0005], "<f4").tobytes(),
            np.arange(-9, 12, dtype="<i2").tobytes(),
        ),
    ),
    "coefficients": Media(
        "nova",
        "frame/basis",
        wire.Coefficients(
            *(ID, 2, 3, 5, 3675, 44100, wire.KEY, 987_654_321),
            np.array([0, 19660, 0, 26214], "<i2").tobytes(),
            np.array([0.001, -0.002, 0.003], "<f2").tobytes(),
            (np.arange(52, dtype="<f4") / 51).astype("<f2").tobytes(),
            np.array([0.5, -1.25], "<f2").tobytes(),
            2,
        ),
    ),
    "patch": Media(
        "nova",
        "patch",
        wire.Patch(
            ID,
            2,
            3,
            4,
            2940,
            44100,
            wire.KEY,
            99,
            ((192, 532, 8, 8, "jpeg", JPEG), (0, 0, 8, 8, "jpeg", JPEG)),
        ),
    ),
    "event_started": Media("nova", "event", wire.Event("started", 2, 3, 0, 44100, 99, 88, "")),
    "event_ended": Media("nova", "event", wire.Event("ended", 2, 3, 2**53 - 1, 44100, 99, 88, "")),
    "event_closed": Media("nova", "event", wire.Event("closed", 0, 3, 0, 16000, 99, 0, "the server stops")),
}


def as_bytes(case: Message | Media) -> bytes:
    return encode_media(case) if isinstance(case, Media) else encode(case)


def as_json(case: Message | Media) -> dict[str, Any]:
    if isinstance(case, Media):
        return {"session": case.session, "plane": case.plane, **to_json(case.message)}
    return dict(to_json(case))


def read(name: str, data: bytes) -> Message | Media:
    """Decode a vector: its name says on which socket it travels."""
    kinds = (*wire.REQUESTS, *wire.REPLIES)
    return decode(data, expect=kinds) if name.startswith("control_") else decode_media(data)


def cases() -> dict[str, Message | Media]:
    return {f"control_{k}": v for k, v in CONTROL.items()} | {f"media_{k}": v for k, v in MEDIA.items()}


def update() -> None:
    for name, case in cases().items():
        (FOLDER / f"{name}.bin").write_bytes(as_bytes(case))
        (FOLDER / f"{name}.json").write_text(json.dumps(as_json(case), indent=1, ensure_ascii=False) + "\n")
    print(f"{len(cases())} vectors written to {FOLDER}")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python tests/bridge/cases.py --update")
    update()
